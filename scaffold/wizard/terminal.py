"""One question on the terminal: read by questionary, or plainly where the terminal cannot move its cursor.

Everything goes to stderr, because stdout carries results.
"""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from scaffold.errors import Interrupted
from scaffold.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from scaffold.errors import SvcgenError

    Check = Callable[[str], str | None]

WIDTH = 79
NO = ("", "n", "no")
YES = ("y", "yes")


def ask(question: str, check: Check, default: str = "") -> str:
    """One question, asked until its answer passes the check, which gives None or the reason.

    Raises:
        Interrupted: Ctrl-C, or the input ended.
    """
    suffix = f" [{default}]" if default else ""
    if len(question + suffix) > WIDTH - 5:
        suffix = " [as proposed]"
    read = _read_plainly if _is_plain() else _read_with_questionary
    while True:
        try:
            answer = read(f"{question}{suffix}:").strip() or default
        except (KeyboardInterrupt, EOFError):
            raise Interrupted("interrupted, nothing was written") from None
        reason = check(answer)
        if reason is None:
            return answer
        say(indented(reason))


def _is_plain() -> bool:
    term = os.environ.get("TERM", "")
    if os.environ.get("NO_COLOR") or term in ("", "dumb", "unknown"):
        return True
    try:
        import curses

        curses.setupterm(term, sys.stderr.fileno())
    except Exception:  # no curses here, or no entry for a terminal newer than the database
        return False
    return not curses.tigetstr("cup")


def _read_with_questionary(prompt: str) -> str:
    import questionary

    return str(questionary.text(prompt, output=_output()).unsafe_ask())


def _output() -> Any:  # noqa: ANN401
    from prompt_toolkit.output import create_output

    output: Any = create_output(sys.stderr)
    # one line needs no answer from the terminal about where its cursor is, and a late answer would be read as typed
    output.enable_cpr = False
    return output


def _read_plainly(prompt: str) -> str:
    sys.stderr.write(f"? {prompt} ")
    sys.stderr.flush()
    try:
        line = sys.stdin.buffer.readline()
    except KeyboardInterrupt:
        say("")
        raise
    if not line.endswith(b"\n"):
        say("")
        raise EOFError
    return line.decode("utf-8", "replace")


def say(text: str) -> None:
    """A line or more on stderr, without characters of other people's files that would move the cursor."""
    print(printable(text, kept="\n\t"), file=sys.stderr)


def say_no(error: SvcgenError) -> None:
    """Why something cannot be had, and what helps, below the question."""
    for line in [*error.message.splitlines(), *([f"hint: {error.hint}"] if error.hint else [])]:
        say(indented(line))


def indented(text: str) -> str:
    """A text of any length, below the question and no wider than the terminal."""
    # places such as k8s/my-app.yaml:14 stay in one piece, to be copied
    return textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def ask_hidden(question: str, check: Check, *, has_default: bool) -> str:
    """A question whose answer is not shown while it is typed, asked until it passes the check.

    Raises:
        Interrupted: Ctrl-C, or the input ended.
    """
    words = f"{question} (not shown){' [as proposed]' if has_default else ''}:"
    read = _read_hidden_plainly if _is_plain() else _read_hidden_with_questionary
    while True:
        try:
            answer = read(words).strip()
        except (KeyboardInterrupt, EOFError):
            raise Interrupted("interrupted, nothing was written") from None
        reason = check(answer)
        if reason is None:
            return answer
        say(indented(reason))


def _read_hidden_with_questionary(prompt: str) -> str:
    import questionary

    return str(questionary.password(prompt, output=_output()).unsafe_ask())


def _read_hidden_plainly(prompt: str) -> str:
    import getpass

    try:
        return getpass.getpass(f"? {prompt} ", stream=sys.stderr)
    except KeyboardInterrupt:
        say("")
        raise
