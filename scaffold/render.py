"""A plan and a pack -> the text of the files, still in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold import names, views
from scaffold.engine import Engine
from scaffold.errors import SvcgenError
from scaffold.model import AppSpec, Location, PortPlan, RenderedFile, as_saved
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
        for file, path, environment, seen in self._files(context, plan):
            if path in rendered:
                raise SvcgenError(
                    f"two files are written to {path}",
                    file.entry.at("path"),
                    "an environment has the name of another file's folder",
                )
            text, template = self.engine.text(file.template, seen), self._shown(file.template)
            rendered[path] = RenderedFile(path, text, template, file.content, environment)
        return tuple(rendered.values())

    def unused_questions(self) -> list[Question]:
        """The questions that no template, no expression and no rule of the policy looks at.

        Raises:
            SvcgenError: a template with a syntax error.
        """
        used = self.engine.answers_used()
        if used is None:
            return []
        used |= {name for name in (self.pack.environments, self.pack.namespaces) if name}
        return [one for one in self.pack.questions if one.name not in used]

    def environments(self, app: AppSpec) -> dict[str, str | None]:
        """The environments that an app goes to, each with its own namespace; none for a pack without environments.

        Raises:
            SvcgenError: as `answers`; a name that can be no folder, or is there twice.
        """
        pack = self.pack
        if pack.environments is None:
            return {}
        answers = self.answers(as_saved(app))
        found = answers[pack.environments] or []
        place = app.place("--set", "spec", "set", pack.environments)
        for name in found:
            if found.count(name) > 1:
                raise SvcgenError(f"environment {name!r} is there twice", place)
            if reason := names.label(name):
                raise SvcgenError(f"environment {name!r} {reason}", place, "its name is part of a path")
        namespaces = (answers[pack.namespaces] if pack.namespaces else None) or [None] * len(found)
        return dict(zip(found, namespaces, strict=False))

    def next(self, plan: PortPlan, answers: Mapping[str, Any], folder: str) -> tuple[str, ...]:
        """The commands that come after writing: the pack's own, for each environment where there are any.

        Args:
            plan: every number decided.
            answers: an answer to every question.
            folder: where the files are, as a shell takes it.

        Raises:
            SvcgenError: the pack's text fails, with its place.
        """
        text = self.pack.next
        if text is None:
            return (f"kubectl apply -f {folder}",)
        seen = {**views.context(plan), "answers": dict(answers), "folder": folder}
        found = [self.engine.value(text, {**seen, "environment": name}) for name in plan.environments or ("",)]
        return tuple(dict.fromkeys(str(one) for one in found))

    def _files(
        self, context: dict[str, Any], plan: PortPlan
    ) -> Iterator[tuple[PackFile, str, str | None, dict[str, Any]]]:
        """The files that are made, each with its path, its environment and what its template sees."""
        for file in self.pack.files:
            if not file.each:
                if file.when is None or self.engine.value(file.when, context):
                    yield file, file.path, None, context
                continue
            for name in plan.environments:
                seen = {**context, "environment": views.environment(plan, name)}
                if file.when is None or self.engine.value(file.when, seen):
                    yield file, file.path.replace("{environment}", name), name, seen

    def _shown(self, template: str) -> str:
        return self.pack.templates[template].shown(template)

    def template_line(self, plan: PortPlan, answers: Mapping[str, Any], path: str, line: int) -> Location:
        """The template line that wrote a line of an output file. Renders again, piece by piece: for errors only."""
        context = {**views.context(plan), "answers": dict(answers)}
        file, _, _, seen = next(found for found in self._files(context, plan) if found[1] == path)
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
