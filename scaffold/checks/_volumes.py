"""What each source of a volume wants besides being there.

Source: pkg/apis/core/validation/validation.go, validateVolumeSource and what it calls.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffold.checks._claims import claim_spec, claim_template
from scaffold.checks._pods import amount, backsteps, descending, entries, local
from scaffold.checks._references import field_ref, resource_ref
from scaffold.names import label, small, subdomain
from scaffold.shapes import as_dict, as_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from scaffold.checks._pods import Report
    from scaffold.shapes import Path

__all__ = ["CHECKS", "claim_spec"]

_Source = dict[str, Any]

_HOST_PATHS = (
    "",
    "DirectoryOrCreate",
    "Directory",
    "FileOrCreate",
    "File",
    "Socket",
    "CharDevice",
    "BlockDevice",
)
_IN_A_FILE = ("metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid")
_IQN = re.compile(r"iqn\.[0-9]{4}-[0-9]{2}\.[A-Za-z0-9.-]+:[^,;*&$|\t\n\f\r ]+\Z")
_EUI, _NAA = re.compile(r"eui.[A-Za-z0-9]{16}"), re.compile(r"naa.[A-Za-z0-9]{32}")


def _empty_dir(report: Report, source: _Source, path: Path) -> None:
    _, size = amount(source.get("sizeLimit"))
    if size is not None and size < 0:
        report.add((*path, "sizeLimit"), f"sizeLimit {source['sizeLimit']} is negative", "write 0 or more")


def _host_path(report: Report, source: _Source, path: Path) -> None:
    if source.get("path"):
        report.named(source, path, "path", backsteps)
        report.word(source, path, "type", _HOST_PATHS, what="type of a hostPath")


def _git(report: Report, source: _Source, path: Path) -> None:
    report.named(source, path, "directory", descending)


def _gce(report: Report, source: _Source, path: Path) -> None:
    number = as_number(source.get("partition"))
    if number is not None and not 0 <= number <= 255:
        field = (*path[:-1], "persistentDisk", "partition")
        report.add((*path, "partition"), f"partition {number} is out of range", "write 0 to 255", field=field)


def _aws(report: Report, source: _Source, path: Path) -> None:
    report.whole(source, path, "partition", 0, 255)


def _key_to_path(report: Report, source: _Source, path: Path) -> None:
    """The files of a ConfigMap or a Secret."""
    for where, item in entries(source.get("items"), (*path, "items")):
        report.required(item, where, "key")
        report.named(item, where, "path", local, required=True)
        report.mode(item, where, "mode")


def _once(report: Report, item: _Source, where: Path, seen: set[str]) -> None:
    """A path that no other source of the same projected volume has."""
    file = item.get("path")
    if isinstance(file, str) and file:
        if file in seen:
            message = f"path {file} is already used in this volume"
            report.add((*where, "path"), message, "write another one", field=where[:3])
        seen.add(file)


def _files(report: Report, source: _Source, path: Path) -> None:
    report.mode(source, path, "defaultMode")
    _key_to_path(report, source, path)


def _nfs(report: Report, source: _Source, path: Path) -> None:
    report.named(source, path, "path", _absolute)


def _absolute(text: str) -> str | None:
    return None if text[:1] == "/" else "must be an absolute path"


def _iscsi(report: Report, source: _Source, path: Path) -> None:
    report.named(source, path, "iqn", _initiator)
    report.whole(source, path, "lun", 0, 255)
    chap = source.get("chapAuthDiscovery") is True or source.get("chapAuthSession") is True
    if chap and source.get("secretRef") is None:
        report.add((*path, "secretRef"), "iscsi with CHAP has no secretRef", "write secretRef: with its name")
    initiator = (*path, "initiatorname")
    report.named(source, path, "initiatorName", _initiator, empty=False, field=initiator)


def _initiator(text: str) -> str | None:
    if text[:3] not in ("iqn", "eui", "naa"):
        return "must start with iqn, eui or naa"
    good = _IQN.search(text) if text[:3] == "iqn" else (_EUI if text[:3] == "eui" else _NAA).fullmatch(text)
    return None if good else "is not of the form iqn.YYYY-MM.domain:name, eui.16 or naa.32 characters"


def _flocker(report: Report, source: _Source, path: Path) -> None:
    name, uuid = source.get("datasetName"), source.get("datasetUUID")
    if not name and not uuid:
        report.add(path, "flocker has no datasetName and no datasetUUID", "write one of them")
    elif name and uuid:
        report.add(path, "flocker has both datasetName and datasetUUID", "keep one of them")
    if isinstance(name, str) and "/" in name:
        report.add((*path, "datasetName"), f"datasetName {name!r} must not contain '/'")


def _secret_ref(report: Report, source: _Source, path: Path) -> None:
    reference = source.get("secretRef")
    if isinstance(reference, dict):
        report.required(reference, (*path, "secretRef"), "name")


def _quobyte(report: Report, source: _Source, path: Path) -> None:
    registry, tenant = source.get("registry"), source.get("tenant")
    if not isinstance(registry, str) or not registry:
        return
    if isinstance(tenant, str) and (size := len(tenant.encode())) > 64:
        report.add((*path, "tenant"), f"tenant has {size} bytes, 64 are allowed")
    elif not all(_host_port(pair) for pair in registry.split(",")):
        message = f"registry {registry!r} is no list of host:port"
        report.add((*path, "registry"), message, "such as registry.example.com:7861")


def _host_port(pair: str) -> bool:
    host, colon, port = pair.rpartition(":")
    if not colon or "[" in port or "]" in port:
        return False
    if host[:1] == "[":
        return host.find("]") == len(host) - 1 and "[" not in host[1:]
    return ":" not in host and "[" not in host and "]" not in host


def _fc(report: Report, source: _Source, path: Path) -> None:
    targets, wwids = source.get("targetWWNs"), source.get("wwids")
    where = (*path, "targetWWNs")
    if not targets and not wwids:
        report.add(where, "fc has no targetWWNs and no wwids", "write one of them")
    elif targets and wwids:
        report.add(where, "fc has both targetWWNs and wwids", "keep one of them")
    if targets:
        if source.get("lun") is None:
            report.add((*path, "lun"), "fc with targetWWNs has no lun", "write lun: for it")
        report.whole(source, path, "lun", 0, 255)


def _flex(report: Report, source: _Source, path: Path) -> None:
    for key in as_dict(source.get("options")):
        space = "." + small(key.partition("/")[0] if "/" in key else key)
        if space.endswith((".kubernetes.io", ".k8s.io")):
            place = (*path, f"options[{key}]")
            report.add((*path, "options", key), f"option {key} is Kubernetes' own", "name it otherwise", field=place)


def _azure_disk(report: Report, source: _Source, path: Path) -> None:
    report.word(source, path, "cachingMode", ("None", "ReadOnly", "ReadWrite"), empty=False)
    report.word(source, path, "kind", ("Shared", "Dedicated", "Managed"), what="kind of an azureDisk", empty=False)
    uri, kind = source.get("diskURI") or "", source.get("kind") or "Shared"
    if isinstance(uri, str):
        start = "/subscriptions/" if kind == "Managed" else "https://"
        if not uri.startswith(start):
            report.add((*path, "diskURI"), f"diskURI of a {kind} disk does not start with {start}")


def _storage_os(report: Report, source: _Source, path: Path) -> None:
    report.named(source, path, "volumeName", label)
    report.named(source, path, "volumeNamespace", label)
    _secret_ref(report, source, path)


def _downward(report: Report, source: _Source, path: Path) -> None:
    report.mode(source, path, "defaultMode")
    downward_files(report, source, path)


def downward_files(report: Report, source: _Source, path: Path) -> None:
    """The files of a downwardAPI, which the API server names without their numbers."""
    for where, item in entries(source.get("items"), (*path, "items")):
        report.named(item, where, "path", local, required=True, field=(*path, "path"))
        report.mode(item, where, "mode", field=(*path, "mode"))
        field, resource = item.get("fieldRef"), item.get("resourceFieldRef")
        if isinstance(field, dict):
            field_ref(report, field, (*where, "fieldRef"), _IN_A_FILE, (*path, "fieldRef"))
            if resource is not None:
                report.add(where, "the file has fieldRef and resourceFieldRef", "keep one of them", field=path)
        elif isinstance(resource, dict):
            resource_ref(report, resource, (*where, "resourceFieldRef"), (*path, "resourceFieldRef"), volume=True)
        elif field is None and resource is None:
            report.add(where, "the file has no fieldRef and no resourceFieldRef", "write one of them", field=path)


def _projected(report: Report, source: _Source, path: Path) -> None:
    report.mode(source, path, "defaultMode")
    seen: set[str] = set()
    for where, one in entries(source.get("sources"), (*path, "sources")):
        # podCertificate and clusterTrustBundle are behind gates that are off: a server drops them unseen
        written = [
            key for key in ("secret", "configMap", "downwardAPI", "serviceAccountToken") if one.get(key) is not None
        ]
        for key in written:
            inner = one[key]
            if isinstance(inner, dict):
                _projection(report, key, inner, (*where, key), seen)
        if len(written) > 1:
            report.add(where, f"the source has {' and '.join(written)}", "write each as a source of its own")


def _projection(report: Report, key: str, inner: _Source, path: Path, seen: set[str]) -> None:
    if key == "serviceAccountToken":
        # the API server names the volume, not the source
        field = (*path[:-3], "path")
        if report.before(30):
            report.required(inner, path, "path", field=field)
        else:
            report.named(inner, path, "path", local, required=True, field=field)
        if inner.get("expirationSeconds") is not None:
            report.whole(inner, path, "expirationSeconds", 600, 2**32)
    elif key == "downwardAPI":
        downward_files(report, inner, path)
        for where, item in entries(inner.get("items"), (*path, "items")):
            _once(report, item, where, seen)
    else:
        report.required(inner, path, "name")
        _key_to_path(report, inner, path)
        for where, item in entries(inner.get("items"), (*path, "items")):
            _once(report, item, where, seen)


def _csi(report: Report, source: _Source, path: Path) -> None:
    report.named(source, path, "driver", _driver)
    reference = source.get("nodePublishSecretRef")
    if isinstance(reference, dict):
        where = (*path, "nodePublishSecretRef")
        if report.required(reference, where, "name"):
            report.named(reference, where, "name", subdomain, field=(*path, "name"))


def _driver(text: str) -> str | None:
    return f"has {len(text)} characters, 63 are allowed" if len(text) > 63 else subdomain(small(text))


def _ephemeral(report: Report, source: _Source, path: Path) -> None:
    template = source.get("volumeClaimTemplate")
    if isinstance(template, dict):
        claim_template(report, template, (*path, "volumeClaimTemplate"))


def _image(report: Report, source: _Source, path: Path) -> None:
    report.word(source, path, "pullPolicy", ("Always", "Never", "IfNotPresent"))


CHECKS: dict[str, Callable[[Report, _Source, Path], None]] = {
    "emptyDir": _empty_dir,
    "hostPath": _host_path,
    "gitRepo": _git,
    "gcePersistentDisk": _gce,
    "awsElasticBlockStore": _aws,
    "secret": _files,
    "nfs": _nfs,
    "iscsi": _iscsi,
    "flocker": _flocker,
    "cinder": _secret_ref,
    "quobyte": _quobyte,
    "downwardAPI": _downward,
    "fc": _fc,
    "flexVolume": _flex,
    "configMap": _files,
    "azureDisk": _azure_disk,
    "storageos": _storage_os,
    "projected": _projected,
    "csi": _csi,
    "ephemeral": _ephemeral,
    "image": _image,
}
