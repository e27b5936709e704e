"""Routes for people, with what is to be said beside the drawing, and as JSON for tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold import report
from scaffold.addresses import addresses
from scaffold.drawing import WIDTH, draw, label, way
from scaffold.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scaffold.lookup import Meaning, Unserved
    from scaffold.model import Finding, Form, Hop, Location, NotJudged, Route

_NAMED = 3
_FORMS = 8
_FINDINGS = 10
_LABEL = 15


class Explained(NamedTuple):
    """What `explain` came to: Services with their forms, and what was asked of one port."""

    groups: Sequence[Sequence[Form]]
    meanings: Sequence[Meaning] = ()
    unserved: Sequence[Unserved] = ()
    node: str = ""
    not_judged: Sequence[NotJudged] = ()

    @property
    def forms(self) -> list[Form]:
        """Every form of every Service."""
        return [form for forms in self.groups for form in forms]


class Style(NamedTuple):
    """How text may look, and where the lines of a manifest come from."""

    unicode: bool = True
    colour: bool = False
    lines: Callable[[str], Sequence[str]] | None = None


def as_text(explained: Explained, style: Style = Style()) -> str:  # noqa: B008 - a NamedTuple never changes
    """A drawing for every Service, with its notes, addresses and findings; a last line that counts."""
    parts = [said] if (said := answer(explained)) else []
    served = _served(explained.groups)
    parts += [_group(forms, explained.node, style, served) for forms in explained.groups]
    if len(explained.groups) > 1:
        parts.append(count(explained))
    return "\n\n".join(parts)


def answer(explained: Explained) -> str:
    """What the number is that was asked for, a line for each meaning; empty where nobody asked."""
    return "\n".join([*_meanings(explained), *map(_unserved, explained.unserved)])


def count(explained: Explained) -> str:
    """One line: how many Services and ports, and how many of those lead nowhere."""
    ports: dict[tuple[object, ...], bool] = {}
    for at, form in enumerate(explained.forms):
        for route in form.routes:
            key = (at, *way(route))
            ports[key] = ports.get(key, True) and route.broken is not None
    broken = sum(ports.values())
    text = f"{report.many(len(explained.groups), 'Service')}, {report.many(len(ports), 'port')}"
    return f"{text}, {broken} broken" if broken else text


def _meanings(explained: Explained) -> list[str]:
    said = [f"{one.port}: {one.what}" for one in explained.meanings[:_FINDINGS]]
    more = len(explained.meanings) - len(said)
    return [*map(printable, said), *([f"and {more} more"] if more > 0 else [])]


def _unserved(one: Unserved) -> str:
    name = f" ({one.port_name})" if one.port_name else ""
    text = f"{one.port}{name}: container port of {one.container} in {one.workload.kind} {one.workload}"
    return printable(f"{text}, no Service leads there  {_line(one.where())}")


def _served(groups: Sequence[Sequence[Form]]) -> dict[tuple[str, str, str], list[str]]:
    """The Services before each workload."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for forms in groups:
        for key in {workload.key for form in forms for workload, _ in form.workloads}:
            found.setdefault(key, []).append(str(forms[0].service))
    return found


def _group(forms: Sequence[Form], node: str, style: Style, served: dict[tuple[str, str, str], list[str]]) -> str:
    """A Service: its first form whole, what is wrong with it, and the others in short."""
    form, dash = forms[0], "─" if style.unicode else "-"
    lines = [_head(form, style)]
    lines += draw(form.routes, kind=form.type, unicode=style.unicode, colour=style.colour).splitlines()
    for note in notes(form, served):
        lines += _wrapped(note)
    lines += _addresses(form, node) if node else []
    lines += _findings(form.findings, style)
    for other in forms[1 : _FORMS + 1]:
        lines += ["", f"  {dash * 2} another form of it: {printable(_line(other.where()))}"]
        lines += _wrapped(same) if (same := _same(other)) else []
        lines += draw(other.routes, kind=other.type, unicode=style.unicode, colour=style.colour).splitlines()
        new = [one for one in other.findings if one.rule not in {said.rule for said in form.findings}]
        lines += _findings(new, style)
    if len(forms) > _FORMS + 1:
        lines += ["", f"  {dash * 2} and {len(forms) - _FORMS - 1} more forms of it: -o json has them all"]
    return "\n".join(lines)


