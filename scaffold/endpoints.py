"""Which container port a port of a Service leads to, found as Kubernetes finds it.

The rules of `check` and the routes of `explain` ask here, so that both give one answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.shapes import as_number, protocol_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffold.facts import Facts
    from scaffold.references import PortOfService
    from scaffold.shapes import Container, Path, Workload


class Declared(NamedTuple):
    """A port that a container declares. `name` is empty and `number` None where it is of no use as such."""

    name: str
    number: int | None
    protocol: str
    container: Container
    path: Path
    host_port: int | None


class Endpoint(NamedTuple):
    """Where a port of a Service leads in the Pods of one workload.

    `number` is None where they have no port of the wanted name with the wanted protocol. `declared` is the container
    port that was found; a number needs none. `namesake` has the name but another protocol.
    """

    workload: Workload
    number: int | None
    declared: Declared | None = None
    namesake: Declared | None = None


def declared(workload: Workload, facts: Facts) -> Iterator[Declared]:
    """Every port that the serving containers declare, in the order in which Kubernetes looks through them."""
    for container in facts.serving(workload):
        for path, port in container.ports:
            yield _declared(container, path, port)


def _declared(container: Container, path: Path, port: Mapping[str, Any]) -> Declared:
    name = port.get("name")
    return Declared(
        name if isinstance(name, str) else "",
        as_number(port.get("containerPort")),
        protocol_of(port),
        container,
        path,
        as_number(port.get("hostPort")) or None,
    )


def endpoint(target: int | str, protocol: str, workload: Workload, facts: Facts) -> Endpoint:
    """What a targetPort means in the Pods of a workload: a name is looked up with its protocol.

    Source: k8s.io/endpointslice/utils.go, FindPort.
    """
    key = "name" if isinstance(target, str) else "containerPort"
    other = None
    for container in facts.serving(workload):
        for path, port in container.ports:
            # of a Pod with hundreds of ports few are worth a closer look
            if port.get(key) == target:
                found = _declared(container, path, port)
                if found.protocol == protocol:
                    number = found.number if isinstance(target, str) else target
                    return Endpoint(workload, number, found)
                other = other or found
    if isinstance(target, str):
        return Endpoint(workload, None, None, other)
    # a number needs no declaration, and one with another protocol still says which container is meant
    return Endpoint(workload, target, other)


def target_of(port: Mapping[str, Any]) -> int | str | None:
    """The targetPort of an entry of a Service's ports: `port` where it has none; None for what is neither."""
    target = port.get("targetPort") or port.get("port")
    return target if isinstance(target, str) else as_number(target)


def target_numbers(port: PortOfService, workload: Workload, facts: Facts) -> set[int]:
    """The number that a port of a Service stands for in the Pods; empty where the Pods do not have its name."""
    number = endpoint(port.target, port.protocol, workload, facts).number
    return set() if number is None else {number}
