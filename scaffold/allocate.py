"""Wishes + what is taken + policy -> the numbers. Pure: same inputs, same numbers, in any order of reading.

Service ports are the Service's own; node ports are a cluster's, and an app with environments has them once for each.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from scaffold.errors import AnswerNo
from scaffold.model import (
    AppSpec,
    Assignment,
    Environment,
    EnvironmentPort,
    Location,
    PortPlan,
    PortPolicy,
    PortWish,
    TakenPort,
    TakenPorts,
)
from scaffold.node_ports import NodePorts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


def plan(
    app: AppSpec,
    taken: TakenPorts,
    policy: PortPolicy,
    cluster: str | None = None,
    environments: Sequence[Environment] = (),
) -> PortPlan:
    """Decides every number of one app.

    Args:
        app: a valid spec; numbers that are None are chosen here.
        taken: who holds what, this app's own Service included.
        policy: range, reserved numbers, bands, strategy.
        cluster: the cluster that the app goes to, where the config names clusters.
        environments: where the app goes to, each with node ports of its own; its own policy and cluster count then.

    Raises:
        AnswerNo: a wished number is held, reserved or out of range, or nothing is free; names the holder.
    """
    owned = _meeting(taken.of(app.service), cluster)
    held = _Held(owned, app)
    service_ports = _service_ports(app, held, policy)
    if environments:
        return _plan_environments(app, taken, service_ports, environments)
    nodes = NodePorts(app, taken, Environment("", "", policy, cluster))
    node_ports = _node_ports(app, held, nodes, service_ports)
    return PortPlan(
        app,
        tuple(
            Assignment(wish, service_ports[wish][0], node_ports[wish][0], service_ports[wish][1], node_ports[wish][1])
            for wish in app.ports
        ),
    )


def _plan_environments(
    app: AppSpec,
    taken: TakenPorts,
    service_ports: dict[PortWish, tuple[int, str]],
    environments: Sequence[Environment],
) -> PortPlan:
    """Node ports for one environment after the other. What one has or asks for is nothing for another to choose."""
    owned = {ref.key: taken.of(ref) for ref in (app.service, *(one.service(app) for one in environments))}
    every = [entry for entries in owned.values() for entry in entries]
    held = {one.name: _Held(every, app, one) for one in environments}
    has = {one.name: _spoken_for(app, held[one.name], one.name) for one in environments}
    chosen: dict[PortWish, list[EnvironmentPort]] = {wish: [] for wish in app.ports}
    for one in environments:
        others = [other for other in environments if other is not one]
        same = {number: other.name for other in others if other.shares_cluster(one) for number in has[other.name]}
        avoided = {number for other in others if other.may_meet(one) for number in has[other.name]}
        there = {wish: wish._replace(node_port=wish.node_port_in(one.name)) for wish in app.ports}
        numbers = _node_ports(
            app._replace(ports=tuple(there.values())),
            held[one.name],
            NodePorts(app, taken, one, same),
            {there[wish]: service_ports[wish] for wish in app.ports},
            avoided,
        )
        for wish in app.ports:
            number, reason = numbers[there[wish]]
            chosen[wish].append(EnvironmentPort(one.name, number, reason))
            has[one.name] |= {number} if number else set()
    assignments = [
        Assignment(wish, service_ports[wish][0], None, service_ports[wish][1], "one for each environment", tuple(ports))
        for wish, ports in chosen.items()
    ]
    return PortPlan(app, tuple(assignments))


def _spoken_for(app: AppSpec, held: _Held, environment: str) -> set[int]:
    """The node ports that the app asks for or holds in one environment."""
    wanted = (wish.node_port_in(environment) or held.number("node", wish) for wish in app.ports)
    return {number for number in wanted if number}


def _meeting(entries: list[TakenPort], cluster: str | None) -> list[TakenPort]:
    """Those of one cluster: in another one the same Service has numbers of its own."""
    return [one for one in entries if cluster is None or one.cluster in (None, cluster)]


def free_node_ports(
    taken: TakenPorts,
    policy: PortPolicy,
    *,
    namespace: str | None = None,
    cluster: str | None = None,
    band: str | None = None,
) -> Iterator[int]:
    """The node ports that a new Service could have, in the order in which the strategy `first` gives them.

    Args:
        taken: who holds what.
        policy: range, reserved numbers, bands.
        namespace: of the Service; None is `default`.
        cluster: where it goes, where the config names clusters.
        band: `static` or `dynamic`; None is both.
    """
    nobody = AppSpec("", "", (), namespace=namespace)
    return NodePorts(nobody, taken, Environment("", "", policy._replace(strategy="first"), cluster)).free(band)


def plan_all(
    apps: Sequence[AppSpec],
    taken: TakenPorts,
    policy_of: Callable[[AppSpec], tuple[PortPolicy, str | None]],
    environments_of: Callable[[AppSpec], Sequence[Environment]] = lambda _: (),
) -> Iterator[PortPlan]:
    """Plans many apps of one run: a number that any of them asks for is given to nobody else.

    Args:
        apps: valid specs, no two with the same namespace and name.
        taken: who holds what; the numbers given here are claimed in it.
        policy_of: app -> its policy and its cluster.
        environments_of: app -> its environments; empty for an app that has none.

    Raises:
        AnswerNo: as `plan`.
    """
    for app in apps:
        taken.claim(_claims(app, app.ports, policy_of(app)[1], environments_of(app)))
    for app in apps:
        policy, cluster = policy_of(app)
        environments = environments_of(app)
        planned = plan(app, taken, policy, cluster, environments)
        yield planned
        given = [one.filled for one in planned.assignments if one.filled != one.wish]
        taken.claim(_claims(app, given, cluster, environments))


def _claims(
    app: AppSpec, wishes: Iterable[PortWish], cluster: str | None, environments: Sequence[Environment]
) -> Iterator[TakenPort]:
    places: list[tuple[str | None, str | None]] = [(one.name, one.cluster) for one in environments]
    for wish in wishes:
        for environment, there in places or [(None, cluster)]:
            number = wish.node_port_in(environment)
            if number is not None:
                place = wish.location or Location("--port")
                more = (wish.name, wish.service_port, wish.target_port, there, "spec", environment)
                yield TakenPort("node", number, wish.protocol, app.service, place, *more)


class _Held:
    """What this Service holds already, by port name; svcgen never moves a number on its own."""

    def __init__(self, entries: list[TakenPort], app: AppSpec, environment: Environment | None = None) -> None:
        wanted = {(wish.name, wish.protocol) for wish in app.ports}
        self._by_name: dict[tuple[str, str | None, str], int] = {
            (entry.space, entry.port_name, entry.protocol): entry.number
            # a manifest wins over the saved spec, the lower number over the higher
            for entry in sorted(entries, key=lambda entry: (entry.source == "tree", -entry.number))
            if entry.source != "spec"
            and (entry.port_name, entry.protocol) in wanted
            and (environment is None or _is_in(entry, environment))
        }

    def number(self, space: str, wish: PortWish) -> int | None:
        return self._by_name.get((space, wish.name, wish.protocol))


def _is_in(entry: TakenPort, environment: Environment) -> bool:
    """Whether an environment's own saved number or manifest says so, or its Service in its own namespace."""
    if environment.namespace and entry.owner.namespace == environment.namespace and entry.source != "app":
        return True
    return entry.environment == environment.name or os.path.dirname(entry.location.where) == environment.folder


