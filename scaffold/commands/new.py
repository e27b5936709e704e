"""`svcgen new`: what was asked for -> numbers -> files, verified, then written."""

from __future__ import annotations

import contextlib
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from scaffold import answers, summary
from scaffold.build import Project, build, changes, plan, secrets_of
from scaffold.errors import AnswerNo, Interrupted, SvcgenError
from scaffold.model import AppSpec, Location
from scaffold.packs.questions import Unanswered
from scaffold.progress import progress
from scaffold.spec import parse
from scaffold.write import lock, write_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaffold.answers import Flags
    from scaffold.build import Built
    from scaffold.model import TakenPorts
    from scaffold.packs.model import Pack
    from scaffold.sources.apps import Saved
    from scaffold.write import Change


def run(flags: Flags) -> int:
    """Runs the command in the current folder; returns the exit code.

    Raises:
        SvcgenError: as said by each step; nothing was written.
    """
    project = Project(os.getcwd(), flags.node_port_range, flags.allocate, flags.access, trust=flags.trust)
    given = [_with_locked(project, one) for one in answers.gather(flags, project.config.defaults, project.root)]
    if _can_ask(flags) and any(_is_missing(project, one) for one in given):
        return _make(project, flags, [_ask(project, flags, given)], asked=True)
    answers.refuse_missing(given, partial(_pack, project))
    try:
        return _make(project, flags, [parse(one) for one in given], asked=False)
    except Unanswered:
        # a question that depends on others: only now it is known that somebody must be asked
        if len(given) > 1 or not _can_ask(flags):
            raise
    return _make(project, flags, [_ask(project, flags, given)], asked=True)


def _pack(project: Project, given: Mapping[str, Any]) -> Pack:
    """The pack of an app that is not complete yet."""
    known = {key: given[key] for key in ("pack", "pack_commit", "locate") if key in given}
    return project.renderer(AppSpec("", "", (), **known)).pack


def _with_locked(project: Project, given: dict[str, Any]) -> dict[str, Any]:
    """What was given, and what the pack's policy decides for everybody."""
    pack = _pack(project, given)
    if not pack.policy:
        return given
    from scaffold.packs.policy import locked_fields

    return {**locked_fields(pack), **given}


def _is_missing(project: Project, given: Mapping[str, Any]) -> bool:
    return bool(answers.missing(given) or answers.missing_for(_pack(project, given), given))


def _make(project: Project, flags: Flags, wanted: Sequence[AppSpec], *, asked: bool) -> int:
    """Numbers, files, and what was done, said; returns the exit code."""
    writes = not flags.output and not flags.diff and flags.dry_run == "none"
    with lock(project.root) if writes else contextlib.nullcontext():
        saved = project.saved()
        with progress() as said:
            taken, not_judged = project.taken(flags.taken, saved, said)
        built = list(summary.progress(build(project, wanted, taken), len(wanted)))
        if flags.dry_run == "server":
            summary.refuse_parts(built, "--dry-run=server", "leave --dry-run out")
        if not flags.output:
            all_changes, edited = changes(project, built, saved)
        if writes:
            if edited and not flags.force:
                raise _refused(edited, _of_another_pack(built, saved), _secrets(project, built))
            result = write_all(all_changes)
    if flags.output:
        # what the server refuses must not go on through a pipe
        _ask_the_server(flags, project, built)
        summary.print_manifests(built, flags.output)
    elif writes:
        summary.print_result(built, result)
    else:
        _preview(flags, built, all_changes, edited)
        _ask_the_server(flags, project, built)
    summary.say_not_judged(not_judged)
    if asked:
        summary.print_command(built[0].plan.spec, flags, project.root, secrets_of(project, built[0]))
    return 0


def _mend(refused: str) -> str:
    """What helps against what the server refuses, where that is known."""
    import re

    missing = re.search(r'namespaces "([^"]+)" not found', refused)
    if missing:
        return f"kubectl create namespace {missing[1]}"
    return "--taken cluster gives numbers that are free there" if "already allocated" in refused else ""


def _can_ask(flags: Flags) -> bool:
    if flags.no_input or os.environ.get("CI", "").lower() in ("1", "true", "yes") or len(flags.filenames) > 1:
        return False
    return _is_terminal(sys.stdin) and _is_terminal(sys.stderr)


