"""The rules, and the engine that runs them.

A rule is a module: its docstring (what, why, a failing and a passing manifest, the mend) is its page in docs/rules/;
`ID` is its name, under which `_registry.py` says which objects it looks at; `check(document, facts)` yields findings
on that one document. The engine stamps the rule's name, applies suppressions and sorts. Rules do none of that: they
never print and never read files.
"""

from __future__ import annotations

from contextlib import closing
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from scaffold.checks import _schema, _served
from scaffold.checks._registry import AGAINST, ALONE, AROUND, MILD, RULES, SHARED
from scaffold.checks._schema import note_on
from scaffold.found import Found, Kept, Told, packed
from scaffold.kinds import NAMESPACE, REFERRING, WORKLOAD_KINDS
from scaffold.model import Finding, NotJudged
from scaffold.selection import told_selector
from scaffold.shapes import plain, summary_of, template_of
from scaffold.spread import processors, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from scaffold.config import Ignore
    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.selection import Labels
    from scaffold.shapes import Workload


__all__ = ["AGAINST", "MILD", "RULES", "Looked", "Result", "Rule", "Run", "every", "load", "note_on", "run"]


class Rule(Protocol):
    """What a rule module has."""

    __name__: str
    ID: str

    def check(self, document: Document, facts: Facts, /) -> Iterator[Finding]:
        """Yields what is wrong in this document."""


class Result(NamedTuple):
    """What a run found: sorted by path, line, column and rule; and how many findings somebody had set aside.

    Of a large tree they are no tuple, but can be gone through as often.
    """

    findings: tuple[Finding, ...] | Kept
    suppressed: int = 0


@cache
def load(rule: str) -> Rule:
    """The module of a rule."""
    return cast("Rule", import_module(f"scaffold.checks.{rule.replace('-', '_')}"))


def every() -> tuple[Rule, ...]:
    """All rules, in the order of the registry."""
    return tuple(map(load, RULES))


# The groups whose objects are what their kind says: a Deployment of another group may have rules of its own.
_MOVED = frozenset({"networking.k8s.io", "autoscaling"})
_GROUPS = frozenset({"", "apps", "batch", "extensions", "apps.openshift.io"})
# What a kustomization lays over a Service, and over a workload.
_PATCHED, _PARTS = ("ServicePatch",), ("WorkloadPatch",)
# Of objects with so many different concerns what was chosen for them is remembered.
_REMEMBERED = 4096
# so many documents to look around for are worth another process
_WORTH_SHARING = 4000
# how many of them are judged rule by rule, and how many times that before other processes start
_AT_ONCE, _FIRST = 64, 4


# what the rules call a document, and the rules that are to look around for it: few pairs for all
_Kinds = tuple[tuple[str, ...], tuple[str, ...]]
# what was found so, by file, and what could not be judged
_Around = tuple[list[tuple[str, "list[Finding] | bytes"]], list[NotJudged]]


class Looked(NamedTuple):
    """A document after the rules that look at it alone; it may be forgotten."""

    document: Document
    kinds: tuple[str, ...]
    workload: Workload | None
    selector: Labels | None
    later: tuple[str, ...]
    annotated: bool
    commented: bool
    findings: list[Finding] | bytes

    def shelved(self) -> Looked:
        """The same, packed: of a large tree nothing but what lookups need stays in memory."""
        document, kinds, workload, _, later, annotated, commented, findings = self
        selector = told_selector(document) if kinds == ("Service",) else None
        document.shelve(plain(workload) if workload else None)
        found = packed(findings) if findings and not isinstance(findings, bytes) else findings
        return Looked(document, kinds, None, selector, later, annotated, commented, found)


