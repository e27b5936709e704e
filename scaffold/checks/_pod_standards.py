"""What the Pod Security levels baseline and restricted forbid and want, by the version that they are asked in.

Source: k8s.io/pod-security-admission/policy, check_*.go and registry.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.checks._pods import containers, entries
from scaffold.shapes import PROBES, as_dict, as_list, as_number, dig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from scaffold.shapes import Path

_ADDABLE = frozenset(
    {
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
        *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    }
)
_FREE_VOLUMES = frozenset(
    {
        *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected"),
        "secret",
    }
)
_OTHER_VOLUMES = (
    *("hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd"),
    *("flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile", "azureDisk", "photonPersistentDisk"),
    *("portworxVolume", "scaleIO", "storageos", "vsphereVolume", "quobyte"),
)
# The version that allowed them -> the sysctls.
_SYSCTLS = {
    0: (
        *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies"),
        *("net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start"),
    ),
    27: ("net.ipv4.ip_local_reserved_ports",),
    29: (
        *("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl"),
        "net.ipv4.tcp_keepalive_probes",
    ),
    32: ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
    37: ("net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"),
}
_SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t")
_PROFILES = ("RuntimeDefault", "Localhost")
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_OF_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_OF_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_SECCOMP_MEND = "seccompProfile.type: RuntimeDefault"
POD = "Pod"


class Broken(NamedTuple):
    """One thing that a level does not allow: what it is, whose, and where, as a path below the Pod's spec.

    `field` is what a person would drop. Where that is no mend, `write` says what to write, and `into` for whom: a name,
    or `Pod` where what is written for the Pod counts for all of its containers.
    """

    what: str
    who: str
    path: Path
    field: str
    write: str = ""
    into: str = ""


class _Side(NamedTuple):
    """The Pod, or one of its containers, with its securityContext."""

    who: str
    path: Path
    data: Mapping[str, Any]
    context: dict[str, Any]

    def broken(self, what: str, *field: str, write: str = "", into: str = "") -> Broken:
        """Something in its securityContext."""
        return Broken(what, self.who, (*self.path, "securityContext", *field), ".".join(field), write, into or self.who)


class Pod(NamedTuple):
    """A Pod and how it is judged.

    `before` says whether that is done in a version older than 1.N, and `synced` whether the API server makes fields of
    the annotations for seccomp, as it did before 1.27.
    """

    spec: Mapping[str, Any]
    annotations: Mapping[str, Any]
    before: Callable[[int], bool]
    synced: bool = False

    @property
    def whole(self) -> _Side:
        """The Pod itself."""
        return _Side(POD, (), self.spec, as_dict(self.spec.get("securityContext")))

    @property
    def containers(self) -> list[_Side]:
        """All of its containers."""
        found = containers(self.spec)
        return [_Side(_name(one, path), path, one, as_dict(one.get("securityContext"))) for path, one in found]

    @property
    def windows(self) -> bool:
        """Whether it is asked nothing that Windows does not have."""
        return as_dict(self.spec.get("os")).get("name") == "windows" and not self.before(25)

    @property
    def has_profile(self) -> bool:
        """Whether a profile for seccomp will be there that no field names."""
        return self.synced and any(key.startswith((_SECCOMP_OF_POD, _SECCOMP_OF_CONTAINER)) for key in self.annotations)

    @property
    def own_users(self) -> bool:
        """Whether its root is no root of the node, which is allowed more."""
        return self.spec.get("hostUsers") is False and not self.before(35)


def _name(container: Mapping[str, Any], path: Path) -> str:
    name = container.get("name")
    return name if isinstance(name, str) and name else f"{path[0]}[{path[1]}]"


def baseline(pod: Pod) -> Iterator[Broken]:
    """What the level baseline does not allow."""
    yield from _both_levels(pod)
    yield from _added(pod, _ADDABLE)
    yield from _volumes(pod, ("hostPath",))
    yield from _forbidden_seccomp(pod)
    if not pod.own_users:
        yield from _proc_mounts(pod)


def restricted(pod: Pod) -> Iterator[Broken]:
    """What the level restricted does not allow."""
    yield from _both_levels(pod)
    if not pod.windows:
        yield from _added(pod, _ADDABLE if pod.before(22) else frozenset({"NET_BIND_SERVICE"}))
    yield from _volumes(pod, _OTHER_VOLUMES)
    yield from _proc_mounts(pod)
    if not pod.windows:
        yield from _rights(pod)
    if not pod.own_users:
        yield from _users(pod)
    if not pod.windows:
        yield from _forbidden_seccomp(pod)
        if not pod.before(19) and not pod.has_profile:
            yield from _missing_seccomp(pod)


def _both_levels(pod: Pod) -> Iterator[Broken]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.spec.get(name) is True:
            yield Broken(f"{name} is true", "", (name,), name)
    for side in pod.containers:
        if side.context.get("privileged") is True:
            yield side.broken("privileged is true", "privileged")
        for path, port in entries(side.data.get("ports"), (*side.path, "ports")):
            # a Pod in the network of its host is told that already
            if as_number(port.get("hostPort")) and pod.spec.get("hostNetwork") is not True:
                yield Broken(f"hostPort {port['hostPort']}", side.who, (*path, "hostPort"), "hostPort")
        if not pod.before(34):
            yield from _hosts(side)
    for side in (pod.whole, *pod.containers):
        if as_dict(side.context.get("windowsOptions")).get("hostProcess") is True:
            yield side.broken("windowsOptions.hostProcess is true", "windowsOptions", "hostProcess")
        yield from _selinux(side, pod)
    yield from _apparmor(pod)
    allowed = {name for minor, names in _SYSCTLS.items() if not pod.before(minor) for name in names}
    for path, sysctl in entries(pod.whole.context.get("sysctls"), ("securityContext", "sysctls")):
        if isinstance(sysctl.get("name"), str) and sysctl["name"] not in allowed:
            yield Broken(f"sysctl {sysctl['name']}", "", (*path, "name"), "the sysctls")


def _hosts(side: _Side) -> Iterator[Broken]:
    """Probes and hooks that go elsewhere than to the Pod."""
    for hook in PROBES:
        for handler in ("httpGet", "tcpSocket"):
            host = dig(side.data, (*hook, handler, "host"))
            if host and isinstance(host, str):
                field = f"{hook[-1]}.{handler}.host"
                yield Broken(f"{field} is {host}", side.who, (*side.path, *hook, handler, "host"), field)


def _selinux(side: _Side, pod: Pod) -> Iterator[Broken]:
    options = as_dict(side.context.get("seLinuxOptions"))
    allowed = _SELINUX_TYPES if pod.before(31) else (*_SELINUX_TYPES, "container_engine_t")
    for name in ("type", "user", "role"):
        value = options.get(name)
        if value and isinstance(value, str) and (name != "type" or value not in allowed):
            yield side.broken(f"seLinuxOptions.{name} is {value}", "seLinuxOptions", name)


def _apparmor(pod: Pod) -> Iterator[Broken]:
    for side in (pod.whole, *pod.containers):
        kind = as_dict(side.context.get("appArmorProfile")).get("type")
        if isinstance(kind, str) and kind not in _PROFILES:
            yield side.broken(f"appArmorProfile.type is {kind}", "appArmorProfile", "type")
    keys = [key for key in pod.annotations if key.startswith(_APPARMOR)]
    yield from _annotated(pod, keys, ("", "runtime/default"))


def _annotated(pod: Pod, keys: Iterable[str], allowed: tuple[str, ...]) -> Iterator[Broken]:
    """Annotations of these keys that name no profile."""
    for key in keys:
        value = pod.annotations.get(key)
        if isinstance(value, str) and value not in allowed and not value.startswith("localhost/"):
            yield Broken(f"annotation {key} is {value}", "", (), "the annotation")


def _added(pod: Pod, allowed: frozenset[str]) -> Iterator[Broken]:
    for side in pod.containers:
        for one in as_list(as_dict(side.context.get("capabilities")).get("add")):
            if isinstance(one, str) and one not in allowed:
                yield side.broken(f"capabilities.add holds {one}", "capabilities", "add")


def _volumes(pod: Pod, forbidden: tuple[str, ...]) -> Iterator[Broken]:
    for path, volume in entries(pod.spec.get("volumes"), ("volumes",)):
        if forbidden is _OTHER_VOLUMES and any(volume.get(kind) is not None for kind in _FREE_VOLUMES):
            continue
        for kind in forbidden:
            if volume.get(kind) is not None:
                yield Broken(f"volume {volume.get('name')} is of type {kind}", "", (*path, kind), f"the {kind} volume")


def _proc_mounts(pod: Pod) -> Iterator[Broken]:
    for side in pod.containers:
        value = side.context.get("procMount")
        if isinstance(value, str) and value != "Default":
            yield side.broken(f"procMount is {value}", "procMount")


def _forbidden_seccomp(pod: Pod) -> Iterator[Broken]:
    if pod.before(19):
        keys = [_SECCOMP_OF_POD, *(_SECCOMP_OF_CONTAINER + side.who for side in pod.containers)]
        yield from _annotated(pod, keys, ("runtime/default", "docker/default"))
        return
    for side in (pod.whole, *pod.containers):
        kind = as_dict(side.context.get("seccompProfile")).get("type")
        if isinstance(kind, str) and kind not in _PROFILES:
            yield side.broken(f"seccompProfile.type is {kind}", "seccompProfile", "type", write=_SECCOMP_MEND)


def _missing_seccomp(pod: Pod) -> Iterator[Broken]:
    if as_dict(pod.whole.context.get("seccompProfile")):
        return
    for side in pod.containers:
        if side.context.get("seccompProfile") is None:
            what = "seccompProfile.type is not set"
            yield side.broken(what, "seccompProfile", "type", write=_SECCOMP_MEND, into=POD)


def _rights(pod: Pod) -> Iterator[Broken]:
    """What every container has to give away itself."""
    for side in pod.containers:
        if side.context.get("allowPrivilegeEscalation") is not False and not pod.before(8):
            what, write = "allowPrivilegeEscalation is not false", "allowPrivilegeEscalation: false"
            yield side.broken(what, "allowPrivilegeEscalation", write=write)
    for side in pod.containers:
        if "ALL" not in as_list(as_dict(side.context.get("capabilities")).get("drop")) and not pod.before(22):
            what, write = "capabilities.drop lacks ALL", "capabilities.drop: [ALL]"
            yield side.broken(what, "capabilities", "drop", write=write)


def _users(pod: Pod) -> Iterator[Broken]:
    of_pod, write = pod.whole.context.get("runAsNonRoot"), "runAsNonRoot: true"
    for side in (pod.whole, *pod.containers):
        if side.context.get("runAsNonRoot") is False:
            yield side.broken("runAsNonRoot is false", "runAsNonRoot", write=write)
    for side in pod.containers:
        if side.context.get("runAsNonRoot") is None and of_pod is None:
            yield side.broken("runAsNonRoot is not true", "runAsNonRoot", write=write, into=POD)
    for side in (pod.whole, *pod.containers):
        if as_number(side.context.get("runAsUser")) == 0 and not pod.before(23):
            yield side.broken("runAsUser is 0", "runAsUser")
