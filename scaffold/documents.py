"""YAML and JSON text -> documents with a line and column for every field, read as kubectl reads them.

libyaml builds the node graph; the scalars are typed here (see `scalars.py`). Aliases are never copied, so an alias
bomb costs nothing, and a document that cannot be read never hides its neighbours in the same file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.errors import SvcgenError
from scaffold.model import Location, NotJudged, ObjectRef
from scaffold.names import nearest
from scaffold.scalars import read_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# What only a parser can read as a kind: alias, anchor, tag, block scalar, comment, escape.
_OPAQUE = rb"""|[*&!|>#]|"[^"\n]*\\)"""


def kinds_pattern(kinds: str) -> re.Pattern[bytes]:
    """A sharp test for "may hold an object of these kinds". The bare word is not enough: CRD schemas are full of it.

    One literal prefix (`kind`) keeps the regex engine on its fast path.
    """
    return re.compile(rb"""kind["']?\s*:\s*(?:["']?(?:""" + kinds.encode() + rb")(?![A-Za-z0-9])" + _OPAQUE)


SERVICES = kinds_pattern("Service(?:List)?")
_TEMPLATED = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob")
WORKLOAD_KINDS = (*_TEMPLATED, "Pod", "DeploymentConfig")
# Objects that name Services, Pods or workloads: kind -> its group.
REFERRING = {
    "Ingress": "networking.k8s.io",
    "NetworkPolicy": "networking.k8s.io",
    "HTTPRoute": "gateway.networking.k8s.io",
    "GRPCRoute": "gateway.networking.k8s.io",
    "TCPRoute": "gateway.networking.k8s.io",
    "TLSRoute": "gateway.networking.k8s.io",
    "UDPRoute": "gateway.networking.k8s.io",
    "ServiceMonitor": "monitoring.coreos.com",
    "PodMonitor": "monitoring.coreos.com",
    "HorizontalPodAutoscaler": "autoscaling",
}
CHECKED = kinds_pattern("(?:Service|List|" + "|".join([*WORKLOAD_KINDS, *REFERRING]) + ")(?:List)?")

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_DOCUMENT_LIMIT = 16 << 20
_DEPTH_LIMIT = 1000
_DATA_LIMIT = 1_000_000
_BLANK = b" \t\r\n"
_BRACKETS = re.compile(rb"[\[{\]}]")
_NESTED_LINE = re.compile(rb"^[ \-?:]{2000}", re.MULTILINE)
_SURROGATES = re.compile(rb"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_STR_TAG = "tag:yaml.org,2002:str"
_SCALAR_TAGS = frozenset({f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null")})


class Unreadable(Exception):  # noqa: N818 - it is data for a NotJudged, not an error of the run
    """A document that kubectl could not read, or that svcgen refuses to spend its time on."""

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.line, self.column = reason, line, column


class Document:
    """One Kubernetes object as text has it: plain data, and the place of every field."""

    __slots__ = ("_data", "_fields", "item", "line", "node", "path")

    def __init__(self, path: str, line: int, node: Any, item: int | None = None) -> None:  # noqa: ANN401
        """Takes the path to show, the lines before the document, its mapping node, and its place in a List."""
        self.path, self.line, self.node, self.item = path, line, node, item
        self._fields: dict[str, Any] | None = None
        self._data: dict[str, Any] | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The nodes of the top-level fields."""
        if self._fields is None:
            self._fields = fields(self.node)
        return self._fields

    @property
    def kind(self) -> str:
        """As written, empty when there is none."""
        return text_of(self.fields.get("kind"))

    @property
    def api_version(self) -> str:
        """As written, empty when there is none."""
        return text_of(self.fields.get("apiVersion"))

    @property
    def ref(self) -> ObjectRef:
        """Kind, namespace and name; a generateName stands in for a missing name."""
        metadata = fields(self.fields.get("metadata"))
        name = text_of(metadata.get("name")) or text_of(metadata.get("generateName"))
        return ObjectRef(self.kind, text_of(metadata.get("namespace")) or None, name)

    @property
    def data(self) -> dict[str, Any]:
        """The whole object as plain values, typed as kubectl types them.

        Raises:
            Unreadable: for what kubectl refuses: an anchor inside itself, excessive aliasing, an infinite number.
        """
        if self._data is None:
            self._data = to_data(self.node)
        return self._data

    def find(self, *keys: str | int) -> Any:  # noqa: ANN401
        """The node at a path of keys and indexes, or None."""
        node = self.node
        for key in keys:
            node = _child(node, key)
        return node

    def location(self, *keys: str | int) -> Location:
        """Where the value at this path starts; for a field that is not there, its nearest parent."""
        node = self.node
        for key in keys:
            inner = _child(node, key)
            if inner is None:
                break
            node = inner
        return self.place(node)

    def place(self, node: Any) -> Location:  # noqa: ANN401
        """Where a node of this document starts."""
        mark = node.start_mark
        return Location(self.path, self.line + mark.line + 1, mark.column + 1)


class Tree(NamedTuple):
    """Documents that were read, what could not be judged, and how many files were looked at."""

    documents: tuple[Document, ...]
    not_judged: tuple[NotJudged, ...] = ()
    files: int = 0


def read(data: bytes, path: str, wanted: re.Pattern[bytes]) -> tuple[list[Document], list[NotJudged]]:
    """Reads the documents of one file that `wanted` finds.

    Args:
        data: the bytes of the file: YAML or JSON, one document or many, BOM, CRLF, UTF-16 or broken UTF-8.
        path: as it will be shown.
        wanted: a `kinds_pattern`.

    Returns:
        The objects, Lists opened, and a `NotJudged` for every document that may hold one but cannot be read.
    """
    found: list[Document] = []
    not_judged: list[NotJudged] = []
    if data[:2] in UTF_16:
        data = data.decode("utf-16", "replace").encode()
    for line, chunk in split(data, wanted):
        try:
            for node, more in compose(chunk):
                if b"{{" in chunk:
                    _refuse_template(node)
                found += _objects(path, line + more, node)
        except Unreadable as problem:
            place = Location(path, line + (problem.line or 1), problem.column)
            not_judged.append(NotJudged(place, _reason(chunk, problem.reason)))
    return found, not_judged


def _refuse_template(root: Any) -> None:  # noqa: ANN401
    """`port: {{ .x }}` composes as a mapping whose key is a mapping; kubectl refuses every key that is no scalar."""
    stack, seen = [root], set()
    while stack:
        node = stack.pop()
        if node.id == "scalar" or id(node) in seen:
            continue
        seen.add(id(node))
        if node.id == "mapping":
            for key, value in node.value:
                if key.id != "scalar":
                    raise Unreadable("a key that is no text", key.start_mark.line + 1, key.start_mark.column + 1)
                stack.append(value)
        else:
            stack += node.value


def _reason(chunk: bytes, reason: str) -> str:
    return "a template: it holds {{ }}" if b"{{" in chunk else reason


def split(data: bytes, wanted: re.Pattern[bytes]) -> list[tuple[int, bytes]]:
    """Cuts out the documents that `wanted` finds: [(lines before, bytes)].

    `---` at column 0 ends a YAML document inside any scalar, and kubectl cuts there too, so one broken document
    does not hide the next.
    """
    out: list[tuple[int, bytes]] = []
    position, size, line, counted = 0, len(data), 0, 0
    while match := wanted.search(data, position):
        start = data.rfind(b"\n---", position, match.start()) if position < match.start() else -1
        while start >= 0 and start + 4 < size and data[start + 4] not in _BLANK:
            start = data.rfind(b"\n---", position, start)
        start = start + 1 if start >= 0 else position
        end = data.find(b"\n---", match.end())
        while end >= 0 and end + 4 < size and data[end + 4] not in _BLANK:
            end = data.find(b"\n---", end + 4)
        end = end + 1 if end >= 0 else size
        line += data.count(b"\n", counted, start)
        counted = start
        out.append((line, data[start:end]))
        position = end
        if end >= size:
            break
    return out


def compose(chunk: bytes) -> Iterator[tuple[Any, int]]:
    """The root nodes of a piece of a stream, each with the lines before it that its marks do not count.

    Raises:
        Unreadable: with the line inside the chunk, for what libyaml refuses or could not survive.
    """
    _guard(chunk)
    try:
        try:
            yield from ((node, 0) for node in _nodes(chunk))
            return
        except UnicodeDecodeError:
            pass
        except Unreadable:
            if chunk.lstrip()[:1] != b"{":
                raise
        pieces = _json_pieces(chunk)
        for line, piece in pieces:
            yield from ((node, line) for node in _nodes(piece))
    except RecursionError:
        raise Unreadable("nested too deeply") from None


def _guard(chunk: bytes) -> None:
    if len(chunk) > _DOCUMENT_LIMIT:
        raise Unreadable(f"one document of {len(chunk) >> 20} MB, {_DOCUMENT_LIMIT >> 20} MB are read")
    # libyaml's composer recurses in C: about 24,700 levels kill the process
    if chunk.count(b"[") + chunk.count(b"{") > _DEPTH_LIMIT:
        depth = deepest = 0
        for match in _BRACKETS.finditer(chunk):
            depth += 1 if match[0] in b"[{" else -1
            deepest = max(deepest, depth)
        if deepest > _DEPTH_LIMIT:
            raise Unreadable(f"nested {deepest} levels deep, {_DEPTH_LIMIT} are read")
    if len(chunk) > 2000 and _NESTED_LINE.search(chunk) and re.search(rb"(?:[-?:] ){1000}", chunk):
        raise Unreadable(f"nested more than {_DEPTH_LIMIT} levels deep")


def _nodes(chunk: bytes) -> list[Any]:
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    from scaffold.reader import NodeReader

    try:
        chunk.decode()
    except UnicodeDecodeError:
        # kubectl takes it, each broken byte as U+FFFD
        chunk = chunk.decode("utf-8", "replace").encode()
    reader = NodeReader(chunk)
    try:
        nodes = []
        while reader.check_node():
            nodes.append(reader.get_node())
        return nodes
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ", ".join(str(part) for part in (error.context, error.problem) if part) or "not YAML"
        raise Unreadable(reason, *((mark.line + 1, mark.column + 1) if mark else ())) from None
    except YAMLError as error:
        raise Unreadable(str(error).splitlines()[0]) from None
    finally:
        reader.dispose()


def _json_pieces(chunk: bytes) -> list[tuple[int, bytes]]:
    """JSON that YAML's reader cannot take: objects one after another, and characters escaped as two halves."""
    import json

    text = chunk.decode("utf-8", "replace")
    decoder, position, pieces = json.JSONDecoder(), 0, []
    while text[position:].strip():
        position += len(text[position:]) - len(text[position:].lstrip())
        try:
            _, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            line = text.count("\n", 0, getattr(error, "pos", position)) + 1
            raise Unreadable(getattr(error, "msg", "nested too deeply"), line) from None
        piece = text[position:end].encode()
        pieces.append((text.count("\n", 0, position), _SURROGATES.sub(_join_surrogates, piece)))
        position = end
    return pieces


def _join_surrogates(match: re.Match[bytes]) -> bytes:
    high, low = int(match[1], 16), int(match[2], 16)
    return b"\\U%08x" % (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _objects(path: str, line: int, node: Any, item: int | None = None, depth: int = 0) -> Iterator[Document]:  # noqa: ANN401
    if getattr(node, "id", None) != "mapping":
        return
    document = Document(path, line, node, item)
    kind = document.kind
    items = document.fields.get("items")
    if kind.endswith("List") and items is not None and items.id == "sequence" and depth < 2:
        for index, inner in enumerate(items.value):
            yield from _objects(path, line, inner, index, depth + 1)
    else:
        yield document


def fields(node: Any) -> dict[str, Any]:  # noqa: ANN401
    """A mapping node as {key: node}: merge keys resolved, the last of equal keys wins, as kubectl reads it."""
    if getattr(node, "id", None) != "mapping":
        return {}
    return _merged(node, 0)


def _merged(node: Any, depth: int) -> dict[str, Any]:  # noqa: ANN401
    out: dict[str, Any] = {}
    merges = []
    for key, value in node.value:
        if key.id != "scalar":
            continue
        if key.value == "<<" and not key.style:
            merges.append(value)
        else:
            out[key_text(key)] = value
    if depth < 8:
        for merge in merges:
            for other in merge.value if merge.id == "sequence" else [merge]:
                if other.id == "mapping":
                    for name, value in _merged(other, depth + 1).items():
                        out.setdefault(name, value)
    return out


def key_text(node: Any) -> str:  # noqa: ANN401
    """A mapping key as kubectl has it in JSON: `on:` is the key "true", `8080:` the key "8080"."""
    text: str = node.value
    if node.style or not text or (text[0].isalpha() and text[0] not in "yYnNtTfFoO"):
        return text
    value = read_plain(text)
    if isinstance(value, bool):
        return "true" if value else "false"
    return text if value is None or isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)


def text_of(node: Any) -> str:  # noqa: ANN401
    """A scalar's text, empty for null, for any other node and for none."""
    if node is None or node.id != "scalar" or (not node.style and node.value in ("~", "null", "Null", "NULL")):
        return ""
    return str(node.value)


def scalar(node: Any) -> Any:  # noqa: ANN401
    """A scalar node's value, typed as kubectl types it."""
    if node.tag == _STR_TAG or node.style or (node.tag and node.tag not in _SCALAR_TAGS):
        return node.value
    return read_plain(node.value)


def to_data(root: Any) -> Any:  # noqa: ANN401
    """A node as plain dicts, lists and scalars. An aliased node is one shared value, however often it is used.

    Raises:
        Unreadable: for an anchor that holds itself, or when the value spelt out would have over a million parts.
    """
    done: dict[int, tuple[Any, int]] = {}

    def convert(node: Any) -> tuple[Any, int]:  # noqa: ANN401
        if node.id == "scalar":
            plain = scalar(node)
            if isinstance(plain, float) and not abs(plain) < float("inf"):
                raise Unreadable(f"{node.value} is no number in JSON", node.start_mark.line + 1)
            return plain, 1
        known = done.get(id(node))
        if known:
            if not known[1]:
                raise Unreadable("an anchor holds itself", node.start_mark.line + 1)
            return known
        done[id(node)] = (None, 0)
        parts: Iterable[tuple[Any, Any]]
        parts = fields(node).items() if node.id == "mapping" else enumerate(node.value)
        converted = [(key, *convert(inner)) for key, inner in parts]
        size = 1 + sum(count for _, _, count in converted)
        if size > _DATA_LIMIT:
            raise Unreadable("excessive aliasing", node.start_mark.line + 1)
        value: Any = (
            {key: inner for key, inner, _ in converted} if node.id == "mapping" else [i for _, i, _ in converted]
        )
        done[id(node)] = (value, size)
        return value, size

    try:
        return convert(root)[0]
    except RecursionError:
        raise Unreadable("nested too deeply") from None


def refuse_unknown(document: Document, data: Iterable[str], known: Sequence[str], *path: str | int) -> None:
    """Refuses a key of svcgen's own files that nobody reads.

    Args:
        document: the file's document.
        data: the keys of the mapping at `path`.
        known: the keys that are read there.
        path: where the mapping is.

    Raises:
        SvcgenError: at the key, with the nearest known one.
    """
    for key in data:
        if key not in known:
            near = nearest(key, list(known))
            hint = f"did you mean {near!r}?" if near else f"known here: {', '.join(known)}"
            raise SvcgenError(f"unknown key {key!r}", document.location(*path, key), hint)


def _child(node: Any, key: str | int) -> Any:  # noqa: ANN401
    if isinstance(key, str):
        return fields(node).get(key)
    if getattr(node, "id", None) == "sequence" and 0 <= key < len(node.value):
        return node.value[key]
    return None
