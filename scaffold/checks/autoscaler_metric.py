"""A metric of a HorizontalPodAutoscaler that the API server does not take.

A metric has the one block that its `type` names, which says what is measured and has a `target` above 0 with a type of
its own: Resource and ContainerResource take averageUtilization or averageValue, Pods takes averageValue, Object and
External take averageValue or value.

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

from scaffold.names import label, label_key
from scaffold.shapes import as_dict, as_list, as_number, finding, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "autoscaler-metric"

_BLOCKS = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}
_TARGETS = ("Utilization", "Value", "AverageValue")
_MEASURED = ("cpu", "memory", "ephemeral-storage")


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """Every metric."""
    if document.data.get("apiVersion") != "autoscaling/v2":
        return
    for index, metric in enumerate(as_list(spec_of(document).get("metrics"))):
        if isinstance(metric, dict | None):
            yield from _metric(document, ("spec", "metrics", index), metric or {})


def _metric(document: Document, path: Path, metric: dict[str, Any]) -> Iterator[Finding]:
    kind = metric.get("type") or ""
    if not isinstance(kind, str):
        return
    if kind not in _BLOCKS:
        message = f"metric type {kind!r} is none of {', '.join(_BLOCKS)}" if kind else "a metric without type"
        filled = [known for known, field in _BLOCKS.items() if metric.get(field) is not None]
        hint = f"write type: {filled[0]}" if filled else f"one of {', '.join(_BLOCKS)}"
        yield finding(document, (*path, "type"), message, effect="refused", hint=hint)
        return
    own, block = _BLOCKS[kind], metric.get(_BLOCKS[kind])
    if block is None:
        message, hint = f"a metric of type {kind} without {own}", f"add {own}"
        yield finding(document, (*path, own), message, effect="refused", hint=hint)
    for other in _BLOCKS.values():
        if other != own and metric.get(other) is not None:
            message, hint = f"a metric of type {kind} has {other} too", "make two metrics of it"
            yield finding(document, (*path, other), message, effect="refused", hint=hint)
    if isinstance(block, dict):
        yield from _value(document, (*path, own), kind, as_dict(block))


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
    if kind == "Resource" or name in _MEASURED or name.startswith("hugepages-"):
        return None
    return label_key(name) if "/" in name else "is no resource of a container"


def _amount(document: Document, place: Path, kind: str, target: dict[str, Any]) -> Iterator[Finding]:
    percent, average, value = (target.get(key) for key in ("averageUtilization", "averageValue", "value"))
    number = as_number(percent)
    if number is not None and number < 1:
        message, hint = f"averageUtilization {number} is not above 0", "50 to 80 percent is usual"
        yield finding(document, (*place, "averageUtilization"), message, effect="refused", hint=hint)
    for key, amount in (("averageValue", average), ("value", value)):
        if amount is not None and not _above_zero(amount):
            message, hint = f"{key} {amount} is not above 0", "write a quantity such as 10 or 100m"
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


def _above_zero(amount: object) -> bool:
    """Whether a quantity is above 0; one that is none is another rule's finding."""
    if not isinstance(amount, str):
        return not isinstance(amount, int | float) or amount > 0
    digits = amount.lstrip("+").rstrip("EPTGMKikmun")
    return not amount.startswith("-") and not (digits and set(digits.partition("e")[0]) <= set("0."))
