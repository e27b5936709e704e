"""`svcgen update`: saved apps rendered again, merged with what people edited by hand."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from scaffold import report, summary
from scaffold.answers import pack_name, pairs
from scaffold.build import Project, secrets_of
from scaffold.config import display
from scaffold.errors import SvcgenError
from scaffold.model import Location
from scaffold.names import nearest
from scaffold.rebuild import Wanted, rebuild
from scaffold.report import updates
from scaffold.write import lock, write_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scaffold.merge import Choice
    from scaffold.rebuild import Updated
    from scaffold.sources.apps import Saved
    from scaffold.write import Change


class Flags(NamedTuple):
    """Everything that `svcgen update` takes, as typed."""

    names: tuple[str, ...] = ()
    template: str | None = None
    labels: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    conflict: Choice | None = None
    diff: bool = False
    check: bool = False
    dry_run: bool = False
    trust: bool = False
    color: str = "auto"

    @property
    def writes(self) -> bool:
        """Whether anything may be written."""
        return not (self.diff or self.check or self.dry_run)


def run(flags: Flags) -> int:
    """Updates apps of the current project; returns the exit code.

    0: all is written, or nothing had to be. 1: conflicts that nobody decided (nothing was written) or that are marked
    in the files now; with `check`, something would change.

    Raises:
        SvcgenError: as said by each step; nothing was written.
    """
    project = Project(os.getcwd(), trust=flags.trust)
    pack = pack_name(flags.template, project.root) if flags.template else None
    # a diff shows what the pack would make of places that nobody decided yet
    choice: Choice | None = "theirs" if flags.diff and flags.conflict is None else flags.conflict
    wanted = Wanted(pack, pairs(flags.labels, "--label"), pairs(flags.settings, "--set"), choice)
    with lock(project.root) if flags.writes else contextlib.nullcontext():
        saved = project.saved()
        chosen = _chosen(list(saved.values()), flags.names, project.root)
        taken, not_judged = project.taken((), saved)
        updated = list(summary.progress(rebuild(project, chosen, taken, wanted), len(chosen), "updating"))
        changes = [change for one in updated for change in one.changes]
        _refuse_twice(changes)
        open_conflicts = flags.conflict is None and any(one.conflicts for one in updated)
        if flags.writes and not open_conflicts:
            write_all(changes)
    secrets = [str(value) for one in updated for value in secrets_of(project, one.built).values()]
    _show(flags, updated, changes, secrets)
    summary.say_not_judged(not_judged)
    marked = flags.conflict == "markers" and any(one.conflicts for one in updated)
    would = flags.check and any(change.state != "unchanged" for change in changes)
    return int(open_conflicts or would or (marked and flags.writes))


def _show(flags: Flags, updated: Sequence[Updated], changes: Sequence[Change], secrets: Sequence[str]) -> None:
    colour = report.wants_colour(flags.color, terminal=sys.stdout.isatty())
    text = updates.as_text(updated, choice=flags.conflict, colour=colour, later=not flags.writes)
    if flags.diff:
        report.write(summary.masked(summary.diff(changes).rstrip("\n"), secrets), sys.stdout)
    report.write(summary.masked(text, secrets), sys.stderr if flags.diff else sys.stdout)
    report.write(updates.notes(updated), sys.stderr)


def _chosen(saved: Sequence[Saved], names: Sequence[str], root: str) -> list[Saved]:
    """The saved apps of these names, `NAME` or `NAMESPACE/NAME`; all without a name."""
    if not saved:
        raise SvcgenError(
            f"there is no saved app in {display(os.path.join(root, '.svcgen', 'apps'))}",
            None,
            "svcgen new makes one, and saves what update needs",
        )
    if not names:
        return list(saved)
    found = {one.path: one for name in names for one in _named(saved, name)}
    return list(found.values())


def _named(saved: Sequence[Saved], name: str) -> list[Saved]:
    space, slash, plain = name.rpartition("/")
    found = [one for one in saved if one.app.name == plain and (not slash or (one.app.namespace or "default") == space)]
    if not found:
        near = nearest(plain, [one.app.name for one in saved])
        known = ", ".join(sorted({one.app.name for one in saved})[:10])
        hint = f"did you mean {near}?" if near else f"saved are {known}"
        raise SvcgenError(f"there is no saved app {name!r}", Location("NAME"), hint)
    if len(found) > 1:
        full = sorted(str(one.app.service) for one in found)
        raise SvcgenError(f"{name!r} is {' and '.join(full)}", Location("NAME"), f"write {full[0]}")
    return found


def _refuse_twice(changes: Iterable[Change]) -> None:
    """Two apps in one folder would undo each other's files."""
    seen = set()
    for change in changes:
        if change.path in seen:
            raise SvcgenError(
                "two apps write this file", Location(change.shown), "give each a folder of its own: spec.output"
            )
        seen.add(change.path)
