"""`svcgen templates list`, `show` and `eject`: run as processes."""

from __future__ import annotations

import json
import os
import re

import pytest
import yaml

from scaffold import views
from tests.conftest import ROOT
from tests.packs.making import ARTICLE, EXTENDS, HEAD, write_base, write_pack

# the files of the pack that all of these extend
DEFAULT = [one["path"] for one in yaml.safe_load((ROOT / "templates/default/pack.yaml").read_text())["files"]]
NOTE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ app.name }}\n"
ALL = """\
questions:
  - {name: team, help: who owns it, pattern: "[a-z]+"}
  - {name: tier, type: choice, choices: [web, batch], default: web}
  - {name: window, when: answers.tier == "batch"}
  - {name: zones, type: list, default: [a, b], check: value | length < 4}
  - {name: entry, type: port, default: "{{ ports[0].name }}"}
  - {name: token, secret: true, default: ""}
policy:
  - {required_labels: [team], text: every app names its team}
  - {node_ports: 30100-30199, text: the firewall is open for these}
  - {locked: {replicas: 3, probe: http}, text: as agreed}
files:
  - {path: note.yaml, template: note.yaml.j2, when: answers.tier == "web"}
"""


def templates(project, *words, **more):
    return project.run("templates", *words, **more)


def packs_of(project, *words, **more):
    done = templates(project, "list", "-o", "json", *words, **more)
    assert done.returncode == 0, done.stderr
    return {one["name"]: one for one in json.loads(done.stdout)["packs"]}


def test_the_list_has_every_pack_its_files_and_where_it_comes_from(project):
    write_pack(project, "acme", EXTENDS + ALL, [("note.yaml.j2", NOTE)])
    done = templates(project, "list")

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["NAME", "VERSION", "FROM", "FOLDER"]
    assert lines[1].split() == ["acme", "1", "project", ".svcgen/templates/acme"]
    assert lines[2:5] == [
        "    a pack", f"    files: {', '.join((*DEFAULT, 'note.yaml'))}", "    extends default 1",
    ]  # fmt: skip
    assert re.fullmatch(r"default +1 +built-in +\S*templates/default", lines[5])
    found = packs_of(project)["acme"]
    assert (found["from"], found["extends"], found["error"], len(found["digest"])) == ("project", "default", None, 12)
    assert [file["path"] for file in found["files"]] == [*DEFAULT, "note.yaml"]


def test_the_list_says_what_a_pack_hides(project):
    write_pack(project, "default", EXTENDS)
    home = os.environ["XDG_CONFIG_HOME"]
    folder = write_pack(project, "default", EXTENDS, where="u")
    os.makedirs(f"{home}/svcgen/templates")
    folder.rename(f"{home}/svcgen/templates/default")
    found = packs_of(project)

    assert list(found) == ["default", "helm", "kustomize"]
    assert [hidden["from"] for hidden in found["default"]["hides"]] == ["user", "built-in"]
    text = templates(project, "list").stdout
    assert re.search(r"^    hides the user one in \S+/svcgen/templates/default$", text, re.MULTILINE)


def test_a_pack_that_cannot_be_read_is_in_the_list_with_the_reason(project):
    write_pack(project, "acme", HEAD + "fils: []\n")
    done = templates(project, "list")

    assert done.returncode == 2
    assert (
        "    cannot be read: .svcgen/templates/acme/pack.yaml:3:7: error: unknown key 'fils'\n"
        "    hint: did you mean 'files'?\n"
    ) in done.stdout
    assert "\ndefault " in done.stdout


def test_show_has_the_questions_the_policy_the_blocks_and_the_whole_context(project):
    write_base(project, ALL.replace("files:\n", "").replace("  - {path: note.yaml", "#"))
    override = (
        '{% extends "service.yaml.j2" %}\n{% block ports %}{{ super() }}{% endblock %}\n{% block mine %}{% endblock %}'
    )
    write_pack(project, "acme", HEAD + "extends: base\n", [("service.yaml.j2", override)])
    done = templates(project, "show", "acme")

    assert (done.returncode, done.stderr) == (0, "")
    text = re.sub(" +", " ", done.stdout)
    for line in (
        "acme 1 (project, .svcgen/templates/acme)",
        "extends base 1 -> default 1",
        " service.yaml service.yaml.j2 of acme",
        'BLOCKS of service.yaml.j2, to be changed by {% extends "service.yaml.j2" %}',
        " ports acme, line 2",
        " mine acme, line 3",
        " metadata base, line 4",
        " team string must be answered",
        " who owns it",
        " must match [a-z]+",
        " tier choice: web, batch default web",
        ' only when answers.tier == "batch"',
        " zones list default a,b",
        " must hold: value | length < 4",
        " entry port default {{ ports[0].name }}",
        " secret: never saved, never printed",
        " asked by base",
        " required labels team every app names its team (base)",
        " node ports 30100-30199 the firewall is open for these (base)",
        " locked replicas: 3, probe: http as agreed (base)",
        " app.replicas number 3",
        " port.service_port number 8080",
        " port.node_port number or none 30000",
        ' answers.zones list of strings ["a", "b"]',
    ):
        assert line in text.splitlines(), line


