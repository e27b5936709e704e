"""A Kubernetes object as a text has it, with a line and column for every field. `parsing.py` makes them of files."""

from __future__ import annotations

import marshal
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from scaffold import blocks, places
from scaffold.again import LATEST, nodes_of, wake
from scaffold.errors import SvcgenError
from scaffold.model import Location, NotJudged, ObjectRef
from scaffold.node_values import child, duplicates, text_of, to_data
from scaffold.nodes import Unreadable

if TYPE_CHECKING:
    from scaffold.again import Origin
    from scaffold.shelf import Shelf

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# how many a List may hold
OBJECTS = 100_000


class Document:
    """One Kubernetes object as text has it: plain data, and the place of every field."""

    __slots__ = (
        "_chunk",
        "_data",
        "_forgetful",
        "_kept",
        "_more",
        "_node",
        "_origin",
        "_root",
        "_shelf",
        "_simple",
        "api_version",
        "items",
        "kind",
        "line",
        "path",
        "ref",
    )

    def __init__(
        self,
        path: str,
        line: int,
        node: Any = None,  # noqa: ANN401
        items: tuple[int, ...] = (),
        *,
        chunk: bytes | None = None,
        root: int = 0,
        data: dict[str, Any] | None = None,
        origin: Origin | None = None,
    ) -> None:
        """Takes what is known of the object: its node, or its text and data.

        Args:
            path: as it will be shown.
            line: the lines before its text.
            node: its mapping node; made from the text when it is asked for and not given.
            items: its place in a List, in a List of Lists.
            chunk: the text that holds it.
            root: how many objects stand before it in that text.
            data: the object as plain values, as `blocks.values` reads them.
            origin: where the text can be read again, so that `forget` may drop it.
        """
        self.path, self.line, self.items = path, line, items
        self._node, self._chunk, self._root, self._data, self._origin = node, chunk, root, data, origin
        # read line by line, so that it can be read so again
        self._simple = node is None
        self._forgetful = False
        self._shelf: Shelf | None = None
        self._kept: int | bytes | None = None
        self._more: int | bytes | None = None
        # as written, empty where there is none; rules ask for them too often for a property
        self.kind, self.api_version = self._written("kind"), self._written("apiVersion")
        self.ref = self._named()

    @property
    def node(self) -> Any:  # noqa: ANN401
        """The mapping node."""
        if self._node is None:
            try:
                text = self._text()
                node = (nodes_of(text) if self._is_alone() else LATEST.nodes(text))[self._root]
            except (Unreadable, IndexError):
                raise self._changed() from None
            for index in self._inside():
                node = child(child(node, "items"), index)
            if node is None or node.id != "mapping":
                raise self._changed()
            wake(self)
            self._node = node
        return self._node

    @property
    def simple(self) -> bool:
        """Whether it was read line by line: every key once, and none that is read as something else."""
        return self._simple

    def _named(self) -> ObjectRef:
        """Kind, namespace and name; a generateName stands in for a missing name."""
        metadata = self.data.get("metadata") if self._node is None else None
        if type(metadata) is dict and type(written := metadata.get("name")) is str and written:
            namespace = metadata.get("namespace")
            if namespace is None or type(namespace) is str:
                return ObjectRef(self.kind, namespace or None, written)
        name = namespace = ""
        # metadata that nobody can read has no name
        with suppress(Unreadable):
            name = self._written("metadata", "name") or self._written("metadata", "generateName")
            namespace = self._written("metadata", "namespace")
        return ObjectRef(self.kind, namespace or None, name)

    def _written(self, *keys: str) -> str:
        if self._node is None:
            value: Any = self.data
            for key in keys:
                value = value.get(key) if isinstance(value, dict) else None
            if value is None or isinstance(value, str):
                return value or ""
        return text_of(self.find(*keys))

    @property
    def data(self) -> dict[str, Any]:
        """The whole object as plain values, typed as kubectl types them.

        Raises:
            Unreadable: for what kubectl refuses: an anchor inside itself, excessive aliasing, an infinite number.
        """
        if self._data is None and self._kept is not None:
            self._take_down(self._kept)
        if self._data is None:
            found: Any = blocks.values(self._text()) if self._simple else None
            if found is None:
                found = to_data(self.node)
            else:
                for index in self._inside():
                    try:
                        found = found["items"][index]
                    except (KeyError, IndexError, TypeError):
                        raise self._changed() from None
                if not isinstance(found, dict):
                    raise self._changed()
            self._data = found
            if self._written("kind") != self.kind or self._named() != self.ref:
                self._data = None
                raise self._changed()
        return self._data

    def objects(self) -> list[Document]:
        """This object alone, or those that it holds when it is a List; Lists in a List are opened too."""
        parts = self._listed() if self.kind.endswith("List") and len(self.items) < 2 else None
        if parts is None:
            return [self]
        out = []
        for index, node, data in parts:
            items = (*self.items, index)
            one = Document(
                self.path,
                self.line,
                node,
                items,
                chunk=self._chunk,
                root=self._root,
                data=data,
                origin=self._origin,
            )
            out += one.objects()
            if len(out) > OBJECTS:
                raise Unreadable(f"over {OBJECTS:,} objects in one document")
        return out

    def _inside(self) -> tuple[int, ...]:
        """Its place in a List in its text, which may be an item already."""
        return self.items[1:] if self._origin and self._origin.is_item else self.items

    def _is_alone(self) -> bool:
        """Whether no other object is in its text: after that one its text would be asked for again."""
        return not (self._root or self._inside())

    def _listed(self) -> list[tuple[int, Any, Any]] | None:
        """Index, node and data of every object in `items`, one of the two None; None where there is no list."""
        if self._node is None:
            inside = self.data.get("items")
            if not isinstance(inside, list):
                self._refuse_items(no_list=inside is not None)
                return None
            return [(index, None, one) for index, one in enumerate(inside) if isinstance(one, dict)]
        node: Any = child(self._node, "items")
        if getattr(node, "id", None) != "sequence":
            self._refuse_items(no_list=node is not None and (node.id == "mapping" or bool(text_of(node))))
            return None
        return [(index, one, None) for index, one in enumerate(node.value) if one.id == "mapping"]

    def _refuse_items(self, *, no_list: bool) -> None:
        if no_list and self.kind == "List":
            raise Unreadable("a List whose items are no list, which kubectl refuses")

    @property
    def words(self) -> bytes | None:
        """The text around this object where every field name stands in it as it is; None where it may be escaped."""
        return self._chunk if self._simple else None

    @property
    def text(self) -> bytes:
        """The text that holds this object, as it is written; empty where only its nodes are known."""
        known = self._chunk is not None or self._kept is not None or self._can_be_read_again()
        return self._text() if known else b""

    def forget(self) -> None:
        """Drops what was read, where it can be read again: of a large tree only facts stay in memory."""
        if not self._can_be_read_again():
            self.rest()
            return
        self._forgetful = True
        self._data = self._chunk = self._node = None

    def rest(self) -> None:
        """Drops what takes most room and can be made again: the nodes; what was read again after it was forgotten."""
        if self._forgetful:
            self.forget()
        elif self._kept is not None:
            self._data = self._chunk = self._node = None
        elif self._chunk is not None and self._data is not None:
            self._node = None

    def shelve(self, more: Any) -> None:  # noqa: ANN401
        """Drops what was read, and packs what cannot be read again together with more: it will lie on the shelf.

        Args:
            more: plain values, which `more` gives back.
        """
        self._more = marshal.dumps(more) if more is not None else None
        # what shares its text with others would take all of it along, each time
        if not (self._forgetful or self._inside()) and self._can_be_read_again():
            self._kept = marshal.dumps((self._text(), self.data))
            self._data = self._chunk = self._node = None

    def lay_down(self, shelf: Shelf) -> None:
        """Puts what was packed on a shelf."""
        self._shelf = shelf
        if isinstance(self._kept, bytes):
            self._kept = shelf.put(self._kept)
        if isinstance(self._more, bytes):
            self._more = shelf.put(self._more)

    @property
    def has_more(self) -> bool:
        """Whether something was packed besides."""
        return self._more is not None

    @property
    def more(self) -> Any:  # noqa: ANN401
        """What was packed besides; None where it was nothing."""
        # what `shelve` has packed
        return None if self._more is None else marshal.loads(self._taken_down(self._more))  # noqa: S302

    def _take_down(self, kept: int | bytes) -> None:
        wake(self)
        self._chunk, self._data = marshal.loads(self._taken_down(kept))  # noqa: S302 - likewise

    def _taken_down(self, place: int | bytes) -> bytes:
        return self._shelf.get(place) if self._shelf else cast("bytes", place)

    def __getstate__(self) -> tuple[Any, ...]:
        """All but the node, which no other process can read."""
        of_object = (self.kind, self.api_version, self.ref, self.items, self._data, self._kept, self._more)
        of_text = (self.path, self.line, self._chunk, self._root, self._origin, self._simple, self._forgetful)
        return of_object, of_text

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Takes in what another process has read."""
        of_object, of_text = state
        self.kind, self.api_version, self.ref, self.items, self._data, self._kept, self._more = of_object
        self.path, self.line, self._chunk, self._root, self._origin, self._simple, self._forgetful = of_text
        self._node = self._shelf = None

    def _can_be_read_again(self) -> bool:
        return self._origin is not None and self._origin.reload is not None

    def _text(self) -> bytes:
        if self._chunk is None and self._kept is not None:
            self._take_down(self._kept)
        if self._chunk is None:
            origin = self._origin
            chunk = origin and (origin.again(self.path) if self._is_alone() else LATEST.text(origin, self.path))
            if chunk is None:
                raise self._changed()
            # before it has its text again: it may be the one that is laid to rest
            wake(self)
            self._chunk = chunk
        return self._chunk

    def _changed(self) -> SvcgenError:
        return SvcgenError(f"{self.path} has changed while it was read", hint="run the command again")

    def find(self, *keys: str | int) -> Any:  # noqa: ANN401
        """The node at a path of keys and indexes, or None."""
        node = self.node
        for key in keys:
            node = child(node, key)
        return node

    def location(self, *keys: str | int) -> Location:
        """Where the value at this path starts; for a field that is not there, its nearest parent."""
        found = self._found(keys) if self._simple else None
        if found:
            line, column = found
            return self._at(line, column) if not line else Location(self.path, self.line + line + 1, column + 1)
        node = self.node
        for key in keys:
            inner = child(node, key)
            if inner is None:
                break
            node = inner
        return self.place(node)

    def _found(self, keys: tuple[str | int, ...]) -> tuple[int, int] | None:
        if self.items and (items := self._inside()):
            inside = tuple(part for index in items for part in ("items", index))
            return places.find(self._text(), inside + keys)
        return places.find(self._text(), keys, self._data)

    def _at(self, line: int, column: int) -> Location:
        """A place in its text, by what is before it."""
        if self._origin and not line:
            column += self._origin.column
        return Location(self.path, self.line + line + 1, column + 1)

    def line_at(self, location: Location) -> str | None:
        """The line of a place that was just asked for; None where it is not at hand."""
        if self._chunk is None or not self._simple or location.where != self.path:
            return None
        number = location.line - self.line - 1
        origin = self._origin
        # in its file more stands in the first line of an item
        if origin and (origin.is_item or origin.column) and number <= self._chunk.count(b"\n", 0, max(origin.dash, 0)):
            return None
        return places.line(self._chunk, number)

    def duplicates(self) -> list[tuple[tuple[str | int, ...], int]]:
        """Every key that its mapping holds already: the path of its value and the line of the later key."""
        # what is read line by line holds each key once
        found = [] if self._simple else duplicates(self.node)
        return [(path, self.line + key.start_mark.line + 1) for path, key in found]

    def place(self, node: Any) -> Location:  # noqa: ANN401
        """Where a node of this document starts."""
        return self._at(node.start_mark.line, node.start_mark.column)


class Tree(NamedTuple):
    """Documents that were read, and what could not be judged."""

    documents: tuple[Document, ...]
    not_judged: tuple[NotJudged, ...] = ()
