"""`svcgen templates check` as a process: a good pack passes, and every bad one is caught at its line."""

from __future__ import annotations

import json
import os
import re
import shutil

import pytest
import yaml

from tests.conftest import ROOT
from tests.terminal import Terminal

PACK = ".svcgen/templates/acme"


@pytest.fixture
def acme(project):
    """A project with the pack `acme`."""
    shutil.copytree(ROOT / "tests/commands/acme", project.folder / PACK)
    return project


def change(project, file, *pairs):
    path = project.folder / PACK / file
    text = path.read_text()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text)
    return text


def check(project, *words, code=1, pack="acme", **more):
    done = project.run("templates", "check", pack, *words, **more)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done


def failures(project, **more):
    return json.loads(check(project, "-o", "json", **more).stdout)["packs"][0]["failures"]


def line_of(text, part):
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


def extending(project, template, text, more=""):
    """A pack that extends default and brings one more template."""
    path = template.removesuffix(".j2")
    project.write(
        f"{PACK}/pack.yaml",
        f'title: ours\nversion: "1"\nextends: default\n{more}files:\n  - {{path: {path}, template: {template}}}\n',
    )
    return project.write(f"{PACK}/{template}", text)


# --- good packs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", ["default", "kustomize", "helm"])
def test_the_built_in_packs_pass_and_their_examples_are_as_expected(project, pack):
    done = check(project, code=0, pack=pack)

    assert re.fullmatch(rf"pack {pack} \S+: 2\d\d App specs tried, all as they should be\n", done.stdout)


def test_hundreds_of_apps_are_tried_in_seconds(project):
    before = os.times()
    check(project, code=0, pack="default")
    after = os.times()

    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert used < 6


def test_answers_that_an_app_cannot_have_are_no_mistake_of_the_pack(acme):
    question = (
        "questions:\n  - {name: shown, type: bool, default: false}\n"
        "  - {name: shown_port, type: port, when: answers.shown, message: HTTP is TCP, "
        "check: \"ports | selectattr('name', 'eq', value) | map(attribute='protocol') | first == 'TCP'\"}\n"
        "  - {name: most, type: int, default: 5, when: answers.shown, check: value >= app.replicas}\n"
    )
    change(acme, "pack.yaml", ("questions:\n", question))
    comment = "{% if answers.shown %}\n  # {{ answers.shown_port }} {{ answers.most }}\n{% endif %}\n"
    change(acme, DEPLOYMENT, ("spec:\n  replicas", f"{comment}spec:\n  replicas"))

    check(acme, code=0)


def test_a_default_that_no_app_can_have_is_named(acme):
    pack = change(
        acme, "pack.yaml", ("questions:\n", "questions:\n  - {name: most, type: int, default: 5, check: value > 5}\n")
    )
    change(acme, DEPLOYMENT, ("spec:\n  replicas", "  # {{ answers.most }}\nspec:\n  replicas"))
    done = check(acme, code=1)

    assert f"{PACK}/pack.yaml:{line_of(pack, 'most')}:" in done.stdout
    assert "the default of most" in done.stdout


def test_two_runs_say_the_same_whatever_the_hash_seed(acme):
    change(acme, "service.yaml.j2", ("{% for port in ports %}", "{% for port in ports[:2] %}"))
    texts = {check(acme, env={"PYTHONHASHSEED": seed}).stdout for seed in ("0", "7", "4242")}

    assert len(texts) == 1


def test_a_pack_by_its_path_from_the_folder_where_one_is(acme):
    (acme.folder / "sub").mkdir()

    assert "pack ../" not in check(acme, code=0, pack=f"../{PACK}", cwd=acme.folder / "sub").stderr


