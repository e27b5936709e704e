"""The objects of a project as they were at a commit: for the fields that nobody can change once an object is there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from scaffold import git
from scaffold.errors import SvcgenError
from scaffold.kinds import CHECKED
from scaffold.model import Location, NotJudged
from scaffold.nodes import Unreadable
from scaffold.parsing import read
from scaffold.sources.walk import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scaffold.documents import Document

_FLAG = Location("--against")
_WITHOUT = "leave --against out"
# so many old files are read together
_TOGETHER = 200
_FETCH = "is it fetched? git fetch origin main, then --against origin/main; actions/checkout needs fetch-depth: 0"

# path inside the project, kind, namespace, name
_Key = tuple[str, str, str, str]


class _Change(NamedTuple):
    """A file that is not as it was at the commit: its path inside the project, its old blob, and whether it is gone."""

    path: str
    blob: str
    gone: bool


class Earlier:
    """What the objects were, as far as their files have changed since."""

    def __init__(self, commit: str, inside: Callable[[str], str]) -> None:
        """Knows no object yet.

        Args:
            commit: as the user calls it.
            inside: path as shown -> path inside the project.
        """
        self.commit = commit
        self.not_judged: list[NotJudged] = []
        self._inside = inside
        self._objects: dict[_Key, Document] = {}
        self._moved: dict[tuple[str, str, str], Document | None] = {}
        self._there: frozenset[str] = frozenset()

    def of(self, document: Document) -> Document | None:
        """An object as it was, None where it is new or its file has not changed.

        It is sought in its own file; that of a new file in those that are gone, if only one of them has it.
        """
        if not self._objects:
            return None
        path = self._inside(document.path)
        found = self._objects.get((path, *document.ref.key))
        if found is None and self._moved and path not in self._there:
            found = self._moved.get(document.ref.key)
        return found

    def enter(self, change: _Change, document: Document) -> None:
        """Makes an old object known."""
        key = document.ref.key
        self._objects.setdefault((change.path, *key), document)
        if change.gone:
            self._moved[key] = None if key in self._moved else document

    def know(self, paths: frozenset[str]) -> None:
        """Makes the paths of all files known that were there."""
        self._there = paths


def read_earlier(root: str, commit: str, inside: Callable[[str], str]) -> Earlier:
    """The objects of a project as they were at a commit.

    Args:
        root: the project's folder, in a repository of git.
        commit: a branch, a tag or a commit, as for git.
        inside: path as shown -> path inside the project.

    Raises:
        SvcgenError: there is no git, no repository or no such commit.
    """
    found = _said(root, commit, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{commit}^{{commit}}")
    number = found.decode().strip()
    earlier = Earlier(commit, inside)
    changes = list(_changes(root, commit, number))
    for start in range(0, len(changes), _TOGETHER):
        _enter(root, earlier, changes[start : start + _TOGETHER])
    if any(change.gone for change in changes):
        listed = _said(root, commit, "ls-tree", "-r", "-z", "--name-only", number)
        earlier.know(frozenset(map(os.fsdecode, listed.split(b"\0"))))
    return earlier


def _changes(root: str, commit: str, number: str) -> Iterator[_Change]:
    """The manifests that have changed since, or are gone; links are none."""
    words = ["diff", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff"]
    words += ["--ignore-submodules=all", "--relative", number, "--", "."]
    fields = _said(root, commit, *words).split(b"\0")
    for head, name in zip(fields[::2], fields[1::2], strict=False):
        mode, _, blob, _, status = head.decode().lstrip(":").split()
        if status != "A" and mode.startswith("100") and name.endswith(tuple(map(os.fsencode, SUFFIXES))):
            yield _Change(os.fsdecode(name), blob, status == "D")


def _enter(root: str, earlier: Earlier, changes: Sequence[_Change]) -> None:
    for change, data in zip(changes, git.contents([change.blob for change in changes], root), strict=True):
        where = f"{earlier.commit}:{change.path}"
        if data is None:
            earlier.not_judged.append(NotJudged(Location(where), "git cannot read it"))
            continue
        documents, failed = read(data, where, CHECKED)
        # who is gone is missed by nobody
        earlier.not_judged += [] if change.gone else failed
        for document in documents:
            try:
                _ = document.data
                earlier.enter(change, document)
            except Unreadable as problem:
                earlier.not_judged.append(problem.at(where, document.line))


def _said(root: str, commit: str, *words: str) -> bytes:
    try:
        done = git.run(["-c", "core.fsmonitor=false", *words], root, instead=_WITHOUT)
    except SvcgenError as error:
        raise SvcgenError(error.message, _FLAG, error.hint) from None
    if done.returncode == 0:
        return done.stdout
    found = git.run(["rev-parse", "--git-dir"], root)
    if b"dubious ownership" in found.stderr:
        # as in a container whose user is not the one that has checked it out; git says the mend
        told = found.stderr.decode("utf-8", "replace").splitlines()
        hint = next((line.strip() for line in told if "safe.directory" in line), "")
        raise SvcgenError(f"git does not read {root}: it belongs to another user", _FLAG, hint)
    if found.returncode != 0:
        raise SvcgenError(f"{root} lies in no repository of git", _FLAG, _WITHOUT)
    if words[0] == "rev-parse":
        raise SvcgenError(f"git knows no commit {commit!r}", _FLAG, _FETCH)
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    raise SvcgenError(f"git {words[0]} failed: {said[-1] if said else 'no word'}", _FLAG)
