"""The values of a pack.yaml, each of the form that it must have, or an error at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.errors import SvcgenError
from scaffold.own_files import refuse_unknown
from scaffold.packs.model import Entry, Expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document


def entries(document: Document, key: str, known: tuple[str, ...], form: str) -> Iterator[tuple[dict[str, Any], Entry]]:
    """The mappings of a list of pack.yaml, each with its place.

    Args:
        document: the pack.yaml.
        key: the list's key.
        known: the keys that an entry may have.
        form: an entry as an example.

    Raises:
        SvcgenError: no list, an entry that is no mapping, an unknown key (with the nearest).
    """
    values = document.data.get(key)
    if values is None:
        return
    if not isinstance(values, list):
        raise SvcgenError(f"{key} is not a list", document.location(key), f"write {key}: [{form}]")
    for index, value in enumerate(values):
        entry = Entry(document, (key, index))
        if not isinstance(value, dict):
            raise SvcgenError(f"an entry of {key} is {form}", entry.at())
        refuse_unknown(document, value, known, key, index)
        yield value, entry


def needed(document: Document, key: str) -> str:
    """A string that every pack.yaml has.

    Raises:
        SvcgenError: it is not there, empty, or no string.
    """
    value = document.data.get(key)
    if value is None:
        example = 'version: "1"' if key == "version" else f"{key}: one line about the pack"
        raise SvcgenError(f"the pack has no {key}", document.location(), f"add {example}")
    if not isinstance(value, str) or not value.strip():
        raise SvcgenError(
            f"{key} is {value!r}, not a string", document.location(key), f'put it in quotes: {key}: "{value}"'
        )
    return value


def flag(value: dict[str, Any], key: str, entry: Entry) -> bool:
    """True or false; false when it is not there.

    Raises:
        SvcgenError: anything else.
    """
    found = value.get(key, False)
    if not isinstance(found, bool):
        raise SvcgenError(f"{key} is {found!r}, it must be true or false", entry.at(key))
    return found


def string(value: dict[str, Any], key: str, entry: Entry) -> str:
    """A string; empty when it is not there.

    Raises:
        SvcgenError: anything else.
    """
    found = value.get(key)
    if found is not None and not isinstance(found, str):
        raise SvcgenError(f"{key} is {found!r}, not a string; put it in quotes", entry.at(key))
    return found or ""


def expression(value: dict[str, Any], key: str, entry: Entry) -> Expression | None:
    """A Jinja expression; None when it is not there.

    Raises:
        SvcgenError: anything else.
    """
    found = value.get(key)
    if found is None:
        return None
    if isinstance(found, bool):
        found = str(found).lower()
    if not isinstance(found, str) or not found.strip():
        raise SvcgenError(
            f"{key} is {found!r}, not an expression", entry.at(key), f'write it like {key}: answers.probe != "none"'
        )
    return Expression(found, entry, key)
