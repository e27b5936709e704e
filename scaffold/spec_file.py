"""A saved App spec written again: what people wrote into its file, comments first of all, stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold import spec
from scaffold.errors import SvcgenError
from scaffold.merge import Conflict, merge
from scaffold.model import Location
from scaffold.own_files import one_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffold.model import AppSpec


def rewritten(text: str, before: AppSpec, after: AppSpec) -> str:
    """The text of an App spec's file, made to say what `after` says.

    Args:
        text: as it is on disk.
        before: what it says.
        after: what it shall say.
    """
    wanted = spec.to_text(after)
    if _says(text, after):
        return text
    lines: list[str] = []
    merged = merge(spec.to_text(before), text, wanted)
    for piece in merged.pieces:
        lines += piece if not isinstance(piece, Conflict) else [*_comments(piece.ours), *piece.theirs]
    found = merged.ends.join(lines)
    return found if _says(found, after) else "".join(f"{line}\n" for line in _comments(text.splitlines())) + wanted


def _says(text: str, app: AppSpec) -> bool:
    try:
        document = one_mapping(text.encode("utf-8", "surrogateescape"), "", SvcgenError("no App spec", Location("")))
        found = spec.parse(spec.from_document(document)) if document else None
    except SvcgenError:
        return False
    return found is not None and spec.digest(found) == spec.digest(app) == found.rendered


def _comments(lines: Sequence[str]) -> Iterator[str]:
    """The comments of lines, each on a line of its own."""
    for line in lines:
        at = _comment(line)
        if at >= 0:
            yield " " * (len(line) - len(line.lstrip(" "))) + line[at:]


def _comment(line: str) -> int:
    """Where the comment of a line begins, -1 when it has none: a # outside quotes, at the start or behind a blank."""
    quote = ""
    for at, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "#" and (at == 0 or line[at - 1] in " \t"):
            return at
    return -1
