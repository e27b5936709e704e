"""Where a pack comes from: a path, the project, the user, or svcgen itself. The first that has the name wins."""

import os
from collections.abc import Iterator
from typing import NamedTuple

from scaffold import names
from scaffold.config import display
from scaffold.errors import SvcgenError
from scaffold.model import Location
from scaffold.packs.model import Kind


class Found(NamedTuple):
    """The folder of a pack. `shown` is the folder as messages name it."""

    name: str
    kind: Kind
    folder: str
    shown: str
    commit: str | None = None


def built_in() -> str:
    """The folder of the packs that come with svcgen: inside the wheel, or at the top of a checkout."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(here, "templates")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(here), "templates")


def places(root: str) -> tuple[tuple[Kind, str], ...]:
    """The folders whose folders are packs, first wins; installed packages come before what is built in."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return (
        ("project", os.path.join(root, ".svcgen", "templates")),
        ("user", os.path.join(home, "svcgen", "templates")),
        ("built-in", built_in()),
    )


def is_path(name: str) -> bool:
    """Whether a pack is named by its path, not by a name."""
    return "/" in name or name in (".", "..")


def find(name: str, root: str, base: str, asked: Location) -> Iterator[Found]:
    """Every folder that a name could mean, the one that wins first.

    Args:
        name: a name, or a path.
        root: the project root.
        base: the folder that a relative path starts at.
        asked: where the name stands, for messages.

    Raises:
        SvcgenError: there is no such pack; the nearest names are given.
    """
    if is_path(name):
        folder = os.path.normpath(os.path.join(base, name))
        if not os.path.lexists(os.path.join(folder, "pack.yaml")):
            what = "is no folder" if os.path.lexists(folder) and not os.path.isdir(folder) else "holds no pack.yaml"
            raise SvcgenError(f"{display(folder)} {what}", asked, "a pack is a folder with a pack.yaml")
        yield Found(name, "path", folder, display(folder))
        return
    known: list[str] = []
    found = False
    for kind, place in places(root):
        folder = os.path.join(place, name)
        if os.path.lexists(os.path.join(folder, "pack.yaml")):
            found = True
            yield Found(name, kind, folder, display(folder))
        elif not found:
            known += _names(place)
    if not found:
        near = names.nearest(name, known)
        hint = f"did you mean {near!r}?" if near else f"known packs: {', '.join(dict.fromkeys(known))}"
        raise SvcgenError(f"there is no pack {name!r}", asked, f"{hint}; a path needs a /" if not near else hint)


def _names(place: str) -> list[str]:
    try:
        found = sorted(os.listdir(place))
    except OSError:
        return []
    return [name for name in found if os.path.lexists(os.path.join(place, name, "pack.yaml"))]
