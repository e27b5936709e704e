"""One piece of work on many parts, shared among processes where there is more than one processor."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from scaffold.errors import SvcgenError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

Part = TypeVar("Part")
Done = TypeVar("Done")
# more processes than this wait for one another
_MOST = 4
# to take in what was done costs so much of what it costs to do it
_TAKING_IN = 1 / 16
# bytes in which the length of a result is told
_SIZE = 8
_NO_ROOM = "mostly for want of memory, or of room for temporary files: run the command where there is more"


def processors() -> int:
    """How many processes are worth while on this machine; 1 where processes cannot be forked."""
    if not hasattr(os, "fork"):
        return 1
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(count, _MOST)


def shares(parts: Sequence[Part], sizes: Sequence[int], count: int) -> list[list[Part]]:
    """Parts in their order, for some processes of which each is to have about as much work.

    Args:
        parts: what to work on.
        sizes: how much work each of them is.
        count: how many processes there are. The first has less, for it takes in what the others have done.
    """
    if count == 1:
        return [list(parts)]
    total = max(sum(sizes), 1)
    first = (1 + _TAKING_IN) / count - _TAKING_IN
    others = (1 - first) / (count - 1)
    found: list[list[Part]] = [[] for _ in range(count)]
    before = 0
    for part, size in zip(parts, sizes, strict=True):
        past = before / total - first
        found[0 if past < 0 else min(1 + int(past / others), count - 1)].append(part)
        before += size
    return found


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
        SvcgenError: a process ended before it was done.
        Exception: what `work` raised on any share.
    """
    if len(shares) == 1:
        yield from work(shares[0])
        return
    import signal

    children: list[_Child] = []
    # under nohup the end of the terminal is to end nothing
    ending = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) == signal.SIG_DFL]
    before = {number: signal.signal(number, _end) for number in ending}
    try:
        # an interrupt in the midst of a fork would be told by a traceback
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
        try:
            children.extend(_start(work, share, held) for share in shares[1:])
        except OSError:
            # no more processes, or no memory for one: what is left is done here
            pass
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
        yield from work(shares[0])
        for child in children:
            yield from _results(child)
        for share in shares[1 + len(children) :]:
            yield from work(share)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for child in children:
            os.close(child.results)
            os.close(child.sizes)
            # one that has answered is gone already, or about to go
            os.kill(child.process, signal.SIGKILL)
            os.waitpid(child.process, 0)


def _end(number: int, frame: object) -> None:  # noqa: ARG001
    """Ends by way of every `finally`, so that no process is left to work for nobody."""
    raise SystemExit(128 + number)


class _Child(NamedTuple):
    """A process, the file without a name that it writes its results to, and the pipe that tells how long each is."""

    process: int
    results: int
    sizes: int


def _start(work: Callable[[Sequence[Part]], Iterable[Done]], share: Sequence[Part], held: set[Any]) -> _Child:
    """A process at work on a share; signals are held back here, and `held` are those that were before."""
    import signal

    results = _in_memory()
    sizes, size = os.pipe()
    try:
        process = os.fork()
    except OSError:
        for one in (results, sizes, size):
            os.close(one)
        raise
    if process:
        os.close(size)
        return _Child(process, results, sizes)
    try:
        os.close(sizes)
        failed: BaseException | None = None
        at = 0
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
            for done in work(share):
                at = _send(results, size, at, (done, None, True))
        except BaseException as error:
            failed = error
        # over a result that there was no room for
        _send(results, size, at, (None, failed, False))
    finally:
        # neither output that waits in a buffer nor clean-up of the first process may be done twice
        os._exit(0)


def _in_memory() -> int:
    """A file in memory where there are such. A pipe holds too little for a process that nobody listens to so far."""
    return os.memfd_create("svcgen") if hasattr(os, "memfd_create") else nameless()


def nameless() -> int:
    """A new file in the folder for temporary files (TMPDIR, else /tmp), which is gone once it is closed.

    Raises:
        OSError: there is no such folder, or no room.
    """
    folder, flags = os.environ.get("TMPDIR") or "/tmp", os.O_RDWR | os.O_CLOEXEC  # noqa: S108 - new, and ours
    if hasattr(os, "O_TMPFILE"):
        # not every file system has files that never had a name
        with suppress(OSError):
            return os.open(folder, flags | os.O_TMPFILE, 0o600)
    path = os.path.join(folder, f"svcgen-{os.urandom(8).hex()}")
    file = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    os.unlink(path)
    return file


def _send(results: int, size: int, at: int, result: tuple[object, BaseException | None, bool]) -> int:
    """Writes a result behind the others, which end at `at`, and says where it ends.

    Raises:
        SvcgenError: there is no room for it.
    """
    import pickle

    # while it is new, a result takes half of the time that it would take among all the others at the end
    data = memoryview(pickle.dumps(result, pickle.HIGHEST_PROTOCOL))
    told = len(data).to_bytes(_SIZE)
    try:
        while data:
            written = os.pwrite(results, data, at)
            at, data = at + written, data[written:]
    except OSError as error:
        raise SvcgenError(f"no room for what a process has found: {error.strerror}", hint=_NO_ROOM) from None
    os.write(size, told)
    return at


def _results(child: _Child) -> Iterator[Any]:
    """What a process sends, for as long as there is more; or what failed in it."""
    import pickle

    at = 0
    while length := int.from_bytes(os.read(child.sizes, _SIZE)):
        done, failed, more = pickle.loads(os.pread(child.results, length, at))  # noqa: S301 - our own process wrote it
        if failed is not None:
            raise failed
        if not more:
            return
        yield done
        at += length
    raise SvcgenError("a process that did a part of the work ended without an answer", hint=_NO_ROOM)
