"""A StatefulSet whose serviceName is not the headless Service of its Pods.

The Pods of a StatefulSet have names of their own in DNS, `web-0.web.shop.svc`, from the headless Service that
`serviceName` names and that selects them. Where there is no such Service, the StatefulSet is accepted and its Pods run,
but none of them is found by its name. Only what is surely meant is said: another headless Service of the same folder
selects these Pods.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: db-headless}
    spec:
      clusterIP: None
      selector: {app: db}
      ports:
        - {name: sql, port: 5432}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      serviceName: db
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers:
            - {name: db, image: "postgres:17"}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: db-headless}
    spec:
      clusterIP: None
      selector: {app: db}
      ports:
        - {name: sql, port: 5432}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      serviceName: db-headless
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers:
            - {name: db, image: "postgres:17"}

Mend: write the name of the headless Service as serviceName; in a cluster it cannot be changed any more, only replaced.

Source: k8s.io/api/apps/v1, StatefulSetSpec.ServiceName; the DNS specification of Kubernetes, on headless Services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.backends import backends
from scaffold.names import nearest
from scaffold.selection import carries
from scaffold.shapes import finding, is_headless, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Effect, Finding

ID = "governing-service"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The Service of the name, or that another one beside is meant."""
    name, workload = spec_of(document).get("serviceName"), facts.summary(document)
    if document.api_version != "apps/v1" or not isinstance(name, str) or not name or workload is None:
        return
    known, namespace, path = backends(facts), document.ref.key[1], document.path
    named = known.service(document, namespace, name)
    if any(is_headless(service) for service in named):
        return
    selecting = [
        service
        for service in known.services_beside(document)
        if service.ref.key[1] == namespace
        # of another variant
        and service.ref.name != name
        and is_headless(service)
        and (selector := facts.selection.selector(service))
        and carries(workload, selector)
    ]
    if not selecting or facts.kustomized.rewrites("serviceName", document.ref.name, path, path):
        return
    names = [service.ref.name for service in selecting]
    near = nearest(name, names)
    other = selecting[names.index(near) if near else 0]
    if named:
        message = f"Service {name} is not headless, so it gives the Pods no names of their own"
    else:
        message = f"there is no Service {name}, so the Pods have no names of their own"
    place = (other.location("metadata", "name"),)
    hint = f"write serviceName: {other.ref.name}, which is headless and selects these Pods"
    effect: Effect = "advice" if named else "fragile"
    yield finding(document, ("spec", "serviceName"), message, effect=effect, hint=hint, related=place)
