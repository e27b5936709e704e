"""The saved App specs in `.svcgen/apps/`: numbers once given stay given, also without a manifest in the tree."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from scaffold import spec
from scaffold.config import display
from scaffold.errors import SvcgenError
from scaffold.model import AppSpec, Location, TakenPort
from scaffold.own_files import one_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from scaffold.config import Config


class Saved(NamedTuple):
    """An App spec as it was saved, and the file that holds it."""

    path: str
    app: AppSpec


def load_all(root: str) -> dict[tuple[str, str, str], Saved]:
    """Every saved App spec of a project, by its Service.

    Raises:
        SvcgenError: one is unreadable or no App spec; a claim that cannot be read must not look like no claim.
    """
    folder = os.path.join(root, ".svcgen", "apps")
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SvcgenError(f"cannot read: {error.strerror}", Location(display(folder))) from None
    found = {}
    for name in names:
        if name.endswith(".yaml") and not name.startswith("."):
            path = os.path.join(folder, name)
            app = _load(path)
            found[app.service.key] = Saved(path, app)
    return found


def path_for(root: str, app: AppSpec, saved: Mapping[tuple[str, str, str], Saved]) -> str:
    """Where the spec of this app is saved. Apps of one name in two namespaces have two files."""
    mine = saved.get(app.service.key)
    if mine:
        return mine.path
    plain = os.path.join(root, ".svcgen", "apps", f"{app.name}.yaml")
    if any(other.path == plain for other in saved.values()):
        return os.path.join(os.path.dirname(plain), f"{app.namespace or 'default'}.{app.name}.yaml")
    return plain


def _load(path: str) -> AppSpec:
    shown = display(path)
    wrong = SvcgenError("this is no App spec", Location(shown), "delete it, or write it anew with svcgen new")
    try:
        with open(path, "rb") as file:
            document = one_mapping(file.read(), shown, wrong)
    except OSError as error:
        raise SvcgenError(f"cannot read: {error.strerror}", Location(shown)) from None
    if document is None:
        raise wrong
    return spec.parse(spec.from_document(document))


def taken_ports(
    saved: Sequence[Saved], config: Config, cluster_in: Callable[[AppSpec, str], str | None]
) -> Iterator[TakenPort]:
    """Every node port and service port that the saved App specs hold.

    Args:
        saved: the specs.
        config: names the clusters.
        cluster_in: an app and one of its environments -> the cluster of that environment; None where nobody says.
    """
    for path, app in saved:
        cluster = config.cluster_of(app.output) if app.output else None
        clusters = {name: cluster_in(app, name) for wish in app.ports for name, _ in wish.node_ports}
        for wish in app.ports:
            place = wish.location or Location(path)
            more = (wish.name, wish.service_port, wish.target_port)
            if wish.service_port:
                yield TakenPort("service", wish.service_port, wish.protocol, app.service, place, *more, cluster, "app")
            if wish.node_port:
                yield TakenPort("node", wish.node_port, wish.protocol, app.service, place, *more, cluster, "app")
            for name, number in wish.node_ports:
                there = (*more, clusters[name], "app", name)
                yield TakenPort("node", number, wish.protocol, app.service, place, *there)
