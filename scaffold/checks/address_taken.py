"""A clusterIP that another Service holds.

A Service that asks for an address which another one has is refused: `spec.clusterIPs: Invalid value: failed to allocate
IP 10.96.12.34: provided IP is already allocated`. The Service that comes later (by path, then line) is named. Services
of different folders may go to different clusters, so they are held against each other only where `clusters` in
`.svcgen/config.yaml` names the one cluster of both.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: api}
    spec:
      clusterIP: 10.96.12.34
      ports:
        - {name: http, port: 80}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      clusterIP: 10.96.12.34
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: api}
    spec:
      ports:
        - {name: http, port: 80}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80}

Mend: drop the line, and the cluster picks an address that is free.

Source: pkg/registry/core/service/storage/alloc.go, allocIPs; pkg/registry/core/service/ipallocator.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from scaffold.nearby import folder_of
from scaffold.shapes import as_list, finding, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address, IPv6Address

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

    Address = IPv4Address | IPv6Address
    Key = tuple[str, str, str]
    # an address in a folder or a cluster -> by the key of each Service that asks for it, where it first does
    Holders = dict[tuple[Address, str, str], dict[Key, tuple[Path, Document]]]

ID = "address-taken"

# of each run, in the order of reading
_HOLDERS: WeakKeyDictionary[Facts, Holders] = WeakKeyDictionary()


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """One finding for the first address that is taken, as the allocator stops there."""
    wanted = list(_addresses(document))
    if not wanted:
        return
    holders = _HOLDERS.get(facts)
    if holders is None:
        holders = _HOLDERS[facts] = _holders(facts)
    for address, path in wanted:
        same = [holders.get((address, *scope), {}).values() for scope in _scopes(document, facts)]
        # the first of hundreds will do
        for there, other in chain.from_iterable(same):
            if _comes_later(document, other, facts) and _may_meet(document, other, facts):
                message = f"clusterIP {address} is already held by {other.ref}"
                place = (other.location(*there),)
                hint = "drop the line, and the cluster picks a free one"
                yield finding(
                    document, path, message, effect="refused", hint=hint, related=place, field="spec.clusterIPs"
                )
                return


def _addresses(service: Document) -> Iterator[tuple[Address, Path]]:
    """The addresses that a Service asks for; what is none is the finding of another rule."""
    spec = spec_of(service)
    several = as_list(spec.get("clusterIPs"))
    written: list[tuple[Path, object]] = [(("spec", "clusterIPs", at), one) for at, one in enumerate(several)]
    written = written or [(("spec", "clusterIP"), spec.get("clusterIP"))]
    if service_type(service) == "ExternalName" or not any(isinstance(one, str) and one for _, one in written):
        return
    from ipaddress import ip_address

    for path, one in written:
        if isinstance(one, str) and one not in ("", "None"):
            try:
                yield ip_address(one), path
            except ValueError:
                continue


def _holders(facts: Facts) -> Holders:
    found: Holders = {}
    for service in facts.selection.services:
        for address, path in _addresses(service):
            for scope in _scopes(service, facts):
                found.setdefault((address, *scope), {}).setdefault(service.ref.key, (path, service))
    return found


def _scopes(service: Document, facts: Facts) -> list[tuple[str, str]]:
    """Where others are that may go to the same cluster."""
    cluster = facts.cluster(service)
    return [("folder", folder_of(service.path)), *([("cluster", cluster)] if cluster else [])]


def _comes_later(document: Document, other: Document, facts: Facts) -> bool:
    """Whether a document comes after another, or is the one of the two that this run judges."""
    here, there = (document.path, document.line, document.items), (other.path, other.line, other.items)
    return here > there or (here != there and not facts.is_judged(other))


def _may_meet(document: Document, other: Document, facts: Facts) -> bool:
    """Whether two Services are certainly two, in one cluster."""
    if document.ref.key == other.ref.key or facts.kustomized.rewrites(
        "clusterIP", document.ref.name, document.path, other.path
    ):
        return False
    clusters = (facts.cluster(document), facts.cluster(other))
    return clusters[0] == clusters[1] if all(clusters) else folder_of(document.path) == folder_of(other.path)
