"""What holds many objects cut into them, so that each is read, forgotten and found again for itself.

A List of thousands of objects is one document, and so is JSON whose objects stand one behind another. To read all of
it again for each of its objects would take the square of its size.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from scaffold import blocks
from scaffold.json_text import beyond, content, entries

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIST = re.compile(rb"""kind["']?:[ \t]*["']?[A-Za-z]*List\b""")
_ITEMS = re.compile(rb"^items:[ \t]*(?:#[^\n]*)?\r?\n", re.MULTILINE)
_FIRST = re.compile(rb"(?:[ \t]*+(?:#[^\n]*+)?\r?\n)*+( *)-(?=[ \r\n])")
# what may be said of all objects at once: by ytt and other templates, by helm and by `svcgen:ignore`
_OF_ALL = re.compile(rb"#[@{]")
_AHEAD_OF_ALL = re.compile(rb"# Source: |svcgen:")


class Part(NamedTuple):
    """The bytes of an object as they stand in its document, and what is ahead of them.

    Attributes:
        start: the bytes before it.
        line: the lines before it.
        column: the characters before it in its first line, where that holds others too.
        dash: where in it the dash stands that makes it an item; -1 where it has none.
        written: the bytes.
    """

    start: int
    line: int
    column: int
    dash: int
    written: bytes

    @property
    def text(self) -> bytes:
        """The object as a document of its own, every character in its column."""
        return alone(self.written, self.dash)


class Parts(NamedTuple):
    """The objects of a document by their index, and whether a List holds them."""

    of: tuple[tuple[int, Part], ...]
    is_list: bool


def alone(written: bytes, dash: int) -> bytes:
    """An item of a List as a document of its own: a blank stands where its dash was."""
    return written if dash < 0 else b"%b %b" % (written[:dash], written[dash + 1 :])


def parts(chunk: bytes) -> Parts | None:
    """The objects that one document holds.

    Each is sure to be what the whole says if all of them can be read: what a cut goes through, a text in quotes or a
    collection in brackets, ends in neither of its halves.

    Args:
        chunk: a document, as `cut.split` cuts it out.

    Returns:
        The objects of a List, and JSON objects that stand one behind another; None for any other document, and for one
        that says something of all of them together.
    """
    if chunk.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _in_json(chunk)
    if b"List" not in chunk or not _LIST.search(chunk) or _OF_ALL.search(chunk):
        return None
    # a line break that is none for others would change the numbers of lines
    if chunk.count(b"\r") != chunk.count(b"\r\n"):
        return None
    return _in_lines(chunk)


# --- YAML -------------------------------------------------------------------------------------------------------------


def _in_lines(chunk: bytes) -> Parts | None:
    """The objects below `items:` that each begin behind a dash of their own line."""
    items = _ITEMS.search(chunk)
    first = _FIRST.match(chunk, items.end()) if items else None
    if items is None or first is None:
        return None
    level = len(first[1])
    end = _end(chunk, first.end(), level)
    dashes = re.compile(rb"^ {%d}-(?=[ \r\n])" % level, re.MULTILINE)
    places = [found.end() - 1 for found in dashes.finditer(chunk, items.end(), end)]
    starts = [_with_comments(chunk, place - level, level, items.end()) for place in places]
    around = chunk[: starts[0]] + chunk[end:]
    told = blocks.values(around, braces=True)
    if not told or not str(told.get("kind")).endswith("List") or told.get("items", "") is not None:
        return None
    if _AHEAD_OF_ALL.search(around):
        return None
    return Parts(tuple(enumerate(_cut_at(chunk, [*starts, end], places))), is_list=True)


def _end(chunk: bytes, start: int, level: int) -> int:
    """Where the list ends: at a line that is less indented, or equally so and no item."""
    less = rb" {0,%d}[^ #\r\n]|" % (level - 1) if level else b""
    found = re.compile(rb"^(?:%b {%d}[^- #\r\n])" % (less, level), re.MULTILINE).search(chunk, start)
    return found.start() if found else len(chunk)


def _with_comments(chunk: bytes, start: int, level: int, least: int) -> int:
    """Where the comments begin that stand right above a line: they speak of what follows.

    No text of several lines holds them, for its lines are more indented than the dash.
    """
    while start > least:
        before = chunk.rfind(b"\n", 0, start - 1) + 1
        line = chunk[before:start].lstrip(b" ")
        if line[:1] != b"#" or start - before - len(line) > level:
            break
        start = before
    return max(start, least)


def _cut_at(chunk: bytes, starts: list[int], dashes: list[int]) -> Iterator[Part]:
    line = chunk.count(b"\n", 0, starts[0])
    for start, end, dash in zip(starts, starts[1:], dashes, strict=False):
        yield Part(start, line, 0, dash - start, chunk[start:end])
        line += chunk.count(b"\n", start, end)


# --- JSON -------------------------------------------------------------------------------------------------------------


def _in_json(chunk: bytes) -> Parts | None:
    try:
        text = chunk.decode()
        start = content(text, text.startswith("\ufeff"))
        # that it is well written is known then
        data, end = beyond(text, start)
        is_list = content(text, end) == len(text)
        if is_list and not (str(data.get("kind")).endswith("List") and isinstance(data.get("items"), list)):
            return None
        # it takes ten times the room of the text
        del data
        spans = [*(_items(text, start) if is_list else _one_by_one(text, start))]
    except (ValueError, RecursionError):
        return None
    cut = zip([index for index, _, _ in spans], _cut_out(text, spans), strict=True)
    return Parts(tuple(cut), is_list)


def _items(text: str, at: int) -> Iterator[tuple[int, int, int]]:
    """Index, start and end of each object in the List that starts at a place.

    Raises:
        ValueError: a key stands there twice, so that it depends on the reader which of them counts.
    """
    starts = [(key, start) for key, start, _ in entries(text, at)]
    if len(dict(starts)) < len(starts):
        raise ValueError
    yield from (one for one in entries(text, dict(starts)["items"]) if text[one[1]] == "{")


def _one_by_one(text: str, at: int) -> Iterator[tuple[int, int, int]]:
    """The same of objects that stand one behind another.

    Raises:
        ValueError: something else stands there.
    """
    index = 0
    while at < len(text):
        if text[at] != "{":
            raise ValueError(text[at])
        _, end = beyond(text, at)
        yield index, at, end
        at, index = content(text, end), index + 1


def _cut_out(text: str, spans: list[tuple[int, int, int]]) -> Iterator[Part]:
    at = begins = line = size = 0
    for _, start, end in spans:
        size += len(text[at:start].encode())
        breaks = text.count("\n", at, start)
        line += breaks
        # the line may be as long as the text
        begins = text.rfind("\n", at, start) + 1 if breaks else begins
        written = text[start:end].encode()
        yield Part(size, line, start - begins, -1, written)
        at = start