class Run:
    """One run of the rules: `look` at every document while the tree is read, `keep` that, then ask for the `result`."""

    def __init__(self, facts: Facts, *, only: Sequence[str] = (), ignore: Sequence[str] = ()) -> None:
        """Takes the facts, and which rules to run.

        Args:
            facts: what rules may look at. Documents that turn out to be templates are added to its `not_judged`.
            only: rules to run; none means all.
            ignore: rules not to run.
        """
        self._facts = facts
        left_out = ignore if facts.against else (*ignore, AGAINST)
        self.rules = [rule for rule in RULES if (not only or rule in only) and rule not in left_out]
        self._chosen: dict[tuple[str, ...], tuple[_Chosen, _Chosen]] = {}
        self._later: list[Document] = []
        self._later_by: list[_Kinds] = []
        self._same: dict[_Kinds, _Kinds] = {}
        self._found = Found()
        self._annotated: list[Document] = []
        self._commented: set[str] = set()
        self.documents = self.services = self.workloads = 0

    def look(self, documents: Sequence[Document]) -> list[Looked]:
        """Judges documents by the rules that look at each alone. Nothing of them is kept here.

        Step by step, for of many that are alike the processor then guesses better what comes next.
        """
        kinds = list(map(self._kinds, documents))
        concerns = [
            0 if of == _PARTS else _schema.concerns(one, self._facts) for one, of in zip(documents, kinds, strict=True)
        ]
        summaries = list(map(self._summary, documents))
        rules = list(map(self._rules_for, kinds, concerns))
        found = self._judge(documents, kinds, [alone for alone, _ in rules])
        return list(map(_looked, documents, kinds, summaries, [around for _, around in rules], found))

    def _kinds(self, document: Document) -> tuple[str, ...]:
        if document.path not in self._facts.kustomized.patches:
            return _kinds(document)
        return _PATCHED if self._facts.is_service_patch(document) else _PARTS

    def glance(self, documents: Sequence[Document]) -> list[Looked]:
        """The same for documents that are not judged, but that others may be held against."""
        return [
            Looked(one, (), self._summary(one), None, (), annotated=False, commented=False, findings=[])
            for one in documents
        ]

    def _summary(self, document: Document) -> Workload | None:
        workload = self._facts.workload(document)
        return summary_of(workload) if workload else None

    def keep(self, looked: Looked) -> None:
        """Keeps what was seen for the result."""
        if looked.kinds == _PARTS:
            return
        self.documents += _is_counted(looked)
        self.services += looked.kinds == ("Service",)
        self.workloads += looked.workload is not None or looked.document.has_more
        if looked.findings:
            self._found.add(looked.document.path, looked.findings, self._facts.shelf)
        if looked.annotated:
            self._annotated.append(looked.document)
        if looked.commented:
            self._commented.add(looked.document.path)
        if looked.later:
            # without what was found already, which is most of it
            same = looked.kinds, looked.later
            self._later.append(looked.document)
            self._later_by.append(self._same.setdefault(same, same))

    def result(
        self,
        *,
        config_ignores: Sequence[Ignore] = (),
        inside: Callable[[str], str] | None = None,
        lines: Callable[[str], Sequence[str]] | None = None,
        whole: bool = True,
    ) -> Result:
        """Judges all documents by the rules that look around, and sets aside what somebody wants set aside.

        Args:
            config_ignores: `check.ignore` of the config.
            inside: path as shown -> path inside the project root, which is what the config's patterns speak of.
            lines: path as shown -> the text's lines, for suppressions in comments; asked only for files that have some.
            whole: whether all of the project was judged.
        """
        nothing_aside = not (config_ignores or self._annotated or self._commented)
        self._facts.told = Told() if nothing_aside else None
        for found, not_judged in self._look_around():
            for path, findings in found:
                self._found.add(path, findings, self._facts.shelf)
            self._facts.not_judged += not_judged
        if nothing_aside:
            return self._told(Kept(self._found, SHARED), 0)
        from scaffold.checks._suppressions import Aside, Known

        comments = {path: lines(path) for path in sorted(self._commented)} if lines else {}
        # what comes through a pipe stands alone: in the tree it was made of it may set something aside
        unsure = {"-", *(one.location.where for one in self._facts.not_judged)}
        aside = Aside(self._annotated, config_ignores, inside, comments, whole=whole, unsure=unsure)
        concerned = filter(aside.concerns, self._found.files)
        suppressed = sum(not aside.leaves(finding) for path in concerned for finding in self._found.of(path))
        complaints = aside.complaints(Known(frozenset(RULES), frozenset(self.rules)))
        return self._told(Kept(self._found, SHARED, aside, complaints), suppressed)

    def _told(self, kept: Kept, suppressed: int) -> Result:
        return Result(kept if self._facts.shelf else tuple(kept), suppressed)

    def _look_around(self) -> Iterator[_Around]:
        """What the rules that look around say of all documents; of many, in several processes."""
        numbers = range(len(self._later))
        parts = [numbers[start : start + _AT_ONCE] for start in numbers[::_AT_ONCE]]
        count = processors() if len(self._later) >= _WORTH_SHARING else 1
        # what they look up for the first documents is there for every process that starts then
        first = _FIRST if count > 1 else 0
        yield from self._judge_later(parts[:first])
        # every so many parts, for most findings are about what comes late in the tree
        with closing(spread(self._judge_later, [parts[first + number :: count] for number in range(count)])) as found:
            yield from found

    def _judge_later(self, parts: Sequence[range]) -> Iterator[_Around]:
        not_judged, large = self._facts.not_judged, self._facts.shelf is not None
        for part in parts:
            before = len(not_judged)
            # those of one kind one after the other, as they are looked at
            numbers = sorted(part, key=self._later_by.__getitem__)
            documents = [self._later[number] for number in numbers]
            kinds, rules = zip(*(self._later_by[number] for number in numbers), strict=True)
            judged = zip(documents, self._judge(documents, kinds, rules), strict=True)
            found = [(document.path, packed(one) if large else one) for document, one in judged if one]
            new = not_judged[before:]
            # in the first process they would count twice
            del not_judged[before:]
            yield found, new

    def _rules_for(self, kinds: tuple[str, ...], concerns: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Those that may have something to say of an object: that look at it alone, and that look around."""
        if kinds == _PARTS:
            return (), ()
        chosen = self._chosen.get(kinds)
        if chosen is None:
            rules = [rule for rule in self.rules if not set(kinds).isdisjoint(RULES[rule])]
            chosen = self._chosen[kinds] = (
                _Chosen([rule for rule in rules if rule in ALONE]),
                _Chosen([rule for rule in rules if rule in AROUND]),
            )
        alone, around = chosen
        return alone.worth_asking(concerns), around.worth_asking(concerns)

    def _judge(
        self, documents: Sequence[Document], kinds: Sequence[tuple[str, ...]], rules: Sequence[Iterable[str]]
    ) -> list[list[Finding]]:
        """What is wrong in each of these documents, as its rules see it: rule by rule."""
        facts = self._facts
        found: list[list[Finding]] = [[] for _ in documents]
        asked: dict[str, list[int]] = {}
        for number, of_document in enumerate(rules):
            for rule in of_document:
                asked.setdefault(rule, []).append(number)
        for rule in filter(asked.__contains__, self.rules):
            check = load(rule).check
            for number in asked[rule]:
                document = documents[number]
                for one in check(document, facts):
                    found[number].append(_stamped(one, rule, document))
        return [
            self._left(document, of, some) if some else some
            for document, of, some in zip(documents, kinds, found, strict=True)
        ]

    def _left(self, document: Document, kinds: tuple[str, ...], found: list[Finding]) -> list[Finding]:
        """The findings that stand, of those in one document."""
        facts = self._facts
        if document.path in facts.kustomized.replaced:
            found = [one for one in found if not facts.kustomized.replaces(document.path, one.field)]
        if not found:
            return found
        from scaffold.checks import _placeholders

        # a value that something else fills in later: every finding would be about the placeholder
        if (template := _placeholders.find(document)) is not None:
            facts.not_judged.append(template)
            return []
        places = [_placeholders.of(one) for one in found]
        if any(places):
            facts.not_judged += filter(None, places)
            found = [one for one, place in zip(found, places, strict=True) if not place]
        if facts.told is not None:
            for one in found:
                if one.rule in SHARED:
                    facts.told.add(one)
        return list(map(_unchecked, found)) if kinds[:1] == ("StatefulSet",) and facts.before(34) else found


def _stamped(one: Finding, rule: str, document: Document) -> Finding:
    """A finding with its rule, its line and, of what comes through a pipe, the template it was made of."""
    # what `_replace` does, in half of its time
    return Finding(
        one.message,
        one.location,
        rule,
        one.effect,
        one.object,
        one.field,
        one.hint,
        one.related,
        document.line_at(one.location),
        # other files are what people edit
        template_of(document) if document.path == "-" else "",
    )


def _looked(
    document: Document,
    kinds: tuple[str, ...],
    summary: Workload | None,
    later: tuple[str, ...],
    findings: list[Finding],
) -> Looked:
    words, is_part = document.words, kinds == _PARTS
    commented = words is None or (b"#" in words and b"svcgen:ignore" in words)
    annotated = not is_part and _annotated(document)
    return Looked(document, kinds, summary, None, later, annotated, commented and not is_part, findings)


class _Chosen:
    """The rules for objects of one kind."""

    def __init__(self, rules: Sequence[str]) -> None:
        self._rules = [(rule, _schema.concerned(rule)) for rule in rules]
        self._known: dict[int, tuple[str, ...]] = {}

    def worth_asking(self, concerns: int) -> tuple[str, ...]:
        """The rules that may have something to say about an object with these concerns."""
        known = self._known.get(concerns)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = tuple(rule for rule, bit in self._rules if not bit or concerns & bit)
            self._known[concerns] = known
        return known


def run(
    facts: Facts,
    documents: Sequence[Document] | None = None,
    *,
    only: Sequence[str] = (),
    ignore: Sequence[str] = (),
    config_ignores: Sequence[Ignore] = (),
    inside: Callable[[str], str] | None = None,
    lines: Callable[[str], Sequence[str]] | None = None,
) -> Result:
    """A whole run over documents that are read already; all of `facts.documents` when none are given."""
    if documents is not None:
        facts.judge_only(document.path for document in documents)
    one = Run(facts, only=only, ignore=ignore)
    for document in facts.documents if documents is None else documents:
        one.keep(*one.look((document,)))
    return one.result(config_ignores=config_ignores, inside=inside, lines=lines, whole=documents is None)


def _is_counted(looked: Looked) -> bool:
    """Whether it is one of the objects that a run is about: no patch, and a Namespace in a List only, as all there.

    What has no kind, or one in lower case, is some tool's: its values, say.
    """
    if not looked.kinds and not looked.document.kind.strip("abcdefghijklmnopqrstuvwxyz"):
        return False
    return looked.kinds != _PATCHED and (looked.document.kind != NAMESPACE or bool(looked.document.items))


def _annotated(document: Document) -> bool:
    metadata = document.data.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and "svcgen.dev/ignore" in annotations


# What the API server sees in a StatefulSet's Pods at any version: what does not decode, and these two fields.
_DECODING = frozenset({"scalar-type", "unknown-field"})
_CHECKED_ANYWAY = ("spec.template.spec.restartPolicy", "spec.template.spec.activeDeadlineSeconds")


def _unchecked(finding: Finding) -> Finding:
    """Before Kubernetes 1.34 a StatefulSet is accepted with any Pods, which are refused one by one when it runs."""
    inside = f"{finding.field}.".startswith("spec.template.spec.") and finding.field not in _CHECKED_ANYWAY
    if finding.effect != "refused" or not inside:
        return finding
    from scaffold.checks._amounts import NO_QUANTITY

    # what does not decode is refused at once
    if finding.rule in _DECODING or finding.message.endswith(NO_QUANTITY):
        return finding
    return finding._replace(effect="broken")


def _kinds(document: Document) -> tuple[str, ...]:
    """What the rules call this object: `Service` is the core one only, `Workload` whatever makes Pods."""
    kind, api = document.kind, document.api_version
    if kind == "Service" and api == "v1":
        return ("Service",)
    if kind == NAMESPACE:
        return (NAMESPACE,) if api == "v1" else ()
    group = api.rpartition("/")[0]
    if kind in REFERRING:
        if group == REFERRING[kind] and not (group in _MOVED and "beta" in api):
            return (kind,)
    elif kind in WORKLOAD_KINDS and api and group in _GROUPS:
        return (kind, "Workload")
    return ("Elsewhere",) if _served.elsewhere(document) else ()
