"""Manifests as most people write them - block mappings and lists of plain values, or JSON - without a node graph.

Reading values straight off the lines costs a fifth of libyaml's nodes, and lines repeat so much from manifest to
manifest that most are understood once. Whatever is written otherwise, or could be read in two ways, is left to
libyaml: `values` then answers None. What it does answer is the same, which tests hold on every manifest they know.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.node_values import key_text, to_data
from scaffold.nodes import Unreadable, compose, may_be_deep
from scaffold.scalars import NO_TEXT, read_plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Larger documents are rare, and finding a place in them line by line would be slow.
_LIMIT = 64 << 10
_DEEP, _SHALLOW = 100, 40
_REMEMBERED = 1 << 13
# Characters that YAML refuses, or that end a line for some readers only.
_ODD = "[\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
_FINE = bytes(range(0x20, 0x7F)) + b"\r\n"
_LINE = re.compile(r"( *)(- +)?(?:([A-Za-z_][A-Za-z0-9_./-]*):(?: +|$))?(.*)")
_PLAIN = re.compile(r"(?!- |-$)[\w/.+$(=<~^-][^#:]*(?::[^\s#:][^#:]*)*")
_QUOTED = re.compile(r"""(?:"([^"\\]*)"|'([^']*)')""")
# most other values: a word, a number, a text in single quotes
_COMMON = re.compile(r"""([A-Za-z/][A-Za-z0-9/._-]*(?::[A-Za-z0-9/._-]+)*)|([1-9][0-9]{0,8})|'([^']*)'""")
# one-line collections of words: the rest of them is libyaml's
_WORD, _NAME = r"[A-Za-z0-9_/.][A-Za-z0-9_/.-]*", r"[A-Za-z_][A-Za-z0-9_./-]*"
_WORDS = rf"\[ *(?:{_WORD}(?: *, *{_WORD})*)? *\]"
_PAIRS = rf"\{{ *(?:{_NAME}: +{_WORD}(?: *, *{_NAME}: +{_WORD})*)? *\}}"
_HEADER = r"( *)(- +)?(?:([A-Za-z_][A-Za-z0-9_./-]*): +)?\|(-?)(?: +#.*| *)"
_HIDING = r"\\[xuU]"
_NUMBER, _PAIR = 2, 2
_MARKERS = r"---(?: +#.*| *)"

# The value is on the lines that follow, or there is none.
BELOW = object()
_BLANK = (-1, -1, None, None, 0)
# indent; the column of the key behind a dash, else -1; key; value; the value's column
_Line = tuple[int, int, str | None, Any, int]
_lines: dict[str, _Line] = {}
# what stands before the colon, as far as the key
_heads: dict[str, tuple[int, int, str | None]] = {}


class _OtherwiseError(Exception):
    """Written in a way that only libyaml reads."""


class Written(NamedTuple):
    """A document that was just read line by line; of JSON only the text and the object.

    `lines` are as they are written, `read` is what each says. `starts` says where the collections are that stand on
    lines of their own: identity -> the lines before.
    """

    chunk: bytes
    text: str
    data: dict[str, Any]
    starts: Mapping[int, int] = {}
    lines: Sequence[str] = ()
    read: Sequence[_Line] = ()


# whoever asks for places in a document does so mostly right after it was read: those read last, by their texts; as
# many as go through all steps together and stay in the processor's own memory
_latest: dict[int, Written] = {}
AT_HAND = 32


def values(chunk: bytes, *, braces: bool = False) -> dict[str, Any] | None:
    """One document as plain values, typed as kubectl types them.

    Args:
        chunk: the document, with its `---` line or without.
        braces: whether `{{` may stand in a text: a manifest with it may be a template of another tool.

    Returns:
        The object, each key once; None for what is not written simply, which may be broken or fine. Equal one-line
        collections are one shared value, so nobody may change it.
    """
    # one letter is found ten times as fast as two
    if len(chunk) > _LIMIT or (b"{" in chunk and b"{{" in chunk and not braces):
        return None
    try:
        text = _simple(chunk)
        if text.lstrip()[:1] == "{":
            if may_be_deep(chunk):
                return None
            written = Written(chunk, text, _from_json(text))
        else:
            lines, read = _known_lines(text)
            written = Written(chunk, text, *_from_lines(read), lines, read)
        if len(_latest) >= AT_HAND:
            del _latest[next(iter(_latest))]
        _latest[id(chunk)] = written
        return written.data
    except (_OtherwiseError, UnicodeDecodeError, IndexError):
        return None


