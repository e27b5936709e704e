"""svcgen's own files - config, packs, App specs - read as one mapping each, with places for complaints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold import blocks
from scaffold.documents import Document
from scaffold.errors import SvcgenError
from scaffold.model import Location
from scaffold.names import nearest
from scaffold.nodes import Unreadable, compose

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


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
    simple = blocks.values(data)
    if simple is not None:
        return Document(shown, 0, chunk=data, data=simple)
    try:
        nodes = [node for node, _ in compose(data)]
    except Unreadable as problem:
        raise SvcgenError(problem.reason, Location(shown, problem.line, problem.column)) from None
    if not nodes or (nodes[0].id == "scalar" and not nodes[0].value):
        return None
    if len(nodes) > 1 or nodes[0].id != "mapping":
        raise otherwise
    return Document(shown, 0, nodes[0])


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
