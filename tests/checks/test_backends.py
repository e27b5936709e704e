"""Rules that look from other objects at Services and Pods: who is meant among many files, what the hints say."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scaffold import checks
from scaffold.documents import Tree
from scaffold.facts import Facts
from scaffold.kinds import CHECKED
from scaffold.kustomize import Kustomized
from scaffold.names import is_slip
from scaffold.parsing import read
from scaffold.references import selects

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports:
    - {name: http, port: 80, targetPort: 8080, nodePort: 30080}
"""
OTHER = SERVICE.replace("port: 80,", "port: 8000,")
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: "web:1", ports: [{name: web, containerPort: 8080}]}]}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
"""
AUTOSCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5}
"""


def ingress(port, *, service="web", namespace="", spec=""):
    inside = f", namespace: {namespace}" if namespace else ""
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web{inside}}}\n"
        f"spec: {{{spec}defaultBackend: {{service: {{name: {service}, port: {{{port}}}}}}}}}\n"
    )


def policy(*ports, name="web"):
    shown = ", ".join(f"{{port: {port}}}" for port in ports)
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}}}\n"
        f"spec: {{podSelector: {{matchLabels: {{app: web}}}}, ingress: [{{ports: [{shown}]}}]}}\n"
    )


def said(judge, files, rule, **more):
    return [(one.location.where, one.effect) for one in judge(files, **more).of(rule)]


@pytest.mark.parametrize(
    ("port", "spec", "effect", "hint"),
    [
        ("number: 8080", "", "fragile", "write number: 80"),
        ("number: 8080", "ingressClassName: nginx-internal, ", "fragile", "write number: 80"),
        ("number: 8080", "ingressClassName: traefik, ", "broken", "write number: 80"),
        ("number: 30080", "", "broken", "write number: 80"),
        ("number: 443", "", "broken", "write number: 80"),
        ("name: htp", "", "broken", "write name: http"),
        ("name: other", "", "broken", "write name: http"),
    ],
)
def test_a_port_of_an_ingress_that_is_none(judge, port, spec, effect, hint):
    (found,) = judge(SERVICE + "---\n" + ingress(port, spec=spec)).of("backend-unmatched")
    assert (found.effect, found.hint) == (effect, hint)
    assert found.related[0].line == 8


def test_the_message_says_what_was_written_instead(judge):
    (found,) = judge(SERVICE + "---\n" + ingress("number: 30080")).of("backend-unmatched")
    assert found.message == "Service web has no port 30080, which is the nodePort of its port 80"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a/svc.yaml": SERVICE, "a/ing.yaml": ingress("number: 81")}, [("a/ing.yaml", "broken")]),
        (
            {"k8s/service/a.yaml": SERVICE, "k8s/ingress/a.yaml": ingress("number: 81")},
            [("k8s/ingress/a.yaml", "fragile")],
        ),
        ({"k8s/svc.yaml": SERVICE, "k8s/ingress/a.yaml": ingress("number: 81")}, [("k8s/ingress/a.yaml", "fragile")]),
        # far away is another app of the same name
        ({"one/k8s/web/svc.yaml": SERVICE, "two/k8s/web/ing.yaml": ingress("number: 81")}, []),
        # of several variants the nearest counts
        ({"a/svc.yaml": SERVICE, "b/svc.yaml": OTHER, "b/ing.yaml": ingress("number: 8000")}, []),
        ({"a/svc.yaml": SERVICE, "b/svc.yaml": OTHER, "b/ing.yaml": ingress("number: 80")}, [("b/ing.yaml", "broken")]),
        ({"a/svc.yaml": SERVICE, "b/svc.yaml": OTHER, "c/ing.yaml": ingress("number: 81")}, []),
        ({"a/1.yaml": SERVICE, "a/2.yaml": OTHER, "a/ing.yaml": ingress("number: 8000")}, []),
        # of its own file before others
        ({"a/1.yaml": SERVICE + "---\n" + ingress("number: 80"), "a/2.yaml": OTHER}, []),
        # an Ingress alone
        ({"a/ing.yaml": ingress("number: 80")}, []),
        ({"a/svc.yaml": SERVICE, "a/ing.yaml": ingress("number: 80", service="gateway")}, []),
        ({"a/all.yaml": SERVICE + "---\n" + ingress("number: 80", service="gateway")}, [("a/all.yaml", "advice")]),
        ({"a/svc.yaml": SERVICE, "a/ing.yaml": ingress("number: 80", service="web-svc")}, [("a/ing.yaml", "broken")]),
        ({"a/svc.yaml": SERVICE, "a/ing.yaml": ingress("number: 80", namespace="shop")}, [("a/ing.yaml", "fragile")]),
    ],
)
def test_which_service_is_meant(judge, files, expected):
    assert said(judge, files, "backend-unmatched") == expected


