"""What a template sees of an app: names with one meaning each, every number decided by the plan."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from scaffold.model import PortPlan


class AppView(NamedTuple):
    """`app` in a template."""

    name: str
    namespace: str | None
    image: str
    replicas: int
    type: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    env: Mapping[str, str]
    selector: Mapping[str, str]


class PortView(NamedTuple):
    """One of `ports` in a template.

    node_port is None on a ClusterIP Service, and in a pack with environments: `environment.ports` have it then.
    """

    name: str
    service_port: int
    target_port: int
    node_port: int | None
    protocol: str
    app_protocol: str | None


class EnvironmentView(NamedTuple):
    """`environment` in a file that is made once per environment: its name, and the ports with its own node ports."""

    name: str
    ports: tuple[PortView, ...]


def environment(plan: PortPlan, name: str) -> EnvironmentView:
    """`environment` of a plan, for one of its environments."""
    return EnvironmentView(name, _ports(plan.within(name)))


def context(plan: PortPlan) -> dict[str, Any]:
    """`app` and `ports` of a plan."""
    app = plan.app
    view = AppView(
        app.name,
        app.namespace,
        app.image,
        app.replicas,
        app.type,
        {**app.selector, "app.kubernetes.io/managed-by": "svcgen", **app.labels},
        app.annotations,
        app.env,
        app.selector,
    )
    return {"app": view, "ports": _ports(plan)}


def _ports(plan: PortPlan) -> tuple[PortView, ...]:
    return tuple(
        PortView(
            one.wish.name,
            one.service_port,
            one.wish.target_port,
            one.node_port,
            one.wish.protocol,
            one.wish.app_protocol,
        )
        for one in plan.assignments
    )
