"""A Pod of which one container meets the Pod Security level restricted, and another does not.

A namespace that enforces `restricted` accepts the Deployment and refuses its Pods for the sake of any one container,
init containers included, which only an event of the ReplicaSet says. Who meets all four demands in one container
(`runAsNonRoot`, `allowPrivilegeEscalation: false`, `drop: [ALL]`, a seccomp profile) has probably forgotten the other.
Nothing is said of Pods that need what the level never allows: host namespaces, host ports, privileged containers,
hostPath. Where the namespace says which level it enforces, `pod-security-level` speaks instead.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: web
          image: "ghcr.io/acme/web:1"
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}
        - name: sidecar
          image: "ghcr.io/acme/sidecar:1"

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: web
          image: "ghcr.io/acme/web:1"
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}

Mend: write the fields that are named.

Source: k8s.io/pod-security-admission, policy/check_*.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.checks._namespaces import enforced
from scaffold.shapes import as_dict, as_list, dig, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Container

ID = "pod-security"

_DEMANDS = {
    "runAsNonRoot": "runAsNonRoot: true",
    "escalation": "allowPrivilegeEscalation: false",
    "drop": "capabilities.drop: [ALL]",
    "seccomp": "seccompProfile.type: RuntimeDefault",
}
_HOST = ("hostNetwork", "hostPID", "hostIPC")


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """One finding for a workload: what is missing in which containers."""
    workload = facts.workload(document)
    if workload is None or not workload.containers:
        return
    pod = as_dict(dig(document.data, workload.pod))
    of_pod = as_dict(pod.get("securityContext"))
    if not of_pod and not any(one.data.get("securityContext") for one in workload.containers):
        return
    missing: dict[str, list[str]] = {}
    good = ""
    for container in workload.containers:
        lacking = _lacking(as_dict(container.data.get("securityContext")), of_pod)
        good = good or ("" if lacking else container.name)
        for one in lacking:
            missing.setdefault(one, []).append(container.name)
    if not missing or not good or _never(pod, workload.containers) or enforced(document, facts):
        return
    parts = [f"{text} ({', '.join(missing[one][:5])})" for one, text in _DEMANDS.items() if one in missing]
    message = f"container {good} meets Pod Security restricted, but the Pod lacks {'; '.join(parts)}"
    hint = "write it under securityContext of these containers"
    if not missing.keys().isdisjoint({"runAsNonRoot", "seccomp"}):
        hint += "; runAsNonRoot and seccompProfile also go under that of the Pod"
    yield finding(document, (*workload.pod, "containers"), message, effect="advice", hint=hint)


def _lacking(own: dict[str, Any], pod: dict[str, Any]) -> list[str]:
    found = []
    if (pod if own.get("runAsNonRoot") is None else own).get("runAsNonRoot") is not True:
        found.append("runAsNonRoot")
    if own.get("allowPrivilegeEscalation") is not False:
        found.append("escalation")
    if "ALL" not in as_list(as_dict(own.get("capabilities")).get("drop")):
        found.append("drop")
    profile = as_dict(own.get("seccompProfile") or pod.get("seccompProfile")).get("type")
    if profile not in ("RuntimeDefault", "Localhost"):
        found.append("seccomp")
    return found


def _never(pod: dict[str, Any], containers: tuple[Container, ...]) -> bool:
    """Whether the Pod needs what restricted never allows."""
    if any(pod.get(name) is True for name in _HOST) or as_dict(pod.get("securityContext")).get("runAsUser") == 0:
        return True
    if any(as_dict(volume).get("hostPath") is not None for volume in as_list(pod.get("volumes"))):
        return True
    for container in containers:
        own = as_dict(container.data.get("securityContext"))
        added = as_list(as_dict(own.get("capabilities")).get("add"))
        if own.get("privileged") is True or own.get("runAsUser") == 0 or set(map(str, added)) - {"NET_BIND_SERVICE"}:
            return True
        if any(as_dict(port).get("hostPort") for port in as_list(container.data.get("ports"))):
            return True
    return False
