"""Three texts -> one: what people changed and what a new template changes, in one file, or the places where both did.

Lines, as in diff3 and git: two changes that overlap or touch are a conflict unless they are equal. Touching is no
conflict where one of the two only gives a key another value on its own line (`image: a` -> `image: b`): that change
has one place only, whatever stands beside it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from scaffold.alignment import align

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Choice = Literal["markers", "ours", "theirs"]
_KEY = re.compile(r"""((?:[ ]|- )*[^\s#"'{}\[\]-][^\s:]*:)[ ]+[^\s#|>]""")
_MARKER = re.compile(r"(?:<{7}|>{7})(?: |$)", re.MULTILINE)


class Labels(NamedTuple):
    """What stands behind the markers of a conflict; without a base there is no part for it."""

    ours: str
    base: str
    theirs: str


_LABELS = Labels("ours", "base", "theirs")


class Conflict(NamedTuple):
    """One place that both sides changed, each in its own way. `line` counts from 1 in the text on disk."""

    line: int
    base: tuple[str, ...]
    ours: tuple[str, ...]
    theirs: tuple[str, ...]


class Merged(NamedTuple):
    """The merged text in pieces: lines that are settled, and conflicts. Lines carry no ends."""

    pieces: tuple[tuple[str, ...] | Conflict, ...]
    ends: _Ends

    @property
    def conflicts(self) -> list[Conflict]:
        """What was not settled, from top to bottom."""
        return [piece for piece in self.pieces if isinstance(piece, Conflict)]

    def text(self, choice: Choice = "markers", labels: Labels = _LABELS) -> str:
        """The whole text, each conflict as `choice` says: one of the two sides, or both between git's markers."""
        lines: list[str] = []
        for piece in self.pieces:
            lines += piece if not isinstance(piece, Conflict) else _chosen(piece, choice, labels)
        return self.ends.join(lines)


def marker_line(text: str) -> int:
    """The number of the first line that is a conflict marker, 0 when there is none."""
    found = _MARKER.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def merge(base: str, ours: str, theirs: str) -> Merged:
    """Puts two changed texts together.

    Args:
        base: the text that both came from.
        ours: what is on disk; its line ends win.
        theirs: what the new template says.
    """
    ends = _Ends.of(base, ours, theirs)
    base_lines, our_lines, their_lines = _lines(base), _lines(ours), _lines(theirs)
    if our_lines in (base_lines, their_lines):
        return Merged((tuple(their_lines),), ends)
    if base_lines == their_lines:
        return Merged((tuple(our_lines),), ends)
    return Merged(tuple(_pieces(base_lines, our_lines, their_lines)), ends)


def two_way(ours: str, theirs: str) -> Merged:
    """Two texts of which nobody knows what both came from: every difference is a conflict."""
    ends = _Ends.of(ours, ours, theirs)
    our_lines, their_lines = _lines(ours), _lines(theirs)
    pieces: list[tuple[str, ...] | Conflict] = []
    at = there = 0
    for one, other in [*align(our_lines, their_lines), (len(our_lines), len(their_lines))]:
        if (at, there) != (one, other):
            pieces.append(Conflict(at + 1, (), tuple(our_lines[at:one]), tuple(their_lines[there:other])))
        pieces.append(tuple(our_lines[one : one + 1]))
        at, there = one + 1, other + 1
    return Merged(tuple(pieces), ends)


def clash(base: str, ours: str, theirs: str) -> Merged:
    """Three texts as one conflict, from the first line to the last that any two of them do not share."""
    ends = _Ends.of(base, ours, theirs)
    sides = [_lines(base), _lines(ours), _lines(theirs)]
    shortest = min(map(len, sides))
    start = next((at for at in range(shortest) if len({side[at] for side in sides}) > 1), shortest)
    left = shortest - start
    stop = next((at for at in range(left) if len({side[-1 - at] for side in sides}) > 1), left)
    before, mine, new = (tuple(side[start : len(side) - stop]) for side in sides)
    last = tuple(sides[0][len(sides[0]) - stop :])
    return Merged((tuple(sides[0][:start]), Conflict(start + 1, before, mine, new), last), ends)


class _Ends(NamedTuple):
    """How the lines of the merged text end: what is on disk, unless only the other side changed it."""

    end: str
    last: bool
    mark: str

    @classmethod
    def of(cls, base: str, ours: str, theirs: str) -> _Ends:
        def settle(one: object, two: object, three: object) -> object:
            return three if two == one else two

        return cls(*map(settle, _style(base), _style(ours), _style(theirs)))  # type: ignore[arg-type]

    def join(self, lines: Sequence[str]) -> str:
        text = self.end.join(lines)
        return self.mark + (text + self.end if lines and self.last else text)


def _style(text: str) -> tuple[str, bool, str]:
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    return _end(text), text.endswith("\n") or not text, mark


def _end(text: str) -> str:
    """What ends every line; in a text that mixes both, a carriage return belongs to its line."""
    return "\r\n" if "\n" in text and text.count("\r\n") == text.count("\n") else "\n"


def _lines(text: str) -> list[str]:
    lines = text.removeprefix("\ufeff").split(_end(text))
    if not lines[-1]:
        lines.pop()
    return lines


class _Edit(NamedTuple):
    """Lines from `start` up to `stop` of the base became `lines`. `value`: one line whose key stayed."""

    start: int
    stop: int
    ours: bool
    lines: tuple[str, ...]
    value: bool
    at: int


def _edits(base: Sequence[str], side: Sequence[str], *, ours: bool) -> Iterator[_Edit]:
    """What one side changed, in the order of the base; `at` is the place in the side itself."""
    old_at = new_at = 0
    for old, new in [*align(base, side), (len(base), len(side))]:
        if (old_at, new_at) != (old, new):
            yield from _split(base, side, (old_at, old), (new_at, new), ours=ours)
        old_at, new_at = old + 1, new + 1


def _split(
    base: Sequence[str], side: Sequence[str], old: tuple[int, int], new: tuple[int, int], *, ours: bool
) -> Iterator[_Edit]:
    """One change, with the lines at its two ends that only have another value as changes of their own."""
    (start, stop), (at, end) = old, new
    while start < stop and at < end and _same_key(base[start], side[at]):
        yield _Edit(start, start + 1, ours, (side[at],), value=True, at=at)
        start, at = start + 1, at + 1
    after = []
    while start < stop and at < end and _same_key(base[stop - 1], side[end - 1]):
        stop, end = stop - 1, end - 1
        after.append(_Edit(stop, stop + 1, ours, (side[end],), value=True, at=end))
    if start < stop or at < end:
        yield _Edit(start, stop, ours, tuple(side[at:end]), value=False, at=at)
    yield from reversed(after)


def _same_key(one: str, other: str) -> bool:
    mine, theirs = _KEY.match(one), _KEY.match(other)
    return mine is not None and theirs is not None and mine[1] == theirs[1]


def _clash(one: _Edit, other: _Edit) -> bool:
    """Whether two changes of two sides cannot both be made. Touching changes cannot: their order would be a guess."""
    if one.value or other.value:
        return (one.start < other.stop and other.start < one.stop) or _slides(one, other) or _slides(other, one)
    return one.start <= other.stop and other.start <= one.stop


def _slides(added: _Edit, value: _Edit) -> bool:
    """Whether added lines could as well stand on the other side of the line whose value changes: then it is a guess."""
    if added.start != added.stop or not added.lines or not value.value:
        return False
    key = _KEY.match(value.lines[0])
    beside = added.lines[-1] if added.start == value.stop else added.lines[0] if added.start == value.start else ""
    found = _KEY.match(beside)
    return key is not None and found is not None and key[1] == found[1]


def _pieces(base: list[str], ours: list[str], theirs: list[str]) -> Iterator[tuple[str, ...] | Conflict]:
    edits = sorted([*_edits(base, ours, ours=True), *_edits(base, theirs, ours=False)])
    at = 0
    while edits:
        group = [edits.pop(0)]
        while edits and _belongs(edits[0], group):
            group.append(edits.pop(0))
        start, stop = group[0].start, max(edit.stop for edit in group)
        yield tuple(base[at:start])
        yield _settled(base, group, start, stop)
        at = stop
    yield tuple(base[at:])


def _belongs(edit: _Edit, group: Sequence[_Edit]) -> bool:
    stop = max(one.stop for one in group)
    return edit.start < stop or any(edit.ours != one.ours and _clash(edit, one) for one in group)


def _settled(base: list[str], group: Sequence[_Edit], start: int, stop: int) -> tuple[str, ...] | Conflict:
    ours, theirs = (_applied(base, [one for one in group if one.ours is side], start, stop) for side in (True, False))
    before = tuple(base[start:stop])
    if theirs in (ours, before):
        return ours
    if before == ours:
        return theirs
    first = next(one for one in group if one.ours)
    return Conflict(first.at - (first.start - start) + 1, before, ours, theirs)


def _applied(base: list[str], edits: Sequence[_Edit], start: int, stop: int) -> tuple[str, ...]:
    out: list[str] = []
    for edit in edits:
        out += [*base[start : edit.start], *edit.lines]
        start = edit.stop
    return (*out, *base[start:stop])


def _chosen(conflict: Conflict, choice: Choice, labels: Labels) -> Iterator[str]:
    if choice != "markers":
        yield from conflict.ours if choice == "ours" else conflict.theirs
        return
    yield f"<<<<<<< {labels.ours}"
    yield from conflict.ours
    if labels.base:
        yield f"||||||| {labels.base}"
        yield from conflict.base
    yield "======="
    yield from conflict.theirs
    yield f">>>>>>> {labels.theirs}"
