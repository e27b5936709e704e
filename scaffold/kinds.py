"""Which kinds of objects there are for svcgen, and how they are found in a text before it is read."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from functools import cache, lru_cache

# What only a parser can read as a kind: alias, anchor, tag, block scalar, comment, escape.
_OPAQUE = rb"""|[*&!|>#]|"[^"\n]*\\)"""


def kinds_pattern(kinds: str) -> re.Pattern[bytes]:
    """A sharp test for "may hold an object of these kinds". The bare word is not enough: CRD schemas are full of it.

    One literal prefix (`kind`) keeps the regex engine on its fast path.
    """
    return re.compile(rb"""kind["']?\s*:\s*(?:["']?(?:""" + kinds.encode() + rb")(?![A-Za-z0-9])" + _OPAQUE)


SERVICES = kinds_pattern("Service(?:List)?")
# What ends after a while, so that no Service is meant for it.
PASSING = ("Job", "CronJob")
_TEMPLATED = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob")
WORKLOAD_KINDS = (*_TEMPLATED, "Pod", "DeploymentConfig")
# Objects that name Services, Pods or workloads: kind -> its group.
REFERRING = {
    "Ingress": "networking.k8s.io",
    "NetworkPolicy": "networking.k8s.io",
    "HTTPRoute": "gateway.networking.k8s.io",
    "GRPCRoute": "gateway.networking.k8s.io",
    "TCPRoute": "gateway.networking.k8s.io",
    "TLSRoute": "gateway.networking.k8s.io",
    "UDPRoute": "gateway.networking.k8s.io",
    "ServiceMonitor": "monitoring.coreos.com",
    "PodMonitor": "monitoring.coreos.com",
    "HorizontalPodAutoscaler": "autoscaling",
}
# What Pods lie in. No more is asked of one than which Pods it takes in.
NAMESPACE = "Namespace"
# What controllers of other projects make Pods of, by a template as Deployments have it: Argo Rollouts. No more is
# asked of one than which Pods it makes.
MAKERS = ("Rollout",)


def _read(*more: str, misspelt: str = "") -> re.Pattern[bytes]:
    return kinds_pattern("(?:Service|List|" + "|".join([*WORKLOAD_KINDS, *REFERRING, *more]) + ")(?:List)?" + misspelt)


# As nobody serves them: `service`, `Deployments`.
_MISSPELT = f"(?i:service|{'|'.join(_TEMPLATED)}|pod|ingress|networkpolic|horizontalpodautoscaler)(?i:s|es|y|ys|ies)?"
# Kinds so long that a word with one wrong letter can mean no other.
_LONG = (
    "Service",
    *(kind for kind in _TEMPLATED if len(kind) > 6),
    "Ingress",
    "NetworkPolicy",
    "HorizontalPodAutoscaler",
)
# One wrong letter leaves a long kind either its beginning or its end, so these find all such words, and some others.
_LETTER = """[^\\s"',:{}]"""
_ENDS = f"{_LETTER}{{6,26}}+(?<={'|'.join(sorted({kind[-3:] for kind in _LONG}))})"
_BEGINNINGS = f"(?:Ser|Cro|Ing){_LETTER}{{3,7}}+|(?:Depl|State|Daem|Repl|Netw|Horiz){_LETTER}{{4,22}}+"
# A kind that is empty: what follows may be the next field.
_EMPTY = """null|~|["']|metadata"""
# An apiVersion where the kind belongs.
_VERSION = r"(?:[a-z0-9.]+/)?v[0-9]+(?:(?:alpha|beta)[0-9]+)?"
# Everything that rules look at.
CHECKED = _read(NAMESPACE, *MAKERS, misspelt=f"|{_MISSPELT}|{_EMPTY}|{_VERSION}|({_BEGINNINGS}|{_ENDS})")


def lacks_kind(data: bytes, start: int, end: int) -> bool:
    """Whether a part of a text is of a version of Kubernetes' own, and says at no line's start of which kind."""
    if data.find(b"\nkind:", start, end) >= 0 or data.startswith((b"kind:", BOM_UTF8 + b"kind:"), start):
        return False
    return data.find(b"apiVersion:", start, end) >= 0 and bool(_versions().search(data, start, end))


@cache
def _versions() -> re.Pattern[bytes]:
    versions = rb"(?:v1|(?:apps|batch|networking\.k8s\.io)/v1|autoscaling/v[12])"
    return re.compile(rb"""^(?:\xef\xbb\xbf)?apiVersion:[ ]*["']?""" + versions + rb"(?![A-Za-z0-9])", re.MULTILINE)


@cache
def missed() -> re.Pattern[bytes]:
    """What is missed where it cannot be read: what is not judged itself is not."""
    return _read()


def is_meant(match: re.Match[bytes]) -> bool:
    """Whether what a pattern found is one of its kinds: a word that is only like one may be one of its own."""
    return match.lastindex is None or slip_of(match[1].decode(errors="replace")) is not None


@lru_cache(256)
def slip_of(word: str) -> str | None:
    """The long kind that a word is but for one letter."""
    return next((kind for kind in _LONG if is_one_letter_off(word, kind)), None)


def is_one_letter_off(word: str, right: str) -> bool:
    """Whether a word has one letter that is wrong, missing or too many, or two that changed places."""
    same = 0
    while same < min(len(word), len(right)) and word[same] == right[same]:
        same += 1
    left, wanted = word[same:], right[same:]
    swapped = wanted[1:2] + wanted[:1] + wanted[2:]
    return word != right and (left in (wanted[1:], swapped) or left[1:] in (wanted, wanted[1:]))
