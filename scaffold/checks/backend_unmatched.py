"""A backend of an Ingress or a route that is no port of its Service, or no Service at all.

A backend names a Service of the Ingress's own namespace and one of its `port`s, by number or by name: not the
targetPort, not the nodePort. Both objects are accepted, and every request is answered with an error. ingress-nginx
alone takes a targetPort too, so that is a warning where nothing else is known of the controller. A Service that is
nowhere in the tree may be made by something else, so that is only said; where a Service beside has nearly the same
name, or the same name in another namespace, it is surely a mistake. What a Service of the same name somewhere else in
the tree has for ports is a warning.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports:
        - {name: http, port: 80, targetPort: 8080}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec:
      rules:
        - http:
            paths:
              - path: /
                pathType: Prefix
                backend: {service: {name: web, port: {number: 8080}}}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports:
        - {name: http, port: 80, targetPort: 8080}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec:
      rules:
        - http:
            paths:
              - path: /
                pathType: Prefix
                backend: {service: {name: web, port: {number: 80}}}

Mend: write the name of the Service, and its `port`.

Source: k8s.io/api/networking/v1, ServiceBackendPort; kubernetes-sigs/gateway-api, BackendObjectReference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.backends import backends
from scaffold.endpoints import target_numbers
from scaffold.names import is_slip, nearest, port_name
from scaffold.nearby import folder_of
from scaffold.references import belong, ports_of, route_backends
from scaffold.shapes import as_dict, as_list, as_number, dig, finding, service_type, spec_of, template_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Effect, Finding
    from scaffold.references import PortOfService
    from scaffold.shapes import Path

ID = "backend-unmatched"

# What people hang on a Service's name and forget where they use it.
_AFFIXES = ("-svc", "-service", "-srv", "-clusterip", "-nodeport", "-lb")
# The backend of an AWS load balancer that is an action of its annotations, and no Service.
_NO_PORT = "use-annotation"


class _Backend(NamedTuple):
    """A Service as another object names it: where, and which of its ports."""

    path: Path
    namespace: str
    name: str
    port: int | str
    port_path: Path


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every backend that is a Service."""
    missing: set[tuple[str, str]] = set()
    for backend in _of_ingress(document) if document.data.get("kind") == "Ingress" else _of_route(document):
        services = backends(facts).service(document, backend.namespace, backend.name)
        if services:
            yield from _port(document, backend, services, facts)
        elif (backend.namespace, backend.name) not in missing and not facts.unread.may_name("Service", backend.name):
            missing.add((backend.namespace, backend.name))
            yield from _missing(document, backend, facts)


def _of_ingress(document: Document) -> Iterator[_Backend]:
    if document.data.get("apiVersion") != "networking.k8s.io/v1":
        return
    spec = spec_of(document)
    found: list[tuple[Path, Any]] = [(("spec", "defaultBackend"), spec.get("defaultBackend"))]
    for index, rule in enumerate(as_list(spec.get("rules"))):
        for at, one in enumerate(as_list(as_dict(as_dict(rule).get("http")).get("paths"))):
            found.append((("spec", "rules", index, "http", "paths", at, "backend"), as_dict(one).get("backend")))
    for path, backend in found:
        service = as_dict(as_dict(backend).get("service"))
        name, port = service.get("name"), as_dict(service.get("port"))
        named, number = port.get("name"), as_number(port.get("number"))
        if not name or not isinstance(name, str) or (named and number) or named == _NO_PORT:
            continue
        if isinstance(named, str) and named and port_name(named):
            continue  # ingress-invalid says so
        place = (*path, "service")
        if isinstance(named, str) and named:
            yield _Backend((*place, "name"), document.ref.key[1], name, named, (*place, "port", "name"))
        elif number:
            yield _Backend((*place, "name"), document.ref.key[1], name, number, (*place, "port", "number"))


def _of_route(document: Document) -> Iterator[_Backend]:
    for path, backend in route_backends(document):
        name, number = backend.get("name"), as_number(backend.get("port"))
        namespace = backend.get("namespace") or document.ref.key[1]
        if name and isinstance(name, str) and isinstance(namespace, str) and number:
            yield _Backend((*path, "name"), namespace, name, number, (*path, "port"))


