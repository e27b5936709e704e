"""One node port twice in a Service.

The API server keeps one bit for a number, whatever the protocol. Only entries on the same service port may share it,
as TCP and UDP of a DNS server do; a number on two service ports is refused when the Service is created:
`spec.ports[1].nodePort: Invalid value: 30053: provided port is already allocated`. An update lets some of this
through, and the object then fails when it is made again.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: dns}
    spec:
      type: NodePort
      ports:
        - {name: dns, port: 53, protocol: TCP, nodePort: 30053}
        - {name: dns-udp, port: 5353, protocol: UDP, nodePort: 30053}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: dns}
    spec:
      type: NodePort
      ports:
        - {name: dns, port: 53, protocol: TCP, nodePort: 30053}
        - {name: dns-udp, port: 53, protocol: UDP, nodePort: 30053}

Mend: give one of them another number.

Source: pkg/registry/core/service/storage/alloc.go, initNodePorts; pkg/apis/core/validation/validation.go,
ValidateService.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.shapes import as_number, field_name, finding, protocol_of, service_ports, service_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "duplicate-node-port"

_Ports = list[tuple["Path", dict[str, Any]]]
# the entry that has the number, the one that asks for it, the number, and the entry that has it as well
_Twice = tuple["Path", "Path", int, "Path"]


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """Every entry whose number an entry above it has taken."""
    ports = list(service_ports(document))
    if sum(bool(port.get("nodePort")) for _, port in ports) < 2:
        return
    found = list(_allocated(ports)) if service_type(document) in ("NodePort", "LoadBalancer") else []
    # validation looks later, and by protocol
    for writer, path, number, first in found or _paired(ports):
        yield finding(
            document,
            (*writer, "nodePort"),
            f"nodePort {number} stands twice in this Service",
            effect="refused",
            hint=f"give this port another number; only TCP and UDP of one service port may share {number}",
            related=(document.location(*first, "nodePort"),),
            field=field_name((*path, "nodePort")),
        )


def _allocated(ports: _Ports) -> Iterator[_Twice]:
    """What the allocator is asked for when it is taken."""
    wanted: dict[int | None, tuple[int, Path]] = {}
    for path, port in ports:
        if number := as_number(port.get("nodePort")):
            wanted.setdefault(as_number(port.get("port")), (number, path))
    taken: dict[int, Path] = {}
    given: dict[int | None, int] = {}
    for path, port in ports:
        number, service_port = as_number(port.get("nodePort")), as_number(port.get("port"))
        writer = path
        # the first entry of a service port asks for what any of them has
        if service_port not in given and service_port in wanted:
            number, writer = wanted[service_port]
        if not number or given.get(service_port) == number:
            continue
        if number in taken:
            yield writer, path, number, taken[number]
        taken.setdefault(number, writer)
        given.setdefault(service_port, number)


def _paired(ports: _Ports) -> Iterator[_Twice]:
    """One number twice for one protocol."""
    seen: dict[tuple[str, int], Path] = {}
    for path, port in ports:
        if number := as_number(port.get("nodePort")):
            first = seen.setdefault((protocol_of(port), number), path)
            if first is not path:
                yield path, path, number, first
