"""What svcgen makes is created by a real API server, and what `svcgen check` calls refused is refused by it."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest
import yaml

from tests.conftest import Project
from tests.live.apps import NAMESPACES, apps, flags

pytestmark = [pytest.mark.live, pytest.mark.slow]

COUNT, SINGLE = 200, 8
RESTRICTED = "restricted"
# type is missing, so the API server takes it for ClusterIP
ARTICLE = """apiVersion: v1
kind: Service
metadata:
  name: my-service
spec:
  selector:
    app: my-app
  ports:
    - {name: http, protocol: TCP, port: 8080, targetPort: 5000, nodePort: 30000}
    - {name: metrics, protocol: TCP, port: 8081, targetPort: 6000, nodePort: 31000}
"""


class Quoted(yaml.SafeDumper):
    """Writes every string in quotes: kubectl takes 1e3 for a number, PyYAML does not."""


Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


class Made(NamedTuple):
    """The apps that were asked for, the folder where svcgen wrote them, and the manifests that it wrote."""

    wanted: list
    project: Project
    manifests: list


@pytest.fixture(scope="module")
def made(server, tmp_path_factory):
    """200 random apps through `svcgen new`: most from one file, some from flags. Their namespaces are there."""
    project = Project(tmp_path_factory.mktemp("project"))
    (project.folder / ".git").mkdir()
    wanted = apps(COUNT)
    project.write("specs.txt", yaml.dump_all(wanted[SINGLE:], Dumper=Quoted))
    runs = [("-f", "specs.txt"), *(flags(app) for app in wanted[:SINGLE])]
    for words in runs:
        done = project.run("new", *words, "--no-input", env=server.env)
        assert done.returncode == 0, done.stderr
    manifests = [
        (project.folder / app["metadata"]["name"] / file).read_text()
        for app in wanted
        for file in ("service.yaml", "deployment.yaml")
    ]
    namespaces = [_namespace(name) for name in NAMESPACES if name not in (None, "default")]
    namespaces.append(_namespace(RESTRICTED, {"pod-security.kubernetes.io/enforce": "restricted"}))
    _, said = server.create("---\n".join(namespaces))
    assert said == ""
    return Made(wanted, project, manifests)


def _namespace(name, labels=None):
    metadata = {"name": name, "labels": labels or {}}
    return yaml.dump({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, Dumper=Quoted)


def test_check_finds_nothing_worse_than_advice_in_what_new_wrote(made):
    done = made.project.run("check", "--fail-on", "warning")

    assert (done.returncode, done.stderr) == (0, "")


def _key(one):
    # the other tests of this server have objects of the same names, in namespaces of their own
    return one["metadata"]["namespace"] or "default", one["metadata"]["name"]


def test_every_object_is_created_with_the_numbers_and_strings_asked_for(server, made):
    created, said = server.create("---\n".join(made.manifests))
    services = {_key(one): one for one in server.get("services", "-A")}
    deployments = {_key(one): one for one in server.get("deployments", "-A")}

    assert said == ""
    assert len(created) == 2 * COUNT
    for app in made.wanted:
        assert _as_asked(services[_key(app)], deployments[_key(app)], app) == app


def _as_asked(service, deployment, app):
    """The app that two objects of the server show, in the form of its spec; only what was asked for."""
    metadata, spec = service["metadata"], service["spec"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    targets = {(port["name"], port["protocol"]): port["containerPort"] for port in container["ports"]}
    ports = [{**port, "targetPort": targets[port["targetPort"], port["protocol"]]} for port in spec["ports"]]
    wanted = app["spec"]["ports"]
    return {
        **app,
        "metadata": {
            "name": metadata["name"],
            "namespace": app["metadata"]["namespace"] if metadata["namespace"] == "default" else metadata["namespace"],
            "labels": {key: metadata["labels"].get(key) for key in app["metadata"]["labels"]},
            "annotations": metadata.get("annotations", {}),
        },
        "spec": {
            "image": container["image"],
            "replicas": deployment["spec"]["replicas"],
            "type": spec["type"],
            "env": {entry["name"]: entry.get("value", "") for entry in container.get("env", ())},
            "ports": [{key: port.get(key) for key in asked} for port, asked in zip(ports, wanted, strict=True)],
        },
    }


def test_every_pod_template_is_taken_as_a_pod_where_pod_security_is_restricted(server, made):
    deployments = [yaml.safe_load(text) for text in made.manifests[1::2]]
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**one["spec"]["template"]["metadata"], "name": f"pod-{number}", "namespace": RESTRICTED},
            "spec": one["spec"]["template"]["spec"],
        }
        for number, one in enumerate(deployments)
    ]
    created, said = server.create(yaml.dump_all(pods, Dumper=Quoted))

    assert said == ""
    assert len(created) == COUNT


def test_a_pod_that_is_not_restricted_is_refused_there_so_the_test_above_can_fail(server, made):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "plain", "namespace": RESTRICTED}}
    created, said = server.create(yaml.safe_dump({**pod, "spec": {"containers": [{"name": "a", "image": "x"}]}}))

    assert created == []
    assert 'violates PodSecurity "restricted:latest"' in said


def test_a_node_port_without_a_type_is_refused_where_check_says(server, tmp_path):
    project = Project(tmp_path)
    project.write("service.yaml", ARTICLE)
    done = project.run("check", "-o", "json")
    refused = [one for one in json.loads(done.stdout)["findings"] if one["effect"] == "refused"]
    created, said = server.create(ARTICLE)

    assert done.returncode == 1
    assert [one["field"] for one in refused] == ["spec.ports[0].nodePort", "spec.ports[1].nodePort"]
    assert created == []
    assert all(f"{one['field']}: Forbidden" in said for one in refused)


def test_a_server_dry_run_asks_the_server_and_creates_nothing(server, tmp_path):
    words = ("new", "asked", "--image", "x:1", "-p", "http=80", "--type", "ClusterIP", "--no-input")
    done = Project(tmp_path).run(*words, "--dry-run=server", env=server.env)

    assert (done.returncode, done.stderr) == (0, "")
    assert "asked" not in {one["metadata"]["name"] for one in server.get("services", "-A")}
    assert list(tmp_path.iterdir()) == []


def test_a_server_dry_run_is_refused_for_a_number_that_only_the_cluster_knows_of(server, tmp_path):
    holder = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "holder", "namespace": "default"}}
    server.create(yaml.safe_dump({**holder, "spec": {"type": "NodePort", "ports": [{"port": 80}]}}))
    (held,) = (one for one in server.get("services", "-n", "default") if one["metadata"]["name"] == "holder")
    number = held["spec"]["ports"][0]["nodePort"]
    words = ("new", "asked", "--image", "x:1", "-p", f"http={number}:80:80", "--no-input")
    done = Project(tmp_path).run(*words, "--dry-run=server", env=server.env)

    assert done.returncode == 1
    assert f"spec.ports[0].nodePort: Invalid value: {number}: provided port is already allocated" in done.stderr
