"""A mount of a volume that the Pod does not have, or two at one place.

`volumeMounts[0].name: Not found: "data"`. A StatefulSet has the volumes of its `volumeClaimTemplates` too. Each mount
has a `mountPath` of its own in the container, a `subPath` is relative and without `..`, and `Bidirectional` needs a
privileged container. A volume is there as files or, with `volumeDevices`, as a device, which only a claim can be.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      volumes:
        - {name: data, emptyDir: {}}
      containers:
        - name: web
          image: "nginx:1.27"
          volumeMounts: [{name: date, mountPath: /data}]

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      volumes:
        - {name: data, emptyDir: {}}
      containers:
        - name: web
          image: "nginx:1.27"
          volumeMounts: [{name: data, mountPath: /data}]

Mend: write the volume's name, or add the volume.

Source: pkg/apis/core/validation/validation.go, ValidateVolumeMounts and ValidateVolumeDevices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.checks._plain import are_mounts
from scaffold.checks._pods import Report, backsteps, containers, descending, entries, pod_of
from scaffold.names import nearest
from scaffold.shapes import as_dict, as_list, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "volume-mount"

_PROPAGATIONS = ("None", "HostToContainer", "Bidirectional")
_MORE = frozenset(("subPath", "subPathExpr", "mountPropagation", "recursiveReadOnly"))
_RECURSIVE = ("Disabled", "IfPossible", "Enabled")


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every mount and every device of every container."""
    pod = pod_of(document)
    report: Report | None = None
    for path, container in containers(pod):
        if not container.get("volumeMounts") and not container.get("volumeDevices"):
            continue
        if report is None:
            report, volumes = Report(), _volumes(document, pod)
        if "volumeDevices" not in container and are_mounts(as_list(container["volumeMounts"]), volumes):
            continue
        one = _Container(report, container, path, volumes, more=facts.is_patched(document))
        one.judge(facts, no_users=pod.get("hostUsers") is False)
    if report is not None:
        yield from report.findings(document)


def _volumes(document: Document, pod: Mapping[str, Any]) -> dict[str, bool]:
    """The names of the volumes, and whether each is a claim, which can be a device."""
    found = {}
    for _, volume in entries(pod.get("volumes"), ()):
        name = volume.get("name")
        if isinstance(name, str) and name not in found:
            found[name] = volume.get("persistentVolumeClaim") is not None or volume.get("ephemeral") is not None
    if document.kind == "StatefulSet":
        for claim in as_list(spec_of(document).get("volumeClaimTemplates")):
            found[str(as_dict(as_dict(claim).get("metadata")).get("name"))] = True
    return found


class _Container:
    """One container and the volumes of its Pod, to which patches may add more."""

    def __init__(
        self, report: Report, data: Mapping[str, Any], path: Path, volumes: Mapping[str, bool], *, more: bool
    ) -> None:
        self._report, self._data, self._path, self._volumes, self._more_volumes = report, data, path, volumes, more
        self._mounts = list(entries(data.get("volumeMounts"), (*path, "volumeMounts")))
        self._devices = list(entries(data.get("volumeDevices"), (*path, "volumeDevices")))

    def judge(self, facts: Facts, *, no_users: bool) -> None:
        seen: set[str] = set()
        privileged = as_dict(self._data.get("securityContext")).get("privileged") is True
        for path, mount in self._mounts:
            self._name(mount, path, "mount")
            self._place(mount, path, "mountPath", seen)
            if not _MORE.isdisjoint(mount):
                self._more(mount, path, privileged=privileged, recursive=not facts.before(31))
        if self._devices:
            self._judge_devices(no_users=no_users and not facts.before(34))

    def _name(self, entry: Mapping[str, Any], path: Path, what: str) -> None:
        name = entry.get("name")
        if isinstance(name, str) and (name in self._volumes or (name and self._more_volumes)):
            return
        if name is None or isinstance(name, str):
            near = nearest(name, [one for one in self._volumes if one]) if name else None
            hint = f"did you mean {near}?" if near else "add it under volumes"
            message = f"the Pod has no volume {name}" if name else f"the {what} names no volume"
            self._report.add((*path, "name"), message, hint)

    def _place(self, entry: Mapping[str, Any], path: Path, key: str, seen: set[str]) -> None:
        place = entry.get(key)
        if place is None or place == "":
            self._report.add((*path, key), f"the entry has no {key}", f"write {key}: for it")
        elif isinstance(place, str):
            if place in seen:
                message = f"{key} {place} is already used in this container"
                self._report.add((*path, key), message, "mount it elsewhere")
            seen.add(place)

    def _more(self, mount: Mapping[str, Any], path: Path, *, privileged: bool, recursive: bool) -> None:
        report = self._report
        # the API server names these without the number of the mount
        for key in ("subPath", "subPathExpr"):
            report.named(mount, path, key, descending, field=(*path[:-1], key))
        if mount.get("subPath") and mount.get("subPathExpr"):
            report.add((*path, "subPathExpr"), "the mount has subPath and subPathExpr", "keep one of them")
        field = (*path[:-1], "mountPropagation")
        report.word(mount, path, "mountPropagation", _PROPAGATIONS, empty=False, field=field)
        propagation = mount.get("mountPropagation")
        if propagation == "Bidirectional" and not privileged:
            hint = "write HostToContainer, or privileged: true under securityContext"
            message = "Bidirectional needs a privileged container"
            report.add((*path, "mountPropagation"), message, hint, field=field)
        if recursive:
            self._read_only(mount, path)

    def _read_only(self, mount: Mapping[str, Any], path: Path) -> None:
        report, field = self._report, (*path[:-1], "recursiveReadOnly")
        report.word(mount, path, "recursiveReadOnly", _RECURSIVE, empty=False, field=field)
        recursive = mount.get("recursiveReadOnly")
        if recursive not in _RECURSIVE[1:]:
            return
        where = (*path, "recursiveReadOnly")
        if mount.get("readOnly") is not True:
            report.add(where, f"recursiveReadOnly {recursive} needs readOnly", "write readOnly: true", field=field)
        if mount.get("mountPropagation") not in (None, "None"):
            message = f"recursiveReadOnly {recursive} goes with no mountPropagation but None"
            report.add(where, message, "drop mountPropagation", field=field)

    def _judge_devices(self, *, no_users: bool) -> None:
        report, seen, names = self._report, set[str](), set[str]()
        mounted = {mount.get("name") for _, mount in self._mounts if isinstance(mount.get("name"), str)}
        places = {mount.get("mountPath") for _, mount in self._mounts if isinstance(mount.get("mountPath"), str)}
        for path, device in self._devices:
            name, place = device.get("name"), device.get("devicePath")
            self._name(device, path, "device")
            if isinstance(name, str) and name:
                if name in names:
                    report.add((*path, "name"), f"volume {name} is a device of this container already", "drop it")
                elif name in mounted:
                    report.add((*path, "name"), f"volume {name} is mounted in this container too", "keep one of them")
                elif self._volumes.get(name) is False:
                    message = f"volume {name} is no claim, and so no device"
                    report.add((*path, "name"), message, "use a persistentVolumeClaim or an ephemeral volume")
                names.add(name)
            self._place(device, path, "devicePath", seen)
            report.named(device, path, "devicePath", backsteps)
            if isinstance(place, str) and place and place in places:
                report.add(
                    (*path, "devicePath"), f"{place} is also a mountPath of this container", "choose another one"
                )
        if no_users:
            where = (*self._path, "volumeDevices")
            report.add(where, "volumeDevices go with no hostUsers: false", "drop hostUsers, or mount the volume")
