"""Requests and limits against each other, of one container or of a whole Pod.

Source: pkg/apis/core/validation/validation.go, validateResourceRequirements and validatePodResourceConsistency;
k8s.io/component-helpers/resource, AggregateContainerRequests; pkg/apis/core/v1/defaults.go, SetDefaults_Pod.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import ONE, amount, containers, entries
from scaffold.names import label_key, nearest
from scaffold.shapes import as_dict, field_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffold.checks._pods import Report
    from scaffold.shapes import Path

_NATIVE = ["cpu", "memory", "ephemeral-storage"]
_PAGES = "hugepages-"
# by these words a value is known that does not decode
NO_QUANTITY = "is no quantity"
_THOUSANDTH = ONE // 1000
_LONGEST_PREFIX = 253 - len("requests.")


def _overcommits(name: str) -> bool:
    """Whether a request may be below the limit: Kubernetes' own resources but huge pages."""
    return ("/" not in name or "kubernetes.io/" in name) and not name.startswith(_PAGES)


def plain(resources: Mapping[str, Any]) -> bool:
    """Whether it holds just cpu, memory and storage, with good amounts: nearly all do."""
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    if type(limits) is not dict or type(requests) is not dict:
        return False
    for values in (limits, requests):
        for name, value in values.items():
            if name not in _NATIVE or type(value) is not str or not _good(value):
                return False
    return not any(name in limits and _good(requests[name]) > _good(limits[name]) for name in requests)


@lru_cache(4000)
def _good(value: str) -> int:
    """An amount above 0, else 0."""
    much = amount(value)[1] or 0
    return 0 if much < 0 or much % _THOUSANDTH else much


