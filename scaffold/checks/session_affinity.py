"""A sessionAffinity that does not exist, or a timeout out of range.

The affinity is ClientIP or None, its timeout 1 to 86400 seconds. Without ClientIP the timeout is dropped silently.

Fails:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      sessionAffinity: ClientIP
      sessionAffinityConfig: {clientIP: {timeoutSeconds: 604800}}
      ports:
        - {name: http, port: 80}

Passes:
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      sessionAffinity: ClientIP
      sessionAffinityConfig: {clientIP: {timeoutSeconds: 86400}}
      ports:
        - {name: http, port: 80}

Mend: write ClientIP or None, and at most a day.

Source: pkg/apis/core/validation/validation.go, ValidateService and validateClientIPAffinityConfig.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.shapes import as_number, dig, finding, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "session-affinity"


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The affinity and its timeout."""
    affinity = spec_of(document).get("sessionAffinity")
    if isinstance(affinity, str) and affinity not in ("", "None", "ClientIP"):
        message = f"sessionAffinity {affinity!r} is neither ClientIP nor None"
        hint = "write ClientIP" if affinity.lower() == "clientip" else "write ClientIP or None"
        yield finding(document, ("spec", "sessionAffinity"), message, effect="refused", hint=hint)
    path = ("spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds")
    seconds = as_number(dig(document.data, path))
    if affinity == "ClientIP" and seconds is not None and not 1 <= seconds <= 86400:
        message = f"timeoutSeconds {seconds} is not between 1 and 86400"
        yield finding(document, path, message, effect="refused", hint="86400 is a day, the default 10800")
