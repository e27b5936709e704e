"""What could not be read, asked for words: the object that is sought may stand there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scaffold.cut import is_another, split
from scaffold.kinds import SERVICES, WORKLOAD_KINDS, kinds_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from scaffold.model import NotJudged

_WORKLOADS = "(?:List|" + "|".join(WORKLOAD_KINDS) + ")(?:List)?"
# each word is looked at once: what is no key is passed over as a whole
_PAIR = rb"""(?<![A-Za-z0-9_./-])([A-Za-z0-9_./-]++)["']?[ \t]*+:[ \t]*+["']?([A-Za-z0-9][A-Za-z0-9_.-]*+)"""


class Unread:
    """The documents that could not be judged, read again as mere text when a rule misses something for the first time.

    Rules that look around ask it before they say that an object is not there: nobody has looked in what is no YAML.
    """

    def __init__(self, places: Sequence[NotJudged] = (), load: Callable[[str], bytes | None] = lambda _: None) -> None:
        """Takes where they stand.

        Args:
            places: what could not be judged.
            load: path as shown -> the bytes of the file, None where it cannot be read.
        """
        self._places, self._load = places, load
        self._said: dict[re.Pattern[bytes], set[tuple[bytes, bytes]]] = {}

    def may_label(self, labels: Mapping[str, str]) -> bool:
        """Whether Pods with these labels may be made there."""
        return self._says(kinds_pattern(_WORKLOADS), labels.items())

    def may_name(self, kind: str, name: str) -> bool:
        """Whether a Service, or a workload of whatever kind, of this name may stand there."""
        return self._says(SERVICES if kind == "Service" else kinds_pattern(_WORKLOADS), [("name", name)])

    def _says(self, kinds: re.Pattern[bytes], pairs: Iterable[tuple[str, str]]) -> bool:
        if not self._places:
            return False
        if kinds not in self._said:
            self._said[kinds] = set(self._pairs(kinds))
        said = self._said[kinds]
        return all((key.encode(), value.encode()) in said for key, value in pairs)

    def _pairs(self, kinds: re.Pattern[bytes]) -> Iterable[tuple[bytes, bytes]]:
        """Every `key: value` in the unread documents of some kinds."""
        lines: dict[str, set[int]] = {}
        for one in self._places:
            lines.setdefault(one.location.where, set()).add(one.location.line)
        for path, places in lines.items():
            for before, _, chunk in split(self._load(path) or b"", kinds):
                inside = range(before + 1, before + chunk.count(b"\n") + 2)
                if not is_another(chunk, kinds) and not places.isdisjoint(inside):
                    yield from re.findall(_PAIR, chunk)
