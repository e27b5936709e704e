"""A node port outside the range that the cluster gives.

The default is 30000-32767; `node_ports.range` in `.svcgen/config.yaml`, a cluster's own `range` or
`--node-port-range` says otherwise. The number is often a port or a target port, written by habit. Server dry-run does
not see this mistake: `spec.ports[0].nodePort: Invalid value: 8080: provided port is not in the valid range. The range
of valid ports is 30000-32767`.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      ports:
        - {name: http, port: 80, nodePort: 8080}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      ports:
        - {name: http, port: 80, nodePort: 30080}

Mend: take a number in the range, or drop nodePort and let the cluster choose.

Source: pkg/registry/core/service/portallocator/allocator.go, Allocate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_number, finding, service_ports, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "node-port-range"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every node port that the allocator would be asked for and does not have."""
    # a patch leaves out the type that its base has
    kind = (
        "NodePort" if facts.is_service_patch(document) and "type" not in spec_of(document) else service_type(document)
    )
    if kind not in ("NodePort", "LoadBalancer"):
        return
    policy = facts.policy_for(document)
    written: list[tuple[Path, object]] = [
        ((*path, "nodePort"), port.get("nodePort")) for path, port in service_ports(document)
    ]
    spec = spec_of(document)
    if kind == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local":
        written.append((("spec", "healthCheckNodePort"), spec.get("healthCheckNodePort")))
    for path, value in written:
        number = as_number(value)
        if number and not policy.low <= number <= policy.high and -(2**31) <= number < 2**31:
            yield finding(
                document,
                path,
                f"{path[-1]} {number} is outside the cluster's range {policy.low}-{policy.high}",
                effect="refused",
                hint=f"take a number in the range, or drop {path[-1]} and let the cluster choose",
            )
