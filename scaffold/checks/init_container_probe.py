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

from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import entries, pod_of
from scaffold.shapes import finding, pod_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "init-container-probe"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """Every probe and `lifecycle` of an init container that is no sidecar."""
    base = pod_path(document)
    for path, container in entries(pod_of(document).get("initContainers"), ("initContainers",)):
        if container.get("restartPolicy") == "Always":
            continue
        for name in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"):
            written = container.get(name)
            # a server drops stopSignal, whose gate is off, and with it a lifecycle that holds nothing else
            if isinstance(written, dict) and not (written.get("stopSignal") is not None and not _hooked(written)):
                message = f"{name} has no place on an init container that ends before the others start"
                hint = "drop it, or write restartPolicy: Always to make the container a sidecar"
                yield finding(document, (*base, *path, name), message, effect="refused", hint=hint)


def _hooked(lifecycle: Mapping[str, Any]) -> bool:
    return lifecycle.get("postStart") is not None or lifecycle.get("preStop") is not None
