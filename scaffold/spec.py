"""What the user asked for -> `AppSpec`: the App documents of `-f`, and the rules that every app obeys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from scaffold import names
from scaffold.errors import SvcgenError
from scaffold.grammar import format_port, parse_port
from scaffold.model import PROTOCOLS, SERVICE_TYPES, AppSpec, Location, PortWish
from scaffold.node_values import key_text
from scaffold.own_files import refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from scaffold.documents import Document

API_VERSION = "svcgen/v1"
_PORT_KEYS = ("name", "port", "targetPort", "nodePort", "nodePorts", "protocol", "appProtocol")

# the keys of spec; those of spec.template, and the fields of an AppSpec that they fill
_SPEC = ("image", "replicas", "type", "ports", "env", "set", "template", "output", "rendered")
_TEMPLATE = {"pack": "pack", "version": "pack_version", "digest": "pack_digest", "commit": "pack_commit"}


def from_document(document: Document) -> dict[str, Any]:
    """An App document of `-f` or `.svcgen/apps/` -> the mapping that `parse` takes, with unknown keys refused.

    Raises:
        SvcgenError: with the file, line and column of the first thing that is wrong.
    """
    data = document.data
    if data.get("apiVersion") != API_VERSION or data.get("kind") != "App":
        raise SvcgenError(
            f"an App spec starts with apiVersion: {API_VERSION} and kind: App", document.location("apiVersion")
        )
    refuse_unknown(document, data, ("apiVersion", "kind", "metadata", "spec"))
    metadata = _mapping(document, data, "metadata")
    spec = _mapping(document, data, "spec")
    for path in (("metadata", "labels"), ("metadata", "annotations"), ("spec", "env"), ("spec", "set")):
        _plain_keys(document, path)
    refuse_unknown(document, metadata, ("name", "namespace", "labels", "annotations"), "metadata")
    refuse_unknown(document, spec, _SPEC, "spec")
    template = _mapping(document, spec, "template", "spec")
    refuse_unknown(document, template, tuple(_TEMPLATE), "spec", "template")
    out: dict[str, Any] = {**metadata, **spec, **_template(document, template)}
    out.pop("template", None)
    out["answers"] = out.pop("set", None)
    if not isinstance(out.get("rendered", ""), str):
        place = document.location("spec", "rendered")
        raise SvcgenError(f"rendered is {out['rendered']!r}, not a string; put it in quotes", place)
    out["ports"] = list(_wishes(document, spec.get("ports")))
    out["location"] = document.location()
    out["locate"] = partial(_locate, document)
    return {key: value for key, value in out.items() if value is not None}


def _template(document: Document, template: dict[str, Any]) -> dict[str, str]:
    found = {}
    for key, field in _TEMPLATE.items():
        value = template.get(key)
        if value is not None and not isinstance(value, str):
            place = document.location("spec", "template", key)
            raise SvcgenError(f"{key} is {value!r}, not a string; put it in quotes", place)
        if value is not None:
            found[field] = value
    return found


def _locate(document: Document, *path: str) -> Location | None:
    """The place of a field that a document has; None for one that it has not."""
    value: Any = document.data
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return None
        value = value[key]
    return document.location(*path)


def _plain_keys(document: Document, path: tuple[str | int, ...]) -> None:
    """YAML 1.1 reads the key `on` as true and `8080` as a number; here that is never what somebody meant."""
    node: Any = None if document.simple else document.find(*path)
    for key, _ in node.value if getattr(node, "id", None) == "mapping" else ():
        if key.id == "scalar" and key_text(key) != key.value and key.value != "<<":
            raise SvcgenError(
                f"the key {key.value} is read as {key_text(key)!r}",
                document.place(key),
                f'put it in quotes: "{key.value}"',
            )


def _wishes(document: Document, ports: object) -> Iterator[PortWish]:
    if ports is None:
        return
    if not isinstance(ports, list):
        raise SvcgenError("spec.ports is not a list", document.location("spec", "ports"))
    for index, port in enumerate(ports):
        where = ("spec", "ports", index)
        if isinstance(port, str):
            yield parse_port(port, document.location(*where), only=len(ports) == 1)
            continue
        if not isinstance(port, dict):
            raise SvcgenError("a port is a mapping such as {name: http, targetPort: 5000}", document.location(*where))
        refuse_unknown(document, port, _PORT_KEYS, *where)
        yield _wish(document, port, where)


def _wish(document: Document, port: dict[str, Any], where: tuple[str | int, ...]) -> PortWish:
    def number(key: str) -> int | None:
        value = port.get(key)
        return None if value is None else _port_number(value, document, (*where, key))

    def text(key: str, rule: Callable[[str], str | None]) -> str | None:
        value = port.get(key)
        if value is None:
            return None
        reason = rule(value) if isinstance(value, str) else "is not a string; put it in quotes"
        if reason:
            raise SvcgenError(f"{key} {value!r} {reason}", document.location(*where, key))
        return str(value)

    name, target = text("name", names.port_name), number("targetPort")
    if name is None or target is None:
        raise SvcgenError(f"a port needs {'a name' if name is None else 'a targetPort'}", document.location(*where))
    protocol = port.get("protocol", "TCP")
    if protocol not in PROTOCOLS:
        raise SvcgenError(f"protocol {protocol!r} is none of TCP, UDP, SCTP", document.location(*where, "protocol"))
    app_protocol = text("appProtocol", names.label_key)
    _plain_keys(document, (*where, "nodePorts"))
    node_ports = tuple(
        (environment, _port_number(value, document, (*where, "nodePorts", environment)))
        for environment, value in _mapping(document, port, "nodePorts", *where).items()
    )
    place = document.location(*where)
    return PortWish(name, target, protocol, number("port"), number("nodePort"), app_protocol, place, node_ports)


def _port_number(value: object, document: Document, where: tuple[str | int, ...]) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
        text = f"{where[-1]} is {value!r}, it must be a number between 1 and 65535"
        raise SvcgenError(text, document.location(*where))
    return value


def _mapping(document: Document, data: dict[str, Any], key: str, *above: str | int) -> dict[str, Any]:
    value = data.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        path = ".".join(str(part) for part in (*above, key))
        raise SvcgenError(f"{path} is not a mapping", document.location(*above, key))
    return value


def parse(answers: Mapping[str, Any]) -> AppSpec:
    """The answers of flags, wizard, file and config, put together -> an `AppSpec` that breaks no rule.

    Args:
        answers: keys as the fields of `AppSpec`; `ports` holds `PortWish`es; `locate(*path)`, when there, gives the
            place of a field in the file that the answers came from, None for one that is not from there.

    Raises:
        SvcgenError: for the first rule that is broken, with the flag or the place in the file.
    """
    spec = AppSpec(**answers)
    at = spec.place
    _rule(spec.name, names.service_name, partial(at, "NAME", "metadata", "name"))
    if spec.namespace is not None:
        _rule(spec.namespace, names.label, partial(at, "--namespace", "metadata", "namespace"))
    _rule(spec.image, names.image, partial(at, "--image", "spec", "image"))
    if isinstance(spec.replicas, bool) or not isinstance(spec.replicas, int) or not 0 <= spec.replicas <= 2147483647:
        raise SvcgenError(
            f"replicas is {spec.replicas!r}, it must be a whole number from 0 up", at("--replicas", "spec", "replicas")
        )
    if spec.type not in SERVICE_TYPES:
        near = names.nearest(str(spec.type), list(SERVICE_TYPES))
        raise SvcgenError(
            f"type {spec.type!r} is none of {', '.join(SERVICE_TYPES)}" + (f"; did you mean {near}?" if near else ""),
            at("--type", "spec", "type"),
        )
    _strings(spec.labels, "label", names.label_key, names.label_value, partial(at, "--label", "metadata", "labels"))
    annotations = partial(at, "--annotation", "metadata", "annotations")
    _strings(spec.annotations, "annotation", names.annotation_key, None, annotations)
    _strings(spec.env, "env", names.env_name, _no_nul, partial(at, "--env", "spec", "env"))
    for key in spec.selector:
        if key in spec.labels:
            place = at("--label", "metadata", "labels", key)
            raise SvcgenError(f"label {key!r} is set by svcgen: the selector needs it", place)
    _ports(spec)
    return spec


def _rule(value: object, rule: Callable[[str], str | None], at: Callable[[], Location]) -> None:
    reason = rule(value) if isinstance(value, str) else "is not a string; put it in quotes"
    if reason:
        raise SvcgenError(f"{value!r} {reason}", at())


def _strings(
    values: object,
    what: str,
    key_rule: Callable[[str], str | None],
    value_rule: Callable[[str], str | None] | None,
    at: Callable[..., Location],
) -> None:
    if not isinstance(values, dict):
        raise SvcgenError(f"{what}s are not a mapping of names to strings", at())
    for key, value in values.items():
        if reason := key_rule(key):
            raise SvcgenError(f"{what} name {key!r} {reason}", at(key))
        if not isinstance(value, str):
            raise SvcgenError(f"{what} {key} is {value!r}, not a string; put it in quotes", at(key))
        if value_rule and (reason := value_rule(value)):
            raise SvcgenError(f"{what} {key}: {value!r} {reason}", at(key))
        if any(0xD800 <= ord(character) <= 0xDFFF for character in value):
            raise SvcgenError(f"{what} {key}: the text holds bytes that are not UTF-8", at(key))


def _no_nul(text: str) -> str | None:
    return "holds a NUL byte, which no environment can" if "\0" in text else None


def _ports(spec: AppSpec) -> None:
    if not spec.ports:
        raise SvcgenError("an app needs at least one port", spec.location, "add -p http=5000")
    seen: dict[tuple[object, ...], PortWish] = {}
    for wish in spec.ports:
        here = wish.location or Location("--port")
        for key, what in (
            (("name", wish.name), f"the name {wish.name!r}"),
            (("target", wish.target_port, wish.protocol), f"target port {wish.target_port}/{wish.protocol}"),
            (("service", wish.service_port, wish.protocol), f"service port {wish.service_port}/{wish.protocol}"),
        ):
            if key[1] is None:
                continue
            other = seen.setdefault(key, wish)
            if other is not wish:
                raise SvcgenError(
                    f"{format_port(wish)!r} and {format_port(other)!r} both use {what}",
                    here,
                    "give each port a name, a target port and a service port of its own",
                )
        for environment, number in ((None, wish.node_port), *wish.node_ports):
            if number is not None:
                _node_port(spec, wish, environment, number, seen)


def _node_port(
    spec: AppSpec, wish: PortWish, environment: str | None, number: int, seen: dict[tuple[object, ...], PortWish]
) -> None:
    here = wish.location or Location("--port")
    within = f" in {environment}" if environment else ""
    if environment is not None and (reason := names.label(environment)):
        raise SvcgenError(f"environment {environment!r} {reason}", here)
    if spec.type == "ClusterIP":
        raise SvcgenError(
            f"{format_port(wish)!r} asks for node port {number}{within}, and a ClusterIP Service has none",
            here,
            "add --type NodePort, or drop the node port",
        )
    other = seen.setdefault(("node", environment, number), wish)
    if other is not wish and (other.service_port is None or other.service_port != wish.service_port):
        raise SvcgenError(
            f"{format_port(wish)!r} and {format_port(other)!r} both ask for node port {number}{within}",
            here,
            "only TCP and UDP of one service port may share a node port",
        )


def to_mapping(spec: AppSpec) -> dict[str, Any]:
    """The App document that gives this spec again, in the order of the contract, without what is not set."""
    metadata = {"name": spec.name, "namespace": spec.namespace, "labels": spec.labels, "annotations": spec.annotations}
    body = {
        "image": spec.image,
        "replicas": spec.replicas,
        "type": spec.type,
        "ports": [port_mapping(wish) for wish in spec.ports],
        "env": spec.env,
        "set": spec.answers,
        "template": {key: getattr(spec, field) for key, field in _TEMPLATE.items()},
        "output": spec.output,
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "App",
        "metadata": {key: value for key, value in metadata.items() if value},
        "spec": {key: value for key, value in body.items() if value is not None and value not in ({}, [])},
    }


def port_mapping(wish: PortWish) -> dict[str, Any]:
    """One port of an App document."""
    entry = {
        "name": wish.name,
        "port": wish.service_port,
        "targetPort": wish.target_port,
        "nodePort": wish.node_port,
        "nodePorts": dict(wish.node_ports) or None,
        "protocol": wish.protocol,
        "appProtocol": wish.app_protocol,
    }
    return {key: value for key, value in entry.items() if value is not None}


def to_text(spec: AppSpec, *, saved: bool = True) -> str:
    """The App document as text: one port a line, every string safe for every YAML reader.

    One that is saved ends with `rendered`, a digest of all other lines: whether it still fits tells if somebody edited
    the spec since.
    """
    from scaffold.scalars import write

    text = _text(spec)
    if not saved:
        return text
    return f"{text}  rendered: {write(_digest(text))}\n"


def digest(spec: AppSpec) -> str:
    """12 hex digits over what a spec says, however its file is written."""
    return _digest(_text(spec))


def _digest(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode()).hexdigest()[:12]


def _text(spec: AppSpec) -> str:
    from scaffold.scalars import write

    data = to_mapping(spec)

    def flow(mapping: Mapping[str, Any]) -> str:
        given = {key: value for key, value in mapping.items() if value is not None}
        texts = {key: flow(value) if isinstance(value, dict) else write(value) for key, value in given.items()}
        return "{" + ", ".join(f"{write(key)}: {text}" for key, text in texts.items()) + "}"

    def block(mapping: Mapping[str, Any], indent: str) -> Iterator[str]:
        for key, value in mapping.items():
            if key == "ports":
                yield f"{indent}ports:\n"
                yield from (f"{indent}  - {flow(port)}\n" for port in value)
            elif key == "template":
                yield f"{indent}template: {flow(value)}\n"
            elif isinstance(value, dict):
                yield f"{indent}{write(key)}:\n"
                yield from block(value, indent + "  ")
            elif isinstance(value, list | tuple):
                yield f"{indent}{write(key)}: [{', '.join(write(item) for item in value)}]\n"
            else:
                yield f"{indent}{write(key)}: {write(value)}\n"

    return "".join(block(data, ""))
