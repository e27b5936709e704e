"""Who is meant by an object that names a Service, Pods or a workload: the lookups that its rules share.

A tree often holds several variants of one object (chapters, overlays, examples). Whoever is named in a file is the one
that lies nearest to that file; what lies nowhere near is another app of the same name.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakKeyDictionary, proxy

from scaffold.facts import distance, folder_of
from scaffold.references import isolates, labels_of, pod_selector, rules_of, scale_target, selects
from scaffold.shapes import as_dict, label_text

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.shapes import Workload

T = TypeVar("T")
K = TypeVar("K", bound="Hashable")

# Of more folders, or of more files in a folder, only those about the asking file are looked at.
_CROWD = 100

_BY_FACTS: WeakKeyDictionary[Facts, Backends] = WeakKeyDictionary()


def backends(facts: Facts) -> Backends:
    """The lookups of a tree, made when the first rule asks."""
    found = _BY_FACTS.get(facts)
    if found is None:
        found = _BY_FACTS[facts] = Backends(facts)
    return found


class _Places(Generic[T]):
    """Things of one name or label by folder and file, so that what is near to a file is found without asking all."""

    __slots__ = ("_folders", "_sorted", "count")

    def __init__(self) -> None:
        self._folders: dict[str, dict[str, list[T]]] = {}
        self._sorted: list[str] = []
        self.count = 0

    def add(self, path: str, thing: T) -> None:
        self._folders.setdefault(folder_of(path), {}).setdefault(path, []).append(thing)
        self.count += 1

    def beside(self, path: str) -> list[T]:
        """Those of the same folder; of the same file where the folder holds a crowd."""
        return self._of_folder(folder_of(path), path)

    def near(self, path: str) -> list[T]:
        """All; of a crowd those below the folder above, and in a crowded folder those of the same file."""
        found = [thing for folder in self._about(path) for thing in self._of_folder(folder, path)]
        return found if len(found) <= _CROWD else self.beside(path)[:_CROWD] or found[:_CROWD]

    def nearest(self, path: str) -> list[T]:
        """Those of the same file, else of the same folder, else of the nearest folders."""
        files = self._folders.get(folder_of(path))
        if files:
            return files.get(path) or self.beside(path)
        away = {folder: distance(path, os.path.join(folder, "-")) for folder in self._about(path)}
        least = min(away.values(), default=0)
        return [thing for folder in away if away[folder] == least for thing in self._of_folder(folder, path)]

    def _about(self, path: str) -> list[str]:
        """The folders to look at: all; of a crowd those below the folder above."""
        if len(self._folders) <= _CROWD:
            return list(self._folders)
        if len(self._sorted) != len(self._folders):
            self._sorted = sorted(self._folders)
        folder = folder_of(path)
        above = folder_of(folder) or folder
        start = bisect_left(self._sorted, above + os.sep)
        below = (name for name in self._sorted[start : start + _CROWD] if name.startswith(above + os.sep))
        return [name for name in dict.fromkeys((folder, above, *below)) if name in self._folders]

    def _of_folder(self, folder: str, path: str) -> list[T]:
        files = self._folders.get(folder, {})
        if len(files) > _CROWD:
            return files.get(path, [])
        return [thing for things in files.values() for thing in things]


def _places(found: dict[K, _Places[T]], key: K) -> _Places[T]:
    places = found.get(key)
    if places is None:
        places = found[key] = _Places()
    return places


class Backends:
    """Services by name, the Services before a workload, and the policies and autoscalers that mean a workload."""

    def __init__(self, facts: Facts) -> None:
        # the lookups live as long as the facts, which they must not keep alive themselves
        self._facts: Facts = proxy(facts)

    @cached_property
    def _services(self) -> dict[tuple[str, str], _Places[Document]]:
        found: dict[tuple[str, str], _Places[Document]] = {}
        for service in self._facts.services:
            _places(found, service.ref.key[1:]).add(service.path, service)
        return found

    def service(self, document: Document, namespace: str, name: str) -> list[Document]:
        """The Services of this name that lie nearest to a document: one, or its variants in one place."""
        places = self._services.get((namespace, name))
        return places.nearest(document.path) if places else []

    def mentions(self, namespace: str, name: str) -> int:
        """How often a Service of this name is written."""
        places = self._services.get((namespace, name))
        return places.count if places else 0

    @cached_property
    def _namespaces(self) -> dict[str, dict[str | None, _Places[Document]]]:
        """By name and cluster."""
        found: dict[str, dict[str | None, _Places[Document]]] = {}
        for namespace in self._facts.namespaces:
            clusters = found.setdefault(namespace.ref.name, {})
            _places(clusters, self._facts.cluster(namespace)).add(namespace.path, namespace)
        return found

    def namespace(self, document: Document) -> list[Document]:
        """The Namespaces of a document that lie nearest to it: one, or its variants in one place.

        Those of another cluster are none of its; where nobody says which cluster it is, it may be any.
        """
        path, cluster = document.path, self._facts.cluster(document)
        found = [
            one
            for where, places in self._namespaces.get(document.ref.key[1], {}).items()
            if where is None or cluster in (None, where)
            for one in places.nearest(path)
        ]
        least = min((distance(path, one.path) for one in found), default=0)
        return [one for one in found if distance(path, one.path) == least]

    @cached_property
    def _all_services(self) -> _Places[Document]:
        found: _Places[Document] = _Places()
        for service in self._facts.services:
            found.add(service.path, service)
        return found

    def services_beside(self, document: Document) -> list[Document]:
        """The Services of the same folder, of every namespace; of the same file where the folder holds a crowd."""
        return self._all_services.beside(document.path)

    @cached_property
    def _services_labelled(self) -> dict[tuple[str, str], _Places[Document]]:
        found: dict[tuple[str, str], _Places[Document]] = {}
        for service in self._facts.services:
            for key, value in labels_of(service).items():
                _places(found, (key, label_text(value))).add(service.path, service)
        return found

    def services_with(
        self, document: Document, namespaces: Collection[str] | None, selector: dict[str, Any]
    ) -> list[Document]:
        """The Services of these namespaces (None: of all) whose own labels a selector takes, the nearest first."""
        places: _Places[Document] | None = self._all_services
        for key, value in as_dict(selector.get("matchLabels")).items():
            places = self._services_labelled.get((key, label_text(value)))
            break
        found = [
            service
            for service in (places.near(document.path) if places else ())
            if (namespaces is None or service.ref.key[1] in namespaces) and selects(selector, labels_of(service))
        ]
        return sorted(found, key=lambda service: distance(document.path, service.path))

    @cached_property
    def _services_before(self) -> dict[int, list[Document]]:
        found: dict[int, list[Document]] = {}
        for service in self._facts.services:
            for workload in self._facts.selected(service):
                found.setdefault(id(workload.document), []).append(service)
        return found

    def services_before(self, workload: Workload) -> list[Document]:
        """The Services whose own workload this is."""
        return self._services_before.get(id(workload.document), [])

    @cached_property
    def _pods(self) -> dict[tuple[str, str, str], _Places[Workload]]:
        """By namespace and each label, and by namespace alone."""
        found: dict[tuple[str, str, str], _Places[Workload]] = {}
        for workload in self._facts.workloads():
            path = workload.document.path
            _places(found, (workload.namespace, "", "")).add(path, workload)
            for key, value in workload.labels.items():
                _places(found, (workload.namespace, key, label_text(value))).add(path, workload)
        return found

    def pods(self, document: Document, namespace: str, selector: dict[str, Any]) -> list[Workload]:
        """The workloads whose Pods a selector takes in a namespace; of a crowd those near the document."""
        places = self._pods.get((namespace, *_first(selector)))
        found = places.near(document.path) if places else ()
        return [workload for workload in found if selects(selector, workload.labels)]

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
        named = [self._policies.get((workload.namespace, *key), {}).values() for key in keys]
        found = [policy for policies in named for policy in islice(policies, _CROWD)]
        if len(found) >= _CROWD:
            return None
        return [policy for policy in found if selects(pod_selector(policy), workload.labels)]

    @cached_property
    def _workloads(self) -> dict[tuple[str, str, str], _Places[Document]]:
        found: dict[tuple[str, str, str], _Places[Document]] = {}
        for workload in self._facts.workloads():
            document = workload.document
            _places(found, document.ref.key).add(document.path, document)
        return found

    def workload(self, document: Document, kind: str, namespace: str, name: str) -> list[Document]:
        """The workloads of this kind and name that lie nearest to a document."""
        places = self._workloads.get((kind, namespace, name))
        return places.nearest(document.path) if places else []

    def written_once(self, workload: Document) -> bool:
        """Whether no other workload of the tree has this kind and name."""
        places = self._workloads.get(workload.ref.key)
        return places is not None and places.count == 1

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
