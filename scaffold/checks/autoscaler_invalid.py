"""A HorizontalPodAutoscaler that the API server does not take.

`maxReplicas` is at least 1 and not below `minReplicas`, and `minReplicas` is at least 1 (since Kubernetes 1.37 it is 0
with a metric that needs no Pods: Object or External). `scaleTargetRef` has a kind, a name and, since 1.34, an
apiVersion with its group; before, an autoscaler without one found nothing to scale. `behavior` has at least one policy
where it has any, and waits at most an hour. Of an autoscaling/v1 autoscaler the annotation
`autoscaling.alpha.kubernetes.io/behavior` counts as well; nothing that it leaves out is filled in.

Fails:
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
      minReplicas: 5
      maxReplicas: 3

Passes:
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
      minReplicas: 3
      maxReplicas: 5

Mend: write numbers that fit, and name the target in full.

Source: pkg/apis/autoscaling/validation/validation.go, validateHorizontalPodAutoscalerSpec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.checks import _scaler_notes
from scaffold.checks._pods import amount
from scaffold.shapes import as_dict, as_list, as_number, finding, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "autoscaler-invalid"

_SELECT = ("Max", "Min", "Disabled")
_POLICIES = ("Pods", "Percent")
_GROUPS = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "DeploymentConfig": "apps.openshift.io/v1",
}


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The numbers, the target and the metrics."""
    api, spec = document.data.get("apiVersion"), spec_of(document)
    if api not in ("autoscaling/v1", "autoscaling/v2"):
        return
    metrics = as_list(spec.get("metrics")) if api == "autoscaling/v2" else _scaler_notes.metrics(document)
    yield from _numbers(document, spec, metrics, facts)
    target = spec.get("scaleTargetRef")
    if isinstance(target, dict | None):
        yield from _target(document, target or {}, facts)
    if api == "autoscaling/v2":
        yield from _behavior(document, as_dict(spec.get("behavior")), facts)
        return
    percent = as_number(spec.get("targetCPUUtilizationPercentage"))
    if percent is not None and percent < 1:
        message, hint = f"targetCPUUtilizationPercentage {percent} is not above 0", "50 to 80 is usual"
        field = f"spec.metrics[{len(metrics)}].resource.target.averageUtilization"
        path = ("spec", "targetCPUUtilizationPercentage")
        yield finding(document, path, message, effect="refused", hint=hint, field=field)
    found = _behavior(document, _scaler_notes.behavior(document), facts, noted=True)
    yield from _scaler_notes.placed(document, _scaler_notes.BEHAVIOR, found)


def _numbers(document: Document, spec: dict[str, Any], metrics: list[Any], facts: Facts) -> Iterator[Finding]:
    lowest, highest = as_number(spec.get("minReplicas")), spec.get("maxReplicas")
    most = 0 if highest is None else as_number(highest)
    if lowest is not None and lowest < 1 and not (lowest == 0 and _from_zero(metrics, facts)):
        message, hint = f"minReplicas {lowest} is below 1", "write 1, or drop the line"
        yield finding(document, ("spec", "minReplicas"), message, effect="refused", hint=hint)
    if most is not None and most < 1:
        message = "maxReplicas is missing" if highest is None else f"maxReplicas {most} is below 1"
        hint = "write how many Pods there may be"
        yield finding(document, ("spec", "maxReplicas"), message, effect="refused", hint=hint)
    elif most is not None and lowest is not None and most < lowest:
        message, hint = f"maxReplicas {most} is below minReplicas {lowest}", f"write {lowest} or more"
        yield finding(document, ("spec", "maxReplicas"), message, effect="refused", hint=hint)


def _from_zero(metrics: list[Any], facts: Facts) -> bool:
    """Whether the autoscaler may end all Pods: one of its metrics is there without them."""
    kinds = [as_dict(metric).get("type") for metric in metrics]
    return not facts.before(37) and ("Object" in kinds or "External" in kinds)


