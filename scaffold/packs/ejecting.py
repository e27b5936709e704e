"""Copies of a pack, or of one template, for a project to change; each says what it was copied from."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, NamedTuple

from scaffold import names, packs
from scaffold.errors import SvcgenError
from scaffold.model import Location
from scaffold.packs import finding
from scaffold.packs.texts import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.packs.model import Pack

_SAYS = (
    "Ejected from the {kind} pack {name}, version {version}, digest {digest}; "
    "svcgen templates list says when the original changes"
)
_MARK = re.compile(
    r'Ejected from the (?P<kind>[a-z-]+) pack (?P<name>"(?:[^"\\]|\\.)*"), version (?P<version>"(?:[^"\\]|\\.)*"), '
    r"digest (?P<digest>[0-9a-f]{12});"
)
_BESIDE = ("example.yaml", "examples", "expected")
_COPIES = 500


class Copy(NamedTuple):
    """A file that was copied: its path in the pack, what it was copied from, and what became of that."""

    file: str
    kind: str
    name: str
    version: str
    state: str

    def __str__(self) -> str:
        changed = {"same": "", "changed": "; the original has changed since", "gone": "; the original is gone"}
        what = "" if self.file == "pack.yaml" else f"{self.file} "
        return f"{what}ejected from {self.name} {self.version}{changed[self.state]}"


def whole(pack: Pack, root: str, name: str) -> dict[str, str]:
    """Every file of a pack as a copy of another name: path below the new pack's folder -> text.

    Args:
        pack: what is copied.
        root: the project root.
        name: the folder name of the copy.

    Raises:
        SvcgenError: a file of it cannot be read, or there are too many.
    """
    files = {"pack.yaml": f"# {_says(pack, pack.digest)}\n{_extends_from(pack, root, name)}"}
    files |= {path: _template(pack, path) for path in sorted(pack.texts)}
    for beside in _BESIDE:
        for path in _files(pack.folder, beside):
            files[path] = text(os.path.join(pack.folder, path), f"{pack.origin}/{path}", pack.folder)
            if len(files) > _COPIES:
                raise SvcgenError(f"over {_COPIES} files in one pack", Location(pack.origin))
    return files


def one(pack: Pack, file: str, root: str, name: str) -> dict[str, str]:
    """A pack that extends another and holds a copy of one of its templates.

    Args:
        pack: what is extended.
        file: a template, or the path of a file that the pack writes.
        root: the project root.
        name: the folder name of the new pack.

    Raises:
        SvcgenError: there is no such template; the nearest is named.
    """
    by_path = {one.path: one.template for one in pack.files}
    template = by_path.get(file, file)
    if template not in pack.templates:
        known = [*pack.templates, *by_path]
        near = names.nearest(file, known)
        hint = f"did you mean {near!r}?" if near else f"its templates: {', '.join(sorted(pack.templates))}"
        raise SvcgenError(f"pack {pack.name!r} has no template {file!r}", Location("FILE"), hint)
    owner = pack.templates[template]
    head = f'title: {json.dumps(pack.title, ensure_ascii=False)}\nversion: "1"\nextends: {_above(pack, root, name)}\n'
    return {"pack.yaml": head, template: _template(owner, template)}


def folder_name(pack: Pack) -> str:
    """What a copy of a pack is called: its own name, or the last part of its path or repository."""
    if not finding.is_git(pack.name):
        return os.path.basename(os.path.normpath(pack.folder))
    from scaffold import git

    source = git.parse(pack.name, Location("PACK"))
    return os.path.basename(source.folder or source.url.rstrip("/").removesuffix(".git"))


def copies(pack: Pack, root: str) -> list[Copy]:
    """The files of a pack that were copied from another, and what became of their originals."""
    found = []
    for file, source in (("pack.yaml", pack.source), *pack.texts.items()):
        mark = _MARK.search(source[:2000])
        if mark:
            name, version = json.loads(mark["name"]), json.loads(mark["version"])
            state = _state(pack, file, mark["kind"], name, mark["digest"], root)
            found.append(Copy(file, mark["kind"], name, version, state))
    return found


def _state(pack: Pack, file: str, kind: str, name: str, digest: str, root: str) -> str:
    if kind == "git":
        # a tag or a commit: it cannot change
        return "same"
    try:
        original = _original(pack, kind, name, root)
    except SvcgenError:
        return "gone"
    if file == "pack.yaml":
        return "same" if original.digest == digest else "changed"
    if file not in original.texts:
        return "gone"
    return "same" if _digest(original.texts[file]) == digest else "changed"


def _original(pack: Pack, kind: str, name: str, root: str) -> Pack:
    if finding.is_path(name):
        return packs.load(name, root)
    found = [one for one in finding.by_name(name, root, Location(name)) if one.folder != pack.folder]
    same_kind = [one for one in found if one.kind == kind]
    if not found:
        raise SvcgenError(f"there is no pack {name!r} any more", Location(name))
    return packs.read((same_kind or found)[0], root)


def _says(pack: Pack, digest: str) -> str:
    name, version = json.dumps(pack.name), json.dumps(pack.version)
    return _SAYS.format(kind=pack.kind, name=name, version=version, digest=digest).replace("#}", "# }")


def _template(pack: Pack, path: str) -> str:
    return f"{{# {_says(pack, _digest(pack.texts[path]))} #}}\n{pack.texts[path]}"


def _digest(source: str) -> str:
    from hashlib import sha256

    return sha256(source.encode()).hexdigest()[:12]


def _above(pack: Pack, root: str, name: str) -> str:
    """A pack as a copy in the project names it in `extends`."""
    if pack.kind == "git" or not finding.is_path(pack.name):
        return json.dumps(pack.name) if pack.kind == "git" else pack.name
    return os.path.relpath(pack.folder, os.path.join(finding.project_folder(root), name)).replace(os.sep, "/")


def _extends_from(pack: Pack, root: str, name: str) -> str:
    """The pack.yaml of a pack, still extending the same one when it lies elsewhere."""
    if pack.parent is None or not (finding.is_path(pack.parent.name) or pack.parent.kind == "git"):
        return pack.source
    above = f"extends: {_above(pack.parent, root, name)}"
    changed, count = re.subn(r"(?m)^extends:.*$", lambda _: above, pack.source, count=1)
    if not count:
        place = Location(pack.shown("pack.yaml"))
        raise SvcgenError("extends is not on a line of its own, so it cannot be made to fit the copy", place)
    return changed


def _files(folder: str, beside: str) -> Iterator[str]:
    path = os.path.join(folder, beside)
    if os.path.isfile(path):
        yield beside
    elif os.path.isdir(path):
        for above, _, found in os.walk(path):
            for file in sorted(found):
                yield os.path.relpath(os.path.join(above, file), folder).replace(os.sep, "/")
