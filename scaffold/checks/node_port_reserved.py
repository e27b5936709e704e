"""A number of the nodes that is kept for somebody else.

A host port and a node port are numbers of the same nodes. Where both are the same, or a host port lies in the node
port range, where the cluster may give it to any Service, the rules of kube-proxy come first and the Pod hears nothing;
no event says so. 10250 is the kubelet's. And what `node_ports.reserved` or `node_ports.bands` of the config keep for
others is refused later, to those others. The Service that a reserved number is kept for says so in `check.ignore`.
Where the range of the cluster reaches above 32767, Linux gives the same numbers to outgoing connections.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      selector: {app: web}
      ports:
        - {name: http, port: 80, nodePort: 30080}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: proxy}
    spec:
      containers:
        - name: proxy
          image: "nginx:1.27"
          ports: [{containerPort: 80, hostPort: 30080}]

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      ports:
        - {name: http, port: 80, nodePort: 30080}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: proxy}
    spec:
      containers:
        - name: proxy
          image: "nginx:1.27"
          ports: [{containerPort: 80, hostPort: 8080}]

Mend: take another number; a Service reaches Pods without any host port.

Source: kubernetes PR 108496, since which kube-proxy holds no node port open; ip-sysctl of the Linux kernel;
the README for `node_ports`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_number, dig, finding, is_service, pod_path, service_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding, PortPolicy
    from scaffold.shapes import Path

ID = "node-port-reserved"

# where ranges of node ports begin, whatever the config says
_LOW = 20000
# net.ipv4.ip_local_port_range, as it is where nobody changed it
_OUTGOING = 32768, 60999
_KUBELET = {10248: "its health", 10250: "its API", 10255: "its read-only API"}


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The node ports of a Service against the config, the host ports of a Pod against the node ports."""
    if is_service(document):
        policy = facts.policy_for(document)
        if policy.reserved or policy.bands or policy.high >= _OUTGOING[0]:
            yield from _service(document, policy)
        return
    workload = facts.summary(document)
    told: set[int] = set()
    for container in workload.containers if workload else ():
        for path, port in container.ports:
            field = "hostPort" if port.get("hostPort") else "containerPort"
            number = as_number(port.get(field))
            if number and number not in told and (field == "hostPort" or _on_the_host(document, number)):
                told.add(number)
                yield from _host_port(document, (*path, field), number, facts)


def _on_the_host(document: Document, number: int) -> bool:
    """Whether a containerPort is one of the node. Few numbers matter: the workload is read again for them."""
    interesting = number >= _LOW or number in _KUBELET
    return interesting and dig(document.data, (*pod_path(document), "hostNetwork")) is True


def _host_port(document: Document, path: Path, number: int, facts: Facts) -> Iterator[Finding]:
    what = f"{path[-1]} {number}" if path[-1] == "hostPort" else f"containerPort {number} of a Pod with hostNetwork"
    if number in _KUBELET:
        message = f"{what} is the kubelet's number for {_KUBELET[number]} on every node"
        yield finding(document, path, message, effect="fragile", hint="take another number")
        return
    holders = facts.holders(number, facts.cluster(document))
    policy = facts.policy_for(document)
    if holders:
        owner, holder = next(iter(holders.items()))
        message = f"{what} is also a node port of {owner[1]}/{owner[2]}, which gets the traffic"
        hint = f"take a number outside {policy.low}-{policy.high}"
        yield finding(document, path, message, effect="fragile", hint=hint, related=(holder.location,))
    elif policy.low <= number <= policy.high and policy.high - policy.low < 30000:
        message = f"{what} lies in the node port range: the cluster may give it to a Service"
        hint = f"take a number outside {policy.low}-{policy.high}"
        yield finding(document, path, message, effect="fragile", hint=hint)


def _service(document: Document, policy: PortPolicy) -> Iterator[Finding]:
    namespace = document.ref.namespace or "default"
    told: set[int] = set()
    for path, port in service_ports(document):
        number = as_number(port.get("nodePort"))
        if not number or number in told:
            continue
        told.add(number)
        bands = [band for band in policy.bands if band.low <= number <= band.high]
        if any(band.namespace == namespace for band in bands):
            continue
        kept = next((one for one in policy.reserved if one.low <= number <= one.high), None)
        if bands:
            message, place = f"nodePort {number} lies in the band of namespace {bands[0].namespace}", bands[0].location
        elif kept:
            message, place = f"nodePort {number} is reserved: {kept.reason}", kept.location
        else:
            if _OUTGOING[0] <= number <= min(_OUTGOING[1], policy.high):
                message = f"nodePort {number} is a number that Linux gives to outgoing connections"
                hint = f"take one below {_OUTGOING[0]}, or reserve the range: net.ipv4.ip_local_reserved_ports"
                yield finding(document, (*path, "nodePort"), message, effect="advice", hint=hint)
            continue
        hint = "take another number"
        yield finding(document, (*path, "nodePort"), message, effect="fragile", hint=hint, related=(place,))
