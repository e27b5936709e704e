"""An appProtocol that breaks the grammar.

It is written as a label key is: `http`, `kubernetes.io/h2c`, `example.com/thrift`. The empty text is none: `Invalid
value: "": name part must be non-empty`.

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

Source: pkg/apis/core/validation/validation.go, validateServicePort.
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


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """Every appProtocol that is text; null is none."""
    for path, port in service_ports(document):
        written = port.get("appProtocol")
        if isinstance(written, str) and (reason := label_key(written)):
            hint = "such as http or kubernetes.io/h2c" if written else "drop the line, or write one such as http"
            message = f"appProtocol {written!r} {reason}"
            yield finding(document, (*path, "appProtocol"), message, effect="refused", hint=hint)
