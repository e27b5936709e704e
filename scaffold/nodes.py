"""YAML and JSON text -> libyaml's nodes. What a node says is in `node_values.py`."""

from __future__ import annotations

import re
from itertools import accumulate, count
from operator import sub
from typing import TYPE_CHECKING, Any

from scaffold.model import Location, NotJudged

if TYPE_CHECKING:
    from collections.abc import Iterator

_DOCUMENT_LIMIT = 16 << 20
# what is read goes to other processes too, and pickle takes some 450 levels
DEPTH_LIMIT = 300
TOO_DEEP = f"nested more than {DEPTH_LIMIT} levels deep"
# bytes that open a collection, that close one, and all the others
_BRACKETS = bytes.maketrans(b"[{]}", b"\2\2\0\0")
_OTHERS = bytes(set(range(256)) - set(b"[{]}"))
_NESTED_LINE = rb"^[ \-?:]{2000}"
_CONFLICT = rb"^(?:<<<<<<<|>>>>>>>) "
_SEPARATOR = rb"^---[ \t]*[^ \t\r\n#]"
_BEHIND = "text behind ---, which kubectl refuses: put it on the next line"
_INNER_BOM = rb"(---[^\n]*\n)\xef\xbb\xbf"
# a colon inside a word such as nginx:1.27, which this libyaml refuses between brackets and kubectl takes
_INNER_COLON = rb"(?<=[^\s\"'\[\]{},]):(?=[^\s])"
_REFUSED_COLON = "found unexpected ':'"
# one character for another, so that every column stays
_STAND_IN = "\ue000"
_SURROGATES = rb"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
# of JSON, as it is written
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_OPENING = frozenset({"MappingStartEvent", "SequenceStartEvent"})
_CLOSING = frozenset({"MappingEndEvent", "SequenceEndEvent"})
# why a document is not judged that begins with a line such as `%YAML 1.2`
DIRECTIVE = "a directive, which kubectl refuses: take the line with % away"


class Unreadable(Exception):  # noqa: N818 - it is data for a NotJudged, not an error of the run
    """A document that kubectl could not read, or that svcgen refuses to spend its time on."""

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.line, self.column = reason, line, column

    def at(self, path: str, before: int) -> NotJudged:
        """The same as an entry of what could not be judged, of a document with so many lines before it."""
        return NotJudged(Location(path, before + (self.line or 1), self.column), self.reason)


def compose(chunk: bytes) -> Iterator[tuple[Any, int]]:
    """The root nodes of a piece of a stream, each with the lines before it that its marks do not count.

    Raises:
        Unreadable: with the line inside the chunk, for what libyaml refuses or could not survive.
    """
    _guard(chunk)
    if found := re.match(_SEPARATOR, chunk):
        raise Unreadable(_BEHIND, 1, found.end())
    try:
        try:
            yield from ((node, 0) for node in _nodes(chunk))
            return
        except UnicodeDecodeError:
            pass
        except Unreadable as problem:
            if found := re.match(_INNER_BOM, chunk):
                # kubectl reads each document as if it were a file, so a BOM may stand at its start
                yield from ((node, 0) for node in _nodes(found[1] + chunk[found.end() :]))
                return
            if _REFUSED_COLON in problem.reason and _STAND_IN.encode() not in chunk:
                yield from ((node, 0) for node in _with_colons(chunk))
                return
            if chunk.lstrip()[:1] != b"{":
                raise _plainer(chunk, problem) from None
        pieces = _json_pieces(chunk)
        for line, piece in pieces:
            yield from ((node, line) for node in _nodes(piece))
    except RecursionError:
        raise Unreadable(TOO_DEEP) from None


def _guard(chunk: bytes) -> None:
    if len(chunk) > _DOCUMENT_LIMIT:
        raise Unreadable(f"one document of {len(chunk) >> 20} MB, {_DOCUMENT_LIMIT >> 20} MB are read")
    # libyaml's composer recurses in C: about 24,700 levels kill the process
    opened = may_be_deep(chunk)
    dashes = (
        len(chunk) > 2000 and re.search(_NESTED_LINE, chunk, re.MULTILINE) and re.search(rb"(?:[-?:] ){1000}", chunk)
    )
    if opened or dashes:
        _refuse_depth(chunk)


def may_be_deep(chunk: bytes) -> bool:
    """Whether so many brackets are open at one place, texts counted in, that it may be nested too deeply to be read."""
    if chunk.count(b"[") + chunk.count(b"{") <= DEPTH_LIMIT:
        return False
    deltas = accumulate(chunk.translate(_BRACKETS, _OTHERS))
    return any(map(DEPTH_LIMIT.__lt__, map(sub, deltas, count(1))))


