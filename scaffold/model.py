"""The values that travel along the line. They never change and know nothing of files, terminals or clusters.

They are `NamedTuple`s: making twenty frozen dataclasses costs more at start-up than starting Python itself.
Numbers are never called just `port`: see the words in docs/words.md.
"""

# No `from __future__ import annotations` here: it makes every field's type a string, and NamedTuple compiles each.
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

Protocol = Literal["TCP", "UDP", "SCTP"]
ServiceType = Literal["ClusterIP", "NodePort", "LoadBalancer"]
Space = Literal["node", "service"]
Level = Literal["error", "warning", "info"]
Effect = Literal["refused", "broken", "fragile", "advice"]
Strategy = Literal["stable", "first"]

PROTOCOLS: tuple[Protocol, ...] = ("TCP", "UDP", "SCTP")
SERVICE_TYPES: tuple[ServiceType, ...] = ("ClusterIP", "NodePort", "LoadBalancer")
LEVEL_OF: dict[Effect, Level] = {"refused": "error", "broken": "error", "fragile": "warning", "advice": "info"}


class Location(NamedTuple):
    """A place: a file (as the reader would type it) with line and column from 1, or a flag such as `--port`."""

    where: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([str(part) for part in self if part])


class ObjectRef(NamedTuple):
    """A Kubernetes object; namespace is None where the manifest does not write one."""

    kind: str
    namespace: str | None
    name: str

    def __str__(self) -> str:
        return f"{self.namespace or 'default'}/{self.name}"

    @property
    def key(self) -> tuple[str, str, str]:
        """Equal for two mentions of one object: a namespace not written is `default`, as for kubectl."""
        return (self.kind, self.namespace or "default", self.name)


class PortWish(NamedTuple):
    """One port of an app as it was asked for. None means: choose one."""

    name: str
    target_port: int
    protocol: Protocol = "TCP"
    service_port: int | None = None
    node_port: int | None = None
    app_protocol: str | None = None
    location: Location | None = None


class AppSpec(NamedTuple):
    """What the user wants; `spec.parse` made sure that every name and number obeys Kubernetes' rules."""

    name: str
    image: str
    ports: tuple[PortWish, ...]
    namespace: str | None = None
    replicas: int = 1
    type: ServiceType = "NodePort"
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    env: Mapping[str, str] = {}
    pack: str = "default"
    pack_version: str | None = None
    answers: Mapping[str, Any] = {}
    output: str | None = None
    location: Location | None = None

    @property
    def service(self) -> ObjectRef:
        """The Service that this app will have."""
        return ObjectRef("Service", self.namespace, self.name)

    @property
    def selector(self) -> dict[str, str]:
        """The one map that the Service selects by, the Deployment matches by and the Pods carry. Never changes."""
        return {"app.kubernetes.io/name": self.name, "app.kubernetes.io/instance": self.name}


class TakenPort(NamedTuple):
    """A number in use, and who says so. `space` is `node` (one per cluster) or `service` (one per Service)."""

    space: Space
    number: int
    protocol: str
    owner: ObjectRef
    location: Location
    port_name: str | None = None
    service_port: int | None = None
    target_port: int | str | None = None
    cluster: str | None = None
    source: str = "tree"


class TakenPorts:
    """Every number in use, whatever the order it was read in."""

    def __init__(self, entries: Iterable[TakenPort] = ()) -> None:
        self._entries: list[TakenPort] = []
        self._nodes: dict[int, list[tuple[tuple[str, str, str], TakenPort]]] = {}
        self._services: dict[tuple[str, str, str], list[TakenPort]] = {}
        self.claim(sorted(set(entries), key=_by_place))

    def __iter__(self) -> Iterator[TakenPort]:
        return iter(self._entries)

    def claim(self, entries: Iterable[TakenPort]) -> None:
        """Adds what was just given, so that the next app of the same run does not get it too."""
        for entry in entries:
            self._entries.append(entry)
            if entry.space == "node":
                self._nodes.setdefault(entry.number, []).append((entry.owner.key, entry))
            self._services.setdefault(entry.owner.key, []).append(entry)

    def holders(self, node_port: int, *, besides: ObjectRef, cluster: str | None = None) -> list[TakenPort]:
        """Who else holds this node port. Without a cluster on either side the two could meet, so it counts."""
        holders = self._nodes.get(node_port)
        if not holders:
            return []
        mine = besides.key
        return [
            entry for owner, entry in holders if owner != mine and (cluster is None or entry.cluster in (None, cluster))
        ]

    def is_held(self, node_port: int, *, besides: tuple[str, str, str], cluster: str | None = None) -> bool:
        """Whether `holders` names anybody; `besides` is the key of an owner. Asked for every number on the way."""
        for owner, entry in self._nodes.get(node_port, ()):
            if owner != besides and (cluster is None or entry.cluster in (None, cluster)):
                return True
        return False

    def of(self, owner: ObjectRef) -> list[TakenPort]:
        """What this object holds already."""
        return self._services.get(owner.key, [])


