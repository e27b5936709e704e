"""What a pack asks: every type, defaults over earlier answers, `when`, patterns and checks, secrets."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.packs.making import ARTICLE, EXTENDS, write_pack

QUESTIONS = """\
files: [{path: note.yaml, template: note.yaml.j2}]
questions:
  - {name: team, help: who owns it, pattern: "[a-z]+", message: a team is written in small letters}
  - {name: count, type: int, default: 2, check: value <= 10 and value >= ports | length}
  - {name: audit, type: bool, default: false}
  - {name: tier, type: choice, choices: [web, batch], default: web}
  - {name: zones, type: list, default: [a, b], pattern: "[a-z]"}
  - {name: entry, type: port, default: "{{ ports[0].name }}"}
  - {name: title, default: "{{ app.name }} of {{ answers.team }}"}
  - {name: schedule, when: answers.tier == "batch", default: "@daily"}
  - {name: window, when: answers.tier == "batch"}
  - {name: copies, type: int, default: "{{ answers.count * 2 }}"}
"""
NOTE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ app.name }}
data:
{% for name, value in answers.items() if name in OWN %}
{% if name in ("audit", "count", "copies") or value is string %}
  {{ name }}: "{{ value }}"
{% else %}
  {{ name }}: {{ value | join("+") if value is not none else "null" }}
{% endif %}
{% endfor %}
"""
# values are quoted where they need it, so a number is written as text by hand here
NOTE = NOTE.replace('"{{ value }}"', '{{ value ~ "" }}')
# default, which the pack extends, has questions of its own
NOTE = NOTE.replace("OWN", str(re.findall(r"name: (\w+)", QUESTIONS)))


def answered(project, *words, questions=QUESTIONS):
    write_pack(project, "mine", EXTENDS + questions, [("note.yaml.j2", NOTE)])
    done = project.run(*ARTICLE, "-t", "mine", "-o", "yaml", *words)
    return done, list(yaml.safe_load_all(done.stdout))[-1]["data"] if done.stdout else None


def test_what_nobody_answers_has_its_default(project):
    done, data = answered(project, "--set", "team=shop")

    assert done.returncode == 0, done.stderr
    assert data == {
        "team": "shop",
        "count": "2",
        "audit": "False",
        "tier": "web",
        "zones": "a+b",
        "entry": "http",
        "title": "web of shop",
        "schedule": "@daily",
        "window": "null",
        "copies": "4",
    }


def test_the_default_of_a_question_that_is_not_asked_need_not_pass_its_check(project):
    more = "  - {name: most, type: int, default: 1, when: answers.audit, check: value >= 5, message: at least 5}\n"
    done, data = answered(project, "--set=team=shop", questions=QUESTIONS + more)
    assert (done.returncode, data["team"]) == (0, "shop"), done.stderr
    done, _ = answered(project, "--set=team=shop", "--set=audit=true", questions=QUESTIONS + more)
    assert "the default of most: at least 5" in done.stderr


def test_every_type_is_answered_on_the_command_line_and_saved_in_its_own(project):
    words = (
        "--set=team=pay", "--set=count=7", "--set=audit=TRUE", "--set=tier=batch", "--set=zones=c, d",
        "--set=entry=metrics",
        "--set=title=no", "--set=window=1", "--set=copies=-0",
    )  # fmt: skip
    done, data = answered(project, *words)

    assert done.returncode == 0, done.stderr
    assert [data[name] for name in ("count", "audit", "zones", "entry", "title", "copies")] == [
        "7", "True", "c+d", "metrics", "no", "0",
    ]  # fmt: skip
    project.run(*ARTICLE, "-t", "mine", *words)
    saved = yaml.safe_load(project.files()[".svcgen/apps/web.yaml"])["spec"]["set"]
    assert saved == {
        "team": "pay", "count": 7, "audit": True, "tier": "batch", "zones": ["c", "d"], "entry": "metrics",
        "title": "no", "window": "1", "copies": 0,
    }  # fmt: skip
    before = project.files()
    assert project.run("new", "-f", ".svcgen/apps/web.yaml").returncode == 0
    assert project.files() == before


