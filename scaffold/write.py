"""Files are written all or none, and nobody ever sees half of one.

New contents are first put on the disk without a name (O_TMPFILE), all of them; only then each gets its name, which is
one atomic step a file. A full disk or a read-only folder is met before anything changed; a kill at any instant leaves
no unfinished file, because a file without a name vanishes with its process. Where the system cannot do that, a hidden
file beside the target is used and taken away on every way out.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, NamedTuple

from scaffold.errors import SvcgenError
from scaffold.model import Location, WriteResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_O_TMPFILE = getattr(os, "O_TMPFILE", 0)


class Change(NamedTuple):
    """One file: what is there and what it shall be, None for no file. Paths are absolute; `shown` is for people."""

    path: str
    shown: str
    old: bytes | None
    new: bytes | None

    @property
    def state(self) -> str:
        """`created`, `changed`, `deleted` or `unchanged`."""
        if self.old == self.new:
            return "unchanged"
        return "created" if self.old is None else "deleted" if self.new is None else "changed"


class _Staged(NamedTuple):
    change: Change
    target: str
    descriptor: int | None
    temporary: str | None


@contextlib.contextmanager
def lock(folder: str) -> Iterator[None]:
    """Holds the project for one writer at a time. The lock is on the folder itself, so no file is left behind.

    Where a file system has no such locks the command goes on without one.
    """
    try:
        import fcntl

        descriptor = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        # a process started meanwhile may have the folder open too
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def refuse_leaving(folder: str, path: str, shown: str) -> None:
    """Refuses a file that a link would put outside of the folder it belongs to.

    Args:
        folder: the output folder, which may be a link itself: it was chosen by whoever runs the command.
        path: the file, below that folder.
        shown: its path for people.

    Raises:
        SvcgenError: a folder on the way, or the file itself, is a link that leads out.
    """
    real = os.path.realpath(path)
    if not real.startswith(os.path.join(os.path.realpath(folder), "")):
        reason = f"a link leads out of the output folder, to {real}"
        raise SvcgenError(reason, Location(shown), "take the link away, or give the folder it leads to with -d")


def compare(files: Mapping[str, str], shown: Mapping[str, str]) -> tuple[Change, ...]:
    """Reads what is there now.

    Args:
        files: absolute path -> new text.
        shown: absolute path -> the path to show.

    Raises:
        SvcgenError: a folder stands where the file should be, a file where a folder should be, or it is unreadable.
    """
    changes = []
    for path, text in files.items():
        try:
            with open(path, "rb") as file:
                old: bytes | None = file.read()
        except FileNotFoundError:
            old = None
        except NotADirectoryError:
            raise SvcgenError("a file is in the way of the folder", Location(_blocking(path, shown[path]))) from None
        except IsADirectoryError:
            raise SvcgenError("a folder is in the way of the file", Location(shown[path])) from None
        except OSError as error:
            raise SvcgenError(f"cannot read: {error.strerror}", Location(shown[path])) from None
        changes.append(Change(path, shown[path], old, text.encode()))
    return tuple(changes)


def _blocking(path: str, shown: str) -> str:
    while shown and not os.path.isfile(path):
        path, shown = os.path.dirname(path), os.path.dirname(shown)
    return shown or path


def write_all(changes: Sequence[Change]) -> WriteResult:
    """Writes every file that differs and deletes those that shall be gone, in the order given, or does nothing.

    Raises:
        SvcgenError: the disk is full, a folder is read-only, ...; everything is as it was.
    """
    pending = [change for change in changes if change.state != "unchanged"]
    _allow_open_files(len(pending))
    for change in changes:
        _beside(_target(change))
    folders: list[str] = []
    staged: list[_Staged] = []
    done: list[_Staged] = []
    try:
        for change in pending:
            target = _target(change)
            _make_folders(os.path.dirname(target), folders)
            staged.append(_stage(change, target))
        for one in staged:
            done.append(one)
            _publish(one)
    except BaseException as error:
        _undo(done)
        _discard(staged)
        for folder in reversed(folders):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
        if not isinstance(error, OSError):
            raise
        place = change.shown if len(staged) < len(pending) else done[-1].change.shown
        raise SvcgenError(f"cannot write: {error.strerror}; nothing was changed", Location(place)) from None
    _discard(staged)
    by_state: dict[str, list[str]] = {state: [] for state in WriteResult._fields}
    for change in changes:
        by_state[change.state].append(change.shown)
    return WriteResult(**{state: tuple(paths) for state, paths in by_state.items()})


def _target(change: Change) -> str:
    """The file itself where the path is a link: a link is written through, not replaced; deleted is the link."""
    return os.path.realpath(change.path) if change.new is not None and os.path.islink(change.path) else change.path


def _allow_open_files(count: int) -> None:
    """A file without a name lives as long as it is open, so many files need many descriptors."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = count + 256
        if soft != resource.RLIM_INFINITY and soft < wanted:
            limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def _make_folders(folder: str, made: list[str]) -> None:
    missing = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for path in reversed(missing):
        os.mkdir(path)
        made.append(path)


