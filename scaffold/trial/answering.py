"""Answers to try: for every question of a pack those that it takes, odd ones among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold import names, views
from scaffold.errors import SvcgenError
from scaffold.packs import questions
from scaffold.packs.questions import Wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scaffold.model import AppSpec, PortPlan
    from scaffold.packs.model import Question
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


class Answering:
    """Answers to a pack's questions, for any app; remembers which questions never had one."""

    def __init__(self, renderer: Renderer, examples: Sequence[AppSpec]) -> None:
        """Takes the renderer of the pack and the pack's own examples, whose answers are tried too."""
        self._renderer, self._examples = renderer, examples
        self._answered: set[str] = set()
        self._failed: dict[str, SvcgenError] = {}
        self._good_defaults: set[str] = set()
        self._bad_defaults: dict[str, SvcgenError] = {}

    def sizes(self) -> list[int]:
        """How many answers are tried for each question of the pack."""
        questions_ = self._renderer.pack.questions
        counts = [len(_options(question, self._examples)) for question in questions_]
        return [
            count if question.choices or question.type == "port" else min(count, _MOST + 1)
            for question, count in zip(questions_, counts, strict=True)
        ]

    def answered(self, plan: PortPlan, choices: Sequence[int]) -> dict[str, Any] | None:
        """Answers for an app: the chosen one for each question that is asked; what is left out has its default.

        Args:
            plan: the app and its ports.
            choices: an index for each question, as far as `sizes` says, into the answers that it takes.

        Returns:
            The answers; None where the app has none for a question: there is no TCP port, say.
        """
        given: dict[str, Any] = {}
        found: dict[str, Any] = {}
        seen = {**views.context(plan), "answers": found}
        evaluate = self._renderer.engine.value
        try:
            for question, choice in zip(self._renderer.pack.questions, choices, strict=True):
                lock = questions.lock_of(self._renderer.pack, question.name)
                if lock:
                    found[question.name] = questions.typed(question, lock.value[question.name], seen, evaluate)
                elif not questions.applies(question, seen, evaluate):
                    found[question.name] = questions.default(question, seen, evaluate, asked=False)
                elif not self._answer(question, choice, given, seen):
                    return None
        except (SvcgenError, Wrong):
            # the pack itself fails: whoever renders it is told where
            return given
        return given

    def refuse_unanswered(self) -> None:
        """Refuses a question that no app at all had an answer for.

        Raises:
            NothingFits: it takes nothing that is tried.
        """
        for name, error in self._failed.items():
            if name not in self._answered:
                raise error

    def bad_defaults(self) -> list[SvcgenError]:
        """The defaults that no app could have: one that does not fit every app is no mistake."""
        return [error for name, error in self._bad_defaults.items() if name not in self._good_defaults]

    def _answer(self, question: Question, choice: int, given: dict[str, Any], seen: Mapping[str, Any]) -> bool:
        taken = list(self._taken(question, seen))
        if not taken:
            self._failed.setdefault(question.name, _nothing_fits(question))
            return False
        self._answered.add(question.name)
        value, typed = taken[choice % len(taken)]
        seen["answers"][question.name] = typed
        if value is not _LEFT_OUT:
            given[question.name] = value
        return True

    def _taken(self, question: Question, seen: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
        """The first options that a question takes, each with its value in the question's own type."""
        evaluate = self._renderer.engine.value
        count = 0
        for option in _options(question, self._examples, [port.name for port in seen["ports"]]):
            try:
                if option is _LEFT_OUT:
                    typed = questions.default(question, seen, evaluate)
                    if typed is None:
                        continue
                    self._good_defaults.add(question.name)
                else:
                    typed = questions.typed(question, option, seen, evaluate)
            except Wrong:
                continue
            except SvcgenError as error:
                self._bad_defaults.setdefault(question.name, error)
                continue
            if self._names_folders(question) and not _are_names(typed):
                continue
            yield option, typed
            count += option is not _LEFT_OUT
            if count >= _MOST and not question.choices and question.type != "port":
                return

    def _names_folders(self, question: Question) -> bool:
        return question.name in (self._renderer.pack.environments, self._renderer.pack.namespaces)


def _are_names(value: object) -> bool:
    """Whether environments or their namespaces could be called so."""
    items = value if isinstance(value, list) else []
    return not any(map(names.label, items)) and len(set(items)) == len(items)


def _nothing_fits(question: Question) -> NothingFits:
    return NothingFits(
        f"no answer to {question.name} can be made up",
        question.location,
        "give it a default, or answer it in an example.yaml beside pack.yaml",
    )


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
