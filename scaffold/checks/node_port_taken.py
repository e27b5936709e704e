"""A node port that another Service holds.

A node port is one number for the whole cluster, whatever the namespace and the protocol: NodePort and LoadBalancer
Services and `healthCheckNodePort` draw from one pool. The second Service is refused: `spec.ports[0].nodePort: Invalid
value: 30080: provided port is already allocated`. The Service that comes later (by path, then line) is named, with
all others beside it. The same Service in several files is one Service. Folders that go to different clusters are told
apart by `clusters` in `.svcgen/config.yaml`.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: api}
    spec:
      type: NodePort
      ports:
        - {name: http, port: 8080, nodePort: 30080}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      ports:
        - {name: http, port: 8080, nodePort: 30080}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: api}
    spec:
      type: NodePort
      ports:
        - {name: http, port: 8080, nodePort: 30080}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      ports:
        - {name: http, port: 8080, nodePort: 30081}

Mend: take a free number, or say in the config which folders go to which cluster.

Source: pkg/registry/core/service/storage/alloc.go; pkg/registry/core/service/portallocator/allocator.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.facts import distance
from scaffold.model import ObjectRef
from scaffold.shapes import as_number, finding, service_ports, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding, Location, TakenPort
    from scaffold.shapes import Path

ID = "node-port-taken"
KINDS = ("Service",)

_NOBODY = ObjectRef("", None, "")


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """One finding for each number, where the Service first mentions it."""
    if service_type(document) == "ExternalName":
        return
    ref, cluster = facts.ref(document), facts.cluster(document)
    seen: set[int] = set()
    for path, number in _numbers(document):
        if number in seen:
            continue
        seen.add(number)
        holders = facts.taken.holders(number, besides=ref, cluster=cluster)
        others = _first_of_each(document, holders, facts)
        if not others or not _is_first(document, number, facts):
            continue
        here = document.location(*path)
        if any(other.location < here or not facts.judged_mentions(other.owner) for other in others):
            more = f" and {len(others) - 1} other{'s' if len(others) > 2 else ''}" if len(others) > 1 else ""
            yield finding(
                document,
                path,
                f"{path[-1]} {number} is already held by {others[0].owner}{more}",
                effect="refused",
                hint=_hint(document, others, facts),
                related=tuple(other.location for other in others),
            )


def _numbers(document: Document) -> Iterator[tuple[Path, int]]:
    for path, port in service_ports(document):
        if number := as_number(port.get("nodePort")):
            yield (*path, "nodePort"), number
    if number := as_number(spec_of(document).get("healthCheckNodePort")):
        yield ("spec", "healthCheckNodePort"), number


def _first_of_each(document: Document, holders: list[TakenPort], facts: Facts) -> list[TakenPort]:
    """Where each other Service first mentions the number, in the order of path and line."""
    first: dict[tuple[str, str, str], TakenPort] = {}
    for holder in sorted(holders, key=_place):
        if not _may_be_the_same(document, holder, facts):
            first.setdefault(holder.owner.key, holder)
    return sorted(first.values(), key=_place)


def _may_be_the_same(document: Document, holder: TakenPort, facts: Facts) -> bool:
    """Whether one of two mentions leaves out the namespace: a patch, or a copy in another folder (chart, bundle)."""
    if holder.owner.name != document.ref.name or None not in (holder.owner.namespace, document.ref.namespace):
        return False
    path = holder.location.where
    return path in facts.kustomized.patches or distance(path, document.path) > 1


def _place(holder: TakenPort) -> Location:
    return holder.location


def _is_first(document: Document, number: int, facts: Facts) -> bool:
    """Whether no document before this one, of those that are judged, gives this Service this number."""
    mentions = facts.judged_mentions(document.ref)
    before = {(one.path, one.line) for one in mentions if (one.path, one.line) < (document.path, document.line)}
    return not any(
        (other.path, other.line) in before and any(number == found for _, found in _numbers(other))
        for other in mentions
    )


def _hint(document: Document, others: list[TakenPort], facts: Facts) -> str:
    policy = facts.policy_for(document)
    kept = {number for one in policy.reserved for number in range(one.low, one.high + 1)}
    free = (
        number
        for number in range(policy.low, policy.high + 1)
        if number not in kept and not facts.taken.holders(number, besides=_NOBODY)
    )
    number = next(free, None)
    hint = f"write a free one, such as {number}" if number else "take a node port away: the range is full"
    here, there = document.path.rpartition("/")[0], others[0].location.where.rpartition("/")[0]
    if here != there and facts.cluster(document) is None:
        hint += "; folders for different clusters: name them under clusters in .svcgen/config.yaml"
    return hint