def _is_terminal(stream: object) -> bool:
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        return False


def _ask(project: Project, flags: Flags, given: Sequence[dict[str, object]]) -> AppSpec:
    """The wizard: what is missing, then the numbers, then a last look at the files."""
    from scaffold import wizard

    if len(given) > 1:
        answers.refuse_missing(list(given), partial(_pack, project))
    complete = wizard.complete(given[0], os.getcwd(), _pack(project, given[0]))
    if "output" not in complete:
        complete["output"] = answers.output_of(flags, str(complete["name"]), project.root)
    app = parse(complete)
    renderer = project.renderer(app)

    def taken() -> TakenPorts:
        return project.taken(flags.taken, project.saved())[0]

    app = wizard.answer(app, renderer, lambda app: next(plan(project, [app], taken())))
    secrets = {
        one.name: app.answers[one.name] for one in renderer.pack.questions if one.secret and one.name in app.answers
    }

    def with_secrets(app: AppSpec) -> AppSpec:
        return app._replace(answers={**app.answers, **secrets})

    built = wizard.review(app, lambda app: next(build(project, [with_secrets(app)], taken())), renderer)
    wanted = with_secrets(built.plan.spec)
    saved = project.saved()
    all_changes, edited = changes(project, [built], saved)
    if flags.output or flags.diff or flags.dry_run != "none":
        return wanted
    if edited and not flags.force:
        raise _refused(edited, _of_another_pack([built], saved), _secrets(project, [built]))
    if not wizard.confirm(summary.masked(_files_or_diff(all_changes), _secrets(project, [built]))):
        raise Interrupted("nothing was written")
    return wanted


def _files_or_diff(all_changes: Sequence[Change]) -> str:
    """What a person wants to see before a yes: new files as they will be, else what changes."""
    if all(one.state == "created" for one in all_changes):
        return "\n".join(f"# {one.shown}\n{(one.new or b'').decode()}" for one in all_changes)
    return summary.diff(all_changes)


def _of_another_pack(built: Sequence[Built], saved: Mapping[tuple[str, str, str], Saved]) -> list[str]:
    """The apps whose pack is not what it was when their files were written."""
    before = {one.plan.app.name: saved.get(one.plan.app.service.key) for one in built}
    digests = {one.plan.app.name: one.plan.app.pack_digest for one in built}
    return [
        name for name, mine in before.items() if mine and mine.app.pack_digest and mine.app.pack_digest != digests[name]
    ]


def _secrets(project: Project, built: Sequence[Built]) -> list[str]:
    return [str(value) for one in built for value in secrets_of(project, one).values()]


def _refused(edited: Sequence[Change], of_another_pack: Sequence[str], secrets: Sequence[str]) -> SvcgenError:
    names = ", ".join(one.shown for one in edited)
    hint = "add --force to overwrite, or -d to write elsewhere"
    if of_another_pack:
        apps = " ".join(of_another_pack)
        hint = f"the pack has changed since: svcgen update {apps} keeps what was edited; --force overwrites it"
    message = (
        f"{names}: not written by svcgen, or edited since\n{summary.masked(summary.diff(edited), secrets)}".rstrip()
    )
    return SvcgenError(message, None, hint)


def _preview(flags: Flags, built: Sequence[Built], all_changes: Sequence[Change], edited: Sequence[Change]) -> None:
    if flags.diff:
        summary.print_diff(all_changes)
    if flags.dry_run != "none":
        summary.print_dry_run(built, all_changes, edited)


def _ask_the_server(flags: Flags, project: Project, built: Sequence[Built]) -> None:
    """`--dry-run=server`: whether the API server would take it all.

    Raises:
        AnswerNo: it would not.
    """
    if flags.dry_run != "server":
        return
    from scaffold import kubectl

    place = Location("--dry-run=server")
    context = kubectl.context(flags.access, place)
    texts = [file.text for one in built for file in one.manifests]
    verdict = kubectl.dry_run(texts, flags.access._replace(context=context), place)
    server = f"the API server of context {context}" if context else "the API server of this cluster"
    if verdict.refused:
        raise AnswerNo(f"{server} refuses it:\n{verdict.refused}", place, _mend(verdict.refused))
    summary.say_verdict(built, server, verdict.warnings, [project.policy_of(one.plan.app)[0] for one in built])
