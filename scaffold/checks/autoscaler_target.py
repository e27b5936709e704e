"""A HorizontalPodAutoscaler whose target is named nearly as a workload beside it.

The autoscaler is accepted and scales nothing: `the HPA controller was unable to get the target's current scale`. Only
what is surely meant is said: a workload of the same folder with the same name and another kind, in another namespace,
or with a name that looks mistyped. A target that is nowhere near may come from somewhere else. What cannot be scaled
is said of any target: a DaemonSet, a kind in lower case, a group that does not have the kind (any more).

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
from scaffold.checks._served import is_own, proper, wanted
from scaffold.kinds import MAKERS
from scaffold.names import is_slip, subdomain
from scaffold.references import scale_target
from scaffold.shapes import as_dict, finding, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "autoscaler-target"

_SCALED = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "DeploymentConfig"})
# what has no number of replicas
_UNSCALED = frozenset({"DaemonSet", "Job", "CronJob", "Pod"})
# what people hang on a workload's name and forget where they use it
_AFFIXES = ("-deployment", "-deploy", "-statefulset", "-sts")
_PATH: Path = ("spec", "scaleTargetRef")


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The workload that is scaled."""
    kind, namespace, name = scale_target(document)
    if impossible := _impossible(document, kind):
        yield impossible
        return
    if kind not in _SCALED or not name or backends(facts).workload(document, kind, namespace, name):
        return
    if facts.unread.may_name(kind, name):
        return
    field = "kind"
    beside = [(one.document.ref, one.document) for one in facts.selection.beside(document)]
    # a Rollout that is meant may lean on a Deployment
    scaled = [(ref, one) for ref, one in beside if ref.kind in _SCALED or ref.kind in MAKERS]
    here = [(ref, one) for ref, one in scaled if ref.key[1] == namespace]
    found = next(((ref, one) for ref, one in here if ref.name == name), None)
    if found is None:
        field = "name"
        # a name that is refused will not stay
        near = ((ref, one) for ref, one in here if ref.kind == kind and not subdomain(ref.name))
        found = next(((ref, one) for ref, one in near if _is_near(ref.name, name)), None)
    if found is None and document.ref.namespace:
        field = "namespace"
        elsewhere = [(ref, one) for ref, one in scaled if (ref.kind, ref.name) == (kind, name) and ref.namespace]
        found = next((pair for pair in elsewhere if not facts.is_renamed(pair[1].path)), None)
        if found and facts.is_renamed(document.path):
            return
    if found is None:
        return
    ref, workload = found
    place: Path = (*_PATH, field)
    message, hint = f"there is no {kind} {name}, but a {ref.kind}", f"write kind: {ref.kind}"
    if workload.api_version != as_dict(spec_of(document).get("scaleTargetRef")).get("apiVersion"):
        hint += f" and apiVersion: {workload.api_version}"
    if field == "namespace":
        place, message = _PATH, f"{kind} {name} is in namespace {ref.namespace}, not in {namespace}"
        hint = "an autoscaler scales workloads of its own namespace only: write one namespace in both"
    elif field == "name":
        message, hint = f"there is no {kind} {name}", f"did you mean {ref.name}?"
    related = (workload.location("metadata", "name"),)
    yield finding(document, place, message, effect="fragile", hint=hint, related=related)


def _impossible(document: Document, kind: str) -> Finding | None:
    """What no autoscaler can scale, whatever workloads there are: it asks for group and kind as they are written."""
    api = as_dict(spec_of(document).get("scaleTargetRef")).get("apiVersion")
    if not isinstance(api, str) or not is_own(api):
        return None
    known = proper(kind)
    meant, group = wanted(known) or "", api.rpartition("/")[0]
    if known in _UNSCALED and group == meant.rpartition("/")[0]:
        message, hint = f"a {known} has no number of replicas, so nothing is scaled", "drop this autoscaler"
        return finding(document, (*_PATH, "kind"), message, effect="fragile", hint=hint)
    if known not in _SCALED or not meant:
        return None
    if known != kind:
        message, hint = f"there is no kind {kind}, so nothing is scaled", f"write kind: {known}"
        return finding(document, (*_PATH, "kind"), message, effect="fragile", hint=hint)
    # without a group it is refused
    if group and group != meant.rpartition("/")[0]:
        message, hint = f"{api} has no kind {kind}, so nothing is scaled", f"write apiVersion: {meant}"
        return finding(document, (*_PATH, "apiVersion"), message, effect="fragile", hint=hint)
    return None


def _is_near(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return is_slip(one, other) or long.removeprefix(short) in _AFFIXES