def test_a_pack_with_a_policy_is_tried_with_apps_that_it_allows(acme):
    policy = (
        "policy:\n  - {required_labels: [team], text: t}\n  - {allowed_registries: [ghcr.io/acme], text: t}\n"
        "  - {locked: {replicas: 2, probe: http}, text: t}\n  - {node_ports: 30100-30103, text: t}\n"
        "  - {forbidden_types: [LoadBalancer], text: t}\n"
    )
    acme.write(f"{PACK}/pack.yaml", (acme.folder / PACK / "pack.yaml").read_text() + policy)

    check(acme, code=0)
    change(acme, "deployment.yaml.j2", ("replicas: {{ app.replicas }}", "replicas: 7"))
    [failure] = failures(acme)
    assert failure["spec"]["metadata"]["labels"]["team"]
    assert failure["spec"]["spec"]["image"].startswith("ghcr.io/acme/")
    # what it prints can be used
    acme.write("app.yaml", yaml.safe_dump(failure["spec"]))
    shown = acme.run("new", "-f", "app.yaml", "-o", "yaml", "--no-input")
    assert "replicas: 7" in shown.stdout, shown.stderr


# --- bad packs -------------------------------------------------------------------------------------------------------

SERVICE, DEPLOYMENT = "service.yaml.j2", "deployment.yaml.j2"
TCP = "{{ port.protocol }}"


@pytest.mark.parametrize(
    ("file", "old", "new", "said", "ports"),
    [
        pytest.param(
            SERVICE, "in ports %}", "in ports[:2] %}", "the Service lacks port", 3, id="a-port-that-is-dropped"
        ),
        pytest.param(
            DEPLOYMENT,
            "{% for port in ports %}",
            "{% for port in ports[:19] %}",
            "the Deployment lacks port",
            20,
            id="the-twentieth-port-is-dropped",
        ),
        pytest.param(
            SERVICE,
            "targetPort: {{ port.name }}",
            "targetPort: {{ ports[0].name }}",
            "the Service has port",
            2,
            id="two-ports-that-are-mixed-up",
        ),
        pytest.param(
            SERVICE,
            "port: {{ port.service_port }}",
            "port: {{ port.target_port }}",
            "the Service has port",
            1,
            id="service-port-and-target-port-exchanged",
        ),
        pytest.param(
            SERVICE,
            "port: {{ port.service_port }}",
            "port: 8080",
            "the Service has port",
            2,
            id="a-number-that-is-hard-coded",
        ),
        pytest.param(
            SERVICE,
            "nodePort: {{ port.node_port }}",
            "nodePort: 30080",
            "30080",
            1,
            id="a-node-port-that-is-hard-coded",
        ),
        pytest.param(SERVICE, "name: {{ app.name }}", "name: web", "no Service", 1, id="a-name-that-is-hard-coded"),
        pytest.param(
            DEPLOYMENT,
            "namespace: {{ app.namespace }}",
            "namespace: shop",
            "namespace",
            1,
            id="a-namespace-that-is-hard-coded",
        ),
        pytest.param(
            DEPLOYMENT,
            "image: {{ app.image }}",
            "image: ghcr.io/acme/web:1.4.2",
            "no container has the image",
            1,
            id="an-image-that-is-hard-coded",
        ),
        pytest.param(SERVICE, "{{ key }}: {{ value }}", "app: web", "label", 1, id="labels-that-are-hard-coded"),
        pytest.param(SERVICE, "protocol: {{ port.protocol }}", "protocol: TCP", "UDP", 1, id="a-wrong-protocol"),
        pytest.param(
            SERVICE, "type: {{ app.type }}", "type: NodePort", "the type is not", 1, id="a-type-that-is-hard-coded"
        ),
        pytest.param(
            DEPLOYMENT,
            "replicas: {{ app.replicas }}",
            "replicas: 1",
            "replicas is 1",
            1,
            id="replicas-that-are-hard-coded",
        ),
        pytest.param(
            SERVICE,
            "  selector:\n{% for key, value in app.selector.items() %}",
            "  selector:\n{% for key, value in app.labels.items() %}",
            "the selector is not",
            1,
            id="a-selector-that-does-not-match",
        ),
        pytest.param(
            DEPLOYMENT, "value: {{ value }}", 'value: "{{ value }}"', "", 1, id="quotes-around-a-value-that-has-its-own"
        ),
        pytest.param(
            DEPLOYMENT,
            "value: {{ value }}",
            "value: v{{ value }}",
            "environment variable",
            1,
            id="a-value-glued-to-text",
        ),
        pytest.param(
            DEPLOYMENT,
            "value: {{ value }}",
            "value: |-\n                {{ value }}",
            "environment variable",
            1,
            id="a-value-in-a-block-scalar",
        ),
        pytest.param(
            DEPLOYMENT,
            "value: {{ value }}",
            'value: {{ [value, ""] | join(" ") }}',
            "environment variable",
            1,
            id="a-value-joined-with-another",
        ),
        pytest.param(
            DEPLOYMENT,
            "value: {{ value }}",
            'value: {{ value ~ "!" }}',
            "environment variable",
            1,
            id="a-value-concatenated",
        ),
        pytest.param(
            DEPLOYMENT,
            "spec:\n  replicas",
            "{% if ports[:20] | length == 20 %}{{ ports[99].name }}{% endif %}\nspec:\n  replicas",
            "",
            20,
            id="a-template-that-fails-for-twenty-ports-only",
        ),
        pytest.param(
            SERVICE,
            "appProtocol: {{ port.app_protocol }}",
            "appProtocl: {{ port.app_protocol }}",
            "has no field appProtocl",
            1,
            id="a-field-that-no-server-takes",
        ),
    ],
)
def test_a_bad_pack_is_caught_at_its_template_with_the_smallest_app(acme, file, old, new, said, ports):
    change(acme, file, (old, new))
    found = failures(acme)

    assert said in " ".join(message for failure in found for message in failure["messages"]), found
    assert {failure["path"] for failure in found} <= {f"{PACK}/{SERVICE}", f"{PACK}/{DEPLOYMENT}"}
    assert min(len(failure["spec"]["spec"]["ports"]) for failure in found) == ports
    for failure in found:
        if failure["output"]:
            lines = {one["line"]: one["text"] for one in failure["output"]["lines"]}
            assert failure["output"]["line"] in lines


