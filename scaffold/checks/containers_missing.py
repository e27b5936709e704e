"""A workload whose Pods have no container.

`spec.template.spec.containers: Required value`. Init containers alone are no Pod. A part of an object, with neither
containers nor a selector, is not judged where the whole object lies near it: a tool lays it over that one.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      initContainers:
        - {name: web, image: "nginx:1.27"}
      containers: []

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - {name: web, image: "nginx:1.27"}

Mend: write the container. A part of an object that a tool lays over another one is listed as a patch there.

Source: pkg/apis/core/validation/validation.go, validateContainers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from scaffold.nearby import distance
from scaffold.shapes import dig, field_name, finding, pod_path, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "containers-missing"

# `base/web/deployment.yaml` and `overlays/prod/web/replicas.yaml`
_NEAR = 6
_Wholes = dict[tuple[str, str], list[tuple[str, str | None]]]
_of_facts: WeakKeyDictionary[Facts, _Wholes] = WeakKeyDictionary()


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """A Pod's spec with an empty list of containers, or with none."""
    summary = facts.summary(document)
    if summary is not None and any(container.path[-2] == "containers" for container in summary.containers):
        return
    path = pod_path(document)
    pod = dig(document.data, path)
    containers = pod.get("containers") if isinstance(pod, dict) else pod
    # what is no mapping and no list is the type rule's
    if (containers is None and not _completed(document, facts)) or containers == []:
        message = f"the Pods of this {document.kind} have no container"
        if document.kind == "Pod":
            message = "the Pod has no container"
        hint = "write a list with name: and image: under containers"
        if document.kind == "ReplicationController" and spec_of(document).get("template") is None:
            # of this kind alone the API server looks whether there is a template before it looks into it
            path = ("spec", "template")
            yield finding(
                document, path, message, effect="refused", hint="write the template with labels and containers"
            )
            return
        if document.kind != "Pod" and spec_of(document).get("containers"):
            hint = f"move spec.containers, and what belongs to them, below {field_name(path)}"
        yield finding(document, (*path, "containers"), message, effect="refused", hint=hint)


def _completed(document: Document, facts: Facts) -> bool:
    """Whether it is a part of an object that stands near it as a whole."""
    if spec_of(document).get("selector") is not None:
        return False
    known = _of_facts.get(facts)
    if known is None:
        known = _of_facts[facts] = {}
        for whole in facts.selection.makers():
            known.setdefault((whole.kind, whole.ref.name), []).append((whole.path, whole.ref.namespace))
    own = document.ref.namespace
    return any(
        distance(document.path, path) <= _NEAR and (namespace == own or None in (namespace, own))
        for path, namespace in known.get((document.kind, document.ref.name), ())
    )
