"""A List in a List.

kubectl opens a `kind: List` and sends the objects in it. It opens no second one inside, and then refuses the whole
List, so that none of its objects is made.

Fails:
    apiVersion: v1
    kind: List
    items:
      - apiVersion: v1
        kind: List
        items:
          - apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              ports: [{name: http, port: 80}]

Passes:
    apiVersion: v1
    kind: List
    items:
      - apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec:
          ports: [{name: http, port: 80}]

Mend: put the objects of the inner List into the outer one.

Source: kubectl: "*unstructured.Unstructured is not a list: no Items field in this object".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "nested-list"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The first object of a List that stands in another one: the whole of it is refused together."""
    if len(document.items) > 1 and document.items[-1] == 0:
        hint = "put the objects of the inner List into the outer one"
        yield finding(document, (), "this List stands in another List", effect="refused", hint=hint)
