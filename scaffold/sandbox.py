"""The sandbox that the templates of packs run in: what they may do, and how their values become text.

Everything that a template prints with `{{ }}` goes through `scalars.write`, so that no value can be misread by any
YAML reader and none can break out of its place. Jinja's autoescape does it: what a macro or a block returns is text
already, everything else is a value.

A template is named `DEPTH/PATH` inside: which pack of the chain its text comes from, 0 for the pack that is used.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from jinja2 import BaseLoader, FileSystemBytecodeCache, StrictUndefined, TemplateNotFound, pass_context
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from scaffold import own_cache
from scaffold.bounded import OutOfBoundsError
from scaffold.scalars import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment
    from jinja2.runtime import Context

    from scaffold.packs.model import Pack

_LARGEST_POWER = 64
# characters of one file
LONGEST = 4_000_000
TOO_LONG = f"writes more than {LONGEST // 1_000_000} MB"


# Taking the context keeps Jinja from folding `{{ "no" }}` at compile time, where it would go past this function.
@pass_context
def _emit(context: Context, value: object) -> Markup:  # noqa: ARG001
    if isinstance(value, Markup):
        return value
    if isinstance(value, StrictUndefined):
        str(value)  # raises, naming what is undefined
    if isinstance(value, str) and len(value) > LONGEST:
        # to quote it would take as long as all that a template may take
        raise OutOfBoundsError(TOO_LONG)
    return Markup(write(value))  # noqa: S704 - this is the one place where values become text


def compiled() -> FileSystemBytecodeCache | None:
    """Compiled templates in the user's cache folder: compiling two costs as much as starting Python.

    Compiled code is run, so the folder must be the user's own and nobody else may write there; else there is no cache.
    """
    # what this module tells Jinja is compiled in, so a changed module has a folder of its own
    folder = own_cache.folder(f"templates-{os.stat(__file__).st_mtime_ns:x}")
    return FileSystemBytecodeCache(folder) if folder else None


class Sandbox(ImmutableSandboxedEnvironment):
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
        assert isinstance(environment, Sandbox)
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


def for_templates(chain: tuple[Pack, ...], cache: FileSystemBytecodeCache | None) -> Sandbox:
    """The sandbox of the templates of a chain of packs: what they print is YAML."""
    settings = {"trim_blocks": True, "lstrip_blocks": True, "autoescape": True, "finalize": _emit}
    return Sandbox(chain, loader=_ChainLoader(), bytecode_cache=cache, **settings)


def for_expressions(
    chain: tuple[Pack, ...], program: str, shown: str, cache: FileSystemBytecodeCache | None
) -> Sandbox:
    """The sandbox of the expressions of a pack.yaml, all of them in one program; what they give stays a value."""
    return Sandbox(chain, loader=_ProgramLoader(program, shown), bytecode_cache=cache, autoescape=False)
