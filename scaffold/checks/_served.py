"""Which apiVersion serves a kind, and which objects can only be meant for it although they say another.

Source: the API groups of Kubernetes; CustomResourceDefinitions have a group with a dot, and k8s.io is reserved.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from scaffold.checks._schema import API

if TYPE_CHECKING:
    from scaffold.documents import Document

_SCALER = "HorizontalPodAutoscaler"
# Groups without a dot: Kubernetes' own, and what is written for them. Others are tools' (`openslo/v1` has a Service).
_GROUPS = frozenset({"apps", "batch", "autoscaling", "extensions", "policy", "core", "app", "extension", "networking"})


def wanted(kind: str) -> str | None:
    """The apiVersion to write for a kind, None for one that is not known."""
    return "autoscaling/v2" if kind == _SCALER else API.get(kind)


def serves(api: str, kind: str) -> bool:
    """Whether an apiVersion has a kind."""
    return api == wanted(kind) or (kind == _SCALER and api == "autoscaling/v1")


@lru_cache(64)
def proper(kind: str) -> str:
    """The kind that is meant: `service` and `Services` are none. One that nobody knows stays as it is."""
    if wanted(kind):
        return kind
    small = kind.lower()
    singular = {small, small.removesuffix("s"), small.removesuffix("es"), small.removesuffix("ies") + "y"}
    return next((one for one in (*API, _SCALER) if one.lower() in singular), kind)


def elsewhere(document: Document) -> bool:
    """Whether it is an object of Kubernetes that no server has under this apiVersion and kind."""
    kind, api = document.kind, document.api_version
    known = proper(kind)
    if not wanted(known) or serves(api, kind):
        return False
    if not api:
        # without the line it may be the values of a chart, or a part of something
        return kind == known and "apiVersion" in document.data
    # a kind in lower case is a tool's elsewhere
    return is_own(api) if kind == known else serves(api, known)


def is_own(api: str) -> bool:
    """Whether an apiVersion is one of Kubernetes, or can only be meant for one."""
    group, slash, _ = api.lower().rpartition("/")
    if not slash and re.fullmatch(r"v[0-9]+((alpha|beta)[0-9]+)?", api.lower()):
        return True
    name = group if slash else api.lower()
    return name in _GROUPS or name.endswith(".k8s.io")
