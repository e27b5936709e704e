"""Where a port leads: the routes and containers that have a number or a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scaffold.endpoints import declared
from scaffold.errors import AnswerNo, SvcgenError
from scaffold.names import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scaffold.facts import Facts
    from scaffold.model import Form, Location, ObjectRef, Route

_NEAREST = 3


class Meaning(NamedTuple):
    """What a number or a name is: a sentence such as `node port of http in Service shop/web`."""

    port: int | str
    what: str


class Unserved(NamedTuple):
    """A container port that no Service leads to."""

    workload: ObjectRef
    container: str
    port: int
    port_name: str
    protocol: str
    where: Callable[[], Location]


class Found(NamedTuple):
    """The Services with the routes that have a port, what it is there, and the containers that no Service leads to."""

    groups: list[list[Form]]
    meanings: list[Meaning]
    unserved: list[Unserved]


def wanted_port(text: str) -> int | str:
    """A number or a name as it was typed after `--port`.

    Raises:
        SvcgenError: for a number that no port can have, and for nothing.
    """
    if text.lstrip("+-").isdigit() and text.isascii():
        if len(text) < 10 and 1 <= int(text) <= 65535:
            return int(text)
        raise SvcgenError(f"--port {text[:20]} is no port number", hint="there are 1 to 65535")
    if not text.strip() or " " in text:
        raise SvcgenError(f"--port {text!r} is neither a number nor a name of a port")
    return text


def find(groups: Sequence[Sequence[Form]], wanted: int | str, inner: Sequence[Unserved]) -> Found:
    """The routes that have a port.

    Args:
        groups: Services with their forms.
        wanted: a number, or the name of a port.
        inner: the container ports that no Service leads to, as `unserved` gives them.

    Raises:
        AnswerNo: nothing has it; the nearest ones are named.
    """
    found = Found([], [], [])
    for forms in groups:
        having = [one for one in (_with_port(form, wanted) for form in forms) if one.routes]
        if having:
            found.groups.append(having)
            for form in having:
                found.meanings.extend(one for one in _meanings(form) if one.port == wanted and isinstance(wanted, int))
    every = [one for forms in groups for form in forms for one in _meanings(form)]
    found.unserved.extend(one for one in inner if wanted in (one.port, one.port_name))
    if not found.groups and not found.unserved:
        every += [meaning for one in inner for meaning in _of_container(one)]
        raise AnswerNo(f"nothing here has the port {wanted}", hint=_hint(wanted, every))
    return found._replace(meanings=list(dict.fromkeys(found.meanings)))


def _with_port(form: Form, wanted: int | str) -> Form:
    if form.health_check == wanted:
        return form
    routes = tuple(route for route in form.routes if wanted in _ports(route))
    told = {one for route in routes for one in (route.broken, *route.warnings)}
    findings = tuple(one for one in form.findings if one in told or not one.field.startswith("spec.ports["))
    return form._replace(routes=routes, findings=findings)


def _ports(route: Route) -> set[int | str]:
    ports = {port for port, _ in _of_route(route)}
    return {port for port in ports if port}


def _meanings(form: Form) -> Iterator[Meaning]:
    for route in form.routes:
        for port, what in _of_route(route):
            if port:
                yield Meaning(port, f"{what} of Service {form.service}")
    if form.health_check:
        yield Meaning(form.health_check, f"health check node port of Service {form.service}")


def _of_route(route: Route) -> Iterator[tuple[int | str, str]]:
    """Every number and name of a route, with what it is."""
    of = f" of {route.port_name}" if route.port_name else ""
    words = {"node": "node port", "service": "service port", "pod": "target port", "external": "port"}
    for hop in route.hops:
        if hop.port is not None:
            yield hop.port, f"{words[hop.kind]}{of}"
        if hop.port_name:
            yield hop.port_name, f"name of the container port {hop.port}"
        if hop.host_port:
            yield hop.host_port, f"host port{of}"
    if route.port_name:
        yield route.port_name, "name of a port"


def unserved(facts: Facts, groups: Sequence[Sequence[Form]]) -> Iterator[Unserved]:
    """The container ports of the workloads that were asked for, without those that some route leads to."""
    served = {
        (route.service.key[1], hop.kind_of, hop.name, hop.port)
        for forms in groups
        for form in forms
        for route in form.routes
        for hop in route.hops[-1:]
    }
    seen = set()
    for workload in facts.selection.workloads():
        document, ref = workload.document, workload.document.ref
        for port in declared(workload, facts) if facts.is_judged(document) else ():
            key = (ref.key[1], ref.kind, ref.name, port.number)
            if port.number and key not in served and (*key, port.name) not in seen:
                seen.add((*key, port.name))
                place = _place(document.location, port.path)
                yield Unserved(ref, port.container.name, port.number, port.name, port.protocol, place)


def _place(find_place: Callable[..., Location], path: Sequence[str | int]) -> Callable[[], Location]:
    return lambda: find_place(*path)


def _of_container(one: Unserved) -> Iterator[Meaning]:
    yield Meaning(one.port, f"container port of {one.workload.kind} {one.workload}")
    if one.port_name:
        yield Meaning(one.port_name, f"container port of {one.workload.kind} {one.workload}")


def _hint(wanted: int | str, every: Sequence[Meaning]) -> str:
    by_port: dict[int | str, Meaning] = {}
    for one in every:
        by_port.setdefault(one.port, one)
    if not by_port:
        return "no port is written here at all"
    if isinstance(wanted, int):
        numbers = [one for one in by_port if isinstance(one, int)]
        if not numbers:
            return "no port has a number here"
        close = sorted(numbers, key=lambda one: (abs(one - wanted), one))
        # a digit too few is as near as the next number
        mistyped = nearest(str(wanted), [str(one) for one in sorted(numbers)]) if wanted > 99 else None
        close = list(dict.fromkeys([int(mistyped)] if mistyped else []) | dict.fromkeys(close))[:_NEAREST]
        return "the nearest: " + "; ".join(f"{one}, {by_port[one].what}" for one in close)
    names = sorted({one for one in by_port if isinstance(one, str)})
    near = nearest(wanted, names)
    if near:
        return f"did you mean {near}? It is the {by_port[near].what}"
    return f"the names here: {', '.join(names[:12])}" if names else "no port here has a name"