def _port(document: Document, backend: _Backend, services: list[Document], facts: Facts) -> Iterator[Finding]:
    known = [(service, ports_of(service)) for service in services]
    for service, ports in known:
        # without ports in the Service some controllers take any number
        if not ports or service_type(service) == "ExternalName":
            return
        if any(backend.port in (one.number, one.name) for one in ports):
            return
    service, ports = known[0]
    if not ports or _patched(document, service, backend.port, facts):
        return
    meant, why = _meant(backend.port, service, ports, facts)
    effect: Effect = "broken"
    if folder_of(service.path) != folder_of(document.path):
        once = backends(facts).mentions(backend.namespace, backend.name) == 1
        if not belong(document, service, once=once):
            return
        effect = "fragile"
    elif why == "targetPort" and document.data.get("kind") == "Ingress" and _may_be_nginx(document):
        effect = "fragile"
    said = f"port {backend.port}" if isinstance(backend.port, int) else f"port named {backend.port}"
    message = f"Service {backend.name} has no {said}"
    if why and meant:
        message += f", which is the {why} of its port {meant.number}"
    hint = _hint(backend, meant, ports, by_name=document.data.get("kind") == "Ingress")
    place = (service.location(*(meant or ports[0]).path),)
    yield finding(document, backend.port_path, message, effect=effect, hint=hint, related=place)


def _patched(document: Document, service: Document, port: int | str, facts: Facts) -> bool:
    """Whether a kustomization may write other ports into the Service on its way to the Ingress."""
    if facts.kustomized.speaks_of(service.path, port):
        return True
    folder = folder_of(document.path)
    if folder == folder_of(service.path):
        return False
    return any(folder_of(patch) == folder for patch in facts.kustomized.patches)


def _meant(
    written: int | str, service: Document, ports: list[PortOfService], facts: Facts
) -> tuple[PortOfService | None, str]:
    """The port that was probably meant, and what of it was written in its place."""
    for port in ports:
        if written == port.target:
            return port, "targetPort"
        if written == port.node_port:
            return port, "nodePort"
    if not isinstance(written, int):
        near = nearest(written, [port.name for port in ports if port.name])
        return next((port for port in ports if near and port.name == near), None), ""
    for port in ports:
        if any(written in target_numbers(port, workload, facts) for workload in facts.selection.selected(service)):
            return port, "targetPort"
    return None, ""


def _hint(backend: _Backend, meant: PortOfService | None, ports: list[PortOfService], *, by_name: bool) -> str:
    port = meant or (ports[0] if len(ports) == 1 else None)
    if port is None:
        return f"its ports are {', '.join(map(str, ports[:8]))}"
    if isinstance(backend.port, str) and port.name:
        return f"write name: {port.name}"
    return f"write number: {port.number}" if by_name else f"write port: {port.number}"


def _may_be_nginx(ingress: Document) -> bool:
    """Whether the controller is ingress-nginx, or nobody says which."""
    named = spec_of(ingress).get("ingressClassName")
    named = named or as_dict(dig(ingress.data, ("metadata", "annotations"))).get("kubernetes.io/ingress.class")
    return not named or "nginx" in str(named)


def _missing(document: Document, backend: _Backend, facts: Facts) -> Iterator[Finding]:
    beside = backends(facts).services_beside(document)
    near = _near(document, backend, beside, facts)
    if near and not facts.is_renamed(near.path) and not facts.is_renamed(document.path):
        ref = near.ref
        # a namespace that only one of the two writes may come from kubectl -n, or is that of a release of Helm
        both = ref.namespace and (document.ref.namespace or backend.namespace != "default")
        if ref.name == backend.name and not both and template_of(document):
            return
        if ref.name == backend.name:
            message = f"Service {backend.name} is in namespace {ref.key[1]}, not in {backend.namespace}"
            hint = "write one namespace in both"
            if document.data.get("kind") != "Ingress":
                hint = f"add namespace: {ref.key[1]}, which a ReferenceGrant there must allow"
            effect: Effect = "broken" if both else "fragile"
        else:
            message, hint, effect = f"there is no Service {backend.name}", f"did you mean {ref.name}?", "broken"
        place = (near.location("metadata", "name"),)
        yield finding(document, backend.path, message, effect=effect, hint=hint, related=place)
    elif any(service.path == document.path for service in beside) and not facts.is_renamed(document.path):
        # a file with Services in it looks complete; an Ingress alone says nothing about its Services
        message = f"no Service {backend.name} in this tree"
        yield finding(document, backend.path, message, effect="advice", hint="fine if something else makes it")


def _near(document: Document, backend: _Backend, beside: list[Document], facts: Facts) -> Document | None:
    """A Service beside the document that was probably meant: the same name elsewhere, or nearly the same name here."""
    refs = [(service.ref, service) for service in beside]
    for ref, service in refs:
        if ref.name == backend.name and not facts.is_renamed(document.path):
            return service
    here = [(ref.name, service) for ref, service in refs if ref.key[1] == backend.namespace]
    for name, service in here:
        if is_slip(name, backend.name):
            return service
    for name, service in here:
        if any(backend.name + affix == name or name + affix == backend.name for affix in _AFFIXES):
            return service
    return None
