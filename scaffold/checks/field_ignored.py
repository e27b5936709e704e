"""A field that has no effect on a Service of this kind.

The API server takes it, some of these with a warning, and nothing looks at it: `externalName` on another type than
ExternalName; a selector or `externalIPs` on an ExternalName Service; `sessionAffinity`, `externalIPs` or
`loadBalancerIP` on a headless one, which is never proxied.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      clusterIP: None
      sessionAffinity: ClientIP
      selector: {app: db}
      ports:
        - {name: sql, port: 5432}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      clusterIP: None
      selector: {app: db}
      ports:
        - {name: sql, port: 5432}

Mend: drop the field, or write the type that was meant.

Source: pkg/api/service/warnings.go, GetWarningsForService.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_dict, finding, is_headless, service_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "field-ignored"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """What is written in vain."""
    spec, kind = as_dict(document.data.get("spec")), service_type(document)
    names: tuple[str, ...] = ()
    if kind == "ExternalName":
        names, where = ("selector", "externalIPs"), "an ExternalName Service"
    elif kind == "ClusterIP" and is_headless(document):
        names, where = ("externalName", "sessionAffinity", "externalIPs", "loadBalancerIP"), "a headless Service"
    elif kind:
        names, where = ("externalName",), f"a Service of type {kind}"
    for name in names:
        if (written := spec.get(name)) and written != "None":
            message = f"{name} has no effect on {where}"
            hint = "drop it, or write type: ExternalName" if name == "externalName" else "drop it"
            yield finding(document, ("spec", name), message, effect="advice", hint=hint)
