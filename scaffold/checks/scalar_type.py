"""A value of the wrong type: a number where text belongs, text where a number belongs.

YAML reads `1.10`, `on` and `8080` as a number, a bool and a number; labels, annotations, environment values and
arguments are text, and want quotes: `json: cannot unmarshal number into Go struct field
ObjectMeta.metadata.annotations of type string`. Ports and `replicas` are whole numbers and `hostNetwork` is a bool:
these want none.

Fails:
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      annotations:
        prometheus.io/port: 8080
    spec:
      ports:
        - {name: http, port: "80"}

Passes:
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      annotations:
        prometheus.io/port: "8080"
    spec:
      ports:
        - {name: http, port: 80}

Mend: add the quotes, or take them away.

Source: k8s.io/api/core/v1/types.go and apps/v1/types.go; sigs.k8s.io/yaml for what a plain scalar is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.scalars import write
from scaffold.shapes import Path, as_number, finding, is_service

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "scalar-type"

# A field's type: TEXT, WHOLE (32 bits), EITHER (a port by number or by name), FLAG (true or false), a dict of known
# fields, or a tuple: a list of its one element. `{ANY: TEXT}` is a map with free keys.
TEXT, WHOLE, EITHER, FLAG, ANY = "text", "whole", "either", "flag", "*"
_TEXTS = {ANY: TEXT}
_METADATA = {"name": TEXT, "generateName": TEXT, "namespace": TEXT, "labels": _TEXTS, "annotations": _TEXTS}
_SERVICE_PORT = {
    "name": TEXT,
    "port": WHOLE,
    "targetPort": EITHER,
    "nodePort": WHOLE,
    "protocol": TEXT,
    "appProtocol": TEXT,
}
_SERVICE = {
    "type": TEXT,
    "allocateLoadBalancerNodePorts": FLAG,
    "clusterIP": TEXT,
    "clusterIPs": (TEXT,),
    "externalIPs": (TEXT,),
    "externalName": TEXT,
    "externalTrafficPolicy": TEXT,
    "healthCheckNodePort": WHOLE,
    "internalTrafficPolicy": TEXT,
    "ipFamilies": (TEXT,),
    "ipFamilyPolicy": TEXT,
    "loadBalancerClass": TEXT,
    "loadBalancerIP": TEXT,
    "loadBalancerSourceRanges": (TEXT,),
    "ports": (_SERVICE_PORT,),
    "publishNotReadyAddresses": FLAG,
    "selector": _TEXTS,
    "sessionAffinity": TEXT,
    "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": WHOLE}},
    "trafficDistribution": TEXT,
}
_HANDLER = {
    "httpGet": {"port": EITHER, "path": TEXT, "host": TEXT, "scheme": TEXT},
    "tcpSocket": {"port": EITHER, "host": TEXT},
    "grpc": {"port": WHOLE, "service": TEXT},
    "exec": {"command": (TEXT,)},
}
_SECONDS = dict.fromkeys(
    ("initialDelaySeconds", "periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold"), WHOLE
)
_PROBE = {**_HANDLER, **_SECONDS}
_CONTAINER = {
    "name": TEXT,
    "image": TEXT,
    "imagePullPolicy": TEXT,
    "restartPolicy": TEXT,
    "workingDir": TEXT,
    "command": (TEXT,),
    "args": (TEXT,),
    "env": ({"name": TEXT, "value": TEXT},),
    "ports": ({"name": TEXT, "containerPort": WHOLE, "hostPort": WHOLE, "protocol": TEXT, "hostIP": TEXT},),
    "livenessProbe": _PROBE,
    "readinessProbe": _PROBE,
    "startupProbe": _PROBE,
    "lifecycle": {"postStart": _HANDLER, "preStop": _HANDLER},
    "volumeMounts": ({"name": TEXT, "mountPath": TEXT, "subPath": TEXT, "readOnly": FLAG},),
    **dict.fromkeys(("stdin", "stdinOnce", "tty"), FLAG),
}
_POD = {
    "containers": (_CONTAINER,),
    "initContainers": (_CONTAINER,),
    "nodeSelector": _TEXTS,
    "nodeName": TEXT,
    "hostname": TEXT,
    "subdomain": TEXT,
    "restartPolicy": TEXT,
    "serviceAccountName": TEXT,
    "dnsPolicy": TEXT,
    "schedulerName": TEXT,
    "priorityClassName": TEXT,
    **dict.fromkeys(("hostNetwork", "hostPID", "hostIPC", "hostUsers", "shareProcessNamespace"), FLAG),
    **dict.fromkeys(("automountServiceAccountToken", "enableServiceLinks", "setHostnameAsFQDN"), FLAG),
}
_Wrong = tuple[Path, Any, Any]
_TEMPLATE = {"metadata": _METADATA, "spec": _POD}
_SPEC = {
    "replicas": WHOLE,
    "minReadySeconds": WHOLE,
    "revisionHistoryLimit": WHOLE,
    "progressDeadlineSeconds": WHOLE,
    "paused": FLAG,
    "selector": {"matchLabels": _TEXTS},
}


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """Every value that the API server cannot decode, of the fields that svcgen knows."""
    if is_service(document):
        spec: dict[str, Any] = _SERVICE
    elif document.kind == "Pod":
        spec = _POD
    elif document.kind == "CronJob":
        spec = {"schedule": TEXT, "jobTemplate": {"spec": {"template": _TEMPLATE}}}
    elif document.kind in ("ReplicationController", "DeploymentConfig"):
        spec = {**_SPEC, "selector": _TEXTS, "template": _TEMPLATE}
    else:
        spec = {**_SPEC, "template": _TEMPLATE}
    wrong: list[_Wrong] = []
    _compare(document.data, {"metadata": _METADATA, "spec": spec}, (), wrong)
    for path, wanted, value in wrong:
        yield _say(document, path, wanted, value)


def _compare(value: Any, wanted: Any, path: Path, wrong: list[_Wrong]) -> None:  # noqa: ANN401
    """Collects the path, the wanted type and the value of all that does not decode. Null decodes into anything."""
    parts: Iterable[tuple[Any, Any, Any]]
    if isinstance(wanted, tuple):
        if not isinstance(value, list):
            wrong.append((path, wanted, value))
            return
        parts = ((index, item, wanted[0]) for index, item in enumerate(value))
    else:
        if not isinstance(value, dict):
            wrong.append((path, wanted, value))
            return
        any_key = wanted.get(ANY)
        parts = ((key, item, wanted.get(key, any_key)) for key, item in value.items())
    for key, item, inner in parts:
        # most values are text that may be text: no call for those
        if inner is None or item is None or (inner is TEXT and type(item) is str):
            continue
        if not isinstance(inner, str):
            _compare(item, inner, (*path, key), wrong)
        elif not _fits(item, inner):
            wrong.append(((*path, key), inner, item))


def _fits(value: Any, wanted: str) -> bool:  # noqa: ANN401
    if wanted == TEXT:
        return isinstance(value, str)
    if wanted == FLAG:
        return isinstance(value, bool)
    if wanted == EITHER and isinstance(value, str):
        return True
    number = as_number(value)
    return number is not None and -(2**31) <= number < 2**31


def _say(document: Document, path: Path, wanted: Any, value: Any) -> Finding:  # noqa: ANN401
    name = path[-1] if isinstance(path[-1], str) else f"{path[-2]}[{path[-1]}]"
    node = document.find(*path)
    raw = str(node.value) if getattr(node, "id", None) == "scalar" else ""
    if wanted == TEXT:
        message, hint = _text_wanted(str(name), value, raw)
        if path == ("spec", "selector", "matchLabels"):
            hint = "a Service selector is a plain map: write the labels right under selector"
    elif wanted == FLAG:
        message, hint = f"{name} is true or false, and {raw or _kind(value)} is neither", "write true or false"
        if isinstance(value, str) and value in ("true", "false"):
            message, hint = f'{name} is a bool, and kubectl reads "{value}" in quotes as text', f"write {name}: {value}"
    elif isinstance(wanted, str):
        message, hint = _number_wanted(str(name), value, raw)
    else:
        what = "a list" if isinstance(wanted, tuple) else "a mapping"
        message, hint = f"{name} is {_kind(value)}, {what} is needed", ""
    return finding(document, path, message, effect="refused", hint=hint)


def _text_wanted(name: str, value: Any, raw: str) -> tuple[str, str]:  # noqa: ANN401
    if not raw:
        return f"{name} is {_kind(value)}, text is needed", ""
    if isinstance(value, bool):
        read_as = "a bool" if raw in ("true", "false") else f"the bool {str(value).lower()}"
    else:
        number = f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)
        read_as = "a number" if number == raw else f"the number {number}"
    quoted = write(raw)
    hint = quoted if quoted.startswith('"') else f'"{quoted}"'
    return f"{name} is text, and kubectl reads {raw} as {read_as}", f"write it in quotes: {hint}"


def _number_wanted(name: str, value: Any, raw: str) -> tuple[str, str]:  # noqa: ANN401
    if not raw:
        return f"{name} is {_kind(value)}, a number is needed", ""
    if isinstance(value, str):
        if value.isascii() and value.lstrip("-").isdigit():
            return f'{name} is a number, and kubectl reads "{value}" in quotes as text', f"write {name}: {value}"
        return f"{name} is a number, and {value!r} is none", "write a number (is this a template?)"
    if isinstance(value, bool):
        return f"{name} is a number, and kubectl reads {raw} as the bool {str(value).lower()}", "write a number"
    return f"{name} {raw} is no whole number of 32 bits", "write a whole number"


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "a bool"
    if isinstance(value, int | float):
        return "a number"
    return "text" if isinstance(value, str) else "a mapping" if isinstance(value, dict) else "a list"
