"""Combinations of options in which any two choices meet at least once: most faults need no more than two."""

from __future__ import annotations

import itertools
import random


def pairwise(factors):
    """Rows, each one choice of every factor, so that every pair of choices of two factors is in one of them.

    Greedy over random candidates from a fixed seed: about as many rows as the two longest factors have pairs.
    """
    chance = random.Random(1)
    names = list(factors)
    missing = {
        ((one, first), (other, second))
        for one, other in itertools.combinations(names, 2)
        for first in range(len(factors[one]))
        for second in range(len(factors[other]))
    }
    rows = []
    while missing:
        # a candidate starts from a pair that is missing, so that every row brings something
        seeds = chance.choices(sorted(missing), k=30)
        best = max(
            (_candidate(factors, dict(seed), chance) for seed in seeds), key=lambda one: len(_pairs(one) & missing)
        )
        missing -= _pairs(best)
        rows.append({name: factors[name][index] for name, index in best.items()})
    return rows


def _candidate(factors, start, chance):
    return {name: start.get(name, chance.randrange(len(choices))) for name, choices in factors.items()}


def _pairs(row):
    return set(itertools.combinations(row.items(), 2))
