"""A Service without ports.

Only a headless Service and an ExternalName need none: `spec.ports: Required value`.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      clusterIP: None
      selector: {app: web}

Mend: list the ports, or write `clusterIP: None`.

Source: pkg/apis/core/validation/validation.go, ValidateService.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import finding, is_headless, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "ports-missing"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """A Service whose ports are empty or not written, unless patches of a kustomization may write them."""
    ports = spec_of(document).get("ports")
    if (ports is not None and ports != []) or service_type(document) == "ExternalName" or is_headless(document):
        return
    if not facts.is_patched(document):
        hint = "list them under spec.ports, or write clusterIP: None for a Service without a port of its own"
        yield finding(document, ("spec", "ports"), "the Service has no ports", effect="refused", hint=hint)
