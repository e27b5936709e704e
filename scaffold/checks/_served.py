"""Which apiVersion serves a kind, and which objects can only be meant for it although they say another.

Source: the API groups of Kubernetes; CustomResourceDefinitions have a group with a dot, and k8s.io is reserved.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from scaffold.checks._schema import API, fields
from scaffold.kinds import is_one_letter_off, slip_of
from scaffold.shapes import as_dict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from scaffold.documents import Document

_SCALER = "HorizontalPodAutoscaler"
_VERSIONS = frozenset({*API.values(), "autoscaling/v1", "autoscaling/v2"})
# Groups without a dot: Kubernetes' own, and what is written for them. Others are tools' (`openslo/v1` has a Service).
_GROUPS = frozenset({"apps", "batch", "autoscaling", "extensions", "policy", "core", "app", "extension", "networking"})


def wanted(kind: str) -> str | None:
    """The apiVersion to write for a kind, None for one that is not known."""
    return "autoscaling/v2" if kind == _SCALER else API.get(kind)


def example(api: str) -> str:
    """A kind that an apiVersion has."""
    return next((kind for kind, version in API.items() if version == api), _SCALER)


def serves(api: str, kind: str) -> bool:
    """Whether an apiVersion has a kind."""
    return api == wanted(kind) or (kind == _SCALER and api == "autoscaling/v1")


@lru_cache(64)
def proper(kind: str) -> str:
    """The kind that is meant: `service`, `Services` and `Servce` are none. One that nobody knows stays as it is."""
    if wanted(kind):
        return kind
    small = kind.lower()
    singular = {small, small.removesuffix("s"), small.removesuffix("es"), small.removesuffix("ies") + "y"}
    return next((one for one in (*API, _SCALER) if one.lower() in singular), None) or slip_of(kind) or kind


def is_version(word: str) -> bool:
    """Whether a word is an apiVersion: `v1`, `apps/v1beta2`."""
    return re.fullmatch(r"([a-z0-9.]+/)?v[0-9]+((alpha|beta)[0-9]+)?", word) is not None


def elsewhere(document: Document) -> bool:
    """Whether it is an object of Kubernetes that no server has under this apiVersion and kind."""
    kind, api = document.kind, document.api_version
    if not kind:
        # what was written down from a cluster has a status
        stated = {key: value for key, value in document.data.items() if key != "status"}
        return api in _VERSIONS and _is_whole(stated, ())
    # `apiVersion: Service`, `kind: v1`: no tool has kinds and versions of such names
    exchanged = wanted(api) is not None
    if is_version(kind):
        return exchanged or is_own(api)
    known = proper(kind)
    if not wanted(known) or serves(api, kind):
        return False
    # a kind in lower case, or nearly one of these, is a tool's elsewhere
    if kind != known:
        return serves(api, known)
    if exchanged or is_own(api) or _is_nearly(api, wanted(kind) or "") or (not api and "apiVersion" in document.data):
        return True
    # without the line it may be the values of a chart, a part of something, or another tool's; versions of those that
    # have one name their group
    specs = [f"{version}{kind}Spec" for version in (("v1.", "v2.") if kind == _SCALER else ("",))]
    return "/" not in api and _is_whole(document.data, {field for spec in specs for field in fields(spec)})


def _is_whole(data: Mapping[str, Any], known: Collection[str]) -> bool:
    """Whether an object has a name and a spec with no other fields than these, and else says only what it is."""
    others = [str(key).lower() for key in data if key not in ("metadata", "spec")]
    named, spec = "name" in as_dict(data.get("metadata")), data.get("spec")
    if not named or not spec or not isinstance(spec, dict):
        return False
    return all(map(_says_what, others)) and (not known or all(key in known for key in spec))


def _says_what(key: str) -> bool:
    return any(key == word or is_one_letter_off(key, word) for word in ("apiversion", "kind"))


def is_own(api: str) -> bool:
    """Whether an apiVersion is one of Kubernetes, or can only be meant for one."""
    group = api.lower().partition("/")[0]
    if re.fullmatch(r"v[0-9]+((alpha|beta)[0-9]+)?", group):
        return True
    return group in _GROUPS or group.endswith(".k8s.io")


def _is_nearly(api: str, right: str) -> bool:
    """Whether the group of an apiVersion, `v1` for want of one, is the right one but for a letter or blanks."""
    group, own = api.strip().partition("/")[0], right.partition("/")[0]
    return group == own or is_one_letter_off(group, own)
