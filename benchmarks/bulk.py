"""Bulk: many App specs in one file, verified and written. The cost of one app must not grow with their number."""

from __future__ import annotations

import shutil

from rows import Row
from timing import command, measure, median, ratio

APP = """---
apiVersion: svcgen/v1
kind: App
metadata: {{name: app-{number}, namespace: team-{team}}}
spec:
  image: ghcr.io/acme/app-{number}:1.{team}
  ports:
    - {{name: http, targetPort: 5000}}
    - {{name: metrics, targetPort: 6000}}
"""
FEW, MANY = 1000, 4000


def run(stand, rounds):
    commands = {str(count): _command(stand, count) for count in (FEW, MANY)}
    # a yardstick of the moment: on a busy machine every millisecond is longer
    commands["pass"] = command(stand.python, "-c", "pass", folder=str(stand.folder))
    samples = measure(commands, rounds, stand.environment, warm_up=0)
    each = {count: 1000 * median(samples[str(count)]) / count for count in (FEW, MANY)}
    growth = ratio(samples, str(MANY), str(FEW)) * FEW / MANY
    return [
        Row("bulk", "pass, CPU", 1000 * median(samples["pass"]), "ms"),
        Row("bulk", f"{FEW} apps, CPU of each", each[FEW], "ms", 4, 2.5),
        Row("bulk", f"{MANY} apps, CPU of each", each[MANY], "ms", 4, 2.5),
        Row("bulk", f"one of {MANY} / one of {FEW}", growth, "x", 1.3),
    ]


def _command(stand, count):
    specs = stand.folder / f"apps-{count}.yaml"
    specs.write_text("".join(APP.format(number=number, team=number % 9) for number in range(count)))
    folder = stand.folder / f"bulk-{count}"

    def empty():
        shutil.rmtree(folder, ignore_errors=True)
        stand.project(folder.name)

    # wider than the default range, which holds 2,768 numbers
    words = ("new", "-f", str(specs), "--no-input", "--node-port-range", "20000-50000")
    return command(stand.svcgen, *words, folder=str(folder), before=empty)
