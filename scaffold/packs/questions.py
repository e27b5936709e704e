"""What a pack asks, and what counts as an answer. Pure: expressions are worked out by whoever calls."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from scaffold import names
from scaffold.errors import SvcgenError
from scaffold.packs.model import Expression

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scaffold.model import Location
    from scaffold.packs.model import Pack, Question, Rule

    Evaluate = Callable[[Expression, Mapping[str, Any]], Any]
    Ask = Callable[[Question, Any, Mapping[str, Any]], Any]

_LONGEST = 64 << 10


class Wrong(ValueError):  # noqa: N818 - a person's answer, not a program's error
    """An answer that does not do; says why."""


class Unanswered(SvcgenError):  # noqa: N818 - nobody made an error
    """Questions without a default that nobody answered; on a terminal somebody can be asked."""


def answers(
    pack: Pack,
    given: Mapping[str, Any],
    context: Mapping[str, Any],
    evaluate: Evaluate,
    place: Callable[..., Location],
    ask: Ask | None = None,
) -> dict[str, Any]:
    """The answer to every question of a pack.

    Args:
        pack: the pack that asks.
        given: `--set` values as text, or values of an App spec in their own type.
        context: `app` and `ports`, which expressions see beside the earlier answers.
        evaluate: works out an expression.
        place: where an answer was given, from a flag and the path in an App document.
        ask: asks a person what was not given: question, default, what expressions see -> answer, typed.

    Raises:
        SvcgenError: an answer to no question or to one that is not asked, or a wrong one.
        Unanswered: all that are missing at once.
    """
    refuse_unasked(pack, given, place)
    found: dict[str, Any] = {}
    missing = []
    for question in pack.questions:
        seen = {**context, "answers": found}
        wished, asked = given.get(question.name), partial(place, "--set", "spec", "set", question.name)
        rule = lock_of(pack, question.name)
        if rule:
            value = _locked(question, rule, wished, seen, evaluate, asked)
        elif wished is not None:
            value = _given(pack, question, wished, seen, evaluate, asked)
        else:
            asked_for = applies(question, seen, evaluate)
            value = default(question, seen, evaluate, asked=asked_for)
            if asked_for:
                value = ask(question, value, seen) if ask else value
                missing += [question] if value is None else []
        found[question.name] = value
    if missing:
        raise _all_missing(pack, missing)
    return found


def _given(
    pack: Pack,
    question: Question,
    wished: object,
    seen: Mapping[str, Any],
    evaluate: Evaluate,
    asked: Callable[[], Location],
) -> Any:  # noqa: ANN401
    if question.when is not None and not applies(question, seen, evaluate):
        only = f"pack {pack.name!r} asks for {question.name!r} only when {question.when.text}"
        raise SvcgenError(only, asked(), "leave the answer out")
    try:
        return typed(question, wished, seen, evaluate)
    except Wrong as wrong:
        raise SvcgenError(f"{question.name}: {wrong}", asked(), _help(question)) from None


def refuse_unasked(pack: Pack, given: Mapping[str, Any], place: Callable[..., Location]) -> None:
    """Refuses an answer to a question that the pack does not ask.

    Raises:
        SvcgenError: with the nearest that it asks.
    """
    known = [question.name for question in pack.questions]
    for name in given:
        if name not in known:
            near = names.nearest(name, known)
            all_of_them = f"it asks for {', '.join(known)}" if known else "it asks for nothing"
            hint = f"did you mean {near!r}?" if near else all_of_them
            raise SvcgenError(f"pack {pack.name!r} has no question {name!r}", place("--set", "spec", "set", name), hint)


def open_questions(pack: Pack, given: Mapping[str, Any]) -> list[Question]:
    """The questions that must be answered whatever else is, and are not."""
    return [
        one
        for one in pack.questions
        if one.default is None and one.when is None and given.get(one.name) is None and not lock_of(pack, one.name)
    ]


def _all_missing(pack: Pack, missing: list[Question]) -> SvcgenError:
    lines = [f"{one.name!r}{': ' + one.help if one.help else ''}" for one in missing]
    also = "".join(f"\nand for {line}" for line in lines[1:])
    flags = " ".join(f"--set {one.name}=VALUE" for one in missing)
    return Unanswered(f"pack {pack.name!r} asks for {lines[0]}{also}", missing[0].location, f"add {flags}")


def _help(question: Question) -> str:
    return f"{question.name}: {question.help}" if question.help else ""


def lock_of(pack: Pack, name: str) -> Rule | None:
    """The rule of the pack's policy that locks a field or an answer; the last one, which is the nearest pack's."""
    found = [rule for rule in pack.policy if rule.kind == "locked" and name in rule.value]
    return found[-1] if found else None


def _locked(
    question: Question,
    rule: Rule,
    wished: object,
    seen: Mapping[str, Any],
    evaluate: Evaluate,
    asked: Callable[[], Location],
) -> Any:  # noqa: ANN401
    try:
        value = typed(question, rule.value[question.name], seen, evaluate)
    except Wrong as wrong:
        raise SvcgenError(f"locked {question.name}: {wrong}", rule.location) from None
    if wished is not None and wished != value and as_text(wished) != as_text(value):
        raise SvcgenError(
            f"pack {rule.pack!r}: {rule.text}; {question.name} is {as_text(value)}, not {as_text(wished)}",
            asked(),
            f"leave {question.name} out (the rule is at {rule.location})",
        )
    return value


def applies(question: Question, seen: Mapping[str, Any], evaluate: Evaluate) -> bool:
    """Whether a question is asked, as things stand.

    Raises:
        SvcgenError: its `when` fails.
    """
    return question.when is None or bool(evaluate(question.when, seen))


def default(question: Question, seen: Mapping[str, Any], evaluate: Evaluate, *, asked: bool = True) -> Any:  # noqa: ANN401
    """The default of a question, typed; None where there is none.

    A question that is not `asked` has it whatever its check says: nobody would be there to mend it.

    Raises:
        SvcgenError: it fails, or is no answer itself; at its place in pack.yaml.
    """
    value = question.default
    if isinstance(value, Expression):
        value = evaluate(value, seen)
    # an app may have no port that would do
    if value is None or (question.type == "port" and value == ""):
        return None
    try:
        return typed(question, value, seen, evaluate)
    except Wrong as wrong:
        if not asked:
            return value
        raise SvcgenError(
            f"the default of {question.name}: {wrong}",
            question.entry.at("default"),
            f"mend it in pack.yaml, or add --set {question.name}=VALUE",
        ) from None


def typed(question: Question, value: Any, seen: Mapping[str, Any], evaluate: Evaluate) -> Any:  # noqa: ANN401
    """An answer in the question's own type.

    Args:
        question: the question.
        value: text as a person types it, or a value of the type already.
        seen: `app`, `ports` and the earlier `answers`.
        evaluate: works out the question's `check` and its `pattern`.

    Raises:
        Wrong: it is no answer; says why.
        SvcgenError: the question's own expression fails.
    """
    found = _READ[question.type](value)
    texts = found if isinstance(found, list) else [found]
    for text in texts:
        if isinstance(text, str):
            _refuse_text(text)
        if question.type == "port":
            _one_of(text, [port.name for port in seen["ports"]], "no port of the app")
        elif question.choices:
            _one_of(text, list(question.choices), "none of")
        if question.pattern is not None and not evaluate(question.pattern, {"value": text}):
            raise Wrong(question.message or f"{text!r} does not match {question.pattern.text}")
    if question.check is not None and not evaluate(question.check, {**seen, "value": found}):
        raise Wrong(question.message or f"{as_text(found)!r} does not hold: {question.check.text}")
    return found


def _refuse_text(text: str) -> None:
    if len(text) > _LONGEST:
        raise Wrong(f"it has {len(text)} characters, {_LONGEST} are allowed")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise Wrong("the text holds bytes that are not UTF-8")


def _one_of(text: str, known: list[str], what: str) -> None:
    if text not in known:
        near = names.nearest(text, known)
        listed = f"{what} {', '.join(known)}" if what == "none of" else f"{what}; it has {', '.join(known)}"
        raise Wrong(f"{text!r} is {listed}" + (f"; did you mean {near}?" if near else ""))


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise Wrong(f"{value!r} is no string; put it in quotes")
    return value


def _int(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value.strip()):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Wrong(f"{value!r} is no whole number")
    return value


def _bool(value: object) -> bool:
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if not isinstance(value, bool):
        raise Wrong(f"{value!r} is neither true nor false")
    return value


def _list(value: object) -> list[str]:
    if isinstance(value, str):
        return _from_text(value)
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise Wrong(f"{value!r} is no list of strings")
    return list(value)


def _from_text(text: str) -> list[str]:
    """`a,b` or `["a", "b"]`; nothing is an empty list."""
    if text.lstrip().startswith("["):
        import json

        try:
            found = json.loads(text)
        except ValueError:
            raise Wrong(f"{text!r} is no list; write it like one,other") from None
        return _list(found)
    parts = [part.strip() for part in text.split(",")]
    if not text.strip():
        return []
    if "" in parts:
        raise Wrong(f"{text!r} has an empty item; write it like one,other")
    return parts


_READ: dict[str, Callable[[object], Any]] = {
    "string": _string,
    "int": _int,
    "bool": _bool,
    "choice": _string,
    "list": _list,
    "port": _string,
}


def as_text(value: object) -> str:
    """An answer as `--set NAME=` takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        simple = all(isinstance(one, str) and one == one.strip() and one and "," not in one for one in value)
        plain = ",".join(str(one) for one in value)
        if simple and not plain.startswith("["):
            return plain
        import json

        return json.dumps(list(value), ensure_ascii=False)
    return str(value)
