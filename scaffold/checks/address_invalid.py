"""An address of a Service that is none.

`clusterIP` is an IP address, `None` in exactly this spelling, or nothing; `externalIPs` are IP addresses that another
machine can reach, so not those of loopback or of a link: `must be a valid IP address`. Whether a clusterIP lies in the
cluster's range is for the cluster to say.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      clusterIP: none
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      clusterIP: None
      ports:
        - {name: http, port: 80}

Mend: write `None` for a headless Service, and leave a clusterIP out otherwise.

Source: pkg/apis/core/validation/validation.go, ValidateServiceClusterIPsRelatedFields and ValidateNonSpecialIP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.shapes import as_list, finding, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "address-invalid"

_DROP = "drop it, and the cluster picks one"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The single address and the lists."""
    spec = spec_of(document)
    single, several, outside = spec.get("clusterIP"), spec.get("clusterIPs"), spec.get("externalIPs")
    # an ExternalName has none: external-name says so
    if (single or several) and service_type(document) != "ExternalName":
        yield from _pair(document, single or "", as_list(several), facts)
        if not several and isinstance(single, str) and single != "None" and (reason := _reason(single, facts)):
            message, field = f"clusterIP {single!r} {reason}", "spec.clusterIPs[0]"
            hint = "write None" if single.lower() == "none" else _DROP
            yield finding(document, ("spec", "clusterIP"), message, effect="refused", hint=hint, field=field)
    for index, address in enumerate(as_list(outside)):
        address = "" if address is None else address
        if isinstance(address, str) and (reason := _reason(address, facts) or _unreachable(address)):
            path = ("spec", "externalIPs", index)
            hint = "write the address of a node as others reach it"
            yield finding(document, path, f"{address!r} {reason}", effect="refused", hint=hint)


def _pair(document: Document, single: Any, several: list[Any], facts: Facts) -> Iterator[Finding]:  # noqa: ANN401
    """The list of addresses, which starts with the single one."""
    path = ("spec", "clusterIPs")
    if not several or not isinstance(single, str):
        return
    first = "" if several[0] is None else several[0]
    if first != single and isinstance(first, str):
        message = f"clusterIPs does not start with the clusterIP {single}" if single else "clusterIPs needs clusterIP"
        hint = f"drop it, or write clusterIP: {first} too"
        yield finding(document, path, message, effect="refused", hint=hint)
    if first == "None" and len(several) > 1:
        yield finding(document, path, "None stands beside another address", effect="refused", hint="keep one of them")
    families = set()
    for index, address in enumerate(several):
        address = "" if address is None else address
        if not isinstance(address, str) or (address == "None" and not index):
            continue
        if reason := _reason(address, facts):
            yield finding(document, (*path, index), f"{address!r} {reason}", effect="refused", hint=_DROP)
            return
        families.add(":" in address)
    if len(several) > 2 or (len(several) == 2 and len(families) == 1 and first != "None"):
        message = "clusterIPs is one address, or one of each family"
        yield finding(document, path, message, effect="refused", hint="drop the list, and the cluster picks them")


def _reason(text: str, facts: Facts) -> str | None:
    """Why it is no address, or None. Up to Kubernetes 1.35 Go's older parser takes leading zeros and mapped ones."""
    from ipaddress import IPv6Address, ip_address

    if not text:
        return "is empty"
    bare = text
    if facts.before(36) and ":" not in text:
        bare = ".".join(part.lstrip("0") or part[-1:] for part in text.split("."))
    try:
        # a zone such as %eth0 is Python's, not Go's
        address = ip_address("" if "%" in bare else bare)
    except ValueError:
        zeros = ":" not in text and any(part[:1] == "0" and part.isdigit() and part != "0" for part in text.split("."))
        return "has leading zeros, or is no IP address" if zeros else "is no IP address"
    if isinstance(address, IPv6Address) and address.ipv4_mapped and not facts.before(36):
        return "is an IPv4 address in the clothes of IPv6"
    return None


def _unreachable(text: str) -> str | None:
    from ipaddress import ip_address, ip_network

    try:
        address = ip_address(text)
    except ValueError:
        return None
    local = ip_network("224.0.0.0/24" if address.version == 4 else "ff02::/16")
    if address.is_unspecified or address.is_loopback or address.is_link_local or address in local:
        return "is an address that no other machine reaches"
    return None
