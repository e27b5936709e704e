"""Packs that somebody got wrong: each says the file and line, what is wrong and what helps, and writes nothing."""

from __future__ import annotations

import json
import os
import random
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from scaffold import allocate, packs, spec
from scaffold.config import display
from scaffold.errors import SvcgenError
from scaffold.model import PortPolicy, PortWish, TakenPorts
from scaffold.render import Renderer
from tests.conftest import ROOT, Project
from tests.packs.making import ARTICLE, EXTENDS, HEAD, write_pack

NOTE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ app.name }}\n"
CIRCLE = "{% include 'note.j2' %}"
FILE = "files: [{path: note.yaml, template: note.j2}]\n"
YAML = ".svcgen/templates/acme/pack.yaml"


def new(project, *words, **more):
    return project.run(*ARTICLE, "-t", "acme", *words, **more)


def refused(project, done):
    """The message; nothing was written, and nobody saw a traceback."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert not [path for path in project.files() if path.startswith(("web/", ".svcgen/apps"))]
    return done.stderr


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("", "", "a pack.yaml is one mapping\nhint: its keys are title, version, svcgen, extends, files,"),
        ("[]\n", "", "a pack.yaml is one mapping"),
        ("title: a\n---\ntitle: b\n", "", "a pack.yaml is one mapping"),
        ("title: x\nextends: default\n", ":1:1", 'the pack has no version\nhint: add version: "1"'),
        ('version: "1"\nextends: default\n', ":1:1", "the pack has no title\nhint: add title: one line"),
        ("title: x\nversion: 1.10\nextends: default\n", ":2:10",
         "version is 1.1, not a string\nhint: put it in quotes"),
        ("title: [x]\nversion: \"1\"\nextends: default\n", ":1:8", "title is ['x'], not a string"),
        (HEAD, ":1:1", "a pack needs files\nhint: files: [{path: service.yaml, template: service.yaml.j2}]"),
        (HEAD + "extend: default\n", ":3:9", "unknown key 'extend'\nhint: did you mean 'extends'?"),
        (HEAD + "files: {}\n", ":3:8", "files is not a list"),
        (HEAD + "files: [note.yaml]\n", ":3:9", "an entry of files is {path: service.yaml, template:"),
        (EXTENDS + "files: [{path: a, templat: b}]\n", ":4:28",
         "unknown key 'templat'\nhint: did you mean 'template'?"),
        (EXTENDS + "files: [{template: note.j2}]\n", ":4:9", "a file needs a path"),
        (EXTENDS + "files: [{path: note.yaml}]\n", ":4:9",
         "needs a template\nhint: write {path: note.yaml, template: note.yaml.j2}"),
        (EXTENDS + "files: [{path: a, template: nope.j2}]\n", ":4:29", "did you mean 'note.j2'?"),
        (EXTENDS + FILE.replace("]", ", {path: note.yaml, template: note.j2}]"), ":4:54",
         f"two files are written to note.yaml\nhint: the other is at {YAML}:4:16"),
        (EXTENDS + FILE.replace("]", ", {path: note.yaml/x, template: note.j2}]"), ":4:54",
         "note.yaml is a file and the folder of note.yaml/x"),
        (EXTENDS + "files: [{path: note.yaml, remove: true}]\n", ":4:16",
         "there is no inherited file 'note.yaml' to remove"),
        (EXTENDS + "files: [{path: service.yml, remove: true}]\n", ":4:16", "did you mean 'service.yaml'?"),
        (EXTENDS + "files: [{path: service.yaml, remove: true, when: x}]\n", ":4:9", "has a path and nothing else"),
        (EXTENDS + "files: [{path: a, template: note.j2, each: env}]\n", ":4:44",
         "each is 'env', it can only be environment"),
        (EXTENDS + "files: [{path: a, template: note.j2, each: environment}]\n", ":4:16", "needs {environment} in it"),
        (EXTENDS + "files: [{path: 'a/{environment}', template: note.j2}]\n", ":4:16", "has {environment} in it"),
        (EXTENDS + "files: [{path: 'a/{environment}', template: note.j2, each: environment}]\n", ":4:60",
         "the pack does not say which there are"),
        (EXTENDS + "environments: [dev]\n", ":4:15", "is no question of type list"),
        (EXTENDS + "environments: probe\n", ":4:15", "environments 'probe' is no question of type list"),
        (EXTENDS + "questions: [{nmae: a}]\n", ":4:20", "unknown key 'nmae'\nhint: did you mean 'name'?"),
        (EXTENDS + "questions: [{help: a}]\n", ":4:13", "a question needs a name"),
        (EXTENDS + "questions: [{name: Team-1}]\n", ":4:20", "name 'Team-1' must hold only a-z, 0-9 and _"),
        (EXTENDS + "questions: [{name: a}, {name: a}]\n", ":4:31", "two questions are called a"),
        (EXTENDS + "questions: [{name: a, type: sting}]\n", ":4:29",
         "type 'sting' is none of string, int, bool, choice, list, port"),
        (EXTENDS + "questions: [{name: a, type: choice}]\n", ":4:13", "a choice needs choices"),
        (EXTENDS + "questions: [{name: a, type: choice, choices: [on, off]}]\n", ":4:47",
         "choice True is not a string; put it in quotes"),
        (EXTENDS + "questions: [{name: a, type: int, choices: ['1']}]\n", ":4:43",
         "a question of type int has no choices"),
        (EXTENDS + "questions: [{name: a, pattern: '['}]\n", ":4:32", "is no regular expression"),
        (EXTENDS + "questions: [{name: a, type: int, pattern: '1'}]\n", ":4:43",
         "has no pattern\nhint: use check instead"),
        (EXTENDS + "questions: [{name: a, secret: maybe}]\n", ":4:31", "secret is 'maybe', it must be true or false"),
        (EXTENDS + "questions: [{name: a, when: [x]}]\n", ":4:29", "when is ['x'], not an expression"),
        (EXTENDS + "questions: [{name: a, help: 1}]\n", ":4:29", "help is 1, not a string; put it in quotes"),
        (HEAD + 'svcgen: "99.1"\nextends: default\n', ":3:9",
         "the pack needs svcgen 99.1 or newer, this is 0.1.0\nhint: pipx upgrade"),
        (HEAD + "svcgen: new\nextends: default\n", ":3:9", "svcgen 'new' is no version"),
        (EXTENDS + "title: again\n", ":4", "the key 'title' is there twice"),
        (HEAD + "extends: &a [*a]\n", ":3", "an anchor holds itself"),
        ("title: \"x\n", ":2:1", "while scanning a quoted scalar"),
        ("title: \x00\n", ":1:8", "unacceptable character"),
    ],
)  # fmt: skip
def test_a_wrong_pack_yaml_is_explained_at_its_place(project, text, place, said):
    write_pack(project, "acme", text, [("note.j2", NOTE)])
    message = refused(project, new(project))

    assert message.startswith(f"{YAML}{place}: error: "), message
    assert said in message


@pytest.mark.parametrize("version", ["0", "0.1", "0.1.0", 0.1])
def test_a_pack_for_this_svcgen_or_an_older_one_is_fine(project, version):
    write_pack(project, "acme", EXTENDS + f"svcgen: {json.dumps(version)}\n")

    assert new(project).returncode == 0


@pytest.mark.parametrize(
    ("head", "text"),
    [
        (b"\xef\xbb\xbf" + EXTENDS.encode() + FILE.encode(), b"\xef\xbb\xbf" + NOTE.encode()),
        (EXTENDS.replace("\n", "\r\n").encode() + FILE.encode(), NOTE.replace("\n", "\r\n").encode()),
        (EXTENDS.encode() + FILE.encode(), NOTE.rstrip("\n").encode()),
    ],
    ids=["byte order mark", "carriage returns", "no line break at the end"],
)
def test_how_an_editor_saves_makes_no_difference(project, head, text):
    project.write(YAML, head)
    project.write(".svcgen/templates/acme/note.j2", text)
    done = new(project)

    assert done.returncode == 0, done.stderr
    assert project.files()["web/note.yaml"] == NOTE.replace("{{ app.name }}", "web").encode()


def odd_files(folder):
    """Ways in which a file of a pack is no file: what to make of it, and what is said."""
    big = b"# " + b"x" * (1 << 20) + b"\n"
    return {
        "a folder": (lambda path: path.mkdir(), "cannot read: it is a folder"),
        "a pipe": (os.mkfifo, "cannot read: it is no regular file"),
        "a link to nothing": (lambda path: path.symlink_to("nowhere"), "No such file or directory"),
        "a link in a circle": (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
        "a link to elsewhere": (lambda path: path.symlink_to("/etc/hostname"), "the file lies outside the pack"),
        "too large": (lambda path: path.write_bytes(big), "larger than 1 MB, no file of a pack is"),
        "not UTF-8": (lambda path: path.write_bytes(b"title: x\n\xff\n"), ":2: error: the file is not UTF-8"),
        "UTF-16": (lambda path: path.write_bytes("title: x\n".encode("utf-16")), "the file is not UTF-8"),
    }  # fmt: skip


@pytest.mark.parametrize("kind", odd_files(None))
@pytest.mark.parametrize("file", ["pack.yaml", "note.j2"])
def test_a_file_that_is_none_is_named(project, kind, file):
    folder = write_pack(project, "acme", EXTENDS + FILE, [("note.j2", NOTE)])
    make, said = odd_files(None)[kind]
    (folder / file).unlink()
    make(folder / file)
    message = refused(project, new(project, timeout=30))

    assert message.startswith(f".svcgen/templates/acme/{file}:")
    assert said in message
    listed = project.run("templates", "list", timeout=30)
    assert (listed.returncode, said in listed.stdout, "\ndefault " in listed.stdout) == (2, True, True)


@contextmanager
def nobody():
    """As a user who owns nothing; whoever is no root is that for files without permissions anyway."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.mark.parametrize("path", ["", "pack.yaml", "note.j2", "parts", "../../templates"])
