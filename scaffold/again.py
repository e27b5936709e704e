"""What was read again last: of a large tree documents are forgotten, and several rules ask for one of them in turn."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from scaffold.cut import split
from scaffold.kinds import CHECKED
from scaffold.nodes import compose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_AWAKE = 256


class _Latest:
    """The file that was read again last, and the nodes of one text: thousands of objects may ask for theirs in turn."""

    _source: tuple[Callable[[str], bytes] | None, str] = (None, "")
    _chunks: Mapping[int, bytes] = {}
    _composed: bytes | None = None
    _nodes: Sequence[Any] = ()

    def chunks_of(self, reload: Callable[[str], bytes], path: str) -> Mapping[int, bytes]:
        """The documents of a file by the lines before them."""
        if self._source != (reload, path):
            self._source, self._chunks = (reload, path), dict(split(reload(path), CHECKED))
        return self._chunks

    def nodes(self, chunk: bytes) -> Sequence[Any]:
        """The root nodes of a text."""
        # objects that were forgotten have a copy of the text that the others still hold
        if self._composed != chunk:
            self._nodes = [node for node, _ in compose(chunk)]
            self._composed = chunk
        return self._nodes


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
