"""The wheel: what is in it, and that it works where there is no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from typing import TYPE_CHECKING, NamedTuple

import pytest

from scaffold import __version__
from tests.conftest import ROOT
from tests.real_kubectl import kubectl

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

NEW = ("new", "web", "--image", "ghcr.io/acme/web:1.27", "-p", "http=80", "-p", "metrics=9090", "--no-input")


class Installed(NamedTuple):
    """An environment with nothing but the wheel in it, and the wheel."""

    folder: Path
    wheel: Path

    def run(self, folder, *words):
        """A process in `folder` that sees this environment and no checkout."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        env["PATH"] = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    work = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    _do(*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", work, ROOT)
    (wheel,) = work.glob("*.whl")
    environment = work / "venv"
    venv.create(environment, with_pip=False)
    _do(*pip, "--python", environment / "bin" / "python", "install", "--quiet", wheel)
    return Installed(environment, wheel)


def _do(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr


def test_it_holds_the_package_and_the_built_in_templates_and_nothing_else(installed):
    names = set(zipfile.ZipFile(installed.wheel).namelist())
    files = [path for pattern in ("*.py", "*.html") for path in (ROOT / "scaffold").rglob(pattern)]
    packaged = {f"scaffold/{path.relative_to(ROOT / 'scaffold')}" for path in files}
    templates = {f"scaffold/{path.relative_to(ROOT)}" for path in (ROOT / "templates").rglob("*") if path.is_file()}

    assert templates >= {"scaffold/templates/default/pack.yaml", "scaffold/templates/default/service.yaml.j2"}
    assert {name for name in names if ".dist-info/" not in name} == packaged | templates | {"scaffold/py.typed"} & names


@pytest.mark.parametrize("program", ["svcgen", "kubectl-svcgen"])
def test_both_programs_say_the_version(installed, tmp_path, program):
    done = installed.run(tmp_path, program, "--version")

    assert (done.returncode, done.stdout, done.stderr) == (0, f"svcgen {__version__}\n", "")


def test_what_new_writes_in_an_empty_folder_passes_check(installed, tmp_path):
    made = installed.run(tmp_path, "svcgen", *NEW)
    checked = installed.run(tmp_path, "svcgen", "check", ".")
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.yaml")}

    assert (made.returncode, made.stderr) == (0, "")
    assert written == {"web/service.yaml", "web/deployment.yaml", ".svcgen/apps/web.yaml"}
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.endswith(" 1 service, nothing wrong\n")


def test_the_page_of_ports_is_made_where_there_is_no_checkout(installed, tmp_path):
    done = installed.run(tmp_path, "svcgen", "ports", "list", "-o", "html")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("<!doctype html>")


def test_kubectl_svcgen_is_svcgen_alone_and_through_kubectl(installed, tmp_path):
    folders = [tmp_path / name for name in ("svcgen", "alone", "through")]
    for folder in folders:
        (folder / "project").mkdir(parents=True)
    commands = [("svcgen",), ("kubectl-svcgen",), (kubectl(), "svcgen")]
    done = [installed.run(folder / "project", *words, *NEW) for folder, words in zip(folders, commands, strict=True)]
    files = [{path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.yaml")} for folder in folders]

    assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * 3
    assert len(files[0]) == 3
    assert files[0] == files[1] == files[2]


def test_the_help_names_the_program_that_was_called(installed, tmp_path):
    done = installed.run(tmp_path, kubectl(), "svcgen", "new", "--help")

    assert done.stdout.startswith("Usage: kubectl svcgen new ")
