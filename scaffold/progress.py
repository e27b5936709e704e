"""How far a long run has come, on stderr, while somebody is watching."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# a run that is over sooner says nothing
_PATIENCE = 0.5
_PAUSE = 0.1


@contextmanager
def progress(form: str = "reading: {:,} {}") -> Iterator[Callable[..., None]]:
    """A function to be told the number of files (or of what else) done so far; its line is gone afterwards.

    Args:
        form: the line, with places for the number and for what is counted.
    """
    stream = sys.stderr
    if not _is_watched():
        yield lambda *_: None
        return
    due = time.monotonic() + _PATIENCE
    process = os.getpid()
    shown = False

    def said(count: int, what: str = "files") -> None:
        nonlocal due, shown
        now = time.monotonic()
        # a process that shares the work has the same terminal, and would write over the line
        if now >= due and os.getpid() == process:
            due, shown = now + _PAUSE, True
            _write(f"\r\x1b[K{form.format(count, what)}")

    def _write(text: str) -> None:
        # a terminal that has gone is no reason to stop
        with suppress(OSError):
            stream.write(text)
            stream.flush()

    try:
        yield said
    finally:
        # whoever tells something later is not heard
        due = float("inf")
        if shown:
            _write("\r\x1b[K")


def _is_watched() -> bool:
    """Whether stderr is a terminal that takes a line back, and no CI server's log of one."""
    # a process whose stderr is closed has None there
    if sys.stderr is None or not sys.stderr.isatty():
        return False
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        return False
    return os.environ.get("TERM", "dumb") not in ("", "dumb")
