"""What a pack asks, at a terminal: every type of question, its labels and types, and the line that repeats it."""

from __future__ import annotations

import pytest
import yaml

from tests.packs.making import EXTENDS, HEAD, write_pack
from tests.terminal import Terminal
from tests.test_wizard import BOTH, IMAGE, repeated, spec_of

QUESTIONS = """\
questions:
  - {name: team, help: who owns the app, pattern: "[a-z]+", message: a team is written in small letters}
  - {name: count, type: int, default: 2, check: value < 10}
  - {name: audit, type: bool, default: false}
  - {name: tier, type: choice, choices: [web, batch], default: web}
  - {name: window, when: answers.tier == "batch"}
  - {name: zones, type: list, default: [a, b]}
  - {name: entry, type: port, default: "{{ ports[-1].name }}"}
  - {name: address, default: "{{ app.name }}:{{ ports[0].service_port }}"}
  - {name: quiet, default: kept, ask: false}
"""
ANSWERS = "files: [{path: note.yaml, template: note.j2}]\n"
NOTE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ app.name }}
data:
{% for name, value in answers.items() if value is not none %}
  {{ name }}: {{ value | string }}
{% endfor %}
"""
PORTS = ("-p", "http=5000", "-p", "metrics=6000")
CHANGE = "Change a port? (Enter: no, or its name, or that of an answer)"


@pytest.fixture
def acme(project):
    write_pack(project, "acme", EXTENDS + ANSWERS + QUESTIONS, [("note.j2", NOTE)])
    return ("new", "web", "--image", IMAGE, *PORTS, "-t", "acme")


@pytest.mark.parametrize("env", BOTH, ids=["questionary", "plain"])
def test_every_type_is_asked_after_the_ports_and_the_line_repeats_it(project, acme, env, tmp_path):
    terminal = Terminal(project.folder, *acme, env=env)
    tries = (
        ("team:", "", "must not be empty"),
        ("team:", "Shop", "a team is written in small letters"),
        ("team:", "shop", None),
        ("count (a number) [2]:", "x", "'x' is no whole number"),
        ("count (a number) [2]:", "10", "'10' does not hold: value < 10"),
        ("count (a number) [2]:", "7", None),
        ("audit (yes or no) [no]:", "perhaps", "'perhaps' is neither true nor false"),
        ("audit (yes or no) [no]:", "y", None),
        ("tier (web, batch) [web]:", "wbe", "'wbe' is none of web, batch; did you mean web?"),
        ("tier (web, batch) [web]:", "batch", None),
        ("window:", "02:00", None),
        ("zones, several with commas [a,b]:", "a,,b", "has an empty item"),
        ("zones, several with commas [a,b]:", "c, d", None),
        ("entry (http, metrics) [metrics]:", "htpp", "'htpp' is no port of the app"),
        ("entry (http, metrics) [metrics]:", "http", None),
        ("address [web:8080]:", "", None),
    )
    for question, text, reason in tries:
        terminal.answer(question, text)
        if reason:
            terminal.wait_for(reason)
    terminal.answer(CHANGE, "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    assert "  who owns the app" in terminal.lines
    assert spec_of(project, "web")["set"] == {
        "team": "shop", "count": 7, "audit": True, "tier": "batch", "window": "02:00", "zones": ["c", "d"],
        "entry": "http", "address": "web:8080",
    }  # fmt: skip
    packs = {path: text for path, text in project.files().items() if "templates/" in path}
    assert repeated(terminal, tmp_path / "again", packs) == project.files()


def test_what_is_given_or_not_asked_as_things_stand_is_not_asked(project, acme):
    words = ("new", "web", *PORTS, "-t", "acme", "--set", "team=shop", "--set", "zones=z", "--set", "count=1")
    terminal = Terminal(project.folder, *words)
    terminal.answer("Image (", IMAGE)
    terminal.answer("audit", "")
    terminal.answer("tier", "")
    terminal.answer("entry", "")
    terminal.answer("address", "")
    terminal.answer(CHANGE, "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    assert "window" not in spec_of(project, "web")["set"]


def test_nothing_is_asked_where_only_defaults_are_left(project, acme):
    terminal = Terminal(project.folder, *acme, "--set", "team=shop")

    assert terminal.end() == 0
    assert "?" not in terminal.text
    assert spec_of(project, "web")["set"] == {"team": "shop"}


def test_a_question_that_comes_up_by_another_answer_is_asked_too(project, acme):
    terminal = Terminal(project.folder, *acme, "--set", "team=shop", "--set", "tier=batch")
    terminal.answer("count", "")
    terminal.answer("audit", "")
    terminal.answer("window:", "02:00")
    for question in ("zones", "entry", "address", CHANGE, "Write these files?"):
        terminal.answer(question, "")

    assert terminal.end() == 0
    assert spec_of(project, "web")["set"]["window"] == "02:00"
    quiet = project.run(*acme, "--set", "team=shop", "--set", "tier=batch")
    assert (quiet.returncode, "add --set window=VALUE" in quiet.stderr) == (2, True)


@pytest.mark.parametrize("env", BOTH, ids=["questionary", "plain"])
def test_answers_are_shown_with_the_numbers_and_can_be_changed(project, env):
    terminal = Terminal(project.folder, "new", "web", "--image", IMAGE, env=env)
    terminal.answer("First port", "http=5000")
    terminal.answer("Another port?", "")
    terminal.wait_for("  answers: probe=tcp")
    terminal.answer(CHANGE, "prob")
    terminal.wait_for("'prob' is none of its ports: http, and none of the answers: probe")
    terminal.answer(CHANGE, "probe")
    terminal.answer("probe (tcp, http, none) [tcp]:", "http")
    terminal.wait_for("probe=http")
    terminal.answer(CHANGE, "probe_path")
    terminal.answer("probe_path [/]:", "/healthz")
    terminal.answer(CHANGE, "http")
    terminal.answer("Node port of http", "30077")
    terminal.answer("Service port of http", "")
    terminal.answer("Target port of http [", "")
    terminal.wait_for("probe_path=/healthz")
    terminal.answer(CHANGE, "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    assert spec_of(project, "web")["set"] == {"probe": "http", "probe_path": "/healthz"}
    assert spec_of(project, "web")["ports"][0]["nodePort"] == 30077
    assert 'path: "/healthz"' in project.files()["web/deployment.yaml"].decode()


def test_a_changed_answer_brings_up_and_drops_what_depends_on_it(project, acme):
    terminal = Terminal(project.folder, *acme)
    terminal.answer("team:", "shop")
    for question in ("count", "audit", "tier", "zones", "entry", "address"):
        terminal.answer(question, "")
    terminal.answer(CHANGE, "tier")
    terminal.answer("tier (web, batch) [web]:", "batch")
    terminal.answer("window:", "02:00")
    terminal.wait_for("window=02:00")
    terminal.answer(CHANGE, "tier")
    terminal.answer("tier (web, batch) [batch]:", "web")
    terminal.answer(CHANGE, "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    assert "window" not in spec_of(project, "web")["set"]
    assert spec_of(project, "web")["set"]["tier"] == "web"


@pytest.mark.parametrize("env", BOTH, ids=["questionary", "plain"])
def test_a_secret_is_neither_shown_nor_saved_nor_printed(project, env):
    secret = (
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ app.name }}\nstringData:\n  token: {{ answers.token }}\n"
    )
    questions = "questions: [{name: token, secret: true, pattern: '[a-z0-9]+'}]\n"
    files = "files: [{path: secret.yaml, template: secret.j2}]\n"
    write_pack(project, "acme", EXTENDS + files + questions, [("secret.j2", secret)])
    words = ("new", "web", "--image", IMAGE, "-p", "http=5000", "-t", "acme", "--set", "probe=none")
    terminal = Terminal(project.folder, *words, env=env)
    before = terminal.attributes()
    terminal.press("token (not shown):", "Wrong One\r")
    terminal.wait_for("does not match")
    terminal.press("token (not shown):", "hunter2\r")
    terminal.answer(CHANGE, "http")
    terminal.answer("Node port of http", "30077")
    terminal.answer("Service port of http", "")
    terminal.answer("Target port of http [", "")
    terminal.answer(CHANGE, "")
    terminal.press("Write these files?", "\r")

    assert terminal.end() == 0
    assert terminal.attributes() == before
    made = project.files()
    assert b"token: hunter2\n" in made["web/secret.yaml"]
    assert b"hunter2" not in made[".svcgen/apps/web.yaml"]
    # the files are shown before they are written, without it
    assert "  token: ***" in terminal.lines
    assert "hunter2" not in terminal.raw
    (line,) = [line for line in terminal.lines if line.startswith("the same again: ")]
    assert "--set probe=none" in line
    assert "token" not in line
    assert "note: what is secret is not in it and will be asked again: token" in terminal.lines


def test_what_the_policy_wants_is_asked_or_said_at_once(project):
    policy = """\
