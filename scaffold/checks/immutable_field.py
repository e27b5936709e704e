"""A field that was changed since a commit, and cannot be changed on the object that is there.

`svcgen check --against main` holds each object against what it was at a commit: that which the cluster has. The
selector of a workload, most of a StatefulSet, the address of a Service and the like stay as they are once the object is
there: `spec.selector: Invalid value: field is immutable`. A Job keeps the template of its Pods too, until it is
deleted, by hand or by its `ttlSecondsAfterFinished`. Only files that have changed since are looked at, and objects are
told by kind, namespace and name. Without `--against` nothing is said.

Before:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "web:1"}]}

Fails:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web, version: v2}}
      template:
        metadata: {labels: {app: web, version: v2}}
        spec: {containers: [{name: web, image: "web:2"}]}

Passes:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web, version: v2}}
        spec: {containers: [{name: web, image: "web:2"}]}

Mend: write the field as it was, give the new object another name, or delete the old object before the new one comes.

Source: pkg/apis/apps/validation/validation.go, ValidateDeploymentUpdate and ValidateStatefulSetUpdate;
pkg/apis/batch/validation/validation.go, ValidateJobSpecUpdate; pkg/apis/core/validation/validation.go,
ValidateServiceUpdate and ValidatePodUpdate.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import amount
from scaffold.shapes import as_dict, as_list, finding, is_headless, service_type, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Effect, Finding
    from scaffold.shapes import Path

ID = "immutable-field"

_SELECTING = ("Deployment", "ReplicaSet", "DaemonSet")
# what is fixed, and what stands for it where it is not written
_OF_STATEFUL_SETS = {"selector": None, "serviceName": None, "podManagementPolicy": "OrderedReady"}
_OF_JOBS = {"selector": None, "completionMode": "NonIndexed", "backoffLimitPerIndex": None, "managedBy": None}
# what alone may be changed in a Pod
_OF_PODS = frozenset(
    {"image", "activeDeadlineSeconds", "terminationGracePeriodSeconds", "tolerations", "schedulingGates"}
)
# of which the API server says that the spec was changed, and not where
_AS_A_WHOLE = ("StatefulSet", "Pod")
# what makes such tools delete a Job before they make it anew
_ANEW = ("helm.sh/hook", "argocd.argoproj.io/hook", "kustomize.toolkit.fluxcd.io/force")
_SHORT = 60


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """One finding for each field that the API server would not change."""
    before = facts.earlier(document)
    if before is None or before.api_version != document.api_version:
        return
    effect: Effect = "refused"
    if document.kind == "Service":
        changed = _of_service(before, document)
    elif document.kind == "Pod":
        changed = _of_pod(before, document)
    elif document.kind == "Job":
        changed, effect = _of_job(before, document), "fragile"
    else:
        changed = _of_workload(before, document)
    for path, was in changed:
        message = f"{path[-1]} was {_shown(was)} at {facts.against}, and cannot be changed"
        # its Pods may run on, for the new one takes them over
        orphan = " --cascade=orphan" if document.kind == "StatefulSet" else ""
        command = f"kubectl delete {document.kind.lower()} {_name(document)}{orphan}"
        hint = f"write it as it was, or delete the old one first: {command}"
        field = "spec" if document.kind in _AS_A_WHOLE else ""
        yield finding(document, path, message, effect=effect, hint=hint, field=field)


def _of_workload(before: Document, now: Document) -> Iterator[tuple[Path, Any]]:
    old, new = spec_of(before), spec_of(now)
    defaults = {"selector": None} if now.kind in _SELECTING else _OF_STATEFUL_SETS
    yield from _changed(old, new, defaults)
    if now.kind == "StatefulSet":
        field = "volumeClaimTemplates"
        yield from islice(_differing(as_list(old.get(field)), as_list(new.get(field)), ("spec", field)), 1)


def _of_pod(before: Document, now: Document) -> Iterator[tuple[Path, Any]]:
    changed = _differing(spec_of(before), spec_of(now), ("spec",))
    yield from islice((one for one in changed if _OF_PODS.isdisjoint(map(str, one[0]))), 1)


def _of_job(before: Document, now: Document) -> Iterator[tuple[Path, Any]]:
    """A Job, where nothing takes the old one away."""
    old, new = spec_of(before), spec_of(now)
    annotations = as_dict(as_dict(now.data.get("metadata")).get("annotations"))
    if "ttlSecondsAfterFinished" in old or any(one in annotations for one in _ANEW):
        return
    yield from _changed(old, new, _OF_JOBS)
    if new.get("completionMode") != "Indexed":
        yield from _differing(old.get("completions"), new.get("completions"), ("spec", "completions"))
    if not old.get("suspend"):
        yield from islice(_differing(old.get("template"), new.get("template"), ("spec", "template")), 1)


def _of_service(before: Document, now: Document) -> Iterator[tuple[Path, Any]]:
    old, new = spec_of(before), spec_of(now)
    kinds = (service_type(before), service_type(now))
    if "ExternalName" in kinds:
        return
    was, wanted = _address(old), _address(new)
    # what is not written the cluster keeps; what was not written it has chosen, and that is never None
    if wanted and wanted != was and (was or wanted == "None"):
        yield ("spec", "clusterIP"), was or "chosen by the cluster"
    if kinds == ("LoadBalancer", "LoadBalancer"):
        yield from _changed(old, new, {"loadBalancerClass": None})
        health = (old.get("healthCheckNodePort"), new.get("healthCheckNodePort"))
        if all(health) and health[0] != health[1] and _is_local(old) and _is_local(new):
            yield ("spec", "healthCheckNodePort"), health[0]
    families = (as_list(old.get("ipFamilies"))[:1], as_list(new.get("ipFamilies"))[:1])
    if all(families) and families[0] != families[1] and not is_headless(before) and not is_headless(now):
        yield ("spec", "ipFamilies"), families[0][0]


def _changed(old: dict[str, Any], new: dict[str, Any], defaults: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    """The fields that differ; what is not written is its default."""
    for field, default in defaults.items():
        was, wanted = (default if one.get(field) is None else _bare(one[field]) for one in (old, new))
        if was != wanted:
            yield ("spec", field), was


def _differing(old: Any, new: Any, path: Path) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401
    """Where two values differ. What only one of them writes may be the other's default."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in new:
            if key in old:
                yield from _differing(old[key], new[key], (*path, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (was, wanted) in enumerate(zip(old, new, strict=True)):
            yield from _differing(was, wanted, (*path, index))
    elif None not in (old, new) and str(old) != str(new) and not _is_one_amount(old, new, path):
        yield path, old


def _is_one_amount(old: Any, new: Any, path: Path) -> bool:  # noqa: ANN401
    """Whether both are one amount of a resource: 0.5 is 500m."""
    return path[-2] in ("limits", "requests") and amount(old) == amount(new)


def _bare(value: Any) -> Any:  # noqa: ANN401
    """A value without what is null or empty in it."""
    if isinstance(value, dict):
        return {key: bare for key, one in value.items() if (bare := _bare(one)) not in (None, {}, [])}
    return [_bare(one) for one in value] if isinstance(value, list) else value


def _address(spec: dict[str, Any]) -> str:
    several = as_list(spec.get("clusterIPs"))
    return str(spec.get("clusterIP") or (several[0] if several else "") or "")


def _is_local(spec: dict[str, Any]) -> bool:
    return spec.get("externalTrafficPolicy") == "Local"


def _name(document: Document) -> str:
    namespace = f" -n {document.ref.namespace}" if document.ref.namespace else ""
    return f"{document.ref.name}{namespace}"


def _shown(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return "not there"
    if isinstance(value, dict):
        labels = as_dict(value.get("matchLabels"))
        text = ", ".join(f"{key}={one}" for key, one in labels.items()) if set(value) == {"matchLabels"} else str(value)
    else:
        text = str(value)
    return text if len(text) <= _SHORT else text[: _SHORT - 3] + "..."
