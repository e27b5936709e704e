"""One piece of work on many parts, shared among processes where there is more than one processor."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

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


def spread(
    work: Callable[[Sequence[Part]], Iterable[Done]], shares: Sequence[Sequence[Part]]
) -> Generator[Done, None, None]:
    """Works on every share at the same time: on the first one here, on each other one in a process of its own.

    Args:
        work: makes results of one share, bit by bit. Whatever else it changes is lost with the process that it ran in.
        shares: what to work on.

    Yields:
        The results in the order of the shares. They come through `pickle`, one by one: whatever two of them hold in
        common comes twice. Whoever stops before the last one closes the generator, which ends the other processes.

    Raises:
        Exception: what `work` raised on any share.
    """
    if len(shares) == 1:
        yield from work(shares[0])
        return
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
        yield from work(shares[0])
        for child in children:
            yield from _results(child)
        for share in shares[1 + len(children) :]:
            yield from work(share)
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


def _start(work: Callable[[Sequence[Part]], Iterable[Done]], share: Sequence[Part]) -> _Child:
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
        done: list[bytes] = []
        failed: BaseException | None = None
        try:
            # while it is new, a result takes half of the time that it would take among all the others at the end
            done += (pickle.dumps(one, pickle.HIGHEST_PROTOCOL) for one in work(share))
        except BaseException as error:
            failed = error
        with os.fdopen(answer, "wb") as pipe:
            pickle.dump((failed, len(done)), pipe)
            pipe.writelines(done)
    finally:
        # neither output that waits in a buffer nor clean-up of the first process may be done twice
        os._exit(0)


def _results(child: _Child) -> Iterator[Any]:
    import pickle

    with os.fdopen(os.dup(child.answers), "rb") as pipe:
        try:
            failed, count = pickle.load(pipe)  # noqa: S301 - our own process wrote it
            if failed is not None:
                raise failed
            for _ in range(count):
                yield pickle.load(pipe)  # noqa: S301
        except EOFError:
            raise RuntimeError(f"process {child.process} ended without an answer") from None
