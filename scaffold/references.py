"""What an object says that names others: the backends of a route, the Pods of a policy, the target of an autoscaler.

Plain readings of one object, and of the ports of a Service as others name them. Who is meant is for `backends.py`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.nearby import distance
from scaffold.shapes import as_dict, as_list, as_number, label_text, protocol_of, service_ports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scaffold.documents import Document
    from scaffold.shapes import Path, Workload

# As far as from `deploy/components/network-policies` to `deploy/base`.
_FAR = 4


def scale_target(autoscaler: Document) -> tuple[str, str, str]:
    """Kind, namespace and name of what an autoscaler scales; empty where it does not say."""
    target = as_dict(as_dict(autoscaler.data.get("spec")).get("scaleTargetRef"))
    kind, name = target.get("kind"), target.get("name")
    named = (kind, name) if isinstance(kind, str) and isinstance(name, str) else ("", "")
    return named[0], autoscaler.ref.key[1], named[1]


def belong(document: Document, other: Document, *, once: bool) -> bool:
    """Whether two folders are of one app rather than two chapters: one holds the other, or it is written `once`."""
    if distance(document.path, other.path) > _FAR:
        return False
    short, long = sorted((os.path.dirname(document.path), os.path.dirname(other.path)), key=len)
    return once or not short or long.startswith(short + os.sep) or long == short


def own(document: Document, workloads: Iterable[Workload]) -> list[Workload]:
    """Of several variants of one workload that which lies nearest to a document."""
    nearest: dict[tuple[str, str, str], tuple[int, list[Workload]]] = {}
    for workload in workloads:
        key, away = workload.document.ref.key, distance(document.path, workload.document.path)
        best, found = nearest.get(key, (away + 1, []))
        if away < best:
            nearest[key] = (away, [workload])
        elif away == best:
            found.append(workload)
    return [workload for _, found in nearest.values() for workload in found]


def labels_of(document: Document) -> dict[str, Any]:
    """An object's own labels."""
    return as_dict(as_dict(document.data.get("metadata")).get("labels"))


def selects(selector: dict[str, Any], labels: Mapping[str, Any]) -> bool:
    """Whether a selector with matchLabels and matchExpressions takes these labels. An empty one takes all."""
    wanted = {key: label_text(value) for key, value in as_dict(selector.get("matchLabels")).items()}
    have = {key: label_text(value) for key, value in labels.items()}
    if any(have.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(as_dict(one), have) for one in as_list(selector.get("matchExpressions")))


def _holds(expression: dict[str, Any], labels: dict[str, str]) -> bool:
    key, values = str(expression.get("key")), [label_text(value) for value in as_list(expression.get("values"))]
    match expression.get("operator"):
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False


class PortOfService(NamedTuple):
    """An entry of a Service's `ports`, as far as others name it."""

    number: int
    name: str
    target: int | str
    node_port: int | None
    protocol: str
    path: Path

    def __str__(self) -> str:
        return f"{self.number} ({self.name})" if self.name else str(self.number)


def ports_of(service: Document) -> list[PortOfService] | None:
    """The ports of a Service; None where an entry cannot be read, so that nothing can be said of what is missing."""
    found = []
    for path, port in service_ports(service):
        number, name = as_number(port.get("port")), port.get("name") or ""
        if number is None or not isinstance(name, str):
            return None
        target = port.get("targetPort") or number
        target = target if isinstance(target, str) else as_number(target)
        if target is None:
            return None
        found.append(PortOfService(number, name, target, as_number(port.get("nodePort")), protocol_of(port), path))
    return found or None


def route_backends(route: Document) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every backend of a Gateway API route that is a Service, those of mirrors too, with its path."""
    for index, rule in enumerate(as_list(as_dict(route.data.get("spec")).get("rules"))):
        if not isinstance(rule, dict):
            continue
        path = ("spec", "rules", index)
        for place, backend in [*_with_filters(path, rule), *_backend_refs(path, rule)]:
            if not backend.get("group") and backend.get("kind") in (None, "Service"):
                yield place, backend


def _backend_refs(path: Path, rule: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    for index, backend in enumerate(as_list(rule.get("backendRefs"))):
        if isinstance(backend, dict):
            place = (*path, "backendRefs", index)
            yield place, backend
            yield from _with_filters(place, backend)


def _with_filters(path: Path, holder: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    for index, one in enumerate(as_list(holder.get("filters"))):
        mirrored = as_dict(as_dict(one).get("requestMirror")).get("backendRef")
        if isinstance(mirrored, dict):
            yield (*path, "filters", index, "requestMirror", "backendRef"), mirrored


def pod_selector(policy: Document) -> dict[str, Any]:
    """The Pods that a NetworkPolicy is about."""
    return as_dict(as_dict(policy.data.get("spec")).get("podSelector"))


def rules_of(policy: Document) -> list[dict[str, Any]]:
    """What a NetworkPolicy lets in."""
    return [as_dict(rule) for rule in as_list(as_dict(policy.data.get("spec")).get("ingress"))]


def isolates(policy: Document) -> bool:
    """Whether a NetworkPolicy says who may reach its Pods: all do but those of policyTypes [Egress]."""
    types = as_list(as_dict(policy.data.get("spec")).get("policyTypes"))
    return not types or "Ingress" in types
