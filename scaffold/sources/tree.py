"""What the manifests below a folder hold, and which ports they take."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from scaffold.blocks import AT_HAND
from scaffold.config import display
from scaffold.documents import UTF_16
from scaffold.errors import SvcgenError
from scaffold.kinds import CHECKED, SERVICES, lacks_kind
from scaffold.model import Location, NotJudged, TakenPort
from scaffold.nodes import DIRECTIVE, Unreadable
from scaffold.parsing import read as read_text
from scaffold.shapes import as_dict, ports_of
from scaffold.sources.files import drain, slurp, slurp_part, why
from scaffold.sources.walk import Folder, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from scaffold.again import Reload
    from scaffold.documents import Document
    from scaffold.model import ObjectRef
    from scaffold.shapes import Path
    from scaffold.sources import Asking, Found

_BINARY = "holds NUL: binary, or text that is not UTF-8"
# after how many files progress is told
OFTEN = 200
# so many bytes of files are read before anybody looks at them, and those of one file more
LARGE = 4 << 20
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "kustomization")


class Text(NamedTuple):
    """The bytes of a file that may hold what is wanted, its name as it will be shown, and how to read it again."""

    name: str
    data: bytes
    again: Reload | None


def texts(
    folders: Iterable[Folder], wanted: re.Pattern[bytes], shown: str, not_judged: list[NotJudged]
) -> Iterator[Text | None]:
    """One file after the other; None for what cannot hold what is wanted.

    Args:
        folders: what to read.
        wanted: a `kinds_pattern`.
        shown: what to put before the paths inside, such as `../k8s`.
        not_judged: what cannot be read is added here.

    Raises:
        SvcgenError: a pipe that was named brings nothing.
    """
    again: Reload | None = None
    for folder in folders:
        # one for the whole tree: a document keeps no path but the one that is shown
        again = again or again_below(folder.root, len(shown) + 1 if shown else 0)
        for path, inside in folder.files():
            name = os.path.join(shown, inside) if shown else inside
            try:
                data = drain(path) if folder.piped else slurp(path)
            except OSError as error:
                not_judged.append(NotJudged(Location(name), why(error)))
                continue
            if "ustomization" in name and name.lower().endswith(_KUSTOMIZATIONS) and b"nodePort" in data:
                line = data.count(b"\n", 0, data.index(b"nodePort")) + 1
                not_judged.append(NotJudged(Location(name, line), "a kustomization that patches node ports"))
            if (
                wanted.search(data)
                # UTF-32, which nobody takes, begins like UTF-16
                or (data[:2] in UTF_16 and data[2:4] != b"\0\0")
                or (wanted is CHECKED and lacks_kind(data, 0, len(data)))
            ):
                yield Text(name, data, None if folder.piped else again)
            else:
                if b"\0" in data:
                    not_judged.append(NotJudged(Location(name), _BINARY))
                yield None


def documents_in(text: Text, wanted: re.Pattern[bytes], not_judged: list[NotJudged]) -> Sequence[Document]:
    """The documents of a file that `wanted` finds. What cannot be judged of them is added to `not_judged`."""
    name, data, again = text
    found, failed = read_text(data, name, wanted, again)
    not_judged += failed
    if found and ((b"%" in data and b"%YAML" in data) or _is_json(data)):
        not_judged += _refused_stream(data, name)
    return found


def _refused_stream(data: bytes, shown: str) -> Iterator[NotJudged]:
    """What makes kubectl refuse a file whose documents can be read one by one."""
    if b"%YAML" in data and (found := re.search(rb"^%YAML", data, re.MULTILINE)):
        line = data.count(b"\n", 0, found.start()) + 1
        yield NotJudged(Location(shown, line, 1), DIRECTIVE)
    if _is_json(data) and (found := re.search(rb"^---", data, re.MULTILINE)):
        line = data.count(b"\n", 0, found.start()) + 1
        yield NotJudged(Location(shown, line, 1), "--- behind JSON, which kubectl refuses: give each a file of its own")


def _is_json(data: bytes) -> bool:
    """Whether kubectl takes a text for JSON; what begins with `{{` is a template first."""
    return (begin := data.lstrip()[:2])[:1] == b"{" and begin != b"{{"


class _Again:
    """Path as shown -> the bytes of the file, or some of them, a second time."""

    def __init__(self, root: str, before: int) -> None:
        self._root, self._before = root, before

    def __call__(self, shown: str, start: int = 0, size: int | None = None, /) -> bytes:
        path = os.path.join(self._root, shown[self._before :])
        try:
            return slurp(path) if size is None else slurp_part(path, start, size)
        except OSError:
            raise SvcgenError(f"{shown} has changed while it was read", hint="run the command again") from None

    def __reduce__(self) -> tuple[Callable[[str, int], _Again], tuple[str, int]]:
        return again_below, (self._root, self._before)


@cache
def again_below(root: str, before: int) -> _Again:
    """What reads files below a folder again, which are shown with so many characters before the path inside.

    One for all documents, from whatever process they come.
    """
    return _Again(root, before)


def read_input(data: bytes, wanted: re.Pattern[bytes]) -> tuple[list[Document], list[NotJudged]]:
    """The documents of standard input, called `-`, and what of it cannot be judged."""
    found, failed = read_text(data, "-", wanted)
    if not found and not failed and b"\0" in data:
        failed = [NotJudged(Location("-"), _BINARY)]
    return found, failed


def read(target: str, asking: Asking) -> Found:
    """The ports of every Service below a folder, or in a file.

    Raises:
        SvcgenError: it cannot be read.
    """
    path = os.path.abspath(os.path.join(asking.base, target))
    shown = display(path)
    if not os.access(path, os.R_OK):
        reason = "permission denied" if os.path.exists(path) else "no such file or folder"
        raise SvcgenError(f"cannot read {target}: {reason}", asking.place)
    cluster_of = cache(asking.cluster_of) if asking.config.clusters else None
    return read_ports(path, "" if shown == "." else shown, cluster_of, asking.said)


# --- the ports of Services -------------------------------------------------------------------------------------------


def read_ports(
    root: str,
    shown: str = "",
    cluster_of: Callable[[str], str | None] | None = None,
    said: Callable[[int], None] | None = None,
) -> tuple[list[TakenPort], list[NotJudged]]:
    """The service ports and node ports of every Service below a folder; memory stays flat in the number of files.

    Args:
        root: a folder, or one file.
        shown: what to put before the paths inside.
        cluster_of: path as shown -> the cluster that it belongs to.
        said: called now and then with the number of files read so far.

    Returns:
        The ports, and what could not be judged: it may hold ports too.
    """
    not_judged: list[NotJudged] = []
    taken: list[TakenPort] = []
    if not os.path.isdir(root):
        root, shown = shown or root, ""
    files = texts(walk(root, not_judged, shown), SERVICES, shown, not_judged)
    for together in _together(files, said or (lambda _: None)):
        # step by step, so that the processor guesses better what comes next
        documents = [one for text in together for one in documents_in(text, SERVICES, not_judged)]
        entries, more = taken_ports(documents, cluster_of)
        taken += entries
        not_judged += more
    return taken, not_judged


def _together(files: Iterable[Text | None], said: Callable[[int], None]) -> Iterator[list[Text]]:
    """The files that may hold what is wanted, some at a time; `said` hears now and then how many were read."""
    found: list[Text] = []
    size = 0
    for count, text in enumerate(files, start=1):
        if not count % OFTEN:
            said(count)
        if text:
            found.append(text)
            size += len(text.data)
            if len(found) >= AT_HAND or size > LARGE:
                yield found
                found, size = [], 0
    yield found


def taken_ports(
    documents: Iterable[Document],
    cluster_of: Callable[[str], str | None] | None = None,
    spaces: Sequence[str] = ("service", "node"),
) -> tuple[list[TakenPort], list[NotJudged]]:
    """The ports of these spaces of every Service among documents; other arguments and answer as `read_ports`."""
    taken: list[TakenPort] = []
    not_judged: list[NotJudged] = []
    for document in documents:
        if document.kind == "Service" and document.api_version == "v1":
            cluster = cluster_of(document.path) if cluster_of else None
            try:
                taken += of_service(document.data, document.ref, document.location, cluster, not_judged, spaces)
            except Unreadable as problem:
                not_judged.append(problem.at(document.path, document.line))
    return taken, not_judged


def of_service(
    data: Mapping[str, Any],
    owner: ObjectRef,
    place: Callable[..., Location],
    cluster: str | None,
    not_judged: list[NotJudged],
    spaces: Sequence[str] = ("service", "node"),
) -> Iterator[TakenPort]:
    """The ports of one Service.

    Args:
        data: the Service as plain values.
        owner: its name.
        place: the place of a field, by its keys.
        cluster: where it lives.
        not_judged: what is no port number is added here.
        spaces: which ports are asked for.
    """
    spec = as_dict(data.get("spec"))
    external = spec.get("type") == "ExternalName"
    for path, port in ports_of(spec):
        service_port = _number(place, (*path, "port"), port.get("port"), not_judged)
        name, protocol = _text(port.get("name")), _text(port.get("protocol")) or "TCP"
        target = _target(port.get("targetPort")) or service_port
        more = (name, service_port, target, cluster)
        if service_port and "service" in spaces:
            yield TakenPort("service", service_port, protocol, owner, place(*path, "port"), *more)
        node_port = _number(place, (*path, "nodePort"), port.get("nodePort"), not_judged)
        if node_port and not external:
            yield TakenPort("node", node_port, protocol, owner, place(*path, "nodePort"), *more)
    field = ("spec", "healthCheckNodePort")
    health = _number(place, field, spec.get(field[1]), not_judged)
    if health:
        yield TakenPort("node", health, "TCP", owner, place(*field), field[1], None, None, cluster)


def _number(place: Callable[..., Location], path: Path, value: object, not_judged: list[NotJudged]) -> int | None:
    """A port number as the API server would take it; 0 and null are unset. Anything else is named, not dropped."""
    if value is None:
        return None
    # the quick answer for nearly all
    if type(value) is int and 0 < value <= 65535:
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0:
        if 0 <= value <= 65535:
            return int(value) or None
        reason = f"a port that no server takes: {value:.0f} is not between 1 and 65535"
    else:
        text = "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)
        reason = f"a port that is no number: {text} (a template?)"
    not_judged.append(NotJudged(place(*path), reason))
    return None


def _text(value: object) -> str | None:
    return None if value is None else str(value) or None


def _target(value: object) -> int | str | None:
    if isinstance(value, float) and value % 1 == 0:
        value = int(value)
    return value if isinstance(value, int | str) and not isinstance(value, bool) and value else None
