"""A volumeClaimTemplate of a StatefulSet that no claim can be made of.

A claim says how it may be mounted and how much it wants: `accessModes` and `resources.requests.storage` above 0.
`ReadWriteOncePod` goes with no other mode. A `dataSource` names a kind and an object.

Fails:
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      serviceName: db
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers: [{name: db, image: "postgres:17"}]
      volumeClaimTemplates:
        - metadata: {name: data}
          spec:
            resources: {requests: {storage: 10Gi}}

Passes:
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      serviceName: db
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers: [{name: db, image: "postgres:17"}]
      volumeClaimTemplates:
        - metadata: {name: data}
          spec:
            accessModes: [ReadWriteOnce]
            resources: {requests: {storage: 10Gi}}

Mend: write what is missing.

Source: pkg/apis/core/validation/validation.go, ValidatePersistentVolumeClaimSpec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.checks._pods import OfObject
from scaffold.checks._volumes import claim_spec
from scaffold.names import label
from scaffold.shapes import as_dict, as_list, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "volume-claim-template"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every claim's spec."""
    report = OfObject(before=facts.before)
    for index, claim in enumerate(as_list(spec_of(document).get("volumeClaimTemplates"))):
        if isinstance(claim, dict | None):
            name, spec = as_dict((claim or {}).get("metadata")).get("name"), (claim or {}).get("spec")
            reason = label(name) if isinstance(name, str) and name else None if name else "is missing"
            if reason:
                # the Pods' volume is called after the claim
                field = f"spec.template.spec.volumes[{index}].name"
                path = ("spec", "volumeClaimTemplates", index, "metadata", "name")
                report.add(
                    path, f"name {name!r} of the claim {reason}" if name else "the claim has no name", field=field
                )
            # a patch may bring a spec that is missing
            if isinstance(spec, dict | None) and (spec or not facts.is_patched(document)):
                claim_spec(report, as_dict(spec), ("spec", "volumeClaimTemplates", index, "spec"))
    for found in report.findings(document):
        # before that the StatefulSet is accepted, and its claims are refused one by one
        yield found._replace(effect="broken") if facts.before(34) else found
