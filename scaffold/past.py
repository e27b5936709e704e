"""What svcgen wrote the last time: the App spec as it was then, rendered with the pack of then.

It is the base of every update. An App spec says which pack rendered it (`template.digest`) and whether it was edited
since (`rendered`), so the base is either known for certain or not known; nothing is guessed.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold import git, packs, spec
from scaffold.errors import SvcgenError
from scaffold.model import Location, PortPlan, as_saved
from scaffold.own_files import one_mapping
from scaffold.packs import finding
from scaffold.recover import recovered
from scaffold.render import Renderer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from scaffold.model import AppSpec, RenderedFile
    from scaffold.packs.model import Pack
    from scaffold.sources.apps import Saved

# so many commits that touched a file or a pack are looked at
_COMMITS = 300
# and so many manifests of one app
_MANIFESTS = 50
_OLD_BUILT_IN = ".versions"


class Past(NamedTuple):
    """What svcgen wrote the last time for one app: the spec and the files. `pack` is its name and version."""

    app: AppSpec
    plan: PortPlan
    files: tuple[RenderedFile, ...]
    pack: str


class Unknown(NamedTuple):
    """Why it cannot be said what svcgen wrote the last time."""

    reason: str


class History:
    """Looks for old specs and old packs in a project; each pack once."""

    def __init__(self, root: str, present: Callable[[AppSpec], Renderer]) -> None:
        """Takes the project root, and what gives the renderer of an app's pack as it is now."""
        self._root = root
        self._present = present
        self._found: dict[tuple[str, str], Renderer | Unknown] = {}

    def of(self, saved: Saved, secrets: Mapping[str, Any]) -> Past | Unknown:
        """What svcgen wrote the last time for a saved app.

        Args:
            saved: its spec as it is now.
            secrets: answers that are not saved.

        Raises:
            SvcgenError: an answer that is not saved is missing, or the old pack fails.
        """
        app = self._spec(saved)
        if isinstance(app, Unknown):
            return app
        renderer = self._renderer(app)
        if isinstance(renderer, Unknown):
            return renderer
        asked = {question.name for question in renderer.pack.questions if question.secret}
        answered = {**app.answers, **{name: value for name, value in secrets.items() if name in asked}}
        plan = as_saved(app._replace(answers=answered))
        files = renderer.render(plan, renderer.answers(plan))
        return Past(app, as_saved(app), files, f"{app.pack} {app.pack_version or ''}".strip())

    # --- specs

    def _spec(self, saved: Saved) -> AppSpec | Unknown:
        app = saved.app
        if app.rendered is None or spec.digest(app) == app.rendered:
            return app
        for text in _versions(saved.path, self._root):
            found = _parsed(text)
            if found and spec.digest(found) == app.rendered:
                return found
        texts = _manifests(os.path.join(self._root, app.output or app.name))
        return recovered(app, texts) or Unknown(
            "the App spec was edited, and what it said before is neither in git's history nor in the manifests"
        )

    # --- packs

    def _renderer(self, app: AppSpec) -> Renderer | Unknown:
        key = (app.pack, app.pack_digest or "")
        if key not in self._found:
            self._found[key] = self._look_for(app)
        return self._found[key]

    def _look_for(self, app: AppSpec) -> Renderer | Unknown:
        now: Renderer | SvcgenError
        try:
            now = self._present(app)
        except SvcgenError as error:
            now = error
        if app.pack_digest is None:
            return Unknown("the App spec does not say which pack rendered it: an older svcgen wrote it")
        if isinstance(now, Renderer) and now.pack.digest == app.pack_digest:
            return now
        for pack in self._old_packs(app, now.pack if isinstance(now, Renderer) else None):
            if pack.digest == app.pack_digest:
                return Renderer(pack)
        return Unknown(f"pack {app.pack!r} as it was then (version {app.pack_version or '?'}) is not at hand")

    def _old_packs(self, app: AppSpec, now: Pack | None) -> Iterator[Pack]:
        """Packs that may be the one of then, the likeliest first. What cannot be read is no candidate."""
        if finding.is_git(app.pack):
            with suppress(SvcgenError):
                yield packs.load(app.pack, self._root, commit=app.pack_commit)
        if not finding.is_git(app.pack) and not finding.is_path(app.pack):
            yield from _built_in(app.pack, now)
        yield from self._committed(app.pack, now)

    def _committed(self, name: str, now: Pack | None) -> Iterator[Pack]:
        """The packs of a project as its commits have them, newest first, over the built-in ones of now and of then."""
        folders = _own_folders(now) or [os.path.join(finding.project_folder(self._root), name)]
        top = _top(folders[0] if os.path.isdir(folders[0]) else self._root)
        if top is None:
            return
        inside = [os.path.relpath(os.path.realpath(folder), top) for folder in folders]
        inside = [path.replace(os.sep, "/") for path in inside if not path.startswith("..")]
        own_root = os.path.relpath(os.path.realpath(self._root), top)
        for commit in _commits(top, inside):
            files = files_at(top, commit, inside)
            for parents in _old_parents(now):
                with tempfile.TemporaryDirectory(prefix="svcgen-") as work, suppress(SvcgenError):
                    yield _unpacked(name, inside[0], files, parents, work, own_root)


