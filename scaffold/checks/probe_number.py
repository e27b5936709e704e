"""A number of a probe or a hook that the API server does not take.

Delays, periods and thresholds are not negative; `successThreshold` of a liveness or startup probe is 1: `must be 1`;
`terminationGracePeriodSeconds` is above 0, and a readiness probe has none. A `sleep` may not last longer than the
Pod's `terminationGracePeriodSeconds` (30 where none is written), and before Kubernetes 1.33 not 0 seconds.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "nginx:1.27"
          livenessProbe:
            httpGet: {path: /, port: 80}
            successThreshold: 2

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: "nginx:1.27"
          livenessProbe:
            httpGet: {path: /, port: 80}
            failureThreshold: 2

Mend: drop the line, the default is fine, or write a number that fits.

Source: pkg/apis/core/validation/validation.go, validateProbe, validateLivenessProbe and validateSleepAction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import containers, pod_of
from scaffold.shapes import as_dict, as_number, dig, field_name, finding, pod_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "probe-number"

_COUNTERS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_NUMBERS = frozenset((*_COUNTERS, "terminationGracePeriodSeconds"))


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """The numbers of every probe, and of every hook that sleeps."""
    base = pod_path(document)
    for path, container in containers(pod_of(document)):
        if path[0] != "containers" and container.get("restartPolicy") != "Always":
            continue
        for name in ("livenessProbe", "readinessProbe", "startupProbe"):
            probe = container.get(name)
            if isinstance(probe, dict) and not _NUMBERS.isdisjoint(probe):
                yield from _probe(document, (*base, *path, name), probe)
        lifecycle = as_dict(container.get("lifecycle"))
        for name in ("postStart", "preStop") if lifecycle else ():
            hook = lifecycle.get(name)
            if isinstance(hook, dict) and isinstance(hook.get("sleep"), dict) and not facts.before(30):
                yield from _sleep(document, (*base, *path, "lifecycle", name, "sleep"), hook, facts)


def _probe(document: Document, path: Path, probe: dict[str, Any]) -> Iterator[Finding]:
    for name in _COUNTERS:
        number = as_number(probe.get(name))
        if number is not None and number < 0:
            hint = "write 0 or more"
            yield finding(document, (*path, name), f"{name} {number} is negative", effect="refused", hint=hint)
    successes = as_number(probe.get("successThreshold"))
    if successes is not None and successes > 1 and path[-1] != "readinessProbe":
        message = f"successThreshold of a {path[-1]} is 1, not {successes}"
        yield finding(document, (*path, "successThreshold"), message, effect="refused", hint="drop the line")
    grace = probe.get("terminationGracePeriodSeconds")
    if grace is None:
        return
    where, number = (*path, "terminationGracePeriodSeconds"), as_number(grace)
    if path[-1] == "readinessProbe":
        message = "terminationGracePeriodSeconds has no place in a readinessProbe"
        yield finding(document, where, message, effect="refused", hint="a readiness probe never ends a container")
    elif number is not None and number <= 0:
        message = f"terminationGracePeriodSeconds {number} is not above 0"
        yield finding(document, where, message, effect="refused", hint="write 1 or more, or drop the line")


def _sleep(document: Document, path: Path, hook: dict[str, Any], facts: Facts) -> Iterator[Finding]:
    seconds = as_number(hook["sleep"].get("seconds", 0))
    written = dig(document.data, (*pod_path(document), "terminationGracePeriodSeconds"))
    grace = 30 if written is None else as_number(written)
    if grace is not None and grace < 0 and document.kind == "Pod":
        # source: pkg/apis/core/v1/conversion.go, Convert_v1_Pod_To_core_Pod
        grace = 1
    # of two handlers only the first is looked at
    if seconds is None or grace is None or any(hook.get(name) is not None for name in ("exec", "httpGet", "tcpSocket")):
        return
    lowest = 1 if facts.before(33) else 0
    if not lowest <= seconds <= grace:
        message = f"sleep of {seconds} seconds does not fit into the {grace} of terminationGracePeriodSeconds"
        if seconds < lowest:
            message = f"sleep of {seconds} seconds is too short"
        hint = f"write {lowest} to {grace}, or a longer terminationGracePeriodSeconds for the Pod"
        yield finding(document, (*path, "seconds"), message, effect="refused", hint=hint, field=field_name(path))
