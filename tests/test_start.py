"""What a command does not load. Start-up is imports: one careless line at the top of a module can double it."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

FLAGS = ("--image", "x:1", "-p", "http=5000", "-p", "metrics=6000", "--no-input")
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"

# module -> why no command that asks nothing may load it
NEVER = {
    "questionary": "asks questions",
    "prompt_toolkit": "asks questions",
    "asyncio": "prompt_toolkit's; a third of a second on a cold disk",
    "scaffold.wizard": "asks questions",
    "rich": "doubles the start of help and of a usage error",
    "pydantic": "typer 0.29 loads it with its first parameter: the start costs twice as much",
    "click": "typer brings its own",
    "yaml": "a second YAML family; only the tests have it",
    "pathspec": "only where there is a .gitignore",
    "logging": "nothing here logs",
    "scaffold.kubectl": "only for --dry-run=server",
}
ENGINES = {"jinja2": "nothing is rendered", "ruamel": "nothing is read", "_ruamel_yaml": "nothing is read"}
STEPS = {"scaffold.build": "the command line alone is enough", "scaffold.checks": "the command line alone is enough"}

PORTS = {
    "jinja2": "nothing is rendered",
    "scaffold.render": "nothing is rendered",
    "scaffold.checks": "nothing is checked",
    "scaffold.packs": "no pack is used",
    "scaffold.write": "nothing is written",
    "scaffold.projects": "no facts are gathered",
    "scaffold.manifests": "no facts are gathered",
    "scaffold.drawing": "nothing is drawn",
    "scaffold.sources.snapshot": "no snapshot is read",
    "scaffold.sources.cluster": "no cluster is asked",
    "scaffold.report.ports_page": "no page is made",
}

# the command, and what it must not load besides NEVER
COMMANDS = {
    ("--version",): {"typer": "a constant is printed", "scaffold.cli": "a constant is printed", **ENGINES, **STEPS},
    ("--help",): {**ENGINES, **STEPS},
    ("new", "--help"): {**ENGINES, **STEPS},
    ("check", "--help"): {**ENGINES, **STEPS},
    ("explain", "--help"): {**ENGINES, **STEPS},
    ("ports", "--help"): {**ENGINES, **STEPS},
    ("ports", "list", "--help"): {**ENGINES, **STEPS},
    ("nwe",): {**ENGINES, **STEPS},
    ("new", "--prot", "1"): {**ENGINES, **STEPS},
    ("completion", "bash"): {**ENGINES, **STEPS},
    ("new", "web", *FLAGS): {"scaffold.checks.docs": "makes the pages of the rules", "scaffold.report": "check's"},
    ("new", "web", *FLAGS, "-o", "yaml"): {"scaffold.checks.docs": "makes the pages of the rules"},
    ("explain",): {
        "jinja2": "nothing is rendered",
        "scaffold.drawing.svg": "text is drawn",
        "scaffold.drawing.html": "text is drawn",
        "json": "text is drawn",
    },
    ("check",): {
        "scaffold.trace": "nothing is drawn",
        "jinja2": "nothing is rendered",
        "scaffold.render": "nothing is rendered",
        "scaffold.build": "new's",
    },
    ("ports", "list"): {**PORTS, "json": "nothing is written as JSON"},
    ("ports", "list", "-o", "json"): {name: why for name, why in PORTS.items() if name != "scaffold.sources.snapshot"},
    ("ports", "free"): {**PORTS, "json": "nothing is written as JSON"},
}


def loaded(folder, *words):
    """The modules that a Python process loads, by Python's own list of them."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return set(re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", done.stderr, re.MULTILINE))


def loads(folder, *words):
    """The same for svcgen, without what the environment loads into every process."""
    return loaded(folder, "-m", "scaffold", *words) - loaded(folder, "-c", "pass")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_does_not_load_what_it_does_not_need(project, words):
    project.write("service.yaml", SERVICE)
    modules = loads(project.folder, *words)
    reasons = NEVER | COMMANDS[words]

    assert {name: why for name, why in reasons.items() if name in modules} == {}


def test_what_is_needed_is_seen_so_the_list_above_can_fail(project):
    project.write("service.yaml", SERVICE)
    project.write(".gitignore", "build/\n")
    modules = loads(project.folder, "new", "web", *FLAGS)

    assert {"typer", "jinja2", "ruamel", "_ruamel_yaml", "scaffold.build", "scaffold.checks", "pathspec"} <= modules


def test_the_modules_of_svcgen_in_the_list_exist():
    listed = {name for reasons in (NEVER, *COMMANDS.values()) for name in reasons if name.startswith("scaffold.")}

    assert [name for name in sorted(listed) if importlib.util.find_spec(name) is None] == []
