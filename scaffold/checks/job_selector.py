"""A Job that writes a selector, or the labels of one, which the API server makes itself.

A Job selects its Pods by a label that is made when it is created. A selector of one's own is refused, unless
`manualSelector: true` stands beside it, and then it must match the template's labels; a CronJob's Jobs have none at
all. The labels `controller-uid` and `job-name` of a Job that was read back from a cluster do not fit a new one.

Fails:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate}
    spec:
      selector: {matchLabels: {app: migrate}}
      template:
        metadata: {labels: {app: migrate}}
        spec:
          restartPolicy: Never
          containers: [{name: migrate, image: "migrate:1.4"}]

Passes:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate}
    spec:
      template:
        metadata: {labels: {app: migrate}}
        spec:
          restartPolicy: Never
          containers: [{name: migrate, image: "migrate:1.4"}]

Mend: drop the selector and those labels.

Source: pkg/apis/batch/validation/validation.go, validateGeneratedSelector, ValidateJobSpec and ValidateJobTemplateSpec;
pkg/registry/batch/job/strategy.go, generateSelector.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import wrong_expressions
from scaffold.checks._values import holds
from scaffold.names import label_key, label_value, subdomain
from scaffold.shapes import as_dict, as_list, finding, label_text, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "job-selector"

_UID, _NAME = ("controller-uid", "batch.kubernetes.io/controller-uid"), ("job-name", "batch.kubernetes.io/job-name")


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The selector of a Job, or that of a CronJob's Jobs."""
    spec = spec_of(document)
    if document.kind == "CronJob":
        yield from _of_cron_job(document, as_dict(as_dict(spec.get("jobTemplate")).get("spec")))
        return
    selector = spec.get("selector")
    if not isinstance(selector, dict | None):
        return
    labels = as_dict(as_dict(as_dict(spec.get("template")).get("metadata")).get("labels"))
    if spec.get("manualSelector") is True:
        yield from _manual(document, selector, labels)
        return
    name = as_dict(document.data.get("metadata")).get("name")
    if not isinstance(name, str):
        return
    yield from _generated(document, selector or {}, name)
    for key in (*_UID, *_NAME):
        if key in labels and (key in _UID or label_text(labels[key]) != name):
            path = ("spec", "template", "metadata", "labels", key)
            message = f"label {key} is the API server's own, and does not fit a new Job"
            field = f"spec.template.metadata.labels[{key}]"
            yield finding(document, path, message, effect="refused", hint="drop the label", field=field)
    if len(name) > 63 and not subdomain(name):
        message = f"the Pods of a Job are labelled with its name, which has {len(name)} characters, 63 are allowed"
        field = "spec.template.labels"
        yield finding(document, ("metadata", "name"), message, effect="refused", hint="shorten it", field=field)


def _generated(document: Document, selector: dict[str, Any], name: str) -> Iterator[Finding]:
    """A selector must match the labels that the Pods get by themselves."""
    given = {**dict.fromkeys(_UID, "made when the Job is created"), **dict.fromkeys(_NAME, name)}
    wrong = wrong_expressions(document, selector)
    yield from wrong
    asked = as_dict(selector.get("matchLabels")).items()
    off = any(given.get(key) != label_text(value) for key, value in asked)
    listed = as_list(selector.get("matchExpressions"))
    if off or (not wrong and any(isinstance(one, dict) and not holds(one, given) for one in listed)):
        hint = "drop it, and the Job selects its own Pods"
        yield finding(document, ("spec", "selector"), "a Job makes its own selector", effect="refused", hint=hint)


def _of_cron_job(document: Document, job: dict[str, Any]) -> Iterator[Finding]:
    path = ("spec", "jobTemplate", "spec")
    if isinstance(job.get("selector"), dict):
        message, hint = "the Jobs of a CronJob make their own selectors", "drop it"
        yield finding(document, (*path, "selector"), message, effect="refused", hint=hint)
    if job.get("manualSelector") is True:
        message = "manualSelector has no place in a CronJob"
        yield finding(document, (*path, "manualSelector"), message, effect="refused", hint="drop it")


def _manual(document: Document, selector: dict[str, Any] | None, labels: dict[str, Any]) -> Iterator[Finding]:
    if selector is None:
        hint = "drop manualSelector, and the Job selects its own Pods"
        message = "manualSelector is true, and there is no selector"
        yield finding(document, ("spec", "selector"), message, effect="refused", hint=hint)
        return
    wrong = wrong_expressions(document, selector)
    yield from wrong
    have = {key: label_text(value) for key, value in labels.items()}
    wanted = as_dict(selector.get("matchLabels"))
    missed = [f"{key}: {label_text(value)}" for key, value in wanted.items() if have.get(key) != label_text(value)]
    missed += [
        str(one.get("key"))
        for one in as_list(selector.get("matchExpressions"))
        if isinstance(one, dict) and not holds(one, have)
    ]
    odd = any(label_key(key) or label_value(label_text(value)) for key, value in wanted.items())
    if missed and not wrong and not odd:
        message = f"the selector wants {', '.join(missed)}, the template's labels do not fit"
        path, hint = ("spec", "template", "metadata", "labels"), "make the template's labels and the selector one map"
        yield finding(document, path, message, effect="refused", hint=hint)
