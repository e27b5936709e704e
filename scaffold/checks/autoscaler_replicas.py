"""A number of replicas where a HorizontalPodAutoscaler decides.

Each time the manifest is applied, the workload is set back to the written number, whatever the load; then the
autoscaler starts again. A number of 0 switches the autoscaler off. Said as a warning where both lie in one folder.

Fails:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 2
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - {name: web, image: "nginx:1.27"}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
      minReplicas: 2
      maxReplicas: 5

Passes:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - {name: web, image: "nginx:1.27"}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
      minReplicas: 2
      maxReplicas: 5

Mend: leave `replicas` out of the workload, and write the least number as the autoscaler's `minReplicas`.

Source: kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale, on moving to an autoscaler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.backends import backends
from scaffold.nearby import folder_of
from scaffold.references import belong
from scaffold.shapes import as_number, finding, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Effect, Finding

ID = "autoscaler-replicas"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The number, where an autoscaler means this workload."""
    scalers = backends(facts).autoscalers(document)
    replicas = as_number(spec_of(document).get("replicas")) if scalers else None
    if replicas is None:
        return
    near = [one for one in scalers if folder_of(one.path) == folder_of(document.path)]
    effect: Effect = "fragile" if near else "advice"
    scaler = (near or scalers)[0]
    if not near and not belong(document, scaler, once=backends(facts).written_once(document)):
        return
    if facts.kustomized.rewrites("replicas", document.ref.name, document.path, scaler.path):
        return
    message = f"replicas {replicas} is applied over what HorizontalPodAutoscaler {scaler.ref} chose"
    if not replicas:
        message = f"replicas 0 switches HorizontalPodAutoscaler {scaler.ref} off"
    hint = "leave replicas out, minReplicas of the autoscaler is the least number"
    place = (scaler.location("spec", "scaleTargetRef"),)
    yield finding(document, ("spec", "replicas"), message, effect=effect, hint=hint, related=place)
