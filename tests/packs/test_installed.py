"""Packs that installed Python packages bring, and who wins when several have one name."""

from __future__ import annotations

import os
import subprocess
import sys
import venv

import pytest

from tests.conftest import ROOT
from tests.packs.making import ARTICLE, EXTENDS, write_pack
from tests.test_start import loads

NOTE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ app.name }}-WHO\n"
FILES = "files: [{path: note.yaml, template: note.yaml.j2}]\n"
PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "acme-packs"
version = "1.2"
[project.entry-points."svcgen.templates"]
acme = "acme_packs:web"
default = "acme_packs.deep"
broken = "no_such_module"
outside = "acme_packs:../.."
[tool.hatch.build.targets.wheel]
packages = ["acme_packs"]
"""


@pytest.fixture
def site(tmp_path, project):
    """A folder of site-packages, as pip leaves it behind: the package and its dist-info; its path as environment."""
    folder = tmp_path / "site"
    for name, text in (
        ("acme_packs/__init__.py", "raise SystemExit('nothing of a package is run')\n"),
        ("acme_packs/web/pack.yaml", EXTENDS + FILES),
        ("acme_packs/web/note.yaml.j2", NOTE.replace("WHO", "package")),
        ("acme_packs/deep/__init__.py", "raise SystemExit('nothing of a package is run')\n"),
        ("acme_packs/deep/pack.yaml", EXTENDS + FILES),
        ("acme_packs/deep/note.yaml.j2", NOTE.replace("WHO", "deep")),
        ("acme_packs-1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: acme-packs\nVersion: 1.2\n"),
        (
            "acme_packs-1.2.dist-info/entry_points.txt",
            "[svcgen.templates]\nacme = acme_packs:web\nbroken = no_such_module\noutside = acme_packs:../..\n",
        ),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}


def note(project, name, env=None):
    done = project.run(*ARTICLE, "-t", name, "-o", "yaml", env=env)
    assert done.returncode == 0, done.stderr
    return next((line.split("-")[1] for line in done.stdout.splitlines() if line.startswith("  name: web-")), None)


def test_a_package_brings_a_pack_without_being_run(project, site):
    assert note(project, "acme", site) == "package"


def test_the_nearest_wins(project, site):
    home = os.environ["XDG_CONFIG_HOME"]
    seen = [note(project, "acme", site)]
    user = write_pack(project, "acme", EXTENDS + FILES, [("note.yaml.j2", NOTE.replace("WHO", "user"))], where="u")
    os.makedirs(f"{home}/svcgen/templates")
    user.rename(f"{home}/svcgen/templates/acme")
    seen.append(note(project, "acme", site))
    write_pack(project, "acme", EXTENDS + FILES, [("note.yaml.j2", NOTE.replace("WHO", "project"))])
    seen.append(note(project, "acme", site))
    write_pack(project, "acme", EXTENDS + FILES, [("note.yaml.j2", NOTE.replace("WHO", "path"))], where="packs")
    seen.append(note(project, "./packs/acme", site))

    assert seen == ["package", "user", "project", "path"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("broken", "pack 'broken' of acme-packs 1.2 should be in no_such_module, and that is no package here"),
        ("outside", "pack 'outside' of acme-packs 1.2 lies outside acme_packs"),
        ("acmee", "there is no pack 'acmee'\nhint: did you mean 'acme'?"),
    ],
)
def test_a_package_that_is_wrong_is_named_and_hinders_no_other(project, site, name, said):
    done = project.run(*ARTICLE, "-t", name, env=site)

    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert note(project, "default", site) is None


def test_without_such_a_package_nothing_reads_what_is_installed(project):
    assert "importlib.metadata" not in loads(project.folder, *ARTICLE)


@pytest.mark.slow
def test_a_package_that_pip_installed(project, tmp_path, site):
    source = tmp_path / "source"
    (tmp_path / "site/acme_packs").rename(source.with_name("acme_packs"))
    source.mkdir()
    source.with_name("acme_packs").rename(source / "acme_packs")
    (source / "pyproject.toml").write_text(PROJECT)
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=False, system_site_packages=False)
    python = environment / "bin/python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python), "install", "--quiet"]
    done = subprocess.run([*pip, str(source), str(ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    def names(template):
        out = subprocess.run(
            [environment / "bin/svcgen", *ARTICLE, "-o", "yaml", "-t", template],
            cwd=project.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert out.returncode == 0, out.stderr
        return [line for line in out.stdout.splitlines() if line.startswith("  name: web-")]

    assert names("acme") == ["  name: web-package"]
    # a package may put its own in the place of what is built in, and extend that
    assert names("default") == ["  name: web-deep"]
