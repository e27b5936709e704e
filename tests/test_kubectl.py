"""`--dry-run=server`: what a server refuses is exit 1, and what keeps it from answering exit 2, told apart."""

from __future__ import annotations

import socket

import pytest

from tests.api_server import UNAUTHORIZED, ApiServer, certificate, serving, status

ASKED = ("new", "web", "--image", "x:1", "-p", "http=80", "--no-input", "--dry-run=server")


@pytest.fixture
def folder(tmp_path):
    inside = tmp_path / "server"
    inside.mkdir()
    return inside


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(UNAUTHORIZED, "the API server does not take your credentials", id="401"),
        pytest.param((404, b"<html>no</html>"), "what answers there is no Kubernetes API server", id="404"),
        pytest.param((200, b"<html>hello</html>"), "what answers there is no Kubernetes API server", id="a page"),
        pytest.param(status(500, "InternalError", "etcd is away"), "the API server could not answer", id="500"),
    ],
)
def test_a_server_that_cannot_say_is_no_refusal(project, folder, answer, said):
    with serving(ApiServer(folder, hook=lambda *_: answer)) as server:
        done = project.run(*ASKED, "-o", "yaml", env=server.env)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"--dry-run=server: error: {said}")
    assert "\n  kubectl: " in done.stderr
    assert "--validate=false" not in done.stderr


def test_nothing_that_answers_no_kubeconfig_and_a_slip_in_the_context_are_told_apart(project, folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server = ApiServer(folder)
        certificate(folder)
        server.config(f"https://127.0.0.1:{taken.getsockname()[1]}")
        nobody = project.run(*ASKED, env=server.env)
        slip = project.run(*ASKED, "--context", "kind-dve", env=server.env)
        nowhere = project.run(*ASKED, "--kubeconfig", "nowhere", env=server.env)

    assert (nobody.returncode, slip.returncode, nowhere.returncode) == (2, 2, 2)
    assert "--dry-run=server: error: no API server answers there" in nobody.stderr
    assert "did you mean kind-dev?" in slip.stderr
    assert "there is no kubeconfig nowhere" in nowhere.stderr
    assert project.files() == {}


def test_a_server_that_does_not_answer_is_left_in_time(project, folder):
    with serving(ApiServer(folder)) as server:
        server.hook = lambda *_: (server.released.wait(60), (200, b""))[1]
        done = project.run(*ASKED, "--request-timeout", "1s", env=server.env)

    assert done.returncode == 2
    assert "the API server did not answer in time (1s)" in done.stderr


def test_a_client_dry_run_asks_nobody(project, folder):
    with serving(ApiServer(folder)) as server:
        done = project.run(*ASKED[:-1], "--dry-run=client", env=server.env)

    assert (done.returncode, server.queries) == (0, [])


def test_the_line_that_does_the_same_names_the_cluster(project):
    """What the wizard ends with is made of the flags."""
    from scaffold.answers import Flags
    from scaffold.model import AppSpec, ClusterAccess, PortWish
    from scaffold.summary import command_line

    app = AppSpec("web", "x:1", (PortWish("http", 80, node_port=30000, service_port=8080),))
    flags = Flags(taken=("cluster",), dry_run="server", access=ClusterAccess("my config", "kind-dev", "2m"))

    line = command_line(app, flags, str(project.folder))
    assert "--kubeconfig 'my config' --context kind-dev --request-timeout 2m --dry-run=server --taken cluster" in line
    assert "--request-timeout" not in command_line(app, Flags(), str(project.folder))
