"""Where a finding is, as a CI server says it: below the root of the checkout, wherever svcgen was started."""

from __future__ import annotations

import os
from functools import cache


def from_root(where: str) -> str:
    """A path as shown -> below the git root of the current folder, else below the current folder; always with `/`.

    Standard input stays `-`; what lies outside is an absolute path.
    """
    if where == "-":
        return where
    here = os.getcwd()
    path = os.path.normpath(os.path.join(here, where))
    inside = os.path.relpath(path, _root(here)).replace(os.sep, "/")
    return path.replace(os.sep, "/") if inside.startswith("../") else inside


@cache
def _root(here: str) -> str:
    folder = here
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return here
        folder = parent
    return folder
