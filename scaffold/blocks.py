"""Manifests as most people write them - block mappings and lists of one-line values, or JSON - without a node graph.

Reading values straight off the lines costs a fifth of libyaml's nodes, and lines repeat so much from manifest to
manifest that most are understood once. Whatever is written otherwise, or could be read in two ways, is left to
libyaml: `values` then answers None. What it does answer is the same, which tests hold on every manifest they know.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffold.nodes import Unreadable, compose, to_data
from scaffold.scalars import read_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Larger documents are rare, and finding a place in them line by line would be slow.
_LIMIT = 64 << 10
_DEEP = 100
_REMEMBERED = 1 << 15
# Characters that YAML refuses, or that end a line for some readers only.
_ODD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_LINE = re.compile(r"( *)(- +)?(?:([A-Za-z_][A-Za-z0-9_./-]*):(?: +|$))?(.*)")
_PLAIN = re.compile(r"(?!- |-$)[A-Za-z0-9/.+_$(=<~^-][^#:]*(?::[^\s#:][^#:]*)*")
_QUOTED = re.compile(r"""(?:"([^"\\]*)"|'([^']*)')""")
# one-line collections of words: the rest of them is libyaml's
_WORD, _NAME = r"[A-Za-z0-9_/.][A-Za-z0-9_/.-]*", r"[A-Za-z_][A-Za-z0-9_./-]*"
_WORDS = re.compile(rf"\[ *(?:{_WORD}(?: *, *{_WORD})*)? *\]")
_PAIRS = re.compile(rf"\{{ *(?:{_NAME}: +{_WORD}(?: *, *{_NAME}: +{_WORD})*)? *\}}")
_MARKERS = re.compile(r"---(?: +#.*| *)")

# The value is on the lines that follow, or there is none.
_BELOW = object()
_BLANK = (-1, -1, None, None, 0)
# indent; the column of the key behind a dash, else -1; key; value; the value's column
_Line = tuple[int, int, str | None, Any, int]
_lines: dict[str, _Line] = {}
# what stands before the colon, as far as the key
_heads: dict[str, tuple[int, int, str | None]] = {}


class _OtherwiseError(Exception):
    """Written in a way that only libyaml reads."""


def values(chunk: bytes) -> dict[str, Any] | None:
    """One document as plain values, typed as kubectl types them.

    Args:
        chunk: the document, with its `---` line or without.

    Returns:
        The object, each key once; None for what is not written simply, which may be broken or fine. Equal one-line
        collections are one shared value, so nobody may change it.
    """
    if len(chunk) > _LIMIT:
        return None
    try:
        text = _simple(chunk)
        return _from_json(text) if text.lstrip()[:1] == "{" else _from_lines(_known_lines(chunk, text))
    except (_OtherwiseError, UnicodeDecodeError, IndexError):
        return None


def place(chunk: bytes, path: tuple[str | int, ...]) -> tuple[int, int] | None:
    """Where the value at a path starts, in a document that `values` reads.

    Args:
        chunk: the document.
        path: keys and indexes; where the path ends early, its last part that is there counts.

    Returns:
        Lines before it and columns before it; None for a place that only libyaml knows.
    """
    if _recent.chunk is not chunk:
        text = _simple(chunk)
        if text.lstrip()[:1] == "{":
            return None
        _known_lines(chunk, text)
    if _recent.places is None:
        _recent.places = _Places(_recent.lines)
    return _recent.places.find(path)


class _Recent:
    """The lines of the document that was read last: its places are asked for next, if at all."""

    chunk: bytes | None = None
    lines: Sequence[_Line] = ()
    places: _Places | None = None


_recent = _Recent()


def _simple(chunk: bytes) -> str:
    text = chunk.decode()
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if _ODD.search(text) or "{{" in text:
        raise _OtherwiseError
    return text


# --- lines ------------------------------------------------------------------------------------------------------------


