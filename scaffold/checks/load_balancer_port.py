"""A port that not every load balancer has.

Not every cloud takes SCTP, or TCP and UDP in one Service: the Service is accepted and stays without an address, with
the condition `LoadBalancerPortsError`. Browsers refuse a few dozen ports with `ERR_UNSAFE_PORT`, 6000 and 10080 among
them. Before Kubernetes 1.33 the API server refuses port 10250: `may not expose port 10250 externally since it is used
by kubelet`.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: dns}
    spec:
      type: LoadBalancer
      ports:
        - {name: dns-tcp, port: 53, protocol: TCP}
        - {name: dns, port: 53, protocol: UDP}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: dns}
    spec:
      type: LoadBalancer
      ports:
        - {name: dns, port: 53, protocol: UDP}

Mend: write one Service for each protocol, which may share an address where the provider allows it; take another port.

Source: pkg/apis/core/validation/validation.go, ValidateService (1.32); KEP-1435; the port list of the Fetch standard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.shapes import as_number, finding, protocol_of, service_ports, service_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "load-balancer-port"

# fmt: off
_BLOCKED = frozenset((
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
    111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
    540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
    6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
))
# fmt: on


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Each port, and the mix of all."""
    if service_type(document) != "LoadBalancer":
        return
    first = ""
    told = False
    for path, port in service_ports(document):
        number, protocol = as_number(port.get("port")), protocol_of(port)
        first = first or protocol
        if number == 10250 and facts.before(33):
            message = "port 10250 belongs to the kubelet"
            hint = "take another port; targetPort may stay"
            yield finding(document, path, message, effect="refused", hint=hint)
        if number in _BLOCKED and _for_browsers(port):
            message = f"browsers refuse port {number}"
            yield finding(document, (*path, "port"), message, effect="advice", hint="take another port, such as 80")
        if not told and protocol in ("TCP", "UDP", "SCTP") and (protocol == "SCTP" or protocol != first):
            told = True
            what = "SCTP" if protocol == "SCTP" else f"{first} and {protocol} in one Service"
            hint = "see what the provider takes" if protocol == "SCTP" else "write a Service for each, if it does not"
            message = f"not every load balancer takes {what}"
            yield finding(document, path, message, effect="advice", hint=hint)


def _for_browsers(port: dict[str, Any]) -> bool:
    """Whether the port is said to be for HTTP."""
    return any(
        isinstance(written := port.get(field), str) and written.lower().startswith(("http", "web", "ui"))
        for field in ("name", "appProtocol", "targetPort")
    )
