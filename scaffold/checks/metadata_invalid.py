"""Finalizers, owners or annotations that the API server does not take.

A finalizer is called `example.com/name`, or is one of Kubernetes' own. A reference to an owner says its apiVersion,
kind, name and uid, and at most one owner is the controller. All annotations of an object together have at most
256 KiB. A Job's `managedBy` is `example.com/name` too, and the `serviceName` of a StatefulSet is a DNS label.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web, finalizers: [cleanup]}
    spec:
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web, finalizers: [example.com/cleanup]}
    spec:
      ports:
        - {name: http, port: 80}

Mend: write the full name; leave owners to the controllers.

Source: apimachinery pkg/api/validation/objectmeta.go; pkg/apis/core/validation/validation.go, ValidateFinalizerName;
pkg/apis/apps/validation/validation.go and pkg/apis/batch/validation/validation.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffold.checks._values import job_of
from scaffold.kinds import WORKLOAD_KINDS
from scaffold.names import label, label_key, subdomain
from scaffold.shapes import as_dict, as_list, as_number, dig, field_name, finding, metadata_path, pod_path, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Effect, Finding
    from scaffold.shapes import Path

ID = "metadata-invalid"

_OWN = frozenset({"kubernetes", "orphan", "foregroundDeletion"})
_LIMIT = 256 * 1024
_URL_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"
_HINTS, _MODE = "service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The metadata of the object, and the names in its spec that obey the same rules."""
    metadata = as_dict(document.data.get("metadata"))
    for key, rule in (("finalizers", _finalizers), ("ownerReferences", _owners)):
        if metadata.get(key):
            yield from rule(document, as_list(metadata[key]))
    annotations = metadata.get("annotations")
    yield from _large(document, ("metadata", "annotations"), annotations)
    if document.kind in WORKLOAD_KINDS and document.kind != "Pod":
        pod = pod_path(document)
        path = (*metadata_path(pod), "annotations")
        # a template's own validation leaves out `metadata`
        yield from _large(document, path, dig(document.data, path), field_name((*pod[:-1], "annotations")))
    if document.kind == "Service":
        yield from _topology(document, as_dict(annotations))
    generation = as_number(metadata.get("generation"))
    # of other objects it is set anew
    if generation is not None and generation < 0 and document.kind in ("Service", "HorizontalPodAutoscaler"):
        message = f"generation {generation} is negative"
        yield finding(document, ("metadata", "generation"), message, effect="refused", hint="drop it")
    if document.kind in ("Job", "CronJob"):
        path, job = job_of(document)
        yield from _managed_by(document, (*path, "managedBy"), job.get("managedBy"), facts)
    elif document.kind == "StatefulSet":
        yield from _service_name(document, spec_of(document).get("serviceName"), facts)


def _large(document: Document, path: Path, annotations: object, field: str = "") -> Iterator[Finding]:
    if isinstance(annotations, dict) and _size(annotations) > _LIMIT:
        message = f"the annotations have {_size(annotations)} bytes together, {_LIMIT} are allowed"
        yield finding(document, path, message, effect="refused", hint="move the text into a ConfigMap", field=field)


def _topology(document: Document, annotations: dict[str, Any]) -> Iterator[Finding]:
    hints, mode = annotations.get(_HINTS), annotations.get(_MODE)
    if isinstance(hints, str) and isinstance(mode, str) and hints != mode:
        path, message = ("metadata", "annotations", _MODE), f"{_MODE} is {mode!r}, {_HINTS} {hints!r}: they must agree"
        field = f"metadata.annotations[{_MODE}]"
        yield finding(document, path, message, effect="refused", hint=f"drop {_HINTS}, the older one", field=field)


def _finalizers(document: Document, finalizers: list[Any]) -> Iterator[Finding]:
    path: Path = ("metadata", "finalizers")
    for index, name in enumerate(finalizers):
        if not isinstance(name, str | None):
            continue
        # the empty one is judged too
        name = name or ""
        if reason := label_key(name):
            message, hint = f"finalizer {name!r} {reason}", "such as example.com/cleanup"
            # without a domain the API server tells of the entry too
            field = field_name(path) if "/" in name else ""
            yield finding(document, (*path, index), message, effect="refused", hint=hint, field=field)
        elif "/" not in name and name not in _OWN:
            message = f"finalizer {name!r} has no domain"
            hint = f"such as example.com/{name}"
            yield finding(document, (*path, index), message, effect="refused", hint=hint)
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        message = "the finalizers orphan and foregroundDeletion exclude each other"
        yield finding(document, path, message, effect="refused", hint="keep one of them")


def _owners(document: Document, owners: list[Any]) -> Iterator[Finding]:
    path: Path = ("metadata", "ownerReferences")
    controllers = 0
    for index, owner in enumerate(owners):
        if not isinstance(owner, dict | None):
            continue
        for key in ("apiVersion", "kind", "name", "uid"):
            written = (owner or {}).get(key)
            # v1, or group/version
            good = written.count("/") < 2 and written[-1:] != "/" if isinstance(written, str) else written is not None
            if written == "" or (key == "apiVersion" and not good) or written is None:
                message = f"{key} of an owner is {'missing' if not written else f'{written!r}, which is no apiVersion'}"
                field = f"metadata.ownerReferences.{key}"
                hint = "drop ownerReferences: controllers write them"
                yield finding(document, (*path, index, key), message, effect="refused", hint=hint, field=field)
        # the core group may be written as nothing before a slash
        if (owner or {}).get("apiVersion") in ("v1", "/v1") and (owner or {}).get("kind") == "Event":
            hint, field = "drop ownerReferences: controllers write them", "metadata.ownerReferences"
            yield finding(document, (*path, index), "an Event owns nothing", effect="refused", hint=hint, field=field)
        controllers += (owner or {}).get("controller") is True
    if controllers > 1:
        message = f"{controllers} owners are the controller, there is one at most"
        yield finding(document, path, message, effect="refused", hint="drop ownerReferences: controllers write them")


def _size(annotations: dict[str, Any]) -> int:
    size = sum(len(key) + len(value) for key, value in annotations.items() if isinstance(value, str))
    # of few bytes per character only what is near the limit needs to be counted in bytes
    if size * 4 <= _LIMIT:
        return size
    return sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items() if isinstance(value, str))


def _managed_by(document: Document, path: Path, written: object, facts: Facts) -> Iterator[Finding]:
    # before that a switched-off gate drops the field
    if not isinstance(written, str) or facts.before(32):
        return
    domain, slash, name = written.partition("/")
    reason = None if slash and name and domain else "is no domain with a path behind it"
    reason = reason or subdomain(domain) or (None if len(written) < 64 else f"has {len(written)} characters, 63 fit")
    reason = reason or (None if re.fullmatch(_URL_PATH, name) else f"has a path {name!r} that no URL could have")
    if reason:
        message, hint = f"managedBy {written!r} {reason}", "such as example.com/controller, or drop the line"
        yield finding(document, path, message, effect="refused", hint=hint)


def _service_name(document: Document, written: object, facts: Facts) -> Iterator[Finding]:
    if isinstance(written, str) and written and (reason := label(written)):
        effect: Effect = "broken" if facts.before(33) else "refused"
        message, hint = f"serviceName {written!r} {reason}", "write the name of the headless Service"
        yield finding(document, ("spec", "serviceName"), message, effect=effect, hint=hint)
