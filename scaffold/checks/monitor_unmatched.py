"""A ServiceMonitor or PodMonitor that finds nothing to scrape.

A ServiceMonitor looks for Services by their own labels (`metadata.labels`, not the labels of the Pods), and `port` is
the name of a port of the Service, never a number. `targetPort`, and `port` of a PodMonitor, is a port that a container
declares. Where none of the selected objects has the port, nothing is scraped, and nothing says why. A monitor that
selects nothing in the tree may be for something else's Services; it is said only where a Service beside has the labels
in its selector alone, or where they look mistyped; so may one that only leaves something out (`DoesNotExist`, `NotIn`),
of which nothing is said. A number as `port` is refused.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web, labels: {app: web}}
    spec:
      selector: {app: web}
      ports:
        - {name: http, port: 8080}
    ---
    apiVersion: monitoring.coreos.com/v1
    kind: ServiceMonitor
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      endpoints:
        - {port: metrics}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web, labels: {app: web}}
    spec:
      selector: {app: web}
      ports:
        - {name: http, port: 8080}
    ---
    apiVersion: monitoring.coreos.com/v1
    kind: ServiceMonitor
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      endpoints:
        - {port: http}

Mend: write the name of a port of the Service, or give the Service the labels.

Source: prometheus-operator, pkg/prometheus/promcfg.go, generateServiceMonitorConfig and generatePodMonitorConfig.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.backends import backends
from scaffold.names import is_slip, nearest
from scaffold.nearby import folder_of
from scaffold.references import labels_of, ports_of
from scaffold.shapes import as_dict, as_list, as_number, finding, label_text, metadata_path, spec_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Effect, Finding
    from scaffold.shapes import Path, Workload

    # an object, where its labels stand, what they are, and the names of its ports
    _Candidate = tuple[Document, Path, Mapping[str, Any], set[str]]

ID = "monitor-unmatched"

_LEAVING_OUT = frozenset({"DoesNotExist", "NotIn"})

# The operator takes a port for a regular expression.
_PATTERN = frozenset(".*+?|()[]{}^$\\")


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The endpoints of either kind."""
    spec = spec_of(document)
    yield from _numbers(document, spec)
    selector, namespaces = spec.get("selector"), _namespaces(document, spec, facts)
    if not isinstance(selector, dict) or _takes_all(selector):
        return
    if document.data.get("kind") == "ServiceMonitor":
        yield from _services(document, spec, namespaces, facts)
    elif namespaces is not None:
        pods = [one for space in namespaces for one in backends(facts).pods(document, space, selector)]
        if not pods:
            around = [one for one in facts.selection.beside(document) if one.namespace in namespaces]
            found = ((one.document, (*metadata_path(one.pod), "labels"), one.labels, _names(one)) for one in around)
            yield from _mistyped(document, spec, found)
        for path, endpoint in _endpoints(spec, "podMetricsEndpoints"):
            for key in ("port", "portNumber", "targetPort") if not as_number(endpoint.get("port")) else ():
                if endpoint.get(key):
                    yield from _declared(document, (*path, key), endpoint[key], pods, facts)
                    break


def _takes_all(selector: dict[str, Any]) -> bool:
    """Whether a selector says only what it does not mean: everything else, most of which is not in the tree."""
    expressions = [as_dict(one).get("operator") for one in as_list(selector.get("matchExpressions"))]
    return not selector.get("matchLabels") and _LEAVING_OUT.issuperset(map(str, expressions))


def _namespaces(document: Document, spec: dict[str, Any], facts: Facts) -> Collection[str] | None:
    """Where the monitor looks; None for everywhere."""
    selector = as_dict(spec.get("namespaceSelector"))
    if selector.get("any") is True or document.path in facts.kustomized.renamed:
        return None
    names = [name for name in as_list(selector.get("matchNames")) if isinstance(name, str)]
    return names or [document.ref.key[1]]


def _numbers(document: Document, spec: dict[str, Any]) -> Iterator[Finding]:
    """Ports that are numbers: the definition of the monitors wants text."""
    for field in ("endpoints", "podMetricsEndpoints"):
        for path, endpoint in _endpoints(spec, field):
            if number := as_number(endpoint.get("port")):
                message = f"port is the name of a port, and {number} is a number"
                hint = "write the name that the Service's port has"
                if field == "podMetricsEndpoints":
                    hint = f"write the name that the container's port has, or portNumber: {number}"
                yield finding(document, (*path, "port"), message, effect="refused", hint=hint)


