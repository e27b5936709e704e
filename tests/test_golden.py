"""Whole files compared: `tests/golden/<case>/app.yaml` and what comes out of it. `--update-golden` writes them anew."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT

GOLDEN = ROOT / "tests/golden"


@pytest.mark.parametrize("case", sorted(path.name for path in GOLDEN.iterdir() if path.is_dir()))
def test_the_manifests_are_as_they_were(case, project, request):
    folder = GOLDEN / case
    done = project.run("new", "-f", str(folder / "app.yaml"), "-o", "yaml", "--no-input")

    assert (done.returncode, done.stderr) == (0, "")
    expected = folder / "expected.yaml"
    if request.config.getoption("--update-golden"):
        expected.write_text(done.stdout)
    assert done.stdout == expected.read_text()


def test_two_runs_give_the_same_bytes_whatever_the_hash_seed(project):
    words = ("new", "-f", str(GOLDEN / "full/app.yaml"), "-o", "yaml")
    texts = {project.run(*words, env={"PYTHONHASHSEED": seed}).stdout for seed in ("0", "1", "4242")}

    assert len(texts) == 1
