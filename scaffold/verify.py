"""What was rendered, read again: does it say what the plan says, and would the API server take it?

Every port once in each document, with its names, numbers and protocol; one selector everywhere; and the same rules as
`svcgen check`. svcgen does not write what this refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold import checks
from scaffold.documents import CHECKED, Document, Tree, read
from scaffold.facts import Facts, Workload, as_dict, as_number, service_ports

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffold.model import Location, PortPlan, PortPolicy, RenderedFile, TakenPorts


class Problem(NamedTuple):
    """Where a rendered file does not agree: its path is the file's output path."""

    location: Location
    message: str


def verify(files: Sequence[RenderedFile], plan: PortPlan, taken: TakenPorts, policy: PortPolicy) -> list[Problem]:
    """Holds rendered files against the plan and the rules.

    Args:
        files: every file of one app.
        plan: what they must say.
        taken: numbers held by others.
        policy: the node port range.

    Returns:
        The problems in the order of the files; empty when the files may be written.
    """
    documents: list[Document] = []
    problems: list[Problem] = []
    for file in files:
        found, not_judged = read(file.text.encode(), file.path, CHECKED)
        documents += found
        problems += [Problem(one.location, f"is no readable YAML: {one.reason}") for one in not_judged]
    if problems:
        return problems
    facts = Facts(Tree(tuple(documents)), taken, policy)
    problems += [Problem(one.location, one.reason) for one in facts.not_judged]
    problems += _services(facts, plan, files)
    problems += _workloads(facts, plan, files)
    for finding in checks.run(facts, ignore=tuple(checks.MILD)).findings:
        if finding.level == "error":
            hint = f" ({finding.hint})" if finding.hint else ""
            problems.append(Problem(finding.location, f"{finding.message} [{finding.rule}]{hint}"))
    return sorted(set(problems))


def _services(facts: Facts, plan: PortPlan, files: Sequence[RenderedFile]) -> Iterator[Problem]:
    app = plan.app
    named = [service for service in facts.services if service.ref.name == app.name]
    if not named:
        yield Problem(_start(files), f"no Service {app.name!r} comes out of the pack")
    for service in named:
        spec = as_dict(service.data.get("spec"))
        if service.ref.namespace not in (None, app.namespace):
            yield Problem(service.location("metadata", "namespace"), f"the namespace is not {app.namespace!r}")
        if (spec.get("type") or "ClusterIP") != app.type:
            yield Problem(service.location("spec", "type"), f"the type is not {app.type}")
        if spec.get("selector") != app.selector:
            yield Problem(service.location("spec", "selector"), f"the selector is not {app.selector}")
        names = _container_numbers(facts, service)
        wanted = {
            (one.wish.name, one.service_port, one.wish.target_port, one.node_port, one.wish.protocol)
            for one in plan.assignments
        }
        yield from _compare(service, "Service", _service_entries(service, names), wanted, ("spec", "ports"))


def _container_numbers(facts: Facts, service: Document) -> dict[tuple[Any, Any], Any]:
    return {
        (port.get("name"), port.get("protocol", "TCP")): port.get("containerPort")
        for workload in facts.behind(service)
        for container in workload.containers
        if container.serves
        for _, port in container.ports
    }


def _service_entries(service: Document, names: dict[tuple[Any, Any], Any]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    for path, port in service_ports(service):
        protocol = port.get("protocol", "TCP")
        target = port.get("targetPort") or port.get("port")
        number = names.get((target, protocol), target) if isinstance(target, str) else target
        node_port = as_number(port.get("nodePort")) or None
        yield path, (port.get("name"), port.get("port"), number, node_port, protocol)


def _workloads(facts: Facts, plan: PortPlan, files: Sequence[RenderedFile]) -> Iterator[Problem]:
    app = plan.app
    ours = [workload for workload in facts.workloads() if workload.document.ref.name == app.name]
    if not ours:
        yield Problem(_start(files), f"no Deployment {app.name!r} comes out of the pack")
    wanted = {(one.wish.name, one.wish.target_port, one.wish.protocol) for one in plan.assignments}
    for workload in ours:
        document = workload.document
        if any(workload.labels.get(key) != value for key, value in app.selector.items()):
            place = document.location(*workload.pod[:-1], "metadata", "labels")
            yield Problem(place, f"the Pods do not carry the selector {app.selector}")
        path = (*workload.pod, "containers")
        yield from _compare(document, document.kind, _container_entries(workload), wanted, path)


def _container_entries(workload: Workload) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    for container in workload.containers:
        if container.serves:
            for path, port in container.ports:
                yield path, (port.get("name"), port.get("containerPort"), port.get("protocol", "TCP"))


def _compare(
    document: Document,
    what: str,
    entries: Iterator[tuple[Any, tuple[Any, ...]]],
    wanted: set[tuple[Any, ...]],
    where: tuple[str | int, ...],
) -> Iterator[Problem]:
    left = dict.fromkeys(sorted(wanted, key=str))
    for path, entry in entries:
        if entry in left:
            del left[entry]
        else:
            again = " a second time" if entry in wanted else ""
            yield Problem(document.location(*path), f"the {what} has port {_say(entry)}{again}, the plan has not")
    for entry in left:
        yield Problem(document.location(*where), f"the {what} lacks port {_say(entry)} of the plan")


def _say(entry: tuple[Any, ...]) -> str:
    name, *numbers, protocol = entry
    return f"{name} {' -> '.join(str(number) for number in numbers if number is not None)}/{protocol}"


def _start(files: Sequence[RenderedFile]) -> Location:
    from scaffold.model import Location

    return Location(files[0].path, 1, 1)
