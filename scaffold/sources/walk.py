"""Which manifests there are below a folder: links, .gitignore, and what cannot be listed."""

from __future__ import annotations

import os
import re
import stat
from codecs import BOM_UTF8
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.model import Location, NotJudged
from scaffold.sources.files import slurp, why

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pathspec import GitIgnoreSpec

SUFFIXES = (".yaml", ".yml", ".json")
# what version control and svcgen keep for themselves: packs and specs below .svcgen are no manifests
_SKIPPED = frozenset({".git", ".hg", ".svn", ".svcgen"})
_name = attrgetter("name")
# the letters of a pattern before the first that means something else, and after the last
_STARTS, _ENDS = re.compile(r"[^*?\[\\]*"), re.compile(r"[^*?\]\\]*\Z")
# Emacs marks a file that is being edited by a link to nothing
_LOCKED = ".#"


class Folder(NamedTuple):
    """The manifest files of one folder: where it is, its path inside the tree with `/` at the end, their names.

    A piped one is no file but a pipe or a device, which can be read once.
    """

    path: str
    inside: str
    names: tuple[str, ...]
    piped: bool = False

    @property
    def root(self) -> str:
        """Where the tree is that the folder lies in."""
        return self.path[: len(self.path) + 1 - len(self.inside)] if self.inside else self.path

    def named(self, name: str) -> Folder:
        """The same folder, called by a path from the current one, in a tree that begins there."""
        return self._replace(path=name, inside="" if name == "." else os.path.join(name, ""))

    def files(self) -> Iterator[tuple[str, str]]:
        """Of each of them where it is, and its path inside the tree."""
        before, inside = os.path.join(self.path, ""), self.inside
        for name in self.names:
            yield before + name, inside + name


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
            not_judged.append(NotJudged(Location(os.path.join(shown, folder.inside) or "."), why(error)))
            continue
        ignored = folder.ignored
        if ".gitignore" in map(_name, entries):
            ignored = (*ignored, _Ignored(folder, shown, not_judged))
        names, folders, odd = _listed(folder, entries, ignored, links)
        if odd:
            inside = os.path.join(shown, folder.inside)
            not_judged += [NotJudged(Location(inside + name), _what(folder, name)) for name in odd]
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
) -> tuple[list[str], list[_Below], list[str]]:
    """The manifests of a folder, its folders, and what is called as manifests are and is no file."""
    names, folders, odd = [], [], []
    inside, above = folder.inside, folder.real
    for entry in entries:
        name = entry.name
        manifest = (name.endswith(SUFFIXES) and not name.startswith(_LOCKED)) or name == "Kustomization"
        # nearly all are nothing but a manifest or a folder
        if not (ignored or above):
            if manifest and entry.is_file(follow_symlinks=False):
                names.append(name)
                continue
            if not manifest and entry.is_dir(follow_symlinks=False):
                if name not in _SKIPPED:
                    folders.append(_Below(entry.path, f"{inside}{name}/", ignored, ""))
                continue
        if entry.is_symlink():
            kind, real = links.follow(entry)
        else:
            kind, real = _kind(entry, manifest=manifest), os.path.join(above, name) if above else ""
        if kind == "inside" or (kind == "other" and not manifest) or (kind == "folder" and name in _SKIPPED):
            continue
        if ignored and _is_ignored(ignored, inside + name, folder=kind == "folder"):
            continue
        if kind == "other":
            odd.append(name)
        elif kind == "folder":
            folders.append(_Below(entry.path, f"{inside}{name}/", ignored, real))
        elif manifest and (not real or links.first(real)):
            names.append(name)
    return names, folders, odd


