"""A selector with a label that does not last, or with no value.

`pod-template-hash` and `controller-revision-hash` get a new value with every rollout: a Service that selects by one
loses all its Pods at the next. A blank value (`app:`) in a Service's selector is the empty text, and selects only Pods
whose label is empty too; mostly something was forgotten there.

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

Source: pkg/controller/deployment/sync.go, getNewReplicaSet; k8s.io/apimachinery/pkg/labels, SelectorFromSet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_dict, finding, is_service, service_type

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
    selector = as_dict(document.data.get("spec")).get("selector")
    path: Path = ("spec", "selector")
    if not is_service(document):
        # a ReplicaSet is of one rollout itself
        if document.kind == "ReplicaSet":
            return
        selector, path = as_dict(selector).get("matchLabels"), (*path, "matchLabels")
    elif service_type(document) == "ExternalName":
        return
    for key, value in selector.items() if isinstance(selector, dict) else ():
        if key in _OF_A_ROLLOUT:
            message = f"{key} changes with every rollout, and this selector does not"
            yield finding(document, (*path, key), message, effect="fragile", hint="drop the line")
        elif (value is None or value == "") and is_service(document):
            message = f"{key} has no value, so only an empty label fits"
            yield finding(document, (*path, key), message, effect="fragile", hint="write the value, or drop the line")
