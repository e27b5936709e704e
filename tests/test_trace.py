"""Where a port leads: cases with the truth, as Kubernetes would have it."""

from __future__ import annotations

import gzip
import json

import pytest
import yaml

from scaffold.drawing.mermaid import as_mermaid
from scaffold.drawing.svg import as_svg
from scaffold.shapes import service_ports
from scaffold.trace import Said, of_tree
from tests.explained import Explained

ARTICLE = """\
apiVersion: v1
kind: Service
metadata: {name: my-service}
spec:
  selector: {app: MyApp}
  ports:
    - {name: http, port: 8080, targetPort: 5000, nodePort: 30000}
    - {name: metrics, port: 8081, targetPort: 6000, nodePort: 30001}
"""


def service(ports, *, name="web", namespace="shop", selector={"app": "web"}, **spec):  # noqa: B006
    data = {"ports": ports, "selector": selector, **spec}
    metadata = {"name": name, "namespace": namespace}
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": data})


def workload(ports, *, name="web", namespace="shop", labels={"app": "web"}, kind="Deployment", more=(), **spec):  # noqa: B006
    boxes = [{"name": "app", "image": "app:1", "ports": ports}, *more]
    template = {"metadata": {"labels": labels}, "spec": {"containers": boxes, **spec}}
    data = {"selector": {"matchLabels": dict(labels)}, "template": template}
    metadata = {"name": name, "namespace": namespace}
    return yaml.safe_dump({"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": data})


