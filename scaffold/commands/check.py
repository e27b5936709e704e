"""`svcgen check`: what is wrong in manifests, and where."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from scaffold import checks, config, report
from scaffold.checks import _kustomize
from scaffold.documents import CHECKED, Document, Tree, read
from scaffold.errors import SvcgenError
from scaffold.facts import Facts
from scaffold.model import Location, TakenPorts
from scaffold.names import nearest
from scaffold.sources.tree import read_tree, taken_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

    from scaffold.model import Finding

    Lines = Callable[[str], Sequence[str]]

OUTPUTS = ("text", "json")
_FAILS = {"error": ("error",), "warning": ("error", "warning"), "info": ("error", "warning", "info"), "never": ()}


class _Project(NamedTuple):
    """What is to be judged below one project root, and its config."""

    root: str
    paths: tuple[str, ...]
    settings: config.Config
    kube_version: str

    def inside(self, shown: str) -> str:
        """A path as shown -> the path that the config's patterns speak of."""
        return os.path.relpath(shown, self.root).replace(os.sep, "/")


def run(
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
) -> int:
    """Judges manifests and says what is wrong with them on standard output.

    Args:
        paths: files and folders; `-` is standard input; none is the current folder.
        output: `text` or `json`.
        only: the rules to run; none is all.
        ignore: rules not to run.
        fail_on: the lowest level that makes the answer no: `error`, `warning`, `info` or `never`.
        kube_version: the API server that is meant, such as `1.36`; empty is what the config says, else the newest.
        explain: a rule whose page to print instead.
        color: `auto`, `always` or `never`.
        node_port_range: `30000-32767`, over the config.

    Returns:
        The exit code: 1 when there are findings that count, else 0.

    Raises:
        SvcgenError: a path that cannot be read, a rule or a value that does not exist, a broken config.
    """
    _known([*only, *ignore, *([explain] if explain else [])], list(checks.RULES), "rule")
    for value, known, what in ((output, OUTPUTS, "output"), (fail_on, tuple(_FAILS), "level for --fail-on")):
        _known([value], list(known), what)
    if explain:
        from scaffold.checks.docs import page

        print(page(checks.RULES[explain]), end="")
        return 0
    lines = cache(_lines)
    projects = _projects(paths or ["."], kube_version, node_port_range)
    result = _merged([_judge(project, only, ignore, lines) for project in projects])
    _show(result, output, color, lines)
    return int(any(result.count(level) for level in _FAILS[fail_on]))


def _known(values: Sequence[str], known: list[str], what: str) -> None:
    for value in values:
        if value not in known:
            near = nearest(value, known)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
            raise SvcgenError(f"no {what} is called {value!r}", hint=hint)


def _projects(paths: Sequence[str], kube_version: str, node_port_range: str | None) -> list[_Project]:
    """The paths, by the project that they belong to."""
    by_root: dict[str, list[str]] = {}
    for path in paths:
        if path != "-" and not os.access(path, os.R_OK):
            why = "permission denied" if os.path.lexists(path) and os.path.exists(path) else "no such file or folder"
            raise SvcgenError(f"cannot read {path}: {why}")
        place = os.path.abspath("." if path == "-" else path)
        start = place if os.path.isdir(place) else os.path.dirname(place)
        by_root.setdefault(config.project_root(start), []).append(path)
    projects = []
    for root, members in by_root.items():
        settings = config.load(root)
        if node_port_range:
            low, high = config.parse_range(node_port_range, Location("--node-port-range"))
            clusters = tuple(one._replace(low=None, high=None) for one in settings.clusters)
            settings = settings._replace(policy=settings.policy._replace(low=low, high=high), clusters=clusters)
        version = _version(kube_version, "--kube-version") or _version(settings.kube_version or "", "check.kube_version")
        projects.append(_Project(root, tuple(members), settings, version))
    return projects


def _version(text: str, where: str) -> str:
    parts = text.removeprefix("v").split(".")
    if text and not (len(parts) in (2, 3) and all(part.isascii() and part.isdigit() for part in parts)):
        raise SvcgenError(f"{text!r} is no Kubernetes version", Location(where), "write it like 1.36")
    return text