@pytest.mark.parametrize(
    ("rule", "made"),
    [
        ("selector-unmatched", POD),
        ("backend-unmatched", ingress("number: 80")),
    ],
)
def test_what_helm_writes_lies_in_the_namespace_of_the_release(judge, rule, made):
    service = SERVICE.replace("name: web}", "name: web, namespace: prod}", 1)
    source = "---\n# Source: web/templates/web.yaml\n"
    other = made.replace("name: web", "name: web, namespace: other", 1)

    assert [one.effect for one in judge(f"{service}---\n{made}").of(rule)] == ["fragile"]
    assert not judge(f"{source}{service}{source}{made}").of(rule)
    # two that are written are two
    assert [one.effect for one in judge(f"{source}{service}{source}{other}").of(rule)] == ["broken"]


def test_a_service_in_another_namespace(judge):
    files = {
        "a/svc.yaml": SERVICE.replace("name: web}", "name: web, namespace: apps}", 1),
        "a/ing.yaml": ingress("number: 80", namespace="shop"),
    }
    (found,) = judge(files).of("backend-unmatched")
    assert (found.effect, found.message) == ("broken", "Service web is in namespace apps, not in shop")
    renamed = Kustomized(renamed={"a/ing.yaml": frozenset({"x"})})
    assert not judge(files, facts={"kustomized": renamed}).of("backend-unmatched")


def test_what_a_kustomization_patches_on_the_way_is_not_judged(judge):
    files = {"base/svc.yaml": SERVICE, "base/over/ing.yaml": ingress("number: 81")}
    assert said(judge, files, "backend-unmatched") == [("base/over/ing.yaml", "fragile")]
    patched = Kustomized(patches=frozenset({"base/over/svc.yaml"}))
    assert not judge(files, facts={"kustomized": patched}).of("backend-unmatched")


def test_a_route_into_another_namespace(judge):
    route = (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web, namespace: edge}\n"
        "spec: {rules: [{backendRefs: [{name: web, port: 80}]}]}\n"
    )
    service = SERVICE.replace("name: web}", "name: web, namespace: apps}", 1)
    (found,) = judge(service + "---\n" + route).of("backend-unmatched")
    assert (found.effect, found.hint) == ("broken", "add namespace: apps, which a ReferenceGrant there must allow")
    assert not judge(service + "---\n" + route.replace("name: web, port", "name: web, namespace: apps, port")).of(
        "backend-unmatched"
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a/1.yaml": SERVICE, "a/2.yaml": POD, "a/3.yaml": policy(80)}, [("a/3.yaml", "fragile")]),
        ({"a/1.yaml": SERVICE, "a/2.yaml": POD, "a/3.yaml": policy("web")}, []),
        # another chapter's policy says nothing of these Pods
        ({"a/1.yaml": SERVICE, "a/2.yaml": POD, "b/2.yaml": POD, "b/3.yaml": policy(80)}, []),
        # the right one anywhere is enough
        ({"a/1.yaml": SERVICE, "a/2.yaml": POD, "a/3.yaml": policy(80), "b/3.yaml": policy(8080)}, []),
        # far away are the Pods of another app
        ({"one/k8s/web/1.yaml": SERVICE + "---\n" + POD, "two/k8s/web/net.yaml": policy(80)}, []),
        (
            {"k8s/base/1.yaml": SERVICE + "---\n" + POD, "k8s/x/net/3.yaml": policy(80)},
            [("k8s/x/net/3.yaml", "fragile")],
        ),
        # one finding for two policies
        (
            {"a/1.yaml": SERVICE + "---\n" + POD, "a/2.yaml": policy(1), "a/3.yaml": policy(2)},
            [("a/2.yaml", "fragile")],
        ),
    ],
)
def test_which_pods_a_policy_means(judge, files, expected):
    assert said(judge, files, "network-policy-port") == expected


