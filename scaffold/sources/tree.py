"""The manifests below a folder: which files there are, what they hold, which ports they take."""

from __future__ import annotations

import errno
import os
import stat
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from scaffold.documents import SERVICES, UTF_16, read
from scaffold.model import Location, NotJudged, TakenPort
from scaffold.nodes import Unreadable
from scaffold.shapes import as_dict, service_ports

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pathspec import GitIgnoreSpec

    from scaffold.documents import Document
    from scaffold.shapes import Path

SUFFIXES = (".yaml", ".yml", ".json")
FILE_LIMIT = 64 << 20
_FIRST_READ = 128 << 10
# what version control and svcgen keep for themselves: packs and specs below .svcgen are no manifests
_SKIPPED = frozenset({".git", ".hg", ".svn", ".svcgen"})
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "kustomization")


class File(NamedTuple):
    """One manifest file: where it is, and its path relative to the tree's root with `/` between folders."""

    path: str
    inside: str


class Folder(NamedTuple):
    """The manifest files of one folder: where it is, its path inside the tree with `/` at the end, their names."""

    path: str
    inside: str
    names: tuple[str, ...]

    def files(self) -> Iterator[File]:
        """Each of them."""
        for name in self.names:
            yield File(os.path.join(self.path, name), self.inside + name)


def read_documents(
    folders: Iterable[Folder], wanted: re.Pattern[bytes], shown: str, not_judged: list[NotJudged]
) -> Iterator[Sequence[Document]]:
    """The documents of one file after the other; nothing of a file is kept here once the next is asked for.

    Args:
        folders: what to read.
        wanted: a `kinds_pattern`.
        shown: what to put before the paths inside, such as `../k8s`.
        not_judged: what cannot be read is added here.
    """
    for folder in folders:
        for file in folder.files():
            name = os.path.join(shown, file.inside) if shown else file.inside
            try:
                data = slurp(file.path)
            except OSError as error:
                not_judged.append(NotJudged(Location(name), _why(error)))
                continue
            found: Sequence[Document] = ()
            if wanted.search(data) or data[:2] in UTF_16:
                found, failed = read(data, name, wanted, partial(slurp, file.path))
                not_judged += failed
            if name.lower().endswith(_KUSTOMIZATIONS) and b"nodePort" in data:
                line = data.count(b"\n", 0, data.index(b"nodePort")) + 1
                not_judged.append(NotJudged(Location(name, line), "a kustomization that patches node ports"))
            yield found


def _why(error: OSError) -> str:
    if error.errno == errno.EFBIG:
        return f"larger than {FILE_LIMIT >> 20} MB"
    return f"cannot read: {error.strerror}"


