"""A mount of a volume that the Pod does not have, or two at one place.

`volumeMounts[0].name: Not found: "data"`. A StatefulSet has the volumes of its `volumeClaimTemplates` too. Each mount
has a `mountPath` of its own in the container, and each volume a name of its own in the Pod.

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

Source: pkg/apis/core/validation/validation.go, ValidateVolumes and ValidateVolumeMounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.names import nearest
from scaffold.shapes import as_dict, as_list, dig, finding, pod_path, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Container

ID = "volume-mount"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The names of the volumes, and every mount of every container."""
    workload = facts.workload(document)
    if workload is None:
        return
    path = (*pod_path(document), "volumes")
    names: list[str] = []
    for index, volume in enumerate(as_list(dig(document.data, path))):
        name = volume.get("name") if isinstance(volume, dict) else None
        if not isinstance(name, str):
            # a type of its own, or none: no mount is judged by it
            names.append("")
        elif name in names:
            message = f"volume name {name} is already used in this Pod"
            where = (*path, index, "name")
            yield finding(document, where, message, effect="refused", hint="rename one of them, or drop it")
        else:
            names.append(name)
    if document.kind == "StatefulSet":
        claims = as_list(spec_of(document).get("volumeClaimTemplates"))
        names += [str(as_dict(as_dict(claim).get("metadata")).get("name")) for claim in claims]
    for container in workload.containers:
        yield from _mounts(document, container, names)


def _mounts(document: Document, container: Container, names: list[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, mount in enumerate(as_list(container.data.get("volumeMounts"))):
        if not isinstance(mount, dict):
            continue
        path = (*container.path, "volumeMounts", index)
        name, place = mount.get("name"), mount.get("mountPath")
        if name is None or (isinstance(name, str) and name not in names):
            near = nearest(name, [one for one in names if one]) if name else None
            hint = f"did you mean {near}?" if near else "add it under volumes"
            message = f"the Pod has no volume {name}" if name else "the mount names no volume"
            yield finding(document, (*path, "name"), message, effect="refused", hint=hint)
        if place is None or place == "":
            hint = "write mountPath: for it"
            yield finding(document, (*path, "mountPath"), "the mount has no mountPath", effect="refused", hint=hint)
        elif isinstance(place, str) and place in seen:
            message = f"mountPath {place} is already used in this container"
            yield finding(document, (*path, "mountPath"), message, effect="refused", hint="mount it elsewhere")
        seen.add(str(place))
