"""A targetPort that the selected Pods do not have.

A named targetPort is looked up in the containers of every Pod that the Service selects (in sidecars too since
Kubernetes 1.33). Where no container has it, the Service is accepted, the Pods are ready, and every connection is
refused; no event says why. Where only some workloads have it, the others get no traffic. A number needs no
declaration; a number that the containers do not declare although they declare others is a mistake often enough to be
said, and mostly none where another port of the Service leads to one of these, so that is advice. Nothing is said of a
number that stands elsewhere in the Pods, in their arguments or variables: the app knows it.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports:
        - {name: http, port: 80, targetPort: web}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: web
              image: nginx:1.27
              ports:
                - {name: http, containerPort: 8080}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports:
        - {name: http, port: 80, targetPort: http}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: web
              image: nginx:1.27
              ports:
                - {name: http, containerPort: 8080}

Mend: write the name or the number of a port that the containers have.

Source: k8s.io/endpointslice/utils.go, FindPort and getEndpointPorts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scaffold.endpoints import declared, endpoint, target_of
from scaffold.kinds import PASSING
from scaffold.names import nearest, port_name
from scaffold.shapes import as_dict, as_list, as_number, dig, finding, is_headless, protocol_of, service_ports

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Effect, Finding, Location
    from scaffold.shapes import Path, Workload

ID = "target-port-unmatched"


# How many workloads are named beside a finding.
_NAMED = 20
# A number in a text; what listens to its own Pod alone is no port for others.
_NUMBER = re.compile(r"(?<![\w.])(?<!127\.0\.0\.1:)(?<!localhost:)[0-9]+(?![\w.])")


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every port whose target is missing in all or in some of the workloads behind the Service."""
    workloads = facts.selection.selected(document)
    if not workloads:
        return
    targets = {target_of(port) for _, port in service_ports(document)}
    for path, port in service_ports(document):
        target = port.get("targetPort")
        if isinstance(target, str) and target and not port_name(target):
            yield from _by_name(document, (*path, "targetPort"), port, workloads, facts)
        elif (number := as_number(target or port.get("port"))) and not is_headless(document):
            yield from _by_number(document, (*path, "targetPort"), number, workloads, targets, facts)


def _by_name(
    document: Document, path: Path, port: dict[str, object], workloads: list[Workload], facts: Facts
) -> Iterator[Finding]:
    name, protocol = str(port["targetPort"]), protocol_of(port)
    lacking = [
        one
        for one in workloads
        if not endpoint(name, protocol, one, facts).declared and not facts.patch_declares(one, name)
    ]
    if len(lacking) < len(workloads):
        # no traffic is as it should be for a Job, and a variant in another file makes no Pods besides
        without = {id(one) for one in lacking}
        having = {one.document.ref.key for one in workloads if id(one) not in without}
        lacking = [one for one in lacking if one.document.kind not in PASSING and one.document.ref.key not in having]
        if lacking:
            message = f"targetPort {name} is missing in {_named(lacking)}, which this Service selects too"
            hint = "name the port there as well, or select fewer workloads"
            yield finding(document, path, message, effect="fragile", hint=hint, related=_places(lacking))
        return
    names = {one.name for workload in workloads for one in declared(workload, facts) if one.name}
    if name in names:
        return  # with another protocol: target-port-protocol says so
    if (near := nearest(name, sorted(names))) and port_name(near):
        return  # the name there is refused: port-name-invalid says so
    # clients of a headless Service reach the Pods without a port of the Service
    effect: Effect = "fragile" if is_headless(document) else "broken"
    message = f"targetPort {name} is no port of {_named(workloads)}"
    used = [other.get("targetPort") for _, other in service_ports(document)]
    hint = _hint(name, sorted(names), [one for one in sorted(names) if one not in used])
    yield finding(document, path, message, effect=effect, hint=hint, related=_places(lacking))


def _hint(name: str, names: list[str], free: list[str]) -> str:
    """The mend; `free` are the names that no port of the Service leads to so far."""
    near = nearest(name, names) or (free[0] if len(free) == 1 and len(names) == 1 else None)
    if near:
        return f"did you mean {near}?"
    if names and not free:
        return f"name a port {name} in the containers, or drop this one: {', '.join(names)} has a port already"
    return f"its ports are {', '.join(names)}" if names else "give the container's port this name, or write its number"


def _places(workloads: list[Workload]) -> tuple[Location, ...]:
    return tuple(one.document.location(*one.pod, "containers") for one in workloads[:_NAMED])


def _by_number(
    document: Document,
    path: Path,
    number: int,
    workloads: list[Workload],
    targets: Container[int | str | None],
    facts: Facts,
) -> Iterator[Finding]:
    lacking = _lacking(document, number, workloads, facts)
    if not lacking or any(_knows(workload, number, facts) for workload in lacking):
        return
    numbers = _numbers(lacking[0], facts)
    shown = ", ".join(str(one) for one in sorted(numbers)[:5])
    written = "targetPort" if dig(document.data, path) is not None else "port"
    yield finding(
        document,
        path,
        f"{written} {number} is not declared by {_named(lacking[:1])}, which declares {shown}",
        effect="advice" if _other_fits(targets, lacking[0], facts) else "fragile",
        hint=(
            "write one of these, or declare the port if the app does listen on it"
            if written == "targetPort"
            else f"write targetPort: {min(numbers)}, or declare the port if the app does listen on it"
        ),
        related=(lacking[0].document.location(*lacking[0].pod, "containers"),),
    )


def _lacking(document: Document, number: int, workloads: list[Workload], facts: Facts) -> list[Workload]:
    """The workloads that declare other numbers only, and of which no variant in another file fits."""
    others = [one for one in workloads if number not in (_numbers(one, facts) or (number,))]
    if not others:
        return []
    apart = {id(one) for one in others}
    fitting = [one for one in workloads if id(one) not in apart]
    keys = {one.document.ref.key for one in fitting}
    lacking = [one for one in others if one.document.ref.key not in keys and not facts.patch_declares(one, number)]
    # what lies elsewhere may be an alternative to what fits beside the Service
    if any(one.document.path == document.path for one in fitting):
        return [one for one in lacking if one.document.path == document.path]
    return lacking


def _numbers(workload: Workload, facts: Facts) -> set[int]:
    return {one.number for one in declared(workload, facts) if one.number}


def _knows(workload: Workload, number: int, facts: Facts) -> bool:
    """Whether the number stands elsewhere in the containers, or a mesh writes one of them (`image: auto`) later."""
    # most have it nowhere, and then nothing needs to be read again
    text = workload.document.text
    if str(number).encode() not in text and b"auto" not in text:
        return False
    whole = facts.workload(workload.document)
    for container in whole.containers if whole else ():
        written = [*as_list(container.data.get("command")), *as_list(container.data.get("args"))]
        written += [as_dict(one).get("value") for one in as_list(container.data.get("env"))]
        known = any(isinstance(text, str) and str(number) in _NUMBER.findall(text) for text in written)
        if known or container.data.get("image") == "auto" or number in [port for _, _, port in container.handlers()]:
            return True
    return False


def _other_fits(targets: Container[int | str | None], workload: Workload, facts: Facts) -> bool:
    """Whether a port of the Service leads to a port that the workload declares."""
    return any(one.number in targets or one.name in targets for one in declared(workload, facts))


def _named(workloads: list[Workload]) -> str:
    first = workloads[0].document.ref
    return f"{first.kind} {first}" + (f" or {len(workloads) - 1} more" if len(workloads) > 1 else "")
