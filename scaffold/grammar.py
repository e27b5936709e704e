"""The port grammar of the command line: `[NAME=][[NODE:]SERVICE:]TARGET[/PROTOCOL][,KEY=VALUE...]`.

Outside to inside, as docker and kubectl have it. The keys are `appProtocol`, and `nodePort.ENVIRONMENT` for apps that
have environments.
"""

from __future__ import annotations

import re

from scaffold import names
from scaffold.errors import SvcgenError
from scaffold.model import PROTOCOLS, Location, PortWish

_NUMBER = re.compile(r"[0-9]+")


def parse_port(text: str, location: Location, *, only: bool = False) -> PortWish:
    """One `-p/--port` value.

    Args:
        text: as typed, such as `http=30000:8080:5000/tcp,appProtocol=http`.
        location: the flag, for messages.
        only: it is the app's only port, so a bare number is named `http`.

    Raises:
        SvcgenError: one line with the value, the place in it, and the right form.
    """
    body, *more = text.split(",")
    name, equals, rest = body.partition("=")
    if not equals:
        name, rest = "", body
        if not only or not _NUMBER.match(body):
            raise _port_error(text, 0, "has no name", _suggest(body), location)
        name = "http"
    if equals and not name:
        raise _port_error(text, 0, "has no name before '='", f"http={rest}", location)
    reason = names.port_name(name)
    if reason:
        raise _port_error(text, 0, f"the name {name!r} {reason}", f"{_mend_name(name)}={rest}", location)
    start = len(name) + 1 if equals else 0
    numbers, slash, protocol = rest.partition("/")
    if slash and protocol.upper() not in PROTOCOLS:
        at = start + len(numbers) + 1
        raise _port_error(text, at, f"{protocol!r} is none of tcp, udp, sctp", f"{name}={numbers}/tcp", location)
    parts = numbers.split(":")
    if len(parts) > 3:
        raise _port_error(text, start, "has more than three numbers", f"{name}=NODE:SERVICE:TARGET", location)
    values: list[int | None] = []
    at = start
    for index, part in enumerate(parts):
        inner = index == len(parts) - 1
        values.append(None if part == "auto" and not inner else _number(text, part, at, name, location, inner=inner))
        at += len(part) + 1
    *outer, target = values
    node_port, service_port = [None, None, *outer][-2:]
    wish = PortWish(name, target or 0, protocol.upper() or "TCP", service_port, node_port, None, location)  # type: ignore[arg-type]
    return _with_fields(wish, text, len(body) + 1, more)


def _number(text: str, part: str, at: int, name: str, location: Location, *, inner: bool) -> int:
    if not part:
        what = "has no target port" if inner else "has an empty place"
        raise _port_error(text, at, what, f"{name}={'5000' if inner else 'auto:5000'}", location)
    if not _NUMBER.fullmatch(part) or not part.isascii():
        digits = re.sub(r"[^0-9]", "", part)
        right = f"{name}={digits}" if digits and inner else f"{name}=5000"
        hint = "a plain number" if inner else "a plain number or auto"
        raise _port_error(text, at, f"{part!r} is not {hint}", right, location)
    if part[0] == "0" and part != "0":
        raise _port_error(
            text, at, f"{part!r} starts with 0", text[:at] + part.lstrip("0") + text[at + len(part) :], location
        )
    if len(part) > 5 or not 1 <= int(part) <= 65535:
        raise _port_error(text, at, f"{part} is not between 1 and 65535", f"{name}=5000", location)
    return int(part)


def _with_fields(wish: PortWish, text: str, at: int, more: list[str]) -> PortWish:
    location = wish.location or Location("--port")
    for field in more:
        key, equals, value = field.partition("=")
        base = text.partition(",")[0]
        kind, _, environment = key.partition(".")
        if not equals or (key != "appProtocol" and (kind != "nodePort" or not environment)):
            raise _port_error(text, at, f"{key!r} is no field", f"{base},appProtocol=http", location)
        inside = at + len(key) + 1
        if environment:
            if not re.fullmatch(r"[1-9][0-9]{0,4}", value) or int(value) > 65535:
                raise _port_error(text, inside, f"{value!r} is no port number", f"{base},{key}=30000", location)
            wish = wish._replace(node_ports=(*wish.node_ports, (environment, int(value))))
        elif reason := names.label_key(value):
            raise _port_error(text, inside, f"appProtocol {value!r} {reason}", f"{base},appProtocol=http", location)
        else:
            wish = wish._replace(app_protocol=value)
        at += len(field) + 1
    return wish


def _suggest(body: str) -> str:
    word, colon, rest = body.partition(":")
    if colon and not _NUMBER.fullmatch(word) and rest:
        return f"{_mend_name(word)}={rest}"
    return f"http={body}" if _NUMBER.match(body) else "http=5000"


def _mend_name(name: str) -> str:
    mended = re.sub(r"-+", "-", re.sub(r"[^a-z0-9-]", "-", name.lower()))[:15].strip("-")
    return mended if mended and not names.port_name(mended) else "http"


def _port_error(text: str, at: int, reason: str, right: str, location: Location) -> SvcgenError:
    return SvcgenError(f"{text!r}, character {at + 1}: {reason}; did you mean {right}?", location)


def format_port(wish: PortWish) -> str:
    """The `-p` value that gives this wish again."""
    outer = [wish.node_port, wish.service_port]
    while outer and outer[0] is None:
        outer.pop(0)
    numbers = ":".join(str(number or "auto") for number in (*outer, wish.target_port))
    protocol = "" if wish.protocol == "TCP" else f"/{wish.protocol.lower()}"
    more = f",appProtocol={wish.app_protocol}" if wish.app_protocol else ""
    more += "".join(f",nodePort.{environment}={number}" for environment, number in wish.node_ports)
    return f"{wish.name}={numbers}{protocol}{more}"
