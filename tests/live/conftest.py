"""A real API server: etcd and kube-apiserver of KUBEBUILDER_ASSETS on loopback, with nothing else of a cluster."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.real_kubectl import kubectl

TOKEN = "only-for-this-test"
PATIENCE = 120
NEEDED = ("etcd", "kube-apiserver")


class Server:
    """kubectl, talking to the server as its administrator."""

    def __init__(self, folder, address):
        self.config = folder / "kubeconfig"
        cluster = {"server": address, "insecure-skip-tls-verify": True}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "live", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": TOKEN}}],
            "contexts": [{"name": "live", "context": {"cluster": "live", "user": "admin"}}],
            "current-context": "live",
        }
        self.config.write_text(json.dumps(config))
        path = f"{os.path.dirname(kubectl())}{os.pathsep}{os.environ['PATH']}"
        self.env = {"KUBECONFIG": str(self.config), "HOME": str(folder), "PATH": path}

    def kubectl(self, *words, stdin=""):
        """One kubectl command, whatever its exit code."""
        return subprocess.run(
            [kubectl(), *words],
            input=stdin.encode(),
            env={**os.environ, **self.env},
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )

    def create(self, text):
        """Creates every object of a stream, unknown fields refused: the names created, and what was said besides."""
        done = self.kubectl("create", "--validate=strict", "-o", "name", "-f", "-", stdin=text)
        return done.stdout.decode().split(), done.stderr.decode()

    def get(self, *words):
        """The objects that `kubectl get` answers with."""
        done = self.kubectl("get", *words, "-o", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["items"]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Starts both programs once; skips where they are not named."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if not assets:
        pytest.skip("KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver")
    for name in NEEDED:
        assert os.access(Path(assets) / name, os.X_OK), f"KUBEBUILDER_ASSETS={assets} holds no {name}"
    folder = tmp_path_factory.mktemp("server")
    with ExitStack() as running:
        store, address = (f"{scheme}://127.0.0.1:{_free_port()}" for scheme in ("http", "https"))
        running.enter_context(_process(folder, Path(assets) / "etcd", *_etcd(folder, store)))
        words = _api_server(folder, store, address)
        process = running.enter_context(_process(folder, Path(assets) / "kube-apiserver", *words))
        _wait_until_ready(process, address, folder)
        yield Server(folder, address)


def _etcd(folder, store):
    return (
        f"--data-dir={folder / 'etcd'}",
        "--unsafe-no-fsync",
        f"--listen-client-urls={store}",
        f"--advertise-client-urls={store}",
        "--listen-peer-urls=http://127.0.0.1:0",
    )


def _api_server(folder, store, address):
    key, tokens = folder / "sa.key", folder / "tokens.csv"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    tokens.write_text(f'{TOKEN},admin,admin,"system:masters"\n')
    return (
        f"--etcd-servers={store}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={address.rpartition(':')[2]}",
        "--endpoint-reconciler-type=none",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-signing-key-file={key}",
        f"--service-account-key-file={key}",
        f"--cert-dir={folder / 'certs'}",
        "--authorization-mode=RBAC",
        f"--token-auth-file={tokens}",
        # nobody makes service accounts here
        "--disable-admission-plugins=ServiceAccount",
        # else a privileged Pod is refused for another reason than Pod Security
        "--allow-privileged=true",
    )


@contextmanager
def _process(folder, program, *words):
    """A process that ends with the block, and also when this one is killed."""
    with open(folder / f"{program.name}.log", "wb") as log:
        process = subprocess.Popen(
            [program, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=_die_with_parent
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _die_with_parent():
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _wait_until_ready(process, address, folder):
    trusting = ssl._create_unverified_context()
    ready = urllib.request.Request(f"{address}/readyz", headers={"Authorization": f"Bearer {TOKEN}"})
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(ready, context=trusting, timeout=5):
                return
        except (OSError, urllib.error.HTTPError):
            pass
        try:
            process.wait(0.2)
            break
        except subprocess.TimeoutExpired:
            continue
    log = (folder / "kube-apiserver.log").read_text(errors="replace")
    pytest.fail(f"kube-apiserver is not ready:\n{log[-2000:]}")


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