def test_the_context_is_what_the_code_gives_to_a_template(project):
    done = templates(project, "show", "-o", "json")
    shown = json.loads(done.stdout)
    names = [field["name"] for field in shown["context"]]

    for kind, view in (("app", views.AppView), ("port", views.PortView)):
        assert [name.split(".")[1] for name in names if name.startswith(f"{kind}.")] == list(view._fields)
    # every name can be used: a template made of all of them renders what the page shows
    used = [field for field in shown["context"] if isinstance(field["example"], str | int) and field["name"] != "ports"]
    lines = "".join(f"  f{at}: {{{{ {field['name']} }}}}\n" for at, field in enumerate(used))
    note = f"{NOTE}data:\n{{% set port = ports[0] %}}\n{lines}"
    write_pack(project, "acme", EXTENDS + "files: [{path: n.yaml, template: n.j2}]\n", [("n.j2", note)])
    words = (
        "new", "my-service", "--image", "ghcr.io/acme/my-service:1.4.2", "-n", "shop", "--replicas", "2",
        "--allocate", "first", "-p", "http=5000,appProtocol=http", "-p", "metrics=6000", "-t", "acme", "-o", "json",
    )  # fmt: skip
    made = project.run(*words)
    assert made.returncode == 0, made.stderr
    data = json.loads(made.stdout)["items"][-1]["data"]
    assert data == {f"f{at}": field["example"] for at, field in enumerate(used)}


def test_show_takes_the_example_of_the_pack(project):
    write_pack(project, "acme", EXTENDS)
    project.write(
        ".svcgen/templates/acme/example.yaml",
        "apiVersion: svcgen/v1\nkind: App\nmetadata: {name: shown}\n"
        "spec: {image: x, ports: [dns=53/udp], type: ClusterIP}\n",
    )
    fields = {
        one["name"]: one for one in json.loads(templates(project, "show", "acme", "-o", "json").stdout)["context"]
    }

    assert (fields["app.name"]["example"], fields["port.protocol"]["example"]) == ("shown", "UDP")
    assert (fields["port.node_port"]["type"], fields["port.node_port"]["example"]) == ("number or none", None)


def test_a_whole_pack_is_copied_and_gives_the_same(project):
    plain = project.run(*ARTICLE, "-o", "yaml").stdout
    done = templates(project, "eject", "--name", "acme")

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    created = [line.split()[1] for line in lines if line.startswith("created")]
    assert created[0] == ".svcgen/templates/acme/pack.yaml"
    assert ".svcgen/templates/acme/service.yaml.j2" in created
    assert "next: edit what is in .svcgen/templates/acme" in lines
    assert project.run(*ARTICLE, "-t", "acme", "-o", "yaml").stdout == plain
    head = project.files()[".svcgen/templates/acme/pack.yaml"].decode().splitlines()[0]
    assert re.fullmatch(
        '# Ejected from the built-in pack "default", version "1", digest [0-9a-f]{12}; svcgen templates list .*', head
    )
    # the last line is a command that works
    words = lines[-1].split()
    assert words[0] == "svcgen"
    assert project.run(*words[1:]).returncode == 0


def test_without_a_name_the_copy_takes_the_place_of_the_original(project):
    plain = project.run(*ARTICLE, "-o", "yaml").stdout
    assert templates(project, "eject").returncode == 0
    service = project.folder / ".svcgen/templates/default/service.yaml.j2"
    service.write_text(service.read_text().replace("spec:\n", "spec:\n  sessionAffinity: ClientIP\n", 1))

    assert project.run(*ARTICLE, "-o", "yaml").stdout == plain.replace(
        "spec:\n", "spec:\n  sessionAffinity: ClientIP\n", 1
    )


