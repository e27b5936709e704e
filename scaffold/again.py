"""What is read again: of a large tree documents are forgotten, and several rules ask for one of them in turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from zlib import crc32

from scaffold.lists import alone
from scaffold.nodes import compose

if TYPE_CHECKING:
    from collections.abc import Sequence

_AWAKE = 256
_KEPT = 1 << 20


class Reload(Hashable, Protocol):
    """What reads a file again."""

    def __call__(self, path: str, start: int = 0, size: int | None = None, /) -> bytes:
        """The bytes of a file from `start` on, as many as `size`; all of them where that is None."""


class Origin(NamedTuple):
    """Where a text lies in a file.

    Attributes:
        reload: reads the file again; None for what comes through a pipe.
        start: the bytes before it.
        size: its own; None for all there are.
        check: their CRC, which tells whether the file has changed; nothing where the text is all of it.
        is_item: whether it is an item of a List.
        column: the characters before it in its first line.
        dash: where in it the dash of an item stands; -1 where it has none.
    """

    reload: Reload | None
    start: int = 0
    size: int | None = None
    check: int = 0
    is_item: bool = False
    column: int = 0
    dash: int = -1

    def again(self, path: str) -> bytes | None:
        """The text as it was, from the file of this path; None where that has changed, or cannot be read again."""
        if self.reload is None:
            return None
        written = self.reload(path, self.start, self.size)
        if self.size is not None and crc32(written) != self.check:
            return None
        return alone(written, self.dash)


@lru_cache(16)
def all_of(reload: Reload) -> Origin:
    """The origin of each text that is all of its file: one for a whole tree."""
    return Origin(reload)


def some_of(reload: Reload | None, start: int, written: bytes) -> Origin:
    """The origin of bytes that stand in a file behind so many others."""
    return Origin(reload, start, len(written), crc32(written))


def nodes_of(chunk: bytes) -> list[Any]:
    """The root nodes of a text.

    Raises:
        Unreadable: as `nodes.compose`.
    """
    return [node for node, _ in compose(chunk)]


class _Latest:
    """Texts that were read again, and their nodes: thousands of objects that cannot be read alone may ask for them."""

    def __init__(self) -> None:
        self._texts, self._nodes = _Kept(), _Kept()

    def text(self, origin: Origin, path: str) -> bytes | None:
        """A text as `Origin.again` finds it."""
        known: bytes | None = self._texts.get((origin, path))
        if known is None and (known := origin.again(path)) is not None:
            self._texts.put((origin, path), known, len(known))
        return known

    def nodes(self, chunk: bytes) -> Sequence[Any]:
        """The root nodes of a text, as `nodes_of` finds them."""
        known: Sequence[Any] | None = self._nodes.get(chunk)
        if known is None:
            # nodes take a hundred times the room of their text, so those of others go before they are made
            self._nodes.make_room(len(chunk))
            known = nodes_of(chunk)
            self._nodes.put(chunk, known, len(chunk))
        return known


class _Kept:
    """What was made of the texts that were asked for last: of _KEPT bytes of them, or of one larger text."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[Any, int]] = {}
        self._size = 0

    def get(self, key: Hashable) -> Any:  # noqa: ANN401
        known = self._known.get(key)
        return known[0] if known else None

    def make_room(self, size: int) -> None:
        while self._known and self._size + size > _KEPT:
            self._size -= self._known.pop(next(iter(self._known)))[1]

    def put(self, key: Hashable, value: Any, size: int) -> None:  # noqa: ANN401
        self.make_room(size)
        self._known[key] = value, size
        self._size += size


LATEST = _Latest()


class _Waking(Protocol):
    def rest(self) -> None:
        """Drops what was read again."""


# others want to know the same of them, and then something else
_awake: deque[_Waking] = deque()


def wake(document: _Waking) -> None:
    """Takes in a document that is read again, and lays the one to rest that has been here longest."""
    if len(_awake) >= _AWAKE:
        _awake.popleft().rest()
    _awake.append(document)