@pytest.mark.parametrize("name", ["acme", "default"])
def test_what_may_not_be_read_is_named_and_nothing_else_takes_its_place(path, name):
    # pytest's own folders are closed to everybody else
    with TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        project = Project(Path(place))
        folder = write_pack(project, name, EXTENDS + FILE, [("note.j2", NOTE), ("parts/a.j2", "")])
        closed = (folder / path).resolve()
        closed.chmod(0)
        try:
            with nobody(), pytest.raises(SvcgenError, match="Permission denied") as caught:
                packs.load(name, place)
        finally:
            closed.chmod(0o755)

    assert str(caught.value.location).startswith(display(str(closed)))


def test_a_folder_without_a_pack_yaml_is_said_to_be_that(project):
    project.write(".svcgen/templates/acme/service.yaml.j2", NOTE)
    message = refused(project, new(project))

    assert message.startswith("--template: error: there is no pack.yaml in .svcgen/templates/acme\n")


def test_a_file_in_the_place_of_the_folder_of_packs_is_no_obstacle(project):
    project.write(".svcgen/templates", "x")

    assert project.run(*ARTICLE).returncode == 0


def test_too_many_templates_are_refused(project):
    write_pack(project, "acme", EXTENDS, [(f"{n}.j2", "") for n in range(501)])

    assert "over 500 templates in one pack" in refused(project, new(project))


