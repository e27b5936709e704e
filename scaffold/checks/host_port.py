"""A hostPort that two ports of a Pod share, or that does not fit hostNetwork.

Protocol, `hostIP` and `hostPort` together are there once in all containers of a Pod: `Duplicate value: "TCP//8080"`.
With `hostNetwork: true` a hostPort equals its containerPort, and in a Pod every containerPort is one.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      hostNetwork: true
      containers:
        - name: web
          image: "nginx:1.27"
          ports: [{containerPort: 80, hostPort: 8080}]

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "nginx:1.27"
          ports: [{containerPort: 80, hostPort: 8080}]

Mend: drop hostPort, or write another one; a Service reaches the Pods without any.

Source: pkg/apis/core/validation/validation.go, checkHostPortConflicts and validatePodHostNetworkDeps;
pkg/apis/core/v1/defaults.go, defaultHostNetworkPorts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import Path, as_number, dig, field_name, finding, pod_path, protocol_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "host-port"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The host ports of all containers; those of each init container for themselves, since they run one by one."""
    workload = facts.workload(document)
    if workload is None:
        return
    host_network = dig(document.data, (*pod_path(document), "hostNetwork")) is True
    seen: dict[tuple[object, ...], Path] = {}
    for container in workload.containers:
        together = container.path[-2] == "containers"
        taken = seen if together else {}
        for path, port in container.ports:
            number, inside = as_number(port.get("hostPort")), as_number(port.get("containerPort"))
            # in a Pod the API server fills it in before it looks
            if not number and host_network and document.kind == "Pod":
                number = inside
            if not number:
                continue
            where = (*path, "hostPort")
            if host_network and together and number != inside:
                message = f"hostPort {number} differs from containerPort {inside}, and hostNetwork is true"
                hint = "drop hostPort: every containerPort is one with hostNetwork"
                yield finding(document, where, message, effect="refused", hint=hint)
            key = (protocol_of(port), str(port.get("hostIP") or ""), number)
            if key in taken:
                message = f"hostPort {number} is already used in this Pod"
                place = (document.location(*taken[key]),)
                hint = "change one of them"
                # the API server looks at init containers one by one, each as the first of its list
                field = "" if together else field_name((*container.path[:-1], 0, *path[-2:], "hostPort"))
                yield finding(document, where, message, effect="refused", hint=hint, related=place, field=field)
            taken.setdefault(key, where)
