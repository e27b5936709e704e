"""`clusterIP: None` on a Service that needs an address.

A headless Service has no address of its own, so it cannot be a NodePort or LoadBalancer; an ExternalName has no
clusterIP at all: `spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      type: NodePort
      clusterIP: None
      ports:
        - {name: sql, port: 5432}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      clusterIP: None
      ports:
        - {name: sql, port: 5432}

Mend: drop one of the two; for both ways in, write two Services.

Source: pkg/apis/core/validation/validation.go, ValidateServiceClusterIPsRelatedFields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import finding, is_headless, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "headless-type"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """A headless Service of a type that cannot be one."""
    kind = service_type(document)
    if kind not in ("NodePort", "LoadBalancer", "ExternalName") or not is_headless(document):
        return
    external = kind == "ExternalName"
    path = ("spec", "clusterIP") if spec_of(document).get("clusterIP") else ("spec", "clusterIPs")
    yield finding(
        document,
        path,
        f"clusterIP None has no place on a Service of type {kind}",
        effect="refused",
        hint="drop clusterIP" if external else f"drop clusterIP, or write a second Service without type: {kind}",
        # the API server speaks of the list, even where only the single field is written
        field="spec.clusterIPs" if external else "spec.clusterIPs[0]",
    )