def _known_lines(chunk: bytes, text: str) -> list[_Line]:
    lines = text.split("\n")
    if lines[0].startswith("---"):
        if not _MARKERS.fullmatch(lines[0]):
            raise _OtherwiseError
        lines[0] = ""
    while lines and (not lines[-1].strip() or lines[-1] == "..."):
        lines.pop()
    if len(_lines) > _REMEMBERED:
        _lines.clear()
        _heads.clear()
    found = [_lines.get(line) or _learn(line) for line in lines]
    _recent.chunk, _recent.lines, _recent.places = chunk, found, None
    return found


def _learn(line: str) -> _Line:
    head, colon, text = line.partition(": ")
    known = _heads.get(head) if colon else None
    if known is None:
        found = _parse(line)
        if colon and found[2] is not None:
            _heads[head] = found[:3]
    else:
        value = text.strip(" ")
        if not value or value[0] == "#":
            found = (*known, _BELOW, len(head) + 1)
        else:
            found = (*known, _one_line(value), len(line) - len(text.lstrip(" ")))
    _lines[line] = found
    return found


def _parse(line: str) -> _Line:
    match = _LINE.fullmatch(line)
    if not match:
        raise _OtherwiseError
    spaces, dash, key, text = match.groups()
    start, text = match.start(4), text.rstrip(" ")
    if key is None and not dash:
        if text and text[0] != "#":
            raise _OtherwiseError
        return _BLANK
    inner = len(spaces) + len(dash) if dash else -1
    if key is not None and not isinstance(read_plain(key), str):
        raise _OtherwiseError
    if text and text[0] != "#":
        return len(spaces), inner, key, _one_line(text), start
    if key is None:
        raise _OtherwiseError
    # where nothing is written, libyaml's empty value starts right after the colon
    return len(spaces), inner, key, _BELOW, match.end(3) + 1


def _one_line(text: str) -> Any:  # noqa: ANN401
    """The value that is written behind a key or a dash, if it ends on its line."""
    if _PLAIN.fullmatch(text):
        return _plain(text)
    if quoted := _QUOTED.fullmatch(text):
        return quoted[1] if quoted[1] is not None else quoted[2]
    if _WORDS.fullmatch(text):
        return [_plain(word.strip(" ")) for word in text[1:-1].split(",") if word.strip(" ")]
    if _PAIRS.fullmatch(text):
        return _pairs(text[1:-1])
    if text[0] in "&*!|>%@`?-,]}:":
        raise _OtherwiseError
    try:
        nodes = [node for node, _ in compose(text.encode())]
        # alone it may be a mapping that is none behind a key, such as `a: b` or `[a]: b`
        if len(nodes) != 1 or (nodes[0].id != "scalar" and not nodes[0].flow_style) or _repeats(nodes[0]):
            raise _OtherwiseError
        return to_data(nodes[0])
    except Unreadable:
        raise _OtherwiseError from None


def _plain(text: str) -> Any:  # noqa: ANN401
    value = read_plain(text)
    if isinstance(value, float) and not abs(value) < float("inf"):
        raise _OtherwiseError
    return value


