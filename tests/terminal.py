"""A program in a pseudo-terminal, and the screen that a person would see."""

from __future__ import annotations

import os
import sys
import termios
from pathlib import Path

import pexpect
import pyte

ROOT = Path(__file__).resolve().parent.parent
# A slow, shared machine: a test fails by what it reads, not by the clock.
PATIENCE = 60
_PASTE_OFF = "\x1b[?2004l"


class Terminal:
    """`svcgen WORDS` in a folder, on a terminal of 80 columns and 24 rows.

    Args:
        folder: where it runs.
        words: the command line.
        env: what differs from the environment here; None takes a variable away.
        stdout: a file for standard output; the terminal without it.
    """

    def __init__(self, folder, *words, env=None, stdout=None):
        self.raw = ""
        # far wider and higher than the terminal that the program sees: nothing wraps or scrolls away
        self.screen = pyte.Screen(400, 500)
        self._stream = pyte.Stream(self.screen)
        wanted = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **(env or {})}
        environment = {name: value for name, value in wanted.items() if value is not None}
        # a plain prompt ends with its line; one that edits its line draws it again with every key
        self._taken = "\n" if environment.get("NO_COLOR") or environment["TERM"] == "dumb" else _PASTE_OFF
        command = f'exec "$0" -m scaffold "$@"{" >" + str(stdout) if stdout else ""}'
        self.child = pexpect.spawn(
            "/bin/sh",
            ["-c", command, sys.executable, *words],
            cwd=str(folder),
            env=environment,
            dimensions=(24, 80),
            encoding="utf-8",
            timeout=PATIENCE,
        )
        self.child.delaybeforesend = None

    def attributes(self):
        """What the terminal does with input and output: echo, lines, signals."""
        return termios.tcgetattr(self.child.child_fd)

    def wait_for(self, text):
        """Reads until a text stands in the output."""
        self.child.expect_exact(text)
        self._read(self.child.before + self.child.after)

    def press(self, question, keys):
        """Waits for a question and presses keys."""
        self.wait_for(question)
        self.child.send(keys)

    def answer(self, question, text):
        """Waits for a question, types a line, and waits until it was taken."""
        self.press(question, f"{text}\r")
        self.wait_for(self._taken)

    def answers(self, *pairs):
        """Several questions with their answers."""
        for question, text in pairs:
            self.answer(question, text)

    def end(self):
        """Reads to the end; the exit code, negative for a signal."""
        self.child.expect(pexpect.EOF)
        self._read(self.child.before)
        self.child.wait()
        return self.child.exitstatus if self.child.signalstatus is None else -self.child.signalstatus

    def _read(self, text):
        self.raw += text
        self._stream.feed(text)

    @property
    def lines(self):
        """The lines on the screen, without blanks at their ends."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self):
        """The same as one text."""
        return "\n".join(self.lines)
