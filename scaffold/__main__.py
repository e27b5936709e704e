"""The process: `svcgen`, `kubectl svcgen`, `python -m scaffold`."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress


def main() -> None:
    """Runs the command line and leaves at once: nothing here needs Python's slow way out."""
    # One short run: collecting garbage costs more than the garbage.
    gc.disable()
    # of a stream that is closed Python makes None
    if sys.stdout is None:
        os._exit(_not_written("it is closed"))
    try:
        code = _run()
        # what is short waits until now
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # whoever read our output has gone; there is nobody left to tell
        code = 141
    except OSError as error:
        # one that could not be opened was to be read
        if error.filename is not None:
            raise
        code = _not_written(error.strerror or str(error))
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    os._exit(code)


def _run() -> int:
    if sys.argv[1:] == ["--version"]:
        from scaffold import __version__

        print(f"svcgen {__version__}")
        return 0
    try:
        from scaffold.cli import app

        program = "kubectl svcgen" if os.path.basename(sys.argv[0]).startswith("kubectl-") else "svcgen"
        app(prog_name=program)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1 if stop.code else 0
    return 0


def _not_written(why: str) -> int:
    if sys.stderr is not None:
        with suppress(OSError):
            print(f"error: cannot write the output: {why}", file=sys.stderr, flush=True)
    return 2


if __name__ == "__main__":
    main()
