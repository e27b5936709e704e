"""A trafficDistribution or an internalTrafficPolicy with a value that does not exist, or not for long.

The policy is Cluster or Local. The distribution is PreferSameZone or PreferSameNode since Kubernetes 1.34, and before
that PreferClose only: `Unsupported value: "PreferSameZone": supported values: "PreferClose"`. PreferClose is deprecated
since Kubernetes 1.35, and the API server warns of it.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      internalTrafficPolicy: local
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      internalTrafficPolicy: Local
      ports:
        - {name: http, port: 80}

Mend: write one of the values, or drop the line.

Source: pkg/apis/core/validation/validation.go, validateServiceInternalTrafficFieldsValue and
validateServiceTrafficDistribution; pkg/features/kube_features.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.names import nearest
from scaffold.shapes import finding, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "traffic-policy"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Both fields; an empty text is a value too, null is none."""
    spec = spec_of(document)
    if spec.get("internalTrafficPolicy") is None and spec.get("trafficDistribution") is None:
        return
    distributions = ["PreferClose", "PreferSameZone", "PreferSameNode"]
    if facts.before(34):
        distributions = distributions[:1]
    # in 1.30 a switched-off gate drops the field, and before that it is an unknown one
    allowed = {"internalTrafficPolicy": ["Cluster", "Local"], "trafficDistribution": distributions}
    for name, values in allowed.items():
        written = spec.get(name)
        if written == "PreferClose" and name == "trafficDistribution" and not facts.before(35):
            hint = "write PreferSameZone, which is the same"
            yield finding(document, ("spec", name), "PreferClose is deprecated", effect="advice", hint=hint)
        if not isinstance(written, str) or written in values or (name == "trafficDistribution" and facts.before(31)):
            continue
        near = nearest(written, values)
        hint = f"did you mean {near}?" if near else f"write {' or '.join(values)}"
        newest = written in ("PreferSameZone", "PreferSameNode")
        message = f"{name} {written} came with Kubernetes 1.34" if newest else f"{written!r} is no {name}"
        yield finding(document, ("spec", name), message, effect="refused", hint=hint)
