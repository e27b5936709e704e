"""Paths that a person typed -> the projects they lie in, and for each the facts that rules look at."""

from __future__ import annotations

import gc
import os
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from scaffold import config, kustomize
from scaffold.errors import SvcgenError
from scaffold.facts import Facts
from scaffold.kinds import CHECKED, NAMESPACE, REFERRING
from scaffold.model import Location, NotJudged, TakenPorts
from scaffold.sources.files import slurp, standard_input
from scaffold.sources.tree import read_documents, read_input, taken_ports
from scaffold.sources.walk import walk
from scaffold.spread import processors, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from scaffold.checks import Looked, Run
    from scaffold.documents import Document
    from scaffold.model import TakenPort
    from scaffold.sources.walk import Folder

# after how many files progress is told
_OFTEN = 200
# a process more costs as much as reading some hundred files
_WORTH_SHARING = 2000
# after so many files little new is learned of which rules concern what
_LEARNED = 200
_ASKED_AGAIN = frozenset({"Service", NAMESPACE, *REFERRING})
_MOST_LINES = 1_000_000
_piped: list[bytes] = []


class Project(NamedTuple):
    """The paths to look at below one project root, and the project's config."""

    root: str
    paths: tuple[str, ...]
    settings: config.Config
    kube_version: str

    @property
    def whole(self) -> bool:
        """Whether the root itself is among the paths."""
        return os.path.realpath(self.root) in [os.path.realpath(path) for path in self.paths if path != "-"]

    def inside(self, shown: str) -> str:
        """A path as shown -> the path that the config's patterns speak of."""
        return os.path.relpath(shown, self.root).replace(os.sep, "/")


def of_paths(paths: Sequence[str], kube_version: str = "", node_port_range: str | None = None) -> list[Project]:
    """The paths, by the project that they belong to.

    Args:
        paths: files and folders; `-` is standard input.
        kube_version: `1.36`, over the config's.
        node_port_range: `30000-32767`, over the config's, in every cluster.

    Raises:
        SvcgenError: a path that cannot be read, a broken config, a value of the wrong form.
    """
    by_root: dict[str, list[str]] = {}
    for path in paths:
        by_root.setdefault(config.project_root(config.start(path)), []).append(path)
    projects = []
    for root, members in by_root.items():
        settings = config.load(root)
        if node_port_range:
            low, high = config.parse_range(node_port_range, Location("--node-port-range"))
            clusters = tuple(one._replace(low=None, high=None) for one in settings.clusters)
            settings = settings._replace(policy=settings.policy._replace(low=low, high=high), clusters=clusters)
        version = _version(kube_version, "--kube-version") or _version(settings.kube_version, "check.kube_version")
        projects.append(Project(root, tuple(members), settings, version))
    return projects


def _version(text: str | None, where: str) -> str:
    parts = (text or "").removeprefix("v").split(".")
    if text and not (len(parts) in (2, 3) and all(part.isascii() and part.isdigit() for part in parts)):
        raise SvcgenError(f"{text!r} is no Kubernetes version", Location(where), "write it like 1.36")
    return text or ""


class _Share(NamedTuple):
    """What one process has read of a few files."""

    looked: list[Looked]
    taken: list[TakenPort]
    not_judged: list[NotJudged]
    files: int


