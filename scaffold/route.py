"""client -> node:nodePort -> service:port -> pod:targetPort, from a plan; `trace.py` follows it through manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.model import Hop, Route

if TYPE_CHECKING:
    from scaffold.model import PortPlan


def of_plan(plan: PortPlan) -> tuple[Route, ...]:
    """The route of every port of an app that svcgen made: nothing can break it, the files are verified."""
    app = plan.app
    routes = []
    for one in plan.assignments:
        hops = [
            Hop("service", one.service_port, name=app.name),
            Hop("pod", one.wish.target_port, name=app.name, container=app.name, port_name=one.wish.name),
        ]
        if one.node_port:
            hops.insert(0, Hop("node", one.node_port))
        routes.append(Route(app.service, one.wish.name, one.wish.protocol, tuple(hops)))
    return tuple(routes)
