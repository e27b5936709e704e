"""Who is meant by an object that names a Service, Pods or a workload: the lookups that its rules share.

A tree often holds several variants of one object (chapters, overlays, examples). Whoever is named in a file is the one
that lies nearest to that file; what lies nowhere near is another app of the same name.
"""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, proxy

from scaffold.model import ObjectRef
from scaffold.nearby import CROWD, Named, Nearby, distance
from scaffold.references import isolates, labels_of, pod_selector, rules_of, scale_target, selects
from scaffold.shapes import as_dict, label_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.shapes import Workload

_BY_FACTS: WeakKeyDictionary[Facts, Backends] = WeakKeyDictionary()


def backends(facts: Facts) -> Backends:
    """The lookups of a tree, made when the first rule asks."""
    found = _BY_FACTS.get(facts)
    if found is None:
        found = _BY_FACTS[facts] = Backends(facts)
    return found


class Backends:
    """Services by name, and the policies and autoscalers that mean a workload."""

    def __init__(self, facts: Facts) -> None:
        # the lookups live as long as the facts, which they must not keep alive themselves
        self._facts: Facts = proxy(facts)
        self._pods: dict[str, Nearby[Document]] = {}

    def service(self, document: Document, namespace: str, name: str) -> list[Document]:
        """The Services of this name that lie nearest to a document: one, or its variants in one place."""
        return self._mentions(namespace, name).nearest(document.path)

    def mentions(self, namespace: str, name: str) -> int:
        """How often a Service of this name is written."""
        return self._mentions(namespace, name).count

    def _mentions(self, namespace: str, name: str) -> Nearby[Document]:
        return self._facts.selection.mentions(ObjectRef("Service", namespace, name))

    @cached_property
    def _namespaces(self) -> Named[tuple[str, str | None], Document]:
        """By name and cluster."""
        found: Named[tuple[str, str | None], Document] = Named()
        for namespace in self._facts.namespaces:
            found.add((namespace.ref.name, self._facts.cluster(namespace)), namespace)
        return found

    @cached_property
    def _clusters(self) -> list[str | None]:
        return list(dict.fromkeys(map(self._facts.cluster, self._facts.namespaces)))

    def namespace(self, document: Document, name: str) -> list[Document]:
        """The Namespaces of a name that lie nearest to a document in it: one, or its variants in one place.

        Those of another cluster are none of its; where nobody says which cluster it is, it may be any.
        """
        path, cluster = document.path, self._facts.cluster(document)
        found = [
            one
            for where in self._clusters
            if where is None or cluster in (None, where)
            for one in self._namespaces.get((name, where)).nearest(path)
        ]
        least = min((distance(path, one.path) for one in found), default=0)
        return [one for one in found if distance(path, one.path) == least]

    @cached_property
    def _all_services(self) -> Nearby[Document]:
        return Nearby(self._facts.selection.services)

    def services_beside(self, document: Document) -> list[Document]:
        """The Services of the same folder, of every namespace; of the same file where the folder holds a crowd."""
        return self._all_services.beside(document.path)

    @cached_property
    def _services_labelled(self) -> Named[tuple[str, str], Document]:
        found: Named[tuple[str, str], Document] = Named()
        for service in self._facts.selection.services:
            for key, value in labels_of(service).items():
                found.add((key, label_text(value)), service)
        return found

    def services_with(
        self, document: Document, namespaces: Collection[str] | None, selector: dict[str, Any]
    ) -> list[Document]:
        """The Services of these namespaces (None: of all) whose own labels a selector takes, the nearest first."""
        places = self._all_services
        for key, value in as_dict(selector.get("matchLabels")).items():
            places = self._services_labelled.get((key, label_text(value)))
            break
        found = [
            service
            for service in places.near(document.path)
            if (namespaces is None or service.ref.key[1] in namespaces) and selects(selector, labels_of(service))
        ]
        return sorted(found, key=lambda service: distance(document.path, service.path))

    def pods(self, document: Document, namespace: str, selector: dict[str, Any]) -> list[Workload]:
        """The workloads whose Pods a selector takes in a namespace; of a crowd those near the document."""
        label = _first(selector)
        places = self._facts.selection.labelled(namespace, *label) if label[0] else self._all_pods(namespace)
        found = self._facts.selection.of(places.near(document.path))
        return [workload for workload in found if selects(selector, workload.labels)]

    def _all_pods(self, namespace: str) -> Nearby[Document]:
        found = self._pods.get(namespace)
        if found is None:
            found = self._pods[namespace] = Nearby(self._facts.selection.makers(namespace))
        return found

    @cached_property
    def _policies(self) -> dict[tuple[str, str, str], dict[str, Document]]:
        """By namespace and the first label that they want. Copies of a policy, in chapters or overlays, count once."""
        found: dict[tuple[str, str, str], dict[str, Document]] = {}
        for document in self._facts.documents:
            if _is(document, "NetworkPolicy", "networking.k8s.io/") and isolates(document):
                selector, rules = pod_selector(document), rules_of(document)
                same = found.setdefault((document.ref.key[1], *_first(selector)), {})
                same.setdefault(repr((selector, [rule.get("ports") for rule in rules])), document)
        return found

    def policies(self, workload: Workload) -> list[Document] | None:
        """The NetworkPolicies of these Pods: what one lets in, is let in. None where they are a crowd."""
        keys = [("", ""), *((key, label_text(value)) for key, value in workload.labels.items())]
        groups = [self._policies.get((workload.namespace, *key), {}).values() for key in keys]
        found = [policy for policies in groups for policy in islice(policies, CROWD)]
        if len(found) >= CROWD:
            return None
        return [policy for policy in found if selects(pod_selector(policy), workload.labels)]

    @cached_property
    def _workloads(self) -> Named[tuple[str, str, str], Document]:
        found: Named[tuple[str, str, str], Document] = Named()
        for document in self._facts.selection.makers():
            found.add(document.ref.key, document)
        return found

    def workload(self, document: Document, kind: str, namespace: str, name: str) -> list[Document]:
        """The workloads of this kind and name that lie nearest to a document."""
        return self._workloads.get((kind, namespace, name)).nearest(document.path)

    def written_once(self, workload: Document) -> bool:
        """Whether no other workload of the tree has this kind and name."""
        return self._workloads.get(workload.ref.key).count == 1

    @cached_property
    def _autoscalers(self) -> dict[int, list[Document]]:
        found: dict[int, list[Document]] = {}
        for document in self._facts.documents:
            if _is(document, "HorizontalPodAutoscaler", "autoscaling/"):
                for target in self.workload(document, *scale_target(document)):
                    found.setdefault(id(target), []).append(document)
        return found

    def autoscalers(self, workload: Document) -> list[Document]:
        """The HorizontalPodAutoscalers that scale this workload."""
        return self._autoscalers.get(id(workload), [])


def _first(selector: dict[str, Any]) -> tuple[str, str]:
    """A label that all who are selected carry; empty where none is named."""
    for key, value in as_dict(selector.get("matchLabels")).items():
        return str(key), label_text(value)
    return "", ""


def _is(document: Document, kind: str, group: str) -> bool:
    return document.kind == kind and document.api_version.startswith(group)
