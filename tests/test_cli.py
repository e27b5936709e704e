"""The funnel from errors to exit codes, help, version."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

import scaffold.commands.new
from scaffold import __version__
from scaffold.cli import app
from tests.conftest import ROOT


@pytest.mark.parametrize("words", [("--version",), ("--version", "--help")])
def test_the_version(project, words):
    done = project.run(*words)

    assert (done.returncode, done.stdout) in ((0, f"svcgen {__version__}\n"), (0, project.run("--help").stdout))


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("new", "--help"), ("new", "-h")])
def test_help_is_on_stdout(project, words):
    done = project.run(*words)

    assert done.stdout.startswith("Usage: svcgen ")
    assert "\n  Examples:\n    svcgen " in done.stdout
    assert "\\b" not in done.stdout
    assert done.stderr == ""


SHORT = [("--version",), ("--help",), ("check", "--help"), ("check", "--explain", "ip-family"), ("templates", "list")]


@pytest.mark.parametrize("words", SHORT, ids=" ".join)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_cannot_be_written_is_said(project, words, unbuffered):
    env = {"PYTHONUNBUFFERED": unbuffered}
    done = project.run(*words, env=env, preexec_fn=lambda: os.close(1))
    assert (done.returncode, done.stderr) == (2, "error: cannot write the output: it is closed\n")
    if os.path.exists("/dev/full"):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = project.run(*words, env=env, capture_output=False, stdout=full, stderr=subprocess.PIPE)
        assert (done.returncode, done.stderr) == (2, "error: cannot write the output: No space left on device\n")


def test_whoever_reads_a_short_answer_has_gone(project):
    read, write = os.pipe()
    os.close(read)
    done = project.run("--version", capture_output=False, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks into /proc")
def test_ctrl_c_while_nobody_reads_the_answer(project):
    read, write = os.pipe()
    os.set_blocking(write, False)
    with suppress(BlockingIOError):
        while True:
            os.write(write, b"-" * 4096)
    os.set_blocking(write, True)
    command, env = [sys.executable, "-m", "scaffold", "--version"], {**os.environ, "PYTHONPATH": str(ROOT)}
    one = subprocess.Popen(command, cwd=project.folder, env=env, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    asleep, until = 0, time.monotonic() + 60
    while asleep < 10 and time.monotonic() < until:
        state = Path(f"/proc/{one.pid}/stat").read_text().rpartition(")")[2].split()[0]
        asleep = asleep + 1 if state == "S" else 0
        time.sleep(0.05)
    one.send_signal(signal.SIGINT)
    _, said = one.communicate(timeout=60)
    os.close(read)
    assert (one.returncode, said) == (130, b"")


def test_nobody_hears_notes_and_that_is_no_failure(project):
    done = project.run("check", preexec_fn=lambda: os.close(2))
    assert (done.returncode, done.stdout) == (0, "0 files, 0 services, no manifest found\n")


@pytest.mark.parametrize("words", [("nwe",), ("new", "--prot", "1"), ("new", "a", "b"), ("--bogus",)])
def test_a_usage_error_is_exit_2_without_a_traceback(project, words):
    done = project.run(*words)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: svcgen ")
    assert "Traceback" not in done.stderr


def test_a_bug_is_exit_3_one_line_and_a_log_with_the_traceback(monkeypatch, tmp_path):
    def broken(flags):
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(scaffold.commands.new, "run", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = CliRunner().invoke(app, ["new", "web"])

    assert done.exit_code == 3
    assert done.stderr.count("\n") == 1
    (log,) = tmp_path.iterdir()
    assert str(log) in done.stderr
    assert "ZeroDivisionError: on purpose" in log.read_text()


def test_ctrl_c_is_exit_130(monkeypatch):
    def interrupted(flags):
        raise KeyboardInterrupt

    monkeypatch.setattr(scaffold.commands.new, "run", interrupted)
    done = CliRunner().invoke(app, ["new", "web"])

    assert done.exit_code == 130
    assert "nothing was written" in done.stderr


def test_a_reader_that_goes_away_is_no_traceback(project):
    words = [sys.executable, "-m", "scaffold", "new", "--help"]
    done = subprocess.run(
        ["sh", "-c", f"{' '.join(words)} | head -1"], cwd=project.folder, capture_output=True, text=True, check=False
    )

    assert "Traceback" not in done.stderr


def test_python_dash_m_and_the_kubectl_name_are_the_same_program(project):
    code = "import sys; sys.argv[0] = '/bin/kubectl-svcgen'; from scaffold.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("Usage: kubectl svcgen ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed_and_the_program_answers_them(project, shell):
    done = project.run("completion", shell)
    asked = {"_SVCGEN_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": "svcgen new --rep"}
    words = project.run(
        env={**asked, "COMP_WORDS": "svcgen new --rep", "COMP_CWORD": "2"} | {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    )

    assert (done.returncode, "_SVCGEN_COMPLETE" in done.stdout) == (0, True)
    assert "--replicas" in words.stdout
    assert project.run("completion", "csh").returncode == 2
