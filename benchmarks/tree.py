"""A tree of 10,000 manifests: learning which ports are taken, and `svcgen check`, against plainly reading the files."""

from __future__ import annotations

import statistics
from pathlib import Path

import corpus
from rows import Row
from startup import NEW
from timing import command, measure, ratio

FILES = 10_000
READ = str(Path(__file__).with_name("plain_read.py"))


def run(stand, rounds):
    small, large = stand.project("one"), stand.project("tree")
    corpus.write(large, FILES)
    commands = {
        "read": command(stand.python, READ, folder=str(large)),
        "new, no tree": command(stand.svcgen, *NEW, folder=str(small)),
        "new": command(stand.svcgen, *NEW, folder=str(large)),
        "check": command(stand.svcgen, "check", folder=str(large), codes=(0, 1)),
    }
    if stand.kubectl:
        # it reads every document and asks no server; the templates among them it cannot read, so it exits with 1
        words = ("annotate", "--local", "--recursive", "--filename", ".", "a=b", "--output", "json")
        commands["kubectl"] = command(stand.kubectl, *words, folder=str(large), codes=(0, 1))
    samples = measure(commands, rounds, stand.environment)
    rows = [Row("tree", f"{name}, CPU", 1000 * statistics.median(costs), "ms") for name, costs in samples.items()]
    listing = [
        (new - start) / read
        for new, start, read in zip(samples["new"], samples["new, no tree"], samples["read"], strict=True)
    ]
    rows.append(Row("tree", "(new - its start) / read", statistics.median(listing), "x", 3.5, 2))
    rows.append(Row("tree", "check / read", ratio(samples, "check", "read"), "x", 14, 8))
    if stand.kubectl:
        rows.append(Row("tree", "check / kubectl reading it", ratio(samples, "check", "kubectl"), "x", 1))
    return rows
