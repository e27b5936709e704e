"""A name that the API server refuses, or that is missing or used twice.

Services and containers: at most 63 characters of `a-z`, `0-9` and `-`, with a letter or digit at both ends; before
Kubernetes 1.36 a Service also had to start with a letter. Namespaces and StatefulSets: as Services. Other objects: up
to 253 characters, dots allowed. The containers and init containers of a Pod each need a name of their own.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: Web_1}
    spec:
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web-1}
    spec:
      ports:
        - {name: http, port: 80}

Mend: choose a name that obeys the rule.

Source: pkg/apis/core/validation/validation.go, ValidateServiceCreate and validateContainers; apimachinery
pkg/api/validation/name.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.names import label, masked, service_name, subdomain
from scaffold.shapes import as_dict, finding, is_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "name-invalid"

# so much of a generateName is left before five characters are added
_PREFIX = 58


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The name and the namespace of the object, and the names of its containers."""
    metadata = as_dict(document.data.get("metadata"))
    name, generated = metadata.get("name"), metadata.get("generateName")
    of_service = service_name if facts.before(36) else label
    rule = of_service if is_service(document) else label if document.kind == "StatefulSet" else subdomain
    if name in (None, "") and generated in (None, ""):
        hint = "write name: under metadata"
        yield finding(document, ("metadata", "name"), f"the {document.kind} has no name", effect="refused", hint=hint)
    if isinstance(name, str) and name and (reason := rule(name)):
        yield _bad(document, ("metadata", "name"), f"{document.kind} name {name!r} {reason}", name)
    if isinstance(generated, str) and generated:
        # since 1.35 the prefix of a ReplicationController may only not break the path of a request
        looked_at = document.kind != "ReplicationController" or facts.before(35)
        yield from _generated(document, generated, rule, named=bool(name), whole=looked_at)
    namespace = metadata.get("namespace")
    if isinstance(namespace, str) and namespace and (reason := label(namespace)):
        yield _bad(document, ("metadata", "namespace"), f"namespace {namespace!r} {reason}", namespace)
    if not is_service(document):
        yield from _containers(document, facts)


def _generated(
    document: Document, prefix: str, rule: Callable[[str], str | None], *, named: bool, whole: bool
) -> Iterator[Finding]:
    """The start of a name, and the name that is made of it where there is no other."""
    reason, field = rule(masked(prefix)) if whole else None, ""
    if not reason and ("/" in prefix or "%" in prefix):
        # also where the hyphen took it along
        reason = "must not hold '/' or '%'"
    if not reason and not named:
        reason, field = rule(f"{prefix[:_PREFIX]}xxxxx"), "metadata.name"
    if reason:
        found = _bad(document, ("metadata", "generateName"), f"{document.kind} name {prefix!r} {reason}", prefix)
        yield found._replace(field=field) if field else found


def _containers(document: Document, facts: Facts) -> Iterator[Finding]:
    workload = facts.workload(document)
    seen: dict[str, Path] = {}
    for container in workload.containers if workload else ():
        name, path = container.data.get("name"), (*container.path, "name")
        if name in (None, ""):
            yield finding(document, path, "the container has no name", effect="refused", hint="write name: for it")
        elif isinstance(name, str):
            if reason := label(name):
                yield _bad(document, path, f"container name {name!r} {reason}", name)
            if name in seen:
                place = (document.location(*seen[name]),)
                message = f"container name {name} is already used in this Pod"
                yield finding(document, path, message, effect="refused", hint="rename one of them", related=place)
            seen.setdefault(name, path)


def _bad(document: Document, path: Path, message: str, name: str) -> Finding:
    kept = "".join(one if one.isascii() and one.isalnum() else "-" for one in name.lower())[:63].strip("-")
    hint = f"such as {kept}" if kept and not service_name(kept) else "such as my-service"
    return finding(document, path, message, effect="refused", hint=hint)
