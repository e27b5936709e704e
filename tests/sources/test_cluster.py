"""A live cluster is asked page by page, whole or not at all, and every way it can fail is told apart."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time

import pytest

from scaffold import kubectl
from scaffold.model import ClusterAccess, Location
from tests.api_server import EXPIRED, FORBIDDEN, TOKEN, UNAUTHORIZED, ApiServer, certificate, serving, status
from tests.conftest import ROOT
from tests.terminal import Terminal

FREE = ("ports", "free", "--taken", "cluster")


def service(number, name="web", namespace="shop"):
    """A Service as an API server shows it."""
    port = {"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080, "nodePort": number}
    metadata = {"name": name, "namespace": namespace, "uid": "1", "managedFields": [{"manager": "kubectl"}]}
    return {"metadata": metadata, "spec": {"type": "NodePort", "ports": [port]}, "status": {"loadBalancer": {}}}


def many(count):
    """So many Services, the first with node port 30000."""
    return [service(30000 + number, f"web-{number}") for number in range(count)]


@pytest.fixture
def folder(tmp_path):
    """Where certificate and kubeconfig are: outside of the project."""
    inside = tmp_path / "server"
    inside.mkdir()
    return inside


@pytest.fixture
def plugin():
    """A user of a kubeconfig whose credentials come from a program."""

    def make(script, **more):
        api = "client.authentication.k8s.io/v1"
        words = {"command": "sh", "args": ["-c", script], "interactiveMode": "Never"}
        return {"exec": {"apiVersion": api, **words, **more}}

    return make


def ask(project, server, *words, **env):
    """`ports free` of a cluster."""
    return project.run(*FREE, *words, env={**server.env, **env})


def test_a_large_cluster_is_read_in_pages(project, folder):
    with serving(ApiServer(folder, many(1201))) as server:
        done = ask(project, server)

    assert (done.stdout, done.stderr) == ("31201\n", "")
    assert server.queries == [
        {"limit": "500"},
        {"limit": "500", "continue": "500"},
        {"limit": "500", "continue": "1000"},
    ]


def test_a_page_that_has_expired_starts_the_list_anew_in_one_piece(project, folder):
    with serving(ApiServer(folder, many(1201), lambda number, _: EXPIRED if number == 2 else None)) as server:
        done = ask(project, server)

    assert (done.stdout, done.stderr) == ("31201\n", "")
    assert server.queries[3:] == [{}]


def test_a_page_that_fails_is_no_answer_at_all(project, folder):
    failing = lambda number, _: status(500, "InternalError", "etcd is away") if number == 2 else None  # noqa: E731
    with serving(ApiServer(folder, many(1201), failing)) as server:
        done = ask(project, server)

    assert (done.returncode, done.stdout) == (2, "")
    assert "the API server could not answer\n  kubectl: Error from server (InternalError): etcd is away" in done.stderr


def test_a_server_that_gives_the_same_page_for_ever_is_left(project, folder):
    page = {"kind": "ServiceList", "apiVersion": "v1", "metadata": {"continue": "again"}, "items": [service(30000)]}
    with serving(ApiServer(folder, hook=lambda *_: (200, page))) as server:
        done = ask(project, server)

    assert (done.returncode, len(server.queries)) == (2, 2)
    assert "the same page again and again" in done.stderr


def test_a_cluster_without_services_is_nothing_taken(project, folder):
    empty = {"kind": "ServiceList", "apiVersion": "v1", "metadata": {}, "items": None}
    with serving(ApiServer(folder, hook=lambda *_: (200, empty))) as server:
        done = ask(project, server)

    assert (done.returncode, done.stdout, done.stderr) == (0, "30000\n", "")


ANSWERS = {
    "expired credentials": (UNAUTHORIZED, "the API server does not take your credentials: they have expired"),
    "no right": (FORBIDDEN, "you have no right to do this"),
    "an error": (status(500, "InternalError", "etcd is away"), "the API server could not answer"),
    "too many requests": (status(429, "TooManyRequests", "slow down"), "the API server could not answer"),
    "not found": (status(404, "NotFound", "the server could not find it"), "is no Kubernetes API server"),
    "a page of a shop": ((200, b"<html>Welcome</html>"), "is no Kubernetes API server: it sent no list of Services"),
    "another list": ((200, {"kind": "PodList", "items": []}), "is no Kubernetes API server"),
    "a list of words": ((200, {"kind": "ServiceList", "items": ["web"]}), "is no Kubernetes API server"),
    "JSON without end": ((200, b'{"kind": "ServiceList", "items": ['), "is no Kubernetes API server"),
    "brackets": ((200, b"[" * 100_000), "is no Kubernetes API server"),
    "nothing": ((200, b""), "is no Kubernetes API server"),
    "a redirection": ((302, b""), "is no Kubernetes API server"),
}


@pytest.mark.parametrize(("answer", "said"), ANSWERS.values(), ids=ANSWERS)
def test_what_a_server_answers_is_told_apart(project, folder, answer, said):
    with serving(ApiServer(folder, hook=lambda *_: answer)) as server:
        done = ask(project, server)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cluster:kind-dev: error: ")
    assert said in done.stderr
    assert "\nhint: " in done.stderr
    assert TOKEN not in done.stderr


def test_a_missing_right_is_named(project, folder):
    with serving(ApiServer(folder, hook=lambda *_: FORBIDDEN)) as server:
        done = ask(project, server)

    assert 'User "dev" cannot list resource "services" in API group "" at the cluster scope' in done.stderr
    assert "hint: ask for the right to list services in all namespaces (verb list, resource services" in done.stderr


def test_nothing_that_answers_is_said(project, folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server = ApiServer(folder)
        certificate(folder)
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        server.config(f"https://{address}")
        done = ask(project, server)

    assert (done.returncode, done.stdout) == (2, "")
    assert "no API server answers there" in done.stderr
    assert f"kubectl: The connection to the server {address} was refused" in done.stderr


def test_a_server_that_does_not_answer_is_left_in_time(project, folder):
    with serving(ApiServer(folder)) as server:
        server.hook = lambda *_: (server.released.wait(60), (200, b""))[1]
        start = time.monotonic()
        done = ask(project, server, "--request-timeout", "1s")

    assert time.monotonic() - start < 30
    assert (done.returncode, done.stdout) == (2, "")
    assert "the API server did not answer in time (1s)" in done.stderr
    assert "--request-timeout gives it more time" in done.stderr


@pytest.mark.parametrize("text", ["soon", "-1", "1.5s", "30ms", ""])
def test_a_time_out_that_is_no_time_is_refused(project, folder, text):
    done = project.run(*FREE, f"--request-timeout={text}", env=ApiServer(folder).env)

    assert done.returncode == 2
    assert done.stderr.startswith("--request-timeout: error: ")


def test_a_certificate_that_nobody_signed_is_tls_trouble(project, folder):
    with serving(ApiServer(folder)) as server:
        server.config(server.address, ca=False)
        done = ask(project, server)

    assert done.returncode == 2
    assert "certificate or TLS is not as the kubeconfig has it" in done.stderr
    assert "certificate signed by unknown authority" in done.stderr


def test_a_certificate_of_ones_own_that_the_server_does_not_take_is_about_credentials(project, folder, tmp_path):
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    mine = certificate(stranger)
    with serving(ApiServer(folder), asks=ssl.CERT_REQUIRED) as server:
        server.config(server.address, user={"client-certificate": str(mine[0]), "client-key": str(mine[1])})
        done = ask(project, server)

    assert done.returncode == 2
    assert "the API server does not take your credentials" in done.stderr
    assert "remote error: tls: " in done.stderr


def test_a_server_without_tls_is_tls_trouble(project, folder):
    certificate(folder)
    with serving(ApiServer(folder), tls=False) as server:
        done = ask(project, server)

    assert done.returncode == 2
    assert "certificate or TLS is not as the kubeconfig has it" in done.stderr


def test_a_program_that_gets_credentials_is_run(project, folder, plugin):
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": TOKEN},
    }
    with serving(ApiServer(folder, many(1))) as server:
        server.config(server.address, user=plugin(f"echo '{json.dumps(credential)}'"))
        done = ask(project, server)

    assert (done.stdout, done.stderr) == ("30001\n", "")


def test_a_program_that_cannot_get_credentials_is_quoted(project, folder, plugin):
    with serving(ApiServer(folder)) as server:
        server.config(server.address, user=plugin("echo token expired: run acme login >&2; exit 3"))
        failed = ask(project, server)
        server.config(server.address, user=plugin("", command="no-such-plugin", installHint="get it from acme"))
        missing = ask(project, server)

    assert (failed.returncode, missing.returncode) == (2, 2)
    assert "kubectl: token expired: run acme login" in failed.stderr
    assert "your credentials could not be had" in failed.stderr
    assert "executable no-such-plugin not found" in missing.stderr
    assert "kubectl: get it from acme" in missing.stderr


def test_what_a_program_asks_for_is_shown_while_it_waits(project, folder, plugin):
    """A device login prints an address and waits for somebody to open it."""
    with serving(ApiServer(folder)) as server:
        server.config(server.address, user=plugin("echo open acme.example/device >&2; cat /dev/tty >/dev/null; exit 1"))
        terminal = Terminal(project.folder, *FREE, env=server.env)
        terminal.wait_for("open acme.example/device")
        terminal.child.sendeof()

        assert terminal.end() == 2


# --- kubeconfigs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        pytest.param((), {"KUBECONFIG": "/nope:/nada"}, "there is no kubeconfig /nope or /nada", id="KUBECONFIG"),
        pytest.param((), {"KUBECONFIG": ""}, "there is no kubeconfig ~/.kube/config", id="none at home"),
        pytest.param(("--kubeconfig", "/nope"), {}, "there is no kubeconfig /nope", id="--kubeconfig"),
        pytest.param(("--kubeconfig", "empty"), {}, "empty holds no context", id="empty"),
        pytest.param(("--kubeconfig", "broken"), {}, "the kubeconfig cannot be read\n  kubectl: ", id="broken"),
        pytest.param(("--kubeconfig", "text"), {}, "the kubeconfig cannot be read\n  kubectl: ", id="text"),
        pytest.param(("--context", "kind-dve"), {}, "did you mean kind-dev?", id="a slip in --context"),
        pytest.param(("--context", "prod"), {}, "hint: the kubeconfig has kind-dev", id="no such context"),
        pytest.param(("--kubeconfig", "none"), {}, "has no current context", id="no current context"),
        pytest.param(("--kubeconfig", "half"), {}, "names the cluster 'gone', which the kubeconfig lacks", id="half"),
    ],
)
def test_a_kubeconfig_that_leads_nowhere_is_told_apart(project, folder, words, env, said):
    server = ApiServer(folder)
    certificate(folder)
    server.config("https://127.0.0.1:1")
    config = json.loads((folder / "kubeconfig").read_text())
    project.write("empty", "")
    project.write("broken", "a: [b\n")
    project.write("text", "hello\n")
    project.write("none", json.dumps({**config, "current-context": ""}))
    gone = [{"name": "kind-dev", "context": {"cluster": "gone", "user": "dev"}}]
    project.write("half", json.dumps({**config, "contexts": gone}))
    done = ask(project, server, *words, **env)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("--taken: error: ")
    assert said in done.stderr


def test_the_context_is_the_sources_then_the_flags_then_the_kubeconfigs(project, folder):
    with serving(ApiServer(folder, many(1))) as server:
        config = json.loads((folder / "kubeconfig").read_text())
        other = {"name": "other", "context": {"cluster": "here", "user": "dev"}}
        config = {**config, "contexts": [*config["contexts"], other], "current-context": "gone"}
        (folder / "kubeconfig").write_text(json.dumps(config))

        def places(*words):
            done = project.run("ports", "list", "-o", "json", *words, env=server.env)
            return {one["path"] for one in json.loads(done.stdout or '{"ports": []}')["ports"]} or done.stderr

        assert places("--taken", "cluster:other", "--context", "kind-dev") == {"cluster:other"}
        assert places("--taken", "cluster", "--context", "kind-dev") == {"cluster:kind-dev"}
        assert "has no context 'gone'" in places("--taken", "cluster")


def test_in_a_pod_kubectl_gets_no_time_out_with_which_it_would_overlook_the_cluster(tmp_path, monkeypatch):
    """kubectl takes the cluster around a Pod only where nothing else is set; a stand-in shows its words."""
    (tmp_path / "token").write_text("x")
    view = '{"contexts": null, "clusters": null, "current-context": ""}'
    (tmp_path / "kubectl").write_text(f"#!/bin/sh\n[ $1 = config ] && echo '{view}' || echo \"$@\"\n")
    (tmp_path / "kubectl").chmod(0o755)
    monkeypatch.setattr(kubectl, "_ACCOUNT", str(tmp_path / "token"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.delenv("KUBECONFIG", raising=False)
    place = Location("--taken")
    access = ClusterAccess(context=kubectl.context(ClusterAccess(), place))

    assert kubectl.get_raw("/api/v1/services", access, place) == b"get --raw /api/v1/services\n"


def test_something_else_that_is_called_kubectl_is_no_bug_of_ours(project, tmp_path):
    (tmp_path / "kubectl").write_text("#!/bin/sh\necho hello\n")
    (tmp_path / "kubectl").chmod(0o755)
    done = project.run(*FREE, env={"PATH": str(tmp_path)})
    (tmp_path / "kubectl").chmod(0o644)
    forbidden = project.run(*FREE, env={"PATH": str(tmp_path)})

    assert (done.returncode, forbidden.returncode) == (2, 2)
    assert "the kubectl on the PATH does not answer as kubectl does" in done.stderr
    assert "kubectl cannot be run: Permission denied" in forbidden.stderr


def test_without_kubectl_another_way_is_shown(project, folder, tmp_path):
    done = ask(project, ApiServer(folder), PATH=str(tmp_path / "nothing"))

    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no kubectl on the PATH" in done.stderr
    assert "kubectl get services -A -o yaml > services.yaml, then --taken services.yaml" in done.stderr


def test_the_way_without_kubectl_gives_the_same(project, folder):
    items = [{"apiVersion": "v1", "kind": "Service", **one} for one in many(3)]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    with serving(ApiServer(folder, many(3))) as server:
        asked = ask(project, server)
    piped = project.run("ports", "free", "--taken", "-", stdin=listed)

    assert piped.stdout == asked.stdout == "30003\n"


def test_only_what_is_contested_in_a_cluster_is_marked(project, folder):
    """All of it has the cluster for its place."""
    held = [service(30001, "web"), service(30002, "api")]
    project.write("a.yaml", json.dumps({"apiVersion": "v1", "kind": "Service", **service(30001, "dns")}))
    with serving(ApiServer(folder, held)) as server:
        words = ("ports", "list", "-o", "csv", "--space", "node", "--taken", "cluster")
        rows = project.run(*words, env=server.env).stdout.splitlines()

    assert [row.split(",")[4] for row in rows if row.endswith(",yes")] == ["dns", "web"]


# --- the clusters of the config --------------------------------------------------------------------------------------

CLUSTERS = 'clusters: [{name: prod, paths: ["prod/**"], context: eks-1}, {name: kind-dev, paths: ["dev/**"]}]\n'


@pytest.mark.parametrize(
    ("context", "free"),
    [
        pytest.param("eks-1", {"prod": "30001", "kind-dev": "30000"}, id="the context that a cluster names"),
        pytest.param("kind-dev", {"prod": "30000", "kind-dev": "30001"}, id="a context called as the cluster"),
        pytest.param("minikube", {"prod": "30001", "kind-dev": "30001"}, id="a context that nobody names: any of them"),
    ],
)
def test_a_context_is_one_of_the_configs_clusters(project, folder, context, free):
    project.write(".svcgen/config.yaml", CLUSTERS)
    with serving(ApiServer(folder, many(1))) as server:
        server.config(server.address, name=context)
        found = {name: ask(project, server, "--cluster", name).stdout.strip() for name in free}

    assert found == free


def test_an_apps_number_in_another_cluster_is_not_kept(project, folder):
    project.write(".svcgen/config.yaml", CLUSTERS)
    words = ("new", "web-0", "--image", "x:1", "-p", "http=8080", "-n", "shop", "--allocate", "first", "--no-input")
    with serving(ApiServer(folder, [service(30007, "web-0")])) as server:

        def given(folder):
            done = project.run(*words, "-d", folder, "-o", "json", "--taken", "cluster", env=server.env)
            return json.loads(done.stdout)["items"][0]["spec"]["ports"][0]["nodePort"]

        assert (given("prod/web"), given("dev/web")) == (30000, 30007)


# --- stopping --------------------------------------------------------------------------------------------------------


def test_ctrl_c_ends_kubectl_too(project, folder):
    with serving(ApiServer(folder)) as server:
        server.hook = lambda *_: (server.released.wait(60), (200, b""))[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "scaffold", *FREE],
            cwd=project.folder,
            env={**os.environ, **server.env, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        while not server.queries:
            time.sleep(0.02)
        children = _children(process.pid)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)

    assert (process.returncode, said) == (130, b"interrupted, nothing was written\n")
    assert len(children) == 1
    assert not os.path.exists(f"/proc/{children[0]}")


def _children(process):
    with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as file:
        return file.read().split()


def test_how_far_the_reading_is_stands_on_the_terminal_and_is_gone_afterwards(project, folder):
    slow = lambda number, _: time.sleep(0.4) if number else None  # noqa: E731
    with serving(ApiServer(folder, many(2001), slow)) as server:
        terminal = Terminal(project.folder, *FREE, env=server.env)

        assert terminal.end() == 0
    assert "reading: 1,500 services" in terminal.raw
    assert [line for line in terminal.lines if line] == ["32001"]