def old_built_in(name: str) -> list[str]:
    """The folders of earlier versions of a built-in pack, newest first."""
    place = os.path.join(finding.built_in(), _OLD_BUILT_IN, name)
    names = sorted(os.listdir(place), reverse=True) if os.path.isdir(place) else []
    return [os.path.join(place, one) for one in names]


def _built_in(name: str, now: Pack | None) -> Iterator[Pack]:
    """The versions of a built-in pack, over those of the built-in packs that it extends."""
    parents = now.parent if now else None
    for folder in (os.path.join(finding.built_in(), name), *old_built_in(name)):
        for chosen in _old_parents(parents):
            with tempfile.TemporaryDirectory(prefix="svcgen-") as work, suppress(SvcgenError):
                _link(chosen, work)
                yield packs.read(finding.Found(name, "built-in", folder, folder), work)


def _own_folders(now: Pack | None) -> list[str]:
    """The folders of a pack, and of those that it extends, that are somebody's own."""
    chain = list(now.chain) if now else []
    return [one.folder for one in chain if one.kind in ("project", "path", "user")]


def _old_parents(now: Pack | None) -> Iterator[dict[str, str]]:
    """For each built-in pack that a pack extends: as it is now (left out), or the folder of an earlier version."""
    names = [one.name for one in now.chain if one.kind == "built-in"] if now else []
    choices = [[(name, None), *((name, folder) for folder in old_built_in(name))] for name in names]
    for chosen in product(*choices):
        yield {name: folder for name, folder in chosen if folder is not None}


def _unpacked(
    name: str, inside: str, files: Mapping[str, bytes], parents: Mapping[str, str], work: str, own_root: str
) -> Pack:
    """A pack from the files of a commit, read in a folder that may vanish afterwards."""
    root = os.path.normpath(os.path.join(work, own_root))
    for path, data in files.items():
        target = os.path.join(work, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(data)
    _link(parents, root)
    folder = os.path.join(work, inside)
    return packs.read(finding.Found(name, "project", folder, inside), root)


def _link(parents: Mapping[str, str], root: str) -> None:
    """Makes packs those that a project has under their names; its own stay."""
    for name, folder in parents.items():
        place = os.path.join(finding.project_folder(root), name)
        if not os.path.exists(place):
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.symlink(folder, place)


# --- git -------------------------------------------------------------------------------------------------------------


def _git(words: Sequence[str], folder: str, stdin: bytes = b"") -> bytes | None:
    """What git says; None where it is not there, or fails: then there is no history."""
    try:
        done = git.run(["--literal-pathspecs", *words], folder, stdin=stdin)
    except SvcgenError:
        return None
    return done.stdout if done.returncode == 0 else None


def _top(folder: str) -> str | None:
    found = _git(["rev-parse", "--show-toplevel"], folder)
    return os.path.realpath(os.fsdecode(found.rstrip(b"\n"))) if found else None


def _commits(top: str, paths: Sequence[str]) -> list[str]:
    """The commits that touched paths, newest first."""
    found = _git(["log", f"--max-count={_COMMITS}", "--no-show-signature", "--format=%H", "HEAD", "--", *paths], top)
    return found.decode().split() if found else []


def files_at(top: str, commit: str, paths: Sequence[str]) -> dict[str, bytes]:
    """The regular files below paths in a commit of a repository. Nothing is checked out, no filter is run."""
    listed = _git(["ls-tree", "-r", "-z", commit, "--", *paths], top) or b""
    blobs = {}
    for line in listed.split(b"\0")[:-1]:
        head, _, name = line.partition(b"\t")
        mode, kind, blob = head.split()
        if kind == b"blob" and mode != b"120000":
            blobs[os.fsdecode(name)] = blob.decode()
    found = zip(blobs, git.contents(list(blobs.values()), top), strict=True)
    return {path: data for path, data in found if data is not None}


def _versions(path: str, root: str) -> Iterator[bytes]:
    """The texts that a file of the project had: in the index, then in the commits, newest first."""
    relative = "./" + os.path.relpath(path, root).replace(os.sep, "/")
    staged = _git(["show", f":{relative}"], root)
    if staged is not None:
        yield staged
    for commit in _commits(root, [relative]):
        text = _git(["show", f"{commit}:{relative}"], root)
        if text is not None:
            yield text


def _manifests(folder: str) -> list[bytes]:
    """The first YAML files below a folder; what cannot be read is left out."""
    found: list[bytes] = []
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(place, name)
            if name.endswith((".yaml", ".yml")) and os.path.isfile(path) and len(found) < _MANIFESTS:
                with suppress(OSError), open(path, "rb") as file:
                    found.append(file.read())
    return found


def _parsed(text: bytes) -> AppSpec | None:
    try:
        document = one_mapping(text, "an older App spec", SvcgenError("no App spec", Location("")))
        return spec.parse(spec.from_document(document)) if document else None
    except SvcgenError:
        return None
