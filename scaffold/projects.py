"""Paths that a person typed -> the projects they lie in, and for each the facts that rules look at."""

from __future__ import annotations

import gc
import os
import sys
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from scaffold import config, kustomize
from scaffold.documents import CHECKED, Document, Tree, read
from scaffold.errors import SvcgenError
from scaffold.facts import Facts
from scaffold.model import Location, NotJudged, TakenPorts
from scaffold.sources.tree import read_tree, taken_ports, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Project(NamedTuple):
    """The paths to look at below one project root, and the project's config."""

    root: str
    paths: tuple[str, ...]
    settings: config.Config
    kube_version: str

    @property
    def whole(self) -> bool:
        """Whether the root itself is among the paths."""
        return os.path.realpath(self.root) in [os.path.realpath(path) for path in self.paths if path != "-"]

    def inside(self, shown: str) -> str:
        """A path as shown -> the path that the config's patterns speak of."""
        return os.path.relpath(shown, self.root).replace(os.sep, "/")


class Gathered(NamedTuple):
    """The facts of a project, and the part of it that was asked for."""

    facts: Facts
    documents: list[Document]
    files: int
    outside: frozenset[str]

    def not_judged(self) -> tuple[NotJudged, ...]:
        """What could not be judged of that part, sorted."""
        return tuple(sorted({one for one in self.facts.not_judged if one.location.where not in self.outside}))


def of_paths(paths: Sequence[str], kube_version: str = "", node_port_range: str | None = None) -> list[Project]:
    """The paths, by the project that they belong to.

    Args:
        paths: files and folders; `-` is standard input.
        kube_version: `1.36`, over the config's.
        node_port_range: `30000-32767`, over the config's, in every cluster.

    Raises:
        SvcgenError: a path that cannot be read, a broken config, a value of the wrong form.
    """
    by_root: dict[str, list[str]] = {}
    for path in paths:
        by_root.setdefault(config.project_root(_start(path)), []).append(path)
    projects = []
    for root, members in by_root.items():
        settings = config.load(root)
        if node_port_range:
            low, high = config.parse_range(node_port_range, Location("--node-port-range"))
            clusters = tuple(one._replace(low=None, high=None) for one in settings.clusters)
            settings = settings._replace(policy=settings.policy._replace(low=low, high=high), clusters=clusters)
        version = _version(kube_version, "--kube-version") or _version(settings.kube_version, "check.kube_version")
        projects.append(Project(root, tuple(members), settings, version))
    return projects


def _start(path: str) -> str:
    if path != "-" and not os.access(path, os.R_OK):
        why = "permission denied" if os.path.exists(path) else "no such file or folder"
        raise SvcgenError(f"cannot read {path}: {why}")
    place = os.path.abspath("." if path == "-" else path)
    return place if os.path.isdir(place) else os.path.dirname(place)


def _version(text: str | None, where: str) -> str:
    parts = (text or "").removeprefix("v").split(".")
    if text and not (len(parts) in (2, 3) and all(part.isascii() and part.isdigit() for part in parts)):
        raise SvcgenError(f"{text!r} is no Kubernetes version", Location(where), "write it like 1.36")
    return text or ""


def gather(project: Project) -> Gathered:
    """Reads what was asked for, and around it the rest of the project: a Service's workload may lie a folder aside.

    Raises:
        SvcgenError: a path that cannot be read.
    """
    # all that is read stays, so looking for garbage in it would only take time: half of all for a large tree
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _gather(project)
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def _gather(project: Project) -> Gathered:
    mine = _read(project)
    rest: tuple[Document, ...] = ()
    # what comes through a pipe may be another form of the same tree (kustomize, helm), so it stands alone
    if not project.whole and "-" not in project.paths and _is_project(project.root):
        own = {document.path for document in mine.documents}
        rest = tuple(document for document in _below(project.root).documents if document.path not in own)
    facts = _facts(project, Tree((*mine.documents, *rest), mine.not_judged, mine.files))
    outside = frozenset(document.path for document in rest)
    documents = [document for document in facts.documents if document.path not in outside] if rest else facts.documents
    return Gathered(facts, documents, mine.files, outside)


def lines(path: str) -> tuple[str, ...]:
    """The lines of a file; none of standard input, which is gone, and of a file that cannot be read."""
    text = None if path == "-" else _load(path)
    return tuple((text or b"").decode("utf-8", "replace").split("\n"))


def _is_project(root: str) -> bool:
    return any(os.path.exists(os.path.join(root, name)) for name in (".svcgen", ".git"))


def _read(project: Project) -> Tree:
    """The documents that were asked for, each once."""
    documents: dict[tuple[str, int, int | None], Document] = {}
    not_judged: list[NotJudged] = []
    files = 0
    for path in project.paths:
        if path == "-":
            found, failed = read(sys.stdin.buffer.read(), "-", CHECKED)
            tree = Tree(tuple(found), tuple(failed), 1)
        else:
            tree = _below(path)
        for document in tree.documents:
            key = (document.path, document.line + document.node.start_mark.line, document.item)
            documents.setdefault(key, document)
        not_judged += tree.not_judged
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


def _facts(project: Project, tree: Tree) -> Facts:
    settings = project.settings

    @cache
    def cluster_of(shown: str) -> str | None:
        return settings.cluster_of(project.inside(shown))

    clusters = cluster_of if settings.clusters else None
    # a port that is no number is a finding of the rules, so it is not told a second time
    taken, _ = taken_ports(tree.documents, clusters)
    return Facts(
        tree,
        TakenPorts(taken),
        settings.policy,
        project.kube_version,
        kustomized=kustomize.read(_kustomizations(project), _load),
        cluster_of=clusters,
        policy_of=settings.policy_of if clusters else None,
    )


def _kustomizations(project: Project) -> Iterator[str]:
    """The kustomization files of the project, as paths that are shown; of the asked paths where there is no project."""
    roots = [project.root] if _is_project(project.root) else [path for path in project.paths if path != "-"]
    for root in roots:
        folder = root if os.path.isdir(root) else os.path.dirname(os.path.abspath(root))
        shown = config.display(os.path.abspath(folder))
        for file in walk(folder, []) if folder == root else ():
            if os.path.basename(file.inside) in kustomize.NAMES:
                yield file.inside if shown == "." else os.path.join(shown, file.inside)


def _load(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
