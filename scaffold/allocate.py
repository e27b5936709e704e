"""Wishes + what is taken + policy -> the numbers. Pure: same inputs, same numbers, in any order of reading.

A node port is one number cluster-wide, whatever the protocol. Only entries of one Service on the same service port
may share it (pkg/registry/core/service/storage/alloc.go, initNodePorts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from scaffold.errors import AnswerNo
from scaffold.model import (
    AppSpec,
    Assignment,
    Location,
    ObjectRef,
    PortPlan,
    PortPolicy,
    PortWish,
    TakenPort,
    TakenPorts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


def plan(app: AppSpec, taken: TakenPorts, policy: PortPolicy, cluster: str | None = None) -> PortPlan:
    """Decides every number of one app.

    Args:
        app: a valid spec; numbers that are None are chosen here.
        taken: who holds what, this app's own Service included.
        policy: range, reserved numbers, bands, strategy.
        cluster: the cluster that the app goes to, where the config names clusters.

    Raises:
        AnswerNo: a wished number is held, reserved or out of range, or nothing is free; names the holder.
    """
    held = _Held(_meeting(taken.of(app.service), cluster), app)
    service_ports = _service_ports(app, held, policy)
    nodes = _NodePorts(app.service, taken, policy, cluster)
    node_ports = _node_ports(app, held, nodes, service_ports)
    return PortPlan(
        app,
        tuple(
            Assignment(wish, service_ports[wish][0], node_ports[wish][0], service_ports[wish][1], node_ports[wish][1])
            for wish in app.ports
        ),
    )


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
    nobody = ObjectRef("Service", namespace, "")
    return _NodePorts(nobody, taken, policy._replace(strategy="first"), cluster).free(band)


def plan_all(
    apps: Sequence[AppSpec], taken: TakenPorts, policy_of: Callable[[AppSpec], tuple[PortPolicy, str | None]]
) -> Iterator[PortPlan]:
    """Plans many apps of one run: a number that any of them asks for is given to nobody else.

    Args:
        apps: valid specs, no two with the same namespace and name.
        taken: who holds what; the numbers given here are claimed in it.
        policy_of: app -> its policy and its cluster.

    Raises:
        AnswerNo: as `plan`.
    """
    for app in apps:
        _, cluster = policy_of(app)
        taken.claim(_claims(app, app.ports, cluster))
    for app in apps:
        policy, cluster = policy_of(app)
        planned = plan(app, taken, policy, cluster)
        yield planned
        given = [one.filled for one in planned.assignments if one.wish.node_port is None]
        taken.claim(_claims(app, given, cluster))


def _claims(app: AppSpec, wishes: Iterable[PortWish], cluster: str | None) -> Iterator[TakenPort]:
    for wish in wishes:
        if wish.node_port is not None:
            place = wish.location or Location("--port")
            yield TakenPort(
                "node",
                wish.node_port,
                wish.protocol,
                app.service,
                place,
                wish.name,
                wish.service_port,
                wish.target_port,
                cluster,
                "spec",
            )


class _Held:
    """What this Service holds already, by port name; svcgen never moves a number on its own."""

    def __init__(self, entries: list[TakenPort], app: AppSpec) -> None:
        wanted = {(wish.name, wish.protocol) for wish in app.ports}
        self._by_name: dict[tuple[str, str | None, str], int] = {
            (entry.space, entry.port_name, entry.protocol): entry.number
            # a manifest wins over the saved spec, the lower number over the higher
            for entry in sorted(entries, key=lambda entry: (entry.source == "tree", -entry.number))
            if entry.source != "spec" and (entry.port_name, entry.protocol) in wanted
        }

    def number(self, space: str, wish: PortWish) -> int | None:
        return self._by_name.get((space, wish.name, wish.protocol))


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
    app: AppSpec, held: _Held, nodes: _NodePorts, service_ports: dict[PortWish, tuple[int, str]]
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
        if wish in chosen or number is None or not nodes.is_free(number):
            continue
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
        chosen[wish] = nodes.choose(wish, used)
        used.add(chosen[wish][0] or 0)
    return chosen


class _NodePorts:
    """Which node ports this app may have, and why not the others."""

    def __init__(self, service: ObjectRef, taken: TakenPorts, policy: PortPolicy, cluster: str | None) -> None:
        self._service, self._key = service, service.key
        self._taken, self._policy, self._cluster = taken, policy, cluster
        namespace = service.namespace or "default"
        self._bands = [band for band in policy.bands if band.namespace == namespace]
        self._others = [band for band in policy.bands if band.namespace != namespace]

    def choose(self, wish: PortWish, used: set[int]) -> tuple[int, str]:
        """The next free number, static band first."""
        for half, first, stop in self._candidates():
            for number in self._walk(first, stop):
                if number not in used and self.is_free(number):
                    return number, self._reason(half, first, stop)
        raise self._full(wish)

    def free(self, band: str | None = None) -> Iterator[int]:
        """Every free number of one band, or of both."""
        for half, first, stop in self._candidates():
            if band in (None, half):
                yield from filter(self.is_free, self._walk(first, stop))

    def is_free(self, number: int) -> bool:
        if self._taken.is_held(number, besides=self._key, cluster=self._cluster):
            return False
        return self._policy.low <= number <= self._policy.high and self._kept_back(number) is None

    def refuse_unless_free(self, wish: PortWish, number: int) -> None:
        problem = self._problem(number)
        if problem is None:
            return
        reason, place = problem
        free = next(self.free(), None)
        hint = "drop the number and svcgen chooses one" + (f", or take {free}, which is free" if free else "")
        error = AnswerNo(f"node port {number} of {wish.name!r} {reason}", wish.location, hint)
        if place is not None:
            error.message += f" ({place})"
        raise error

    def _problem(self, number: int) -> tuple[str, Location | None] | None:
        policy = self._policy
        if not policy.low <= number <= policy.high:
            return f"is outside the range {policy.low}-{policy.high}", None
        for entry in self._taken.holders(number, besides=self._service, cluster=self._cluster):
            return f"is already held by {entry.owner}", entry.location
        return self._kept_back(number)

    def _kept_back(self, number: int) -> tuple[str, Location | None] | None:
        """Why the config keeps a number from this app, if it does. A namespace's own band is there for it."""
        for band in self._others:
            if band.low <= number <= band.high:
                return f"lies in the band of namespace {band.namespace}", band.location
        if self._bands:
            if any(band.low <= number <= band.high for band in self._bands):
                return None
            bands = ", ".join(f"{band.low}-{band.high}" for band in self._bands)
            return f"is outside {bands}, the band of namespace {self._bands[0].namespace}", self._bands[0].location
        kept = next((one for one in self._policy.reserved if one.low <= number <= one.high), None)
        return (f"is reserved: {kept.reason}", kept.location) if kept else None

    def _candidates(self) -> Iterator[tuple[str, int, int]]:
        """Ranges in the order in which they are tried: the namespace's bands or the whole range, static half first."""
        policy = self._policy
        limit = policy.low + policy.static_size
        spans = [(band.low, band.high + 1) for band in self._bands] or [(policy.low, policy.high + 1)]
        for half, low, high in (("static", policy.low, limit), ("dynamic", limit, policy.high + 1)):
            for start, end in spans:
                first, stop = max(start, low), min(end, high)
                if first < stop:
                    yield half, first, stop

    def _reason(self, half: str, first: int, stop: int) -> str:
        way = "first free of" if self._policy.strategy == "first" else "free in"
        return f"{way} {first}-{stop - 1}, the {half} band"

    def _walk(self, first: int, stop: int) -> Iterator[int]:
        """Every number once. `stable` starts at a place of the app's own, so that two branches rarely meet."""
        size = stop - first
        _, namespace, name = self._service.key
        start = 0 if self._policy.strategy == "first" else crc32(f"{namespace}/{name}".encode()) % size
        yield from range(first + start, stop)
        yield from range(first, first + start)

    def _full(self, wish: PortWish) -> AnswerNo:
        spans = [(band.low, band.high) for band in self._bands] or [(self._policy.low, self._policy.high)]
        lines: list[str] = []
        total = 0
        for low, high in spans:
            for number in range(low, high + 1):
                problem = self._problem(number)
                total += 1
                if problem and len(lines) < 5:
                    lines.append(f"{number} {problem[0]}" + (f" ({problem[1]})" if problem[1] else ""))
        text = ", ".join(f"{low}-{high}" for low, high in spans)
        more = f"\nand {total - len(lines)} more" if total > len(lines) else ""
        return AnswerNo(
            f"no node port is free in {text} for {wish.name!r}:\n" + "\n".join(lines) + more,
            wish.location,
            "widen the range with --node-port-range or .svcgen/config.yaml, or use --type ClusterIP",
        )