def _by_place(entry: TakenPort) -> tuple[object, ...]:
    # None cannot be compared with text, so every optional part is turned into text first.
    return (entry.number, entry.space, entry.owner.key, entry.protocol, entry.location, str(entry))


class Reserved(NamedTuple):
    """Numbers, both ends included, that nobody is given."""

    low: int
    high: int
    reason: str
    location: Location


class Band(NamedTuple):
    """Numbers, both ends included, for the apps of one namespace only."""

    namespace: str
    low: int
    high: int
    location: Location


class PortPolicy(NamedTuple):
    """Which numbers may be given. The default node port range is the API server's own (KEP-3668 for its halves)."""

    low: int = 30000
    high: int = 32767
    reserved: tuple[Reserved, ...] = ()
    bands: tuple[Band, ...] = ()
    service_first: int = 8080
    service_by_name: Mapping[str, int] = {}
    strategy: Strategy = "stable"

    @property
    def static_size(self) -> int:
        """How many numbers at the low end the cluster leaves for explicit use.

        Source: `calculateRangeOffset` in pkg/registry/core/service/portallocator/allocator.go.
        """
        size = self.high - self.low + 1
        return 0 if size <= 16 else min(max(size // 32, 16), 128)


class Assignment(NamedTuple):
    """One port with its numbers, and why each was chosen. node_port is None on a ClusterIP Service."""

    wish: PortWish
    service_port: int
    node_port: int | None
    service_reason: str
    node_reason: str

    @property
    def filled(self) -> PortWish:
        """The wish with every number filled in."""
        return self.wish._replace(service_port=self.service_port, node_port=self.node_port)


class PortPlan(NamedTuple):
    """An app with every number decided, in the order in which its ports were asked for."""

    app: AppSpec
    assignments: tuple[Assignment, ...]

    @property
    def spec(self) -> AppSpec:
        """The App spec that gives this plan again."""
        return self.app._replace(ports=tuple(assignment.filled for assignment in self.assignments))


class RenderedFile(NamedTuple):
    """Text that is still in memory: output path relative to the output folder, and the template it came from."""

    path: str
    text: str
    template: str


class Finding(NamedTuple):
    """Something wrong in a manifest. `field` is the API server's own path, such as `spec.ports[0].nodePort`."""

    message: str
    location: Location
    rule: str = ""
    effect: Effect = "refused"
    object: ObjectRef | None = None
    field: str = ""
    hint: str = ""
    related: tuple[Location, ...] = ()

    @property
    def level(self) -> Level:
        """How loud: follows from the effect alone."""
        return LEVEL_OF[self.effect]


class NotJudged(NamedTuple):
    """A file, or a document in it, that could not be read as a manifest, and why."""

    location: Location
    reason: str


class Hop(NamedTuple):
    """One stop of a request: `node`, `service` or `pod`."""

    kind: Literal["node", "service", "pod"]
    port: int | str
    name: str | None = None
    container: str | None = None


class Route(NamedTuple):
    """client -> node:nodePort -> service:port -> pod:targetPort. `broken` says why traffic stops, if it does."""

    service: ObjectRef
    port_name: str | None
    protocol: str
    hops: tuple[Hop, ...]
    broken: Finding | None = None


class WriteResult(NamedTuple):
    """Paths by what happened to them."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
