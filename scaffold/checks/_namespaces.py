"""What Pod Security level a Namespace declares, and which one holds for the Pods of a workload.

Source: k8s.io/pod-security-admission/api, PolicyToEvaluate.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.backends import backends
from scaffold.nearby import distance, folder_of
from scaffold.shapes import as_dict

if TYPE_CHECKING:
    from scaffold.documents import Document
    from scaffold.facts import Facts

PREFIX = "pod-security.kubernetes.io/"
ENFORCE = f"{PREFIX}enforce"
LEVELS = ("privileged", "baseline", "restricted")
_VERSION = re.compile(r"v1\.(0|[1-9][0-9]{0,17})", re.ASCII)
_BESIDE = 1


class Enforced(NamedTuple):
    """A level and the Namespace that declares it; `minor` is None for the latest version."""

    level: str
    minor: int | None
    namespace: Document


def labels(namespace: Document) -> dict[str, Any]:
    """The labels of a Namespace."""
    return as_dict(as_dict(namespace.data.get("metadata")).get("labels"))


def is_version(text: object) -> bool:
    """Whether it is a version of the levels: `latest`, or one such as `v1.34`."""
    return text == "latest" or (isinstance(text, str) and _VERSION.fullmatch(text) is not None)


def enforced(document: Document, facts: Facts) -> Enforced | None:
    """The level that the namespace of a workload enforces; None where none is declared or nobody can tell.

    Nobody can tell where several kustomizations set the namespace or one patches one of the two, where several
    Namespaces lie equally near and do not agree, and where the nearest one may be that of another cluster.
    """
    name = _goes_to(document, document.ref.key[1], facts) if facts.namespaces else None
    if name is None:
        return None
    found = backends(facts).namespace(document, name)
    if not found or any(_goes_to(one, name, facts) != name for one in found):
        return None
    if not all(_is_its(one, document, facts) for one in found):
        return None
    declared = {_declared(one) for one in found}
    only = declared.pop()
    return Enforced(*only, found[0]) if only and not declared else None


def _is_its(namespace: Document, workload: Document, facts: Facts) -> bool:
    """Whether a Namespace is surely that of a workload: of two that bear one name each may be for another cluster."""
    if not workload.ref.namespace and workload.path not in facts.kustomized.renamed:
        # it goes to whatever namespace it is applied to
        return distance(workload.path, namespace.path) <= _BESIDE
    folder, above = folder_of(workload.path) + os.sep, folder_of(namespace.path)
    return not above or folder.startswith(above + os.sep) or backends(facts).written_once(workload)


def _goes_to(document: Document, written: str, facts: Facts) -> str | None:
    """The namespace of a document, or the name of a Namespace, in the end; None where nobody can tell.

    A kustomization that sets the namespace gives its name to Namespaces too.
    """
    if facts.is_patched(document):
        return None
    names = facts.kustomized.renamed.get(document.path, frozenset({written}))
    return next(iter(names)) if len(names) == 1 else None


def _declared(namespace: Document) -> tuple[str, int | None] | None:
    have = labels(namespace)
    level, version = have.get(ENFORCE), have.get(f"{ENFORCE}-version", "latest")
    if level not in LEVELS or not is_version(version) or _is_openshift(namespace):
        return None
    return level, None if version == "latest" else int(version[3:])


def _is_openshift(namespace: Document) -> bool:
    """Whether it is for a cluster that fills in what the level wants of Pods before they are judged."""
    metadata = as_dict(namespace.data.get("metadata"))
    keys = (*as_dict(metadata.get("labels")), *as_dict(metadata.get("annotations")))
    return any("openshift.io/" in str(key) for key in keys)