def _what(folder: _Below, name: str) -> str:
    """What stands where a manifest was expected. A pipe might never end, so none of these is opened."""
    try:
        mode = os.stat(os.path.join(folder.path, name)).st_mode
    except FileNotFoundError:
        return "a link to nothing"
    except OSError as error:
        return why(error)
    kinds = (
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((f"{word}, not a file" for is_kind, word in kinds if is_kind(mode)), "not a file")


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
        """The kind of a link's target, `inside` for what is met anyway, and its real path."""
        target = os.path.realpath(link.path)
        below = os.path.join(target, "")
        if os.path.exists(target) and (below.startswith(self._root) or self._root.startswith(below)):
            return "inside", ""
        return "folder" if os.path.isdir(target) else "file" if os.path.isfile(target) else "other", target


class _Ignored:
    """One .gitignore, read when the first name is held against it."""

    def __init__(self, folder: _Below, shown: str, not_judged: list[NotJudged]) -> None:
        self._folder, self._path = folder.inside, os.path.join(folder.path, ".gitignore")
        self._shown, self._not_judged = os.path.join(shown, folder.inside, ".gitignore"), not_judged
        self._spec: GitIgnoreSpec | None = None
        # lines that are passed over, and how a name begins and ends that one of them could mean
        self._slow: dict[int, tuple[str, str]] = {}

    def verdict(self, path: str, *, folder: bool) -> bool | None:
        """Whether a path is ignored; None where no line is about it. The last line that is about it decides."""
        if self._spec is None:
            self._spec = self._read()
        if self._slow:
            self._tell(path.rpartition("/")[2])
        inside = path[len(self._folder) :]
        for pattern in reversed(self._spec.patterns):
            if pattern.include is not None and _is_about(pattern, inside, folder=folder):
                return pattern.include
        return None

    def _read(self) -> GitIgnoreSpec:
        from pathspec import GitIgnoreSpec

        try:
            # as the names that are held against them are read
            lines = list(map(os.fsdecode, slurp(self._path).removeprefix(BOM_UTF8).splitlines()))
        except OSError as error:
            self._not_judged.append(NotJudged(Location(self._shown), why(error)))
            lines = []
        for number, line in enumerate(lines):
            if _is_slow(line):
                last = line.rstrip().rstrip("/").rpartition("/")[2].removeprefix("!")
                start, end = _STARTS.findall(last)[0], _ENDS.findall(last)[0]
                self._slow[number + 1] = start, end if start != last else ""
                lines[number] = ""
        try:
            return GitIgnoreSpec.from_lines(lines)
        except (ValueError, re.error):
            # some line is no pattern; git passes over such lines
            return GitIgnoreSpec.from_lines(filter(_is_pattern, lines))

    def _tell(self, name: str) -> None:
        """Says which lines were passed over, once there is a file or folder that they could mean."""
        for number, (start, end) in list(self._slow.items()):
            if len(name) >= len(start) + len(end) and name.startswith(start) and name.endswith(end):
                place = Location(self._shown, number)
                self._not_judged.append(NotJudged(place, "a pattern of that many stars could take hours: passed over"))
                del self._slow[number]


def _is_about(pattern: Any, path: str, *, folder: bool) -> bool:  # noqa: ANN401 - pathspec's
    """Whether a line is about a file or folder itself. What is inside of a folder is asked for by itself, as by git.

    pathspec's patterns mark the `/` behind a folder, and its own answer counts what lies below an ignored folder too:
    with `*` and `!/apps` it takes apps for ignored.
    """
    search = pattern.regex.search
    if (found := search(path)) and _mark(found) < 0:
        return True
    # of several marks the last is the folder's own
    return (
        folder
        and search(path + "/") is not None
        and any(_mark(one) == len(path) + 1 for one in pattern.regex.finditer(path + "/"))
    )


def _mark(found: re.Match[str]) -> int:
    """Where the `/` behind a folder ends; -1 where there is none."""
    return found.end("ps_d") if "ps_d" in found.re.groupindex else -1


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
        verdict = one.verdict(path, folder=folder)
        if verdict is not None:
            return verdict
    return False
