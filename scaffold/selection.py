"""Who selects whom: Services and the Pods behind them, in whichever files of the tree they stand."""

from __future__ import annotations

from itertools import chain, islice
from sys import intern
from typing import TYPE_CHECKING

from scaffold.nearby import Named, Nearby, distance, folder_of
from scaffold.shapes import given_labels, label_text, of_plain, selector_of, told_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from scaffold.documents import Document
    from scaffold.model import ObjectRef
    from scaffold.shapes import Workload

Labels = tuple[tuple[str, str], ...]

_CROWD = 300
# workloads that were asked for last
_LATEST = 1024


class Summaries:
    """What is kept of the workloads of a tree: here, and of a large one on the shelf."""

    def __init__(self) -> None:
        """Knows none yet."""
        self._by_document: dict[int, Workload] = {}
        self._latest: dict[int, Workload] = {}

    def enter(self, document: Document, workload: Workload) -> None:
        """Takes in one more."""
        if not document.has_more:
            self._by_document[id(document)] = workload

    def of(self, document: Document) -> Workload | None:
        """The workload of a document, None where it makes no Pods."""
        found = self._by_document.get(id(document)) or self._latest.get(id(document))
        return found or (self._take_down(document) if document.has_more else None)

    def _take_down(self, document: Document) -> Workload:
        if len(self._latest) >= _LATEST:
            self._latest.clear()
        found = self._latest[id(document)] = of_plain(document, document.more)
        return found


