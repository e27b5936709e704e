"""The process: `svcgen`, `kubectl svcgen`, `python -m scaffold`."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Runs the command line and leaves at once: nothing here needs Python's slow way out."""
    # One short run: collecting garbage costs more than the garbage.
    gc.disable()
    if sys.argv[1:] == ["--version"]:
        from scaffold import __version__

        sys.stdout.write(f"svcgen {__version__}\n")
        sys.stdout.flush()
        os._exit(0)
    code = _run()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            code = code or 2
    os._exit(code)


def _run() -> int:
    try:
        from scaffold.cli import app

        program = "kubectl svcgen" if os.path.basename(sys.argv[0]).startswith("kubectl-") else "svcgen"
        app(prog_name=program)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1 if stop.code else 0
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    main()
