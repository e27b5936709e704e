"""A field of load balancers on a Service that is none.

`allocateLoadBalancerNodePorts`, `loadBalancerClass` and `loadBalancerSourceRanges` may only be used when `type` is
LoadBalancer. There a class obeys the grammar of a label key, and the ranges are CIDRs such as 203.0.113.0/24.

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

from scaffold.names import label_key
from scaffold.shapes import as_list, finding, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "load-balancer-only"

_FIELDS = ("allocateLoadBalancerNodePorts", "loadBalancerClass", "loadBalancerSourceRanges")


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The fields on other types, and their values on this one."""
    spec, kind = spec_of(document), service_type(document)
    if kind != "LoadBalancer":
        for name in _FIELDS:
            if spec.get(name) not in (None, []):
                message = f"{name} has no place on a Service of type {kind}"
                hint = "drop it, or write type: LoadBalancer"
                yield finding(document, ("spec", name), message, effect="refused", hint=hint, field=_field(name))
        return
    written = spec.get("loadBalancerClass")
    if isinstance(written, str) and (reason := label_key(written)):
        message, hint = f"loadBalancerClass {written!r} {reason}", "such as example.com/internal"
        yield finding(document, ("spec", "loadBalancerClass"), message, effect="refused", hint=hint)
    for index, cidr in enumerate(as_list(spec.get("loadBalancerSourceRanges"))):
        if isinstance(cidr, str) and not _is_range(cidr.strip()):
            path, message = ("spec", "loadBalancerSourceRanges", index), f"{cidr!r} is no range of addresses"
            field = f"{_field('loadBalancerSourceRanges')}[{index}]"
            hint = "write a CIDR such as 203.0.113.0/24"
            yield finding(document, path, message, effect="refused", hint=hint, field=field)


def _field(name: str) -> str:
    """The API server writes this one with a capital letter."""
    return "spec.LoadBalancerSourceRanges" if name == "loadBalancerSourceRanges" else f"spec.{name}"


def _is_range(text: str) -> bool:
    """Whether Go's older parser takes it, leading zeros and bits behind the mask included."""
    from ipaddress import ip_network

    address, slash, bits = text.partition("/")
    if ":" not in address:
        address = ".".join(part.lstrip("0") or part[-1:] for part in address.split("."))
    try:
        ip_network(f"{address}/{bits}", strict=False)
    except ValueError:
        return False
    return bool(slash) and bits.isdigit()
