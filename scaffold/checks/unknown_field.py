"""A field that does not exist, or is written otherwise.

Names are case-sensitive: `targetport`, `Ports` and `clusterIp` are no fields. kubectl asks for strict decoding, so the
API server answers `strict decoding error: unknown field "spec.ports[0].targetport"`; other clients lose the field
without a word. A field that is younger than the cluster is unknown there too.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80, targetport: 8080}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80, targetPort: 8080}

Mend: write the name as the reference has it, at the place where it belongs.

Source: the OpenAPI schemas of Kubernetes 1.29 to 1.37; apiserver pkg/endpoints/handlers, fieldValidation Strict.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from scaffold.shapes import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "unknown-field"

_APPS = dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), "apps/v1")
_API = {"Service": "v1", "Pod": "v1", "ReplicationController": "v1", "Job": "batch/v1", "CronJob": "batch/v1", **_APPS}


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every field of the whole object that its type does not have."""
    if _API.get(document.kind) != document.api_version:
        return
    found: list[tuple[Path, str, int]] = []
    _walk(document.data, document.kind, (), facts, found)
    for path, type_name, since in found:
        yield _say(document, path, type_name, since, facts)


def _walk(value: Any, type_name: str, path: Path, facts: Facts, found: list[tuple[Path, str, int]]) -> None:  # noqa: ANN401
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                _walk(item, type_name, (*path, index), facts, found)
        return
    known = _fields(type_name)
    for key, inner in value.items():
        if key not in known:
            if not key.startswith("$"):
                found.append(((*path, key), type_name, 0))
            continue
        inside, since = known[key]
        if since and facts.before(since):
            found.append(((*path, key), type_name, since))
        elif inside and isinstance(inner, dict | list):
            _walk(inner, inside, (*path, key), facts, found)


@lru_cache
def _types() -> dict[str, str]:
    from scaffold.checks._fields import TYPES

    return dict(line.split(": ", 1) for line in TYPES.replace("\n  ", " ").splitlines())


@lru_cache(None)
def _fields(type_name: str) -> dict[str, tuple[str, int]]:
    """Field -> the type of what is in it, or nothing, and the minor version that brought it, or 0."""
    fields = {}
    for word in _types()[type_name].split():
        left, _, since = word.partition("@")
        name, _, inside = left.partition("=")
        fields[name] = (inside, int(since or 0))
    return fields


def _say(document: Document, path: Path, type_name: str, since: int, facts: Facts) -> Finding:
    from scaffold.checks._fields import NEWEST
    from scaffold.names import nearest

    key, parent = str(path[-1]), _parent(path)
    if since:
        message = f"{key} came with Kubernetes 1.{since}, and is unknown to {facts.kube_version}"
        return finding(document, path, message, effect="refused", hint="drop it for this cluster")
    near = nearest(key, list(_fields(type_name)))
    message = f"{parent} has no field {key}" if parent else f"a {document.kind} has no field {key}"
    hint = f"did you mean {near}?" if near else "drop it, or move it to where it belongs"
    # a Kubernetes that is newer than the list may have fields of its own
    newer = bool(facts.kube_version) and not facts.before(NEWEST + 1) and key.lower() != (near or "").lower()
    return finding(document, path, message, effect="advice" if newer else "refused", hint=hint)


def _parent(path: Path) -> str:
    inner = path[-2] if len(path) > 1 else ""
    return f"an entry of {path[-3]}" if isinstance(inner, int) else str(inner)
