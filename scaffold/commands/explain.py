"""`svcgen explain`: where every port leads, and where it stops."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from scaffold import addresses, checks, drawing, lookup, manifests, projects, report, trace
from scaffold.errors import SvcgenError
from scaffold.names import nearest
from scaffold.progress import progress
from scaffold.report import explained

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scaffold.lookup import Unserved
    from scaffold.model import Form, NotJudged

OUTPUTS = ("text", "mermaid", "svg", "html", "json")
# What these rules say is nothing about a route.
_SILENT = sorted(checks.MILD - trace.ROUTE_RULES)


def run(
    paths: Sequence[str],
    *,
    port: str | None = None,
    node_ip: str | None = None,
    namespace: str | None = None,
    output: str = "text",
    kube_version: str = "",
    color: str = "auto",
    node_port_range: str | None = None,
) -> None:
    """Draws the routes of every Service on standard output.

    Args:
        paths: files and folders; `-` is standard input; none is the current folder.
        port: a number or a name: only the routes that have it.
        node_ip: a node's address or name, for the addresses to try.
        namespace: only Services of this namespace.
        output: `text`, `mermaid`, `svg`, `html` or `json`.
        kube_version: the cluster that is meant, such as `1.36`; empty is what the config says, else the newest.
        color: `auto`, `always` or `never`.
        node_port_range: `30000-32767`, over the config.

    Raises:
        AnswerNo: nothing has the port.
        SvcgenError: a path that cannot be read, a value that does not exist, a broken config.
    """
    _known("output", output, OUTPUTS)
    _known("choice for --color", color, ("auto", "always", "never"))
    wanted = lookup.wanted_port(port) if port is not None else None
    node = addresses.node_address(node_ip) if node_ip is not None else ""
    read = [_read(one, namespace) for one in projects.of_paths(paths or ["."], kube_version, node_port_range)]
    not_judged = sorted({place for one in read for place in one.not_judged})
    if output != "json":
        with suppress(OSError):
            report.write(report.not_judged(report.Report((), tuple(not_judged))), sys.stderr)
    found = lookup.Found([forms for one in read for forms in one.groups], [], [])
    if wanted is not None:
        found = lookup.find(found.groups, wanted, [inner for one in read for inner in one.unserved()])
    elif not found.groups:
        files = report.many(sum(one.files for one in read), "file")
        report.write(f"no Service{f' in namespace {namespace}' if namespace else ''} in {files}", sys.stderr)
    result = explained.Explained(*found, node, not_judged)
    if output not in ("text", "json"):
        # a picture has no place for it
        report.write(explained.answer(result), sys.stderr)
    text = _text(result, output, report.wants_colour(color, terminal=sys.stdout.isatty()))
    if output in ("text", "json"):
        report.write(text, sys.stdout)
    else:
        # these forms say themselves that they are UTF-8, whatever the terminal's encoding
        sys.stdout.buffer.write(f"{text}\n".encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()


def _known(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        near = nearest(value, list(known))
        hint = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
        raise SvcgenError(f"no {what} is called {value!r}", hint=hint)


class _Read(NamedTuple):
    """What one project holds; `unserved` finds the container ports that no Service leads to."""

    groups: list[list[Form]]
    not_judged: list[NotJudged]
    files: int
    unserved: Callable[[], list[Unserved]]


def _read(project: projects.Project, namespace: str | None) -> _Read:
    with progress() as said:
        reading = manifests.Reading(project, said)
        run = checks.Run(reading.facts, ignore=_SILENT)
        files = reading.gather(run)
    result = run.result(
        config_ignores=project.settings.ignore, inside=project.inside, lines=manifests.lines, whole=False
    )
    facts = reading.facts
    groups = trace.of_tree(facts, trace.Said(result.findings))

    def unserved() -> list[Unserved]:
        return [one for one in lookup.unserved(facts, groups) if namespace in (None, one.workload.key[1])]

    mine = [forms for forms in groups if namespace in (None, forms[0].service.key[1])]
    return _Read(mine, facts.not_judged, files, unserved)


def _text(result: explained.Explained, output: str, colour: bool) -> str:
    if output == "json":
        return explained.as_json(result)
    if output == "text":
        lines = lru_cache(maxsize=16)(manifests.lines)
        return explained.as_text(result, explained.Style(drawing.can_draw(sys.stdout), colour, lines))
    if output == "mermaid":
        from scaffold.drawing.mermaid import as_mermaid

        return as_mermaid(result.groups)
    if output == "svg":
        from scaffold.drawing.svg import as_svg

        return as_svg(result.groups)
    from scaffold.drawing.html import as_html

    return as_html(result.groups, result.not_judged, lru_cache(maxsize=64)(manifests.lines), explained.count(result))
