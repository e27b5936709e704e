"""Where svcgen keeps what it could make again: below the user's own cache folder."""

from __future__ import annotations

import os


def home() -> str:
    """`$XDG_CACHE_HOME/svcgen`, else `~/.cache/svcgen`; it need not be there."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    # a relative one, which counts as none, would be a folder of the project
    return os.path.join(named if os.path.isabs(named) else os.path.join(os.path.expanduser("~"), ".cache"), "svcgen")


def folder(name: str) -> str | None:
    """A folder of that name, made if need be; None where it cannot be, or where others may write.

    What lies there is run (compiled templates) or loaded as objects (what was seen in files), so it must be the user's
    own.
    """
    path = os.path.join(home(), name)
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        status = os.stat(path)
    except OSError:
        return None
    return path if is_own(status) and os.access(path, os.W_OK) else None


def is_own(status: os.stat_result) -> bool:
    """Whether a folder is the user's own, and nobody else may write there."""
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022
