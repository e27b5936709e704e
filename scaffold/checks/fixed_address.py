"""An address that is written where the cluster gives one.

A `clusterIP` must lie in the Service range of the cluster and be free there, so the manifest fits one cluster only.
`loadBalancerIP` is deprecated, and many load balancers do not look at it. `externalIPs` are deprecated as well: since
Kubernetes 1.36 the API server warns of them, and proxies may leave them out.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      clusterIP: 10.96.12.34
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      ports:
        - {name: http, port: 80}

Mend: drop the line, and reach the Service by its name; for a load balancer's address use the provider's annotation.

Source: pkg/registry/core/service/storage/alloc.go, allocClusterIP; pkg/api/service/warnings.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_dict, finding, service_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "fixed-address"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The three fields; those of a Service that was read from a cluster are not its author's wish."""
    spec = as_dict(document.data.get("spec"))
    address = spec.get("clusterIP")
    if isinstance(address, str) and _is_address(address) and _is_wish(document):
        message = f"clusterIP {address} fits one cluster only, and may be taken there"
        yield finding(document, ("spec", "clusterIP"), message, effect="advice", hint="drop the line")
    if (address := spec.get("loadBalancerIP")) and isinstance(address, str):
        message = f"loadBalancerIP {address} is deprecated, and not every load balancer looks at it"
        hint = "use the annotation of the load balancer"
        yield finding(document, ("spec", "loadBalancerIP"), message, effect="advice", hint=hint)
    if spec.get("externalIPs") and isinstance(spec["externalIPs"], list):
        message = "externalIPs is deprecated, and proxies may leave it out"
        hint = "use type: LoadBalancer or a Gateway"
        yield finding(document, ("spec", "externalIPs"), message, effect="advice", hint=hint)


def _is_address(text: str) -> bool:
    from ipaddress import ip_address

    try:
        ip_address(text)
    except ValueError:
        return False  # None, or what address-invalid speaks of
    return True


def _is_wish(document: Document) -> bool:
    """Whether its author chose the address: not the API server, and not by agreement as for kube-dns."""
    metadata, spec = as_dict(document.data.get("metadata")), as_dict(document.data.get("spec"))
    if spec.get("clusterIPs") or metadata.get("uid") or metadata.get("resourceVersion"):
        return False
    return service_type(document) != "ExternalName" and metadata.get("namespace") != "kube-system"
