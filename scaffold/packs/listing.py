"""Every pack that can be used by its name: what it writes, where it comes from, what it hides."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scaffold import packs
from scaffold.errors import SvcgenError
from scaffold.packs import ejecting, finding

if TYPE_CHECKING:
    from scaffold.packs.ejecting import Copy
    from scaffold.packs.finding import Found
    from scaffold.packs.model import Pack


class Listed(NamedTuple):
    """A pack in the list; `problem` is why it cannot be read, and then there is no `pack`."""

    found: Found
    pack: Pack | None
    hides: tuple[Found, ...]
    copies: tuple[Copy, ...]
    problem: SvcgenError | None


def listed(root: str) -> list[Listed]:
    """The packs of a project root, in the order in which names are looked up; a hidden one stands with what hides it.

    Raises:
        SvcgenError: a folder of packs cannot be read.
    """
    by_name: dict[str, list[Found]] = {}
    for found in finding.in_places(root):
        by_name.setdefault(found.name, []).append(found)
    return [_listed(first, tuple(hidden), root) for first, *hidden in by_name.values()]


def _listed(found: Found, hides: tuple[Found, ...], root: str) -> Listed:
    try:
        pack = packs.read(found, root)
        return Listed(found, pack, hides, tuple(ejecting.copies(pack, root)), None)
    except SvcgenError as error:
        return Listed(found, None, hides, (), error)
