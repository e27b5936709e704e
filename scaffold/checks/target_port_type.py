"""A number in quotes as targetPort.

In quotes it is a name, and a name needs a letter:
`spec.ports[0].targetPort: Invalid value: "8080": must contain at least one letter (a-z)`.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80, targetPort: "8080"}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80, targetPort: 8080}

Mend: take the quotes away.

Source: pkg/apis/core/validation/validation.go, ValidatePortNumOrName.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import finding, service_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "target-port-type"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """Every targetPort that is a text of digits."""
    for path, port in service_ports(document):
        target = port.get("targetPort")
        if isinstance(target, str) and target.isascii() and target.isdigit():
            yield finding(
                document,
                (*path, "targetPort"),
                f'targetPort "{target}" is in quotes, so it is a name, and a name needs a letter',
                effect="refused",
                hint=f"write targetPort: {target}",
            )
