"""A probe or a hook without a handler, or with two.

Each needs exactly one: probes one of `exec`, `httpGet`, `tcpSocket`, `grpc`; `postStart` and `preStop` one of `exec`,
`httpGet`, `tcpSocket`, `sleep`: `must specify a handler type` and `may not specify more than 1 handler type`. An
`exec` needs a command, and a `scheme` is HTTP or HTTPS.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "nginx:1.27"
          readinessProbe: {periodSeconds: 5}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "nginx:1.27"
          readinessProbe:
            periodSeconds: 5
            httpGet: {path: /, port: 80}

Mend: write the handler that is meant, and only that one.

Source: pkg/apis/core/validation/validation.go, validateHandler, validateExecAction and validateHTTPGetAction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import containers, pod_of
from scaffold.shapes import as_dict, as_list, dig, field_name, finding, pod_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "probe-handler"

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")
# in the order in which the API server counts them: it points at the second
_OF_PROBES = ("exec", "httpGet", "tcpSocket", "grpc")
_OF_HOOKS = ("exec", "httpGet", "tcpSocket", "sleep")


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every probe and hook of a container that may have one."""
    base, hooks = pod_path(document), _OF_HOOKS[:3] if facts.before(30) else _OF_HOOKS
    for path, container in containers(pod_of(document)):
        if path[0] != "containers" and container.get("restartPolicy") != "Always":
            continue
        for name in _PROBES:
            probe = container.get(name)
            if isinstance(probe, dict):
                yield from _probe(document, (*base, *path, name), probe, _OF_PROBES)
        lifecycle = as_dict(container.get("lifecycle"))
        for name in _HOOKS if lifecycle else ():
            hook = lifecycle.get(name)
            if isinstance(hook, dict):
                yield from _probe(document, (*base, *path, "lifecycle", name), hook, hooks)


def _probe(document: Document, path: Path, probe: dict[str, Any], handlers: tuple[str, ...]) -> Iterator[Finding]:
    written = [handler for handler in handlers if probe.get(handler) is not None]
    if not written:
        names = f"{', '.join(handlers[:-1])} or {handlers[-1]}"
        yield finding(document, path, f"{path[-1]} has no handler", effect="refused", hint=f"write one of {names}")
    for extra in written[1:]:
        message = f"{path[-1]} has {written[0]} and {extra}, one handler is allowed"
        yield finding(document, (*path, extra), message, effect="refused", hint="keep one of them")
    command = dig(probe, ("exec", "command"))
    if "exec" in written[:1] and isinstance(probe["exec"], dict) and (command is None or command == []):
        hint = "write the program and its arguments as a list"
        yield finding(document, (*path, "exec", "command"), "exec has no command", effect="refused", hint=hint)
    yield from _http(document, (*path, "httpGet"), probe.get("httpGet") if written[:1] == ["httpGet"] else None)


def _http(document: Document, path: Path, action: Any) -> Iterator[Finding]:  # noqa: ANN401
    if not isinstance(action, dict):
        return
    scheme = action.get("scheme")
    if isinstance(scheme, str) and scheme not in ("", "HTTP", "HTTPS"):
        message = f"scheme {scheme!r} is neither HTTP nor HTTPS"
        hint = f"write {scheme.upper()}" if scheme.upper() in ("HTTP", "HTTPS") else "write HTTP or HTTPS"
        yield finding(document, (*path, "scheme"), message, effect="refused", hint=hint)
    for index, header in enumerate(as_list(action.get("httpHeaders"))):
        name = (header.get("name") or "") if isinstance(header, dict) else None if header else ""
        if isinstance(name, str) and not (name.isascii() and name.replace("-", "a").isalnum()):
            message, hint = f"{name!r} is no name of a header", "letters, digits and '-' are allowed"
            if not name:
                message, hint = "the header has no name", "write name: for it"
            field = field_name((*path, "httpHeaders"))
            where = (*path, "httpHeaders", index, "name")
            yield finding(document, where, message, effect="refused", hint=hint, field=field)
