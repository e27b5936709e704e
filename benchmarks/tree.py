"""Trees of 10,000 and 100,000 manifests: learning which ports are taken, and checking them, against reading them."""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path

import corpus
from rows import Row
from startup import NEW
from timing import command, measure, median, ratio

FEW, MANY = 10_000, 100_000
FEW_LISTED, MANY_LISTED = 1000, 4000
LIST = ("ports", "list", "-o", "json")
READ = str(Path(__file__).with_name("plain_read.py"))


def run(stand, rounds):
    small = stand.project("one")
    few = stand.project("few")
    corpus.write(few, FEW)
    samples = measure(_commands(stand, small, few), rounds, stand.environment)
    rows = _rows(f"{FEW:,}", samples)
    if stand.kubectl:
        rows.append(Row("tree", f"{FEW:,}: check / kubectl reading it", ratio(samples, "check", "kubectl"), "x", 1))
    shutil.rmtree(few)
    noisy = stand.project("noisy")
    corpus.write(noisy, FEW, noisy=True)
    loud = measure(_commands(stand, small, noisy, only=("read", "check")), rounds, stand.environment)
    shutil.rmtree(noisy)
    many = stand.project("many")
    corpus.write(many, MANY)
    later = measure(_commands(stand, small, many, peers=False), max(rounds // 3, 1), stand.environment)
    listed = measure(_lists(stand, small), rounds, stand.environment)
    growth = median(later["check"]) / median(samples["check"]) * FEW / MANY
    more = 1024 * (median(later["check"], "peak") - median(samples["check"], "peak")) / (MANY - FEW)
    shutil.rmtree(many)
    return [
        *rows,
        *_rows(f"{MANY:,}", later),
        Row("tree", f"{MANY:,}: check again / read", ratio(later, "check again", "read"), "x", 14, 8),
        Row("tree", f"{MANY:,}: check again / read, wall", ratio(later, "check again", "read", "wall"), "x", 8),
        Row("tree", f"{FEW:,} noisy: check / read", ratio(loud, "check", "read"), "x", 14, 8),
        Row("tree", f"{FEW:,} noisy: check / read, wall", ratio(loud, "check", "read", "wall"), "x", 8),
        Row("tree", "check: growth, a file of many / of few", growth, "x", 1.05),
        Row("tree", "check: memory for each file more", more, "KB", 1, 0.6),
        Row("tree", f"two Lists: one of {MANY_LISTED} objects / of {FEW_LISTED}", _growth(listed), "x", 1.3),
    ]


def _lists(stand, small):
    """Checks of two Lists, the workloads in another than their Services, and of nearly nothing."""
    commands = {"start": command(stand.svcgen, "check", folder=str(small))}
    for count in (FEW_LISTED, MANY_LISTED):
        folder = stand.project(f"lists-{count}")
        corpus.write_lists(folder, count)
        commands[str(count)] = command(stand.svcgen, "check", folder=str(folder), codes=(0, 1))
    return commands


def _growth(samples):
    """What an object of many costs, in objects of few; the median of the rounds."""
    rounds = zip(samples["start"], samples[str(FEW_LISTED)], samples[str(MANY_LISTED)], strict=True)
    ratios = [(many.cpu - start.cpu) / (few.cpu - start.cpu) for start, few, many in rounds]
    return statistics.median(ratios) * FEW_LISTED / MANY_LISTED


def _commands(stand, small, large, *, peers=True, only=()):
    commands = {
        "read": command(stand.python, READ, folder=str(large)),
        "new, no tree": command(stand.svcgen, *NEW, folder=str(small)),
        "new": command(stand.svcgen, *NEW, folder=str(large)),
        "list, no tree": command(stand.svcgen, *LIST, folder=str(small)),
        "list": command(stand.svcgen, *LIST, folder=str(large)),
        # what was seen of many files is kept: without it, and with it
        "check": command(stand.svcgen, "check", folder=str(large), codes=(0, 1), before=stand.forget),
        "check again": command(stand.svcgen, "check", folder=str(large), codes=(0, 1)),
        "explain": command(stand.svcgen, "explain", folder=str(large)),
    }
    if peers:
        # of few files nothing is kept
        del commands["check again"]
    if peers and stand.kubectl:
        # it reads every document and asks no server; the templates among them it cannot read, so it exits with 1
        words = ("annotate", "--local", "--recursive", "--filename", ".", "a=b", "--output", "json")
        commands["kubectl"] = command(stand.kubectl, *words, folder=str(large), codes=(0, 1))
    return {name: one for name, one in commands.items() if not only or name in only}


def _rows(size, samples):
    rows = [Row("tree", f"{size}: {name}, CPU", 1000 * median(costs), "ms") for name, costs in samples.items()]
    return [
        *rows,
        *(
            row
            for name in ("new", "list")
            for row in (
                Row("tree", f"{size}: ({name} - its start) / read", _over_start(samples, name), "x", 3.5, 2),
                Row("tree", f"{size}: {name}, memory", median(samples[name], "peak"), "MB", 100),
            )
        ),
        Row("tree", f"{size}: check / read", ratio(samples, "check", "read"), "x", 14, 8),
        Row("tree", f"{size}: check / read, wall", ratio(samples, "check", "read", "wall"), "x", 8),
        # it draws what check only reads; of check alone an eighth was taken off since 1.5 was set
        Row("tree", f"{size}: explain / check", ratio(samples, "explain", "check"), "x", 1.8),
        Row("tree", f"{size}: check, memory of one process", median(samples["check"], "peak"), "MB"),
    ]


def _over_start(samples, name):
    """What a command costs beyond its start, in readings of the tree; the median of the rounds."""
    rounds = zip(samples[name], samples[f"{name}, no tree"], samples["read"], strict=True)
    return statistics.median((whole.cpu - start.cpu) / read.cpu for whole, start, read in rounds)
