"""What lies near to a file. Of things of one name in many folders, those that are meant lie nearest."""

from __future__ import annotations

import os
from bisect import bisect_left
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

T = TypeVar("T")
K = TypeVar("K", bound="Hashable")

# Of more folders, or of more files in a folder, only those about the asking file are looked at.
CROWD = 100


def folder_of(path: str) -> str:
    """The folder of a path as shown; empty for the one that paths are relative to."""
    return path.rpartition(os.sep)[0]


def distance(one: str, other: str) -> int:
    """How many folders lie between two files: 0 for one file, 1 for one folder."""
    if one == other:
        return 0
    first, second = one.split(os.sep)[:-1], other.split(os.sep)[:-1]
    common = 0
    while common < min(len(first), len(second)) and first[common] == second[common]:
        common += 1
    return 1 + len(first) + len(second) - 2 * common


class Nearby(Generic[T]):
    """Things of one name or label by folder and file, so that what is near to a file is found without asking all."""

    __slots__ = ("_by_folder", "_sorted", "_things")

    def __init__(self) -> None:
        # most names and labels are never asked for, or are those of one thing
        self._things: list[tuple[str, T]] = []
        self._by_folder: dict[str, dict[str, list[T]]] | None = None
        self._sorted: list[str] | None = None

    def add(self, path: str, thing: T) -> None:
        """Takes in one that stands in a file."""
        self._things.append((path, thing))
        self._by_folder = self._sorted = None

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._things)

    @property
    def _folders(self) -> dict[str, dict[str, list[T]]]:
        if self._by_folder is None:
            self._by_folder = {}
            for path, thing in self._things:
                self._by_folder.setdefault(folder_of(path), {}).setdefault(path, []).append(thing)
        return self._by_folder

    def inside(self, folder: str) -> list[T]:
        """All of a folder."""
        if len(self._things) == 1:
            ((path, thing),) = self._things
            return [thing] if folder_of(path) == folder else []
        return [thing for things in self._folders.get(folder, {}).values() for thing in things]

    def below(self, start: str) -> Iterator[T]:
        """Those of all folders whose paths start so, folder by folder."""
        for folder in self._folders if len(self._things) > 1 else map(folder_of, dict(self._things)):
            if folder.startswith(start):
                yield from self.inside(folder)

    def beside(self, path: str) -> list[T]:
        """Those of the same folder; of the same file where the folder holds a crowd."""
        return self._of_folder(folder_of(path), path)

    def near(self, path: str) -> list[T]:
        """All; of a crowd those below the folder above, and in a crowded folder those of the same file."""
        if len(self._things) == 1:
            return [thing for _, thing in self._things]
        found = [thing for folder in self._about(path) for thing in self._of_folder(folder, path)]
        return found if len(found) <= CROWD else self.beside(path)[:CROWD] or found[:CROWD]

    def nearest(self, path: str) -> list[T]:
        """Those of the same file, else of the same folder, else of the nearest folders."""
        if len(self._things) == 1:
            return [thing for _, thing in self._things]
        files = self._folders.get(folder_of(path))
        if files:
            return files.get(path) or self.beside(path)
        away = {folder: distance(path, os.path.join(folder, "-")) for folder in self._about(path)}
        least = min(away.values(), default=0)
        return [thing for folder in away if away[folder] == least for thing in self._of_folder(folder, path)]

    def _about(self, path: str) -> list[str]:
        """The folders to look at: all; of a crowd those below the folder above."""
        if len(self._folders) <= CROWD:
            return list(self._folders)
        if self._sorted is None:
            self._sorted = sorted(self._folders)
        folder = folder_of(path)
        above = folder_of(folder) or folder
        start = bisect_left(self._sorted, above + os.sep)
        below = (name for name in self._sorted[start : start + CROWD] if name.startswith(above + os.sep))
        return [name for name in dict.fromkeys((folder, above, *below)) if name in self._folders]

    def _of_folder(self, folder: str, path: str) -> list[T]:
        files = self._folders.get(folder, {})
        return files.get(path, []) if len(files) > CROWD else self.inside(folder)


def named(found: dict[K, Nearby[T]], key: K) -> Nearby[T]:
    """The things of one name, an empty collection where there are none so far."""
    nearby = found.get(key)
    if nearby is None:
        nearby = found[key] = Nearby()
    return nearby
