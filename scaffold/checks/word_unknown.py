"""A word that is none of those that the field takes.

`imagePullPolicy: always`, `dnsPolicy: clusterFirst` and the like: `Unsupported value: "always": supported values:
"Always", "IfNotPresent", "Never"`. The words are case-sensitive.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - {name: web, image: "nginx:1.27", imagePullPolicy: always}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - {name: web, image: "nginx:1.27", imagePullPolicy: Always}

Mend: write one of the words, or drop the line.

Source: pkg/apis/core/validation/validation.go, validatePullPolicy and validateDNSPolicy;
pkg/apis/apps/validation/validation.go; pkg/apis/batch/validation/validation.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.names import nearest
from scaffold.shapes import dig, finding, pod_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "word-unknown"

_CONTAINER = {
    "imagePullPolicy": ["Always", "IfNotPresent", "Never"],
    "terminationMessagePolicy": ["File", "FallbackToLogsOnError"],
}
_DNS = ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]
_RETAIN = ["Retain", "Delete"]
_CLAIMS = ("spec", "persistentVolumeClaimRetentionPolicy")
_OBJECT: dict[str, list[tuple[Path, list[str]]]] = {
    "StatefulSet": [
        (("spec", "podManagementPolicy"), ["OrderedReady", "Parallel"]),
        ((*_CLAIMS, "whenDeleted"), _RETAIN),
        ((*_CLAIMS, "whenScaled"), _RETAIN),
    ],
    "CronJob": [(("spec", "concurrencyPolicy"), ["Allow", "Forbid", "Replace"])],
}


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The words of the object, of its Pods and of their containers; an empty text is the default."""
    places = list(_OBJECT.get(document.kind, ()))
    workload = facts.workload(document)
    if workload is not None:
        places.append(((*pod_path(document), "dnsPolicy"), _DNS))
        places += [
            ((*one.path, name), words)
            for one in workload.containers
            for name, words in _CONTAINER.items()
            if name in one.data
        ]
    for path, words in places:
        written = dig(document.data, path)
        if isinstance(written, str) and written and written not in words:
            near = nearest(written, words)
            hint = f"did you mean {near}?" if near else f"one of {', '.join(words)}"
            yield finding(document, path, f"{written!r} is no {path[-1]}", effect="refused", hint=hint)
