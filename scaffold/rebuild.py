"""Saved apps rendered again: what svcgen wrote the last time, what is on disk, and what it would write now, merged."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold import outcomes, spec
from scaffold.build import Built, Project, build
from scaffold.config import display
from scaffold.errors import SvcgenError
from scaffold.merge import Labels, marker_line
from scaffold.model import Location
from scaffold.nodes import Unreadable, compose
from scaffold.outcomes import Outcome, Sides
from scaffold.past import History, Past, Unknown
from scaffold.spec_file import rewritten
from scaffold.verify import verify
from scaffold.write import Change, compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scaffold.merge import Choice
    from scaffold.model import AppSpec, RenderedFile, TakenPorts
    from scaffold.sources.apps import Saved
    from scaffold.verify import Problem

_ON_DISK = "on disk"


class Wanted(NamedTuple):
    """What an update is asked to do: another pack, labels, answers, and how conflicts end (None: nobody chose)."""

    pack: str | None = None
    labels: Mapping[str, str] = {}
    answers: Mapping[str, Any] = {}
    choice: Choice | None = None


class Updated(NamedTuple):
    """One app after an update: what becomes of its files, the changes to write, and what people should know."""

    built: Built
    outcomes: tuple[Outcome, ...]
    changes: tuple[Change, ...]
    labels: Labels
    notes: tuple[str, ...]
    unknown: str

    @property
    def conflicts(self) -> list[Outcome]:
        """The files that need a choice, or needed one."""
        return [one for one in self.outcomes if one.how == "conflict"]

    @property
    def state(self) -> str:
        """`conflict`, `merged` (hand edits are in files that changed), `updated` or `unchanged`."""
        hows = {one.how for one in self.outcomes}
        if "conflict" in hows:
            return "conflict"
        if "merged" in hows:
            return "merged"
        return "updated" if any(one.state != "unchanged" for one in self.changes) else "unchanged"


def rebuild(project: Project, chosen: Sequence[Saved], taken: TakenPorts, wanted: Wanted) -> Iterator[Updated]:
    """Renders saved apps again and merges each with what is on disk, one by one; nothing is written.

    Args:
        project: where they are.
        chosen: the saved apps.
        taken: every number in use.
        wanted: what is asked for.

    Raises:
        AnswerNo: a number that cannot be had.
        SvcgenError: a file on disk that cannot be read, holds markers of an older conflict or is no YAML; a template
            that fails; an answer that is missing.
    """
    history = History(project.root, project.renderer)
    fitting = [_wanted(project, saved.app, wanted) for saved in chosen]
    apps = [app for app, _ in fitting]
    for saved, (_, notes), built in zip(chosen, fitting, build(project, apps, taken), strict=True):
        past = history.of(saved, wanted.answers)
        yield _App(project, saved, built, past, taken, wanted.choice).updated(notes)


def _wanted(project: Project, app: AppSpec, wanted: Wanted) -> tuple[AppSpec, list[str]]:
    """The app as it is asked for: its saved answers as far as its pack still asks for them."""
    if wanted.pack:
        app = app._replace(pack=wanted.pack, pack_commit=None)
    pack = project.renderer(app).pack
    known = {question.name for question in pack.questions}
    dropped = [name for name in app.answers if name not in known]
    notes = [f"{app.name}: pack {pack.name} does not ask for {name}, its answer is left out" for name in dropped]
    answers = {name: value for name, value in app.answers.items() if name in known} | dict(wanted.answers)
    labels = {**app.labels, **wanted.labels}
    filled = spec.parse(app._replace(answers=answers, labels=labels, pack_commit=pack.commit)._asdict())
    if pack.policy:
        from scaffold.packs.policy import locked_fields

        for field, value in locked_fields(pack).items():
            if getattr(app, field) != value:
                notes.append(f"{app.name}: {field} is {value}, not {getattr(app, field)}: pack {pack.name} locks it")
    return filled, notes


class _App:
    """One app in an update."""

    def __init__(
        self,
        project: Project,
        saved: Saved,
        built: Built,
        past: Past | Unknown,
        taken: TakenPorts,
        choice: Choice | None,
    ) -> None:
        self._project, self._saved, self._built, self._past = project, saved, built, past
        self._taken, self._choice = taken, choice
        app = built.plan.app
        self._folder = os.path.join(project.root, app.output or app.name)
        base = past.pack if isinstance(past, Past) else ""
        self._labels = Labels(_ON_DISK, base, f"{app.pack} {app.pack_version or ''}".strip())

    def updated(self, notes: Sequence[str]) -> Updated:
        """What becomes of it."""
        sides = self._sides()
        settled = {one.path: outcomes.settle(one, self._labels, self._choice) for one in sides.values()}
        settled |= self._broken_together(sides, settled)
        told = [*notes, *self._gone(settled), *self._differing(sides, settled)]
        unknown = self._past.reason if isinstance(self._past, Unknown) else ""
        changes = [self._change(one, sides[one.path]) for one in settled.values()]
        # last: after a crash half way the old spec is there, and the next run finds both old and new files in order
        changes.append(self._spec_change())
        return Updated(self._built, tuple(settled.values()), tuple(changes), self._labels, tuple(told), unknown)

    # --- the three texts of every file

    def _sides(self) -> dict[str, Sides]:
        known = isinstance(self._past, Past)
        base = {file.path: file.text for file in self._past.files} if isinstance(self._past, Past) else {}
        theirs = {file.path: file.text for file in self._built.files}
        paths = list(dict.fromkeys([*theirs, *base]))
        self._refuse_moved(paths)
        found = self._on_disk(paths)
        return {path: Sides(path, base.get(path), found[path], theirs.get(path), known) for path in paths}

    def _on_disk(self, paths: Sequence[str]) -> dict[str, str | None]:
        targets = {os.path.join(self._folder, path): path for path in paths}
        for target in targets:
            self._refuse_outside(target)
        read = compare(dict.fromkeys(targets, ""), {target: display(target) for target in targets})
        found: dict[str, str | None] = {}
        for one in read:
            text = None if one.old is None else one.old.decode("utf-8", "surrogateescape")
            if text is not None:
                _refuse_unreadable(text, one.shown)
            found[targets[one.path]] = text
        return found

    def _refuse_outside(self, target: str) -> None:
        """A link must not lead an update out of the project, or out of the output folder that the spec names."""
        plain = os.path.normpath(target)
        root = os.path.normpath(self._project.root)
        around = root if plain.startswith(root + os.sep) else os.path.normpath(self._folder)
        if not os.path.realpath(plain).startswith(os.path.realpath(around) + os.sep):
            hint = "replace the link by the file itself"
            raise SvcgenError(f"is a link that leads out of {display(around)}", Location(display(target)), hint)
        if os.path.lexists(plain) and not os.path.isfile(plain) and not os.path.isdir(plain):
            raise SvcgenError("cannot read: it is no regular file", Location(display(target)))

    def _refuse_moved(self, paths: Sequence[str]) -> None:
        """Another output folder in the spec: the files are moved by whoever has edited them, not written twice."""
        if isinstance(self._past, Unknown):
            return
        before = os.path.join(self._project.root, self._past.app.output or self._past.app.name)
        if os.path.normpath(before) == os.path.normpath(self._folder):
            return
        there = [path for path in paths if os.path.lexists(os.path.join(before, path))]
        if there and not any(os.path.lexists(os.path.join(self._folder, path)) for path in paths):
            raise SvcgenError(
                f"the output folder is {display(self._folder)} now, and the files are in {display(before)}",
                self._saved.app.place("--output-dir", "spec", "output"),
                f"move them first: git mv {display(before)} {display(self._folder)}",
            )

    # --- the files together

    def _broken_together(self, sides: Mapping[str, Sides], settled: Mapping[str, Outcome]) -> dict[str, Outcome]:
        """Files that are fine one by one, and together break a rule that neither side breaks."""
        edited = [path for path, one in sides.items() if one.edited and one.theirs is not None and one.base is not None]
        changed = any(one.how in ("merged", "updated", "created", "deleted") for one in settled.values())
        if not edited or not changed or any(one.how == "conflict" for one in settled.values()):
            return {}
        before = {(one.rule, one.message) for one in self._problems({path: one.ours for path, one in sides.items()})}
        problems = self._problems({path: one.text for path, one in settled.items()})
        new = [one for one in problems if one.rule and (one.rule, one.message) not in before]
        out = {}
        for problem in new:
            for path in [problem.location.where] if problem.location.where in edited else edited:
                out[path] = outcomes.whole_conflict(sides[path], problem.message, self._labels, self._choice)
        return out

    def _problems(self, texts: Mapping[str, str | None]) -> list[Problem]:
        files: list[RenderedFile] = []
        for file in self._built.files:
            text = texts.get(file.path)
            if text is not None:
                files.append(file._replace(text=text))
        if not files:
            return []
        policy, _ = self._project.policy_of(self._built.plan.app)
        return verify(files, self._built.plan, self._taken, policy)

    def _differing(self, sides: Mapping[str, Sides], settled: Mapping[str, Outcome]) -> Iterator[str]:
        """What people edited on purpose and what the App spec does not say."""
        texts = {path: one.text for path, one in settled.items()}
        edited = any(one.edited and one.known for one in sides.values())
        if not edited or any(text is not None and marker_line(text) for text in texts.values()):
            return
        for problem in self._problems(texts):
            place = problem.location._replace(where=display(os.path.join(self._folder, problem.location.where)))
            yield f"{place}: edited by hand: {problem.message}"

    def _gone(self, settled: Mapping[str, Outcome]) -> Iterator[str]:
        gone = [display(os.path.join(self._folder, one.path)) for one in settled.values() if one.how == "gone"]
        if gone:
            again = f"svcgen new -f {display(self._saved.path)} writes it again"
            yield f"{', '.join(gone)} was deleted or renamed, and stays so ({again})"

    # --- what is written

    def _change(self, outcome: Outcome, sides: Sides) -> Change:
        target = os.path.join(self._folder, outcome.path)
        old, new = (
            None if text is None else text.encode("utf-8", "surrogateescape") for text in (sides.ours, outcome.text)
        )
        return Change(target, display(target), old, new)

    def _spec_change(self) -> Change:
        path = self._saved.path
        self._refuse_outside(path)
        [change] = compare({path: ""}, {path: display(path)})
        old = (change.old or b"").decode("utf-8", "surrogateescape")
        text = rewritten(old, self._saved.app, self._built.plan.spec)
        return change._replace(new=_bytes(text))


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogateescape")


def _refuse_unreadable(text: str, shown: str) -> None:
    line = marker_line(text)
    if line:
        raise SvcgenError(
            "a conflict of an earlier update that is not resolved", Location(shown, line, 1), "edit it, then run again"
        )
    if not shown.endswith((".yaml", ".yml")) or "{{" in text:
        return
    try:
        for _ in compose(text.encode("utf-8", "surrogateescape")):
            pass
    except Unreadable as problem:
        place = Location(shown, problem.line, problem.column)
        raise SvcgenError(f"is no readable YAML: {problem.reason}", place, "mend it, then run again") from None
