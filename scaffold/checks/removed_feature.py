"""A volume type or an annotation that Kubernetes no longer acts on.

The API server takes it with a warning. A Pod with such a volume never starts, since the kubelet has no driver for it
(`no volume plugin matched`); an annotation for seccomp or sysctls is not looked at, so the Pod runs without.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "nginx:1.27"
      volumes:
        - name: data
          glusterfs: {endpoints: gluster, path: vol1}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "nginx:1.27"
      volumes:
        - name: data
          persistentVolumeClaim: {claimName: data}

Mend: use a CSI driver through a PersistentVolumeClaim, and the field that took the annotation's place.

Source: pkg/api/pod/warnings.go, warningsForPodSpecAndMeta.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.shapes import dig, finding, metadata_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Effect, Finding
    from scaffold.shapes import Path, Workload

ID = "removed-feature"

# the minor version since which nothing looks at it
_VOLUMES = {
    "photonPersistentDisk": 16,
    "scaleIO": 22,
    "flocker": 25,
    "storageos": 25,
    "quobyte": 25,
    "glusterfs": 26,
    "cephfs": 31,
    "rbd": 31,
    "gitRepo": 33,
}
_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": (16, "priorityClassName"),
    "security.alpha.kubernetes.io/sysctls": (11, "securityContext.sysctls"),
    "security.alpha.kubernetes.io/unsafe-sysctls": (11, "securityContext.sysctls"),
    "seccomp.security.alpha.kubernetes.io/pod": (27, "securityContext.seccompProfile"),
}


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The volumes and the annotations of the Pods."""
    workload = facts.workload(document)
    if workload is None:
        return
    volumes = dig(document.data, (*workload.pod, "volumes"))
    for index, volume in enumerate(volumes if isinstance(volumes, list) else ()):
        for name in volume if isinstance(volume, dict) else ():
            since = _VOLUMES.get(name)
            if since and volume[name] is not None and not facts.before(since):
                message = f"Kubernetes has no {name} volumes since 1.{since}, so the Pod never starts"
                effect: Effect = "broken"
                hint = "use a CSI driver, through a claim"
                if name == "gitRepo":
                    # a gate brings them back
                    message = f"gitRepo volumes are switched off since Kubernetes 1.{since}"
                    hint, effect = "clone in an init container", "fragile"
                path = (*workload.pod, "volumes", index, name)
                yield finding(document, path, message, effect=effect, hint=hint)
    place = metadata_path(workload.pod)
    annotations = dig(document.data, (*place, "annotations"))
    if isinstance(annotations, dict) and annotations:
        yield from _annotations(document, workload, (*place, "annotations"), annotations, facts)


def _annotations(
    document: Document, workload: Workload, place: Path, annotations: dict[str, Any], facts: Facts
) -> Iterator[Finding]:
    for key in annotations:
        if key not in _ANNOTATIONS:
            continue
        since, field = _ANNOTATIONS[key]
        own = dig(document.data, (*workload.pod, "securityContext", "seccompProfile"))
        if facts.before(since) or (key.startswith("seccomp") and own is not None):
            continue
        message = f"{key} has no effect since Kubernetes 1.{since}"
        yield finding(document, (*place, key), message, effect="advice", hint=f"use {field} of the Pod")
