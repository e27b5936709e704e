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

from typing import TYPE_CHECKING, Any

from scaffold.checks import _schema
from scaffold.shapes import field_name, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "unknown-field"

# Where what stands a level too high is often meant.
_WAYS = ("metadata", "spec", "template", "jobTemplate", "securityContext", "capabilities", "resources")
# What older versions of an API called what is written otherwise now.
_RENEWED = ("HorizontalPodAutoscaler", "Ingress")
_NOW = {
    "targetCPUUtilizationPercentage": "write it under metrics: type Resource, name cpu, averageUtilization",
    "serviceName": "write it as service.name",
    "servicePort": "write it as service.port.number, or service.port.name",
    "backend": "call it defaultBackend",
}
# What is meant where another name is nearer.
_MEANT = {("ContainerPort", "port"): "containerPort", ("ServicePort", "containerPort"): "targetPort"}
# The headings of `helm install --dry-run` and `helm status`.
_OF_HELM = frozenset({"HOOKS", "MANIFEST", "NOTES"})
# What has a list, the type of its entries, and what to do with a field that is one of theirs.
_ENTRIES = {
    "PodSpec": ("Container", "write it under a container"),
    "ServiceSpec": ("ServicePort", "write it in an entry of ports"),
}


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every field of the whole object that its type does not have."""
    keys: dict[Path, dict[str, Any]] = {}
    for found in _schema.problems(document, facts).unknown:
        *above, name = found.path
        parent = tuple(above)
        if parent not in keys:
            keys[parent] = _keys(document.find(*parent))
        said, key = _say(document, found, facts), keys[parent].get(str(name))
        # the value may begin a line below the name that is wrong
        yield said._replace(location=document.place(key)) if key else said


def _keys(node: Any) -> dict[str, Any]:  # noqa: ANN401
    """The keys of a mapping node by their text, the first of equal ones."""
    return {key.value: key for key, _ in reversed(getattr(node, "value", ())) if key.id == "scalar"}


def _say(document: Document, found: _schema.Unknown, facts: Facts) -> Finding:
    from scaffold.checks._fields import NEWEST
    from scaffold.names import nearest

    path = found.path
    key, parent = str(path[-1]), _parent(path)
    if found.since and facts.before(found.since):
        message = f"{key} came with Kubernetes 1.{found.since}, and is unknown to {facts.kube_version}"
        return finding(document, path, message, effect="refused", hint="drop it for this cluster")
    if found.until:
        message = f"{key} went with Kubernetes 1.{found.until + 1}"
        return finding(document, path, message, effect="refused", hint="drop it")
    near = _MEANT.get((found.type, key)) or nearest(key, list(_schema.fields(found.type)))
    moved = _moved(document, found, near)
    message = f"{parent} has no field {key}" if parent else f"a {document.kind} has no field {key}"
    hint = moved or (f"did you mean {near}?" if near else "drop it, or move it to where it belongs")
    hint = _NOW.get(key, hint) if document.kind in _RENEWED else hint
    if not parent and key in _OF_HELM:
        hint = "helm install prints this between manifests: read what helm template prints, or helm get manifest"
    # a Kubernetes that is newer than the list may have fields of its own
    newer = bool(facts.kube_version) and not facts.before(NEWEST + 1) and key.lower() != (near or "").lower()
    return finding(document, path, message, effect="advice" if newer else "refused", hint=hint)


def _moved(document: Document, found: _schema.Unknown, near: str | None) -> str:
    """The mend of a field that has a place of its own; empty for others, and where another name is surely meant."""
    from scaffold.names import is_slip

    key = str(found.path[-1])
    entry, mend = _ENTRIES.get(found.type, ("", ""))
    if entry and key in _schema.fields(entry):
        return mend
    if near and ((found.type, key) in _MEANT or is_slip(near, key)):
        return ""
    if found.type == "LabelSelector" and not near:
        return "write it under matchLabels"
    place = _place(document, found.path)
    return "" if place is None else f"move it to {field_name(place) or 'the top'} of the {document.kind}"


def _place(document: Document, path: Path) -> Path | None:
    """Where a field of this name would be one: at the nearest place around it, or on the usual way down from there."""
    word = _schema.type_of(document) or ""
    around: list[tuple[Path, str]] = [((), word)]
    for count, step in enumerate(path[:-1], 1):
        word = word[1:-1] if word[0] in "[{" else _schema.fields(word)[str(step)][0]
        if _schema.is_object(word):
            around.append((path[:count], word))
    for place, word in reversed(around):
        ways = [(place, word)]
        # the list grows while it is read
        for at, inside in ways:
            known = _schema.fields(inside)
            if path[-1] in known:
                return at
            ways += [((*at, way), known[way][0]) for way in _WAYS if way in known and _schema.is_object(known[way][0])]
    return None


def _parent(path: Path) -> str:
    inner = path[-2] if len(path) > 1 else ""
    return f"an entry of {path[-3]}" if isinstance(inner, int) else str(inner)
