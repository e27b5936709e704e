"""An annotation of a Pod that Kubernetes reads, with a value that it does not take.

`controller.kubernetes.io/pod-deletion-cost` is a whole number of 32 bits, `scheduler.alpha.kubernetes.io/tolerations`
is a JSON list of tolerations, and the old annotations of seccomp and AppArmor name a profile, a container that the Pod
has, and the same as the fields where both are written.

Fails:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
      annotations: {controller.kubernetes.io/pod-deletion-cost: low}
    spec:
      containers:
        - {name: web, image: "nginx:1.27"}

Passes:
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
      annotations: {controller.kubernetes.io/pod-deletion-cost: "-100"}
    spec:
      containers:
        - {name: web, image: "nginx:1.27"}

Mend: write a value that fits, or drop the annotation; seccomp and AppArmor have fields of their own.

Source: pkg/apis/core/validation/validation.go, ValidatePodSpecificAnnotations, validateSeccompAnnotationsAndFields
and validateAppArmorAnnotationsAndFieldsMatchOnCreate.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffold.checks._json import decoded
from scaffold.checks._pods import Report, containers, descending, pod_of
from scaffold.checks._references import tolerates
from scaffold.names import app_armor_profile
from scaffold.shapes import as_dict, dig, field_name, finding, metadata_path, pod_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "pod-annotation"

_MIRROR = "kubernetes.io/config.mirror"
_COST = "controller.kubernetes.io/pod-deletion-cost"
_TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations"
_SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
_OF_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_KNOWN = (_MIRROR, _COST, _TOLERATIONS, _SECCOMP)
_LOCAL = "localhost/"
_TYPES = {"Toleration": "key operator value effect tolerationSeconds=*int64"}
_NUMBER = re.compile(r"0|-?[0-9]+", re.ASCII)
_WORDS = {"RuntimeDefault": ("runtime/default", "docker/default"), "Unconfined": ("unconfined",)}


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The annotations of the Pod or of its template."""
    path = metadata_path(pod_path(document))
    annotations = dig(document.data, (*path, "annotations"))
    if not isinstance(annotations, dict):
        return
    found = [key for key in annotations if key in _KNOWN or key.startswith((_OF_CONTAINER, _APP_ARMOR))]
    if not found:
        return
    # a template's own validation leaves out `metadata`
    base = field_name((*path, "annotations") if document.kind == "Pod" else (*path[:-1], "annotations"))
    pod = pod_of(document)
    for key in found:
        value = annotations[key]
        if not isinstance(value, str):
            continue
        if key == _TOLERATIONS:
            yield from _tolerations(document, path, base, value)
        elif reason := _reason(key, value, pod):
            field = f"{base}.{key}" if _seccomp(key) else f"{base}[{key}]"
            where = (*path, "annotations", key)
            yield finding(document, where, f"{key} {value!r} {reason}", effect="refused", field=field)
        for where in (
            _differs(key, value, pod, alone=document.kind == "Pod")
            if not (key.startswith(_APP_ARMOR) and facts.before(30))
            else ()
        ):
            message = f"the profile differs from the annotation {key}"
            hint = "drop the annotation"
            yield finding(document, (*pod_path(document), *where), message, effect="refused", hint=hint)


def _seccomp(key: str) -> bool:
    return key == _SECCOMP or key.startswith(_OF_CONTAINER)


def _reason(key: str, value: str, pod: Mapping[str, Any]) -> str | None:
    if key == _MIRROR:
        return None if pod.get("nodeName") else "wants the Pod's nodeName"
    if key == _COST:
        good = bool(_NUMBER.fullmatch(value)) and (value == "0" or value[0] != "0") and -(2**31) <= int(value) < 2**31
        return None if good else "is no whole number of 32 bits"
    return _seccomp_reason(value) if _seccomp(key) else _app_armor_reason(key, value, pod)


def _seccomp_reason(value: str) -> str | None:
    if value in ("runtime/default", "docker/default", "unconfined"):
        return None
    return descending(value.removeprefix(_LOCAL)) if value.startswith(_LOCAL) else "is no seccomp profile"


def _app_armor_reason(key: str, value: str, pod: Mapping[str, Any]) -> str | None:
    name = key.removeprefix(_APP_ARMOR)
    if all(container.get("name") != name for _, container in containers(pod)):
        return f"is for the container {name}, which the Pod does not have"
    good = value in ("", "runtime/default", "unconfined") or value.startswith(_LOCAL)
    return None if good else "is no AppArmor profile"


def _tolerations(document: Document, path: Path, base: str, value: str) -> Iterator[Finding]:
    where, hint = (*path, "annotations", _TOLERATIONS), "drop it: tolerations have a field of their own"
    try:
        found = decoded(value, "[Toleration]", _TYPES) if value else None
    except ValueError:
        message = f"{_TOLERATIONS} {value!r} is no JSON list of tolerations"
        yield finding(document, where, message, effect="refused", hint=hint, field=base)
        return
    report = Report()
    for index, one in enumerate(found or ()):
        tolerates(report, one or {}, (index,))
    for one in report.findings(document):
        field = f"{base}.{_TOLERATIONS}{one.field[one.field.index('[') :]}"
        yield finding(document, where, f"{_TOLERATIONS}: {one.message}", effect="refused", hint=hint, field=field)


def _differs(key: str, value: str, pod: Mapping[str, Any], *, alone: bool) -> Iterator[Path]:
    """The profiles that the annotation contradicts."""
    context = as_dict(pod.get("securityContext"))
    if key == _SECCOMP:
        yield from _against(value, context.get("seccompProfile"), ("securityContext", "seccompProfile"))
        return
    if key.startswith(_APP_ARMOR):
        if as_dict(pod.get("os")).get("name") == "windows":
            return
        name, field, whole = key.removeprefix(_APP_ARMOR), "appArmorProfile", context.get("appArmorProfile")
        local = value.removeprefix(_LOCAL)
        good = value in ("runtime/default", "unconfined") or (local != value and app_armor_profile(local) is None)
        if alone and good:
            # in a Pod the annotation becomes the container's own field
            whole = None
    elif key.startswith(_OF_CONTAINER):
        name, field, whole = key.removeprefix(_OF_CONTAINER), "seccompProfile", None
    else:
        return
    for path, container in containers(pod):
        if container.get("name") == name:
            own = as_dict(container.get("securityContext")).get(field)
            yield from _against(value, whole if own is None else own, (*path, "securityContext", field))


def _against(value: str, profile: object, path: Path) -> Iterator[Path]:
    if not isinstance(profile, dict):
        return
    kind = profile.get("type")
    if kind == "Localhost":
        if not value.startswith(_LOCAL):
            yield (*path, "type")
        elif value.removeprefix(_LOCAL) != profile.get("localhostProfile"):
            yield (*path, "localhostProfile")
    elif (
        isinstance(kind, str)
        and kind in _WORDS
        and value not in _WORDS[kind][: 1 if path[-1] == "appArmorProfile" else 2]
    ):
        yield (*path, "type")
