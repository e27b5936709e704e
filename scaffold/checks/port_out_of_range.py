"""A port that is no number between 1 and 65535.

This goes for `port`, `targetPort`, `containerPort`, `hostPort` and the ports of probes and hooks. A missing `port` or
`containerPort` is a 0; a `targetPort` of 0 or none means the same number as `port`, a `hostPort` of 0 none.
`nodePort` has a range of its own: see node-port-range.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 70000}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 65535}

Mend: write the port that is meant.

Source: pkg/apis/core/validation/validation.go, validateServicePort, validateContainerPorts and ValidatePortNumOrName.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_list, as_number, finding, is_service, service_ports, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "port-out-of-range"

_HINT = "ports go from 1 to 65535"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every port of a Service or of a Pod that no socket can have."""
    if is_service(document):
        for index, port in enumerate(as_list(spec_of(document).get("ports"))):
            if port is None:
                entry = ("spec", "ports", index)
                field = f"spec.ports[{index}].port"
                yield finding(document, entry, "a port is empty", effect="refused", hint="drop the entry", field=field)
    for path, value, zero in _ports(document, facts):
        if type(value) is int and 1 <= value <= 65535:
            continue
        number = 0 if value is None else as_number(value)
        # wrong types and what does not fit 32 bits are the type rule's
        if number is None or not -(2**31) <= number < 2**31 or 1 <= number <= 65535 or (number == 0 and zero):
            continue
        message, hint = f"{path[-1]} {number} is no port", _HINT
        if value is None:
            message, hint = f"{path[-1]} is missing", f"write {path[-1]}: NUMBER"
        yield finding(document, path, message, effect="refused", hint=hint)


def _ports(document: Document, facts: Facts) -> Iterator[tuple[Path, object, bool]]:
    """Every port: its path, its value, and whether 0 and nothing are fine."""
    if is_service(document):
        for path, port in service_ports(document):
            yield (*path, "port"), port.get("port"), False
            yield (*path, "targetPort"), port.get("targetPort"), True
        return
    workload = facts.workload(document)
    for container in workload.containers if workload else ():
        for path, port in container.ports:
            yield (*path, "containerPort"), port.get("containerPort"), False
            yield (*path, "hostPort"), port.get("hostPort"), True
        for path, _, value in container.handlers():
            yield path, value, False
