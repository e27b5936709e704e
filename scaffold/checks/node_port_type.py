"""A node port is written on a Service whose type has none.

`type: ClusterIP`, also the default when `type` is forgotten, refuses a nodePort:
``spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'``.
An ExternalName Service takes the number and ignores it.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 8080, nodePort: 30000}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      ports:
        - {name: http, port: 8080, nodePort: 30000}

Mend: write `type: NodePort`, or drop nodePort.

Source: pkg/apis/core/validation/validation.go, ValidateService.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.facts import as_dict, as_number, finding, service_ports
from scaffold.shapes import is_headless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "node-port-type"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """Every written node port of a Service that cannot have one."""
    spec = as_dict(document.data.get("spec"))
    written = spec.get("type")
    kind = written or "ClusterIP"
    if kind not in ("ClusterIP", "ExternalName"):
        return
    for path, port in service_ports(document):
        number = as_number(port.get("nodePort"))
        if not number:
            continue
        if kind == "ExternalName":
            message = f"nodePort {number} has no effect on an ExternalName Service"
            yield finding(document, (*path, "nodePort"), message, effect="fragile", hint="drop nodePort")
            continue
        why = "`type` is ClusterIP" if written else "`type` is missing, so it is ClusterIP"
        hint = "write `type: NodePort` under spec, or drop nodePort"
        if is_headless(document):
            # a NodePort Service needs an address
            hint = "drop nodePort, or write `type: NodePort` under spec and drop clusterIP"
        yield finding(
            document,
            (*path, "nodePort"),
            f"nodePort {number} is refused because {why}",
            effect="refused",
            hint=hint,
        )
