"""A workload whose selector is missing, empty or does not match its own Pods.

`apps/v1` wants `spec.selector`, and the template's labels must match all of it, `matchExpressions` included:
``spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels` ``. A
ReplicationController takes the template's labels where it has no selector of its own.

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

from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import wrong_expressions
from scaffold.checks._values import holds
from scaffold.names import label_key, label_value
from scaffold.shapes import as_dict, as_list, finding, label_text, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "workload-selector"

_HINT = "write matchLabels with the labels of the template"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """What the API server says about the selector and the template's labels."""
    spec = spec_of(document)
    selector = spec.get("selector")
    if not isinstance(selector, dict | None):
        return
    metadata = as_dict(as_dict(spec.get("template")).get("metadata"))
    labels = metadata.get("labels")
    if document.kind == "ReplicationController":
        yield from _of_controller(document, selector, labels)
        return
    if document.api_version != "apps/v1" or _plainly_equal(selector, labels):
        return
    if not selector or (not selector.get("matchLabels") and not selector.get("matchExpressions")):
        # commonLabels of a kustomization make a selector where there is none
        if document.path not in facts.kustomized.labelled:
            message = "spec.selector is missing" if selector is None else "spec.selector is empty"
            # of a DaemonSet without any selector the API server says that it does not match
            bare = document.kind == "DaemonSet" and selector is None
            field = "spec.template.metadata.labels" if bare else ""
            yield finding(document, ("spec", "selector"), message, effect="refused", hint=_HINT, field=field)
        return
    wrong = wrong_expressions(document, selector)
    yield from wrong
    if wrong or not isinstance(labels, dict | None):
        return
    kustomized, path = facts.kustomized, document.path
    have = {**kustomized.templated.get(path, {}), **{key: label_text(value) for key, value in (labels or {}).items()}}
    # what is written into both is one
    both = kustomized.labelled.get(path, {})
    wanted = {key: value for key, value in as_dict(selector.get("matchLabels")).items() if key not in both}
    yield from _unequal(document, ("spec", "selector", "matchLabels"), wanted, have)
    for expression in as_list(selector.get("matchExpressions")):
        if isinstance(expression, dict) and not holds(expression, have):
            said = " ".join(str(expression.get(part)) for part in ("key", "operator", "values") if expression.get(part))
            message = f"the template's labels do not fulfil the selector's {said}"
            yield _off(document, message, str(expression.get("key")), ("spec", "selector", "matchExpressions"))


def _plainly_equal(selector: object, labels: object) -> bool:
    """Whether the selector is nothing but labels that the template has: nearly all are."""
    if type(selector) is not dict or type(labels) is not dict or list(selector) != ["matchLabels"]:
        return False
    wanted = selector["matchLabels"]
    return type(wanted) is dict and bool(wanted) and None not in wanted.values() and wanted.items() <= labels.items()


def _of_controller(document: Document, selector: dict[str, Any] | None, labels: Any) -> Iterator[Finding]:  # noqa: ANN401
    """A ReplicationController's selector is a plain map, by default the template's labels."""
    if not isinstance(labels, dict | None) or document.api_version != "v1":
        return
    if not selector and not labels:
        message, hint = "the template has no labels to select by", "write labels under the template's metadata"
        yield finding(document, ("spec", "selector"), message, effect="refused", hint=hint)
    # without a template there is nothing to compare, and containers-missing says so
    if spec_of(document).get("template") is None:
        return
    have = {key: label_text(value) for key, value in (labels or {}).items()}
    yield from _unequal(document, ("spec", "selector"), selector or {}, have)


def _unequal(document: Document, path: Path, wanted: dict[str, Any], have: dict[str, str]) -> Iterator[Finding]:
    for key, value in wanted.items():
        text = label_text(value)
        # of what is no label the API server says only that, and so does label-invalid
        odd = path[-1] == "matchLabels" and (label_key(key) or label_value(text))
        if have.get(key) != text and not odd:
            there = f"{key}: {have[key]}" if key in have else f"no {key}"
            message = f"the selector wants {key}: {label_text(value)}, the template has {there}"
            yield _off(document, message, key, (*path, key))


def _off(document: Document, message: str, key: str, selector: Path) -> Finding:
    field = "spec.template.metadata.labels"
    path = ("spec", "template", "metadata", "labels", key)
    place = (document.location(*selector),)
    hint = "make the template's labels and the selector one map"
    return finding(document, path, message, effect="refused", hint=hint, related=place, field=field)
