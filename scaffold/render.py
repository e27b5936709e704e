"""A plan and a pack -> the text of the files, still in memory.

Everything that a template prints with `{{ }}` goes through `scalars.write`, so that no value can be misread by any
YAML reader and none can break out of its place. Jinja's autoescape does it: what a macro or a block returns is text
already, everything else is a value.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

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
from markupsafe import Markup

from scaffold.errors import SvcgenError
from scaffold.model import Location, PortPlan, RenderedFile
from scaffold.scalars import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jinja2 import Environment, Template
    from jinja2.runtime import Context

    from scaffold.packs import Pack


class AppView(NamedTuple):
    """`app` in a template."""

    name: str
    namespace: str | None
    image: str
    replicas: int
    type: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    env: Mapping[str, str]
    selector: Mapping[str, str]


class PortView(NamedTuple):
    """One of `ports` in a template. node_port is None on a ClusterIP Service."""

    name: str
    service_port: int
    target_port: int
    node_port: int | None
    protocol: str
    app_protocol: str | None


class _PackLoader(BaseLoader):
    def __init__(self, pack: Pack) -> None:
        self._pack = pack

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:  # noqa: ARG002
        if template not in self._pack.texts:
            raise TemplateNotFound(template)
        return self._pack.texts[template], self._pack.shown(template), lambda: True


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


class Renderer:
    """Renders any number of plans with one pack."""

    def __init__(self, pack: Pack) -> None:
        """Prepares the templates; they are compiled when first used."""
        self.pack = pack
        self._environment = ImmutableSandboxedEnvironment(
            loader=_PackLoader(pack),
            undefined=StrictUndefined,
            autoescape=True,
            finalize=_emit,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            bytecode_cache=_compiled(),
        )
        self._environment.globals = {key: self._environment.globals[key] for key in ("range", "namespace", "dict")}
        for name in ("safe", "forceescape", "escape", "e", "xmlattr", "tojson", "urlize"):
            self._environment.filters.pop(name, None)

    def render(self, plan: PortPlan, answers: Mapping[str, Any]) -> tuple[RenderedFile, ...]:
        """Every file of the pack for one app.

        Raises:
            SvcgenError: a syntax error, an undefined name, a value that YAML cannot hold; template file and line.
        """
        context = _context(plan, answers)
        return tuple(
            RenderedFile(file.path, self._text(file.template, context), self.pack.shown(file.template))
            for file in self.pack.files
        )

    def _text(self, template: str, context: dict[str, Any]) -> str:
        try:
            return self._environment.get_template(template).render(context)
        except TemplateSyntaxError as error:
            raise SvcgenError(
                error.message or "syntax error", self._place(error.name or template, error.lineno)
            ) from None
        except TemplateNotFound as error:
            raise SvcgenError(f"the pack has no template {error.name!r}", self._place(template, 0)) from None
        except UndefinedError as error:
            known = ", ".join(sorted(context))
            raise SvcgenError(str(error), self._failed(error, template), f"a template has {known}") from None
        except SecurityError as error:
            raise SvcgenError(f"not allowed in a template: {error}", self._failed(error, template)) from None
        except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError) as error:
            raise SvcgenError(str(error) or type(error).__name__, self._failed(error, template)) from None

    def _place(self, template: str, line: int) -> Location:
        return Location(self.pack.shown(template), line)

    def _failed(self, error: BaseException, template: str) -> Location:
        """The innermost template line of a traceback: Jinja puts the template's own names and lines there."""
        place = self._place(template, 0)
        trace = error.__traceback__
        while trace is not None:
            name = trace.tb_frame.f_code.co_filename
            if os.path.basename(name) in self.pack.texts and name == self.pack.shown(os.path.basename(name)):
                place = Location(name, trace.tb_lineno)
            trace = trace.tb_next
        return place

    def template_line(self, plan: PortPlan, answers: Mapping[str, Any], path: str, line: int) -> Location:
        """The template line that wrote a line of an output file. Renders again, piece by piece: for errors only."""
        template = next(file.template for file in self.pack.files if file.path == path)
        loaded = self._environment.get_template(template)
        written = 1
        at = 1
        for text, template_line in _pieces(loaded, _context(plan, answers)):
            breaks = text.count("\n")
            # the piece that ends with the line break before the line has nothing of it yet
            if written + breaks > line or (written + breaks == line and not text.endswith("\n")):
                return self._place(
                    template, _nearby(self.pack.texts[template], template_line + line - written, text, line - written)
                )
            written += breaks
            at = template_line + breaks
        return self._place(template, at)


def _pieces(template: Template, context: dict[str, Any]) -> Iterator[tuple[str, int]]:
    generator = template.root_render_func(template.new_context(context))
    for text in generator:
        frame = getattr(generator, "gi_frame", None)
        yield str(text), template.get_corresponding_lineno(frame.f_lineno) if frame else 1


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


def _context(plan: PortPlan, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What a template can see: `app`, `ports`, `answers`. Every number comes from the plan."""
    app = plan.app
    view = AppView(
        app.name,
        app.namespace,
        app.image,
        app.replicas,
        app.type,
        {**app.selector, "app.kubernetes.io/managed-by": "svcgen", **app.labels},
        app.annotations,
        app.env,
        app.selector,
    )
    ports = [
        PortView(
            one.wish.name,
            one.service_port,
            one.wish.target_port,
            one.node_port,
            one.wish.protocol,
            one.wish.app_protocol,
        )
        for one in plan.assignments
    ]
    return {"app": view, "ports": ports, "answers": dict(answers)}
