"""What a node says, typed as kubectl types it: fields with merges resolved, text, plain values.

Aliases are never copied, so an alias bomb costs nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffold.nodes import DEPTH_LIMIT, TOO_DEEP, Unreadable
from scaffold.scalars import read_plain

if TYPE_CHECKING:
    from collections.abc import Iterable

_DATA_LIMIT = 1_000_000
_MERGE_LIMIT = 200
_LARGE = 64
_REMEMBERED = 8
_TAGS = "tag:yaml.org,2002:"
_STR_TAG, _BINARY_TAG = f"{_TAGS}str", f"{_TAGS}binary"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TIME_TAG = f"{_TAGS}timestamp"
# the forms that Go reads
_CLOCK = r"[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?"
_TIME = rf"[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}(?:[Tt]{_CLOCK}(?:Z|[-+][0-9]{{2}}:[0-9]{{2}})| {_CLOCK})?"
_SCALAR_TAGS = {
    f"{_TAGS}{kind}": of for kind, of in (("int", int), ("float", float), ("bool", bool), ("null", type(None)))
}


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
    if tag == _TIME_TAG and not re.fullmatch(_TIME, text):
        raise _untrue(node)
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
    try:
        return _Conversion().convert(root)[0]
    except RecursionError:
        raise Unreadable(TOO_DEEP) from None


class _Conversion:
    """What was converted of one document. A function that calls itself would be garbage that nobody collects."""

    def __init__(self) -> None:
        self._done: dict[int, tuple[Any, int, int]] = {}
        self._read = 0

    def convert(self, node: Any) -> tuple[Any, int, int]:  # noqa: ANN401
        """Its value, how many parts that has, and how many levels."""
        if node.id == "scalar":
            plain = scalar(node)
            if isinstance(plain, float) and not abs(plain) < float("inf"):
                mark = node.start_mark
                raise Unreadable(f"{node.value} is no number in JSON", mark.line + 1, mark.column + 1)
            return plain, 1, 0
        known = self._done.get(id(node))
        if known:
            if not known[1]:
                raise Unreadable("an anchor holds itself", node.start_mark.line + 1)
            return known
        self._done[id(node)] = (None, 0, 0)
        parts: Iterable[tuple[Any, Any]]
        if node.id == "mapping":
            _refuse_keys(node)
            inside = fields(node)
            parts = inside.items()
        else:
            inside = node.value
            parts = enumerate(inside)
        self._read += len(inside)
        if self._read > _DATA_LIMIT:
            raise Unreadable(f"over {_DATA_LIMIT:,} values in one object", node.start_mark.line + 1)
        converted = [(key, *self.convert(inner)) for key, inner in parts]
        size = 1 + sum(one[2] for one in converted)
        if size > _DATA_LIMIT:
            raise Unreadable("excessive aliasing", node.start_mark.line + 1)
        levels = 1 + max((one[3] for one in converted), default=0)
        if levels > DEPTH_LIMIT:
            raise Unreadable(TOO_DEEP, node.start_mark.line + 1)
        value: Any = {one[0]: one[1] for one in converted} if node.id == "mapping" else [one[1] for one in converted]
        self._done[id(node)] = (value, size, levels)
        return value, size, levels


def refuse_template(root: Any) -> None:  # noqa: ANN401
    """`port: {{ .x }}` composes as a mapping whose key is a mapping; kubectl refuses every key that is no scalar."""
    stack, seen = [root], set()
    while stack:
        node = stack.pop()
        if node.id == "scalar" or id(node) in seen:
            continue
        seen.add(id(node))
        if node.id == "mapping":
            for key, value in node.value:
                if key.id != "scalar":
                    raise Unreadable("a key that is no text", key.start_mark.line + 1, key.start_mark.column + 1)
                stack.append(value)
        else:
            stack += node.value


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
