"""A security context that the API server does not take.

User and group numbers are 0 to 2147483647; a `seccompProfile` or `appArmorProfile` has a type, and a
`localhostProfile` exactly where that is Localhost. `allowPrivilegeEscalation: false` goes with neither `privileged` nor
CAP_SYS_ADMIN, the options of Linux with no Windows Pod, and a namespaced sysctl not with the host's own namespace.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "nginx:1.27"
          securityContext: {privileged: true, allowPrivilegeEscalation: false}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "nginx:1.27"
          securityContext: {allowPrivilegeEscalation: false}

Mend: keep one of the two that exclude each other, or write a value that fits.

Source: pkg/apis/core/validation/validation.go, ValidateSecurityContext, validatePodSpecSecurityContext,
validateWindowsSecurityContextOptions, validateWindows and validateHostUsers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import Report, containers, descending, entries, pod_of
from scaffold.names import app_armor_profile
from scaffold.shapes import as_dict, as_list, as_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Effect, Finding
    from scaffold.shapes import Path

ID = "security-context"

_PROFILES = ("RuntimeDefault", "Localhost", "Unconfined")
_SYSCTL = r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_OF_IPC = frozenset(
    (
        *("kernel.sem", "kernel.shm", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"),
        *("kernel.msg", "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni"),
    )
)
_OF_PODS = frozenset(
    ("supplementalGroups", "fsGroupChangePolicy", "supplementalGroupsPolicy", "seLinuxChangePolicy", "sysctls")
)
_HOST = ("hostNetwork", "hostPID", "hostIPC")


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The security contexts of the Pod and of its containers, and what they say together with the rest of the Pod."""
    pod = pod_of(document)
    report = Report()
    context = pod.get("securityContext")
    users = pod.get("hostUsers") is not False or facts.before(33)
    if isinstance(context, dict):
        _common(report, context, ("securityContext",))
        if not _OF_PODS.isdisjoint(context):
            _of_pod(report, context, pod, facts)
    if not users:
        _no_users(report, pod, facts)
    if pod.get("shareProcessNamespace") is True and pod.get("hostPID") is True:
        field = ("securityContext", "shareProcessNamespace")
        report.add(("shareProcessNamespace",), "shareProcessNamespace goes with no hostPID", "drop one", field=field)
    windows = "os" in pod or (isinstance(context, dict) and "windowsOptions" in context)
    for path, container in containers(pod):
        inner = container.get("securityContext")
        if isinstance(inner, dict) and inner:
            _common(report, inner, (*path, "securityContext"))
            _of_container(report, inner, (*path, "securityContext"), users=users, facts=facts)
            windows = windows or "windowsOptions" in inner
    if windows:
        from scaffold.checks import _windows

        _windows.check(report, pod, facts)
    yield from report.findings(document)


def _common(report: Report, context: Mapping[str, Any], path: Path) -> None:
    for key, value in context.items():
        judge = _EITHER.get(key)
        if judge is not None and value is not None:
            judge(report, context, path, key)


def _number(report: Report, context: Mapping[str, Any], path: Path, key: str) -> None:
    report.whole(context, path, key, 0, 2**31 - 1)


def _profile(report: Report, context: Mapping[str, Any], path: Path, key: str) -> None:
    profile, where = context[key], (*path, key)
    if not isinstance(profile, dict):
        return
    kind, name = profile.get("type"), profile.get("localhostProfile")
    report.word(profile, where, "type", _PROFILES, what=f"type of a {key}", required=True)
    local = (*where, "localhostProfile")
    if kind != "Localhost":
        # an AppArmor profile of an unknown type is looked at no further
        if name is not None and (key == "seccompProfile" or kind in _PROFILES):
            report.add(local, f"localhostProfile goes with type Localhost only, not {kind}", "drop one of them")
    elif name is None or (name == "" and key == "appArmorProfile"):
        report.add(local, "type Localhost has no localhostProfile", "write localhostProfile: for it")
    elif isinstance(name, str):
        if key == "seccompProfile":
            report.named(profile, where, "localhostProfile", descending)
        elif reason := app_armor_profile(name):
            report.add(local, f"localhostProfile {name[:40]!r} {reason}")


