"""The values that travel along the line. They never change and know nothing of files, terminals or clusters.

They are `NamedTuple`s: making twenty frozen dataclasses costs more at start-up than starting Python itself.
Numbers are never called just `port`: see the words in docs/words.md.
"""

# No `from __future__ import annotations` here: it makes every field's type a string, and NamedTuple compiles each.
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

Protocol = Literal["TCP", "UDP", "SCTP"]
ServiceType = Literal["ClusterIP", "NodePort", "LoadBalancer"]
Space = Literal["node", "service"]
Level = Literal["error", "warning", "info"]
Effect = Literal["refused", "broken", "fragile", "advice"]
Strategy = Literal["stable", "first"]
# manifests for kubectl; the values of a chart, with the ports below service.ports; anything else
Content = Literal["manifests", "values", "text"]

PROTOCOLS: tuple[Protocol, ...] = ("TCP", "UDP", "SCTP")
SERVICE_TYPES: tuple[ServiceType, ...] = ("ClusterIP", "NodePort", "LoadBalancer")
CONTENTS: tuple[Content, ...] = ("manifests", "values", "text")
LEVEL_OF: dict[Effect, Level] = {"refused": "error", "broken": "error", "fragile": "warning", "advice": "info"}


class Location(NamedTuple):
    """A place: a file (as the reader would type it) with line and column from 1, or a flag such as `--port`."""

    where: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        where, line, column = self
        # the quick answer for nearly all
        return f"{where}:{line}:{column}" if line and column else ":".join([str(part) for part in self if part])


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
    """One port of an app as it was asked for. None means: choose one.

    `node_ports` are (environment, number), for an app that has environments; `node_port` is then for all the others.
    """

    name: str
    target_port: int
    protocol: Protocol = "TCP"
    service_port: int | None = None
    node_port: int | None = None
    app_protocol: str | None = None
    location: Location | None = None
    node_ports: tuple[tuple[str, int], ...] = ()

    def node_port_in(self, environment: str | None) -> int | None:
        """The node port asked for in one environment; None as the environment means an app without any."""
        return dict(self.node_ports).get(environment or "", self.node_port)


class AppSpec(NamedTuple):
    """What the user wants; `spec.parse` made sure that every name and number obeys Kubernetes' rules.

    `pack_digest` and `pack_commit` say which pack rendered it: 12 hex digits over its files, and the commit of one from
    git; `rendered` is the digest of the spec that was rendered last. `asked` holds the fields that somebody gave, by
    flag or in an App document; the others are defaults.
    """

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
    pack_digest: str | None = None
    pack_commit: str | None = None
    rendered: str | None = None
    asked: frozenset[str] = frozenset()
    locate: Callable[..., Location | None] | None = None

    def place(self, flag: str, *path: str) -> Location:
        """Where a field was given: its flag, or its place in the App document (`path` leads there)."""
        return (self.locate(*path) if self.locate else None) or Location(flag)

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
    environment: str | None = None


class ClusterAccess(NamedTuple):
    """How a cluster is asked, in kubectl's own words; None is what kubectl takes by itself."""

    kubeconfig: str | None = None
    context: str | None = None
    timeout: str = "30s"


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
    # None cannot be compared with text
    owner, more = entry.owner, (entry.port_name or "", entry.service_port or 0, str(entry.target_port))
    last = (entry.cluster or "", entry.source, owner.namespace or "")
    return (entry.number, entry.space, owner.key, entry.protocol, entry.location, more, last)


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


