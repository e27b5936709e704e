"""A reference $(NAME) in `env` that does not give what it seems to.

In the value of a variable `$(NAME)` stands for one that is set above. One that is set below does not count: the text
stays as it is written, `$(NAME)`, and no error says so. And the Services of the namespace set variables too: where a
Service is called `redis`, `REDIS_SERVICE_PORT` is its port, but `REDIS_PORT` is `tcp://10.96.12.34:6379`.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "ghcr.io/acme/web:1"
          env:
            - {name: URL, value: "http://$(HOST)/"}
            - {name: HOST, value: web.example.com}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "ghcr.io/acme/web:1"
          env:
            - {name: HOST, value: web.example.com}
            - {name: URL, value: "http://$(HOST)/"}

Mend: set the variable above its first use; read NAME_SERVICE_PORT for the port of a Service.

Source: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables; pkg/kubelet/envvars/envvars.go, FromServices.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from scaffold.nearby import distance
from scaffold.shapes import dig, finding, is_headless, service_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "env-reference"

# `$$(` is a $ that is meant
_READ = re.compile(r"(\$*)\$\(([^)$\s]+)\)")

# of each run: namespace and name in the form of a variable -> the Services
_SERVICES: WeakKeyDictionary[Facts, dict[tuple[str, str], list[Document]]] = WeakKeyDictionary()


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every reference in the variables of each container."""
    workload = facts.summary(document)
    for container in workload.containers if workload else ():
        env = container.data.get("env")
        if not isinstance(env, list):
            continue
        for index, entry in enumerate(env):
            value = entry.get("value") if isinstance(entry, dict) else None
            if isinstance(value, str) and "$(" in value:
                yield from _value(document, (*container.path, "env", index, "value"), value, env, facts)


def _value(document: Document, path: Path, value: str, env: list[Any], facts: Facts) -> Iterator[Finding]:
    index = path[-2]
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in env]
    for found in _READ.finditer(value):
        name = found[2]
        if len(found[1]) % 2 or name not in names:
            if not len(found[1]) % 2 and name.endswith("_PORT"):
                yield from _of_service(document, path, value, name, facts)
            continue
        below = names.index(name)
        if isinstance(index, int) and below > index and not _from_elsewhere(document, path):
            message = f"$({name}) is set only below, so it stays as it is written"
            place = (document.location(*path[:-2], below),)
            hint = f"move {name} above {names[index]}"
            yield finding(document, path, message, effect="fragile", hint=hint, related=place)


def _of_service(document: Document, path: Path, value: str, name: str, facts: Facts) -> Iterator[Finding]:
    service = _service(document, name.removesuffix("_PORT"), facts)
    # that is what these variables are made for
    if service is None or "://" in value or value == f"$({name})" or _from_elsewhere(document, path):
        return
    message = f"$({name}) is tcp://ADDRESS:PORT of Service {service.ref}, no number"
    hint = f"read {name.removesuffix('_PORT')}_SERVICE_PORT, or set {name} above"
    place = (service.location("metadata", "name"),)
    yield finding(document, path, message, effect="fragile", hint=hint, related=place)


def _from_elsewhere(document: Document, path: Path) -> bool:
    """Whether `envFrom` may set the variable first. Asked last: the workload is read again for it."""
    return bool(dig(document.data, (*path[:-3], "envFrom")))


def _service(document: Document, name: str, facts: Facts) -> Document | None:
    """The Service of the namespace that sets these variables, beside the workload or with the namespace written."""
    index = _SERVICES.get(facts)
    if index is None:
        index = _SERVICES[facts] = {}
        for service in facts.selection.services:
            _, namespace, own = service.ref.key
            index.setdefault((namespace, own.upper().replace("-", "_")), []).append(service)
    for service in index.get((document.ref.key[1], name), ()):
        near = distance(service.path, document.path) <= 1 or (service.ref.namespace and document.ref.namespace)
        if near and service_type(service) != "ExternalName" and not is_headless(service):
            return service
    return None
