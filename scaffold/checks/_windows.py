"""What a Pod for Windows may not have, and what its options may be.

Source: pkg/apis/core/validation/validation.go, validateOS, validateLinux, validateWindows,
validateWindowsSecurityContextOptions and validateWindowsHostProcessPod.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import containers
from scaffold.names import subdomain
from scaffold.shapes import as_dict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffold.checks._pods import Report
    from scaffold.facts import Facts
    from scaffold.shapes import Path

# the gates of these were off before, and a server drops such a field unseen
_SEEN_SINCE = {"hostUsers": 33, "resources": 34, "seLinuxChangePolicy": 33, "supplementalGroupsPolicy": 33}
_OF_LINUX_PODS = (
    *("appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup", "fsGroupChangePolicy", "runAsUser"),
    *("runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy", "sysctls"),
)
_OF_LINUX_CONTAINERS = (
    *("appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem"),
    *("privileged", "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup"),
)
_NET_BIOS = r"""[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}"""
_PART = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_DNS = rf"{_PART}(?:\.{_PART})*"
_CONTROL = r"[\x00-\x1f\x7f]"
_NO_USER = r'["/\\:;|=,+*?<>@\[\]]'


def check(report: Report, pod: Mapping[str, Any], facts: Facts) -> None:
    """`os` of a Pod against its options, and host processes against each other."""
    context = as_dict(pod.get("securityContext"))
    os = pod.get("os")
    if isinstance(os, dict):
        name = os.get("name")
        # only an unknown name is told of the whole
        field = ("os",) if os.get("name") else ()
        report.word(os, ("os",), "name", ("linux", "windows"), what="name of an os", required=True, field=field)
        if name == "linux":
            _linux(report, pod, context)
        elif name == "windows":
            _windows(report, pod, context, facts)
    _host_processes(report, pod, as_dict(context.get("windowsOptions")).get("hostProcess"))


def _linux(report: Report, pod: Mapping[str, Any], context: Mapping[str, Any]) -> None:
    found: list[Path] = [("securityContext",)] if context.get("windowsOptions") is not None else []
    for path, container in containers(pod):
        if as_dict(container.get("securityContext")).get("windowsOptions") is not None:
            found.append((*path, "securityContext"))
    for path in found:
        report.add(
            (*path, "windowsOptions"), "a Pod for linux has no windowsOptions", "drop them, or write os: windows"
        )


def _windows(report: Report, pod: Mapping[str, Any], context: Mapping[str, Any], facts: Facts) -> None:
    for key in ("hostUsers", "shareProcessNamespace"):
        if pod.get(key) is not None and not facts.before(_SEEN_SINCE.get(key, 0)):
            report.add((key,), f"a Pod for windows has no {key}", "drop it")
    for key in ("hostPID", "hostIPC"):
        if pod.get(key) is True:
            report.add((key,), f"a Pod for windows has no {key}", "drop it")
    if pod.get("resources") is not None and not facts.before(_SEEN_SINCE["resources"]):
        report.add(("resources",), "a Pod for windows has no resources of its own", "write them for its containers")
    for key in filter(context.__contains__, _OF_LINUX_PODS):
        seen = context[key] not in (None, []) if key == "sysctls" else context[key] is not None
        if seen and not facts.before(_SEEN_SINCE.get(key, 0)):
            report.add(("securityContext", key), f"a Pod for windows has no {key}", "drop it")
    for path, container in containers(pod):
        inner = as_dict(container.get("securityContext"))
        for key in _OF_LINUX_CONTAINERS:
            if inner.get(key) is not None:
                report.add((*path, "securityContext", key), f"a Pod for windows has no {key}", "drop it")


def _host_processes(report: Report, pod: Mapping[str, Any], whole: object) -> None:
    count = processes = 0
    for path, container in containers(pod):
        count += 1
        options_here = as_dict(container.get("securityContext")).get("windowsOptions")
        own = options_here.get("hostProcess") if isinstance(options_here, dict) else None
        processes += (whole if own is None else own) is True
        if isinstance(own, bool) and isinstance(whole, bool) and own != whole:
            where = (*path, "securityContext", "windowsOptions", "hostProcess")
            report.add(where, "hostProcess differs from the Pod's", "drop one of them")
    if not processes:
        return
    if processes != count:
        # the API server names the whole Pod
        message = "some containers are host processes and some are not"
        report.add(("containers",), message, "write hostProcess under the Pod's securityContext", field=".")
    if pod.get("hostNetwork") is not True:
        report.add(("hostNetwork",), "host processes need hostNetwork: true", "write hostNetwork: true")


def options(report: Report, context: Mapping[str, Any], path: Path, key: str) -> None:
    """`windowsOptions` of a Pod or of a container."""
    options, where = context[key], (*path, key)
    if not isinstance(options, dict):
        return
    report.named(options, where, "gmsaCredentialSpecName", subdomain, empty=False)
    report.named(options, where, "gmsaCredentialSpec", _spec, empty=False)
    report.named(options, where, "runAsUserName", _user, empty=False)


def _spec(text: str) -> str | None:
    return "is longer than 64 KiB" if len(text.encode()) > 64 * 1024 else None


def _user(text: str) -> str | None:
    """A user of Windows, with a domain or without."""
    if re.search(_CONTROL, text):
        return "must hold no control characters"
    if text.count("\\") > 1:
        return "must hold one backslash at most"
    domain, slash, user = text.rpartition("\\")
    if slash and (len(domain.encode()) > 255 or not (re.fullmatch(_NET_BIOS, domain) or re.fullmatch(_DNS, domain))):
        return f"has a domain {domain!r} that is neither a NetBIOS nor a DNS name"
    if not user or len(user.encode()) > 104 or not user.strip(". ") or re.search(_NO_USER, user):
        return f"has a user {user!r} that is no name of a user"
    return None
