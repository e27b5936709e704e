"""What was rendered, read again: does it say what the plan says, and would the API server take it?

Every port once in each document, with its names, numbers and protocol; one selector everywhere; and the same rules as
`svcgen check`. svcgen does not write what this refuses. A patch of a Service is held against its environment, the
values of a chart against the plan; what a chart makes of its values is not known here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold import checks, kustomize
from scaffold.blocks import values
from scaffold.documents import Document, Tree
from scaffold.errors import SvcgenError
from scaffold.facts import Facts, Workload, as_dict, as_number, service_ports
from scaffold.kinds import CHECKED
from scaffold.kustomize import Kustomized
from scaffold.model import Location
from scaffold.nodes import Unreadable, compose
from scaffold.own_files import one_mapping
from scaffold.parsing import read
from scaffold.shapes import metadata_path

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from scaffold.model import PortPlan, PortPolicy, RenderedFile, TakenPorts


class Problem(NamedTuple):
    """Where a rendered file does not agree: its path is the file's output path. `rule` is a rule that it breaks."""

    location: Location
    message: str
    rule: str = ""


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
        if file.content == "manifests":
            found, unreadable = _documents(file)
            documents += found
            problems += unreadable
        elif file.content == "values":
            problems += _values(file, _plan_for(file.environment, plan))
    if problems:
        return problems
    facts = Facts(Tree(tuple(documents)), taken, policy, kustomized=_kustomized(files))
    problems += [Problem(one.location, one.reason) for one in facts.not_judged if not _is_patch(one.location, facts)]
    problems += _patches(documents, facts, plan, files)
    problems += _without_node_ports(documents, plan, files)
    problems += _services(facts, plan, files)
    problems += _workloads(facts, plan, files)
    for finding in checks.run(facts, ignore=tuple(checks.MILD)).findings:
        if finding.level == "error":
            hint = f" ({finding.hint})" if finding.hint else ""
            message = f"{finding.message} [{finding.rule}]{hint}"
            problems.append(Problem(finding.location, message, finding.rule))
    return sorted(set(problems))


def _documents(file: RenderedFile) -> tuple[list[Document], list[Problem]]:
    """The documents that rules look at; a file that has none must be readable all the same."""
    data = file.text.encode()
    found, not_judged = read(data, file.path, CHECKED)
    problems = [Problem(one.location, f"is no readable YAML: {one.reason}") for one in not_judged]
    if not found and not problems and values(data, braces=True) is None:
        try:
            list(compose(data))
        except Unreadable as problem:
            problems = [Problem(problem.at(file.path, 0).location, f"is no readable YAML: {problem.reason}")]
    return found, problems


def _kustomized(files: Sequence[RenderedFile]) -> Kustomized:
    texts = {file.path: file.text.encode() for file in files}
    kustomizations = [path for path in texts if os.path.basename(path) in kustomize.NAMES]
    return kustomize.read(kustomizations, texts.get) if kustomizations else Kustomized()


def _patches(
    documents: Sequence[Document], facts: Facts, plan: PortPlan, files: Sequence[RenderedFile]
) -> Iterator[Problem]:
    """The patches of Services: each is for the Service, and made for an environment."""
    environments = _environments(files)
    for document in documents:
        environment = environments[document.path]
        if document.kind != "Service":
            continue
        if document.path in facts.kustomized.patches:
            if environment:
                yield from _patch(document, facts, plan.within(environment))
            else:
                what = "a patch of a Service belongs to a file that is made for an environment"
                yield Problem(document.location(), what)
        elif environment and _is_kustomized(document.path, environments):
            yield Problem(document.location(), "the kustomization beside it has it not among its patches")


def _is_kustomized(path: str, paths: Container[str]) -> bool:
    return any(os.path.join(os.path.dirname(path), name) in paths for name in kustomize.NAMES)


def _environments(files: Sequence[RenderedFile]) -> dict[str, str | None]:
    return {file.path: file.environment for file in files}


def _is_patch(place: Location, facts: Facts) -> bool:
    return place.where in facts.kustomized.patches


def _plan_for(environment: str | None, plan: PortPlan) -> PortPlan:
    return plan.within(environment) if environment else plan


def _without_node_ports(
    documents: Sequence[Document], plan: PortPlan, files: Sequence[RenderedFile]
) -> Iterator[Problem]:
    """The environments whose node ports nothing has: they would be given, and never opened."""
    environments = _environments(files)
    told = {environments[document.path] for document in documents if document.kind == "Service"}
    told |= {file.environment for file in files if file.content == "values"}
    for name in plan.environments if plan.app.type != "ClusterIP" else ():
        if name not in told:
            yield Problem(_start(files), f"no file of {name} has a Service with its node ports")


