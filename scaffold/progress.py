"""How far a long run has come, on stderr, while somebody is watching."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# a run that is over sooner says nothing
_PATIENCE = 0.5
_PAUSE = 0.1


@contextmanager
def progress() -> Iterator[Callable[[int], None]]:
    """A function to be told the number of files read so far; the line it writes is gone afterwards."""
    stream = sys.stderr
    if not stream.isatty():
        yield lambda _: None
        return
    due = time.monotonic() + _PATIENCE
    shown = False

    def said(files: int) -> None:
        nonlocal due, shown
        now = time.monotonic()
        if now >= due:
            due, shown = now + _PAUSE, True
            stream.write(f"\r\x1b[Kreading: {files:,} files")
            stream.flush()

    try:
        yield said
    finally:
        if shown:
            stream.write("\r\x1b[K")
            stream.flush()
