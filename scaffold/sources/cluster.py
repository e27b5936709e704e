"""`cluster[:CONTEXT]`: the Services of a live cluster, all namespaces, asked through kubectl."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from scaffold import kubectl
from scaffold.errors import SvcgenError
from scaffold.model import Location, ObjectRef
from scaffold.shapes import as_dict
from scaffold.sources.tree import of_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scaffold.model import ClusterAccess, NotJudged, TakenPort
    from scaffold.sources import Asking, Found

PAGE = 500
_RIGHT = (
    "ask for the right to list services in all namespaces (verb list, resource services, a ClusterRole); "
    "`kubectl auth can-i list services -A` tells"
)


def read(target: str, asking: Asking) -> Found:
    """The ports of every Service of a cluster. Whole or not at all: a part would look like free numbers.

    Args:
        target: a context of the kubeconfig; empty is the one that kubectl would use.
        asking: how to ask; its config says which of its clusters the context leads to.

    Raises:
        SvcgenError: the cluster cannot be asked, or says no.
    """
    access = asking.access._replace(context=target or asking.access.context)
    context = kubectl.context(access, asking.place)
    place = Location(f"cluster:{context or 'in-cluster'}")
    # the context is settled now, whatever becomes of the kubeconfig meanwhile
    access = access._replace(context=context)
    name = asking.config.cluster_of_context(context)
    entries: list[TakenPort] = []
    not_judged: list[NotJudged] = []
    for service in _services(access, place, asking.said):
        entries += taken_by(service, place, name, not_judged)
    return entries, not_judged


def taken_by(
    service: dict[str, Any], place: Location, cluster: str | None, not_judged: list[NotJudged]
) -> Iterator[TakenPort]:
    """The ports of one Service as an API server shows it."""
    metadata = as_dict(service.get("metadata"))
    owner = ObjectRef("Service", metadata.get("namespace"), str(metadata.get("name")))
    for entry in of_service(service, owner, lambda *_: place, cluster, not_judged):
        yield entry._replace(source="cluster")


def _services(access: ClusterAccess, place: Location, said: Callable[..., None]) -> list[dict[str, Any]]:
    """Every Service. A page that has expired starts the list anew, in one piece, as client-go does."""
    found: list[dict[str, Any]] = []
    path, token = f"/api/v1/services?limit={PAGE}", ""
    while True:
        answer = kubectl.get_raw(path + (f"&continue={quote(token, safe='')}" if token else ""), access, place)
        if isinstance(answer, kubectl.Failed):
            if not (token and answer.has("Expired")):
                raise kubectl.trouble(answer, access, place, missing_right=_RIGHT)
            path, token = "/api/v1/services", ""
            found.clear()
            continue
        items, following = _page(answer, place)
        found += items
        said(len(found), "services")
        if not following:
            return found
        if following == token:
            raise SvcgenError("the API server gives the same page again and again", place)
        token = following


def _page(answer: bytes, place: Location) -> tuple[list[dict[str, Any]], str]:
    """The Services of one answer, and what leads to the next; empty at the end."""
    wrong = SvcgenError(
        "what answers there is no Kubernetes API server: it sent no list of Services",
        place,
        "compare the kubeconfig's server with `kubectl cluster-info`",
    )
    try:
        page = as_dict(json.loads(answer))
    except (ValueError, RecursionError):
        raise wrong from None
    items = page.get("items", ())
    # Go writes an empty list as null
    items = () if items is None else items
    if page.get("kind") != "ServiceList" or not all(isinstance(one, dict) for one in items):
        raise wrong
    return [_slim(one) for one in items], str(as_dict(page.get("metadata")).get("continue") or "")


def _slim(service: dict[str, Any]) -> dict[str, Any]:
    """What is read of a Service: managedFields and annotations are most of it."""
    metadata = as_dict(service.get("metadata"))
    return {
        "metadata": {key: metadata.get(key) for key in ("namespace", "name")},
        "spec": as_dict(service.get("spec")),
    }