def _refuse_depth(chunk: bytes) -> None:
    """Counts levels by libyaml's parser, which does not recurse: brackets and dashes may be text in a block or quotes.

    Raises:
        Unreadable: too many levels, or what cannot be parsed.
    """
    from ruamel.yaml.error import YAMLError

    from scaffold.reader import FAST, NodeReader

    depth = 0
    if not FAST:
        raise Unreadable(TOO_DEEP)
    reader = NodeReader(chunk)
    try:
        while reader.check_event():
            event = reader.get_event()
            name = type(event).__name__
            depth += name in _OPENING
            depth -= name in _CLOSING
            if depth > DEPTH_LIMIT:
                raise Unreadable(TOO_DEEP, event.start_mark.line + 1, event.start_mark.column + 1)
    except YAMLError:
        # the composer says what is wrong, before it goes any deeper
        return
    finally:
        reader.dispose()


def _nodes(chunk: bytes) -> list[Any]:
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    from scaffold.reader import NodeReader

    try:
        chunk.decode()
    except UnicodeDecodeError:
        # kubectl takes it, each broken byte as U+FFFD
        chunk = chunk.decode("utf-8", "replace").encode()
    reader = NodeReader(chunk)
    try:
        nodes = []
        while reader.check_node():
            nodes.append(reader.get_node())
        return nodes
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ", ".join(str(part) for part in (error.context, error.problem) if part) or "not YAML"
        raise Unreadable(reason, *((mark.line + 1, mark.column + 1) if mark else ())) from None
    except YAMLError as error:
        before = chunk[: getattr(error, "position", 0)]
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        raise Unreadable(str(error).splitlines()[0], before.count(b"\n") + 1, column) from None
    finally:
        reader.dispose()


def _with_colons(chunk: bytes) -> list[Any]:
    """The nodes of a chunk with a colon inside a plain scalar between brackets: `{image: nginx:1.27}`."""
    roots = _nodes(re.sub(_INNER_COLON, _STAND_IN.encode(), chunk))
    waiting, seen = list(roots), set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.id == "scalar":
            node.value = node.value.replace(_STAND_IN, ":")
        else:
            waiting += [one for pair in node.value for one in pair] if node.id == "mapping" else node.value
    return roots


def _plainer(chunk: bytes, problem: Unreadable) -> Unreadable:
    """What the matter is, where libyaml tells of a consequence only."""
    if found := re.search(_CONFLICT, chunk, re.MULTILINE):
        return Unreadable("a merge conflict that is not resolved", chunk.count(b"\n", 0, found.start()) + 1, 1)
    if found := re.search(_SEPARATOR, chunk, re.MULTILINE):
        line = chunk.count(b"\n", 0, found.start()) + 1
        return Unreadable(_BEHIND, line, found.end() - found.start())
    if "<document start>" in problem.reason:
        before = chunk.split(b"\n")[: problem.line - 1]
        if any(line.rstrip() == b"..." for line in before):
            reason = "kubectl reads nothing behind '...': write --- instead"
        elif any(line.startswith(b"%") for line in before):
            reason = DIRECTIVE
        else:
            return problem
        return Unreadable(reason, problem.line, problem.column)
    if "cannot start any token" in problem.reason and _character(chunk, problem) == b"\t":
        return Unreadable(f"{problem.reason}: a tab, indent with blanks", problem.line, problem.column)
    return problem


def _character(chunk: bytes, problem: Unreadable) -> bytes:
    line = chunk.split(b"\n", problem.line)[problem.line - 1]
    return line.decode("utf-8", "replace")[problem.column - 1 : problem.column].encode()


def _json_pieces(chunk: bytes) -> list[tuple[int, bytes]]:
    """JSON that YAML's reader cannot take: objects one after another, and characters escaped as two halves."""
    import json

    text = chunk.decode("utf-8", "replace")
    decoder, position, line, pieces = json.JSONDecoder(), 0, 0, []
    written = re.compile(r"\S")
    while found := written.search(text, position):
        before = position
        try:
            _, position = decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError) as error:
            line += text.count("\n", before, getattr(error, "pos", found.start())) + 1
            raise Unreadable(getattr(error, "msg", "nested too deeply"), line) from None
        # with the blanks before it, so that what stands alone begins where its text does
        pieces.append((line, re.sub(_TEXT, _without_halves, text[before:position].encode())))
        line += text.count("\n", before, position)
    return pieces


def _without_halves(text: re.Match[bytes]) -> bytes:
    """A text of JSON with each character in one piece, and blanks behind it, so that every other column stays."""
    joined = re.sub(_SURROGATES, _join_surrogates, text[0])
    return joined.ljust(len(text[0]))


def _join_surrogates(match: re.Match[bytes]) -> bytes:
    high, low = int(match[1], 16), int(match[2], 16)
    return b"\\U%08x" % (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
