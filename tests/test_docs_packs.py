"""docs/packs.md: its commands work, one after the other, and it leaves out no question of a pack."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest
import yaml

from tests import real_helm
from tests.conftest import ROOT
from tests.real_kubectl import kubectl
from tests.routes import manifests, routes, saved, wanted

PAGE = (ROOT / "docs/packs.md").read_text()
SECTIONS = dict(zip(*[iter(re.split(r"^## (.*)\n", PAGE, flags=re.MULTILINE)[1:])] * 2, strict=True))


def test_every_command_of_the_page_works_where_the_ones_before_were_run(project):
    config = next(block for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "clusters:" in block)
    project.write(".svcgen/config.yaml", config)
    commands = re.findall(r"^\$ (.*)", PAGE, re.MULTILINE)
    assert {command.split()[0] for command in commands} == {"svcgen", "kubectl", "helm"}

    for command in commands:
        program, *words = shlex.split(command)
        if program == "svcgen":
            done = project.run(*words)
        elif program == "kubectl":
            done = subprocess.run(
                [kubectl(), *words], cwd=project.folder, capture_output=True, text=True, check=False, timeout=60
            )
            assert routes(manifests(done.stdout)) == wanted(saved(project, "web"), "prod")
        else:
            done = real_helm.run(*words, home=project.folder.parent, cwd=project.folder)
        assert done.returncode == 0, (command, done.stderr)


def test_the_manifests_that_the_page_shows_are_what_comes_out(project):
    config = next(block for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "clusters:" in block)
    project.write(".svcgen/config.yaml", config)
    for command in re.findall(r"^\$ svcgen (.*)", PAGE, re.MULTILINE):
        project.run(*shlex.split(command))
    files = {path: text.decode() for path, text in project.files().items()}
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL):
        line = next(line for line in block.splitlines() if "nodePort" in line or "paths" in line)
        assert any(line.strip() in text for text in files.values()), line


@pytest.mark.parametrize("pack", ["default", "kustomize", "helm"])
def test_no_question_of_a_pack_is_left_out(pack):
    asked = yaml.safe_load((ROOT / "templates" / pack / "pack.yaml").read_text())["questions"]

    assert [one["name"] for one in asked if one["name"] not in SECTIONS[pack]] == []
