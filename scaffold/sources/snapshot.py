"""`snapshot:FILE`: what `svcgen ports list -o json` wrote. Both directions of the format are here."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from scaffold.config import display
from scaffold.errors import SvcgenError
from scaffold.model import Location, NotJudged, ObjectRef, TakenPort
from scaffold.sources.files import drain, slurp, why

if TYPE_CHECKING:
    from scaffold.sources import Asking, Found

VERSION = 1
_AGAIN = "write it anew: svcgen ports list -o json > new.json"


def read(target: str, asking: Asking) -> Found:
    """The ports that a snapshot holds, and what could not be judged when it was made.

    A cluster that the config does not name could be any of those it names, so its numbers count in all of them.

    Raises:
        SvcgenError: the file cannot be read, or is no whole and sound snapshot of this version.
    """
    path = os.path.join(asking.base, target)
    shown = display(path)
    try:
        data = drain(path) if os.path.exists(path) and not os.path.isfile(path) else slurp(path)
    except OSError as error:
        raise SvcgenError(f"snapshot {shown}: {why(error)}", asking.place) from None
    snapshot = _Snapshot(shown, _object(data, shown))
    clusters = [one.name for one in asking.config.clusters]
    entries = [
        one._replace(cluster=one.cluster if one.cluster in clusters or not clusters else None)
        for one in snapshot.entries()
    ]
    return entries, snapshot.not_judged()


def as_mapping(entry: TakenPort) -> dict[str, Any]:
    """One port as a snapshot holds it."""
    return {
        "space": entry.space,
        "number": entry.number,
        "protocol": entry.protocol,
        "service": {"namespace": entry.owner.namespace, "name": entry.owner.name},
        "port_name": entry.port_name,
        "service_port": entry.service_port,
        "target_port": entry.target_port,
        "cluster": entry.cluster,
        "source": entry.source,
        "path": entry.location.where,
        "line": entry.location.line,
    }


def _object(data: bytes, shown: str) -> dict[str, Any]:
    try:
        # a shell may have put a byte order mark before it
        content = json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip()) - 1
        text = "the snapshot is empty" if not data.strip() else "the snapshot is cut off" if cut else "this is no JSON"
        raise SvcgenError(f"{text}: {error.msg}", Location(shown, error.lineno, error.colno), _AGAIN) from None
    except (ValueError, RecursionError) as error:
        raise SvcgenError(f"this is no snapshot: {error}", Location(shown), _AGAIN) from None
    if not isinstance(content, dict) or not isinstance(content.get("ports"), list):
        raise SvcgenError("this is no snapshot: it has no list of ports", Location(shown), _AGAIN)
    version = content.get("version", VERSION)
    if version != VERSION or isinstance(version, bool):
        text = f"this is a snapshot of version {version!r}, and this svcgen reads version {VERSION}"
        hint = "write it anew with this svcgen" if not _is_newer(version) else "take a newer svcgen, or write it anew"
        raise SvcgenError(text, Location(shown), hint)
    return content


def _is_newer(version: object) -> bool:
    return isinstance(version, int) and version > VERSION


class _Snapshot:
    """A snapshot's JSON, which somebody may have edited. Unknown keys are left to later versions."""

    def __init__(self, shown: str, content: dict[str, Any]) -> None:
        self._shown, self._content = shown, content

    def entries(self) -> list[TakenPort]:
        return [self._entry(one, f"ports[{index}]") for index, one in enumerate(self._content["ports"])]

    def not_judged(self) -> list[NotJudged]:
        out = []
        for index, one in enumerate(self._list(self._content, "not_judged", "")):
            where = f"not_judged[{index}]"
            one = self._mapping(one, where)
            place = self._place(one, where)
            out.append(NotJudged(place, str(self._text(one, "reason", where) or "not judged")))
        return out

    def _entry(self, data: object, where: str) -> TakenPort:
        data = self._mapping(data, where)
        space = data.get("space")
        if space not in ("node", "service"):
            raise self._wrong(f"{where}.space", space, "node or service")
        service = self._mapping(data.get("service"), f"{where}.service")
        name = self._text(service, "name", f"{where}.service")
        if name is None:
            raise self._wrong(f"{where}.service.name", None, "a Service's name")
        number = self._port(data, "number", where)
        if number is None:
            raise self._wrong(f"{where}.number", None, "a port between 1 and 65535")
        target = data.get("target_port")
        return TakenPort(
            space,
            number,
            self._text(data, "protocol", where) or "TCP",
            ObjectRef("Service", self._text(service, "namespace", f"{where}.service"), name),
            self._place(data, where),
            self._text(data, "port_name", where),
            self._port(data, "service_port", where),
            target if isinstance(target, str) and target else self._port(data, "target_port", where),
            self._text(data, "cluster", where),
            "snapshot",
        )

    def _place(self, data: dict[str, Any], where: str) -> Location:
        """Where the snapshot has it from, behind the snapshot's own name: the paths are somebody else's."""
        line = data.get("line") or 0
        if isinstance(line, bool) or not isinstance(line, int) or line < 0:
            raise self._wrong(f"{where}.line", line, "the number of a line")
        path = self._text(data, "path", where)
        return Location(f"{self._shown}: {path}" if path else self._shown, line)

    def _mapping(self, value: object, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong(where, value, "a mapping")
        return value

    def _list(self, data: dict[str, Any], key: str, where: str) -> list[Any]:
        value = data.get(key) or []
        if not isinstance(value, list):
            raise self._wrong(f"{where}{key}", value, "a list")
        return value

    def _text(self, data: dict[str, Any], key: str, where: str) -> str | None:
        value = data.get(key)
        if value is not None and not isinstance(value, str):
            raise self._wrong(f"{where}.{key}", value, "a string")
        return value

    def _port(self, data: dict[str, Any], key: str, where: str) -> int | None:
        value = data.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535):
            raise self._wrong(f"{where}.{key}", value, "a port between 1 and 65535")
        return value

    def _wrong(self, where: str, value: object, needed: str) -> SvcgenError:
        shown = json.dumps(value) if value is not None else "missing"
        text = f"{where} is {shown[:60]}, it must be {needed}"
        return SvcgenError(text, Location(self._shown), f"the snapshot was edited by hand? {_AGAIN}")
