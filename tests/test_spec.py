"""The App document, and the rules that every app obeys."""

from __future__ import annotations

import pytest

from scaffold import spec
from scaffold.documents import Document
from scaffold.errors import SvcgenError
from scaffold.model import PortWish
from scaffold.nodes import compose


def document(text):
    ((node, line),) = compose(text.encode())
    return Document("app.yaml", line, node)


APP = """\
apiVersion: svcgen/v1
kind: App
metadata: {name: web, namespace: shop, labels: {team: a}, annotations: {a/b: "no"}}
spec:
  image: nginx:1.27
  replicas: 2
  type: LoadBalancer
  ports:
    - {name: http, port: 8080, targetPort: 80, nodePort: 30000, protocol: TCP, appProtocol: http}
    - dns=53:5353/udp
    - {name: admin, targetPort: 9000, nodePorts: {dev: 31000, "on": 30009}}
  env: {A: "1"}
  set: {probe: none}
  template: {pack: default, version: "1"}
  output: k8s/web
"""


def test_an_app_document_is_read_and_written_back_the_same():
    app = spec.parse(spec.from_document(document(APP)))
    again = spec.parse(spec.from_document(document(spec.to_text(app))))

    def without_places(one):
        return one._replace(
            location=None, locate=None, rendered=None, ports=tuple(p._replace(location=None) for p in one.ports)
        )

    assert without_places(again) == without_places(app)
    assert spec.to_text(again) == spec.to_text(app)
    assert app.ports[1].service_port == 53
    assert app.ports[2].node_ports == (("dev", 31000), ("on", 30009))


@pytest.mark.parametrize(
    ("old", "new", "place", "reason"),
    [
        ("kind: App", "kind: Application", "app.yaml:1:13", "kind: App"),
        ("replicas: 2", "replica: 2", "app.yaml:6:12", "unknown key 'replica'"),
        ("replicas: 2", "replicas: two", "app.yaml:6:13", "replicas is 'two'"),
        ("targetPort: 80", "targetPort: '80'", "app.yaml:9:44", "targetPort is '80'"),
        ("targetPort: 80", "targetPort: 70000", "app.yaml:9:44", "targetPort is 70000"),
        ("protocol: TCP", "protocol: tcp", "app.yaml:9:75", "protocol 'tcp' is none of TCP, UDP, SCTP"),
        ("nodePort: 30000", "nodeport: 30000", "app.yaml:9:58", "unknown key 'nodeport'"),
        ('{A: "1"}', "{A: 1}", "app.yaml:12:12", "env A is 1, not a string"),
        ("team: a", "team: a b", "app.yaml:3:55", "label team: 'a b' must hold only"),
        ("name: web", "name: Web", "app.yaml:3:18", "'Web' must hold only"),
        ("type: LoadBalancer", "type: Nodeport", "app.yaml:7:9", "did you mean NodePort?"),
        ("dns=53:5353/udp", "dns=53:5353/icmp", "app.yaml:10:7", "'icmp' is none of"),
        ("team: a", "on: a", "app.yaml:3:49", "the key on is read as 'true'\nhint: put it in quotes"),
        ("dns=53:5353/udp", "http=53:5353", "app.yaml:10:7", "both use the name 'http'"),
        ("dns=53:5353/udp", "dns=53:80", "app.yaml:10:7", "both use target port 80/TCP"),
        ("dev: 31000", "dev: 70000", "app.yaml:11:56", "dev is 70000, it must be a number between 1 and 65535"),
        ("dev: 31000", "Dev: 31000", "app.yaml:11:7", "environment 'Dev' must hold only"),
        ('"on": 30009', "on: 30009", "app.yaml:11:63", "the key on is read as 'true'\nhint: put it in quotes"),
        ('{dev: 31000, "on": 30009}', "31000", "app.yaml:11:50", "spec.ports.2.nodePorts is not a mapping"),
    ],
)
def test_a_wrong_app_document_is_explained_at_its_place(old, new, place, reason):
    with pytest.raises(SvcgenError) as caught:
        spec.parse(spec.from_document(document(APP.replace(old, new))))

    assert str(caught.value.location) == place
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "name", ["a.b", "a" * 64, "1web", "../x", "a/b", "Web", "", "web\n", "-web", "wéb", ".", "..", "a b"]
)
def test_a_name_that_a_service_cannot_have_is_refused(name):
    with pytest.raises(SvcgenError) as caught:
        spec.parse({"name": name, "image": "x", "ports": (PortWish("http", 1),)})

    assert str(caught.value.location) == "NAME"


def test_a_node_port_on_a_cluster_ip_service_is_refused_with_the_mend():
    with pytest.raises(SvcgenError) as caught:
        spec.parse({"name": "a", "image": "x", "type": "ClusterIP", "ports": (PortWish("http", 1, node_port=30000),)})

    assert "add --type NodePort" in caught.value.hint


def test_tcp_and_udp_of_one_service_port_may_ask_for_one_node_port_and_others_may_not():
    pair = (PortWish("t", 53, "TCP", 53, 30053), PortWish("u", 53, "UDP", 53, 30053))
    spec.parse({"name": "a", "image": "x", "ports": pair})

    with pytest.raises(SvcgenError, match="both ask for node port 30053"):
        spec.parse({"name": "a", "image": "x", "ports": (pair[0], pair[1]._replace(service_port=54))})


def test_two_ports_may_not_ask_for_one_node_port_of_one_environment():
    first, second = (PortWish(name, number, node_ports=(("dev", 31000),)) for name, number in (("a", 1), ("b", 2)))
    with pytest.raises(SvcgenError, match="both ask for node port 31000 in dev"):
        spec.parse({"name": "a", "image": "x", "ports": (first, second)})

    spec.parse({"name": "a", "image": "x", "ports": (first, second._replace(node_ports=(("prod", 31000),)))})
