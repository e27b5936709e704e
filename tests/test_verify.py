"""A template that breaks the promise is refused with its file and line, and nothing is written."""

from __future__ import annotations

import shutil

import pytest

from tests.conftest import ROOT

ARTICLE = ("new", "web", "--image", "x:1", "-p", "http=5000", "-p", "metrics=6000", "-t", "mine")


@pytest.fixture
def pack(project):
    """A pack of the project's own, a copy of `default`; `pack(file, old, new)` changes one place of it."""
    folder = project.folder / ".svcgen/templates/mine"
    shutil.copytree(ROOT / "templates/default", folder)

    def change(file, old, new):
        path = folder / file
        text = path.read_text()
        assert text.count(old) >= 1
        path.write_text(text.replace(old, new, 1))

    return change


def line_of(project, file, text):
    lines = (project.folder / ".svcgen/templates/mine" / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_a_sound_pack_of_the_project_is_used(project, pack):
    pack("service.yaml.j2", "spec:\n", "spec:\n  sessionAffinity: ClientIP\n")
    done = project.run(*ARTICLE)

    assert done.returncode == 0, done.stderr
    assert b"sessionAffinity: ClientIP" in project.files()["web/service.yaml"]


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("service.yaml.j2", "{% for port in ports %}", "{% for port in ports[:1] %}", "the Service lacks port metrics"),
        ("service.yaml.j2", "port: {{ port.service_port }}", "port: {{ port.target_port }}", "the plan has not"),
        ("service.yaml.j2", "nodePort: {{ port.node_port }}", "nodePort: 30000", "the plan has not"),
        ("service.yaml.j2", "targetPort: {{ port.name }}", "targetPort: {{ ports[0].name }}", "the plan has not"),
        ("service.yaml.j2", "targetPort: {{ port.name }}", "targetPort: web", "the plan has not"),
        ("service.yaml.j2", "protocol: {{ port.protocol }}", "protocol: UDP", "the plan has not"),
        ("service.yaml.j2", "type: {{ app.type }}", "type: ClusterIP", "the type is not NodePort"),
        ("service.yaml.j2", "  type: {{ app.type }}\n", "", "node-port-type"),
        ("service.yaml.j2", "name: {{ app.name }}", "name: fixed", "no Service 'web' comes out of the pack"),
        ("service.yaml.j2", "  selector:\n", "  selector:\n    app: other\n", "the selector is not"),
        ("service.yaml.j2", "  ports:", "\tports:", "is no readable YAML"),
        ("service.yaml.j2", "kind: Service", "kind: Servce", "no Service 'web' comes out of the pack"),
        ("deployment.yaml.j2", "{{ port.target_port }}", "{{ port.service_port }}", "the plan has not"),
        ("deployment.yaml.j2", "    matchLabels:\n", "    matchLabels:\n      app: other\n", "workload-selector"),
        ("deployment.yaml.j2", "        - name: {{ app.name }}", "        - name: Web", "name-invalid"),
        ("deployment.yaml.j2", "replicas: {{ app.replicas }}", 'replicas: "{{ app.replicas }}"', "scalar-type"),
    ],
)  # fmt: skip
def test_a_template_that_breaks_the_promise_is_refused(project, pack, file, old, new, reason):
    pack(file, old, new)
    before = project.files()
    done = project.run(*ARTICLE)

    assert done.returncode == 2, done.stdout
    assert reason in done.stderr
    assert done.stderr.startswith(f".svcgen/templates/mine/{file}:")
    assert project.files() == before


def test_the_line_is_the_one_that_wrote_it(project, pack):
    pack("service.yaml.j2", "nodePort: {{ port.node_port }}", "nodePort: 80")
    done = project.run(*ARTICLE)
    line = line_of(project, "service.yaml.j2", "- name: {{ port.name }}")

    assert done.stderr.startswith(f".svcgen/templates/mine/service.yaml.j2:{line}: error: service.yaml, line ")


