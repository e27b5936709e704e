"""An apiVersion that does not have this kind.

A Deployment is in apps/v1, a CronJob in batch/v1, a Pod in v1: `no matches for kind "Deployment" in version "v1"`. The
beta versions of them, and everything in extensions/v1beta1, went with Kubernetes 1.16 to 1.26.

Fails:
    apiVersion: extensions/v1beta1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: "nginx:1.27"}]

Passes:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: "nginx:1.27"}]

Mend: write the version that has it; a selector may then be needed that was a default before.

Source: the deprecated API migration guide of Kubernetes; kubectl's REST mapping.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.checks._schema import API
from scaffold.shapes import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "api-version"

# Kinds of which a beta is gone since Kubernetes 1.16 to 1.26; all others here stand in one version only.
_GONE = {
    "Ingress": ("networking.k8s.io/v1", ("extensions/v1beta1", "networking.k8s.io/v1beta1")),
    "NetworkPolicy": ("networking.k8s.io/v1", ("extensions/v1beta1",)),
    "HorizontalPodAutoscaler": ("autoscaling/v2", ("autoscaling/v2beta1", "autoscaling/v2beta2")),
}


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The version, where it is known to have no such kind."""
    written = document.api_version
    if document.kind in _GONE:
        wanted, gone = _GONE[document.kind]
        wrong = written in gone
    else:
        wanted = API.get(document.kind, written)
        wrong = written != wanted
    if wrong:
        message = f"{written} has no kind {document.kind}"
        yield finding(document, ("apiVersion",), message, effect="refused", hint=f"write apiVersion: {wanted}")
