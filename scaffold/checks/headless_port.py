"""A headless Service whose port is not the port of the Pods.

`clusterIP: None` gives clients the addresses of the Pods themselves, and nothing translates ports in between: a client
that connects to the Service's name and `port` meets a port that nobody listens on. Only clients that ask for SRV
records, and routers that read the endpoints, see the targetPort.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      clusterIP: None
      selector: {app: db}
      ports:
        - {name: sql, port: 80, targetPort: 5432}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      clusterIP: None
      selector: {app: db}
      ports:
        - {name: sql, port: 5432}

Mend: write the Pods' number as `port` and leave targetPort out.

Source: the API reference of ServicePort, targetPort.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.endpoints import endpoint
from scaffold.shapes import as_number, finding, is_headless, protocol_of, service_ports, service_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "headless-port"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every port with another target; a named one as the selected Pods have it."""
    if not is_headless(document) or service_type(document) != "ClusterIP":
        return
    for path, port in service_ports(document):
        number, target = as_number(port.get("port")), _target(document, port, facts)
        if number and target and number != target:
            message = f"port {number} of a headless Service is not translated to {target}"
            hint = f"write port: {target} where clients use the Service's name"
            yield finding(document, (*path, "port"), message, effect="advice", hint=hint)


def _target(document: Document, port: dict[str, Any], facts: Facts) -> int | None:
    target = port.get("targetPort")
    if not isinstance(target, str):
        return as_number(target)
    found = [endpoint(target, protocol_of(port), workload, facts) for workload in facts.selection.selected(document)]
    numbers = {one.number for one in found if one.declared}
    return numbers.pop() if len(numbers) == 1 else None
