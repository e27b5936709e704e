"""A variable that is set twice in one container.

The last one counts, and `kubectl apply` may drop either: it knows variables by their name alone. The API server warns:
`hides previous definition of "LOG_LEVEL", which may be dropped when using apply`.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "ghcr.io/acme/web:1"
          env:
            - {name: LOG_LEVEL, value: info}
            - {name: LOG_LEVEL, value: debug}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "ghcr.io/acme/web:1"
          env:
            - {name: LOG_LEVEL, value: debug}

Mend: keep one of them.

Source: pkg/api/pod/warnings.go, "hides previous definition".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "env-hidden"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every later entry that does not build upon the one before."""
    workload = facts.workload(document)
    for container in workload.containers if workload else ():
        env = container.data.get("env")
        if not isinstance(env, list) or len(env) < 2:
            continue
        seen: dict[str, int] = {}
        for index, entry in enumerate(env):
            name = entry.get("name") if isinstance(entry, dict) else None
            if not isinstance(name, str) or not name:
                continue
            first = seen.setdefault(name, index)
            if first == index:
                continue
            value, reference = entry.get("value"), f"$({name})"
            if entry.get("valueFrom") is None and isinstance(value, str) and reference in value and value != reference:
                continue
            path = (*container.path, "env")
            message = f"{name} is set twice: this one hides the one before, and kubectl apply may drop either"
            place = (document.location(*path, first),)
            hint = "keep one of them"
            yield finding(document, (*path, index), message, effect="fragile", hint=hint, related=place)
