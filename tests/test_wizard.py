"""The wizard, as a person meets it: a real process on a real pseudo-terminal, read through a screen."""

from __future__ import annotations

import re
import shlex

import pytest
import yaml

from scaffold.errors import AnswerNo
from tests.terminal import Terminal

IMAGE = "ghcr.io/acme/my-service:1.4.2"
ASKED = (
    ("Name [", "my-service"),
    ("Image (such as", IMAGE),
    ("First port", ""),
    ("Target port of http,", "5000"),
    ("Another port?", "metrics"),
    ("Target port of metrics,", "6000"),
    ("Another port?", ""),
)
REVIEWED = (
    ("Change a port?", "http"),
    ("Node port of http", ""),
    ("Service port of http", ""),
    ("Target port of http [", ""),
    ("Change a port?", ""),
)
EVERY = (*ASKED, *REVIEWED, ("Write these files?", ""))
HELD = """\
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec:
  type: NodePort
  ports:
    - name: http
      port: 80
      nodePort: 30000
"""
PLAIN = [{"TERM": "dumb"}, {"NO_COLOR": "1"}]
BOTH = [{}, {"TERM": "dumb"}]


def repeated(terminal, folder, packs=None):
    """The printed line, run as a process of its own in a folder with nothing but packs; the files that it writes."""
    from tests.conftest import Project

    other = Project(folder)
    folder.mkdir()
    (folder / ".git").mkdir()
    for path, text in (packs or {}).items():
        other.write(path, text)
    (line,) = [line for line in terminal.lines if line.startswith("the same again: ")]
    program, *words = shlex.split(line.removeprefix("the same again: "))
    done = other.run(*words)
    assert (program, done.returncode) == ("svcgen", 0), done.stderr
    return other.files()


def spec_of(project, name="my-service"):
    return yaml.safe_load(project.files()[f".svcgen/apps/{name}.yaml"])["spec"]


