"""A Service type that does not exist.

`spec.type` is ClusterIP, NodePort, LoadBalancer or ExternalName, exactly so. Headless is no type: it is `clusterIP:
None`.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: nodePort
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      ports:
        - {name: http, port: 80}

Mend: write one of the four.

Source: pkg/apis/core/validation/validation.go, supportedServiceType.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.names import nearest
from scaffold.shapes import finding, service_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "service-type-unknown"

_TYPES = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """A type that the API server does not know."""
    kind = service_type(document)
    if not kind or kind in _TYPES:
        return
    near = nearest(kind, _TYPES)
    hint = "write clusterIP: None and no type" if kind.lower() == "headless" else f"one of {', '.join(_TYPES)}"
    message = f"{kind!r} is no type of Service"
    yield finding(document, ("spec", "type"), message, effect="refused", hint=f"did you mean {near}?" if near else hint)
