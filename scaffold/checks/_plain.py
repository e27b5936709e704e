"""Whether a value is written as nearly everybody writes it, so that no rule has anything to say about it.

Each test takes a value that decodes into its type and is not null. One that fails is not wrong: the rules that it
concerns look at it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from scaffold import names
from scaffold.model import PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Test = Callable[[Any], bool]

_LIMIT = 2**31
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("httpGet", "exec", "tcpSocket", "grpc")
_TOLD = frozenset(
    {
        *("PORT", "SERVER_PORT", "kubernetes.io/config.mirror"),
        *("controller.kubernetes.io/pod-deletion-cost", "service.beta.kubernetes.io/load-balancer-source-ranges"),
        "service.kubernetes.io/topology-mode",
    }
)
_OLD = ("scheduler.alpha.", "security.alpha.", "seccomp.security.", "container.seccomp.", "container.apparmor.")
_ROLLOUT = frozenset({"pod-template-hash", "controller-revision-hash", "pod-template-generation"})
_FREE = frozenset({"runAsNonRoot", "readOnlyRootFilesystem", "allowPrivilegeEscalation", "privileged", "capabilities"})
_USERS = frozenset({"runAsUser", "runAsGroup", "fsGroup"})
_PROFILES: tuple[Mapping[str, str], ...] = ({"type": "RuntimeDefault"}, {"type": "Unconfined"})
_MORE = frozenset({"subPath", "subPathExpr", "mountPropagation", "recursiveReadOnly"})
_COMMON = {"configMap": "name", "secret": "secretName", "persistentVolumeClaim": "claimName"}
_TIMES = frozenset({"initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold"})
_REST, _MODES, _PAIR = ("defaultMode", "optional", "readOnly"), 0o777, 2
_PERCENT = re.compile("[1-9][0-9]?%")


def _words(*words: str) -> Test:
    return frozenset(words).__contains__


def _passes(rule: Callable[[str], str | None]) -> Test:
    return lambda text: rule(text) is None


def _is_port(value: Any) -> bool:  # noqa: ANN401
    return type(value) is int and 0 < value < 65536


def _is_target(value: Any) -> bool:  # noqa: ANN401
    return _is_port(value) if type(value) is not str else names.port_name(value) is None


def _is_count(value: Any) -> bool:  # noqa: ANN401
    return type(value) is int and 0 <= value < _LIMIT


def _is_user(value: Any) -> bool:  # noqa: ANN401
    return type(value) is int and 0 < value < _LIMIT


def _is_name(text: str) -> bool:
    return names.service_name(text) is None and text != "kubernetes"


@lru_cache(4096)
def _is_variable(text: str) -> bool:
    return names.env_name(text) is None and text not in _TOLD


@lru_cache(4096)
def _is_label_key(text: str) -> bool:
    return names.label_key(text) is None and text not in _ROLLOUT


@lru_cache(4096)
def _is_label_value(text: str | None) -> bool:
    return bool(text) and names.label_value(text) is None


def _are_labels(labels: Mapping[str, str | None]) -> bool:
    return all(map(_is_label_key, labels)) and all(map(_is_label_value, labels.values()))


@lru_cache(4096)
def _is_annotation(key: str) -> bool:
    return names.annotation_key(key) is None and key not in _TOLD and not key.startswith(_OLD)


def _are_annotations(annotations: Mapping[str, str | None]) -> bool:
    small = len(annotations) < 100 and sum(map(len, filter(None, annotations.values()))) < 1 << 15
    return small and all(map(_is_annotation, annotations))


def _unique(entries: Sequence[Mapping[str, Any] | None], field: str) -> bool:
    """Whether no two entries have the same, and at most one has none."""
    found = [entry.get(field) if entry else None for entry in entries]
    return len(set(found)) == len(found)


def _have_ports(pod: Mapping[str, Any]) -> bool:
    ports: list[Mapping[str, Any] | None] = []
    for field in ("containers", "initContainers"):
        for container in pod.get(field) or ():
            ports += (container or {}).get("ports") or ()
    return len(ports) < 2 or (_unique(ports, "name") and _unique(ports, "containerPort"))


def _are_service_ports(ports: Sequence[Mapping[str, Any] | None]) -> bool:
    if len(ports) < 2:
        return bool(ports)
    named = all(port and port.get("name") for port in ports)
    given = [port for port in ports if port and port.get("nodePort") is not None]
    return named and _unique(ports, "name") and _unique(ports, "port") and _unique(given, "nodePort")


def _is_named(data: Mapping[str, Any]) -> bool:
    return bool((data.get("metadata") or {}).get("name"))


def _selects(spec: Mapping[str, Any]) -> bool:
    """Whether the selector is nothing but labels that the template has."""
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    selector = spec.get("selector")
    if not labels or not selector or list(selector) != ["matchLabels"]:
        return False
    wanted = selector["matchLabels"]
    return bool(wanted) and None not in wanted.values() and wanted.items() <= labels.items()


def _are_amounts(resources: Mapping[str, Any]) -> bool:
    parts = (resources.get("limits") or {}, resources.get("requests") or {})
    if len(resources) > ("limits" in resources) + ("requests" in resources):
        return False
    return _fit(*(tuple(part.items()) for part in parts))


@lru_cache(4096)
def _fit(limits: tuple[tuple[str, Any], ...], requests: tuple[tuple[str, Any], ...]) -> bool:
    """Whether they are good amounts of the plain resources, no request above its limit; of memory no thousandths."""
    from scaffold.checks._amounts import plain

    milli = any(name != "cpu" and str(value).endswith("m") for name, value in (*limits, *requests))
    return not milli and plain({"limits": dict(limits), "requests": dict(requests)})


def _is_probe(probe: Mapping[str, Any]) -> bool:
    handler = ""
    for key, value in probe.items():
        if key in _HANDLERS:
            if handler or value is None:
                return False
            handler = key
        elif not _is_count(value) or key == "terminationGracePeriodSeconds":
            return False
    if handler == "httpGet":
        action = probe[handler]
        return "httpHeaders" not in action and action.get("scheme") in (None, "HTTP", "HTTPS") and _succeeds(probe)
    return bool(handler) and (handler != "exec" or bool(probe[handler].get("command"))) and _succeeds(probe)


def _finds_ports(container: Mapping[str, Any]) -> bool:
    """Whether its probes ask ports by number, or by a name that it has itself; and it has no hooks."""
    if "lifecycle" in container:
        return False
    for field in _PROBES:
        probe = container.get(field)
        if not probe:
            continue
        action = probe.get("httpGet") or probe.get("tcpSocket")
        if not action or type(port := action.get("port")) is not str:
            continue
        if "tcpSocket" in probe and "httpGet" in probe:
            return False
        names = [one.get("name") for one in container.get("ports") or () if one]
        if port not in names:
            return False
    return True


def _succeeds(probe: Mapping[str, Any]) -> bool:
    return bool(probe.get("successThreshold", 1) <= 1)


def _is_context(context: Mapping[str, Any]) -> bool:
    for key, value in context.items():
        if key in _USERS:
            if not _is_count(value):
                return False
        elif key not in _FREE and (key != "seccompProfile" or value not in _PROFILES):
            return False
    if context.get("allowPrivilegeEscalation") is not False:
        return True
    return context.get("privileged") is not True and not (context.get("capabilities") or {}).get("add")


def _is_unrestricted(pod: Mapping[str, Any]) -> bool:
    """Whether it is one container, or none of several takes rights from itself."""
    containers = [one or {} for field in ("containers", "initContainers") for one in pod.get(field) or ()]
    contexts = [one.get("securityContext") or {} for one in containers]
    return len(contexts) < 2 or all(one.get("allowPrivilegeEscalation") is not False for one in contexts)


def _is_strategy(strategy: Mapping[str, Any]) -> bool:
    kind, rolling = strategy.get("type", "RollingUpdate"), strategy.get("rollingUpdate")
    if rolling is None:
        return kind in ("RollingUpdate", "Recreate")
    good = all(_is_count(one) or (type(one) is str and _PERCENT.fullmatch(one)) for one in rolling.values())
    return good and kind == "RollingUpdate" and (len(rolling) < 2 or any(rolling.values()))


def _are_volumes(volumes: Sequence[Mapping[str, Any] | None]) -> bool:
    return all(map(is_volume, volumes)) and _unique(volumes, "name")


def is_volume(volume: Mapping[str, Any] | None) -> bool:
    """Whether it is a good name and one of the common sources with little more than it needs: nearly all are."""
    if not volume or len(volume) != _PAIR:
        return False
    for key, value in volume.items():
        if key == "name":
            if type(value) is not str or names.label(value):
                return False
        elif key == "emptyDir":
            if value != {}:
                return False
        elif type(value) is not dict or not value.get(_COMMON.get(key, "")) or not _is_source(value):
            return False
    return "name" in volume


def _is_source(source: Mapping[str, Any]) -> bool:
    """Whether the rest is a mode, and whether it may be missing or is read only."""
    if len(source) == 1:
        return True
    mode = source.get("defaultMode", 0)
    return type(mode) is int and 0 <= mode <= _MODES and sum(map(source.__contains__, _REST)) == len(source) - 1


def _have_mounts(pod: Mapping[str, Any]) -> bool:
    volumes: set[Any] | None = None
    for field in ("containers", "initContainers"):
        for container in pod.get(field) or ():
            if not container or ("volumeMounts" not in container and "volumeDevices" not in container):
                continue
            if volumes is None:
                volumes = {(volume or {}).get("name") for volume in pod.get("volumes") or ()}
            if "volumeDevices" in container or not are_mounts(container["volumeMounts"] or (), volumes):
                return False
    return True


def are_mounts(mounts: Sequence[Mapping[str, Any] | None], volumes: Any) -> bool:  # noqa: ANN401
    """Whether they are just paths, and names of these volumes."""
    seen = set()
    for mount in mounts:
        if type(mount) is not dict or not _MORE.isdisjoint(mount):
            return False
        name, place = mount.get("name"), mount.get("mountPath")
        if type(name) is not str or name not in volumes or type(place) is not str or not place or place in seen:
            return False
        seen.add(place)
    return True


TESTS: dict[str, Test] = {
    "port": _is_port,
    "target": _is_target,
    "count": _is_count,
    "name": _is_name,
    "named": _is_named,
    "titled": lambda metadata: bool(metadata.get("name")),
    "label": _passes(names.label),
    "subdomain": _passes(names.subdomain),
    "port-name": _passes(names.port_name),
    "image": _passes(names.image),
    "variable": _is_variable,
    "distinct": lambda entries: _unique(entries, "name"),
    "literal": lambda text: "$(" not in text,
    "labels": _are_labels,
    "annotations": _are_annotations,
    "not-scraped": lambda annotations: "prometheus.io/port" not in annotations,
    "protocol": _words(*PROTOCOLS),
    "pull": _words("Always", "IfNotPresent", "Never"),
    "dns": _words("ClusterFirst", "ClusterFirstWithHostNet", "Default"),
    "concurrency": _words("Allow", "Forbid", "Replace"),
    "inside": _words("ClusterIP", "NodePort"),
    "routed": _words("ClusterIP", "NodePort", "LoadBalancer"),
    "always": "Always".__eq__,
    "unrestricted": _is_unrestricted,
    "user": lambda context: context.get("runAsNonRoot") is not True or _is_user(context.get("runAsUser")),
    "user-number": _is_user,
    "some": bool,
    "ports": _have_ports,
    "service-ports": _are_service_ports,
    "selects": _selects,
    "amounts": _are_amounts,
    "probe": _is_probe,
    "probed": _finds_ports,
    "context": _is_context,
    "strategy": _is_strategy,
    "volumes": _are_volumes,
    "mounts": _have_mounts,
}

# What passes these is of its type as well.
TYPED = frozenset({"port", "target", "count", "user-number"})


# --- whole objects ----------------------------------------------------------------------------------------------------


def _is_plain_variable(entry: Any) -> bool:  # noqa: ANN401
    """Whether it is a name and a value and nothing more: half of all lines in a workload are such variables."""
    if type(entry) is not dict or len(entry) != _PAIR:
        return False
    name, value = entry.get("name"), entry.get("value")
    return type(name) is str and type(value) is str and _is_variable(name) and "$(" not in value


def _are_plain_amounts(resources: Any) -> bool:  # noqa: ANN401
    if type(resources) is not dict or not resources:
        return False
    try:
        # what is no mapping has no items, and what is no text or number cannot be looked up
        return all(type(part) is dict for part in resources.values()) and _are_amounts(resources)
    except TypeError:
        return False


def _is_plain_probe(probe: Any) -> bool:  # noqa: ANN401
    """Whether it asks a path and a port, and its times are numbers."""
    if type(probe) is not dict:
        return False
    for key, value in probe.items():
        if key == "httpGet":
            if type(value) is not dict or len(value) != _PAIR or type(value.get("path")) is not str:
                return False
            if not _is_target(value.get("port")):
                return False
        elif key not in _TIMES or not _is_count(value):
            return False
    return "httpGet" in probe


# Of objects of these types that pass no field is anybody's concern, and all decode: they are not walked over.
PLAIN: dict[str, Test] = {
    "EnvVar": _is_plain_variable,
    "ResourceRequirements": _are_plain_amounts,
    "Probe": _is_plain_probe,
}
