"""Findings as JUnit XML, which Jenkins, GitLab and Azure show as a list of tests."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from scaffold import report
from scaffold.printable import printable
from scaffold.report.places import from_root

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from scaffold.model import Finding


def as_junit(result: report.Report, counted: Collection[str]) -> Iterator[str]:
    """One suite, line by line: a case for each rule of each file with findings, a skipped one for what is not judged.

    Without findings there is one case, which passes: CI servers take an empty suite for a mistake. The text is ASCII,
    so it says the same in every encoding.

    Args:
        result: what to say.
        counted: the levels that make the answer no. Their cases fail; the others pass and say what was found.
    """
    failures = cases = 0
    for _, findings in _groups(result):
        cases += 1
        failures += any(finding.level in counted for finding in findings)
    counts = {"tests": str(max(cases, 1) + len(result.not_judged)), "failures": str(failures)}
    counts["skipped"] = str(len(result.not_judged))
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield _opened(ET.Element("testsuites", counts))
    yield "  " + _opened(ET.Element("testsuite", {"name": "svcgen check", "time": "0", **counts, "errors": "0"}))
    for (path, rule), findings in _groups(result):
        yield _case(path, rule, findings, counted)
    if not cases:
        yield _lines(ET.Element("testcase", classname="svcgen check", name="nothing wrong", time="0"))
    for one in result.not_judged:
        path = _path(one.location.where)
        name = f"not judged: line {one.location.line}" if one.location.line else "not judged"
        case = ET.Element("testcase", classname=path, name=name, file=path, time="0")
        ET.SubElement(case, "skipped", message=printable(one.reason))
        yield _lines(case)
    yield "  </testsuite>"
    yield "</testsuites>"


def _groups(result: report.Report) -> Iterator[tuple[tuple[str, str], list[Finding]]]:
    """The findings of each rule in each file."""
    for where, findings in groupby(result.findings, key=_where):
        for rule, found in groupby(sorted(findings, key=_rule), key=_rule):
            yield (_path(where), rule), list(found)


def _where(finding: Finding) -> str:
    return finding.location.where


def _rule(finding: Finding) -> str:
    return finding.rule


def _opened(element: ET.Element) -> str:
    return ET.tostring(element).decode().removesuffix(" />") + ">"


def _lines(case: ET.Element) -> str:
    ET.indent(case, level=2)
    return "    " + ET.tostring(case).decode()


def _path(where: str) -> str:
    return printable(from_root(where))


def _case(path: str, rule: str, findings: Sequence[Finding], counted: Collection[str]) -> str:
    line = str(findings[0].location.line)
    case = ET.Element("testcase", classname=path, name=rule, file=path, line=line, time="0")
    text = "\n".join(report.finding_text(finding) for finding in findings)
    loud = [finding for finding in findings if finding.level in counted]
    if loud:
        failure = ET.SubElement(case, "failure", type=loud[0].level, message=printable(loud[0].message))
        failure.text = text
    else:
        ET.SubElement(case, "system-out").text = text
    return _lines(case)
