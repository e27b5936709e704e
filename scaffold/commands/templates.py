"""`svcgen templates`: which packs there are, what one asks and offers, and copies to change."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from scaffold import packs, summary
from scaffold.answers import missing_for
from scaffold.config import display, load, project_root
from scaffold.errors import SvcgenError
from scaffold.model import Location
from scaffold.packs import ejecting, finding
from scaffold.write import compare, lock, write_all

if TYPE_CHECKING:
    from scaffold.packs.model import Pack

_PACK = Location("PACK")


def list_packs(output: str) -> int:
    """Prints every pack that can be named; returns the exit code, 2 when one cannot be read.

    Raises:
        SvcgenError: a folder of packs cannot be read.
    """
    from scaffold.packs.listing import listed
    from scaffold.report.packs import list_as_json, list_as_text

    found = listed(project_root(os.getcwd()))
    sys.stdout.write(list_as_json(found) if output == "json" else list_as_text(found))
    return 2 if any(one.problem for one in found) else 0


def show(pack: str | None, output: str, *, trust: bool) -> int:
    """Prints what a pack asks, allows and offers to its templates; returns the exit code.

    Raises:
        SvcgenError: no such pack, or something in it is wrong.
    """
    from scaffold.pack_reference import reference
    from scaffold.report.packs import show_as_json, show_as_text

    root = project_root(os.getcwd())
    found = reference(_load(pack, root, trust=trust))
    sys.stdout.write(show_as_json(found) if output == "json" else show_as_text(found))
    return 0


def eject(pack: str | None, file: str | None, name: str | None, *, force: bool, trust: bool) -> int:
    """Copies a pack, or one of its templates, into the project; returns the exit code.

    Raises:
        SvcgenError: no such pack or file, or a copy is there already and would be overwritten.
    """
    root = project_root(os.getcwd())
    source = _load(pack, root, trust=trust)
    name = name or ejecting.folder_name(source)
    folder = os.path.join(finding.project_folder(root), name)
    _refuse_name(name, folder, source)
    files = ejecting.whole(source, root, name) if file is None else ejecting.one(source, file, root, name)
    template = next(path for path in files if path != "pack.yaml") if file is not None else None
    if template and os.path.exists(os.path.join(folder, "pack.yaml")):
        # a pack of one's own stays as it is; only the template is added
        del files["pack.yaml"]
    targets = {os.path.join(folder, path): text for path, text in files.items()}
    with lock(root):
        changes = compare(targets, {path: display(path) for path in targets})
        edited = [one for one in changes if one.state == "changed"]
        if edited and not force:
            there = ", ".join(one.shown for one in edited)
            raise SvcgenError(
                f"{there}: there already\n{summary.diff(edited)}".rstrip(), None, "add --force to overwrite"
            )
        result = write_all(changes)
    for state, paths in result._asdict().items():
        for path in paths:
            print(f"{state:<10}{path}")
    _say_next(source, display(folder), name, template)
    return 0


def _load(pack: str | None, root: str, *, trust: bool) -> Pack:
    """A pack by name, by a path from the current folder, or the one that the project uses."""
    if pack is None:
        return packs.load(str(load(root).defaults.get("template") or "default"), root, _PACK, trust=trust)
    return packs.load(os.path.abspath(pack) if finding.is_path(pack) else pack, root, _PACK, trust=trust)


def _refuse_name(name: str, folder: str, source: Pack) -> None:
    if not name or "/" in name or os.sep in name or name.startswith(".") or finding.is_git(name):
        raise SvcgenError(f"{name!r} is no name of a pack", Location("--name"), "write it like --name acme")
    if os.path.realpath(folder) == os.path.realpath(source.folder):
        raise SvcgenError(
            f"{display(folder)} is the pack itself", Location("--name"), "take another name: --name my-own"
        )


def _say_next(source: Pack, folder: str, name: str, template: str | None) -> None:
    hides = f"; it comes before the {source.kind} pack {name}" if name == source.name else ""
    print(f"\nnext: edit what is in {folder}{hides}")
    if template is not None:
        print(f'      to change one block only, let {template} be {{% extends "{template}" %}} and that block')
    print(f"      svcgen templates show {name}")
    needed = "".join(f" {flag}" for flag in missing_for(source, {}))
    print(f"      svcgen new my-service --image nginx:1.27 -p http=80 -t {name}{needed} -o yaml --no-input")
