"""The one place that runs Jinja: templates that write YAML, and the expressions of a pack.yaml.

Everything that a template prints with `{{ }}` goes through `scalars.write`, so that no value can be misread by any
YAML reader and none can break out of its place. Jinja's autoescape does it: what a macro or a block returns is text
already, everything else is a value.

A template is named `DEPTH/PATH` inside: which pack of the chain its text comes from, 0 for the pack that is used.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinja2 import (
    BaseLoader,
    FileSystemBytecodeCache,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    pass_context,
)
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from markupsafe import Markup

from scaffold.bounded import Bounded, OutOfBoundsError, reason
from scaffold.errors import SvcgenError
from scaffold.model import Location
from scaffold.packs.model import Expression
from scaffold.scalars import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from jinja2 import Environment, Template
    from jinja2.runtime import Context

    from scaffold.packs.model import Pack

_EXPRESSIONS = "0/pack.yaml"
_OUT_OF_BOUNDS = (MemoryError, RecursionError, OutOfBoundsError)
_FAILURES = (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError, *_OUT_OF_BOUNDS)
_LARGEST_POWER = 64
# characters of an expression or a line in a message
_SHOWN = 200
# characters of one file
_LONGEST = 4_000_000


# Taking the context keeps Jinja from folding `{{ "no" }}` at compile time, where it would go past this function.
@pass_context
def _emit(context: Context, value: object) -> Markup:  # noqa: ARG001
    if isinstance(value, Markup):
        return value
    if isinstance(value, StrictUndefined):
        str(value)  # raises, naming what is undefined
    return Markup(write(value))  # noqa: S704 - this is the one place where values become text


def _compiled() -> FileSystemBytecodeCache | None:
    """Compiled templates in the user's cache folder: compiling two costs as much as starting Python.

    Compiled code is run, so the folder must be the user's own and nobody else may write there; else there is no cache.
    """
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    # what this module tells Jinja is compiled in, so a changed module has a folder of its own
    folder = os.path.join(home, "svcgen", f"templates-{os.stat(__file__).st_mtime_ns:x}")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        status = os.stat(folder)
    except OSError:
        return None
    if status.st_uid != os.geteuid() or status.st_mode & 0o022 or not os.access(folder, os.W_OK):
        return None
    return FileSystemBytecodeCache(folder)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Templates of a chain of packs, by name: the nearest pack wins; one that names itself means the next pack's."""

    def __init__(self, chain: tuple[Pack, ...], **settings: Any) -> None:  # noqa: ANN401
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True, auto_reload=False, **settings)
        self.chain = chain
        self.globals = {key: self.globals[key] for key in ("range", "namespace", "dict")}
        for name in ("safe", "forceescape", "escape", "e", "xmlattr", "tojson", "urlize"):
            self.filters.pop(name, None)

    intercepted_binops = frozenset({"**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401
        """A power of a few digits can take years, and nothing stops it on the way."""
        if isinstance(right, int | float) and right > _LARGEST_POWER:
            raise SecurityError(f"a power of more than {_LARGEST_POWER}")
        return super().call_binop(context, operator, left, right)

    def join_path(self, template: str, parent: str) -> str:
        """The inner name of what a template extends, includes or imports.

        Raises:
            TemplateNotFound: no pack of the chain has it.
        """
        depth, _, user = parent.partition("/")
        start = int(depth) + 1 if template == user else 0
        for at in range(start, len(self.chain)):
            if template in self.chain[at].texts:
                return f"{at}/{template}"
        pack, _, path = template.partition("/")
        for at, one in enumerate(self.chain):
            if one.name == pack and path in one.texts and (at, path) != (int(depth), user):
                return f"{at}/{path}"
        raise TemplateNotFound(template)


class _ChainLoader(BaseLoader):
    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        depth, _, path = template.partition("/")
        assert isinstance(environment, _Sandbox)
        if not depth.isdigit() or path not in environment.chain[int(depth)].texts:
            raise TemplateNotFound(template)
        pack = environment.chain[int(depth)]
        return pack.texts[path], pack.shown(path), lambda: True


class _ProgramLoader(BaseLoader):
    """All expressions of a pack as one template, so that they are compiled once and kept like the others."""

    def __init__(self, program: str, shown: str) -> None:
        self._program, self._shown = program, shown

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:  # noqa: ARG002
        return self._program, self._shown, lambda: True


class Engine:
    """The templates and the expressions of one pack and of what it extends."""

    def __init__(self, pack: Pack) -> None:
        """Prepares them; they are compiled when first used."""
        self._chain = tuple(pack.chain)
        cache = _compiled()
        self._yaml = _Sandbox(
            self._chain,
            loader=_ChainLoader(),
            autoescape=True,
            finalize=_emit,
            trim_blocks=True,
            lstrip_blocks=True,
            bytecode_cache=cache,
        )
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
            place = self._shown(error.name or inner, error.lineno)
            return SvcgenError((error.message or "syntax error") + self._line(place), place)
        if isinstance(error, TemplateNotFound):
            known = self._known_templates(str(error.name))
            return SvcgenError(f"the pack has no template {error.name!r}{self._line(place)}", place, known)
        if isinstance(error, UndefinedError):
            return SvcgenError(f"{error}{self._line(place)}", place, _known_names(str(error), names))
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
        place = self._shown(inner)
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename in self._places:
                place = Location(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
            trace = trace.tb_next
        return place

    def _known_templates(self, name: str) -> str:
        from scaffold.names import nearest

        known = sorted({name for pack in self._chain for name in pack.texts})
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

    # --- expressions

    @cached_property
    def _plain(self) -> _Sandbox:
        parts = [_branch(at, text, form) for at, (text, form) in enumerate(self._expressions)]
        loader = _ProgramLoader("".join(parts) + "{% endif %}", self._shown_yaml)
        return _Sandbox(self._chain, loader=loader, autoescape=False, bytecode_cache=self._cache)

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
    found, left = [], _LONGEST
    for piece in pieces:
        found.append(piece)
        left -= len(piece)
        if left < 0:
            raise OutOfBoundsError(f"writes more than {_LONGEST // 1_000_000} MB")
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


def _branch(at: int, text: str, form: str) -> str:
    body = f"{{% set _out.value %}}{text}{{% endset %}}" if form == "text" else f"{{% set _out.value = ({text}) %}}"
    return f"{{% {'elif' if at else 'if'} _at == {at} %}}{body}"


def _explained_expression(error: Exception, expression: Expression, names: Mapping[str, Any]) -> SvcgenError:
    hint = _known_names(str(error), names) if isinstance(error, UndefinedError) else ""
    said = getattr(error, "message", None) or str(error) or type(error).__name__
    said = f"it {reason(error)}" if isinstance(error, _OUT_OF_BOUNDS) else said
    return SvcgenError(f"{expression.key} {expression.text[:_SHOWN]!r}: {said}", expression.location, hint)


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
    near = nearest(message.split("'")[-2], list(known)) if message.count("'") > 1 else None
    return f"did you mean {near}?" if near else f"known here: {', '.join(sorted(known)) or 'nothing'}"
