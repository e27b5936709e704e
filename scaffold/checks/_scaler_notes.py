"""What the annotations of an autoscaling/v1 autoscaler say: its metrics and its behavior, as autoscaling/v2 has them.

The API server turns them into fields before it looks at the object. Of an annotation that does not decode it takes
nothing at all.

Source: pkg/apis/autoscaling/v1/conversion.go and pkg/apis/autoscaling/types.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.checks._json import decoded
from scaffold.checks._pods import amount
from scaffold.shapes import as_dict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scaffold.documents import Document
    from scaffold.model import Finding

METRICS = "autoscaling.alpha.kubernetes.io/metrics"
BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior"

_MEASURED = "name targetAverageUtilization=*int32 targetAverageValue=quantity"
_TYPES = {
    "Metric": "type object=*Object pods=*Pods resource=*Resource containerResource=*ContainerResource "
    "external=*External",
    "Object": "target=Reference metricName selector=*Selector targetValue=quantity averageValue=quantity",
    "Reference": "kind name apiVersion",
    "Pods": "metricName targetAverageValue=quantity selector=*Selector",
    "Resource": _MEASURED,
    "ContainerResource": f"{_MEASURED} container",
    "External": "metricName metricSelector=*Selector targetValue=quantity targetAverageValue=quantity",
    "Selector": "matchLabels={string} matchExpressions=[Expression]",
    "Expression": "key operator values=[string]",
    "Behavior": "scaleUp=*Rules scaleDown=*Rules",
    "Rules": "stabilizationWindowSeconds=*int32 selectPolicy=*string policies=[Policy] tolerance=quantity",
    "Policy": "type value=int32 periodSeconds=int32",
}


def metrics(document: Document) -> list[dict[str, Any]]:
    """The metrics in the annotation; the one of targetCPUUtilizationPercentage comes behind them."""
    return [_converted(metric or {}) for metric in _read(document, METRICS, "[Metric]") or ()]


def behavior(document: Document) -> dict[str, Any]:
    """The behavior in the annotation. Unlike a v2 autoscaler's nothing of it is filled in."""
    return _read(document, BEHAVIOR, "Behavior") or {}


def placed(document: Document, key: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """What was found in an annotation's fields, at the annotation."""
    where = document.location("metadata", "annotations", key)
    for found in findings:
        yield found._replace(message=f"in the annotation {key}: {found.message}", location=where)


def _read(document: Document, key: str, word: str) -> Any:  # noqa: ANN401
    written = as_dict(as_dict(document.data.get("metadata")).get("annotations")).get(key)
    if not isinstance(written, str):
        return None
    try:
        return decoded(written, word, _TYPES)
    except ValueError:
        return None


def _converted(metric: dict[str, Any]) -> dict[str, Any]:
    """A metric of v1 as one of v2. The type of its target follows from what is there, so that it is always right."""
    found = {"type": metric.get("type")}
    for source, block in metric.items():
        if source != "type" and block is not None:
            name = {"name": block.get("metricName")}
            value, average = block.get("targetValue"), block.get("targetAverageValue")
            target = {"type": "Value", "value": value, "averageValue": average}
            if source == "object":
                # a value that is missing is 0
                average = block.get("averageValue")
                value = "0" if average is None and value is None else value
                target |= {"averageValue": average, "value": value if average is None or amount(value)[1] else None}
                found[source] = {"describedObject": block.get("target"), "metric": name, "target": target}
            elif source == "pods":
                target["averageValue"] = "0" if average is None else average
                found[source] = {"metric": name, "target": target}
            elif source == "external":
                found[source] = {"metric": name, "target": target}
            else:
                target["averageUtilization"] = block.get("targetAverageUtilization")
                found[source] = {"name": block.get("name"), "container": block.get("container"), "target": target}
    return found
