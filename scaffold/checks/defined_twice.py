"""One object defined twice, in two ways.

`kubectl create` refuses the second, kustomize refuses both, and after `kubectl apply` the last one read is what the
cluster has: the order of documents in a file, of files in a folder. Equal copies say nothing. Only one file is looked
at: folders hold chapters, variants and overlays on purpose.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 8080}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web-admin}
    spec:
      ports:
        - {name: http, port: 8080}

Mend: take one of them away, or give it a name or a namespace of its own.

Source: kubectl apply and create; kustomize, "may not add resource with an already registered id".
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from scaffold.shapes import as_dict, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

    Key = tuple[str, str, str]

ID = "defined-twice"

# of each run: the later documents by their own identity, each with the one before it
_REPEATED: WeakKeyDictionary[Facts, dict[int, Document]] = WeakKeyDictionary()


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every definition after the first in a file, where it differs from the one before."""
    repeated = _REPEATED.get(facts)
    if repeated is None:
        repeated = _REPEATED[facts] = _repeated(facts)
    before = repeated.get(id(document))
    if before is None or _group(before) != _group(document) or before.data == document.data:
        return
    # what has a generateName gets another one each time
    if not as_dict(document.data.get("metadata")).get("name"):
        return
    message = f"{document.kind} {document.ref} is defined twice, and not alike: the last one wins"
    hint = "take one away, or rename it"
    place = (before.location("metadata", "name"),)
    yield finding(document, ("metadata", "name"), message, effect="fragile", hint=hint, related=place)


def _repeated(facts: Facts) -> dict[int, Document]:
    found: dict[int, Document] = {}
    for _, documents in groupby(facts.documents, key=_path):
        seen: dict[Key, Document] = {}
        for document in documents:
            ref = document.ref
            before = seen.setdefault(ref.key, document)
            if before is not document and ref.name:
                found[id(document)] = before
                seen[ref.key] = document
    return found


def _path(document: Document) -> str:
    return document.path


def _group(document: Document) -> str:
    return document.api_version.rpartition("/")[0]
