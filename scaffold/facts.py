"""What a check may look at: the whole tree, who holds which number, the policy; and the lookups that rules share."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from scaffold.documents import Tree
from scaffold.gitops import Destinations
from scaffold.kinds import NAMESPACE, WORKLOAD_KINDS
from scaffold.kustomize import Kustomized
from scaffold.model import Location, NotJudged, ObjectRef, PortPolicy, Reserved, TakenPort, TakenPorts
from scaffold.nodes import Unreadable
from scaffold.selection import Selection, Summaries, told_selector
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
    pod_path,
    service_ports,
    summary_of,
    workload_of,
)
from scaffold.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from scaffold.documents import Document
    from scaffold.found import Told
    from scaffold.selection import Labels
    from scaffold.shelf import Shelf

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
# of so many documents that were looked at last the Pods are at hand: of those that are judged, and others
_CURRENT = 128
# what each object of a kind must have under its spec
_ESSENTIAL = {
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), ("apps", "selector")),
    "CronJob": ("batch", "schedule"),
    "Service": ("v1", "ports"),
}
_APPLIED_OVER = "kustomize.toolkit.fluxcd.io/ssa"
# as Go lays down the source of other projects: vendor/k8s.io/api
_VENDORED = rf"(?:^|{re.escape(os.sep)})vendor{re.escape(os.sep)}[a-z0-9-]+(?:\.[a-z0-9-]+)+{re.escape(os.sep)}"
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
        self.unread, self.destinations = Unread(), Destinations()
        # what is told for others too; where somebody may set a finding aside, that is known only in the end
        self.told: Told | None = None
        # what an object was at a commit, and how that is called; nobody asks where none is named
        self.against = ""
        # where most of each document lies, where there are so many that little may stay in memory
        self.shelf: Shelf | None = None
        self.earlier: Callable[[Document], Document | None] = lambda _: None
        self._summaries = Summaries()
        self.selection = Selection(self._summaries.of)
        self.namespaces: list[Document] = []
        self.cluster_of, self._policy_of = cluster_of, policy_of
        self._judged: frozenset[str] | None = None
        self._current: dict[Document, Workload | None] = {}
        self._patch_ports: dict[tuple[str, str], set[str | int]] = {}
        self._holders: dict[tuple[int, str | None], dict[tuple[str, str, str], TakenPort]] = {}
        self._free: dict[tuple[int, int, tuple[Reserved, ...]], int | None] = {}
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
        elif document.path in self.kustomized.fixtures:
            why = "a test (kyverno, chainsaw) tries it, which need not work"
        elif document.path in self.kustomized.idle:
            why = "switched off: a kustomization names it in a comment only"
        elif "vendor" in document.path and re.search(_VENDORED, document.path):
            why = "a part of another project, in vendor"
        elif document.path in self.kustomized.patches or _deletes(data):
            part = (
                "of which the node ports alone are judged" if self.is_service_patch(document) else "a part of an object"
            )
            why = f"a kustomize patch: {part}"
        elif _lacks_essential(document, data) and _is_called_patch(document.path):
            why = "a part of an object, in a file or folder called patch; no kustomization names it as one"
        elif _lacks_essential(document, data) and self._is_bare(document):
            lacking = _ESSENTIAL[document.kind][1]
            why = f"a part of an object: it has no {lacking}, no labels of Pods and no image; no kustomization names it"
        elif document.kind in _ESSENTIAL and _is_applied_over(data) and self._is_part(document, data):
            why = "a part of an object, which Flux lays over what is there"
        return NotJudged(document.location(), why) if why else None

    def _is_part(self, document: Document, data: Mapping[str, object]) -> bool:
        """Whether an object lacks what each of its kind must have, or an image of its containers."""
        workload = self.workload(document)
        containers = workload.containers if workload else ()
        lacking = workload is not None and (not containers or any(not one.data.get("image") for one in containers))
        return lacking or _lacks_essential(document, data)

    def _is_bare(self, document: Document) -> bool:
        """Whether a workload that no kustomization takes in says of named containers only what is to be changed."""
        # what comes through a pipe is whole
        if document.path == "-" or document.path in self.kustomized.taken_in:
            return False
        workload = self.workload(document)
        if workload is None or workload.labels or not workload.containers:
            return False
        return all(one.name and not one.data.get("image") for one in workload.containers)

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

    def enter(self, document: Document, summary: Workload | None, selector: Labels | None = None) -> None:
        """Makes a document known to the rules that look around. It may be forgotten: what is kept here is small.

        Args:
            document: one that may be judged, or a patch, of which the ports alone are kept.
            summary: what `shapes.summary_of` keeps of the Pods that it makes.
            selector: of a Service what `selection.told_selector` says, where that is known.
        """
        ref = document.ref
        if document.path in self.kustomized.patches:
            if summary:
                self._patch_ports.setdefault((ref.kind, ref.name), set()).update(_ports_of(summary))
            return
        self.documents.append(document)
        if ref.kind == "Service" and document.api_version == "v1":
            self.selection.enter_service(document, told_selector(document) if selector is None else selector)
        elif ref.kind == NAMESPACE and document.api_version == "v1":
            self.namespaces.append(document)
        if summary is None:
            return
        self._summaries.enter(document, summary)
        if not summary.hook:
            self.selection.enter_workload(summary)

    def judge_only(self, paths: Iterable[str]) -> None:
        """Says that only the documents of these files are judged; the others are there to be looked at."""
        self._judged = frozenset(paths)

    def judges_patch(self, path: str) -> bool:
        """Whether this run judges a file that is a patch."""
        return path in self.kustomized.patches and (self._judged is None or path in self._judged)

    def is_patched(self, document: Document) -> bool:
        """Whether a kustomization takes in the document's file and has patches: what is missing may be in them."""
        return document.path in self.kustomized.changed

    def is_renamed(self, path: str) -> bool:
        """Whether the namespace of what stands in a file comes later: a kustomization, Flux or Argo CD writes it."""
        return path in self.kustomized.renamed or self.destinations.take(path)

    def is_judged(self, document: Document) -> bool:
        """Whether this run judges a document that it has read."""
        return self._judged is None or document.path in self._judged

    def judges_service(self, service: ObjectRef) -> bool:
        """Whether a Service stands among the documents that this run judges."""
        mentions = self.selection.mentions(service)
        return mentions.count > 0 if self._judged is None else any(map(self.is_judged, mentions))

    def judged_mentions(self, service: ObjectRef) -> list[Document]:
        """Where a Service stands among the documents that this run judges, in the order of reading."""
        return list(filter(self.is_judged, self.selection.mentions(service)))

    def cluster(self, document: Document) -> str | None:
        """The cluster that a document goes to; None where nobody says."""
        return self.cluster_of(document.path) if self.cluster_of else None

    def policy_for(self, document: Document) -> PortPolicy:
        """The policy of the document's cluster."""
        return self._policy_of(self.cluster(document)) if self._policy_of else self.policy

    def before(self, minor: int) -> bool:
        """Whether the API server that is meant is older than Kubernetes 1.`minor`."""
        return self._minor is not None and self._minor < minor

    def holders(self, number: int, cluster: str | None) -> Mapping[tuple[str, str, str], TakenPort]:
        """By the key of each object that holds a node port: where it first says so, in the order of path and line."""
        found = self._holders.get((number, cluster))
        if found is None:
            found = self._holders[number, cluster] = {}
            for holder in sorted(self.taken.holders(number, besides=_NOBODY, cluster=cluster), key=_place):
                found.setdefault(holder.owner.key, holder)
        return found

    def node_port_place(self, service: Document, number: int) -> Location | None:
        """Where a Service names a node port of its own; None unless it does so once, in one document."""
        if self.selection.mentions(service.ref).count != 1:
            return None
        own = [one for one in self.taken.of(service.ref) if one.space == "node" and one.number == number]
        return own[0].location if len(own) == 1 else None

    def is_told(self, here: Location, related: Sequence[Location]) -> bool:
        """Whether a finding at a place that names others says what one of those says, which is sure to be told."""
        return self.told is not None and self.told.has(here, related)

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
        if document not in self._current:
            if len(self._current) >= _CURRENT:
                self._current.clear()
            self._current[document] = workload_of(document, document.data)
        return self._current[document]

    def rest(self) -> None:
        """Drops the Pods that were just asked for, which hold all of their documents."""
        self._current.clear()

    def summary(self, document: Document) -> Workload | None:
        """The same, of its containers only what `shapes.summary_of` keeps: for rules that look around."""
        return self._summaries.of(document)

    def patch_declares(self, workload: Workload, port: str | int) -> bool:
        """Whether a kustomize patch of a workload declares a port by this name or number, or speaks of it."""
        ref, path = workload.document.ref, workload.document.path
        return port in self._patch_ports.get((ref.kind, ref.name), ()) or self.kustomized.speaks_of(path, port)

    def serving(self, workload: Workload) -> list[Container]:
        """The containers whose named ports a Service finds: a sidecar counts since Kubernetes 1.33.

        Source: k8s.io/endpointslice/utils.go, FindPort.
        """
        old = self.before(33)
        return [one for one in workload.containers if one.serves and not (old and one.sidecar)]