def test_the_policy_that_takes_the_services_port(judge):
    (found,) = judge("---\n".join([SERVICE, POD, policy(80)])).of("network-policy-port")
    assert found.message == "80 (http) is the port of Service default/web, its Pods listen on 8080"
    assert found.hint == "write port: 8080, a policy holds at the Pod"
    (found,) = judge("---\n".join([SERVICE, POD, policy(9)])).of("network-policy-port")
    assert found.message == "no NetworkPolicy lets in port 8080, where Service default/web leads"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a/web.yaml": DEPLOYMENT, "a/hpa.yaml": AUTOSCALER}, [("a/web.yaml", "fragile")]),
        ({"a/web.yaml": DEPLOYMENT, "a/hpa/web.yaml": AUTOSCALER}, [("a/web.yaml", "advice")]),
        ({"a/app/web.yaml": DEPLOYMENT, "a/hpa/web.yaml": AUTOSCALER}, [("a/app/web.yaml", "advice")]),
        ({"1/web.yaml": DEPLOYMENT, "2/web.yaml": DEPLOYMENT, "3/hpa.yaml": AUTOSCALER}, []),
        ({"1/web.yaml": DEPLOYMENT, "2/web.yaml": DEPLOYMENT, "2/hpa.yaml": AUTOSCALER}, [("2/web.yaml", "fragile")]),
    ],
)
def test_which_workload_is_scaled(judge, files, expected):
    assert said(judge, files, "autoscaler-replicas") == expected


def test_a_monitor_of_services_elsewhere(judge):
    monitor = (
        "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: web}\n"
        "spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: PORT}]}\n"
    )
    service = SERVICE.replace("name: web}", "name: web, labels: {app: web}}", 1)
    for port, expected in (("metrics", []), ("htttp", ["fragile"]), ('"80"', ["fragile"]), ("http", [])):
        files = {"a/svc.yaml": service, "b/mon.yaml": monitor.replace("PORT", port)}
        assert [one.effect for one in judge(files).of("monitor-unmatched")] == expected


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("{matchExpressions: [{key: no-scrape, operator: DoesNotExist}]}", []),
        ("{matchExpressions: [{key: app, operator: NotIn, values: [db]}]}", []),
        ("{matchExpressions: [{key: app, operator: Exists}]}", ["broken"]),
        ("{matchLabels: {app: web}, matchExpressions: [{key: no-scrape, operator: DoesNotExist}]}", ["broken"]),
    ],
)
def test_a_monitor_that_only_leaves_something_out_is_for_more_than_the_tree(judge, selector, expected):
    monitor = (
        "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: envoy}\n"
        f"spec: {{selector: {selector}, namespaceSelector: {{any: true}}, endpoints: [{{targetPort: 15090}}]}}\n"
    )
    service = SERVICE.replace("name: web}", "name: web, labels: {app: web}}", 1)
    found = judge("---\n".join([service, POD, monitor])).of("monitor-unmatched")
    assert [one.effect for one in found] == expected


def test_of_several_services_another_one_may_be_meant(judge):
    monitor = (
        "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: web}\n"
        "spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: metrics}]}\n"
    )
    service = SERVICE.replace("name: web}", "name: web, labels: {app: web}}", 1)
    (found,) = judge(service + "---\n" + monitor).of("monitor-unmatched")
    assert (found.effect, found.hint) == ("broken", "its ports are http")
    (found,) = judge("---\n".join([service, service.replace("{name: web,", "{name: api,"), monitor])).of(
        "monitor-unmatched"
    )
    assert found.effect == "fragile"


def test_a_crowd_of_variants_is_looked_at_near_by_only(judge):
    files = {f"{number:03}/svc.yaml": SERVICE for number in range(320)}
    files |= {f"{number:03}/pod.yaml": POD for number in range(320)}
    files["007/ing.yaml"] = ingress("number: 81")
    files["009/net.yaml"] = policy(80)
    judged = judge(files)
    assert [one.location.where for one in judged.of("backend-unmatched")] == ["007/ing.yaml"]
    assert [one.location.where for one in judged.of("network-policy-port")] == ["009/net.yaml"]


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [
        ("front-end", "frontend", True),
        ("Web", "web", True),
        ("fornt", "front", True),
        ("orders", "order", True),
        ("app-a", "app-b", False),
        ("web-1", "web-11", False),
        ("web12", "web21", False),
        ("web", "web", False),
        ("ab", "ba", False),
        ("api", "apis", False),
    ],
)
def test_names_that_look_mistyped(one, other, slip):
    assert is_slip(one, other) is is_slip(other, one) is slip


