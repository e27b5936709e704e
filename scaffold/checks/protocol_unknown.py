"""A protocol that is none of TCP, UDP and SCTP.

They are written in upper case: `Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"`. What an app speaks
(HTTP, gRPC) goes into `appProtocol`.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80, protocol: tcp}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80, protocol: TCP, appProtocol: http}

Mend: write TCP, UDP or SCTP.

Source: pkg/apis/core/validation/validation.go, supportedPortProtocols.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.model import PROTOCOLS
from scaffold.shapes import finding, is_service, service_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "protocol-unknown"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every protocol of a Service or container port that the API server does not know."""
    if is_service(document):
        ports = list(service_ports(document))
    else:
        workload = facts.workload(document)
        ports = [port for container in workload.containers for port in container.ports] if workload else []
    for path, port in ports:
        protocol = port.get("protocol")
        if isinstance(protocol, str) and protocol and protocol not in PROTOCOLS:
            meant = protocol.strip().upper()
            hint = (
                f"write {meant}" if meant in PROTOCOLS else "write TCP, UDP or SCTP; what the app speaks is appProtocol"
            )
            message = f"protocol {protocol!r} is none of TCP, UDP and SCTP"
            yield finding(document, (*path, "protocol"), message, effect="refused", hint=hint)
