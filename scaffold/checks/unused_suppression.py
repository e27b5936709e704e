"""A suppression that does nothing, names no rule or gives no reason.

A finding is set aside by an annotation on the object (`svcgen.dev/ignore: "rule: reason"`, several separated by `;`
or line ends), by a comment on its line or above it (`# svcgen:ignore rule reason`), or by `check.ignore` in
`.svcgen/config.yaml`. One that sets nothing aside would hide the next mistake, so it is said; not in files of which
something could not be judged, nor in what comes through a pipe, which stands there without the rest of the tree.

Fails:
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      annotations:
        svcgen.dev/ignore: "node-port-range: the cluster has a range of its own"
    spec:
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      annotations:
        svcgen.dev/ignore: "node-port-range: the cluster has a range of its own"
    spec:
      type: NodePort
      ports:
        - {name: http, port: 80, nodePort: 8080}

Mend: take it away, or write the rule and the reason.

Source: svcgen's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "unused-suppression"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """Nothing: what this is about is known only when all findings are there, so the engine says it."""
    return iter(())
