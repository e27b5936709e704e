"""Measures svcgen and holds the figures against their budgets: see README.md beside this file."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile

import bulk
import rows
import startup
import tree
from stand import Stand
from timing import CannotRunError

GROUPS = {"startup": (startup, 21), "bulk": (bulk, 3), "tree": (tree, 7)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=GROUPS, help="one group of measurements")
    parser.add_argument("--rounds", type=int, help="how often each command is run")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    parser.add_argument("--scratch", metavar="DIR", help="where to work: a tmpfs shows the tool without the disk")
    options = parser.parse_args()
    found = []
    try:
        with tempfile.TemporaryDirectory(prefix="svcgen-bench-", dir=options.scratch) as folder:
            stand = Stand(folder)
            for program in ("kubectl", "copier", "cookiecutter"):
                print(f"{program}: {getattr(stand, program) or 'not found, not compared'}")
            for name in [options.only] if options.only else GROUPS:
                group, rounds = GROUPS[name]
                found += group.run(stand, options.rounds or rounds)
    except (CannotRunError, subprocess.CalledProcessError, OSError) as error:
        print(f"cannot run: {error}", file=sys.stderr)
        return 1
    print(rows.table(found))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump([{**row._asdict(), "verdict": row.verdict} for row in found], file, indent=2)
            file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
