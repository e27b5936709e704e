"""The packs that come with svcgen: `templates/PACK/example.yaml` and `examples/*.yaml`, and what comes out of them.

`--update-golden` writes `expected/` anew.
"""

from __future__ import annotations

import json

import pytest
import yaml

from tests.conftest import ROOT
from tests.pairs import pairwise
from tests.routes import manifests, only, routes, saved, wanted

PACKS = ROOT / "templates"


def examples():
    """Each example, the folder of what is expected of it, and the folders in there that belong to other examples."""
    for pack in sorted(path.parent for path in PACKS.glob("*/pack.yaml")):
        others = sorted((pack / "examples").glob("*.yaml"))
        yield pytest.param(pack / "example.yaml", pack / "expected", [one.stem for one in others], id=pack.name)
        for one in others:
            yield pytest.param(one, pack / "expected" / one.stem, [], id=f"{pack.name}-{one.stem}")


@pytest.mark.parametrize(("example", "expected", "others"), list(examples()))
def test_what_comes_out_of_an_example_is_as_it_was(example, expected, others, project, request):
    done = project.run("new", "-f", str(example), "-d", "out", "--no-input")

    assert done.returncode == 0, done.stderr
    made = texts(project.folder / "out")
    if request.config.getoption("--update-golden"):
        for path in texts(expected, others):
            (expected / path).unlink()
        for path, text in made.items():
            (expected / path).parent.mkdir(parents=True, exist_ok=True)
            (expected / path).write_text(text)
    assert made == texts(expected, others)


def texts(folder, others=()):
    """Every file below a folder by its path, without those of the folders `others`."""
    paths = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return {str(path): (folder / path).read_text() for path in paths if path.parts[0] not in others}


# --- every two options together --------------------------------------------------------------------------------------

HTTP = [{"name": "http", "targetPort": 8080}]
PORTS = {
    "one": HTTP,
    "two": [*HTTP, {"name": "metrics", "targetPort": 9090}],
    "udp": [{"name": "syslog", "targetPort": 5140, "protocol": "UDP"}],
    "both": [
        {"name": "dns", "port": 53, "targetPort": 5353, "protocol": "UDP"},
        {"name": "dns-tcp", "port": 53, "targetPort": 5353, "protocol": "TCP"},
    ],
    "twenty": [{"name": f"p-{number}", "targetPort": 7000 + number} for number in range(20)],
}
FACTORS = {
    "type": ["NodePort", "ClusterIP", "LoadBalancer"],
    "ports": list(PORTS),
    "replicas": [0, 1, 3],
    "namespace": [None, "shop"],
    "labels": [{}, {"team": "a", "on": "yes", "acme.com/x": "1.10"}],
    "annotations": [{}, {"acme.com/note": 'no: "{{ quoted }}" # 1e3\nnext: line'}],
    "env": [{}, {"A": "no", "B": ""}],
    "probe": ["tcp", "http", "none"],
    "service_account": [False, True],
    "config": [[], ["A=b=c", "B=", 'C=it\'s: "so"\nand so']],
    "config_maps": [[], ["shared", "on"]],
    "secrets": [[], ["database"]],
    "network_policy": [False, True],
    "service_monitor": [False, True],
    "expose": ["none", "ingress", "httproute"],
    "host": ["", "shop.example.com", "*.example.com"],
    "tls_secret": ["", "tls"],
    "autoscale": [False, True],
    "disruption_budget": [False, True],
    "kind_cluster": [False, True],
}
FIELDS = ("type", "replicas", "env")
METADATA = ("namespace", "labels", "annotations")
# what no pack can mend: both protocols on one number is what was asked for
INHERENT = ("port-two-protocols", "load-balancer-port")


def app_of(number, row, pack, **more):
    """An App document for a row of FACTORS, without the answers to questions that such an app is not asked."""
    answers = {name: value for name, value in row.items() if name not in (*FIELDS, *METADATA, "ports")}
    if row["ports"] == "udp":
        answers.update(service_monitor=False, expose="none")
    if answers["expose"] == "none":
        del answers["host"]
    if answers["expose"] != "ingress":
        del answers["tls_secret"]
    if answers["expose"] == "httproute":
        answers["gateway"] = "infra/public" if number % 2 else "public"
    metadata = {name: row[name] for name in METADATA if row[name]}
    return {
        "apiVersion": "svcgen/v1",
        "kind": "App",
        "metadata": {"name": f"app-{number}", **metadata},
        "spec": {
            "image": "ghcr.io/acme/app:1.0.0",
            "ports": PORTS[row["ports"]],
            "template": {"pack": pack},
            "set": {**answers, **more},
            **{name: row[name] for name in FIELDS},
        },
    }


