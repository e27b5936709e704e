"""A port without a name on a Service with several.

One port may go without; of two or more each needs a name: `spec.ports[1].name: Required value`.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80}
        - {port: 9090}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80}
        - {name: metrics, port: 9090}

Mend: name every port, even the only one: the second one comes sooner or later.

Source: pkg/apis/core/validation/validation.go, validateServicePort.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_list, finding, service_ports, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "port-name-missing"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """Every unnamed port among several."""
    count = len(as_list(spec_of(document).get("ports")))
    for path, port in service_ports(document) if count > 1 else ():
        if port.get("name") in (None, ""):
            message = f"port {port.get('port')} has no name, and the Service has {count} ports"
            yield finding(document, (*path, "name"), message, effect="refused", hint="write name: under this port")
