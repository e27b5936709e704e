"""Findings as text for people, and as JSON for tools; the formats of CI servers are beside. Nothing is decided here."""

from __future__ import annotations

import os
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from scaffold.found import Kept
    from scaffold.model import Finding, Location, NotJudged

_COLOURS = {"error": "31", "warning": "33", "info": "36"}
_NAMED = 10
# findings that become JSON together, and letters that are written together
_AT_ONCE, _MUCH = 100, 100_000
# a longer line is not shown
_LONG = 200


class Report(NamedTuple):
    """What a check came to: the findings in order, what was looked at, and what could not be judged."""

    findings: tuple[Finding, ...] | Kept
    not_judged: tuple[NotJudged, ...] = ()
    files: int = 0
    documents: int = 0
    services: int = 0
    workloads: int = 0
    suppressed: int = 0

    def has(self, levels: Collection[str]) -> bool:
        """Whether there is a finding of any of these levels."""
        return any(finding.level in levels for finding in self.findings)


def wants_colour(choice: str, *, terminal: bool) -> bool:
    """`--color` over NO_COLOR over FORCE_COLOR over whether it is a terminal (no-color.org, force-color.org)."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (terminal and os.environ.get("TERM") != "dumb")


def merged(reports: Sequence[Report]) -> Report:
    """Several projects' reports as one."""
    if len(reports) == 1:
        return reports[0]
    findings = {finding for one in reports for finding in one.findings}
    places = {place for one in reports for place in one.not_judged}
    numbers = [sum(counts) for counts in zip(*(one[2:] for one in reports), strict=True)]
    return Report(tuple(sorted(findings, key=_order)), tuple(sorted(places)), *numbers)


def _order(finding: Finding) -> tuple[object, ...]:
    return (finding.location, finding.rule, finding.field, finding.message)


def as_json(report: Report) -> Iterator[str]:
    """The document that docs/json.md promises, line by line: findings, summary, what was not judged."""
    counts: Counter[str] = Counter()

    def findings() -> Iterator[dict[str, Any]]:
        for finding in report.findings:
            counts[finding.level] += 1
            yield finding_data(finding)

    yield from json_list('{\n  "findings": ', findings(), ",")
    yield _rest_of_json(report, counts)


def _rest_of_json(report: Report, counts: Mapping[str, int]) -> str:
    import json

    summary = {
        "files": report.files,
        "documents": report.documents,
        "services": report.services,
        "workloads": report.workloads,
        "errors": counts.get("error", 0),
        "warnings": counts.get("warning", 0),
        "infos": counts.get("info", 0),
        "not_judged": len(report.not_judged),
        "suppressed": report.suppressed,
    }
    not_judged = [
        {"path": one.location.where, "line": one.location.line, "reason": one.reason} for one in report.not_judged
    ]
    return json.dumps({"summary": summary, "not_judged": not_judged}, indent=2).removeprefix("{\n")


def json_list(start: str, items: Iterable[object], end: str) -> Iterator[str]:
    """A list in a JSON document, line by line as `json` itself lays it out: of a large tree it would fill the memory.

    Args:
        start: the document before the list; its last line says how far that stands inside.
        items: what is in it.
        end: the document behind it.
    """
    import json

    last_line = start.rpartition("\n")[2]
    outside = last_line[: -len(last_line.lstrip())]
    before = start + "["
    waiting = iter(items)
    # one by one each would leave an encoder behind
    while some := list(islice(waiting, _AT_ONCE)):
        yield before
        inside = json.dumps(some, indent=2).removeprefix("[\n").removesuffix("\n]")
        before = outside + inside.replace("\n", f"\n{outside}") + ","
    if before == start + "[":
        yield f"{before}]{end}"
    else:
        yield before[:-1]
        yield f"{outside}]{end}"


def finding_data(finding: Finding) -> dict[str, Any]:
    """A finding with the keys that docs/json.md promises."""
    owner = finding.object
    named = {"kind": owner.kind, "namespace": owner.namespace or "default", "name": owner.name} if owner else None
    return {
        "rule": finding.rule,
        "effect": finding.effect,
        "level": finding.level,
        "message": finding.message,
        **place(finding.location),
        "object": named,
        "field": finding.field,
        "hint": finding.hint,
        "template": finding.template or None,
        "related": [place(related) for related in finding.related],
    }


