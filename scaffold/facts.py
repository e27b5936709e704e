"""What a check may look at: the whole tree, who holds which number, the policy; and the lookups that rules share."""

from __future__ import annotations

import os
import re
from itertools import islice
from typing import TYPE_CHECKING

from scaffold.documents import Tree
from scaffold.kinds import NAMESPACE, WORKLOAD_KINDS
from scaffold.kustomize import Kustomized
from scaffold.model import Location, NotJudged, ObjectRef, PortPolicy, Reserved, TakenPort, TakenPorts
from scaffold.nearby import Nearby, distance, folder_of, named
from scaffold.nodes import Unreadable
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
    given_labels,
    label_text,
    pod_path,
    selector_of,
    service_ports,
    summary_of,
    told_labels,
    workload_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from scaffold.documents import Document

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
    "field_name",
    "finding",
    "pod_path",
    "service_ports",
    "workload_of",
]


_NOBODY = ObjectRef("", None, "")
_CROWD = 300
_SELECTING = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
_PATCH = "(?:^|[^a-z])patch(?:es)?(?:[^a-z]|$)"


class Facts:
    """The tree and what follows from it. Rules read it and never change it."""

    def __init__(
        self,
        tree: Tree = Tree(()),  # noqa: B008 - a NamedTuple never changes
        taken: TakenPorts | None = None,
        policy: PortPolicy = PortPolicy(),  # noqa: B008 - a NamedTuple never changes
        kube_version: str = "",
        *,
        kustomized: Kustomized = Kustomized(),  # noqa: B008 - likewise
        cluster_of: Callable[[str], str | None] | None = None,
        policy_of: Callable[[str | None], PortPolicy] | None = None,
        ip_families: tuple[str, ...] = ("IPv4",),
    ) -> None:
        """Takes what was read and who holds which number.

        Args:
            tree: every document that a rule may look at; more of them by `add`.
            taken: who holds which number; may be set later, once everything is read.
            policy: the node port range, where `policy_of` has none of its own for the cluster.
            kube_version: `1.36`; empty is the newest.
            kustomized: which files are patches (never judged, never selected), and what is filled in later.
            cluster_of: path as shown -> the cluster that it goes to.
            policy_of: cluster -> its policy.
            ip_families: those of the cluster, the main one first.
        """
        self.policy, self.taken, self.kube_version = policy, taken or TakenPorts(), kube_version
        parts = kube_version.lstrip("v").split(".")
        self._minor = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else None
        self.kustomized, self.ip_families = kustomized, ip_families
        self.documents: list[Document] = []
        self.not_judged: list[NotJudged] = list(tree.not_judged)
        self.services: list[Document] = []
        self.namespaces: list[Document] = []
        self.cluster_of, self._policy_of = cluster_of, policy_of
        self._judged: frozenset[str] | None = None
        self._workloads: dict[str, list[Workload]] = {}
        self._of_document: dict[int, Workload] = {}
        self._current: tuple[Document | None, Workload | None] = (None, None)
        self._by_label: dict[tuple[str, str, str], Nearby[Workload]] = {}
        self._beside: dict[str, list[Workload]] = {}
        self._in_file: dict[str, list[Workload]] = {}
        self._by_selector: dict[tuple[str, str, str], list[tuple[int, Document]]] | None = None
        self._patch_ports: dict[tuple[str, str], set[str | int]] = {}
        self._selectors: dict[int, dict[str, str]] = {}
        self._selected: dict[int, list[Workload]] = {}
        self._services_in: dict[str, int] = {}
        self._holders: dict[tuple[int, str | None], dict[tuple[str, str, str], TakenPort]] = {}
        self._free: dict[tuple[int, int, tuple[Reserved, ...]], int | None] = {}
        self._mentions: dict[tuple[str, str, str], list[Document]] = {}
        for document in tree.documents:
            self.add(document)

    def add(self, document: Document) -> None:
        """Takes in one more document; `not_judged` says why, if it cannot be judged."""
        if self.accepts(document) or self.is_of_use(document):
            workload = self.workload(document)
            self.enter(document, summary_of(workload) if workload else None)

    def accepts(self, document: Document) -> bool:
        """Whether rules may judge a document; if not, `not_judged` says why. Of a Namespace that is told to nobody."""
        reason = self._reason(document)
        if reason and document.kind != NAMESPACE:
            self.not_judged.append(reason)
        return reason is None

    def _reason(self, document: Document) -> NotJudged | None:
        try:
            data = document.data
        except Unreadable as problem:
            return problem.at(document.path, document.line)
        why = ""
        if self.kustomized.expects(document.path):
            why = "a part of an object, which a test (kuttl, chainsaw) expects to see"
        elif document.path in self.kustomized.patches or _deletes(data):
            part = (
                "of which the node ports alone are judged" if self.is_service_patch(document) else "a part of an object"
            )
            why = f"a kustomize patch: {part}"
        elif _is_idle_patch(document, data):
            why = "a part of an object, in a file that is called a patch; no kustomization names it"
        return NotJudged(document.location(), why) if why else None

    def is_of_use(self, document: Document) -> bool:
        """Whether a document that is not accepted is a patch of which something is looked at all the same."""
        try:
            return self.is_service_patch(document) or self.is_workload_patch(document)
        except Unreadable:
            return False

    def is_service_patch(self, document: Document) -> bool:
        """Whether a document is the patch of a Service: a part, but its node ports are those of a cluster."""
        is_patch = document.path in self.kustomized.patches and not _deletes(document.data)
        return is_patch and document.ref.kind == "Service" and document.api_version == "v1"

    def is_workload_patch(self, document: Document) -> bool:
        """Whether a document is the patch of a workload: a part, but what it declares is there in the end."""
        is_patch = document.path in self.kustomized.patches and document.ref.kind in WORKLOAD_KINDS
        return is_patch and not _deletes(document.data)

    def enter(self, document: Document, summary: Workload | None) -> None:
        """Makes a document known to the rules that look around. It may be forgotten: what is kept here is small.

        Args:
            document: one that may be judged, or a patch, of which the ports alone are kept.
            summary: what `shapes.summary_of` keeps of the Pods that it makes.
        """
        ref = document.ref
        if document.path in self.kustomized.patches:
            if summary:
                self._patch_ports.setdefault((ref.kind, ref.name), set()).update(_ports_of(summary))
            return
        self.documents.append(document)
        if ref.kind == "Service" and document.api_version == "v1":
            self.services.append(document)
            self._services_in[document.path] = self._services_in.get(document.path, 0) + 1
            self._mentions.setdefault(ref.key, []).append(document)
        elif ref.kind == NAMESPACE and document.api_version == "v1":
            self.namespaces.append(document)
        if summary is None:
            return
        self._of_document[id(document)] = summary
        if summary.hook:
            return
        self._workloads.setdefault(summary.namespace, []).append(summary)
        folder = folder_of(document.path)
        self._beside.setdefault(folder, []).append(summary)
        self._in_file.setdefault(document.path, []).append(summary)
        for key, value in {**summary.labels, **given_labels(document)}.items():
            named(self._by_label, (summary.namespace, key, label_text(value))).add(document.path, summary)

    def judge_only(self, paths: Iterable[str]) -> None:
        """Says that only the documents of these files are judged; the others are there to be looked at."""
        self._judged = frozenset(paths)

    def judges_patch(self, path: str) -> bool:
        """Whether this run judges a file that is a patch."""
        return path in self.kustomized.patches and (self._judged is None or path in self._judged)

    def is_patched(self, document: Document) -> bool:
        """Whether a kustomization takes in the document's file and has patches: what is missing may be in them."""
        return document.path in self.kustomized.changed

    def is_judged(self, document: Document) -> bool:
        """Whether this run judges a document that it has read."""
        return self._judged is None or document.path in self._judged

    def judged_mentions(self, service: ObjectRef) -> list[Document]:
        """Where a Service stands among the documents that this run judges, in the order of reading."""
        mentions = self._mentions.get(service.key, [])
        judged = self._judged
        return mentions if judged is None else [document for document in mentions if document.path in judged]

    def cluster(self, document: Document) -> str | None:
        """The cluster that a document goes to; None where nobody says."""
        return self.cluster_of(document.path) if self.cluster_of else None

    def policy_for(self, document: Document) -> PortPolicy:
        """The policy of the document's cluster."""
        return self._policy_of(self.cluster(document)) if self._policy_of else self.policy

    def before(self, minor: int) -> bool:
        """Whether the API server that is meant is older than Kubernetes 1.`minor`."""
        return self._minor is not None and self._minor < minor

    def workloads(self, namespace: str | None = None) -> list[Workload]:
        """All workloads, or those of one namespace (`default` where none is written)."""
        if namespace is not None:
            return self._workloads.get(namespace, [])
        return [workload for found in self._workloads.values() for workload in found]

    def labelled(self, namespace: str, key: str, value: str) -> Nearby[Workload] | None:
        """The workloads of a namespace whose Pods carry a label; None where there are none."""
        return self._by_label.get((namespace, key, value))

    def beside(self, document: Document) -> list[Workload]:
        """The workloads of the same folder, of every namespace; of the same file where the folder holds hundreds."""
        found = self._beside.get(folder_of(document.path), [])
        return found if len(found) <= _CROWD else self._in_file.get(document.path, [])

    def in_file(self, path: str) -> Sequence[Workload]:
        """The workloads of a file, in their order."""
        return self._in_file.get(path, ())

    def only_pair(self, service: Document, workload: Workload) -> bool:
        """Whether one file holds this Service and this workload, and no other of either."""
        path = service.path
        alone = self._services_in.get(path) == len(self._in_file.get(path, ())) == 1
        return alone and workload.document.path == path

    def holders(self, number: int, cluster: str | None) -> Mapping[tuple[str, str, str], TakenPort]:
        """By the key of each object that holds a node port: where it first says so, in the order of path and line."""
        found = self._holders.get((number, cluster))
        if found is None:
            found = self._holders[number, cluster] = {}
            for holder in sorted(self.taken.holders(number, besides=_NOBODY, cluster=cluster), key=_place):
                found.setdefault(holder.owner.key, holder)
        return found

    def free_node_port(self, policy: PortPolicy) -> int | None:
        """The lowest number of the range that nobody holds in any cluster and nobody reserved."""
        asked = (policy.low, policy.high, policy.reserved)
        if asked not in self._free:
            kept = {number for one in policy.reserved for number in range(one.low, one.high + 1)}
            numbers = (number for number in range(policy.low, policy.high + 1) if number not in kept)
            self._free[asked] = next((one for one in numbers if not self.holders(one, None)), None)
        return self._free[asked]

    def workload(self, document: Document) -> Workload | None:
        """The Pods that a document makes, or None: for rules that look at this document alone."""
        if self._current[0] is not document:
            self._current = (document, workload_of(document, document.data))
        return self._current[1]

    def summary(self, document: Document) -> Workload | None:
        """The same, of its containers only what `shapes.summary_of` keeps: for rules that look around."""
        return self._of_document.get(id(document))

    def patch_declares(self, workload: Workload, port: str | int) -> bool:
        """Whether a kustomize patch of a workload of this kind and name declares a port by this name or number."""
        ref = workload.document.ref
        return port in self._patch_ports.get((ref.kind, ref.name), ())

    def serving(self, workload: Workload) -> list[Container]:
        """The containers whose named ports a Service finds: a sidecar counts since Kubernetes 1.33.

        Source: k8s.io/endpointslice/utils.go, FindPort.
        """
        old = self.before(33)
        return [one for one in workload.containers if one.serves and not (old and one.sidecar)]

    def behind(self, service: Document) -> list[Workload]:
        """The workloads whose Pods a Service selects: by Pod labels, in its namespace, by every key of the selector."""
        return list(self._behind(service))

    def reaches(self, service: Document) -> bool:
        """Whether a Service selects any Pods at all."""
        return next(self._behind(service), None) is not None

    def is_served(self, workload: Workload) -> bool:
        """Whether any Service selects these Pods."""
        return next(self._selecting(workload), None) is not None

    def services_before(self, workload: Workload) -> list[Document]:
        """The Services whose own workload this is, in the order of reading."""
        found = [
            (number, service)
            for number, service in self._selecting(workload)
            if any(one.document is workload.document for one in self.selected(service))
        ]
        return [service for _, service in sorted(found, key=_number)]

    def _selecting(self, workload: Workload) -> Iterator[tuple[int, Document]]:
        """The Services that select these Pods, each with its number in the order of reading."""
        if self._by_selector is None:
            self._by_selector = {}
            for number, service in enumerate(self.services):
                # one of its labels will do: the Pods carry all
                for key, value in islice(self.selector(service).items(), 1):
                    self._by_selector.setdefault((service.ref.key[1], key, value), []).append((number, service))
        for key, value in {**workload.labels, **given_labels(workload.document)}.items():
            for number, service in self._by_selector.get((workload.namespace, key, label_text(value)), ()):
                if carries(workload, self.selector(service)):
                    yield number, service

    def selector(self, service: Document) -> dict[str, str]:
        """The labels that a Service selects by, as far as manifests can tell."""
        selector = self._selectors.get(id(service))
        if selector is None:
            selector = self._selectors[id(service)] = told_labels(selector_of(service))
        return selector

    def _behind(self, service: Document, *, inside: str | None = None, below: str = "") -> Iterator[Workload]:
        """Those of one folder, or those of all folders below one."""
        selector, namespace = self.selector(service), service.ref.key[1]
        fewest: Nearby[Workload] = Nearby()
        for key, value in selector.items():
            labelled = self.labelled(namespace, key, value)
            if labelled is None:
                return
            if not fewest.count or labelled.count < fewest.count:
                fewest = labelled
        for workload in fewest.below(below) if inside is None else fewest.inside(inside):
            if carries(workload, selector):
                yield workload

    def selected(self, service: Document) -> list[Workload]:
        """`behind`, but of several variants of one tree (chapters, overlays, examples) the Service's own one only.

        Those of the same folder count, else the nearest ones that lie no nearer to another file with the same Service.
        A Service that is written once and names its namespace also meets what names that namespace elsewhere.
        """
        if id(service) not in self._selected:
            self._selected[id(service)] = self._choose(service)
        return self._selected[id(service)]

    def _choose(self, service: Document) -> list[Workload]:
        ref, folder = service.ref, folder_of(service.path)
        mentions = self._mentions.get(ref.key, [])
        near = list(self._behind(service, inside=folder))
        if near and ref.namespace and len(mentions) == 1:
            everywhere = islice(self._behind(service), _CROWD)
            named = [one for one in everywhere if one.document.ref.namespace and one.document.path != service.path]
            return [*near, *(one for one in named if folder_of(one.document.path) != folder)]
        others = {other.path for other in mentions if other.path != service.path}
        if near:
            # a file with the same Service in it has its own workloads
            return [one for one in near if one.document.path not in others]
        far = list(islice(self._behind(service), _CROWD + 1))
        if len(far) > _CROWD:
            far = list(islice(self._behind(service, below=folder_of(folder)), _CROWD))
        distances = [distance(service.path, one.document.path) for one in far]
        nearest = min(distances, default=0)
        own = [one for one, here in zip(far, distances, strict=True) if here == nearest]
        return [one for one in own if not _is_nearer(others, one.document.path, nearest)]


