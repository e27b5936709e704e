"""What lies near to a file. Of things of one name in many folders, those that are meant lie nearest."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence


class Placed(Protocol):
    """What stands in a file."""

    @property
    def path(self) -> str:
        """The file, as it is shown."""


T = TypeVar("T", bound=Placed)
K = TypeVar("K", bound="Hashable")

# Of more folders, or of more files in a folder, only those about the asking file are looked at.
CROWD = 100
# of so few each is looked at
_FEW = 4
# the least and the greatest letter: no path holds them
_FIRST, _LAST = "\0", "\U0010ffff"


def on_disk(name: str) -> str:
    """A name that stands in a file, in UTF-8, as that name is read from the disk in a locale of another encoding."""
    return name if name.isascii() else os.fsdecode(name.encode("utf-8", "surrogateescape"))


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
    """Documents of one name or label, so that those near to a file are found without asking all."""

    __slots__ = ("_crowds", "_documents", "_folders", "_order")

    def __init__(self, documents: Iterable[T] = ()) -> None:
        self._documents: list[T] = list(documents)
        # most names and labels are never asked for
        self._order: array[int] | None = None
        self._folders: list[str] | None = None
        self._crowds: dict[str, bool] | None = None

    def add(self, document: T) -> None:
        """Takes in one more."""
        self._documents.append(document)
        self._order = self._folders = self._crowds = None

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._documents)

    def __iter__(self) -> Iterator[T]:
        return iter(self._documents)

    def inside(self, folder: str) -> list[T]:
        """All of a folder."""
        return self._between((folder,), (folder + _FIRST,))

    def below(self, start: str) -> list[T]:
        """Those of all folders whose paths start so."""
        return self._between((start,), (start + _LAST,)) if start else self._documents

    def beside(self, path: str) -> list[T]:
        """Those of the same folder; of the same file where the folder holds a crowd."""
        return self._of_folder(folder_of(path), path)

    def near(self, path: str) -> list[T]:
        """All; of a crowd those below the folder above, and in a crowded folder those of the same file."""
        if len(self._documents) == 1:
            return self._documents
        found = [document for folder in self._about(path) for document in self._of_folder(folder, path)]
        return found if len(found) <= CROWD else self.beside(path)[:CROWD] or found[:CROWD]

    def nearest(self, path: str) -> list[T]:
        """Those of the same file, else of the same folder, else of the nearest folders."""
        if len(self._documents) == 1:
            return self._documents
        folder = folder_of(path)
        if self._holds(folder):
            return self._of_file(folder, path) or self._of_folder(folder, path)
        away = {one: distance(path, os.path.join(one, "-")) for one in self._about(path)}
        least = min(away.values(), default=0)
        return [document for one in away if away[one] == least for document in self._of_folder(one, path)]

    def _place(self, number: int) -> tuple[str, str]:
        path = self._documents[number].path
        return folder_of(path), path

    def _range(self, start: tuple[str, ...], end: tuple[str, ...]) -> array[int]:
        """The numbers of those in some folders or files, file by file: a quarter of the room that mappings take."""
        if self._order is None:
            self._order = array("L", sorted(range(len(self._documents)), key=self._place))
        first = bisect_left(self._order, start, key=self._place)
        return self._order[first : bisect_left(self._order, end, first, key=self._place)]

    def _between(self, start: tuple[str, ...], end: tuple[str, ...]) -> list[T]:
        """Those of some folders or files, in the order of reading."""
        if len(self._documents) <= _FEW:
            return [one for number, one in enumerate(self._documents) if start <= self._place(number) < end]
        return [self._documents[one] for one in sorted(self._range(start, end))]

    def _of_file(self, folder: str, path: str) -> list[T]:
        return self._between((folder, path), (folder, path + _FIRST))

    def _holds(self, folder: str) -> bool:
        return self._next((folder,)) == folder

    def _next(self, start: tuple[str, ...]) -> str | None:
        """The first folder that comes so late."""
        if self._order is None:
            self._range(start, start)
        order = self._order or ()
        at = bisect_left(order, start, key=self._place)
        return self._place(order[at])[0] if at < len(order) else None

    def _about(self, path: str) -> Sequence[str]:
        """The folders to look at: all; of a crowd those below the folder above."""
        if self._folders is None:
            self._folders = list(dict.fromkeys(folder_of(document.path) for document in self._documents))
        if len(self._folders) <= CROWD:
            return self._folders
        folder = folder_of(path)
        above = folder_of(folder) or folder
        found = [one for one in dict.fromkeys((folder, above)) if self._holds(one)]
        below = above + os.sep
        one = self._next((below,))
        for _ in range(CROWD):
            if one is None or not one.startswith(below):
                break
            found += [one] if one != folder else []
            one = self._next((one + _FIRST,))
        return found

    def _of_folder(self, folder: str, path: str) -> list[T]:
        inside = self._range((folder,), (folder + _FIRST,))
        if len(inside) > CROWD:
            self._crowds = self._crowds or {}
            if folder not in self._crowds:
                self._crowds[folder] = len({self._documents[one].path for one in inside}) > CROWD
            if self._crowds[folder]:
                return self._of_file(folder, path)
        return [self._documents[one] for one in sorted(inside)]


class Named(Generic[K, T]):
    """Documents by name or by label: most have one of their own, which then takes no list."""

    def __init__(self) -> None:
        self._found: dict[K, T | Nearby[T]] = {}

    def add(self, key: K, document: T) -> None:
        """Takes in one more."""
        before = self._found.setdefault(key, document)
        if isinstance(before, Nearby):
            before.add(document)
        elif before is not document:
            self._found[key] = Nearby((before, document))

    def get(self, key: K) -> Nearby[T]:
        """Those of one name."""
        found = self._found.get(key)
        if isinstance(found, Nearby):
            return found
        return Nearby((found,) if found else ())