def place(location: Location) -> dict[str, Any]:
    """A location with the keys that all JSON of svcgen has."""
    return {"path": location.where, "line": location.line, "column": location.column}


def text_parts(
    report: Report, *, colour: bool = False, lines: Callable[[str], Sequence[str]] | None = None
) -> Iterator[str]:
    """Every finding with its source line, what it is related to and the mend; then one line that sums up.

    Piece by piece, for of a large tree the whole would fill the memory.

    Args:
        report: what to say.
        colour: whether to use escape sequences.
        lines: path as shown -> the text's lines; without it no source lines are shown.
    """
    counts: Counter[str] = Counter()
    for finding in report.findings:
        counts[finding.level] += 1
        yield finding_text(finding, colour, lines)
    yield summary(report, counts)


def finding_text(
    finding: Finding,
    colour: bool = False,
    lines: Callable[[str], Sequence[str]] | None = None,
) -> str:
    """One finding: place, level and message, its source line, what it is related to, the mend."""
    level = paint(finding.level, _COLOURS[finding.level], colour)
    out = [f"{printable(str(finding.location))}: {level}: {printable(finding.message)} [{finding.rule}]"]
    line = _line(finding, lines) if lines else None
    if line is not None and len(line := line.rstrip()) <= _LONG:
        out.append("    " + printable(line.replace("\t", " ")))
        out.append("    " + " " * (finding.location.column - 1) + paint("^", _COLOURS[finding.level], colour))
    if finding.template:
        out.append(f"  from: {printable(finding.template)}")
    out += [f"  also: {printable(str(place))}" for place in finding.related]
    if finding.hint:
        out.append(f"  hint: {printable(finding.hint)}")
    return "\n".join(out)


def _line(finding: Finding, lines: Callable[[str], Sequence[str]]) -> str | None:
    """The line that a finding is about."""
    number = finding.location.line
    if finding.text is not None or not number:
        return finding.text
    source = lines(finding.location.where)
    return source[number - 1] if number <= len(source) else None


def paint(text: str, code: str, colour: bool) -> str:
    """A text in a colour of the terminal, if colours are wanted."""
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


def summary(report: Report, counts: Mapping[str, int]) -> str:
    """One line: how much was looked at, what it came to, and how many places could not be judged.

    Args:
        report: what to say.
        counts: how many findings there are of each level, for whoever says this has just gone through all of them.
    """
    parts = [many(report.files, "file"), many(report.services, "service")]
    parts += [many(count, level) for level in ("error", "warning", "info") if (count := counts.get(level, 0))]
    if not any(counts.values()):
        nothing = "nothing wrong" if report.files else "no manifest found"
        parts.append("nothing found in the rest" if report.not_judged else nothing)
    if report.suppressed:
        parts.append(f"{report.suppressed} suppressed")
    text = ", ".join(parts)
    return f"{text}; not judged: {many(len(report.not_judged), 'place')}" if report.not_judged else text


def many(count: int, what: str) -> str:
    """A number with its noun."""
    return f"{count} {what}" if count == 1 or what == "info" else f"{count} {what}s"


def write(text: str, stream: TextIO | None) -> None:
    """Writes lines to a stream; what its encoding lacks is written as an escape. Nothing for an empty text."""
    if text and stream is not None:
        encoding = stream.encoding or "utf-8"
        print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream)


def write_lines(lines: Iterable[str], stream: TextIO | None) -> None:
    """The same for many lines, many at a time; they may be empty."""
    some: list[str] = []
    size = 0
    for line in lines:
        some.append(line)
        size += len(line)
        if size > _MUCH:
            write("\n".join(some), stream)
            some, size = [], 0
    if some:
        write("\n".join(some) or "\n", stream)


def not_judged(report: Report) -> str:
    """The files that could not be judged and why, at most ten of them; empty when there are none."""
    named = [
        f"not judged: {printable(str(one.location))}: {printable(one.reason)}" for one in report.not_judged[:_NAMED]
    ]
    more = len(report.not_judged) - len(named)
    return "\n".join([*named, f"not judged: and {more} more"] if more > 0 else named)