def test_what_is_printed_names_line_output_and_spec(acme):
    template = change(acme, SERVICE, ("{% for port in ports %}", "{% for port in ports[:1] %}"))
    done = check(acme)
    line = line_of(template, "- name: {{ port.name }}")

    assert done.stdout.startswith(
        f"{PACK}/{SERVICE}:{line}: error: the Service lacks port port-b 8081 -> 5887 -> 30039/TCP"
    )
    assert "  the output, service.yaml:15:5:\n" in done.stdout
    assert "  >   15 |     - name: port-a\n" in done.stdout
    spec = done.stdout.split("more fail here):\n")[1].split("\n\n")[0]
    app = yaml.safe_load(spec)
    assert (app["kind"], [port["name"] for port in app["spec"]["ports"]]) == ("App", ["port-a", "port-b"])
    assert app["spec"]["template"]["pack"] == "acme"
    assert re.search(r"pack acme \S+: \d+ App specs tried, 1 place fails", done.stdout)


def test_a_file_that_is_made_on_a_condition_only_is_tried_too(acme):
    change(
        acme,
        "pack.yaml",
        ("files:\n", "files:\n  - {path: extra.yaml, template: extra.yaml.j2, when: answers.extra}\n"),
        ("questions:\n", "questions:\n  - {name: extra, type: bool, default: false, help: more}\n"),
    )
    acme.write(
        f"{PACK}/extra.yaml.j2",
        "apiVersion: v1\nkind: Service\nmetadata: {name: {{ app.name }}-x}\nspec:\n  type: Nodeport\n",
    )
    [failure] = [one for one in failures(acme) if "Nodeport" in " ".join(one["messages"])]

    assert failure["path"] == f"{PACK}/extra.yaml.j2"
    assert failure["spec"]["spec"]["set"] == {"extra": True}


