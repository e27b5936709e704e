"""Places that say which ports are taken. What cannot be read is an error or is named: never "nothing taken"."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from scaffold.config import display
from scaffold.documents import SERVICES, Tree, read
from scaffold.errors import SvcgenError
from scaffold.model import Location, NotJudged, TakenPort, TakenPorts
from scaffold.sources import apps, tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scaffold.config import Config

KINDS = ("tree",)


def taken(
    root: str, config: Config, chosen: Iterable[str], saved: Sequence[apps.Saved] = ()
) -> tuple[TakenPorts, list[NotJudged]]:
    """Everything that is in use: the project's tree and saved apps, the config's sources, the chosen ones.

    Args:
        root: the project root (absolute).
        config: names the clusters and further sources.
        chosen: `--taken` values.
        saved: the saved App specs.

    Raises:
        SvcgenError: a source that cannot be read, or of an unknown kind.
    """
    entries: list[TakenPort] = []
    not_judged: list[NotJudged] = []
    for one in _trees(root, (*config.taken, *chosen)):
        found, more = tree.taken_ports(one, lambda shown: config.cluster_of(_inside(root, shown)))
        entries += found
        not_judged += [*one.not_judged, *more]
    entries += apps.taken_ports(saved, config)
    return TakenPorts(entries), not_judged


def _inside(root: str, shown: str) -> str:
    return os.path.relpath(os.path.abspath(shown), root).replace(os.sep, "/")


def _trees(root: str, sources: Iterable[str]) -> list[Tree]:
    trees = [tree.read_tree(root, SERVICES, _shown(root))]
    for source in dict.fromkeys(sources):
        kind, colon, target = source.partition(":")
        if source == "-":
            documents, not_judged = read(sys.stdin.buffer.read(), "-", SERVICES)
            trees.append(Tree(tuple(documents), tuple(not_judged), 1))
            continue
        if colon and kind not in KINDS and not os.path.exists(source):
            raise SvcgenError(f"{source!r} is no source", Location("--taken"), "write PATH, tree:PATH or - for stdin")
        path = os.path.abspath(target if colon and kind == "tree" else source)
        if (path + os.sep).startswith(root + os.sep):
            if not os.path.exists(path):
                raise SvcgenError(f"there is no {source}", Location("--taken"))
            continue
        if not os.path.exists(path) or not os.access(path, os.R_OK):
            raise SvcgenError(f"cannot read {source}", Location("--taken"))
        trees.append(tree.read_tree(path, SERVICES, _shown(path)))
    return trees


def _shown(path: str) -> str:
    shown = display(path)
    return "" if shown == "." else shown
