"""A NetworkPolicy that the API server does not take.

A port is a number from 1 to 65535 or the name of a container port, never a number in quotes; `endPort` stands beside a
number and is not below it; the protocol is TCP, UDP or SCTP. A peer has a podSelector, a namespaceSelector, or an
ipBlock alone, and the ipBlock's `cidr` is a network (since Kubernetes 1.36 its first address) that holds each of
`except`. `policyTypes` are Ingress and Egress in this spelling.

Fails:
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web}
    spec:
      podSelector: {matchLabels: {app: web}}
      ingress:
        - ports:
            - {port: "8080"}

Passes:
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web}
    spec:
      podSelector: {matchLabels: {app: web}}
      ingress:
        - ports:
            - {port: 8080}

Mend: write the number without quotes, or what the hint says.

Source: pkg/apis/networking/validation/validation.go, ValidateNetworkPolicySpec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import OfObject
from scaffold.model import PROTOCOLS
from scaffold.names import port_name
from scaffold.shapes import as_dict, as_list, as_number, finding, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Network, IPv6Network

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "network-policy-invalid"

_TYPES = ("Ingress", "Egress")


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The types, and the ports and peers of both directions."""
    if document.data.get("apiVersion") != "networking.k8s.io/v1":
        return
    spec = spec_of(document)
    types = as_list(spec.get("policyTypes"))
    if len(types) > len(_TYPES):
        message, hint = f"{len(types)} policyTypes, there are two", "keep Ingress, Egress or both"
        yield finding(document, ("spec", "policyTypes"), message, effect="refused", hint=hint)
    else:
        for index, written in enumerate(types):
            kind = "" if written is None else written
            if isinstance(kind, str) and kind not in _TYPES:
                message = f"policyTypes {kind!r} is neither Ingress nor Egress"
                hint = f"write {kind.capitalize()}" if kind.capitalize() in _TYPES else "write Ingress or Egress"
                yield finding(document, ("spec", "policyTypes", index), message, effect="refused", hint=hint)
    selectors = OfObject()
    selectors.selector(spec.get("podSelector"), ("spec", "podSelector"))
    for direction, side in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(as_list(spec.get(direction))):
            path, rule = ("spec", direction, index), as_dict(rule)
            for number, port in enumerate(as_list(rule.get("ports"))):
                yield from _port(document, (*path, "ports", number), as_dict(port))
            for number, peer in enumerate(as_list(rule.get(side))):
                if isinstance(peer, dict | None):
                    yield from _peer(document, (*path, side, number), peer or {}, facts)
                    for name in ("podSelector", "namespaceSelector"):
                        selectors.selector(as_dict(peer).get(name), (*path, side, number, name))
    yield from selectors.findings(document)


def _port(document: Document, path: Path, entry: dict[str, Any]) -> Iterator[Finding]:
    protocol, port, end = entry.get("protocol"), entry.get("port"), entry.get("endPort")
    if isinstance(protocol, str) and protocol not in PROTOCOLS:
        hint = f"write {protocol.upper()}" if protocol.upper() in PROTOCOLS else "write TCP, UDP or SCTP"
        message = f"protocol {protocol!r} is not one of TCP, UDP, SCTP"
        yield finding(document, (*path, "protocol"), message, effect="refused", hint=hint)
    number = as_number(port)
    if number is not None and not 1 <= number <= 65535:
        message, hint = f"port {number} is not between 1 and 65535", "write the port that the Pods listen on"
        yield finding(document, (*path, "port"), message, effect="refused", hint=hint)
    elif isinstance(port, str) and (reason := port_name(port)):
        hint = f"write port: {port} without quotes" if port.isdecimal() else "write the name of a container port"
        message = f"port {port!r} is no name of a port: it {reason}"
        yield finding(document, (*path, "port"), message, effect="refused", hint=hint)
    last = as_number(end)
    if last is None:
        return
    where, message = (*path, "endPort"), ""
    if not isinstance(port, int | float):
        message = f"endPort {last} without a port" if port is None else f"endPort {last} beside a port by name"
        yield finding(document, where, message, effect="refused", hint="write the first number of the range as port")
    elif number is not None and (last < number or last > 65535):
        message = f"endPort {last} is below port {number}" if last < number else f"endPort {last} is above 65535"
        yield finding(document, where, message, effect="refused", hint="write the last number of the range")


def _peer(document: Document, path: Path, peer: dict[str, Any], facts: Facts) -> Iterator[Finding]:
    block = peer.get("ipBlock")
    selects = [name for name in ("podSelector", "namespaceSelector") if peer.get(name) is not None]
    if block is None and not selects:
        message = "a peer that says nothing"
        hint = "write podSelector: {} for all Pods of the namespace, namespaceSelector: {} for all Pods at all"
        yield finding(document, path, message, effect="refused", hint=hint)
    elif block is not None and selects:
        message, hint = f"a peer has ipBlock and {selects[0]}", "make two peers of it"
        yield finding(document, path, message, effect="refused", hint=hint)
    if isinstance(block, dict):
        yield from _block(document, (*path, "ipBlock"), block, facts)


def _block(document: Document, path: Path, block: dict[str, Any], facts: Facts) -> Iterator[Finding]:
    written = block.get("cidr")
    if written is None or written == "":
        message, hint = "an ipBlock without cidr", "write cidr: 10.0.0.0/8"
        yield finding(document, (*path, "cidr"), message, effect="refused", hint=hint)
    if not isinstance(written, str) or not written:
        return
    outer, problem = _network(written, facts)
    if problem:
        yield finding(document, (*path, "cidr"), f"cidr {written!r} {problem[0]}", effect="refused", hint=problem[1])
    for index, excepted in enumerate(as_list(block.get("except"))):
        one = "" if excepted is None else excepted
        if not isinstance(one, str):
            continue
        inner, problem = _network(one, facts)
        if not problem and outer and inner and not _strictly_inside(inner, outer):
            problem = (f"is no part of {written}", "write a smaller network inside it")
        if problem and (outer or not inner):
            message = f"except {one!r} {problem[0]}"
            yield finding(document, (*path, "except", index), message, effect="refused", hint=problem[1])


def _network(text: str, facts: Facts) -> tuple[IPv4Network | IPv6Network | None, tuple[str, str] | None]:
    """The network, and what is wrong with how it is written."""
    from ipaddress import ip_network

    address, slash, length = text.partition("/")
    if "%" in text:
        return None, ("names a zone, which no network has", f"write {address.partition('%')[0]}{slash}{length}")
    plain = address if ":" in address else ".".join(part.lstrip("0") or part[-1:] for part in address.split("."))
    try:
        # a netmask after the slash is for other programs
        network = ip_network(f"{plain}/{int(length) if length.isascii() and length.isdecimal() else -1}", strict=False)
    except ValueError:
        hint = "write a network such as 10.0.0.0/8" if slash else f"write {text}/32 for one address"
        return None, ("is no network in CIDR form", hint)
    if not facts.before(36) and (plain != address or str(int(length)) != length):
        return network, ("has leading zeros", f"write {network}")
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if not facts.before(36) and mapped:
        return network, ("is an IPv4 address in the form of IPv6", f"write {mapped}/{max(network.prefixlen - 96, 0)}")
    if not facts.before(36) and str(network.network_address) != _canonical(plain):
        return network, ("names an address inside the network", f"write {network}, or /{network.max_prefixlen}")
    return network, None


def _canonical(address: str) -> str:
    from ipaddress import ip_address

    return str(ip_address(address))


def _strictly_inside(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    if inner.version != outer.version or inner.prefixlen <= outer.prefixlen:
        return False
    return inner.network_address in outer