def _judge(project: _Project, only: Sequence[str], ignore: Sequence[str], lines: Lines) -> report.Report:
    mine = _read(project)
    whole = os.path.realpath(project.root) in map(os.path.realpath, project.paths)
    # what comes through a pipe may be another form of the same tree (kustomize, helm), so it stands alone
    around = Tree(()) if whole or "-" in project.paths else _around(project, mine)
    facts = _facts(project, mine, around)
    own = {document.path for document in mine.documents}
    judged = [document for document in facts.documents if document.path in own]
    found = checks.run(
        facts,
        None if whole else judged,
        only=only,
        ignore=ignore,
        config_ignores=project.settings.ignore,
        inside=project.inside,
        lines=lines,
    )
    outside = {document.path for document in around.documents}
    return report.Report(
        found.findings,
        tuple(sorted(one for one in facts.not_judged if one.location.where not in outside)),
        mine.files,
        len(judged),
        sum(document.kind == "Service" and document.api_version == "v1" for document in judged),
        sum(facts.workload(document) is not None for document in judged),
        found.suppressed,
    )


def _read(project: _Project) -> Tree:
    """The documents to judge, each once."""
    documents: dict[tuple[str, int, int | None], Document] = {}
    not_judged, files = set(), 0
    for path in project.paths:
        if path == "-":
            found, failed = read(sys.stdin.buffer.read(), "-", CHECKED)
            tree = Tree(tuple(found), tuple(failed), 1)
        else:
            tree = _below(path)
        for document in tree.documents:
            documents.setdefault((document.path, document.line + document.node.start_mark.line, document.item), document)
        not_judged |= set(tree.not_judged)
        files += tree.files
    return Tree(tuple(documents.values()), tuple(not_judged), files)


def _below(path: str) -> Tree:
    shown = config.display(os.path.abspath(path))
    if not os.path.isdir(path):
        return read_tree(shown, CHECKED)
    try:
        return read_tree(path, CHECKED, "" if shown == "." else shown)
    except OSError as error:
        raise SvcgenError(f"cannot read {path}: {error.strerror}") from None


def _around(project: _Project, mine: Tree) -> Tree:
    """The rest of the project: workloads and node ports that the judged documents meet there."""
    own = {document.path for document in mine.documents}
    rest = _below(project.root)
    return Tree(tuple(document for document in rest.documents if document.path not in own))


def _facts(project: _Project, mine: Tree, around: Tree) -> Facts:
    settings = project.settings

    @cache
    def cluster_of(shown: str) -> str | None:
        return settings.cluster_of(project.inside(shown))

    tree = Tree((*mine.documents, *around.documents), mine.not_judged, mine.files)
    # a port that is no number is a finding of the rules, so it is not told a second time
    taken, _ = taken_ports(tree, cluster_of if settings.clusters else None)
    kustomized = _kustomize.read((document.path for document in tree.documents), _load)
    return Facts(
        tree,
        TakenPorts(taken),
        settings.policy,
        project.kube_version,
        partial=kustomized.patches,
        renamed=kustomized.renamed,
        cluster_of=cluster_of if settings.clusters else None,
        policy_of=settings.policy_of if settings.clusters else None,
    )


def _load(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _lines(path: str) -> tuple[str, ...]:
    data = None if path == "-" else _load(path)
    return tuple((data or b"").decode("utf-8", "replace").split("\n"))


def _merged(reports: list[report.Report]) -> report.Report:
    if len(reports) == 1:
        return reports[0]
    findings = {finding for one in reports for finding in one.findings}
    not_judged = {place for one in reports for place in one.not_judged}
    numbers = [sum(counts) for counts in zip(*(one[2:] for one in reports), strict=True)]
    return report.Report(tuple(sorted(findings, key=_order)), tuple(sorted(not_judged)), *numbers)


def _order(finding: Finding) -> tuple[Location, str]:
    return (finding.location, finding.rule)


def _show(result: report.Report, output: str, color: str, lines: Lines) -> None:
    if output == "json":
        print(report.as_json(result))
        return
    colour = report.wants_colour(color, terminal=sys.stdout.isatty())
    _print(report.as_text(result, colour=colour, lines=lines), sys.stdout)
    if result.not_judged:
        _print(report.not_judged(result), sys.stderr)


def _print(text: str, stream: TextIO) -> None:
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream)
