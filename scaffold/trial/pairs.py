"""Which combinations of choices to try: all of them while they are few, and beyond that every pair at least once."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# so many combinations of the second factor onwards are all tried
FEW = 128


def rows(sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Combinations of one choice from each factor, by index; the same ones every time.

    Args:
        sizes: how many choices each factor has, at least one. The first factor is the apps, the others are questions.

    Yields:
        First every app with the first choice of every question; then rows that hold every pair of choices of two
        factors, and every combination of the questions' choices if there are few. No row twice.
    """
    seen = set()
    for row in (*_first(sizes), *_pairwise(sizes), *_all_of_the_rest(sizes)):
        if row not in seen:
            seen.add(row)
            yield row


def _first(sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for choice in range(sizes[0]):
        yield (choice, *(0 for _ in sizes[1:]))


def _all_of_the_rest(sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    count = 1
    for size in sizes[1:]:
        count *= size
    if len(sizes) > 1 and count <= FEW:
        for at, rest in enumerate(product(*map(range, sizes[1:]))):
            yield (at % sizes[0], *rest)


def _pairwise(sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Rows that hold every pair, built greedily: each starts from a pair that is missing and adds what helps most."""
    open_pairs = {
        (one, first, two, second)
        for one, two in combinations(range(len(sizes)), 2)
        for first in range(sizes[one])
        for second in range(sizes[two])
    }
    for start in sorted(open_pairs):
        if start not in open_pairs:
            continue
        one, first, two, second = start
        row = {one: first, two: second}
        for factor in range(len(sizes)):
            if factor not in row:
                gains = [len(open_pairs.intersection(_with(row, factor, choice))) for choice in range(sizes[factor])]
                row[factor] = gains.index(max(gains))
        complete = tuple(row[factor] for factor in range(len(sizes)))
        for left, right in combinations(range(len(sizes)), 2):
            open_pairs.discard((left, complete[left], right, complete[right]))
        yield complete


def _with(row: dict[int, int], factor: int, choice: int) -> Iterator[tuple[int, int, int, int]]:
    for other, chosen in row.items():
        yield (other, chosen, factor, choice) if other < factor else (factor, choice, other, chosen)