def _windows_options(report: Report, context: Mapping[str, Any], path: Path, key: str) -> None:
    from scaffold.checks import _windows

    _windows.options(report, context, path, key)


_EITHER: dict[str, Callable[[Report, Mapping[str, Any], Path, str], None]] = {
    "runAsUser": _number,
    "runAsGroup": _number,
    "fsGroup": _number,
    "seccompProfile": _profile,
    "appArmorProfile": _profile,
    "windowsOptions": _windows_options,
}


def _of_pod(report: Report, context: Mapping[str, Any], pod: Mapping[str, Any], facts: Facts) -> None:
    path: Path = ("securityContext",)
    for index, group in enumerate(as_list(context.get("supplementalGroups"))):
        number = as_number(group)
        if number is not None and not 0 <= number < 2**31:
            where = (*path, "supplementalGroups", index)
            report.add(where, f"group {number} is out of range", "write 0 to 2147483647")
    report.word(context, path, "fsGroupChangePolicy", ("OnRootMismatch", "Always"), empty=False)
    if not facts.before(33):
        report.word(context, path, "supplementalGroupsPolicy", ("Merge", "Strict"), empty=False)
        # 1.37 opened the gate of MountOption
        policies = ("Recursive",) if facts.before(37) else ("Recursive", "MountOption")
        report.word(context, path, "seLinuxChangePolicy", policies, empty=False)
    _sysctls(report, context, pod)


def _sysctls(report: Report, context: Mapping[str, Any], pod: Mapping[str, Any]) -> None:
    seen: set[str] = set()
    for path, sysctl in entries(context.get("sysctls"), ("securityContext", "sysctls")):
        name, where = sysctl.get("name"), (*path, "name")
        if name is None or name == "":
            report.add(where, "the sysctl has no name", "such as net.core.somaxconn")
        if not isinstance(name, str) or not name:
            continue
        if len(name) > 253 or not re.fullmatch(_SYSCTL, name):
            report.add(where, f"{name!r} is no name of a sysctl", "such as net.core.somaxconn")
        elif name in seen:
            report.add(where, f"sysctl {name} is already set in this Pod", "drop one of them")
        seen.add(name)
        plain = name.replace("/", ".") if "/" in name and "." not in name.partition("/")[0] else name
        if pod.get("hostNetwork") is True and plain.startswith("net."):
            report.add(where, f"sysctl {name} goes with no hostNetwork", "drop one of them")
        elif pod.get("hostIPC") is True and (plain in _OF_IPC or plain.startswith("fs.mqueue.")):
            report.add(where, f"sysctl {name} goes with no hostIPC", "drop one of them")


def _no_users(report: Report, pod: Mapping[str, Any], facts: Facts) -> None:
    """`hostUsers: false` together with another namespace of the host."""
    for key in _HOST:
        if pod.get(key) is True:
            field = key if key == "hostNetwork" else key.replace("h", "H", 1)
            # a gate for hostNetwork is off up to 1.36, and may be on later
            effect: Effect = "fragile" if key == "hostNetwork" and not facts.before(37) else "refused"
            report.add((key,), f"{key} goes with no hostUsers: false", "drop one of them", field=field, effect=effect)


def _of_container(report: Report, context: Mapping[str, Any], path: Path, *, users: bool, facts: Facts) -> None:
    mount = context.get("procMount")
    if mount is not None and not facts.before(33):
        report.word(context, path, "procMount", ("Default", "Unmasked"), empty=False)
        if mount == "Unmasked" and users:
            report.add((*path, "procMount"), "procMount Unmasked needs hostUsers: false", "write it for the Pod")
    if context.get("allowPrivilegeEscalation") is not False:
        return
    if context.get("privileged") is True:
        message = "privileged goes with no allowPrivilegeEscalation: false"
        report.add((*path, "allowPrivilegeEscalation"), message, "drop one of them", field=path)
    if "CAP_SYS_ADMIN" in as_list(as_dict(context.get("capabilities")).get("add")):
        message = "CAP_SYS_ADMIN goes with no allowPrivilegeEscalation: false"
        report.add((*path, "capabilities", "add"), message, "drop one of them", field=path)
