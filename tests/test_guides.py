"""The guides are true: every command in them is run in order, in one folder, and says what the page says.

In a guide, a `console` block holds commands behind `$ ` and what they print; a line `...` stands for any lines. A block
with `title="PATH"` is a file that the reader writes. `make golden` writes what the commands print now; read the diff.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

import pytest

from tests.conftest import ROOT

GUIDES = [ROOT / "docs" / name for name in ("ports.md", "templates.md")]
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


class Reader:
    """Somebody who follows a guide: a folder of their own, with git and svcgen at hand."""

    def __init__(self, folder):
        self.folder = folder / "shop"
        self.folder.mkdir()
        programs = folder / "bin"
        programs.mkdir()
        (programs / "svcgen").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m scaffold "$@"\n')
        (programs / "svcgen").chmod(0o755)
        somebody = {f"GIT_{who}_{what}": "reader" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        self.environment = {
            **os.environ,
            **somebody,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
            # at a terminal each line is written at once, so the two streams keep their order
            "PYTHONUNBUFFERED": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
        }

    def write(self, path, text):
        """A file that the guide shows."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def run(self, command):
        """What a command prints at a terminal: both streams, in one."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode in (0, 1, 2), done.stdout
        return done.stdout.replace(str(ROOT), "~/svcgen")

    def succeeds(self, command):
        """Whether a command ends well: a step of a CI job."""
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.environment, check=False)
        return done.returncode == 0


def commands(block):
    """The commands of a console block, each with what the page says it prints; a line ending in a backslash goes on."""
    found = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif found and not found[-1][1] and found[-1][0].endswith("\\\n"):
            found[-1][0] += line
        else:
            found[-1][1] += line
    return found


def agrees(expected, printed):
    """Whether the text was printed; a line `...` in it stands for any lines."""
    parts = [re.escape(part) for part in re.split(r"^\.\.\.\n", expected, flags=re.MULTILINE)]
    return re.fullmatch("(?:.*\n)*".join(parts), printed) is not None


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_command_of_a_guide_prints_what_the_guide_says(guide, tmp_path, request):
    text = guide.read_text()
    update, reader, seen = request.config.getoption("--update-golden"), Reader(tmp_path), []

    def follow(found):
        language, title, block = found.groups()
        if title:
            reader.write(title, block)
        if language != "console":
            return found[0]
        out = []
        for command, expected in commands(block):
            printed = reader.run(command)
            seen.append(command)
            if update and not agrees(expected, printed):
                expected = printed
            assert agrees(expected, printed), f"$ {command}{printed}"
            out.append(f"$ {command}{expected}")
        return f"```console\n{''.join(out)}```"

    followed = BLOCK.sub(follow, text)
    jobs = [block for _, title, block in BLOCK.findall(text) if title.startswith(".github/workflows/")]
    steps = [step for job in jobs for step in re.findall(r"- run: (svcgen .*)", job)]
    if update:
        guide.write_text(followed)
    assert seen
    assert [step for step in steps if not reader.succeeds(step)] == []


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_a_guide_has_no_command_that_is_not_run(guide):
    unrun = [block for language, _, block in BLOCK.findall(guide.read_text()) if language in ("sh", "bash", "shell")]

    assert not unrun


def test_a_wrong_guide_is_found():
    assert agrees("a\n...\nd\n", "a\nb\nc\nd\n")
    assert agrees("a\n...\n", "a\n")
    assert not agrees("a\n...\nd\n", "a\nb\nc\n")
    assert not agrees("a\n", "a\nb\n")
    assert commands("$ a \\\n  b\nc\n$ d\n") == [["a \\\n  b\n", "c\n"], ["d\n", ""]]
