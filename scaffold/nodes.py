"""YAML and JSON text -> libyaml's nodes, and what a node says, typed as kubectl types it.

Aliases are never copied, so an alias bomb costs nothing.
"""

from __future__ import annotations

import re
from itertools import accumulate, count
from operator import sub
from typing import TYPE_CHECKING, Any

from scaffold.model import Location, NotJudged
from scaffold.scalars import read_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DOCUMENT_LIMIT = 16 << 20
# what is read goes to other processes too, and pickle takes some 450 levels
_DEPTH_LIMIT = 300
_TOO_DEEP = f"nested more than {_DEPTH_LIMIT} levels deep"
_DATA_LIMIT = 1_000_000
_MERGE_LIMIT = 200
_LARGE = 64
_REMEMBERED = 8
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
_TAGS = "tag:yaml.org,2002:"
_STR_TAG, _BINARY_TAG = f"{_TAGS}str", f"{_TAGS}binary"
_OPENING = frozenset({"MappingStartEvent", "SequenceStartEvent"})
_CLOSING = frozenset({"MappingEndEvent", "SequenceEndEvent"})
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_SCALAR_TAGS = {
    f"{_TAGS}{kind}": of for kind, of in (("int", int), ("float", float), ("bool", bool), ("null", type(None)))
}


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
        raise Unreadable(_TOO_DEEP) from None


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
    if chunk.count(b"[") + chunk.count(b"{") <= _DEPTH_LIMIT:
        return False
    deltas = accumulate(chunk.translate(_BRACKETS, _OTHERS))
    return any(map(_DEPTH_LIMIT.__lt__, map(sub, deltas, count(1))))


def _refuse_depth(chunk: bytes) -> None:
    """Counts levels by libyaml's parser, which does not recurse: brackets and dashes may be text in a block or quotes.

    Raises:
        Unreadable: too many levels, or what cannot be parsed.
    """
    from ruamel.yaml.error import YAMLError

    from scaffold.reader import FAST, NodeReader

    depth = 0
    if not FAST:
        raise Unreadable(_TOO_DEEP)
    reader = NodeReader(chunk)
    try:
        while reader.check_event():
            event = reader.get_event()
            name = type(event).__name__
            depth += name in _OPENING
            depth -= name in _CLOSING
            if depth > _DEPTH_LIMIT:
                raise Unreadable(_TOO_DEEP, event.start_mark.line + 1, event.start_mark.column + 1)
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
        return Unreadable(_BEHIND, line, found.end())
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
        start = found.start()
        line += text.count("\n", position, start)
        try:
            _, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            line += text.count("\n", start, getattr(error, "pos", start)) + 1
            raise Unreadable(getattr(error, "msg", "nested too deeply"), line) from None
        pieces.append((line, re.sub(_SURROGATES, _join_surrogates, text[start:position].encode())))
        line += text.count("\n", start, position)
    return pieces


def _join_surrogates(match: re.Match[bytes]) -> bytes:
    high, low = int(match[1], 16), int(match[2], 16)
    return b"\\U%08x" % (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def fields(node: Any) -> dict[str, Any]:  # noqa: ANN401
    """A mapping node as {key: node}: merge keys resolved, the last of equal keys wins, as kubectl reads it.

    Raises:
        Unreadable: for a mapping that is merged into itself, or too many that are merged into one.
    """
    if getattr(node, "id", None) != "mapping":
        return {}
    if len(node.value) < _LARGE:
        return _merged(node, {})
    known = _large.get(id(node))
    if known is None:
        if len(_large) >= _REMEMBERED:
            _large.clear()
        known = _large[id(node)] = (node, _merged(node, {}))
    return known[1]


# Fields of large mappings, with the mappings so that none of the ids is given again: a rule may ask for every place.
_large: dict[int, tuple[Any, dict[str, Any]]] = {}


def _merged(node: Any, known: dict[int, dict[str, Any] | None]) -> dict[str, Any]:  # noqa: ANN401
    out: dict[str, Any] = {}
    merges = []
    for key, value in node.value:
        if key.id != "scalar":
            continue
        if _is_merge(key):
            merges.append(value)
        else:
            out[key_text(key)] = value
    if merges:
        # None while its merges are followed; each mapping is resolved once, however often it is merged
        known[id(node)] = None
        others = [other for merge in merges for other in (merge.value if merge.id == "sequence" else [merge])]
        for other in {id(other): other for other in others if other.id == "mapping"}.values():
            if id(other) not in known:
                if len(known) > _MERGE_LIMIT:
                    raise Unreadable(f"over {_MERGE_LIMIT} mappings merged into one", node.start_mark.line + 1)
                known[id(other)] = _merged(other, known)
            inner = known[id(other)]
            if inner is None:
                raise Unreadable("an anchor holds itself", node.start_mark.line + 1)
            for name, value in inner.items():
                out.setdefault(name, value)
    return out


def _is_merge(key: Any) -> bool:  # noqa: ANN401
    return key.value == "<<" and not key.style and key.tag != _STR_TAG


def key_text(node: Any) -> str:  # noqa: ANN401
    """A mapping key as kubectl has it in JSON: `on:` is the key "true", `8080:` the key "8080"."""
    text: str = node.value
    if node.style or not text or (text[0].isalpha() and text[0] not in "yYnNtTfFoO"):
        return text
    value = read_plain(text)
    if isinstance(value, bool):
        return "true" if value else "false"
    return text if value is None or isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)