def _wrapped(note: str) -> list[str]:
    import textwrap

    # places such as k8s/my-app.yaml:14 stay in one piece, to be copied
    return textwrap.wrap(
        printable(note),
        WIDTH,
        initial_indent="  ",
        subsequent_indent="    ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _head(form: Form, style: Style) -> str:
    name = f"{form.service} ({form.type}{f', cluster {form.cluster}' if form.cluster else ''})"
    bold = report.paint(printable(name), "1", style.colour)
    return f"{bold}  {printable(_line(form.where()))}"


def _line(place: Location) -> str:
    return f"{place.where}:{place.line}" if place.line else place.where


def _and_more(more: int) -> str:
    return f" and {more} more" if more > 0 else ""


def notes(form: Form, served: dict[tuple[str, str, str], list[str]] | None = None) -> Iterator[str]:
    """What a drawing cannot show, each as one short line."""
    if form.type == "Headless":
        yield "headless: DNS gives the addresses of the Pods, so clients use the Pods' own port"
    elif form.type == "ExternalName":
        yield "DNS answers with another name; no Pods, and no port is translated"
    elif form.type == "LoadBalancer":
        yield "the load balancer listens on the service port; its address comes from the cluster"
    nodes = [hop for route in form.routes if (hop := route.hop("node"))]
    if any(hop.port is None for hop in nodes):
        yield "any: the node port is not written, so the cluster picks one"
    if form.health_check:
        yield f"health check: the load balancer asks each node at {form.health_check} whether it has a Pod"
    if form.external_ips:
        more = _and_more(len(form.external_ips) - _NAMED)
        yield f"also at {', '.join(form.external_ips[:_NAMED])}{more} (externalIPs)"
    for unknown in dict.fromkeys(route.unknown for route in form.routes if route.unknown):
        yield f"? {unknown}"
    hosts = {(hop.host_port, hop.port) for route in form.routes for hop in route.hops if hop.host_port}
    for outer, inner in sorted(hosts, key=str)[:_NAMED]:
        yield f"the node of each Pod listens too: {outer} there is {inner} in the Pod (hostPort or hostNetwork)"
    yield from _behind(form, served or {})
    if same := _same(form):
        yield same


def _same(form: Form) -> str:
    shown = [_line(where()) for where in form.also[:_NAMED]]
    return f"the same in {', '.join(shown)}{_and_more(len(form.also) - len(shown))}" if shown else ""


def _behind(form: Form, served: dict[tuple[str, str, str], list[str]]) -> Iterator[str]:
    shown = [f"{ref.kind} {ref.name} ({_line(where())})" for ref, where in form.workloads[:_NAMED]]
    if shown:
        yield f"Pods: {', '.join(shown)}{_and_more(len(form.workloads) - len(shown) + form.left_out)}"
    for ref, _ in form.workloads[:1]:
        others = [name for name in served.get(ref.key, ()) if name != str(form.service)]
        if others:
            named = f"{', '.join(others[:_NAMED])}{_and_more(len(others) - _NAMED)}"
            yield f"the same Pods are behind {named} too"


def _addresses(form: Form, node: str) -> list[str]:
    lines: list[str] = []
    ways: dict[tuple[object, ...], list[Route]] = {}
    for route in form.routes:
        # other Pods behind the same port have the same addresses
        ways.setdefault(way(route), []).append(route)
    width = max(len(label(route)[:_LABEL]) for route in form.routes)
    for routes in ways.values():
        mark = "  (broken)" if all(route.broken for route in routes) else ""
        name = f"{label(routes[0])[:_LABEL]:<{width}}"
        ways_in = addresses(form, routes[0], node)
        lines += [printable(f"  {name} {one.place:<8} {one.command}{mark}") for one in ways_in]
    return lines if any(" outside " in line for line in lines) else [*lines, *_no_way_in(form)]


def _no_way_in(form: Form) -> list[str]:
    """What helps where no manifest says an address outside."""
    space = f" -n {form.service.namespace}" if form.service.namespace else ""
    name = form.service.name
    if form.type in ("NodePort", "LoadBalancer"):
        what = "node port" if form.type == "NodePort" else "address of the load balancer"
        return [printable(f"  outside: the cluster chose the {what}, see kubectl get{space} service/{name}")]
    port = next((hop.port for route in form.routes if (hop := route.hop("service"))), None)
    if form.type == "ExternalName" or port is None:
        return []
    return [printable(f"  no way from outside; try kubectl port-forward{space} service/{name} {port}")]


def _findings(findings: Sequence[Finding], style: Style) -> list[str]:
    out = []
    for finding in findings[:_FINDINGS]:
        text = report.finding_text(finding, style.colour, style.lines)
        out += ["", *(f"  {line}" for line in text.split("\n"))]
    if len(findings) > _FINDINGS:
        out += ["", f"  and {len(findings) - _FINDINGS} more: svcgen check says them all"]
    return out


def as_json(explained: Explained) -> str:
    """Every route of every form of every Service, and what was asked of one port."""
    import json

    found: dict[str, Any] = {
        "routes": [_route(form, route, explained.node) for form in explained.forms for route in form.routes]
    }
    if explained.meanings or explained.unserved:
        found["meanings"] = [{"port": one.port, "what": one.what} for one in explained.meanings]
        found["containers"] = [_container(one) for one in explained.unserved]
    found["not_judged"] = [{**report.place(one.location), "reason": one.reason} for one in explained.not_judged]
    return json.dumps(found, indent=2)


def _container(one: Unserved) -> dict[str, Any]:
    return {
        "namespace": one.workload.key[1],
        "workload_kind": one.workload.kind,
        "workload": one.workload.name,
        "container": one.container,
        "port": one.port,
        "port_name": one.port_name or None,
        "protocol": one.protocol,
        **report.place(one.where()),
    }


def _route(form: Form, route: Route, node: str) -> dict[str, Any]:
    _, namespace, name = form.service.key
    found: dict[str, Any] = {
        "service": {"namespace": namespace, "name": name},
        "port_name": route.port_name,
        "protocol": route.protocol,
        "hops": [_hop(hop) for hop in route.hops if hop.kind != "node" or hop.port is not None],
        "broken": {**report.finding_data(route.broken), "after": route.after} if route.broken else None,
        "unknown": route.unknown or None,
        "warnings": [report.finding_data(one) for one in route.warnings],
        "type": form.type,
        "cluster": form.cluster,
        **report.place(form.where()),
        "also": [report.place(where()) for where in form.also],
    }
    if node:
        found["addresses"] = [one._asdict() for one in addresses(form, route, node)]
    return found


def _hop(hop: Hop) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": hop.kind}
    if hop.kind == "pod":
        found |= {"workload": hop.name, "container": hop.container}
    elif hop.kind != "node":
        found["name"] = hop.name
    found["port"] = hop.port
    if hop.kind == "pod":
        found |= {"workload_kind": hop.kind_of or None, "port_name": hop.port_name or None, "host_port": hop.host_port}
    place: Location | None = hop.where() if hop.where else None
    return found | (report.place(place) if place else {})
