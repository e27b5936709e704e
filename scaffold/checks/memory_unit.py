"""Less than a byte of memory.

`m` is a thousandth: `memory: 128m` is 0.128 bytes, accepted with the warning `fractional byte value "128m" is invalid,
must be an integer`. As a request it counts for nothing; as a limit it stops the container from starting. `128Mi` or
`128M` was meant.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "ghcr.io/acme/web:1"
          resources: {limits: {cpu: 250m, memory: 128m}}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "ghcr.io/acme/web:1"
          resources: {limits: {cpu: 250m, memory: 128Mi}}

Mend: write Mi or Gi.

Source: pkg/api/pod/warnings.go, "fractional byte value".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "memory-unit"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Requests and limits that end in m, but whole thousands of them."""
    workload = facts.workload(document)
    for container in workload.containers if workload else ():
        resources = container.data.get("resources")
        if not isinstance(resources, dict):
            continue
        for part in ("limits", "requests"):
            amounts = resources.get(part)
            if not isinstance(amounts, dict):
                continue
            for name in ("memory", "ephemeral-storage"):
                value = amounts.get(name)
                if isinstance(value, str) and value.endswith("m") and not value.endswith("000m"):
                    number = value[:-1]
                    if not number.isascii() or not number.isdigit() or not int(number[:20]):
                        continue
                    path = (*container.path, "resources", part, name)
                    message = f"{name} {value} is {number} thousandths of a byte"
                    yield finding(document, path, message, effect="fragile", hint=f"did you mean {number}Mi?")
