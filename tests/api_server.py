"""A small HTTPS server that answers as a Kubernetes API server does when somebody lists its Services."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.real_kubectl import kubectl

TOKEN = "only-for-this-test"


def status(code, reason, message):
    """The object that an API server sends with an error."""
    return code, {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }


UNAUTHORIZED = status(401, "Unauthorized", "Unauthorized")
FORBIDDEN = status(
    403,
    "Forbidden",
    'services is forbidden: User "dev" cannot list resource "services" in API group "" at the cluster scope',
)
EXPIRED = status(410, "Expired", "The provided continue parameter is too old to display a consistent list result.")


class ApiServer:
    """Services on loopback, in pages.

    Args:
        services: Service objects.
        hook: called with the number of the request (from 0) and its query; what it returns, (status, body), is sent
            instead of the list. A body is bytes or an object.
    """

    def __init__(self, folder, services=(), hook=lambda number, query: None):
        self.folder, self.services, self.hook = folder, list(services), hook
        self.queries, self.headers = [], []
        self.released = threading.Event()

    def answer(self, path, query, headers):
        """Status and body of one request."""
        # kubectl's own, from --request-timeout
        query.pop("timeout", None)
        self.queries.append(query)
        self.headers.append(dict(headers))
        special = self.hook(len(self.queries) - 1, query)
        if special is not None:
            return special
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return UNAUTHORIZED
        if path != "/api/v1/services":
            return status(404, "NotFound", "the server could not find the requested resource")
        start = int(query.get("continue", "0"))
        limit = int(query.get("limit", "0")) or len(self.services)
        page = self.services[start : start + limit]
        more = {"continue": str(start + limit)} if start + limit < len(self.services) else {}
        # in a list the API server leaves out what is the same for all
        items = [{key: value for key, value in one.items() if key not in ("kind", "apiVersion")} for one in page]
        metadata = {"resourceVersion": "7", **more}
        return 200, {"kind": "ServiceList", "apiVersion": "v1", "metadata": metadata, "items": items}

    def config(self, address, *, ca=True, user=None, name="kind-dev"):
        """A kubeconfig file for the server; its path."""
        trust = {"certificate-authority": str(self.folder / "tls.crt")} if ca else {}
        path = self.folder / "kubeconfig"
        text = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": {"server": address, **trust}}],
            "users": [{"name": "dev", "user": user or {"token": TOKEN}}],
            "contexts": [{"name": name, "context": {"cluster": "here", "user": "dev"}}],
            "current-context": name,
        }
        path.write_text(json.dumps(text))
        return path

    @property
    def env(self):
        """What a process needs to find this server, and kubectl."""
        return {
            "KUBECONFIG": str(self.folder / "kubeconfig"),
            "PATH": f"{os.path.dirname(kubectl())}{os.pathsep}{os.environ['PATH']}",
        }


@contextmanager
def serving(server, *, tls=True, asks=ssl.CERT_NONE):
    """The server on a free port of loopback, with a kubeconfig that leads to it, as long as the block lasts.

    Args:
        server: what it answers.
        tls: whether it speaks TLS.
        asks: whether it wants a certificate of its clients too.
    """
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    httpd.daemon_threads = True
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate(server.folder))
        context.load_verify_locations(server.folder / "tls.crt")
        context.verify_mode = asks
        httpd.socket = context.wrap_socket(httpd.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    server.address = f"https://127.0.0.1:{httpd.server_address[1]}"
    server.config(server.address)
    try:
        yield server
    finally:
        server.released.set()
        httpd.shutdown()
        httpd.server_close()


def certificate(folder):
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    paths = folder / "tls.crt", folder / "tls.key"
    if not paths[0].exists():
        words = ("openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-subj", "/CN=test", "-days", "2")
        more = ("-pkeyopt", "ec_paramgen_curve:prime256v1", "-addext", "subjectAltName=IP:127.0.0.1")
        subprocess.run([*words, *more, "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    return paths


def _handler(server):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            code, body = server.answer(parts.path, query, self.headers)
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json" if not isinstance(body, bytes) else "text/html")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *words):
            pass

        def handle(self):
            with suppress(OSError, ssl.SSLError):
                super().handle()

    return Handler
