"""A pack's own examples, and the outputs beside it that they are expected to give.

`example.yaml` is an App spec and `expected/` what comes out of it; `examples/NAME.yaml` are more of them, with
`expected/NAME/`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from scaffold import spec
from scaffold.answers import read_specs
from scaffold.config import display
from scaffold.errors import SvcgenError
from scaffold.model import Location
from scaffold.trial.planning import plan_of
from scaffold.write import Change, compare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.model import AppSpec
    from scaffold.packs.model import Pack
    from scaffold.render import Renderer


class Example(NamedTuple):
    """An App spec of a pack, and the folder of its expected outputs. `inner` are folders there of other examples."""

    app: AppSpec
    folder: str
    inner: tuple[str, ...] = ()


def examples(pack: Pack) -> list[Example]:
    """The examples of a pack; none where it has none.

    Raises:
        SvcgenError: one cannot be read, or is no App spec.
    """
    folder = os.path.join(pack.folder, "examples")
    more = sorted(name for name in os.listdir(folder) if name.endswith(".yaml")) if os.path.isdir(folder) else []
    names = tuple(name.removesuffix(".yaml") for name in more)
    expected = os.path.join(pack.folder, "expected")
    found = []
    if os.path.exists(os.path.join(pack.folder, "example.yaml")):
        found.append(Example(_read(os.path.join(pack.folder, "example.yaml"), pack), expected, names))
    for name in names:
        app = _read(os.path.join(folder, f"{name}.yaml"), pack)
        found.append(Example(app, os.path.join(expected, name)))
    return found


def _read(path: str, pack: Pack) -> AppSpec:
    specs = read_specs(display(path))
    if len(specs) != 1:
        raise SvcgenError(f"an example is one App spec, here are {len(specs)}", Location(display(path)))
    return spec.parse({**specs[0], "pack": pack.name})


def differences(renderer: Renderer, example: Example) -> tuple[Change, ...]:
    """What would make the expected outputs of an example what the pack gives now; unchanged ones are among them.

    Raises:
        SvcgenError: the pack cannot render its example, or a file cannot be read.
    """
    plan = plan_of(renderer, example.app)
    files = {os.path.join(example.folder, file.path): file for file in renderer.render(plan, renderer.answers(plan))}
    wanted = {path: file.text for path, file in files.items()}
    gone = [path for path in _below(example) if path not in wanted]
    changes = compare({**wanted, **dict.fromkeys(gone, "")}, {path: display(path) for path in (*wanted, *gone)})
    return tuple(one._replace(new=None) if one.path in gone else one for one in changes)


def _below(example: Example) -> Iterator[str]:
    for folder, folders, names in os.walk(example.folder):
        if folder == example.folder:
            folders[:] = [one for one in folders if one not in example.inner]
        folders.sort()
        yield from (os.path.join(folder, name) for name in sorted(names))
