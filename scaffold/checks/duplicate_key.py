"""A key that stands twice in one mapping.

kubectl reads YAML on its own machine and keeps the last of two equal keys without a word, so everything under the
first one is lost: a whole object, where `---` is missing between two. kustomize, Flux and Argo CD refuse the file:
`mapping key "ports" already defined`; so does the API server where it gets the text itself: `key "ports" already set
in map`.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80}
      ports:
        - {name: metrics, port: 9100}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80}
        - {name: metrics, port: 9100}

Mend: make one of the two, or take the first away.

Source: sigs.k8s.io/yaml, which kubectl reads with; kustomize kyaml; apiserver pkg/endpoints/handlers/rest.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.model import Location
from scaffold.shapes import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "duplicate-key"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """Every key that an equal one stands above."""
    twice = list(document.duplicates())
    beginnings = [line for path, line in twice if path in (("apiVersion",), ("kind",))]
    if len(beginnings) > 1:
        # all other keys at the top stand twice for the same reason
        twice = [one for one in twice if len(one[0]) > 1]
        message = "two objects stand in one document, and only the last one counts"
        hint = 'begin the second with "- "' if document.items else "put a line with --- between them"
        yield _say(document, message, ("kind",), min(beginnings), hint)
    for path, line in twice:
        message = f"{path[-1]} stands twice in one mapping, and only the last one counts"
        yield _say(document, message, path, line, "make one of the two")


def _say(document: Document, message: str, path: Path, line: int, hint: str) -> Finding:
    found = finding(document, path, message, effect="fragile", hint=hint)
    return found._replace(location=Location(document.path, line, 1))
