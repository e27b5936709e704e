"""What the rules that advise say beyond their cases: with a config, with several files and clusters."""

from __future__ import annotations

import pytest

from scaffold.model import Band, Location, PortPolicy, Reserved

HERE = Location("config.yaml", 3, 5)

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  type: NodePort
  selector: {{app: {name}}}
  ports:
    - {{name: http, port: 80, nodePort: {number}}}
"""

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  hostNetwork: {network}
  containers:
    - name: proxy
      image: "proxy:1"
      ports: [{{containerPort: {number}{more}}}]
"""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: shop}}}}
  template:
    metadata: {{labels: {{app: shop}}}}
    spec:
      containers:
        - {{name: shop, image: "shop:1"}}
"""


def service(number, namespace="shop", name="web"):
    return SERVICE.format(name=name, namespace=namespace, number=number)


def pod(number, *, network=False, more="", name="proxy"):
    return POD.format(name=name, number=number, network=str(network).lower(), more=more)


def policy(**more):
    return PortPolicy(
        reserved=(Reserved(30080, 30081, "ingress", HERE), Reserved(30010, 30019, "payments team", HERE)),
        bands=(Band("payments", 30010, 30019, HERE),),
        **more,
    )


@pytest.mark.parametrize(
    ("number", "namespace", "said"),
    [
        (30080, "shop", "nodePort 30080 is reserved: ingress"),
        (30010, "shop", "nodePort 30010 lies in the band of namespace payments"),
        (30010, "payments", None),
        (30081, "payments", "nodePort 30081 is reserved: ingress"),
        (30012, "payments", None),
        (30005, "shop", None),
    ],
)
def test_a_node_port_that_the_config_keeps_for_others(judge, number, namespace, said):
    found = judge(service(number, namespace), policy=policy()).of("node-port-reserved")
    assert [one.message for one in found] == ([said] if said else [])
    assert all(one.effect == "fragile" and one.related == (HERE,) for one in found)


@pytest.mark.parametrize(("number", "told"), [(32767, False), (32768, True), (40000, True), (40001, False)])
def test_a_node_port_among_the_numbers_of_outgoing_connections(judge, number, told):
    found = judge(service(number), policy=PortPolicy(high=40000)).of("node-port-reserved")
    assert [one.effect for one in found] == ["advice"] * told
    assert not judge(service(number)).of("node-port-reserved")


def test_a_host_port_names_the_service_that_has_the_number(judge):
    files = {"a/svc.yaml": service(30080), "b/pod.yaml": pod(80, more=", hostPort: 30080")}
    (found,) = judge(files).of("node-port-reserved")
    assert found.message == "hostPort 30080 is also a node port of shop/web, which gets the traffic"
    assert (found.location.where, found.related[0].where) == ("b/pod.yaml", "a/svc.yaml")


def test_a_host_port_and_a_node_port_of_two_clusters_never_meet(judge):
    files = {"prod/svc.yaml": service(20080), "dev/pod.yaml": pod(80, more=", hostPort: 20080")}
    wide = {"policy": PortPolicy(low=20000, high=20100)}
    assert "also a node port" in judge(files, **wide).of("node-port-reserved")[0].message
    (found,) = judge(files, inside=lambda path: path.split("/")[0], **wide).of("node-port-reserved")
    assert "lies in the node port range" in found.message


def test_with_the_network_of_the_host_every_port_is_one(judge):
    assert judge(pod(10250)).of("node-port-reserved") == []
    (found,) = judge(pod(10250, network=True)).of("node-port-reserved")
    assert found.message.startswith("containerPort 10250 of a Pod with hostNetwork is the kubelet's")


def test_a_range_that_is_everything_says_nothing_about_host_ports(judge):
    everything = PortPolicy(low=1, high=65535)
    assert judge(pod(80, more=", hostPort: 8080"), policy=everything).of("node-port-reserved") == []


def test_definitions_in_two_files_may_be_variants(judge):
    files = {"a.yaml": service(30001), "b.yaml": service(30002)}
    assert judge(files).of("defined-twice") == []
    (found,) = judge({"a.yaml": files["a.yaml"] + "---\n" + files["b.yaml"]}).of("defined-twice")
    assert found.effect == "fragile"
    assert found.related[0].line < found.location.line


def test_one_label_in_two_files_may_be_variants(judge):
    one, other = DEPLOYMENT.format(name="web"), DEPLOYMENT.format(name="worker")
    assert judge({"a.yaml": one, "b.yaml": other}).of("selector-overlap") == []
    (found,) = judge({"a.yaml": one + "---\n" + other}).of("selector-overlap")
    assert found.message == "the Pods of Deployment default/web have the same labels (app: shop)"


def test_a_name_that_a_kustomization_moves_elsewhere(judge):
    from scaffold.kustomize import Kustomized

    text = "apiVersion: v1\nkind: Service\nmetadata: {name: kubernetes}\nspec: {ports: [{port: 443}]}\n"
    assert judge(text).of("server-owned")
    assert not judge(text, facts={"kustomized": Kustomized(renamed={"case.yaml": frozenset({"x"})})}).of("server-owned")


def test_what_a_pipe_brings_is_a_look_at_a_cluster(judge):
    text = 'apiVersion: v1\nkind: Service\nmetadata: {name: web, resourceVersion: "7"}\nspec: {ports: [{port: 443}]}\n'
    assert judge(text).of("server-owned")
    assert not judge({"-": text}).of("server-owned")


def test_pod_security_names_the_containers_that_lack_something(judge):
    text = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  securityContext: {runAsNonRoot: true}
  initContainers:
    - {name: first, image: "web:1", securityContext: {capabilities: {drop: [ALL]}}}
  containers:
    - name: web
      image: "web:1"
      securityContext:
        {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: Localhost}}
    - {name: sidecar, image: "sidecar:1"}
"""
    (found,) = judge(text).of("pod-security")
    assert found.message == (
        "container web meets Pod Security restricted, but the Pod lacks allowPrivilegeEscalation: false "
        "(sidecar, first); capabilities.drop: [ALL] (sidecar); seccompProfile.type: RuntimeDefault (sidecar, first)"
    )