def _service_ports(app: AppSpec, held: _Held, policy: PortPolicy) -> dict[PortWish, tuple[int, str]]:
    """The wish, else what the Service has, else the configured number of that name, else the first free."""
    chosen: dict[PortWish, tuple[int, str]] = {
        wish: (wish.service_port, "asked for") for wish in app.ports if wish.service_port is not None
    }
    used = {(number, wish.protocol) for wish, (number, _) in chosen.items()}
    for reason, number_of in (
        ("kept", lambda wish: held.number("service", wish)),
        ("set for this name in the config", lambda wish: policy.service_by_name.get(wish.name)),
    ):
        for wish in app.ports:
            number = number_of(wish)  # type: ignore[no-untyped-call]
            if wish not in chosen and number is not None and (number, wish.protocol) not in used:
                chosen[wish] = (number, reason)
                used.add((number, wish.protocol))
    numbers = {number for number, _ in used}
    candidate = policy.service_first
    for wish in app.ports:
        if wish in chosen:
            continue
        while candidate in numbers:
            candidate += 1
        if candidate > 65535:
            raise AnswerNo(
                f"no service port from {policy.service_first} to 65535 is free in {app.service}",
                wish.location,
                f"ask for one: -p {wish.name}=80:{wish.target_port}",
            )
        chosen[wish] = (candidate, f"first free from {policy.service_first}")
        numbers.add(candidate)
    return chosen


def _node_ports(
    app: AppSpec,
    held: _Held,
    nodes: NodePorts,
    service_ports: dict[PortWish, tuple[int, str]],
    avoided: Iterable[int] = (),
) -> dict[PortWish, tuple[int | None, str]]:
    if app.type == "ClusterIP":
        return dict.fromkeys(app.ports, (None, "a ClusterIP Service has none"))
    chosen: dict[PortWish, tuple[int | None, str]] = {}
    used: set[int] = set()
    for wish in app.ports:
        if wish.node_port is not None:
            nodes.refuse_unless_free(wish, wish.node_port)
            chosen[wish] = (wish.node_port, "asked for")
            used.add(wish.node_port)
    for wish in app.ports:
        number = held.number("node", wish)
        if wish in chosen or number is None:
            continue
        nodes.refuse_to_move(wish, number)
        sharers = [other for other in chosen if chosen[other][0] == number]
        if all(service_ports[other][0] == service_ports[wish][0] for other in sharers):
            chosen[wish] = (number, "kept")
            used.add(number)
    for wish in app.ports:
        if wish in chosen:
            continue
        twin = next((o for o in app.ports if o in chosen and service_ports[o][0] == service_ports[wish][0]), None)
        if twin:
            chosen[wish] = (chosen[twin][0], f"shared with {twin.name}, the same service port")
            continue
        chosen[wish] = nodes.choose(wish, used.union(avoided))
        used.add(chosen[wish][0] or 0)
    return chosen
