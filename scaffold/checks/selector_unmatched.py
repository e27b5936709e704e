"""A Service whose selector matches no Pods.

The selector is held against the labels of Pod templates in the Service's own namespace, never against the labels of a
Deployment itself. Where a workload beside the Service (in its file or folder) is one label off, or has the right
labels in another namespace, that is surely a mistake: the Service has no endpoints. Where nothing comes near, an
operator or another repository may make the Pods, so it is only said.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: wbe}
      ports:
        - {name: http, port: 80}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - {name: web, image: "nginx:1.27"}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports:
        - {name: http, port: 80}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - {name: web, image: "nginx:1.27"}

Mend: write the labels of the Pod template into the selector.

Source: k8s.io/kubernetes/pkg/controller/endpointslice, getPodServiceMemberships.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.facts import distance
from scaffold.shapes import finding, label_text, selector_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding, Location
    from scaffold.shapes import Workload

ID = "selector-unmatched"
KINDS = ("Service",)

# Labels that say which app it is: another value is another app, not a slip.
_IDENTITY = frozenset(
    {"app", "name", "k8s-app", "component", "run", "app.kubernetes.io/name", "app.kubernetes.io/instance"}
    | {"app.kubernetes.io/component", "io.kompose.service", "role"}
)


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """A selector without Pods: which label is off, or that nothing comes near."""
    selector = selector_of(document)
    if not selector or facts.behind(document):
        return
    path = ("spec", "selector")
    near = _one_label_off(document, selector, facts)
    if near:
        key, workload = near
        have = workload.labels.get(key)
        there = "has no such label" if key not in workload.labels else f"has {key}: {label_text(have)}"
        hint = (
            f"write {key}: {label_text(have)}"
            if key in workload.labels
            else f"drop {key}, or add it to the Pod template"
        )
        name = f"{workload.document.kind} {workload.document.ref}"
        yield finding(
            document,
            (*path, key),
            f"the selector wants {key}: {selector[key]}, {name} {there}, so this Service reaches no Pod",
            effect="broken",
            hint=hint,
            related=(_labels(workload),),
            field="spec.selector",
        )
    elif elsewhere := _elsewhere(document, selector, facts):
        yield finding(
            document,
            path,
            f"the Pods with these labels are in namespace {elsewhere.namespace}, not in {document.ref.key[1]}",
            effect="broken",
            hint="a Service reaches Pods of its own namespace only: write one namespace in both",
            related=(_labels(elsewhere),),
        )
    else:
        message = "no workload in this tree has these labels"
        yield finding(document, path, message, effect="advice", hint="fine if something else makes the Pods")


def _labels(workload: Workload) -> Location:
    return workload.document.location(
        *(("metadata",) if workload.pod == ("spec",) else (*workload.pod[:-1], "metadata")), "labels"
    )


def _one_label_off(document: Document, selector: dict[str, str], facts: Facts) -> tuple[str, Workload] | None:
    """The nearest workload of the same namespace, in the same file or folder, that lacks exactly one of the labels."""
    found = []
    for workload in facts.workloads(document.ref.key[1]):
        far = distance(document.path, workload.document.path)
        if far > 1:
            continue
        off = [
            key
            for key, value in selector.items()
            if key not in workload.labels or label_text(workload.labels[key]) != value
        ]
        if len(off) == 1 and _meant(document, off[0], selector, workload) and not _served(workload, facts):
            found.append((far, workload.document.line, off[0], workload))
    if not found:
        return None
    _, _, key, workload = min(found, key=_nearness)
    return key, workload


def _nearness(one: tuple[int, int, str, Workload]) -> tuple[int, int]:
    return one[:2]


def _meant(document: Document, key: str, selector: dict[str, str], workload: Workload) -> bool:
    """Whether the label that is off looks like a slip rather than like another app."""
    want, have = selector[key], label_text(workload.labels[key]) if key in workload.labels else None
    if document.ref.name == workload.document.ref.name:
        return True
    others = [other for other in selector if other != key]
    if have is None:
        # the value stands under another key, or the label was forgotten
        return want in map(label_text, workload.labels.values()) or any(other in _IDENTITY for other in others)
    if key not in _IDENTITY and any(other in _IDENTITY for other in others):
        return True
    from difflib import SequenceMatcher

    return SequenceMatcher(None, want, have).ratio() > 0.8 or sorted(want) == sorted(have)


def _served(workload: Workload, facts: Facts) -> bool:
    """Whether another Service reaches these Pods: then they are probably not this one's."""
    return any(
        service.ref.key[1] == workload.namespace
        and (selector := selector_of(service))
        and all(key in workload.labels and label_text(workload.labels[key]) == value for key, value in selector.items())
        for service in facts.services
    )


def _elsewhere(document: Document, selector: dict[str, str], facts: Facts) -> Workload | None:
    """A workload beside the Service with the right labels in another namespace, unless a kustomization sets it."""
    if document.path in facts.kustomized.renamed:
        return None
    for namespace in facts.namespaces():
        for workload in facts.labelled(namespace, selector):
            if (
                distance(document.path, workload.document.path) <= 1
                and workload.document.path not in facts.kustomized.renamed
            ):
                return workload
    return None
