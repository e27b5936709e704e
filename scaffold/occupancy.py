"""Who holds which port, which node ports two Services hold, and how full the bands are. Pure: values in, values out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scaffold.nearby import distance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from scaffold.config import Config
    from scaffold.model import Band, Location, NotJudged, ObjectRef, PortPolicy, TakenPort


class Wanted(NamedTuple):
    """Which ports are asked for; None is any."""

    namespace: str | None = None
    cluster: str | None = None
    low: int = 1
    high: int = 65535
    space: str | None = None

    def has(self, entry: TakenPort) -> bool:
        """Whether a port is among them. Of a cluster is also what could be in any."""
        return (
            self.low <= entry.number <= self.high
            and self.space in (None, entry.space)
            and (self.cluster is None or entry.cluster in (None, self.cluster))
            and (self.namespace is None or entry.owner.key[1] == self.namespace)
        )


class Holding(NamedTuple):
    """One port of one Service, in however many files it is written."""

    port: TakenPort
    places: tuple[Location, ...]
    contested: bool = False


class Half(NamedTuple):
    """One band of a node port range: its ends, how many numbers are held, how many are reserved besides."""

    low: int
    high: int
    held: int
    reserved: int

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return self.high - self.low + 1

    @property
    def free(self) -> int:
        """How many are neither held nor reserved."""
        return self.size - self.held - self.reserved


class Usage(NamedTuple):
    """How full a cluster's node port range is, and who holds its numbers.

    static is None for a range that is too small to have a static band.
    """

    cluster: str | None
    policy: PortPolicy
    static: Half | None
    dynamic: Half
    bands: tuple[tuple[Band, int], ...]
    holders: Mapping[int, Sequence[ObjectRef]]


class Conflict(NamedTuple):
    """A node port that several Services hold in one cluster, or one Service twice: each with its first place."""

    number: int
    cluster: str | None
    holders: tuple[TakenPort, ...]


class Occupancy(NamedTuple):
    """What `ports list` shows: every mention of a port, sorted, and what follows from all of them."""

    entries: tuple[TakenPort, ...]
    usages: tuple[Usage, ...]
    conflicts: tuple[Conflict, ...]
    policy: PortPolicy
    not_judged: tuple[NotJudged, ...]

    def contested(self) -> Callable[[TakenPort], bool]:
        """Tells of a mention of a port whether another Service holds the number too."""
        clusters: dict[tuple[object, ...], set[str | None]] = {}
        for one in self.conflicts:
            for holder in one.holders:
                clusters.setdefault((one.number, holder.owner.key), set()).add(one.cluster)

        def is_contested(entry: TakenPort) -> bool:
            found = clusters.get((entry.number, entry.owner.key), ()) if entry.space == "node" else ()
            return any(entry.cluster is None or cluster in (None, entry.cluster) for cluster in found)

        return is_contested

    def holdings(self) -> list[Holding]:
        """The ports by Service: the same port in many files is one."""
        found: dict[tuple[object, ...], list[TakenPort]] = {}
        for entry in self.entries:
            # taken apart at once, for there may be tens of thousands
            space, number, protocol, (kind, namespace, owner), _, name, service_port, target_port, cluster, *_ = entry
            mine = (kind, namespace or "default", owner)
            key = (space, number, protocol, *mine, name, service_port, target_port, cluster)
            if known := found.get(key):
                known.append(entry)
            else:
                found[key] = [entry]
        contested = self.contested()
        return [
            Holding(first, tuple(dict.fromkeys([first.location, *[one.location for one in more]])), contested(first))
            for first, *more in found.values()
        ]


def survey(
    entries: Iterable[TakenPort],
    config: Config,
    not_judged: Sequence[NotJudged] = (),
    wanted: Wanted = Wanted(),  # noqa: B008 - a NamedTuple never changes
) -> Occupancy:
    """What is taken.

    Args:
        entries: every mention of a port.
        config: ranges, reserved numbers and the names of the clusters.
        not_judged: what could not be read.
        wanted: which ports to list. How full the bands are does not depend on it, but for the cluster.
    """
    everything = _without_echoes(sorted(set(entries), key=_order))
    by_number: dict[int, list[TakenPort]] = {}
    for entry in everything:
        if entry.space == "node":
            by_number.setdefault(entry.number, []).append(entry)
    names: list[str | None] = [one.name for one in config.clusters if wanted.cluster in (None, one.name)]
    listed = tuple(everything if wanted == Wanted() else filter(wanted.has, everything))
    shown = {(one.number, one.owner.key) for one in listed if one.space == "node"}
    return Occupancy(
        listed,
        tuple(_usage(by_number, name, config.policy_of(name)) for name in names or [wanted.cluster]),
        tuple(
            one
            for number, holders in by_number.items()
            for one in _conflicts(number, holders)
            if wanted.cluster in (None, one.cluster)
            and any((number, holder.owner.key) in shown for holder in one.holders)
        ),
        config.policy_of(wanted.cluster),
        tuple(sorted(set(not_judged))),
    )


def _order(entry: TakenPort) -> tuple[object, ...]:
    space, number, protocol, (_, namespace, owner), place, name, service_port, target_port, cluster, source, _ = entry
    mine = (namespace or "default", owner, namespace or "")
    port = (protocol, name or "", service_port or 0, str(target_port))
    return (space, number, cluster or "", *mine, *port, place, source)


def _key(entry: TakenPort) -> tuple[object, ...]:
    return (entry.space, entry.number, entry.protocol, entry.owner.key, entry.port_name)


def _without_echoes(entries: Sequence[TakenPort]) -> list[TakenPort]:
    """Without what only repeats: a saved App spec counts where no manifest shows the port.

    Where both say it, the manifest names the target port, and the spec has its number.
    """
    saved = {_key(one): one.target_port for one in entries if one.source == "app"}
    if not saved:
        return list(entries)
    shown = {_key(one) for one in entries if one.source != "app"}
    out = []
    for one in entries:
        if one.source != "app":
            named = isinstance(one.target_port, str)
            out.append(one._replace(target_port=saved.get(_key(one), one.target_port)) if named else one)
        elif _key(one) not in shown:
            out.append(one)
    return out


def _usage(by_number: Mapping[int, Sequence[TakenPort]], cluster: str | None, policy: PortPolicy) -> Usage:
    holders = {
        number: tuple({one.owner.key: one.owner for one in entries if _is_in(one, cluster)}.values())
        for number, entries in by_number.items()
    }
    held = {number for number, owners in holders.items() if owners}
    kept = {number for one in policy.reserved for number in range(one.low, one.high + 1)} - held

    def half(low: int, high: int) -> Half:
        return Half(low, high, *(sum(low <= number <= high for number in some) for some in (held, kept)))

    limit = policy.low + policy.static_size
    static = half(policy.low, limit - 1) if policy.static_size else None
    inside = [band for band in policy.bands if band.low <= policy.high and band.high >= policy.low]
    bands = tuple((band, half(band.low, band.high).held) for band in inside)
    return Usage(
        cluster,
        policy,
        static,
        half(limit, policy.high),
        bands,
        {number: owners for number, owners in holders.items() if owners},
    )


def _is_in(entry: TakenPort, cluster: str | None) -> bool:
    """Whether a port could be one of this cluster, as `TakenPorts.holders` sees it."""
    return cluster is None or entry.cluster in (None, cluster)


def _conflicts(number: int, entries: Sequence[TakenPort]) -> Iterator[Conflict]:
    """Where several Services hold a number, or one of them twice; once for each cluster.

    Only on one service port may a Service share a number between protocols (rule duplicate-node-port).
    """
    clusters: Sequence[str | None] = sorted({one.cluster for one in entries if one.cluster}) or (None,)
    for cluster in clusters:
        holders: dict[tuple[object, ...], TakenPort] = {}
        in_file: dict[tuple[object, ...], int | None] = {}
        for entry in sorted((one for one in entries if _is_in(one, cluster)), key=_place):
            first = in_file.setdefault((entry.owner.key, entry.location.where), entry.service_port)
            again = () if first == entry.service_port else (entry.service_port,)
            holders.setdefault((entry.owner.key, *again), entry)
        if len(holders) > 1 and not _may_be_one(*holders.values()):
            yield Conflict(number, cluster, tuple(holders.values()))


def _place(entry: TakenPort) -> Location:
    return entry.location


def _may_be_one(one: TakenPort, other: TakenPort, *more: TakenPort) -> bool:
    """Whether one of two mentions leaves out the namespace, which a kustomization or `kubectl -n` gives it later.

    The rule node-port-taken sees it so too.
    """
    named = one.owner.namespace and other.owner.namespace
    if more or one.owner.name != other.owner.name or named:
        return False
    return distance(one.location.where, other.location.where) > 1
