"""Rules survive every JSON shape, and say nothing about what a shape cannot be."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scaffold import checks
from scaffold.documents import Tree
from scaffold.facts import Facts
from scaffold.kinds import CHECKED
from scaffold.model import TakenPorts
from scaffold.parsing import read
from scaffold.sources.tree import taken_ports
from tests.conftest import ROOT

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", "TCP", "None", "web", "80", "NodePort", "LoadBalancer", "In", "Exists", "Local", "http", "\u00e9"]
    ),
)
_KEYS = st.sampled_from(["app", "name", "port", "ports", "a/b/c", "key", "operator", "values", "httpGet", "labels"])
_ANYTHING = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=6
)


def _or_anything(strategy):
    return st.one_of(strategy, strategy, strategy, _ANYTHING)


def _mapping(**parts):
    return _or_anything(st.fixed_dictionaries({}, optional={name: _or_anything(part) for name, part in parts.items()}))


def _listed(strategy):
    return _or_anything(st.lists(strategy, max_size=3))


_NUMBERS = st.sampled_from([0, -1, 80, 8080, 30080, 30081, 70000, 80.0, 80.5, 2**33, "80", "http", None])
_NAMES = st.sampled_from(["web", "api", "Web", "", "1web", "a.b", "http", "${X}", None, 3])
_LABELS = _or_anything(st.dictionaries(st.sampled_from(["app", "tier", "/"]), _NAMES, max_size=2))
_LEVELS = _mapping(
    **{
        "pod-security.kubernetes.io/enforce": st.sampled_from(["baseline", "restricted", "strict"]),
        "pod-security.kubernetes.io/enforce-version": st.sampled_from(["latest", "v1.20", "1.34"]),
    }
)
_METADATA = _mapping(name=_NAMES, namespace=_NAMES, labels=_LABELS | _LEVELS, annotations=_LABELS, generateName=_NAMES)
_PORT = _mapping(
    name=_NAMES,
    port=_NUMBERS,
    targetPort=_NUMBERS,
    nodePort=_NUMBERS,
    protocol=st.sampled_from(["TCP", "UDP", "tcp", None]),
    containerPort=_NUMBERS,
    hostPort=_NUMBERS,
)
_HANDLER = _mapping(
    httpGet=_PORT,
    tcpSocket=_PORT,
    grpc=_PORT,
    exec=_mapping(command=_listed(_NAMES)),
    sleep=_mapping(seconds=_NUMBERS),
    successThreshold=_NUMBERS,
    terminationGracePeriodSeconds=_NUMBERS,
)
_QUANTITIES = st.sampled_from(["1", "100m", "1Gi", "-1", "1e3", "1e99999", "1 Gi", "", ".", 1, 0.5, -2, True, None])
_AMOUNTS = _or_anything(
    st.dictionaries(st.sampled_from(["cpu", "memory", "cpus", "a/b", "hugepages-2Mi"]), _QUANTITIES)
)
_CONTAINERS = _listed(
    _mapping(
        name=_NAMES,
        image=_NAMES,
        imagePullPolicy=_NAMES,
        restartPolicy=st.sampled_from(["Always", "Never"]),
        ports=_listed(_PORT),
        livenessProbe=_HANDLER,
        lifecycle=_mapping(preStop=_HANDLER),
        resources=_mapping(limits=_AMOUNTS, requests=_AMOUNTS),
        env=_listed(_mapping(name=_NAMES, value=_NAMES, valueFrom=_mapping(fieldRef=_LABELS, secretKeyRef=_LABELS))),
        envFrom=_listed(_mapping(prefix=_NAMES, secretRef=_LABELS)),
        volumeMounts=_listed(_mapping(name=_NAMES, mountPath=_NAMES)),
    )
)
_EXPRESSIONS = _listed(_mapping(key=_NAMES, operator=st.sampled_from(["In", "Exists", "Gt"]), values=_listed(_NAMES)))
_SELECTOR = _or_anything(_LABELS | _mapping(matchLabels=_LABELS, matchExpressions=_EXPRESSIONS))
_POD_SPEC = _mapping(
    containers=_CONTAINERS,
    initContainers=_CONTAINERS,
    hostNetwork=st.booleans(),
    restartPolicy=_NAMES,
    volumes=_listed(_mapping(name=_NAMES)),
    terminationGracePeriodSeconds=_NUMBERS,
)
_POD = _mapping(metadata=_METADATA, spec=_POD_SPEC)
_WORDS = st.sampled_from(["", "x", "None", "Local", "ClientIP", "IPv4", "10.0.0.1", "127.0.0.1", "1/2", "a/b/c", None])
_STRATEGY = _mapping(
    type=st.sampled_from(["Recreate", "RollingUpdate"]),
    rollingUpdate=_mapping(maxSurge=_or_anything(_NUMBERS), maxUnavailable=st.sampled_from(["0%", "101%", 0, "x"])),
)
_SERVICE_WORDS = dict.fromkeys(
    (
        "externalName",
        "internalTrafficPolicy",
        "ipFamilyPolicy",
        "loadBalancerClass",
        "sessionAffinity",
        "trafficDistribution",
    ),
    _WORDS,
)
_SPEC = _mapping(
    type=st.sampled_from(["NodePort", "ClusterIP", "LoadBalancer", "ExternalName", "Odd"]),
    ports=_listed(_PORT),
    selector=_SELECTOR,
    template=_POD,
    containers=_CONTAINERS,
    healthCheckNodePort=_NUMBERS,
    clusterIP=st.sampled_from(["None", ""]),
    externalTrafficPolicy=st.sampled_from(["Local", "local"]),
    jobTemplate=_mapping(spec=_mapping(template=_POD)),
    replicas=_NUMBERS,
    minReadySeconds=_NUMBERS,
    strategy=_STRATEGY,
    clusterIPs=_listed(_WORDS),
    externalIPs=_listed(_WORDS),
    ipFamilies=_listed(_WORDS),
    loadBalancerSourceRanges=_listed(_WORDS),
    sessionAffinityConfig=_mapping(clientIP=_mapping(timeoutSeconds=_NUMBERS)),
    **_SERVICE_WORDS,
)
_KINDS = st.sampled_from(
    [
        ("v1", "Service"),
        ("v1", "Service"),
        ("v1", "Pod"),
        ("v1", "Namespace"),
        ("apps/v1", "Deployment"),
        ("apps/v1", "StatefulSet"),
        ("batch/v1", "CronJob"),
        ("batch/v1", "Job"),
    ]
)
_OBJECT = st.builds(
    lambda kind, metadata, spec: {"apiVersion": kind[0], "kind": kind[1], "metadata": metadata, "spec": spec},
    _KINDS,
    _METADATA,
    _SPEC,
)


def _run(objects):
    text = "\n---\n".join(json.dumps(one) for one in objects)
    documents, not_judged = read(text.encode(), "any.yaml", CHECKED)
    tree = Tree(tuple(documents), tuple(not_judged))
    facts = Facts(tree, TakenPorts(taken_ports(tree.documents)[0]))
    return checks.run(facts, lines=lambda _: text.split("\n"))


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_OBJECT, min_size=1, max_size=3))
def test_rules_survive_any_shape(objects):
    result = _run(objects)
    for finding in result.findings:
        assert finding.rule in checks.RULES
        assert finding.message
        assert not finding.message.endswith(".")
        assert finding.location.line >= 1
    assert result == _run(objects)


@pytest.mark.parametrize("value", [None, [], {}, 3, "x", True, [None], {"a": None}, [[]], 1.5])
@pytest.mark.parametrize("kind", ["Service", "Deployment", "Pod", "CronJob"])
def test_odd_values_in_every_place(kind, value):
    api = {"Service": "v1", "Pod": "v1", "Deployment": "apps/v1", "CronJob": "batch/v1"}[kind]
    pod = {"containers": value, "initContainers": value}
    objects = [
        {"apiVersion": api, "kind": kind, "metadata": value, "spec": value},
        {"apiVersion": api, "kind": kind, "metadata": {"name": value, "labels": value, "annotations": value}},
        {
            "apiVersion": api,
            "kind": kind,
            "spec": {"ports": value, "selector": value, "type": value, "template": value},
        },
        {"apiVersion": api, "kind": kind, "spec": {**pod, "template": {"metadata": value, "spec": pod}}},
        {"apiVersion": api, "kind": kind, "spec": {"ports": [value], "containers": [{"ports": value, "name": value}]}},
    ]
    _run(objects)


_CONTEXT = ("capabilities", "seccompProfile", "appArmorProfile", "seLinuxOptions", "windowsOptions", "sysctls")


@pytest.mark.parametrize("value", [None, [], {}, 3, "x", True, [None], {"a": None}, [[]], 1.5])
@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_odd_values_where_a_level_is_enforced(level, value):
    labels = {"pod-security.kubernetes.io/enforce": level}
    context = [value, dict.fromkeys(_CONTEXT, value), {"capabilities": {"add": value, "drop": value}}]
    objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": labels}}]
    objects += [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata} for metadata in (value, {"labels": value})
    ]
    for one in context:
        container = {"name": value, "ports": value, "securityContext": one, "livenessProbe": value, "lifecycle": value}
        spec = {"containers": [container, value], "securityContext": one, "volumes": [value], "os": value}
        metadata = {"name": "web", "annotations": value}
        objects.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    _run(objects)


def _with_many_digits(value):
    """The same once for each text or number with digits in it, with thousands of them there."""
    if isinstance(value, dict | list):
        for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            for changed in _with_many_digits(inner):
                value[key] = changed
                yield value
            value[key] = inner
    elif isinstance(value, str) and (found := re.search(r"\d+", value)):
        yield value[: found.start()] + "1" * 5000 + value[found.end() :]
    elif isinstance(value, int) and not isinstance(value, bool):
        yield _Digits("1" * 5000)


class _Digits(str):
    """Digits that are written without quotes: Python writes no such number."""


def _written(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return str(value) if isinstance(value, _Digits) else json.dumps(value, default=str)


@pytest.mark.parametrize("rule", sorted(checks.RULES))
def test_rules_survive_numbers_of_thousands_of_digits(rule):
    """Python refuses to read such a number from a text."""
    seen = 0
    for path in sorted((ROOT / "tests" / "checks" / "cases" / rule).glob("fail-*")):
        documents, _ = read(path.read_bytes(), "a.yaml", CHECKED)
        for document in documents:
            for changed in _with_many_digits(json.loads(json.dumps(document.data, default=str))):
                again, _ = read(_written(changed).encode(), "a.yaml", CHECKED)
                checks.run(Facts(Tree(tuple(again)), kube_version="1.36"))
                seen += len(again)
    assert seen or rule in ("duplicate-key", "unused-suppression")
