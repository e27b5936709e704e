"""Which kinds of objects there are for svcgen, and how they are found in a text before it is read."""

from __future__ import annotations

import re

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
# Everything that rules look at; and what of it is missed where it cannot be read: what is not judged itself is not.
CHECKED, MISSED = _read(NAMESPACE, *MAKERS, misspelt=f"|{_MISSPELT}"), _read()
