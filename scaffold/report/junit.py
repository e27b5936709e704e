"""Findings as JUnit XML, which Jenkins, GitLab and Azure show as a list of tests."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from scaffold import report
from scaffold.printable import printable
from scaffold.report.places import from_root

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from scaffold.model import Finding


def as_junit(result: report.Report, counted: Collection[str]) -> str:
    """One suite: a case for each rule of each file with findings, a skipped one for each place not judged.

    Without findings there is one case, which passes: CI servers take an empty suite for a mistake. The text is ASCII,
    so it says the same in every encoding.

    Args:
        result: what to say.
        counted: the levels that make the answer no. Their cases fail; the others pass and say what was found.
    """
    suite = ET.Element("testsuite", name="svcgen check")
    found = sorted(result.findings, key=_group)
    for (path, rule), findings in groupby(found, key=_group):
        _findings(ET.SubElement(suite, "testcase", classname=path, name=rule, file=path), list(findings), counted)
    if not found:
        ET.SubElement(suite, "testcase", classname="svcgen check", name="nothing wrong")
    for one in result.not_judged:
        path = _path(one.location.where)
        name = f"not judged: line {one.location.line}" if one.location.line else "not judged"
        case = ET.SubElement(suite, "testcase", classname=path, name=name, file=path)
        ET.SubElement(case, "skipped", message=printable(one.reason))
    numbers = {"tests": "testcase", "failures": "testcase/failure", "skipped": "testcase/skipped"}
    counts = {name: str(len(suite.findall(path))) for name, path in numbers.items()}
    for element in [suite, *suite]:
        element.set("time", "0")
    suite.attrib.update({**counts, "errors": "0"})
    root = ET.Element("testsuites", counts)
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root).decode()


def _group(finding: Finding) -> tuple[str, str]:
    return _path(finding.location.where), finding.rule


def _path(where: str) -> str:
    return printable(from_root(where))


def _findings(case: ET.Element, findings: Sequence[Finding], counted: Collection[str]) -> None:
    case.set("line", str(findings[0].location.line))
    text = "\n".join(report.finding_text(finding) for finding in findings)
    loud = [finding for finding in findings if finding.level in counted]
    if loud:
        failure = ET.SubElement(case, "failure", type=loud[0].level, message=printable(loud[0].message))
        failure.text = text
    else:
        ET.SubElement(case, "system-out").text = text
