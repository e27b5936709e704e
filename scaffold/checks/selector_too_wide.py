"""A Service that also selects Pods which do not serve its port.

Every Pod with the labels of the selector gets its share of the connections. Where some of the workloads declare the
target port, and another one declares no port at all, such as a worker or a Job of the same app, that share is refused
as long as its Pods run.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: shop}
    spec:
      selector: {app: shop}
      ports:
        - {name: http, port: 80, targetPort: 8080}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: shop, role: web}}
      template:
        metadata: {labels: {app: shop, role: web}}
        spec:
          containers:
            - {name: web, image: "shop:1", ports: [{containerPort: 8080}]}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: worker}
    spec:
      selector: {matchLabels: {app: shop, role: worker}}
      template:
        metadata: {labels: {app: shop, role: worker}}
        spec:
          containers:
            - {name: worker, image: "shop:1", args: [worker]}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: shop}
    spec:
      selector: {app: shop, role: web}
      ports:
        - {name: http, port: 80, targetPort: 8080}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: shop, role: web}}
      template:
        metadata: {labels: {app: shop, role: web}}
        spec:
          containers:
            - {name: web, image: "shop:1", ports: [{containerPort: 8080}]}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: worker}
    spec:
      selector: {matchLabels: {app: shop, role: worker}}
      template:
        metadata: {labels: {app: shop, role: worker}}
        spec:
          containers:
            - {name: worker, image: "shop:1", args: [worker]}

Mend: select by one more label that only the serving Pods carry, or declare the port where it is served.

Source: k8s.io/kubernetes/pkg/controller/endpointslice, getPodServiceMemberships.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.nearby import folder_of
from scaffold.shapes import as_number, finding, is_headless, protocol_of, service_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Workload

ID = "selector-too-wide"

# How many workloads are named beside a finding.
_NAMED = 20


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Workloads without any port beside such that declare the targets; named targets are target-port-unmatched's."""
    workloads = facts.selection.selected(document)
    if len(workloads) < 2 or is_headless(document):
        return
    # what lies further away may be another chapter's
    folder = folder_of(document.path)
    workloads = [one for one in workloads if folder_of(one.document.path) == folder]
    silent = [one for one in workloads if not _declared(one, facts)]
    if not silent or len(silent) == len(workloads):
        return
    targets = {
        (as_number(port.get("targetPort") or port.get("port")), protocol_of(port))
        for _, port in service_ports(document)
        if not isinstance(port.get("targetPort"), str)
    }
    serving = [one for one in workloads if targets & _declared(one, facts)]
    silent = [one for one in silent if not _is_copy(one, serving)]
    if not serving or not silent:
        return
    first = silent[0].document
    more = f" and {len(silent) - 1} more" if len(silent) > 1 else ""
    yield finding(
        document,
        ("spec", "selector"),
        f"the selector also fits {first.kind} {first.ref}{more}, which declares no port",
        effect="fragile",
        hint=f"add a label that only {serving[0].document.kind} {serving[0].document.ref} has",
        related=tuple(one.document.location(*one.pod, "containers") for one in silent[:_NAMED]),
    )


def _is_copy(workload: Workload, serving: list[Workload]) -> bool:
    """Whether it is another form of a serving one: of the same name, or a Pod that one of these made."""
    name, names = workload.document.ref.name, [one.document.ref.name for one in serving]
    made = workload.document.kind in ("Pod", "ReplicaSet") and any(name.startswith(f"{one}-") for one in names)
    return made or name in names


def _declared(workload: Workload, facts: Facts) -> set[tuple[int | None, str]]:
    return {
        (as_number(port.get("containerPort")), protocol_of(port))
        for container in facts.serving(workload)
        for _, port in container.ports
    }
