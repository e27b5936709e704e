"""A count below zero: of replicas, of runs, of seconds.

`spec.replicas: Invalid value: -1: must be greater than or equal to 0`. A Deployment's `progressDeadlineSeconds`, 600
where none is written, is also longer than its `minReadySeconds`.

Fails:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: -1
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - {name: web, image: "nginx:1.27"}

Passes:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 0
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - {name: web, image: "nginx:1.27"}

Mend: write 0 or more.

Source: pkg/apis/apps/validation/validation.go and pkg/apis/batch/validation/validation.go,
ValidateNonnegativeField; ValidateDeploymentSpec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_number, dig, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "count-negative"

_DEPLOYED = ("replicas", "minReadySeconds", "revisionHistoryLimit")
_JOB = (
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
)
_FIELDS = {
    "Deployment": (*_DEPLOYED, "progressDeadlineSeconds"),
    "StatefulSet": _DEPLOYED[:2],
    "ReplicaSet": _DEPLOYED[:2],
    "ReplicationController": _DEPLOYED[:2],
    "DaemonSet": _DEPLOYED[1:],
    "Job": _JOB,
    "CronJob": ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"),
}


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The counts of this kind of object; those of a CronJob's Jobs too."""
    paths: list[tuple[str, ...]] = [("spec", name) for name in _FIELDS.get(document.kind, ())]
    if document.kind == "StatefulSet":
        paths.append(("spec", "ordinals", "start"))
    if document.kind == "CronJob":
        paths += [("spec", "jobTemplate", "spec", name) for name in _JOB]
    for path in paths:
        number = as_number(dig(document.data, path))
        if number is not None and number < 0:
            yield finding(document, path, f"{path[-1]} {number} is negative", effect="refused", hint="write 0 or more")
    if document.kind != "Deployment":
        return
    least = dig(document.data, ("spec", "minReadySeconds"))
    ready = 0 if least is None else as_number(least)
    path = ("spec", "progressDeadlineSeconds")
    written = dig(document.data, path)
    deadline = 600 if written is None else as_number(written)
    if ready is not None and deadline is not None and 0 <= deadline <= ready:
        message = f"progressDeadlineSeconds {deadline} is not longer than minReadySeconds {ready}"
        hint = f"write {ready + 600}, or a shorter minReadySeconds"
        yield finding(document, path, message, effect="refused", hint=hint)
