"""What a pack says, worked out: its templates give texts, the expressions of its pack.yaml values.

A pack that does not come with svcgen runs in a process of its own, which is ended when it takes too long.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError
from jinja2.utils import Namespace

from scaffold import sandbox
from scaffold.bounded import Bounded, OutOfBoundsError, reason
from scaffold.errors import SvcgenError
from scaffold.model import Location
from scaffold.packs.model import Expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jinja2 import Template

    from scaffold.packs.model import Pack

_EXPRESSIONS = "0/pack.yaml"
_OUT_OF_BOUNDS = (MemoryError, RecursionError, OutOfBoundsError)
# whatever a template can make Jinja or Python raise: its author is told the line
_FAILURES = (
    TemplateError, ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, NameError, RuntimeError,
    SyntaxError, TypeError, ValueError, OutOfBoundsError,
)  # fmt: skip
# characters of an expression or a line in a message
_SHOWN = 200


class Engine:
    """The templates and the expressions of one pack and of what it extends."""

    def __init__(self, pack: Pack) -> None:
        """Prepares them; they are compiled when first used."""
        self._chain = tuple(pack.chain)
        cache = sandbox.compiled()
        self._yaml = sandbox.for_templates(self._chain, cache)
        self._listed = list(_expressions(pack))
        forms = ((one.text, one.form) for one in self._listed if one.form != "pattern")
        self._expressions = {form: at for at, form in enumerate(dict.fromkeys(forms))}
        self._cache, self._shown_yaml = cache, f"{pack.origin}/pack.yaml"
        self._places = {one.shown(name): (one, name) for one in self._chain for name in one.texts}
        # what comes with svcgen can be trusted to end
        ours = all(one.kind == "built-in" for one in self._chain)
        self._ask = self._do if ours else Bounded(self._do)

    def _do(self, question: tuple[Any, ...]) -> Any:  # noqa: ANN401
        what, *about = question
        return getattr(self, what)(*about)

    def _bounded(self, *question: Any) -> Any:  # noqa: ANN401
        """Somebody else's templates and expressions run in a process of their own."""
        try:
            return self._ask(question)
        except OutOfBoundsError as error:
            place = Location(f"{self._chain[0].origin}/pack.yaml")
            raise SvcgenError(f"a template or an expression of the pack {reason(error)}", place) from None

    # --- templates

    def text(self, template: str, names: Mapping[str, Any]) -> str:
        """What a template writes.

        Args:
            template: its name; the nearest pack of the chain that has it.
            names: what it sees.

        Raises:
            SvcgenError: a syntax error, an undefined name, a value that YAML cannot hold; template file and line.
        """
        text: str = self._bounded("_text", template, dict(names))
        return text

    def _text(self, template: str, names: Mapping[str, Any]) -> str:
        inner = self._inner(template)
        try:
            text = _joined(self._yaml.get_template(inner).generate(names))
        except _FAILURES as error:
            raise self._explained(error, inner, names) from None
        # the next document of a stream starts on a line of its own
        return text if text.endswith("\n") else text + "\n"

    def _inner(self, template: str) -> str:
        return next(f"{at}/{template}" for at, pack in enumerate(self._chain) if template in pack.texts)

    def _shown(self, inner: str, line: int = 0) -> Location:
        depth, _, path = inner.partition("/")
        return Location(self._chain[int(depth)].shown(path), line)

    def _explained(self, error: Exception, inner: str, names: Mapping[str, Any]) -> SvcgenError:
        place = self._failed(error, inner)
        if isinstance(error, TemplateSyntaxError):
            # Jinja gives the file here for what its lexer finds, and the name for what its parser finds
            named = error.name or inner
            place = Location(named, error.lineno) if named in self._places else self._shown(named, error.lineno)
            return SvcgenError((error.message or "syntax error") + self._line(place), place)
        if isinstance(error, TemplateNotFound):
            known = self._known_templates(str(error.name))
            return SvcgenError(f"the pack has no template {error.name!r}{self._line(place)}", place, known)
        if isinstance(error, UndefinedError):
            return SvcgenError(f"{_plain_words(str(error))}{self._line(place)}", place, _known_names(str(error), names))
        if isinstance(error, SecurityError):
            return SvcgenError(f"not allowed in a template: {error}{self._line(place)}", place)
        if isinstance(error, _OUT_OF_BOUNDS):
            return SvcgenError(f"the template {reason(error)}{self._line(place)}", place)
        return SvcgenError((str(error) or type(error).__name__) + self._line(place), place)

    def _line(self, place: Location) -> str:
        """The line of a template that a message speaks of, below it."""
        pack, name = self._places.get(place.where, (None, ""))
        lines = pack.texts[name].splitlines() if pack else []
        return f"\n{place.line} | {lines[place.line - 1].strip()[:_SHOWN]}" if 0 < place.line <= len(lines) else ""

    def _failed(self, error: BaseException, inner: str) -> Location:
        """The innermost template line of a traceback: Jinja puts the template's own names and lines there."""
        found = []
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename in self._places:
                found.append(Location(trace.tb_frame.f_code.co_filename, trace.tb_lineno))
            trace = trace.tb_next
        # a circle has an outermost line only
        return found[0 if isinstance(error, RecursionError) else -1] if found else self._shown(inner)

    def _known_templates(self, name: str) -> str:
        from scaffold.names import nearest

        known = sorted({name for pack in self._chain for name in pack.texts})
        if name in known:
            return "a template that names itself means that of the pack it extends, and there is none"
        near = nearest(name, known)
        return f"did you mean {near!r}?" if near else f"its templates: {', '.join(known)}"

    def pieces(self, template: str, names: Mapping[str, Any]) -> list[tuple[str, Location, str]]:
        """What a template writes, piece by piece, with the line that wrote it and the template's text. For errors."""
        found: list[tuple[str, Location, str]] = self._bounded("_pieces", template, dict(names))
        return found

    def _pieces(self, template: str, names: Mapping[str, Any]) -> list[tuple[str, Location, str]]:
        return list(self._each_piece(template, names))

    def _each_piece(self, template: str, names: Mapping[str, Any]) -> Iterator[tuple[str, Location, str]]:
        loaded = self._yaml.get_template(self._inner(template))
        generator = loaded.root_render_func(loaded.new_context(dict(names)))
        for text in generator:
            writer = _innermost(generator)
            pack, name = self._places[writer.f_code.co_filename]
            inner = f"{self._chain.index(pack)}/{name}"
            line = self._yaml.get_template(inner).get_corresponding_lineno(writer.f_lineno)
            yield str(text), self._shown(inner, line), pack.texts[name]

    def blocks(self, template: str) -> list[tuple[str, str, int]]:
        """The blocks of a template and of those of its name in the packs below: name, pack and line of each.

        Raises:
            SvcgenError: a syntax error, with file and line.
        """
        found: list[tuple[str, str, int]] = self._bounded("_blocks", template)
        return found

    def _blocks(self, template: str) -> list[tuple[str, str, int]]:
        found: dict[str, tuple[str, str, int]] = {}
        for at, pack in enumerate(self._chain):
            if template not in pack.texts:
                continue
            parsed = self._parsed(f"{at}/{template}", pack.texts[template])
            for block in parsed.find_all(nodes.Block):
                found.setdefault(block.name, (block.name, pack.name, block.lineno))
            if parsed.find(nodes.Extends) is None:
                break
        return list(found.values())

    def _parsed(self, inner: str, text: str) -> nodes.Template:
        try:
            return self._yaml.parse(text, inner)
        except _FAILURES as error:
            raise self._explained(error, inner, {}) from None

    def answers_used(self) -> set[str] | None:
        """The answers that templates and expressions name; None where one takes them all, such as `answers.items()`.

        Raises:
            SvcgenError: a syntax error, with its place.
        """
        found: set[str] | None = self._bounded("_answers_used")
        return found

    def _answers_used(self) -> set[str] | None:
        used: set[str] = set()
        texts = [(f"{at}/{name}", text) for at, pack in enumerate(self._chain) for name, text in pack.texts.items()]
        for parsed in (*(self._parsed(*one) for one in texts), *self._parsed_expressions()):
            named = [_answer(node) for node in parsed.find_all((nodes.Getattr, nodes.Getitem))]
            used.update(name for name in named if name)
            if sum(node.name == "answers" for node in parsed.find_all(nodes.Name)) > len([n for n in named if n]):
                return None
        return used

    def _parsed_expressions(self) -> Iterator[nodes.Template]:
        for text, form in self._expressions:
            try:
                parsed = self._yaml.parse(text if form == "text" else f"{{{{ {text} }}}}", _EXPRESSIONS)
            except _FAILURES:
                # what is wrong in one is told when it is worked out
                continue
            yield parsed

    # --- expressions

    @cached_property
    def _plain(self) -> sandbox.Sandbox:
        parts = [_branch(at, text, form) for at, (text, form) in enumerate(self._expressions)]
        return sandbox.for_expressions(self._chain, "".join(parts) + "{% endif %}", self._shown_yaml, self._cache)

    def value(self, expression: Expression, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """What an expression of pack.yaml gives: its value, its text, or whether `value` matches a pattern.

        Raises:
            SvcgenError: a syntax error, an undefined name or whatever else goes wrong, at its place in pack.yaml.
        """
        # by its number: a place in a file is nothing that goes from process to process
        return self._bounded("_value", self._listed.index(expression), dict(names))

    def _value(self, number: int, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        expression = self._listed[number]
        if expression.form == "pattern":
            return _matches(expression.text, names["value"])
        at = self._expressions[expression.text, expression.form]
        try:
            template = self._plain.get_template(_EXPRESSIONS)
            return self._run(template, at, names)
        except TemplateSyntaxError:
            # one of them; this one alone says which
            return self._alone(expression, names)
        except _FAILURES as error:
            raise _explained_expression(error, expression, names) from None

    def _alone(self, expression: Expression, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        text = _branch(0, expression.text, expression.form) + "{% endif %}"
        try:
            return self._run(self._plain.from_string(text), 0, names)
        except _FAILURES as error:
            raise _explained_expression(error, expression, names) from None

    @staticmethod
    def _run(template: Template, at: int, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        out = Namespace()
        template.render(names, _at=at, _out=out)
        value: Any = out.value
        if isinstance(value, StrictUndefined):
            str(value)  # raises, naming what is undefined
        return value


def _matches(pattern: str, text: str) -> bool:
    import re

    return re.fullmatch(pattern, text) is not None


def _joined(pieces: Iterable[str]) -> str:
    """The text of a file, as long as it has a sane length."""
    found, left = [], sandbox.LONGEST
    for piece in pieces:
        found.append(piece)
        left -= len(piece)
        if left < 0:
            raise OutOfBoundsError(sandbox.TOO_LONG)
    return "".join(found)


def _innermost(generator: Any) -> Any:  # noqa: ANN401
    """The frame that has just yielded: blocks and parents are generators that others yield from."""
    while getattr(generator.gi_yieldfrom, "gi_frame", None):
        generator = generator.gi_yieldfrom
    return generator.gi_frame


def _expressions(pack: Pack) -> Iterator[Expression]:
    for file in pack.files:
        if file.when:
            yield file.when
    for question in pack.questions:
        for one in (question.when, question.check, question.default, question.pattern):
            if isinstance(one, Expression):
                yield one
    if pack.next:
        yield pack.next


def _answer(node: Any) -> str | None:  # noqa: ANN401
    """The answer that `answers.NAME` or `answers["NAME"]` names; None for anything else."""
    if not isinstance(node.node, nodes.Name) or node.node.name != "answers":
        return None
    if isinstance(node, nodes.Getattr):
        return None if node.attr in dir(dict) else str(node.attr)
    return str(node.arg.value) if isinstance(node.arg, nodes.Const) else None


def _branch(at: int, text: str, form: str) -> str:
    body = f"{{% set _out.value %}}{text}{{% endset %}}" if form == "text" else f"{{% set _out.value = ({text}) %}}"
    return f"{{% {'elif' if at else 'if'} _at == {at} %}}{body}"


def _explained_expression(error: Exception, expression: Expression, names: Mapping[str, Any]) -> SvcgenError:
    hint = _known_names(str(error), names) if isinstance(error, UndefinedError) else ""
    said = _plain_words(getattr(error, "message", None) or str(error)) or type(error).__name__
    said = f"it {reason(error)}" if isinstance(error, _OUT_OF_BOUNDS) else said
    return SvcgenError(f"{expression.key} {expression.text[:_SHOWN]!r}: {said}", expression.location, hint)


def _plain_words(message: str) -> str:
    """Jinja's message with the names that templates use, not those of Python's classes."""
    for kind, name in (("AppView", "app"), ("PortView", "a port"), ("EnvironmentView", "environment")):
        message = message.replace(f"'scaffold.views.{kind} object'", name)
    return message


def _known_names(message: str, names: Mapping[str, Any]) -> str:
    """The nearest of the names that there are, or all of them, for `'x' is undefined` and `has no attribute 'x'`."""
    from scaffold.names import nearest

    fields = {
        "AppView": getattr(names.get("app"), "_fields", ()),
        "PortView": getattr(next(iter(names.get("ports", ())), None), "_fields", ()),
        "EnvironmentView": getattr(names.get("environment"), "_fields", ()),
        "dict": tuple(names.get("answers", ())),
    }
    known = next((found for kind, found in fields.items() if f"{kind} object' has no" in message), tuple(names))
    word = message.split("'")[-2] if message.count("'") > 1 else ""
    if word in known:
        return "an imported template sees it when the import ends with: with context"
    near = nearest(word, list(known))
    return f"did you mean {near}?" if near else f"known here: {', '.join(sorted(known)) or 'nothing'}"
