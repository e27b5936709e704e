"""Packs that installed Python packages bring: entry points of the group `svcgen.templates`."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

from scaffold.errors import SvcgenError
from scaffold.model import Location

GROUP = "svcgen.templates"


class Offer(NamedTuple):
    """A pack by name, and who brings it; `value` is `module` or `module:folder`."""

    name: str
    value: str
    package: str

    def folder(self) -> str:
        """Its folder, found without running anything of the package.

        Raises:
            SvcgenError: there is no such module, or it is not in a folder.
        """
        module, _, below = self.value.partition(":")
        found = _module_folder(module.strip())
        if found is None:
            raise SvcgenError(
                f"pack {self.name!r} of {self.package} should be in {module}, and that is no package here",
                Location("--template"),
                f"install {self.package} again, or ask who makes it",
            )
        folder = os.path.normpath(os.path.join(found, below.strip()))
        if os.path.relpath(folder, found).startswith(".."):
            raise SvcgenError(f"pack {self.name!r} of {self.package} lies outside {module}", Location("--template"))
        return folder


def offers() -> list[Offer]:
    """Every pack of every installed package, in the order in which Python finds the packages."""
    # reading all that is installed costs as much as a whole run; almost nobody has such a package
    if not any(_offers_packs(folder) for folder in sys.path):
        return []
    from importlib.metadata import distributions

    found = []
    seen = set()
    for one in distributions():
        name = one.metadata["Name"]
        if name in seen:
            continue
        seen.add(name)
        package = f"{name} {one.version}"
        found += [Offer(entry.name, entry.value, package) for entry in one.entry_points if entry.group == GROUP]
    return found


def _offers_packs(folder: str) -> bool:
    try:
        with os.scandir(folder or ".") as entries:
            names = [entry.name for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        return False
    for name in names:
        try:
            with open(os.path.join(folder, name, "entry_points.txt"), "rb") as file:
                if GROUP.encode() in file.read():
                    return True
        except OSError:
            continue
    return False


def _module_folder(module: str) -> str | None:
    """The folder of a Python package; its parents are not imported, so nothing of it runs."""
    from importlib.machinery import PathFinder

    path: list[str] | None = None
    for part in module.split("."):
        spec = PathFinder.find_spec(part, path)
        if spec is None or spec.submodule_search_locations is None:
            return None
        path = list(spec.submodule_search_locations)
    return next((folder for folder in path or () if os.path.isdir(folder)), None)