def policy(ports, *, name="web", labels={"app": "web"}):  # noqa: B006
    spec = {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress"]}
    if ports is not None:
        spec["ingress"] = [{"ports": ports}]
    metadata = {"name": name, "namespace": "shop"}
    head = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    return yaml.safe_dump({**head, "metadata": metadata, "spec": spec})


def port(number, target=None, **more):
    return {"port": number, **({"targetPort": target} if target else {}), **more}


def box(number, name="http", **more):
    return {"name": name, "containerPort": number, **more}


HTTP = [box(8080)]
SIDECAR = {"name": "proxy", "image": "p:1", "restartPolicy": "Always", "ports": [box(15001, "proxy")]}
PLAIN_INIT = {"name": "init", "image": "p:1", "ports": [box(15001, "proxy")]}
UDP_DNS = [box(5353, "dns", protocol="UDP")]

CASES = {
    "the article's example lacks its type": (
        [ARTICLE],
        [
            "http 30000 > 8080 > 5000 x node-port-type after client ?",
            "metrics 30001 > 8081 > 6000 x node-port-type after client ?",
        ],
    ),
    "the article's example mended": (
        [ARTICLE.replace("spec:", "spec:\n  type: NodePort")],
        ["http 30000 > 8080 > 5000 ?", "metrics 30001 > 8081 > 6000 ?"],
    ),
    "a name is looked up in the Pods": (
        [service([port(80, "http")]), workload(HTTP)],
        ["TCP 80 > 8080 Deployment/web[app]"],
    ),
    "no targetPort is the port itself": (
        [service([port(8080)]), workload(HTTP)],
        ["TCP 8080 > 8080 Deployment/web[app]"],
    ),
    "a number needs no declaration": (
        [service([port(80, 8080)]), workload([])],
        ["TCP 80 > 8080 Deployment/web[app]"],
    ),
    "a number that others are declared beside is doubtful": (
        [service([port(80, 9999)]), workload(HTTP)],
        ["TCP 80 > 9999 Deployment/web[app] ! target-port-unmatched"],
    ),
    "the container is the one that declares the port": (
        [service([port(80, 9090)]), workload(HTTP, more=[{"name": "exp", "image": "e:1", "ports": [box(9090, "m")]}])],
        ["TCP 80 > 9090 Deployment/web[exp]"],
    ),
    "no port of that name": (
        [service([port(80, "web")]), workload(HTTP)],
        ["TCP 80 > web Deployment/web[?] x target-port-unmatched after service"],
    ),
    "the right name with the wrong protocol": (
        [service([port(53, "dns")]), workload(UDP_DNS)],
        ["TCP 53 > dns Deployment/web[?] x target-port-protocol after service"],
    ),
    "name and protocol together": (
        [
            service([port(53, "dns", name="udp", protocol="UDP"), port(53, "dns", name="tcp")]),
            workload([*UDP_DNS], more=[{"name": "tcp", "image": "t:1", "ports": [box(5354, "dns")]}]),
        ],
        ["udp 53 > 5353 Deployment/web[app]", "tcp 53 > 5354 Deployment/web[tcp]"],
    ),
    "two workloads may have one name with two numbers": (
        [service([port(80, "http")]), workload(HTTP), workload([box(8081)], name="canary")],
        ["TCP 80 > 8080 Deployment/web[app]", "TCP 80 > 8081 Deployment/canary[app]"],
    ),
    "one of two workloads lacks the name": (
        [service([port(80, "http")]), workload(HTTP), workload([box(8081, "web")], name="canary")],
        [
            "TCP 80 > 8080 Deployment/web[app]",
            "TCP 80 > http Deployment/canary[?] x target-port-unmatched after service",
        ],
    ),
    "a label that is off": (
        [service([port(80, "http")], selector={"app": "wbe"}), workload(HTTP)],
        ["TCP 80 > http x selector-unmatched after service"],
    ),
    "the right labels in another namespace": (
        [service([port(80, "http")]), workload(HTTP, namespace="prod")],
        ["TCP 80 > http x selector-unmatched after service"],
    ),
    "Pods that an operator makes are unknown": (
        [service([port(80, "http")], selector={"operator": "made"})],
        ["TCP 80 > http ?"],
    ),
    "no selector: endpoints by hand": ([service([port(80, 9376)], selector=None)], ["TCP 80 > 9376 ?"]),
    "headless: nothing translates": (
        [service([port(8080, "http")], clusterIP="None"), workload(HTTP)],
        ["TCP 8080 > 8080 Deployment/web[app]"],
    ),
    "headless with another port": (
        [service([port(80, "http")], clusterIP="None"), workload(HTTP)],
        ["TCP 80 > 8080 Deployment/web[app] ! headless-port"],
    ),
    "headless without ports": (
        [service([], clusterIP="None"), workload(HTTP)],
        ["TCP None > None Deployment/web[?]"],
    ),
    "ExternalName has no Pods": (
        [service([port(80)], type="ExternalName", externalName="db.example.com"), workload(HTTP)],
        ["TCP 80 > 80 db.example.com"],
    ),
    "a load balancer with its node port": (
        [service([port(80, "http", nodePort=30080)], type="LoadBalancer"), workload(HTTP)],
        ["TCP 30080 > 80 > 8080 Deployment/web[app]"],
    ),
    "a node port that the cluster picks": (
        [service([port(80, "http")], type="NodePort"), workload(HTTP)],
        ["TCP None > 80 > 8080 Deployment/web[app]"],
    ),
    "a load balancer without node ports": (
        [service([port(80, "http")], type="LoadBalancer", allocateLoadBalancerNodePorts=False), workload(HTTP)],
        ["TCP 80 > 8080 Deployment/web[app]"],
    ),
    "a policy that names the Service's port": (
        [service([port(80, "http")]), workload(HTTP), policy([{"port": 80}])],
        ["TCP 80 > 8080 Deployment/web[app] x network-policy-port after service"],
    ),
    "a policy that lets in nothing": (
        [service([port(80, "http")]), workload(HTTP), policy(None)],
        ["TCP 80 > 8080 Deployment/web[app] x network-policy-port after service"],
    ),
    "a policy that lets in the port by its name": (
        [service([port(80, "http")]), workload(HTTP), policy([{"port": "http"}])],
        ["TCP 80 > 8080 Deployment/web[app]"],
    ),
    "policies add up": (
        [service([port(80, "http")]), workload(HTTP), policy(None), policy([{"port": 8080}], name="more")],
        ["TCP 80 > 8080 Deployment/web[app]"],
    ),
    "a policy does not hold for the node's own network": (
        [service([port(80, "http")]), workload(HTTP, hostNetwork=True), policy(None)],
        ["TCP 80 > 8080 Deployment/web[app]"],
    ),
    "Pods that the API server refuses do not run": (
        [service([port(80, "http")]), workload(HTTP, restartPolicy="Never")],
        ["TCP 80 > 8080 Deployment/web[app] x restart-policy after service"],
    ),
    "one refused port refuses the whole Service": (
        [service([port(80, "http", name="a"), port(70000, "http", name="b")]), workload(HTTP)],
        [
            "a 80 > 8080 Deployment/web[app] x port-out-of-range after client",
            "b 70000 > 8080 Deployment/web[app] x port-out-of-range after client",
        ],
    ),
    "a number that is held by another Service": (
        [
            service([port(80, "http", nodePort=30080)], type="NodePort", name="api"),
            workload(HTTP),
            service([port(80, "http", nodePort=30080)], type="NodePort", name="web"),
        ],
        [
            "TCP 30080 > 80 > 8080 Deployment/web[app]",
            "TCP 30080 > 80 > 8080 Deployment/web[app] x node-port-taken after client",
        ],
    ),
    "a placeholder is not judged": (
        [service([port("${PORT}", "http")]), workload(HTTP)],
        ["TCP ${PORT} > 8080 Deployment/web[app]"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_truth(case):
    files, expected = CASES[case]

    assert Explained("---\n".join(files)).chains == expected


@pytest.mark.parametrize(
    ("version", "init", "end"),
    [
        ("1.33", SIDECAR, "15001 Deployment/web[proxy]"),
        ("1.32", SIDECAR, "proxy Deployment/web[?] x target-port-unmatched after service"),
        ("1.36", PLAIN_INIT, "proxy Deployment/web[?] x target-port-unmatched after service"),
    ],
    ids=["a sidecar since 1.33", "not before", "never an init container that ends"],
)
def test_whose_named_ports_are_found(version, init, end):
    files = [service([port(80, "proxy")]), workload(HTTP, initContainers=[init])]

    assert Explained("---\n".join(files), kube_version=version).chains == [f"TCP 80 > {end}"]


def test_the_mend_of_the_articles_example_is_said():
    (form,) = Explained(ARTICLE).forms

    assert form.routes[0].broken.hint == "write `type: NodePort` under spec, or drop nodePort"
    assert form.routes[0].broken.message.startswith("nodePort 30000 is refused because `type` is missing")


def test_the_nearest_workload_is_named_where_nobody_knows_who_makes_the_pods():
    labels = {"app": "other", "tier": "front", "team": "a"}
    files = [
        service([port(80)], selector={"app": "web", "tier": "front", "team": "b"}),
        workload(HTTP, name="far", labels={"app": "x"}),
        workload(HTTP, name="near", labels=labels),
    ]
    (form,) = Explained("---\n".join(files)).forms

    assert form.routes[0].unknown == (
        "no workload in this tree has app: web, team: b, tier: front; something else may make these Pods; "
        "the nearest, Deployment shop/near, has app: other"
    )


def test_host_ports_are_told():
    (form,) = Explained("---\n".join([service([port(80, "http")]), workload([box(8080, hostPort=9999)])])).forms
    (network,) = Explained("---\n".join([service([port(80, 8080)]), workload([], hostNetwork=True)])).forms

    assert form.routes[0].hops[-1].host_port == 9999
    assert network.routes[0].hops[-1].host_port == 8080


class TestManyFiles:
    def test_the_same_service_in_twenty_chapters_is_one(self):
        chapter = "---\n".join([service([port(80, "http")]), workload(HTTP)])
        (forms,) = Explained({f"chapter {at:02}/app.yaml": chapter for at in range(20)}).groups

        assert len(forms) == 1
        assert len(forms[0].routes) == 1
        assert str(forms[0].where()) == "chapter 00/app.yaml:1:1"
        assert [str(where()) for where in forms[0].also][-1] == "chapter 19/app.yaml:1:1"

    def test_a_form_that_differs_stands_beside_it(self):
        files = {
            "one/app.yaml": "---\n".join([service([port(80, "http")]), workload(HTTP)]),
            "two/app.yaml": "---\n".join([service([port(81, "http")]), workload(HTTP)]),
            "three/app.yaml": "---\n".join([service([port(80, "http")]), workload(HTTP)]),
        }
        (forms,) = Explained(files).groups

        assert [[hop.port for hop in form.routes[0].hops] for form in forms] == [[80, 8080], [81, 8080]]
        assert [len(form.also) for form in forms] == [1, 0]

    def test_a_broken_variant_is_never_hidden_behind_a_sound_one(self):
        files = {
            "one/app.yaml": "---\n".join([service([port(80, "http")]), workload(HTTP)]),
            "two/app.yaml": "---\n".join([service([port(81, "http")]), workload(HTTP)]),
            "zoo/app.yaml": "---\n".join([service([port(80, "http")]), workload([box(8080, "web")])]),
        }
        explained = Explained(files)
        (forms,) = explained.groups

        assert [form.routes[0].broken is None for form in forms] == [True, False, True]
        said = "not drawn: 2 other forms of these Services, 1 of them broken"
        assert said in as_svg(explained.groups)
        assert said in as_mermaid(explained.groups)

    def test_a_workload_beside_another_place_of_the_service_is_that_ones(self):
        files = {
            "k8s/one.yaml": "---\n".join([service([port(80, "http")]), workload(HTTP)]),
            "k8s/two.yaml": service([port(81, "http")]),
        }
        (forms,) = Explained(files).groups

        assert [form.routes[0].hops[-1].port for form in forms] == [8080, "http"]
        assert forms[1].routes[0].unknown == "the workloads that have app: web lie beside other places of this Service"

    def test_a_patch_is_no_service(self):
        files = {"base/s.yaml": service([port(80)]), "overlay/patch.yaml": service([port(81)])}

        assert Explained(files, patches=["overlay/patch.yaml"]).chains == ["TCP 80 > 80 ?"]

    def test_two_services_of_one_name_in_one_file_keep_their_own_findings(self):
        twice = "---\n".join([service([port(80, "http")]), service([port(0)]), workload(HTTP)])
        (forms,) = Explained(twice).groups

        assert [form.routes[0].broken is None for form in forms] == [True, False]

    def test_a_crowd_of_workloads_is_drawn_in_part_the_broken_ones_first(self):
        many = [workload([box(7000 + at)], name=f"w{at}") for at in range(40)] + [workload([box(1, "x")], name="odd")]
        (form,) = Explained("---\n".join([service([port(80, "http")]), *many])).forms

        assert len(form.routes) == 12
        assert form.routes[0].broken
        assert form.left_out == 29


def expected_to_break(explained, service_document, path):
    """Whether check says error of what a port of a Service needs: the Service, its target, every workload behind it."""
    twins = [
        one
        for one in explained.facts.selection.services
        if (one.path, one.ref) == (service_document.path, service_document.ref)
    ]
    errors = [one for one in Said(explained.findings).of(service_document, twins) if one.level == "error"]
    field = f"spec.ports[{path[2]}]" if len(path) > 2 else "spec.ports"
    mine = [one for one in errors if not one.field.startswith("spec.ports[") or one.field.startswith(field)]
    if any(one.effect == "refused" for one in errors) or mine:
        return True
    behind = explained.facts.selection.selected(service_document)
    wrong = {(one.location.where, one.object) for one in explained.findings if one.level == "error"}
    return bool(behind) and all((one.document.path, one.document.ref) in wrong for one in behind)


def disagreements(explained):
    """The ports of which explain says another thing than check."""
    found = []
    groups = of_tree(explained.facts, Said(explained.findings))
    forms = {str(where()): form for forms in groups for form in forms for where in (form.where, *form.also)}
    for document in explained.facts.selection.services:
        form = forms[str(document.location())]
        ports = list(service_ports(document)) or [(("spec", "ports"), {})]
        names = [(one.get("name") or None, one.get("port")) for _, one in ports]
        for (path, _), name in zip(ports, names, strict=True):
            routes = [one for one in form.routes if (one.port_name, one.hop("service").port) == name]
            if not routes or names.count(name) > 1:
                continue
            by_policy = any(one.broken and one.broken.rule == "network-policy-port" for one in routes)
            broken = all(one.broken for one in routes)
            if broken != expected_to_break(explained, document, path) and not by_policy:
                found.append((str(document.location(*path)), broken, [one.broken for one in routes]))
    return found


@pytest.mark.slow
def test_explain_says_broken_where_check_says_error(shared):
    """On 1,500 small trees that a real API server judged."""
    found, routes = [], 0
    with gzip.open(shared / "verdicts" / "cases.jsonl.gz", "rt") as lines:
        for line in lines:
            case = json.loads(line)
            if "files" in case:
                explained = Explained(case["files"], kube_version="1.36")
                routes += len(explained.chains)
                found += [(case["id"], *one) for one in disagreements(explained)]

    assert routes > 1500
    assert found == []


@pytest.mark.slow
def test_explain_and_check_agree_on_real_manifests(shared):
    texts = {}
    for path in sorted((shared / "corpus").rglob("*")):
        if path.suffix in (".yaml", ".yml", ".json") and path.name != "truth.json" and path.stat().st_size < 300_000:
            texts[str(path.relative_to(shared / "corpus"))] = path.read_bytes().decode("utf-8", "replace")
    explained = Explained(texts)

    assert len(explained.groups) > 200
    assert disagreements(explained) == []
