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
    done = project.run(*ARTICLE, "-t", "mine", "--set", "environments=dev,stage,prod", "--type", "ClusterIP")

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


# --- what a file holds, and what comes after --------------------------------------------------------------------------


def test_what_is_no_manifest_is_written_and_not_printed(project):
    files = (
        "files:\n  - {path: README.md, template: text.j2}\n  - {path: notes.yaml, template: text.j2, content: text}\n"
    )
    write_pack(project, "mine", EXTENDS + files, [("text.j2", "{% raw %}{{ anything: [ {% endraw %}\n")])

    assert project.run(*ARTICLE, "-t", "mine").returncode == 0
    assert project.files()["web/README.md"] == project.files()["web/notes.yaml"] == b"{{ anything: [ \n"
    printed = project.run(*ARTICLE, "-t", "mine", "-o", "yaml").stdout
    assert "anything" not in printed
    assert printed.count("kind: ") == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("manifest", "is none of manifests, values, text\nhint: did you mean 'manifests'?"),
        ("3", "content 3 is none of"),
    ],
)
def test_a_content_that_there_is_not_is_refused(project, content, reason):
    write_pack(project, "mine", HEAD + f"files:\n  - {{path: a, template: a.j2, content: {content}}}\n", [("a.j2", "")])
    done = project.run(*ARTICLE, "-t", "mine")

    assert done.returncode == 2
    assert done.stderr.startswith(".svcgen/templates/mine/pack.yaml:4:40: error: content ")
    assert reason in done.stderr


def test_the_command_that_comes_next_is_the_pack_s_own_and_is_inherited(project):
    head = "next: git add {{ folder }}   # {{ app.name }}{{ answers.probe }}\n"
    write_pack(
        project, "base", EXTENDS + 'next: "push {{ folder }} for {{ app.name }} with {{ ports | length }} ports"\n'
    )
    write_pack(project, "mine", HEAD + "extends: base\n")
    assert project.run(*ARTICLE, "-t", "mine").stdout.endswith("\nnext: push web for web with 2 ports\n")

    write_pack(project, "mine", HEAD + "extends: base\n" + head)
    assert project.run(*ARTICLE, "-t", "mine", "--force").stdout.endswith("\nnext: git add web\n")


@pytest.mark.parametrize(
    ("line", "reason"),
    [("next: [a]", "next is ['a'], not a string"), ('next: "{{ nope }}"', "'nope' is undefined"), ("nxt: a", "'next'")],
)
def test_a_next_that_cannot_be_said_is_refused_before_anything_is_written(project, line, reason):
    write_pack(project, "mine", EXTENDS + line + "\n")
    before = project.files()
    done = project.run(*ARTICLE, "-t", "mine")

    assert (done.returncode, project.files()) == (2, before)
    assert reason in done.stderr
    assert done.stderr.startswith(".svcgen/templates/mine/pack.yaml:4:")


@pytest.mark.parametrize("key", ["environments", "namespaces"])
def test_what_an_app_s_places_are_is_a_list_that_is_asked_for(project, key):
    questions = "questions: [{name: places, type: list}, {name: place}]\n"
    write_pack(project, "mine", EXTENDS + questions + f"{key}: place\n")
    done = project.run(*ARTICLE, "-t", "mine")

    assert done.returncode == 2
    start = f".svcgen/templates/mine/pack.yaml:5:{len(key) + 3}: error: {key} 'place' is no question of type list"
    assert done.stderr.startswith(start)
    assert "did you mean 'places'?" in done.stderr