class Reading:
    """One reading of a project: `facts` knows its settings at once, and its manifests after `gather`."""

    def __init__(self, project: Project) -> None:
        self._project, settings = project, project.settings
        self._listed: dict[str, tuple[list[Folder], list[NotJudged], str]] = {}
        self._clusters = cache(self._cluster_of) if settings.clusters else None
        expected, fixtures = kustomize.of_tests([*self._named(kustomize.TESTS), *self._steps()], _load)
        self.facts = Facts(
            policy=settings.policy,
            kube_version=project.kube_version,
            kustomized=kustomize.read(self._named(kustomize.NAMES), _load)._replace(
                expected=expected, fixtures=fixtures
            ),
            cluster_of=self._clusters,
            policy_of=settings.policy_of if settings.clusters else None,
            ip_families=settings.ip_families,
        )
        self._taken: list[TakenPort] = []
        self._read: set[str] = set()
        self._files = 0

    def _cluster_of(self, shown: str) -> str | None:
        return self._project.settings.cluster_of(self._project.inside(shown))

    def _folders(self, path: str) -> tuple[list[Folder], list[NotJudged], str]:
        """What is below a path, what of it cannot be listed, and what to put before the paths inside."""
        if path not in self._listed:
            shown = config.display(os.path.abspath(path))
            if not os.path.isdir(path):
                where, shown = shown, ""
            elif not os.access(path, os.R_OK | os.X_OK):
                raise SvcgenError(f"cannot read {path}: permission denied")
            else:
                where, shown = path, "" if shown == "." else shown
            not_judged: list[NotJudged] = []
            self._listed[path] = (list(walk(where, not_judged, shown)), not_judged, shown)
        return self._listed[path]

    def _named(self, names: frozenset[str]) -> Iterator[str]:
        """The files of some names in the project, as they are shown; of the asked folders where there is no project."""
        for below, shown in self._all_folders():
            for name in names.intersection(below.names):
                yield os.path.join(shown, below.inside + name)

    def _steps(self) -> Iterator[str]:
        """The files that may be steps of a test of kuttl: `01-install.yaml`. Few are called so, and are looked into."""
        for below, shown in self._all_folders():
            for name in below.names:
                if name[0].isdigit() and name[:2].isdigit() and name[2:3] == "-":
                    path = os.path.join(shown, below.inside + name)
                    if b"kuttl.dev/" in (_load(path) or b""):
                        yield path

    def _all_folders(self) -> Iterator[tuple[Folder, str]]:
        """The folders of the project, or those asked for where there is none, and what to put before their paths."""
        project = self._project
        roots = [project.root] if _is_project(project.root) else [one for one in project.paths if os.path.isdir(one)]
        if project.whole:
            roots = [one for one in project.paths if one != "-" and os.path.samefile(one, project.root)][:1]
        for root in roots:
            folders, _, shown = self._folders(root)
            for below in folders:
                yield below, shown

    def gather(self, run: Run, said: Callable[[int], None]) -> int:
        """Reads what was asked for, and around it the rest of the project: a workload may lie a folder aside.

        Args:
            run: looks at every document that was asked for and may be judged.
            said: called now and then with the number of files read so far.

        Returns:
            How many files were asked for. What could not be judged of them is in `facts.not_judged`.

        Raises:
            SvcgenError: a path that cannot be read.
        """
        # all that is kept stays, so looking for garbage in it would only take time: half of all for a large tree
        collecting = gc.isenabled()
        gc.disable()
        try:
            return self._gather(run, said)
        finally:
            gc.freeze()
            if collecting:
                gc.enable()

    def _gather(self, run: Run, said: Callable[[int], None]) -> int:
        project, facts = self._project, self.facts
        for path in dict.fromkeys(project.paths):
            if path == "-":
                # it is gone once it was read, and findings show its lines
                _piped[:] = [standard_input()]
                documents, failed = read_input(_piped[-1], CHECKED)
                facts.not_judged += failed
                for done in self._look([documents], run.look, said):
                    self._keep(done, run)
            else:
                self._below(path, run.look, said, run)
        files = self._files
        # what comes through a pipe may be another form of the same tree (kustomize, helm), so it stands alone
        if not project.whole and "-" not in project.paths and _is_project(project.root):
            own = tuple(facts.not_judged)
            facts.judge_only(frozenset(self._read))
            self._below(project.root, run.glance, said, None)
            # what cannot be judged elsewhere is no answer to what was asked
            facts.not_judged[:] = own
        facts.taken = TakenPorts(self._taken)
        self._listed.clear()
        return files

    def _below(
        self, path: str, look: Callable[[Document], Looked], said: Callable[[int], None], run: Run | None
    ) -> None:
        folders, unlisted, shown = self._folders(path)
        not_judged = self.facts.not_judged
        not_judged += unlisted

        def work(share: Sequence[Folder]) -> Iterator[_Share]:
            start = len(not_judged)
            for done in self._look(read_documents(share, CHECKED, shown, not_judged), look, said):
                # in the first process they would count twice
                found = not_judged[start:]
                del not_judged[start:]
                yield done._replace(not_judged=found)
                start = len(not_judged)

        shares = _shares(folders)
        if len(shares) > 1:
            # what is learned from the first files is known to every process that starts then
            first = _first(shares[0])
            for done in work(shares[0][:first]):
                self._keep(done, run)
            del shares[0][:first]
        with closing(spread(work, shares)) as found:
            for done in found:
                self._keep(done, run)

    def _look(
        self, files: Iterable[Sequence[Document]], look: Callable[[Document], Looked], said: Callable[[int], None]
    ) -> Iterator[_Share]:
        looked: list[Looked] = []
        taken: list[TakenPort] = []
        before, count = self._files, 0
        for documents in files:
            count += 1
            if not count % _OFTEN:
                said(before + count)
                yield _Share(looked, taken, [], _OFTEN)
                looked, taken = [], []
            # a file may lie below two of the paths
            if not documents or documents[0].path in self._read:
                continue
            for document in documents:
                if self.facts.accepts(document) or self.facts.is_of_use(document):
                    if _names_node_ports(document):
                        # a port that is no number is a finding of the rules, so it is not told a second time
                        taken += taken_ports((document,), self._clusters, spaces=("node",))[0]
                    looked.append(look(document))
                # what other documents speak of, and what speaks of others, is asked for again, and small
                if document.kind in _ASKED_AGAIN:
                    document.rest()
                else:
                    document.forget()
        yield _Share(looked, taken, [], count % _OFTEN)

    def _keep(self, share: _Share, run: Run | None) -> None:
        self._files += share.files
        self._taken += share.taken
        self.facts.not_judged += share.not_judged
        for one in share.looked:
            self.facts.enter(one.document, one.workload)
            self._read.add(one.document.path)
            if run:
                run.keep(one)


