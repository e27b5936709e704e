"""The manifests below a folder: which files there are, what they hold, which ports they take."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.documents import SERVICES, UTF_16, Document, Tree, fields, read, scalar, text_of
from scaffold.model import Location, NotJudged, TakenPort

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pathspec import GitIgnoreSpec

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


def read_tree(root: str, wanted: re.Pattern[bytes], shown: str = "") -> Tree:
    """Reads every document below a folder that `wanted` finds.

    Args:
        root: a folder, or one file.
        wanted: a `kinds_pattern`.
        shown: what to put before the paths inside, such as `../k8s`.
    """
    not_judged: list[NotJudged] = []
    documents: list[Document] = []
    count = 0
    for found in _by_file(root, wanted, shown, not_judged):
        documents += found
        count += 1
    return Tree(tuple(documents), tuple(not_judged), count)


def _by_file(
    root: str, wanted: re.Pattern[bytes], shown: str, not_judged: list[NotJudged]
) -> Iterator[Sequence[Document]]:
    """The documents of one file after the other; nothing of a file is kept here once the next is asked for."""
    for file in walk(root, not_judged, shown):
        name = os.path.join(shown, file.inside) if shown else file.inside
        try:
            data = slurp(file.path)
        except OSError as error:
            not_judged.append(NotJudged(Location(name), _why(error)))
            continue
        found: Sequence[Document] = ()
        if wanted.search(data) or data[:2] in UTF_16:
            found, failed = read(data, name, wanted)
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


def walk(root: str, not_judged: list[NotJudged], shown: str = "") -> Iterator[File]:
    """Every manifest file below a folder, in an order that does not depend on the disk, as .gitignore has it.

    A link is followed when it leads out of the tree (else its target is met anyway), each target once.
    What cannot be listed is added to `not_judged`.
    """
    if not os.path.isdir(root):
        yield File(root, "" if shown else root)
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
        folders = []
        for entry in entries:
            path = inside + entry.name
            manifest = entry.name.endswith(SUFFIXES) or entry.name == "Kustomization"
            if manifest or entry.is_symlink():
                kind = _kind(entry, real_root, seen)
            else:
                kind = "folder" if entry.is_dir(follow_symlinks=False) else "other"
            if kind == "folder" and entry.name in _SKIPPED:
                continue
            if kind == "other" or (ignored and _is_ignored(ignored, path, folder=kind == "folder")):
                continue
            if kind == "folder":
                folders.append((entry.path, path + "/", ignored))
            elif manifest:
                yield File(entry.path, path)
        stack += reversed(folders)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _kind(entry: os.DirEntry[str], real_root: str, seen: set[str]) -> str:
    if not entry.is_symlink():
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
    for documents in _by_file(root, SERVICES, shown, not_judged):
        if documents:
            found, more = taken_ports(documents, cluster_of)
            taken += found
            not_judged += more
    return taken, not_judged


def taken_ports(
    documents: Iterable[Document], cluster_of: Callable[[str], str | None] | None = None
) -> tuple[list[TakenPort], list[NotJudged]]:
    """The service ports and node ports of every Service among documents; arguments and answer as `read_ports`."""
    taken: list[TakenPort] = []
    not_judged: list[NotJudged] = []
    for document in documents:
        if document.kind == "Service" and document.api_version == "v1":
            cluster = cluster_of(document.path) if cluster_of else None
            taken += _of_service(document, cluster, not_judged)
    return taken, not_judged


def _of_service(document: Document, cluster: str | None, not_judged: list[NotJudged]) -> Iterator[TakenPort]:
    spec = fields(document.fields.get("spec"))
    owner = document.ref
    external = text_of(spec.get("type")) == "ExternalName"
    ports = spec.get("ports")
    for node in ports.value if ports is not None and ports.id == "sequence" else ():
        port = fields(node)
        service_port = _number(port.get("port"), document, not_judged)
        name, protocol = text_of(port.get("name")) or None, text_of(port.get("protocol")) or "TCP"
        target = _target(port.get("targetPort")) or service_port
        place = document.place(port.get("port", node))
        if service_port:
            yield TakenPort("service", service_port, protocol, owner, place, name, service_port, target, cluster)
        node_port = _number(port.get("nodePort"), document, not_judged)
        if node_port and not external:
            place = document.place(port["nodePort"])
            yield TakenPort("node", node_port, protocol, owner, place, name, service_port, target, cluster)
    health = _number(spec.get("healthCheckNodePort"), document, not_judged)
    if health:
        place = document.place(spec["healthCheckNodePort"])
        yield TakenPort("node", health, "TCP", owner, place, "healthCheckNodePort", None, None, cluster)


def _number(node: Any, document: Document, not_judged: list[NotJudged]) -> int | None:  # noqa: ANN401
    """A port number as the API server would take it; 0 and null are unset. Anything else is named, not dropped."""
    if node is None:
        return None
    value = scalar(node) if node.id == "scalar" else node
    if isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0:
        return int(value) or None
    if value is not None:
        text = f"{value!r}" if node.id == "scalar" else "a mapping" if node.id == "mapping" else "a list"
        not_judged.append(NotJudged(document.place(node), f"a port that is no number: {text} (a template?)"))
    return None


def _target(node: Any) -> int | str | None:  # noqa: ANN401
    value = scalar(node) if node is not None and node.id == "scalar" else None
    if isinstance(value, float) and value % 1 == 0:
        value = int(value)
    return value if isinstance(value, int | str) and not isinstance(value, bool) and value else None
