"""A NetworkPolicy that does not let in what a Service sends to its Pods.

A policy holds at the Pod: its ports are container ports. A policy that lets in the Service's port 80 while the Pods
listen on 8080 lets in nothing. Policies add up, so this is said only where no policy of the tree lets in the port; a
policy without any ingress rule is taken for meant, and one that lets in some ports of a Service is too. Who may come
(`from`) is not judged.

Fails:
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web}
    spec:
      podSelector: {matchLabels: {app: web}}
      ingress:
        - ports:
            - {port: 80}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports:
        - {name: http, port: 80, targetPort: 8080}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, labels: {app: web}}
    spec:
      containers:
        - {name: web, image: "web:1", ports: [{containerPort: 8080}]}

Passes:
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web}
    spec:
      podSelector: {matchLabels: {app: web}}
      ingress:
        - ports:
            - {port: 8080}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports:
        - {name: http, port: 80, targetPort: 8080}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, labels: {app: web}}
    spec:
      containers:
        - {name: web, image: "web:1", ports: [{containerPort: 8080}]}

Mend: write the targetPort, by number or by the container port's name.

Source: k8s.io/api/networking/v1, NetworkPolicyPort and NetworkPolicyIngressRule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold import policies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding, Location

ID = "network-policy-port"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every Service before the Pods that this policy is about."""
    said: set[Location] = set()
    for found in policies.blocked(document, facts):
        if found.location not in said:
            said.add(found.location)
            yield found
