"""One piece of work on many parts, shared among processes where there is more than one processor."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Part = TypeVar("Part")
Done = TypeVar("Done")
# more processes than this wait for one another
_MOST = 4


def processors() -> int:
    """How many processes are worth while on this machine; 1 where processes cannot be forked."""
    if not hasattr(os, "fork"):
        return 1
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(count, _MOST)


def spread(work: Callable[[Sequence[Part]], Done], shares: Sequence[Sequence[Part]]) -> list[Done]:
    """Works on every share at the same time: on the first one here, on each other one in a process of its own.

    Args:
        work: a function of one share. Whatever else it changes is lost with the process that it ran in.
        shares: what to work on.

    Returns:
        The results in the order of the shares. They come through `pickle`.

    Raises:
        Exception: what `work` raised on any share.
    """
    if len(shares) == 1:
        return [work(shares[0])]
    import signal

    children: list[_Child] = []
    before = {number: signal.signal(number, _end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        for share in shares[1:]:
            try:
                children.append(_start(work, share))
            except OSError:
                # no more processes, or no memory for one: what is left is done here
                break
        done = [work(shares[0]), *(_result(child) for child in children)]
        return done + [work(share) for share in shares[1 + len(children) :]]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for child in children:
            os.close(child.answers)
            # one that has answered is gone already, or about to go
            os.kill(child.process, signal.SIGKILL)
            os.waitpid(child.process, 0)


def _end(number: int, frame: object) -> None:  # noqa: ARG001
    """Ends by way of every `finally`, so that no process is left to work for nobody."""
    raise SystemExit(128 + number)


class _Child(NamedTuple):
    process: int
    answers: int


def _start(work: Callable[[Sequence[Part]], Done], share: Sequence[Part]) -> _Child:
    import pickle

    answers, answer = os.pipe()
    try:
        process = os.fork()
    except OSError:
        os.close(answers)
        os.close(answer)
        raise
    if process:
        os.close(answer)
        return _Child(process, answers)
    try:
        os.close(answers)
        done: tuple[object, BaseException | None]
        try:
            done = (work(share), None)
        except BaseException as error:
            done = (None, error)
        with os.fdopen(answer, "wb") as pipe:
            pickle.dump(done, pipe, pickle.HIGHEST_PROTOCOL)
    finally:
        # neither output that waits in a buffer nor clean-up of the first process may be done twice
        os._exit(0)


def _result(child: _Child) -> Done:  # type: ignore[type-var]
    import pickle

    with os.fdopen(os.dup(child.answers), "rb") as pipe:
        try:
            done, error = pickle.load(pipe)  # noqa: S301 - our own process wrote it
        except EOFError:
            raise RuntimeError(f"process {child.process} ended without an answer") from None
    if error is not None:
        raise error
    return done  # type: ignore[no-any-return]
