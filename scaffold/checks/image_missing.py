"""A container without an image.

`image: Required value`. In a Pod of its own the text may not start or end with a blank either. Whether the image
exists is for the nodes to find out.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - {name: web, image: ""}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - {name: web, image: "nginx:1.27"}

Mend: write the image. What a pipeline fills in later needs a placeholder here.

Source: pkg/apis/core/validation/validation.go, validateContainerCommon and validateContainerOnlyForPod.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "image-missing"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every container's image."""
    workload = facts.workload(document)
    for container in workload.containers if workload else ():
        image, path = container.data.get("image"), (*container.path, "image")
        if image is None or image == "":
            message = f"container {container.name} has no image" if container.name else "the container has no image"
            yield finding(document, path, message, effect="refused", hint="write image: for it")
        elif document.kind == "Pod" and isinstance(image, str) and image != image.strip():
            message = f"image {image!r} starts or ends with a blank"
            yield finding(document, path, message, effect="refused", hint=f"write {image.strip()}")
