"""A pack that extends another changes one thing and inherits the rest."""

from __future__ import annotations

import pytest

from tests.packs.making import ARTICLE, EXTENDS, HEAD, write_base, write_pack

BLOCK = """\
{% extends "service.yaml.j2" %}
{% block metadata %}
{{ super() }}
  annotations:
    acme.com/team: {{ answers.team }}
{% endblock %}
"""
NOTE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ app.name }}-note\n"


def new(project, *words):
    return project.run(*ARTICLE, *words)


def test_a_pack_that_only_extends_makes_the_same_files(project):
    write_pack(project, "mine", EXTENDS)
    plain = project.run(*ARTICLE, "-o", "yaml")
    done = new(project, "-t", "mine", "-o", "yaml")

    assert (done.returncode, done.stdout) == (0, plain.stdout)


def test_one_block_is_changed_and_one_question_added(project):
    write_base(project)
    head = HEAD + "extends: base\nquestions:\n  - {name: team, help: who owns it}\n"
    write_pack(project, "mine", head, [("service.yaml.j2", BLOCK)])
    before = new(project, "-t", "base", "-o", "yaml").stdout
    done = new(project, "-t", "mine", "--set", "team=on", "-o", "yaml")

    assert done.returncode == 0, done.stderr
    added = [line for line in done.stdout.splitlines() if line not in before.splitlines()]
    # what super() returns ends with a line break of its own
    assert [line for line in added if line] == ["  annotations:", '    acme.com/team: "on"']


def test_one_file_is_added_and_one_taken_away(project):
    files = "files:\n  - {path: note.yaml, template: note.yaml.j2}\n"
    write_pack(project, "mine", EXTENDS + files, [("note.yaml.j2", NOTE)])
    write_pack(project, "less", HEAD + "extends: mine\nfiles: [{path: note.yaml, remove: true}]\n")

    assert new(project, "-t", "mine").returncode == 0
    assert sorted(path for path in project.files() if path.startswith("web/")) == [
        "web/deployment.yaml", "web/note.yaml", "web/service.yaml",
    ]  # fmt: skip
    assert "kind: ConfigMap" not in new(project, "-t", "less", "-o", "yaml").stdout


def test_a_file_with_an_inherited_path_stands_in_its_place(project):
    write_pack(
        project,
        "mine",
        EXTENDS + "files: [{path: service.yaml, template: mine.yaml.j2}]\n",
        [("mine.yaml.j2", '{% include "service.yaml.j2" %}')],
    )
    plain = project.run(*ARTICLE, "-o", "yaml")

    assert new(project, "-t", "mine", "-o", "yaml").stdout == plain.stdout


def test_the_parents_template_can_be_named_with_its_pack(project):
    write_base(project)
    text = '{% extends "base/service.yaml.j2" %}'
    write_pack(project, "mine", HEAD + "extends: base\n", [("service.yaml.j2", text)])

    assert new(project, "-t", "mine", "-o", "yaml").stdout == new(project, "-t", "base", "-o", "yaml").stdout


def test_a_part_that_the_parent_includes_is_the_childs_when_it_has_one(project):
    part = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {% include 'parts/name.j2' %}\n"
    write_pack(
        project,
        "base",
        EXTENDS + "files: [{path: note.yaml, template: note.yaml.j2}]\n",
        [("note.yaml.j2", part), ("parts/name.j2", "of-base")],
    )
    write_pack(project, "mine", HEAD + "extends: base\n", [("parts/name.j2", "{% include 'parts/name.j2' %}-and-mine")])

    assert "\n  name: of-base\n" in new(project, "-t", "base", "-o", "yaml").stdout
    assert "\n  name: of-base-and-mine\n" in new(project, "-t", "mine", "-o", "yaml").stdout


def test_a_pack_may_hide_the_one_it_extends(project):
    write_pack(
        project, "default", EXTENDS + "files: [{path: note.yaml, template: note.yaml.j2}]\n", [("note.yaml.j2", NOTE)]
    )
    done = new(project, "-o", "yaml")

    assert done.returncode == 0, done.stderr
    assert "name: web-note" in done.stdout


