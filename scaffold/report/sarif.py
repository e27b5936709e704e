"""Findings as SARIF 2.1.0, which code scanning of GitHub, GitLab and Azure reads."""

from __future__ import annotations

import hashlib
import json
import pathlib
import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from scaffold import __version__, checks
from scaffold.checks import docs
from scaffold.report import json_list
from scaffold.report.places import from_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.checks import Rule
    from scaffold.model import Finding, Location, NotJudged
    from scaffold.report import Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# `svcgen.dev/ignore` reasons and the dynamic band are advice; every other rule can find an error
_ADVICE = frozenset({"node-port-dynamic-band", "unused-suppression"})
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_NOT_JUDGED = "not-judged"
_ROOT = "%SRCROOT%"
# stands for them in the document around
_RESULTS = "results"


def as_sarif(report: Report) -> Iterator[str]:
    """One run, line by line: every rule with its page, every finding as a result, what was not judged as notifications.

    The fingerprint of a result is made of rule, object and field, so it stays when lines are added above. Findings
    that were set aside are left out.
    """
    driver = {
        "name": "svcgen",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(rule) for rule in checks.every()],
        "notifications": [{"id": _NOT_JUDGED, "shortDescription": {"text": "Could not be judged, and why."}}],
    }
    seen: Counter[str] = Counter()
    run = {
        "tool": {"driver": driver},
        "invocations": [
            {"executionSuccessful": True, "toolExecutionNotifications": [_notification(x) for x in report.not_judged]}
        ],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the checkout."}}},
        "columnKind": "unicodeCodePoints",
        "results": _RESULTS,
    }
    whole = json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)
    start, _, end = whole.rpartition(json.dumps(_RESULTS))
    return json_list(start, (_result(finding, seen) for finding in report.findings), end)


def _rule(rule: Rule) -> dict[str, Any]:
    said = docs.parts(rule)
    page = docs.page(rule)
    return {
        "id": rule.ID,
        "shortDescription": {"text": said.title},
        "fullDescription": {"text": said.text or said.title},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": "note" if rule.ID in _ADVICE else "error"},
        "properties": {"tags": ["kubernetes"]},
    }


def _result(finding: Finding, seen: Counter[str]) -> dict[str, Any]:
    place = _place(finding.location)
    owner = finding.object
    if owner:
        place["logicalLocations"] = [{"kind": "object", "name": owner.name, "fullyQualifiedName": "/".join(owner.key)}]
    text = f"{finding.message}\nhint: {finding.hint}" if finding.hint else finding.message
    return {
        "ruleId": finding.rule,
        "ruleIndex": list(checks.RULES).index(finding.rule),
        "level": _LEVELS[finding.level],
        "message": {"text": _literal(text)},
        "locations": [place],
        "relatedLocations": [
            {"id": at, **_place(related), "message": {"text": "also here"}}
            for at, related in enumerate(finding.related, 1)
        ],
        "partialFingerprints": {"ruleObjectField/v1": _fingerprint(finding, seen)},
    }


def _fingerprint(finding: Finding, seen: Counter[str]) -> str:
    """A hash with how many times it has been seen: the same object may stand in several files."""
    owner = finding.object.key if finding.object else (from_root(finding.location.where), finding.message)
    parts = json.dumps([finding.rule, *owner, finding.field])
    known = hashlib.sha256(parts.encode()).hexdigest()[:32]
    seen[known] += 1
    return f"{known}:{seen[known]}"


def _notification(one: NotJudged) -> dict[str, Any]:
    return {
        "level": "note",
        "descriptor": {"id": _NOT_JUDGED, "index": 0},
        "message": {"text": _literal(f"not judged: {one.reason}")},
        "locations": [_place(one.location)],
    }


def _place(location: Location) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(from_root(location.where))}
    if location.line:
        physical["region"] = {"startLine": location.line}
        if location.column:
            physical["region"]["startColumn"] = location.column
    return {"physicalLocation": physical}


def _artifact(path: str) -> dict[str, str]:
    if pathlib.PurePath(path).is_absolute():
        return {"uri": pathlib.PurePath(path).as_uri()}
    uri = quote(path.encode("utf-8", "surrogateescape"))
    return {"uri": uri} if path == "-" else {"uri": uri, "uriBaseId": _ROOT}


def _literal(text: str) -> str:
    """Text in which nothing is a placeholder or a link: manifests are other people's text."""
    return re.sub(r"\{(\d+)\}", r"{{\1}}", text).replace("](", "\\](")
