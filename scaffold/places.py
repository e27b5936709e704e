"""Where a value stands in a manifest that `blocks.values` reads: from the reading that was just done, else in its text.

Rules mostly ask while a document is being judged, and then `blocks` still has its lines. Later, for a relation or in
another process, they are found in the text: to read the document again would cost several times as much.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from scaffold import blocks
from scaffold.json_text import content, entries

if TYPE_CHECKING:
    from scaffold.blocks import Written

# a line that is neither blank nor a comment
_CONTENT = re.compile(r"\n( *)(?=[^ #\n])")


Path = tuple[str | int, ...]
Place = tuple[int, int]


class _Text:
    """A text that was looked into: the places that were asked for, and what was come by on the way.

    `known` are collections: path -> the break before its first line, its indentation, whether it is a list. `breaks`
    are the lines of places that were found: their number -> the break before.
    """

    __slots__ = ("asked", "breaks", "chunk", "known", "written")

    def __init__(self, chunk: bytes) -> None:
        self.chunk = chunk
        self.written = blocks.text(chunk) if chunk else ""
        self.asked: dict[Path, Place | None] = {}
        self.breaks: dict[int, int] = {}
        self.known: dict[Path, tuple[int, int, bool]] = {}
        if self.written.lstrip()[:1] != "{" and (first := _CONTENT.search(self.written)):
            self.known[()] = first.start(), first.end() - first.start() - 1, False

    def place(self, before: int, column: int) -> Place:
        """A place by the break before its line; the text of a block has one more in front."""
        number = self.written.count("\n", 0, before + 1) - bool(self.known)
        self.breaks[number] = before
        return number, column


# those that were looked into last, by the identity of the text: a document is mostly asked for several places
_latest: dict[int, _Text] = {}
_AT_HAND = 64


def find(chunk: bytes, path: Path, data: Any = None) -> Place | None:  # noqa: ANN401
    """Where the value at a path starts.

    Args:
        chunk: a document that `blocks.values` reads.
        path: keys and indexes; where the path ends early, its last part that is there counts.
        data: what `blocks.values` made of it, if that is at hand: it tells faster how far the path goes.

    Returns:
        Lines before it and columns before it; None for a place that only libyaml knows.
    """
    if (written := blocks.just_read(chunk)) and written.starts:
        return _in_lines(written, path)
    text = _latest.get(id(chunk))
    if text is None:
        if len(_latest) >= _AT_HAND:
            del _latest[next(iter(_latest))]
        text = _latest[id(chunk)] = _Text(chunk)
    if path not in text.asked:
        text.asked[path] = _find(text, path, data) if text.known else _find_in_json(text, path)
    return text.asked[path]


def line(chunk: bytes, number: int) -> str | None:
    """A line on which `find` just found something, by the lines before it; None where it was not just then."""
    if written := blocks.just_read(chunk):
        return written.lines[number] if 0 <= number < len(written.lines) else None
    text = _latest.get(id(chunk))
    before = text.breaks.get(number) if text else None
    if text is None or before is None:
        return None
    end = text.written.find("\n", before + 1)
    return text.written[before + 1 : end if end >= 0 else None]


def _in_lines(written: Written, path: Path) -> Place | None:
    """The same in a document that was just read, whose lines are still known."""
    starts = written.starts
    within: Any = written.data
    for step, wanted in enumerate(path, 1):
        try:
            value = within[wanted]
        except (KeyError, IndexError, TypeError):
            break
        if id(value) not in starts:
            # inside a one-line collection only libyaml knows the columns
            is_inside = step < len(path) and isinstance(value, dict | list)
            return None if is_inside else _entry(written, within, wanted)
        within = value
    return _start(written, within)


def _start(written: Written, within: Any) -> Place:  # noqa: ANN401
    """Where a collection starts: a list at its dashes, a mapping at its keys; the first may stand behind a dash."""
    number = written.starts[id(within)]
    indent, inner = written.read[number][:2]
    return number, indent if inner < 0 or isinstance(within, list) else inner


def _entry(written: Written, within: Any, wanted: str | int) -> Place:  # noqa: ANN401
    """Where the value of a key, or an item, starts that stands on the line of its key or dash."""
    at, level = _start(written, within)
    if isinstance(wanted, str):
        while True:
            indent, inner, key, _, column = written.read[at]
            if key == wanted and level == (inner if inner >= 0 else indent):
                return at, column
            at += 1
    while True:
        indent, inner, _, _, column = written.read[at]
        wanted -= inner >= 0 and indent == level
        if wanted < 0:
            return at, column
        at += 1


def _find_in_json(text: _Text, path: Path) -> Place:
    written = text.written
    at = content(written, 0)
    for wanted in path:
        inner = _inside(written, at, wanted)
        if inner < 0:
            break
        at = inner
    before = written.rfind("\n", 0, at)
    return text.place(before, at - before - 1)


def _inside(text: str, at: int, wanted: str | int) -> int:
    """Where a key's value or an item starts in the object or list that starts there; -1 where it has none."""
    if text[at] != ("{" if isinstance(wanted, str) else "["):
        return -1
    return next((start for key, start, _ in entries(text, at) if key == wanted), -1)


def _find(text: _Text, path: Path, data: Any) -> Place | None:  # noqa: ANN401
    written, known = text.written, text.known
    # from the nearest collection around it that was come by already; all of the document is one
    step = max(len(path) - 1, 0)
    while path[:step] not in known:
        step -= 1
    at, level, is_list = known[path[:step]]
    reach = len(path) if data is None else _reach(data, path)
    while step < reach and is_list is not isinstance(wanted := path[step], str):
        place = _key(written, at, level, wanted) if isinstance(wanted, str) else _item(written, at, level, wanted)
        if place < 0 or (data is None and place > at and _other(level, is_list).search(written, at + 1, place)):
            break
        step += 1
        column = level + 1 + (len(wanted) if isinstance(wanted, str) else 0)
        # behind a key there is mostly nothing else on its line
        if is_list or written[place + 1 + column] != "\n":
            inner, key, value, column = blocks.line(written[place + 1 : written.index("\n", place + 1)])
            if is_list and key is not None:
                # a mapping whose first key stands behind the dash
                known[path[:step]] = at, level, is_list = place, inner, False
                continue
            if value is not blocks.BELOW:
                # inside a one-line collection only libyaml knows the columns
                is_inside = step < len(path) and isinstance(value, dict | list)
                return None if is_inside else text.place(place, column)
        below = _CONTENT.search(written, place + 1)
        deeper = below.end() - below.start() - 1 if below else -1
        # a list may start below the first letter of its key
        if not below or deeper < level or (deeper == level and written[below.end()] != "-"):
            return text.place(place, column)
        known[path[:step]] = at, level, is_list = below.start(), deeper, written[below.end()] == "-"
    return text.place(at, level)


def _reach(data: Any, path: Path) -> int:  # noqa: ANN401
    """How many parts of the path there are."""
    for step, wanted in enumerate(path):
        try:
            data = data[wanted]
        except (KeyError, IndexError, TypeError):
            return step
    return len(path)


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
