"""Rules are asked only about what concerns them: never one less than those that would say something."""

from __future__ import annotations

import copy
import json
import random
import re

import pytest

from scaffold import checks
from scaffold.checks import _concerns, _plain, _schema
from scaffold.documents import Tree
from scaffold.facts import Facts
from scaffold.kinds import CHECKED
from scaffold.model import TakenPorts
from scaffold.parsing import read
from scaffold.sources.tree import taken_ports
from tests.checks.test_cases import FILES, meant

ODD = (
    "",
    " ",
    "x",
    "X",
    "a_b",
    "-a",
    "a" * 64,
    "a" * 254,
    "Always",
    "None",
    "http",
    "80",
    "$(X)",
    "PORT",
    "a/b/c",
    "é",
)
NUMBERS = (0, 1, -1, 80, 8080, 30080, 65535, 65536, 2**31 - 1, 2**31, 1.0, 1.5, True, False)
VERSIONS = ("", "1.29", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36")


def judge(objects, version, every=None):
    """What the rules say of objects; with `every` each rule is asked about each of them."""
    documents, not_judged = read("\n---\n".join(map(json.dumps, objects)).encode(), "any.yaml", CHECKED)
    tree = Tree(tuple(documents), tuple(not_judged))
    facts = Facts(tree, TakenPorts(taken_ports(tree.documents)[0]), kube_version=version)
    if every:
        every.setattr(_schema, "concerns", lambda *_: _schema.UNFIT)
    return checks.run(facts).findings


def parts(value, path=()):
    """Every value inside another one, with its path."""
    yield path, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from parts(inner, (*path, key))


def fields(path):
    return next((part for part in reversed(path) if isinstance(part, str)), "")


@pytest.fixture(scope="module")
def known():
    """The objects of all cases; by the name of a field the values that it has there, and the fields beside it."""
    objects, values, beside = [], {}, {}
    for path in FILES:
        found, _ = read(path.read_bytes(), path.name, CHECKED)
        objects += [(json.loads(json.dumps(one.data)), meant(path.read_text())) for one in found]
    for one, _ in objects:
        for path, value in parts(one):
            values.setdefault(fields(path), []).append(value)
            if isinstance(value, dict):
                beside.setdefault(fields(path), {}).update(value)
    return objects, values, beside


def changed(chance, one, values, beside):
    """An object with one thing in it written otherwise."""
    one = copy.deepcopy(one)
    places = [path for path, _ in parts(one) if path and path[0] not in ("kind", "apiVersion")]
    if not places:
        return one
    path = chance.choice(places)
    holder = one
    for key in path[:-1]:
        holder = holder[key]
    how = chance.random()
    if how < 0.15:
        del holder[path[-1]]
    elif how < 0.25 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[path[-1]]))
    elif how < 0.45 and isinstance(holder, dict):
        # a field that stands beside such fields elsewhere
        more = beside.get(fields(path[:-1]), {})
        key = chance.choice(sorted(more)) if more else path[-1]
        holder[key] = copy.deepcopy(chance.choice(values.get(key, ["x"])))
    elif how < 0.75:
        holder[path[-1]] = copy.deepcopy(chance.choice(values[fields(path)]))
    else:
        holder[path[-1]] = chance.choice((*ODD, *NUMBERS, None, {}, []))
    return one


@pytest.mark.parametrize("seed", range(8))
def test_no_rule_is_passed_over_for_a_value(seed, known, monkeypatch):
    objects, values, beside = known
    chance = random.Random(seed)
    for _ in range(60):
        one, version = chance.choice(objects)
        for _ in range(chance.choice((1, 1, 2, 4))):
            one = changed(chance, one, values, beside)
        version = chance.choice((version, *VERSIONS))
        found = judge([one], version)
        with monkeypatch.context() as every:
            assert judge([one], version, every) == found, json.dumps(one)


@pytest.mark.parametrize("value", [-1, 2**31, 1.5, True, "5"])
def test_the_times_of_a_probe_that_is_otherwise_plain_are_judged(value, monkeypatch):
    probe = {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": value}
    container = {"name": "web", "image": "ghcr.io/acme/web:1", "readinessProbe": probe}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [container]}}
    found = judge([pod], "")

    assert [finding.field.rpartition(".")[2] for finding in found] == ["periodSeconds"]
    with monkeypatch.context() as every:
        assert judge([pod], "", every) == found


def test_every_concern_names_a_rule_a_type_a_field_and_a_test():
    for rule, items in _concerns.CONCERNS.items():
        assert rule in checks.RULES
        for item in items.split():
            what, _, test = item.partition(":")
            # some types have a dot in their names
            kind, *field = re.split(r"!|(?<!^v\d)\.", what)
            assert test == "" or test in _plain.TESTS
            assert field == [] or field[0] in _schema.fields(kind), item


def test_few_rules_look_at_what_is_written_as_everybody_does(judge, monkeypatch):
    asked = []
    monkeypatch.setattr(checks, "load", lambda rule, load=checks.load: asked.append(rule) or load(rule))
    judge(
        """\
apiVersion: v1
kind: Service
metadata: {name: web, labels: {app: web}}
spec:
  selector: {app: web}
  ports:
    - {name: http, port: 80, targetPort: http}
    - {name: metrics, port: 9090, targetPort: 9090}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: app
          image: ghcr.io/acme/web:1.2
          ports: [{name: http, containerPort: 8080}, {name: metrics, containerPort: 9090}]
          env: [{name: LEVEL, value: info}, {name: MODE, value: fast}]
          readinessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 5}
          resources: {limits: {cpu: 500m, memory: 256Mi}, requests: {cpu: 100m, memory: 128Mi}}
          securityContext: {runAsNonRoot: true, runAsUser: 1000, allowPrivilegeEscalation: false}
          volumeMounts: [{name: config, mountPath: /etc/web}]
      volumes: [{name: config, configMap: {name: web, defaultMode: 0644}}]
"""
    )
    assert asked
    assert set(asked) & set(_concerns.CONCERNS) == set()


def test_what_was_chosen_is_not_remembered_without_end():
    chosen = checks._Chosen(tuple(_concerns.CONCERNS))
    for concerns in range(checks._REMEMBERED * 2):
        assert len(chosen.worth_asking(concerns)) == concerns.bit_count()
    assert len(chosen._known) <= checks._REMEMBERED
