"""YAML and JSON text -> documents, read as kubectl reads them.

What is written simply is read line by line (`blocks.py`), the rest by libyaml (`nodes.py`); what holds many objects is
cut into them first (`lists.py`). A document that cannot be read never hides its neighbours in the same file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold import blocks, lists
from scaffold.again import all_of, some_of
from scaffold.cut import directed_lines, is_another, is_missed, split, template_place
from scaffold.documents import OBJECTS, UTF_16, Document
from scaffold.model import Location, NotJudged
from scaffold.node_values import child, refuse_template, text_of
from scaffold.nodes import DIRECTIVE, Unreadable, compose

if TYPE_CHECKING:
    import re

    from scaffold.again import Origin, Reload
    from scaffold.lists import Part, Parts

_TEMPLATE = "a template: it holds {{ }}"


def read(
    data: bytes, path: str, wanted: re.Pattern[bytes], reload: Reload | None = None
) -> tuple[list[Document], list[NotJudged]]:
    """Reads the documents of one file that `wanted` finds.

    Args:
        data: the bytes of the file: YAML or JSON, one document or many, BOM, CRLF, UTF-16 or broken UTF-8.
        path: as it will be shown.
        wanted: a `kinds_pattern`.
        reload: reads the same bytes again, for documents that are to be forgotten meanwhile.

    Returns:
        The objects, Lists opened, and a `NotJudged` for every document that may hold one but cannot be read; none for
        a Namespace.
    """
    found: list[Document] = []
    not_judged: list[NotJudged] = []
    if data[:2] in UTF_16:
        data, reload = data.decode("utf-16", "replace").encode(), None
    directed = directed_lines(data)
    for line, start, written in split(data, wanted):
        if is_another(written, wanted):
            continue
        if directed and line <= directed[1]:
            told = [NotJudged(Location(path, directed[0] + 1, 1), DIRECTIVE)]
        else:
            chunk = _Chunk(path, line, written, reload, start, is_all=len(written) == len(data))
            simple = blocks.values(written)
            # all others need no more than this
            if simple is not None and not str(simple.get("kind")).endswith("List"):
                found.append(chunk.document(simple))
                continue
            objects, told = chunk.objects(simple)
            found += objects
        if told and is_missed(written, wanted):
            not_judged += told
    return found, not_judged


def _is_no_object(node: Any) -> str:  # noqa: ANN401
    """Why what is no mapping cannot be read; empty for nothing, and for a list of something else: patches, tasks."""
    if getattr(node, "id", None) == "scalar":
        return "text, and no object" if node.value else ""
    items = node.value if getattr(node, "id", None) == "sequence" else ()
    are_objects = any(text_of(child(one, "kind")) and child(one, "apiVersion") is not None for one in items)
    return "objects in a list, which kubectl refuses: write kind: List, and put them under items" if are_objects else ""


class _Chunk(NamedTuple):
    """One document of a file, as it is written, and the lines and the bytes before it."""

    path: str
    line: int
    written: bytes
    reload: Reload | None
    start: int
    is_all: bool

    def objects(self, simple: dict[str, Any] | None) -> tuple[list[Document], list[NotJudged]]:
        """Its objects, and why it has none or not all of them; `simple` is what `blocks.values` makes of it."""
        found: list[Document] = []
        told: list[NotJudged] = []
        try:
            if simple is None and (template := template_place(self.written)) is not None:
                return [], [NotJudged(Location(self.path, self.line + template[0] + 1, template[1] + 1), _TEMPLATE)]
            parts = lists.parts(self.written)
            if parts and (objects := self._objects_of(parts)) is not None:
                return objects, []
            if simple is not None:
                return self.document(simple).objects(), []
            self._compose(found, told)
        except Unreadable as problem:
            reason = _TEMPLATE if b"{{" in self.written else problem.reason
            told.append(problem.at(self.path, self.line)._replace(reason=reason))
        return found, told

    def document(self, data: dict[str, Any]) -> Document:
        """The one object that it is."""
        return Document(self.path, self.line, chunk=self.written, data=data, origin=self._origin())

    def _origin(self) -> Origin | None:
        if self.reload is None:
            return None
        return all_of(self.reload) if self.is_all else some_of(self.reload, self.start, self.written)

    def _compose(self, found: list[Document], told: list[NotJudged]) -> None:
        """Adds its objects, as libyaml reads them, to `found`, and to `told` what is no object.

        Raises:
            Unreadable: what libyaml refuses, or what it cannot read of the later ones.
        """
        roots = list(compose(self.written))
        # what stands alone in its text can be found there again
        origin = self._origin() if len(roots) == 1 else None
        templated = b"{{" in self.written
        for root, (node, more) in enumerate(roots):
            if templated:
                refuse_template(node)
            if getattr(node, "id", None) == "mapping":
                line = self.line + more
                one = Document(self.path, line, node, chunk=self.written, root=root, origin=origin)
                found += one.objects()
            elif reason := _is_no_object(node):
                told.append(Unreadable(reason, node.start_mark.line + more + 1).at(self.path, self.line))

    def _objects_of(self, parts: Parts) -> list[Document] | None:
        """The objects that it was cut into; None where one of them cannot be read alone.

        Raises:
            Unreadable: too many of them.
        """
        found: list[Document] = []
        for index, part in parts.of:
            try:
                found += self._part(part, (index,) if parts.is_list else ())
            except Unreadable:
                return None
            if parts.is_list and len(found) > OBJECTS:
                raise Unreadable(f"over {OBJECTS:,} objects in one document")
        return found

    def _part(self, part: Part, items: tuple[int, ...]) -> list[Document]:
        text, node, line = part.text, None, self.line + part.line
        data = blocks.values(text)
        if data is None:
            roots = list(compose(text))
            # an item may be something else than an object
            if not roots or getattr(roots[0][0], "id", None) != "mapping":
                return []
            node = roots[0][0]
            if b"{{" in text:
                refuse_template(node)
        origin = some_of(self.reload, self.start + part.start, part.written)
        origin = origin._replace(is_item=bool(items), column=part.column, dash=part.dash)
        one = Document(self.path, line, node, items, chunk=text, data=data, origin=origin)
        return one.objects()