def _endpoints(spec: dict[str, Any], field: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    for index, endpoint in enumerate(as_list(spec.get(field))):
        if isinstance(endpoint, dict):
            yield ("spec", field, index), endpoint


def _services(
    document: Document, spec: dict[str, Any], namespaces: Collection[str] | None, facts: Facts
) -> Iterator[Finding]:
    services = backends(facts).services_with(document, namespaces, spec["selector"])
    if not services:
        yield from _labels(document, spec, namespaces, facts)
        return
    for path, endpoint in _endpoints(spec, "endpoints"):
        port, target = endpoint.get("port"), endpoint.get("targetPort")
        if port and isinstance(port, str):
            if _PATTERN.isdisjoint(port):
                yield from _named(document, (*path, "port"), port, services)
        elif target and not port:
            pods = [workload for service in services for workload in facts.selection.selected(service)]
            yield from _declared(document, (*path, "targetPort"), target, pods, facts)


def _named(document: Document, path: Path, name: str, services: list[Document]) -> Iterator[Finding]:
    names, numbered = [], ""
    for service in services:
        ports = ports_of(service)
        if ports is None or any(port.name == name for port in ports):
            return
        names += [port.name for port in ports if port.name]
        numbered = numbered or next((port.name for port in ports if str(port.number) == name), "")
    service = services[0]
    beside, near = _beside(document, service), numbered or nearest(name, names)
    if not beside and not (near and (numbered or is_slip(near, name))):
        return  # of a Service that lies elsewhere another one may be meant, which is not in the tree
    more = f" or {len(services) - 1} more" if len(services) > 1 else ""
    message = f"port {name} is no name of a port of Service {service.ref}{more}"
    hint = f"give the Service's port this name: {name}"
    if numbered:
        hint = f"write port: {numbered}, the name of port {name}"
    elif near:
        hint = f"did you mean {near}?"
    elif names:
        hint = f"its ports are {', '.join(sorted(set(names))[:8])}"
    # of several by a common label the one that is meant may be missing here
    effect: Effect = "broken" if beside and len(services) == 1 else "fragile"
    place = (service.location("spec", "ports"),)
    yield finding(document, path, message, effect=effect, hint=hint, related=place)


def _beside(document: Document, other: Document) -> bool:
    return folder_of(document.path) == folder_of(other.path)


def _declared(document: Document, path: Path, port: object, pods: list[Workload], facts: Facts) -> Iterator[Finding]:
    """A port that a container has to declare, by name or by number."""
    if isinstance(port, str | int) and any(facts.patch_declares(workload, port) for workload in pods):
        return
    ports = [one for workload in pods for container in workload.containers for _, one in container.ports]
    names = [one["name"] for one in ports if isinstance(one.get("name"), str)]
    numbers = [number for one in ports if (number := as_number(one.get("containerPort"))) is not None]
    near = None
    if isinstance(port, str):
        if port in names or not _PATTERN.isdisjoint(port):
            return
        near = nearest(port, names)
    elif (number := as_number(port)) is None or number in numbers:
        return
    if not ports or not (near or _beside(document, pods[0].document)):
        return
    choices = sorted(set(names)) if isinstance(port, str) else [str(one) for one in sorted(set(numbers))]
    hint = f"declared are {', '.join(choices[:8])}" if choices else f"give the container's port the name {port}"
    ref = pods[0].document.ref
    more = f" or {len(pods) - 1} more" if len(pods) > 1 else ""
    message = f"{path[-1]} {port} is declared by no container of {ref.kind} {ref}{more}"
    effect: Effect = "broken" if len(pods) == 1 and _beside(document, pods[0].document) else "fragile"
    place = (pods[0].document.location(*pods[0].pod, "containers"),)
    hint = f"did you mean {near}?" if near else hint
    yield finding(document, path, message, effect=effect, hint=hint, related=place)


def _labels(
    document: Document, spec: dict[str, Any], namespaces: Collection[str] | None, facts: Facts
) -> Iterator[Finding]:
    """A Service beside that selects Pods by the labels which the monitor wants of the Service itself."""
    wanted = {key: label_text(value) for key, value in as_dict(spec["selector"].get("matchLabels")).items()}
    ports = {
        endpoint.get("port") for _, endpoint in _endpoints(spec, "endpoints") if isinstance(endpoint.get("port"), str)
    }
    if not wanted or spec["selector"].get("matchExpressions"):
        return
    around: list[_Candidate] = []
    for service in backends(facts).services_beside(document):
        ref, selector = service.ref, as_dict(spec_of(service).get("selector"))
        if namespaces is not None and ref.key[1] not in namespaces:
            continue
        around.append(
            (service, ("metadata", "labels"), labels_of(service), {one.name for one in ports_of(service) or ()})
        )
        same = all(key in selector and label_text(selector[key]) == value for key, value in wanted.items())
        if same and any(port.name in ports for port in ports_of(service) or ()):
            shown = ", ".join(f"{key}: {value}" for key, value in wanted.items())
            message = f"no Service has the labels {shown}; Service {ref} selects by them, but does not carry them"
            hint = f"add {shown} to metadata.labels of the Service"
            place = (service.location("metadata"),)
            yield finding(document, ("spec", "selector"), message, effect="broken", hint=hint, related=place)
            return
    yield from _mistyped(document, spec, around)


def _names(workload: Workload) -> set[str]:
    return {str(port.get("name")) for container in workload.containers for _, port in container.ports}


def _mistyped(document: Document, spec: dict[str, Any], around: Iterable[_Candidate]) -> Iterator[Finding]:
    """Something beside with the port that the monitor wants, and its labels but for one that looks mistyped."""
    wanted = {key: label_text(value) for key, value in as_dict(spec["selector"].get("matchLabels")).items()}
    fields = ("endpoints", "podMetricsEndpoints")
    ports = {str(endpoint.get("port")) for field in fields for _, endpoint in _endpoints(spec, field)}
    if spec["selector"].get("matchExpressions"):
        return
    for other, path, labels, names in around:
        off = [key for key, value in wanted.items() if label_text(labels.get(key)) != value]
        if len(off) != 1 or ports.isdisjoint(names):
            continue
        (key,) = off
        have = label_text(labels.get(key))
        if is_slip(wanted[key], have):
            what = (
                f"{other.ref.kind} {other.ref}" if path[0] == "metadata" else f"the Pod of {other.ref.kind} {other.ref}"
            )
            message = f"the selector wants {key}: {wanted[key]}, {what} has {key}: {have}, so nothing is scraped"
            place, hint = (other.location(*path),), f"write {key}: {have}"
            where = ("spec", "selector", "matchLabels", key)
            yield finding(document, where, message, effect="broken", hint=hint, related=place)
            return
