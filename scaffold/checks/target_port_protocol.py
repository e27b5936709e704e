"""A targetPort that the containers declare with another protocol.

The lookup of a name wants the protocol too. A TCP port of a Service never finds a container port that is declared UDP:
the Service is accepted, and connections are refused. Connections to a number work all the same, so it is advice
there: one of the two is wrong.

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

from typing import TYPE_CHECKING, Any

from scaffold.endpoints import endpoint, target_of
from scaffold.model import PROTOCOLS
from scaffold.shapes import finding, is_headless, protocol_of, service_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path, Workload

ID = "target-port-protocol"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every target that is there, but never with the port's protocol."""
    workloads = facts.selection.selected(document)
    if not workloads:
        return
    for path, port in service_ports(document):
        name, protocol = port.get("targetPort"), protocol_of(port)
        if protocol not in PROTOCOLS:
            continue
        if not isinstance(name, str) or not name:
            yield from _of_number(document, path, port, workloads, facts)
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


def _of_number(
    document: Document, path: Path, port: dict[str, Any], workloads: list[Workload], facts: Facts
) -> Iterator[Finding]:
    """A number that is declared with one other protocol only, which the Service does not lead there."""
    number, protocol = target_of(port), protocol_of(port)
    found = [
        (workload, path, protocol_of(one))
        for workload in workloads
        for container in facts.serving(workload)
        for path, one in container.ports
        if one.get("containerPort") == number
    ]
    # nearly always it is this port that leads there
    if number is None or not found or any(there == protocol for _, _, there in found):
        return
    led = {protocol_of(other) for _, other in service_ports(document) if target_of(other) == number}
    if any(there in led for _, _, there in found):
        return
    workload, place, there = found[0]
    written = "targetPort" if port.get("targetPort") is not None else "port"
    yield finding(
        document,
        (*path, written),
        f"{written} {number} is {there} in {workload.document.kind} {workload.document.ref}, here it is {protocol}",
        effect="advice",
        hint=f"write protocol: {there} here, or protocol: {protocol} there",
        related=(workload.document.location(*place),),
    )
