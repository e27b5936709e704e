"""Which files a kustomization takes for parts of objects, and whose namespace it sets later."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.documents import Unreadable, compose, to_data
from scaffold.shapes import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")
_RESOURCES = ("resources", "bases", "components")


class Kustomized(NamedTuple):
    """Paths, as they were given: files that are patches, and files whose namespace comes later."""

    patches: frozenset[str] = frozenset()
    renamed: frozenset[str] = frozenset()


def read(paths: Iterable[str], load: Callable[[str], bytes | None]) -> Kustomized:
    """Follows the kustomizations beside and above some manifests.

    Args:
        paths: the manifests.
        load: path -> its bytes, None where there is no such file.

    Returns:
        Both sets; a kustomization that cannot be read says nothing.
    """
    given = set(paths)
    folders: set[str] = set()
    for path in given:
        folder = os.path.dirname(path)
        while folder not in folders:
            folders.add(folder)
            folder = os.path.dirname(folder)
    found = {folder: data for folder in sorted(folders) if (data := _kustomization(folder, load))}
    patches, renamed = set(), set()
    for folder, data in found.items():
        patches |= {_join(folder, name) for name in _patch_files(data)}
        if isinstance(data.get("namespace"), str):
            renamed |= _resources(folder, found, set())
    return Kustomized(frozenset(patches & given), frozenset(renamed & given))


def _join(folder: str, name: str) -> str:
    return os.path.normpath(os.path.join(folder, name))


def _kustomization(folder: str, load: Callable[[str], bytes | None]) -> dict[str, Any]:
    for name in NAMES:
        data = load(os.path.join(folder, name))
        if data is None:
            continue
        try:
            roots = [node for node, _ in compose(data)]
            return as_dict(to_data(roots[0])) if roots else {}
        except Unreadable:
            return {}
    return {}


def _patch_files(data: dict[str, Any]) -> set[str]:
    names = set()
    for field in _PATCHES:
        for patch in as_list(data.get(field)):
            name = patch.get("path") if isinstance(patch, dict) else patch
            if isinstance(name, str) and name and "\n" not in name:
                names.add(name)
    return names


def _resources(folder: str, found: dict[str, dict[str, Any]], seen: set[str]) -> set[str]:
    """Every path that a kustomization takes in, through other kustomizations too."""
    if folder in seen:
        return set()
    seen.add(folder)
    out = set()
    for field in _RESOURCES:
        for name in as_list(found.get(folder, {}).get(field)):
            if isinstance(name, str) and "\n" not in name:
                path = _join(folder, name)
                path = "" if path == "." else path
                out |= _resources(path, found, seen) if path in found else {path}
    return out