@pytest.mark.parametrize("env", [*BOTH, {"NO_COLOR": "1"}, {"TERM": "screen"}, {"TERM": "a-terminal-of-tomorrow"}])
def test_the_whole_way_from_nothing_to_files_and_the_line_that_repeats_it(project, tmp_path, env):
    terminal = Terminal(project.folder, "new", env=env)
    terminal.answers(*ASKED)
    terminal.answer("Change a port?", "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    files = project.files()
    assert sorted(files) == [".svcgen/apps/my-service.yaml", "my-service/deployment.yaml", "my-service/service.yaml"]
    ports = yaml.safe_load(files["my-service/service.yaml"])["spec"]["ports"]
    # the numbers and the route were shown before they were written, and so were the files
    before = terminal.text.partition("Write these files?")[0]
    for port, target in zip(ports, (5000, 6000), strict=True):
        numbers = rf"│ {port['nodePort']} +│─+▶│ {port['port']} +│─+▶│ {target} +│"
        assert re.search(rf"^ +{port['name']} +─+▶{numbers}", before, re.MULTILINE)
    assert before.endswith("".join(f"# {path}\n{text.decode()}\n" for path, text in in_writing_order(files)) + "? ")
    assert repeated(terminal, tmp_path / "again") == files


def test_the_line_repeats_an_output_folder_of_the_spec_and_a_format(project, tmp_path):
    project.write(
        "app.yaml", "apiVersion: svcgen/v1\nkind: App\nmetadata: {name: web}\nspec: {image: x, output: deploy/web}\n"
    )
    terminal = Terminal(project.folder, "new", "-f", "app.yaml")
    terminal.answers(
        ("First port", "http=80"), ("Another port?", ""), ("Change a port?", ""), ("Write these files?", "")
    )

    assert terminal.end() == 0
    files = {path: text for path, text in project.files().items() if path != "app.yaml"}
    assert "deploy/web/service.yaml" in files
    assert repeated(terminal, tmp_path / "again") == files

    printing = Terminal(project.folder, "new", "-f", "app.yaml", "-o", "yaml", stdout=tmp_path / "out.yaml")
    printing.answers(("First port", "http=80"), ("Another port?", ""), ("Change a port?", ""))
    assert printing.end() == 0
    assert "kind: Deployment" in (tmp_path / "out.yaml").read_text()
    assert " -d deploy/web -o yaml" in "".join(printing.lines)


def in_writing_order(files):
    return sorted(files.items(), key=lambda item: ("deployment" in item[0], "service.yaml" in item[0]))


def test_only_what_is_missing_is_asked(project):
    terminal = Terminal(project.folder, "new", "--image", IMAGE, "-n", "shop", "-p", "http=8443:5000")
    terminal.answer("Name [", "web")
    terminal.answer("Change a port?", "")
    terminal.answer("Write these files?", "y")

    assert terminal.end() == 0
    assert terminal.text.count("\n? ") == 3
    assert (spec_of(project, "web")["image"], spec_of(project, "web")["ports"][0]["port"]) == (IMAGE, 8443)


def test_a_flag_that_is_wrong_is_said_before_the_first_question(project):
    terminal = Terminal(project.folder, "new", "--image", "two words")

    assert terminal.end() == 2
    assert "--image: error: 'two words' must not hold blanks" in terminal.text
    assert "?" not in terminal.text


def test_flags_alone_load_no_wizard(project):
    words = ("new", "web", "--image", IMAGE, "-p", "http=5000")
    done = project.run(*words, env={"PYTHONPROFILEIMPORTTIME": "1"})

    assert "scaffold.spec" in done.stderr
    for library in ("questionary", "prompt_toolkit", "scaffold.wizard"):
        assert library not in done.stderr


def test_what_the_folder_says_is_proposed_and_enter_takes_it(project):
    project.write("Dockerfile", "FROM python:3.13\nARG PORT=5000\nEXPOSE ${PORT} 9090\n")
    project.write("compose.yaml", "services:\n  shop:\n    build: .\n    image: acme/shop:1\n")
    terminal = Terminal(project.folder, "new")
    for question in (
        "Name [shop]",
        "Image [acme/shop:1]",
        "Ports (Enter: as proposed",
        "Change a port?",
        "Write these",
    ):
        terminal.answer(question, "")

    assert terminal.end() == 0
    for line in (
        "compose.yaml service shop - proposed: shop",
        "compose.yaml:4 image - proposed: acme/shop:1",
        "Dockerfile:3 EXPOSE 5000 - proposed: http=5000",
        "Dockerfile:3 EXPOSE 9090 - proposed: metrics=9090",
    ):
        assert line in terminal.lines
    ports = [(port["name"], port["targetPort"]) for port in spec_of(project, "shop")["ports"]]
    assert ports == [("http", 5000), ("metrics", 9090)]


def test_a_proposal_is_no_more_than_that(project):
    project.write("Dockerfile", "FROM python:3.13\nEXPOSE 5000\n")
    terminal = Terminal(project.folder, "new", "web", "--image", IMAGE)
    terminal.answer("Ports (Enter", "api=7000/udp")
    terminal.answer("Another port?", "no")
    terminal.answer("Change a port?", "no")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    ports = [(port["name"], port["targetPort"], port["protocol"]) for port in spec_of(project, "web")["ports"]]
    assert ports == [("api", 7000, "UDP")]


@pytest.mark.parametrize("env", BOTH)
def test_a_wrong_answer_gets_its_reason_and_another_try(project, env):
    tries = (
        ("Name [", "Web_1", "'Web_1' must hold only a-z, 0-9 and '-'"),
        ("Name [", "web", None),
        ("Image (", "", "'' must not be empty"),
        ("Image (", "acme/Web", "'acme/Web' must be in lower case before the tag"),
        ("Image (", "acme/web:1", None),
        ("First port", "no", "an app needs at least one port"),
        ("First port", "abcdefghijklmnop", "'abcdefghijklmnop' has 16 characters, 15 are allowed"),
        ("First port", "http:5000", "did you mean http=5000?"),
        ("First port", "http", None),
        ("Target port of http", "", "has no target port"),
        ("Target port of http", "65536", "65536 is not between 1 and 65535"),
        ("Target port of http", "5000", None),
        ("Another port?", "http", "http is the name of another port"),
        ("Another port?", "yes", "the port's name, please, such as metrics"),
        ("Another port?", "metrics=5000", "5000 is the target port of http already"),
        ("Another port?", "metrics=30000:8080:6000/tcp", None),
        ("Another port?", "admin=8080:7000", "8080 is the service port of metrics already"),
        ("Another port?", "admin=30000:8081:7000", "30000 is the node port of metrics already"),
        ("Another port?", "", None),
        ("Change a port?", "htp", "'htp' is none of its ports: http, metrics"),
        ("Change a port?", "http", None),
        ("Node port of http", "30000", "30000 is the node port of metrics already"),
        ("Node port of http", "x", "'x' is not a number from 1 to 65535"),
        ("Node port of http", "30001", None),
        ("Service port of http", "8080", "8080 is the service port of metrics already"),
        ("Service port of http", "0", "'0' is not a number from 1 to 65535"),
        ("Service port of http", "8000", None),
        ("Target port of http [", "6000", "6000 is the target port of metrics already"),
        ("Target port of http [", "5001", None),
        ("Change a port?", "", None),
        ("Write these files?", "perhaps", "yes or no, please"),
        ("Write these files?", "YES", None),
    )
    terminal = Terminal(project.folder, "new", env=env)
    for question, text, reason in tries:
        terminal.answer(question, text)
        if reason:
            terminal.wait_for(reason)

    assert terminal.end() == 0
    assert spec_of(project, "web")["ports"] == [
        {"name": "http", "port": 8000, "targetPort": 5001, "nodePort": 30001, "protocol": "TCP"},
        {"name": "metrics", "port": 8080, "targetPort": 6000, "nodePort": 30000, "protocol": "TCP"},
    ]


def test_a_cluster_ip_service_is_not_asked_for_node_ports(project):
    terminal = Terminal(project.folder, "new", "web", "--image", IMAGE, "--type", "ClusterIP")
    terminal.answer("First port", "http=30000:8080:5000")
    terminal.wait_for("a ClusterIP Service has no node port")
    terminal.answer("First port", "5000")
    terminal.answer("Another port?", "")
    terminal.answer("Change a port?", "http")
    terminal.answer("Service port of http", "80")
    terminal.answer("Target port of http", "")
    terminal.answer("Change a port?", "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    assert spec_of(project, "web")["ports"] == [{"name": "http", "port": 80, "targetPort": 5000, "protocol": "TCP"}]


def test_a_changed_number_moves_no_other_and_keeps_their_reasons(project, tmp_path):
    terminal = Terminal(project.folder, "new", "--allocate", "first")
    terminal.answers(*ASKED)
    terminal.answer("Change a port?", "http")
    terminal.answer("Node port of http [30000]", "30077")
    terminal.answer("Service port of http [8080]", "80")
    terminal.answer("Target port of http [5000]", "")
    terminal.answer("Change a port?", "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    numbers = [(port["nodePort"], port["port"], port["targetPort"]) for port in spec_of(project)["ports"]]
    assert numbers == [(30077, 80, 5000), (30001, 8081, 6000)]
    after = terminal.text.rpartition("Target port of http [5000]")[2]
    assert "http: node port asked for; service port asked for" in after
    assert "metrics: node port first free of 30000-30085, the static band" in after
    assert repeated(terminal, tmp_path / "again") == project.files()


@pytest.mark.parametrize("env", BOTH)
def test_a_number_that_somebody_holds_is_refused_with_its_holder_and_asked_again(project, env):
    project.write("k8s/api/service.yaml", HELD)
    terminal = Terminal(project.folder, "new", "web", "-p", "http=5000", "-n", "shop", env=env)
    terminal.answer("Image (", IMAGE)
    terminal.answer("Change a port?", "http")
    for _ in range(2):
        terminal.answer("Node port of http", "30000")
        terminal.wait_for("node port 30000 of 'http' is already held by shop/api")
        terminal.wait_for("(k8s/api/service.yaml:9:17)")
        terminal.wait_for("hint: ")
    terminal.answer("Node port of http", "30001")
    terminal.answer("Service port of http", "")
    terminal.answer("Target port of http", "")
    terminal.answer("Change a port?", "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    assert spec_of(project, "web")["ports"][0]["nodePort"] == 30001


def test_a_held_number_among_the_answers_is_said_and_another_is_shown(project):
    project.write("k8s/api/service.yaml", HELD)
    terminal = Terminal(project.folder, "new", "web", "--image", IMAGE, "-n", "shop", "--allocate", "first")
    terminal.answer("First port", "http=30000:8080:5000")
    terminal.answer("Another port?", "metrics=30044:8081:6000")
    terminal.answer("Another port?", "")
    terminal.wait_for("node port 30000 of 'http' is already held by shop/api")
    terminal.answer("Change a port?", "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    assert [port["nodePort"] for port in spec_of(project, "web")["ports"]] == [30001, 30044]


def test_no_at_the_end_writes_nothing(project):
    terminal = Terminal(project.folder, "new")
    terminal.answers(*EVERY[:-1], ("Write these files?", "no"))

    assert terminal.end() == 130
    assert "nothing was written" in terminal.text
    assert project.files() == {}


@pytest.mark.parametrize("keys", ["\x03", "\x04"], ids=["ctrl-c", "ctrl-d"])
@pytest.mark.parametrize("place", range(len(EVERY)), ids=[f"{at} {asked[0]}" for at, asked in enumerate(EVERY)])
@pytest.mark.parametrize("env", BOTH, ids=["questionary", "plain"])
def test_whoever_leaves_finds_the_terminal_as_it_was_and_nothing_written(project, env, place, keys):
    terminal = Terminal(project.folder, "new", env=env)
    before = terminal.attributes()
    terminal.answers(*EVERY[:place])
    terminal.wait_for(EVERY[place][0])
    # the test would show nothing if the prompt had left the terminal alone
    assert (terminal.attributes() == before) == bool(env)
    terminal.child.send(keys)

    assert terminal.end() == 130
    assert terminal.attributes() == before
    assert not terminal.screen.cursor.hidden
    assert "\x1b[?1049" not in terminal.raw
    assert (terminal.raw.count("\x1b[?2004h"), "Traceback" in terminal.raw) == (
        terminal.raw.count("\x1b[?2004l"),
        False,
    )
    assert terminal.text.count("interrupted, nothing was written") == 1
    assert (project.files(), sorted(path.name for path in project.folder.iterdir())) == ({}, [".git"])


@pytest.mark.parametrize("keys", ["half an ans\x03", "\x03\x03", "\x03\x03\x03\x04", "half an ans\x04\x04\x03"])
@pytest.mark.parametrize("env", BOTH, ids=["questionary", "plain"])
def test_leaving_in_a_hurry(project, env, keys):
    terminal = Terminal(project.folder, "new", env=env)
    before = terminal.attributes()
    terminal.answer("Name [", "web")
    terminal.press("Image (", keys)

    assert terminal.end() == 130
    assert terminal.attributes() == before
    assert project.files() == {}


@pytest.mark.parametrize("env", PLAIN, ids=["dumb", "no colour"])
def test_no_escape_sequence_reaches_a_plain_terminal_not_even_somebody_elses(project, env):
    folder = project.folder / "evil\x1b[31m\x1b]0;title\x07"
    folder.mkdir()
    project.write("k8s/\x1b[2J/service.yaml", HELD)
    terminal = Terminal(folder, "new", env=env)
    terminal.answer("Name [evil-31m-0-title]", "")
    terminal.answer("Image (such as", "acme/\x1b[31mred")
    terminal.answer("Image (such as", IMAGE)
    terminal.answer("First port", "http=30000:8080:5000")
    terminal.answer("Another port?", "")
    terminal.answer("Change a port?", "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    assert "\x1b" not in terminal.raw
    assert "already held by shop/api" in terminal.text


@pytest.mark.parametrize(
    "env",
    [{}, {"TERM": "dumb"}, {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["questionary", "plain", "ascii for Python too"],
)
def test_a_c_locale_gets_by_on_ascii(project, tmp_path, env):
    terminal = Terminal(project.folder, "new", env={"LC_ALL": "C", **env})
    terminal.answer("Name [", "w\u00e9b")
    terminal.answers(*ASKED)
    terminal.answer("Change a port?", "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    if "PYTHONUTF8" in env:
        assert "client        +- node -+" in terminal.text.partition("Write these files?")[0]
        assert terminal.raw.replace("\u00e9", "").isascii()
    assert repeated(terminal, tmp_path / "again") == project.files()


@pytest.mark.parametrize("env", BOTH, ids=["questionary", "plain"])
def test_nothing_is_wider_than_80_columns(project, env):
    project.write("k8s/api/service.yaml", HELD)
    project.write("package.json", '{"name": "' + "n" * 63 + '"}')
    project.write("compose.yaml", f"services:\n  a:\n    image: ghcr.io/{'long/' * 12}image:1\n")
    terminal = Terminal(project.folder, "new", "--env", "A=b", env=env)
    terminal.answer("Name [", "n" * 64)
    terminal.answer("Name [", "my-service")
    terminal.answer("Image [as proposed]", "acme/web:1")
    terminal.answer("First port", "averylongportna")
    terminal.answer("Target port of averylongportna,", "5000/sctp")
    terminal.answer("Another port?", "h" * 12)
    terminal.answer("Target port of hhhhhhhhhhhh,", "65536")
    terminal.answer("Target port of hhhhhhhhhhhh,", "6000")
    terminal.answer("Another port?", "")
    terminal.answer("Change a port?", "averylongportna")
    terminal.answer("Node port of", "30000")
    for _ in range(3):
        terminal.answer("port of averylongportna", "")
    terminal.answer("Change a port?", "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    # what a file holds, and what is there to be copied, is as long as it is
    exempt = ("the same again: ", "compose.yaml:3 image", "    - {name:")
    lines = [line for line in terminal.lines if not line.startswith(exempt)]
    assert max(map(len, lines)) <= 80, max(lines, key=len)


def test_questions_go_to_stderr_and_only_results_to_stdout(project):
    result = project.folder / "result.txt"
    terminal = Terminal(project.folder, "new", "--image", IMAGE, "-p", "http=5000", "-o", "yaml", stdout=result)
    terminal.answer("Name [", "web")
    terminal.answer("Change a port?", "")

    assert terminal.end() == 0
    service, deployment = yaml.safe_load_all(result.read_text())
    assert (service["kind"], deployment["kind"]) == ("Service", "Deployment")
    assert list(project.files()) == ["result.txt"]


@pytest.mark.parametrize("env", BOTH, ids=["questionary", "plain"])
def test_answers_typed_ahead_are_not_lost(project, env):
    terminal = Terminal(project.folder, "new", env=env)
    terminal.press("Name [", "".join(f"{text}\r" for _, text in EVERY))

    assert terminal.end() == 0
    assert [port["targetPort"] for port in spec_of(project)["ports"]] == [5000, 6000]


def test_what_changes_is_shown_as_a_diff(project):
    project.run("new", "my-service", "--image", IMAGE, "-p", "http=5000")
    terminal = Terminal(project.folder, "new", "my-service", "-p", "http=5000")
    terminal.answer("Image (", "acme/my-service:2")
    terminal.answer("Change a port?", "")
    terminal.answer("Write these files?", "")

    assert terminal.end() == 0
    before = terminal.text.partition("Write these files?")[0]
    assert f'-          image: "{IMAGE}"\n+          image: "acme/my-service:2"\n' in before
    assert "+++ my-service/deployment.yaml" in before


def test_no_difference_is_nothing_to_ask(project):
    project.run("new", "my-service", "--image", IMAGE, "-p", "http=5000")
    terminal = Terminal(project.folder, "new", "my-service", "-p", "http=5000")
    terminal.answer("Image (", IMAGE)
    terminal.answer("Change a port?", "")

    assert terminal.end() == 0
    assert "nothing changed" in terminal.text
    assert "Write these files?" not in terminal.text


def test_without_a_terminal_nobody_is_asked(project):
    done = project.run("new")

    assert (done.returncode, done.stdout) == (2, "")
    for flag in ("NAME", "--image", "--port"):
        assert flag in done.stderr
    assert project.files() == {}


@pytest.mark.parametrize("words", [("--no-input",), ()])
def test_on_a_terminal_too_when_nobody_may_be_asked(project, words):
    terminal = Terminal(project.folder, "new", *words, env={} if words else {"CI": "true"})

    assert terminal.end() == 2
    assert "missing NAME, --image, --port" in terminal.text


def test_a_full_range_ends_the_wizard_with_its_holders(project):
    project.write("k8s/api/service.yaml", HELD)
    terminal = Terminal(project.folder, "new", "web", "--image", IMAGE, "--node-port-range", "30000-30000")
    terminal.answer("First port", "5000")
    terminal.answer("Another port?", "")

    assert terminal.end() == AnswerNo.exit_code
    assert "30000 is already held by shop/api (k8s/api/service.yaml:9:17)" in terminal.text
    assert "Change a port?" not in terminal.text


# --- environments ----------------------------------------------------------------------------------------------------

KUSTOMIZE = ("new", "web", "--image", IMAGE, "-p", "http=5000", "-p", "metrics=6000", "-t", "kustomize")


def test_every_environment_is_shown_and_each_of_its_numbers_can_be_changed(project, tmp_path):
    terminal = Terminal(project.folder, "new", "--image", IMAGE, *KUSTOMIZE[4:], "--set", "namespaces=shop-dev,shop")
    terminal.answer("Name [", "web")
    terminal.answer("environments, several with commas", "")
    terminal.answer("Change a port?", "http")
    terminal.answer("Node port in dev of http", "30007")
    terminal.answer("Node port in prod of http", "80")
    terminal.answer("Node port in prod of http", "30008")
    terminal.answer("Service port of http", "")
    terminal.answer("Target port of http", "")
    terminal.answer("Change a port?", "metrics")
    terminal.answer("Node port in dev of metrics", "30007")
    terminal.answer("Node port in dev of metrics", "")
    terminal.answer("Node port in prod of metrics", "30009")
    terminal.answer("Service port of metrics", "")
    terminal.answer("Target port of metrics", "")
    terminal.answer("Change a port?", "")
    terminal.answer("Write these files?", "yes")

    assert terminal.end() == 0, terminal.text
    assert "port     node port dev  node port prod  service port  target port" in terminal.text
    assert "node port 80 of 'http' in prod is outside the range" in terminal.text
    assert "30007 is the node port of http in dev already" in terminal.text
    http, metrics = spec_of(project, "web")["ports"]
    assert http["nodePorts"] == {"dev": 30007, "prod": 30008}
    assert metrics["nodePorts"]["prod"] == 30009
    assert re.search(r"dev:\n  client .*\n  http .*│ 30007  │─+▶│ 8080 .*│ 5000 ", terminal.text)
    assert repeated(terminal, tmp_path / "again") == project.files()


def test_a_node_port_of_one_environment_that_cannot_be_had_is_chosen_anew_and_the_others_stay(project):
    project.write("k8s/api/service.yaml", HELD)
    asked = ("-p", "http=5000,nodePort.dev=30000,nodePort.prod=30001")
    terminal = Terminal(project.folder, "new", "--image", IMAGE, "-t", "kustomize", *asked)
    terminal.answer("Name [", "web")
    terminal.answer("environments, several with commas", "")
    terminal.answer("Change a port?", "")
    terminal.answer("Write these files?", "yes")

    assert terminal.end() == 0
    assert "node port 30000 of 'http' in dev is already held by shop/api" in terminal.text
    (http,) = spec_of(project, "web")["ports"]
    assert http["nodePorts"]["prod"] == 30001
    assert http["nodePorts"]["dev"] != 30000


def test_an_environment_taken_away_in_the_review_takes_its_numbers_along(project):
    terminal = Terminal(project.folder, "new", "--image", IMAGE, "-p", "http=5000", "-t", "kustomize")
    terminal.answer("Name [", "web")
    terminal.answer("environments, several with commas", "test,prod")
    terminal.answer("Change a port?", "environments")
    terminal.answer("environments, several with commas", "prod,stage")
    terminal.answer("Change a port?", "")
    terminal.answer("Write these files?", "yes")

    assert terminal.end() == 0, terminal.text
    (http,) = spec_of(project, "web")["ports"]
    assert list(http["nodePorts"]) == ["prod", "stage"]
    shown = terminal.text.partition("Change a port?")[0]
    assert f"│ {http['nodePorts']['prod']} " in shown