def _shares(folders: Sequence[Folder]) -> list[list[Folder]]:
    """The folders in their order, in as many parts as there are processors, of about as many files each."""
    total = sum(len(folder.names) for folder in folders)
    count = processors() if total >= _WORTH_SHARING else 1
    shares: list[list[Folder]] = [[] for _ in range(count)]
    before = 0
    for folder in folders:
        shares[before * count // max(total, 1)].append(folder)
        before += len(folder.names)
    return shares


def _first(folders: Sequence[Folder]) -> int:
    """How many folders hold the first _LEARNED files."""
    count = 0
    for number, folder in enumerate(folders):
        count += len(folder.names)
        if count > _LEARNED:
            return number
    return len(folders)


def lines(path: str) -> Sequence[str]:
    """The lines of a file, or of what came through the pipe; none of a file that cannot be read."""
    text = (_piped[-1] if path == "-" and _piped else _load(path)) or b""
    # as objects so many lines would fill the memory
    return () if text.count(b"\n") > _MOST_LINES else text.decode("utf-8", "replace").split("\n")


def _names_node_ports(document: Document) -> bool:
    """Whether a document is a Service that may hold some, by its words alone."""
    return document.kind == "Service" and ((words := document.words) is None or b"odePort" in words)


def _is_project(root: str) -> bool:
    return any(os.path.exists(os.path.join(root, name)) for name in (".svcgen", ".git"))


def _load(path: str) -> bytes | None:
    try:
        return slurp(path)
    except OSError:
        return None
