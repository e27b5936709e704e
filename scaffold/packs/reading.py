"""A pack.yaml and the texts of its templates -> `Pack`, with what it inherits."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from scaffold import __version__, names
from scaffold.errors import SvcgenError
from scaffold.model import CONTENTS
from scaffold.packs.entries import entries, expression, flag, needed, string
from scaffold.packs.model import Entry, Expression, Pack, PackFile, Question, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffold.documents import Document
    from scaffold.model import Content
    from scaffold.packs.finding import Found

FILE_KEYS = ("path", "template", "when", "each", "content", "remove")
QUESTION_KEYS = (
    "name", "type", "default", "help", "choices", "when", "pattern", "check", "message", "secret", "ask",
)  # fmt: skip
TYPES = ("string", "int", "bool", "choice", "list", "port")
_KEPT = (".git", ".svcgen")
# of one name, in bytes, on any file system
_NAME_LENGTH = 255
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def refuse_newer(document: Document) -> None:
    """Refuses a pack that a later svcgen is needed for.

    Raises:
        SvcgenError: it needs a newer svcgen, or `svcgen` is no version.
    """
    wanted = document.data.get("svcgen")
    if wanted is None:
        return
    numbers = str(wanted).split(".")
    if isinstance(wanted, bool) or not 1 <= len(numbers) <= 3 or not all(n.isascii() and n.isdigit() for n in numbers):
        raise SvcgenError(
            f"svcgen {wanted!r} is no version", document.location("svcgen"), 'write it like svcgen: "0.1"'
        )
    if [int(number) for number in numbers] > [int(number) for number in __version__.split(".")]:
        raise SvcgenError(
            f"the pack needs svcgen {wanted} or newer, this is {__version__}",
            document.location("svcgen"),
            "pipx upgrade svcgen, or pip install --upgrade svcgen",
        )


def build(found: Found, document: Document, texts: Mapping[str, str], parent: Pack | None) -> Pack:
    """The pack of a folder, with what it inherits.

    Raises:
        SvcgenError: something in pack.yaml that cannot work, with its line and column.
    """
    reader = _Reader(found, document)
    files = _merged(parent.files if parent else (), reader.files(texts, parent), key=lambda file: file.path)
    files = tuple(file for file in files if file.template)
    questions = _merged(parent.questions if parent else (), reader.questions(), key=lambda one: one.name)
    pack = Pack(
        found.name,
        found.kind,
        found.folder,
        found.shown,
        needed(document, "title"),
        needed(document, "version"),
        files,
        questions,
        _policy(found, document, questions, parent.policy if parent else ()),
        reader.list_question("environments", questions) or (parent.environments if parent else None),
        texts,
        parent,
        "",
        "",
        found.commit,
        reader.next() or (parent.next if parent else None),
        reader.list_question("namespaces", questions) or (parent.namespaces if parent else None),
    )
    _refuse_overlaps(files)
    if not files:
        wanted = "files: [{path: service.yaml, template: service.yaml.j2}]"
        raise SvcgenError("a pack needs files", document.location(), wanted)
    each = next((file for file in files if file.each), None)
    if each and not pack.environments:
        raise SvcgenError(
            "a file is made once per environment, and the pack does not say which there are",
            each.entry.at("each"),
            "add environments: NAME, the name of a question of type list",
        )
    return pack


def _refuse_overlaps(files: tuple[PackFile, ...]) -> None:
    """A path cannot be a file and the folder of another."""
    paths = {file.path: file for file in files}
    for file in files:
        above = os.path.dirname(file.path)
        while above:
            if above in paths:
                raise SvcgenError(
                    f"{above} is a file and the folder of {file.path}",
                    file.entry.at("path"),
                    f"the other is at {paths[above].entry.at('path')}",
                )
            above = os.path.dirname(above)


def _merged(inherited: Any, own: Any, key: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """What is inherited, each replaced in its place by the own one of the same key, then the rest of the own."""
    mine = {key(one): one for one in own}
    kept = [mine.pop(key(one), one) for one in inherited]
    return (*kept, *mine.values())


def _policy(
    found: Found, document: Document, questions: tuple[Question, ...], inherited: tuple[Rule, ...]
) -> tuple[Rule, ...]:
    if document.data.get("policy") is None:
        return inherited
    from scaffold.packs import rules

    return (*inherited, *rules.read(document, found.name, questions, inherited))


class _Reader:
    """The entries of one pack.yaml, complaining with places."""

    def __init__(self, found: Found, document: Document) -> None:
        self._found, self._document = found, document

    # --- files

    def files(self, texts: Mapping[str, str], parent: Pack | None) -> Iterator[PackFile]:
        known = {*texts, *(parent.templates if parent else ())}
        seen: dict[str, Entry] = {}
        for value, entry in entries(
            self._document, "files", FILE_KEYS, "{path: service.yaml, template: service.yaml.j2}"
        ):
            path = value.get("path")
            if not isinstance(path, str):
                raise SvcgenError("a file needs a path", entry.at(), "write {path: service.yaml, template: ...}")
            _refuse_outside(path, entry)
            if path in seen:
                raise SvcgenError(
                    f"two files are written to {path}", entry.at("path"), f"the other is at {seen[path].at('path')}"
                )
            seen[path] = entry
            if flag(value, "remove", entry):
                yield self._removed(path, value, entry, parent)
            else:
                yield self._file(path, value, entry, known)

    def _file(self, path: str, value: dict[str, Any], entry: Entry, known: set[str]) -> PackFile:
        template = value.get("template")
        if not isinstance(template, str):
            raise SvcgenError(
                f"the file {path} needs a template", entry.at(), f"write {{path: {path}, template: {path}.j2}}"
            )
        if template not in known:
            near = names.nearest(template, sorted(known))
            raise SvcgenError(
                f"there is no template {template!r} in the pack",
                entry.at("template"),
                f"did you mean {near!r}?" if near else f"templates here: {', '.join(sorted(known)) or 'none'}",
            )
        each = value.get("each")
        if each not in (None, "environment"):
            raise SvcgenError(f"each is {each!r}, it can only be environment", entry.at("each"))
        if bool(each) != ("{environment}" in path):
            hint = "write it like overlays/{environment}/kustomization.yaml"
            what = "needs" if each else "has"
            when = "that is made once per environment" if each else "without each: environment"
            raise SvcgenError(f"the path of a file {when} {what} {{environment}} in it", entry.at("path"), hint)
        return PackFile(
            path, template, expression(value, "when", entry), bool(each), entry, _content(path, value, entry)
        )

    def _removed(self, path: str, value: dict[str, Any], entry: Entry, parent: Pack | None) -> PackFile:
        inherited = [file.path for file in parent.files] if parent else []
        if set(value) - {"path", "remove"}:
            raise SvcgenError("a file that is removed has a path and nothing else", entry.at())
        if path not in inherited:
            near = names.nearest(path, inherited)
            what = f"did you mean {near!r}?" if near else f"inherited are {', '.join(inherited) or 'none'}"
            raise SvcgenError(f"there is no inherited file {path!r} to remove", entry.at("path"), what)
        return PackFile(path, "", None, False, entry)

    # --- questions

    def questions(self) -> Iterator[Question]:
        seen: dict[str, Entry] = {}
        for value, entry in entries(self._document, "questions", QUESTION_KEYS, "{name: team, help: who owns the app}"):
            name = value.get("name")
            if not isinstance(name, str) or not name:
                raise SvcgenError("a question needs a name", entry.at(), "write {name: team, help: who owns the app}")
            if name[0] not in _LETTERS or set(name) - {*_LETTERS, *"0123456789_"}:
                raise SvcgenError(
                    f"name {name!r} must hold only a-z, 0-9 and _, and start with a letter", entry.at("name")
                )
            if name in seen:
                raise SvcgenError(
                    f"two questions are called {name}", entry.at("name"), f"the other is at {seen[name].at()}"
                )
            seen[name] = entry
            yield self._question(name, value, entry)

    def _question(self, name: str, value: dict[str, Any], entry: Entry) -> Question:
        kind = value.get("type", "string")
        if kind not in TYPES:
            near = names.nearest(str(kind), list(TYPES))
            raise SvcgenError(
                f"type {kind!r} is none of {', '.join(TYPES)}",
                entry.at("type"),
                f"did you mean {near!r}?" if near else "",
            )
        default = value.get("default")
        question = Question(
            name,
            kind,
            default,
            string(value, "help", entry),
            self._choices(kind, value, entry),
            expression(value, "when", entry),
            self._pattern(kind, value, entry),
            expression(value, "check", entry),
            string(value, "message", entry),
            flag(value, "secret", entry),
            # what svcgen's own packs ask has a default that is good for most
            flag(value, "ask", entry) if "ask" in value else self._found.kind != "built-in",
            entry,
            self._found.name,
        )
        if isinstance(default, str) and "{{" in default:
            return question._replace(default=Expression(default, entry, "default", form="text"))
        return question

    def _choices(self, kind: str, value: dict[str, Any], entry: Entry) -> tuple[str, ...]:
        choices = value.get("choices")
        if choices is None and kind == "choice":
            raise SvcgenError("a choice needs choices", entry.at(), "add choices: [one, other]")
        if choices is None:
            return ()
        if kind not in ("choice", "list"):
            raise SvcgenError(f"a question of type {kind} has no choices", entry.at("choices"), "make it type: choice")
        if not isinstance(choices, list) or not choices:
            raise SvcgenError("choices is not a list of strings", entry.at("choices"), "write choices: [one, other]")
        for index, choice in enumerate(choices):
            if not isinstance(choice, str):
                raise SvcgenError(f"choice {choice!r} is not a string; put it in quotes", entry.at("choices", index))
        return tuple(choices)

    def _pattern(self, kind: str, value: dict[str, Any], entry: Entry) -> Expression | None:
        import re

        pattern = value.get("pattern")
        if pattern is None:
            return None
        if kind not in ("string", "list"):
            raise SvcgenError(f"a question of type {kind} has no pattern", entry.at("pattern"), "use check instead")
        try:
            re.compile(str(pattern))
        except re.error as error:
            raise SvcgenError(
                f"the pattern {pattern!r} is no regular expression: {error}", entry.at("pattern")
            ) from None
        return Expression(str(pattern), entry, "pattern", form="pattern")

    def next(self) -> Expression | None:
        """The command that comes after writing, a text with `{{ }}`."""
        found = string(self._document.data, "next", Entry(self._document, ()))
        return Expression(found, Entry(self._document, ()), "next", form="text") if found else None

    def list_question(self, key: str, questions: tuple[Question, ...]) -> str | None:
        """The name of the question of type list that a key names, inherited questions too."""
        name = self._document.data.get(key)
        if name is None:
            return None
        asked = {question.name: question for question in questions}
        if not isinstance(name, str) or name not in asked or asked[name].type != "list":
            lists = [question.name for question in questions if question.type == "list"]
            near = names.nearest(str(name), lists)
            hint = f"did you mean {near!r}?" if near else f"add - {{name: {name}, type: list}} to questions"
            raise SvcgenError(f"{key} {name!r} is no question of type list", self._document.location(key), hint)
        return name


def _content(path: str, value: dict[str, Any], entry: Entry) -> Content:
    content = value.get("content")
    if content is None:
        return "manifests" if path.endswith((".yaml", ".yml", ".json")) else "text"
    if content not in CONTENTS:
        near = names.nearest(str(content), list(CONTENTS))
        hint = f"did you mean {near!r}?" if near else ""
        raise SvcgenError(f"content {content!r} is none of {', '.join(CONTENTS)}", entry.at("content"), hint)
    return content  # type: ignore[no-any-return]


def _refuse_outside(path: str, entry: Entry) -> None:
    parts = path.split("/")
    # what git and svcgen keep there decides what other commands do
    kept = any(part.casefold() in _KEPT for part in parts)
    if os.path.isabs(path) or "\\" in path or not path.isprintable() or {"", ".", ".."} & set(parts) or kept:
        raise SvcgenError(
            f"path {path!r} leads out of the output folder", entry.at("path"), "write it like service.yaml"
        )
    if any(len(part.encode()) > _NAME_LENGTH for part in parts):
        raise SvcgenError(f"a name in path {path[:40] + '...'!r} is too long", entry.at("path"))
