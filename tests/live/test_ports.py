"""What a real API server holds is what `svcgen ports` lists, and is given to nobody; a dry run asks it."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.conftest import ROOT, Project
from tests.sources.test_contract import FACTS, SERVICES, facts

pytestmark = [pytest.mark.live, pytest.mark.slow]

# namespaces that no other test here uses
OWN = {"shop": "held-shop", "infra": "held-infra"}
# the server fills in what manifests may leave out, and gives this Service numbers of its own
GIVEN = {"metadata": {"name": "given", "namespace": "shop"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}}


@pytest.fixture(scope="module")
def held(server):
    """The Services of the contract test, and one whose node port the server chose: that number."""
    namespaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in OWN.values()]
    # an ExternalName Service may not carry a node port on a server, and healthCheckNodePort is fixed with it
    services = [json.loads(json.dumps(one)) for one in (*SERVICES, GIVEN)]
    for one in services:
        one["metadata"]["namespace"] = OWN[one["metadata"]["namespace"]]
        if one["spec"].get("type") == "ExternalName":
            del one["spec"]["ports"][0]["nodePort"]
    objects = [*namespaces, *({"apiVersion": "v1", "kind": "Service", **one} for one in services)]
    for one in objects:
        server.create(yaml.safe_dump(one))
    (given,) = (one for one in server.get("services", "-n", OWN["shop"]) if one["metadata"]["name"] == "given")
    yield given["spec"]["ports"][0]["nodePort"]
    # other tests want the numbers
    for name in OWN.values():
        server.kubectl("delete", "services", "--all", "-n", name)


@pytest.fixture
def project(tmp_path):
    (tmp_path / ".git").mkdir()
    return Project(tmp_path)


def test_a_live_cluster_says_the_same_as_every_other_source(server, held, project):
    done = project.run("ports", "list", "-o", "json", "--taken", "cluster:live", env=server.env)
    ports = json.loads(done.stdout)["ports"]
    mine = [one for one in ports if one["service"]["namespace"] in OWN.values()]
    for one in mine:
        one["service"]["namespace"] = one["service"]["namespace"].removeprefix("held-")

    assert (done.returncode, done.stderr) == (0, "")
    assert {one["path"] for one in ports} == {"cluster:live"}
    assert facts([one for one in mine if one["service"]["name"] != "given"]) == sorted(FACTS, key=str)
    assert [one["number"] for one in mine if one["service"]["name"] == "given" and one["space"] == "node"] == [held]


def test_every_number_of_the_server_is_listed_page_by_page(server, held, project):
    lines = "import scaffold.sources.cluster\nscaffold.sources.cluster.PAGE = 3\n"
    project.write("site/sitecustomize.py", lines)
    env = {**server.env, "PYTHONPATH": f"{project.folder}/site:{ROOT}"}
    done = project.run("ports", "list", "-o", "json", "--space", "node", "--taken", "cluster", env=env)
    listed = {one["number"] for one in json.loads(done.stdout)["ports"]}
    kept = [one["spec"] for one in server.get("services", "-A")]

    assert listed == {
        number
        for spec in kept
        for number in (*(port.get("nodePort") for port in spec.get("ports", ())), spec.get("healthCheckNodePort"))
        if number
    }


def test_a_number_that_only_the_cluster_knows_of_is_given_to_nobody(server, held, project):
    words = ("new", "other", "--image", "x:1", "--no-input", "--taken", "cluster")
    refused = project.run(*words, "-p", f"http={held}:80:80", env=server.env)
    narrow = project.run(
        *words, "-p", "http=80", "--node-port-range", f"{held}-{held + 1}", "-o", "json", env=server.env
    )
    free = project.run("ports", "free", "-n", "3000", "--taken", "cluster", env=server.env)

    assert refused.returncode == 1
    assert f"node port {held} of 'http' is already held by held-shop/given (cluster:live)" in refused.stderr
    assert json.loads(narrow.stdout)["items"][0]["spec"]["ports"][0]["nodePort"] == held + 1
    assert str(held) not in free.stdout.split()


def test_the_apps_own_service_keeps_the_number_that_the_cluster_gave_it(server, held, project):
    words = ("new", "given", "-n", OWN["shop"], "--image", "x:1", "--no-input", "--taken", "cluster", "-o", "json")
    wished = project.run(*words, "-p", f"http={held}:80:80", env=server.env)

    assert wished.returncode == 0
    assert json.loads(wished.stdout)["items"][0]["spec"]["ports"][0]["nodePort"] == held


READER = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: lists-services}
rules: [{apiGroups: [""], resources: [services], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: lists-services}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: lists-services}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: reader}]
"""


