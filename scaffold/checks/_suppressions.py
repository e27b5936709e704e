"""Findings that somebody set aside: an annotation on the object, a comment beside the line, or the config.

Each needs a reason, and one that sets nothing aside is itself said: it would hide the next mistake.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from scaffold.model import Finding, Location
from scaffold.names import nearest
from scaffold.shapes import as_dict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from scaffold.config import Ignore
    from scaffold.documents import Document

ANNOTATION = "svcgen.dev/ignore"
_RULE = "unused-suppression"
_MARK = "svcgen:ignore"


class Known(NamedTuple):
    """Every rule there is, and those that this run runs: the others cannot show that a suppression is of use."""

    rules: frozenset[str]
    running: frozenset[str]


class _Suppression:
    """One rule set aside in one place."""

    def __init__(
        self,
        rule: str,
        reason: str,
        location: Location,
        form: str,
        document: Document | None = None,
        lines: tuple[int, ...] = (),
    ) -> None:
        self.rule, self.reason, self.location, self.form = rule, reason, location, form
        self.document, self.lines = document, lines
        self.used = False

    def complaint(self, known: Known) -> Finding | None:
        """What is wrong with it, after every finding was held against it."""
        hint = ""
        if self.rule not in known.rules:
            near = nearest(self.rule, sorted(known.rules)) if self.rule else None
            message = (
                f"{self.form} names {self.rule!r}, which is no rule" if self.rule else f"{self.form} names no rule"
            )
            hint = f"did you mean {near}?" if near else "svcgen check --explain RULE knows the rules"
        elif not self.reason:
            message = f"{self.form} for {self.rule} gives no reason, so it is not followed"
            hint = "write why after the rule's name"
        elif not self.used and self.rule in known.running:
            message, hint = f"{self.form} for {self.rule} sets nothing aside", "take it away"
        else:
            return None
        owner = self.document.ref if self.document else None
        return Finding(message, self.location, _RULE, "advice", owner, "", hint)


def apply(
    findings: list[Finding],
    documents: Sequence[Document],
    known: Known,
    config: Sequence[Ignore],
    inside: Callable[[str], str] | None,
    lines: Mapping[str, Sequence[str]],
    *,
    whole: bool,
) -> tuple[list[Finding], int]:
    """Takes away what was set aside.

    Args:
        findings: all of them.
        documents: those that were judged and are annotated.
        known: the rules.
        config: the config's ignores.
        inside: path as shown -> path inside the project root.
        lines: path as shown -> its lines, of the files that hold comments for svcgen.
        whole: whether the whole project was judged, so that an ignore of the config can be called unused.

    Returns:
        The findings that are left, with those about suppressions; and how many were taken away.
    """
    on_objects = list(_annotations(documents))
    told = {finding.location.where for finding in findings} if lines else set()
    beside = {path: found for path, text in lines.items() if path in told and (found := list(_comments(path, text)))}
    if not (on_objects or beside or config):
        return findings, 0
    used_config: set[int] = set()
    kept: list[Finding] = []
    for finding in findings:
        by_object = [one for one in on_objects if _on_object(one, finding)]
        by_line = [one for one in beside.get(finding.location.where, ()) if _on_line(one, finding)]
        path = inside(finding.location.where) if inside and config else finding.location.where
        by_config = {index for index, ignore in enumerate(config) if ignore.covers(finding.rule, path)}
        for one in (*by_object, *by_line):
            one.used = True
        used_config |= by_config
        if not (by_object or by_line or by_config):
            kept.append(finding)
    suppressed = len(findings) - len(kept)
    everything = [*on_objects, *(one for found in beside.values() for one in found)]
    for index, ignore in enumerate(config):
        one = _Suppression(ignore.rule, ignore.reason, ignore.location, "an ignore in the config")
        one.used = index in used_config or not whole
        everything.append(one)
    if _RULE in known.running:
        kept += [complaint for one in everything if (complaint := one.complaint(known))]
    return kept, suppressed


def _on_object(one: _Suppression, finding: Finding) -> bool:
    document = one.document
    return bool(
        document
        and one.rule == finding.rule
        and one.reason
        and document.path == finding.location.where
        and document.ref == finding.object
        and _first_line(document) <= finding.location.line <= _last_line(document)
    )


def _first_line(document: Document) -> int:
    return int(document.line + document.node.start_mark.line + 1)


def _last_line(document: Document) -> int:
    return int(document.line + document.node.end_mark.line + 1)


def _on_line(one: _Suppression, finding: Finding) -> bool:
    return one.rule == finding.rule and bool(one.reason) and finding.location.line in one.lines


def _annotations(documents: Sequence[Document]) -> Iterator[_Suppression]:
    for document in documents:
        text = as_dict(as_dict(document.data.get("metadata")).get("annotations")).get(ANNOTATION)
        if not isinstance(text, str):
            continue
        place = document.location("metadata", "annotations", ANNOTATION)
        for entry in re.split(r"[;\n]", text):
            rule, _, reason = entry.partition(":")
            if entry.strip():
                yield _Suppression(rule.strip(), reason.strip(), place, "the annotation", document)


def _comments(path: str, lines: Sequence[str]) -> Iterator[_Suppression]:
    below = 0
    for number, line in enumerate(lines, 1):
        if _MARK in line and (match := re.search(rf"(?:^|\s)(#\s*{_MARK})(?:\s+([^\s#]\S*))?([^#]*)", line)):
            place = Location(path, number, match.start(1) + 1)
            if below <= number:
                below = _below(lines, number)
            # a comment beside a value would hide the same mistake on the next line
            about = (number,) if _is_beside_a_value(line[: match.start(1)]) else (number, below)
            yield _Suppression((match[2] or "").rstrip(":"), match[3].strip(), place, "the comment", lines=about)


def _below(lines: Sequence[str], number: int) -> int:
    """The next line that is no comment."""
    number += 1
    while number <= len(lines) and lines[number - 1].lstrip().startswith("#"):
        number += 1
    return number


def _is_beside_a_value(before: str) -> bool:
    """Whether more than a key or a dash stands before a comment, whose value comes on the next line."""
    return bool(before.strip()) and not before.rstrip().endswith((":", "-"))
