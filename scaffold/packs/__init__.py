"""Template packs: found by name, path or repository, read, with everything that they inherit.

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


def load(
    name: str,
    root: str,
    asked: Location | None = None,
    *,
    trust: bool = False,
    commit: str | None = None,
    pinned: str | None = None,
) -> Pack:
    """Finds and reads a pack, and all that it extends.

    Args:
        name: a name, a path from the project root (anything with a `/`, or `.`), or `git+URL@REF#FOLDER`.
        root: the project root.
        asked: where the name stands, for messages; `--template` without.
        trust: whether a branch of a repository, which moves, will do.
        commit: exactly this commit of a repository, whatever its ref is now.
        pinned: the commit that an app was made from, good for a branch that is not trusted to move.

    Raises:
        SvcgenError: no such pack (the nearest is named), or its `pack.yaml` is wrong (with line and column).
    """
    asked = asked or Location("--template")
    if finding.is_git(name):
        found = finding.in_git(name, asked, trust=trust, commit=commit, pinned=pinned)
    elif finding.is_path(name):
        found = finding.by_path(name, root, asked)
    else:
        found = next(finding.by_name(name, root, asked))
    return read(found, root, trust=trust)


def read(found: Found, root: str, *, trust: bool = False, below: tuple[Found, ...] = ()) -> Pack:
    """Reads a pack that was found, and all that it extends.

    Args:
        found: where it is.
        root: the project root, for the names that it extends.
        trust: as for `load`.
        below: the packs that extend it.

    Raises:
        SvcgenError: something in it is wrong.
    """
    chain = (*below, found)
    document, source = texts.read_document(found)
    reading.refuse_newer(document)
    templates = texts.read_templates(found)
    above = document.data.get("extends")
    parent = None
    if above is not None:
        place = document.location("extends")
        if not isinstance(above, str) or not above:
            raise SvcgenError(f"extends is {above!r}, not a pack", place, "write it like extends: default")
        parent = read(_parent(above, chain, root, place, trust=trust), root, trust=trust, below=chain)
    pack = reading.build(found, document, templates, parent)._replace(source=source)
    return pack._replace(digest=_digest(pack))


def _parent(name: str, chain: tuple[Found, ...], root: str, asked: Location, *, trust: bool) -> Found:
    """The pack that `extends` names. A pack that extends its own name means the one that it hides."""
    used = {found.folder for found in chain}
    if len(chain) >= _LONGEST_CHAIN:
        raise SvcgenError(f"over {_LONGEST_CHAIN} packs extend one another", asked)
    last = chain[-1]
    if finding.is_git(name):
        candidates = [finding.in_git(name, asked, trust=trust)]
    elif finding.is_path(name):
        candidates = [_beside(last, name, asked)]
    else:
        hides = name == last.name
        candidates = [one for one in finding.by_name(name, root, asked) if not hides or one.folder not in used]
    if candidates and candidates[0].folder not in used:
        return candidates[0]
    around = " -> ".join((*(one.name for one in chain), name))
    raise SvcgenError(f"the packs extend one another in a circle: {around}", asked, "take one extends out")


def _beside(last: Found, name: str, asked: Location) -> Found:
    """A pack named by its path from another: beside it in the same repository or package, if it comes from one."""
    if last.kind != "git":
        return finding.by_path(name, last.folder, asked)
    import posixpath

    from scaffold import git

    source = git.parse(last.name, asked)
    folder = posixpath.normpath(posixpath.join(source.folder, name))
    sibling = source._replace(folder="" if folder == "." else folder).name
    return finding.in_git(sibling, asked, trust=True, commit=last.commit)


def _digest(pack: Pack) -> str:
    """12 hex digits over every pack.yaml and template of the chain: two that are equal render the same."""
    from hashlib import sha256

    whole = sha256()
    for one in pack.chain:
        for path, text in (("pack.yaml", one.source), *sorted(one.texts.items())):
            data = text.encode()
            whole.update(f"{path}\0{len(data)}\0".encode() + data)
    return whole.hexdigest()[:12]
