"""What an update did, or would do, as text for people: files, conflicts with both sides, one line that sums up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold import report
from scaffold.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffold.merge import Choice, Conflict, Labels
    from scaffold.outcomes import Clash
    from scaffold.rebuild import Updated

_WIDTH = 10
_LINES = 12
_NOTES = 20
_STATES = {
    "updated": "updated",
    "merged": "merged with hand edits",
    "conflict": "with conflicts",
    "unchanged": "unchanged",
}
_WORDS = {"created": "created", "changed": "updated", "deleted": "deleted"}


def as_text(updated: Sequence[Updated], *, choice: Choice | None, colour: bool, later: bool) -> str:
    """Every conflict, every file that changes, and one line for all apps.

    Args:
        updated: the apps.
        choice: how conflicts ended; None when nobody chose: then nothing is written.
        colour: whether to use escape sequences.
        later: nothing is written in this run anyway.
    """
    lines = [line for one in updated for line in _conflicts(one, colour)]
    stopped = choice is None and bool(lines)
    if not stopped:
        files = [line for one in updated for line in _files(one, later=later)]
        lines = [*(lines if choice == "markers" else ()), *files]
    elif not later:
        lines.append("nothing was written")
    if stopped:
        lines += _hint()
    return "\n".join([*lines, *_unknown(updated), summary(updated)])


def summary(updated: Sequence[Updated]) -> str:
    """One line: how many apps, and how many of them are in which state."""
    counts = [(sum(one.state == state for one in updated), words) for state, words in _STATES.items()]
    apps = f"{len(updated)} {'app' if len(updated) == 1 else 'apps'}"
    return f"{apps}: {', '.join(f'{count} {words}' for count, words in counts if count)}"


def notes(updated: Sequence[Updated]) -> str:
    """What people should know, some of it when it is much."""
    told = [f"note: {printable(note)}" for one in updated for note in one.notes]
    more = len(told) - _NOTES
    return "\n".join([*told[:_NOTES], *([f"note: and {more} more of this kind"] if more > 0 else [])])


def _files(updated: Updated, *, later: bool) -> Iterator[str]:
    # the App spec comes last, and is no outcome of a template
    hows = [*(outcome.how for outcome in updated.outcomes), "updated"]
    for change, how in zip(updated.changes, hows, strict=True):
        if change.state != "unchanged":
            word = "merged" if how == "merged" else _WORDS[change.state]
            yield f"{word:<{_WIDTH}}{printable(change.shown)}" + (" (dry run)" if later else "")


def _conflicts(updated: Updated, colour: bool) -> Iterator[str]:
    for outcome, change in zip(updated.outcomes, updated.changes, strict=False):
        for clash in outcome.clashes:
            place = f"{change.shown}:{clash.line}" if clash.line else change.shown
            word = report.paint("conflict", "31", colour)
            yield f"{printable(place)}: {word}: {printable(clash.reason)}"
            yield from _sides(clash, updated.labels)


def _sides(clash: Clash, labels: Labels) -> Iterator[str]:
    conflict: Conflict | None = clash.sides
    if conflict is None:
        return
    named = [(labels.ours, conflict.ours), (labels.theirs, conflict.theirs)]
    if labels.base:
        named.insert(1, (f"{labels.base}, which wrote it", conflict.base))
    for name, lines in named:
        yield f"  {printable(name)}:" + ("" if lines else " no line")
        yield from (f"    | {printable(line)}".rstrip() for line in lines[:_LINES])
        if len(lines) > _LINES:
            yield f"    | and {len(lines) - _LINES} lines more"


def _unknown(updated: Sequence[Updated]) -> Iterator[str]:
    """Why files could not be merged three ways, each reason once with the apps."""
    reasons: dict[str, list[str]] = {}
    for one in updated:
        if one.unknown and one.conflicts:
            reasons.setdefault(one.unknown, []).append(one.built.plan.app.name)
    for reason, names in reasons.items():
        some = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        yield f"{some}: {reason}, so hand edits and changes of the pack cannot be told apart"
        yield "  hint: svcgen update --diff shows the difference of the two; then --conflict ours or theirs decides"


def _hint() -> Iterator[str]:
    yield "  hint: --conflict markers writes both sides to be edited, as git does"
    yield "        --conflict ours keeps what is on disk in these places, theirs takes what the pack makes"