def _ports_of(workload: Workload) -> Iterator[str | int]:
    """The names and the numbers of the ports that its containers declare."""
    for container in workload.containers:
        for _, port in container.ports:
            name, number = port.get("name"), as_number(port.get("containerPort"))
            yield from (one for one in (name, number) if isinstance(one, str | int))


def _deletes(data: Mapping[str, object]) -> bool:
    """`$patch: delete` or `replace`: what is there means something else than it says."""
    return "$patch" in data or "$patch" in as_dict(data.get("spec"))


def _is_idle_patch(document: Document, data: Mapping[str, object]) -> bool:
    """Whether it is a workload without the selector that each must have, where patches lie that are switched off.

    Source: what kubebuilder lays into config/default, its kustomization.yaml in comments.
    """
    if document.kind not in _SELECTING or not document.api_version.startswith("apps/"):
        return False
    if "selector" in as_dict(data.get("spec")):
        return False
    return re.search(_PATCH, "/".join(document.path.lower().split(os.sep)[-2:])) is not None


def _is_nearer(paths: set[str], path: str, limit: int) -> bool:
    """Whether any of these files lies nearer to a file than a limit; of hundreds only those about it are asked."""
    if len(paths) > _CROWD:
        around = folder_of(folder_of(path))
        paths = {one for one in paths if one.startswith(around)}
    return any(distance(one, path) < limit for one in paths)


def _number(one: tuple[int, Document]) -> int:
    return one[0]


def _place(holder: TakenPort) -> Location:
    return holder.location


def carries(workload: Workload, labels: Mapping[str, str]) -> bool:
    """Whether the Pods carry all of these labels, those included that their controller gives them."""
    return all(pod_label(workload, key) == value for key, value in labels.items())


def pod_label(workload: Workload, key: str) -> str | None:
    """A label of the Pods as the API server holds it; None where they have none of this name."""
    labels = workload.labels
    return label_text(labels[key]) if key in labels else given_labels(workload.document).get(key)
