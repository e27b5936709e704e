"""Findings as workflow commands: GitHub Actions shows them beside the changed lines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from scaffold import report
from scaffold.printable import printable
from scaffold.report.places import from_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.model import Finding, Location

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def as_github(result: report.Report) -> Iterator[str]:
    """One command a finding, then the line that sums up, which the log shows as it is."""
    counts: Counter[str] = Counter()
    for finding in result.findings:
        counts[finding.level] += 1
        yield _command(finding)
    yield report.summary(result, counts)


def _command(finding: Finding) -> str:
    place = finding.location
    named = {"file": from_root(place.where), "line": place.line, "col": place.column, "title": finding.rule}
    properties = ",".join(f"{key}={_property(value)}" for key, value in named.items() if value)
    made_of = [f"from: {finding.template}"] if finding.template else []
    lines = [finding.message, *made_of, *(f"also: {_shown(related)}" for related in finding.related)]
    lines += [f"hint: {finding.hint}"] if finding.hint else []
    text = _data("\n".join(printable(line) for line in lines))
    return f"::{_COMMANDS[finding.level]} {properties}::{text}"


def _shown(place: Location) -> Location:
    return place._replace(where=from_root(place.where))


def _data(text: str) -> str:
    """Source: `escapeData` in actions/toolkit, packages/core/src/command.ts."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: object) -> str:
    """Source: `escapeProperty`, in the same file."""
    return _data(printable(str(value))).replace(":", "%3A").replace(",", "%2C")
