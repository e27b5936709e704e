"""The bytes of files, pipes and standard input: bounded, and never waited for where nobody meant a pipe."""

from __future__ import annotations

import errno
import os
import stat

from scaffold.documents import UTF_16
from scaffold.errors import SvcgenError
from scaffold.model import Location

FILE_LIMIT = 64 << 20
# what most files fit into; for more the system would map new pages each time
_FIRST_READ = 32 << 10
# not blocking, so that a pipe that came in place of a file is not waited for
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


def slurp(path: str) -> bytes:
    """The bytes of a regular file of at most FILE_LIMIT. Raw reads cost a quarter less than `open()`.

    Raises:
        OSError: unreadable, not a regular file, or too large (EFBIG).
    """
    descriptor = os.open(path, _FLAGS)
    try:
        data = os.read(descriptor, _FIRST_READ)
        if 0 < len(data) < _FIRST_READ:
            return data
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", path)
        if status.st_size > FILE_LIMIT:
            raise OSError(errno.EFBIG, "too large", path)
        return data + _rest(descriptor) if data else data
    finally:
        os.close(descriptor)


def slurp_part(path: str, start: int, size: int) -> bytes:
    """So many bytes of a file behind others, or as many as are there.

    Raises:
        OSError: unreadable, or no file that is read from any place.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        return os.pread(descriptor, size, start)
    finally:
        os.close(descriptor)


def decoded(data: bytes) -> str:
    """The text of a file, as its documents are read."""
    return data.decode("utf-16" if data[:2] in UTF_16 else "utf-8", "replace")


def drain(path: str) -> bytes:
    """The bytes of a pipe or a device that somebody named, such as `<(helm template .)`: at most FILE_LIMIT.

    Raises:
        OSError: unreadable, or too large (EFBIG).
        SvcgenError: a pipe that brings nothing: what was to write it has failed.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = _rest(descriptor)
        if not data.strip() and stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            raise SvcgenError(f"nothing came through {path}", hint="run the command that writes to it alone")
        return data
    finally:
        os.close(descriptor)


def standard_input(place: Location = Location("-")) -> bytes:  # noqa: B008 - a NamedTuple never changes
    """What comes through the pipe: at most FILE_LIMIT.

    Args:
        place: where it was asked for.

    Raises:
        SvcgenError: it is closed, cannot be read, or nothing came: what was to write it has failed.
    """
    try:
        data = _rest(0)
    except OSError as error:
        raise SvcgenError(f"cannot read -: {why(error).removeprefix('cannot read: ')}") from None
    if not data.strip():
        raise SvcgenError("nothing came through stdin", place, "run the command before the | alone")
    return data


def why(error: OSError) -> str:
    """Why something cannot be read, for people."""
    if error.errno == errno.EFBIG:
        return f"larger than {FILE_LIMIT >> 20} MB"
    return f"cannot read: {error.strerror}"


def _rest(descriptor: int) -> bytes:
    parts, size = [], 0
    while data := os.read(descriptor, 1 << 20):
        parts.append(data)
        size += len(data)
        # a file may grow while it is read, and a device may have no end
        if size > FILE_LIMIT:
            raise OSError(errno.EFBIG, "too large")
    return b"".join(parts)
