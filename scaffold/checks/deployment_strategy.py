"""A strategy of a Deployment that contradicts itself.

The type is RollingUpdate or Recreate; Recreate has no `rollingUpdate`: `may not be specified when strategy `type` is
'Recreate'`; `maxUnavailable` and `maxSurge` are not both 0, not negative, and `maxUnavailable` is at most 100%.

Fails:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      strategy:
        type: Recreate
        rollingUpdate: {maxSurge: 1}
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - {name: web, image: "nginx:1.27"}

Passes:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      strategy:
        type: RollingUpdate
        rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - {name: web, image: "nginx:1.27"}

Mend: drop `rollingUpdate`, or write `maxSurge: 1`.

Source: pkg/apis/apps/validation/validation.go, ValidateDeploymentStrategy and ValidateRollingUpdateDeployment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.checks._values import amount, amounts
from scaffold.names import nearest
from scaffold.shapes import as_dict, finding, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "deployment-strategy"

_TYPES = ["RollingUpdate", "Recreate"]


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The type, and the two numbers of a rolling update."""
    strategy = as_dict(spec_of(document).get("strategy"))
    kind, rolling, path = strategy.get("type") or "RollingUpdate", strategy.get("rollingUpdate"), ("spec", "strategy")
    if isinstance(kind, str) and kind not in _TYPES:
        near = nearest(kind, _TYPES)
        hint = f"did you mean {near}?" if near else f"write {' or '.join(_TYPES)}"
        message, field = f"{kind!r} is no strategy", "spec.strategy"
        yield finding(document, (*path, "type"), message, effect="refused", hint=hint, field=field)
    if isinstance(rolling, dict):
        yield from _rolling(document, (*path, "rollingUpdate"), rolling, str(kind))


def _rolling(document: Document, path: Path, rolling: dict[str, Any], kind: str) -> Iterator[Finding]:
    if kind == "Recreate":
        message = "rollingUpdate has no place beside the strategy Recreate"
        yield finding(document, path, message, effect="refused", hint="drop it, or write type: RollingUpdate")
        return
    yield from amounts(document, path, rolling, ("maxUnavailable",))
    found = [amount(rolling.get(name)) for name in ("maxUnavailable", "maxSurge")]
    if found == [0, 0]:
        message = "maxUnavailable and maxSurge are both 0, so nothing could ever be replaced"
        yield finding(document, (*path, "maxUnavailable"), message, effect="refused", hint="write maxSurge: 1")
