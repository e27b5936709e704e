"""Which lines of two texts are the same lines: the ground that a merge stands on.

YAML repeats itself: `protocol: TCP` stands in every port. A line is therefore told from its twins by what it stands
under (`Deployment` > `ports:` > `- name: http`), and only between such anchors by its text alone.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

# Lines by lines that are compared one by one where nothing is unique: what is larger counts as rewritten.
_CELLS = 250_000
_KIND = re.compile(r"kind:[ ]+(\S+)")


def align(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The lines that two texts have in common.

    Args:
        old: the lines of one text, without their ends.
        new: the lines of the other.

    Returns:
        Pairs (index in `old`, index in `new`), both rising; lines that are in no pair were taken away or added.
    """
    known: dict[tuple[str, int | str], int] = {}
    anchors = _unique_pairs(_places(old, known), _places(new, known))
    pairs = list(anchors)
    for old_part, new_part in _between(anchors, (0, len(old)), (0, len(new))):
        pairs += _plain(old, new, old_part, new_part)
    return sorted(pairs)


def _places(lines: Sequence[str], known: dict[tuple[str, int | str], int]) -> list[int]:
    """Each line with what it stands under, as one number; equal for equal lines at equal places."""
    out: list[int] = []
    above: list[tuple[int, int]] = []
    documents = iter(_documents(lines))
    root: int | str = next(documents)
    for line in lines:
        text = line.strip(" ")
        if line.startswith("---"):
            root, above = next(documents), []
        # the dash of an item may stand right under its key, and still it is below it
        depth = 2 * (len(line) - len(line.lstrip(" "))) + text.startswith("- ")
        if text and not text.startswith("#"):
            while above and above[-1][0] >= depth:
                above.pop()
        under: int | str = above[-1][1] if above else root
        place = known.setdefault((line, under), len(known))
        out.append(place)
        if text and not text.startswith(("#", "---")):
            above.append((depth, place))
    return out


def _documents(lines: Sequence[str]) -> list[str]:
    """What the documents of a stream are, in their order: the kind of each, empty where it has none."""
    kinds = [""]
    for line in lines:
        if line.startswith("---"):
            kinds.append("")
        elif not kinds[-1] and (found := _KIND.match(line)):
            kinds[-1] = found[1]
    return kinds


def _unique_pairs(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """What occurs once on either side, in the longest order that both share (Bram Cohen's patience diff)."""
    places = {}
    for at, item in enumerate(new):
        places[item] = None if item in places else at
    counts: dict[Hashable, int] = {}
    for item in old:
        counts[item] = counts.get(item, 0) + 1
    found = [(at, places[item]) for at, item in enumerate(old) if counts[item] == 1 and places.get(item) is not None]
    return _rising(found)  # type: ignore[arg-type]


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of pairs whose second numbers rise; the first ones do."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for at, (_, number) in enumerate(pairs):
        place = bisect_left(ends, number)
        before.append(last[place - 1] if place else -1)
        ends[place : place + 1] = [number]
        last[place : place + 1] = [at]
    out = []
    at = last[-1] if last else -1
    while at >= 0:
        out.append(pairs[at])
        at = before[at]
    return out[::-1]


def _between(
    anchors: Sequence[tuple[int, int]], old: tuple[int, int], new: tuple[int, int]
) -> Iterator[tuple[range, range]]:
    """The stretches before, between and behind anchors, within bounds."""
    old_at, new_at = old[0], new[0]
    for old_anchor, new_anchor in anchors:
        yield range(old_at, old_anchor), range(new_at, new_anchor)
        old_at, new_at = old_anchor + 1, new_anchor + 1
    yield range(old_at, old[1]), range(new_at, new[1])


def _plain(old: Sequence[str], new: Sequence[str], old_part: range, new_part: range) -> list[tuple[int, int]]:
    """The common lines of a stretch by their text alone: ends first, then what is unique, then one by one."""
    pairs: list[tuple[int, int]] = []
    waiting = [(old_part, new_part)]
    while waiting:
        old_part, new_part = waiting.pop()
        while old_part and new_part and old[old_part[0]] == new[new_part[0]]:
            pairs.append((old_part[0], new_part[0]))
            old_part, new_part = old_part[1:], new_part[1:]
        while old_part and new_part and old[old_part[-1]] == new[new_part[-1]]:
            pairs.append((old_part[-1], new_part[-1]))
            old_part, new_part = old_part[:-1], new_part[:-1]
        if not old_part or not new_part:
            continue
        unique = _unique_pairs([old[at] for at in old_part], [new[at] for at in new_part])
        anchors = [(old_part[one], new_part[other]) for one, other in unique]
        if anchors:
            pairs += anchors
            waiting += _between(anchors, (old_part.start, old_part.stop), (new_part.start, new_part.stop))
        elif len(old_part) * len(new_part) <= _CELLS:
            pairs += _longest(old, new, old_part, new_part)
    return pairs


def _longest(old: Sequence[str], new: Sequence[str], old_part: range, new_part: range) -> Iterator[tuple[int, int]]:
    """The longest common subsequence of a small stretch."""
    width = len(new_part) + 1
    table = [[0] * width for _ in range(len(old_part) + 1)]
    for one in range(len(old_part) - 1, -1, -1):
        row, below, line = table[one], table[one + 1], old[old_part[one]]
        for other in range(width - 2, -1, -1):
            same = line == new[new_part[other]]
            row[other] = below[other + 1] + 1 if same else max(below[other], row[other + 1])
    one = other = 0
    while one < len(old_part) and other < width - 1:
        if old[old_part[one]] == new[new_part[other]]:
            yield old_part[one], new_part[other]
            one, other = one + 1, other + 1
        elif table[one + 1][other] >= table[one][other + 1]:
            one += 1
        else:
            other += 1
