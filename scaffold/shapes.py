"""A manifest as plain values: the Pods in it, the ports of a Service, and what a field of a wrong type counts as.

Nothing here fails on odd input: a wrong type is the type rule's finding, not every rule's.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.kinds import PASSING, WORKLOAD_KINDS
from scaffold.model import Effect, Finding, Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scaffold.documents import Document

Path = tuple[str | int, ...]

# where a container has probes and hooks
PROBES: tuple[Path, ...] = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)
# whose Pods end; a Deployment that is a hook of Helm stays
_ENDING = ("Pod", *PASSING)
_MOST = 2**63
# so many bytes from its start a document says what it was made of
_HEAD = 400
_NOTHING: Mapping[str, Any] = {}
# in the order in which the API server counts them
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")


class Container(NamedTuple):
    """A container of a Pod template.

    `serves` is false for an init container that ends before the others start. `ports` are the declared ports with
    their paths; what is no mapping is left to the type rules.
    """

    name: str
    path: Path
    data: Mapping[str, Any]
    serves: bool
    ports: Sequence[tuple[Path, dict[str, Any]]]

    @property
    def sidecar(self) -> bool:
        """An init container that goes on running: restartPolicy Always."""
        return self.serves and self.path[-2] == "initContainers"

    def handlers(self) -> Iterator[tuple[Path, str, Any]]:
        """Every probe's and hook's port: its path, the handler (`httpGet`, `tcpSocket`, `grpc`), the value or None.

        Of two handlers the second is refused as it is, and so is a probe that may not be there: nobody looks into it.
        """
        for place in PROBES if self.serves else ():
            probe = dig(self.data, place)
            written = [name for name in _HANDLERS if probe.get(name) is not None] if isinstance(probe, dict) else []
            for handler in written[:1]:
                if handler != "exec" and isinstance(probe[handler], dict):
                    yield (*self.path, *place, handler, "port"), handler, probe[handler].get("port")


class Workload(NamedTuple):
    """An object that makes Pods, with the labels and containers of those Pods.

    `hook` is true for one that Helm runs for a moment, such as the Pod of a chart's test: no Service is meant for it.
    """

    document: Document
    namespace: str
    pod: Path
    labels: Mapping[str, Any]
    containers: tuple[Container, ...]
    host_network: bool = False
    hook: bool = False


def workload_of(document: Document, data: Mapping[str, Any]) -> Workload | None:
    """The Pods that an object makes, or None. Any object with `spec.template.spec.containers` counts."""
    if document.kind not in WORKLOAD_KINDS and "template" not in as_dict(data.get("spec")):
        return None
    path = pod_path(document)
    pod = as_dict(dig(data, path))
    if not isinstance(pod.get("containers"), list):
        return None
    containers = []
    for field in ("containers", "initContainers"):
        for index, container in enumerate(as_list(pod.get(field))):
            if isinstance(container, dict):
                serves = field == "containers" or container.get("restartPolicy") == "Always"
                where = _below(path, field, index)
                ports = [
                    # null counts as an empty one
                    (_below(where, "ports", number), port or {})
                    for number, port in enumerate(as_list(container.get("ports")))
                    if isinstance(port, dict | None)
                ]
                containers.append(Container(str(container.get("name") or ""), where, container, serves, ports))
    labels = as_dict(as_dict(dig(data, metadata_path(path))).get("labels"))
    host_network = pod.get("hostNetwork") is True
    hook = "helm.sh/hook" in as_dict(as_dict(data.get("metadata")).get("annotations")) and document.kind in _ENDING
    return Workload(document, document.ref.key[1], path, labels, tuple(containers), host_network, hook)


def summary_of(workload: Workload) -> Workload:
    """The same workload with what rules ask of other documents than the one they judge: a tree has many.

    Of a container's data that is `env` where a value refers to another variable.
    """
    words = workload.document.words
    refers = words is None or (b"$" in words and b"$(" in words)
    containers = tuple(
        [
            Container(name, path, _env_of(data) if refers else _NOTHING, serves, ports)
            for name, path, data, serves, ports in workload.containers
        ]
    )
    return workload._replace(containers=containers)


def plain(workload: Workload) -> tuple[Any, ...]:
    """A workload without its document as plain values, which `marshal` takes."""
    _, namespace, pod, labels, containers, host_network, hook = workload
    return namespace, pod, labels, [tuple(one) for one in containers], host_network, hook


def of_plain(document: Document, values: tuple[Any, ...]) -> Workload:
    """The workload of a document again."""
    namespace, pod, labels, containers, host_network, hook = values
    return Workload(
        document, namespace, pod, labels, tuple([Container(*one) for one in containers]), host_network, hook
    )


def _env_of(container: Mapping[str, Any]) -> Mapping[str, Any]:
    env = as_list(container.get("env"))
    refers = any(isinstance(entry, dict) and "$(" in str(entry.get("value")) for entry in env)
    return {"env": env} if refers else _NOTHING


@lru_cache(1024)
def _below(path: Path, field: str, index: int) -> Path:
    """The path of an entry of a list: most are those of thousands of workloads, which share them."""
    return (*path, field, index)


def pod_path(document: Document) -> Path:
    """Where the Pod's spec is in an object of this kind."""
    if document.kind == "Pod":
        return ("spec",)
    if document.kind == "CronJob":
        return ("spec", "jobTemplate", "spec", "template", "spec")
    return ("spec", "template", "spec")


