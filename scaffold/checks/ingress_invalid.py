"""An Ingress that the API server does not take.

Every path has a `pathType`; with Exact and Prefix the path starts with `/` and holds no `//`, `/./`, `/../` or `%2F`. A
backend is a `service` or a `resource`, and a service's port is a `number` or a `name`, never both. A host is a DNS
name without scheme, port or path, with at most one `*` in front: an IP address is refused. The old class annotation and
`ingressClassName` may not differ.

Fails:
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec:
      rules:
        - host: web.example.com
          http:
            paths:
              - path: /
                backend: {service: {name: web, port: {number: 80}}}

Passes:
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec:
      rules:
        - host: web.example.com
          http:
            paths:
              - path: /
                pathType: Prefix
                backend: {service: {name: web, port: {number: 80}}}

Mend: write the missing field, and one of two where both are written.

Source: pkg/apis/networking/validation/validation.go, ValidateIngressCreate.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffold.names import label, port_name, service_name, subdomain
from scaffold.shapes import as_dict, as_list, as_number, dig, field_name, finding, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "ingress-invalid"

_PATH_TYPES = ("Exact", "Prefix", "ImplementationSpecific")
# what a controller of its own kind reads as a pattern
_PATTERN = r"[()|*^$\\?+\[]"
_NEVER = ("//", "/./", "/../", "%2f", "%2F")
_CLASS = "kubernetes.io/ingress.class"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The rules with their hosts, paths and backends, then the rest."""
    if document.data.get("apiVersion") != "networking.k8s.io/v1":
        return
    spec = spec_of(document)
    rules, default = spec.get("rules"), spec.get("defaultBackend")
    if not rules and default is None:
        message, hint = "an Ingress needs rules or a defaultBackend", "add rules with a host and its paths"
        yield finding(document, ("spec",), message, effect="refused", hint=hint)
    if isinstance(default, dict):
        yield from _backend(document, ("spec", "defaultBackend"), default, facts)
    for index, rule in enumerate(as_list(rules)):
        if isinstance(rule, dict):
            yield from _rule(document, ("spec", "rules", index), rule, facts)
    for index, tls in enumerate(as_list(spec.get("tls"))):
        yield from _tls(document, ("spec", "tls", index), as_dict(tls))
    yield from _class(document, spec)


def _rule(document: Document, path: Path, rule: dict[str, Any], facts: Facts) -> Iterator[Finding]:
    host, http = rule.get("host"), rule.get("http")
    if isinstance(host, str) and host and (reason := _host(host, address=True)):
        hint = "write the name alone, such as web.example.com or *.example.com"
        if host == "*":
            hint = "leave host out to mean every host"
        message = f"host {host!r} {reason}"
        yield finding(document, (*path, "host"), message, effect="refused", hint=hint)
    if not isinstance(http, dict):
        return
    if not http.get("paths"):
        message, hint = "http without paths", "add paths with path, pathType and backend"
        yield finding(document, (*path, "http", "paths"), message, effect="refused", hint=hint)
    for index, one in enumerate(as_list(http.get("paths"))):
        if isinstance(one, dict | None):
            yield from _path(document, (*path, "http", "paths", index), one or {}, facts)


def _path(document: Document, path: Path, one: dict[str, Any], facts: Facts) -> Iterator[Finding]:
    kind, route = one.get("pathType"), one.get("path") or ""
    if kind is None:
        is_pattern = isinstance(route, str) and re.search(_PATTERN, route)
        message, hint = "pathType is missing", f"write pathType: {'ImplementationSpecific' if is_pattern else 'Prefix'}"
        yield finding(document, (*path, "pathType"), message, effect="refused", hint=hint)
    elif isinstance(kind, str) and kind not in _PATH_TYPES:
        message = f"pathType {kind!r} is none of {', '.join(_PATH_TYPES)}"
        near = next((known for known in _PATH_TYPES if known.lower() == kind.lower()), "Prefix")
        yield finding(document, (*path, "pathType"), message, effect="refused", hint=f"write {near}")
    elif isinstance(kind, str) and isinstance(route, str) and (reason := _route(route, kind)):
        message = f"path {route!r} {reason}" if route else f"pathType {kind} needs a path"
        hint = f"write path: /{route.lstrip('/')}" if not route.startswith("/") else "write the path without it"
        yield finding(document, (*path, "path"), message, effect="refused", hint=hint)
    backend = one.get("backend")
    if isinstance(backend, dict | None):
        yield from _backend(document, (*path, "backend"), backend or {}, facts)


def _route(route: str, kind: str) -> str | None:
    if kind == "ImplementationSpecific":
        return "does not start with /" if route and not route.startswith("/") else None
    if not route.startswith("/"):
        return "does not start with /"
    for part in _NEVER:
        if part in route:
            return f"holds {part}"
    return "ends with a dot segment" if route.endswith(("/..", "/.")) else None


