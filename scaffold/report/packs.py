"""Packs for people and for tools: the list, and everything that the templates of one can use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scaffold.packs.model import Expression
from scaffold.packs.questions import as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scaffold.pack_reference import Reference
    from scaffold.packs.finding import Found
    from scaffold.packs.listing import Listed
    from scaffold.packs.model import Pack, PackFile, Question, Rule

_SHOWN = 60


def _place(found: Found) -> str:
    return f"{found.source}, {found.shown}" if found.source else found.shown


# --- the list


def list_as_text(listed: Sequence[Listed]) -> str:
    """A table: one row a pack, and below it what it makes, what it hides and what it was copied from."""
    rows = [("NAME", "VERSION", "FROM", "FOLDER")]
    rows += [
        (one.found.name, one.pack.version if one.pack else "?", one.found.kind, _place(one.found)) for one in listed
    ]
    head, *body = _columns(rows)
    out = [head]
    for line, one in zip(body, listed, strict=True):
        out += [line, *(f"    {more}" for more in _more(one))]
    return "\n".join(out) + "\n"


def _more(one: Listed) -> Iterator[str]:
    if one.problem:
        yield f"cannot be read: {one.problem}".replace("\n", "\n    ")
    if one.pack:
        yield one.pack.title
        yield f"files: {', '.join(file.path for file in one.pack.files)}"
        if one.pack.parent:
            yield f"extends {one.pack.parent.name} {one.pack.parent.version}"
    for hidden in one.hides:
        yield f"hides the {hidden.kind} one in {_place(hidden)}"
    yield from map(str, one.copies)


def list_as_json(listed: Sequence[Listed]) -> str:
    """The same as JSON."""
    return _json({"packs": [_listed(one) for one in listed]})


def _listed(one: Listed) -> dict[str, Any]:
    pack, found = one.pack, one.found
    return {
        "name": found.name,
        "version": pack.version if pack else None,
        "title": pack.title if pack else None,
        "from": found.kind,
        "folder": found.shown,
        "source": found.source or None,
        "digest": pack.digest if pack else None,
        "extends": pack.parent.name if pack and pack.parent else None,
        "files": [_file(file) for file in pack.files] if pack else [],
        "hides": [{"from": other.kind, "folder": other.shown, "source": other.source or None} for other in one.hides],
        "ejected": [copy._asdict() for copy in one.copies],
        "error": str(one.problem) if one.problem else None,
    }


# --- one pack


def show_as_text(reference: Reference) -> str:
    """Files with their blocks, questions, policy, and the whole context with types and examples."""
    pack = reference.pack
    out = [f"{pack.name} {pack.version} ({pack.kind}, {pack.origin})", pack.title]
    if pack.parent:
        out.append("extends " + " -> ".join(f"{one.name} {one.version}" for one in list(pack.chain)[1:]))
    out += ["", "FILES", *_columns([_file_row(file, reference) for file in pack.files])]
    for name, blocks in reference.blocks.items():
        if blocks:
            out += ["", f'BLOCKS of {name}, to be changed by {{% extends "{name}" %}}']
            out += _columns([(one.name, f"{one.pack}, line {one.line}") for one in blocks])
    out += ["", "QUESTIONS, answered with --set NAME=VALUE", *(_questions(reference) or ["  none"])]
    out += ["", "POLICY", *(_columns([_rule_row(rule) for rule in pack.policy]) or ["  none"])]
    out += ["", "CONTEXT: what a template sees, with an example", *_columns(_context_rows(reference))]
    return "\n".join(line.rstrip() for line in out) + "\n"


def _file_row(file: PackFile, reference: Reference) -> tuple[str, ...]:
    owner = reference.pack.templates[file.template]
    condition = f"when {file.when.text}" if file.when else ""
    return (file.path, f"{file.template} of {owner.name}", condition)


def _questions(reference: Reference) -> list[str]:
    pack = reference.pack
    out = []
    for row, question in zip(_columns([_question_row(one) for one in pack.questions]), pack.questions, strict=True):
        out.append(row)
        out += [f"      {line}" for line in _notes(question, pack)]
        out += ["      nothing uses it"] if question.name in reference.unused else []
    return out


def _question_row(question: Question) -> tuple[str, ...]:
    kind = f"{question.type}: {', '.join(question.choices)}" if question.choices else question.type
    return (question.name, kind, _default(question))


def _default(question: Question) -> str:
    if question.default is None:
        return "must be answered" if question.when is None else "no default"
    value = question.default.text if isinstance(question.default, Expression) else as_text(question.default)
    return f"default {value}" if value else "empty by default"


def _notes(question: Question, pack: Pack) -> Iterator[str]:
    if question.help:
        yield question.help
    if question.when:
        yield f"only when {question.when.text}"
    if question.pattern:
        yield f"must match {question.pattern.text}"
    if question.check:
        yield f"must hold: {question.check.text}"
    if question.secret:
        yield "secret: never saved, never printed"
    if question.pack != pack.name:
        yield f"asked by {question.pack}"


def _rule_row(rule: Rule) -> tuple[str, ...]:
    return (rule.kind.replace("_", " "), _rule_value(rule), f"{rule.text} ({rule.pack})")


def _rule_value(rule: Rule) -> str:
    if rule.kind == "node_ports":
        return "-".join(map(str, rule.value))
    if rule.kind == "locked":
        return ", ".join(f"{name}: {as_text(value)}" for name, value in rule.value.items())
    return ", ".join(rule.value)


def _context_rows(reference: Reference) -> list[tuple[str, ...]]:
    return [(one.name, one.type, _example(one.example)) for one in reference.context]


def _example(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return ""
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + "..."


def show_as_json(reference: Reference) -> str:
    """The same as JSON."""
    pack = reference.pack
    templates = [
        {
            "name": name,
            "pack": pack.templates[name].name,
            "path": pack.templates[name].shown(name),
            "blocks": [block._asdict() for block in blocks],
        }
        for name, blocks in reference.blocks.items()
    ]
    return _json(
        {
            "name": pack.name,
            "version": pack.version,
            "title": pack.title,
            "from": pack.kind,
            "folder": pack.origin,
            "digest": pack.digest,
            "commit": pack.commit,
            "extends": [one.name for one in list(pack.chain)[1:]],
            "files": [_file(file) for file in pack.files],
            "environments": pack.environments,
            "questions": [
                {**_question(question), "used": question.name not in reference.unused} for question in pack.questions
            ],
            "policy": [_rule(rule) for rule in pack.policy],
            "templates": templates,
            "context": [field._asdict() for field in reference.context],
        }
    )


def _file(file: PackFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "template": file.template,
        "when": file.when.text if file.when else None,
        "each": "environment" if file.each else None,
    }


def _question(question: Question) -> dict[str, Any]:
    default = question.default
    return {
        "name": question.name,
        "type": question.type,
        "default": default.text if isinstance(default, Expression) else default,
        "help": question.help or None,
        "choices": list(question.choices) or None,
        "when": question.when.text if question.when else None,
        "pattern": question.pattern.text if question.pattern else None,
        "check": question.check.text if question.check else None,
        "message": question.message or None,
        "secret": question.secret,
        "pack": question.pack,
    }


def _rule(rule: Rule) -> dict[str, Any]:
    value = {"low": rule.value[0], "high": rule.value[1]} if rule.kind == "node_ports" else rule.value
    return {"rule": rule.kind, "value": value, "text": rule.text, "pack": rule.pack}


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _columns(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Rows with their columns aligned, indented where they are not a table with a head."""
    rows = list(rows)
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    indent = "" if rows[0][0] == "NAME" else "  "
    return [(indent + "  ".join(map(str.ljust, row, widths))).rstrip() for row in rows]
