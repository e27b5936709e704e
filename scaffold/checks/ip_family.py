"""An ipFamilyPolicy or a list of ipFamilies that cannot be.

The policy is SingleStack, PreferDualStack or RequireDualStack; the families are IPv4 and IPv6, each at most once; two
of them need PreferDualStack or RequireDualStack, and an ExternalName Service has neither. A cluster of one family
refuses RequireDualStack and whatever names the other one; which families it has is said by `check.ip_families` in
`.svcgen/config.yaml`, and is IPv4 where nothing is said.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ipFamilyPolicy: DualStack
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ipFamilyPolicy: PreferDualStack
      ports:
        - {name: http, port: 80}

Mend: write PreferDualStack, which every cluster takes, or drop the line.

Source: pkg/apis/core/validation/validation.go, ValidateServiceClusterIPsRelatedFields and validateService;
pkg/registry/core/service/storage/alloc.go, initIPFamilyFields.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffold.names import nearest
from scaffold.shapes import as_list, finding, is_headless, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Effect, Finding
    from scaffold.shapes import Path

ID = "ip-family"

_MEANT = "dual-?_?stack|ipv6"
_POLICIES = ["SingleStack", "PreferDualStack", "RequireDualStack"]
_SETTING = "if the cluster has both families, write check: {ip_families: [IPv4, IPv6]} into .svcgen/config.yaml"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The policy, the families, and both together."""
    spec = spec_of(document)
    policy, families = spec.get("ipFamilyPolicy"), as_list(spec.get("ipFamilies"))
    addresses = as_list(spec.get("clusterIPs")) or [spec.get("clusterIP")]
    if policy is None and not families and addresses == [None]:
        return
    if service_type(document) == "ExternalName":
        for name, written in (("ipFamilyPolicy", policy is not None), ("ipFamilies", bool(families))):
            if written:
                message = f"{name} has no place on a Service of type ExternalName"
                yield finding(document, ("spec", name), message, effect="refused", hint="drop it")
        return
    wrong = [
        *_families(document, families),
        *_policy(document, policy),
        *_unequal(document, families, addresses),
    ]
    yield from wrong
    # one of these refuses it before the cluster is asked
    headless_alone = is_headless(document) and not spec.get("selector")
    if not wrong and not (headless_alone and policy is None):
        wrong = list(_single(document, policy, families, addresses))
        yield from wrong
    if not wrong and not headless_alone:
        yield from _lacking(document, policy, families, addresses, facts)


def _families(document: Document, families: list[Any]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, family in enumerate(families):
        path = ("spec", "ipFamilies", index)
        if isinstance(family, str | None) and family not in ("IPv4", "IPv6"):
            hint = "write IPv4 or IPv6"
            yield finding(document, path, f"{family!r} is no address family", effect="refused", hint=hint)
        elif isinstance(family, str) and family in seen:
            message = f"{family} is listed twice"
            yield finding(document, path, message, effect="refused", hint="each family once, the first is the main one")
        elif isinstance(family, str):
            seen.add(family)


def _policy(document: Document, policy: object) -> Iterator[Finding]:
    path = ("spec", "ipFamilyPolicy")
    if not isinstance(policy, str):
        return
    if policy not in _POLICIES:
        near = nearest(policy, _POLICIES)
        hint = f"did you mean {near}?" if near else f"one of {', '.join(_POLICIES)}"
        yield finding(document, path, f"{policy!r} is no ipFamilyPolicy", effect="refused", hint=hint)


def _single(document: Document, policy: object, families: list[Any], addresses: list[Any]) -> Iterator[Finding]:
    """SingleStack is also what a policy that is not written comes to."""
    if policy in (None, "SingleStack") and (len(families) == 2 or len(addresses) == 2):
        what = "ipFamilies" if len(families) == 2 else "clusterIPs"
        message = f"ipFamilyPolicy SingleStack does not go with two {what}"
        if policy is None:
            message = f"two {what} need an ipFamilyPolicy, which is SingleStack where it is not written"
        hint = "write ipFamilyPolicy: PreferDualStack, or one family"
        yield finding(document, ("spec", "ipFamilyPolicy"), message, effect="refused", hint=hint)


def _family(address: object) -> str | None:
    """The family of what has the form of an address; what is none is address-invalid's."""
    if not isinstance(address, str) or address in ("", "None") or not ("." in address or ":" in address):
        return None
    return "IPv6" if ":" in address else "IPv4"


def _unequal(document: Document, families: list[Any], addresses: list[Any]) -> Iterator[Finding]:
    for index, (family, address) in enumerate(zip(families, addresses, strict=False)):
        is_family = _family(address)
        if is_family and family in ("IPv4", "IPv6") and family != is_family:
            message = f"{address} is {is_family}, and ipFamilies says {family} in its place"
            hint = "write both in one order, or drop the address"
            yield _at_address(document, index, message, hint)


def _lacking(
    document: Document, policy: object, families: list[Any], addresses: list[Any], facts: Facts
) -> Iterator[Finding]:
    """What asks for a family that the cluster does not have."""
    there = facts.ip_families
    # whoever calls a manifest so has a cluster for it
    effect: Effect = "advice" if re.search(_MEANT, document.path.lower()) else "refused"
    told = f"the cluster has {' and '.join(there)} only"
    # the address is looked at first, and gives the family where none is written
    strange = [(index, _family(one)) for index, one in enumerate(addresses) if index >= len(families)]
    strange = [(index, family) for index, family in strange if family and family not in there]
    for index, family in strange:
        message = f"{addresses[index]} is {family}, {told}"
        yield _at_address(document, index, message, f"drop the address; {_SETTING}", effect)
    if policy == "RequireDualStack" and len(there) < 2 and not strange:
        message, hint = f"RequireDualStack needs both families, {told}", f"write PreferDualStack; {_SETTING}"
        yield finding(document, ("spec", "ipFamilyPolicy"), message, effect=effect, hint=hint)
        return
    for index, family in enumerate(families):
        if family not in there:
            message, hint = f"ipFamilies asks for {family}, {told}", f"drop the list; {_SETTING}"
            yield finding(document, ("spec", "ipFamilies", index), message, effect=effect, hint=hint)


def _at_address(document: Document, index: int, message: str, hint: str, effect: Effect = "refused") -> Finding:
    single = not as_list(spec_of(document).get("clusterIPs"))
    path: Path = ("spec", "clusterIP") if single else ("spec", "clusterIPs", index)
    return finding(document, path, message, effect=effect, hint=hint, field=f"spec.clusterIPs[{index}]")
