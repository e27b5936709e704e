"""`svcgen templates check`: a pack rendered for many apps, and each result held against the plan and the rules."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.errors import AnswerNo, SvcgenError
from scaffold.model import Location, TakenPorts, as_saved
from scaffold.trial import pairs, shapes
from scaffold.trial.answering import Answering
from scaffold.trial.carried import not_carried
from scaffold.trial.fitting import fitted
from scaffold.trial.planning import plan_of, policy_of
from scaffold.trial.smaller import shrink
from scaffold.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from scaffold.model import AppSpec, PortPlan, RenderedFile
    from scaffold.packs.model import Question
    from scaffold.render import Renderer

# what one app shows of itself; more of the same would only take time
_SOME = 6
_AROUND = 2
# an app that fails after so many seconds is the last: hundreds of them would take an hour
_PATIENCE = 1.5
_SLOW = "it took so long to fail that no more apps were tried"
# for so many places the smallest app is looked for
_SHRUNK = 20
_PACK = Location("pack.yaml")


class Trouble(NamedTuple):
    """One thing that is wrong with what one app became: where in the pack, what, and the line of the output."""

    location: Location
    message: str
    output: Location | None = None


class Failure(NamedTuple):
    """A place in a pack that is wrong.

    `messages` are all the things that are wrong there, `apps` how many apps show it, `app` the smallest of them (None
    where it is the pack itself), and `lines` the output around the first with their numbers; `output` is the place that
    the first message speaks of.
    """

    location: Location
    messages: tuple[str, ...]
    apps: int = 0
    app: AppSpec | None = None
    output: Location | None = None
    lines: tuple[tuple[int, str], ...] = ()


class Result(NamedTuple):
    """How many apps were rendered, and what failed, the plainest first."""

    apps: int
    failures: tuple[Failure, ...]


def try_out(renderer: Renderer, examples: Sequence[AppSpec], said: Callable[[int], None]) -> Result:
    """Renders a pack for every app of the matrix.

    Args:
        renderer: of the pack.
        examples: the pack's own example apps, which are tried too, and whose answers are tried with other apps.
        said: called with how many apps were rendered so far.
    """
    trial = _Trial(renderer)
    first: dict[tuple[str, int], tuple[AppSpec, Trouble]] = {}
    count: dict[tuple[str, int], int] = {}
    tried, slow = 0, False
    started = time.monotonic()
    for app in trial.cases(examples):
        said(tried)
        tried += 1
        troubles = trial.troubles(app)
        for key, trouble in _by_place(troubles).items():
            first.setdefault(key, (app, trouble))
            count[key] = count.get(key, 0) + 1
        slow = bool(troubles) and time.monotonic() - started > _PATIENCE
        if slow:
            break
        started = time.monotonic()
    asked = [
        Failure(question.location, (f"nothing in the pack uses the question {question.name}",))
        for question in _unused(renderer)
    ]
    asked += [Failure(error.location or _PACK, (error.message,)) for error in trial.bad_defaults]
    if slow:
        asked += [Failure(one.location, (one.message, _SLOW), count[_key(one)], app) for app, one in first.values()]
        return Result(tried, tuple(asked))
    told = [
        trial.explained(app, trouble, count[key], smallest=at < _SHRUNK)
        for at, (key, (app, trouble)) in enumerate(first.items())
    ]
    return Result(tried, (*asked, *told))


class _Trial:
    """One pack under test."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._policy = policy_of(renderer)
        self.bad_defaults: list[SvcgenError] = []

    def fit(self, app: AppSpec) -> AppSpec:
        """An app as the pack's policy wants it."""
        return fitted(app, self._renderer.pack)._replace(pack=self._renderer.pack.name)

    def cases(self, examples: Sequence[AppSpec]) -> Iterator[AppSpec]:
        """The examples, then the apps of the matrix with the answers that are tried with each.

        Raises:
            NothingFits: a question that no app has an answer for.
        """
        yield from examples
        apps: list[AppSpec] = []
        for app in map(self.fit, shapes.all_shapes()):
            if app not in apps and self._has_numbers(app):
                apps.append(app)
        answering = Answering(self._renderer, examples)
        for which, *choices in pairs.rows([len(apps), *answering.sizes()]):
            answers = answering.answered(as_saved(apps[which]), choices)
            if answers is not None:
                yield apps[which]._replace(answers=answers)
        answering.refuse_unanswered()
        self.bad_defaults = answering.bad_defaults()

    def _has_numbers(self, app: AppSpec) -> bool:
        """Whether the policy of the pack has node ports for all ports of an app."""
        try:
            plan_of(self._renderer, app)
        except AnswerNo:
            return False
        except SvcgenError:
            # told with the answers
            return True
        return True

    def troubles(self, app: AppSpec) -> list[Trouble]:
        """What is wrong with what the pack makes of an app."""
        try:
            plan = plan_of(self._renderer, app)
            answers = self._renderer.answers(plan)
            files = self._renderer.render(plan, answers)
            again = self._renderer.render(plan, answers)
        except AnswerNo:
            return []
        except SvcgenError as error:
            return [Trouble(error.location or _PACK, error.message)]
        problems = verify(files, plan, TakenPorts(), self._policy) or list(not_carried(files, app))
        found = [
            Trouble(self._line(plan, answers, one.location), one.message, one.location) for one in problems[:_SOME]
        ]
        if again != files:
            place = _first_difference(files, again)
            found.append(Trouble(self._line(plan, answers, place), "rendered twice, it comes out in two ways", place))
        return found

    def _line(self, plan: PortPlan, answers: Mapping[str, Any], output: Location) -> Location:
        return self._renderer.template_line(plan, answers, output.where, output.line)

    def explained(self, app: AppSpec, trouble: Trouble, apps: int, *, smallest: bool) -> Failure:
        """A failure with the smallest app that shows it, or with the first, for which nothing more is tried."""
        key = _key(trouble)
        if smallest:
            app = shrink(app, self.fit, lambda other: any(_key(one) == key for one in self.troubles(other)))
        # what comes out differently each time need not fail again
        troubles = [one for one in self.troubles(app) if _key(one) == key] or [trouble]
        messages = tuple(dict.fromkeys(one.message for one in troubles))
        output = troubles[0].output
        failure = Failure(troubles[0].location, messages, apps, app, output)
        if output is None:
            return failure
        plan = plan_of(self._renderer, app)
        return failure._replace(app=plan.spec, lines=self._lines(plan, output))

    def _lines(self, plan: PortPlan, output: Location) -> tuple[tuple[int, str], ...]:
        files = self._renderer.render(plan, self._renderer.answers(plan))
        text = next((file.text for file in files if file.path == output.where), "")
        lines = list(enumerate(text.split("\n"), start=1))
        return tuple(lines[max(output.line - 1 - _AROUND, 0) : output.line + _AROUND])


def _unused(renderer: Renderer) -> list[Question]:
    try:
        return renderer.unused_questions()
    except SvcgenError:
        # a syntax error, which every app tells
        return []


def _by_place(troubles: Sequence[Trouble]) -> dict[tuple[str, int], Trouble]:
    """The first trouble of each line of the pack."""
    found: dict[tuple[str, int], Trouble] = {}
    for one in troubles:
        found.setdefault(_key(one), one)
    return found


def _key(trouble: Trouble) -> tuple[str, int]:
    return trouble.location.where, trouble.location.line


def _first_difference(files: Sequence[RenderedFile], again: Sequence[RenderedFile]) -> Location:
    for one, other in zip(files, again, strict=False):
        if one != other:
            pairs_of_lines = zip(one.text.split("\n"), other.text.split("\n"), strict=False)
            same = next((at for at, (left, right) in enumerate(pairs_of_lines) if left != right), 0)
            return Location(one.path, same + 1, 1)
    return Location(files[0].path, 1, 1)
