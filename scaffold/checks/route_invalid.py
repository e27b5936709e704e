"""A route of the Gateway API whose backend has no port, or one that is none.

A backend that is a Service needs `port`, a whole number from 1 to 65535: `Must have port for Service reference`. It is
the Service's port, never its targetPort, and it has no name. Backends of other kinds may do without.

Fails:
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web}
    spec:
      rules:
        - backendRefs:
            - {name: web}

Passes:
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web}
    spec:
      rules:
        - backendRefs:
            - {name: web, port: 80}

Mend: write the number of the Service's port.

Source: kubernetes-sigs/gateway-api, apis/v1/object_reference_types.go, BackendObjectReference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.references import route_backends
from scaffold.shapes import as_number, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "route-invalid"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """Every backend that is a Service."""
    for path, backend in route_backends(document):
        port, name = backend.get("port"), backend.get("name")
        if name is None or name == "":
            message, hint = "a backend without name", "write the name of the Service"
            yield finding(document, (*path, "name"), message, effect="refused", hint=hint)
        if port is None:
            message = f"backend {name} has no port" if isinstance(name, str) else "a backend has no port"
            yield finding(document, path, message, effect="refused", hint="add the number of the Service's port")
        elif isinstance(port, str):
            message, hint = f"port {port!r} is no number", "write the number of the Service's port"
            if port.isdecimal():
                hint = f"write port: {port} without quotes"
            yield finding(document, (*path, "port"), message, effect="refused", hint=hint)
        elif (number := as_number(port)) is not None and not 1 <= number <= 65535:
            message, hint = f"port {number} is not between 1 and 65535", "write the number of the Service's port"
            yield finding(document, (*path, "port"), message, effect="refused", hint=hint)
