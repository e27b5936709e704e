"""A Service whose selector matches no Pods.

The selector is held against the labels of Pod templates in the Service's own namespace, never against the labels of a
Deployment itself. Where a workload beside the Service (in its file or folder) is one label off, or has the right
labels in another namespace, that is surely a mistake: the Service has no endpoints. (Where one of the two writes no
namespace, `kubectl apply -n` may still bring them together; what Flux or Argo CD put into a namespace is left alone,
as is what `helm template` writes for the namespace of its release.)
Where nothing comes near, an operator or another repository may make the Pods, so it is only said, as is a label that
an app gives to the one of its Pods that leads (`vault-active: "true"`, `role: master`) and no template has; nothing is
said where the text of a template that could not be read has the labels.

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

import re
from typing import TYPE_CHECKING

from scaffold.kinds import PASSING
from scaffold.names import is_slip, label_value
from scaffold.selection import carries, pod_label
from scaffold.shapes import as_dict, finding, label_text, metadata_path, selector_of, spec_of, template_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding, Location
    from scaffold.shapes import Workload

ID = "selector-unmatched"

# Labels that say which app it is: another value is another app, not a slip.
_IDENTITY = frozenset(
    {"app", "name", "k8s-app", "component", "run", "app.kubernetes.io/name", "app.kubernetes.io/instance"}
    | {"app.kubernetes.io/component", "io.kompose.service", "role"}
)
# Labels of Pods that operators make of objects of their own: of Prometheus, of Knative.
_OPERATED = frozenset(
    {"prometheus", "alertmanager", "thanos-ruler"}
    | {f"serving.knative.dev/{name}" for name in ("service", "configuration", "revision")}
)
# What apps write at run time onto those of their Pods that lead, or follow: Vault, Kube-OVN, Patroni.
_ELECTED = frozenset({"active", "leader", "master", "primary", "replica", "standby"})
_WORDS = re.compile("[a-z]+")
# The DNS of every cluster, which is not applied from a tree of manifests.
_OF_CLUSTER = {"k8s-app": "kube-dns"}


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """A selector without Pods: which label is off, or that nothing comes near."""
    selector = facts.selection.selector(document)
    if not selector or facts.selection.reaches(document) or facts.unread.may_label(selector):
        return
    if any(isinstance(value, dict | list) for value in as_dict(spec_of(document).get("selector")).values()):
        return  # scalar-type says so
    if facts.kustomized.rewrites("selector", document.ref.name, document.path, document.path):
        return
    beside = facts.selection.beside(document)
    if _is_made_whole(document, selector, beside, facts):
        return
    path = ("spec", "selector")
    near = _one_label_off(document, selector, beside, facts)
    if near:
        yield _lacking(document, selector[near[0]], *near)
    elif elsewhere := _elsewhere(document, selector, beside, facts):
        # what has no namespace gets that of `kubectl apply -n`, or of the release
        written = document.ref.namespace and elsewhere.document.ref.namespace
        if not written and template_of(document):
            return
        yield finding(
            document,
            path,
            f"the Pods with these labels are in namespace {elsewhere.namespace}, not in {document.ref.key[1]}",
            effect="broken" if written else "fragile",
            hint="a Service reaches Pods of its own namespace only: write one namespace in both",
            related=(_labels(elsewhere),),
        )
    else:
        message = "no workload in this tree has these labels"
        yield finding(document, path, message, effect="advice", hint="fine if something else makes the Pods")


def _lacking(document: Document, value: str, key: str, workload: Workload) -> Finding:
    """That one label of the selector is not on the Pods of a workload: a slip, or given to one of them later."""
    have = pod_label(workload, key)
    # of a Pod of a StatefulSet without its number
    want = selector_of(document)[key]
    number = want.removeprefix(value)
    name = f"{workload.document.kind} {workload.document.ref}"
    there = "has no such label" if have is None else f"has {key}: {have}{number}"
    message = f"the selector wants {key}: {want}, {name} {there}"
    hint = _hint(key, have, number, alone=len(selector_of(document)) == 1)
    given = have is None and _is_elected(key, want, workload)
    return finding(
        document,
        ("spec", "selector", key),
        message if given else f"{message}, so this Service reaches no Pod",
        effect="advice" if given else "broken",
        hint="fine if the app gives it to the Pod that leads" if given else hint,
        related=(_labels(workload),),
        field="spec.selector",
    )


def _is_elected(key: str, value: str, workload: Workload) -> bool:
    """Whether a label tells which of several equal Pods leads, so that only the app can give it.

    `role: master` of a Deployment is one that somebody has forgotten.
    """
    words = _WORDS.findall(key.lower())
    if not _ELECTED.isdisjoint(words) or value == "leader":
        return True
    return words[-1:] == ["role"] and value in _ELECTED and workload.document.kind == "StatefulSet"


def _hint(key: str, have: str | None, number: str, *, alone: bool) -> str:
    """The mend. Without its only label a Service would have no selector, which is no mend."""
    if have is None:
        return f"add {key} to the labels of the Pod template" if alone else f"drop {key}, or add it to the Pod template"
    if label_value(have):
        return f"write one value for {key} in both places"
    return f"write {key}: {have}{number}"


def _is_made_whole(document: Document, selector: dict[str, str], beside: Sequence[Workload], facts: Facts) -> bool:
    """Whether a kustomization brings a workload beside the Service its labels, or both one namespace."""
    for workload in beside:
        path = workload.document.path
        given = facts.kustomized.templated.get(path, {})
        same = workload.namespace == document.ref.key[1]
        if given or not same:
            missing = {key: value for key, value in selector.items() if given.get(key) != value}
            if carries(workload, missing) and (same or facts.is_renamed(path) or facts.is_renamed(document.path)):
                return True
    return False


def _labels(workload: Workload) -> Location:
    return workload.document.location(*metadata_path(workload.pod), "labels")


def _one_label_off(
    document: Document, selector: dict[str, str], beside: Sequence[Workload], facts: Facts
) -> tuple[str, Workload] | None:
    """The nearest workload of the same namespace, in the same file or folder, that lacks exactly one of the labels."""
    found = []
    for workload in beside:
        if workload.namespace != document.ref.key[1] or workload.document.kind in PASSING or selector == _OF_CLUSTER:
            continue
        off = [key for key, value in selector.items() if pod_label(workload, key) != value]
        if len(off) == 1 and off[0] not in _OPERATED and _meant(document, off[0], selector, workload, facts):
            other_file = workload.document.path != document.path
            found.append((other_file, workload.document.line, off[0], workload))
    if not found:
        return None
    _, _, key, workload = min(found, key=_nearness)
    return key, workload


def _nearness(one: tuple[bool, int, str, Workload]) -> tuple[bool, int]:
    return one[:2]


def _meant(document: Document, key: str, selector: dict[str, str], workload: Workload, facts: Facts) -> bool:
    """Whether the label that is off looks like a slip rather than like another app."""
    want, have = selector[key], pod_label(workload, key)
    if have is not None and is_slip(want, have):
        return True
    if facts.selection.is_served(workload, besides=document.ref):
        return False  # these Pods have their Service, so they are probably not meant
    if document.ref.name == workload.document.ref.name:
        return True
    others = any(other in _IDENTITY for other in selector if other != key)
    paired = facts.selection.only_pair(document, workload)
    if have is None:
        # the value stands under another key, or the label was forgotten; without any in common it is another app
        return want in map(label_text, workload.labels.values()) or (len(selector) > 1 and (others or paired))
    if paired or (key not in _IDENTITY and others):
        return True
    short, long = sorted((want, have), key=len)
    return bool(short) and long.startswith((short + "-", short + "."))


def _elsewhere(
    document: Document, selector: dict[str, str], beside: Sequence[Workload], facts: Facts
) -> Workload | None:
    """A workload beside the Service with the right labels in another namespace, unless a kustomization sets it."""
    for workload in beside:
        if carries(workload, selector):
            paths = document.path, workload.document.path
            return None if any(map(facts.is_renamed, paths)) else workload
    return None