def _ports_of(workload: Workload) -> Iterator[str | int]:
    """The names and the numbers of the ports that its containers declare."""
    for container in workload.containers:
        for _, port in container.ports:
            name, number = port.get("name"), as_number(port.get("containerPort"))
            yield from (one for one in (name, number) if isinstance(one, str | int))


def _deletes(data: Mapping[str, object]) -> bool:
    """`$patch: delete` or `replace`: what is there means something else than it says."""
    return "$patch" in data or "$patch" in as_dict(data.get("spec"))


def _lacks_essential(document: Document, data: Mapping[str, object]) -> bool:
    """Whether an object lacks what each of its kind must have: a selector, a schedule, ports."""
    group, field = _ESSENTIAL.get(document.kind, ("", ""))
    spec = as_dict(data.get("spec"))
    if not field or field in spec or document.api_version.partition("/")[0] != group:
        return False
    return field != "ports" or (spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None")


def _is_called_patch(path: str) -> bool:
    """Whether it lies where patches lie that are switched off.

    Source: what kubebuilder lays into config/default, its kustomization.yaml in comments.
    """
    *above, folder, name = ["", *path.lower().split(os.sep)]
    return re.search(_PATCH, f"{folder}/{name}") is not None or not {"patch", "patches"}.isdisjoint(above)


def _is_applied_over(data: Mapping[str, object]) -> bool:
    """Whether Flux lays an object over one that something else makes: `kustomize.toolkit.fluxcd.io/ssa: Merge`."""
    annotations = as_dict(as_dict(data.get("metadata")).get("annotations"))
    return str(annotations.get(_APPLIED_OVER)).lower() in ("merge", "override")


def _place(holder: TakenPort) -> Location:
    return holder.location
