"""A port name that breaks its rule.

There are two rules. The name of a Service's port is a DNS label: at most 63 characters of `a-z`, `0-9` and `-`, with
a letter or digit at both ends. The name of a container's port, and so a named targetPort and the port of a probe or
hook: at most 15 characters of the same, at least one letter, no `--`. A name that obeys both fits everywhere.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports:
            - {name: web-http-metrics, containerPort: 8080}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports:
            - {name: http-metrics, containerPort: 8080}

Mend: choose a name that obeys both rules.

Source: k8s.io/apimachinery/pkg/util/validation/validation.go, IsValidPortName and IsDNS1123Label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.names import label, port_name
from scaffold.shapes import finding, is_service, service_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "port-name-invalid"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every port name of a Service, of a container, and every reference by name."""
    if is_service(document):
        for path, port in service_ports(document):
            yield from _judge(document, (*path, "name"), port.get("name"), label)
            target = port.get("targetPort")
            if not (isinstance(target, str) and target.isascii() and target.isdigit()):  # target-port-type says more
                yield from _judge(document, (*path, "targetPort"), target, port_name)
        return
    workload = facts.workload(document)
    for container in workload.containers if workload else ():
        for path, port in container.ports:
            yield from _judge(document, (*path, "name"), port.get("name"), port_name)
        for path, handler, value in container.handlers():
            if handler != "grpc":
                yield from _judge(document, path, "" if value is None else value, port_name, required=value == "")


def _judge(
    document: Document, path: Path, name: object, rule: Callable[[str], str | None], *, required: bool = False
) -> Iterator[Finding]:
    # most names are fine, and looked at again and again
    if not isinstance(name, str) or (not name and not required) or (name and rule(name) is None):
        return
    if not name:
        yield finding(document, path, "the port is an empty name", effect="refused", hint="write a number or a name")
        return
    reason = rule(name)
    if reason:
        number = name.isascii() and name.isdigit() and rule is port_name
        what = "port name" if path[-1] == "name" else str(path[-1])
        hint = f"write {path[-1]}: {name} without quotes" if number and path[-1] != "name" else _advice(name)
        yield finding(document, path, f"{what} {name!r} {reason}", effect="refused", hint=hint)


def _advice(name: str) -> str:
    """A name that obeys both rules and still says the same."""
    kept = "".join(one if one.isascii() and one.isalnum() else "-" for one in name.lower())
    short = "-".join(part for part in kept.split("-") if part)[:15].strip("-")
    return f"such as {short}" if short and not port_name(short) else "such as http or metrics"
