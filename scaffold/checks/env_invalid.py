"""An environment variable without a proper name, or with two sources.

Before Kubernetes 1.32 a name holds letters, digits, `-`, `_` and `.`, and no digit first; since then any printable
ASCII but `=`. It has a `value` or a `valueFrom`: `may not be specified when value is not empty`; and a `valueFrom`, or
an entry of `envFrom`, has exactly one source. A source names its object and key, and a `fieldPath` or a `resource` is
one of those that a container can ask for.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "nginx:1.27"
          env:
            - name: PASSWORD
              value: secret
              valueFrom: {secretKeyRef: {name: web, key: password}}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "nginx:1.27"
          env:
            - name: PASSWORD
              valueFrom: {secretKeyRef: {name: web, key: password}}

Mend: keep one source; in names only letters, digits and `_` work in every shell.

Source: pkg/apis/core/validation/validation.go, ValidateEnv, ValidateEnvFrom and validateFileKeyRefVolumes;
apimachinery pkg/util/validation, IsEnvVarName and IsRelaxedEnvVarName.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import Report, backsteps, config_key, containers, entries, pod_of
from scaffold.checks._references import field_ref, resource_ref
from scaffold.names import label, masked, subdomain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "env-invalid"

_PRINTABLE, _OLD = re.compile("[ -<>-~]*"), re.compile("[-._a-zA-Z][-._a-zA-Z0-9]*")
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef")
_FIELDS = (
    *("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName"),
    *("status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"),
)


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every entry of `env` and `envFrom`."""
    pod = pod_of(document)
    report: Report | None = None
    for path, container in containers(pod):
        if "env" not in container and "envFrom" not in container:
            continue
        if report is None:
            report, strict = Report(), facts.before(32)
            # 1.35 opened the gate of a fifth source; before that it is dropped unseen
            sources = _SOURCES if facts.before(35) else (*_SOURCES, "fileKeyRef")
        for where, entry in entries(container.get("env"), (*path, "env")):
            if type(entry.get("name")) is not str or not entry["name"] or _reason(entry["name"], strict=strict):
                _name(report, entry, where, "name", strict=strict)
            if entry.get("valueFrom") is not None:
                _value_from(report, entry, (*where, "valueFrom"), sources, pod)
        for where, entry in entries(container.get("envFrom"), (*path, "envFrom")):
            if entry.get("prefix"):
                _name(report, entry, where, "prefix", strict=strict)
            _one_of(report, entry, where, ("configMapRef", "secretRef"), field=where[:-1])
            for key in ("configMapRef", "secretRef"):
                if isinstance(entry.get(key), dict):
                    report.named(entry[key], (*where, key), "name", _start, required=True)
    if report is not None:
        yield from report.findings(document)


def _start(name: str) -> str | None:
    # the API server holds it for the start of a name here
    return subdomain(masked(name))


def _name(report: Report, entry: Mapping[str, Any], path: Path, key: str, *, strict: bool) -> None:
    name = entry.get(key)
    if name is None or name == "":
        report.add((*path, key), "the variable has no name", "write name: for it")
    elif isinstance(name, str) and (reason := _reason(name, strict=strict)):
        what = f"prefix {name!r}" if key == "prefix" else repr(name)
        report.add((*path, key), f"{what} {reason}", "such as WEB_" if key == "prefix" else "such as LOG_LEVEL")


def _value_from(
    report: Report, entry: Mapping[str, Any], path: Path, sources: tuple[str, ...], pod: Mapping[str, Any]
) -> None:
    source = entry["valueFrom"]
    if not isinstance(source, dict):
        return
    good = _one_of(report, source, path, sources, field=path)
    if good and isinstance(entry.get("value"), str) and entry["value"]:
        report.add(path, f"{entry.get('name')} has both value and valueFrom", "keep one of them")
    for key, inner in source.items():
        if key not in sources or not isinstance(inner, dict):
            continue
        where = (*path, key)
        if key == "fieldRef":
            field_ref(report, inner, where, _FIELDS, where)
        elif key == "resourceFieldRef":
            resource_ref(report, inner, where, where)
        elif key == "fileKeyRef":
            _file(report, inner, where, pod)
        else:
            report.named(inner, where, "name", subdomain, required=True)
            report.named(inner, where, "key", config_key, required=True)


def _file(report: Report, reference: Mapping[str, Any], path: Path, pod: Mapping[str, Any]) -> None:
    name = reference.get("volumeName")
    report.named(reference, path, "key", lambda text: _reason(text, strict=False), required=True)
    report.named(reference, path, "path", backsteps, required=True)
    report.named(reference, path, "volumeName", label, required=True)
    if not isinstance(name, str) or not name:
        return
    found = [volume for _, volume in entries(pod.get("volumes"), ()) if volume.get("name") == name]
    if not found:
        report.add((*path, "volumeName"), f"the Pod has no volume {name}", "add it under volumes")
    elif found[-1].get("emptyDir") is None and any(found[-1][key] is not None for key in found[-1] if key != "name"):
        report.add((*path, "volumeName"), f"volume {name} is no emptyDir", "name an emptyDir volume")


def _one_of(report: Report, entry: Mapping[str, Any], path: Path, sources: tuple[str, ...], *, field: Path) -> bool:
    written = [source for source in sources if entry.get(source) is not None]
    if len(written) != 1:
        what = "valueFrom" if path[-1] == "valueFrom" else "the entry of envFrom"
        message = f"{what} has {' and '.join(written)}" if written else f"{what} has no source"
        report.add(path, message, f"write one of {', '.join(sources[:-1])} and {sources[-1]}", field=field)
    return len(written) == 1


def _reason(name: str, *, strict: bool) -> str | None:
    """Why it is no name for the given version, or None."""
    if not strict:
        return None if _PRINTABLE.fullmatch(name) else "must hold only printable ASCII characters other than '='"
    if not _OLD.fullmatch(name):
        return "must hold only letters, digits, '-', '_' and '.', and not start with a digit"
    return "must not be '.' or start with '..'" if name == "." or name.startswith("..") else None
