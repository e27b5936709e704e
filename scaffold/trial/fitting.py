"""An app as the policy of a pack wants it, so that a pack is tried with apps that `svcgen new` would let pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.model import SERVICE_TYPES

if TYPE_CHECKING:
    from scaffold.model import AppSpec
    from scaffold.packs.model import Pack, Rule

_FIELDS = ("image", "namespace", "replicas", "type")


def fitted(app: AppSpec, pack: Pack) -> AppSpec:
    """The app with as little changed as the pack's policy asks for. Answers that are locked are left to the pack."""
    for rule in pack.policy:
        app = app._replace(**_changes(app, rule))
    if app.type == "ClusterIP":
        app = app._replace(ports=tuple(port._replace(node_port=None) for port in app.ports))
    return app


def _changes(app: AppSpec, rule: Rule) -> dict[str, Any]:
    if rule.kind == "required_labels":
        return {"labels": {**dict.fromkeys(rule.value, "x"), **app.labels}}
    if rule.kind == "allowed_registries" and not any(app.image.startswith(f"{one.rstrip('/')}/") for one in rule.value):
        return {"image": f"{rule.value[0].rstrip('/')}/{app.image.rpartition('/')[2]}"}
    if rule.kind == "forbidden_types" and app.type in rule.value:
        return {"type": next((one for one in SERVICE_TYPES if one not in rule.value), app.type)}
    if rule.kind == "locked":
        return {field: value for field, value in rule.value.items() if field in _FIELDS}
    return {}
