"""The one place that runs kubectl."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from scaffold.errors import SvcgenError
from scaffold.model import Location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffold.build import Built


def dry_run(built: Sequence[Built]) -> str:
    """Asks the API server of the current context whether it would take the manifests.

    The server does not check node port ranges in a dry run (portallocator/operation.go); svcgen did that already.

    Returns:
        What it refuses, in kubectl's words; empty when it takes everything.

    Raises:
        SvcgenError: kubectl is not there, or no server answers.
    """
    text = "---\n".join(file.text for one in built for file in one.manifests)
    try:
        done = subprocess.run(
            ["kubectl", "apply", "--dry-run=server", "-f", "-"],
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except FileNotFoundError:
        raise SvcgenError(
            "there is no kubectl on the PATH", Location("--dry-run=server"), "use --dry-run=client"
        ) from None
    except subprocess.TimeoutExpired:
        raise SvcgenError("no answer from the API server within 60 s", Location("--dry-run=server")) from None
    if done.returncode == 0:
        return ""
    if "is invalid" in done.stderr or "forbidden" in done.stderr.lower():
        return done.stderr.strip()
    raise SvcgenError(f"kubectl could not ask the API server: {done.stderr.strip()}", Location("--dry-run=server"))
