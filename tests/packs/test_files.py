"""Which files a pack makes: `when`, and once per environment."""

from __future__ import annotations

import pytest

from scaffold import packs
from tests.packs.making import ARTICLE, EXTENDS, HEAD, write_pack

NOTE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ app.name }}\n"
WHEN = """\
files:
  - {path: note.yaml, template: note.yaml.j2, when: answers.note}
  - path: many.yaml
    template: note.yaml.j2
    when: ports | length > 2 and answers.level != "low"
questions:
  - {name: note, type: bool, default: false}
  - {name: level, default: high}
"""
EACH = """\
files:
  - path: overlays/{environment}/note.yaml
    template: env.yaml.j2
    each: environment
    when: environment.name != "dev"
environments: environments
questions:
  - {name: environments, type: list, default: [dev, prod]}
"""
ENV = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ app.name }}
data:
  environment: {{ environment.name }}
  ports: {{ environment.ports | map(attribute="node_port") | join(" ") }}
"""


def made(project):
    return sorted(path.removeprefix("web/") for path in project.files() if path.startswith("web/"))


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ((), []),
        (("--set", "note=true"), ["note.yaml"]),
        (("-p", "third=7000"), ["many.yaml"]),
        (("-p", "third=7000", "--set", "level=low"), []),
    ],
)
def test_a_file_is_made_when_its_expression_holds(project, words, more):
    write_pack(project, "mine", EXTENDS + WHEN, [("note.yaml.j2", NOTE)])
    done = project.run(*ARTICLE, "-t", "mine", *words)

    assert done.returncode == 0, done.stderr
    assert made(project) == sorted(["deployment.yaml", "service.yaml", *more])


def test_a_file_is_made_once_per_environment(project):
    write_pack(project, "mine", EXTENDS + EACH, [("env.yaml.j2", ENV)])
    done = project.run(*ARTICLE, "-t", "mine", "--set", "environments=dev,stage,prod")

    assert done.returncode == 0, done.stderr
    assert made(project) == [
        "deployment.yaml", "overlays/prod/note.yaml", "overlays/stage/note.yaml", "service.yaml",
    ]  # fmt: skip
    assert b"environment: stage\n" in project.files()["web/overlays/stage/note.yaml"]
    # the answer is saved as a list
    assert b"environments: [dev, stage, prod]" in project.files()[".svcgen/apps/web.yaml"]


@pytest.mark.parametrize("name", ["../up", "Prod", "a/b", "-x"])
def test_an_environment_that_is_no_folder_name_is_refused(project, name):
    write_pack(project, "mine", EXTENDS + EACH, [("env.yaml.j2", ENV)])
    done = project.run(*ARTICLE, "-t", "mine", f"--set=environments={name}")

    assert (done.returncode, made(project)) == (2, [])
    assert f"environment {name!r}" in done.stderr


def test_the_digest_is_of_every_byte_that_decides_what_comes_out(project):
    def digest():
        return packs.load("mine", str(project.folder)).digest

    write_pack(project, "base", EXTENDS, [("parts/a.j2", "a")])
    write_pack(project, "mine", HEAD + "extends: base\n", [("b.j2", "b\n")])
    seen = [digest()]
    assert len(seen[0]) == 12
    for path, text in (("mine/b.j2", "b \n"), ("base/parts/a.j2", "c"), ("base/pack.yaml", EXTENDS + "# one more\n")):
        project.write(f".svcgen/templates/{path}", text)
        seen.append(digest())
    assert len(set(seen)) == 4
    project.write(".svcgen/templates/mine/README.md", "not rendered")
    project.write(".svcgen/templates/mine/example.yaml", "not rendered")
    assert digest() == seen[-1]


def test_the_app_spec_says_which_pack_rendered_it(project):
    write_pack(project, "mine", EXTENDS)
    project.run(*ARTICLE, "-t", "mine")
    digest = packs.load("mine", str(project.folder)).digest
    saved = project.files()[".svcgen/apps/web.yaml"].decode()

    assert 'template: {pack: mine, version: "1", digest: ' in saved
    assert digest in saved
    # that file is input for -f, and gives the same bytes
    before = project.files()
    done = project.run("new", "-f", ".svcgen/apps/web.yaml", "--no-input")
    assert (done.returncode, project.files()) == (0, before), done.stderr
