"""client -> node:nodePort -> service:port -> pod:targetPort, followed through manifests.

Where a route leads is asked of `facts`, `endpoints` and `policies`, as the rules of `check` ask; why it stops is what
those rules say.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.endpoints import declared, endpoint, target_of
from scaffold.model import Form, Hop, Route
from scaffold.policies import closed
from scaffold.references import ports_of
from scaffold.shapes import (
    as_dict,
    as_list,
    as_number,
    field_name,
    is_headless,
    label_text,
    protocol_of,
    selector_of,
    service_ports,
    service_type,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from scaffold.documents import Document
    from scaffold.endpoints import Endpoint
    from scaffold.facts import Facts
    from scaffold.model import Finding, Location
    from scaffold.shapes import Path, Workload

# Of the workloads behind a Service, how many have routes of their own, and how many are looked at for that.
_DRAWN = 12
_LOOKED_AT = 50


class Said:
    """What `check` says, by the document that it says it of."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        """Takes the findings of a run."""
        self._by_object: dict[tuple[str, tuple[str, str, str]], list[Finding]] = {}
        for finding in findings:
            if finding.object:
                key = (finding.location.where, finding.object.key)
                self._by_object.setdefault(key, []).append(finding)

    def of(self, document: Document, twins: Sequence[Document] = ()) -> list[Finding]:
        """The findings on a document; `twins` are all documents of its file that have the same name."""
        found = self._by_object.get((document.path, document.ref.key), [])
        if not found or len(twins) < 2:
            return found
        start = document.location().line
        later = [twin.location().line for twin in twins if twin is not document]
        end = min((line for line in later if line > start), default=None)
        return [one for one in found if start <= one.location.line and (end is None or one.location.line < end)]


def of_tree(facts: Facts, said: Said) -> list[list[Form]]:
    """Every Service that was asked for, each with its differing forms; equal ones count once.

    Returns:
        For each Service of each cluster its forms: the first that was read, then those where a route breaks, then the
        others; the Services by their first place.
    """
    twins: dict[tuple[str, tuple[str, str, str]], list[Document]] = {}
    for service in facts.selection.services:
        twins.setdefault((service.path, service.ref.key), []).append(service)
    groups: dict[tuple[tuple[str, str, str], str | None], dict[Any, Form]] = {}
    for service in facts.selection.services:
        if facts.is_judged(service):
            form = _Reader(service, facts, said, twins[service.path, service.ref.key]).form()
            forms = groups.setdefault((service.ref.key, form.cluster), {})
            same = forms.setdefault(_signature(form), form)
            if same is not form:
                forms[_signature(form)] = same._replace(also=(*same.also, form.where))
    out = []
    for found in groups.values():
        first, *others = found.values()
        out.append([first, *sorted(others, key=_is_sound)])
    return out


def _is_sound(form: Form) -> bool:
    return not any(route.broken for route in form.routes)


def _signature(form: Form) -> tuple[Any, ...]:
    """What makes two forms of a Service differ in a drawing: all but places."""
    routes = tuple(
        (
            route.port_name,
            route.protocol,
            tuple(hop._replace(where=None) for hop in route.hops),
            route.broken and (route.broken.rule, route.broken.field),
            route.unknown,
            tuple(one.rule for one in route.warnings),
        )
        for route in form.routes
    )
    findings = tuple((one.rule, one.field) for one in form.findings)
    return (form.type, form.selector, form.health_check, form.external_ips, routes, findings, form.left_out)


class _Behind(NamedTuple):
    """A workload behind a Service, and the finding that says why its Pods do not run."""

    workload: Workload
    broken: Finding | None


class _Reader:
    """One Service on its way to a form."""

    def __init__(self, service: Document, facts: Facts, said: Said, twins: Sequence[Document]) -> None:
        self._service, self._facts, self._said = service, facts, said
        self._spec = as_dict(service.data.get("spec"))
        written = service_type(service)
        self._type = "Headless" if written == "ClusterIP" and is_headless(service) else written or "ClusterIP"
        self._selector = selector_of(service)
        self._found = [one for one in said.of(service, twins) if _concerns(one)]
        self._ports: list[tuple[Path, Mapping[str, Any]]] = list(service_ports(service)) or [(("spec", "ports"), {})]
        self._named = {one.path: one for one in ports_of(service) or ()}
        found = facts.selection.selected(service) if self._selector else []
        self._most_ends = 0
        self._left_out = max(len(found) - _LOOKED_AT, 0)
        self._behind = [_Behind(one, self._why_not_running(one)) for one in found[:_LOOKED_AT]]

    def form(self) -> Form:
        """The Service with its routes."""
        routes: list[Route] = []
        for path, port in self._ports:
            routes += self._routes(path, port)
        told = [one for route in routes for one in (route.broken, *route.warnings) if one]
        findings = tuple(dict.fromkeys([*self._found, *told]))
        workloads = {one.workload.document.ref.key: one.workload.document for one in self._behind}
        return Form(
            self._service.ref,
            self._type,
            self._service.location,
            tuple(routes),
            findings,
            ",".join(f"{key}={value}" for key, value in self._selector.items()),
            self._facts.cluster(self._service),
            as_number(self._spec.get("healthCheckNodePort")) or None,
            tuple(str(one) for one in as_list(self._spec.get("externalIPs"))),
            tuple((one.ref, one.location) for one in list(workloads.values())[:_DRAWN]),
            self._left_out + max(self._most_ends - _DRAWN, 0),
        )

    def _why_not_running(self, workload: Workload) -> Finding | None:
        document = workload.document
        return next((one for one in self._said.of(document) if one.level == "error"), None)

    def _routes(self, path: Path, port: Mapping[str, Any]) -> Iterator[Route]:
        """The routes of one port: one for each way in which the workloads behind have it."""
        name = port.get("name")
        before = tuple(self._outside(path, port))
        own = [one for one in self._found if _is_below(one.field, field_name(path))]
        route = Route(
            self._service.ref,
            name if isinstance(name, str) and name else None,
            protocol_of(port),
            before,
            app_protocol=str(port.get("appProtocol") or ""),
        )
        refused = self._refused(own)
        # copies of a workload lead to the same
        ends = {end._replace(hop=end.hop._replace(where=None)): end for end in self._ends(port, path, own)}
        self._most_ends = max(self._most_ends, len(ends))
        drawn = ends.values() if len(ends) <= _DRAWN else sorted(ends.values(), key=_is_whole)[:_DRAWN]
        for end in drawn:
            broken = refused or end.broken
            yield route._replace(
                hops=(*before, end.hop),
                broken=broken,
                after=("client" if refused else "service") if broken else "",
                unknown="" if end.broken else end.unknown,
                warnings=tuple(one for one in end.warnings if one != broken),
            )

    def _outside(self, path: Path, port: Mapping[str, Any]) -> Iterator[Hop]:
        """The node's hop, where the Service has one, and the Service's own."""
        node_port = as_number(port.get("nodePort")) or None
        allocated = self._type == "NodePort" or (
            self._type == "LoadBalancer" and self._spec.get("allocateLoadBalancerNodePorts") is not False
        )
        if (node_port and self._type != "ExternalName") or (allocated and port):
            yield Hop("node", node_port, where=self._place(path, "nodePort") if node_port else None)
        number = port.get("port")
        shown = as_number(number) if as_number(number) is not None else number if isinstance(number, str) else None
        yield Hop("service", shown, self._service.ref.name, where=self._place(path, "port"))

    def _place(self, path: Path, key: str) -> Callable[[], Location]:
        return partial(self._service.location, *path, key)

    def _refused(self, own: Sequence[Finding]) -> Finding | None:
        """Why the API server does not take the Service at all: what it says of this port, else of another."""
        return next((one for one in [*own, *self._found] if one.effect == "refused"), None)

    def _ends(self, port: Mapping[str, Any], path: Path, own: Sequence[Finding]) -> Iterator[_End]:
        """Where a port leads in the end, with what is wrong there; equal ends may come twice."""
        target = target_of(port)
        if self._type == "ExternalName":
            name = self._spec.get("externalName")
            place = partial(self._service.location, "spec", "externalName")
            shown = target_of({"port": port.get("port")})
            yield _End(Hop("external", shown, name if isinstance(name, str) else None, where=place))
            return
        whole = [one for one in self._found if not one.field.startswith("spec.ports[")]
        stopped = next((one for one in [*own, *whole] if one.effect == "broken"), None)
        mild = [one for one in [*own, *whole] if one.level != "error"]
        if not self._behind:
            yield _End(Hop("pod", target), stopped, "" if stopped else self._why_unknown, tuple(mild))
            return
        for workload, broken in self._behind:
            if target is None:
                yield _End(_pod(workload, None, None, None), stopped or broken)
                continue
            found = endpoint(target, protocol_of(port), workload, self._facts)
            lacks = found.number is None and self._type != "Headless"
            partly = next((one for one in mild if one.rule in _TARGETS), None) if lacks else None
            policy = self._closed(path, workload)
            why = stopped or partly or broken or (policy if policy and policy.effect != "advice" else None)
            warnings = tuple(one for one in (policy, *mild) if one and self._is_about(one, found))
            unknown = f"{workload.document.kind} {workload.document.ref} has no port {target}" if lacks else ""
            yield _End(_pod(workload, target, found, self._guess(found)), why, unknown, warnings)

    def _is_about(self, finding: Finding, found: Endpoint) -> bool:
        """Whether a warning of the Service is about these Pods: they declare ports, and not this one."""
        if finding.rule not in _TARGETS:
            return True
        return found.declared is None and next(declared(found.workload, self._facts), None) is not None

    def _closed(self, path: Path, workload: Workload) -> Finding | None:
        one = self._named.get(path)
        finding = closed(one, self._service, workload, self._facts) if one else None
        return finding._replace(rule="network-policy-port") if finding else None

    def _guess(self, found: Endpoint) -> str | None:
        """The container that listens where none declares the port: the only one."""
        serving = self._facts.serving(found.workload)
        return serving[0].name if len(serving) == 1 and found.number is not None else None

    @cached_property
    def _why_unknown(self) -> str:
        if not self._selector:
            return "the Service has no selector; its endpoints are written by hand, or by a controller"
        wanted = ", ".join(f"{key}: {value}" for key, value in self._selector.items())
        if self._facts.selection.reaches(self._service):
            return f"the workloads that have {wanted} lie beside other places of this Service"
        return f"no workload in this tree has {wanted}; something else may make these Pods{self._nearest()}"

    def _nearest(self) -> str:
        """The workload beside the Service that has most of its labels, and the first that differs."""
        best, text = 0, ""
        for workload in self._facts.selection.beside(self._service):
            have = {key: label_text(value) for key, value in workload.labels.items()}
            differing = [key for key, value in self._selector.items() if have.get(key) != value]
            alike = len(self._selector) - len(differing)
            if workload.namespace == self._service.ref.key[1] and alike > best:
                key, document = differing[0], workload.document
                there = f"{key}: {have[key]}" if key in have else f"no {key}"
                best, text = alike, f"; the nearest, {document.kind} {document.ref}, has {there}"
        return text


# Rules about where a targetPort leads: a warning of theirs may be about some workloads only.
_TARGETS = ("target-port-unmatched", "target-port-protocol")
# Warnings and advice about routes; errors always count.
ROUTE_RULES = frozenset({*_TARGETS, "headless-port", "local-traffic", "node-port-type"})


def _concerns(finding: Finding) -> bool:
    return finding.level == "error" or finding.rule in ROUTE_RULES


class _End(NamedTuple):
    hop: Hop
    broken: Finding | None = None
    unknown: str = ""
    warnings: tuple[Finding, ...] = ()


def _is_whole(end: _End) -> bool:
    """What is broken comes first, lest it be left out of a crowd."""
    return end.broken is None


def _pod(workload: Workload, target: int | str | None, found: Endpoint | None, guess: str | None) -> Hop:
    ref, declared = workload.document.ref, found.declared if found else None
    place = partial(workload.document.location, *(declared.path if declared else (*workload.pod, "containers")))
    number = found.number if found and found.number is not None else target
    host_port = declared.host_port if declared else None
    if workload.host_network and isinstance(number, int):
        host_port = number
    return Hop(
        "pod",
        number,
        ref.name,
        declared.container.name if declared else guess,
        place,
        ref.kind,
        declared.name if declared else "",
        host_port,
    )


def _is_below(field: str, above: str) -> bool:
    return field == above or field.startswith((f"{above}.", f"{above}["))
