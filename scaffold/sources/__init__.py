"""Places that say which ports are taken. What cannot be read is an error or is named: never "nothing taken"."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from scaffold.config import display
from scaffold.documents import SERVICES, read
from scaffold.errors import SvcgenError
from scaffold.model import Location, NotJudged, TakenPort, TakenPorts
from scaffold.sources import apps, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from scaffold.config import Config
    from scaffold.model import AppSpec

KINDS = ("tree",)


def taken(
    root: str,
    config: Config,
    chosen: Iterable[str],
    saved: Sequence[apps.Saved] = (),
    cluster_in: Callable[[AppSpec, str], str | None] = lambda _app, _environment: None,
) -> tuple[TakenPorts, list[NotJudged]]:
    """Everything that is in use: the project's tree and saved apps, the config's sources, the chosen ones.

    Args:
        root: the project root (absolute).
        config: names the clusters and further sources.
        chosen: `--taken` values.
        saved: the saved App specs.
        cluster_in: an app and one of its environments -> the cluster of that environment; None where nobody says.

    Raises:
        SvcgenError: a source that cannot be read, or of an unknown kind.
    """
    entries: list[TakenPort] = []
    not_judged: list[NotJudged] = []

    def cluster_of(shown: str) -> str | None:
        return config.cluster_of(os.path.relpath(os.path.abspath(shown), root).replace(os.sep, "/"))

    for source in _sources(root, (*config.taken, *chosen)):
        if source == "-":
            documents, unread = read(sys.stdin.buffer.read(), "-", SERVICES)
            found, more = tree.taken_ports(documents)
            more += unread
        else:
            shown = display(source)
            found, more = tree.read_ports(
                source, "" if shown == "." else shown, cluster_of if config.clusters else None
            )
        entries += found
        not_judged += more
    entries += apps.taken_ports(saved, config, cluster_in)
    return TakenPorts(entries), not_judged


def _sources(root: str, chosen: Iterable[str]) -> Iterator[str]:
    """What to read: the project root, then what was chosen and does not lie in it; absolute paths, and - for stdin."""
    yield root
    for source in dict.fromkeys(chosen):
        if source == "-":
            yield source
            continue
        kind, colon, target = source.partition(":")
        if colon and kind not in KINDS and not os.path.exists(source):
            raise SvcgenError(f"{source!r} is no source", Location("--taken"), "write PATH, tree:PATH or - for stdin")
        path = os.path.abspath(target if colon and kind == "tree" else source)
        if not os.path.exists(path) or not os.access(path, os.R_OK):
            raise SvcgenError(f"cannot read {source}", Location("--taken"))
        if not (path + os.sep).startswith(root + os.sep):
            yield path