def test_two_questions_that_only_fail_together_are_found(acme):
    change(
        acme,
        "pack.yaml",
        (
            "questions:\n",
            "questions:\n  - {name: one, type: bool, default: false}\n  - {name: two, type: bool, default: false}\n",
        ),
    )
    change(
        acme,
        DEPLOYMENT,
        ("spec:\n  replicas", "{% if answers.one and answers.two %}\n  x: y\n{% endif %}\nspec:\n  replicas"),
    )
    [failure] = failures(acme)

    assert failure["spec"]["spec"]["set"] == {"one": True, "two": True}
    assert len(failure["spec"]["spec"]["ports"]) == 1


def test_a_question_that_nothing_uses_is_named_at_its_place(acme):
    pack = change(acme, "pack.yaml", ("questions:\n", "questions:\n  - {name: owner, default: nobody}\n"))
    change(acme, DEPLOYMENT, ("apiVersion", "{# answers.owner #}apiVersion"))
    done = check(acme)

    assert done.stdout.startswith(f"{PACK}/pack.yaml:{line_of(pack, 'owner')}:")
    assert "error: nothing in the pack uses the question owner" in done.stdout


def test_an_answer_that_is_glued_to_other_text_is_found(acme):
    change(acme, "pack.yaml", ("questions:\n", "questions:\n  - {name: log, default: web}\n"))
    field = "          terminationMessagePath: '/var/{{ answers.log }}'\n"
    template = change(acme, DEPLOYMENT, ("          resources:\n", f"{field}          resources:\n"))
    found = failures(acme)

    assert {failure["line"] for failure in found} == {line_of(template, "terminationMessagePath")}
    assert any(failure["spec"]["spec"].get("set") == {"log": "no"} for failure in found)
    assert any('holds "no" with its quotes' in message for failure in found for message in failure["messages"])


def test_an_output_that_differs_from_run_to_run_is_found(acme):
    change(
        acme, DEPLOYMENT, ("      enableServiceLinks: false", "      enableServiceLinks: {{ [true, false] | random }}")
    )
    found = failures(acme)

    assert any("rendered twice" in message or "random" in message for one in found for message in one["messages"])


def test_a_template_that_takes_seconds_to_fail_is_tried_once(acme):
    loop = "{% for a in range(9000) %}{% for b in range(9000) %}{% endfor %}{% endfor %}{{ nothing }}"
    change(acme, DEPLOYMENT, ("spec:\n  replicas", f"{loop}spec:\n  replicas"))
    done = check(acme)

    assert "  also: it took so long to fail that no more apps were tried\n" in done.stdout
    assert ": 1 App specs tried, 1 place fails" in done.stdout


def test_a_mistake_that_no_app_survives_is_told_once(acme):
    change(acme, SERVICE, ("{{ app.name }}", "{{ app.nam }}"))
    done = check(acme)

    assert done.stdout.count("'nam'") + done.stdout.count(".nam ") >= 1
    assert len(re.findall(r"(?m)^\S+: error: ", done.stdout)) == 1


def test_a_question_that_no_answer_can_be_made_up_for_wants_an_example(acme):
    change(acme, "pack.yaml", ("questions:\n", 'questions:\n  - {name: code, pattern: "[XY]{7}-q"}\n'))
    change(acme, DEPLOYMENT, ("spec:\n  replicas", "  # {{ answers.code }}\nspec:\n  replicas"))
    done = check(acme, code=2)

    assert "no answer to code can be made up" in done.stderr
    example(acme, extra="  set: {code: XXYYXXY-q}\n")
    check(acme, code=0)


