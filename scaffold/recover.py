"""An App spec as it was before somebody edited it, from the manifests on disk - and proven by its digest.

Right after `svcgen new` nothing is committed yet, and people edit the spec. What it said stands in the manifests: every
field is tried as the spec has it now and as the manifests have it, and only a spec whose digest is the recorded one is
taken. So nothing is guessed.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from scaffold import spec
from scaffold.kinds import CHECKED
from scaffold.model import PortWish
from scaffold.nodes import Unreadable
from scaffold.parsing import read
from scaffold.shapes import as_dict, as_list, service_ports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from scaffold.documents import Document
    from scaffold.model import AppSpec


def recovered(app: AppSpec, texts: Iterable[bytes]) -> AppSpec | None:
    """The spec that was rendered last.

    Args:
        app: the spec as it is now, with the digest of then in `rendered`.
        texts: the manifests on disk.

    Returns:
        The spec whose digest is `app.rendered`; None when the manifests do not hold it any more.
    """
    try:
        documents = [document for text in texts for document in read(text, "", CHECKED)[0]]
        found = list(_found(documents, app))
    except (Unreadable, TypeError, ValueError, LookupError, AttributeError):
        return None
    fields: dict[str, list[Any]] = {}
    for field, value in found:
        known = fields.setdefault(field, [getattr(app, field)])
        if value not in known:
            known.append(value)
    for values in product(*fields.values()):
        candidate = app._replace(**dict(zip(fields, values, strict=True)))
        if spec.digest(candidate) == app.rendered:
            return candidate
    return None


def _found(documents: Sequence[Document], app: AppSpec) -> Iterator[tuple[str, Any]]:
    """Every field of a spec that a manifest holds, with its value there."""
    own = {*app.selector, "app.kubernetes.io/managed-by"}
    numbers: dict[Any, Any] = {}
    for document in documents:
        metadata, body = as_dict(document.data.get("metadata")), as_dict(document.data.get("spec"))
        yield "namespace", metadata.get("namespace")
        labels = as_dict(metadata.get("labels")).items()
        yield "labels", {key: value for key, value in labels if key not in own}
        yield "annotations", dict(as_dict(metadata.get("annotations")))
        if document.kind == "Service":
            yield "type", body.get("type", "ClusterIP")
        for container in as_list(as_dict(as_dict(body.get("template")).get("spec")).get("containers"))[:1]:
            env = map(as_dict, as_list(container.get("env")))
            yield "replicas", body.get("replicas")
            yield "image", container.get("image")
            yield "env", {one["name"]: one["value"] for one in env if "value" in one}
            numbers |= {
                one.get("name"): one.get("containerPort") for one in map(as_dict, as_list(container.get("ports")))
            }
    for document in documents:
        if document.kind == "Service":
            yield "ports", tuple(_port(port, numbers) for _, port in service_ports(document))


def _port(port: Mapping[str, Any], numbers: Mapping[Any, Any]) -> PortWish:
    target = port.get("targetPort")
    return PortWish(
        port["name"],
        numbers.get(target, target),
        port.get("protocol", "TCP"),
        port["port"],
        port.get("nodePort"),
        port.get("appProtocol"),
    )
