"""Every rule on its cases: the findings lie exactly on the lines that say `# <- rule`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scaffold import checks
from scaffold.checks import docs

CASES = Path(__file__).parent / "cases"
FILES = sorted(CASES.glob("*/*.yaml"))
RULES = [pytest.param(rule, id=rule.ID) for rule in checks.every()]


def meant(text):
    """The version that the first line of a case names."""
    version = re.match(r"# kube-version: (\S+)", text)
    return version[1] if version else ""


@pytest.fixture
def judged(judge):
    """A case -> what the rules say of it, against what stood there before."""

    def run(path):
        text, old = path.read_text(), path.with_suffix(".before")
        return judge(text, kube_version=meant(text), before=old.read_text() if old.exists() else "")

    return run


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case(path, judged):
    text, rule = path.read_text(), path.parent.name
    found = [finding.location.line for finding in judged(path).of(rule)]
    wanted = [number for number, line in enumerate(text.split("\n"), 1) if line.endswith(f"# <- {rule}")]
    assert found == wanted
    assert bool(wanted) == path.name.startswith("fail-")


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_case_of_each_kind(rule):
    names = [path.name for path in FILES if path.parent.name == rule.ID]
    assert any(name.startswith("fail-") for name in names), "add tests/checks/cases/RULE/fail-WHAT.yaml"
    assert any(name.startswith("pass-") for name in names), "add tests/checks/cases/RULE/pass-WHAT.yaml"


@pytest.mark.parametrize("rule", RULES)
def test_the_docstring_fails_and_passes_as_it_says(rule, judge):
    said = docs.parts(rule)
    assert said.title.endswith(".")
    assert judge(said.fails, before=said.before).of(rule.ID)
    assert not judge(said.passes, before=said.before).of(rule.ID)


@pytest.mark.parametrize("rule", RULES)
def test_what_a_docstring_passes_is_no_error_of_any_rule(rule, judge):
    passes = docs.parts(rule).passes
    assert [str(one) for one in judge(passes) if one.level == "error"] == []


@pytest.mark.parametrize("rule", RULES)
def test_one_rule_one_file_one_name(rule):
    assert rule.__name__ == f"scaffold.checks.{rule.ID.replace('-', '_')}"


def test_every_file_of_a_rule_is_registered():
    files = {path.stem for path in Path(checks.__file__).parent.glob("*.py") if not path.name.startswith("_")}
    assert files - {"docs"} == {rule.ID.replace("-", "_") for rule in checks.every()}


def test_no_case_belongs_to_no_rule():
    assert {path.parent.name for path in FILES} == set(checks.RULES)


def test_the_pages_are_fresh():
    folder = Path(__file__).parents[2] / "docs" / "rules"
    on_disk = {path.name: path.read_text() for path in folder.glob("*.md")}
    assert on_disk == docs.pages(), "run python -m scaffold.checks.docs"


def test_stale_pages_are_taken_away(tmp_path):
    (tmp_path / "gone-rule.md").write_text("old")
    docs.write(str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == set(docs.pages())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_rule_is_passed_over(path, judged, monkeypatch):
    found = judged(path).findings
    monkeypatch.setattr(checks._schema, "concerns", lambda *_: checks._schema.UNFIT)
    assert judged(path).findings == found


def test_mild_rules_say_no_error_and_all_others_do(judged):
    found = [one for path in FILES for one in judged(path).findings]
    loud = {one.rule for one in found if one.level == "error"}
    assert loud & checks.MILD == set()
    assert set(checks.RULES) - loud - checks.MILD == set()
