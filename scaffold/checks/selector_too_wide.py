"""A Service that also selects Pods which do not serve its port.

Every Pod with the labels of the selector gets its share of the connections. Where some of the workloads declare the
target port, and another one declares no port at all, such as a worker or a Job of the same app, that share is refused
as long as its Pods run. The same happens where a kustomization writes one value over the label that tells workloads
apart: `commonLabels` and `labels` with `includeSelectors` change the selectors too.

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

from scaffold.kinds import PASSING
from scaffold.nearby import folder_of
from scaffold.shapes import as_number, finding, is_headless, label_text, protocol_of, service_ports

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
    if workloads and document.path in facts.kustomized.labelled:
        yield from _written_over(document, workloads, facts)
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


def _written_over(document: Document, workloads: list[Workload], facts: Facts) -> Iterator[Finding]:
    """A label of the selector over which a kustomization writes what it also writes into other workloads beside."""
    selector, labelled = facts.selection.selector(document), facts.kustomized.labelled
    given = labelled[document.path]
    over = [key for key, value in selector.items() if given.get(key, value) != value]
    if not over:
        return
    own = {one.document.ref.key for one in workloads}
    whole = {key: given.get(key, value) for key, value in selector.items()}
    others = []
    for one in facts.selection.beside(document):
        labels = {**one.labels, **labelled.get(one.document.path, {})}
        meant = one.document.ref.key in own or one.namespace != document.ref.key[1] or one.document.kind in PASSING
        if not meant and all(label_text(labels.get(key)) == value for key, value in whole.items()):
            others.append(one)
    if not others:
        return
    first = others[0].document
    key = next((one for one in over if label_text(others[0].labels.get(one)) != selector[one]), over[0])
    more = f" and {len(others) - 1} more" if len(others) > 1 else ""
    message = (
        f"a kustomization writes {key}: {given[key]} here, so the selector also fits {first.kind} {first.ref}{more}"
    )
    hint = f"take {key} out of its commonLabels, or write it under labels without includeSelectors"
    related = tuple(one.document.location(*one.pod, "containers") for one in others[:_NAMED])
    yield finding(document, ("spec", "selector", key), message, effect="fragile", hint=hint, related=related)


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
