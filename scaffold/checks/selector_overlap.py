"""Two workloads whose Pods carry the same labels.

No selector can tell them apart. Each workload owns the Pods that it made, but a Service sends requests to both,
`kubectl logs deployment/NAME` shows either, an autoscaler counts both and stops (`AmbiguousSelector`), and Pods that
lost their owner go to either.

Fails:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: shop}}
      template:
        metadata: {labels: {app: shop}}
        spec:
          containers:
            - {name: web, image: "nginx:1.27"}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: worker}
    spec:
      selector: {matchLabels: {app: shop}}
      template:
        metadata: {labels: {app: shop}}
        spec:
          containers:
            - {name: worker, image: "nginx:1.27"}

Passes:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: shop, component: web}}
      template:
        metadata: {labels: {app: shop, component: web}}
        spec:
          containers:
            - {name: web, image: "nginx:1.27"}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: worker}
    spec:
      selector: {matchLabels: {app: shop, component: worker}}
      template:
        metadata: {labels: {app: shop, component: worker}}
        spec:
          containers:
            - {name: worker, image: "nginx:1.27"}

Mend: give each a label of its own, such as `app.kubernetes.io/component`, in the selector and in the Pod template.

Source: pkg/controller/controller_ref_manager.go, ClaimPods; pkg/controller/podautoscaler/horizontal.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from scaffold.shapes import finding, label_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Workload

    Key = tuple[str, frozenset[tuple[str, str]]]

ID = "selector-overlap"

# the kinds that look for their Pods by labels for as long as they live
_SELECTING = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"})
_GROUPS = frozenset({"", "apps", "extensions"})
# of each run: file -> namespace and labels -> what makes Pods with them first
_FIRST: WeakKeyDictionary[Facts, dict[str, dict[Key, Document]]] = WeakKeyDictionary()


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Of the workloads of one file with the same labels, each after the first."""
    # most files hold one
    if not facts.selection.share_a_file(document.path) or not (workload := facts.summary(document)):
        return
    if not workload.labels:
        return
    known = _FIRST.get(facts)
    if known is None:
        known = _FIRST[facts] = {}
    first = known.get(document.path)
    if first is None:
        makers = ((_key(one), one.document) for one in reversed(facts.selection.in_file(document.path)))
        first = known[document.path] = {key: one for key, one in makers if _selects(one)}
    other = first.get(_key(workload), document)
    if other is document or other.ref == document.ref:
        return
    shown = ", ".join(sorted(f"{key}: {label_text(value)}" for key, value in workload.labels.items()))
    message = f"the Pods of {other.kind} {other.ref} have the same labels ({shown})"
    hint = "give each a label of its own in selector and template, such as app.kubernetes.io/component"
    place = (other.location("spec", "selector"),)
    yield finding(document, ("spec", "selector"), message, effect="fragile", hint=hint, related=place)


def _selects(document: Document) -> bool:
    return document.kind in _SELECTING and document.api_version.rpartition("/")[0] in _GROUPS


def _key(workload: Workload) -> Key:
    return workload.namespace, frozenset((key, label_text(value)) for key, value in workload.labels.items())
