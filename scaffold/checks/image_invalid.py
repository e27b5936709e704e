"""An image that is no image reference, so that no node can pull it.

The API server takes any text; the kubelet then answers `InvalidImageName`, and the Pod never starts. Usual slips are
capital letters before the tag, a scheme in front, or two tags.

Fails:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: "ghcr.io/Acme/Web:1.4.2"}]

Passes:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: "ghcr.io/acme/web:1.4.2"}]

Mend: write [REGISTRY/]NAME[:TAG][@DIGEST], the name in lower case.

Source: github.com/distribution/reference; pkg/kubelet/images/image_manager.go, ErrInvalidImageName.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scaffold import names
from scaffold.shapes import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "image-invalid"

# a word in capitals, in brackets or between signs, or a builder's scheme (ko://): something else replaces it
_PLACEHOLDER = (
    r"(?:^|[/.-])[A-Z][A-Z0-9_]{2,}(?:$|[/.:-])|[<>{}$%#*?\[\]()|]|__[A-Za-z0-9_]+__|^(?!https?:|docker:)\w+://"
)


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The image of every container."""
    workload = facts.workload(document)
    for container in workload.containers if workload else ():
        image = container.data.get("image")
        if not isinstance(image, str) or not image or names.image(image) is None:
            continue
        # blanks around it are the API server's finding
        if image != names.trimmed(image) or re.search(_PLACEHOLDER, image):
            continue
        scheme = image.partition("://")[0] if "://" in image else ""
        hint = f"drop {scheme}://" if scheme else "write it like ghcr.io/acme/web:1.4.2"
        path = (*container.path, "image")
        yield finding(document, path, f"the image {image!r} {names.image(image)}", effect="broken", hint=hint)
