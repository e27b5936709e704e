"""One port twice.

In a Service the pair of protocol and port is unique: `spec.ports[1]: Duplicate value`. The containers of a Pod share
one network, so two that declare the same port are accepted, and the second one to listen fails; server-side apply
refuses the pair within one container.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80, targetPort: 8080}
        - {name: admin, port: 80, targetPort: 9090}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80, targetPort: 8080}
        - {name: admin, port: 90, targetPort: 9090}

Mend: change or take away one of them.

Source: pkg/apis/core/validation/validation.go, ValidateService; pkg/api/pod/warnings.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_number, finding, is_service, protocol_of, service_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "duplicate-port"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every pair of protocol and number that stands above already."""
    seen: dict[tuple[object, ...], Path] = {}
    if is_service(document):
        for path, port in service_ports(document):
            number = as_number(port.get("port"))
            first = seen.setdefault((number, protocol_of(port)), path)
            if number is not None and first != path:
                message = f"port {number}/{protocol_of(port)} is already a port of this Service"
                place = (document.location(*first),)
                yield finding(document, path, message, effect="refused", hint="change one of them", related=place)
        return
    workload = facts.workload(document)
    for container in workload.containers if workload else ():
        for path, port in container.ports if container.serves else ():
            number = as_number(port.get("containerPort"))
            # one port on two addresses or host ports of the node is meant that way
            key = (number, protocol_of(port), str(port.get("hostIP") or ""), as_number(port.get("hostPort")))
            first = seen.setdefault(key, path)
            if number and first != path:
                message = f"containerPort {number}/{protocol_of(port)} is declared twice in this Pod"
                yield finding(
                    document,
                    (*path, "containerPort"),
                    message,
                    effect="fragile",
                    hint="only one process can listen on it: take one declaration away, or change it",
                    related=(document.location(*first),),
                )