@pytest.mark.parametrize(
    ("expression", "taken"),
    [
        ({"key": "a", "operator": "In", "values": ["1", "2"]}, True),
        ({"key": "a", "operator": "NotIn", "values": ["1"]}, False),
        ({"key": "b", "operator": "NotIn", "values": ["1"]}, True),
        ({"key": "a", "operator": "Exists"}, True),
        ({"key": "b", "operator": "DoesNotExist"}, True),
        ({"key": "a", "operator": "exists"}, False),
    ],
)
def test_selectors_with_expressions(expression, taken):
    assert selects({"matchLabels": {"c": "3"}, "matchExpressions": [expression]}, {"a": "1", "c": "3"}) is taken


_ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 90000) | st.sampled_from(["", "web", "http", "/", "80", "In", "Pods"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["app", "name", "port"]), inner),
    max_leaves=4,
)


def _odd(**parts):
    return _ODD | st.fixed_dictionaries({}, optional=parts)


def _many(strategy):
    return _ODD | st.lists(strategy, max_size=2)


_WORD = _ODD | st.sampled_from(["web", "http"])
_LABELS = _odd(app=_WORD)
_SELECTOR = _odd(matchLabels=_LABELS, matchExpressions=_many(_odd(key=_WORD, operator=_WORD, values=_many(_WORD))))
_PORT = _odd(port=_ODD, targetPort=_ODD, portNumber=_ODD, name=_WORD, containerPort=_ODD, protocol=_ODD, endPort=_ODD)
_BACKEND = _odd(service=_odd(name=_WORD, port=_odd(number=_ODD, name=_WORD)), resource=_odd(kind=_WORD, name=_WORD))
_REF = _odd(name=_WORD, port=_ODD, kind=_ODD, group=_ODD, namespace=_ODD)
_MIRROR = _many(_odd(requestMirror=_odd(backendRef=_REF)))
_TARGET = _odd(type=_WORD, averageUtilization=_ODD, averageValue=_ODD, value=_ODD)
_METRIC = _odd(type=st.sampled_from(["Resource", "Pods", "Object", 3]), resource=_odd(name=_WORD, target=_TARGET))
_RULE = _odd(
    host=_WORD,
    http=_odd(paths=_many(_odd(path=_WORD, pathType=_WORD, backend=_BACKEND))),
    backendRefs=_many(_REF),
    filters=_MIRROR,
    ports=_many(_PORT),
)
_SPEC = _odd(
    rules=_many(_RULE),
    defaultBackend=_BACKEND,
    tls=_many(_odd(hosts=_many(_WORD), secretName=_WORD)),
    ingressClassName=_WORD,
    podSelector=_SELECTOR,
    policyTypes=_many(_WORD),
    ingress=_many(
        _odd(ports=_many(_PORT), **{"from": _many(_odd(ipBlock=_odd(cidr=_WORD, **{"except": _many(_WORD)})))})
    ),
    selector=_SELECTOR | _LABELS,
    namespaceSelector=_odd(any=_ODD, matchNames=_many(_WORD)),
    endpoints=_many(_PORT),
    podMetricsEndpoints=_many(_PORT),
    scaleTargetRef=_odd(kind=st.sampled_from(["Deployment", "Pod", 3]), name=_WORD, apiVersion=_WORD),
    minReplicas=_ODD,
    maxReplicas=_ODD,
    replicas=_ODD,
    metrics=_many(_METRIC),
    behavior=_odd(scaleUp=_odd(policies=_many(_odd(type=_WORD, value=_ODD)), selectPolicy=_WORD)),
    ports=_many(_PORT),
    template=_odd(metadata=_odd(labels=_LABELS), spec=_odd(containers=_many(_odd(ports=_many(_PORT))))),
)
_KINDS = [
    *(("v1", "Service"), ("apps/v1", "Deployment"), ("networking.k8s.io/v1", "Ingress")),
    *(("networking.k8s.io/v1", "NetworkPolicy"), ("gateway.networking.k8s.io/v1", "HTTPRoute")),
    *(("monitoring.coreos.com/v1", "ServiceMonitor"), ("monitoring.coreos.com/v1", "PodMonitor")),
    *(("autoscaling/v1", "HorizontalPodAutoscaler"), ("autoscaling/v2", "HorizontalPodAutoscaler")),
]
_OBJECT = st.builds(
    lambda kind, metadata, spec: {"apiVersion": kind[0], "kind": kind[1], "metadata": metadata, "spec": spec},
    st.sampled_from(_KINDS),
    _odd(name=_WORD, namespace=_WORD, labels=_LABELS, annotations=_ODD),
    _SPEC,
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_OBJECT, min_size=2, max_size=6))
def test_rules_survive_any_shape(objects):
    text = "\n---\n".join(json.dumps(one, indent=1) for one in objects)
    documents, not_judged = read(text.encode(), "any.yaml", CHECKED)
    facts = Facts(Tree(tuple(documents), tuple(not_judged)))
    for finding in checks.run(facts, lines=lambda _: text.split("\n")).findings:
        assert finding.message
        assert not finding.message.endswith(".")
        assert finding.location.line >= 1


