"""An appProtocol that breaks the grammar, or that Kubernetes does not define.

It is written as a label key is: `http`, `kubernetes.io/h2c`, `example.com/thrift`. The empty text is none: `Invalid
value: "": name part must be non-empty`. Of `kubernetes.io/` only h2c, ws and wss are defined.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80, appProtocol: "http/2.0/tls"}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80, appProtocol: kubernetes.io/h2c}

Mend: write an IANA name, one of `kubernetes.io/`, or one with a domain of your own; or drop the line.

Source: pkg/apis/core/validation/validation.go, validateServicePort; KEP-3726.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.names import label_key
from scaffold.shapes import finding, service_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "app-protocol-invalid"

_DEFINED = ("h2c", "ws", "wss")


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """Every appProtocol that is text; null is none."""
    for path, port in service_ports(document):
        written = port.get("appProtocol")
        if written is None:
            continue
        if isinstance(written, str) and (reason := label_key(written)):
            hint = "such as http or kubernetes.io/h2c" if written else "drop the line, or write one such as http"
            message = f"appProtocol {written!r} {reason}"
            yield finding(document, (*path, "appProtocol"), message, effect="refused", hint=hint)
        elif isinstance(written, str) and written.startswith("kubernetes.io/") and written[14:] not in _DEFINED:
            message = f"appProtocol {written!r} is not defined"
            hint = f"kubernetes.io/ has {', '.join(_DEFINED)}; write http, https or tcp without it"
            yield finding(document, (*path, "appProtocol"), message, effect="advice", hint=hint)
