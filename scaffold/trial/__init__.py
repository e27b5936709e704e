"""`svcgen templates check`: a pack rendered for many apps, and each result held against the plan and the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold import allocate
from scaffold.errors import AnswerNo, SvcgenError
from scaffold.model import Location, PortPolicy, TakenPorts
from scaffold.packs.policy import limits
from scaffold.trial import answering, pairs, shapes
from scaffold.trial.carried import not_carried
from scaffold.trial.fitting import fitted
from scaffold.trial.smaller import shrink
from scaffold.trial.unused import unused
from scaffold.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from scaffold.model import AppSpec, PortPlan, RenderedFile
    from scaffold.render import Renderer

# what one app shows of itself; more of the same would only take time
_SOME = 6
_AROUND = 2


class Trouble(NamedTuple):
    """One thing that is wrong with what one app became: where in the pack, what, and the line of the output."""

    location: Location
    message: str
    output: Location | None = None


class Failure(NamedTuple):
    """A place in a pack that is wrong.

    `messages` are all the things that are wrong there, `apps` how many apps show it, `plan` the smallest of them (None
    where it is the pack itself), and `lines` the output around the first with their numbers; `output` is the place that
    the first message speaks of.
    """

    location: Location
    messages: tuple[str, ...]
    apps: int = 0
    plan: PortPlan | None = None
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
    cases = list(trial.cases(examples))
    first: dict[tuple[str, int], AppSpec] = {}
    count: dict[tuple[str, int], int] = {}
    for number, app in enumerate(cases):
        said(number)
        for key in {_key(one): None for one in trial.troubles(app)}:
            first.setdefault(key, app)
            count[key] = count.get(key, 0) + 1
    asked = [
        Failure(question.location, (f"nothing in the pack uses the question {question.name}",))
        for question in unused(renderer.pack)
    ]
    return Result(len(cases), (*asked, *(trial.explained(first[key], key, count[key]) for key in first)))


class _Trial:
    """One pack under test."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._policy = port_policy(renderer)

    def fit(self, app: AppSpec) -> AppSpec:
        """An app as the pack's policy wants it."""
        return fitted(app, self._renderer.pack)._replace(pack=self._renderer.pack.name)

    def cases(self, examples: Sequence[AppSpec]) -> Iterator[AppSpec]:
        """The examples, then the apps of the matrix with the answers that are tried with each."""
        yield from examples
        apps: list[AppSpec] = []
        for app in map(self.fit, shapes.all_shapes()):
            if app not in apps and self.plan(app):
                apps.append(app)
        for which, *choices in pairs.rows([len(apps), *answering.sizes(self._renderer.pack, examples)]):
            plan = self.plan(apps[which])
            assert plan is not None
            yield apps[which]._replace(answers=answering.answered(self._renderer, plan, choices, examples))

    def plan(self, app: AppSpec) -> PortPlan | None:
        """The numbers of an app; None where the pack's policy has not enough of them."""
        try:
            return allocate.plan(app, TakenPorts(), self._policy)
        except AnswerNo:
            return None

    def troubles(self, app: AppSpec) -> list[Trouble]:
        """What is wrong with what the pack makes of an app."""
        plan = self.plan(app)
        if plan is None:
            return []
        try:
            answers = self._renderer.answers(plan)
            files = self._renderer.render(plan, answers)
            again = self._renderer.render(plan, answers)
        except SvcgenError as error:
            return [Trouble(error.location or Location("pack.yaml"), error.message)]
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

    def explained(self, app: AppSpec, key: tuple[str, int], apps: int) -> Failure:
        """A failure with the smallest app that shows it."""
        smallest = shrink(app, self.fit, lambda other: any(_key(one) == key for one in self.troubles(other)))
        troubles = [one for one in self.troubles(smallest) if _key(one) == key]
        plan = self.plan(smallest)
        assert plan is not None
        output = troubles[0].output
        lines = self._lines(plan, output) if output else ()
        messages = tuple(dict.fromkeys(one.message for one in troubles))
        return Failure(troubles[0].location, messages, apps, plan, output, lines)

    def _lines(self, plan: PortPlan, output: Location) -> tuple[tuple[int, str], ...]:
        files = self._renderer.render(plan, self._renderer.answers(plan))
        text = next(file.text for file in files if file.path == output.where)
        lines = list(enumerate(text.split("\n"), start=1))
        return tuple(lines[max(output.line - 1 - _AROUND, 0) : output.line + _AROUND])


def _key(trouble: Trouble) -> tuple[str, int]:
    return trouble.location.where, trouble.location.line


def _first_difference(files: Sequence[RenderedFile], again: Sequence[RenderedFile]) -> Location:
    for one, other in zip(files, again, strict=False):
        if one != other:
            pairs_of_lines = zip(one.text.split("\n"), other.text.split("\n"), strict=False)
            same = next((at for at, (left, right) in enumerate(pairs_of_lines) if left != right), 0)
            return Location(one.path, same + 1, 1)
    return Location(files[0].path, 1, 1)


def port_policy(renderer: Renderer) -> PortPolicy:
    """The node ports that the pack's own policy allows."""
    return PortPolicy(limits=limits(renderer.pack))