def test_every_two_options_of_default_together_give_manifests_with_nothing_to_find(project):
    apps = [app_of(number, row, "default") for number, row in enumerate(pairwise(FACTORS))]
    assert 15 <= len(apps) <= 60
    project.write("apps.txt", yaml.safe_dump_all(apps))
    done = project.run("new", "-f", "apps.txt", "--no-input")
    assert done.returncode == 0, done.stderr

    ignored = [word for rule in INHERENT for word in ("--ignore", rule)]
    found = json.loads(project.run("check", "-o", "json", "--fail-on", "info", *ignored).stdout)

    assert [(one["path"], one["message"]) for one in found["findings"]] == []
    assert found["summary"]["not_judged"] == 0
    made = {path.name for path in project.folder.rglob("*.yaml")}
    assert made >= {
        *("service.yaml", "deployment.yaml", "serviceaccount.yaml", "configmap.yaml", "networkpolicy.yaml"),
        *("servicemonitor.yaml", "ingress.yaml", "httproute.yaml", "hpa.yaml", "pdb.yaml", "cluster.yaml"),
    }
    for app in apps:
        name = app["metadata"]["name"]
        folder = project.folder / name
        _holds_together(manifests("---\n".join(path.read_text() for path in sorted(folder.glob("*.yaml")))), project)


def _holds_together(objects, project):
    """Every reference by name or number leads somewhere, and everything says the ports of the saved spec."""
    service, deployment = only(objects, "Service"), only(objects, "Deployment")
    name, spec = service["metadata"]["name"], saved(project, service["metadata"]["name"])
    assert routes(objects) == wanted(spec)
    kinds = {kind: one for (kind, _), one in objects.items()}
    ports = service["spec"]["ports"]
    tcp = {port["name"]: port["port"] for port in ports if port["protocol"] == "TCP"}
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    if policy := kinds.get("NetworkPolicy"):
        (rule,) = policy["spec"]["ingress"]
        open_ports = {(port["port"], port["protocol"]) for port in rule["ports"]}
        assert set(rule) == {"ports"}
        assert open_ports == {(port["containerPort"], port["protocol"]) for port in container["ports"]}
    if monitor := kinds.get("ServiceMonitor"):
        assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
        assert monitor["spec"]["endpoints"][0]["port"] == ("metrics" if "metrics" in tcp else next(iter(tcp)))
    if ingress := kinds.get("Ingress"):
        backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
        assert (backend["name"], backend["port"]["name"] in tcp) == (name, True)
    if route := kinds.get("HTTPRoute"):
        backend = route["spec"]["rules"][0]["backendRefs"][0]
        assert (backend["name"], backend["port"] in tcp.values()) == (name, True)
    assert ("HorizontalPodAutoscaler" in kinds) == ("replicas" not in deployment["spec"])
    for probe in ("readinessProbe", "livenessProbe"):
        handler = container.get(probe, {})
        for how in ("httpGet", "tcpSocket"):
            assert handler.get(how, {}).get("port") in (None, *tcp)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["probe_port=dns"], "probe_port: the kubelet probes TCP ports only"),
        (["probe_port=nope"], "probe_port: 'nope' is no port of the app"),
        (["probe_path=/x"], "asks for 'probe_path' only when"),
        (["probe=http", "probe_path=x"], "probe_path: a path starts with /"),
        (["config=1A=x"], "config: write it like LOG_LEVEL=info"),
        (["secrets=My_Secret"], "secrets: that is no name of a Secret"),
        (["service_monitor=true", "metrics_port=dns"], "metrics_port: Prometheus scrapes TCP ports only"),
        (["expose=httproute"], "asks for 'gateway'"),
        (["expose=httproute", "gateway=a/b/c"], "gateway: write it like NAME or NAMESPACE/NAME"),
        (["expose=ingress", "host=a_b"], "host: that is no host name"),
        (["expose=ingress", "expose_port=dns"], "expose_port: HTTP needs a TCP port"),
        (["autoscale=true", "max_replicas=2"], "max_replicas: at least as many as --replicas"),
    ],
)
def test_an_answer_that_cannot_work_is_refused_and_says_why(project, words, reason):
    settings = [word for one in words for word in ("--set", one)]
    ports = ("-p", "http=5000", "-p", "dns=53/udp", "--replicas", "3")
    done = project.run("new", "web", "--image", "x:1", *ports, *settings, "--no-input")

    assert done.returncode == 2
    assert reason in done.stderr
    assert project.files() == {}


def test_what_kubectl_would_refuse_is_not_among_what_o_prints(project):
    words = ("new", "web", "--image", "x:1", "-p", "http=5000", "--set", "kind_cluster=true", "--no-input")
    printed = project.run(*words, "-o", "yaml").stdout

    assert [kind for kind, _ in manifests(printed)] == ["Service", "Deployment"]
    project.run(*words)
    cluster = yaml.safe_load((project.folder / "web/kind/cluster.yaml").read_text())
    node_port = only(manifests(printed), "Service")["spec"]["ports"][0]["nodePort"]
    assert cluster["nodes"][0]["extraPortMappings"] == [
        {"containerPort": node_port, "hostPort": node_port, "listenAddress": "127.0.0.1", "protocol": "TCP"}
    ]
