"""Somebody else's code in a process of its own: for so long and with so much memory, then it is ended.

A template can be a loop without end, or a text that doubles until the memory is full. No check of its source can tell,
so it runs where it can be stopped.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 2
MEGABYTES = 512
_HEADER = 8
_DESCRIPTORS = 1 << 16
# nothing that runs there can wait, so only a machine that hangs comes to this
_PATIENCE = 60


class OutOfBoundsError(Exception):
    """It takes too long or too much memory; the text says which, for people."""


class _Child(NamedTuple):
    process: int
    questions: int
    answers: int


class Bounded:
    """Asks a function that may misbehave. Its process starts with the first question and is used again."""

    def __init__(self, work: Callable[[Any], Any], *, seconds: int = SECONDS, megabytes: int = MEGABYTES) -> None:
        """Takes the function and its bounds.

        Args:
            work: a function of one value; both the value and the answer go through `pickle`.
            seconds: how much processor time one answer may take; on a busy machine that is longer.
            megabytes: how much memory it may take on top of what this process has.
        """
        self._work, self._seconds, self._megabytes = work, seconds, megabytes
        self._child: _Child | None = None

    def __call__(self, question: object) -> Any:  # noqa: ANN401
        """The answer of the function.

        Raises:
            OutOfBoundsError: it was ended.
            Exception: what the function raised.
        """
        import pickle
        import signal

        if not hasattr(os, "fork"):
            return self._work(question)
        if self._child is None:
            self._child = _start(self._work, self._seconds, self._megabytes)
        try:
            _send(self._child.questions, pickle.dumps(question))
            answer, error = pickle.loads(_receive(self._child.answers, _PATIENCE))  # noqa: S301 - our own process
        except TimeoutError:
            self.close()
            raise OutOfBoundsError(_late(self._seconds)) from None
        except (EOFError, BrokenPipeError):
            ended = _late(self._seconds) if self.close() == signal.SIGXCPU else "ends its process"
            raise OutOfBoundsError(ended) from None
        except BaseException:
            self.close()
            raise
        if error is not None:
            raise error
        return answer

    def __del__(self) -> None:
        self.close()

    def close(self) -> int:
        """Ends the process, whatever it does; returns the signal that it ended by, 0 for none."""
        import signal

        child, self._child = self._child, None
        if child is None:
            return 0
        os.close(child.questions)
        os.close(child.answers)
        os.kill(child.process, signal.SIGKILL)
        _, status = os.waitpid(child.process, 0)
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def _late(seconds: int) -> str:
    return f"takes more than {seconds} seconds"


def _start(work: Callable[[Any], Any], seconds: int, megabytes: int) -> _Child:
    read_question, write_question = os.pipe()
    read_answer, write_answer = os.pipe()
    process = os.fork()
    if process:
        os.close(read_question)
        os.close(write_answer)
        return _Child(process, write_question, read_answer)
    try:
        _close_all_but(read_question, write_answer)
        _serve(work, read_question, write_answer, seconds, megabytes)
    finally:
        # neither output that waits in a buffer nor clean-up of the first process may be done twice
        os._exit(0)


def _close_all_but(*kept: int) -> None:
    """Whatever else is open belongs to the first process: a lock on a folder would be held by both."""
    low = 3
    for descriptor in (*sorted(kept), _DESCRIPTORS):
        os.closerange(low, descriptor)
        low = descriptor + 1


def _serve(work: Callable[[Any], Any], questions: int, answers: int, seconds: int, megabytes: int) -> None:
    import pickle
    import signal

    # Ctrl-C reaches both processes; the first one says so
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    def late(number: int, frame: object) -> None:  # noqa: ARG001
        raise OutOfBoundsError(_late(seconds))

    signal.signal(signal.SIGPROF, late)
    _limit_memory(megabytes)
    while True:
        try:
            question = pickle.loads(_receive(questions, None))  # noqa: S301 - our own process wrote it
        except EOFError:
            return
        _limit_time(seconds)
        answer = _answer(work, question, seconds)
        _send(answers, pickle.dumps(answer))


def _answer(work: Callable[[Any], Any], question: object, seconds: int) -> tuple[object, BaseException | None]:
    import signal

    try:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            return work(question), None
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except (MemoryError, RecursionError) as error:
        return None, OutOfBoundsError(reason(error))
    except Exception as error:
        return None, error


def reason(error: MemoryError | RecursionError | OutOfBoundsError) -> str:
    """What is said of each of the three, for people."""
    if isinstance(error, MemoryError):
        return "takes too much memory"
    return "calls itself without end" if isinstance(error, RecursionError) else str(error)


def _limit_memory(megabytes: int) -> None:
    """On top of what is used already. Where the system cannot say that, the time alone is bounded."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with open("/proc/self/statm", "rb") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        _lower(resource.RLIMIT_AS, used + (megabytes << 20))


def _limit_time(seconds: int) -> None:
    """For what no Python code can interrupt, such as one huge multiplication."""
    with suppress(ImportError, OSError, ValueError):
        import resource
        import time

        # the system counts whole seconds
        _lower(resource.RLIMIT_CPU, int(time.process_time()) + 1 + seconds)


def _lower(which: int, limit: int) -> None:
    import resource

    _, hard = resource.getrlimit(which)
    resource.setrlimit(which, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _send(pipe: int, data: bytes) -> None:
    rest = memoryview(len(data).to_bytes(_HEADER, "big") + data)
    while rest:
        rest = rest[os.write(pipe, rest) :]


def _receive(pipe: int, patience: int | None) -> bytes:
    """One message. Raises TimeoutError when nothing comes for so many seconds, EOFError when nobody will send it."""
    size = int.from_bytes(_read(pipe, _HEADER, patience), "big")
    return _read(pipe, size, patience)


def _read(pipe: int, size: int, patience: int | None) -> bytes:
    import selectors

    parts, left = [], size
    while left:
        if patience is not None:
            with selectors.DefaultSelector() as waiting:
                waiting.register(pipe, selectors.EVENT_READ)
                if not waiting.select(patience):
                    raise TimeoutError
        part = os.read(pipe, min(left, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
