"""The policy of a pack.yaml, read: what the platform team allows, and its own words for why."""

from collections.abc import Iterator
from typing import Any

from scaffold import names
from scaffold.config import parse_range
from scaffold.documents import Document
from scaffold.errors import SvcgenError
from scaffold.model import SERVICE_TYPES
from scaffold.packs.entries import entries
from scaffold.packs.model import Entry, Question, Rule

KINDS = ("required_labels", "allowed_registries", "locked", "node_ports", "forbidden_types")
# what `locked` may name besides questions
FIELDS = ("image", "namespace", "replicas", "type")

_FORM = "{required_labels: [team], text: every app names its team}"


def read(document: Document, pack: str, questions: tuple[Question, ...]) -> Iterator[Rule]:
    """The rules of a pack.yaml.

    Args:
        document: the pack.yaml.
        pack: the pack's name, which violations give.
        questions: what the pack asks, inherited questions among them; answers can be locked.

    Raises:
        SvcgenError: an entry of the wrong form, with line and column.
    """
    for value, entry in entries(document, "policy", (*KINDS, "text"), _FORM):
        kinds = [key for key in value if key != "text"]
        said = value.get("text")
        if len(kinds) != 1:
            raise SvcgenError(f"an entry of policy has one of {', '.join(KINDS)}", entry.at(), f"write it like {_FORM}")
        if not isinstance(said, str) or not said.strip():
            raise SvcgenError("an entry of policy has a text that says why", entry.at(), f"write it like {_FORM}")
        yield Rule(kinds[0], _value(kinds[0], value[kinds[0]], entry, questions), said, pack, entry)


def _value(kind: str, value: Any, entry: Entry, questions: tuple[Question, ...]) -> Any:  # noqa: ANN401
    if kind == "node_ports":
        return parse_range(str(value), entry.at(kind))
    if kind == "locked":
        return _locked(value, entry, questions)
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
        raise SvcgenError(f"{kind} is not a list of strings", entry.at(kind), f"write {kind}: [one, other]")
    for index, one in enumerate(value):
        if kind == "required_labels" and (reason := names.label_key(one)):
            raise SvcgenError(f"label name {one!r} {reason}", entry.at(kind, index))
        if kind == "allowed_registries" and (reason := names.image(one.rstrip("/"))):
            raise SvcgenError(f"registry {one!r} {reason}", entry.at(kind, index), "write it like ghcr.io/acme")
        if kind == "forbidden_types" and one not in SERVICE_TYPES:
            near = names.nearest(one, list(SERVICE_TYPES))
            hint = f"did you mean {near}?" if near else ""
            raise SvcgenError(f"type {one!r} is none of {', '.join(SERVICE_TYPES)}", entry.at(kind, index), hint)
    return tuple(value)


def _locked(value: Any, entry: Entry, questions: tuple[Question, ...]) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(value, dict) or not value:
        raise SvcgenError("locked is not a mapping", entry.at("locked"), "write locked: {replicas: 2}")
    known = (*FIELDS, *(question.name for question in questions))
    for name, one in value.items():
        if name not in known:
            near = names.nearest(name, list(known))
            hint = f"did you mean {near!r}?" if near else f"what can be locked: {', '.join(known)}"
            raise SvcgenError(f"{name!r} is neither a field of the app nor a question", entry.at("locked", name), hint)
        expected = int if name == "replicas" else str
        if name in FIELDS and (not isinstance(one, expected) or isinstance(one, bool)):
            raise SvcgenError(f"{name} cannot be {one!r}", entry.at("locked", name))
    return value