def _backend(document: Document, path: Path, backend: dict[str, Any], facts: Facts) -> Iterator[Finding]:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        message, hint = "a backend has both a service and a resource", "keep one of them"
        yield finding(document, path, message, effect="refused", hint=hint)
    elif isinstance(resource, dict):
        yield from _resource(document, (*path, "resource"), resource)
    elif isinstance(service, dict):
        yield from _service(document, path, service, facts)
    elif service is None:
        message, hint = "a backend without a service", "write service: {name: web, port: {number: 80}}"
        if "serviceName" in backend or "servicePort" in backend:
            name, port = backend.get("serviceName") or "web", backend.get("servicePort") or 80
            written = f"number: {port}" if as_number(port) else f"name: {port}"
            message = "serviceName and servicePort were fields of networking.k8s.io/v1beta1"
            hint = f"write service: {{name: {name}, port: {{{written}}}}}"
        yield finding(document, path, message, effect="refused", hint=hint)


def _resource(document: Document, path: Path, resource: dict[str, Any]) -> Iterator[Finding]:
    for key in ("kind", "name"):
        value = resource.get(key)
        if value is None or value == "":
            message = f"a resource backend without {key}"
            yield finding(document, (*path, key), message, effect="refused", hint=f"add {key}")
        elif isinstance(value, str) and (value in (".", "..") or "/" in value or "%" in value):
            message, hint = f"{key} {value!r} is no {key} of an object", f"write the {key} alone"
            yield finding(document, (*path, key), message, effect="refused", hint=hint)
    group = resource.get("apiGroup")
    if isinstance(group, str) and (reason := subdomain(group)):
        hint = "write the group alone, such as gateway.example.com"
        yield finding(document, (*path, "apiGroup"), f"apiGroup {group!r} {reason}", effect="refused", hint=hint)


def _service(document: Document, path: Path, service: dict[str, Any], facts: Facts) -> Iterator[Finding]:
    name, place = service.get("name"), (*path, "service")
    if name is None or name == "":
        message, hint = "a backend's service has no name", "write the name of the Service"
        yield finding(document, (*place, "name"), message, effect="refused", hint=hint)
    elif isinstance(name, str) and (reason := (service_name if facts.before(36) else label)(name)):
        message, hint = f"{name!r} is no name of a Service: it {reason}", "write the name as the Service has it"
        yield finding(document, (*place, "name"), message, effect="refused", hint=hint)
    port = service.get("port")
    if not isinstance(port, dict | None):
        return
    named, number = as_dict(port).get("name") or "", as_dict(port).get("number") or 0
    if named and number:
        message = f"a backend's port has both name {named} and number {number}"
        where, hint = (*place, "port"), "keep one of them"
        yield finding(document, where, message, effect="refused", hint=hint, field=field_name(path))
    elif not named and not number:
        message, hint = "a backend's service has no port", "write port: {number: 80}, or port: {name: http}"
        yield finding(document, (*place, "port"), message, effect="refused", hint=hint, field=field_name(path))
    elif isinstance(named, str) and named and (reason := port_name(named)):
        hint = f"write number: {named}" if named.isdigit() else "use the Service's port by its number"
        message = f"port name {named!r} {reason}"
        yield finding(document, (*place, "port", "name"), message, effect="refused", hint=hint)
    elif (value := as_number(number)) and not 1 <= value <= 65535:
        message, hint = f"port {value} is not between 1 and 65535", "write the Service's port"
        yield finding(document, (*place, "port", "number"), message, effect="refused", hint=hint)


def _tls(document: Document, path: Path, tls: dict[str, Any]) -> Iterator[Finding]:
    for index, host in enumerate(as_list(tls.get("hosts"))):
        name = "" if host is None else host
        if isinstance(name, str) and (reason := _host(name)):
            hint = "write a DNS name"
            yield finding(document, (*path, "hosts", index), f"host {name!r} {reason}", effect="refused", hint=hint)
    secret = tls.get("secretName")
    if isinstance(secret, str) and secret and (reason := subdomain(secret)):
        message = f"secretName {secret!r} {reason}"
        yield finding(document, (*path, "secretName"), message, effect="refused", hint="write the name of a Secret")


def _class(document: Document, spec: dict[str, Any]) -> Iterator[Finding]:
    name = spec.get("ingressClassName")
    if not isinstance(name, str):
        return
    if reason := subdomain(name):
        message, hint = f"ingressClassName {name!r} {reason}", "write the name of an IngressClass, such as nginx"
        yield finding(document, ("spec", "ingressClassName"), message, effect="refused", hint=hint)
    old = as_dict(dig(document.data, ("metadata", "annotations"))).get(_CLASS)
    if isinstance(old, str) and old != name:
        message, hint = f"the annotation says class {old!r}, ingressClassName says {name!r}", "drop the annotation"
        place = ("metadata", "annotations", _CLASS)
        yield finding(document, place, message, effect="refused", hint=hint, field=f"annotations.{_CLASS}")


def _host(host: str, *, address: bool = False) -> str | None:
    """Why it is no host, or None. An IP address is a well-formed name, so it is looked for apart."""
    rest = host.removeprefix("*.") if host.startswith("*.") else host
    if subdomain(rest) or len(host) > 253:
        return "is no DNS name"
    # behind a star it counts as a name
    parts = host.split(".")
    if address and len(parts) == 4 and all(part.isdecimal() and int(part) < 256 for part in parts):
        return "is an IP address"
    return None
