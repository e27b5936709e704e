"""The pack `helm`: what a real helm makes of the chart, with its own values and with others."""

from __future__ import annotations

import json

import pytest
import yaml

from tests import real_helm
from tests.pairs import pairwise
from tests.routes import manifests, only, routes, saved, wanted
from tests.test_builtin_packs import FACTORS, INHERENT, app_of

WORDS = ("new", "web", "--image", "ghcr.io/acme/web:1.4.2", "-t", "helm", "--no-input")
PORTS_OF_WEB = ("-p", "http=30000:8080:5000", "-p", "metrics=30001:8081:6000")
DNS = ("-p", "dns=30053:53:5353/udp", "-p", "dns-tcp=30053:53:5353/tcp")
# each of the chart's own switches
SWITCHES = {
    "serviceAccount.create": [False, True],
    "networkPolicy.enabled": [False, True],
    "serviceMonitor.enabled": [False, True],
    "ingress.enabled": [False, True],
    "ingress.host": ["", "shop.example.com"],
    "ingress.tlsSecret": ["", "tls"],
    "ingress.className": ["", "nginx"],
    "httpRoute.enabled": [False, True],
    "httpRoute.gateway": [{"name": "public"}, {"name": "public", "namespace": "infra"}],
    "config": [{}, {"A": "no", "B": 'it\'s: "so"\n{{ so }}'}],
    "autoscaling.enabled": [False, True],
    "podDisruptionBudget.enabled": [False, True],
    "probe.type": ["tcp", "http", "none"],
    "service.type": ["ClusterIP", "NodePort", "LoadBalancer"],
    "envFrom.secrets": [[], ["database"]],
}


@pytest.fixture
def chart(project):
    """The chart of an app with two ports."""
    return _chart(project, *PORTS_OF_WEB)


def _chart(project, *words):
    done = project.run(*WORDS, *words)
    assert done.returncode == 0, done.stderr
    return project.folder / "web"


def template(project, chart, *words, name="web", namespace="default"):
    """What `helm template` answers."""
    return real_helm.run("template", name, str(chart), "-n", namespace, *words, home=project.folder.parent)


def rendered(project, chart, *words, **where):
    """The objects that the chart makes; `svcgen check` has nothing to say of them."""
    done = template(project, chart, *words, **where)
    assert done.returncode == 0, done.stderr
    ignored = [word for rule in INHERENT for word in ("--ignore", rule)]
    checked = project.run("check", "-", "--fail-on", "info", *ignored, stdin=done.stdout)
    assert checked.returncode == 0, f"{checked.stdout}{checked.stderr}"
    return manifests(done.stdout)


def setting(path, value):
    return ("--set-json", f"{path}={json.dumps(value)}")


def test_the_chart_makes_the_ports_of_the_plan(project, chart):
    assert routes(rendered(project, chart)) == wanted(saved(project, "web"))


