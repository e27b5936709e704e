"""An ExternalName Service without a DNS name, or with an address of its own.

`externalName` is required there, a DNS name in lower case without scheme and port; a dot may end it. `clusterIP` is
forbidden: `may not be set for ExternalName services`.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      type: ExternalName
      externalName: "https://db.example.com"

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      type: ExternalName
      externalName: db.example.com

Mend: write the bare name of the host.

Source: pkg/apis/core/validation/validation.go, ValidateService.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.names import subdomain
from scaffold.shapes import finding, is_headless, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "external-name"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The name, and an address beside it; `None` as address is headless-type's."""
    spec = spec_of(document)
    if service_type(document) != "ExternalName":
        return
    name, path = spec.get("externalName"), ("spec", "externalName")
    if name is None or name in ("", "."):
        hint = "write the name of the host, such as db.example.com"
        yield finding(document, path, "externalName is missing", effect="refused", hint=hint)
    elif isinstance(name, str) and (reason := subdomain(name.removesuffix("."))):
        hint = "write the bare name of the host, such as db.example.com"
        yield finding(document, path, f"externalName {name!r} {reason}", effect="refused", hint=hint)
    for field in ("clusterIP", "clusterIPs"):
        written = spec.get(field)
        # a list counts by its length, whatever is in it
        if isinstance(written, str | list) and written and not is_headless(document):
            message = f"{field} has no place on a Service of type ExternalName"
            yield finding(document, ("spec", field), message, effect="refused", hint="drop it", field="spec.clusterIPs")
