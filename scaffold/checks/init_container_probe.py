"""A probe or a hook on an init container that runs to its end.

Only those with `restartPolicy: Always`, the sidecars, have them: `may not be set for init containers without
restartPolicy=Always`.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      initContainers:
        - name: mesh
          image: "mesh:1.4"
          readinessProbe: {tcpSocket: {port: 15021}}
      containers:
        - {name: web, image: "nginx:1.27"}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      initContainers:
        - name: mesh
          image: "mesh:1.4"
          restartPolicy: Always
          readinessProbe: {tcpSocket: {port: 15021}}
      containers:
        - {name: web, image: "nginx:1.27"}

Mend: drop the probe, or make the container a sidecar.

Source: pkg/apis/core/validation/validation.go, validateInitContainers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "init-container-probe"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every probe and `lifecycle` of an init container that is no sidecar."""
    workload = facts.workload(document)
    for container in workload.containers if workload else ():
        if container.serves:
            continue
        for name in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"):
            if isinstance(container.data.get(name), dict):
                message = f"{name} has no place on an init container that ends before the others start"
                hint = "drop it, or write restartPolicy: Always to make the container a sidecar"
                yield finding(document, (*container.path, name), message, effect="refused", hint=hint)
