"""`svcgen check`: what is wrong in manifests, and where."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from scaffold import checks, manifests, projects, report
from scaffold.errors import SvcgenError
from scaffold.names import nearest
from scaffold.progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

OUTPUTS = ("text", "json", "sarif", "github", "junit")
_READ_BY_PEOPLE = ("text", "github")
# what was read last stays until the process ends: to take a large tree apart again takes as long as to show it
_kept: list[object] = []
_FAILS = {"error": ("error",), "warning": ("error", "warning"), "info": ("error", "warning", "info"), "never": ()}


def run(  # noqa: PLR0913 - one for each flag
    paths: Sequence[str],
    *,
    output: str = "text",
    only: Sequence[str] = (),
    ignore: Sequence[str] = (),
    fail_on: str = "error",
    kube_version: str = "",
    explain: str | None = None,
    color: str = "auto",
    node_port_range: str | None = None,
    against: str | None = None,
) -> int:
    """Judges manifests and says what is wrong with them on standard output.

    Args:
        paths: files and folders; `-` is standard input; none is the current folder.
        output: `text`, `json`, `sarif`, `github` or `junit`.
        only: the rules to run; none is all.
        ignore: rules not to run.
        fail_on: the lowest level that makes the answer no: `error`, `warning`, `info` or `never`.
        kube_version: the API server that is meant, such as `1.36`; empty is what the config says, else the newest.
        explain: a rule whose page to print instead.
        color: `auto`, `always` or `never`.
        node_port_range: `30000-32767`, over the config.
        against: a commit, a tag or a branch: what was changed since must be what an API server lets be changed.

    Returns:
        The exit code: 1 when there are findings that count, else 0.

    Raises:
        SvcgenError: a path that cannot be read, a rule, a value or a commit that does not exist, a broken config.
    """
    _known("rule", [*only, *ignore, *([explain] if explain else [])], sorted(checks.RULES))
    _known("output", [output], OUTPUTS)
    _known("level for --fail-on", [fail_on], tuple(_FAILS))
    _known("choice for --color", [color], ("auto", "always", "never"))
    if explain:
        from scaffold.checks.docs import page

        print(page(checks.load(explain)), end="")
        return 0
    if against and "-" in paths:
        raise SvcgenError("--against holds files against a commit, and standard input is none", hint="name the files")
    if only and set(only) <= set(ignore):
        raise SvcgenError("--ignore takes away every rule that --rule names", hint="leave one of the two out")
    if checks.AGAINST in only and not against:
        raise SvcgenError(f"{checks.AGAINST} needs a commit to hold objects against", hint="--against origin/main")
    # findings come file by file, so a few files at a time are enough
    lines = lru_cache(maxsize=16)(manifests.lines)
    asked = projects.of_paths(paths or ["."], kube_version, node_port_range)
    result = report.merged([_judge(one, only, ignore, lines, against) for one in asked])
    colour = report.wants_colour(color, terminal=sys.stdout.isatty())
    if output == "text":
        told = report.text_parts(result, colour=colour, lines=lines)
    else:
        told = _lines(result, output, _FAILS[fail_on])
    report.write_lines(told, sys.stdout)
    with suppress(OSError):
        if output in _READ_BY_PEOPLE:
            report.write(report.not_judged(result), sys.stderr)
        report.write("\n".join(filter(None, {checks.note_on(one.kube_version): None for one in asked})), sys.stderr)
    return int(result.has(_FAILS[fail_on]))


def _lines(result: report.Report, output: str, counted: Sequence[str]) -> Iterator[str]:
    if output == "json":
        return report.as_json(result)
    if output == "sarif":
        from scaffold.report.sarif import as_sarif

        return as_sarif(result)
    if output == "github":
        from scaffold.report.github import as_github

        return as_github(result)
    from scaffold.report.junit import as_junit

    return as_junit(result, counted)


def _known(what: str, values: Sequence[str], known: Sequence[str]) -> None:
    for value in values:
        if value not in known:
            near = nearest(value, list(known))
            hint = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
            raise SvcgenError(f"no {what} is called {value!r}", hint=hint)


def _judge(
    project: projects.Project,
    only: Sequence[str],
    ignore: Sequence[str],
    lines: Callable[[str], Sequence[str]],
    against: str | None,
) -> report.Report:
    with progress() as said:
        reading = manifests.Reading(project, said, against)
        run = checks.Run(reading.facts, only=only, ignore=ignore)
        files = reading.gather(run)
    found = run.result(
        config_ignores=project.settings.ignore,
        inside=project.inside,
        lines=lines,
        whole=project.whole,
    )
    _kept[:] = reading, run, found
    return report.Report(
        found.findings,
        tuple(sorted(set(reading.facts.not_judged))),
        files,
        run.documents,
        run.services,
        run.workloads,
        found.suppressed,
    )