policy:
  - {required_labels: [team], text: every app names its team}
  - {allowed_registries: [ghcr.io/acme], text: images come from our registry}
  - {forbidden_types: [NodePort], text: no node ports here}
  - {locked: {replicas: 3}, text: three of each}
"""
    write_pack(project, "acme", EXTENDS + policy)
    terminal = Terminal(project.folder, "new", "web", "-p", "http=5000", "-t", "acme")
    terminal.answer("Image (", "nginx:1")
    terminal.wait_for("is not of ghcr.io/acme; pack 'acme': images come from our registry")
    terminal.answer("Image (", "ghcr.io/acme/web:1")
    terminal.answer("Type (ClusterIP or LoadBalancer) [ClusterIP]:", "")
    terminal.wait_for("pack 'acme': every app names its team")
    terminal.answer("Label team:", "a b")
    terminal.wait_for("'a b' must hold only")
    terminal.answer("Label team:", "shop")
    terminal.answer(CHANGE, "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    saved = yaml.safe_load(project.files()[".svcgen/apps/web.yaml"])
    assert (saved["metadata"]["labels"], saved["spec"]["replicas"], saved["spec"]["type"]) == (
        {"team": "shop"}, 3, "ClusterIP",
    )  # fmt: skip
    early = Terminal(project.folder, "new", "web", "-t", "acme", "--replicas", "2")
    assert early.end() == 2
    assert "replicas is 3, not 2" in early.text
    assert "? Image" not in early.text


def test_an_answer_that_the_pack_does_not_ask_for_is_said_before_the_first_question(project, acme):
    terminal = Terminal(project.folder, "new", "-t", "acme", "--set", "taem=shop")

    assert terminal.end() == 2
    assert "did you mean 'team'?" in terminal.text
    assert "? " not in terminal.text


def test_a_locked_image_is_not_asked_for(project):
    write_pack(project, "acme", EXTENDS + "policy: [{locked: {image: ghcr.io/acme/x, probe: none}, text: ours}]\n")
    terminal = Terminal(project.folder, "new", "web", "-t", "acme")
    terminal.answer("First port", "http=5000")
    terminal.answer("Another port?", "")
    # what is locked cannot be changed, so it is not offered
    terminal.answer("Change a port?", "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    assert "probe=" not in terminal.text
    assert spec_of(project, "web")["image"] == "ghcr.io/acme/x"


@pytest.mark.parametrize("keys", ["\x03", "\x04"], ids=["ctrl-c", "ctrl-d"])
@pytest.mark.parametrize("question", ["team:", "token"])
@pytest.mark.parametrize("env", BOTH, ids=["questionary", "plain"])
def test_whoever_leaves_a_question_leaves_nothing_behind(project, env, question, keys):
    extra = "  - {name: token, secret: true}\n"
    write_pack(project, "acme", EXTENDS + "questions:\n  - {name: team}\n" + extra)
    terminal = Terminal(project.folder, "new", "web", "--image", IMAGE, *PORTS, "-t", "acme", env=env)
    before = terminal.attributes()
    if question == "token":
        terminal.answer("team:", "shop")
    terminal.press(question, keys)

    assert terminal.end() == 130
    assert terminal.attributes() == before
    assert terminal.text.count("interrupted, nothing was written") == 1
    assert [path for path in project.files() if "templates/" not in path] == []


def test_a_pack_that_is_extended_asks_what_it_asks_itself(project):
    write_pack(project, "base", EXTENDS + "questions: [{name: team}, {name: tier, default: web}]\n")
    write_pack(project, "acme", HEAD + "extends: base\nquestions: [{name: cost, type: int, default: 1}]\n")
    terminal = Terminal(project.folder, "new", "web", "--image", IMAGE, "-p", "http=5000", "-t", "acme")
    terminal.answer("team:", "shop")
    terminal.answer("tier [web]:", "")
    terminal.answer("cost (a number) [1]:", "2")
    terminal.answer(CHANGE, "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    assert spec_of(project, "web")["set"] == {"team": "shop", "tier": "web", "cost": 2}
