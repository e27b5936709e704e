"""Template packs: where each comes from, what its `pack.yaml` says, the texts of its templates."""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from scaffold import names
from scaffold.documents import Document
from scaffold.errors import SvcgenError
from scaffold.model import Location
from scaffold.own_files import one_mapping, refuse_unknown

_PACK_KEYS = ("title", "version", "files", "questions")
_FILE_KEYS = ("path", "template")
_QUESTION_KEYS = ("name", "type", "default", "help", "choices")
_TYPES = {"string": str, "int": int, "bool": bool, "choice": str}


class PackFile(NamedTuple):
    """One file that a pack writes: its path below the output folder, and the template it is rendered from."""

    path: str
    template: str


class Question(NamedTuple):
    """One thing that a pack asks; `--set NAME=VALUE` answers it."""

    name: str
    type: str
    default: Any
    help: str
    choices: tuple[str, ...]
    location: Location


class Pack(NamedTuple):
    """A pack, read: `texts` holds the source of every template by file name."""

    name: str
    origin: str
    version: str
    title: str
    files: tuple[PackFile, ...]
    questions: tuple[Question, ...]
    texts: Mapping[str, str]
    key: str

    def shown(self, template: str) -> str:
        """The path of one of its templates, for messages."""
        return os.path.join(self.origin, template)


def built_in() -> str:
    """The folder of the packs that come with svcgen: inside the wheel, or at the top of a checkout."""
    here = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(here, "templates")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(here), "templates")


def places(root: str) -> list[str]:
    """The folders that are searched for a pack by name, first wins."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return [os.path.join(root, ".svcgen", "templates"), os.path.join(home, "svcgen", "templates"), built_in()]


def load(name: str, root: str) -> Pack:
    """Finds and reads a pack.

    Args:
        name: a name, or a path (anything with a `/`, or `.`).
        root: the project root.

    Raises:
        SvcgenError: no such pack (the known ones are named), or its `pack.yaml` is wrong (with line and column).
    """
    if "/" in name or name in (".", ".."):
        folder = os.path.abspath(os.path.join(root, name)) if not os.path.isabs(name) else name
        if not os.path.isfile(os.path.join(folder, "pack.yaml")):
            raise SvcgenError(f"there is no pack.yaml in {folder}", Location("--template"))
        return _read(folder, name)
    known = []
    for place in places(root):
        if os.path.isfile(os.path.join(place, name, "pack.yaml")):
            return _read(os.path.join(place, name), name)
        if os.path.isdir(place):
            known += sorted(os.listdir(place))
    near = names.nearest(name, known)
    hint = f"did you mean {near!r}?" if near else f"known packs: {', '.join(dict.fromkeys(known))}; a path needs a /"
    raise SvcgenError(f"there is no pack {name!r}", Location("--template"), hint)


def _read(folder: str, name: str) -> Pack:
    from scaffold.config import display

    path = os.path.join(folder, "pack.yaml")
    shown = display(path)
    raw = _text(path)
    wrong = SvcgenError("a pack.yaml is one mapping", Location(shown), f"its keys are {', '.join(_PACK_KEYS)}")
    document = one_mapping(raw.encode(), shown, wrong)
    if document is None:
        raise wrong
    data = document.data
    refuse_unknown(document, data, _PACK_KEYS)
    files = tuple(_file(document, entry, ("files", index)) for index, entry in enumerate(data.get("files") or []))
    if not files:
        raise SvcgenError(
            "a pack needs files", Location(shown), "files: [{path: service.yaml, template: service.yaml.j2}]"
        )
    questions = tuple(
        _question(document, entry, ("questions", index)) for index, entry in enumerate(data.get("questions") or [])
    )
    texts = {entry: _text(os.path.join(folder, entry)) for entry in sorted(os.listdir(folder)) if entry.endswith(".j2")}
    for index, file in enumerate(files):
        if file.template not in texts:
            near = names.nearest(file.template, list(texts))
            raise SvcgenError(
                f"there is no template {file.template!r} in the pack",
                document.location("files", index, "template"),
                f"did you mean {near!r}?" if near else f"templates here: {', '.join(texts) or 'none'}",
            )
    version = str(data.get("version") or "0")
    return Pack(
        name,
        os.path.dirname(shown),
        version,
        str(data.get("title") or name),
        files,
        questions,
        texts,
        os.path.realpath(folder),
    )


def _text(path: str) -> str:
    from scaffold.config import display

    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8")
    except OSError as error:
        raise SvcgenError(f"cannot read: {error.strerror}", Location(display(path))) from None
    except UnicodeDecodeError:
        raise SvcgenError("the file is not UTF-8", Location(display(path))) from None


def _file(document: Document, entry: Any, where: tuple[str | int, ...]) -> PackFile:  # noqa: ANN401
    if (
        not isinstance(entry, dict)
        or not isinstance(entry.get("path"), str)
        or not isinstance(entry.get("template"), str)
    ):
        raise SvcgenError("a file is {path: ..., template: ...}", document.location(*where))
    refuse_unknown(document, entry, _FILE_KEYS, *where)
    path = entry["path"]
    if os.path.isabs(path) or ".." in path.split("/") or not path or "\\" in path or "\0" in path:
        raise SvcgenError(
            f"path {path!r} leads out of the output folder",
            document.location(*where, "path"),
            "write it like service.yaml",
        )
    return PackFile(path, entry["template"])


def _question(document: Document, entry: Any, where: tuple[str | int, ...]) -> Question:  # noqa: ANN401
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise SvcgenError("a question is a mapping with a name", document.location(*where))
    refuse_unknown(document, entry, _QUESTION_KEYS, *where)
    kind = entry.get("type", "string")
    if kind not in _TYPES:
        raise SvcgenError(f"type {kind!r} is none of {', '.join(_TYPES)}", document.location(*where, "type"))
    choices = tuple(str(choice) for choice in entry.get("choices") or ())
    return Question(
        entry["name"], kind, entry.get("default"), str(entry.get("help") or ""), choices, document.location(*where)
    )


def answers(pack: Pack, given: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to every question of the pack: what was given, else the default.

    Args:
        pack: the pack that asks.
        given: `--set` values as text, or values of an App spec in their own type.

    Raises:
        SvcgenError: an answer to no question, of the wrong type, or missing without a default.
    """
    questions = {question.name: question for question in pack.questions}
    for name in given:
        if name not in questions:
            near = names.nearest(name, list(questions))
            known = f"it asks for {', '.join(questions)}" if questions else "it asks for nothing"
            hint = f"did you mean {near!r}?" if near else known
            raise SvcgenError(f"pack {pack.name!r} has no question {name!r}", Location("--set"), hint)
    out = {}
    for name, question in questions.items():
        value = given.get(name, question.default)
        if value is None:
            raise SvcgenError(
                f"pack {pack.name!r} asks for {name!r}{': ' + question.help if question.help else ''}",
                question.location,
                f"add --set {name}=VALUE",
            )
        out[name] = _typed(question, value)
    return out


def _typed(question: Question, value: Any) -> Any:  # noqa: ANN401
    place, name = Location("--set"), question.name
    if question.type == "bool" and isinstance(value, str) and value.lower() in ("true", "false"):
        value = value.lower() == "true"
    if question.type == "int" and isinstance(value, str) and value.isascii() and value.lstrip("-").isdigit():
        value = int(value)
    expected = _TYPES[question.type]
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        raise SvcgenError(f"{name}={value!r} is no {question.type}", place)
    if question.choices and str(value) not in question.choices:
        raise SvcgenError(f"{name}={value!r} is none of {', '.join(question.choices)}", place)
    return value
