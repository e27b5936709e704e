"""A restartPolicy that this kind of object does not take.

Pods of a Deployment, StatefulSet, DaemonSet or ReplicaSet always restart: `Unsupported value: "OnFailure": supported
values: "Always"`. A Job never has Always, and so must name OnFailure or Never. An init container takes only Always,
and the Pods of a ReplicaSet or Deployment have no `activeDeadlineSeconds`.

Fails:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate}
    spec:
      template:
        spec:
          containers:
            - {name: migrate, image: "shop:1.4"}

Passes:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate}
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - {name: migrate, image: "shop:1.4"}

Mend: write Always or nothing for what serves, OnFailure or Never for what ends.

Source: pkg/apis/apps/validation/validation.go, ValidatePodTemplateSpecForReplicaSet and its kin;
pkg/apis/batch/validation/validation.go, validateJobSpec; pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_list, dig, finding, pod_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "restart-policy"

_SERVING = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController")


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The policy of the Pods and of their containers."""
    kind, path = document.kind, pod_path(document)
    pod = dig(document.data, path)
    if not isinstance(pod, dict) or kind == "DeploymentConfig":
        return
    policy = pod.get("restartPolicy") or "Always"
    serving, job = kind in _SERVING, kind in ("Job", "CronJob")
    allowed = ("Always",) if serving else ("OnFailure", "Never") if job else ("Always", "OnFailure", "Never")
    if isinstance(policy, str) and policy not in allowed:
        told = f"restartPolicy {policy!r}" if pod.get("restartPolicy") else f"a {kind} without restartPolicy"
        message = f"{told} is not possible" if not pod.get("restartPolicy") else f"{told} has no place in a {kind}"
        hint = f"write {' or '.join(allowed)}" if job or not serving else "drop it, or write Always"
        yield finding(document, (*path, "restartPolicy"), message, effect="refused", hint=hint)
    if serving and pod.get("activeDeadlineSeconds") is not None:
        message = f"activeDeadlineSeconds has no place in a {kind}"
        yield finding(document, (*path, "activeDeadlineSeconds"), message, effect="refused", hint="drop it")
    for field, container_policies in (("initContainers", ("Always",)), ("containers", ())):
        for index, container in enumerate(as_list(pod.get(field))):
            own = container.get("restartPolicy") if isinstance(container, dict) else None
            # from 1.34 on containers may have rules of their own
            if not isinstance(own, str) or own in container_policies or not facts.before(34):
                continue
            message = f"restartPolicy {own!r} has no place on one of the {field}"
            where = (*path, field, index, "restartPolicy")
            hint = "drop it, or write Always for a sidecar" if container_policies else "drop it"
            yield finding(document, where, message, effect="refused", hint=hint)
