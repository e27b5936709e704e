"""An apiVersion that does not have this kind.

A Deployment is in apps/v1, a CronJob in batch/v1, a Pod in v1: `no matches for kind "Deployment" in version "v1"`. The
beta versions of them, and everything in extensions/v1beta1, went with Kubernetes 1.16 to 1.26. A kind is written as it
is, so `service`, `Services`, `Servce` and `apps/v1` are none, and no object is without either. What another group has
under such a name (`serving.knative.dev/v1` a Service) is not judged, nor is what lacks one of the two and is no whole
object.

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

from scaffold.checks import _served
from scaffold.kinds import slip_of
from scaffold.shapes import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "api-version"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The kind as it is written, and the version where it is known to have no such kind."""
    written, kind = document.api_version, document.kind
    if not kind:
        hint = f"write which one of {written}, such as kind: {_served.example(written)}"
        yield finding(document, ("kind",), "this object has no kind", effect="refused", hint=hint)
        return
    if _served.is_version(kind):
        message = f"{kind} is an apiVersion, and no kind"
        yield finding(document, ("kind",), message, effect="refused", hint=_kind(document))
        return
    known = _served.proper(kind)
    wanted = _served.wanted(known)
    if wanted is None:
        return
    hint = f"write apiVersion: {wanted}"
    if known != kind:
        message = f"{written} has no kind {kind}"
        meant = f"did you mean {known}?" if slip_of(kind) == known else f"write kind: {known}"
        yield finding(document, ("kind",), message, effect="refused", hint=meant)
    elif not written:
        empty = "apiVersion" in document.data
        message = f"the apiVersion of this {kind} is empty" if empty else f"this {kind} has no apiVersion"
        yield finding(document, ("apiVersion",), message, effect="refused", hint=hint)
    elif not _served.serves(written, kind):
        message = f"{written} has no kind {kind}"
        yield finding(document, ("apiVersion",), message, effect="refused", hint=hint)


def _kind(document: Document) -> str:
    """What to write where an apiVersion stands for the kind."""
    written = document.api_version
    if wanted := _served.wanted(written):
        return f"write apiVersion: {wanted} and kind: {written}"
    return f"write which one of {written}, such as kind: {_served.example(written)}"
