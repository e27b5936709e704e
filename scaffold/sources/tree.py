"""The manifests below a folder: which files there are, what they hold, which ports they take."""

from __future__ import annotations

import errno
import os
import re
import stat
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from scaffold.documents import SERVICES, UTF_16, read
from scaffold.errors import SvcgenError
from scaffold.model import Location, NotJudged, TakenPort
from scaffold.nodes import Unreadable
from scaffold.shapes import as_dict, service_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pathspec import GitIgnoreSpec

    from scaffold.documents import Document
    from scaffold.shapes import Path

SUFFIXES = (".yaml", ".yml", ".json")
FILE_LIMIT = 64 << 20
_FIRST_READ = 128 << 10
_BINARY = "holds NUL: binary, or text that is not UTF-8"
# what version control and svcgen keep for themselves: packs and specs below .svcgen are no manifests
_SKIPPED = frozenset({".git", ".hg", ".svn", ".svcgen"})
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "kustomization")


# so many stars in one name, or so many times any folder: what is matched by trial could take hours
_SLOW = r"(?:\*[^*/]+){4}|(?:\*\*/.*){5}"


class File(NamedTuple):
    """One manifest file: where it is, and its path relative to the tree's root with `/` between folders."""

    path: str
    inside: str


class Folder(NamedTuple):
    """The manifest files of one folder: where it is, its path inside the tree with `/` at the end, their names.

    A piped one is no file but a pipe or a device, which can be read once.
    """

    path: str
    inside: str
    names: tuple[str, ...]
    piped: bool = False

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
                data = drain(file.path) if folder.piped else slurp(file.path)
            except OSError as error:
                not_judged.append(NotJudged(Location(name), _why(error)))
                continue
            found: Sequence[Document] = ()
            # UTF-32, which nobody takes, begins like UTF-16
            if wanted.search(data) or (data[:2] in UTF_16 and data[2:4] != b"\0\0"):
                again = None if folder.piped else partial(_again, file.path, name)
                found, failed = read(data, name, wanted, again)
                not_judged += failed
                if found:
                    not_judged += _refused_stream(data, name)
            elif b"\0" in data:
                not_judged.append(NotJudged(Location(name), _BINARY))
            if name.lower().endswith(_KUSTOMIZATIONS) and b"nodePort" in data:
                line = data.count(b"\n", 0, data.index(b"nodePort")) + 1
                not_judged.append(NotJudged(Location(name, line), "a kustomization that patches node ports"))
            yield found


def _why(error: OSError) -> str:
    if error.errno == errno.EFBIG:
        return f"larger than {FILE_LIMIT >> 20} MB"
    return f"cannot read: {error.strerror}"


def _refused_stream(data: bytes, shown: str) -> Iterator[NotJudged]:
    """What makes kubectl refuse a file whose documents can be read one by one."""
    if b"%YAML" in data and (found := re.search(rb"^%YAML", data, re.MULTILINE)):
        line = data.count(b"\n", 0, found.start()) + 1
        yield NotJudged(Location(shown, line, 1), "a directive, which kubectl refuses: take the line with % away")
    if re.match(rb"\s*\{", data) and (found := re.search(rb"^---", data, re.MULTILINE)):
        line = data.count(b"\n", 0, found.start()) + 1
        yield NotJudged(Location(shown, line, 1), "--- behind JSON, which kubectl refuses: give each a file of its own")


def _again(path: str, shown: str) -> bytes:
    try:
        return slurp(path)
    except OSError:
        raise SvcgenError(f"{shown} has changed while it was read", hint="run the command again") from None


def slurp(path: str) -> bytes:
    """The bytes of a regular file of at most FILE_LIMIT. Raw reads cost a quarter less than `open()`.

    Raises:
        OSError: unreadable, not a regular file, or too large (EFBIG).
    """
    # not blocking, so that a pipe that came in place of a file is not waited for
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        data = os.read(descriptor, _FIRST_READ)
        if 0 < len(data) < _FIRST_READ:
            return data
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", path)
        if status.st_size > FILE_LIMIT:
            raise OSError(errno.EFBIG, "too large", path)
        return data + _rest(descriptor) if data else data
    finally:
        os.close(descriptor)


def standard_input() -> bytes:
    """What comes through the pipe: at most FILE_LIMIT.

    Raises:
        SvcgenError: it is closed, or cannot be read.
    """
    try:
        return _rest(0)
    except OSError as error:
        raise SvcgenError(f"cannot read -: {_why(error).removeprefix('cannot read: ')}") from None


def read_input(data: bytes, wanted: re.Pattern[bytes]) -> tuple[list[Document], list[NotJudged]]:
    """The documents of standard input, called `-`, and what of it cannot be judged."""
    found, failed = read(data, "-", wanted)
    if not found and not failed and b"\0" in data:
        failed = [NotJudged(Location("-"), _BINARY)]
    return found, failed


