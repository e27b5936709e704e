"""Resources that the API server does not take.

A quantity is a number with a suffix such as `m`, `k`, `M`, `Ki`, `Mi` or `Gi`: `quantities must match the regular
expression`. It is not negative, a request is not above its limit, and a resource without a domain is one of cpu,
memory, ephemeral-storage and hugepages-SIZE. Other resources are whole numbers, with a limit equal to the request.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "nginx:1.27"
          resources:
            requests: {cpu: 200m, memory: 64 Mi}
            limits: {cpu: 100m}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "nginx:1.27"
          resources:
            requests: {cpu: 100m, memory: 64Mi}
            limits: {memory: 64Mi}

Mend: write the quantity without blanks, such as 250m or 64Mi, and raise the limit or lower the request.

Source: apimachinery pkg/api/resource/quantity.go, ParseQuantity; pkg/apis/core/validation/validation.go,
ValidateContainerResourceRequirements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.names import label_key, nearest
from scaffold.shapes import field_name, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "resources-invalid"

_NATIVE = ["cpu", "memory", "ephemeral-storage"]
_TENS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_TWOS = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_SCALE, _DIGITS = 60, 30


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The requests and limits of every container."""
    workload = facts.workload(document)
    for container in workload.containers if workload else ():
        resources = container.data.get("resources")
        if not isinstance(resources, dict):
            continue
        path = (*container.path, "resources")
        amounts: dict[str, dict[str, int | None]] = {}
        for part in ("limits", "requests"):
            written = resources.get(part)
            amounts[part] = {}
            for name, value in written.items() if isinstance(written, dict) else ():
                good, amounts[part][name] = _amount(value)
                yield from _one(document, (*path, part, name), value, good=good, amount=amounts[part][name])
        for name in amounts["requests"]:
            yield from _both(document, path, name, amounts, resources)


def _one(document: Document, path: Path, value: Any, *, good: bool, amount: int | None) -> Iterator[Finding]:  # noqa: ANN401
    name = str(path[-1])
    field = f"{field_name(path[:-1])}[{name}]"
    if not good:
        message, hint = f"{name} {value!r} is no quantity", "such as 250m, 0.5, 64Mi or 1Gi"
        yield finding(document, path, message, effect="refused", hint=hint, field=field)
    elif amount is not None and amount < 0:
        yield finding(
            document, path, f"{name} {value} is negative", effect="refused", hint="write 0 or more", field=field
        )
    if "/" not in name and name not in _NATIVE and not name.startswith("hugepages-"):
        near = nearest(name, _NATIVE)
        hint = f"did you mean {near}?" if near else "write it with its domain, such as nvidia.com/gpu"
        yield finding(document, path, f"{name} is no resource of a container", effect="refused", hint=hint, field=field)
    elif reason := label_key(name):
        yield finding(
            document, path, f"resource {name!r} {reason}", effect="refused", hint="such as nvidia.com/gpu", field=field
        )
    elif good and amount is not None and not _overcommits(name) and amount % 10**_SCALE:
        message = f"{name} {value} is no whole number"
        yield finding(document, path, message, effect="refused", hint="write a whole number", field=field)


def _both(
    document: Document, path: Path, name: str, amounts: dict[str, dict[str, int | None]], resources: dict[str, Any]
) -> Iterator[Finding]:
    """A request against its limit."""
    where, field = (*path, "requests", name), field_name((*path, "requests"))
    request, limit = amounts["requests"][name], amounts["limits"].get(name)
    if name not in amounts["limits"]:
        if not _overcommits(name):
            hint = "write the same number under limits"
            field = field_name((*path, "limits"))
            yield finding(document, where, f"{name} needs a limit too", effect="refused", hint=hint, field=field)
        return
    if request is None or limit is None:
        return
    told = f"the {name} request {resources['requests'][name]}", f"the limit {resources['limits'][name]}"
    place = (document.location(*path, "limits", name),)
    if request > limit and _overcommits(name):
        message, hint = f"{told[0]} is above {told[1]}", "raise the limit, or lower the request"
        yield finding(document, where, message, effect="refused", hint=hint, related=place, field=field)
    elif request != limit and not _overcommits(name):
        message, hint = f"{told[0]} differs from {told[1]}", "write one number for both"
        yield finding(document, where, message, effect="refused", hint=hint, related=place, field=field)


def _overcommits(name: str) -> bool:
    """Whether a request may be below the limit: Kubernetes' own resources but huge pages."""
    return ("/" not in name or "kubernetes.io/" in name) and not name.startswith("hugepages-")


def _amount(value: Any) -> tuple[bool, int | None]:  # noqa: ANN401
    """Whether it is a quantity, and how much; None where it is too large or too fine to say."""
    import re

    if value is None:
        return True, 0
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False, None
    text = value.strip() if isinstance(value, str) else repr(value)
    found = re.fullmatch(r"([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+)|([numkMGTPE]|[KMGTPE]i)?)", text, re.ASCII)
    if not found or not (found[2] or found[3]):
        return False, None
    sign, whole, part, exponent, suffix = found.groups("")
    power = int(exponent or 0) if len(exponent) < 5 else 10**5
    power += _TENS.get(suffix, 0) - len(part)
    if abs(power) > _DIGITS or len(whole) > _DIGITS:
        return True, None
    amount = int(whole + part) * 10 ** (_SCALE + power) << _TWOS.get(suffix, 0)
    return True, -amount if sign == "-" else amount
