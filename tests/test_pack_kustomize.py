"""The pack `kustomize`: what real kubectl builds of it, and what svcgen says of it."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
import yaml

from tests.pairs import pairwise
from tests.real_kubectl import kubectl
from tests.routes import manifests, only, routes, saved, wanted
from tests.test_builtin_packs import FACTORS, INHERENT, app_of

WORDS = ("new", "web", "--image", "ghcr.io/acme/web:1.4.2", "-t", "kustomize", "--no-input")
HTTP, METRICS = ("-p", "http=5000"), ("-p", "metrics=6000")
CLUSTERS = """\
clusters:
  - {name: dev, paths: ["*/overlays/dev/**"], range: 31000-31999}
  - {name: prod, paths: ["*/overlays/prod/**"]}
"""

PATCH = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  ports:
    - {{port: 80, nodePort: {number}}}
"""


def build(folder):
    """What `kubectl kustomize` makes of a folder."""
    done = subprocess.run(
        [kubectl(), "kustomize", str(folder)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def made(project, name="web"):
    """What is built for each environment."""
    overlays = sorted((project.folder / name / "overlays").iterdir())
    return {path.name: manifests(build(path)) for path in overlays}


def new(project, *words):
    done = project.run(*WORDS, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_environment_has_the_ports_of_the_plan_and_node_ports_of_its_own(project):
    new(project, *HTTP, *METRICS)
    app, built = saved(project, "web"), made(project)

    assert list(built) == ["dev", "prod"]
    for environment, objects in built.items():
        assert routes(objects) == wanted(app, environment)
    numbers = [number for port in app["spec"]["ports"] for number in port["nodePorts"].values()]
    assert len(set(numbers)) == 4
    assert "nodePort" not in (project.folder / "web/base/service.yaml").read_text()


@pytest.mark.parametrize("namespace", [(), ("-n", "dns")], ids=["no namespace", "a namespace"])
def test_tcp_and_udp_of_one_number_stay_two_ports(project, namespace):
    ports = ("-p", "dns=53:5353/udp", "-p", "dns-tcp=53:5353/tcp", "-p", "http=5000")
    new(project, *ports, *namespace, "--type", "LoadBalancer")
    app = saved(project, "web")

    for environment, objects in made(project).items():
        assert routes(objects) == wanted(app, environment)
        ports = only(objects, "Service")["spec"]["ports"]
        assert [port["name"] for port in ports] == ["dns", "dns-tcp", "http"]
        assert ports[0]["nodePort"] == ports[1]["nodePort"]


def test_namespaces_and_replicas_are_each_environment_s_own(project):
    lists = ("environments=test,stage,prod", "namespaces=t,s,p", "replica_counts=1,2,5")
    new(project, *HTTP, *(word for one in lists for word in ("--set", one)))

    found = {
        name: (only(objects, "Service")["metadata"]["namespace"], only(objects, "Deployment")["spec"]["replicas"])
        for name, objects in made(project).items()
    }
    assert found == {"test": ("t", 1), "stage": ("s", 2), "prod": ("p", 5)}


def test_numbers_come_from_the_range_of_each_cluster_and_stay(project):
    project.write(".svcgen/config.yaml", CLUSTERS)
    new(project, *HTTP)
    before = project.files()
    (port,) = saved(project, "web")["spec"]["ports"]
    assert 31000 <= port["nodePorts"]["dev"] <= 31999
    assert 30000 <= port["nodePorts"]["prod"] <= 30085

    again = new(project, *HTTP)
    assert again.startswith("nothing changed")
    assert project.files() == before

    # neither a new environment nor a lost App spec moves them
    new(project, *HTTP, "--set", "environments=stage,dev,prod")
    assert saved(project, "web")["spec"]["ports"][0]["nodePorts"].items() > port["nodePorts"].items()
    (project.folder / ".svcgen/apps/web.yaml").unlink()
    new(project, *HTTP, "--set", "environments=stage,dev,prod", "--force")
    assert saved(project, "web")["spec"]["ports"][0]["nodePorts"].items() > port["nodePorts"].items()


def test_a_node_port_that_an_overlay_holds_is_given_to_nobody_else_in_its_cluster_alone(project):
    project.write(".svcgen/config.yaml", CLUSTERS.replace(", range: 31000-31999", ""))
    new(project, "-p", "http=auto:8080:5000,nodePort.dev=30007,nodePort.prod=30008")
    (project.folder / ".svcgen/apps/web.yaml").unlink()
    words = ("new", "other", "--image", "x:1", "-t", "kustomize", "--no-input", "-p")

    for environment, number in (("dev", 30007), ("prod", 30008)):
        done = project.run(*words, f"http=5000,nodePort.{environment}={number}")
        assert done.returncode == 1
        place = f"web/overlays/{environment}/service.yaml:9:17"
        assert f"of 'http' in {environment} is already held by default/web ({place})" in done.stderr
    done = project.run(*words, "http=5000,nodePort.dev=30008,nodePort.prod=30007")
    assert done.returncode == 0, done.stderr


def test_the_node_ports_of_a_saved_app_count_in_their_own_clusters_without_any_manifest(project):
    project.write(".svcgen/config.yaml", CLUSTERS.replace(", range: 31000-31999", ""))
    new(project, "-p", "http=5000,nodePort.dev=30007,nodePort.prod=30008")
    for path in (project.folder / "web").rglob("service.yaml"):
        path.unlink()
    words = ("new", "other", "--image", "x:1", "-t", "kustomize", "--no-input", "-p")

    assert project.run(*words, "http=5000,nodePort.prod=30008").returncode == 1
    assert project.run(*words, "http=5000,nodePort.prod=30007").returncode == 0


def test_the_drawing_shows_every_environment_and_next_is_what_applies_it(project):
    out = new(project, "-p", "http=5000,nodePort.dev=30007,nodePort.prod=30008", "-d", "k8s/my web")

    _, _, drawn = out.partition("\nweb (NodePort)\n")
    drawn, _, after = drawn.partition("\n\n")
    dev, _, prod = drawn.partition("prod:\n")
    assert dev.startswith("dev:\n")
    assert ("│ 30007  │─────▶│ 8080 " in dev, "│ 30008  │─────▶│ 8080 " in prod) == (True, True)
    assert after == (
        "next: kubectl apply -k 'k8s/my web'/overlays/dev\nnext: kubectl apply -k 'k8s/my web'/overlays/prod\n"
    )


def test_diff_force_and_an_edit_work_for_overlays_as_for_other_files(project):
    new(project, *HTTP)
    patch = project.folder / "web/overlays/prod/kustomization.yaml"
    patch.write_text(patch.read_text() + "commonAnnotations: {a: b}\n")

    assert "+++ web/overlays/prod/kustomization.yaml" in new(project, *HTTP, "--diff")
    refused = project.run(*WORDS, *HTTP)
    assert (refused.returncode, "web/overlays/prod/kustomization.yaml: not written" in refused.stderr) == (2, True)
    new(project, *HTTP, "--force")
    assert "commonAnnotations" not in patch.read_text()


@pytest.mark.parametrize("more", [("-o", "yaml"), ("-o", "json"), ("--dry-run=server",)])
def test_parts_are_not_printed_as_if_they_were_a_whole(project, more):
    done = project.run(*WORDS, *HTTP, *more)

    assert (done.returncode, done.stdout) == (2, "")
    assert "pack 'kustomize' makes files for another tool" in done.stderr
    assert "then kubectl apply -k web/overlays/dev" in done.stderr
    assert project.files() == {}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--set", "environments=dev,dev"), "environments: a folder for each"),
        (("--set", "environments="), "environments: a folder for each"),
        (("--set", "environments=Dev"), "environments: a folder for each"),
        (("--set", "environments=../up"), "environments: a folder for each"),
        (("--set", "namespaces=one"), "namespaces: one namespace for each environment, in their order"),
        (("--set", "replica_counts=1,many"), "replica_counts: one number for each environment"),
        (("-p", "admin=1,nodePort.test=30000"), "'admin' has a node port in 'test', and it goes to dev, prod"),
        (("-p", "admin=1,nodePort.dev=30000", "-t", "default"), "and pack 'default' has no environments"),
        (("-p", "admin=1,nodePort.dev=30000", "--type", "ClusterIP"), "a ClusterIP Service has none"),
    ],
)
def test_what_cannot_work_is_refused_and_says_why(project, words, reason):
    done = project.run(*WORDS, *HTTP, *words)

    assert done.returncode == 2
    assert reason in done.stderr
    assert project.files() == {}


def test_every_two_options_together_are_built_with_nothing_to_find(project):
    factors = {name: choices for name, choices in FACTORS.items() if name not in ("kind_cluster", "host")}
    factors["replica_counts"] = [[], ["0", "4"]]
    factors["namespaces"] = [[], ["app-dev", "app-prod"]]
    apps = []
    for number, row in enumerate(pairwise(factors)):
        app = app_of(number, {**row, "host": ""}, "kustomize", kind_cluster=True)
        if row["autoscale"]:
            del app["spec"]["set"]["replica_counts"]
        apps.append(app)
    project.write("apps.txt", yaml.safe_dump_all(apps))
    done = project.run("new", "-f", "apps.txt", "--no-input")
    assert done.returncode == 0, done.stderr

    texts = {"dev": [], "prod": []}
    for app in apps:
        name, answers = app["metadata"]["name"], app["spec"]["set"]
        for index, environment in enumerate(texts):
            text = build(project.folder / name / "overlays" / environment)
            texts[environment].append(text)
            objects = manifests(text)
            assert routes(objects) == wanted(saved(project, name), environment)
            if answers["namespaces"]:
                assert {one["metadata"]["namespace"] for one in objects.values()} == {answers["namespaces"][index]}
            if answers["config"]:
                data = only(objects, "ConfigMap")["data"]
                assert data == dict(pair.split("=", 1) for pair in answers["config"])
    # some hundred ports do not fit into the static band
    ignored = [word for rule in (*INHERENT, "node-port-dynamic-band") for word in ("--ignore", rule)]
    for built in texts.values():
        checked = project.run("check", "-", "--fail-on", "info", *ignored, stdin="---\n".join(built))
        assert checked.returncode == 0, checked.stdout


def test_check_passes_over_the_whole_tree(project):
    new(project, *HTTP, *METRICS)
    done = project.run("check", "--fail-on", "info")

    assert done.returncode == 0, done.stdout


def test_check_sees_a_number_that_two_overlays_of_one_cluster_have(project):
    project.write(".svcgen/config.yaml", CLUSTERS.replace(", range: 31000-31999", ""))
    numbers = {"web": (30007, 30008), "api": (30007, 30009), "dns": (30008, 30010)}
    for name, (dev, prod) in numbers.items():
        for environment, number in (("dev", dev), ("prod", prod)):
            project.write(f"{name}/overlays/{environment}/service.yaml", PATCH.format(name=name, number=number))
            project.write(f"{name}/overlays/{environment}/kustomization.yaml", "patches: [{path: service.yaml}]\n")
    project.write("web/overlays/prod/service.yaml", PATCH.format(name="web", number=39999))
    found = json.loads(project.run("check", "-o", "json").stdout)

    assert [(one["path"], one["message"]) for one in found["findings"]] == [
        ("web/overlays/dev/service.yaml", "nodePort 30007 is already held by default/api"),
        ("web/overlays/prod/service.yaml", "nodePort 39999 is outside the cluster's range 30000-32767"),
    ]
    # nothing else of a part can be judged: it has no selector, no name of a port
    assert found["summary"]["not_judged"] == 6
    assert found["summary"]["services"] == 0


def test_what_was_built_for_an_environment_is_the_same_service_when_it_is_read_again(project):
    words = (*HTTP, "--set", "namespaces=web-dev,web")
    new(project, *words)
    built = build(project.folder / "web/overlays/dev")
    before = project.files()
    done = project.run(*WORDS, *words, "--taken", "-", stdin=built)

    assert (done.returncode, project.files()) == (0, before), done.stderr
    # the App spec and the manifests are lost, and only the cluster knows the number
    number = only(manifests(built), "Service")["spec"]["ports"][0]["nodePort"]
    shutil.rmtree(project.folder / "web")
    shutil.rmtree(project.folder / ".svcgen")
    assert project.run(*WORDS, *words, "--taken", "-", "--allocate", "first", stdin=built).returncode == 0
    assert saved(project, "web")["spec"]["ports"][0]["nodePorts"]["dev"] == number != 30000
