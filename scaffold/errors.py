"""What stops a command. A wrong manifest is a `Finding` (data); "I cannot go on" is one of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scaffold.model import Location


class SvcgenError(Exception):
    """It could not be done: flags, spec, config, template, unreadable source, refused overwrite. Exit code 2.

    Args:
        message: one plain sentence, no final period; further lines are indented below it.
        location: the place that the message speaks of.
        hint: the command or the edit that helps.
    """

    exit_code = 2

    def __init__(self, message: str, location: Location | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location else ""
        return f"{place}error: {self.message}" + (f"\nhint: {self.hint}" if self.hint else "")


class AnswerNo(SvcgenError):  # noqa: N818 - what it says is "no"
    """The answer is no: a taken number, nothing free, differences. Exit code 1."""

    exit_code = 1


class Interrupted(SvcgenError):  # noqa: N818 - nobody made an error
    """Ctrl-C, or the input ended in the middle of the questions. Exit code 130."""

    exit_code = 130

    def __str__(self) -> str:
        return self.message