# as kubebuilder lays it out: a proxy that is patched in holds the port which the Service names
PROXIED = {
    "rbac/service.yaml": SERVICE.replace("targetPort: 8080", "targetPort: https"),
    "manager/manager.yaml": DEPLOYMENT.replace('"web:1"', '"web:1", ports: [{name: http, containerPort: 8081}]'),
    "default/proxy_patch.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: proxy, image: "proxy:1", ports: [{name: https, containerPort: 8443}]}]}}}
""",
}
PATCHES = {"kustomized": Kustomized(frozenset({"default/proxy_patch.yaml"}))}


@pytest.mark.parametrize("target", ["https", "8443"])
def test_a_port_that_a_patch_declares_is_there(judge, target):
    files = {**PROXIED, "rbac/service.yaml": SERVICE.replace("targetPort: 8080", f"targetPort: {target}")}

    assert judge(files).of("target-port-unmatched")
    assert not judge(files, facts=PATCHES).of("target-port-unmatched")


def test_a_port_that_only_another_workload_is_patched_with_is_not(judge):
    other = PROXIED["default/proxy_patch.yaml"].replace("{name: web}", "{name: other}")

    assert judge({**PROXIED, "default/proxy_patch.yaml": other}, facts=PATCHES).of("target-port-unmatched")


def test_a_monitor_may_name_a_port_that_a_patch_declares(judge):
    monitor = """\
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: web}
spec: {selector: {matchLabels: {app: web}}, podMetricsEndpoints: [{port: https}]}
"""
    files = {**PROXIED, "manager/monitor.yaml": monitor}

    assert judge(files).of("monitor-unmatched")
    assert not judge(files, facts=PATCHES).of("monitor-unmatched")


# as every chart of `helm create` has it: the Pod of its test carries the labels of the app
TESTED = f"""\
{SERVICE.replace("targetPort: 8080", "targetPort: http")}---
{DEPLOYMENT.replace('"web:1"', '"web:1", ports: [{name: http, containerPort: 8080}]')}---
apiVersion: v1
kind: Pod
metadata: {{name: web-test, labels: {{app: web}}, annotations: {{helm.sh/hook: test}}}}
spec: {{restartPolicy: Never, containers: [{{name: wget, image: "busybox:1"}}]}}
"""


def test_a_service_is_not_meant_for_what_helm_runs_for_a_moment(judge):
    assert not [one for one in judge(TESTED) if one.level != "info"]
    other = judge(TESTED.replace("helm.sh/hook", "example.com/hook"))
    assert [(one.rule, one.effect) for one in other if one.level != "info"] == [("target-port-unmatched", "fragile")]


def test_what_helm_makes_as_a_hook_and_leaves_has_its_service(judge):
    made = DEPLOYMENT.replace("name: web}", "name: web, annotations: {helm.sh/hook: post-install}}", 1)

    assert not judge(f"{SERVICE}---\n{made}").of("selector-unmatched")
    assert judge(f"{SERVICE}---\n{TESTED.rpartition('---')[2]}").of("selector-unmatched")
