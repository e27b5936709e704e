"""Where a pack comes from: a path, the project, the user, an installed package, git, or svcgen itself.

The first that has the name wins, so a project can put its own in the place of `default`.
"""

import os
from collections.abc import Iterator
from typing import NamedTuple

from scaffold import names
from scaffold.config import display
from scaffold.errors import SvcgenError
from scaffold.model import Location
from scaffold.packs.model import Kind


class Found(NamedTuple):
    """The folder of a pack. `shown` is the folder as messages name it, `source` who brings it.

    `problem` is there in place of a folder that cannot be found.
    """

    name: str
    kind: Kind
    folder: str
    shown: str
    source: str = ""
    commit: str | None = None
    problem: SvcgenError | None = None


def built_in() -> str:
    """The folder of the packs that come with svcgen: inside the wheel, or at the top of a checkout."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(here, "templates")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(here), "templates")


def project_folder(root: str) -> str:
    """The folder of a project's own packs."""
    return os.path.join(root, ".svcgen", "templates")


def is_git(name: str) -> bool:
    """Whether a pack is named by its repository."""
    return name.startswith("git+")


def is_path(name: str) -> bool:
    """Whether a pack is named by its path, not by a name."""
    return not is_git(name) and ("/" in name or name in (".", ".."))


def in_places(root: str) -> Iterator[Found]:
    """Every pack that can be named by a name, the one that wins first."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    yield from _in_folder("project", project_folder(root))
    yield from _in_folder("user", os.path.join(home, "svcgen", "templates"))
    from scaffold.packs.installed import offers

    for offer in offers():
        try:
            folder = offer.folder()
        except SvcgenError as error:
            yield Found(offer.name, "package", "", offer.value, offer.package, problem=error)
        else:
            yield Found(offer.name, "package", folder, display(folder), offer.package)
    yield from _in_folder("built-in", built_in())


def _in_folder(kind: Kind, place: str) -> Iterator[Found]:
    try:
        found = sorted(os.listdir(place))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise SvcgenError(f"cannot read: {error.strerror}", Location(display(place))) from None
    for name in found:
        folder = os.path.join(place, name)
        if not name.startswith(".") and _is_pack(folder):
            yield Found(name, kind, folder, display(folder))


def _is_pack(folder: str) -> bool:
    """Whether there is a pack.yaml, and also when that cannot be known: reading it then says why."""
    try:
        os.lstat(os.path.join(folder, "pack.yaml"))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def by_name(name: str, root: str, asked: Location) -> Iterator[Found]:
    """Every pack of a name, the one that wins first.

    Args:
        name: the name.
        root: the project root.
        asked: where the name stands, for messages.

    Raises:
        SvcgenError: there is no such pack; the nearest names are given.
    """
    known: list[str] = []
    found = False
    for one in in_places(root):
        known.append(one.name)
        if one.name == name:
            found = True
            yield one
    if not found:
        empty = os.path.join(project_folder(root), name)
        if os.path.isdir(empty):
            raise SvcgenError(
                f"there is no pack.yaml in {display(empty)}", asked, "a pack is a folder with a pack.yaml"
            )
        near = names.nearest(name, known)
        listed = f"known packs: {', '.join(dict.fromkeys(known))}; a path needs a /"
        raise SvcgenError(f"there is no pack {name!r}", asked, f"did you mean {near!r}?" if near else listed)


def by_path(name: str, base: str, asked: Location) -> Found:
    """The pack in a folder.

    Args:
        name: the path.
        base: the folder that a relative path starts at.
        asked: where the path stands, for messages.

    Raises:
        SvcgenError: there is no pack.yaml.
    """
    folder = os.path.normpath(os.path.join(base, name))
    if _is_pack(folder):
        return Found(name, "path", folder, display(folder))
    why = "" if os.path.isdir(folder) else ", which is no folder" if os.path.lexists(folder) else ", which is not there"
    raise SvcgenError(f"there is no pack.yaml in {display(folder)}{why}", asked, "a pack is a folder with a pack.yaml")


def in_git(name: str, asked: Location, *, trust: bool, commit: str | None = None, pinned: str | None = None) -> Found:
    """The pack in a folder of a repository, fetched if it is not there yet.

    Raises:
        SvcgenError: as `git.fetch`, or the folder holds no pack.yaml.
    """
    from scaffold import git

    source = git.parse(name, asked)
    fetched = git.fetch(source, asked, trust=trust, commit=commit, pinned=pinned)
    if not _is_pack(fetched.folder):
        inside = [one.name for one in _in_folder("git", fetched.folder)]
        raise SvcgenError(
            f"there is no pack.yaml in {name}",
            asked,
            f"name the folder: {source._replace(folder='/'.join(filter(None, (source.folder, inside[0])))).name}"
            if inside
            else f"a pack is a folder with a pack.yaml: {git.FORM}",
        )
    return Found(name, "git", fetched.folder, name, source.url, fetched.commit)
