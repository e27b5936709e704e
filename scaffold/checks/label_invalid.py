"""A label, selector or annotation key that breaks the grammar.

Keys are `name` or `prefix/name`: the name at most 63 letters, digits, `-`, `_` and `.`, alphanumeric at both ends,
the prefix a DNS name. Values of labels and selectors obey the rule of the name, and may be empty. Values of
annotations are free.

Fails:
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      labels: {app: "my shop"}
    spec:
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      labels: {app: my-shop}
      annotations: {note: "my shop"}
    spec:
      ports:
        - {name: http, port: 80}

Mend: write it with `-`, or move free text into an annotation.

Source: apimachinery pkg/apis/meta/v1/validation/validation.go, ValidateLabels; pkg/api/validation/objectmeta.go,
ValidateAnnotations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold import names
from scaffold.kinds import WORKLOAD_KINDS
from scaffold.shapes import dig, field_name, finding, is_service, pod_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "label-invalid"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """Every key and value of the maps that the API server looks at."""
    for path, field in _maps(document):
        found = dig(document.data, path)
        if not isinstance(found, dict) or not found:
            continue
        annotations = path[-1] == "annotations"
        for key, value in found.items():
            what = "annotation" if annotations else "label"
            if reason := (names.annotation_key if annotations else names.label_key)(key):
                hint = "write it as name or as prefix/name"
                message = f"{what} key {key!r} {reason}"
                yield finding(document, (*path, key), message, effect="refused", hint=hint, field=field)
            if not annotations and isinstance(value, str) and (reason := names.label_value(value)):
                hint = "shorten it, or move free text into an annotation"
                message = f"{what} {key}: {value!r} {reason}"
                yield finding(document, (*path, key), message, effect="refused", hint=hint, field=field)


def _maps(document: Document) -> Iterator[tuple[Path, str]]:
    """The path of each map, and what the API server calls it."""
    yield ("metadata", "labels"), "metadata.labels"
    yield ("metadata", "annotations"), "metadata.annotations"
    if is_service(document):
        yield ("spec", "selector"), "spec.selector"
    if document.kind not in WORKLOAD_KINDS:
        return
    if document.kind not in ("CronJob", "Pod", "ReplicationController", "DeploymentConfig"):
        yield ("spec", "selector", "matchLabels"), "spec.selector.matchLabels"
    pod = pod_path(document)
    if pod != ("spec",):
        template = pod[:-1]
        for key in ("labels", "annotations"):
            # the template's own validation leaves out `metadata`
            yield (*template, "metadata", key), field_name((*template, key))
