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

from scaffold.checks._pods import containers, pod_of
from scaffold.names import trimmed
from scaffold.shapes import as_dict, as_list, finding, pod_path, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "image-missing"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every container's image."""
    for path, container in containers(pod_of(document)):
        image = container.get("image")
        if image and (document.kind != "Pod" or image == trimmed(str(image))):
            continue
        name, where = container.get("name"), (*pod_path(document), *path, "image")
        if image is None or image == "":
            if facts.is_patched(document) or (isinstance(name, str) and name in _filled_in(document)):
                continue
            message = f"container {name} has no image" if name else "the container has no image"
            yield finding(document, where, message, effect="refused", hint="write image: for it")
        elif isinstance(image, str):
            message = f"image {image!r} starts or ends with a blank"
            yield finding(document, where, message, effect="refused", hint=f"write {trimmed(image)}")


def _filled_in(document: Document) -> set[str]:
    """The containers of a DeploymentConfig whose images OpenShift fills in.

    Source: openshift/api apps/v1, DeploymentTriggerImageChangeParams.
    """
    triggers = [as_dict(one) for one in as_list(spec_of(document).get("triggers"))]
    changes = [as_dict(one.get("imageChangeParams")) for one in triggers]
    return {name for one in changes for name in as_list(one.get("containerNames")) if isinstance(name, str)}