class Limit(NamedTuple):
    """Numbers, both ends included, outside which an app is given none; the reason says who wants it so."""

    low: int
    high: int
    reason: str
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
    limits: tuple[Limit, ...] = ()

    @property
    def static_size(self) -> int:
        """How many numbers at the low end the cluster leaves for explicit use.

        Source: `calculateRangeOffset` in pkg/registry/core/service/portallocator/allocator.go.
        """
        size = self.high - self.low + 1
        return 0 if size <= 16 else min(max(size // 32, 16), 128)


class Environment(NamedTuple):
    """One of the places that an app goes to, such as dev or prod: its cluster, and the policy there.

    `folder` holds what is written for it, as paths are shown; `cluster` is None where the config names none for it;
    `namespace` is the one that the Service has there, None where it keeps the app's.
    """

    name: str
    folder: str
    policy: PortPolicy
    cluster: str | None = None
    namespace: str | None = None

    def service(self, app: AppSpec) -> ObjectRef:
        """The Service of an app as the environment's cluster knows it."""
        return app.service._replace(namespace=self.namespace or app.namespace)

    def shares_cluster(self, other: "Environment") -> bool:
        """Whether both certainly go to one cluster: what no config says may be two."""
        return self.cluster is not None and self.cluster == other.cluster

    def may_meet(self, other: "Environment") -> bool:
        """Whether both could go to one cluster."""
        return self.cluster == other.cluster or None in (self.cluster, other.cluster)


class EnvironmentPort(NamedTuple):
    """The node port of one port in one environment, and why; None on a ClusterIP Service."""

    environment: str
    node_port: int | None
    reason: str


class Assignment(NamedTuple):
    """One port with its numbers, and why each was chosen.

    node_port is None on a ClusterIP Service, and in an app with environments: each of them has one of its own.
    """

    wish: PortWish
    service_port: int
    node_port: int | None
    service_reason: str
    node_reason: str
    environments: tuple[EnvironmentPort, ...] = ()

    @property
    def filled(self) -> PortWish:
        """The wish with every number filled in."""
        numbers = tuple((one.environment, one.node_port) for one in self.environments if one.node_port)
        return self.wish._replace(service_port=self.service_port, node_port=self.node_port, node_ports=numbers)


class PortPlan(NamedTuple):
    """An app with every number decided, in the order in which its ports were asked for."""

    app: AppSpec
    assignments: tuple[Assignment, ...]

    @property
    def environments(self) -> tuple[str, ...]:
        """The names of the app's environments, in their order; none for most apps."""
        return tuple(one.environment for one in self.assignments[0].environments)

    def within(self, environment: str) -> "PortPlan":
        """The plan as one environment sees it: that environment's node ports are the node ports."""
        return self._replace(assignments=tuple(_within(one, environment) for one in self.assignments))

    @property
    def spec(self) -> AppSpec:
        """The App spec that gives this plan again."""
        return self.app._replace(ports=tuple(assignment.filled for assignment in self.assignments))


def _within(one: Assignment, environment: str) -> Assignment:
    there = next(port for port in one.environments if port.environment == environment)
    return one._replace(node_port=there.node_port, node_reason=there.reason, environments=())


def as_saved(app: AppSpec) -> PortPlan:
    """The plan of a saved spec: every number is in it already."""
    return PortPlan(
        app,
        tuple(
            Assignment(
                wish,
                wish.service_port or 0,
                wish.node_port,
                "kept",
                "kept",
                tuple(EnvironmentPort(environment, number, "kept") for environment, number in wish.node_ports),
            )
            for wish in app.ports
        ),
    )


class RenderedFile(NamedTuple):
    """Text that is still in memory: output path relative to the output folder, and the template it came from.

    `content` says what `verify` holds it for, `environment` which one it is made for.
    """

    path: str
    text: str
    template: str
    content: Content = "manifests"
    environment: str | None = None


class Finding(NamedTuple):
    """Something wrong in a manifest. `field` is the API server's own path, such as `spec.ports[0].nodePort`.

    `text` is the line at its location, where that was at hand; `template` the file that helm made the manifest of.
    """

    message: str
    location: Location
    rule: str = ""
    effect: Effect = "refused"
    object: ObjectRef | None = None
    field: str = ""
    hint: str = ""
    related: tuple[Location, ...] = ()
    text: str | None = None
    template: str = ""

    @property
    def level(self) -> Level:
        """How loud: follows from the effect alone."""
        return LEVEL_OF[self.effect]


class NotJudged(NamedTuple):
    """A file, or a document in it, that could not be read as a manifest, and why."""

    location: Location
    reason: str


class Hop(NamedTuple):
    """One stop of a request. `port` is None where nobody writes it, and a name where no number is known.

    `external` is what an ExternalName Service stands for. Of a `pod`, `name` is the workload's, and `kind_of` its kind.
    `port_name` is the container port's own name, `host_port` the number at which its node has it too. `where` finds
    the place, for which a file may have to be read again.
    """

    kind: Literal["node", "service", "pod", "external"]
    port: int | str | None
    name: str | None = None
    container: str | None = None
    where: Callable[[], Location] | None = None
    kind_of: str = ""
    port_name: str = ""
    host_port: int | None = None


class Route(NamedTuple):
    """client -> node:nodePort -> service:port -> pod:targetPort.

    `broken` says why traffic stops, if it does, and `after` behind which hop: `client`, or a hop's kind. `unknown`
    says what the manifests do not tell about the Pods; `warnings` what may stop traffic and may not.
    """

    service: ObjectRef
    port_name: str | None
    protocol: str
    hops: tuple[Hop, ...]
    broken: Finding | None = None
    after: str = ""
    unknown: str = ""
    warnings: tuple[Finding, ...] = ()
    app_protocol: str = ""

    def hop(self, kind: str) -> Hop | None:
        """The hop of this kind."""
        return next((hop for hop in self.hops if hop.kind == kind), None)


class Form(NamedTuple):
    """A Service as some place of the tree writes it, with the routes of its ports.

    `type` is ClusterIP, NodePort, LoadBalancer, ExternalName or Headless; `findings` are all that is said about its
    routes, `also` the other places that say the same, `workloads` those behind it with their places, and `left_out`
    how many of them have no route of their own here. Places are found when they are asked for.
    """

    service: ObjectRef
    type: str
    where: Callable[[], Location]
    routes: tuple[Route, ...]
    findings: tuple[Finding, ...] = ()
    selector: str = ""
    cluster: str | None = None
    health_check: int | None = None
    external_ips: tuple[str, ...] = ()
    workloads: tuple[tuple[ObjectRef, Callable[[], Location]], ...] = ()
    left_out: int = 0
    also: tuple[Callable[[], Location], ...] = ()


class WriteResult(NamedTuple):
    """Paths by what happened to them."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
