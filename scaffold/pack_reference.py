"""What a pack's templates can use: the whole context with types and examples, made from the code that fills it.

The types are those of `AppView`, `PortView` and `EnvironmentView`; the examples are of an app that is really planned
here, the pack's own `example.yaml` where there is one.
"""

from __future__ import annotations

import os
import types
import typing
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold import allocate, answers, spec, views
from scaffold.errors import SvcgenError
from scaffold.model import AppSpec, PortPolicy, PortWish, TakenPorts
from scaffold.packs.model import Expression
from scaffold.packs.policy import locked_fields
from scaffold.render import Renderer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffold.model import PortPlan
    from scaffold.packs.model import Pack, Question

_EXAMPLE = AppSpec(
    "my-service",
    "ghcr.io/acme/my-service:1.4.2",
    (PortWish("http", 5000, app_protocol="http"), PortWish("metrics", 6000)),
    namespace="shop",
    replicas=2,
    labels={"team": "shop"},
    annotations={"acme.com/owner": "shop"},
    env={"LOG_LEVEL": "info"},
)
_WORDS = {str: "string", int: "number", bool: "true or false", types.NoneType: "none"}
_ANSWERS = {"int": "number", "bool": "true or false", "list": "list of strings"}


class Field(NamedTuple):
    """One name that a template can use: its type in words, and an example value."""

    name: str
    type: str
    example: Any


class Block(NamedTuple):
    """A block of a template, and the pack and line where it is."""

    name: str
    pack: str
    line: int


class Reference(NamedTuple):
    """Everything that `svcgen templates show` says; `unused` are questions that nothing looks at."""

    pack: Pack
    blocks: Mapping[str, tuple[Block, ...]]
    context: tuple[Field, ...]
    unused: frozenset[str]


def reference(pack: Pack) -> Reference:
    """The reference of a pack.

    Raises:
        SvcgenError: a template with a syntax error, an example that is no App spec.
    """
    renderer = Renderer(pack)
    blocks = {name: tuple(Block(*one) for one in renderer.engine.blocks(name)) for name in pack.templates}
    plan = allocate.plan(_example(pack), TakenPorts(), PortPolicy(strategy="first"))
    unused = frozenset(question.name for question in renderer.unused_questions())
    return Reference(pack, blocks, tuple(_context(renderer, plan)), unused)


def _example(pack: Pack) -> AppSpec:
    path = os.path.join(pack.folder, "example.yaml")
    app = spec.parse(answers.read_specs(path)[0]) if os.path.isfile(path) else _EXAMPLE
    return app._replace(**locked_fields(pack))


def _context(renderer: Renderer, plan: PortPlan) -> Iterator[Field]:
    context = views.context(plan)
    yield from _fields("app", context["app"])
    yield Field("ports", "list of ports, in the order in which they were asked for", None)
    yield from _fields("port", context["ports"][0])
    try:
        given = renderer.answers(plan)
    except SvcgenError:
        # the example leaves open what only a person knows
        given = {}
    for question in renderer.pack.questions:
        kind = _ANSWERS.get(question.type, "string") + (" or none" if question.when is not None else "")
        yield Field(f"answers.{question.name}", kind, given.get(question.name, _plain_default(question)))
    if any(file.each for file in renderer.pack.files):
        environment = views.EnvironmentView("prod", context["ports"])
        yield from _fields("environment", environment)


def _plain_default(question: Question) -> Any:  # noqa: ANN401
    return None if isinstance(question.default, Expression) else question.default


def _fields(name: str, view: Any) -> Iterator[Field]:  # noqa: ANN401
    hints = typing.get_type_hints(type(view))
    for field, hint in hints.items():
        example = getattr(view, field)
        is_views = isinstance(example, tuple)
        yield Field(f"{name}.{field}", "list of ports" if is_views else in_words(hint), None if is_views else example)


def in_words(hint: Any) -> str:  # noqa: ANN401
    """A type as a person who writes templates says it."""
    if hint in _WORDS:
        return _WORDS[hint]
    parts = [in_words(part) for part in typing.get_args(hint)]
    if isinstance(hint, types.UnionType):
        return " or ".join(parts)
    return f"mapping of {parts[0]}s to {parts[1]}s"
