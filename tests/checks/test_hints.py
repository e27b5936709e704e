"""What a hint says mends, done to the letter, and what is one mistake is said once."""

from __future__ import annotations

import pytest

APP = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
    - name: http
      port: 80
      targetPort: http
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: checkout
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: web:1
          ports:
            - name: http
              containerPort: 8080
          readinessProbe:
            httpGet:
              port: http
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: web
spec:
  maxReplicas: 5
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: checkout
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
spec:
  rules:
    - http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: web
                port:
                  number: 80
"""
PORTS = "          ports:\n            - name: http\n              containerPort: 8080\n"


def changed(*edits):
    """The app with some texts exchanged, each of which stands in it once."""
    text = APP
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_the_app_is_right(judge):
    assert judge(APP).findings == ()


# a mistake, the rule that names it, its hint, and what the hint says to write in place of what
HINTS = [
    pytest.param(
        [("  selector:\n    app: web\n  ports", "  clusterIP: None\n  selector:\n    app: web\n  ports"),
         ("      port: 80\n      target", "      port: 8080\n      nodePort: 30001\n      target"),
         ("number: 80", "number: 8080")],
        "node-port-type",
        "drop nodePort, or write `type: NodePort` under spec and drop clusterIP",
        [("      nodePort: 30001\n", "")],
        id="a node port of a headless Service",
    ),
    pytest.param(
        [("      labels:\n        app: web", "      labels:\n        tier: web")],
        "selector-unmatched",
        "add app to the labels of the Pod template",
        [("        tier: web", "        tier: web\n        app: web")],
        id="the only label of a selector",
    ),
    pytest.param(
        [("      containers:\n", "      ports:\n        - containerPort: 8080\n      containers:\n")],
        "unknown-field",
        "write it under a container",
        [("      ports:\n        - containerPort: 8080\n", "")],
        id="a field of containers beside them",
    ),
    pytest.param(
        [("              port: http", "              path: /")],
        "port-out-of-range",
        "write port: NUMBER",
        [("              path: /", "              path: /\n              port: 8080")],
        id="a probe without a port",
    ),
    pytest.param(
        [("          image: web:1", "          image: web:1\n          command: npm start")],
        "scalar-type",
        'write command: [npm, start]',
        [("command: npm start", "command: [npm, start]")],
        id="a command as one text",
    ),
    pytest.param(
        [("          image: web:1", "          image: web:1\n          command: cd /app && ./run")],
        "scalar-type",
        'write command: [sh, "-c", "cd /app && ./run"]',
        [("command: cd /app && ./run", 'command: ["sh", "-c", "cd /app && ./run"]')],
        id="a command of a shell",
    ),
    pytest.param(
        [("              containerPort: 8080", "              port: 8080")],
        "unknown-field",
        "did you mean containerPort?",
        [("              port: 8080", "              containerPort: 8080")],
        id="the port of a container as that of a Service",
    ),
    pytest.param(
        [("    spec:\n      containers:\n", "    spec:\n      hostIPC: false\n    containers:\n")],
        "unknown-field",
        "move it to spec.template.spec of the Deployment",
        [("      hostIPC: false\n    containers:", "      containers:")],
        id="containers beside the template's spec",
    ),
    pytest.param(
        [("      targetPort: http\n---\n", "      targetPort: http\n")],
        "duplicate-key",
        "put a line with --- between them",
        [("      targetPort: http\n", "      targetPort: http\n---\n")],
        id="no line between two objects",
    ),
    pytest.param(
        [("          image: web:1", "          image: web:1\n          hostNetwork: false")],
        "unknown-field",
        "move it to spec.template.spec of the Deployment",
        [("          hostNetwork: false\n", ""), ("      containers:", "      hostNetwork: false\n      containers:")],
        id="a field of the Pod in a container",
    ),
    pytest.param(
        [("  template:\n", "  volumes: []\n  template:\n")],
        "unknown-field",
        "move it to spec.template.spec of the Deployment",
        [("  volumes: []\n", ""), ("      containers:", "      volumes: []\n      containers:")],
        id="a field of the Pod in a Deployment",
    ),
    pytest.param(
        [("  ports:\n    - name: http\n", "  targetPort: 8080\n  ports:\n    - name: http\n")],
        "unknown-field",
        "write it in an entry of ports",
        [("  targetPort: 8080\n", "")],
        id="a field of a port in a Service",
    ),
    pytest.param(
        [("    matchLabels:\n      app: web", "    app: web")],
        "unknown-field",
        "write it under matchLabels",
        [("  selector:\n    app: web\n  template", "  selector:\n    matchLabels:\n      app: web\n  template")],
        id="a label beside matchLabels",
    ),
    pytest.param(
        [("port: 80\n      target", "port: 80/tcp\n      target")],
        "scalar-type",
        "write port: 80, and protocol: TCP beside it",
        [("port: 80/tcp", "port: 80\n      protocol: TCP")],
        id="the protocol behind a number",
    ),
    pytest.param(
        [("port: 80\n      targetPort: http", "port: 80:8080")],
        "scalar-type",
        "write port: 80, and targetPort: 8080 beside it",
        [("port: 80:8080", "port: 80\n      targetPort: 8080")],
        id="two numbers as docker has them",
    ),
    pytest.param(
        [("containerPort: 8080", "containerPort: 80:8080")],
        "scalar-type",
        "write containerPort: 8080, a Service leads to it",
        [("80:8080", "8080")],
        id="two numbers in a container",
    ),
    pytest.param(
        [(PORTS, "          ports:\n            - 8080\n"), ("targetPort: http", "targetPort: 8080"),
         ("              port: http", "              port: 8080")],
        "scalar-type",
        "write - containerPort: NUMBER",
        [("- 8080", "- containerPort: 8080")],
        id="a number as an entry of ports",
    ),
    pytest.param(
        [("          image: web:1", "          image: web:1\n          env:\n            LEVEL: debug")],
        "scalar-type",
        "write each as an entry: - name: NAME, and under it value: VALUE",
        [("LEVEL: debug", "- name: LEVEL\n              value: debug")],
        id="variables as a mapping",
    ),
    pytest.param(
        [("          image: web:1", "          image: web:1\n          args: --verbose")],
        "scalar-type",
        'write args: ["--verbose"]',
        [("args: --verbose", 'args: ["--verbose"]')],
        id="one argument",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "rule", "hint", "mend"), HINTS)
def test_what_a_hint_says_mends(judge, mistake, rule, hint, mend):
    text = changed(*mistake)
    (found,) = judge(text).of(rule)
    assert found.hint == hint
    for old, new in mend:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    assert [str(one) for one in judge(text) if one.level == "error"] == []


# a mistake, and the one rule that speaks of it
ONCE = [
    pytest.param(
        [("- name: http\n              containerPort", "- name: HTTP\n              containerPort")],
        "port-name-invalid",
        id="a name of a port that is refused is not offered",
    ),
    pytest.param([("  name: checkout\nspec", "  name: Checkout\nspec")], "name-invalid", id="nor one of a workload"),
    pytest.param([("number: 80", 'name: "80"')], "ingress-invalid", id="a number as the name of a backend's port"),
    pytest.param([("    app: web\n  ports", "    matchLabels: {app: web}\n  ports")], "scalar-type", id="matchLabels"),
    pytest.param(
        [("  selector:\n    app: web\n  ports", "  clusterIP: none\n  selector:\n    app: web\n  ports")],
        "address-invalid",
        id="an address that is none",
    ),
]


@pytest.mark.parametrize(("mistake", "rule"), ONCE)
def test_one_mistake_is_said_once(judge, mistake, rule):
    assert [one.rule for one in judge(changed(*mistake))] == [rule]


def test_a_label_that_is_refused_is_not_offered(judge):
    text = changed(("      labels:\n        app: web", "      labels:\n        app: web-"))
    (found,) = judge(text).of("selector-unmatched")
    assert found.hint == "write one value for app in both places"


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        pytest.param(("  template:", "  strateyg:\n    type: Recreate\n  template:"), (21, 3), id="of a mapping"),
        pytest.param(("  selector:\n    app: web\n", "  selectors:\n    app: web\n"), (6, 3), id="of labels"),
        pytest.param(
            ("metadata:\n  name: web\nspec:\n  sel", "metadata: {name: web, label: {a: b}}\nspec:\n  sel"),
            (3, 23),
            id="in a line",
        ),
    ],
)
def test_an_unknown_field_is_shown_where_its_name_stands(judge, edit, where):
    place = judge(changed(edit)).of("unknown-field")[0].location
    assert (place.line, place.column) == where


def test_what_helm_install_prints_is_told_apart(judge):
    (found,) = judge(f"{APP.rstrip()}\nMANIFEST:\n---\n").of("unknown-field")
    assert "helm template" in found.hint
