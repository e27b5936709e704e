"""Into what Flux and Argo CD write a namespace: by their own objects in the tree, which are read when a rule asks."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from scaffold.kinds import kinds_pattern
from scaffold.nearby import on_disk
from scaffold.nodes import Unreadable
from scaffold.parsing import read
from scaffold.shapes import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_APPS = "Application(?:Set)?|Kustomization"
# what is filled in later, and what generators of an ApplicationSet match folders by
_ANY = r"\{\{.*?\}\}|\$\{.*?\}|\*+"


class Destinations:
    """The folders whose objects get their namespace from a Kustomization of Flux or an Application of Argo CD."""

    def __init__(
        self,
        files: Callable[[], Iterable[str]] = tuple,
        load: Callable[[str], bytes | None] = lambda _: None,
        inside: Callable[[str], str] = str,
    ) -> None:
        """Takes where to look.

        Args:
            files: all manifests, as shown.
            load: path as shown -> the bytes of the file, None where it cannot be read.
            inside: path as shown -> path from the root of the repository.
        """
        self._files, self._load, self._inside = files, load, inside
        self._found: re.Pattern[str] | None = None

    def take(self, path: str) -> bool:
        """Whether a file lies in such a folder."""
        if self._found is None:
            folders = sorted({pattern for file in self._files() for pattern in self._named(file)})
            self._found = re.compile("|".join(folders) if folders else "(?!)")
        return self._found.match(self._inside(path)) is not None

    def _named(self, file: str) -> Iterator[str]:
        text = self._load(file) or b""
        if b"targetNamespace" not in text and (b"argoproj.io" not in text or b"destination" not in text):
            return
        for document in read(text, file, kinds_pattern(_APPS))[0]:
            try:
                yield from map(_as_pattern, _folders(document.api_version, document.data))
            except Unreadable:
                continue


def _folders(api_version: str, data: Mapping[str, Any]) -> Iterator[str]:
    spec = as_dict(data.get("spec"))
    group = api_version.partition("/")[0]
    if group == "kustomize.toolkit.fluxcd.io" and spec.get("targetNamespace"):
        yield from _paths({"path": spec.get("path", ".")})
    elif group == "argoproj.io":
        app = as_dict(as_dict(spec.get("template")).get("spec")) or spec
        if as_dict(app.get("destination")).get("namespace"):
            # of an ApplicationSet the generators name folders too
            yield from _paths([spec.get("generators"), app.get("source"), app.get("sources")])


def _paths(value: Any) -> Iterator[str]:  # noqa: ANN401
    """What stands under `path`, at whatever depth."""
    for key, inner in as_dict(value).items():
        if key == "path" and isinstance(inner, str) and inner:
            yield on_disk(inner)
        else:
            yield from _paths(inner)
    for inner in as_list(value):
        yield from _paths(inner)


def _as_pattern(path: str) -> str:
    """A folder, from the root of the repository, as a pattern for what lies in it; a template stands for any name."""
    normal = posixpath.normpath("/" + re.sub(_ANY, "*", path)).lstrip("/")
    return re.escape(normal).replace(re.escape("*"), "[^/]+") + "/" if normal else ""
