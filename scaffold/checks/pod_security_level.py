"""A Pod that the Pod Security level of its namespace does not allow, or a Namespace with a level that does not exist.

The label `pod-security.kubernetes.io/enforce` of a Namespace says which Pods are let in: `baseline` keeps out what
reaches into the node, `restricted` also wants four things written. A Deployment is taken all the same. Its Pods are
refused one by one, which only an event of the ReplicaSet tells (FailedCreate). The Namespace that is meant is the
nearest one of that name in the tree. Nothing is said where a kustomization sets the namespace or patches one of the
two, where Namespaces that are equally near do not agree, and of OpenShift, which fills in what is missing.

Fails:
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels: {pod-security.kubernetes.io/enforce: restricted}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers:
        - {name: web, image: "ghcr.io/acme/web:1"}

Passes:
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels: {pod-security.kubernetes.io/enforce: restricted}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: web
          image: "ghcr.io/acme/web:1"
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}

Mend: write what is missing and drop what is forbidden, or write a lower level on the Namespace.

Source: k8s.io/pod-security-admission, policy/check_*.go and admission/admission.go (ValidateNamespace).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold import names
from scaffold.checks import _schema
from scaffold.checks._namespaces import ENFORCE, LEVELS, PREFIX, enforced, is_version, labels
from scaffold.checks._pod_standards import POD, Pod, baseline, restricted
from scaffold.checks._pods import pod_of
from scaffold.kinds import NAMESPACE
from scaffold.shapes import as_dict, dig, finding, metadata_path, pod_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scaffold.checks._namespaces import Enforced
    from scaffold.checks._pod_standards import Broken
    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "pod-security-level"

_JUDGES = {"baseline": baseline, "restricted": restricted}
_MOST = 5


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """One finding for a workload, with all that is missing or forbidden; one for each bad label of a Namespace."""
    if facts.before(23):
        # the labels mean nothing yet
        return
    if document.kind == NAMESPACE:
        yield from _labels(document)
        return
    level = enforced(document, facts)
    # OpenShift's own kind is for a cluster that fills in what is missing
    if level is None or level.level not in _JUDGES or document.kind == "DeploymentConfig":
        return
    found = list(_JUDGES[level.level](_pod(document, level, facts)))
    if not found or _schema.problems(document, facts).wrong:
        # what does not decode is refused for that
        return
    alone = document.kind == "Pod"
    name = f"{level.level} in v1.{level.minor}" if level.minor is not None else level.level
    message = (
        f"namespace {level.namespace.ref.name} enforces {name} and refuses {'this Pod' if alone else 'these Pods'}"
    )
    yield finding(
        document,
        (*pod_path(document), *found[0].path),
        f"{message}: {'; '.join(_said(found))}",
        effect="refused" if alone else "broken",
        hint=_mend(found),
        related=(level.namespace.location("metadata", "labels", ENFORCE),),
    )


def _labels(namespace: Document) -> Iterator[Finding]:
    """Levels and versions that the API server does not know."""
    for key, value in labels(namespace).items():
        mode, dash, rest = str(key).removeprefix(PREFIX).partition("-version")
        if not str(key).startswith(PREFIX) or mode not in ("enforce", "audit", "warn") or rest or value is None:
            continue
        if dash and not is_version(value):
            message, hint = f"{value!r} is no version of a level", "write latest, or a version such as v1.34"
        elif not dash and value not in LEVELS:
            near = names.nearest(str(value), list(LEVELS))
            message, hint = f"{value!r} is no Pod Security level", f"one of {', '.join(LEVELS)}"
            hint = f"did you mean {near}?" if near else hint
        else:
            continue
        path = ("metadata", "labels", key)
        yield finding(namespace, path, message, effect="refused", hint=hint, field=f"metadata.labels[{key}]")


def _pod(document: Document, level: Enforced, facts: Facts) -> Pod:
    written = as_dict(dig(document.data, (*metadata_path(pod_path(document)), "annotations")))
    annotations = {str(key): value for key, value in written.items()}
    minor = level.minor

    def before(other: int) -> bool:
        # an API server judges in no version that is newer than itself
        return facts.before(other) or (minor is not None and minor < other)

    return Pod(pod_of(document), annotations, before, facts.before(27))


def _said(found: Iterable[Broken]) -> list[str]:
    """Every kind of thing once, with those that have it."""
    who: dict[str, list[str]] = {}
    for one in found:
        who.setdefault(one.what, []).append(one.who)
    return [f"{what}{_listed(names)}" for what, names in who.items()]


def _listed(who: list[str]) -> str:
    some = [one for one in dict.fromkeys(who) if one]
    more = f" and {len(some) - _MOST} more" if len(some) > _MOST else ""
    return f" ({', '.join(some[:_MOST])}{more})" if some else ""


def _mend(found: Sequence[Broken]) -> str:
    """What to write and what to drop: in the Pod's securityContext where that is enough for all containers."""
    parts = []
    for into in (False, True):
        some = [one for one in found if one.write and (one.into == POD) is into]
        if some:
            whose = "the Pod" if into else ", ".join(dict.fromkeys(one.into for one in some))
            parts.append(f"write {_and(one.write for one in some)} under securityContext of {whose}")
    drop = [one.field for one in found if not one.write]
    if drop:
        parts.append(f"drop {_and(drop)}, or use a namespace with a lower level")
    return "; ".join(parts)


def _and(words: Iterable[str]) -> str:
    *others, last = dict.fromkeys(words)
    return f"{', '.join(others)} and {last}" if others else last
