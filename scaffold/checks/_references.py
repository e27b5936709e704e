"""Values with a grammar of their own that stand at more than one place of a Pod: references and tolerations.

Source: pkg/apis/core/validation/validation.go, validateObjectFieldSelector, validateContainerResourceFieldSelector
and ValidateTolerations; pkg/fieldpath.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import ONE, amount
from scaffold.names import BLANKS, annotation_key, label_key, label_value, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffold.checks._pods import Report
    from scaffold.shapes import Path

_LABELLED = ("metadata.labels", "metadata.annotations")
# one of a unit, but for Pi and Ei, which are too large to be left alone
_ONE = re.compile(r"\+?0*1\.?([numkMGTPE]?|[KMGT]i|[eE][-+]?[0-9]+)")
_EXPONENT = re.compile("[eE][-+]?[0-9]")
_EFFECTS = ("", "NoSchedule", "PreferNoSchedule", "NoExecute")
_HUGE = ("limits.hugepages-", "requests.hugepages-")
_CONTAINER_RESOURCES = tuple(
    f"{part}.{name}" for part in ("limits", "requests") for name in ("cpu", "memory", "ephemeral-storage")
)


def field_ref(report: Report, reference: Mapping[str, Any], path: Path, known: tuple[str, ...], field: Path) -> None:
    """A field of the Pod that becomes a file or a variable; `field` is the reference as the API server names it."""
    version, name = reference.get("apiVersion") or "v1", reference.get("fieldPath")
    where = {"path": (*path, "fieldPath"), "field": (*field, "fieldPath")}
    if name is None or name == "":
        report.add(where["path"], "fieldRef has no fieldPath", "such as metadata.name", field=where["field"])
    if not isinstance(name, str) or not name:
        return
    if version != "v1":
        report.add((*path, "apiVersion"), f"apiVersion {version!r} is not v1", "drop the line", field=where["field"])
        return
    head, bracket, key = name.removesuffix("']").partition("['") if name.endswith("']") else (name, "", "")
    if bracket and head in _LABELLED:
        if reason := (annotation_key if head == "metadata.annotations" else label_key)(key):
            report.add(where["path"], f"key {key!r} {reason}", field=field)
    elif name not in known and not (name == "spec.host" and "spec.nodeName" in known):
        near = nearest(name, list(known))
        hint = f"did you mean {near}?" if near else f"one of {', '.join(known)}"
        report.add(where["path"], f"{name!r} is no fieldPath here", hint, field=where["field"])


def resource_ref(
    report: Report, reference: Mapping[str, Any], path: Path, field: Path, *, volume: bool = False
) -> None:
    """An amount of a container's resources that becomes a file or a variable."""
    name = reference.get("resource")
    if volume and not reference.get("containerName"):
        message = "resourceFieldRef has no containerName"
        report.add((*path, "containerName"), message, "write containerName: for it", field=(*field, "containerName"))
    elif name is None or name == "":
        report.add(
            (*path, "resource"), "resourceFieldRef has no resource", "such as limits.cpu", field=(*field, "resource")
        )
    elif isinstance(name, str) and name not in _CONTAINER_RESOURCES and not name.startswith(_HUGE):
        near = nearest(name, list(_CONTAINER_RESOURCES))
        hint = f"did you mean {near}?" if near else f"one of {', '.join(_CONTAINER_RESOURCES)}"
        report.add((*path, "resource"), f"{name!r} is no resource of a container", hint, field=(*field, "resource"))
    divisor = reference.get("divisor")
    if divisor is not None and isinstance(name, str) and not _divides(name, divisor):
        hint = "write 1 or 1m" if name.endswith(".cpu") else "write 1, or one of k, M, G, Ki, Mi, Gi as in 1Mi"
        report.add((*path, "divisor"), f"divisor {divisor} does not fit {name}", hint, field=(*field, "divisor"))


def _divides(name: str, divisor: object) -> bool:
    good, much = amount(divisor)
    # the server compares the text that it would write itself: 1024 is not 1Ki, and 1024Ki is 1Mi; Go writes no 1e+18
    text = str(int(divisor) if isinstance(divisor, float) and divisor.is_integer() else divisor).strip(BLANKS)
    if good and much != 0 and name.startswith(("limits.", "requests.")) and not _is_plain(text, much):
        return False
    # beyond E it writes 1 without a letter
    if not good or not much or much in {ONE * 1000**power for power in range(7, 21)}:
        return True
    if name.endswith(".cpu"):
        return much in (ONE, ONE // 1000)
    if name not in _CONTAINER_RESOURCES and not name.startswith(("limits.hugepages-", "requests.hugepages-")):
        return True
    if text[-1:] == "i":
        return much in {ONE << power for power in range(10, 61, 10)}
    return much in {ONE * 1000**power for power in range(7)}


def _is_plain(text: str, much: int | None) -> bool:
    """Whether the server reads an amount as one of its own words; it leaves a 1 as it is written: 01Mi, +1, 1e0."""
    found = _ONE.fullmatch(text)
    if _EXPONENT.search(text):
        return found is None and much == ONE
    return found is None or text == f"1{found[1]}"


def tolerates(report: Report, toleration: Mapping[str, Any], path: Path) -> None:
    """One toleration."""
    key, operator = toleration.get("key"), toleration.get("operator") or "Equal"
    where, value = (*path, "operator"), toleration.get("value")
    if isinstance(key, str) and key and (reason := label_key(key)):
        report.add((*path, "key"), f"key {key!r} {reason}")
    # Lt and Gt are behind a gate that is off
    report.word(toleration, path, "operator", ("Equal", "Exists"), what="operator of a toleration")
    if not key and key in (None, "") and operator in ("Equal", "Lt", "Gt"):
        hint = "write operator: Exists to tolerate every taint, or a key"
        report.add(where, "a toleration without a key has the operator Exists", hint)
    if operator == "Exists" and value:
        report.add((*path, "value"), "Exists takes no value", "drop the value, or write Equal", field=where)
    elif operator == "Equal" and isinstance(value, str) and (reason := label_value(value)):
        report.add((*path, "value"), f"value {value!r} {reason}", field=where)
    report.word(toleration, path, "effect", _EFFECTS, what="effect of a toleration")
    if toleration.get("tolerationSeconds") is not None and toleration.get("effect") != "NoExecute":
        report.add((*path, "effect"), "tolerationSeconds belongs to the effect NoExecute", "write effect: NoExecute")
