"""`svcgen ports`: who holds which port, and which node ports are free."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from scaffold import report, summary
from scaffold.allocate import free_node_ports
from scaffold.build import Project
from scaffold.config import Config, display, parse_range, project_root, start
from scaffold.errors import AnswerNo, SvcgenError
from scaffold.model import ClusterAccess, Location, TakenPort
from scaffold.names import nearest
from scaffold.occupancy import Wanted, survey
from scaffold.progress import progress
from scaffold.report.ports import free_as_json, lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def show(  # noqa: PLR0913 - one for each flag
    paths: Sequence[str],
    chosen: Sequence[str],
    *,
    namespace: str | None,
    cluster: str | None,
    numbers: str | None,
    space: str | None,
    output: str,
    color: str,
    node_port_range: str | None,
    access: ClusterAccess,
) -> None:
    """`svcgen ports list`: prints what is taken.

    Args:
        paths: files and folders to read, `-` for stdin; none is the project with its saved apps and its sources.
        chosen: further sources.
        namespace: only this one's Services.
        cluster: only what could be in this one.
        numbers: `30000-30085`; only these.
        space: `node` or `service`; None is both.
        output: one of `report.ports.FORMATS`.
        color: `auto`, `always` or `never`.
        node_port_range: over the config's.
        access: how a cluster is asked.

    Raises:
        SvcgenError: a source that cannot be read, a value of the wrong form.
    """
    low, high = parse_range(numbers, Location("--range")) if numbers else (1, 65535)
    project = Project(_folder(paths), node_port_range, None, access)
    if not paths:
        project.config = _without_the_output(project)
    with progress() as said:
        entries, not_judged = project.listed(chosen, {} if paths else project.saved(), paths=paths, said=said)
    _known_cluster(cluster, project, entries)
    found = survey(entries, project.config, not_judged, Wanted(namespace, cluster, low, high, space))
    colour = report.wants_colour(color, terminal=sys.stdout.isatty())
    report.write_lines(lines(found, output, colour=colour), sys.stdout)
    with suppress(OSError):
        summary.say_not_judged(not_judged)


def free(
    count: int,
    chosen: Sequence[str],
    *,
    band: str | None,
    namespace: str | None,
    cluster: str | None,
    output: str | None,
    node_port_range: str | None,
    access: ClusterAccess,
) -> None:
    """`svcgen ports free`: prints free node ports in the order in which `new --allocate first` gives them.

    Args:
        count: how many.
        chosen: further sources.
        band: `static` or `dynamic`; None is both.
        namespace: of the Service that is to have them; None is the config's default.
        cluster: where it goes.
        output: `json`, or None for one number a line.
        node_port_range: over the config's.
        access: how a cluster is asked.

    Raises:
        AnswerNo: there are fewer; those that there are were printed.
        SvcgenError: a source that cannot be read, a value of the wrong form.
    """
    project = Project(_folder(()), node_port_range, None, access)
    with progress() as said:
        taken, not_judged = project.taken(chosen, project.saved(), said=said)
    _known_cluster(cluster, project, taken)
    namespace = namespace or project.config.defaults.get("namespace")
    policy = project.config.policy_of(cluster)
    found = list(islice(free_node_ports(taken, policy, namespace=namespace, cluster=cluster, band=band), count))
    with suppress(OSError):
        summary.say_not_judged(not_judged)
    if output == "json":
        report.write(free_as_json(found, asked=count, band=band, namespace=namespace, cluster=cluster), sys.stdout)
    else:
        report.write("\n".join(str(number) for number in found), sys.stdout)
    if len(found) < count:
        what = f"the {band} band of {policy.low}-{policy.high}" if band else f"{policy.low}-{policy.high}"
        raise AnswerNo(
            f"only {len(found)} of {count} node ports are free in {what}"
            if found
            else f"no node port is free in {what}",
            None,
            "svcgen ports list says who holds them" + ("; without --band there may be more" if band else ""),
        )


def _folder(paths: Sequence[str]) -> str:
    """The folder whose project is meant.

    Raises:
        SvcgenError: a path that cannot be read, or paths of two projects: each has a config of its own.
    """
    folders = [start(path) for path in paths or ["."]]
    roots = list(dict.fromkeys(project_root(folder) for folder in folders))
    if len(roots) > 1:
        names = ", ".join(display(root) for root in roots)
        raise SvcgenError(f"the paths lie in several projects: {names}", None, "list them one after the other")
    return folders[0]


def _without_the_output(project: Project) -> Config:
    """The config without the snapshot that this very command is writing: the shell has emptied it already."""
    config = project.config
    kept = []
    for one in config.taken:
        kind, _, target = one.text.partition(":")
        if kind == "snapshot" and _is_stdout(os.path.join(project.root, target)):
            report.write(f"note: {target} is being written, so what it held is not read", sys.stderr)
        else:
            kept.append(one)
    return config._replace(taken=tuple(kept))


def _is_stdout(path: str) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(1))
    except OSError:
        return False


def _known_cluster(name: str | None, project: Project, entries: Iterable[TakenPort]) -> None:
    known = sorted({one.name for one in project.config.clusters} | {one.cluster for one in entries if one.cluster})
    if name is not None and name not in known:
        near = nearest(name, known)
        known_text = f"there are {', '.join(known)}" if known else "name them under clusters in .svcgen/config.yaml"
        hint = f"did you mean {near}?" if near else known_text
        raise SvcgenError(f"no cluster is called {name!r}", Location("--cluster"), hint)