def slurp(path: str) -> bytes:
    """The bytes of a regular file of at most FILE_LIMIT. Raw reads cost a quarter less than `open()`.

    Raises:
        OSError: unreadable, not a regular file, or too large (EFBIG).
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        data = os.read(descriptor, _FIRST_READ)
        if len(data) < _FIRST_READ:
            return data
        status = os.fstat(descriptor)
        if status.st_size > FILE_LIMIT or not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EFBIG, "too large", path)
        parts = [data]
        while data:
            data = os.read(descriptor, 1 << 20)
            parts.append(data)
        return b"".join(parts)
    finally:
        os.close(descriptor)


def walk(root: str, not_judged: list[NotJudged], shown: str = "") -> Iterator[Folder]:
    """The folders below a folder with their manifest files, in an order of its own, as .gitignore has it.

    A link is followed when it leads out of the tree (else its target is met anyway), each target once.
    What cannot be listed is added to `not_judged`. A file is its own tree, of which only the path counts.
    """
    if not os.path.isdir(root):
        parent = os.path.dirname(root)
        yield Folder(parent, os.path.join(parent, ""), (os.path.basename(root),))
        return
    real_root = os.path.realpath(root)
    seen: set[str] = set()
    stack: list[tuple[str, str, tuple[_Ignored, ...]]] = [(root, "", ())]
    while stack:
        folder, inside, ignored = stack.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=_name)
        except OSError as error:
            not_judged.append(NotJudged(Location(os.path.join(shown, inside) or "."), _why(error)))
            continue
        for entry in entries:
            if entry.name == ".gitignore":
                ignored = (*ignored, _Ignored(inside, entry.path))
        names, folders = [], []
        for entry in entries:
            manifest = entry.name.endswith(SUFFIXES) or entry.name == "Kustomization"
            kind = _kind(entry, real_root, seen, manifest=manifest)
            if kind == "other" or (kind == "folder" and entry.name in _SKIPPED):
                continue
            if ignored and _is_ignored(ignored, inside + entry.name, folder=kind == "folder"):
                continue
            if kind == "folder":
                folders.append((entry.path, f"{inside}{entry.name}/", ignored))
            elif manifest:
                names.append(entry.name)
        if names:
            yield Folder(folder, inside, tuple(names))
        stack += reversed(folders)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _kind(entry: os.DirEntry[str], real_root: str, seen: set[str], *, manifest: bool) -> str:
    if not entry.is_symlink():
        if not manifest:
            return "folder" if entry.is_dir(follow_symlinks=False) else "other"
        return "folder" if entry.is_dir() else "file" if entry.is_file() else "other"
    target = os.path.realpath(entry.path)
    if (
        target in seen
        or (target + os.sep).startswith(real_root + os.sep)
        or (real_root + os.sep).startswith(target + os.sep)
    ):
        return "other"
    seen.add(target)
    return "folder" if os.path.isdir(target) else "file" if os.path.isfile(target) else "other"


class _Ignored:
    """One .gitignore, read when the first name is held against it."""

    def __init__(self, folder: str, path: str) -> None:
        self._folder, self._path = folder, path
        self._spec: GitIgnoreSpec | None = None

    def verdict(self, path: str) -> bool | None:
        if self._spec is None:
            from pathspec import GitIgnoreSpec

            try:
                with open(self._path, encoding="utf-8", errors="replace") as lines:
                    self._spec = GitIgnoreSpec.from_lines(lines.read().splitlines())
            except OSError:
                self._spec = GitIgnoreSpec.from_lines([])
        return self._spec.check_file(path[len(self._folder) :]).include


def _is_ignored(ignored: tuple[_Ignored, ...], path: str, *, folder: bool) -> bool:
    for one in reversed(ignored):
        verdict = one.verdict(path + "/" if folder else path)
        if verdict is not None:
            return verdict
    return False


# --- the ports of Services -------------------------------------------------------------------------------------------


def read_ports(
    root: str, shown: str = "", cluster_of: Callable[[str], str | None] | None = None
) -> tuple[list[TakenPort], list[NotJudged]]:
    """The service ports and node ports of every Service below a folder; memory stays flat in the number of files.

    Args:
        root: a folder, or one file.
        shown: what to put before the paths inside.
        cluster_of: path as shown -> the cluster that it belongs to.

    Returns:
        The ports, and what could not be judged: it may hold ports too.
    """
    not_judged: list[NotJudged] = []
    taken: list[TakenPort] = []
    if not os.path.isdir(root):
        root, shown = shown or root, ""
    for documents in read_documents(walk(root, not_judged, shown), SERVICES, shown, not_judged):
        if documents:
            found, more = taken_ports(documents, cluster_of)
            taken += found
            not_judged += more
    return taken, not_judged


def taken_ports(
    documents: Iterable[Document],
    cluster_of: Callable[[str], str | None] | None = None,
    spaces: Sequence[str] = ("service", "node"),
) -> tuple[list[TakenPort], list[NotJudged]]:
    """The ports of these spaces of every Service among documents; other arguments and answer as `read_ports`."""
    taken: list[TakenPort] = []
    not_judged: list[NotJudged] = []
    for document in documents:
        if document.kind == "Service" and document.api_version == "v1":
            cluster = cluster_of(document.path) if cluster_of else None
            try:
                taken += _of_service(document, cluster, spaces, not_judged)
            except Unreadable as problem:
                not_judged.append(problem.at(document.path, document.line))
    return taken, not_judged


def _of_service(
    document: Document, cluster: str | None, spaces: Sequence[str], not_judged: list[NotJudged]
) -> Iterator[TakenPort]:
    spec, owner = as_dict(document.data.get("spec")), document.ref
    external = spec.get("type") == "ExternalName"
    for path, port in service_ports(document):
        service_port = _number(document, (*path, "port"), port.get("port"), not_judged)
        name, protocol = _text(port.get("name")), _text(port.get("protocol")) or "TCP"
        target = _target(port.get("targetPort")) or service_port
        if service_port and "service" in spaces:
            place = document.location(*path, "port")
            yield TakenPort("service", service_port, protocol, owner, place, name, service_port, target, cluster)
        node_port = _number(document, (*path, "nodePort"), port.get("nodePort"), not_judged)
        if node_port and not external:
            place = document.location(*path, "nodePort")
            yield TakenPort("node", node_port, protocol, owner, place, name, service_port, target, cluster)
    field = ("spec", "healthCheckNodePort")
    health = _number(document, field, spec.get(field[1]), not_judged)
    if health:
        place = document.location(*field)
        yield TakenPort("node", health, "TCP", owner, place, field[1], None, None, cluster)


def _number(document: Document, path: Path, value: object, not_judged: list[NotJudged]) -> int | None:
    """A port number as the API server would take it; 0 and null are unset. Anything else is named, not dropped."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0:
        return int(value) or None
    if value is not None:
        text = "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)
        not_judged.append(NotJudged(document.location(*path), f"a port that is no number: {text} (a template?)"))
    return None


def _text(value: object) -> str | None:
    return None if value is None else str(value) or None


def _target(value: object) -> int | str | None:
    if isinstance(value, float) and value % 1 == 0:
        value = int(value)
    return value if isinstance(value, int | str) and not isinstance(value, bool) and value else None