@pytest.mark.parametrize("file", ["service.yaml", "service.yaml.j2"])
def test_one_file_is_a_pack_that_extends_the_original(project, file):
    plain = project.run(*ARTICLE, "-o", "yaml").stdout
    done = templates(project, "eject", "default", file)

    assert done.returncode == 0, done.stderr
    assert sorted(project.files()) == [
        ".svcgen/templates/default/pack.yaml", ".svcgen/templates/default/service.yaml.j2",
    ]  # fmt: skip
    assert b"extends: default\n" in project.files()[".svcgen/templates/default/pack.yaml"]
    assert project.run(*ARTICLE, "-o", "yaml").stdout == plain
    # another one joins it, and what is there stays as it is
    pack = project.folder / ".svcgen/templates/default/pack.yaml"
    pack.write_text(pack.read_text() + "# mine\n")
    assert templates(project, "eject", "default", "deployment.yaml", "--name", "default").returncode == 2
    assert "is the pack itself" in templates(project, "eject", "default", "deployment.yaml").stderr


def test_the_list_says_when_an_original_has_changed(project):
    write_base(project)
    templates(project, "eject", "base", "service.yaml", "--name", "one")
    templates(project, "eject", "base", "--name", "all")
    templates(project, "eject", "base", "--name", "gone")

    assert [one["state"] for one in packs_of(project)["all"]["ejected"]] == ["same", "same"]
    service = project.folder / ".svcgen/templates/base/service.yaml.j2"
    service.write_text(service.read_text() + "# more\n")
    found = packs_of(project)
    assert [(one["file"], one["state"]) for one in found["all"]["ejected"]] == [
        ("pack.yaml", "changed"), ("service.yaml.j2", "changed"),
    ]  # fmt: skip
    assert [(one["file"], one["state"]) for one in found["one"]["ejected"]] == [("service.yaml.j2", "changed")]
    assert "    ejected from base 1; the original has changed since\n" in templates(project, "list").stdout
    service.unlink()
    (project.folder / ".svcgen/templates/base/pack.yaml").unlink()
    broken = json.loads(templates(project, "list", "-o", "json").stdout)["packs"]
    assert {copy["state"] for one in broken if one["name"] == "gone" for copy in one["ejected"]} == {"gone"}


def test_a_copy_is_never_overwritten_without_force(project):
    templates(project, "eject", "--name", "acme")
    again = templates(project, "eject", "--name", "acme")
    assert (again.returncode, again.stdout.count("unchanged ")) == (0, again.stdout.count("acme/")), again.stdout
    service = project.folder / ".svcgen/templates/acme/service.yaml.j2"
    service.write_text(service.read_text() + "# mine\n")
    before = project.files()
    done = templates(project, "eject", "--name", "acme")

    assert (done.returncode, project.files()) == (2, before)
    assert ".svcgen/templates/acme/service.yaml.j2: there already\n" in done.stderr
    assert "-# mine" in done.stderr
    assert templates(project, "eject", "--name", "acme", "--force").returncode == 0
    assert project.files() != before


def test_a_copy_of_a_pack_that_extends_by_its_path_still_does(project):
    write_base(project)
    write_pack(project, "mine", HEAD + "extends: ../../.svcgen/templates/base\n", where="packs")
    plain = project.run(*ARTICLE, "-t", "packs/mine", "-o", "yaml").stdout
    done = templates(project, "eject", "./packs/mine")

    assert done.returncode == 0, done.stderr
    assert b"\nextends: ../base\n" in project.files()[".svcgen/templates/mine/pack.yaml"]
    assert project.run(*ARTICLE, "-t", "mine", "-o", "yaml").stdout == plain
    assert templates(project, "eject", "./packs/mine", "service.yaml", "--name", "other").returncode == 0
    assert b"\nextends: ../../../packs/mine\n" in project.files()[".svcgen/templates/other/pack.yaml"]
    assert project.run(*ARTICLE, "-t", "other", "-o", "yaml").stdout == plain


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "defualt"), "PACK: error: there is no pack 'defualt'\nhint: did you mean 'default'?"),
        (("show", "./nowhere"), "PACK: error: there is no pack.yaml in nowhere, which is not there"),
        (("eject", "default", "servce.yaml"), "has no template 'servce.yaml'\nhint: did you mean 'service.yaml'?"),
        (("eject", "default", "--name", "../up"), "'../up' is no name of a pack"),
        (("eject", "default", "--name", ".hidden"), "'.hidden' is no name of a pack"),
        (("list", "-o", "yaml"), "'yaml' is none of table, json"),
        (("show", "-o", "table"), "'table' is none of text, json"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_explained(project, words, said):
    done = templates(project, *words)

    assert (done.returncode, project.files()) == (2, {})
    assert said in done.stderr


@pytest.mark.parametrize("verb", ["list", "show", "eject"])
def test_help_has_examples(project, verb):
    assert "Examples:\n" in templates(project, verb, "--help").stdout


def test_the_group_alone_says_what_it_has(project):
    done = templates(project)

    assert done.returncode == 2
    for text in ("Examples:\n", "  list ", "  show ", "  eject "):
        assert text in done.stderr