def test_helm_lint_is_content(project, chart):
    done = real_helm.run("lint", "--strict", str(chart), home=project.folder.parent)

    assert done.returncode == 0, done.stdout
    assert "WARNING" not in done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--set", "service.type=ClusterIP"), [("http", 8080, 5000, None), ("metrics", 8081, 6000, None)]),
        (("--set", "service.type=LoadBalancer"), [("http", 8080, 5000, 30000), ("metrics", 8081, 6000, 30001)]),
        (
            (*setting("service.ports.http.nodePort", None), *setting("service.ports.metrics.nodePort", None)),
            [("http", 8080, 5000, None), ("metrics", 8081, 6000, None)],
        ),
        (setting("service.ports.metrics", None), [("http", 8080, 5000, 30000)]),
        (
            setting("service.ports.admin", {"port": 9000, "targetPort": 9001}),
            [("admin", 9000, 9001, None), ("http", 8080, 5000, 30000), ("metrics", 8081, 6000, 30001)],
        ),
        (
            ("--set", "service.ports.http.port=80,service.ports.http.targetPort=65535"),
            [("http", 80, 65535, 30000), ("metrics", 8081, 6000, 30001)],
        ),
        (
            setting("service.ports.syslog", {"port": 514, "targetPort": 5140, "nodePort": 30009, "protocol": "UDP"}),
            [("http", 8080, 5000, 30000), ("metrics", 8081, 6000, 30001), ("syslog", 514, 5140, 30009)],
        ),
    ],
    ids=["ClusterIP", "LoadBalancer", "no node ports", "one port less", "one more", "other numbers", "udp"],
)
def test_other_values_give_the_ports_that_they_say(project, chart, words, expected):
    objects = rendered(project, chart, *words, *setting("serviceMonitor.port", "http"))

    assert [route[:4] for route in routes(objects)] == expected


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--set", "service.ports.http.port=70000"), "got 70,000, want 65,535"),
        (("--set", "service.ports.http.targetPort=0"), "got 0, want 1"),
        (("--set-string", "service.ports.http.nodePort=30000"), "got string, want integer"),
        (("--set", "service.ports.http.nodeport=30000"), "additional properties 'nodeport' not allowed"),
        (("--set", "service.ports.http.protocol=tcp"), "value must be one of 'TCP', 'UDP', 'SCTP'"),
        (("--set", "service.ports.HTTP.port=1,service.ports.HTTP.targetPort=2"), "'HTTP' does not match pattern"),
        (setting("service.ports.web-http-metrics", {"port": 1, "targetPort": 2}), "'web-http-metrics'"),
        (setting("service.ports.80", {"port": 1, "targetPort": 2}), "'80' does not match pattern"),
        (setting("service.ports.admin", {"port": 9000}), "missing property 'targetPort'"),
        (setting("service.ports", None), "missing property 'ports'"),
        (("--set", "service.type=Nodeport"), "value must be one of 'ClusterIP', 'NodePort', 'LoadBalancer'"),
        (("--set", "services.type=NodePort"), "additional properties 'services' not allowed"),
        (("--set", "env.A=1"), "got number, want string"),
        (("--set", "service.ports.http.port=8081"), "service.ports.metrics both have port 8081/TCP"),
        (("--set", "service.ports.http.targetPort=6000"), "service.ports.metrics both have targetPort 6000/TCP"),
        (("--set", "service.ports.http.nodePort=30001"), "service.ports.metrics both have nodePort 30001: only two"),
        (("--set", "probe.port=nope"), 'probe.port is "nope", which is none of service.ports: http, metrics'),
        (("--set", "serviceMonitor.enabled=true,serviceMonitor.port=x"), 'serviceMonitor.port is "x", which is none'),
        (("--set", "httpRoute.enabled=true,httpRoute.port=x"), 'httpRoute.port is "x", which is none of service.ports'),
        (("--set", "httpRoute.enabled=true"), "httpRoute.gateway.name is missing"),
        (setting("config", {"1A": "x"}), "'1A' does not match pattern"),
        (("--set", "ingress.enabled=true,ingress.port=x"), 'ingress.port is "x", which is none of service.ports'),
    ],
)
def test_values_that_cannot_be_are_refused_and_say_why(project, chart, words, reason):
    done = template(project, chart, *words)

    assert done.returncode != 0
    assert reason in done.stderr
    # what the schema refuses, lint refuses too; what a template refuses, lint may only mention
    linted = real_helm.run("lint", str(chart), *words, home=project.folder.parent)
    assert linted.returncode != 0 or "don't meet the specifications of the schema" not in done.stderr


def test_every_two_switches_together_give_manifests_with_nothing_to_find(project, chart):
    for row in pairwise(SWITCHES):
        words = [word for path, value in row.items() for word in setting(path, value)]
        objects = rendered(project, chart, *words)
        kinds = {kind for kind, _ in objects}
        node_ports = row["service.type"] != "ClusterIP"
        plan = [(*route[:3], route[3] if node_ports else None, route[4]) for route in wanted(saved(project, "web"))]
        assert routes(objects) == plan
        for path, kind in (
            ("serviceAccount.create", "ServiceAccount"),
            ("networkPolicy.enabled", "NetworkPolicy"),
            ("serviceMonitor.enabled", "ServiceMonitor"),
            ("ingress.enabled", "Ingress"),
            ("httpRoute.enabled", "HTTPRoute"),
            ("autoscaling.enabled", "HorizontalPodAutoscaler"),
            ("podDisruptionBudget.enabled", "PodDisruptionBudget"),
        ):
            assert (kind in kinds) == row[path]
        assert ("ConfigMap" in kinds) == bool(row["config"])
        if row["config"]:
            assert only(objects, "ConfigMap")["data"] == row["config"]
        if row["httpRoute.enabled"]:
            (rule,) = only(objects, "HTTPRoute")["spec"]["rules"]
            assert rule["backendRefs"] == [{"name": "web", "port": 8080}]
        if row["networkPolicy.enabled"]:
            (rule,) = only(objects, "NetworkPolicy")["spec"]["ingress"]
            assert {(port["port"], port["protocol"]) for port in rule["ports"]} == {(5000, "TCP"), (6000, "TCP")}