def _rounded(much: int) -> int:
    """To thousandths, away from 0, as the API server has it."""
    up: int = -(-abs(much) // _THOUSANDTH) * _THOUSANDTH
    return -up if much < 0 else up


class Amounts:
    """What one `resources` asks for, resource by resource."""

    def __init__(self, resources: Mapping[str, Any]) -> None:
        """Reads both maps; what is no quantity or is too large to say counts as unknown."""
        self.written = {part: as_dict(resources.get(part)) for part in ("limits", "requests")}
        self.good: dict[tuple[str, str], bool] = {}
        self.parts: dict[str, dict[str, int | None]] = {}
        for part, values in self.written.items():
            self.parts[part] = known = {}
            for name, value in values.items():
                self.good[part, name], much = amount(value)
                known[name] = much if much is None else _rounded(much)

    def judge(self, report: Report, path: Path, *, of_pod: bool = False, overhead: bool = False) -> None:
        """Every amount, and each request against its limit."""
        for part, values in self.parts.items():
            for name in values:
                where = (*path, name) if overhead else (*path, part, name)
                field = f"{field_name((*path, part))}[{name}]"
                if not self._bad_name(report, where, field, of_pod=of_pod):
                    self._value(report, where, field, part, told=of_pod or overhead)
        for name in self.parts["requests"]:
            self._pair(report, path, name)
        names = {name for values in self.parts.values() for name in values}
        if not names & {"cpu", "memory"} and any(name.startswith(_PAGES) for name in names):
            report.add(path, "huge pages come with no cpu and no memory", "write a limit of memory too")

    def _bad_name(self, report: Report, path: Path, field: str, *, of_pod: bool) -> bool:
        name = str(path[-1])
        if "/" not in name and name not in _NATIVE and not name.startswith(_PAGES):
            near = nearest(name, _NATIVE)
            hint = f"did you mean {near}?" if near else "write it with its domain, such as nvidia.com/gpu"
            report.add(path, f"{name} is no resource of a container", hint, field=field)
        elif reason := label_key(name):
            report.add(path, f"resource {name!r} {reason}", "such as nvidia.com/gpu", field=field)
        elif no_extended(name):
            report.add(
                path, f"resource {name} starts with requests. or is too long", "such as nvidia.com/gpu", field=field
            )
        elif of_pod and name not in _NATIVE[:2] and not name.startswith(_PAGES):
            report.add(path, f"{name} is no resource of a whole Pod", "write it for a container", field=field)
        else:
            return False
        return True

    def _value(self, report: Report, path: Path, field: str, part: str, *, told: bool) -> None:
        """One amount; `told`: the type rule tells what is no quantity."""
        name = str(path[-1])
        value, much = self.written[part][name], self.parts[part][name]
        if not self.good[part, name]:
            if told:
                return
            report.add(path, f"{name} {value!r} {NO_QUANTITY}", "such as 250m, 0.5, 64Mi or 1Gi", field=field)
        elif much is not None and much < 0:
            report.add(path, f"{name} {value} is negative", "write 0 or more", field=field)
        elif name.startswith(_PAGES):
            size = amount(name.removeprefix(_PAGES))[1] if name != _PAGES else None
            if not size or size < 0 or size % ONE:
                report.add(path, f"{name} names no size of a page", "such as hugepages-2Mi", field=field)
            elif much is not None and -(-much // ONE) * ONE % size:
                report.add(
                    path, f"{name} {value} is no multiple of the page", "such as four times the page", field=field
                )
        elif much is not None and not _overcommits(name) and much % ONE:
            report.add(path, f"{name} {value} is no whole number", "write a whole number", field=field)

    def _pair(self, report: Report, path: Path, name: str) -> None:
        """A request against its limit."""
        where, limits = (*path, "requests", name), self.parts["limits"]
        if name not in limits:
            if not _overcommits(name):
                hint = "write the same number under limits"
                report.add(where, f"{name} needs a limit too", hint, field=(*path, "limits"))
            return
        request, limit = self.parts["requests"][name], limits[name]
        if request is None or limit is None or request == limit:
            return
        written = self.written
        told = f"the {name} request {written['requests'][name]}", f"the limit {written['limits'][name]}"
        field = (*path, "requests")
        if not _overcommits(name):
            report.add(where, f"{told[0]} differs from {told[1]}", "write one number for both", field=field)
        elif request > limit:
            report.add(where, f"{told[0]} is above {told[1]}", "raise the limit, or lower the request", field=field)


def no_extended(name: str) -> bool:
    """Whether a name that is nobody's but the user's own looks like a quota's, or is too long to become one's."""
    if "/" not in name or "kubernetes.io/" in name:
        return False
    return name.startswith("requests.") or len(name.partition("/")[0]) > _LONGEST_PREFIX


_Sums = dict[str, int]


def of_pod(report: Report, pod: Mapping[str, Any], *, alone: bool) -> None:
    """The Pod's own `resources`; `alone`: a Pod, which the API server completes before it looks."""
    resources, path = pod["resources"], ("resources",)
    if resources.get("claims") is not None:
        report.add((*path, "claims"), "claims have no place in the Pod's own resources", "write them for a container")
    own = {part: dict(as_dict(resources.get(part))) for part in ("requests", "limits")}
    asked, limited = _together(pod, "requests", alone=alone), _together(pod, "limits", alone=False)
    if alone:
        _complete(own, asked, limited)
    amounts = Amounts(own)
    amounts.judge(report, path, of_pod=True)
    for name, total in asked.items():
        mine = amounts.parts["requests"].get(name)
        if mine is not None and total > mine:
            message = f"the Pod requests less {name} than its containers together"
            report.add((*path, "requests", name), message, "raise it", field=f"resources.requests[{name}]")
    for name, total in limited.items():
        mine = amounts.parts["limits"].get(name)
        if mine is not None and total > mine and name.startswith(_PAGES):
            message = f"the Pod has a lower limit of {name} than its containers together"
            report.add((*path, "limits", name), message, "raise it", field=f"resources.limits[{name}]")
    for where, container in entries(pod.get("containers"), ("containers",)):
        for name, limit in Amounts(as_dict(container.get("resources"))).parts["limits"].items():
            mine = amounts.parts["limits"].get(name)
            if mine is not None and limit is not None and limit > mine:
                field = f"resources.containers[{where[1]}][{name}].limits"
                message = f"the limit of {name} is above the Pod's own"
                report.add((*where, "resources", "limits", name), message, "lower it, or raise the Pod's", field=field)


def _complete(own: dict[str, dict[str, Any]], asked: _Sums, limited: _Sums) -> None:
    """What the API server writes into a Pod that has some resources of its own."""
    requests, limits = own["requests"], own["limits"]
    if requests or limits:
        for name, total in limited.items():
            if name.startswith(_PAGES) and name not in requests:
                limits.setdefault(name, _text(total))
    if limits:
        for name, total in asked.items():
            if name in _NATIVE[:2]:
                requests.setdefault(name, _text(total))
        for name, value in limits.items():
            if name in _NATIVE[:2] or name.startswith(_PAGES):
                requests.setdefault(name, value)


def _text(much: int) -> str:
    return f"{-(-much * 10**9 // ONE)}n"


def _together(pod: Mapping[str, Any], part: str, *, alone: bool) -> _Sums:
    """What all containers ask for: those that run together summed, init containers one by one with the sidecars."""
    total: _Sums = {}
    sidecars: _Sums = {}
    most: _Sums = {}
    for path, container in containers(pod):
        values = _of_container(container, part, alone=alone)
        if path[0] == "containers":
            _add(total, values)
        elif path[0] == "initContainers":
            if container.get("restartPolicy") == "Always":
                _add(total, values)
                _add(sidecars, values)
                values = {}
            _add(values, sidecars)
            for name, value in values.items():
                most[name] = max(most.get(name, 0), value)
    return {name: max(total.get(name, 0), most.get(name, 0)) for name in {**total, **most}}


def _add(total: _Sums, values: _Sums) -> None:
    for name, value in values.items():
        total[name] = total.get(name, 0) + value


def _of_container(container: Mapping[str, Any], part: str, *, alone: bool) -> _Sums:
    parts = Amounts(as_dict(container.get("resources"))).parts
    # a Pod's requests are its limits where none are written
    values = {**parts["limits"], **parts["requests"]} if alone and part == "requests" else parts[part]
    return {name: value for name, value in values.items() if value is not None}
