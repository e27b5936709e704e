"""The template of a claim that a volume makes.

Source: pkg/apis/core/validation/validation.go, ValidatePersistentVolumeClaimTemplate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import amount, texts
from scaffold.names import annotation_key, label, subdomain
from scaffold.shapes import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffold.checks._pods import Report
    from scaffold.shapes import Path

_MODES = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]


def claim_template(report: Report, template: Mapping[str, Any], path: Path) -> None:
    """Its labels and annotations, and its spec."""
    metadata = as_dict(template.get("metadata"))
    report.labels(metadata.get("labels"), (*path, "metadata", "labels"))
    for key in as_dict(metadata.get("annotations")):
        if reason := annotation_key(key):
            where = (*path, "metadata", "annotations")
            report.add((*where, key), f"annotation key {key!r} {reason}", field=where)
    for key, value in metadata.items():
        if key not in ("labels", "annotations", "creationTimestamp") and value not in (None, "", 0):
            report.add((*path, "metadata", key), f"a claim's template has no {key}", "only labels and annotations fit")
    claim_spec(report, as_dict(template.get("spec")), (*path, "spec"))


def claim_spec(report: Report, spec: Mapping[str, Any], path: Path) -> None:
    """The spec of a claim."""
    modes = spec.get("accessModes")
    report.required(spec, path, "accessModes")
    for index, mode in texts(modes):
        if mode not in _MODES:
            where = (*path, "accessModes")
            report.add((*where, index), f"{mode!r} is no access mode", f"one of {', '.join(_MODES)}", field=where)
    if "ReadWriteOncePod" in as_list(modes) and any(mode in _MODES[:3] for mode in as_list(modes)):
        report.add((*path, "accessModes"), "ReadWriteOncePod goes with no other access mode", "keep one of them")
    report.selector(spec.get("selector"), (*path, "selector"))
    _storage(report, as_dict(as_dict(spec.get("resources")).get("requests")), path)
    report.named(spec, path, "storageClassName", subdomain)
    if not report.before(34):
        # a server drops it unseen while its gate is off
        report.named(spec, path, "volumeAttributesClassName", subdomain)
    report.word(spec, path, "volumeMode", ("Filesystem", "Block"), empty=False)
    _data_sources(report, spec, path)


def _storage(report: Report, requests: Mapping[str, Any], path: Path) -> None:
    where, field = (*path, "resources", "requests", "storage"), (*path, "resources[storage]")
    if "storage" not in requests:
        report.add(where, "the claim requests no storage", "write storage: 1Gi under requests", field=field)
        return
    _, size = amount(requests["storage"])
    if size is not None and size <= 0:
        report.add(where, f"storage {requests['storage']} is not above 0", "such as 1Gi", field=field)


def _data_sources(report: Report, spec: Mapping[str, Any], path: Path) -> None:
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    for key, value in (("dataSource", source), ("dataSourceRef", reference)):
        if not isinstance(value, dict):
            continue
        where = (*path, key)
        report.required(value, where, "name")
        report.required(value, where, "kind")
        report.named(value, where, "apiGroup", subdomain)
        if not value.get("apiGroup") and value.get("kind") != "PersistentVolumeClaim":
            report.add(where, f"{key} without apiGroup is a PersistentVolumeClaim only", "write its apiGroup")
    if not isinstance(reference, dict):
        return
    report.named(reference, (*path, "dataSourceRef"), "namespace", label)
    if isinstance(source, dict):
        if reference.get("namespace"):
            report.add((*path, "dataSource"), "dataSource goes with no dataSourceRef of a namespace", field=path)
        elif any((source.get(key) or None) != (reference.get(key) or None) for key in ("apiGroup", "kind", "name")):
            report.add((*path, "dataSource"), "dataSource differs from dataSourceRef", "keep one of them", field=path)