def _pairs(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in text.split(",") if text.strip(" ") else ():
        key, _, value = pair.strip(" ").partition(": ")
        if key in found or not isinstance(read_plain(key), str):
            raise _OtherwiseError
        found[key] = _plain(value.strip(" "))
    return found


def _repeats(node: Any) -> bool:  # noqa: ANN401
    """Whether a one-line collection holds a key twice, a merge, or a key that is no text or read as something else."""
    if node.id == "scalar":
        return False
    if node.id == "sequence":
        return any(_repeats(inner) for inner in node.value)
    keys = [key.value for key, _ in node.value if key.id == "scalar"]
    return (
        len(keys) != len({*keys} - {"<<"}) or len(keys) != len(node.value) or any(_repeats(it) for _, it in node.value)
    )


# --- values -----------------------------------------------------------------------------------------------------------


def _from_lines(lines: list[_Line]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    top: Any = root
    level, waiting = 0, None
    outer: list[tuple[int, Any]] = []
    for indent, inner, key, value, _ in lines:
        if indent < 0:
            continue
        kind = dict if inner < 0 else list
        if waiting is not None:
            if indent > level or (kind is list and indent == level):
                new: Any = kind()
                top[waiting] = new
                outer.append((level, top))
                top, level = new, indent
            waiting = None
        while level > indent or (level == indent and type(top) is not kind):
            level, top = outer.pop()
        if level != indent or len(outer) > _DEEP:
            raise _OtherwiseError
        if kind is list:
            if key is None:
                top.append(value)
                continue
            outer.append((level, top))
            item: dict[str, Any] = {}
            top.append(item)
            top, level = item, inner
        if key in top:
            raise _OtherwiseError
        if value is _BELOW:
            waiting, value = key, None
        top[key] = value
    if not root:
        raise _OtherwiseError
    return root


def _from_json(text: str) -> dict[str, Any]:
    import json

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise _OtherwiseError
        return found

    def refuse(_: str) -> None:
        raise _OtherwiseError

    if "\\u" in text:
        raise _OtherwiseError
    try:
        found = json.loads(
            text, object_pairs_hook=once, parse_int=read_plain, parse_float=read_plain, parse_constant=refuse
        )
    except (ValueError, RecursionError):
        raise _OtherwiseError from None
    if not isinstance(found, dict):
        raise _OtherwiseError
    return found


# --- places -----------------------------------------------------------------------------------------------------------


class _Places:
    """Follows paths through lines that `_from_lines` has read. What a collection holds is looked up once."""

    def __init__(self, lines: Sequence[_Line]) -> None:
        self._lines = lines
        # (first line, column, whether a list) -> key or index -> line
        self._inside: dict[tuple[int, int, bool], dict[str | int | None, int]] = {}

    def find(self, path: tuple[str | int, ...]) -> tuple[int, int] | None:
        """See `place`."""
        number = self._next(0)
        level, is_list = self._lines[number][0], False
        for step, wanted in enumerate(path):
            found = self._parts(number, level, is_list).get(wanted)
            if found is None:
                break
            number = found
            _, inner, key, value, column = self._lines[number]
            if is_list and key is not None:
                level, is_list = inner, False
                continue
            if value is not _BELOW:
                is_collection = isinstance(value, dict | list)
                return None if is_collection and step + 1 < len(path) else (number, column)
            below = self._next(number + 1)
            start, dash = self._lines[below][:2] if below < len(self._lines) else (-1, -1)
            if start < level or (start == level and dash < 0):
                return number, column
            number, level, is_list = below, start, dash >= 0
        return number, level

    def _next(self, number: int) -> int:
        while number < len(self._lines) and self._lines[number][0] < 0:
            number += 1
        return number

    def _parts(self, number: int, level: int, is_list: bool) -> dict[str | int | None, int]:
        parts = self._inside.get((number, level, is_list))
        if parts is None:
            found = self._items(number, level) if is_list else self._keys(number, level)
            parts = self._inside[number, level, is_list] = dict(found)
        return parts

    def _items(self, number: int, level: int) -> Iterator[tuple[int, int]]:
        """The items of the list that starts here, with their lines."""
        count = 0
        for line in range(number, len(self._lines)):
            indent, inner = self._lines[line][:2]
            if 0 <= indent < level or (indent == level and inner < 0):
                return
            if indent == level:
                yield count, line
                count += 1

    def _keys(self, number: int, level: int) -> Iterator[tuple[str | None, int]]:
        """The keys of the mapping that starts here, with their lines; the first may stand behind a dash."""
        yield self._lines[number][2], number
        for line in range(number + 1, len(self._lines)):
            indent, inner, key = self._lines[line][:3]
            if 0 <= indent < level:
                return
            if indent == level and inner < 0:
                yield key, line