def just_read(chunk: bytes) -> Written | None:
    """A document, if it is one of those that `values` has read last."""
    written = _latest.get(id(chunk))
    return written if written and written.chunk is chunk else None


def text(chunk: bytes) -> str:
    """The text of a document that `values` reads, a line break on both sides of each line; JSON as it is.

    The `---` line is a comment in it.
    """
    found = _simple(chunk)
    if found.lstrip()[:1] == "{":
        return found
    return f"\n#{found[1:]}\n" if found.startswith("---") else f"\n{found}\n"


def line(text: str) -> tuple[int, str | None, Any, int]:
    """What one line says, as far as it can be told without the lines around it.

    Returns:
        The column of what stands behind a dash, else -1; the key; the value, BELOW where it is on the lines that follow
        or there is none, a text where one of several lines begins; the value's column.
    """
    try:
        return (_lines.get(text) or _learn(text))[1:]
    except _OtherwiseError:
        header = re.fullmatch(_HEADER, text)
        if header is None:
            raise
        spaces, dash, key, _ = header.groups()
        return len(spaces) + len(dash) if dash else -1, key, "", header.start(4) - 1


def _simple(chunk: bytes) -> str:
    if written := just_read(chunk):
        return written.text
    text = chunk.decode().removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    # nothing is left of most manifests, and finding that out so is five times as fast as looking for what is odd
    if (chunk.translate(None, _FINE) or "\r" in text) and re.search(_ODD, text):
        raise _OtherwiseError
    return text


# --- lines ------------------------------------------------------------------------------------------------------------


def _known_lines(text: str) -> tuple[list[str], list[_Line]]:
    """The lines as they are written, but for markers, and what each says."""
    lines = text.split("\n")
    if lines[0].startswith("---"):
        if lines[0] != "---" and not re.fullmatch(_MARKERS, lines[0]):
            raise _OtherwiseError
        lines[0] = ""
    ragged = bool(lines[-1])
    while lines and (not lines[-1].strip() or lines[-1] == "..."):
        ragged = ragged or bool(lines[-1])
        lines.pop()
    if len(_lines) > _REMEMBERED:
        _lines.clear()
        _heads.clear()
    try:
        return lines, [_lines.get(line) or _learn(line) for line in lines]
    except _OtherwiseError:
        # blanks at the end may be part of a text, and a last line without an end is one without a line break
        if ragged or "|" not in text:
            raise
        return lines, _with_texts(lines)


def _with_texts(lines: list[str]) -> list[_Line]:
    """The same where texts of several lines stand behind `|`: theirs count as blank ones, to keep the numbers."""
    found: list[_Line] = []
    while len(found) < len(lines):
        line = lines[len(found)]
        header = re.fullmatch(_HEADER, line)
        if not header or not (header[2] or header[3]):
            found.append(_lines.get(line) or _learn(line))
            continue
        spaces, dash, key, strip = header.groups()
        if key is not None and not isinstance(read_plain(key), str):
            raise _OtherwiseError
        inner = len(spaces) + len(dash) if dash else -1
        texts = _texts(lines[len(found) + 1 :], inner if dash and key else len(spaces))
        value = "\n".join(texts).rstrip("\n") + ("" if strip else "\n")
        found.append((len(spaces), inner, key, value, header.start(4) - 1))
        found += [_BLANK] * len(texts)
    return found


def _texts(lines: list[str], level: int) -> list[str]:
    """The lines of a text that must be indented by more than `level`, without their indentation."""
    first = next((line for line in lines if line.strip(" ")), "")
    indent = len(first) - len(first.lstrip(" "))
    if indent <= level:
        raise _OtherwiseError
    out: list[str] = []
    for line in lines:
        here = len(line) - len(line.lstrip(" "))
        if line.strip(" ") and here < indent:
            if here > level:
                raise _OtherwiseError
            break
        # blanks alone, ahead of or behind the text, are read in more than one way
        if not line.strip(" ") and len(line) > indent:
            raise _OtherwiseError
        out.append(line[indent:])
    return out


