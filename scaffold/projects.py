"""Paths that a person typed -> the projects they lie in."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from scaffold import config
from scaffold.errors import SvcgenError
from scaffold.model import Location

if TYPE_CHECKING:
    from collections.abc import Sequence


class Project(NamedTuple):
    """The paths to look at below one project root, and the project's config."""

    root: str
    paths: tuple[str, ...]
    settings: config.Config
    kube_version: str

    @property
    def whole(self) -> bool:
        """Whether the root itself is among the paths."""
        return os.path.realpath(self.root) in [os.path.realpath(path) for path in self.paths if path != "-"]

    @property
    def around(self) -> bool:
        """Whether the current folder lies in the project."""
        try:
            here = os.path.join(os.getcwd(), "")
        except FileNotFoundError:
            return False
        return here.startswith(os.path.join(self.root, ""))

    def shown(self, path: str) -> str:
        """A path as a person in the current folder would type it. A file of the project around has one such name."""
        return os.path.relpath(path) if self.around else config.display(os.path.abspath(path))

    def inside(self, shown: str) -> str:
        """A path as shown -> the path that the config's patterns speak of."""
        return os.path.relpath(shown, self.root).replace(os.sep, "/")


def of_paths(paths: Sequence[str], kube_version: str = "", node_port_range: str | None = None) -> list[Project]:
    """The paths, by the project that they belong to.

    Args:
        paths: files and folders; `-` is standard input.
        kube_version: `1.36`, over the config's.
        node_port_range: `30000-32767`, over the config's, in every cluster.

    Raises:
        SvcgenError: a path that cannot be read, a broken config, a value of the wrong form.
    """
    by_root: dict[str, list[str]] = {}
    for path in paths:
        root = config.project_root(config.start(path))
        by_root.setdefault(root, []).append(_without_links(path, root))
    projects = []
    for root, members in by_root.items():
        settings = config.load(root)
        if node_port_range:
            low, high = config.parse_range(node_port_range, Location("--node-port-range"))
            clusters = tuple(one._replace(low=None, high=None) for one in settings.clusters)
            settings = settings._replace(policy=settings.policy._replace(low=low, high=high), clusters=clusters)
        version = _version(kube_version, "--kube-version") or _version(settings.kube_version, "check.kube_version")
        projects.append(Project(root, tuple(members), settings, version))
    return projects


def _without_links(path: str, root: str) -> str:
    """The path that a file of the project has without links: what kustomizations say of it is known by that one."""
    if path == "-":
        return path
    real = os.path.realpath(path)
    inside = os.path.relpath(real, os.path.realpath(root))
    if inside == os.path.relpath(path, root) or inside.startswith(os.pardir) or not os.path.exists(real):
        return path
    return os.path.join(root, inside)


def _version(text: str | None, where: str) -> str:
    if not text:
        return ""
    # behind a hyphen or a plus those who run the cluster have their own count: v1.31.4-eks-2d5f260, v1.31.4+k3s1
    version = re.split("[-+]", text, maxsplit=1)[0]
    if not re.fullmatch(r"v?1\.\d+(\.\d+)?", version, re.ASCII):
        raise SvcgenError(f"{text!r} is no Kubernetes version", Location(where), "write it like 1.36")
    return version
