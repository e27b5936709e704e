"""What is seen in files, many at a time: their documents, and what rules say that look at each of them alone.

What is alike is looked at one after the other, and step by step: the processor then guesses what comes next, which
takes a tenth off a whole run.
"""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from scaffold.blocks import AT_HAND
from scaffold.kinds import CHECKED, NAMESPACE, REFERRING
from scaffold.sources.tree import LARGE, OFTEN, documents_in, taken_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from scaffold.checks import Looked
    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import NotJudged, TakenPort
    from scaffold.remembered import Answer, Memory
    from scaffold.sources.tree import Text

# how many files are looked at together, on the average
_TOGETHER = 128
# as many letters of `kind: Deployment` as tell kinds apart
_KIND = 12
_ASKED_AGAIN = frozenset({"Service", NAMESPACE, *REFERRING})


class Seen(NamedTuple):
    """What was seen in some files."""

    looked: list[Looked]
    taken: list[TakenPort]
    not_judged: list[NotJudged]


class Share(NamedTuple):
    """What one process has read of some files: what it saw, and of a large tree what is kept of that."""

    seen: Seen
    files: int
    answer: Answer | None = None


class Looking:
    """One way to look at documents."""

    def __init__(
        self,
        facts: Facts,
        look: Callable[[Sequence[Document]], list[Looked]],
        cluster_of: Callable[[str], str | None] | None,
        memory: Memory | None = None,
    ) -> None:
        """Takes what is needed.

        Args:
            facts: what rules may look at. What cannot be judged is in `Seen.not_judged`, and no longer there.
            look: documents -> what is seen of each.
            cluster_of: path as shown -> the cluster that a file belongs to.
            memory: what earlier runs saw.
        """
        self._facts, self._look, self._cluster_of, self._memory = facts, look, cluster_of, memory
        self._mentioned = facts.kustomized.mentioned() if memory else frozenset()

    def shares(self, files: Iterable[Text | None], said: Callable[[int], None]) -> Iterator[Share]:
        """What is seen in files, or what earlier runs saw: in many together, for they take little more room than one.

        Args:
            files: one after the other; None for what need not be looked at.
            said: called now and then with the number of files so far.
        """
        start = len(self._facts.not_judged)
        count, told, size = 0, 0, 0
        together: list[Text] = []
        for text in files:
            count += 1
            if not count % OFTEN:
                said(count)
            if text:
                together.append(text)
                size += len(text.data)
                # by its name, so that one file more or less changes nothing for those behind it
                if not crc32(os.fsencode(text.name)) % _TOGETHER or size > LARGE:
                    yield self._share(together, count - told, start)
                    together, size, told = [], 0, count
        yield self._share(together, count - told, start)

    def _share(self, together: Sequence[Text], files: int, start: int) -> Share:
        """What is seen in some files, with what could not be judged from `start` on."""
        if self._memory and together:
            answer = self._answer(together, self._memory)
            return Share(self._cut(Seen([], [], []), start), files, answer)
        return Share(self._cut(self._in_order(together), start), files)

    def _answer(self, together: Sequence[Text], memory: Memory) -> Answer:
        """What an earlier run saw in some files, else what is seen now."""
        key = memory.key(part for text in together for part in (self._told_of(text.name), text.data))
        known = memory.find(key)
        if known:
            return known
        start = len(self._facts.not_judged)
        return memory.made(key, self._cut(self._in_order(together), start))

    def _told_of(self, name: str) -> bytes:
        """All that rules which look at one object alone hear of its file."""
        cluster = self._cluster_of(name) if self._cluster_of else None
        # most files are mentioned nowhere
        told = self._facts.kustomized.told_of(name) if name in self._mentioned else None
        return repr((name, cluster, told)).encode("utf-8", "surrogatepass")

    def _cut(self, seen: Seen, start: int) -> Seen:
        """What was seen with what could not be judged, which in the first process would count twice."""
        not_judged = self._facts.not_judged
        found = seen._replace(not_judged=not_judged[start:])
        del not_judged[start:]
        return found

    def _in_order(self, together: Sequence[Text]) -> Seen:
        """What is seen in some files, in their order. They are looked at kind by kind."""
        found = [(text, Seen([], [], [])) for text in together]
        ordered, not_judged = sorted(found, key=_kind_of), self._facts.not_judged
        self._see((one, seen) for text, seen in ordered for one in documents_in(text, CHECKED, not_judged))
        looked = [one for _, seen in found for one in seen.looked]
        return Seen(looked, [one for _, seen in found for one in seen.taken], [])

    def at(self, documents: Iterable[Document]) -> Seen:
        """What is seen in documents. What of them cannot be judged stays in the facts."""
        seen = Seen([], [], [])
        self._see((one, seen) for one in documents)
        return seen

    def _see(self, documents: Iterator[tuple[Document, Seen]]) -> None:
        """Looks at documents, and puts down what is seen of each."""
        while some := list(islice(documents, AT_HAND)):
            self._see_together(some)

    def _see_together(self, documents: Sequence[tuple[Document, Seen]]) -> None:
        facts = self._facts
        worth_it = [(one, seen) for one, seen in documents if facts.accepts(one) or facts.is_of_use(one)]
        for document, seen in worth_it:
            if _names_node_ports(document):
                # a port that is no number is a finding of the rules, so it is not told a second time
                seen.taken.extend(taken_ports((document,), self._cluster_of, spaces=("node",))[0])
        looked = self._look([one for one, _ in worth_it])
        facts.rest()
        for document, _ in documents:
            # what other documents speak of, and what speaks of others, is asked for again, and small
            if document.kind in _ASKED_AGAIN:
                document.rest()
            else:
                document.forget()
        for (_, seen), one in zip(worth_it, looked, strict=True):
            seen.looked.append(one.shelved() if facts.shelf else one)


def _kind_of(one: tuple[Text, Seen]) -> bytes:
    """How the first kind begins that a file names."""
    data = one[0].data
    at = data.find(b"kind:")
    return data[at : at + _KIND]


def _names_node_ports(document: Document) -> bool:
    """Whether a document is a Service that may hold some, by its words alone."""
    return document.kind == "Service" and ((words := document.words) is None or b"odePort" in words)