@pytest.mark.parametrize(
    ("new", "line", "reason"),
    [
        ("{{ app.nmae }}", 4, "has no attribute 'nmae'"),
        ("{{ nope }}", 4, "'nope' is undefined"),
        ("{% if %}", 4, "Expected an expression"),
        ("{{ none }}", 4, "None cannot be written as one YAML value"),
        ("{{ app.labels }}", 4, "cannot be written as one YAML value"),
        ("{{ 1 / 0 }}", 4, "division by zero"),
        ("{{ app.name | upperr }}", 4, "No filter named 'upperr'"),
        ("{{ ''.__class__.__mro__ }}", 4, "is unsafe"),
        ("{{ app.name | safe }}", 4, "No filter named 'safe'"),
        ("{% include '/etc/passwd' %}", 4, "the pack has no template '/etc/passwd'"),
    ],
)
def test_a_template_that_fails_is_named_with_its_line(project, pack, new, line, reason):
    pack("service.yaml.j2", "{{ app.name }}", new)
    done = project.run(*ARTICLE)

    assert done.returncode == 2
    assert reason in done.stderr
    assert done.stderr.startswith(f".svcgen/templates/mine/service.yaml.j2:{line}: error: ")
    (shown,) = [one for one in done.stderr.splitlines() if one.startswith(f"{line} | ")]
    assert new in shown
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ('{{ "no" }}', '"no"'),
        ("{{ 'a\"<b' }}", '"a\\"<b"'),
        ("{{ app.name ~ '-1.10' }}", "web-1.10"),
        ("{{ [app.name, '1'] | join(':') }}", '"web:1"'),
        ("{{ 1.5 }}", "1.5"),
        ("{{ '1' }}", '"1"'),
        ("{{ true }}", "true"),
        ("{% set part %}{{ 'on' }}{% endset %}{{ part }}", '"on"'),
        ("{% autoescape false %}{{ 'on' }}{% endautoescape %}\n", '"on"'),
    ],
)
def test_every_value_is_written_safely_constants_too(project, pack, expression, text):
    pack("service.yaml.j2", "  labels:\n", "  annotations:\n    acme.com/x: " + expression + "\n  labels:\n")
    done = project.run(*ARTICLE, "-o", "yaml")

    assert f"    acme.com/x: {text}\n" in done.stdout or text in ("1.5", "true"), done.stderr
    assert done.returncode == (2 if text in ("1.5", "true") else 0)


def test_text_cannot_break_out_of_its_place(project, pack):
    pack("service.yaml.j2", "  type: {{ app.type }}\n", "  type: {{ app.type }}\n  # {{ app.env.A }}\n")
    done = project.run(*ARTICLE, "--env", "A=x\nsessionAffinity: ClientIP", "-o", "yaml")

    assert done.returncode == 0
    assert "\nsessionAffinity" not in done.stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("pack.yaml", "files:", "file:", "unknown key 'file'\nhint: did you mean 'files'?"),
        ("pack.yaml", "path: service.yaml", "path: ../service.yaml", "leads out of the output folder"),
        ("pack.yaml", "path: service.yaml", "path: /tmp/service.yaml", "leads out of the output folder"),
        ("pack.yaml", "service.yaml.j2", "servce.yaml.j2", "did you mean 'service.yaml.j2'?"),
        ("pack.yaml", "type: choice", "type: choise", "none of string, int, bool, choice"),
        ("pack.yaml", "title:", "title: [", "pack.yaml:"),
        ("pack.yaml", "    default: tcp\n", "", "asks for 'probe'"),
    ],
)
def test_a_wrong_pack_yaml_is_explained(project, pack, file, old, new, reason):
    pack(file, old, new)
    done = project.run(*ARTICLE)

    assert done.returncode == 2
    assert reason in done.stderr
    assert done.stderr.startswith(".svcgen/templates/mine/pack.yaml:")
