"""A probe or a hook that asks a port by a name which its own container does not declare.

The API server takes it. The kubelet looks for the name among the ports of the same container alone, whatever their
protocol, and finds none: `port "htpp" not found`. A container with such a readiness or startup probe never gets ready,
so no Service sends it anything; one with such a postStart hook is killed again and again. A liveness probe never fails
then, and a preStop hook is not called: nothing is restarted and nothing said goodbye.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "ghcr.io/acme/web:1"
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /ready, port: web}}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "ghcr.io/acme/web:1"
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /ready, port: http}}

Mend: write the name as the container declares it, or the number. The port of another container has to be a number.

Source: pkg/probe/util.go, ResolveContainerPort; pkg/kubelet/prober/worker.go, doProbe;
pkg/kubelet/lifecycle/handlers.go, runHTTPHandler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.names import nearest, port_name
from scaffold.shapes import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Effect, Finding
    from scaffold.shapes import Container, Workload

ID = "probe-port-unmatched"

# what comes of it
_OUTCOMES: dict[str, tuple[Effect, str]] = {
    "readinessProbe": ("broken", "the container never gets ready"),
    "startupProbe": ("broken", "the container never counts as started"),
    "postStart": ("broken", "the container is killed as soon as it has started"),
    "livenessProbe": ("fragile", "it never fails, so nothing is restarted"),
    "preStop": ("fragile", "it is never called"),
}


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every probe and hook of the containers that may have one."""
    workload = facts.workload(document)
    if not workload:
        return
    for container in workload.containers:
        if not container.serves:
            continue
        names = _names(container)
        for path, handler, wanted in container.handlers():
            if not isinstance(wanted, str) or wanted in names or port_name(wanted):
                continue
            if (near := nearest(wanted, names)) and port_name(near):
                continue  # the name there is refused: port-name-invalid says so
            place = path[len(container.path) : -2]
            # the port of grpc is a number, and a hook has no tcpSocket any more
            if handler == "httpGet" or (handler == "tcpSocket" and len(place) == 1):
                effect, outcome = _OUTCOMES[str(place[-1])]
                message = (
                    f"{place[-1]} asks port {wanted}, which container {container.name} does not declare: {outcome}"
                )
                yield finding(document, path, message, effect=effect, hint=_hint(wanted, names, container, workload))


def _names(container: Container) -> list[str]:
    return [name for _, port in container.ports if isinstance(name := port.get("name"), str) and name]


def _hint(wanted: str, names: list[str], container: Container, workload: Workload) -> str:
    for other in workload.containers:
        for _, port in other.ports:
            if other is not container and port.get("name") == wanted:
                return f"it is a port of container {other.name}: write its number, {port.get('containerPort')}"
    near = nearest(wanted, names) or (names[0] if len(names) == 1 else None)
    if near:
        return f"did you mean {near}?"
    return f"its ports are {', '.join(names)}" if names else f"name a port {wanted}, or write a number here"
