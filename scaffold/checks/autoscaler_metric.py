"""A metric of a HorizontalPodAutoscaler that the API server does not take.

A metric has the one block that its `type` names, which says what is measured and has a `target` above 0 with a type of
its own: Resource and ContainerResource take averageUtilization or averageValue, Pods takes averageValue, Object and
External take averageValue or value. So have the metrics in the annotation `autoscaling.alpha.kubernetes.io/metrics` of
an autoscaling/v1 autoscaler.

Fails:
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
      maxReplicas: 5
      metrics:
        - type: Resource
          resource: {name: cpu, target: {averageUtilization: 60}}

Passes:
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
      maxReplicas: 5
      metrics:
        - type: Resource
          resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}

Mend: write the missing type or number.

Source: pkg/apis/autoscaling/validation/validation.go, validateMetricSpec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.checks import _scaler_notes
from scaffold.checks._amounts import no_extended
from scaffold.checks._pods import amount
from scaffold.names import label, label_key
from scaffold.shapes import as_dict, as_list, as_number, finding, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "autoscaler-metric"

# in the API server's order
_BLOCKS = {
    "Object": "object",
    "External": "external",
    "Pods": "pods",
    "Resource": "resource",
    "ContainerResource": "containerResource",
}
_NEWER = ".describedObject.apiVersion"
_TARGETS = ("Utilization", "Value", "AverageValue")
_MEASURED = ("cpu", "memory", "ephemeral-storage")


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every metric."""
    api = document.data.get("apiVersion")
    if api == "autoscaling/v2":
        for found in _metrics(document, as_list(spec_of(document).get("metrics"))):
            # nobody looked at it up to 1.33
            if not (found.field.endswith(_NEWER) and facts.before(34)):
                yield found
    elif api == "autoscaling/v1":
        metrics = _metrics(document, _scaler_notes.metrics(document))
        yield from _scaler_notes.placed(document, _scaler_notes.METRICS, metrics)


def _metrics(document: Document, metrics: list[Any]) -> Iterator[Finding]:
    for index, metric in enumerate(metrics):
        if isinstance(metric, dict | None):
            yield from _metric(document, ("spec", "metrics", index), metric or {})


def _metric(document: Document, path: Path, metric: dict[str, Any]) -> Iterator[Finding]:
    kind = metric.get("type") or ""
    if not isinstance(kind, str):
        return
    filled = {known: field for known, field in _BLOCKS.items() if metric.get(field) is not None}
    own, first = _BLOCKS.get(kind), next(iter(filled), kind)
    if own is None:
        message = f"metric type {kind!r} is none of {', '.join(_BLOCKS)}" if kind else "a metric without type"
        hint = f"write type: {first}" if filled else f"one of {', '.join(_BLOCKS)}"
        yield finding(document, (*path, "type"), message, effect="refused", hint=hint)
    elif kind not in filled:
        message, hint = f"a metric of type {kind} without {own}", f"add {own}"
        if len(filled) == 1:
            hint = f"write type: {first}"
        yield finding(document, (*path, own), message, effect="refused", hint=hint)
    # of several the API server looks into the first only
    if filled and isinstance(block := metric[filled[first]], dict):
        yield from _value(document, (*path, filled[first]), first, block)
    for other in filled.values() if len(filled) > 1 else ():
        if other != own:
            message = f"a metric of type {kind} has {other} too" if own else f"a metric has {other} among others"
            yield finding(document, (*path, other), message, effect="refused", hint="make two metrics of it")


