"""The docs say what is so: examples are run, links lead somewhere, commands and settings exist."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from scaffold.config import load
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
PAGES = ["README.md", ".github/CONTRIBUTING.md", *(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))]


def test_the_example_of_the_readme_gives_what_the_readme_says(project):
    block = next(
        block for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL) if block.startswith("$ svcgen")
    )
    command, _, expected = block.partition("\n")
    done = project.run(*shlex.split(command.removeprefix("$ svcgen ")))

    assert done.stdout == expected


def test_the_readme_opens_with_the_two_commands_of_the_makefile():
    block = re.search(r"```console\n(.*?)```", README, re.DOTALL)[1]
    makefile = (ROOT / "Makefile").read_text()

    commands = [line.split("#")[0].strip() for line in block.splitlines()]
    assert commands == ["make try", "make test"]
    assert all(re.search(rf"^{command.split()[1]}:", makefile, re.MULTILINE) for command in commands)
    assert "make test" in (ROOT / ".ci/run").read_text()


def test_the_config_of_the_readme_is_a_config(tmp_path):
    (tmp_path / ".svcgen").mkdir()
    (tmp_path / ".svcgen/config.yaml").write_text(re.search(r"```yaml\n(.*?)```", README, re.DOTALL)[1])
    config = load(str(tmp_path))

    assert (config.policy.low, len(config.policy.reserved), len(config.clusters), len(config.ignore)) == (
        30000,
        2,
        2,
        1,
    )


def test_the_pack_of_the_readme_does_what_the_readme_says(project):
    text = next(one for one in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if "extends: " in one)
    project.write("packs/acme/pack.yaml", text)
    project.write("packs/acme/notes.yaml.j2", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ app.name }}\n")
    words = ("new", "web", "--image", "nginx:1.27", "-p", "http=80", "-t", "./packs/acme")

    assert "every app names its team" in project.run(*words).stderr
    assert project.run(*words, "-l", "team=shop").returncode == 0
    assert "web/notes.yaml" in project.files()
    assert b"replicas: 2\n" in project.files()["web/deployment.yaml"]
    for command in ("templates list", "templates show ./packs/acme", "templates eject default service.yaml"):
        assert project.run(*shlex.split(command)).returncode == 0, command


def held(found, path):
    """Whether JSON has a key such as `findings[].object`."""
    for key in path.replace("[]", "").split("."):
        found = found[0] if isinstance(found, list) else found
        if key not in found:
            return False
        found = found[key]
    return True


@pytest.mark.parametrize("words", ["check", "explain", "ports list", "templates check"])
def test_the_json_of_a_command_has_the_keys_of_its_page(project, words):
    project.run("new", "web", "--image", "x:1", "-p", "http=80", "--no-input")
    project.write("wrong.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: wrong}\nspec: {ports: [{port: 0}]}\n")
    names = ["default"] if words == "templates check" else []
    said = json.loads(project.run(*words.split(), *names, "-o", "json").stdout)
    section = (ROOT / "docs/json.md").read_text().partition(f"## `svcgen {words} -o json`")[2].partition("\n## ")[0]
    keys = [key for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for key in re.findall(r"`([^`]+)`", row)]

    assert len(keys) > 5
    assert [key for key in keys if not held(said, key)] == []


def test_every_command_is_in_the_readme_or_explains_itself(project):
    commands = re.findall(r"^  (\w+)  ", project.run("--help").stdout.partition("Commands:")[2], re.MULTILINE)

    assert {"new", "check"} <= set(commands)
    for command in commands:
        assert "Examples:" in project.run(command, "--help").stdout, command


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    folder = (ROOT / page).parent
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", (ROOT / page).read_text()):
        assert (folder / target).exists(), target


def test_the_changelog_has_the_form_and_the_version():
    text = (ROOT / "CHANGELOG.md").read_text()

    assert text.startswith("# Changelog\n")
    assert "## [Unreleased]" in text
