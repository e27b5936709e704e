"""What becomes of one file in an update: what svcgen wrote, what is on disk now, and what the pack makes now.

Pure. A hand edit is never lost: it is in the new content, or the file stays as it is and a conflict says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from scaffold.merge import Conflict, Merged, clash, merge, two_way
from scaffold.reconcile import disagreement

if TYPE_CHECKING:
    from scaffold.merge import Choice, Labels

How = Literal["unchanged", "kept", "updated", "merged", "created", "deleted", "gone", "conflict"]


class Clash(NamedTuple):
    """One place where both sides changed something. `line` is that of the file on disk, `reason` the matter in words.

    `sides` is None where there are no lines to show: one side is no file.
    """

    line: int
    reason: str
    sides: Conflict | None = None


class Outcome(NamedTuple):
    """What becomes of one file.

    `how`: `unchanged`, `kept` (edited by hand, and the pack changes nothing), `updated`, `merged` (with hand edits),
    `created`, `deleted`, `gone` (somebody deleted it, so it is not made again), or `conflict`, with its `clashes`;
    `text` is then what `choice` made of it, or what is on disk as long as nobody chose. None is no file.
    """

    path: str
    how: How
    text: str | None
    clashes: tuple[Clash, ...] = ()


class Sides(NamedTuple):
    """The three texts of a file; None is no file. Not `known`: nobody knows what svcgen wrote, and `base` is None."""

    path: str
    base: str | None
    ours: str | None
    theirs: str | None
    known: bool = True

    @property
    def edited(self) -> bool:
        """Whether somebody changed what svcgen wrote."""
        return self.ours is not None and self.ours != self.base


def settle(sides: Sides, labels: Labels, choice: Choice | None) -> Outcome:
    """What becomes of a file.

    Args:
        sides: its texts.
        labels: what the sides are called, for markers.
        choice: how a conflict ends; None when nobody chose.
    """
    if sides.ours == sides.theirs:
        return Outcome(sides.path, "unchanged", sides.ours)
    if sides.ours is None:
        return _not_there(sides, choice)
    if sides.theirs is None:
        return _no_longer_made(sides, choice)
    if sides.base is None:
        reason = "also made by the pack now" if sides.known else "differs from what the pack makes now"
        return _conflict(sides, two_way(sides.ours, sides.theirs), reason, labels._replace(base=""), choice)
    return _merged(sides, sides.base, sides.ours, sides.theirs, labels, choice)


def _merged(sides: Sides, base: str, ours: str, theirs: str, labels: Labels, choice: Choice | None) -> Outcome:
    if ours == base:
        return Outcome(sides.path, "updated", theirs)
    if theirs == base:
        return Outcome(sides.path, "kept", ours)
    merged = merge(base, ours, theirs)
    if merged.conflicts:
        return _conflict(sides, merged, "edited by hand, and changed by the pack", labels, choice)
    text = merged.text()
    wrong = disagreement(base, ours, theirs, text) if sides.path.endswith((".yaml", ".yml", ".json")) else None
    if wrong:
        return whole_conflict(sides, f"edited by hand, and changed by the pack: {wrong}", labels, choice)
    return Outcome(sides.path, "unchanged" if text == ours else "merged", text)


def whole_conflict(sides: Sides, reason: str, labels: Labels, choice: Choice | None) -> Outcome:
    """A file whose two sides cannot both be had, although no line of it says so."""
    texts = (sides.base or "", sides.ours or "", sides.theirs or "")
    return _conflict(sides, clash(*texts), reason, labels, choice)


def _conflict(sides: Sides, merged: Merged, reason: str, labels: Labels, choice: Choice | None) -> Outcome:
    clashes = tuple(Clash(one.line, reason, one) for one in merged.conflicts)
    return Outcome(sides.path, "conflict", merged.text(choice, labels) if choice else sides.ours, clashes)


def _not_there(sides: Sides, choice: Choice | None) -> Outcome:
    if not sides.known:
        reason = "is not there: deleted by hand, or new in the pack"
        text = sides.theirs if choice in ("theirs", "markers") else None
        return Outcome(sides.path, "conflict", text, (Clash(0, reason),))
    return Outcome(sides.path, "created", sides.theirs) if sides.base is None else Outcome(sides.path, "gone", None)


def _no_longer_made(sides: Sides, choice: Choice | None) -> Outcome:
    if sides.ours == sides.base:
        return Outcome(sides.path, "deleted", None)
    text = None if choice == "theirs" else sides.ours
    return Outcome(sides.path, "conflict", text, (Clash(0, "edited by hand, and the pack no longer makes it"),))