def _value(document: Document, path: Path, kind: str, block: dict[str, Any]) -> Iterator[Finding]:
    for place, name, reason in _names(path, kind, block):
        message = (
            f"{place[-1]} {name!r} {reason}" if name else f"a {kind} metric without {' '.join(map(str, place[4:]))}"
        )
        hint = (
            "write cpu or memory" if place[-2] in ("resource", "containerResource") else f"write the {place[-1]} alone"
        )
        yield finding(document, place, message, effect="refused", hint=hint)
    target, place = block.get("target"), (*path, "target")
    if not isinstance(target, dict | None):
        return
    written = (target or {}).get("type")
    if (written is None or isinstance(written, str)) and written not in _TARGETS:
        message = f"target type {written!r} is none of {', '.join(_TARGETS)}" if written else "a target without type"
        near = next((one for one in _TARGETS if one.lower() == str(written).lower()), _TARGETS[0])
        yield finding(document, (*place, "type"), message, effect="refused", hint=f"write type: {near}")
        return
    yield from _amount(document, place, kind, target or {})


def _names(path: Path, kind: str, block: dict[str, Any]) -> Iterator[tuple[Path, str, str]]:
    """The names in a metric that are missing or malformed: where, the name, and why."""
    wanted: list[tuple[str, ...]] = [("metric", "name")]
    if kind in ("Resource", "ContainerResource"):
        wanted = [("name",)] if kind == "Resource" else [("name",), ("container",)]
    elif kind == "Object":
        wanted = [("describedObject", "kind"), ("describedObject", "name"), ("metric", "name")]
    for keys in wanted:
        holder = as_dict(block.get(keys[0])) if len(keys) > 1 else block
        name = holder.get(keys[-1])
        if name is None or name == "":
            yield (*path, *keys), "", "is missing"
        elif isinstance(name, str) and (reason := _reason(keys, kind, name)):
            yield (*path, *keys), name, reason
    version = as_dict(block.get("describedObject")).get("apiVersion")
    if kind == "Object" and isinstance(version, str) and version.count("/") > 1:
        yield (*path, "describedObject", "apiVersion"), version, "is no group and version"


def _reason(keys: tuple[str, ...], kind: str, name: str) -> str | None:
    if keys == ("container",):
        return label(name)
    if keys != ("name",):
        return "is no single name" if name in (".", "..") or "/" in name or "%" in name else None
    if kind == "Resource" or name in _MEASURED:
        return None
    if "/" not in name and not name.startswith("hugepages-"):
        return "is no resource of a container"
    return label_key(name) or ("starts with requests. or is too long" if no_extended(name) else None)


def _amount(document: Document, place: Path, kind: str, target: dict[str, Any]) -> Iterator[Finding]:
    percent, average, value = (target.get(key) for key in ("averageUtilization", "averageValue", "value"))
    number = as_number(percent)
    if number is not None and number < 1:
        message, hint = f"averageUtilization {number} is not above 0", "50 to 80 percent is usual"
        yield finding(document, (*place, "averageUtilization"), message, effect="refused", hint=hint)
    for key, written in (("averageValue", average), ("value", value)):
        # what is too large to say is above it
        if written is not None and (much := amount(written)[1]) is not None and much <= 0:
            message, hint = f"{key} {written} is not above 0", "write a quantity such as 10 or 100m"
            yield finding(document, (*place, key), message, effect="refused", hint=hint)
    if kind in ("Resource", "ContainerResource"):
        if percent is None and average is None:
            message, hint = f"a {kind} metric without a target", "add averageUtilization or averageValue"
            yield finding(document, (*place, "averageUtilization"), message, effect="refused", hint=hint)
        elif percent is not None and average is not None:
            message, hint = "a target has averageUtilization and averageValue", "keep one of them"
            yield finding(document, (*place, "averageValue"), message, effect="refused", hint=hint)
    elif kind == "External" and average is not None and value is not None:
        message, hint = "a target has value and averageValue", "keep one of them"
        yield finding(document, (*place, "value"), message, effect="refused", hint=hint)
    elif average is None and (kind == "Pods" or value is None):
        message, hint = f"a {kind} metric without a target", "add averageValue"
        yield finding(document, (*place, "averageValue"), message, effect="refused", hint=hint)
