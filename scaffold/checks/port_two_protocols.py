"""One port with two protocols, which `kubectl apply` does not tell apart.

The pair is right, and the first apply creates both. A later one that adds or changes one of them may say `configured`
and lose it: client-side apply knows the ports of a Service, and those of a container, by their number alone.
Server-side apply and `kubectl replace` know them by number and protocol. A container port is mostly a note only, so it
is said of those that are more: with a hostPort, or with names, which Services look up.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: dns}
    spec:
      ports:
        - {name: dns, port: 53, protocol: UDP}
        - {name: dns-tcp, port: 53, protocol: TCP}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: dns}
    spec:
      ports:
        - {name: dns, port: 53, protocol: UDP}

Mend: apply it with `kubectl apply --server-side`; the manifest may stay as it is.

Source: staging/src/k8s.io/api/core/v1/types.go, patchMergeKey of ServiceSpec.Ports and Container.Ports;
kubernetes issue 39188.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.shapes import as_dict, as_list, as_number, finding, is_service, protocol_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "port-two-protocols"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The first such pair of a Service or of a workload: one is enough to choose another way to apply."""
    if is_service(document):
        yield from _first(document, ("spec", "ports"), as_list(as_dict(document.data.get("spec")).get("ports")), "port")
        return
    workload = facts.workload(document)
    for container in workload.containers if workload else ():
        ports = [port if isinstance(port, dict) else {} for port in as_list(container.data.get("ports"))]
        if not any(port.get("hostPort") for port in ports):
            named = {as_number(port.get("containerPort")) for port in ports if port.get("name")}
            ports = [port if as_number(port.get("containerPort")) in named else {} for port in ports]
        found = list(_first(document, (*container.path, "ports"), ports, "containerPort"))
        if found:
            yield from found
            return


def _first(document: Document, path: Path, ports: list[Any], field: str) -> Iterator[Finding]:
    if len(ports) < 2 or not _repeats(ports, field):
        return
    seen: dict[int, tuple[int, str]] = {}
    for index, port in enumerate(ports):
        number = as_number(port.get(field)) if isinstance(port, dict) else None
        if number is None:
            continue
        protocol = protocol_of(port)
        first, other = seen.setdefault(number, (index, protocol))
        if other != protocol:
            message = f"{field} {number} has two protocols: kubectl apply may lose one when it changes"
            hint = "use kubectl apply --server-side"
            place = (document.location(*path, first),)
            yield finding(document, (*path, index), message, effect="advice", hint=hint, related=place)
            return


def _repeats(ports: list[Any], field: str) -> bool:
    """Whether any number may be there twice: the quick answer for nearly all."""
    numbers = [
        number for port in ports if isinstance(port, dict) and isinstance(number := port.get(field), int | float)
    ]
    return len(set(numbers)) < len(numbers)
