"""A podFailurePolicy or podReplacementPolicy of a Job that cannot be.

Every rule has an action and looks either at exit codes or at conditions of the Pod. Exit codes are listed in order,
each once, and 0 is no failure. `FailIndex` needs `backoffLimitPerIndex`. The Pods of a Job with a policy have
`restartPolicy: Never`, and are replaced once they have failed.

Fails:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate}
    spec:
      podFailurePolicy:
        rules:
          - action: Fail
            onExitCodes: {operator: In, values: [42]}
      template:
        spec:
          restartPolicy: Never
          containers: [{name: migrate, image: "migrate:1.4"}]

Passes:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate}
    spec:
      podFailurePolicy:
        rules:
          - action: FailJob
            onExitCodes: {operator: In, values: [42]}
      template:
        spec:
          restartPolicy: Never
          containers: [{name: migrate, image: "migrate:1.4"}]

Mend: write FailJob, FailIndex, Ignore or Count, and one of onExitCodes and onPodConditions.

Source: pkg/apis/batch/validation/validation.go, validatePodFailurePolicy and validatePodReplacementPolicy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.checks._values import job_of
from scaffold.names import label_key, nearest
from scaffold.shapes import as_dict, as_list, as_number, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "pod-failure-policy"

_RULES, _CODES, _CONDITIONS = 20, 255, 20
_ACTIONS = ["FailJob", "FailIndex", "Ignore", "Count"]


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The rules of the policy, and what follows from there being one."""
    path, job = job_of(document)
    policy = job.get("podFailurePolicy")
    if isinstance(policy, dict):
        yield from _policy(document, path, job, policy, facts)
    replacement = job.get("podReplacementPolicy")
    if isinstance(replacement, str) and not facts.before(29):
        words = ["Failed"] if policy is not None else ["TerminatingOrFailed", "Failed"]
        beside = " beside a podFailurePolicy" if policy is not None else ""
        yield from _word(document, (*path, "podReplacementPolicy"), replacement, words, beside)


def _policy(
    document: Document, path: Path, job: dict[str, Any], policy: dict[str, Any], facts: Facts
) -> Iterator[Finding]:
    pod = as_dict(as_dict(job.get("template")).get("spec"))
    if pod.get("restartPolicy") == "OnFailure":
        message, where = "a Job with a podFailurePolicy has restartPolicy Never", (*path, "template", "spec")
        yield finding(document, (*where, "restartPolicy"), message, effect="refused", hint="write restartPolicy: Never")
    rules = as_list(policy.get("rules"))
    path = (*path, "podFailurePolicy", "rules")
    if len(rules) > _RULES:
        message = f"podFailurePolicy has {len(rules)} rules, {_RULES} are allowed"
        yield finding(document, path, message, effect="refused", hint="join some of them")
    containers = [*as_list(pod.get("containers")), *as_list(pod.get("initContainers"))]
    names = {str(one.get("name") or "") for one in containers if isinstance(one, dict)}
    for index, rule in enumerate(rules):
        if isinstance(rule, dict | None):
            yield from _rule(document, (*path, index), rule or {}, job, names)
            # up to 1.33 the Jobs of a CronJob get no status by default
            needed = document.kind == "CronJob" and facts.before(34)
            yield from _conditions(document, (*path, index, "onPodConditions"), rule or {}, needed=needed)


def _rule(
    document: Document, path: Path, rule: dict[str, Any], job: dict[str, Any], names: set[str]
) -> Iterator[Finding]:
    action, codes, conditions = rule.get("action"), rule.get("onExitCodes"), rule.get("onPodConditions")
    if action == "FailIndex" and job.get("backoffLimitPerIndex") is None:
        message, hint = "action FailIndex needs backoffLimitPerIndex", "write it for the Job, or action: FailJob"
        yield finding(document, (*path, "action"), message, effect="refused", hint=hint)
    yield from _word(document, (*path, "action"), action, _ACTIONS)
    if isinstance(codes, dict):
        yield from _codes(document, (*path, "onExitCodes"), codes, names)
    if codes is not None and conditions:
        hint = "make two rules of it"
        message = "a rule has both onExitCodes and onPodConditions"
        yield finding(document, path, message, effect="refused", hint=hint)
    elif codes is None and not conditions:
        message, hint = "a rule has neither onExitCodes nor onPodConditions", "write one of them"
        yield finding(document, path, message, effect="refused", hint=hint)


def _conditions(document: Document, path: Path, rule: dict[str, Any], *, needed: bool) -> Iterator[Finding]:
    listed = as_list(rule.get("onPodConditions"))
    if len(listed) > _CONDITIONS:
        message = f"a rule has {len(listed)} conditions, {_CONDITIONS} are allowed"
        yield finding(document, path, message, effect="refused", hint="make two rules of it")
    for index, condition in enumerate(listed):
        if isinstance(condition, dict | None):
            condition = condition or {}
            kind, where = condition.get("type"), (*path, index, "type")
            if isinstance(kind, str | None) and (reason := label_key(kind or "")):
                message = f"condition {kind!r} {reason}" if kind else "type is missing"
                yield finding(document, where, message, effect="refused", hint="such as DisruptionTarget")
            # null is True by default, and so is what is not written
            status = condition.get("status") or (None if needed else "True")
            yield from _word(document, (*path, index, "status"), status, ["True", "False", "Unknown"])


def _codes(document: Document, path: Path, codes: dict[str, Any], names: set[str]) -> Iterator[Finding]:
    operator, values, container = codes.get("operator"), codes.get("values"), codes.get("containerName")
    yield from _word(document, (*path, "operator"), operator, ["In", "NotIn"])
    if isinstance(container, str) and container not in names:
        near = nearest(container, sorted(names))
        hint = f"did you mean {near}?" if near else f"one of {', '.join(sorted(names))}"
        message = f"no container of the Pod is called {container!r}"
        yield finding(document, (*path, "containerName"), message, effect="refused", hint=hint)
    if not isinstance(values, list | None):
        return
    path = (*path, "values")
    if not values or len(values) > _CODES:
        message = f"values has {len(values or ())} exit codes, 1 to {_CODES} are allowed"
        yield finding(document, path, message, effect="refused", hint="list them, such as [1, 42]")
    numbers = [0 if one is None else as_number(one) for one in values or ()]
    known = [number for number in numbers if number is not None]
    if known != sorted(known):
        message = "the exit codes are not in order"
        yield finding(document, path, message, effect="refused", hint=f"write {sorted(set(known))}")
    seen: set[int] = set()
    for index, number in enumerate(numbers):
        if number == 0 and operator == "In":
            message = "exit code 0 is no failure"
            yield finding(document, (*path, index), message, effect="refused", hint="drop it")
        if number in seen:
            yield finding(
                document, (*path, index), f"exit code {number} is listed twice", effect="refused", hint="drop it"
            )
        if number is not None:
            seen.add(number)


def _word(document: Document, path: Path, written: object, words: list[str], beside: str = "") -> Iterator[Finding]:
    if not isinstance(written, str | None) or written in words:
        return
    near = nearest(written, words) if written else None
    hint = f"did you mean {near}?" if near else f"{'one of ' if len(words) > 1 else 'write '}{', '.join(words)}"
    message = f"{written!r} is no {path[-1]}{beside}" if written else f"{path[-1]} is missing"
    yield finding(document, path, message, effect="refused", hint=hint)
