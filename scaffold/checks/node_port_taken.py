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

import re
from itertools import islice
from typing import TYPE_CHECKING

from scaffold.nearby import distance, folder_of
from scaffold.shapes import as_number, finding, service_ports, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding, Location, ObjectRef, TakenPort
    from scaffold.shapes import Path

    Key = tuple[str, str, str]

ID = "node-port-taken"

# How many others are named: a number that a whole tree shares would make a report of its square.
_NAMED = 50


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """One finding for each number, where the Service first mentions it."""
    if service_type(document) == "ExternalName":
        return
    seen: set[int] = set()
    for path, number in _numbers(document):
        if number in seen:
            continue
        seen.add(number)
        holders = facts.holders(number, facts.cluster(document))
        others = list(islice(_others(document, holders, facts), _NAMED + 1))
        if not others or _is_replaced(document.ref, document.path, number, facts):
            continue
        here = facts.node_port_place(document, number) or document.location(*path)
        if not _is_first(document, number, here, holders, facts):
            continue
        if others[0].location < here or any(not _is_judged(other, facts) for other in others):
            related = tuple([other.location for other in others[:_NAMED]])
            if facts.is_told(here, related):
                continue
            yield finding(
                document,
                path,
                f"{path[-1]} {number} is already held by {others[0].owner}{_more(len(others) - 1)}",
                effect="refused",
                hint=_hint(document, others[0], facts),
                related=related,
                at=here,
            )


def _is_judged(other: TakenPort, facts: Facts) -> bool:
    return facts.judges_service(other.owner) or facts.judges_patch(other.location.where)


def _more(count: int) -> str:
    if count == 0:
        return ""
    return f" and {count} other{'s' if count > 1 else ''}" if count < _NAMED else f" and {_NAMED - 1} others and more"


def _numbers(document: Document) -> Iterator[tuple[Path, int]]:
    for path, port in service_ports(document):
        if number := as_number(port.get("nodePort")):
            yield (*path, "nodePort"), number
    if number := as_number(spec_of(document).get("healthCheckNodePort")):
        yield ("spec", "healthCheckNodePort"), number


def _others(document: Document, holders: Mapping[Key, TakenPort], facts: Facts) -> Iterator[TakenPort]:
    own, path, kustomized = document.ref.key, document.path, facts.kustomized
    for key, holder in holders.items():
        if key == own or ((key[2] == own[2] or kustomized.affixed) and _may_be_the_same(document, holder, facts)):
            continue
        # whoever patches the node ports of one of the two is named among what is not judged
        there = holder.location.where if kustomized.patching else ""
        if there and any(kustomized.rewrites("nodePort", name, path, there) for name in (own[2], key[2])):
            continue
        if there and _is_replaced(holder.owner, there, holder.number, facts):
            continue
        yield holder


def _is_replaced(service: ObjectRef, path: str, number: int, facts: Facts) -> bool:
    """Whether every kustomization that is built with a file patches the port of a Service in it that has a number."""
    patched = facts.kustomized.patches_on(path, service.name)
    builds = [[text for text in patches if "/spec/ports" in text or "nodePort" in text] for patches in patched]
    # so it is for nearly all, and the file needs not to be looked into
    if not builds or not all(builds):
        return False
    written = (one for one in facts.selection.mentions(service).inside(folder_of(path)) if one.path == path)
    ports = [
        (place[-1], port.get("port"))
        for one in written
        for place, port in service_ports(one)
        if as_number(port.get("nodePort")) == number
    ]
    return bool(ports) and all(any(_patches(text, *port) for text in patches) for patches in builds for port in ports)


def _patches(text: str, index: object, port: object) -> bool:
    """Whether a patch is about a port of a Service, by its place in the list (JSON6902) or else by its number."""
    if "/spec/" in text:
        return re.search(rf"/spec/ports(?:/{index}(?:/nodePort)?)?(?![\w/])", text) is not None
    return "nodePort" in text and re.search(rf"\b{port}\b", text) is not None


def _may_be_the_same(document: Document, holder: TakenPort, facts: Facts) -> bool:
    """Whether one of two of the same name leaves out the namespace: a patch, a copy elsewhere (chart, bundle).

    A kustomization may also give it another name: what it builds lies in the tree.
    """
    path, name, other = holder.location.where, document.ref.name, holder.owner.name
    if None not in (holder.owner.namespace, document.ref.namespace):
        return False
    if name != other:
        calls = facts.kustomized.calls
        return calls(document.path, name, other) or calls(path, other, name)
    return path in facts.kustomized.patches or distance(path, document.path) > 1


def _is_first(document: Document, number: int, here: Location, holders: Mapping[Key, TakenPort], facts: Facts) -> bool:
    """Whether no judged document before this one gives this Service this number."""
    first = holders.get(document.ref.key)
    if first is None or first.location >= here:
        return True
    mentions = facts.judged_mentions(document.ref)
    earlier = [one for one in mentions if (one.path, one.line) < (document.path, document.line)]
    return not any(number == found for one in earlier for _, found in _numbers(one))


def _hint(document: Document, other: TakenPort, facts: Facts) -> str:
    number = facts.free_node_port(facts.policy_for(document))
    hint = f"write a free one, such as {number}" if number else "take a node port away: the range is full"
    here, there = document.path.rpartition("/")[0], other.location.where.rpartition("/")[0]
    if here != there and facts.cluster(document) is None:
        hint += "; folders for different clusters: name them under clusters in .svcgen/config.yaml"
    return hint
