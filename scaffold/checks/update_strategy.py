"""An updateStrategy of a DaemonSet or a StatefulSet that cannot be.

The strategies are RollingUpdate and OnDelete, which for a StatefulSet has no `rollingUpdate` beside it. A DaemonSet
replaces its Pods either before or after it starts new ones: one of `maxUnavailable` (1 where none is written) and
`maxSurge` is 0, and not both. A StatefulSet's `partition` is 0 or more.

Fails:
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent}
    spec:
      selector: {matchLabels: {app: agent}}
      updateStrategy:
        rollingUpdate: {maxSurge: 1}
      template:
        metadata: {labels: {app: agent}}
        spec:
          containers: [{name: agent, image: "agent:1.4"}]

Passes:
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent}
    spec:
      selector: {matchLabels: {app: agent}}
      updateStrategy:
        rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
      template:
        metadata: {labels: {app: agent}}
        spec:
          containers: [{name: agent, image: "agent:1.4"}]

Mend: write the other of the two numbers too, or drop updateStrategy: the default is fine.

Source: pkg/apis/apps/validation/validation.go, ValidateDaemonSetUpdateStrategy and ValidateStatefulSetSpec.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffold.checks._values import amount, amounts
from scaffold.names import nearest
from scaffold.shapes import as_number, finding, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "update-strategy"

_TYPES = ["RollingUpdate", "OnDelete"]


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The strategy's type and its numbers."""
    strategy = spec_of(document).get("updateStrategy")
    if not isinstance(strategy, dict):
        return
    kind, rolling = strategy.get("type") or "RollingUpdate", strategy.get("rollingUpdate")
    path: Path = ("spec", "updateStrategy")
    of_set = document.kind == "StatefulSet"
    if isinstance(kind, str) and kind not in _TYPES:
        near = nearest(kind, _TYPES)
        hint = f"did you mean {near}?" if near else f"one of {', '.join(_TYPES)}"
        message, field = f"{kind!r} is no updateStrategy", "spec.updateStrategy"
        yield finding(document, (*path, "type"), message, effect="refused", hint=hint, field=field)
    path = (*path, "rollingUpdate")
    if not isinstance(rolling, dict):
        return
    if of_set:
        yield from _of_stateful_set(document, path, kind, rolling)
    elif kind == "RollingUpdate":
        yield from _of_daemon_set(document, path, rolling)


def _of_daemon_set(document: Document, path: Path, rolling: dict[str, Any]) -> Iterator[Finding]:
    yield from amounts(document, path, rolling, ("maxUnavailable", "maxSurge"))
    unavailable, surge = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    unavailable, surge = (1 if unavailable is None else _count(unavailable)), (0 if surge is None else _count(surge))
    if unavailable is None or surge is None:
        return
    if unavailable and surge:
        message = "maxSurge goes with maxUnavailable: 0 only"
        if rolling.get("maxUnavailable") is None:
            message += ", which is 1 where it is not written"
        yield finding(
            document, (*path, "maxSurge"), message, effect="refused", hint="write maxUnavailable: 0 beside it"
        )
    elif not unavailable and not surge:
        message = "maxUnavailable and maxSurge are both 0, so nothing could ever be replaced"
        yield finding(document, (*path, "maxUnavailable"), message, effect="refused", hint="write maxSurge: 1")


def _count(value: Any) -> int | None:  # noqa: ANN401
    """What the API server counts: text that is no percentage is read as a number, or as 0."""
    if isinstance(value, str) and amount(value) is None:
        return int(value) if re.fullmatch("-?[0-9]{1,18}", value) else 0
    return amount(value)


def _of_stateful_set(document: Document, path: Path, kind: object, rolling: dict[str, Any]) -> Iterator[Finding]:
    if kind == "OnDelete":
        message = "rollingUpdate has no place beside the strategy OnDelete"
        yield finding(document, path, message, effect="refused", hint="drop it, or write type: RollingUpdate")
        return
    partition = as_number(rolling.get("partition"))
    # its maxUnavailable is dropped unless a gate is switched on
    if kind == "RollingUpdate" and partition is not None and partition < 0:
        where = (*path, "partition")
        yield finding(document, where, f"partition {partition} is negative", effect="refused", hint="write 0 or more")
