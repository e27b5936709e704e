"""Places that say which ports are taken. What cannot be read is an error or is named: never "nothing taken".

A source is a module here with `read(target, asking)`, and a line in SOURCES. It is loaded when it is named.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from scaffold.errors import SvcgenError
from scaffold.model import ClusterAccess, Location, NotJudged, TakenPort
from scaffold.sources import apps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from scaffold.config import Config
    from scaffold.model import AppSpec

    Found = tuple[list[TakenPort], list[NotJudged]]

# kind -> how it is written; its module has the same name
SOURCES = {"tree": "PATH or tree:PATH", "snapshot": "snapshot:FILE", "cluster": "cluster[:CONTEXT]", "stdin": "-"}
_NEED_A_TARGET = ("tree", "snapshot")


class Source(NamedTuple):
    """One source as somebody chose it: relative paths start from `base`, complaints point to `place`."""

    kind: str
    target: str
    place: Location
    base: str


class Asking(NamedTuple):
    """What a source needs to know besides its target.

    Attributes:
        config: names the clusters, by path and by context.
        root: the project root, from which the config's paths start.
        place: where the source was named.
        base: the folder that a relative path starts from.
        access: how a cluster is asked.
        said: to be told now and then how far the reading is.
    """

    config: Config
    root: str
    place: Location = Location("--taken")
    base: str = ""
    access: ClusterAccess = ClusterAccess()
    said: Callable[..., None] = lambda *_: None

    def cluster_of(self, shown: str) -> str | None:
        """The cluster that a file, as it is shown, goes to."""
        return self.config.cluster_of(os.path.relpath(os.path.abspath(shown), self.root).replace(os.sep, "/"))


def parse(text: str, place: Location, base: str) -> Source:
    """`tree:k8s`, `k8s`, `snapshot:ports.json`, `cluster`, `cluster:kind-dev`, `-`.

    Raises:
        SvcgenError: no such kind, or a kind without what it needs.
    """
    if text == "-":
        return Source("stdin", "", place, base)
    kind, colon, target = text.partition(":")
    if text == "cluster" or (colon and kind in SOURCES and kind != "stdin"):
        if not target and (kind in _NEED_A_TARGET or colon):
            raise SvcgenError(f"{text!r} names nothing after the colon", place, f"write {SOURCES[kind]}")
        return Source(kind, target, place, base)
    if colon and not os.path.exists(os.path.join(base, text)):
        from scaffold.names import nearest

        near = nearest(kind, list(SOURCES))
        hint = f"did you mean {near}:{target}?" if near else f"write {', '.join(SOURCES.values())}"
        raise SvcgenError(f"{text!r} is no source", place, hint)
    return Source("tree", text, place, base)


def read(chosen: Iterable[Source], asking: Asking) -> Found:
    """What these sources say, each read once.

    Raises:
        SvcgenError: one of them cannot be read.
    """
    entries: list[TakenPort] = []
    not_judged: list[NotJudged] = []
    for source in {(one.kind, _target(one)): one for one in reversed(list(chosen))}.values():
        module = import_module(f"{__name__}.{source.kind}")
        found, more = module.read(source.target, asking._replace(place=source.place, base=source.base))
        entries += found
        not_judged += more
    return entries, not_judged


def _target(source: Source) -> str:
    """The same for two ways to name one place."""
    if source.kind in _NEED_A_TARGET:
        return os.path.abspath(os.path.join(source.base, source.target))
    return source.target


def taken(
    asking: Asking,
    chosen: Sequence[str],
    saved: Sequence[apps.Saved] = (),
    paths: Sequence[str] = (),
    cluster_in: Callable[[AppSpec, str], str | None] = lambda _app, _environment: None,
) -> Found:
    """Every port that is in use: the project's tree and saved apps, the config's sources, the chosen ones.

    Args:
        asking: the project, and how a cluster is asked.
        chosen: `--taken` values.
        saved: the saved App specs.
        paths: read instead of the project and the config's sources.
        cluster_in: an app and one of its environments -> the cluster of that environment; None where nobody says.

    Raises:
        SvcgenError: a source that cannot be read, or of an unknown kind.
    """
    root, config, flag = asking.root, asking.config, Location("--taken")
    if paths:
        here = [Source("stdin" if path == "-" else "tree", path, Location(path), os.getcwd()) for path in paths]
    else:
        here = [Source("tree", root, flag, root), *(parse(one.text, one.location, root) for one in config.taken)]
    entries, not_judged = read([*here, *(parse(one, flag, os.getcwd()) for one in chosen)], asking)
    entries += apps.taken_ports(saved, config, cluster_in)
    return entries, not_judged
