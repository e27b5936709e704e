"""An ipFamilyPolicy or a list of ipFamilies that cannot be.

The policy is SingleStack, PreferDualStack or RequireDualStack; the families are IPv4 and IPv6, each at most once; two
of them do not go with SingleStack, and an ExternalName Service has neither. RequireDualStack is refused by a cluster
that has one family only, which this rule cannot know: it says so as advice.

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

from typing import TYPE_CHECKING

from scaffold.names import nearest
from scaffold.shapes import as_list, finding, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "ip-family"

_POLICIES = ["SingleStack", "PreferDualStack", "RequireDualStack"]


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The policy, the families, and both together."""
    spec = spec_of(document)
    policy, families = spec.get("ipFamilyPolicy"), as_list(spec.get("ipFamilies"))
    path = ("spec", "ipFamilyPolicy")
    if service_type(document) == "ExternalName":
        for name, written in (("ipFamilyPolicy", policy is not None), ("ipFamilies", bool(families))):
            if written:
                message = f"{name} has no place on a Service of type ExternalName"
                yield finding(document, ("spec", name), message, effect="refused", hint="drop it")
        return
    yield from _families(document, families)
    if not isinstance(policy, str):
        return
    if policy not in _POLICIES:
        near = nearest(policy, _POLICIES)
        hint = f"did you mean {near}?" if near else f"one of {', '.join(_POLICIES)}"
        yield finding(document, path, f"{policy!r} is no ipFamilyPolicy", effect="refused", hint=hint)
    elif policy == "SingleStack" and len(families) == 2:
        message = "ipFamilyPolicy SingleStack does not go with two ipFamilies"
        yield finding(document, path, message, effect="refused", hint="write PreferDualStack, or one family")
    elif policy == "RequireDualStack":
        message = "a cluster with one address family refuses ipFamilyPolicy RequireDualStack"
        yield finding(document, path, message, effect="advice", hint="PreferDualStack works on every cluster")


def _families(document: Document, families: list[object]) -> Iterator[Finding]:
    for index, family in enumerate(families):
        path = ("spec", "ipFamilies", index)
        if isinstance(family, str) and family not in ("IPv4", "IPv6"):
            hint = "write IPv4 or IPv6"
            yield finding(document, path, f"{family!r} is no address family", effect="refused", hint=hint)
        elif isinstance(family, str) and family in families[:index]:
            message = f"{family} is listed twice"
            yield finding(document, path, message, effect="refused", hint="each family once, the first is the main one")
