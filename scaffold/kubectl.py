"""The one place that runs kubectl: it has every way to log in that its users have set up.

What goes wrong is told apart by kubectl's own words, and these are always shown too.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from scaffold.errors import SvcgenError
from scaffold.model import ClusterAccess, Location
from scaffold.names import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

# a plugin that gets credentials is not bound by kubectl's time-out, and may wait for somebody to log in
_LOGIN = 60
# kubectl says at once what it has to say; after this a plugin may be asking for something
_PATIENCE = 2
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token"
_NOT_ALLOWED = r'User "[^"]*" cannot \w+ resource "[^"]*"[^\n]*'
_NO_VERDICT = r"\((Unauthorized|InternalError|ServiceUnavailable|Timeout|ServerTimeout|TooManyRequests)\)"
_ADVICE = "; if you choose to ignore these errors, turn validation off with --validate=false"
# kubectl's words -> what it means and what helps; the first that fits
_TROUBLE = (
    (
        r"\(Unauthorized\)|asked for the client to provide credentials|remote error: tls: [a-z ]*certificate",
        "the API server does not take your credentials: they have expired, or are for another cluster",
        "log in again until `kubectl get services -A` works",
    ),
    (
        r"getting credentials: |Unable to authenticate|no Auth Provider found|cannot refresh token",
        "your credentials could not be had from the program that the kubeconfig names",
        "log in or mend the kubeconfig until `kubectl get services -A` works",
    ),
    (
        r"x509: |tls: |certificate|HTTP response to HTTPS client",
        "the API server's certificate or TLS is not as the kubeconfig has it",
        "is this the right cluster, and the kubeconfig the newest?",
    ),
    (
        r"deadline exceeded|Client\.Timeout|i/o timeout|request canceled|TLS handshake timeout",
        "the API server did not answer in time",
        "is the VPN up? --request-timeout gives it more time",
    ),
    (
        r"was refused|connection refused|no such host|no route to host|network is unreachable|connection reset|: EOF$",
        "no API server answers there",
        "is the cluster running, and the VPN up?",
    ),
    (_NOT_ALLOWED, "you have no right to do this", ""),
    (
        r"\((NotFound|MethodNotAllowed|NotAcceptable)\)|status code 3\d\d|could not find the requested|wire-format",
        "what answers there is no Kubernetes API server",
        "compare the kubeconfig's server with `kubectl cluster-info`",
    ),
    (r"Error from server|an error on the server", "the API server could not answer", "try again in a moment"),
)


class Failed(NamedTuple):
    """What kubectl said when it could not do what was asked."""

    text: str

    def has(self, reason: str) -> bool:
        """Whether the API server answered with this reason, such as `Expired`."""
        return f"({reason})" in self.text


class Verdict(NamedTuple):
    """What an API server thinks of manifests: what it refuses, and kubectl's warnings; each may be empty."""

    refused: str
    warnings: str


def context(access: ClusterAccess, place: Location) -> str | None:
    """The name of the context that kubectl would use; None for the cluster around this Pod.

    Raises:
        SvcgenError: no kubectl, a kubeconfig that is missing or broken, a context that it does not hold.
    """
    done = _run(["config", "view", "-o", "json"], access, place)
    if isinstance(done, Failed):
        raise SvcgenError(
            f"the kubeconfig cannot be read{_said(done)}", place, "mend the file, or take another one with --kubeconfig"
        )
    try:
        view = json.loads(done)
    except ValueError:
        raise SvcgenError("the kubectl on the PATH does not answer as kubectl does", place) from None
    held = {one["name"]: one.get("context") or {} for one in view.get("contexts") or ()}
    wanted = access.context or view.get("current-context")
    if not held and not wanted:
        if os.environ.get("KUBERNETES_SERVICE_HOST") and os.path.exists(_ACCOUNT) and not access.kubeconfig:
            return None
        raise _no_kubeconfig(access, place)
    names = ", ".join(sorted(held)) or "none"
    if not wanted:
        raise SvcgenError("the kubeconfig has no current context", place, f"name one with --context: {names}")
    if wanted not in held:
        near = nearest(wanted, sorted(held))
        hint = f"did you mean {near}?" if near else f"the kubeconfig has {names}"
        raise SvcgenError(f"the kubeconfig has no context {wanted!r}", place, hint)
    cluster = held[wanted].get("cluster")
    if cluster not in [one["name"] for one in view.get("clusters") or ()]:
        raise SvcgenError(f"context {wanted!r} names the cluster {cluster!r}, which the kubeconfig lacks", place)
    return str(wanted)


def _no_kubeconfig(access: ClusterAccess, place: Location) -> SvcgenError:
    listed = os.environ.get("KUBECONFIG", "").split(os.pathsep)
    paths = [access.kubeconfig] if access.kubeconfig else [one for one in listed if one]
    looked = paths or [os.path.join("~", ".kube", "config")]
    there = [path for path in looked if os.path.exists(os.path.expanduser(path))]
    text = f"{', '.join(there)} holds no context" if there else f"there is no kubeconfig {' or '.join(looked)}"
    return SvcgenError(text, place, "name one with --kubeconfig or KUBECONFIG")


def get_raw(path: str, access: ClusterAccess, place: Location) -> bytes | Failed:
    """What the API server answers to a GET of a path, and what kubectl says when it answers with an error.

    Raises:
        SvcgenError: no kubectl, or no answer in time.
    """
    return _run(["get", "--raw", path], access, place)


