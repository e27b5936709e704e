"""What a check may look at: the whole tree, who holds which number, the policy; and the lookups that rules share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from scaffold.documents import Document, Unreadable
from scaffold.kustomize import Kustomized
from scaffold.model import Location, NotJudged, PortPolicy, TakenPorts
from scaffold.shapes import (
    Container,
    Path,
    Workload,
    as_dict,
    as_list,
    as_number,
    dig,
    field_name,
    finding,
    label_text,
    pod_path,
    selector_of,
    service_ports,
    workload_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from scaffold.documents import Tree
    from scaffold.model import ObjectRef

# What the line uses of a manifest's shape together with Facts comes from here too.
__all__ = [
    "Container",
    "Facts",
    "Path",
    "Workload",
    "as_dict",
    "as_list",
    "as_number",
    "dig",
    "distance",
    "field_name",
    "finding",
    "pod_path",
    "service_ports",
    "workload_of",
]


class Facts:
    """The tree and what follows from it. Rules read it and never change it."""

    def __init__(
        self,
        tree: Tree,
        taken: TakenPorts,
        policy: PortPolicy = PortPolicy(),  # noqa: B008 - a NamedTuple never changes
        kube_version: str = "",
        *,
        kustomized: Kustomized = Kustomized(),  # noqa: B008 - likewise
        cluster_of: Callable[[str], str | None] | None = None,
        policy_of: Callable[[str | None], PortPolicy] | None = None,
    ) -> None:
        """Takes what was read and who holds which number.

        Args:
            tree: every document that a rule may look at.
            taken: who holds which number.
            policy: the node port range, where `policy_of` has none of its own for the cluster.
            kube_version: `1.36`; empty is the newest.
            kustomized: which files are patches (never judged, never selected), and what is filled in later.
            cluster_of: path as shown -> the cluster that it goes to.
            policy_of: cluster -> its policy.
        """
        self.policy, self.taken, self.kube_version = policy, taken, kube_version
        self.kustomized = kustomized
        self.documents: list[Document] = []
        self.not_judged: list[NotJudged] = list(tree.not_judged)
        self.services: list[Document] = []
        self._cluster_of, self._policy_of = cluster_of, policy_of
        self._judged: frozenset[str] | None = None
        self._workloads: dict[str, list[Workload]] = {}
        self._of_document: dict[int, Workload] = {}
        self._by_label: dict[tuple[str, str, str], list[Workload]] = {}
        self._mentions: dict[tuple[str, str, str], list[Document]] = {}
        for document in tree.documents:
            self._add(document)

    def _add(self, document: Document) -> None:
        try:
            data = document.data
        except Unreadable as problem:
            place = Location(document.path, document.line + problem.line, problem.column)
            self.not_judged.append(NotJudged(place, problem.reason))
            return
        if document.path in self.kustomized.patches or "$patch" in data or "$patch" in as_dict(data.get("spec")):
            self.not_judged.append(NotJudged(document.location(), "a kustomize patch: a part of an object"))
            return
        self.documents.append(document)
        if document.kind == "Service" and document.api_version == "v1":
            self.services.append(document)
            self._mentions.setdefault(document.ref.key, []).append(document)
        workload = workload_of(document, data)
        if workload is not None:
            self._of_document[id(document)] = workload
            self._workloads.setdefault(workload.namespace, []).append(workload)
            for key, value in workload.labels.items():
                self._by_label.setdefault((workload.namespace, key, label_text(value)), []).append(workload)

    def judging(self, documents: Iterable[Document]) -> Facts:
        """The same facts for a run that judges these documents only."""
        from copy import copy

        facts = copy(self)
        facts._judged = frozenset(document.path for document in documents)  # noqa: SLF001 - its own class
        return facts

    def judged_mentions(self, service: ObjectRef) -> list[Document]:
        """Where a Service stands among the documents that this run judges, in the order of reading."""
        mentions = self._mentions.get(service.key, [])
        judged = self._judged
        return mentions if judged is None else [document for document in mentions if document.path in judged]

    def cluster(self, document: Document) -> str | None:
        """The cluster that a document goes to; None where nobody says."""
        return self._cluster_of(document.path) if self._cluster_of else None

    def policy_for(self, document: Document) -> PortPolicy:
        """The policy of the document's cluster."""
        return self._policy_of(self.cluster(document)) if self._policy_of else self.policy

    def before(self, minor: int) -> bool:
        """Whether the API server that is meant is older than Kubernetes 1.`minor`."""
        parts = self.kube_version.lstrip("v").split(".")
        return len(parts) > 1 and parts[1].isdigit() and int(parts[1]) < minor

    def workloads(self, namespace: str | None = None) -> list[Workload]:
        """All workloads, or those of one namespace (`default` where none is written)."""
        if namespace is not None:
            return self._workloads.get(namespace, [])
        return [workload for found in self._workloads.values() for workload in found]

    def namespaces(self) -> list[str]:
        """The namespaces that hold workloads, sorted."""
        return sorted(self._workloads)

    def workload(self, document: Document) -> Workload | None:
        """The Pods that a document makes, or None."""
        return self._of_document.get(id(document)) or workload_of(document, document.data)

    def serving(self, workload: Workload) -> list[Container]:
        """The containers whose named ports a Service finds: a sidecar counts since Kubernetes 1.33.

        Source: k8s.io/endpointslice/utils.go, FindPort.
        """
        old = self.before(33)
        return [one for one in workload.containers if one.serves and not (old and one.sidecar)]

    def behind(self, service: Document) -> list[Workload]:
        """The workloads whose Pods a Service selects: by Pod labels, in its namespace, by every key of the selector."""
        return self.labelled(service.ref.key[1], selector_of(service))

    def labelled(self, namespace: str, selector: Mapping[str, str]) -> list[Workload]:
        """The workloads of a namespace whose Pods carry all of these labels; none for an empty selector."""
        found: list[list[Workload]] = [self._by_label.get((namespace, *item), []) for item in selector.items()]
        if not found:
            return []
        return [
            workload
            for workload in min(found, key=len)
            if all(
                key in workload.labels and label_text(workload.labels[key]) == value for key, value in selector.items()
            )
        ]

    def selected(self, service: Document) -> list[Workload]:
        """`behind`, but of several variants of one tree (chapters, overlays, examples) the Service's own one only.

        A workload that lies nearer to another file with the same Service belongs there. Of the others those of the
        same folder count, else the nearest ones; and those that name the same namespace, wherever they lie.
        """
        found = self.behind(service)
        if len(found) < 2:
            return found
        others = [other.path for other in self._mentions.get(service.ref.key, ()) if other.path != service.path]
        own = []
        for workload in found:
            path = workload.document.path
            far = distance(service.path, path)
            if not any(distance(other, path) < far for other in others):
                own.append((far, workload))
        nearest = max(1, min((far for far, _ in own), default=1))
        named = service.ref.namespace
        return [
            workload for far, workload in own if far <= nearest or (named and workload.document.ref.namespace == named)
        ]


def distance(one: str, other: str) -> int:
    """How many folders lie between two files: 0 for one file, 1 for one folder."""
    if one == other:
        return 0
    first, second = one.split(os.sep)[:-1], other.split(os.sep)[:-1]
    common = 0
    while common < min(len(first), len(second)) and first[common] == second[common]:
        common += 1
    return 1 + len(first) + len(second) - 2 * common
