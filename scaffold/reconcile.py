"""What a merged manifest must say: the same three-way merge, over values instead of lines.

Lines can be put together without any conflict and still say what nobody meant: a key twice, half of one port and half
of another. So merged text is read again and held against what the values alone come to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.node_values import duplicates, to_data
from scaffold.nodes import Unreadable, compose

if TYPE_CHECKING:
    from collections.abc import Callable

# what tells the items of a Kubernetes list apart, the first that fits
_NAMES = ("name", "port", "containerPort", "mountPath", "path", "host", "key")
_NOTHING: Any = object()


class _Read(NamedTuple):
    """The documents of a text as values, and the places of keys that stand twice in their mapping."""

    documents: list[Any]
    twice: frozenset[tuple[str | int, ...]]


def disagreement(base: str, ours: str, theirs: str, merged: str) -> str | None:
    """Whether merged YAML text says what its three sources come to.

    Args:
        base: the text that both sides came from.
        ours: one changed text; readable YAML.
        theirs: the other changed text.
        merged: the two put together.

    Returns:
        What is wrong in a few words; None when nothing is, or when the template's own text is no YAML (a helm
        template), so that there are no values to hold it against.
    """
    try:
        before, new = _read(base), _read(theirs)
    except Unreadable:
        return None
    try:
        mine, found = _read(ours), _read(merged)
    except Unreadable as problem:
        return f"together they are no readable YAML: {problem.reason}"
    twice = sorted(map(_path, found.twice - mine.twice - new.twice))
    if twice:
        return f"together they say {twice[0]} twice"
    sources = [before.documents, mine.documents, new.documents]
    name = next((one for one in (_kind, _object) if all(_differ(one, documents) for documents in sources)), None)
    try:
        wanted = _settled(
            _mapping(before.documents, name), _mapping(mine.documents, name), _mapping(new.documents, name)
        )
    except _Both as both:
        return f"both change {_path(both.path)}"
    same = (name is None or _differ(name, found.documents)) and wanted == _mapping(found.documents, name)
    return None if same else "together they say what neither does"


def _kind(document: Any) -> str:  # noqa: ANN401
    return str(document.get("kind", "")) if isinstance(document, dict) else ""


def _object(document: Any) -> str:  # noqa: ANN401
    metadata = document.get("metadata") if isinstance(document, dict) else None
    named = metadata if isinstance(metadata, dict) else {}
    return f"{_kind(document)} {named.get('namespace')}/{named.get('name')}"


def _differ(name: Callable[[Any], str], documents: list[Any]) -> bool:
    return len(set(map(name, documents))) == len(documents)


def _mapping(documents: list[Any], name: Callable[[Any], str] | None) -> dict[Any, Any]:
    names = map(name, documents) if name else range(len(documents))
    return dict(zip(names, map(_by_name, documents), strict=True))


class _Both(Exception):  # noqa: N818 - it is an answer
    def __init__(self, path: tuple[Any, ...]) -> None:
        super().__init__(path)
        self.path = path


def _read(text: str) -> _Read:
    nodes = [node for node, _ in compose(text.encode("utf-8", "surrogateescape"))]
    twice = {(at, *path) for at, node in enumerate(nodes) for path, _ in duplicates(node)}
    return _Read([to_data(node) for node in nodes], frozenset(twice))


def _by_name(value: Any) -> Any:  # noqa: ANN401
    """The same with every list of named things as a mapping: an item is what its name says, wherever it stands."""
    if isinstance(value, dict):
        return {key: _by_name(inner) for key, inner in value.items()}
    if not isinstance(value, list):
        # for Python 1 is True
        return (value,) if isinstance(value, bool) else value
    items = [_by_name(item) for item in value]
    names = _names(value)
    return dict(zip(names, items, strict=True)) if names else items


def _names(items: list[Any]) -> list[Any]:
    """A name for each item, all different; empty where there are none."""
    if not items or not all(isinstance(item, dict) for item in items):
        return []
    for key in _NAMES:
        names = [(key, repr(item.get(key, _NOTHING))) for item in items]
        if len(set(names)) == len(names) and all(key in item for item in items):
            return names
    return []


def _settled(base: Any, ours: Any, theirs: Any, path: tuple[Any, ...] = ()) -> Any:  # noqa: ANN401
    if theirs in (ours, base):
        return ours
    if base == ours:
        return theirs
    before = {} if base is _NOTHING else base
    if not all(isinstance(side, dict) for side in (before, ours, theirs)):
        raise _Both(path)
    out = {}
    for key in dict.fromkeys([*ours, *theirs]):
        one, two, three = (side.get(key, _NOTHING) for side in (before, ours, theirs))
        value = _settled(one, two, three, (*path, key))
        if value is not _NOTHING:
            out[key] = value
    return out


def _path(path: tuple[Any, ...]) -> str:
    """A path as people write it; the number of the document in its file is left out."""
    words = [part[-1].strip("'") if isinstance(part, tuple) else str(part) for part in path[1:]]
    return ".".join(words) or "the whole document"
