"""CPU time of whole process trees, many commands interleaved, compared round by round."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Command(NamedTuple):
    """What is run and timed: one process after another, their costs added."""

    processes: tuple[tuple[str, ...], ...]
    folder: str
    codes: tuple[int, ...] = (0,)
    before: Callable[[], object] = lambda: None  # not timed


class Cost(NamedTuple):
    """What one run cost: CPU and wall seconds of all processes, and the MB that the largest of them held."""

    cpu: float
    wall: float
    peak: float


class CannotRunError(Exception):
    """A command of the benchmark failed, so there is nothing to compare."""


def command(*words, folder, codes=(0,), before=lambda: None):
    return Command((words,), folder, codes, before)


def measure(commands, rounds, environment, warm_up=1):
    """Runs every command once a round: {name: [its cost, one for each round]}.

    Each round starts at another command, so that none always runs after the same neighbour.
    """
    samples = {name: [] for name in commands}
    names = list(commands)
    for number in range(-warm_up, rounds):
        _say(f"round {number + 1} of {rounds}" if number >= 0 else "warming up")
        start = number % len(names)
        for name in names[start:] + names[:start]:
            cost = _cost(commands[name], environment)
            if number >= 0:
                samples[name].append(cost)
    _say("")
    return samples


def ratio(samples, one, other, field="cpu"):
    """The median of the ratios of each round: a machine that is slow for a while is slow for both."""
    pairs = zip(samples[one], samples[other], strict=True)
    return statistics.median(getattr(a, field) / getattr(b, field) for a, b in pairs)


def median(costs, field="cpu"):
    """The median of one field of many costs."""
    return statistics.median(getattr(cost, field) for cost in costs)


def _cost(wanted, environment):
    wanted.before()
    cpu = peak = 0.0
    started = time.perf_counter()
    for words in wanted.processes:
        with tempfile.TemporaryFile() as errors:
            child = subprocess.Popen(
                words,
                cwd=wanted.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
            # user + system time of the child and of every child that it waited for
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode not in wanted.codes:
                errors.seek(0)
                said = errors.read().decode(errors="replace")[-2000:]
                raise CannotRunError(f"exit {child.returncode} from: {' '.join(words)}\n{said}")
        cpu += usage.ru_utime + usage.ru_stime
        peak = max(peak, usage.ru_maxrss / 1024)
    return Cost(cpu, time.perf_counter() - started, peak)


def _say(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