def test_every_two_options_together_give_a_chart_that_makes_what_they_say(project):
    images = ["nginx", "registry.acme.com:5000/a/b:1.0", f"a/b@sha256:{'0' * 64}", f"a/b:1@sha256:{'0' * 64}"]
    apps = []
    for number, row in enumerate(pairwise({**FACTORS, "image": images})):
        app = app_of(number, {name: value for name, value in row.items() if name != "image"}, "helm")
        app["spec"]["image"] = row["image"]
        apps.append(app)
    project.write("apps.txt", yaml.safe_dump_all(apps))
    done = project.run("new", "-f", "apps.txt", "--no-input")
    assert done.returncode == 0, done.stderr

    for app in apps:
        name, metadata, answers = app["metadata"]["name"], app["metadata"], app["spec"]["set"]
        done = template(project, project.folder / name, name=name, namespace=metadata.get("namespace", "default"))
        assert done.returncode == 0, done.stderr
        objects = manifests(done.stdout)
        assert routes(objects) == wanted(saved(project, name))
        assert {kind for kind, _ in objects} == _kinds(answers)
        deployment = only(objects, "Deployment")
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert container["image"] == app["spec"]["image"].replace(":1@", "@")
        assert {one["name"]: one["value"] for one in container.get("env", ())} == app["spec"]["env"]
        assert deployment["spec"].get("replicas") == (None if answers["autoscale"] else app["spec"]["replicas"])
        assert deployment["metadata"]["labels"].items() >= metadata.get("labels", {}).items()
        assert deployment["metadata"].get("annotations", {}) == metadata.get("annotations", {})
        sources = [next(iter(one.values()))["name"] for one in container.get("envFrom", ())]
        assert sources == ([name] if answers["config"] else []) + answers["config_maps"] + answers["secrets"]
        if answers["config"]:
            assert only(objects, "ConfigMap")["data"] == dict(pair.split("=", 1) for pair in answers["config"])


def _kinds(answers):
    """The kinds that these answers ask for."""
    asked = {
        "ServiceAccount": answers["service_account"],
        "ConfigMap": answers["config"],
        "NetworkPolicy": answers["network_policy"],
        "ServiceMonitor": answers["service_monitor"],
        "Ingress": answers["expose"] == "ingress",
        "HTTPRoute": answers["expose"] == "httproute",
        "HorizontalPodAutoscaler": answers["autoscale"],
        "PodDisruptionBudget": answers["disruption_budget"],
    }
    return {"Service", "Deployment", *(kind for kind, is_asked in asked.items() if is_asked)}


def test_pods_start_anew_when_their_config_changes(project, chart):
    def note(value):
        objects = rendered(project, chart, *setting("config", {"A": value}))
        return only(objects, "Deployment")["spec"]["template"]["metadata"]["annotations"]["checksum/config"]

    assert note("1") == note("1") != note("2")


def test_tcp_and_udp_of_one_number_share_a_node_port(project):
    chart = _chart(project, *DNS, "--type", "LoadBalancer")

    assert routes(rendered(project, chart)) == wanted(saved(project, "web"))


def test_two_releases_of_one_chart_do_not_meet(project, chart):
    first, second = (
        rendered(project, chart, "--set", f"service.type={kind}", name=name)
        for name, kind in (("web", "NodePort"), ("blue", "ClusterIP"))
    )

    assert not first.keys() & second.keys()
    selectors = [only(one, "Service")["spec"]["selector"] for one in (first, second)]
    assert selectors[0] != selectors[1]


