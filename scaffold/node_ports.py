"""Which node ports an app may have in one cluster, and why not the others. Pure.

A node port is one number cluster-wide, whatever the protocol. Only entries of one Service on the same service port
may share it (pkg/registry/core/service/storage/alloc.go, initNodePorts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from scaffold.errors import AnswerNo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffold.model import AppSpec, Environment, Location, ObjectRef, PortWish, TakenPort, TakenPorts


class NodePorts:
    """Which node ports this app may have, and why not the others."""

    def __init__(
        self, app: AppSpec, taken: TakenPorts, where: Environment, elsewhere: Mapping[int, str] | None = None
    ) -> None:
        """Looks at the numbers of one cluster.

        Args:
            app: the app that the numbers are for.
            taken: who holds what.
            where: the environment of the app; one without a name is all of it.
            elsewhere: what the app has in other environments of the same cluster: number -> environment.
        """
        self._service: ObjectRef = app.service
        self._key = app.service.key
        # the tree says the app's namespace, a cluster or what kustomize built the environment's
        self._there = where.service(app).key
        self._environment, self._elsewhere = where.name, elsewhere or {}
        self._taken, self._policy, self._cluster = taken, where.policy, where.cluster
        namespace = self._there[1]
        self._bands = [band for band in where.policy.bands if band.namespace == namespace]
        self._others = [band for band in where.policy.bands if band.namespace != namespace]

    def choose(self, wish: PortWish, used: set[int]) -> tuple[int, str]:
        """The next free number that is not in `used`, static band first; and why that one.

        Raises:
            AnswerNo: none is free; names the first holders.
        """
        for half, first, stop in self._candidates():
            for number in self._walk(first, stop):
                if number not in used and self.is_free(number):
                    return number, self._reason(half, first, stop)
        raise self._full(wish)

    def free(self, band: str | None = None) -> Iterator[int]:
        """Every free number of one band, `static` or `dynamic`, or of both."""
        for half, first, stop in self._candidates():
            if band in (None, half):
                yield from filter(self.is_free, self._walk(first, stop))

    def is_free(self, number: int) -> bool:
        """Whether this app may have a number."""
        if number in self._elsewhere or self._is_held(number):
            return False
        return self._policy.low <= number <= self._policy.high and self._kept_back(number) is None

    def _is_held(self, number: int) -> bool:
        held = self._taken.is_held(number, besides=self._key, cluster=self._cluster)
        return held and (self._there == self._key or any(self._others_with(number)))

    def _others_with(self, number: int) -> Iterator[TakenPort]:
        """Who else holds a number; the same Service in the environment's own namespace is nobody else."""
        for entry in self._taken.holders(number, besides=self._service, cluster=self._cluster):
            if entry.owner.key != self._there:
                yield entry

    def refuse_unless_free(self, wish: PortWish, number: int) -> None:
        """Refuses a number that this app may not have.

        Raises:
            AnswerNo: with the reason, the holder's place, and a number that is free.
        """
        problem = self._problem(number)
        if problem is None:
            return
        reason, place = problem
        free = next(self.free(), None)
        hint = "drop the number and svcgen chooses one" + (f", or take {free}, which is free" if free else "")
        within = f" in {self._environment}" if self._environment else ""
        error = AnswerNo(f"node port {number} of {wish.name!r}{within} {reason}", wish.location, hint)
        if place is not None:
            error.message += f" ({place})"
        raise error

    def refuse_to_move(self, wish: PortWish, number: int) -> None:
        """Refuses a number that the Service has and cannot keep: svcgen never moves one on its own.

        What the config reserved since, or gave to another namespace, stays where it is.

        Raises:
            AnswerNo: somebody else holds it too, or it is outside the range or a limit of the pack.
        """
        problem = self._unusable(number) or self._beyond_limits(number)
        if problem is None:
            return
        reason, place = problem
        free = next(self.free(), "NODE")
        asked = f"{free}:auto:{wish.target_port}"
        if self._environment:
            asked = f"{wish.target_port},nodePort.{self._environment}={free}"
        where = f" in {self._environment}" if self._environment else ""
        raise AnswerNo(
            f"node port {number}, which {self._service} has for {wish.name!r}{where}, {reason}"
            + (f" ({place})" if place else ""),
            wish.location,
            f"to move it, ask for another: -p {wish.name}={asked}",
        )

    def _problem(self, number: int) -> tuple[str, Location | None] | None:
        return self._unusable(number) or self._kept_back(number)

    def _unusable(self, number: int) -> tuple[str, Location | None] | None:
        """Why the cluster would not take a number from this app."""
        policy = self._policy
        if not policy.low <= number <= policy.high:
            return f"is outside the range {policy.low}-{policy.high}", None
        if number in self._elsewhere:
            return f"is already held by {self._service} in {self._elsewhere[number]}, the same cluster", None
        for entry in self._others_with(number):
            return f"is already held by {entry.owner}", entry.location
        return None

    def _beyond_limits(self, number: int) -> tuple[str, Location | None] | None:
        for limit in self._policy.limits:
            if not limit.low <= number <= limit.high:
                return f"is outside {limit.low}-{limit.high}: {limit.reason}", limit.location
        return None

    def _kept_back(self, number: int) -> tuple[str, Location | None] | None:
        """Why the pack or the config keeps a number from this app. A namespace's own band is there for it."""
        if beyond := self._beyond_limits(number):
            return beyond
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
        spans = [(low, high + 1) for low, high in self._spans()]
        for half, low, high in (("static", policy.low, limit), ("dynamic", limit, policy.high + 1)):
            for start, end in spans:
                first, stop = max(start, low), min(end, high)
                if first < stop:
                    yield half, first, stop

    def _spans(self) -> list[tuple[int, int]]:
        """The namespace's bands, or the whole range, as far as the pack allows them; both ends included."""
        policy = self._policy
        low = max((policy.low, *(limit.low for limit in policy.limits)))
        high = min((policy.high, *(limit.high for limit in policy.limits)))
        if not self._bands:
            return [(low, high)] if low <= high else []
        cut = [(max(band.low, low), min(band.high, high)) for band in self._bands]
        return [span for span in cut if span[0] <= span[1]]

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
        spans = self._spans()
        lines: list[str] = []
        total = 0
        for low, high in spans:
            for number in range(low, high + 1):
                problem = self._problem(number)
                total += 1
                if problem and len(lines) < 5:
                    lines.append(f"{number} {problem[0]}" + (f" ({problem[1]})" if problem[1] else ""))
        text = ", ".join(f"{low}-{high}" for low, high in spans) or f"{self._policy.low}-{self._policy.high}"
        lines += [f"only {one.low}-{one.high}: {one.reason} ({one.location})" for one in self._policy.limits]
        more = f"\nand {total - len(lines)} more" if total > len(lines) else ""
        return AnswerNo(
            f"no node port is free in {text} for {wish.name!r}:\n" + "\n".join(lines) + more,
            wish.location,
            "widen the range with --node-port-range or .svcgen/config.yaml, or use --type ClusterIP",
        )
