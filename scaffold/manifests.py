"""The manifests of a project -> the facts that rules look at, and what they say of each manifest alone."""

from __future__ import annotations

import gc
import os
from contextlib import closing, nullcontext
from functools import cache
from typing import TYPE_CHECKING

from scaffold import kustomize
from scaffold.errors import SvcgenError
from scaffold.facts import Facts
from scaffold.gitops import Destinations
from scaffold.kinds import CHECKED
from scaffold.looking import Looking
from scaffold.model import TakenPorts
from scaffold.shelf import Shelf
from scaffold.sources.files import decoded, slurp, standard_input
from scaffold.sources.tree import OFTEN, read_input, texts
from scaffold.sources.walk import walk
from scaffold.spread import nameless, processors, shares, spread
from scaffold.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from scaffold.checks import Looked, Run
    from scaffold.documents import Document
    from scaffold.looking import Seen, Share
    from scaffold.model import NotJudged, TakenPort
    from scaffold.projects import Project
    from scaffold.remembered import Memory
    from scaffold.sources.walk import Folder

# a process more costs as much as reading some hundred files
_WORTH_SHARING = 2000
# a tree of fewer files takes a second or two and little memory: all of it stays there, and nothing in the user's cache
_LARGE_TREE = 20_000
# after so many files little new is learned of which rules concern what
_LEARNED = 200
_MOST_LINES = 1_000_000
_piped: list[bytes] = []


