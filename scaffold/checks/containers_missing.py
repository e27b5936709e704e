"""A workload whose Pods have no container.

`spec.template.spec.containers: Required value`. Init containers alone are no Pod.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      initContainers:
        - {name: web, image: "nginx:1.27"}
      containers: []

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - {name: web, image: "nginx:1.27"}

Mend: write the container. A part of an object that a tool lays over another one is listed as a patch there.

Source: pkg/apis/core/validation/validation.go, validateContainers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import dig, finding, pod_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "containers-missing"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """A Pod's spec with an empty list of containers, or with none."""
    path = pod_path(document)
    pod = dig(document.data, path)
    containers = pod.get("containers") if isinstance(pod, dict) else pod
    # what is no mapping and no list is the type rule's
    if containers is None or containers == []:
        message = f"the Pods of this {document.kind} have no container"
        if document.kind == "Pod":
            message = "the Pod has no container"
        hint = "write a list with name: and image: under containers"
        yield finding(document, (*path, "containers"), message, effect="refused", hint=hint)