def metadata_path(pod: Path) -> Path:
    """Where the Pod's metadata is, from where its spec is."""
    return (*pod[:-1], "metadata")


def dig(data: Any, path: Path) -> Any:  # noqa: ANN401
    """The value at a path, or None."""
    for key in path:
        if isinstance(data, dict):
            data = data.get(key)
        elif isinstance(data, list) and isinstance(key, int) and key < len(data):
            data = data[key]
        else:
            return None
    return data


def as_dict(value: Any) -> dict[str, Any]:  # noqa: ANN401
    """The value if it is a mapping, else an empty one: wrong types are the type rule's finding, not every rule's."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:  # noqa: ANN401
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_number(value: Any) -> int | None:  # noqa: ANN401
    """A whole number as the API server takes it (80.0 is 80), else None. 0 is a number."""
    # the quick answer for nearly all
    if type(value) is int and -(10**18) < value < 10**18:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if -_MOST <= value < _MOST and value == int(value) else None


def label_text(value: Any) -> str:  # noqa: ANN401
    """A label's value as the API server holds it: null is the empty string. Wrong types only equal themselves."""
    return value if isinstance(value, str) else "" if value is None else repr(value)


def is_service(document: Document) -> bool:
    """Whether a document that a rule looks at is a Service; the engine keeps other groups' Services away."""
    return bool(document.data.get("kind") == "Service")


def template_of(document: Document) -> str:
    """The template that `helm template` made a document of, as it says at its start; empty for others.

    Source: helm.sh/helm/v3/pkg/action/action.go, renderResources.
    """
    head = document.text[:_HEAD]
    found = re.search(rb"^# Source: ([^\r\n]+)", head, re.MULTILINE) if b"# Source: " in head else None
    return found[1].decode("utf-8", "replace") if found else ""


def spec_of(document: Document) -> dict[str, Any]:
    """`spec`, or an empty mapping."""
    return as_dict(document.data.get("spec"))


def selector_of(service: Document) -> dict[str, str]:
    """The labels that a Service selects by. An ExternalName Service selects nothing."""
    selector = as_dict(spec_of(service).get("selector"))
    if not selector or service_type(service) == "ExternalName":
        return {}
    return {key: label_text(value) for key, value in selector.items()}


def told_labels(selector: Mapping[str, str]) -> dict[str, str]:
    """The labels of a selector that manifests tell of; the name of a StatefulSet's Pod is cut to that of all."""
    found = {key: value for key, value in selector.items() if key not in _UNKNOWN}
    if _POD_NAME in found:
        name, dash, number = found[_POD_NAME].rpartition("-")
        found[_POD_NAME] = name if dash and number.isdigit() else found[_POD_NAME]
    return found


# Labels that controllers give to the Pods of an object, so that no template has them.
# Source: k8s.io/api/batch/v1/types.go, k8s.io/api/apps/v1/types.go.
_OF_JOBS = ("job-name", "batch.kubernetes.io/job-name")
_POD_NAME = "statefulset.kubernetes.io/pod-name"
# Those whose values nobody knows beforehand.
_UNKNOWN = frozenset(
    {"controller-uid", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-completion-index"}
    | {"apps.kubernetes.io/pod-index", "pod-template-hash", "controller-revision-hash", "pod-template-generation"}
)


def given_labels(document: Document) -> dict[str, str]:
    """What Pods of a Job or a StatefulSet get besides the labels of the template; of a Pod's name the first part."""
    if document.kind == "Job":
        return dict.fromkeys(_OF_JOBS, document.ref.name)
    return {_POD_NAME: document.ref.name} if document.kind == "StatefulSet" else {}


def service_type(service: Document) -> str:
    """`spec.type`, ClusterIP where none is written; empty for what is no text."""
    written = spec_of(service).get("type") or "ClusterIP"
    return written if isinstance(written, str) else ""


def is_headless(service: Document) -> bool:
    """`clusterIP: None`: clients reach the Pods directly."""
    spec = spec_of(service)
    return spec.get("clusterIP") == "None" or as_list(spec.get("clusterIPs"))[:1] == ["None"]


def service_ports(service: Document) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every entry of a Service's `spec.ports` that is a mapping, with its path."""
    return ports_of(spec_of(service))


def ports_of(spec: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The same of a Service's `spec`."""
    for index, port in enumerate(as_list(spec.get("ports"))):
        if isinstance(port, dict):
            yield ("spec", "ports", index), port


def protocol_of(port: Mapping[str, Any]) -> str:
    """A port's protocol; TCP where none is written."""
    written = port.get("protocol") or "TCP"
    return written if isinstance(written, str) else repr(written)


@lru_cache(4096)
def field_name(path: Path) -> str:
    """`("spec", "ports", 0, "nodePort")` -> `spec.ports[0].nodePort`, the API server's own way to say it."""
    out = ""
    for key in path:
        out += f"[{key}]" if isinstance(key, int) else f".{key}" if out else key
    return out


def finding(
    document: Document,
    path: Path,
    message: str,
    *,
    effect: Effect,
    hint: str = "",
    related: tuple[Location, ...] = (),
    field: str = "",
    at: Location | None = None,
) -> Finding:
    """A finding at a field; the engine adds the rule.

    `field` is for where the API server calls it otherwise, `at` for where its place is known already.
    """
    place = document.location(*path) if at is None else at
    return Finding(message, place, "", effect, document.ref, field or field_name(path), hint, related)
