"""The YAML reader: libyaml's node graph with nothing resolved, through ruamel.yaml's C part where it is there."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

from ruamel.yaml.tag import Tag

try:
    from _ruamel_yaml import CParser

    FAST = True
except ImportError:  # a platform without a wheel: the same graph, about seven times slower
    FAST = False


# One tag for all: ruamel.yaml makes an object of every tag that comes as text, which costs as much as the node.
IMPLICIT = Tag(suffix="")


if FAST:

    class NodeReader(CParser):  # type: ignore[misc]  # no types in the C part
        """Nodes of a stream. A tag is empty unless it was written: `scalars.py` types the scalars."""

        def resolve(self, kind: type, value: str | None, implicit: object) -> Tag:  # noqa: ARG002
            """No implicit tags."""
            return IMPLICIT

        def descend_resolver(self, node: object, index: object) -> None:
            """No path resolvers."""

        def ascend_resolver(self) -> None:
            """No path resolvers."""

else:

    class NodeReader:  # type: ignore[no-redef]
        """The same interface over ruamel.yaml's pure reader."""

        def __init__(self, stream: bytes) -> None:
            from ruamel.yaml import YAML
            from ruamel.yaml.resolver import VersionedResolver

            class Silent(VersionedResolver):
                def resolve(self, *_: object) -> Tag:
                    return IMPLICIT

            yaml = YAML(typ="base", pure=True)
            yaml.Resolver = Silent
            self._nodes: Iterator[Any] = yaml.compose_all(stream)
            self._next: Any = None

        def check_node(self) -> bool:
            """Whether one more document follows."""
            self._next = next(self._nodes, None)
            return self._next is not None

        def get_node(self) -> Any:  # noqa: ANN401
            """The root node of the next document, with implicit tags taken away."""
            return self._next

        def dispose(self) -> None:
            """Nothing to free."""


def strings(text: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where texts in quotes or of several lines start and end, as lines and columns; up to what is no YAML."""
    from ruamel.yaml.error import YAMLError

    found = []
    with suppress(YAMLError):
        for token in _tokens(text.encode("utf-8", "replace")):
            if getattr(token, "plain", True):
                continue
            start, end = token.start_mark, token.end_mark
            # a comment may stand behind the sign that begins a block
            first = (start.line + 1, -1) if token.style in ("|", ">") else (start.line, start.column)
            found.append((first, (end.line, end.column)))
    return found


def _tokens(data: bytes) -> Iterator[Any]:
    if not FAST:
        from ruamel.yaml import YAML

        yield from YAML(typ="base", pure=True).scan(data)
        return
    parser = CParser(data)
    try:
        while (token := parser.get_token()) is not None:
            yield token
    finally:
        parser.dispose()