@pytest.mark.parametrize(
    ("text", "items"), [("", []), ("a", ["a"]), ('["x,y", " z"]', ["x,y", " z"]), ("a,b", ["a", "b"])]
)
def test_a_list_is_written_with_commas_or_as_json(project, text, items):
    questions = "files: [{path: note.yaml, template: note.yaml.j2}]\nquestions: [{name: hosts, type: list}]\n"
    done, _ = answered(project, f"--set=hosts={text}", questions=questions)
    project.run(*ARTICLE, "-t", "mine", f"--set=hosts={text}")

    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(project.files()[".svcgen/apps/web.yaml"])["spec"].get("set") == {"hosts": items}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("team=Shop", "team: a team is written in small letters\nhint: team: who owns it"),
        ("count=11", "count: '11' does not hold: value <= 10 and value >= ports | length"),
        ("count=1", "does not hold"),
        ("count=two", "count: 'two' is no whole number"),
        ("audit=maybe", "audit: 'maybe' is neither true nor false"),
        ("tier=wbe", "tier: 'wbe' is none of web, batch; did you mean web?"),
        ("zones=a,bb", "zones: 'bb' does not match [a-z]"),
        ("zones=a,,b", "zones: 'a,,b' has an empty item"),
        ('zones=["a"', "is no list"),
        ("entry=htpp", "entry: 'htpp' is no port of the app; it has http, metrics; did you mean http?"),
        ("schedule=@hourly", "pack 'mine' asks for 'schedule' only when answers.tier == \"batch\""),
        ("temper=x", "pack 'mine' has no question 'temper'\nhint: did you mean 'tier'?"),
    ],
)
def test_a_wrong_answer_is_explained(project, word, said):
    done, _ = answered(project, "--set", "team=shop", "--set", word)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("--set: error: ")
    assert said in done.stderr


def test_a_wrong_answer_of_an_app_spec_is_shown_where_it_stands(project):
    write_pack(project, "mine", EXTENDS + QUESTIONS, [("note.yaml.j2", NOTE)])
    spec = (
        "apiVersion: svcgen/v1\nkind: App\nmetadata: {name: web}\nspec:\n  image: x\n  ports: [http=5000]\n"
        "  template: {pack: mine}\n  set:\n    team: shop\n    count: 99\n"
    )
    project.write("app.yaml", spec)

    done = project.run("new", "-f", "app.yaml")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2, "app.yaml:10:12: error: count: '99' does not hold: value <= 10 and value >= ports | length",
    )  # fmt: skip
    # a flag over it is what counts, and what is pointed at
    done = project.run("new", "-f", "app.yaml", "--set", "count=98")
    assert done.stderr.startswith("--set: error: count: '98' does not hold")
    assert project.run("new", "-f", "app.yaml", "--set", "count=9").returncode == 0


def test_everything_that_is_missing_is_said_at_once(project):
    done, _ = answered(project, "--set", "tier=batch")

    assert done.returncode == 2
    assert done.stderr == (
        ".svcgen/templates/mine/pack.yaml:6:5: error: pack 'mine' asks for 'team': who owns it\n"
        "and for 'window'\n"
        "hint: add --set team=VALUE --set window=VALUE\n"
    )


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("{name: a, default: '{{ answers.b }}'}", "default '{{ answers.b }}': 'dict object' has no attribute 'b'"),
        ("{name: a, default: '{{ app.nmae }}'}", "hint: did you mean name?"),
        ("{name: a, default: '{{ 1 + }}'}", "default '{{ 1 + }}': "),
        ("{name: a, type: int, default: '{{ app.name }}'}", "the default of a: 'web' is no whole number"),
        ("{name: a, type: bool, default: 1}", "the default of a: 1 is neither true nor false"),
        ("{name: a, default: b, when: prots}", "when 'prots': 'prots' is undefined\nhint: did you mean ports?"),
        ("{name: a, default: b, when: '1 / 0'}", "when '1 / 0': division by zero"),
        ("{name: a, default: b, check: 'value.'}", "check 'value.': "),
        ('{name: a, default: b, when: "app.__class__"}', "unsafe"),
    ],
)
def test_an_expression_that_fails_is_shown_in_pack_yaml(project, question, said):
    done, _ = answered(project, questions=f"questions:\n  - {question}\n")

    assert done.returncode == 2
    assert done.stderr.startswith(".svcgen/templates/mine/pack.yaml:5:")
    assert said in done.stderr


def test_a_secret_is_rendered_and_never_saved(project):
    questions = (
        "files: [{path: secret.yaml, template: secret.yaml.j2}]\nquestions:\n  - {name: token, secret: true}\n"
        "  - {name: hint, default: none}\n"
    )
    secret = (
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ app.name }}\nstringData:\n  token: {{ answers.token }}\n"
    )
    write_pack(project, "mine", EXTENDS + questions, [("secret.yaml.j2", secret)])
    done = project.run(*ARTICLE, "-t", "mine", "--set", "token=hunter2", "--set", "hint=x")

    assert done.returncode == 0, done.stderr
    files = project.files()
    assert b"token: hunter2" in files["web/secret.yaml"]
    assert b"hunter2" not in files[".svcgen/apps/web.yaml"]
    assert b'hint: "x"' in files[".svcgen/apps/web.yaml"]
    # the same again changes nothing: what is there is what svcgen wrote with this secret
    again = project.run(*ARTICLE, "-t", "mine", "--set", "token=hunter2", "--set", "hint=y")
    assert again.returncode == 0, again.stderr
    assert "error" in project.run(*ARTICLE, "-t", "mine").stderr
