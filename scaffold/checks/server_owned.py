"""What the API server keeps for itself.

An object that is created has no `resourceVersion`: `resourceVersion should not be set on objects to be created`.
`kubectl apply` leaves it out once, and every later apply is a conflict: `the object has been modified`. A dry run
takes it. The Service `kubernetes` in the namespace `default` is the API server's own, there in every cluster:
`services "kubernetes" already exists`. What `kubectl get` wrote as a whole (a `uid` or `managedFields` are there, a
List, standard input) is taken for a look at a cluster, and not judged by this rule; nor is the API server's own
Service with its label `component: apiserver`, over which something is laid.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web, resourceVersion: "4711"}
    spec:
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80}

Mend: drop resourceVersion, and with it uid, creationTimestamp, managedFields and status; choose another name.

Source: k8s.io/apiserver pkg/storage/etcd3/store.go, Create; pkg/controlplane/controller/kubernetesservice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_dict, finding, is_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "server-owned"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The version, and the name."""
    metadata = as_dict(document.data.get("metadata"))
    version = metadata.get("resourceVersion")
    if version and isinstance(version, str) and _is_version(version) and not _is_look(document):
        message = f"resourceVersion {version} has no place on an object that is created"
        hint = "drop it, and what else the API server wrote (creationTimestamp, status)"
        path = ("metadata", "resourceVersion")
        yield finding(document, path, message, effect="refused", hint=hint)
    if metadata.get("name") == "kubernetes" and is_service(document) and not _is_look(document):
        in_default = metadata.get("namespace") in (None, "", "default")
        if in_default and document.path not in facts.kustomized.renamed:
            message = "the Service kubernetes in namespace default is the API server's own"
            yield finding(document, ("metadata", "name"), message, effect="refused", hint="choose another name")


def _is_version(text: str) -> bool:
    """0 is none, and so is what is no number of 64 bits."""
    return text.isascii() and text.isdigit() and 0 < int(text[:25]) < 1 << 64


def _is_look(document: Document) -> bool:
    metadata = document.data["metadata"]
    # the labels that the API server gives to its own Service: it is there, and something is laid over it
    is_own = as_dict(metadata.get("labels")).get("component") == "apiserver"
    whole = "uid" in metadata or "managedFields" in metadata or is_own
    return whole or bool(document.items) or document.path == "-"