class Reading:
    """One reading of a project: `facts` knows its settings at once, and its manifests after `gather`."""

    def __init__(self, project: Project, said: Callable[..., None], against: str | None = None) -> None:
        """Lists the files, and reads what kustomizations and tests say of them.

        Args:
            project: what to read.
            said: called now and then with a number of files, and with what was done to them if they were not read.
            against: a commit to hold the objects against.

        Raises:
            SvcgenError: no such commit.
        """
        self._project, self._said, settings = project, said, project.settings
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
        self.facts.destinations = Destinations(self._manifests, _load, project.inside)
        if against:
            # most runs need no git
            from scaffold.earlier import read_earlier

            earlier = read_earlier(project.root, against, project.inside)
            self.facts.against, self.facts.earlier = against, earlier.of
            self.facts.not_judged += earlier.not_judged
        self._taken: list[TakenPort] = []
        self._read: set[str] = set()
        self._asked: set[str] = set()
        self._files = 0

    def _cluster_of(self, shown: str) -> str | None:
        return self._project.settings.cluster_of(self._project.inside(shown))

    def _folders(self, path: str) -> tuple[list[Folder], list[NotJudged], str]:
        """What is below a path, what of it cannot be listed, and what to put before the paths inside."""
        if path not in self._listed:
            shown = self._project.shown(path)
            if not os.path.isdir(path):
                where, shown = shown, ""
            elif not os.access(path, os.R_OK | os.X_OK):
                raise SvcgenError(f"cannot read {path}: permission denied")
            else:
                where, shown = path, "" if shown == "." else shown
            not_judged: list[NotJudged] = []
            folders = list(self._told(walk(where, not_judged, shown)))
            if shown.startswith(os.pardir) and self._project.around:
                # from above the current folder a file has the name that it has from there
                folders, shown = [one.named(os.path.relpath(one.path)) for one in folders], ""
            self._listed[path] = (folders, not_judged, shown)
        return self._listed[path]

    def _told(self, folders: Iterable[Folder]) -> Iterator[Folder]:
        """The same folders; that they are listed is told, for what nobody has asked for lately takes seconds."""
        files = 0
        for number, folder in enumerate(folders):
            files += len(folder.names)
            if not number % OFTEN:
                self._said(files, "files found")
            yield folder

    def _named(self, names: frozenset[str]) -> Iterator[str]:
        """The files of some names in the project, as they are shown; of the asked folders where there is no project."""
        for below, shown in self._all_folders():
            for name in names.intersection(below.names):
                yield os.path.join(shown, below.inside + name)

    def _steps(self) -> Iterator[str]:
        """The files that may be steps of a test of kuttl: `01-install.yaml`. Few are called so, and are looked into."""
        for below, shown in self._all_folders():
            for name in below.names:
                # the first letter alone tells of most that they are none
                if name[0].isdigit() and name[: name.find("-")].isdigit():
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

    def _manifests(self) -> Iterator[str]:
        """The files of the project, as they are shown."""
        for below, shown in self._all_folders():
            for name in () if below.piped else below.names:
                yield os.path.join(shown, below.inside + name)

    def gather(self, run: Run) -> int:
        """Reads what was asked for, and around it the rest of the project: a workload may lie a folder aside.

        Args:
            run: looks at every document that was asked for and may be judged.

        Returns:
            How many files were asked for. What could not be judged of them is in `facts.not_judged`.

        Raises:
            SvcgenError: a path that cannot be read.
        """
        # all that is kept stays, so looking for garbage in it would only take time: half of all for a large tree
        collecting = gc.isenabled()
        gc.disable()
        try:
            return self._gather(run)
        finally:
            gc.freeze()
            if collecting:
                gc.enable()

    def _gather(self, run: Run) -> int:
        project, facts = self._project, self.facts
        for path in dict.fromkeys(project.paths):
            if path == "-":
                # it is gone once it was read, and findings show its lines
                _piped[:] = [standard_input()]
                documents, failed = read_input(_piped[-1], CHECKED)
                facts.not_judged += failed
                self._keep(Looking(facts, run.look, self._clusters).at(documents), run)
                self._files += 1
            else:
                self._below(path, run.look, run)
        files = self._files
        own = tuple(facts.not_judged)
        # what comes through a pipe may be another form of the same tree (kustomize, helm), so it stands alone
        if not project.whole and "-" not in project.paths and _is_project(project.root):
            facts.judge_only(frozenset(self._read))
            self._below(project.root, run.glance, None)
        facts.unread = Unread(tuple(facts.not_judged), _text_of)
        # what cannot be judged elsewhere is no answer to what was asked
        facts.not_judged[:] = own
        facts.taken = TakenPorts(self._taken)
        self._listed.clear()
        return files

    def _below(self, path: str, look: Callable[[Sequence[Document]], list[Looked]], run: Run | None) -> None:
        folders, unlisted, shown = self._folders(path)
        self.facts.not_judged += unlisted
        if len(self._project.paths) > 1 or not self._project.whole:
            folders = self._not_yet_asked(folders, shown)
        large = _files(folders) >= _LARGE_TREE
        if large and not self.facts.shelf:
            self.facts.shelf = Shelf(nameless)
        memory = self._memory(path, folders[0].root, shown, run) if large else None
        looking = Looking(self.facts, look, self._clusters, memory)

        def work(share: Sequence[Folder]) -> Iterator[Share]:
            before = self._files
            files = texts(share, CHECKED, shown, self.facts.not_judged)
            return looking.shares(files, lambda count: self._said(before + count))

        def keep(share: Share) -> None:
            self._files += share.files
            self._keep(share.seen, run)
            if memory and share.answer:
                self._keep(memory.take(share.answer), run)

        parts = _shares(folders)
        with closing(memory) if memory else nullcontext():
            if len(parts) > 1:
                # what is learned from the first files is known to every process that starts then
                first = _first(parts[0])
                for done in work(parts[0][:first]):
                    keep(done)
                del parts[0][:first]
            with closing(spread(work, parts)) as found:
                for done in found:
                    keep(done)
            if memory:
                memory.save()

    def _not_yet_asked(self, folders: Iterable[Folder], shown: str) -> list[Folder]:
        """The folders without the files that were read before: a file may lie below two of the paths."""
        left = []
        for folder in folders:
            found = {os.path.join(shown, folder.inside + name): name for name in folder.names}
            left.append(folder._replace(names=tuple(found[one] for one in found if one not in self._asked)))
            self._asked.update(found)
        return left

    def _memory(self, path: str, root: str, shown: str, run: Run | None) -> Memory | None:
        """What earlier runs saw below a path: by all that rules hear which look at one object alone.

        Args:
            path: where it is.
            root: the same, as files are read again that have their names from there.
            shown: what to put before the paths inside.
            run: knows the rules; None where nothing is judged.
        """
        # it loads pickle and hashlib, which no smaller tree needs
        from scaffold import remembered

        settings = self._project.settings
        asked = (settings.policy, settings.clusters, settings.ip_families, self.facts.kube_version, run and run.rules)
        return remembered.memory(os.path.abspath(path), root, shown, repr(asked))

    def _keep(self, seen: Seen, run: Run | None) -> None:
        self._taken += seen.taken
        self.facts.not_judged += seen.not_judged
        facts, shelf = self.facts, self.facts.shelf
        for document, _, workload, selector, *_ in seen.looked:
            facts.enter(document, workload or facts.summary(document), selector)
        self._read.update(one.document.path for one in seen.looked)
        if shelf:
            for one in seen.looked:
                one.document.lay_down(shelf)
        if run:
            for one in seen.looked:
                run.keep(one)


def _files(folders: Iterable[Folder]) -> int:
    return sum(len(folder.names) for folder in folders)


def _shares(folders: Sequence[Folder]) -> list[list[Folder]]:
    """The folders in their order, in as many parts as there are processors."""
    count = processors() if _files(folders) >= _WORTH_SHARING else 1
    return shares(folders, [len(folder.names) for folder in folders], count)


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
    text = _text_of(path) or b""
    # as objects so many lines would fill the memory
    return () if text.count(b"\n") > _MOST_LINES else decoded(text).split("\n")


def _is_project(root: str) -> bool:
    return any(os.path.exists(os.path.join(root, name)) for name in (".svcgen", ".git"))


def _text_of(path: str) -> bytes | None:
    return _piped[-1] if path == "-" and _piped else _load(path)


def _load(path: str) -> bytes | None:
    try:
        return slurp(path)
    except OSError:
        return None
