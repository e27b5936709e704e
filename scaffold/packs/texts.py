"""The files of a pack, read: bounded, and never from outside the pack's folder."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from scaffold.errors import SvcgenError
from scaffold.model import Location
from scaffold.own_files import one_mapping, refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.packs.finding import Found

KEYS = ("title", "version", "svcgen", "extends", "files", "environments", "namespaces", "questions", "policy", "next")

_FILE_SIZE = 1 << 20
_FILES = 500
_ENTRIES = 20_000
# folders that hold no templates
_BESIDE = (".git", "expected", "examples")


def read_document(found: Found) -> tuple[Document, str]:
    """The pack.yaml of a folder, and its text.

    Raises:
        SvcgenError: unreadable, no regular file, no mapping, or an unknown key (with the nearest).
    """
    if found.problem:
        raise found.problem
    shown = f"{found.shown}/pack.yaml"
    wrong = SvcgenError("a pack.yaml is one mapping", Location(shown), f"its keys are {', '.join(KEYS)}")
    raw = text(os.path.join(found.folder, "pack.yaml"), shown, found.folder)
    document = one_mapping(raw.encode(), shown, wrong)
    if document is None:
        raise wrong
    refuse_unknown(document, document.data, KEYS)
    for path, line in document.duplicates():
        raise SvcgenError(f"the key {path[-1]!r} is there twice", Location(shown, line), "leave one of the two")
    return document, raw


def text(path: str, shown: str, folder: str) -> str:
    """The text of one of a pack's files.

    Raises:
        SvcgenError: unreadable, too large, not UTF-8, or outside the pack's folder (through a link).
    """
    real = os.path.realpath(path)
    if not real.startswith(os.path.join(os.path.realpath(folder), "")):
        raise SvcgenError("the file lies outside the pack: it is a link", Location(shown), "copy it into the pack")
    try:
        status = os.stat(real)
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
            raise SvcgenError(f"cannot read: it is {what}", Location(shown))
        if status.st_size > _FILE_SIZE:
            raise SvcgenError("larger than 1 MB, no file of a pack is", Location(shown))
        with open(real, "rb") as file:
            return file.read(_FILE_SIZE + 1).decode("utf-8").removeprefix("\ufeff")
    except OSError as error:
        raise SvcgenError(f"cannot read: {error.strerror}", Location(shown)) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SvcgenError("the file is not UTF-8", Location(shown, line)) from None


def read_templates(found: Found) -> dict[str, str]:
    """The text of every template of a pack, by its path below the pack's folder.

    Raises:
        SvcgenError: one cannot be read, or there are too many.
    """
    paths = sorted(_templates(found))
    if len(paths) > _FILES:
        raise SvcgenError(f"over {_FILES} templates in one pack", Location(found.shown))
    return {path: text(os.path.join(found.folder, path), f"{found.shown}/{path}", found.folder) for path in paths}


def _templates(found: Found) -> Iterator[str]:
    """The paths of the templates in a folder and below, links to folders left out."""
    left, seen = [""], 0
    while left:
        below = left.pop()
        try:
            with os.scandir(os.path.join(found.folder, below)) as entries:
                inside = list(entries)
        except OSError as error:
            place = Location(f"{found.shown}/{below}".rstrip("/"))
            raise SvcgenError(f"cannot read: {error.strerror}", place) from None
        seen += len(inside)
        if seen > _ENTRIES:
            raise SvcgenError(
                f"over {_ENTRIES:,} files below one pack", Location(found.shown), "give the pack a folder of its own"
            )
        for entry in inside:
            if entry.name.endswith(".j2"):
                yield below + entry.name
            elif entry.is_dir(follow_symlinks=False) and entry.name not in _BESIDE:
                left.append(f"{below}{entry.name}/")
