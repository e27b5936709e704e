"""Where a value stands in a manifest that `blocks.values` reads: found in its text, without reading it again."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from scaffold import blocks

# a line that is neither blank nor a comment
_CONTENT = re.compile(r"\n( *)(?=[^ #\n])")


class _Text(NamedTuple):
    """A text that was looked into, and the collections in it that were come by.

    Path -> the break before its first line, its indentation, whether it is a list.
    """

    chunk: bytes
    text: str | None
    known: dict[tuple[str | int, ...], tuple[int, int, bool]]


# the one that was looked into last: a document is mostly asked for several places
_latest: list[_Text] = [_Text(b"", None, {})]


def find(chunk: bytes, path: tuple[str | int, ...], data: Any = None) -> tuple[int, int] | None:  # noqa: ANN401
    """Where the value at a path starts.

    Args:
        chunk: a document that `blocks.values` reads.
        path: keys and indexes; where the path ends early, its last part that is there counts.
        data: what `blocks.values` made of it, if that is at hand: it tells faster how far the path goes.

    Returns:
        Lines before it and columns before it; None for a place that only libyaml knows.
    """
    if _latest[0].chunk is not chunk:
        text = blocks.text(chunk)
        _latest[0] = _Text(chunk, text, {(): (*_below(text, -1), False)} if text else {})
    _, text, known = _latest[0]
    if text is None:
        return None
    # from the nearest collection around it that was come by already; all of the document is one
    step = next(count for count in range(max(len(path) - 1, 0), -1, -1) if path[:count] in known)
    at, level, is_list = known[path[:step]]
    reach = len(path) if data is None else _reach(data, path)
    while step < reach and is_list is not isinstance(path[step], str):
        wanted = path[step]
        place = _key(text, at, level, wanted) if isinstance(wanted, str) else _item(text, at, level, wanted)
        if place < 0 or (data is None and place > at and _other(level, is_list).search(text, at + 1, place)):
            break
        step += 1
        inner, key, value, column = blocks.line(text[place + 1 : text.index("\n", place + 1)])
        below, deeper = _below(text, place) if value is blocks.BELOW else (-1, -1)
        listed = deeper >= level and text[below + 1 + deeper] == "-"
        if is_list and key is not None:
            # a mapping whose first key stands behind the dash
            at, level, is_list = place, inner, False
        elif deeper > level or listed:
            # a list may start below the first letter of its key
            at, level, is_list = below, deeper, listed
        else:
            # inside a one-line collection only libyaml knows the columns
            is_inside = isinstance(value, dict | list) and step < len(path)
            return None if is_inside else (text.count("\n", 0, place), column)
        known[path[:step]] = at, level, is_list
    return text.count("\n", 0, at), level


def _reach(data: Any, path: tuple[str | int, ...]) -> int:  # noqa: ANN401
    """How many parts of the path there are."""
    for step, wanted in enumerate(path):
        try:
            data = data[wanted]
        except (KeyError, IndexError, TypeError):
            return step
    return len(path)


def _below(text: str, at: int) -> tuple[int, int]:
    """The break before the next line with content, and that line's indentation; -1 where there is none."""
    found = _CONTENT.search(text, at + 1)
    return (found.start(), len(found[1])) if found else (-1, -1)


def _key(text: str, at: int, level: int, wanted: str) -> int:
    """The break before the line of a key of the mapping that starts there; -1 where nothing like it follows."""
    # the first key may stand behind a dash
    end = at + 1 + level + len(wanted)
    if text.startswith(wanted, at + 1 + level) and text[end] == ":" and text[end + 1] in " \n":
        return at
    sought = f"\n{' ' * level}{wanted}:"
    place = text.find(sought, at + 1)
    while place >= 0 and text[place + len(sought)] not in " \n":
        place = text.find(sought, place + 1)
    return place


def _item(text: str, at: int, level: int, wanted: int) -> int:
    """The break before the line of an item of the list that starts there; -1 where nothing like it follows."""
    sought = f"\n{' ' * level}-"
    for _ in range(wanted):
        at = text.find(sought, at + 1)
        if at < 0:
            break
    return at


@cache
def _other(level: int, is_list: bool) -> re.Pattern[str]:
    """A line that is less indented than a collection, or equally so and no item of a list."""
    less = rf" {{0,{level - 1}}}[^ #\n]" if level else "(?!)"
    return re.compile(rf"\n(?:{less}| {{{level}}}[^- #\n])" if is_list else rf"\n{less}")