# --- expected outputs ------------------------------------------------------------------------------------------------


def example(project, path="example.yaml", extra="", name="shop"):
    project.write(
        f"{PACK}/{path}",
        f"apiVersion: svcgen/v1\nkind: App\nmetadata: {{name: {name}}}\nspec:\n  image: acme/shop:1\n"
        f"  ports: [{{name: http, targetPort: 5000}}]\n{extra}",
    )


def test_expected_outputs_are_written_held_and_shown(acme):
    example(acme)
    example(acme, "examples/probed.yaml", "  set: {probe: http}\n", "probed")
    assert "no expected outputs beside it" in check(acme, code=0).stdout
    written = check(acme, "--update", code=0)
    assert f"+++ {PACK}/expected/service.yaml" in written.stdout
    assert "httpGet" in (acme.folder / PACK / "expected/probed/deployment.yaml").read_text()
    assert "name: shop" in (acme.folder / PACK / "expected/service.yaml").read_text()
    done = check(acme, code=0)
    assert "no expected" not in done.stdout

    change(acme, DEPLOYMENT, ("cpu: 500m", "cpu: 700m"))
    acme.write(f"{PACK}/expected/old.yaml", "gone: true\n")
    before = acme.files()
    done = check(acme)
    assert f"{PACK}/expected/deployment.yaml: error: is not what the pack makes now" in done.stdout
    assert f"{PACK}/expected/old.yaml: error: the pack no longer makes it" in done.stdout
    assert "templates check acme --update" in done.stdout
    assert acme.files() == before

    written = check(acme, "--update", code=0)
    assert "-              cpu: 500m\n+              cpu: 700m\n" in written.stdout
    assert not (acme.folder / PACK / "expected/old.yaml").exists()
    check(acme, code=0)


def test_expected_outputs_of_a_pack_that_fails_are_not_written(acme):
    example(acme)
    change(acme, SERVICE, ("{% for port in ports %}", "{% for port in ports[:1] %}"))
    check(acme, "--update", code=1)

    assert not (acme.folder / PACK / "expected").exists()


def test_a_broken_example_is_named(acme):
    example(acme, extra="  replica: 2\n")
    done = check(acme, code=2)

    assert f"{PACK}/example.yaml:7:" in done.stderr
    assert "did you mean 'replicas'?" in done.stderr


# --- the command itself ----------------------------------------------------------------------------------------------


def test_several_packs_are_tried_in_one_run(acme):
    done = acme.run("templates", "check", "default", "acme", "-o", "json")
    document = json.loads(done.stdout)

    assert [one["pack"] for one in document["packs"]] == ["default", "acme"]
    assert document["summary"]["failures"] == 0
    assert document["summary"]["apps"] == sum(one["apps"] for one in document["packs"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["acne"], "there is no pack 'acne'", id="no-such-pack"),
        pytest.param(["acme", "-o", "xml"], "--output 'xml' is none of text, json", id="no-such-format"),
        pytest.param([], "Missing argument", id="no-pack"),
    ],
)
def test_what_cannot_be_done_is_exit_code_2(acme, words, said):
    done = acme.run("templates", "check", *words)

    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_on_a_terminal_it_says_how_far_it_is_and_takes_it_back(acme):
    change(
        acme,
        "pack.yaml",
        (
            "questions:\n",
            "questions:\n"
            + "".join(f"  - {{name: q{n}, type: choice, choices: [a, b, c, d], default: a}}\n" for n in range(9)),
        ),
    )
    change(
        acme,
        DEPLOYMENT,
        ("spec:\n  replicas", "".join(f"  # {{{{ answers.q{n} }}}}\n" for n in range(9)) + "spec:\n  replicas"),
    )
    terminal = Terminal(acme.folder, "templates", "check", "acme", "default", "acme", "acme")
    terminal.wait_for("trying: ")
    assert terminal.end() == 0
    assert "trying" not in terminal.text
