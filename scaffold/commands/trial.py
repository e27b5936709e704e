"""`svcgen templates check`: is a pack right for every app that people may have?"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from scaffold import packs, report, summary
from scaffold.answers import pack_name
from scaffold.config import project_root
from scaffold.errors import AnswerNo, SvcgenError
from scaffold.model import Location
from scaffold.progress import progress
from scaffold.render import Renderer
from scaffold.report import trials
from scaffold.trial import try_out
from scaffold.trial.expected import differences, examples
from scaffold.write import lock, write_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffold.trial.expected import Example
    from scaffold.write import Change


def run(
    names: Sequence[str], *, output: str = "text", update: bool = False, trust: bool = False, color: str = "auto"
) -> int:
    """Tries packs out and says on standard output where they fail.

    Args:
        names: the packs, by name or path.
        output: `text` or `json`.
        update: writes the expected outputs of the packs' examples, and shows what that changes.
        trust: whether a branch of a repository, which moves, will do.
        color: `auto`, `always` or `never`.

    Returns:
        The exit code: 1 when something fails, else 0.

    Raises:
        SvcgenError: a pack or an example that cannot be read, or answers that cannot be made up.
    """
    root = project_root(os.getcwd())
    tried = [_try(name, root, update=update, trust=trust) for name in names]
    if output == "json":
        report.write(trials.as_json(tried), sys.stdout)
    else:
        for one in tried:
            if one.updated and one.expected:
                report.write(summary.diff(one.expected).rstrip("\n"), sys.stdout)
        colour = report.wants_colour(color, terminal=sys.stdout.isatty())
        report.write(trials.as_text(tried, colour=colour), sys.stdout)
    return int(any(one.failed for one in tried))


def _try(name: str, root: str, *, update: bool, trust: bool) -> trials.Tried:
    renderer = Renderer(packs.load(pack_name(name, root), root, Location("PACK"), trust=trust))
    own = examples(renderer.pack)
    with progress("trying: {:,} App specs") as said:
        result = try_out(renderer, [example.app for example in own], said)
    expected = _expected(renderer, own)
    # what fails is not what anybody expects
    updated = update and not result.failures
    if updated and expected:
        with lock(root):
            write_all(expected)
    there = expected if update or any(os.path.isdir(example.folder) for example in own) else None
    return trials.Tried(renderer.pack, result, there, updated)


def _expected(renderer: Renderer, own: Sequence[Example]) -> tuple[Change, ...]:
    found: list[Change] = []
    for example in own:
        try:
            found += differences(renderer, example)
        except AnswerNo:
            raise
        except SvcgenError:
            # it does not come out at all, which is told with the other apps
            continue
    return tuple(found)
