"""Resources that the API server does not take.

A quantity is a number with a suffix such as `m`, `k`, `M`, `Ki`, `Mi` or `Gi`: `quantities must match the regular
expression`. It is not negative, a request is not above its limit, and a resource without a domain is one of cpu,
memory, ephemeral-storage and hugepages-SIZE. Other resources are whole numbers, with a limit equal to the request.
The Pod's own `resources` (since 1.34) hold cpu, memory and huge pages, and are no less than its containers ask for
together. A claim is one of the Pod's `resourceClaims`.

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
ValidateContainerResourceRequirements, validatePodResources and validateResizePolicy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.checks import _amounts
from scaffold.checks._amounts import Amounts, plain
from scaffold.checks._pods import Report, containers, entries, pod_of
from scaffold.names import label
from scaffold.shapes import as_dict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "resources-invalid"

_CHANGES = ("NotRequired", "RestartContainer")


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The requests and limits of every container, and of the Pod."""
    pod = pod_of(document)
    report: Report | None = None
    for path, container in containers(pod):
        resources = container.get("resources")
        if "resizePolicy" not in container and (
            not resources or (type(resources) is dict and "claims" not in resources and plain(resources))
        ):
            continue
        report = Report() if report is None else report
        if isinstance(resources, dict):
            where = (*path, "resources")
            amounts = Amounts(resources)
            amounts.judge(report, where)
            if resources.get("claims") and not facts.before(34):
                _claims(report, resources, (*where, "claims"), pod)
        if container.get("resizePolicy") and not facts.before(33):
            _resizes(report, container, (*path, "resizePolicy"), pod, old=facts.before(36))
    if pod.get("overhead"):
        report = Report() if report is None else report
        Amounts({"limits": pod["overhead"]}).judge(report, ("overhead",), overhead=True)
    if isinstance(pod.get("resources"), dict) and not facts.before(34) and not _on_windows(pod):
        report = Report() if report is None else report
        _amounts.of_pod(report, pod, alone=document.kind == "Pod")
    if report is not None:
        yield from report.findings(document)


def _on_windows(pod: Mapping[str, Any]) -> bool:
    return as_dict(pod.get("os")).get("name") == "windows"


def _claims(report: Report, resources: Mapping[str, Any], path: Path, pod: Mapping[str, Any]) -> None:
    known = [claim.get("name") for _, claim in entries(pod.get("resourceClaims"), ())]
    seen: set[tuple[str, str]] = set()
    for where, claim in entries(resources["claims"], path):
        name, request = claim.get("name") or "", claim.get("request") or ""
        if not isinstance(name, str) or not isinstance(request, str):
            continue
        if not name:
            report.add(where, "the claim has no name", "write name: for it")
            continue
        if (name, "") in seen or (name, request) in seen or (not request and any(one == name for one, _ in seen)):
            report.add(where, f"claim {name} is already in this container", "drop one of them")
        report.named(claim, where, "request", label)
        seen.add((name, request))
        if name not in known:
            report.add(where, f"the Pod has no claim {name}", "add it under resourceClaims")


def _resizes(report: Report, container: Mapping[str, Any], path: Path, pod: Mapping[str, Any], *, old: bool) -> None:
    seen: set[str] = set()
    plain = not old and path[0] == "initContainers" and container.get("restartPolicy") != "Always"
    for where, policy in entries(container["resizePolicy"], path):
        name, change = policy.get("resourceName") or "", policy.get("restartPolicy") or ""
        report.word(policy, where, "resourceName", ("cpu", "memory"), required=True, field=path)
        report.word(
            policy, where, "restartPolicy", _CHANGES, what="restartPolicy of a resize", required=True, field=path
        )
        if isinstance(name, str) and name in seen:
            report.add(where, f"two policies for {name}", "keep one of them")
        seen.add(str(name))
        if change == "RestartContainer" and plain:
            message = "RestartContainer has no place in an init container that ends"
            report.add((*where, "restartPolicy"), message, "write NotRequired")
        elif change == "RestartContainer" and pod.get("restartPolicy") == "Never":
            message = "RestartContainer has no place in a Pod with restartPolicy Never"
            report.add((*where, "restartPolicy"), message, "write NotRequired", field=path)
