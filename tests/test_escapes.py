"""A pack is somebody else's text. Each known way out of it ends in a clear error, and nothing is read or written."""

from __future__ import annotations

import os
import resource
import socket
import time

import pytest

ATTACKED = ("new", "web", "--image", "x:1", "-p", "http=80", "-t", "./hostile", "--no-input")
SECRET = "the-secret-of-another-folder"
MEMORY = 2 << 30
DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ app.name }}\n"
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {{ app.name }}
  annotations:
    note: %s
"""
PACK = """\
title: A pack of somebody else
version: "1"
files:
  - {path: service.yaml, template: service.yaml.j2}
  - {path: deployment.yaml, template: deployment.yaml.j2}
questions:
  - {name: note, type: string, default: hello}
"""

# --- what a template can say: id -> (the template's text behind `note:`, what the error says) -----------------------

UNSAFE = "is unsafe"
UNKNOWN = "is undefined"
NO_TEMPLATE = "has no template"

ATTRIBUTES = {
    "class-of-a-string": ("{{ ''.__class__ }}", UNSAFE),
    "subclasses-of-object": ("{{ ''.__class__.__mro__[1].__subclasses__() }}", UNSAFE),
    "class-by-item": ("{{ ''['__class__'] }}", UNSAFE),
    "class-by-attr": ("{{ ''|attr('__class__') }}", UNSAFE),
    "class-by-attr-in-pieces": ("{{ ''|attr('__cla' ~ 'ss__') }}", UNSAFE),
    "class-by-attr-of-joined-letters": ("{{ ''|attr(['__', 'class', '__']|join) }}", UNSAFE),
    "class-of-a-number": ("{{ (1).__class__.__base__ }}", UNSAFE),
    "globals-of-the-app": ("{{ app.__class__.__init__.__globals__ }}", UNSAFE),
    "private-method-of-the-app": ("{{ app._asdict() }}", UNSAFE),
    "replace-of-the-app": ("{{ app._replace(name='root') }}", UNSAFE),
    "globals-of-a-method": ("{{ app.labels.items.__globals__ }}", "no attribute"),
    "globals-of-range": ("{{ range.__class__ }}", UNSAFE),
    "globals-of-namespace": ("{{ namespace.__init__.__globals__ }}", UNSAFE),
    "base-of-dict": ("{{ dict.__base__ }}", UNSAFE),
    "mro-of-dict": ("{{ dict.mro() }}", UNSAFE),
    "the-template-itself": ("{{ self.__init__.__globals__ }}", UNSAFE),
    "the-context-behind-the-template": ("{{ self._TemplateReference__context }}", UNSAFE),
    "function-behind-a-macro": ("{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}", UNSAFE),
    "globals-of-a-loop": ("{% for p in ports %}{{ loop.__init__.__globals__ }}{% endfor %}", UNSAFE),
    "frame-of-a-generator": ("{{ (ports|map(attribute='name')).gi_frame.f_globals }}", UNSAFE),
    "code-of-a-generator": ("{{ (ports|map(attribute='name')).gi_code }}", UNSAFE),
    "map-by-class": ("{{ ports|map(attribute='__class__')|first }}", UNSAFE),
    "map-by-path-to-class": ("{{ ports|map(attribute='name.__class__')|first }}", UNSAFE),
    "select-by-class": ("{{ ports|selectattr('__class__')|list|string }}", UNSAFE),
    "group-by-class": ("{{ (ports|groupby('__class__')|first)[0] }}", UNSAFE),
    "sort-by-class": ("{{ (ports * 2)|sort(attribute='__class__')|first|string }}", UNSAFE),
    "unique-by-class": ("{{ ports|unique(attribute='__class__')|list|string }}", UNSAFE),
    "sum-by-class": ("{{ ports|sum(attribute='__class__') }}", UNSAFE),
    "format-with-attribute": ("{{ '{0.__class__}'.format(app) }}", UNSAFE),
    "format-map-with-attribute": ("{{ '{x.__class__}'.format_map({'x': app}) }}", UNSAFE),
    "format-by-attr": ("{{ ('{0.__class__}'|attr('format'))(app) }}", UNSAFE),
    "format-kept-in-a-name": ("{% set f = '{0.__class__}'.format %}{{ f(app) }}", UNSAFE),
    "format-handed-to-a-macro": ("{% macro m(f) %}{{ f(app) }}{% endmacro %}{{ m('{0.__class__}'.format) }}", UNSAFE),
    "format-map-by-attr": ("{{ ('{x.__class__}'|attr('format_map'))({'x': app}) }}", UNSAFE),
    "format-with-an-item-of-an-attribute": ("{{ '{0.__init__.__globals__[os]}'.format(app) }}", UNSAFE),
    "cycler": ("{{ cycler.__init__.__globals__.os.popen('id').read() }}", UNSAFE),
    "joiner": ("{{ joiner.__init__.__globals__ }}", UNSAFE),
    "lipsum": ("{{ lipsum.__globals__.os.popen('id').read() }}", UNKNOWN),
    "builtins": ("{{ __builtins__.open('/etc/passwd').read() }}", UNKNOWN),
    "import-by-name": ("{{ __import__('os').system('id') }}", UNKNOWN),
    "open": ("{{ open('/etc/passwd').read() }}", UNKNOWN),
    "environment-of-the-process": ("{{ environ.HOME }}", UNKNOWN),
    "config-of-a-web-server": ("{{ config.items() }}", UNKNOWN),
}
CHANGES = {
    "ports-append": ("{{ ports.append(1) }}", "no attribute 'append'"),
    "a-list-of-its-own": ("{% set l = [1] %}{{ l.append(2) }}", UNSAFE),
    "labels-update": ("{{ app.labels.update({'a': 'b'}) }}", UNSAFE),
    "answers-pop": ("{{ answers.pop('note') }}", UNSAFE),
    "assign-to-the-app": ("{% set app.name = 'root' %}", "namespace"),
}
TAGS = {
    "do": ("{% do ports.clear() %}", "unknown tag 'do'"),
    "debug": ("{% debug %}", "unknown tag 'debug'"),
    "python-import": ("{% import os %}{{ os }}", "expected token 'as'"),
    "import-of-a-module": ("{% import 'os' as os %}{{ os.environ }}", NO_TEMPLATE),
    "from-a-module": ("{% from 'os' import popen %}{{ popen('id') }}", NO_TEMPLATE),
    "text-without-quotes": ("{{ app.name|safe }}", "No filter named 'safe'"),
}
OTHER_FILES = {
    "include-an-absolute-path": ("{% include '/etc/passwd' %}", NO_TEMPLATE),
    "include-a-path-upwards": ("{% include '../../secret.txt' %}", NO_TEMPLATE),
    "include-a-path-down-and-up": ("{% include 'a/../../secret.txt' %}", NO_TEMPLATE),
    "include-a-url": ("{% include 'file:///etc/passwd' %}", NO_TEMPLATE),
    "include-by-backslashes": ("{% include '..\\\\..\\\\secret.txt' %}", NO_TEMPLATE),
    "include-the-pack-file": ("{% include 'pack.yaml' %}", NO_TEMPLATE),
    "include-a-list-of-paths": ("{% include ['/etc/passwd', '../../secret.txt'] %}", NO_TEMPLATE),
    "extends-an-absolute-path": ("{% extends '/etc/passwd' %}", NO_TEMPLATE),
    "extends-a-path-upwards": ("{% extends '../../secret.txt' %}", NO_TEMPLATE),
    "extends-an-answer": ("{% extends answers.note %}", NO_TEMPLATE),
}
ENDLESS = "takes more than"
TOO_MUCH = "too much memory"
TOO_LONG = "more than 4 MB"
ITSELF = "calls itself without end"
BOUNDS = {
    "loops-within-loops": (
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        ENDLESS,
    ),
    "a-range-without-end": ("{{ range(9999999999)|list|length }}", "Range too big"),
    "a-string-times-a-lot": ("{{ ('x' * 9999999999)|length }}", TOO_MUCH),
    "a-list-times-a-lot": ("{{ ([1] * 9999999999)|length }}", TOO_MUCH),
    "a-string-that-doubles": (
        "{% set n = namespace(x='xx') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        TOO_MUCH,
    ),
    "a-list-that-doubles": (
        "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
        TOO_MUCH,
    ),
    "a-power-without-end": ("{{ 9 ** (9 ** 9) }}", "a power of more than 64"),
    "a-wide-number": ("{{ '%0999999999d' % 1 }}", TOO_MUCH),
    "a-wide-field": ("{{ '{:>9999999999}'.format(1) }}", TOO_MUCH),
    "a-wide-centre": ("{{ 'x'|center(9999999999) }}", TOO_MUCH),
    "a-wide-tab": ("{{ '\\t'.expandtabs(2000000000) }}", TOO_MUCH),
    "a-deep-indent": ("{{ 'x\\ny'|indent(9999999999) }}", TOO_MUCH),
    "a-large-batch": ("{{ ports|batch(9999999999, 'x')|list|length }}", ""),
    "much-text": ("{% for i in range(99999) %}{{ 'x' * 1000 }}{% endfor %}", TOO_LONG),
    "one-long-value": ("{{ 'x' * 9999999 }}", TOO_LONG),
    "a-macro-of-itself": ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", ITSELF),
    "an-include-of-itself": ("{% include 'service.yaml.j2' %}", NO_TEMPLATE),
    "deep-brackets": ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", ITSELF),
    "deep-blocks": ("{% if 1 %}" * 500 + "{% endif %}" * 500, ""),
    "a-sum-of-many": ("{{ 1" + " + 1" * 20000 + " }}", ITSELF),
}
TEMPLATES = {**ATTRIBUTES, **CHANGES, **TAGS, **OTHER_FILES, **BOUNDS}

# --- what a pack.yaml can say: id -> (its text, what the error says) ------------------------------------------------


def pack_with_path(path):
    """A pack whose first file goes to a path."""
    return PACK.replace("path: service.yaml", f"path: {path}")


PATHS = {
    "upwards": ('"../service.yaml"', "leads out of"),
    "down-and-upwards": ('"a/../../service.yaml"', "leads out of"),
    "absolute": ('"/tmp/service.yaml"', "leads out of"),
    "empty": ('""', "leads out of"),
    "the-folder-itself": ('"."', "leads out of"),
    "backslashes": ('"..\\\\service.yaml"', "leads out of"),
    "a-nul-byte": ('"service\\0.yaml"', "leads out of"),
    "a-line-break": ('"service\\n.yaml"', "leads out of"),
    "hooks-of-git": ('".git/hooks/pre-commit"', "leads out of"),
    "hooks-of-git-in-capitals": ('"sub/.GIT/hooks/pre-commit"', "leads out of"),
    "config-of-svcgen": ('".svcgen/config.yaml"', "leads out of"),
    "a-name-too-long": ('"' + "x" * 300 + '"', "too long"),
}
PACK_FILES = {
    "python-tag": (PACK + "svcgen: !!python/object/apply:os.system ['touch made']\n", "tag"),
    "own-tag": (PACK.replace("title: A", "title: !include /etc/passwd A"), "tag"),
    "tag-on-the-whole": ("!!python/object/new:os.system\n" + PACK, "tag"),
    "aliases-that-grow": (
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{two}: &{two} [{', '.join(['*' + one] * 9)}]\n" for one, two in zip("abcdefgh", "bcdefghi", strict=True)
        )
        + PACK,
        "error:",
    ),
    "nested-without-end": ("title: " + "[" * 50000, "nested"),
}

EXPRESSIONS = {
    "class-in-when": ("path: service.yaml", "path: service.yaml, when: \"''.__class__\"", UNSAFE),
    "loop-in-when": ("path: service.yaml", f'path: service.yaml, when: "{"range(99999)|list + " * 2000}[]"', ""),
    "open-in-when": ("path: service.yaml", "path: service.yaml, when: \"open('/etc/passwd').read()\"", UNKNOWN),
    "end-of-the-expression": (
        "path: service.yaml",
        'path: service.yaml, when: "1) %}{{ open }}{% set x = (1"',
        "error",
    ),
    "class-in-default": ("default: hello", "default: \"{{ ''.__class__.__mro__ }}\"", UNSAFE),
    "file-in-default": ("default: hello", "default: \"{% include '/etc/passwd' %}{{ 1 }}\"", ""),
    "loop-in-default": (
        "default: hello",
        'default: "{{ 1 }}{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"',
        ENDLESS,
    ),
    "end-of-the-text": ("default: hello", 'default: "{{ 1 }}{% endset %}{% endif %}{{ open }}"', "error"),
    "class-in-check": ("default: hello", 'default: hello, check: "value.__class__"', UNSAFE),
    "memory-in-check": ("default: hello", "default: hello, check: \"'x' * 9999999999\"", TOO_MUCH),
    "a-pattern-that-takes-years": ("default: hello", f"default: {'a' * 60}, pattern: '(a+)+b'", ENDLESS),
    "a-pattern-that-is-huge": ("default: hello", "default: hello, pattern: '((a{1,999}){1,999}){1,999}'", ""),
}


class Attack:
    """A hostile pack in a project, and a secret beside the project."""

    def __init__(self, project):
        self.project = project
        self.secret = project.folder.parent / "secret.txt"
        self.secret.write_text(SECRET)
        self.pack("pack.yaml", PACK)
        self.pack("service.yaml.j2", SERVICE % "{{ answers.note }}")
        self.pack("deployment.yaml.j2", DEPLOYMENT)
        self.before = None

    def pack(self, name, text):
        """One file of the pack."""
        return self.project.write(f"hostile/{name}", text)

    def run(self, *words, said, written=()):
        """`svcgen new` with the pack: refused with a clear error, in bounded time and memory, and nothing written."""
        before = self.project.files()
        started = time.monotonic()
        done = self.project.run(
            *ATTACKED,
            *words,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
            timeout=100,
        )
        shown = done.stdout + done.stderr
        assert "Traceback" not in shown
        assert "bug in svcgen" not in shown
        assert done.returncode == 2, shown[:2000]
        assert "error: " in done.stderr
        assert said in done.stderr
        assert SECRET not in shown
        assert "root:" not in shown
        assert len(shown) < 5000
        assert time.monotonic() - started < 60
        after = self.project.files()
        assert {name: text for name, text in after.items() if name not in written} == before
        assert self.secret.read_text() == SECRET
        return done.stderr


@pytest.fixture
def attack(project):
    return Attack(project)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_cannot_get_out_of_its_pack_or_its_bounds(attack, name):
    text, said = TEMPLATES[name]
    attack.pack("service.yaml.j2", SERVICE % text)
    error = attack.run(said=said)

    assert "hostile/service.yaml.j2" in error


@pytest.mark.parametrize("command", ["show", "check"])
@pytest.mark.parametrize("name", ["deep-brackets", "loops-within-loops"])
def test_a_pack_is_bounded_whoever_looks_at_it(attack, command, name):
    attack.pack("service.yaml.j2", SERVICE % TEMPLATES[name][0])
    done = attack.project.run("templates", command, "./hostile", timeout=100)

    assert done.returncode in (0, 1, 2)
    assert "Traceback" not in done.stdout + done.stderr
    assert "bug in svcgen" not in done.stderr
    if command == "check":
        assert "hostile/service.yaml.j2" in done.stdout + done.stderr


@pytest.mark.parametrize("name", PATHS)
def test_an_output_path_cannot_lead_out_of_the_output_folder(attack, name):
    path, said = PATHS[name]
    attack.pack("pack.yaml", pack_with_path(path))
    error = attack.run(said=said)

    assert "hostile/pack.yaml:4" in error


@pytest.mark.parametrize("name", PACK_FILES)
def test_a_pack_file_is_plain_data(attack, name):
    text, said = PACK_FILES[name]
    attack.pack("pack.yaml", text)
    attack.run(said=said)

    assert not (attack.project.folder / "made").exists()


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_of_a_pack_file_cannot_either(attack, name):
    old, new, said = EXPRESSIONS[name]
    attack.pack("pack.yaml", PACK.replace(old, new))
    error = attack.run(said=said)

    assert "hostile/pack.yaml" in error


def test_what_is_missing_and_may_be_is_not_looked_for_elsewhere(attack):
    text = "{% include ['/etc/passwd', '../../secret.txt', '../secret.txt'] ignore missing %}"
    attack.pack("service.yaml.j2", SERVICE % text)
    attack.run(said="the Service lacks port")


# --- links, pipes, devices ------------------------------------------------------------------------------------------


def test_a_template_cannot_be_a_link_to_a_file_outside(attack):
    (attack.project.folder / "hostile/other.yaml.j2").symlink_to(attack.secret)
    attack.pack("service.yaml.j2", SERVICE % "{% include 'other.yaml.j2' %}")
    attack.run(said="outside the pack")


def test_a_template_cannot_lie_in_a_linked_folder(attack):
    outside = attack.project.folder.parent / "outside"
    outside.mkdir()
    (outside / "other.yaml.j2").write_text(SECRET)
    (attack.project.folder / "hostile/linked").symlink_to(outside)
    attack.pack("service.yaml.j2", SERVICE % "{% include 'linked/other.yaml.j2' %}")
    attack.run(said="")


def test_a_pack_file_cannot_be_a_link_to_a_file_outside(attack):
    (attack.project.folder / "hostile/pack.yaml").unlink()
    (attack.project.folder / "hostile/pack.yaml").symlink_to(attack.secret)
    attack.run(said="outside the pack")


def test_a_link_that_leads_to_itself_is_named(attack):
    (attack.project.folder / "hostile/other.yaml.j2").symlink_to("other.yaml.j2")
    attack.run(said="hostile/other.yaml.j2")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/stdin"])
def test_a_template_cannot_be_a_device(attack, device):
    (attack.project.folder / "hostile/other.yaml.j2").symlink_to(device)
    attack.run(said="hostile/other.yaml.j2")


def test_a_template_cannot_be_a_pipe(attack):
    os.mkfifo(attack.project.folder / "hostile/other.yaml.j2")
    attack.run(said="hostile/other.yaml.j2")


def test_a_template_cannot_be_a_socket(attack, monkeypatch):
    monkeypatch.chdir(attack.project.folder / "hostile")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("other.yaml.j2")
    attack.run(said="hostile/other.yaml.j2")


def test_a_template_cannot_be_huge(attack):
    with (attack.project.folder / "hostile/other.yaml.j2").open("wb") as file:
        file.truncate(1 << 30)
    attack.run(said="larger than")


def test_a_folder_of_links_to_itself_ends(attack):
    (attack.project.folder / "hostile/again").symlink_to(".")
    attack.pack("service.yaml.j2", SERVICE % "{% include '/etc/passwd' %}")
    attack.run(said=NO_TEMPLATE)


BELOW_SUB = """\
title: The built-in pack, its Service in a folder of its own
version: "1"
extends: default
files: [{path: service.yaml, remove: true}, {path: sub/service.yaml, template: service.yaml.j2}]
"""


def without_templates(attack, text):
    """The pack with the templates of the built-in one only."""
    attack.pack("pack.yaml", text)
    for name in ("service.yaml.j2", "deployment.yaml.j2"):
        (attack.project.folder / "hostile" / name).unlink()


def test_no_file_is_written_through_a_linked_folder(attack):
    outside = attack.project.folder.parent / "outside"
    outside.mkdir()
    (attack.project.folder / "web").mkdir()
    (attack.project.folder / "web/sub").symlink_to(outside)
    without_templates(attack, BELOW_SUB)
    attack.run(said="leads out of")

    assert list(outside.iterdir()) == []


def test_no_file_is_written_through_a_link(attack):
    (attack.project.folder / "web").mkdir()
    (attack.project.folder / "web/service.yaml").symlink_to(attack.secret)
    without_templates(attack, BELOW_SUB.partition("files:")[0])
    attack.run("--force", said="leads out of")


def test_the_output_folder_itself_may_be_a_link(attack):
    outside = attack.project.folder.parent / "outside"
    outside.mkdir()
    (attack.project.folder / "web").symlink_to(outside)
    without_templates(attack, BELOW_SUB)
    done = attack.project.run(*ATTACKED)

    assert done.returncode == 0, done.stderr
    assert (outside / "sub/service.yaml").is_file()


def test_there_are_more_than_sixty():
    assert len(TEMPLATES) + len(PATHS) + len(PACK_FILES) + len(EXPRESSIONS) >= 60
