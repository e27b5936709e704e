"""The smallest App spec that still shows a failure: what is taken away one after the other, as long as it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.trial.shapes import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from scaffold.model import AppSpec

_PLAIN = plain(())


def shrink(app: AppSpec, fit: Callable[[AppSpec], AppSpec], fails: Callable[[AppSpec], bool]) -> AppSpec:
    """The smallest app found that still fails.

    Args:
        app: one that fails.
        fit: an app -> as the pack's policy wants it.
        fails: whether another one fails in the same way.
    """
    smaller: AppSpec | None = app
    while smaller is not None:
        app = smaller
        smaller = next((other for other in map(fit, _smaller(app)) if other != app and fails(other)), None)
    return app


def _with(app: AppSpec, field: str, value: Any) -> AppSpec:  # noqa: ANN401
    return app._replace(**{field: value})


def _parts(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each half of a mapping, then all but one."""
    pairs = list(values.items())
    yield dict(pairs[: len(pairs) // 2])
    yield dict(pairs[len(pairs) // 2 :])
    yield from (dict([*pairs[:at], *pairs[at + 1 :]]) for at in range(len(pairs)))


def _smaller(app: AppSpec) -> Iterator[AppSpec]:
    """The same app with one thing less, or one thing plainer; large steps first."""
    for field in ("labels", "annotations", "env", "answers"):
        values = getattr(app, field)
        if values:
            yield _with(app, field, {})
        if len(values) > 1:
            yield from (_with(app, field, some) for some in _parts(values))
    ports = app.ports
    if len(ports) > 1:
        yield app._replace(ports=ports[: len(ports) // 2])
        yield from (app._replace(ports=(*ports[:at], *ports[at + 1 :])) for at in range(len(ports) - 1, -1, -1))
    for field in ("image", "name", "type"):
        if getattr(app, field) != getattr(_PLAIN, field):
            yield _with(app, field, getattr(_PLAIN, field))
    if app.namespace not in (None, _PLAIN.namespace):
        yield app._replace(namespace=_PLAIN.namespace)
    elif app.namespace is not None:
        yield app._replace(namespace=None)
    if app.replicas != 1:
        yield app._replace(replicas=1)
    for at, port in enumerate(ports):
        plainer = port._replace(protocol="TCP", app_protocol=None, service_port=None)
        if plainer != port:
            yield app._replace(ports=(*ports[:at], plainer, *ports[at + 1 :]))