def _stage(change: Change, target: str) -> _Staged:
    """Puts the new content on the disk of the target's folder, without a name if the system can.

    Of a file that is deleted it is the old content, which comes back if a later file fails.
    """
    folder = os.path.dirname(target)
    content = change.new if change.new is not None else change.old
    assert content is not None
    mode = os.stat(target).st_mode & 0o7777 if change.old is not None else None
    descriptor, temporary = -1, None
    if _O_TMPFILE:
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, _O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o666)
    if descriptor < 0:
        temporary = _beside(target)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        if mode is not None:
            os.fchmod(descriptor, mode)
    except BaseException:
        os.close(descriptor)
        if temporary:
            os.unlink(temporary)
        raise
    if temporary:
        os.close(descriptor)
        return _Staged(change, target, None, temporary)
    return _Staged(change, target, descriptor, None)


def _publish(staged: _Staged) -> None:
    """Gives the content its name, or takes the file away: one atomic step, over whatever has the name."""
    temporary = staged.temporary
    if staged.change.new is None:
        if _read(staged.target) != staged.change.old:
            raise OSError(errno.EBUSY, "somebody changed it just now")
        os.unlink(staged.target)
        return
    if staged.descriptor is not None:
        if staged.change.old is None:
            _link(staged.descriptor, staged.target)
            return
        temporary = _beside(staged.target)
        _link(staged.descriptor, temporary)
    assert temporary is not None
    if staged.change.old is not None and _read(staged.target) != staged.change.old:
        os.unlink(temporary)
        raise OSError(errno.EBUSY, "somebody changed it just now")
    try:
        os.replace(temporary, staged.target)
    except OSError:
        os.unlink(temporary)
        raise


def _beside(target: str) -> str:
    """The one hidden name that a target's content may have for a moment. A leftover of a killed run is taken away."""
    temporary = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.svcgen")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    return temporary


def _link(descriptor: int, path: str) -> None:
    # Any src_dir_fd makes Python call linkat() with AT_SYMLINK_FOLLOW, which gives an unnamed file its name.
    os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor, follow_symlinks=True)


def _undo(done: Sequence[_Staged]) -> None:
    for one in reversed(done):
        with contextlib.suppress(OSError, SvcgenError):
            if _read(one.target) != one.change.new:
                continue
            if one.change.new is None:
                _bring_back(one)
            elif one.change.old is None:
                os.unlink(one.target)
            else:
                _publish(_stage(one.change._replace(old=one.change.new, new=one.change.old), one.target))


def _bring_back(deleted: _Staged) -> None:
    if deleted.descriptor is not None:
        _link(deleted.descriptor, deleted.target)
    elif deleted.temporary:
        os.rename(deleted.temporary, deleted.target)


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _discard(staged: Sequence[_Staged]) -> None:
    for one in staged:
        if one.descriptor is not None:
            os.close(one.descriptor)
        elif one.temporary:
            with contextlib.suppress(OSError):
                os.unlink(one.temporary)
