"""Does what a pack wrote say all that was asked for, in the very same characters?

`verify` holds ports, selector, type and namespace against the plan. A pack under test has to carry the rest too: image,
replicas, labels, annotations and environment. A value that was glued into other text, or not quoted, is another value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.documents import Document
from scaffold.kinds import WORKLOAD_KINDS
from scaffold.model import Location
from scaffold.nodes import Unreadable, compose
from scaffold.scalars import write
from scaffold.verify import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scaffold.model import AppSpec, RenderedFile


_PARTS = ("name", "value", "repository", "tag", "digest")


class _Said(NamedTuple):
    """Every text in the output, and every text with the key or the name that it belongs to."""

    texts: set[str]
    pairs: set[tuple[str, str]]


def not_carried(files: Sequence[RenderedFile], app: AppSpec) -> Iterator[Problem]:
    """What an app has and the files have not.

    Args:
        files: every file of the app. What is no YAML, such as a template of helm, is passed over.
        app: what was asked for.
    """
    documents = [document for file in files for document in _documents(file)]
    said = _Said(set(), set())
    for document in documents:
        _gather(document.data, said)
    start = documents[0].location() if documents else Location(files[0].path, 1, 1)
    # what is made for an environment is a patch: the rest is in the base
    patches = {file.path for file in files if file.environment is not None}
    ours = [document for document in documents if _is_ours(document, app) and document.path not in patches]
    for document in ours:
        yield from _labels(document, app.labels)
    if app.image not in said.texts:
        yield Problem(_image(ours) or start, f"no container has the image {app.image!r}")
    for document in ours:
        replicas = _spec(document).get("replicas", app.replicas)
        if replicas != app.replicas or isinstance(replicas, bool):
            yield Problem(
                document.location("spec", "replicas"), f"replicas is {replicas!r}, the app has {app.replicas}"
            )
    wanted = {"annotation": app.annotations, "environment variable": app.env, "label": {} if ours else app.labels}
    for what, values in wanted.items():
        for key, value in values.items():
            if (key, value) not in said.pairs:
                near = _near(documents, key) or (ours[-1].location() if ours else start)
                yield Problem(near, f"the {what} {key}: {value[:80]!r} does not come out as it was given")
    for document in documents:
        yield from _glued(document, _values(app))


def _values(app: AppSpec) -> set[str]:
    """Every text that an app brings."""
    texts = [app.name, app.namespace, app.image, *app.labels.values(), *app.env.values(), *app.annotations.values()]
    answers = [item for value in app.answers.values() for item in (value if isinstance(value, list) else [value])]
    return {one for one in [*texts, *answers, *(port.name for port in app.ports)] if isinstance(one, str) and one}


def _glued(document: Document, values: set[str]) -> Iterator[Problem]:
    """Texts of one line in which a value stands with the quotes that YAML needs around it."""
    quoted = sorted(text for text in map(write, values) if text.startswith('"'))
    for path, value in _leaves(document.data):
        if isinstance(value, str) and '"' in value and "\n" not in value and value not in values:
            for text in quoted:
                if text in value:
                    message = f"the text holds {text} with its quotes: a value stands alone, or is joined with ~"
                    yield Problem(document.location(*path), message)


def _documents(file: RenderedFile) -> list[Document]:
    if not file.path.endswith((".yaml", ".yml", ".json")):
        return []
    try:
        nodes = list(compose(file.text.encode()))
        found = [Document(file.path, line, node) for node, line in nodes if node.id == "mapping"]
        for document in found:
            _ = document.data
    except Unreadable:
        return []
    return found


def _gather(value: Any, said: _Said) -> None:  # noqa: ANN401
    if isinstance(value, str):
        said.texts.add(value)
    elif isinstance(value, list):
        for item in value:
            _gather(item, said)
    elif isinstance(value, dict):
        said.pairs.update((key, inner) for key, inner in value.items() if isinstance(inner, str))
        parts = {key: inner for key in _PARTS if isinstance(inner := value.get(key), str)}
        said.pairs.add((parts.get("name", ""), parts.get("value", "")))
        # the values of a chart have an image in parts
        tag, digest = parts.get("tag"), parts.get("digest")
        image = parts.get("repository", "") + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
        said.texts.add(image)
        for inner in value.values():
            _gather(inner, said)


def _is_ours(document: Document, app: AppSpec) -> bool:
    return document.kind in ("Service", *WORKLOAD_KINDS) and document.ref.name == app.name


def _spec(document: Document) -> dict[str, Any]:
    spec = document.data.get("spec")
    return spec if isinstance(spec, dict) else {}


def _labels(document: Document, wanted: Mapping[str, str]) -> Iterator[Problem]:
    metadata = document.data.get("metadata")
    found = metadata.get("labels") if isinstance(metadata, dict) else None
    labels = found if isinstance(found, dict) else {}
    for key, value in wanted.items():
        if labels.get(key) != value:
            place = document.location("metadata", "labels", key)
            has = f"is {labels[key]!r}" if key in labels else "is missing"
            yield Problem(place, f"label {key} of the {document.kind} {has}, the app has {value!r}")


def _image(ours: Sequence[Document]) -> Location | None:
    for document in ours:
        path = ("spec", "template", "spec", "containers", 0, "image")
        if document.find(*path) is not None:
            return document.location(*path)
    return None


def _near(documents: Sequence[Document], key: str) -> Location | None:
    """Where a key stands with another value, or the item of that name."""
    for document in documents:
        for path, value in _leaves(document.data):
            if path[-1] == key or (path[-1] == "name" and value == key):
                return document.location(*path)
    return None


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:  # noqa: ANN401
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _leaves(inner, (*path, at))
    else:
        yield path, value