def _patch(patch: Document, facts: Facts, plan: PortPlan) -> Iterator[Problem]:
    """Each port of the plan once, as number and protocol find it in the Service, with the environment's node port."""
    base = next((one.ref for one in facts.selection.services if one.ref.name == plan.app.name), plan.app.service)
    if patch.ref.key != base.key:
        yield Problem(patch.location("metadata"), f"the patch is for {patch.ref}, the Service is {base}")
    wanted = {(one.wish.name, one.service_port, one.node_port, one.wish.protocol) for one in plan.assignments}
    entries = (
        (path, (port.get("name"), port.get("port"), as_number(port.get("nodePort")) or None, _protocol(port)))
        for path, port in service_ports(patch)
    )
    yield from _compare(patch, "patch", entries, wanted, ("spec", "ports"))


def _protocol(port: dict[str, Any]) -> object:
    return port.get("protocol", "TCP")


def _values(file: RenderedFile, plan: PortPlan) -> Iterator[Problem]:
    """The values of a chart: `service.type`, and below `service.ports` each port of the plan by its name."""
    try:
        document = one_mapping(file.text.encode(), file.path, SvcgenError("values are one mapping"))
    except SvcgenError as error:
        yield Problem(error.location or Location(file.path, 1, 1), error.message)
        return
    if document is None:
        yield Problem(Location(file.path, 1, 1), "the values are empty")
        return
    service = as_dict(document.data.get("service"))
    if service.get("type") != plan.app.type:
        yield Problem(document.location("service", "type"), f"service.type is not {plan.app.type}")
    entries = (
        (
            ("service", "ports", name),
            (name, port.get("port"), port.get("targetPort"), port.get("nodePort"), _protocol(port)),
        )
        for name, port in ((name, as_dict(value)) for name, value in as_dict(service.get("ports")).items())
    )
    yield from _compare(document, "chart", entries, _wanted(plan), ("service", "ports"))


def _wanted(plan: PortPlan) -> set[tuple[Any, ...]]:
    return {
        (one.wish.name, one.service_port, one.wish.target_port, one.node_port, one.wish.protocol)
        for one in plan.assignments
    }


def _is_chart(files: Sequence[RenderedFile]) -> bool:
    """Whether the manifests come from the values later, so that there may be none here."""
    return any(file.content == "values" for file in files)


def _services(facts: Facts, plan: PortPlan, files: Sequence[RenderedFile]) -> Iterator[Problem]:
    app, environments = plan.app, _environments(files)
    named = [service for service in facts.selection.services if service.ref.name == app.name]
    if not named and not _is_chart(files):
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
        wanted = _wanted(_plan_for(environments[service.path], plan))
        yield from _compare(service, "Service", _service_entries(service, names), wanted, ("spec", "ports"))


def _container_numbers(facts: Facts, service: Document) -> dict[tuple[Any, Any], Any]:
    return {
        (port.get("name"), _protocol(port)): port.get("containerPort")
        for workload in facts.selection.behind(service)
        for container in workload.containers
        if container.serves
        for _, port in container.ports
    }


def _service_entries(service: Document, names: dict[tuple[Any, Any], Any]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    for path, port in service_ports(service):
        protocol = _protocol(port)
        target = port.get("targetPort") or port.get("port")
        number = names.get((target, protocol), target) if isinstance(target, str) else target
        node_port = as_number(port.get("nodePort")) or None
        yield path, (port.get("name"), port.get("port"), number, node_port, protocol)


def _workloads(facts: Facts, plan: PortPlan, files: Sequence[RenderedFile]) -> Iterator[Problem]:
    app = plan.app
    ours = [workload for workload in facts.selection.workloads() if workload.document.ref.name == app.name]
    if not ours and not _is_chart(files):
        yield Problem(_start(files), f"no Deployment {app.name!r} comes out of the pack")
    wanted = {(one.wish.name, one.wish.target_port, one.wish.protocol) for one in plan.assignments}
    for workload in ours:
        document = workload.document
        if any(workload.labels.get(key) != value for key, value in app.selector.items()):
            place = document.location(*metadata_path(workload.pod), "labels")
            yield Problem(place, f"the Pods do not carry the selector {app.selector}")
        path = (*workload.pod, "containers")
        yield from _compare(document, document.kind, _container_entries(workload), wanted, path)


def _container_entries(workload: Workload) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    for container in workload.containers:
        if container.serves:
            for path, port in container.ports:
                yield path, (port.get("name"), port.get("containerPort"), _protocol(port))


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
    return Location(files[0].path, 1, 1)