def trouble(failed: Failed, access: ClusterAccess, place: Location, *, missing_right: str = "") -> SvcgenError:
    """The error for what kubectl said: what is wrong, in whose words, and what helps.

    Args:
        failed: kubectl's words.
        access: how it was asked.
        place: where the user named the cluster.
        missing_right: what helps where the user has no right to do this.
    """
    for pattern, message, hint in _TROUBLE:
        if re.search(pattern, failed.text, re.MULTILINE):
            if pattern == _NOT_ALLOWED:
                hint = missing_right
            elif "in time" in message:
                message += f" ({access.timeout})"
            return SvcgenError(message + _said(failed), place, hint)
    return SvcgenError(f"the API server could not be asked{_said(failed)}", place)


def _said(failed: Failed) -> str:
    lines = [line.strip() for line in failed.text.replace(_ADVICE, "").splitlines() if line.strip()]
    return "".join(f"\n  kubectl: {line[:500]}" for line in lines[:10])


def dry_run(texts: Sequence[str], access: ClusterAccess, place: Location) -> Verdict:
    """Asks the API server whether it would take these manifests.

    A dry run does not check the node port range (portallocator/operation.go, Allocate): svcgen did.

    Raises:
        SvcgenError: it could not be asked.
    """
    words = ["apply", "--dry-run=server", "-f", "-"]
    done = _run(words, access, place, "---\n".join(texts).encode(), more=len(texts))
    if isinstance(done, bytes):
        return Verdict("", done.decode("utf-8", "replace").strip())
    if not _is_refusal(done.text):
        right = "you need the right to get, create and patch services and deployments there"
        raise trouble(done, access, place, missing_right=right)
    return Verdict(done.text, "")


def _is_refusal(text: str) -> bool:
    """Whether it is the server's verdict on a manifest, not trouble with the server or with rights."""
    if re.search(_NOT_ALLOWED, text) or re.search(_NO_VERDICT, text):
        return False
    return " is invalid: " in text or "Error from server" in text or "admission webhook" in text


def seconds(timeout: str) -> int:
    """What kubectl takes for a time, `30`, `30s`, `2m`, `1h` -> seconds; 0 is for ever.

    Raises:
        SvcgenError: it is none of these.
    """
    match = re.fullmatch(r"([0-9]{1,6})([smh]?)", timeout)
    if not match:
        raise SvcgenError(f"{timeout!r} is no time", Location("--request-timeout"), "write it like 30s or 2m")
    return int(match[1]) * _UNITS[match[2]]


def _run(
    words: Sequence[str], access: ClusterAccess, place: Location, text: bytes | None = None, more: int = 0
) -> bytes | Failed:
    """Runs kubectl; its output, or what it said when it failed. For `apply` the output is its warnings.

    Args:
        words: the command.
        access: kubeconfig, context, time-out of one request.
        place: for complaints.
        text: what it reads.
        more: seconds besides the time-out of one request and a login.
    """
    limit = seconds(access.timeout)
    view = words[0] == "config"
    flags = [f"--kubeconfig={access.kubeconfig}"] if access.kubeconfig else []
    # it shows all contexts, and would only complain about an unknown one
    flags += [f"--context={access.context}"] if access.context and not view else []
    # without a context it is the cluster around this Pod, which kubectl overlooks when it is given a time-out
    flags += [f"--request-timeout={limit}s"] if access.context or view else []
    # a plugin may ask a person for a password, as it may when kubectl is run by hand
    stdin = subprocess.PIPE if text is not None else None if _is_terminal(sys.stdin) else subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            ["kubectl", *words, *flags], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except FileNotFoundError:
        hint = "where there is one: kubectl get services -A -o yaml > services.yaml, then --taken services.yaml"
        raise SvcgenError("there is no kubectl on the PATH", place, hint) from None
    except OSError as error:
        raise SvcgenError(f"kubectl cannot be run: {error.strerror}", place) from None
    try:
        output, said = _wait(process, text, limit + _LOGIN + more if limit else 0)
    except subprocess.TimeoutExpired as late:
        heard = Failed((late.stderr or b"").decode("utf-8", "replace"))
        raise SvcgenError(f"kubectl did not end within {late.timeout:.0f} s{_said(heard)}", place) from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode:
        return Failed(said.decode("utf-8", "replace").strip())
    return said if text is not None else output


def _wait(process: subprocess.Popen[bytes], text: bytes | None, limit: int) -> tuple[bytes, bytes]:
    """Output and messages of a process; what it says while it takes long is shown at once where somebody watches."""
    end = time.monotonic() + limit
    shown = 0
    while True:
        try:
            return process.communicate(text, timeout=_PATIENCE)
        except subprocess.TimeoutExpired as waiting:
            # it is being written already, and must not be given twice
            text = None
            said = waiting.stderr or b""
            if _is_terminal(sys.stderr) and len(said) > shown:
                sys.stderr.write(said[shown:].decode("utf-8", "replace"))
                sys.stderr.flush()
                shown = len(said)
            if limit and time.monotonic() >= end:
                raise subprocess.TimeoutExpired(process.args, limit, stderr=said) from None


def _is_terminal(stream: object) -> bool:
    return stream is not None and bool(stream.isatty())  # type: ignore[attr-defined]
