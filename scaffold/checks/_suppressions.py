"""Findings that somebody set aside: an annotation on the object, a comment beside the line, or the config.

Each needs a reason, and one that sets nothing aside is itself said: it would hide the next mistake.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import chain, starmap
from typing import TYPE_CHECKING, NamedTuple

from scaffold.model import Finding, Location
from scaffold.names import nearest
from scaffold.nodes import may_be_deep
from scaffold.reader import strings
from scaffold.shapes import as_dict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

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
            if "," in self.rule:
                hint = "write rule: reason; rule: reason" if self.document else "write a comment for each rule"
        elif not self.reason:
            message = f"{self.form} for {self.rule} gives no reason, so it is not followed"
            hint = "write why after the rule's name"
        elif not self.used and self.rule in known.running:
            message, hint = f"{self.form} for {self.rule} sets nothing aside", "take it away"
        else:
            return None
        owner = self.document.ref if self.document else None
        return Finding(message, self.location, _RULE, "advice", owner, "", hint)


class Aside:
    """What somebody set aside, and which of it was of use."""

    def __init__(
        self,
        documents: Sequence[Document],
        config: Sequence[Ignore],
        inside: Callable[[str], str] | None,
        lines: Mapping[str, Sequence[str]],
        *,
        whole: bool,
        unsure: Collection[str] = (),
    ) -> None:
        """Takes where it is said.

        Args:
            documents: those that were judged and are annotated.
            config: the config's ignores.
            inside: path as shown -> path inside the project root.
            lines: path as shown -> its lines, of the files that hold comments for svcgen.
            whole: whether the whole project was judged, so that an ignore of the config can be called unused.
            unsure: the paths of what was not judged, of which nobody knows what would be set aside there.
        """
        self._config, self._inside = config, inside
        self._here = [*_annotations(documents), *chain.from_iterable(starmap(_comments, lines.items()))]
        self._paths = {one.location.where for one in self._here}
        # a file may hold thousands of them
        self._by_place: dict[tuple[str, object], list[_Suppression]] = {}
        for one in self._here:
            for place in one.lines or (one.document and one.document.ref,):
                self._by_place.setdefault((one.location.where, place), []).append(one)
        self._by_config = [
            _Suppression(ignore.rule, ignore.reason, ignore.location, "an ignore in the config") for ignore in config
        ]
        for one in self._by_config:
            one.used = not whole
        for one in self._here:
            one.used = one.location.where in unsure

    def concerns(self, path: str) -> bool:
        """Whether any finding of a file may be set aside."""
        return bool(self._config or path in self._paths)

    def leaves(self, finding: Finding) -> bool:
        """Whether nobody set a finding aside."""
        where = finding.location.where
        found = [one for one in self._by_place.get((where, finding.object), ()) if _on_object(one, finding)]
        found += [one for one in self._by_place.get((where, finding.location.line), ()) if _on_line(one, finding)]
        path = self._inside(where) if self._inside and self._config else where
        pairs = zip(self._config, self._by_config, strict=True)
        found += [one for ignore, one in pairs if ignore.covers(finding.rule, path)]
        for one in found:
            one.used = True
        return not found

    def complaints(self, known: Known) -> list[Finding]:
        """What is wrong with them, after every finding was held against them."""
        if _RULE not in known.running:
            return []
        return [complaint for one in chain(self._here, self._by_config) if (complaint := one.complaint(known))]


def _on_object(one: _Suppression, finding: Finding) -> bool:
    document = one.document
    return bool(
        document
        and one.rule == finding.rule
        and one.reason
        and _first_line(document) <= finding.location.line <= _last_line(document)
    )


def _first_line(document: Document) -> int:
    return int(document.line + document.node.start_mark.line + 1)


def _last_line(document: Document) -> int:
    return int(document.line + document.node.end_mark.line + 1)


def _on_line(one: _Suppression, finding: Finding) -> bool:
    return one.rule == finding.rule and bool(one.reason)


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
    below, inside = 0, None
    for number, line in enumerate(lines, 1):
        if _MARK in line and (match := re.search(rf"(?:^|\s)(#\s*{_MARK})(?:\s+([^\s#]\S*))?([^#]*)", line)):
            inside = _strings("\n".join(lines)) if inside is None else inside
            if _is_within((number - 1, match.start(1)), inside):
                continue
            place = Location(path, number, match.start(1) + 1)
            if below <= number:
                below = _below(lines, number)
            # a comment beside a value would hide the same mistake on the next line
            about = (number,) if _is_beside_a_value(line[: match.start(1)]) else (number, below)
            yield _Suppression((match[2] or "").rstrip(":"), match[3].strip(), place, "the comment", lines=about)


def _strings(text: str) -> Sequence[tuple[tuple[int, int], tuple[int, int]]]:
    """Where a text holds texts. For brackets in brackets the time would grow with the square, and nobody means that."""
    return [] if may_be_deep(text.encode("utf-8", "replace")) else strings(text)


def _is_within(place: tuple[int, int], strings: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> bool:
    before = bisect_left(strings, (place,)) - 1
    return before >= 0 and place < strings[before][1]


def _below(lines: Sequence[str], number: int) -> int:
    """The next line that is no comment."""
    number += 1
    while number <= len(lines) and lines[number - 1].lstrip().startswith("#"):
        number += 1
    return number


def _is_beside_a_value(before: str) -> bool:
    """Whether more than a key or a dash stands before a comment, whose value comes on the next line."""
    return bool(before.strip()) and not before.rstrip().endswith((":", "-"))
