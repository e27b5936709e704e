"""What a pack asks, put to a person: the question's help, its choices and its default, until the answer does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold import names
from scaffold.packs import questions
from scaffold.packs.policy import missing_labels
from scaffold.packs.questions import Wrong, as_text
from scaffold.wizard.terminal import NO, YES, ask, ask_hidden, indented, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffold.model import PortPlan
    from scaffold.packs.model import Pack, Question
    from scaffold.render import Renderer

_LONG = 40


def labels(given: Mapping[str, str], pack: Pack) -> dict[str, str]:
    """The labels of an app, with those that the pack's policy requires asked for.

    Raises:
        Interrupted: Ctrl-C, or the input ended.
    """
    found = dict(given)
    for label, rule in missing_labels(found, pack.policy):
        say(indented(f"pack {rule.pack!r}: {rule.text}"))

        def check(text: str) -> str | None:
            reason = names.label_value(text) if text else "must not be empty"
            return f"{text!r} {reason}" if reason else None

        found[label] = ask(f"Label {label}", check)
    return found


def answer(plan: PortPlan, renderer: Renderer, *, only_needed: bool = False) -> dict[str, Any]:
    """The answers of an app, with those that the pack wants to be asked for.

    Args:
        plan: the app with its numbers, which defaults may use; its `answers` are those that were given.
        renderer: of the app's pack.
        only_needed: whether only questions without a default are asked.

    Returns:
        What was given and what a person answered, typed; defaults that nobody was asked about are not in it.

    Raises:
        SvcgenError: a given answer is wrong.
        Interrupted: Ctrl-C, or the input ended.
    """
    asked: list[str] = []

    def put(question: Question, default: Any, seen: Mapping[str, Any]) -> Any:  # noqa: ANN401
        if default is not None and (only_needed or not question.ask):
            return default
        asked.append(question.name)
        return one(question, default, seen, renderer)

    found = renderer.answers(plan, put)
    return {name: value for name, value in found.items() if name in asked or name in plan.app.answers}


def one(question: Question, default: Any, seen: Mapping[str, Any], renderer: Renderer) -> Any:  # noqa: ANN401
    """One question, asked until its answer does.

    Args:
        question: the question.
        default: what Enter takes, typed; None where there is none.
        seen: `app`, `ports` and the earlier `answers`.
        renderer: of the pack, which works out the question's check.

    Raises:
        Interrupted: Ctrl-C, or the input ended.
    """
    if question.help:
        say(indented(question.help))

    def value(text: str) -> Any:  # noqa: ANN401
        if question.type == "bool" and text.lower() in (*YES, *NO[1:]):
            text = as_text(text.lower() in YES)
        return questions.typed(question, text, seen, renderer.engine.value)

    def check(text: str) -> str | None:
        if not text and default is None:
            return "must not be empty"
        try:
            value(text)
        except Wrong as wrong:
            return str(wrong)
        return None

    shown = "" if default is None else _shown(question, default)
    words = f"{question.name}{_choices(question, seen)}"
    if question.secret:
        text = ask_hidden(words, lambda text: check(text or shown), has_default=bool(shown))
        return value(text or shown)
    return value(ask(words, check, shown))


def _shown(question: Question, value: Any) -> str:  # noqa: ANN401
    return ("yes" if value else "no") if question.type == "bool" else as_text(value)


def _choices(question: Question, seen: Mapping[str, Any]) -> str:
    if question.type == "bool":
        return " (yes or no)"
    if question.type == "int":
        return " (a number)"
    choices = [port.name for port in seen["ports"]] if question.type == "port" else list(question.choices)
    listed = f" ({', '.join(choices)})" if choices else ""
    return f"{listed}, several with commas" if question.type == "list" else listed


def changeable(pack: Pack, answers: Mapping[str, Any], seen: Mapping[str, Any], renderer: Renderer) -> list[Question]:
    """The questions whose answers can be changed once more: asked as things stand, neither locked nor secret."""
    return [
        question
        for question in pack.questions
        if question.name in answers
        and not question.secret
        and questions.lock_of(pack, question.name) is None
        and questions.applies(question, {**seen, "answers": answers}, renderer.engine.value)
    ]


def summary(found: list[Question], answers: Mapping[str, Any]) -> str:
    """The answers that can be changed, as a line or more."""
    pairs = [f"{question.name}={_short(as_text(answers[question.name]))}" for question in found]
    return indented(f"answers: {', '.join(pairs)}") if pairs else ""


def _short(text: str) -> str:
    return text if len(text) <= _LONG else text[: _LONG - 3] + "..."
