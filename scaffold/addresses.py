"""What to type to reach a port: from outside at a node, from inside by the Service's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scaffold.errors import SvcgenError
from scaffold.names import subdomain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.model import Form, Route

_HTTPS_PORTS, _HTTPS_WORDS = (443, 6443, 8443), ("https", "wss")
# Ports and words of protocols to which an HTTP request means nothing.
_OTHER_PORTS = (21, 22, 25, 53, 110, 143, 389, 465, 587, 636, 1433, 1521, 1883, 2181, 3306, 4222, 5432, 5672, 6379)
_MORE_PORTS = (9042, 9092, 11211, 27017, 50051)
_OTHER_WORDS = ("amqp", "cql", "dns", "ftp", "grpc", "h2c", "kafka", "ldap", "mongo", "mqtt", "mysql", "nats", "peer")
_MORE_WORDS = ("postgres", "psql", "redis", "sctp", "smtp", "sql", "ssh", "tcp", "thrift", "tls", "zookeeper")


class Address(NamedTuple):
    """One way to a port: `place` is `outside` or `inside`, `command` what to type in a shell."""

    place: str
    address: str
    command: str


def node_address(text: str) -> str:
    """The address or the name of a node as it is written before a port: an IPv6 address in brackets.

    Raises:
        SvcgenError: for anything else, such as a URL or an address with a port.
    """
    import ipaddress

    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        # what has only digits and dots is an address mistyped
        if not subdomain(text.lower()) and not text.replace(".", "").isdigit():
            return text
        hint = "write the address alone, such as --node-ip 3.109.154.210; the ports come from the manifests"
        raise SvcgenError(f"--node-ip {text!r} is no IP address and no name of a node", hint=hint) from None
    return f"[{found}]" if found.version == 6 else str(found)


def addresses(form: Form, route: Route, node: str) -> Iterator[Address]:
    """Every address to try for a route, the outer ones first.

    Args:
        form: the Service.
        route: one of its routes.
        node: what `node_address` made of a node.
    """
    for host, port in _outside(form, route, node):
        yield Address("outside", f"{host}:{port}", _command(route, host, port))
    name = f"{form.service.name}.{form.service.namespace or 'default'}.svc"
    # nothing translates the port of a Service without an address of its own
    stop = route.hops[-1] if form.type in ("Headless", "ExternalName") else route.hop("service")
    if stop and isinstance(stop.port, int):
        yield Address("inside", f"{name}:{stop.port}", _command(route, name, stop.port))


def _outside(form: Form, route: Route, node: str) -> Iterator[tuple[str, int]]:
    at_node, service, end = route.hop("node"), route.hop("service"), route.hops[-1]
    if at_node and isinstance(at_node.port, int):
        yield node, at_node.port
    for address in form.external_ips if service and isinstance(service.port, int) else ():
        yield f"[{address}]" if ":" in address else address, service.port  # type: ignore[union-attr, misc]
    if end.host_port:
        yield node, end.host_port


def _command(route: Route, host: str, port: int) -> str:
    bare = host.strip("[]")
    if route.protocol == "UDP":
        return f"nc -u {bare} {port}"
    if route.protocol == "SCTP":
        return f"ncat --sctp {bare} {port}"
    scheme = _scheme(route)
    return f"curl {scheme}://{host}:{port}" if scheme else f"nc -v {bare} {port}"


def _scheme(route: Route) -> str:
    """`http` or `https` where the port may speak it; empty where its name or number says that it does not."""
    said = f"{route.app_protocol} {route.port_name or ''}".lower()
    words = {word for part in said.split() for word in part.replace("/", "-").replace(".", "-").split("-")}
    numbers = {hop.port for hop in route.hops}
    if words & {*_HTTPS_WORDS}:
        return "https"
    if words & {"http", "http2", "web", "ui", "metrics", "ws"}:
        return "http"
    if any(word.startswith((*_OTHER_WORDS, *_MORE_WORDS)) for word in words) or numbers & {*_OTHER_PORTS, *_MORE_PORTS}:
        return ""
    return "https" if numbers & {*_HTTPS_PORTS} else "http"
