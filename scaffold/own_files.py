"""svcgen's own files - config, packs, App specs - read as one mapping each, with places for complaints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold import blocks
from scaffold.documents import Document
from scaffold.errors import SvcgenError
from scaffold.model import Location
from scaffold.names import nearest
from scaffold.nodes import Unreadable, compose

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# YAML's own ones, such as !!str
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map"))


def one_mapping(data: bytes, shown: str, otherwise: SvcgenError) -> Document | None:
    """The mapping that one of svcgen's own files is.

    Args:
        data: the file's bytes.
        shown: its path as it will be shown.
        otherwise: raised when it holds something else, or more than one document.

    Returns:
        The document; None for an empty file.

    Raises:
        SvcgenError: what it holds cannot be read, or `otherwise`.
    """
    # a tag could stand behind any !
    simple = None if b"!" in data else blocks.values(data)
    if simple is not None:
        return Document(shown, 0, chunk=data, data=simple)
    try:
        nodes = [node for node, _ in compose(data)]
        if not nodes or (nodes[0].id == "scalar" and not nodes[0].value):
            return None
        if len(nodes) > 1 or nodes[0].id != "mapping":
            raise otherwise
        _refuse_tags(nodes[0])
        document = Document(shown, 0, nodes[0])
        # aliases are followed here, so that too many of them are met here too
        assert document.data is not None
    except Unreadable as problem:
        raise SvcgenError(problem.reason, Location(shown, problem.line, problem.column)) from None
    return document


def _refuse_tags(root: Any) -> None:  # noqa: ANN401
    """A tag asks a reader to make something of its own; nothing here does, so it would be passed over in silence."""
    left, seen = [root], set()
    while left:
        node = left.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        tag = str(node.tag or "")
        if tag not in ("", *_PLAIN_TAGS):
            raise Unreadable(
                f"the tag {tag.replace('tag:yaml.org,2002:', '!!')} is not allowed here",
                node.start_mark.line + 1,
                node.start_mark.column + 1,
            )
        if node.id == "mapping":
            left += [part for pair in node.value for part in pair]
        elif node.id == "sequence":
            left += node.value


def refuse_unknown(document: Document, data: Iterable[str], known: Sequence[str], *path: str | int) -> None:
    """Refuses a key of svcgen's own files that nobody reads.

    Args:
        document: the file's document.
        data: the keys of the mapping at `path`.
        known: the keys that are read there.
        path: where the mapping is.

    Raises:
        SvcgenError: at the key, with the nearest known one.
    """
    for key in data:
        if key not in known:
            near = nearest(key, list(known))
            hint = f"did you mean {near!r}?" if near else f"known here: {', '.join(known)}"
            raise SvcgenError(f"unknown key {key!r}", document.location(*path, key), hint)
