"""A HorizontalPodAutoscaler whose target is named nearly as a workload beside it.

The autoscaler is accepted and scales nothing: `the HPA controller was unable to get the target's current scale`. Only
what is surely meant is said: a workload of the same folder with the same name and another kind, in another namespace,
or with a name that looks mistyped. A target that is nowhere near may come from somewhere else.

Fails:
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      serviceName: web
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
      maxReplicas: 5

Passes:
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      serviceName: web
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
      scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: web}
      maxReplicas: 5

Mend: write kind, name and namespace as the workload has them.

Source: pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.backends import backends
from scaffold.names import is_slip
from scaffold.references import scale_target
from scaffold.shapes import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "autoscaler-target"

_SCALED = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "DeploymentConfig"})


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The workload that is scaled."""
    kind, namespace, name = scale_target(document)
    if kind not in _SCALED or not name or backends(facts).workload(document, kind, namespace, name):
        return
    field, path = "kind", ("spec", "scaleTargetRef")
    beside = [(one.document.ref, one.document) for one in facts.selection.beside(document)]
    scaled = [(ref, one) for ref, one in beside if ref.kind in _SCALED]
    here = [(ref, one) for ref, one in scaled if ref.key[1] == namespace]
    found = next(((ref, one) for ref, one in here if ref.name == name), None)
    if found is None:
        field = "name"
        found = next(((ref, one) for ref, one in here if ref.kind == kind and is_slip(ref.name, name)), None)
    if found is None and document.ref.namespace and document.path not in facts.kustomized.renamed:
        field = "namespace"
        elsewhere = [(ref, one) for ref, one in scaled if (ref.kind, ref.name) == (kind, name) and ref.namespace]
        found = next((pair for pair in elsewhere if pair[1].path not in facts.kustomized.renamed), None)
    if found is None:
        return
    ref, workload = found
    place: Path = (*path, field)
    message, hint = f"there is no {kind} {name}, but a {ref.kind}", f"write kind: {ref.kind}"
    if field == "namespace":
        place, message = path, f"{kind} {name} is in namespace {ref.namespace}, not in {namespace}"
        hint = "an autoscaler scales workloads of its own namespace only: write one namespace in both"
    elif field == "name":
        message, hint = f"there is no {kind} {name}", f"did you mean {ref.name}?"
    related = (workload.location("metadata", "name"),)
    yield finding(document, place, message, effect="fragile", hint=hint, related=related)
