"""An environment variable without a proper name, or with two sources.

Before Kubernetes 1.32 a name holds letters, digits, `-`, `_` and `.`, and no digit first; since then any printable
ASCII but `=`. It has a `value` or a `valueFrom`: `may not be specified when value is not empty`; and a `valueFrom`, or
an entry of `envFrom`, has exactly one source.

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

Source: pkg/apis/core/validation/validation.go, ValidateEnv and ValidateEnvFrom; apimachinery pkg/util/validation,
IsEnvVarName and IsRelaxedEnvVarName.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.shapes import as_list, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "env-invalid"

_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef")


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every entry of `env` and `envFrom`."""
    workload = facts.workload(document)
    strict = facts.before(32)
    for container in workload.containers if workload else ():
        for index, entry in enumerate(as_list(container.data.get("env"))):
            if isinstance(entry, dict):
                yield from _entry(document, (*container.path, "env", index), entry, facts, strict=strict)
        for index, entry in enumerate(as_list(container.data.get("envFrom"))):
            if isinstance(entry, dict):
                path: Path = (*container.path, "envFrom", index)
                prefix = entry.get("prefix")
                if isinstance(prefix, str) and prefix and (reason := _reason(prefix, strict=strict)):
                    message = f"prefix {prefix!r} {reason}"
                    yield finding(document, (*path, "prefix"), message, effect="refused", hint="such as WEB_")
                yield from _one_of(document, path, entry, ("configMapRef", "secretRef"))


def _entry(document: Document, path: Path, entry: dict[str, Any], facts: Facts, *, strict: bool) -> Iterator[Finding]:
    name, source = entry.get("name"), entry.get("valueFrom")
    if name is None or name == "":
        yield finding(
            document, (*path, "name"), "the variable has no name", effect="refused", hint="write name: for it"
        )
    elif isinstance(name, str) and (reason := _reason(name, strict=strict)):
        yield finding(document, (*path, "name"), f"{name!r} {reason}", effect="refused", hint="such as LOG_LEVEL")
    if not isinstance(source, dict):
        return
    # 1.34 brought a fifth source, behind a gate
    sources = _SOURCES if facts.before(34) else (*_SOURCES, "fileKeyRef")
    found = list(_one_of(document, (*path, "valueFrom"), source, sources))
    yield from found
    if not found and isinstance(entry.get("value"), str) and entry["value"]:
        message = f"{name} has both value and valueFrom"
        yield finding(document, (*path, "valueFrom"), message, effect="refused", hint="keep one of them")


def _one_of(document: Document, path: Path, entry: dict[str, Any], sources: tuple[str, ...]) -> Iterator[Finding]:
    written = [source for source in sources if entry.get(source) is not None]
    if len(written) != 1:
        what = "valueFrom" if path[-1] == "valueFrom" else "the entry of envFrom"
        message = f"{what} has {' and '.join(written)}" if written else f"{what} has no source"
        hint = f"write one of {', '.join(sources[:-1])} and {sources[-1]}"
        yield finding(document, path, message, effect="refused", hint=hint)


def _reason(name: str, *, strict: bool) -> str | None:
    """Why it is no name for the given version, or None."""
    if not strict:
        fine = all(" " <= one <= "~" and one != "=" for one in name)
        return None if fine else "must hold only printable ASCII characters other than '='"
    if name[:1].isdigit() or not all(one.isascii() and (one.isalnum() or one in "-._") for one in name):
        return "must hold only letters, digits, '-', '_' and '.', and not start with a digit"
    return "must not be '.' or start with '..'" if name == "." or name.startswith("..") else None