def text_of(node: Any) -> str:  # noqa: ANN401
    """A scalar's text, empty for null, for any other node and for none."""
    if node is None or node.id != "scalar" or (not node.style and node.value in ("~", "null", "Null", "NULL")):
        return ""
    return str(node.value)


def scalar(node: Any) -> Any:  # noqa: ANN401
    """A scalar node's value, typed as kubectl types it.

    Raises:
        Unreadable: for text that is not what its tag says.
    """
    if node.tag:
        return _tagged(node)
    return node.value if node.style else read_plain(node.value)


def _tagged(node: Any) -> Any:  # noqa: ANN401
    """A scalar with a tag: `!!int "80"` is the number 80, and a tag that nobody knows says nothing."""
    text, tag = node.value, str(node.tag)
    if tag == _BINARY_TAG:
        from base64 import b64decode

        try:
            return b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
        except ValueError:
            raise _untrue(node) from None
    if tag not in _SCALAR_TAGS:
        return text
    value, wanted = read_plain(text), _SCALAR_TAGS[tag]
    # a whole number is a float where its tag says so
    if type(value) is not wanted and not (wanted is float and type(value) is int):
        raise _untrue(node)
    return value


def _untrue(node: Any) -> Unreadable:  # noqa: ANN401
    mark = node.start_mark
    return Unreadable(f"{node.value!r} is no !!{node.tag.removeprefix(_TAGS)}", mark.line + 1, mark.column + 1)


def to_data(root: Any) -> Any:  # noqa: ANN401
    """A node as plain dicts, lists and scalars. An aliased node is one shared value, however often it is used.

    Raises:
        Unreadable: for an anchor that holds itself, a key that is no text, a merge of what is no mapping, text that is
            not what its tag says, or when the value spelt out would have over a million parts.
    """
    done: dict[int, tuple[Any, int, int]] = {}
    read = 0

    def convert(node: Any) -> tuple[Any, int, int]:  # noqa: ANN401
        """Its value, how many parts that has, and how many levels."""
        if node.id == "scalar":
            plain = scalar(node)
            if isinstance(plain, float) and not abs(plain) < float("inf"):
                mark = node.start_mark
                raise Unreadable(f"{node.value} is no number in JSON", mark.line + 1, mark.column + 1)
            return plain, 1, 0
        known = done.get(id(node))
        if known:
            if not known[1]:
                raise Unreadable("an anchor holds itself", node.start_mark.line + 1)
            return known
        done[id(node)] = (None, 0, 0)
        parts: Iterable[tuple[Any, Any]]
        if node.id == "mapping":
            _refuse_keys(node)
            inside = fields(node)
            parts = inside.items()
        else:
            inside = node.value
            parts = enumerate(inside)
        nonlocal read
        read += len(inside)
        if read > _DATA_LIMIT:
            raise Unreadable(f"over {_DATA_LIMIT:,} values in one object", node.start_mark.line + 1)
        converted = [(key, *convert(inner)) for key, inner in parts]
        size = 1 + sum(one[2] for one in converted)
        if size > _DATA_LIMIT:
            raise Unreadable("excessive aliasing", node.start_mark.line + 1)
        levels = 1 + max((one[3] for one in converted), default=0)
        if levels > _DEPTH_LIMIT:
            raise Unreadable(_TOO_DEEP, node.start_mark.line + 1)
        value: Any = {one[0]: one[1] for one in converted} if node.id == "mapping" else [one[1] for one in converted]
        done[id(node)] = (value, size, levels)
        return value, size, levels

    try:
        return convert(root)[0]
    except RecursionError:
        raise Unreadable(_TOO_DEEP) from None


def _refuse_keys(node: Any) -> None:  # noqa: ANN401
    """JSON has no key for a collection or for null, so kubectl refuses them; and only mappings are merged."""
    for key, value in node.value:
        if key.id != "scalar" or (not key.style and not key.tag and key.value in _NULLS):
            mark = key.start_mark
            raise Unreadable("a key that is no text", mark.line + 1, mark.column + 1)
        if _is_merge(key) and any(one.id != "mapping" for one in (value.value if value.id == "sequence" else [value])):
            mark = value.start_mark
            raise Unreadable("<< takes a mapping or a list of mappings", mark.line + 1, mark.column + 1)


def child(node: Any, key: str | int) -> Any:  # noqa: ANN401
    """The node at a key of a mapping or an index of a sequence, or None."""
    if isinstance(key, str):
        return fields(node).get(key)
    if getattr(node, "id", None) == "sequence" and 0 <= key < len(node.value):
        return node.value[key]
    return None


def duplicates(root: Any) -> list[tuple[tuple[str | int, ...], Any]]:  # noqa: ANN401
    """Every key that its mapping holds already: the path of the value, and the node of the later key."""
    out: list[tuple[tuple[str | int, ...], Any]] = []
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), root)]
    seen: set[int] = set()
    while stack:
        path, node = stack.pop()
        if node.id == "scalar" or id(node) in seen:
            continue
        seen.add(id(node))
        if node.id == "sequence":
            stack += [((*path, index), inner) for index, inner in enumerate(node.value)]
            continue
        names = set()
        for key, inner in node.value:
            name = key_text(key) if key.id == "scalar" else ""
            if name in names and name != "<<":
                out.append(((*path, name), key))
            names.add(name)
            stack.append(((*path, name), inner))
    return out