def _target(document: Document, target: dict[str, Any], facts: Facts) -> Iterator[Finding]:
    path: Path = ("spec", "scaleTargetRef")
    kind, name, api = target.get("kind"), target.get("name"), target.get("apiVersion")
    for key, value in (("kind", kind), ("name", name)):
        if value is None or value == "":
            hint = "write what is to be scaled"
            yield finding(document, (*path, key), f"scaleTargetRef has no {key}", effect="refused", hint=hint)
        elif isinstance(value, str) and (value in (".", "..") or "/" in value or "%" in value):
            message, hint = f"scaleTargetRef's {key} {value!r} is no {key}", f"write the {key} alone"
            yield finding(document, (*path, key), message, effect="refused", hint=hint)
    if not isinstance(api, str | None) or not isinstance(kind, str | None):
        return
    # a ReplicationController is of no group
    least = 0 if kind == "ReplicationController" else 1
    if least <= (api or "").count("/") <= 1 and (not least or (api or "/").split("/")[0]):
        return
    effect: Any = "fragile" if facts.before(34) else "refused"
    known = _GROUPS.get(kind or "")
    message = f"scaleTargetRef's apiVersion {api} names no group" if api else "scaleTargetRef has no apiVersion"
    hint = f"write apiVersion: {known}" if known else "write the apiVersion of what is to be scaled"
    yield finding(document, (*path, "apiVersion"), message, effect=effect, hint=hint)


def _behavior(document: Document, behavior: dict[str, Any], facts: Facts, *, noted: bool = False) -> Iterator[Finding]:
    """Both directions; `noted`: in an annotation, where the API server fills in nothing."""
    for name in ("scaleUp", "scaleDown"):
        rules, path = behavior.get(name), ("spec", "behavior", name)
        if isinstance(rules, dict):
            yield from _rules(document, path, rules, noted=noted)
            # a switched-off gate drops it before
            if not facts.before(35) and (amount(rules.get("tolerance"))[1] or 0) < 0:
                message, hint = f"tolerance {rules['tolerance']} is negative", "write a share such as 0.05"
                yield finding(document, (*path, "tolerance"), message, effect="refused", hint=hint)


def _rules(document: Document, path: Path, rules: dict[str, Any], *, noted: bool) -> Iterator[Finding]:
    window, select, policies = (
        as_number(rules.get("stabilizationWindowSeconds")),
        rules.get("selectPolicy"),
        rules.get("policies"),
    )
    if window is not None and not 0 <= window <= 3600:
        message, hint = f"stabilizationWindowSeconds {window} is not between 0 and 3600", "an hour is the most"
        yield finding(document, (*path, "stabilizationWindowSeconds"), message, effect="refused", hint=hint)
    if isinstance(select, str) and select not in _SELECT:
        message, hint = f"selectPolicy {select!r} is none of {', '.join(_SELECT)}", "write Max, the default"
        yield finding(document, (*path, "selectPolicy"), message, effect="refused", hint=hint)
    if policies == [] or (noted and not policies):
        message, hint = "an empty list of policies", "drop the line, the defaults are fine"
        if noted:
            message, hint = f"{path[-1]} without policies", "add policies, or write autoscaling/v2, which fills them in"
        yield finding(document, (*path, "policies"), message, effect="refused", hint=hint)
    for index, policy in enumerate(as_list(policies)):
        if isinstance(policy, dict | None):
            yield from _policy(document, (*path, "policies", index), policy or {})


def _policy(document: Document, path: Path, policy: dict[str, Any]) -> Iterator[Finding]:
    kind = policy.get("type") or ""
    if isinstance(kind, str) and kind not in _POLICIES:
        message = f"policy type {kind!r} is neither Pods nor Percent" if kind else "a policy without type"
        yield finding(document, (*path, "type"), message, effect="refused", hint="write Pods or Percent")
    for key, highest in (("value", None), ("periodSeconds", 1800)):
        written = policy.get(key)
        number = 0 if written is None else as_number(written)
        if number is None or (number > 0 and (highest is None or number <= highest)):
            continue
        message = f"a policy without {key}" if written is None else f"{key} {number} is not above 0"
        if number > 0:
            message = f"{key} {number} is above {highest}"
        hint = "write how many at most" if key == "value" else "write 1 to 1800 seconds"
        yield finding(document, (*path, key), message, effect="refused", hint=hint)
