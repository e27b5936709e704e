"""Traffic that stays on its node, to Pods that are not on every node.

With `internalTrafficPolicy: Local` the clients on a node without one of these Pods reach nothing, and with
`externalTrafficPolicy: Local` a node port of such a node drops what arrives: the connection times out. The health check
of a load balancer leaves such nodes out, so a Service of type LoadBalancer is not meant here, and no DaemonSet either.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      externalTrafficPolicy: Local
      selector: {app: web}
      ports:
        - {name: http, port: 80, nodePort: 30012}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - {name: web, image: "nginx:1.27"}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: NodePort
      externalTrafficPolicy: Local
      selector: {app: web}
      ports:
        - {name: http, port: 80, nodePort: 30012}
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - {name: web, image: "nginx:1.27"}

Mend: write Cluster, or run the Pods on every node (DaemonSet).

Source: k8s.io/kubernetes/pkg/proxy/topology.go, CategorizeEndpoints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_dict, finding, is_headless, service_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Effect, Finding

ID = "local-traffic"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Both policies, where something else than a DaemonSet is behind the Service."""
    spec = as_dict(document.data.get("spec"))
    inside, outside = spec.get("internalTrafficPolicy"), spec.get("externalTrafficPolicy")
    if "Local" not in (inside, outside):
        return
    kind = service_type(document)
    workloads = facts.selection.selected(document)
    if is_headless(document) or not workloads or any(one.document.kind == "DaemonSet" for one in workloads):
        return
    first = workloads[0].document
    found: list[tuple[str, str, Effect]] = []
    if inside == "Local" and kind in ("ClusterIP", "NodePort", "LoadBalancer"):
        found.append(("internalTrafficPolicy", "clients on other nodes reach nothing", "fragile"))
    if outside == "Local" and kind == "NodePort":
        found.append(("externalTrafficPolicy", "the node port of other nodes drops what arrives", "advice"))
    for name, what, effect in found:
        message = f"{name} is Local, and {first.kind} {first.ref} has Pods on some nodes only: {what}"
        hint = "write Cluster, or make it a DaemonSet"
        yield finding(document, ("spec", name), message, effect=effect, hint=hint, related=(first.location(),))
