"""A Job whose way to count does not go together.

`completionMode: Indexed` needs `completions` (of a Job that has neither that nor `parallelism` both are 1), and an
index for every Pod is what `backoffLimitPerIndex`, `maxFailedIndexes` and `successPolicy` are about: without it they
are refused. Indexes count from 0, in order, as in `1,3-5`; a Pod is called after the Job and its index, which must
still be a DNS label.

Fails:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: render}
    spec:
      completionMode: Indexed
      parallelism: 4
      template:
        spec:
          restartPolicy: Never
          containers: [{name: render, image: "render:1.4"}]

Passes:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: render}
    spec:
      completionMode: Indexed
      completions: 20
      parallelism: 4
      template:
        spec:
          restartPolicy: Never
          containers: [{name: render, image: "render:1.4"}]

Mend: write completions, or drop completionMode and what needs it.

Source: pkg/apis/batch/validation/validation.go, ValidateJob, validateJobSpec and validateSuccessPolicyRule.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffold.checks._values import job_of
from scaffold.names import label
from scaffold.shapes import as_dict, as_number, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "indexed-job"

_PARALLEL, _MANY, _FAILED, _RULES, _TEXT = 100_000, 100_000, 100_000, 20, 64 * 1024
_WHILE_MANY = 10_000
_NUMBERS = ("completions", "parallelism", "maxFailedIndexes", "backoffLimitPerIndex")


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """What the completion mode asks for and forbids."""
    path, job = job_of(document)
    mode = job.get("completionMode")
    if not isinstance(mode, str | None):
        return
    written = {name: job.get(name) for name in _NUMBERS}
    if document.kind == "Job" and written["completions"] is None and written["parallelism"] is None:
        # both default to 1, but neither where the other is written, nor in a CronJob's template
        written["completions"] = 1
    if mode == "Indexed":
        yield from _indexed(document, path, written)
        yield from _name(document, written["completions"])
    elif mode not in (None, "NonIndexed"):
        hint = "write Indexed, or drop it"
        message = f"{mode!r} is no completionMode"
        yield finding(document, (*path, "completionMode"), message, effect="refused", hint=hint)
    else:
        for name in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if written[name] is not None:
                yield _needs_indexes(document, (*path, name))
    if written["maxFailedIndexes"] is not None and written["backoffLimitPerIndex"] is None:
        message = "maxFailedIndexes needs backoffLimitPerIndex"
        hint = "write backoffLimitPerIndex beside it"
        yield finding(document, (*path, "backoffLimitPerIndex"), message, effect="refused", hint=hint)
    policy = job.get("successPolicy")
    if isinstance(policy, dict) and not facts.before(31):
        path = (*path, "successPolicy")
        if mode != "Indexed":
            yield _needs_indexes(document, path)
        else:
            yield from _success(document, path, policy, as_number(written["completions"]))


def _needs_indexes(document: Document, path: Path) -> Finding:
    hint = "write completionMode: Indexed, or drop it"
    return finding(document, path, f"{path[-1]} needs completionMode Indexed", effect="refused", hint=hint)


def _indexed(document: Document, path: Path, written: dict[str, Any]) -> Iterator[Finding]:
    completions, parallelism, failed, per_index = (as_number(written[name]) for name in _NUMBERS)
    if written["completions"] is None:
        hint = "write completions: how many indexes there are"
        message = "completionMode Indexed needs completions"
        yield finding(document, (*path, "completions"), message, effect="refused", hint=hint)
    limits = {"parallelism": _PARALLEL, "maxFailedIndexes": _FAILED}
    if completions is not None and completions > _MANY and per_index is not None:
        limits = dict.fromkeys(limits, _WHILE_MANY)
        if written["maxFailedIndexes"] is None:
            message = f"backoffLimitPerIndex with more than {_MANY} completions needs maxFailedIndexes"
            hint = f"write maxFailedIndexes, at most {_WHILE_MANY}"
            yield finding(document, (*path, "maxFailedIndexes"), message, effect="refused", hint=hint)
    for name, number in (("parallelism", parallelism), ("maxFailedIndexes", failed)):
        if number is not None and number > limits[name]:
            message = f"{name} {number} is too many for an indexed Job"
            yield finding(document, (*path, name), message, effect="refused", hint=f"at most {limits[name]}")
        elif name == "maxFailedIndexes" and number is not None and completions is not None and number > completions:
            message = f"{name} {number} is more than the {completions} completions"
            yield finding(document, (*path, name), message, effect="refused", hint=f"at most {completions}")


def _name(document: Document, completions: object) -> Iterator[Finding]:
    name, count = as_dict(document.data.get("metadata")).get("name"), as_number(completions)
    if document.kind != "Job" or not isinstance(name, str) or not name or not count or count < 0:
        return
    if reason := label(f"{name}-{count - 1}"):
        message = f"the last Pod would be called {name}-{count - 1}, which {reason}"
        yield finding(document, ("metadata", "name"), message, effect="refused", hint="shorten the name of the Job")


def _success(document: Document, path: Path, policy: dict[str, Any], completions: int | None) -> Iterator[Finding]:
    path, rules = (*path, "rules"), policy.get("rules")
    if not isinstance(rules, list | None):
        return
    if not rules or len(rules) > _RULES:
        message = f"successPolicy has {len(rules or ())} rules, 1 to {_RULES} are allowed"
        yield finding(document, path, message, effect="refused", hint="such as - succeededCount: 1")
    for index, rule in enumerate(rules or ()):
        if isinstance(rule, dict | None):
            yield from _rule(document, (*path, index), rule or {}, completions)


def _rule(document: Document, path: Path, rule: dict[str, Any], completions: int | None) -> Iterator[Finding]:
    indexes, count = rule.get("succeededIndexes"), as_number(rule.get("succeededCount"))
    if indexes is None and rule.get("succeededCount") is None:
        message, hint = "a rule of successPolicy is empty", "write succeededCount or succeededIndexes"
        yield finding(document, path, message, effect="refused", hint=hint)
    if completions is None:
        return
    total = completions
    if isinstance(indexes, str):
        total, reason = _indexes(indexes, completions)
        if reason or len(indexes) > _TEXT:
            message = f"succeededIndexes {indexes[:60]!r} {reason or 'is too long'}"
            hint = f"such as 0,2-4: in order, each below {completions}"
            yield finding(document, (*path, "succeededIndexes"), message, effect="refused", hint=hint)
    if count is None:
        return
    where = (*path, "succeededCount")
    if count < 0:
        yield finding(document, where, f"succeededCount {count} is negative", effect="refused", hint="write 0 or more")
    elif count > min(completions, total):
        most = min(completions, total)
        message = f"succeededCount {count} is more than the {most} indexes that count"
        yield finding(document, where, message, effect="refused", hint=f"at most {most}")


def _indexes(text: str, completions: int) -> tuple[int, str]:
    """How many indexes a list such as `1,3-5` names, and what is wrong with it."""
    total, last = 0, -1
    for part in text.split(",") if text else ():
        ends = part.split("-")
        # a sign is fine, as is any number of zeros; what has more digits is no number for the server either
        if len(ends) > 2 or not all(re.fullmatch(r"\+?0*[0-9]{1,18}", end) for end in ends):
            return 0, f"has {part[:60]!r}, which is no index and no range"
        first, end = (int(one.lstrip("+0") or "0") for one in (ends[0], ends[-1]))
        if first >= completions or end >= completions:
            return 0, f"has {part[:60]}, and the indexes end at {completions - 1}"
        if first <= last or (len(ends) == 2 and end <= first):
            return 0, f"has {part[:60]} out of order"
        total, last = total + end - first + 1, end
    return total, ""