def test_a_pack_is_not_looked_for_in_a_whole_disk(project):
    folder = write_pack(project, "acme", EXTENDS)
    for at in range(21):
        (folder / f"f{at}").mkdir()
        for n in range(1000):
            (folder / f"f{at}/{n}").touch()

    assert "over 20,000 files below one pack\nhint: give the pack a folder of its own" in refused(project, new(project))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{% for port in ports %", "unexpected 'end of template'"),
        ("{% if app.name %}", "Unexpected end of template"),
        ("{% raw %}", "Missing end of raw directive"),
        ("{{ app.nmae }}", "app has no attribute 'nmae'\n5 | x: {{ app.nmae }}\nhint: did you mean name?"),
        ("{{ ports[0].prot }}", "a port has no attribute 'prot'"),
        ("{{ answers.proob }}", "hint: did you mean probe?"),
        ("{{ answer.probe }}", "'answer' is undefined\n5 | x: {{ answer.probe }}\nhint: did you mean answers?"),
        ("{{ xyz }}", "hint: known here: answers, app, ports"),
        ("{% include 'nt.j2' %}",
         "the pack has no template 'nt.j2'\n5 | x: {% include 'nt.j2' %}\nhint: did you mean 'note.j2'?"),
        ("{% include '../note.j2' %}", "the pack has no template '../note.j2'"),
        ("{% include 'note.j2' %}",
         "a template that names itself means that of the pack it extends, and there is none"),
        ("{% include 'circle.j2' %}", "calls itself without end"),
        ("{{ 1e999 }}", "name 'inf' is not defined"),
        ("{% import 'lib.j2' as lib %}{{ lib.x }}",
         "hint: an imported template sees it when the import ends with: with context"),
        ("{{ 'x' | nope }}", "No filter named 'nope'"),
        ("{{ ports[9].name }}", "has no element 9"),
        ("".join("{% for x in [1] %}" for _ in range(30)) + "{% endfor %}" * 30, "too many statically nested blocks"),
    ],
)  # fmt: skip
def test_a_fault_in_a_template_is_shown_with_its_line(project, line, said):
    lib = "{% set x = app.name %}"
    write_pack(
        project, "acme", EXTENDS + FILE, [("note.j2", f"{NOTE}x: {line}\n"), ("lib.j2", lib), ("circle.j2", CIRCLE)]
    )
    message = refused(project, new(project))

    assert said in message, message
    if not set(said.split()) & {"statically", "imported", "another"}:
        assert message.startswith(".svcgen/templates/acme/note.j2:"), message
        assert f" | x: {line}" in message or "| {{" in message or "Unexpected end" in said, message


