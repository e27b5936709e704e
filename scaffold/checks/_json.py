"""JSON inside an annotation, as the API server reads it: keys in any case, unknown ones passed over.

Source: encoding/json, which is not what manifests themselves are read by.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scaffold.checks._schema import decodes

if TYPE_CHECKING:
    from collections.abc import Mapping

    Types = Mapping[str, str]


class _Pairs(list[tuple[str, Any]]):
    """The keys and values of an object, a key that is written twice too."""


def decoded(text: str, word: str, types: Types) -> Any:  # noqa: ANN401
    """What a text says, with the keys of its type; a ValueError where it does not fit.

    `word` is a type as `_schema` calls them, `*` before it where it is a pointer, or one of `types`: its fields, each
    with its word, which is `string` where none is written.
    """
    try:
        found = json.loads(text, object_pairs_hook=_Pairs, parse_constant=_refuse)
    except RecursionError:
        raise ValueError from None
    return _decoded(found, word, None, types)


def _refuse(_constant: str) -> None:
    # Python alone takes NaN and Infinity
    raise ValueError


def _decoded(value: Any, word: str, before: Any, types: Types) -> Any:  # noqa: ANN401
    """A value as its type has it; `before` is what the same key said already."""
    if value is None:
        # what is no pointer stays as it is
        return None if word[0] in "*[{" or word == "quantity" else before
    word = word.lstrip("*")
    if word[0] == "[" and type(value) is list:
        old = before or []
        return [_decoded(one, word[1:-1], old[at] if at < len(old) else None, types) for at, one in enumerate(value)]
    if word[0] == "{" and type(value) is _Pairs:
        return {key: _decoded(one, word[1:-1], None, types) for key, one in value}
    if word in types and type(value) is _Pairs:
        return _object(value, types[word], before, types)
    if word[0] in "[{" or word in types or not decodes(value, word):
        raise ValueError
    # a manifest's 5.0 is a whole number, an annotation's is not
    if word in ("int32", "int64") and type(value) is not int:
        raise ValueError
    return value


def _object(pairs: _Pairs, fields: str, before: Any, types: Types) -> dict[str, Any]:  # noqa: ANN401
    known = {
        name.casefold(): (name, word or "string") for name, _, word in (one.partition("=") for one in fields.split())
    }
    found = dict(before or {})
    for key, value in pairs:
        name, word = known.get(key.casefold(), ("", ""))
        if name:
            found[name] = _decoded(value, word, found.get(name), types)
    return found
