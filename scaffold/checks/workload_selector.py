"""A workload whose selector is missing, empty or does not match its own Pods.

`apps/v1` wants `spec.selector`, and the template's labels must match all of it, `matchExpressions` included:
``spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels` ``.

Fails:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: shop}}
        spec:
          containers:
            - {name: web, image: "nginx:1.27"}

Passes:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web, tier: front}}
        spec:
          containers:
            - {name: web, image: "nginx:1.27"}

Mend: write the selector's labels into the template. Of an object that exists already the selector cannot change.

Source: pkg/apis/apps/validation/validation.go, ValidateDeploymentSpec; apimachinery pkg/apis/meta/v1/validation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_dict, as_list, finding, label_text, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "workload-selector"

_HINT = "write matchLabels with the labels of the template"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """What the API server says about the selector and the template's labels."""
    spec = spec_of(document)
    selector = spec.get("selector")
    if document.api_version != "apps/v1" or not isinstance(selector, dict | None):
        return
    if not selector or (not selector.get("matchLabels") and not selector.get("matchExpressions")):
        # commonLabels of a kustomization make a selector where there is none
        if document.path not in facts.kustomized.labelled:
            message = "spec.selector is missing" if selector is None else "spec.selector is empty"
            yield finding(document, ("spec", "selector"), message, effect="refused", hint=_HINT)
        return
    expressions = list(_expressions(document, as_list(selector.get("matchExpressions"))))
    yield from expressions
    labels = as_dict(as_dict(spec.get("template")).get("metadata")).get("labels")
    if expressions or not isinstance(labels, dict | None):
        return
    have = {key: label_text(value) for key, value in (labels or {}).items()}
    for key, value in as_dict(selector.get("matchLabels")).items():
        if have.get(key) != label_text(value):
            there = f"{key}: {have[key]}" if key in have else f"no {key}"
            yield _off(document, f"the selector wants {key}: {label_text(value)}, the template has {there}", key)
    for expression in as_list(selector.get("matchExpressions")):
        if isinstance(expression, dict) and not _holds(expression, have):
            said = " ".join(str(expression.get(part)) for part in ("key", "operator", "values") if expression.get(part))
            yield _off(
                document, f"the template's labels do not fulfil the selector's {said}", str(expression.get("key"))
            )


def _off(document: Document, message: str, key: str) -> Finding:
    path = ("spec", "template", "metadata", "labels")
    place = (document.location("spec", "selector", "matchLabels", key),)
    hint = "make the template's labels and the selector one map"
    return finding(
        document,
        (*path, key),
        message,
        effect="refused",
        hint=hint,
        related=place,
        field="spec.template.metadata.labels",
    )


def _expressions(document: Document, expressions: list[object]) -> Iterator[Finding]:
    for index, expression in enumerate(expressions):
        if not isinstance(expression, dict):
            continue
        path = ("spec", "selector", "matchExpressions", index)
        operator, values = expression.get("operator"), expression.get("values")
        if operator in ("In", "NotIn"):
            if not values:
                yield finding(
                    document, (*path, "values"), f"{operator} needs values", effect="refused", hint="list them"
                )
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                message = f"{operator} takes no values"
                yield finding(document, (*path, "values"), message, effect="refused", hint="drop values, or write In")
        else:
            hint = "one of In, NotIn, Exists, DoesNotExist"
            message = f"{operator!r} is no operator of a selector" if operator else "operator is missing"
            yield finding(document, (*path, "operator"), message, effect="refused", hint=hint)


def _holds(expression: dict[str, object], labels: dict[str, str]) -> bool:
    key, values = str(expression.get("key")), [label_text(value) for value in as_list(expression.get("values"))]
    match expression.get("operator"):
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels
