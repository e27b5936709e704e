"""Flags, App documents and config, put together: flag > `SVCGEN_*` > `-f` > project config > user config > default."""

import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold import spec
from scaffold.documents import Document
from scaffold.errors import SvcgenError
from scaffold.grammar import parse_port
from scaffold.model import ClusterAccess, Location
from scaffold.nodes import Unreadable, compose
from scaffold.packs.finding import is_path

if TYPE_CHECKING:
    from scaffold.packs.model import Pack

NEEDED = {"name": "NAME", "image": "--image", "ports": "--port"}


class Flags(NamedTuple):
    """Everything that `svcgen new` takes, as typed; None or empty where it was not given."""

    name: str | None = None
    image: str | None = None
    ports: tuple[str, ...] = ()
    namespace: str | None = None
    replicas: int | None = None
    type: str | None = None
    labels: tuple[str, ...] = ()
    annotations: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    template: str | None = None
    settings: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    output_dir: str | None = None
    output: str | None = None
    dry_run: str = "none"
    diff: bool = False
    force: bool = False
    no_input: bool = False
    taken: tuple[str, ...] = ()
    node_port_range: str | None = None
    allocate: str | None = None
    trust: bool = False
    access: ClusterAccess = ClusterAccess()


def gather(flags: Flags, defaults: Mapping[str, Any], root: str) -> list[dict[str, Any]]:
    """The answers for every app of this run: one from the flags, or one for each App document of `-f`.

    Returns:
        Mappings as `spec.parse` takes them; what nobody answered is not in them.

    Raises:
        SvcgenError: a flag or a document of the wrong form.
    """
    given = _from_flags(flags, root)
    if "-" in flags.filenames and "-" in flags.taken:
        raise SvcgenError("App specs and taken ports cannot both come through stdin", Location("--taken"))
    documents = [found for filename in flags.filenames for found in read_specs(filename)]
    if flags.filenames and not documents:
        raise SvcgenError(f"no App spec in {', '.join(flags.filenames)}", Location("--filename"))
    if len(documents) > 1 and (flags.name or flags.ports):
        what = "NAME" if flags.name else "--port"
        raise SvcgenError(f"{what} fits one app, and {len(documents)} App specs were given", Location(what))
    out = []
    for document in documents or [{}]:
        answers = {**_defaults(defaults), **document, **given}
        for key in ("labels", "annotations", "env", "answers"):
            merged = {**_mapping(defaults.get(key)), **_mapping(document.get(key)), **_mapping(given.get(key))}
            if merged:
                answers[key] = merged
        output = _output(flags, answers, root, many=len(documents) > 1)
        if output is not None:
            answers["output"] = output
        answers["asked"] = frozenset({*document, *given})
        answers["locate"] = partial(_locate, given, document.get("locate"))
        out.append(answers)
    return out


# where the fields that flags can give stand in an App document
_PATHS = {"answers": "set", "pack": "template"}


def _locate(given: Mapping[str, Any], locate: Callable[..., Location | None] | None, *path: str) -> Location | None:
    """The place of a field in the App document; None for one that a flag gave."""
    field = next((field for field, key in _PATHS.items() if path[1:2] == (key,)), path[1] if len(path) > 1 else "")
    value = given.get(field)
    by_flag = path[2] in value if isinstance(value, dict) and len(path) > 2 else value is not None
    return None if by_flag or locate is None else locate(*path)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _defaults(defaults: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(defaults)
    if "template" in out:
        out["pack"] = out.pop("template")
    return out


def _output(flags: Flags, answers: Mapping[str, Any], root: str, *, many: bool) -> str | None:
    """The output folder relative to the project root, `/` between folders; None as long as the app has no name."""
    name = answers.get("name")
    if flags.output_dir is None and answers.get("output") is not None:
        return str(answers["output"])
    if not isinstance(name, str):
        return None
    folder = flags.output_dir or name
    if flags.output_dir and many:
        folder = os.path.join(flags.output_dir, name)
    return os.path.relpath(os.path.abspath(folder), root).replace(os.sep, "/")


def output_of(flags: Flags, name: str, root: str) -> str:
    """The output folder of one app of this name, as `App.spec.output` has it."""
    return _output(flags, {"name": name}, root, many=False) or name


def pack_name(name: str, root: str) -> str:
    """A pack's path from the project root, as it is saved; a name stays what it is."""
    if not is_path(name) or os.path.isabs(name):
        return name
    path = os.path.relpath(os.path.abspath(name), root).replace(os.sep, "/")
    return path if is_path(path) else f"./{path}"


def _from_flags(flags: Flags, root: str) -> dict[str, Any]:
    place = Location("--port")
    given: dict[str, Any] = {
        "name": flags.name,
        "image": flags.image,
        "namespace": flags.namespace,
        "replicas": flags.replicas,
        "type": flags.type,
        "pack": pack_name(flags.template, root) if flags.template else None,
        "ports": [parse_port(text, place, only=len(flags.ports) == 1) for text in flags.ports],
        "labels": pairs(flags.labels, "--label"),
        "annotations": pairs(flags.annotations, "--annotation"),
        "env": pairs(flags.env, "--env"),
        "answers": pairs(flags.settings, "--set"),
    }
    return {key: value for key, value in given.items() if value is not None and value not in ([], {})}


def pairs(texts: tuple[str, ...], flag: str) -> dict[str, str]:
    """`KEY=VALUE` of a flag that can be repeated.

    Raises:
        SvcgenError: one has another form.
    """
    out = {}
    for text in texts:
        key, equals, value = _as_utf8(text).partition("=")
        if not equals or not key:
            raise SvcgenError(f"{text!r} is not KEY=VALUE", Location(flag), f"write it like {flag} team=shop")
        out[key] = value
    return out


def _as_utf8(text: str) -> str:
    """An argument that the locale could not decode, read as UTF-8 if it is that."""
    try:
        return text.encode("ascii", "surrogateescape").decode("utf-8")
    except UnicodeError:
        return text


def read_specs(filename: str) -> list[dict[str, Any]]:
    """Every App document of a file, or of stdin for `-`.

    Raises:
        SvcgenError: unreadable, not YAML, or a document that is no App spec; with file and line.
    """
    shown = "stdin" if filename == "-" else filename
    try:
        if filename == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(filename, "rb") as file:
                data = file.read()
    except (OSError, ValueError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or "it is closed"
        raise SvcgenError(f"cannot read {shown}: {reason}", Location("--filename")) from None
    out = []
    try:
        for node, line in compose(data):
            if node.id == "mapping":
                out.append(spec.from_document(Document(shown, line, node)))
            elif node.id != "scalar" or node.value:
                raise SvcgenError("an App spec is a mapping", Location(shown, node.start_mark.line + 1))
    except Unreadable as problem:
        raise SvcgenError(problem.reason, Location(shown, problem.line, problem.column)) from None
    return out


def missing(answers: Mapping[str, Any]) -> list[str]:
    """The flags that nobody answered yet."""
    return [flag for key, flag in NEEDED.items() if not answers.get(key)]


def missing_for(pack: "Pack", answers: Mapping[str, Any]) -> list[str]:
    """The flags that a pack needs besides and that nobody answered: labels, and questions without a default."""
    if not pack.policy and not pack.questions:
        return []
    from scaffold.packs.policy import missing_labels
    from scaffold.packs.questions import open_questions

    labels = [f"-l {label}=VALUE" for label, _ in missing_labels(answers.get("labels") or {}, pack.policy)]
    return labels + [f"--set {one.name}=VALUE" for one in open_questions(pack, answers.get("answers") or {})]


def refuse_missing(all_answers: list[dict[str, Any]], pack_of: Callable[[Mapping[str, Any]], "Pack"]) -> None:
    """Names every missing flag at once, with those that the app's pack needs.

    Raises:
        SvcgenError: when the name, the image or the ports of an app are missing.
    """
    lines = []
    for answers in all_answers:
        flags = missing(answers)
        if flags:
            where = f"{answers['location']}: " if answers.get("location") else ""
            lines.append(f"{where}missing {', '.join((*flags, *missing_for(pack_of(answers), answers)))}")
    if lines:
        example = "svcgen new my-service --image ghcr.io/acme/my-service:1.0 -p http=5000"
        raise SvcgenError("\n".join(lines) + " (and nobody to ask)", None, f"for example: {example}")
