"""An app that is told one port, and declares another.

The variable `PORT` (`SERVER_PORT` for Spring) says where the app listens. Where the container declares ports and this
one is not among them, one of the two is mostly left over from a change, and a Service or a probe goes to the wrong
one. So it is where `prometheus.io/port` differs from the port that is named for metrics.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "ghcr.io/acme/web:1"
          env: [{name: PORT, value: "3000"}]
          ports: [{name: http, containerPort: 8080}]

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "ghcr.io/acme/web:1"
          env: [{name: PORT, value: "8080"}]
          ports: [{name: http, containerPort: 8080}]

Mend: write one number in both places.

Source: convention: Heroku and Cloud Run (PORT), Spring Boot (SERVER_PORT), Prometheus' example scrape config.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.shapes import as_list, as_number, dig, finding, metadata_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Container, Workload

ID = "listen-port"

_TOLD = ("PORT", "SERVER_PORT")
_SCRAPED = "prometheus.io/port"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The variables of each container, and the annotation of the Pod."""
    workload = facts.workload(document)
    if workload is None:
        return
    for container in workload.containers:
        env = container.data.get("env")
        if not isinstance(env, list) or not container.data.get("ports"):
            continue
        for index, entry in enumerate(env):
            if isinstance(entry, dict) and entry.get("name") in _TOLD:
                number, declared = _number(entry.get("value")), _declared(container)
                if number and declared and number not in declared:
                    message = f"{entry['name']} is {number}, and the container declares {_shown(declared)}"
                    path = (*container.path, "env", index, "value")
                    hint = "write one number in both places"
                    yield finding(document, path, message, effect="advice", hint=hint)
    yield from _scraped(document, workload)


def _scraped(document: Document, workload: Workload) -> Iterator[Finding]:
    path = metadata_path(workload.pod)
    annotations = dig(document.data, (*path, "annotations"))
    if not isinstance(annotations, dict) or not (number := _number(annotations.get(_SCRAPED))):
        return
    declared = {one for container in workload.containers for one in _declared(container)}
    named = {one for container in workload.containers for one in _declared(container, "metrics", "prometheus")}
    if named and number not in declared:
        message = f"{_SCRAPED} is {number}, and the port for metrics is {_shown(named)}"
        hint = "write one number in both places"
        yield finding(document, (*path, "annotations", _SCRAPED), message, effect="advice", hint=hint)


def _number(written: Any) -> int | None:  # noqa: ANN401
    """A port that is written out; a reference such as $(X) is none."""
    if isinstance(written, str) and written.isascii() and written.isdigit() and len(written) < 6:
        return int(written)
    return None


def _declared(container: Container, *names: str) -> set[int]:
    """The declared numbers; with names those of ports that have one of them in theirs."""
    ports = [port for port in as_list(container.data.get("ports")) if isinstance(port, dict)]
    if names:
        ports = [port for port in ports if any(name in str(port.get("name")) for name in names)]
    return {number for port in ports if (number := as_number(port.get("containerPort")))}


def _shown(declared: set[int]) -> str:
    return ", ".join(str(one) for one in sorted(declared)[:5])
