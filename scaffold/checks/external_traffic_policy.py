"""An externalTrafficPolicy where there is no external traffic, or with a value that does not exist.

Only NodePort and LoadBalancer Services, and ClusterIP ones with `externalIPs`, may have it: `may only be set for
externally-accessible services`. Its values are Cluster and Local.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      externalTrafficPolicy: Local
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: LoadBalancer
      externalTrafficPolicy: Local
      ports:
        - {name: http, port: 80}

Mend: drop it, or write the type that was meant.

Source: pkg/apis/core/validation/validation.go, validateServiceExternalTrafficPolicy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import finding, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "external-traffic-policy"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The field on a Service that nobody outside reaches, or with a wrong value."""
    spec = spec_of(document)
    policy, kind = spec.get("externalTrafficPolicy"), service_type(document)
    if not isinstance(policy, str) or not policy:
        return
    path = ("spec", "externalTrafficPolicy")
    outside = kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and bool(spec.get("externalIPs")))
    if not outside:
        message = f"externalTrafficPolicy has no place on a Service of type {kind}"
        yield finding(
            document, path, message, effect="refused", hint="drop it, or write type: NodePort or LoadBalancer"
        )
    elif policy not in ("Cluster", "Local"):
        message = f"externalTrafficPolicy {policy!r} is neither Cluster nor Local"
        yield finding(document, path, message, effect="refused", hint="write Cluster or Local")