class Selection:
    """All Services and workloads of a tree, and which of them belong together. Rules ask it by way of their facts."""

    def __init__(self, summary: Callable[[Document], Workload | None]) -> None:
        """Knows nobody yet.

        Args:
            summary: the workload of a document that was entered.
        """
        self._summary = summary
        self.services: list[Document] = []
        self._mentions: Named[tuple[str, str, str], Document] = Named()
        self._services_in: dict[str, int] = {}
        self._makers: dict[str, list[Document]] = {}
        self._by_label: Named[tuple[str, str, str], Document] = Named()
        self._beside: dict[str, list[Document]] = {}
        self._crowds: dict[str, dict[str, list[Document]]] = {}
        self._by_selector: dict[tuple[str, str, str], list[tuple[int, Document]]] = {}
        self._selectors: dict[int, Labels] = {}
        self._selected: dict[int, list[Document]] = {}

    def enter_service(self, service: Document, selector: Labels) -> None:
        """Makes a Service known, by what `told_selector` says of it."""
        # one of its labels will do: the Pods carry all
        for key, value in selector[:1]:
            found = self._by_selector.setdefault((service.ref.key[1], key, value), [])
            found.append((len(self.services), service))
        self._selectors[id(service)] = selector
        self.services.append(service)
        self._services_in[service.path] = self._services_in.get(service.path, 0) + 1
        self._mentions.add(service.ref.key, service)

    def enter_workload(self, workload: Workload) -> None:
        """Makes a workload known."""
        document, namespace = workload.document, workload.namespace
        self._makers.setdefault(namespace, []).append(document)
        self._beside.setdefault(folder_of(document.path), []).append(document)
        for key, value in {**workload.labels, **given_labels(document)}.items():
            self._by_label.add((namespace, intern(key), label_text(value)), document)

    def mentions(self, service: ObjectRef) -> Nearby[Document]:
        """Where a Service stands, in the order of reading."""
        return self._mentions.get(service.key)

    def makers(self, namespace: str | None = None) -> Iterator[Document]:
        """What makes Pods, in all namespaces or in one (`default` where none is written)."""
        groups = self._makers.values() if namespace is None else [self._makers.get(namespace, [])]
        return chain.from_iterable(groups)

    def workloads(self) -> Iterator[Workload]:
        """All of it with its Pods."""
        return self.of(self.makers())

    def of(self, documents: Iterable[Document]) -> Iterator[Workload]:
        """The workloads of documents that make Pods."""
        return filter(None, map(self._summary, documents))

    def labelled(self, namespace: str, key: str, value: str) -> Nearby[Document]:
        """What makes Pods of a namespace that carry a label."""
        return self._by_label.get((namespace, key, value))

    def beside(self, document: Document) -> list[Workload]:
        """The workloads of the same folder, of every namespace; of the same file where the folder holds hundreds."""
        found = self._beside.get(folder_of(document.path), [])
        return list(self.of(found if len(found) <= _CROWD else self._in_file(document.path)))

    def share_a_file(self, path: str) -> bool:
        """Whether a file holds more than one workload."""
        return len(self._in_file(path)) > 1

    def in_file(self, path: str) -> list[Workload]:
        """The workloads of a file, in their order."""
        return list(self.of(self._in_file(path)))

    def _in_file(self, path: str) -> Sequence[Document]:
        folder = folder_of(path)
        found = self._beside.get(folder, ())
        if len(found) <= _CROWD:
            return [document for document in found if document.path == path]
        if folder not in self._crowds:
            by_file = self._crowds[folder] = {}
            for document in found:
                by_file.setdefault(document.path, []).append(document)
        return self._crowds[folder].get(path, ())

    def only_pair(self, service: Document, workload: Workload) -> bool:
        """Whether one file holds this Service and this workload, and no other of either."""
        path = service.path
        alone = self._services_in.get(path) == len(self._in_file(path)) == 1
        return alone and workload.document.path == path

    def behind(self, service: Document) -> list[Workload]:
        """The workloads whose Pods a Service selects: by Pod labels, in its namespace, by every key of the selector."""
        return list(self.of(self._behind(service)))

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
            if any(one is workload.document for one in self._own(service))
        ]
        return [service for _, service in sorted(found, key=_number)]

    def _selecting(self, workload: Workload) -> Iterator[tuple[int, Document]]:
        """The Services that select these Pods, each with its number in the order of reading."""
        for key, value in {**workload.labels, **given_labels(workload.document)}.items():
            for number, service in self._by_selector.get((workload.namespace, key, label_text(value)), ()):
                if _carries(workload, self._labels(service)):
                    yield number, service

    def selector(self, service: Document) -> dict[str, str]:
        """The labels that a Service selects by, as far as manifests can tell."""
        return dict(self._labels(service))

    def _labels(self, service: Document) -> Labels:
        labels = self._selectors.get(id(service))
        return told_selector(service) if labels is None else labels

    def _behind(self, service: Document, *, inside: str | None = None, below: str = "") -> Iterator[Document]:
        """Those of one folder, or those of all folders below one."""
        selector, namespace = self._labels(service), service.ref.key[1]
        fewest: Nearby[Document] = Nearby()
        for key, value in selector:
            labelled = self.labelled(namespace, key, value)
            if not labelled.count:
                return
            if not fewest.count or labelled.count < fewest.count:
                fewest = labelled
        for document in fewest.below(below) if inside is None else fewest.inside(inside):
            workload = self._summary(document)
            if workload and _carries(workload, selector):
                yield document

    def selected(self, service: Document) -> list[Workload]:
        """`behind`, but of several variants of one tree (chapters, overlays, examples) the Service's own one only.

        Those of the same folder count, else the nearest ones that lie no nearer to another file with the same Service.
        A Service that is written once and names its namespace also meets what names that namespace elsewhere.
        """
        return list(self.of(self._own(service)))

    def _own(self, service: Document) -> list[Document]:
        if id(service) not in self._selected:
            self._selected[id(service)] = self._choose(service)
        return self._selected[id(service)]

    def _choose(self, service: Document) -> list[Document]:
        ref, folder = service.ref, folder_of(service.path)
        mentions = self.mentions(ref)
        near = list(self._behind(service, inside=folder))
        if near and ref.namespace and mentions.count == 1:
            everywhere = islice(self._behind(service), _CROWD)
            named = [one for one in everywhere if one.ref.namespace and one.path != service.path]
            return [*near, *(one for one in named if folder_of(one.path) != folder)]
        others = {other.path for other in mentions if other.path != service.path}
        if near:
            # a file with the same Service in it has its own workloads
            return [one for one in near if one.path not in others]
        far = list(islice(self._behind(service), _CROWD + 1))
        if len(far) > _CROWD:
            far = list(islice(self._behind(service, below=folder_of(folder)), _CROWD))
        distances = [distance(service.path, one.path) for one in far]
        nearest = min(distances, default=0)
        own = [one for one, here in zip(far, distances, strict=True) if here == nearest]
        return [one for one in own if not _is_nearer(others, one.path, nearest)]


def _is_nearer(paths: set[str], path: str, limit: int) -> bool:
    """Whether any of these files lies nearer to a file than a limit; of hundreds only those about it are asked."""
    if len(paths) > _CROWD:
        around = folder_of(folder_of(path))
        paths = {one for one in paths if one.startswith(around)}
    return any(distance(one, path) < limit for one in paths)


def _number(one: tuple[int, Document]) -> int:
    return one[0]


def told_selector(service: Document) -> Labels:
    """The labels that a Service selects by, as far as manifests can tell: in little room."""
    return tuple(told_labels(selector_of(service)).items())


def carries(workload: Workload, labels: Mapping[str, str]) -> bool:
    """Whether the Pods carry all of these labels, those included that their controller gives them."""
    return _carries(workload, labels.items())


def _carries(workload: Workload, labels: Iterable[tuple[str, str]]) -> bool:
    return all(pod_label(workload, key) == value for key, value in labels)


def pod_label(workload: Workload, key: str) -> str | None:
    """A label of the Pods as the API server holds it; None where they have none of this name."""
    labels = workload.labels
    return label_text(labels[key]) if key in labels else given_labels(workload.document).get(key)