def _learn(line: str) -> _Line:
    found: _Line
    head, colon, text = line.partition(": ")
    known = _heads.get(head) if colon else None
    if known is not None and text[-1:] == '"' == text[0] and text.count('"') == _PAIR and "\\" not in text:
        found = (*known, text[1:-1], len(head) + 2)
    elif known is not None and (common := _COMMON.fullmatch(text)) and text not in NO_TEXT:
        at = common.lastindex or 0
        found = (*known, int(text) if at == _NUMBER else common[at], len(head) + 2)
    elif known is None:
        found = _parse(line)
        if colon and found[2] is not None:
            _heads[head] = found[:3]
    else:
        value = text.strip(" ")
        if not value or value[0] == "#":
            found = (*known, BELOW, len(head) + 1)
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
    return len(spaces), inner, key, BELOW, match.end(3) + 1


def _one_line(text: str) -> Any:  # noqa: ANN401
    """The value that is written behind a key or a dash, if it ends on its line."""
    # a cut through quotes leaves half of them, which is no value here
    bare = text.partition(" #")[0].rstrip(" ") if " #" in text else text
    if _PLAIN.fullmatch(bare):
        return _plain(bare)
    if quoted := _QUOTED.fullmatch(bare):
        return quoted[1] if quoted[1] is not None else quoted[2]
    if text[0] == "[" and re.fullmatch(_WORDS, text):
        return [_plain(word.strip(" ")) for word in text[1:-1].split(",") if word.strip(" ")]
    if text[0] == "{" and re.fullmatch(_PAIRS, text):
        return _pairs(text[1:-1])
    # an alias on its own line may be a bomb, which `node_values.to_data` knows how to count
    # and an escape may hide what a word in it is
    if text[0] in "&*!|>%@`?-,]}:" or re.search(_HIDING, text) or ("*" in text and "&" in text):
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
    keys = {key.value for key, _ in node.value if key.id == "scalar" and key_text(key) == key.value} - {"<<"}
    return len(keys) != len(node.value) or any(_repeats(inner) for _, inner in node.value)


# --- values -----------------------------------------------------------------------------------------------------------


def _from_lines(lines: list[_Line]) -> tuple[dict[str, Any], dict[int, int]]:  # noqa: C901 - one hot loop
    """The object, and where its collections start."""
    root: dict[str, Any] = {}
    top: Any = root
    starts: dict[int, int] = {}
    # an item of a List that was cut out of it is indented
    level = next((line[0] for line in lines if line[0] >= 0), 0) if lines and lines[0][0] else 0
    waiting, is_map = None, True
    outer: list[tuple[int, Any]] = []
    for number, (indent, inner, key, value, _) in enumerate(lines):
        if indent != level or inner >= 0 or waiting is not None or not is_map:
            if indent < 0:
                continue
            kind = dict if inner < 0 else list
            if waiting is not None:
                if indent > level or (kind is list and indent == level):
                    new: Any = kind()
                    starts[id(new)] = number
                    top[waiting] = new
                    outer.append((level, top))
                    top, level = new, indent
                waiting = None
            while level > indent or (level == indent and type(top) is not kind):
                level, top = outer.pop()
            # each two levels are a column deeper at least
            if level != indent or (indent > _SHALLOW and len(outer) > _DEEP):
                raise _OtherwiseError
            is_map = True
            if kind is list:
                if key is None:
                    is_map = False
                    top.append(value)
                    continue
                outer.append((level, top))
                item: dict[str, Any] = {}
                starts[id(item)] = number
                top.append(item)
                top, level = item, inner
        # one more key of the mapping that the line before belongs to
        if key in top:
            raise _OtherwiseError
        if value is BELOW:
            waiting, value = key, None
        top[key] = value
    if not root:
        raise _OtherwiseError
    starts[id(root)] = next(number for number, line in enumerate(lines) if line[2] is not None)
    return root, starts


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
