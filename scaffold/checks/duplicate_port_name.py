"""One port name twice.

Within a Service, and within one container, this is refused: `spec.ports[1].name: Duplicate value: "http"`. In two
containers of a Pod it is accepted, and a Service that asks for the name gets the first one only; a probe asks its own
container.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80}
        - {name: http, port: 8080}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80}
        - {name: http-alt, port: 8080}

Mend: rename one of them.

Source: pkg/apis/core/validation/validation.go, validateServicePort and validateContainerPorts;
pkg/api/pod/warnings.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.shapes import finding, is_service, service_ports

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "duplicate-port-name"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every port name that stands above already."""
    if is_service(document):
        yield from _within(document, list(service_ports(document)))
        return
    workload = facts.workload(document)
    if workload is None:
        return
    elsewhere: dict[str, Path] = {}
    for container in workload.containers:
        yield from _within(document, container.ports)
        for path, port in container.ports if container.serves else ():
            name = port.get("name")
            if not isinstance(name, str) or not name:
                continue
            first = elsewhere.setdefault(name, path)
            if first[: len(container.path)] != container.path:
                yield finding(
                    document,
                    (*path, "name"),
                    f"port name {name} is also in another container of this Pod, and a Service finds only the first",
                    effect="fragile",
                    hint="rename one of them",
                    related=(document.location(*first),),
                )


def _within(document: Document, ports: Sequence[tuple[Path, dict[str, Any]]]) -> Iterator[Finding]:
    seen: dict[str, Path] = {}
    for path, port in ports:
        name = port.get("name")
        if not isinstance(name, str) or not name:
            continue
        if name in seen:
            place = (document.location(*seen[name]),)
            message = f"port name {name} is already used by a port above"
            yield finding(
                document, (*path, "name"), message, effect="refused", hint="rename one of them", related=place
            )
        seen.setdefault(name, path)
