"""Who selects whom: Services and the Pods behind them, in whichever files of the tree they stand."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from scaffold.nearby import Nearby, distance, folder_of, named
from scaffold.shapes import given_labels, label_text, selector_of, told_labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scaffold.documents import Document
    from scaffold.model import ObjectRef
    from scaffold.shapes import Workload

_CROWD = 300


class Selection:
    """All Services and workloads of a tree, and which of them belong together. Rules ask it by way of their facts."""

    def __init__(self) -> None:
        """Knows nobody yet."""
        self.services: list[Document] = []
        self._mentions: dict[tuple[str, str, str], list[Document]] = {}
        self._services_in: dict[str, int] = {}
        self._workloads: dict[str, list[Workload]] = {}
        self._by_label: dict[tuple[str, str, str], Nearby[Workload]] = {}
        self._beside: dict[str, list[Workload]] = {}
        self._in_file: dict[str, list[Workload]] = {}
        self._by_selector: dict[tuple[str, str, str], list[tuple[int, Document]]] | None = None
        self._selectors: dict[int, dict[str, str]] = {}
        self._selected: dict[int, list[Workload]] = {}

    def enter_service(self, service: Document) -> None:
        """Makes a Service known."""
        self.services.append(service)
        self._services_in[service.path] = self._services_in.get(service.path, 0) + 1
        self._mentions.setdefault(service.ref.key, []).append(service)

    def enter_workload(self, workload: Workload) -> None:
        """Makes a workload known."""
        path = workload.document.path
        self._workloads.setdefault(workload.namespace, []).append(workload)
        self._beside.setdefault(folder_of(path), []).append(workload)
        self._in_file.setdefault(path, []).append(workload)
        for key, value in {**workload.labels, **given_labels(workload.document)}.items():
            named(self._by_label, (workload.namespace, key, label_text(value))).add(path, workload)

    def mentions(self, service: ObjectRef) -> list[Document]:
        """Where a Service stands, in the order of reading."""
        return self._mentions.get(service.key, [])

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

    def behind(self, service: Document) -> list[Workload]:
        """The workloads whose Pods a Service selects: by Pod labels, in its namespace, by every key of the selector."""
        return list(self._behind(service))

    def reaches(self, service: Document) -> bool:
        """Whether a Service selects any Pods at all."""
        return next(self._behind(service), None) is not None

    def is_served(self, workload: Workload, *, besides: ObjectRef) -> bool:
        """Whether any other Service selects these Pods; a copy of the one that is asked about is no other."""
        return any(service.ref.key != besides.key for _, service in self._selecting(workload))

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
        mentions = self.mentions(ref)
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


def _is_nearer(paths: set[str], path: str, limit: int) -> bool:
    """Whether any of these files lies nearer to a file than a limit; of hundreds only those about it are asked."""
    if len(paths) > _CROWD:
        around = folder_of(folder_of(path))
        paths = {one for one in paths if one.startswith(around)}
    return any(distance(one, path) < limit for one in paths)


def _number(one: tuple[int, Document]) -> int:
    return one[0]


def carries(workload: Workload, labels: Mapping[str, str]) -> bool:
    """Whether the Pods carry all of these labels, those included that their controller gives them."""
    return all(pod_label(workload, key) == value for key, value in labels.items())


def pod_label(workload: Workload, key: str) -> str | None:
    """A label of the Pods as the API server holds it; None where they have none of this name."""
    labels = workload.labels
    return label_text(labels[key]) if key in labels else given_labels(workload.document).get(key)
