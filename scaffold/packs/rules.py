"""The policy of a pack.yaml, read: what the platform team allows, and its own words for why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold import names
from scaffold.config import parse_range
from scaffold.errors import SvcgenError
from scaffold.model import SERVICE_TYPES
from scaffold.packs.entries import entries
from scaffold.packs.model import Entry, Question, Rule

if TYPE_CHECKING:
    from scaffold.documents import Document

KINDS = ("required_labels", "allowed_registries", "locked", "node_ports", "forbidden_types")
# what `locked` may name besides questions
FIELDS = ("image", "namespace", "replicas", "type")

_FORM = "{required_labels: [team], text: every app names its team}"


def read(document: Document, pack: str, questions: tuple[Question, ...], inherited: tuple[Rule, ...]) -> list[Rule]:
    """The rules of a pack.yaml.

    Args:
        document: the pack.yaml.
        pack: the pack's name, which violations give.
        questions: what the pack asks, inherited questions among them; answers can be locked.
        inherited: the rules of the packs that it extends; they cannot be loosened.

    Raises:
        SvcgenError: an entry of the wrong form, with line and column.
    """
    found: list[Rule] = []
    for value, entry in entries(document, "policy", (*KINDS, "text"), _FORM):
        kinds = [key for key in value if key != "text"]
        said = value.get("text")
        if len(kinds) != 1:
            raise SvcgenError(f"an entry of policy has one of {', '.join(KINDS)}", entry.at(), f"write it like {_FORM}")
        if not isinstance(said, str) or not said.strip():
            raise SvcgenError("an entry of policy has a text that says why", entry.at(), f"write it like {_FORM}")
        rule = Rule(kinds[0], _value(kinds[0], value[kinds[0]], entry, questions), said, pack, entry)
        for other in (*inherited, *found):
            _refuse_contradiction(rule, other)
        found.append(rule)
    return found


def _refuse_contradiction(rule: Rule, other: Rule) -> None:
    if rule.kind != "locked" or other.kind != "locked":
        return
    for name, value in rule.value.items():
        if name in other.value and other.value[name] != value:
            raise SvcgenError(
                f"{name} is locked to {other.value[name]} by pack {other.pack!r} already",
                rule.entry.at("locked", name),
                f"leave it out; what is inherited holds (at {other.location})",
            )


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
    if kind == "forbidden_types" and set(value) == set(SERVICE_TYPES):
        raise SvcgenError("no type is left that an app could have", entry.at(kind), "allow one")
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
        if name in FIELDS and not _can_be(name, one):
            raise SvcgenError(f"{name} cannot be {one!r}", entry.at("locked", name))
    return value


def _can_be(field: str, value: object) -> bool:
    if field == "replicas":
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 2147483647
    if field == "type":
        return value in SERVICE_TYPES
    return isinstance(value, str) and (names.image if field == "image" else names.label)(value) is None
