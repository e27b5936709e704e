"""A plan and a pack -> the text of the files, still in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold import names, views
from scaffold.engine import Engine
from scaffold.errors import SvcgenError
from scaffold.model import Location, PortPlan, RenderedFile
from scaffold.packs import questions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffold.packs.model import Pack, PackFile, Question
    from scaffold.packs.questions import Ask


class Renderer:
    """Renders any number of plans with one pack."""

    def __init__(self, pack: Pack) -> None:
        """Prepares the templates; they are compiled when first used."""
        self.pack = pack
        self.engine = Engine(pack)

    def answers(self, plan: PortPlan, ask: Ask | None = None) -> dict[str, Any]:
        """The answer to every question of the pack, typed: what is locked or was given, else the default.

        Args:
            plan: the app, whose `answers` are taken, and its ports.
            ask: asks a person what was not given, see `questions.answers`.

        Raises:
            SvcgenError: an answer to no question, or a wrong one.
            Unanswered: all that are missing at once.
        """
        app = plan.app
        return questions.answers(self.pack, app.answers, views.context(plan), self.engine.value, app.place, ask)

    def render(self, plan: PortPlan, answers: Mapping[str, Any]) -> tuple[RenderedFile, ...]:
        """Every file of the pack for one app: those whose `when` holds, `each` files once per environment.

        Args:
            plan: every number decided.
            answers: an answer to every question, as `answers` gives them.

        Raises:
            SvcgenError: a syntax error, an undefined name, a value that YAML cannot hold; template file and line.
        """
        context = {**views.context(plan), "answers": dict(answers)}
        rendered: dict[str, RenderedFile] = {}
        for file, path, seen in self._files(context):
            if path in rendered:
                raise SvcgenError(
                    f"two files are written to {path}",
                    file.entry.at("path"),
                    "an environment is there twice, or has the name of another file's folder",
                )
            rendered[path] = RenderedFile(path, self.engine.text(file.template, seen), self._shown(file.template))
        return tuple(rendered.values())

    def unused_questions(self) -> list[Question]:
        """The questions that no template, no expression and no rule of the policy looks at.

        Raises:
            SvcgenError: a template with a syntax error.
        """
        used = self.engine.answers_used()
        if used is None:
            return []
        return [one for one in self.pack.questions if one.name not in used | {self.pack.environments}]

    def _files(self, context: dict[str, Any]) -> Iterator[tuple[PackFile, str, dict[str, Any]]]:
        """The files that are made, each with its path and what its template sees."""
        for file in self.pack.files:
            if not file.each:
                if file.when is None or self.engine.value(file.when, context):
                    yield file, file.path, context
                continue
            for name in context["answers"].get(self.pack.environments) or ():
                _refuse_unsafe(name, file)
                seen = {**context, "environment": views.EnvironmentView(name, context["ports"])}
                if file.when is None or self.engine.value(file.when, seen):
                    yield file, file.path.replace("{environment}", name), seen

    def _shown(self, template: str) -> str:
        return self.pack.templates[template].shown(template)

    def template_line(self, plan: PortPlan, answers: Mapping[str, Any], path: str, line: int) -> Location:
        """The template line that wrote a line of an output file. Renders again, piece by piece: for errors only."""
        context = {**views.context(plan), "answers": dict(answers)}
        file, _, seen = next(found for found in self._files(context) if found[1] == path)
        written = 1
        last = Location(self._shown(file.template), 1)
        for text, place, source in self.engine.pieces(file.template, seen):
            breaks = text.count("\n")
            # the piece that ends with the line break before the line has nothing of it yet
            if written + breaks > line or (written + breaks == line and not text.endswith("\n")):
                at = _nearby(source, place.line + line - written, text, line - written)
                return place._replace(line=at)
            written += breaks
            last = place._replace(line=place.line + breaks)
        return last


def _refuse_unsafe(name: str, file: PackFile) -> None:
    """An environment's name is part of a path."""
    if reason := names.label(name):
        raise SvcgenError(f"environment {name!r} {reason}", file.entry.at("path"), "its name is part of a path")


def _nearby(source: str, guess: int, text: str, index: int) -> int:
    """Blocks that print nothing move the guess a little; the first word of the line finds it again."""
    lines = source.splitlines()
    pieces = text.split("\n")
    words = pieces[index].split() if index < len(pieces) else []
    if not words:
        return min(guess, len(lines)) or 1
    order = sorted(range(len(lines)), key=lambda number: abs(number + 1 - guess))
    found = next((number + 1 for number in order if words[0] in lines[number]), None)
    if found:
        return found
    guess = min(guess, len(lines)) or 1
    while guess < len(lines) and lines[guess - 1].lstrip().startswith("{%"):
        guess += 1
    return guess
