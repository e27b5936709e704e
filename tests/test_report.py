"""Findings as text and as JSON."""

from __future__ import annotations

import io
import json

import pytest

from scaffold import report
from scaffold.model import Finding, Location, NotJudged, ObjectRef

FINDING = Finding(
    "nodePort 30080 is already held by shop/api",
    Location("web.yaml", 2, 5),
    "node-port-taken",
    "refused",
    ObjectRef("Service", None, "web"),
    "spec.ports[0].nodePort",
    "write a free one",
    (Location("api.yaml", 1, 1),),
)
REPORT = report.Report((FINDING,), (NotJudged(Location("x.yaml", 3), "a template"),), 2, 2, 2, 0)


def test_json_says_default_for_a_namespace_that_is_not_written():
    said = json.loads("\n".join(report.as_json(REPORT)))
    assert said["findings"][0]["object"] == {"kind": "Service", "namespace": "default", "name": "web"}
    assert said["not_judged"] == [{"path": "x.yaml", "line": 3, "reason": "a template"}]


def test_a_finding_without_an_object():
    told = FINDING._replace(object=None)
    (said,) = json.loads("\n".join(report.as_json(report.Report((told,)))))["findings"]
    assert said["object"] is None


@pytest.mark.parametrize("count", [0, 1, 2])
def test_json_is_laid_out_as_json_does_it(count):
    text = "\n".join(report.as_json(REPORT._replace(findings=(FINDING,) * count)))
    said = json.loads(text)
    assert text == json.dumps(said, indent=2)
    assert list(said) == ["findings", "summary", "not_judged"]
    assert said["summary"]["errors"] == len(said["findings"]) == count


def test_the_caret_stands_below_the_value():
    text = next(report.text_parts(REPORT, lines=lambda _: ["a: b", "\tc\u00e9: d"]))
    assert text.split("\n")[1:3] == ["     c\u00e9: d", "        ^"]


@pytest.mark.parametrize("lines", [[], ["one"], ["one", "x" * 300]])
def test_no_source_line_where_there_is_none_or_it_is_long(lines):
    assert "^" not in "".join(report.text_parts(REPORT, lines=lambda _: lines))


def test_the_last_line_counts_by_level():
    levels = ("refused", "broken", "fragile", "advice")
    found = tuple(FINDING._replace(effect=effect) for effect in levels)
    *_, last = report.text_parts(report.Report(found, (), 1, 1, 1))
    assert last == "1 file, 1 service, 2 errors, 1 warning, 1 info"


@pytest.mark.parametrize(
    ("choice", "env", "terminal", "wanted"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_who_decides_about_colour(monkeypatch, choice, env, terminal, wanted):
    monkeypatch.delenv("TERM", raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert report.wants_colour(choice, terminal=terminal) is wanted


def test_writing_to_a_narrow_stream():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    report.write("w\u00e9b", stream)
    report.write("", stream)
    stream.flush()
    assert raw.getvalue() == b"w\\xe9b\n"


def test_reports_of_several_projects_are_one():
    both = report.merged([REPORT, REPORT._replace(findings=(FINDING._replace(location=Location("a.yaml", 1, 1)),))])
    assert [finding.location.where for finding in both.findings] == ["a.yaml", "web.yaml"]
    assert both.files == 4
    assert len(both.not_judged) == 1