def acting_as(server, project, user):
    """A kubeconfig with which the administrator acts as somebody else."""
    config = json.loads(server.config.read_text())
    config["users"][0]["user"]["as"] = user
    return {**server.env, "KUBECONFIG": str(project.write(f"{user}.config", json.dumps(config)))}


def test_the_right_to_list_services_is_enough_and_without_it_nothing_is_said_to_be_free(server, held, project):
    server.create(READER)
    allowed = project.run("ports", "free", "--taken", "cluster", env=acting_as(server, project, "reader"))
    refused = project.run("ports", "free", "--taken", "cluster", env=acting_as(server, project, "stranger"))

    assert (allowed.returncode, allowed.stderr) == (0, "")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert 'User "stranger" cannot list resource "services"' in refused.stderr
    assert "hint: ask for the right to list services in all namespaces" in refused.stderr


def test_credentials_that_the_server_does_not_take_are_told_apart(server, project):
    config = json.loads(server.config.read_text())
    config["users"][0]["user"]["token"] = "yesterday's"
    env = {**server.env, "KUBECONFIG": str(project.write("old.config", json.dumps(config)))}
    taken = project.run("ports", "free", "--taken", "cluster", env=env)
    dry = project.run("new", "a", "--image", "x:1", "-p", "http=80", "--no-input", "--dry-run=server", env=env)

    for done in (taken, dry):
        assert done.returncode == 2
        assert "the API server does not take your credentials" in done.stderr


# --- dry runs --------------------------------------------------------------------------------------------------------

ASKED = ("new", "asked", "--image", "x:1", "--no-input", "--dry-run=server")


def test_a_dry_run_says_which_server_it_asked_and_what_that_does_not_check(server, held, project):
    done = project.run(*ASKED, "-p", "http=80", "--taken", "cluster", env=server.env)

    assert done.returncode == 0
    assert "note: the API server of context live would take it; it does not check the node port range" in done.stderr
    assert "svcgen held the numbers against 30000-32767" in done.stderr


def test_a_number_out_of_range_is_refused_though_the_server_would_take_it(server, project):
    manifest = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "low", "namespace": "default"}}
    low = yaml.safe_dump({**manifest, "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 1080}]}})
    taken = server.kubectl("apply", "--dry-run=server", "-f", "-", stdin=low)
    done = project.run(*ASKED, "-p", "http=1080:80:80", env=server.env)

    assert taken.returncode == 0
    assert done.returncode == 1
    assert "node port 1080 of 'http' is outside the range 30000-32767" in done.stderr


def test_what_the_server_refuses_is_exit_1_and_what_it_cannot_answer_exit_2(server, held, project):
    held_there = project.run(*ASKED, "-p", f"http={held}:80:80", env=server.env)
    nowhere = project.run(*ASKED, "-p", "http=80", "-n", "no-such-place", env=server.env)
    stranger = project.run(*ASKED, "-p", "http=80", env=acting_as(server, project, "stranger"))
    wrong = project.run(*ASKED, "-p", "http=80", "--context", "lvie", env=server.env)

    assert (held_there.returncode, nowhere.returncode, stranger.returncode, wrong.returncode) == (1, 1, 2, 2)
    assert "the API server of context live refuses it:\n" in held_there.stderr
    assert "provided port is already allocated" in held_there.stderr
    assert 'namespaces "no-such-place" not found' in nowhere.stderr
    assert "hint: kubectl create namespace no-such-place" in nowhere.stderr
    assert "you have no right to do this" in stranger.stderr
    assert "did you mean live?" in wrong.stderr


def test_what_the_server_refuses_does_not_go_on_through_a_pipe(server, held, project):
    done = project.run(*ASKED, "-p", f"http={held}:80:80", "-o", "yaml", env=server.env)
    fine = project.run(*ASKED, "-p", "http=80", "--taken", "cluster", "-o", "yaml", env=server.env)

    assert (done.returncode, done.stdout) == (1, "")
    assert (fine.returncode, len(list(yaml.safe_load_all(fine.stdout)))) == (0, 2)
