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

from typing import TYPE_CHECKING

from scaffold.shapes import as_number, finding, protocol_of, service_ports, service_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "duplicate-node-port"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """Every entry whose number an entry above it has taken."""
    allocates = service_type(document) in ("NodePort", "LoadBalancer")
    taken: dict[int, Path] = {}
    given: dict[int | None, int] = {}
    pairs: set[tuple[str, int]] = set()
    for path, port in service_ports(document):
        number, service_port = as_number(port.get("nodePort")), as_number(port.get("port"))
        if not number:
            continue
        pair = (protocol_of(port), number)
        # the same service port asks the allocator once; then only validation looks, by protocol
        again = number in taken and given.get(service_port) != number
        if (allocates and again) or pair in pairs:
            yield finding(
                document,
                (*path, "nodePort"),
                f"nodePort {number} stands twice in this Service",
                effect="refused",
                hint=f"give this port another number; only TCP and UDP of one service port may share {number}",
                related=(document.location(*taken[number]),),
            )
        taken.setdefault(number, (*path, "nodePort"))
        given.setdefault(service_port, number)
        pairs.add(pair)
