"""A template that breaks the promise is refused with its file and line, and nothing is written."""

from __future__ import annotations

import shutil

import pytest
import yaml

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
        ("{{ app.nmae }}", 5, "has no attribute 'nmae'"),
        ("{{ nope }}", 5, "'nope' is undefined"),
        ("{% if %}", 5, "Expected an expression"),
        ("{{ none }}", 5, "None cannot be written as one YAML value"),
        ("{{ app.labels }}", 5, "cannot be written as one YAML value"),
        ("{{ 1 / 0 }}", 5, "division by zero"),
        ("{{ app.name | upperr }}", 5, "No filter named 'upperr'"),
        ("{{ ''.__class__.__mro__ }}", 5, "is unsafe"),
        ("{{ app.name | safe }}", 5, "No filter named 'safe'"),
        ("{% include '/etc/passwd' %}", 5, "the pack has no template '/etc/passwd'"),
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


# --- overlays and charts ---------------------------------------------------------------------------------------------


def changed(project, pack, file, old, new):
    """A pack that extends a built-in one and has one template of its own, changed in one place."""
    text = (ROOT / "templates" / pack / file).read_text()
    assert text.count(old) >= 1
    project.write(f".svcgen/templates/mine/{file}", text.replace(old, new, 1))
    project.write(".svcgen/templates/mine/pack.yaml", f'title: mine\nversion: "1"\nextends: {pack}\n')


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("node-ports.yaml.j2", "in environment.ports %}", "in environment.ports[:1] %}", "the patch lacks port metric"),
        ("node-ports.yaml.j2", "nodePort: {{ port.node_port }}", "nodePort: 30000", "the patch has port http 8080"),
        ("node-ports.yaml.j2", "protocol: {{ port.protocol }}", "protocol: UDP", "the patch has port http"),
        ("node-ports.yaml.j2", "port: {{ port.service_port }}", "port: {{ port.target_port }}", "the patch has port"),
        ("node-ports.yaml.j2", "name: {{ app.name }}", "name: other", "the patch is for default/other"),
        ("node-ports.yaml.j2", "spec:\n", "\tspec:\n", "is no readable YAML"),
        ("overlay.yaml.j2", "resources:\n", "resources: [\n", "is no readable YAML"),
    ],
)  # fmt: skip
def test_an_overlay_that_breaks_the_promise_is_refused(project, file, old, new, reason):
    changed(project, "kustomize", file, old, new)
    before = project.files()
    done = project.run(*ARTICLE)

    assert done.returncode == 2, done.stdout
    assert reason in done.stderr
    assert done.stderr.startswith(f".svcgen/templates/mine/{file}:")
    assert project.files() == before


def test_a_patch_that_no_kustomization_names_would_be_left_out_and_is_refused(project):
    changed(project, "kustomize", "overlay.yaml.j2", "  - path: service.yaml\n", "  - path: other.yaml\n")
    done = project.run(*ARTICLE)

    assert done.returncode == 2
    assert (
        "overlays/dev/service.yaml, line 1 as rendered for web: the kustomization beside it has it not" in done.stderr
    )


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("port: {{ port.service_port }}", "port: 80", "the chart has port http 80 -> 5000"),
        ("targetPort: {{ port.target_port }}", "targetPort: {{ port.service_port }}", "the chart has port http"),
        ("nodePort: {{ port.node_port }}", 'nodePort: {{ port.node_port ~ "" }}', "the chart has port http"),
        ("{% for port in ports %}", "{% for port in ports[:1] %}", "the chart lacks port metrics"),
        ("protocol: {{ port.protocol }}", "protocol: UDP", "the chart has port http"),
        ("type: {{ app.type }}", "type: ClusterIP", "service.type is not NodePort"),
        ("service:\n", "services:\n", "service.type is not NodePort"),
        ("imagePullSecrets: []", "imagePullSecrets: [", "while parsing"),
    ],
)
def test_values_that_break_the_promise_are_refused(project, old, new, reason):
    changed(project, "helm", "values.yaml.j2", old, new)
    before = project.files()
    done = project.run(*ARTICLE)

    assert done.returncode == 2, done.stdout
    assert reason in done.stderr
    assert done.stderr.startswith(".svcgen/templates/mine/values.yaml.j2:")
    assert project.files() == before


def test_a_patch_of_a_service_is_made_for_an_environment(project, pack):
    folder = ".svcgen/templates/mine"
    project.write(f"{folder}/kustomization.yaml.j2", "patches:\n  - path: patch.yaml\n")
    project.write(f"{folder}/patch.yaml.j2", "apiVersion: v1\nkind: Service\nmetadata: {name: {{ app.name }}}\n")
    files = "\n".join(f"  - {{path: {name}, template: {name}.j2}}" for name in ("kustomization.yaml", "patch.yaml"))
    pack("pack.yaml", "files:\n", f"files:\n{files}\n")

    assert "belongs to a file that is made for an environment" in project.run(*ARTICLE).stderr


def test_a_file_without_manifests_must_be_readable_too(project, pack):
    project.write(".svcgen/templates/mine/note.yaml.j2", "kind: Note\ntext: [{{ app.name }}\n")
    pack("pack.yaml", "files:\n", "files:\n  - {path: note.yaml, template: note.yaml.j2}\n")
    done = project.run(*ARTICLE)

    assert (done.returncode, "is no readable YAML" in done.stderr) == (2, True)
    # and one that is not YAML at all is nobody's business
    pack("pack.yaml", "{path: note.yaml", "{content: text, path: note.yaml")
    assert project.run(*ARTICLE).returncode == 0


EACH = """\
title: mine
version: "1"
extends: default
environments: environments
files:
  - {path: service.yaml, remove: true}
  - {path: deployment.yaml, remove: true}
  - {path: "{environment}/service.yaml", template: service.yaml.j2, each: environment}
  - {path: "{environment}/deployment.yaml", template: deployment.yaml.j2, each: environment}
questions:
  - {name: environments, type: list, default: [dev, prod]}
"""


def test_a_pack_may_write_whole_manifests_for_each_environment(project):
    template = (ROOT / "templates/default/service.yaml.j2").read_text()
    own = template.replace("in ports %}", "in environment.ports %}")
    project.write(".svcgen/templates/mine/service.yaml.j2", own)
    project.write(".svcgen/templates/mine/pack.yaml", EACH)
    done = project.run(*ARTICLE)

    assert done.returncode == 0, done.stderr
    numbers = yaml.safe_load(project.files()[".svcgen/apps/web.yaml"])["spec"]["ports"][0]["nodePorts"]
    for name in ("dev", "prod"):
        assert f"nodePort: {numbers[name]}\n".encode() in project.files()[f"web/{name}/service.yaml"]

    # without the environment's ports the numbers would be given and never opened
    project.write(".svcgen/templates/mine/service.yaml.j2", template)
    done = project.run(*ARTICLE, "--force")
    assert done.returncode == 2
    assert "the Service lacks port" in done.stderr


def test_an_environment_without_its_node_ports_is_refused(project):
    kept = [line for line in EACH.splitlines() if "remove" not in line and "service.yaml.j2" not in line]
    project.write(".svcgen/templates/mine/pack.yaml", "\n".join(kept) + "\n")

    assert "no file of dev has a Service with its node ports" in project.run(*ARTICLE).stderr
    assert project.run(*ARTICLE, "--type", "ClusterIP").returncode == 0
