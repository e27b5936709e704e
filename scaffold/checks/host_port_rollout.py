"""A rolling update that waits for a host port.

A host port is there once on each node, so a new Pod starts only on a node where none of the old ones runs. Where no
old Pod may go first (`maxUnavailable` 0, which the default 25% of fewer than four replicas is), the update of as many
Pods as there are nodes waits for ever: `node(s) didn't have free ports for the requested pod ports`.

Fails:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: proxy}
    spec:
      replicas: 2
      selector: {matchLabels: {app: proxy}}
      template:
        metadata: {labels: {app: proxy}}
        spec:
          containers:
            - name: proxy
              image: "nginx:1.27"
              ports: [{containerPort: 80, hostPort: 80}]

Passes:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: proxy}
    spec:
      replicas: 2
      strategy: {rollingUpdate: {maxUnavailable: 1}}
      selector: {matchLabels: {app: proxy}}
      template:
        metadata: {labels: {app: proxy}}
        spec:
          containers:
            - name: proxy
              image: "nginx:1.27"
              ports: [{containerPort: 80, hostPort: 80}]

Mend: write `maxUnavailable: 1`, or `type: Recreate`; for one Pod on each node write a DaemonSet.

Source: pkg/controller/deployment/util/deployment_util.go, ResolveFenceposts; the scheduler's plugin NodePorts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.shapes import as_dict, as_number, dig, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "host-port-rollout"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The first host port of a Deployment that replaces no Pod before its successor is ready."""
    place = _host_port(document, facts)
    if place is None:
        return
    spec = as_dict(document.data.get("spec"))
    strategy = as_dict(spec.get("strategy"))
    replicas = 1 if spec.get("replicas") is None else as_number(spec["replicas"])
    if not replicas or strategy.get("type") not in (None, "", "RollingUpdate"):
        return
    rolling = as_dict(strategy.get("rollingUpdate"))
    if _share(rolling.get("maxUnavailable"), replicas) != 0 or _share(rolling.get("maxSurge"), replicas, up=99) == 0:
        return
    path, number = place
    written = rolling.get("maxUnavailable")
    why = f"maxUnavailable is {written if written is not None else '25%'} of {replicas}, which is none"
    if written == 0:
        why = "maxUnavailable is 0"
    what = f"hostPort {number}" if path[-1] == "hostPort" else f"hostNetwork with port {number}"
    message = f"{what}, and {why}: a new Pod waits for a node where no old one runs"
    yield finding(
        document, path, message, effect="fragile", hint="write maxUnavailable: 1 under strategy.rollingUpdate"
    )


def _host_port(document: Document, facts: Facts) -> tuple[Path, int] | None:
    workload = facts.workload(document)
    if workload is None:
        return None
    host_network = dig(document.data, (*workload.pod, "hostNetwork")) is True
    for container in workload.containers:
        ports = container.data.get("ports")
        for index, port in enumerate(ports if isinstance(ports, list) else ()):
            if isinstance(port, dict) and (host_network or port.get("hostPort")):
                field = "hostPort" if port.get("hostPort") else "containerPort"
                if number := as_number(port.get(field)):
                    return (*container.path, "ports", index, field), number
    return None


def _share(written: Any, replicas: int, up: int = 0) -> int | None:  # noqa: ANN401
    """How many Pods a number or a percentage is, 25% where none is written; None for what is neither."""
    if written is None:
        written = "25%"
    if isinstance(written, str):
        number = written.removesuffix("%")
        if not written.endswith("%") or not number.isascii() or not number.isdigit() or len(number) > 9:
            return None
        return (int(number) * replicas + up) // 100
    return as_number(written)
