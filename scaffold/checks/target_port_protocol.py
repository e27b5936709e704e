"""A named targetPort that the containers declare with another protocol.

The lookup wants the name and the protocol. A TCP port of a Service never finds a container port that is declared UDP:
the Service is accepted, and connections are refused.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: dns}
    spec:
      selector: {app: dns}
      ports:
        - {name: dns, port: 53, protocol: TCP, targetPort: dns}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: dns, labels: {app: dns}}
    spec:
      containers:
        - name: dns
          image: coredns/coredns:1.12.0
          ports:
            - {name: dns, containerPort: 5353, protocol: UDP}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: dns}
    spec:
      selector: {app: dns}
      ports:
        - {name: dns, port: 53, protocol: UDP, targetPort: dns}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: dns, labels: {app: dns}}
    spec:
      containers:
        - name: dns
          image: coredns/coredns:1.12.0
          ports:
            - {name: dns, containerPort: 5353, protocol: UDP}

Mend: write the same protocol in both places, or declare the port once for each protocol.

Source: k8s.io/endpointslice/utils.go, FindPort.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.endpoints import endpoint
from scaffold.model import PROTOCOLS
from scaffold.shapes import finding, is_headless, protocol_of, service_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "target-port-protocol"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every named target that is there, but never with the port's protocol."""
    workloads = facts.selection.selected(document)
    if not workloads:
        return
    for path, port in service_ports(document):
        name, protocol = port.get("targetPort"), protocol_of(port)
        if not isinstance(name, str) or not name or protocol not in PROTOCOLS:
            continue
        found = [endpoint(name, protocol, workload, facts) for workload in workloads]
        other = next((one.namesake for one in found if one.namesake), None)
        if other is None or any(one.declared for one in found):
            continue
        workload = next(one.workload for one in found if one.namesake)
        yield finding(
            document,
            (*path, "targetPort"),
            f"targetPort {name} is {other.protocol} in {workload.document.kind} {workload.document.ref}, "
            f"here it is {protocol}",
            effect="fragile" if is_headless(document) else "broken",
            hint=f"write protocol: {other.protocol} here, or protocol: {protocol} there",
            related=(workload.document.location(*other.path),),
        )
