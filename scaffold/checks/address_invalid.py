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

from typing import TYPE_CHECKING

from scaffold.shapes import as_list, finding, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "address-invalid"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The single address and the lists."""
    spec = spec_of(document)
    # an ExternalName has none: external-name says so
    if service_type(document) != "ExternalName":
        single, several = spec.get("clusterIP"), as_list(spec.get("clusterIPs"))
        hint = "write None" if str(single).lower() == "none" else "drop it, and the cluster picks one"
        if isinstance(single, str) and single not in ("", "None") and _reason(single):
            message, field = f"clusterIP {single!r} {_reason(single)}", "spec.clusterIPs[0]"
            yield finding(document, ("spec", "clusterIP"), message, effect="refused", hint=hint, field=field)
        if isinstance(single, str) and several and isinstance(several[0], str) and several[0] != single:
            message = (
                f"clusterIPs does not start with the clusterIP {single}" if single else "clusterIPs needs clusterIP"
            )
            yield finding(document, ("spec", "clusterIPs"), message, effect="refused", hint="write one of the two")
        for index, address in enumerate(several):
            if isinstance(address, str) and (address != "None" or index) and (reason := _reason(address)):
                path = ("spec", "clusterIPs", index)
                yield finding(document, path, f"{address!r} {reason}", effect="refused", hint="drop it")
    for index, address in enumerate(as_list(spec.get("externalIPs"))):
        if isinstance(address, str) and (reason := _reason(address, outside=True)):
            path = ("spec", "externalIPs", index)
            hint = "write the address of a node as others reach it"
            yield finding(document, path, f"{address!r} {reason}", effect="refused", hint=hint)


def _reason(text: str, *, outside: bool = False) -> str | None:
    """Why it is no such address, or None; leading zeros are fine, as for Go's older parser."""
    from ipaddress import ip_address

    if ":" not in text:
        text = ".".join(part.lstrip("0") or part[-1:] for part in text.split("."))
    try:
        address = ip_address(text)
    except ValueError:
        return "is no IP address"
    if outside and (address.is_unspecified or address.is_loopback or address.is_link_local):
        return "is an address that no other machine reaches"
    return None