def drain(path: str) -> bytes:
    """The bytes of a pipe or a device that somebody named, such as `<(helm template .)`: at most FILE_LIMIT.

    Raises:
        OSError: unreadable, or too large (EFBIG).
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _rest(descriptor)
    finally:
        os.close(descriptor)


def _rest(descriptor: int) -> bytes:
    parts, size = [], 0
    while data := os.read(descriptor, 1 << 20):
        parts.append(data)
        size += len(data)
        # a file may grow while it is read, and a device may have no end
        if size > FILE_LIMIT:
            raise OSError(errno.EFBIG, "too large")
    return b"".join(parts)


def walk(root: str, not_judged: list[NotJudged], shown: str = "") -> Iterator[Folder]:
    """The folders below a folder with their manifest files, in an order of its own, as .gitignore has it.

    A link is followed when it leads out of the tree (else its target is met anyway), each target once.
    What cannot be listed is added to `not_judged`. A file is its own tree, of which only the path counts.
    """
    if not os.path.isdir(root):
        parent = os.path.dirname(root)
        piped = os.path.exists(root) and not os.path.isfile(root)
        yield Folder(parent, os.path.join(parent, ""), (os.path.basename(root),), piped)
        return
    links = _Links(root)
    stack = [_Below(root, "", (), "")]
    while stack:
        folder = stack.pop()
        if folder.real and not links.first(folder.real):
            continue
        try:
            with os.scandir(folder.path) as listing:
                entries = sorted(listing, key=_name)
        except OSError as error:
            not_judged.append(NotJudged(Location(os.path.join(shown, folder.inside) or "."), _why(error)))
            continue
        ignored = folder.ignored
        if any(entry.name == ".gitignore" for entry in entries):
            ignored = (*ignored, _Ignored(folder, shown, not_judged))
        names, folders = _listed(folder, entries, ignored, links)
        if names:
            yield Folder(folder.path, folder.inside, tuple(names))
        stack += reversed(folders)


class _Below(NamedTuple):
    """A folder to be listed: where it is, its path inside with `/`, and its real path where a link led there."""

    path: str
    inside: str
    ignored: tuple[_Ignored, ...]
    real: str


def _listed(
    folder: _Below, entries: Sequence[os.DirEntry[str]], ignored: tuple[_Ignored, ...], links: _Links
) -> tuple[list[str], list[_Below]]:
    """The manifests of a folder, and its folders."""
    names, folders = [], []
    inside, above = folder.inside, folder.real
    for entry in entries:
        name = entry.name
        manifest = name.endswith(SUFFIXES) or name == "Kustomization"
        if entry.is_symlink():
            kind, real = links.follow(entry)
        else:
            kind, real = _kind(entry, manifest=manifest), os.path.join(above, name) if above else ""
        if kind == "other" or (kind == "folder" and name in _SKIPPED):
            continue
        if ignored and _is_ignored(ignored, inside + name, folder=kind == "folder"):
            continue
        if kind == "folder":
            folders.append(_Below(entry.path, f"{inside}{name}/", ignored, real))
        elif manifest and (not real or links.first(real)):
            names.append(name)
    return names, folders


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _kind(entry: os.DirEntry[str], *, manifest: bool) -> str:
    if not manifest:
        return "folder" if entry.is_dir(follow_symlinks=False) else "other"
    return "folder" if entry.is_dir() else "file" if entry.is_file() else "other"


class _Links:
    """Where links lead to outside of a tree. What is inside is met anyway."""

    def __init__(self, root: str) -> None:
        self._root = os.path.join(os.path.realpath(root), "")
        self._seen: set[str] = set()

    def first(self, real: str) -> bool:
        """Whether a file or folder outside is met for the first time."""
        if real in self._seen:
            return False
        self._seen.add(real)
        return True

    def follow(self, link: os.DirEntry[str]) -> tuple[str, str]:
        """The kind of a link's target, `other` for what is not to be looked at, and its real path."""
        try:
            target = os.path.realpath(link.path)
        except OSError:
            return "other", ""
        below = os.path.join(target, "")
        if below.startswith(self._root) or self._root.startswith(below):
            return "other", ""
        return "folder" if os.path.isdir(target) else "file" if os.path.isfile(target) else "other", target


class _Ignored:
    """One .gitignore, read when the first name is held against it."""

    def __init__(self, folder: _Below, shown: str, not_judged: list[NotJudged]) -> None:
        self._folder, self._path = folder.inside, os.path.join(folder.path, ".gitignore")
        self._shown, self._not_judged = os.path.join(shown, folder.inside, ".gitignore"), not_judged
        self._spec: GitIgnoreSpec | None = None

    def verdict(self, path: str) -> bool | None:
        if self._spec is None:
            self._spec = self._read()
        return self._spec.check_file(path[len(self._folder) :]).include

    def _read(self) -> GitIgnoreSpec:
        from pathspec import GitIgnoreSpec

        try:
            lines = slurp(self._path).decode("utf-8", "replace").splitlines()
        except OSError as error:
            self._not_judged.append(NotJudged(Location(self._shown), _why(error)))
            lines = []
        for number, line in enumerate(lines):
            if _is_slow(line):
                place = Location(self._shown, number + 1)
                self._not_judged.append(NotJudged(place, "a pattern of that many stars could take hours: passed over"))
                lines[number] = ""
        try:
            return GitIgnoreSpec.from_lines(lines)
        except (ValueError, re.error):
            # some line is no pattern; git passes over such lines
            return GitIgnoreSpec.from_lines(filter(_is_pattern, lines))


def _is_slow(line: str) -> bool:
    """Patterns are matched by trial: each star in one name multiplies the time by the name's length."""
    if line.count("*") < 4 or line[0] == "#":
        return False
    return line.count("**") > 4 or any(name.replace("**", "").rstrip("*").count("*") > 3 for name in line.split("/"))


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True


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
