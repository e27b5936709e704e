"""JSON gone through without being taken in: where one value ends, and the next begins."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SPACE = re.compile("[ \t\r\n]*")


def beyond(text: str, at: int) -> tuple[Any, int]:
    """The value that starts at a place, its numbers as text, and where it ends.

    Raises:
        ValueError: none starts there.
        RecursionError: it is nested too deeply.
    """
    return _decoder()(text, at)


def content(text: str, at: int) -> int:
    """Where the first character stands that is no blank, from a place on; the text's length where there is none."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


def entries(text: str, at: int) -> Iterator[tuple[Any, int, int]]:
    """The key or the index of each value in an object or an array, where it starts and where it ends.

    Args:
        text: JSON that is well written.
        at: where the object or the array starts.
    """
    in_object, index = text[at] == "{", 0
    at = content(text, at + 1)
    while text[at] not in "}]":
        key: Any = index
        if in_object:
            key, at = beyond(text, at)
            at = content(text, content(text, at) + 1)
        _, end = beyond(text, at)
        yield key, at, end
        at, index = content(text, end), index + 1
        if text[at] == ",":
            at = content(text, at + 1)


@cache
def _decoder() -> Callable[[str, int], tuple[Any, int]]:
    from json import JSONDecoder

    # only the length of a number matters, and Python reads none of thousands of digits
    return JSONDecoder(parse_int=str, parse_float=str).raw_decode
