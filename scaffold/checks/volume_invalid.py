"""A volume that the API server does not take.

A volume has a name of its own in the Pod, which is a DNS label, and one source: `may not specify more than 1 volume
type`; without any it is an emptyDir. A source has what it needs: a `path` for hostPath, a `secretName`, a `claimName`.
A file's `mode` is 0 to 0777, and its path is relative and without `..`.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      volumes:
        - name: settings
          configMap: {name: web, items: [{key: web.ini, path: /etc/web.ini}]}
      containers:
        - {name: web, image: "nginx:1.27"}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      volumes:
        - name: settings
          configMap: {name: web, items: [{key: web.ini, path: web.ini}]}
      containers:
        - {name: web, image: "nginx:1.27"}

Mend: write what is missing, and keep one source.

Source: pkg/apis/core/validation/validation.go, ValidateVolumes and validateVolumeSource;
pkg/apis/core/v1/defaults.go, SetDefaults_Volume.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.checks import _volumes
from scaffold.checks._plain import is_volume
from scaffold.checks._pods import Report, entries, pod_of
from scaffold.names import label, subdomain
from scaffold.shapes import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "volume-invalid"

# Every source in the order in which the API server counts them, with what it cannot do without. The sources that
# have more to them than that follow in volume_source.
_SOURCES: dict[str, tuple[str, ...]] = {
    "emptyDir": (),
    "hostPath": ("path",),
    "gitRepo": ("repository",),
    "gcePersistentDisk": ("pdName",),
    "awsElasticBlockStore": ("volumeID",),
    "secret": ("secretName",),
    "nfs": ("server", "path"),
    "iscsi": ("targetPortal", "iqn"),
    "glusterfs": ("endpoints", "path"),
    "flocker": (),
    "persistentVolumeClaim": ("claimName",),
    "rbd": ("monitors", "image"),
    "cinder": ("volumeID",),
    "cephfs": ("monitors",),
    "quobyte": ("registry", "volume"),
    "downwardAPI": (),
    "fc": (),
    "flexVolume": ("driver",),
    "configMap": ("name",),
    "azureFile": ("secretName", "shareName"),
    "vsphereVolume": ("volumePath",),
    "photonPersistentDisk": ("pdID",),
    "portworxVolume": ("volumeID",),
    "azureDisk": ("diskName", "diskURI"),
    "storageos": ("volumeName",),
    "projected": (),
    "scaleIO": ("gateway", "system", "volumeName"),
    "csi": ("driver",),
    "ephemeral": ("volumeClaimTemplate",),
    "image": (),
}
# Where the API server's own path has another name than the field.
_SECOND = {"cephfs": "cephFS", "downwardAPI": "downwarAPI"}
_PORTAL = 64
_FIRST = {"gcePersistentDisk": "persistentDisk"}


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every volume of the Pod."""
    pod = pod_of(document)
    if not pod.get("volumes"):
        return
    claimed = _claimed(document)
    report = Report(len(claimed), facts.before)
    seen: set[str] = set()
    owner = as_dict(document.data.get("metadata")).get("name") if document.kind == "Pod" else None
    for path, volume in entries(pod["volumes"], ("volumes",)):
        if volume.get("image") is not None and facts.before(35):
            # a server with its gate off leaves out the volume and its mounts
            continue
        name = volume.get("name")
        if isinstance(name, str) and name in claimed:
            # the claim takes its place
            continue
        if is_volume(volume) and name not in seen:
            seen.add(volume["name"])
            continue
        report.named(volume, path, "name", label, required=True)
        if isinstance(name, str) and name:
            if name in seen:
                message = f"volume name {name} is already used in this Pod"
                report.add((*path, "name"), message, "rename one of them, or drop it")
            seen.add(name)
        image = volume.get("image")
        if document.kind == "Pod" and isinstance(image, dict) and not image.get("reference"):
            # in a template it may still come
            report.add((*path, "image", "reference"), "an image without reference", "write reference: for it")
        _sources(report, volume, path)
        _portal(report, volume, path)
        if volume.get("ephemeral") is not None and isinstance(owner, str) and isinstance(name, str):
            claim = f"{owner}-{name}"
            if owner and name and (reason := subdomain(claim)) and not label(name):
                report.add((*path, "name"), f"the claim's name {claim!r} {reason}", "shorten one of the names")
    if owner and isinstance(owner, str):
        _claims(report, pod["volumes"], owner)
    yield from report.findings(document)


def _claimed(document: Document) -> set[str]:
    if document.kind != "StatefulSet":
        return set()
    claims = as_list(as_dict(document.data.get("spec")).get("volumeClaimTemplates"))
    return {str(as_dict(as_dict(claim).get("metadata")).get("name")) for claim in claims}


def _sources(report: Report, volume: dict[str, Any], path: Path) -> None:
    written = [key for key, value in volume.items() if value is not None and key in _SOURCES]
    if not written:
        return
    if len(written) > 1:
        written.sort(key=list(_SOURCES).index)
        for extra in written[1:]:
            message = f"the volume has {written[0]} and {extra}, one source is allowed"
            report.add((*path, extra), message, "keep one of them", field=(*path, _SECOND.get(extra, extra)))
    kind = written[0]
    source = volume[kind]
    if not isinstance(source, dict):
        return
    where = (*path, kind)
    for key in _SOURCES[kind]:
        report.required(source, where, key, field=(*path, _FIRST[kind], key) if kind in _FIRST else ())
    if kind in _volumes.CHECKS:
        _volumes.CHECKS[kind](report, source, where)


def _portal(report: Report, volume: dict[str, Any], path: Path) -> None:
    disk = volume.get("iscsi")
    if isinstance(disk, dict) and disk.get("initiatorName") is not None:
        name, portal = volume.get("name") or "", disk.get("targetPortal") or ""
        if len(f"{name}:{portal}".encode()) > _PORTAL:
            message = f"with initiatorName the name and targetPortal have {_PORTAL - 1} bytes together"
            report.add((*path, "name"), message, "shorten the name")


def _claims(report: Report, volumes: object, owner: str) -> None:
    """A claim that the Pod names and also makes."""
    made: set[str] = set()
    for _, volume in entries(volumes, ()):
        if volume.get("ephemeral") is not None:
            made.add(f"{owner}-{volume.get('name') or ''}")
    for path, volume in entries(volumes, ("volumes",)) if made else ():
        claim = as_dict(volume.get("persistentVolumeClaim")).get("claimName")
        if isinstance(claim, str) and claim in made:
            where = (*path, "persistentVolumeClaim", "claimName")
            report.add(where, f"claim {claim} is made by an ephemeral volume of this Pod", "name another claim")
