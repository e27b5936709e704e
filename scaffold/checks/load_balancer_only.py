"""A field of load balancers on a Service that is none.

`allocateLoadBalancerNodePorts`, `loadBalancerClass` and `loadBalancerSourceRanges` may only be used when `type` is
LoadBalancer, and so may the annotation `service.beta.kubernetes.io/load-balancer-source-ranges`. There a class obeys
the grammar of a label key, and the ranges are CIDRs such as 203.0.113.0/24; since Kubernetes 1.36 they have no leading
zeros and no bits behind the prefix.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      allocateLoadBalancerNodePorts: false
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: LoadBalancer
      allocateLoadBalancerNodePorts: false
      ports:
        - {name: http, port: 80}

Mend: drop the field, or write `type: LoadBalancer`.

Source: pkg/apis/core/validation/validation.go, ValidateService and validateLoadBalancerClassField.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.names import label_key, trimmed
from scaffold.shapes import as_dict, as_list, finding, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "load-balancer-only"

_FIELDS = ("allocateLoadBalancerNodePorts", "loadBalancerClass", "loadBalancerSourceRanges")
_ANNOTATION = "service.beta.kubernetes.io/load-balancer-source-ranges"
_HINT = "drop it, or write type: LoadBalancer"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The fields on other types, and their values on this one."""
    spec, kind = spec_of(document), service_type(document)
    ranges = spec.get("loadBalancerSourceRanges")
    annotation = as_dict(as_dict(document.data.get("metadata")).get("annotations")).get(_ANNOTATION)
    if annotation is not None and not ranges:
        yield from _annotation(document, kind, annotation, facts)
    if kind != "LoadBalancer":
        for name in _FIELDS:
            if spec.get(name) not in (None, []):
                message = f"{name} has no place on a Service of type {kind}"
                yield finding(document, ("spec", name), message, effect="refused", hint=_HINT, field=_field(name))
        return
    written = spec.get("loadBalancerClass")
    if isinstance(written, str) and (reason := label_key(written)):
        message, hint = f"loadBalancerClass {written!r} {reason}", "such as example.com/internal"
        yield finding(document, ("spec", "loadBalancerClass"), message, effect="refused", hint=hint)
    for index, cidr in enumerate(as_list(ranges)):
        cidr = "" if cidr is None else cidr
        if isinstance(cidr, str) and (reason := _no_range(trimmed(cidr), facts)):
            path, message = ("spec", "loadBalancerSourceRanges", index), f"{cidr!r} {reason}"
            # 1.29 named the list
            field = _field("loadBalancerSourceRanges") + ("" if facts.before(30) else f"[{index}]")
            hint = "write a CIDR such as 203.0.113.0/24"
            yield finding(document, path, message, effect="refused", hint=hint, field=field)


def _annotation(document: Document, kind: str, written: object, facts: Facts) -> Iterator[Finding]:
    path, field = ("metadata", "annotations", _ANNOTATION), f"metadata.annotations[{_ANNOTATION}]"
    if not isinstance(written, str):
        return
    if kind != "LoadBalancer":
        message = f"annotation {_ANNOTATION} has no place on a Service of type {kind}"
        yield finding(document, path, message, effect="refused", hint=_HINT, field=field)
        return
    for cidr in written.split(",") if trimmed(written) else ():
        if reason := _no_range(trimmed(cidr), facts):
            hint = "write CIDRs such as 203.0.113.0/24, with commas between them"
            yield finding(document, path, f"{trimmed(cidr)!r} {reason}", effect="refused", hint=hint, field=field)


def _field(name: str) -> str:
    """The API server writes this one with a capital letter."""
    return "spec.LoadBalancerSourceRanges" if name == "loadBalancerSourceRanges" else f"spec.{name}"


def _no_range(text: str, facts: Facts) -> str | None:
    """Why it is no range, or None. Up to Kubernetes 1.35 Go's older parser takes zeros in front and bits behind."""
    from ipaddress import IPv6Network, ip_address, ip_network

    address, _, bits = text.partition("/")
    lenient = facts.before(36)
    if lenient and ":" not in address:
        address = ".".join(part.lstrip("0") or part[-1:] for part in address.split("."))
    reason = None
    try:
        found = ip_network("" if "%" in address else f"{address}/{bits}", strict=False)
        if not (bits.isascii() and bits.isdigit()):
            reason = "is no range of addresses"
        elif bits != "0" and bits[0] == "0" and not lenient:
            reason = "has a leading zero in the length of its prefix"
        elif isinstance(found, IPv6Network) and found.network_address.ipv4_mapped and not lenient:
            reason = "is a range of IPv4 in the clothes of IPv6"
        elif ip_address(address) != found.network_address and not lenient:
            reason = f"has bits behind its prefix: {found} is meant"
    except ValueError:
        reason = "is no range of addresses"
    return reason
