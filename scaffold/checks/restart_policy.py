"""A restartPolicy that this kind of object does not take.

Pods of a Deployment, StatefulSet, DaemonSet or ReplicaSet always restart: `Unsupported value: "OnFailure": supported
values: "Always"`. A Job never has Always, and so must name OnFailure or Never. The Pods of a ReplicaSet or Deployment
have no `activeDeadlineSeconds`. Since Kubernetes 1.35 a container may have a policy of its own, with rules by exit
code; up to 1.33 only an init container may, and only Always.

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

from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import Report, containers, entries
from scaffold.shapes import as_list, dig, finding, pod_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "restart-policy"

_SERVING = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController")
_POLICIES = ("Always", "OnFailure", "Never")
_MOST_RULES, _MOST_CODES = 20, 255


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
        if not pod.get("restartPolicy") and any("restartPolicy" in one for _, one in containers(pod)):
            hint = f"write it beside containers: {' or '.join(allowed)}; in a container it is for that one alone"
        yield finding(document, (*path, "restartPolicy"), message, effect="refused", hint=hint)
    if serving and pod.get("activeDeadlineSeconds") is not None:
        message = f"activeDeadlineSeconds has no place in a {kind}"
        yield finding(document, (*path, "activeDeadlineSeconds"), message, effect="refused", hint="drop it")
    if facts.before(34):
        yield from _older(document, pod, path)
    elif not facts.before(35):
        report = Report()
        for where, container in containers(pod):
            _rules(report, container, where, facts)
        yield from report.findings(document)


def _older(document: Document, pod: Mapping[str, Any], path: Path) -> Iterator[Finding]:
    """Up to Kubernetes 1.33 only an init container has a policy of its own, Always."""
    for field, container_policies in (("initContainers", ("Always",)), ("containers", ())):
        for where, container in entries(pod.get(field), (*path, field)):
            own = container.get("restartPolicy")
            if isinstance(own, str) and own not in container_policies:
                message = f"restartPolicy {own!r} has no place on one of the {field}"
                hint = "drop it, or write Always for a sidecar" if container_policies else "drop it"
                yield finding(document, (*where, "restartPolicy"), message, effect="refused", hint=hint)


def _rules(report: Report, container: Mapping[str, Any], path: Path, facts: Facts) -> None:
    """Since 1.35 containers have policies, and rules by exit code, of their own."""
    own, rules = container.get("restartPolicy"), container.get("restartPolicyRules")
    if own is None and not rules:
        return
    report.word(container, path, "restartPolicy", _POLICIES, what="restartPolicy of a container", empty=False)
    if not isinstance(rules, list) or not rules:
        return
    where = (*path, "restartPolicyRules")
    if own is None:
        message = "restartPolicyRules come with a restartPolicy"
        report.add((*path, "restartPolicy"), message, "write restartPolicy: Never beside them")
    if len(rules) > _MOST_RULES:
        report.add(where, f"{len(rules)} rules, {_MOST_RULES} are allowed", "drop some")
    if own == "Always" and path[0] == "initContainers" and facts.before(36):
        report.add(where, "a sidecar has no restartPolicyRules", "drop them")
    actions = ("Restart",) if facts.before(36) else ("Restart", "RestartAllContainers")
    for inner, rule in entries(rules, where):
        report.word(rule, inner, "action", actions, required=True)
        codes, place = rule.get("exitCodes"), (*inner, "exitCodes")
        if codes is None:
            report.add(place, "the rule has no exitCodes", "write operator: In and values")
        elif isinstance(codes, dict):
            report.word(codes, place, "operator", ("In", "NotIn"), required=True)
            if len(as_list(codes.get("values"))) > _MOST_CODES:
                report.add((*place, "values"), f"{_MOST_CODES} values are allowed", "drop some")
