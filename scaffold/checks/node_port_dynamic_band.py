"""A written node port where the cluster chooses numbers by itself.

The API server keeps the low end of the range (30000-30085 of the default range) for numbers that people write, and
takes its own from the rest. A number written there may be gone before this Service is created. Silent for what was
read from a cluster.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      ports:
        - {name: http, port: 80, nodePort: 31234}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      ports:
        - {name: http, port: 80, nodePort: 30012}

Mend: move it to the low end when nobody depends on the number yet.

Source: pkg/registry/core/service/portallocator/allocator.go, calculateRangeOffset (KEP-3668).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_dict, as_number, finding, service_ports, service_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "node-port-dynamic-band"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every written node port above the static band."""
    if service_type(document) not in ("NodePort", "LoadBalancer") or _is_dump(document):
        return
    policy = facts.policy_for(document)
    first_dynamic = policy.low + policy.static_size
    if first_dynamic == policy.low:
        return
    for path, port in service_ports(document):
        number = as_number(port.get("nodePort"))
        if number and first_dynamic <= number <= policy.high:
            yield finding(
                document,
                (*path, "nodePort"),
                f"nodePort {number} lies where the cluster chooses numbers by itself",
                effect="advice",
                hint=f"{policy.low}-{first_dynamic - 1} is kept for numbers that people write",
            )


def _is_dump(document: Document) -> bool:
    """`kubectl get -o yaml`: the number may be the cluster's own choice."""
    metadata = as_dict(document.data.get("metadata"))
    return bool(document.data.get("status") or metadata.get("managedFields") or metadata.get("uid"))
