"""A selector with a label that does not last, or with no value.

`pod-template-hash` and `controller-revision-hash` get a new value with every rollout: a Service that selects by one
loses all its Pods at the next. A label with nothing behind it (`app:`) is left out by `kubectl apply`: a Service whose
only label it is has no selector then, and a Deployment is refused (`empty selector is invalid for deployment`). For
`kubectl create` it is the empty text, which is what `app: ""` says: that selects only Pods whose label is empty too.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web, pod-template-hash: 5d69d5b5f}
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports:
        - {name: http, port: 80}

Mend: drop the label of the rollout, and fill in the blank one.

Source: the three-way merge of `kubectl apply`, tried; pkg/controller/deployment/sync.go, getNewReplicaSet;
k8s.io/apimachinery/pkg/labels, SelectorFromSet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_dict, dig, finding, is_service, service_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "selector-label"

_OF_A_ROLLOUT = frozenset({"pod-template-hash", "controller-revision-hash", "pod-template-generation"})


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """Every label of the selector."""
    spec = as_dict(document.data.get("spec"))
    path: Path = ("spec", "selector")
    selector = as_dict(spec.get("selector"))
    if not is_service(document):
        template: Path = ("spec", "template", "metadata", "labels")
        yield from _left_out(document, template, as_dict(dig(document.data, template)))
        selector, path = as_dict(selector.get("matchLabels")), (*path, "matchLabels")
    elif service_type(document) == "ExternalName":
        return
    yield from _left_out(document, path, selector)
    for key, value in selector.items():
        if key in _OF_A_ROLLOUT:
            message = f"{key} changes with every rollout, and this selector does not"
            yield finding(document, (*path, key), message, effect="fragile", hint="drop the line")
        elif value == "" and is_service(document):
            message = f"{key} has no value, so only an empty label fits"
            yield finding(document, (*path, key), message, effect="fragile", hint="write the value, or drop the line")


def _left_out(document: Document, path: Path, labels: dict[str, object]) -> Iterator[Finding]:
    for key, value in labels.items():
        if value is None and key not in _OF_A_ROLLOUT:
            message = f"{key} has nothing behind it, so kubectl apply leaves it out"
            if len(labels) == 1 and path[1] == "selector":
                message += ", and no selector is left"
            yield finding(document, (*path, key), message, effect="fragile", hint="write the value, or drop the line")
