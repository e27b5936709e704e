"""Template packs: found by name or path, read, with everything that they inherit.

`load` -> `Pack`: files, questions and policy of the whole chain, and the texts of the templates. What is asked is
answered by `questions.answers`, what the policy says is held by `policy.hold`; `render.Renderer` brings it together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.errors import SvcgenError
from scaffold.model import Location
from scaffold.packs import finding, reading, texts

if TYPE_CHECKING:
    from scaffold.packs.finding import Found
    from scaffold.packs.model import Pack

_LONGEST_CHAIN = 20


def load(name: str, root: str, asked: Location | None = None) -> Pack:
    """Finds and reads a pack, and all that it extends.

    Args:
        name: a name, or a path (anything with a `/`, or `.`) from the project root.
        root: the project root.
        asked: where the name stands, for messages; `--template` without.

    Raises:
        SvcgenError: no such pack (the nearest is named), or its `pack.yaml` is wrong (with line and column).
    """
    found = next(finding.find(name, root, root, asked or Location("--template")))
    return _load(found, root, ())


def _load(found: Found, root: str, below: tuple[Found, ...]) -> Pack:
    chain = (*below, found)
    document, source = texts.read_document(found)
    reading.refuse_newer(document)
    templates = texts.read_templates(found)
    above = document.data.get("extends")
    parent = None
    if above is not None:
        if not isinstance(above, str) or not above:
            raise SvcgenError(f"extends is {above!r}, not a pack", document.location("extends"), "extends: default")
        parent = _load(_parent(above, chain, root, document.location("extends")), root, chain)
    pack = reading.build(found, document, templates, parent)._replace(source=source)
    return pack._replace(digest=_digest(pack))


def _parent(name: str, chain: tuple[Found, ...], root: str, asked: Location) -> Found:
    """The pack that `extends` names. A pack that extends its own name means the one that it hides."""
    used = {found.folder for found in chain}
    hides = name == chain[-1].name
    found = None
    for found in finding.find(name, root, chain[-1].folder, asked):
        if found.folder not in used:
            if len(chain) >= _LONGEST_CHAIN:
                raise SvcgenError(f"over {_LONGEST_CHAIN} packs extend one another", asked)
            return found
        if not hides:
            break
    assert found is not None
    around = " -> ".join((*(one.name for one in chain), name))
    raise SvcgenError(f"the packs extend one another in a circle: {around}", asked, "take one extends out")


def _digest(pack: Pack) -> str:
    """12 hex digits over every pack.yaml and template of the chain: two that are equal render the same."""
    from hashlib import sha256

    whole = sha256()
    for one in pack.chain:
        for path, text in (("pack.yaml", one.source), *sorted(one.texts.items())):
            data = text.encode()
            whole.update(f"{path}\0{len(data)}\0".encode() + data)
    return whole.hexdigest()[:12]
