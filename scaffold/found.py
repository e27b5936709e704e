"""What rules have found, by file: in the end all of it is told file by file.

In a large tree every second file may have a finding, so there they are laid down on the shelf until then.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any, Protocol

from scaffold.model import Finding, Location, ObjectRef
from scaffold.nearby import folder_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from scaffold.shelf import Shelf

# so many places a finding names at most
_MANY = 50


def packed(findings: Iterable[Finding]) -> bytes:
    """Findings as bytes, in half of the time that pickle takes."""
    return marshal.dumps(
        [
            (
                one.message,
                tuple(one.location),
                one.rule,
                one.effect,
                one.object and tuple(one.object),
                one.field,
                one.hint,
                [tuple(place) for place in one.related],
                one.text,
                one.template,
            )
            for one in findings
        ]
    )


def _unpacked(data: bytes) -> list[Finding]:
    packed_ones = marshal.loads(data)  # noqa: S302 - ours
    return [
        Finding(
            message,
            Location(*location),
            rule,
            effect,
            ObjectRef(*owner) if owner else None,
            field,
            hint,
            tuple([Location(*place) for place in related]),
            text,
            template,
        )
        for message, location, rule, effect, owner, field, hint, related, text, template in packed_ones
    ]


class Found:
    """Findings as they come in."""

    def __init__(self) -> None:
        """Holds none."""
        self._by_file: dict[str, list[Finding]] = {}
        self._shelved: dict[str, list[int | bytes]] = {}
        self._shelf: Shelf | None = None

    def add(self, path: str, findings: Sequence[Finding] | bytes, shelf: Shelf | None) -> None:
        """Takes in what was found in a document of a file.

        Args:
            path: the file.
            findings: as they are, or what `packed` has made of them, which goes on the shelf.
            shelf: where there is one.
        """
        if isinstance(findings, bytes):
            self._shelf = shelf
            self._shelved.setdefault(path, []).append(shelf.put(findings) if shelf else findings)
        else:
            self._by_file.setdefault(path, []).extend(findings)

    @property
    def files(self) -> set[str]:
        """The files with findings."""
        return {*self._by_file, *self._shelved}

    def of(self, path: str) -> list[Finding]:
        """The findings of a file, in no order."""
        found = self._by_file.get(path, [])
        if self._shelf and path in self._shelved:
            found = found.copy()
            for place in self._shelved[path]:
                found += _unpacked(self._shelf.get(place))
        return found


class Aside(Protocol):
    """What somebody set aside."""

    def concerns(self, path: str) -> bool:
        """Whether any finding of a file may be set aside."""

    def leaves(self, finding: Finding) -> bool:
        """Whether nobody set a finding aside."""


class Told:
    """The findings that are told for others too: those of a group name each other, as the holders of a node port do.

    The first of a group is enough, in the order of their places. A clash within one folder is told each time.
    """

    def __init__(self) -> None:
        """Knows of none."""
        self._first: dict[object, Location] = {}

    def add(self, finding: Finding) -> None:
        """Takes in one that will be told, unless one before it is."""
        here, related = finding.location, finding.related
        if not _is_beside(here, related):
            group = _group(here, related)
            self._first[group] = min(here, self._first.get(group, here))

    def has(self, here: Location, related: Sequence[Location]) -> bool:
        """Whether one at or before that place tells the same."""
        first = self._first.get(_group(here, related)) if self._first else None
        return first is not None and first <= here and not _is_beside(here, related)


class Kept:
    """The findings that are told, by path, line, column and rule. Whoever goes through them has them made anew."""

    def __init__(
        self, found: Found, shared: Collection[str], aside: Aside | None = None, complaints: Iterable[Finding] = ()
    ) -> None:
        """Takes what is to be told.

        Args:
            found: what rules have found.
            shared: rules whose findings name all that are concerned, so that one of them is enough.
            aside: what of it is set aside.
            complaints: what is wrong with that.
        """
        self._found, self._shared, self._aside = found, shared, aside
        self._complaints: dict[str, list[Finding]] = {}
        for one in complaints:
            self._complaints.setdefault(one.location.where, []).append(one)

    def __iter__(self) -> Iterator[Finding]:
        return self._once(self._all())

    def _once(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Of each group of findings those that are to be told: only now, for somebody may have set the first aside."""
        told = Told()
        for one in findings:
            if one.rule in self._shared:
                if told.has(one.location, one.related):
                    continue
                told.add(one)
            yield one

    def _all(self) -> Iterator[Finding]:
        for path in sorted(self._found.files | self._complaints.keys()):
            found = self._found.of(path)
            if self._aside and self._aside.concerns(path):
                found = list(filter(self._aside.leaves, found))
            if path in self._complaints:
                found = [*found, *self._complaints[path]]
            yield from sorted(found, key=_order) if len(found) > 1 else found


def _order(finding: Finding) -> tuple[Any, ...]:
    return (finding.location, finding.rule, finding.field, finding.message)


def _group(here: Location, related: Sequence[Location]) -> object:
    """What findings have in common that name each other: of hundreds not all are named, but all name the first."""
    return frozenset((here, *related)) if len(related) < _MANY else related[0]


def _is_beside(here: Location, related: Sequence[Location]) -> bool:
    """Whether one that comes before a place is in the same folder."""
    folder = folder_of(here.where)
    return any(one < here and folder_of(one.where) == folder for one in related)
