"""`svcgen new`: what was asked for -> numbers -> files, verified, then written."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from scaffold import answers, summary
from scaffold.build import Built, Project, build, changes
from scaffold.errors import AnswerNo, Interrupted, SvcgenError
from scaffold.model import Location
from scaffold.progress import progress
from scaffold.spec import parse
from scaffold.write import lock, write_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffold.answers import Flags
    from scaffold.model import AppSpec
    from scaffold.write import Change


def run(flags: Flags) -> int:
    """Runs the command in the current folder; returns the exit code.

    Raises:
        SvcgenError: as said by each step; nothing was written.
    """
    project = Project(os.getcwd(), flags.node_port_range, flags.allocate, flags.access)
    given = answers.gather(flags, project.config.defaults, project.root)
    asking = any(answers.missing(one) for one in given) and _can_ask(flags)
    if asking:
        wanted = [_ask(project, flags, given)]
    else:
        answers.refuse_missing(given)
        wanted = [parse(one) for one in given]
    writes = not flags.output and not flags.diff and flags.dry_run == "none"
    with lock(project.root) if writes else contextlib.nullcontext():
        saved = project.saved()
        with progress() as said:
            taken, not_judged = project.taken(flags.taken, saved, said)
        built = list(summary.progress(build(project, wanted, taken), len(wanted)))
        if not flags.output:
            all_changes, edited = changes(project, built, saved)
        if writes:
            _refuse(edited, force=flags.force)
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
    if asking:
        summary.print_command(built[0].plan.spec, flags, project.root)
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
        answers.refuse_missing(list(given))

    def rebuild(app: AppSpec) -> Built:
        saved = project.saved()
        taken, _ = project.taken(flags.taken, saved)
        return next(build(project, [app], taken))

    complete = wizard.complete(given[0], os.getcwd())
    if "output" not in complete:
        complete["output"] = answers.output_of(flags, str(complete["name"]), project.root)
    built = wizard.review(parse(complete), rebuild)
    all_changes, edited = changes(project, [built], project.saved())
    if flags.output or flags.diff or flags.dry_run != "none":
        return built.plan.spec
    if edited and not flags.force:
        _refuse(edited, force=False)
    if not wizard.confirm(_files_or_diff(all_changes)):
        raise Interrupted("nothing was written")
    return built.plan.spec


def _files_or_diff(all_changes: Sequence[Change]) -> str:
    """What a person wants to see before a yes: new files as they will be, else what changes."""
    if all(one.state == "created" for one in all_changes):
        return "\n".join(f"# {one.shown}\n{one.new.decode()}" for one in all_changes)
    return summary.diff(all_changes)


def _refuse(edited: Sequence[Change], *, force: bool) -> None:
    if edited and not force:
        names = ", ".join(one.shown for one in edited)
        raise SvcgenError(
            f"{names}: not written by svcgen, or edited since\n{summary.diff(edited)}".rstrip(),
            None,
            "add --force to overwrite, or -d to write elsewhere",
        )


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
    texts = [file.text for one in built for file in one.files]
    verdict = kubectl.dry_run(texts, flags.access._replace(context=context), place)
    server = f"the API server of context {context}" if context else "the API server of this cluster"
    if verdict.refused:
        raise AnswerNo(f"{server} refuses it:\n{verdict.refused}", place, _mend(verdict.refused))
    summary.say_verdict(built, server, verdict.warnings, [project.policy_of(one.plan.app)[0] for one in built])