def test_extends_may_be_a_path_from_the_packs_own_folder(project):
    write_pack(project, "base", EXTENDS, where="packs")
    write_pack(project, "mine", HEAD + "extends: ../base\n", where="packs")

    assert new(project, "-t", "packs/mine", "-o", "yaml").returncode == 0


def test_a_fault_in_an_inherited_template_is_shown_in_its_own_file(project):
    write_base(project)
    broken = '{% extends "service.yaml.j2" %}\n{% block ports %}\n  ports: []\n{% endblock %}\n'
    write_pack(project, "mine", HEAD + "extends: base\n", [("service.yaml.j2", broken)])
    done = new(project, "-t", "mine")

    assert done.returncode == 2
    assert done.stderr.startswith(".svcgen/templates/mine/service.yaml.j2:3: error: service.yaml, line 10 as rendered")
    (base,) = (project.folder / ".svcgen/templates/base").glob("service*")
    base.write_text(base.read_text().replace("port.service_port", "port.target_port"))
    (project.folder / ".svcgen/templates/mine/service.yaml.j2").unlink()
    done = new(project, "-t", "mine")
    assert done.stderr.startswith(".svcgen/templates/base/service.yaml.j2:16: error: service.yaml, line 11 as")


@pytest.mark.parametrize(
    ("packs", "said"),
    [
        ({"mine": "extends: mine\n"}, "in a circle: mine -> mine"),
        ({"mine": "extends: a\n", "a": "extends: b\n", "b": "extends: mine\n"}, "in a circle: mine -> a -> b -> mine"),
        ({"mine": "extends: ./\n"}, "in a circle: mine -> ./"),
        ({"mine": "extends: defalt\n"}, "there is no pack 'defalt'\nhint: did you mean 'default'?"),
        ({"mine": "extends: ../nowhere\n"}, "there is no pack.yaml in .svcgen/templates/nowhere, which is not there"),
        ({"mine": "extends: [default]\n"}, "not a pack"),
    ],
)
def test_what_cannot_be_extended_is_said_at_its_line(project, packs, said):
    for name, line in packs.items():
        write_pack(project, name, HEAD + line)
    done = new(project, "-t", "mine")

    assert done.returncode == 2
    assert said in done.stderr
    last = list(packs)[-1]
    assert done.stderr.startswith(f".svcgen/templates/{last}/pack.yaml:3:10: error: ")


def test_a_path_starts_at_the_current_folder_and_is_saved_from_the_root(project):
    write_pack(project, "acme", EXTENDS, where="packs")
    (project.folder / "team").mkdir()
    done = project.run(*ARTICLE, "-t", "../packs/acme", cwd=project.folder / "team")

    assert done.returncode == 0, done.stderr
    assert b"template: {pack: packs/acme, version" in project.files()[".svcgen/apps/web.yaml"]
    before = project.files()
    again = project.run("new", "-f", ".svcgen/apps/web.yaml")
    assert (again.returncode, project.files()) == (0, before), again.stderr
    inside = project.run(*ARTICLE, "-t", ".", "-o", "yaml", cwd=project.folder / "packs/acme")
    assert inside.returncode == 0, inside.stderr


def test_files_of_an_older_pack_are_left_to_update(project):
    write_base(project)
    assert new(project, "-t", "base").returncode == 0
    service = project.folder / ".svcgen/templates/base/service.yaml.j2"
    service.write_text(service.read_text().replace("spec:\n", "spec:\n  sessionAffinity: ClientIP\n", 1))
    before = project.files()
    done = new(project, "-t", "base")

    assert (done.returncode, project.files()) == (2, before)
    assert "+  sessionAffinity: ClientIP" in done.stderr
    assert (
        "hint: the pack has changed since: svcgen update web keeps what was edited; --force overwrites" in done.stderr
    )