def test_environments_that_come_to_one_path_are_refused(project):
    extra = (
        "files:\n  - {path: 'o/{environment}.yaml', template: note.j2, each: environment}\n"
        "  - {path: o/a.yaml, template: note.j2}\n"
        "environments: env\n"
        "questions: [{name: env, type: list}]\n"
    )
    write_pack(project, "acme", EXTENDS + extra, [("note.j2", NOTE)])

    assert "two files are written to o/a.yaml" in refused(project, new(project, "--set", "env=a,b"))
    assert "environment 'dev' is there twice" in refused(project, new(project, "--set", "env=dev,dev"))


@pytest.mark.parametrize(
    ("note", "unused"),
    [
        ("a: {{ answers.one }}", ["two", "three"]),
        ("a: {{ answers['two'] }}", ["one", "three"]),
        ("a: {{ answers[app.name] }}", []),
        ("a: {{ answers.items() | list | length }}", []),
        ("{% set a = answers %}", []),
        ("", ["one", "two", "three"]),
    ],
)
def test_a_question_that_nothing_uses_is_seen(project, note, unused):
    questions = "questions: [{name: one, default: a}, {name: two, default: b}, {name: three, default: c}]\n"
    head = HEAD + "files: [{path: note.yaml, template: note.j2}]\n" + questions
    write_pack(project, "acme", head, [("note.j2", note)])
    renderer = Renderer(packs.load("acme", str(project.folder)))

    assert [question.name for question in renderer.unused_questions()] == unused
    shown = json.loads(project.run("templates", "show", "acme", "-o", "json").stdout)
    assert [one["name"] for one in shown["questions"] if not one["used"]] == unused
    assert project.run("templates", "show", "acme").stdout.count("nothing uses it") == len(unused)


def test_a_question_that_an_expression_or_the_environments_use_is_used(project):
    head = EXTENDS + (
        "files: [{path: note.yaml, template: note.j2, when: answers.one}]\nenvironments: env\n"
        "questions:\n  - {name: one, type: bool, default: true}\n  - {name: two, default: x}\n"
        "  - {name: three, default: '{{ answers.two }}', when: answers.four}\n  - {name: four, default: x}\n"
        "  - {name: env, type: list, default: [a]}\n"
    )
    write_pack(project, "acme", head, [("note.j2", NOTE)])

    assert [one.name for one in Renderer(packs.load("acme", str(project.folder))).unused_questions()] == ["three"]


WORDS = (
    "null", "[]", "{}", "1", "1.5", "true", "'x'", '"{{ 1/0 }}"', "&a [*a]", "!!python/object:os.system x",
    "<<: {a: b}", "? x", "- -", "\x00", "\ufeff", "'", '"', "{{", "%}", "..", "a/b", "|", "9" * 400,
    "{a: 1, a: 2}", "list", "int", "port", "choice",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_no_mistake_in_a_pack_is_taken_for_a_bug_of_svcgen(project, seed):
    """Hundreds of broken packs, in this process: each is read and rendered, or refused with a message."""
    chance = random.Random(seed)
    folder = write_pack(project, "acme", EXTENDS, [("note.j2", NOTE)])
    whole = (
        (ROOT / "templates/default/pack.yaml")
        .read_text()
        .replace("files:\n", "files:\n  - {path: n, template: note.j2}\n")
    )
    head = (
        EXTENDS.replace("extends", 'svcgen: "0.1"\nextends')
        + whole.partition("files:")[1]
        + whole.partition("files:")[2]
    )
    plan = allocate.plan(
        spec.parse({"name": "web", "image": "x", "ports": (PortWish("http", 5000),)}), TakenPorts(), PortPolicy()
    )
    outcomes = set()
    for _ in range(150):
        text = head
        for _ in range(chance.choice((1, 1, 2))):
            at = chance.choice([at for at, letter in enumerate(text) if letter in ":,[{\n "])
            text = (
                text[: at + 1] + chance.choice(("", " ")) + chance.choice(WORDS) + text[at + chance.randrange(1, 8) :]
            )
        (folder / "pack.yaml").write_text(text, encoding="utf-8")
        try:
            pack = packs.load("acme", str(project.folder))
            renderer = Renderer(pack)
            renderer.render(plan, renderer.answers(plan))
            outcomes.add("rendered")
        except SvcgenError:
            outcomes.add("refused")

    assert "refused" in outcomes