def test_names_that_yaml_could_misread_stay_names(project, chart):
    objects = rendered(project, chart, "--set-string", "fullnameOverride=on,nameOverride=yes", name="off")

    assert only(objects, "Service")["metadata"]["name"] == "on"
    assert only(objects, "Deployment")["spec"]["template"]["spec"]["containers"][0]["name"] == "yes"


def test_no_number_stands_anywhere_but_in_the_values(project):
    """The same chart for other ports differs in its values, and in what is said of the chart, alone."""
    charts = []
    for ports in (PORTS_OF_WEB, ("-p", "dns=30099:53:5353/udp", "-p", "api=30098:80:8000")):
        folder = _chart(project, *ports, "--force")
        charts.append(
            {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        )

    assert charts[0].keys() == charts[1].keys()
    assert [path for path in charts[0] if charts[0][path] != charts[1][path]] == ["values.yaml"]


def test_the_notes_draw_the_route(project, chart):
    # helm shows them after an install only; a dry run on the client's side is as near as it gets without a cluster
    words = ("install", "web", str(chart), "-n", "shop", "--dry-run=client")
    done = real_helm.run(*words, home=project.folder.parent)

    assert done.returncode == 0, done.stderr
    notes = done.stdout.partition("NOTES:\n")[2]
    assert notes.startswith(
        "web (NodePort, namespace shop)\n"
        "  client -> node:30000 -> service:8080 -> pod:5000  http\n"
        "  client -> node:30001 -> service:8081 -> pod:6000  metrics\n"
    )


def test_one_block_of_the_chart_can_be_changed(project):
    folder = ".svcgen/templates/mine"
    project.write(f"{folder}/pack.yaml", 'title: mine\nversion: "1"\nextends: helm\n')
    block = "{%% extends '%s' %%}\n{%% block %s %%}\n%s{%% endblock %%}\n"
    more = "{% raw %}          terminationMessagePath: {{ quote .Values.image.tag }}\n{% endraw %}\n"
    text = block % ("templates/deployment.yaml.j2", "volume_mounts", more)
    project.write(f"{folder}/templates/deployment.yaml.j2", text)
    project.write(f"{folder}/values.yaml.j2", block % ("values.yaml.j2", "resources", "resources: {}\n"))
    done = project.run("new", "web", "--image", "a/b:1.0", "-p", "http=80", "-t", "mine", "--no-input")
    assert done.returncode == 0, done.stderr

    made = template(project, project.folder / "web")
    (container,) = only(manifests(made.stdout), "Deployment")["spec"]["template"]["spec"]["containers"]
    assert container["terminationMessagePath"] == "1.0"
    assert "resources" not in container
    assert container["securityContext"]["allowPrivilegeEscalation"] is False


def test_next_is_what_installs_it(project):
    plain = project.run(*WORDS, *PORTS_OF_WEB).stdout
    assert plain.endswith("\nnext: helm upgrade --install web web\n")

    placed = project.run(*WORDS, "-p", "http=5000", "-n", "shop", "-d", "my charts/web").stdout
    assert placed.endswith("\nnext: helm upgrade --install web 'my charts/web' -n shop --create-namespace\n")


def test_a_second_run_changes_nothing_and_says_nothing_of_templates_that_nobody_can_read(project, chart):
    before = project.files()
    again = project.run(*WORDS, *PORTS_OF_WEB)

    assert again.stdout.startswith("nothing changed")
    assert again.stderr == ""
    assert project.files() == before


def test_a_chart_s_ports_are_taken_though_its_templates_cannot_be_read(project, chart):
    done = project.run("new", "other", "--image", "x:1", "-p", "http=30000:8080:80", "--no-input")

    assert done.returncode == 1
    assert "node port 30000 of 'http' is already held by default/web (.svcgen/apps/web.yaml" in done.stderr


def test_a_chart_is_not_printed_as_if_it_were_manifests(project):
    done = project.run(*WORDS, *PORTS_OF_WEB, "-o", "yaml")

    assert (done.returncode, done.stdout) == (2, "")
    assert "then helm upgrade --install web web" in done.stderr
