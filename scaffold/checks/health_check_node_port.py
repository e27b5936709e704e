"""A healthCheckNodePort where none may be.

Only a LoadBalancer Service with `externalTrafficPolicy: Local` has one. It comes from the same pool as node ports, so
it may not equal one of the Service's own.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      healthCheckNodePort: 30200
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: LoadBalancer
      externalTrafficPolicy: Local
      healthCheckNodePort: 30200
      ports:
        - {name: http, port: 80, nodePort: 30080}

Mend: drop it, or write both `type: LoadBalancer` and `externalTrafficPolicy: Local`.

Source: pkg/apis/core/validation/validation.go, validateServiceExternalTrafficPolicy;
pkg/registry/core/service/storage/alloc.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_number, finding, service_ports, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "health-check-node-port"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The field on a Service that has no health check, or equal to a node port beside it."""
    spec = spec_of(document)
    number = as_number(spec.get("healthCheckNodePort"))
    if not number:
        return
    path = ("spec", "healthCheckNodePort")
    if service_type(document) != "LoadBalancer" or spec.get("externalTrafficPolicy") != "Local":
        message = f"healthCheckNodePort {number} needs `type: LoadBalancer` and `externalTrafficPolicy: Local`"
        yield finding(document, path, message, effect="refused", hint="drop healthCheckNodePort, or write both")
        return
    for port_path, port in service_ports(document):
        if as_number(port.get("nodePort")) == number:
            yield finding(
                document,
                path,
                f"healthCheckNodePort {number} is also a nodePort of this Service",
                effect="refused",
                hint="drop healthCheckNodePort and let the cluster choose, or write another number",
                related=(document.location(*port_path, "nodePort"),),
            )
            return
