"""Answers to try: for every question of a pack those that it takes, odd ones among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold import views
from scaffold.errors import SvcgenError
from scaffold.packs import questions
from scaffold.packs.questions import Wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scaffold.model import AppSpec, PortPlan
    from scaffold.packs.model import Pack, Question
    from scaffold.render import Renderer

# the question's own default
_LEFT_OUT: Any = object()
_MOST = 4
_STRINGS = (
    "no", "a: b # c", 'two\nlines "with" {{ quotes }}', "ünï cödé", "012", "", "no", "team-a", "a", "A", "1", "x1",
    "/healthz", "example.com", "https://example.com/a?b=c", "name@example.com", "10m", "128Mi", "30s", "1.2.3",
    "0 3 * * *", "10.0.0.0/8", "ABC-123", "abcdefgh", "2024-01-01",
)  # fmt: skip
_INTEGERS = (0, 1, 2, 3, 5, 10, 30, 100, 8080, 30000, -1, 65535, 2147483647)
_LISTS: tuple[list[str], ...] = (
    [],
    ["dev"],
    ["dev", "prod"],
    ["no", "012", "on"],
    ["a: b", '"', "{{ x }}"],
    ["a", "b", "c"],
)


class NothingFits(SvcgenError):  # noqa: N818 - it says what is missing
    """No answer to a question can be made up."""


def sizes(pack: Pack, examples: Sequence[AppSpec]) -> list[int]:
    """How many answers are tried for each question of a pack."""
    counts = [len(_options(question, examples)) for question in pack.questions]
    return [
        count if question.choices or question.type == "port" else min(count, _MOST + 1)
        for question, count in zip(pack.questions, counts, strict=True)
    ]


def answered(renderer: Renderer, plan: PortPlan, choices: Sequence[int], examples: Sequence[AppSpec]) -> dict[str, Any]:
    """Answers for an app: the chosen one for each question that is asked; what is left out has its default.

    Args:
        renderer: of the pack.
        plan: the app and its ports.
        choices: an index for each question, as far as `sizes` says, into the answers that it takes.
        examples: the pack's own, whose answers are tried too.

    Raises:
        NothingFits: a question without a default takes nothing that is tried.
    """
    given: dict[str, Any] = {}
    found: dict[str, Any] = {}
    seen = {**views.context(plan), "answers": found}
    evaluate = renderer.engine.value
    try:
        for question, choice in zip(renderer.pack.questions, choices, strict=True):
            lock = questions.lock_of(renderer.pack, question.name)
            if lock:
                found[question.name] = questions.typed(question, lock.value[question.name], seen, evaluate)
            elif not questions.applies(question, seen, evaluate):
                found[question.name] = questions.default(question, seen, evaluate)
            else:
                _answer(question, choice, given, found, seen, renderer, examples)
    except NothingFits:
        raise
    except (SvcgenError, Wrong):
        # the pack itself fails: whoever renders it is told where
        return given
    return given


def _answer(
    question: Question,
    choice: int,
    given: dict[str, Any],
    found: dict[str, Any],
    seen: Mapping[str, Any],
    renderer: Renderer,
    examples: Sequence[AppSpec],
) -> None:
    options = _options(question, examples, [port.name for port in seen["ports"]])
    taken = list(_taken(question, options, seen, renderer))
    if not taken:
        raise NothingFits(
            f"no answer to {question.name} can be made up",
            question.location,
            "give it a default, or answer it in an example.yaml beside pack.yaml",
        )
    value, typed = taken[choice % len(taken)]
    found[question.name] = typed
    if value is not _LEFT_OUT:
        given[question.name] = value


def _taken(
    question: Question, options: Sequence[Any], seen: Mapping[str, Any], renderer: Renderer
) -> Iterator[tuple[Any, Any]]:
    """The first options that a question takes, each with its value in the question's own type."""
    count = 0
    for option in options:
        if option is _LEFT_OUT:
            yield option, questions.default(question, seen, renderer.engine.value)
            continue
        try:
            typed = questions.typed(question, option, seen, renderer.engine.value)
        except Wrong:
            continue
        yield option, typed
        count += 1
        if count >= _MOST and not question.choices and question.type != "port":
            return


def _options(question: Question, examples: Sequence[AppSpec], ports: Sequence[str] = ("first", "last")) -> list[Any]:
    own = [app.answers[question.name] for app in examples if question.name in app.answers]
    made: Sequence[Any] = {
        "string": _STRINGS,
        "int": _INTEGERS,
        "bool": (True, False),
        "choice": question.choices,
        "list": (*_LISTS, *([choice] for choice in question.choices), list(question.choices)),
        "port": list(dict.fromkeys([ports[0], ports[-1]])),
    }[question.type]
    out = [_LEFT_OUT] if question.default is not None else []
    out += [one for at, one in enumerate([*own, *made]) if one not in [*own, *made][:at]]
    return out
