"""The rules, and the engine that runs them.

A rule is a module: its docstring (what, why, a failing and a passing manifest, the mend) is its page in docs/rules/;
`ID` is its name, under which `_registry.py` says which objects it looks at; `check(document, facts)` yields findings
on that one document. The engine stamps the rule's name, applies suppressions and sorts. Rules do none of that: they
never print and never read files.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from scaffold.checks._registry import RULES
from scaffold.documents import REFERRING, WORKLOAD_KINDS
from scaffold.model import NotJudged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from scaffold.config import Ignore
    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding


__all__ = ["RULES", "Result", "Rule", "every", "load", "run"]


class Rule:
    """What a rule module has."""

    __name__: str
    __doc__: str
    ID: str

    @staticmethod
    def check(document: Document, facts: Facts) -> Iterator[Finding]:
        """Yields what is wrong in this document."""
        raise NotImplementedError


class Result(NamedTuple):
    """What a run found: sorted by path, line, column and rule; and how many findings somebody had set aside."""

    findings: tuple[Finding, ...]
    suppressed: int = 0


def load(rule: str) -> Rule:
    """The module of a rule."""
    return cast("Rule", import_module(f"scaffold.checks.{rule.replace('-', '_')}"))


def every() -> tuple[Rule, ...]:
    """All rules, in the order of the registry."""
    return tuple(map(load, RULES))


# The groups whose objects are what their kind says: a Deployment of another group may have rules of its own.
_GROUPS = frozenset({"", "apps", "batch", "extensions", "apps.openshift.io"})


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
    """Runs the rules.

    Args:
        facts: what rules may look at. Documents that turn out to be templates are added to its `not_judged`.
        documents: those to judge; all of `facts.documents` when not given.
        only: rules to run; none means all.
        ignore: rules not to run.
        config_ignores: `check.ignore` of the config.
        inside: path as shown -> path inside the project root, which is what the config's patterns speak of.
        lines: path as shown -> the text's lines, for suppressions in comments; asked only for files with findings.
    """
    if documents is not None:
        facts = facts.judging(documents)
    rules = [rule for rule in RULES if (not only or rule in only) and rule not in ignore]
    judged = facts.documents if documents is None else documents
    found = list(_findings(rules, judged, facts))
    if not found and not config_ignores and not any(map(_annotated, judged)):
        return Result(())
    from scaffold.checks import _suppressions

    known = _suppressions.Known(frozenset(RULES), frozenset(rules))
    kept, suppressed = _suppressions.apply(found, judged, known, config_ignores, inside, lines, whole=documents is None)
    return Result(tuple(sorted(kept, key=_order)), suppressed)


def _order(finding: Finding) -> tuple[Any, ...]:
    return (finding.location, finding.rule, finding.field, finding.message)


def _annotated(document: Document) -> bool:
    metadata = document.data.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and "svcgen.dev/ignore" in annotations


def _findings(rules: Sequence[str], documents: Iterable[Document], facts: Facts) -> Iterator[Finding]:
    chosen: dict[tuple[str, ...], list[Rule]] = {}
    for document in documents:
        kinds = _kinds(document)
        if kinds not in chosen:
            chosen[kinds] = [load(rule) for rule in rules if not set(kinds).isdisjoint(RULES[rule])]
        found = [finding._replace(rule=rule.ID) for rule in chosen[kinds] for finding in rule.check(document, facts)]
        if document.kind == "StatefulSet" and facts.before(34):
            found = [_unchecked(finding) for finding in found]
        if found and (place := _template(document.data, ())) is not None:
            # a value that something else fills in later: every finding would be about the placeholder
            facts.not_judged.append(
                NotJudged(document.location(*place), "a template: a placeholder stands for a value")
            )
            continue
        yield from found


# What the API server sees in a StatefulSet's Pods at any version: what does not decode, and these two fields.
_DECODING = frozenset({"scalar-type", "unknown-field"})
_CHECKED_ANYWAY = ("spec.template.spec.restartPolicy", "spec.template.spec.activeDeadlineSeconds")


def _unchecked(finding: Finding) -> Finding:
    """Before Kubernetes 1.34 a StatefulSet is accepted with any Pods, which are refused one by one when it runs."""
    inside = finding.field.startswith("spec.template.spec.") and finding.field not in _CHECKED_ANYWAY
    if finding.effect != "refused" or not inside or finding.rule in _DECODING:
        return finding
    return finding._replace(effect="broken")


def _kinds(document: Document) -> tuple[str, ...]:
    """What the rules call this object: `Service` is the core one only, `Workload` whatever makes Pods."""
    kind, api = document.kind, document.api_version
    if kind == "Service":
        return ("Service",) if api == "v1" else ()
    group = api.rpartition("/")[0]
    if kind in REFERRING:
        return (kind,) if group == REFERRING[kind] else ()
    return (kind, "Workload") if kind in WORKLOAD_KINDS and api and group in _GROUPS else ()


# Where placeholders are the app's own business, or free text.
_FREE = frozenset(
    {"annotations", "args", "command", "data", "env", "envFrom", "image", "stringData", "volumes", "volumeMounts"}
)


def _template(value: Any, path: tuple[str | int, ...]) -> tuple[str | int, ...] | None:  # noqa: ANN401
    """Where `{{` or `${` stands for a name, a label or a number; None where nowhere."""
    if isinstance(value, str):
        return path if "{{" in value or "${" in value else None
    parts: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict) and len(path) < 30:
        parts = value.items()
    elif isinstance(value, list) and len(path) < 30:
        parts = enumerate(value)
    for key, inner in parts:
        if key in _FREE:
            continue
        if isinstance(key, str) and ("{{" in key or "${" in key):
            return path
        if (found := _template(inner, (*path, key))) is not None:
            return found
    return None
