"""What the tests share: real processes in a folder of their own, and the shared corpus where it is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write the golden files instead of comparing")


@pytest.fixture(autouse=True)
def _own_world(tmp_path_factory, monkeypatch):
    """No test sees the developer's own config, colours, CI or Python."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    for name in [name for name in os.environ if name.startswith("SVCGEN_") and name != "SVCGEN_SHARED"]:
        monkeypatch.delenv(name)
    # PYTHONUNBUFFERED: short output waits in a buffer everywhere else
    for name in ("CI", "NO_COLOR", "FORCE_COLOR", "PYTHONUNBUFFERED"):
        monkeypatch.delenv(name, raising=False)


def slices(path, start=0, size=None):
    """The bytes of a file, or so many of them behind others: a `Reload`."""
    written = Path(path).read_bytes()[start:]
    return written if size is None else written[:size]


class Project:
    """A folder, and svcgen run in it as a process."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, *words, stdin="", env=None, cwd=None, **more):
        """`svcgen WORDS` with a pipe as stdin; more goes to subprocess.run."""
        more = {"input": stdin, "capture_output": True, "text": True, "timeout": 120, **more}
        return subprocess.run(
            [sys.executable, "-m", "scaffold", *words],
            cwd=cwd or self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
            check=False,
            **more,
        )

    def write(self, path, text):
        """A file below the folder; text or bytes."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())
        return target

    def files(self):
        """Every file below the folder with its bytes, .git left out."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(self.folder).parts
        }


@pytest.fixture
def project(tmp_path):
    """An empty project; its root is the folder itself."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / ".git").mkdir()
    return Project(folder)


@pytest.fixture(scope="session")
def shared():
    """The folder of shared facts (corpus, verdicts)."""
    folder = os.environ.get("SVCGEN_SHARED")
    if not folder or not Path(folder).is_dir():
        pytest.skip("SVCGEN_SHARED names no folder")
    return Path(folder)
