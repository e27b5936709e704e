"""What was seen in the files of a large tree, kept for the next run over it.

An answer is found by the bytes of its file and by all else that it depends on, so it never goes stale: what was changed
is read anew, were it a letter. One file in the user's cache folder holds the answers of one tree; what it held of files
that are gone is left out when it is written again.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from zlib import crc32

from scaffold import own_cache

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# trees, each as it was judged by one set of rules
_MOST = 4
_PIECE = 1 << 20
_KEY, _SUM, _SIZE = 16, 4, 8


class Answer:
    """What was seen in some files: to other processes it goes as the bytes that are kept, or as its key alone."""

    __slots__ = ("data", "key", "value")

    def __init__(self, key: bytes, data: bytes | None = None, value: Any = None) -> None:  # noqa: ANN401
        """Takes the key; and of what is new the value, as it is and as bytes."""
        self.key, self.data, self.value = key, data, value

    def __reduce__(self) -> tuple[type[Answer], tuple[bytes, bytes | None]]:
        return Answer, (self.key, self.data)


class Memory:
    """The answers of one tree: those of the last run, and what this one adds."""

    def __init__(self, folder: str, state: bytes) -> None:
        """Opens what the last run has left.

        Args:
            folder: where it lies.
            state: all that every answer depends on.
        """
        self._path = os.path.join(folder, blake2b(state, digest_size=_KEY).hexdigest())
        self._beside = f"{self._path}.{os.urandom(8).hex()}"
        self._old: Mapping[bytes, tuple[int, int]] = {}
        self._used: set[bytes] = set()
        self._file = -1
        self._next: _Next | None = None
        self._full = False
        with contextlib.suppress(OSError, ValueError):
            # none so far, or one that was cut off: everything is seen anew
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            self._old = _index(self._file)

    def key(self, parts: Iterable[bytes]) -> bytes:
        """The key of an answer: all that it depends on, besides the state."""
        digest = blake2b(digest_size=_KEY)
        for part in parts:
            digest.update(len(part).to_bytes(_SIZE))
            digest.update(part)
        return digest.digest()

    def find(self, key: bytes) -> Answer | None:
        """The answer of an earlier run; its value is read when it is taken in."""
        return Answer(key) if key in self._old else None

    def made(self, key: bytes, value: object) -> Answer:
        """A new answer."""
        return Answer(key, pickle.dumps(value, pickle.HIGHEST_PROTOCOL), value)

    def take(self, answer: Answer) -> Any:  # noqa: ANN401
        """Takes in an answer that some process has made or found, to be kept. Returns its value."""
        data = answer.data
        if data is None:
            self._used.add(answer.key)
            data = self._read(answer.key)
        else:
            self._keep(answer.key, data)
        return pickle.loads(data) if answer.value is None else answer.value  # noqa: S301 - our own processes wrote it

    def save(self) -> None:
        """Keeps what was taken in for the next run; where there is no room, that one sees everything anew."""
        if self._next is None and len(self._used) == len(self._old):
            with contextlib.suppress(OSError):
                os.utime(self._path)
            return
        for key in self._used:
            self._keep(key, self._read(key))
        with contextlib.suppress(OSError):
            if self._next and not self._full:
                self._next.publish(self._path)
                _forget_all_but(_MOST, os.path.dirname(self._path))

    def close(self) -> None:
        """Ends the reading. What was taken in is lost, if it was not saved."""
        # by its name, for an interrupt may have come in the moment when it was made; there is none once it is saved
        with contextlib.suppress(OSError):
            os.unlink(self._beside)
        if self._next:
            self._next.close()
        if self._file >= 0:
            os.close(self._file)

    def _read(self, key: bytes) -> bytes:
        start, size = self._old[key]
        return os.pread(self._file, size, start)

    def _keep(self, key: bytes, data: bytes) -> None:
        if self._full:
            return
        try:
            self._next = self._next or _Next(self._beside)
            self._next.add(key, data)
        except OSError:
            self._full = True


class _Next:
    """The file of the next run, as far as it is written: answers, where each lies, where that is told, and a checksum.

    The checksum is for what is cut off or damaged: whoever may write there is the user.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")  # noqa: SIM115
        self._sum = 0
        self._places: dict[bytes, tuple[int, int]] = {}
        self._size = 0

    def add(self, key: bytes, data: bytes) -> None:
        self._places[key] = (self._size, len(data))
        self._size += len(data)
        self._sum = crc32(data, self._sum)
        self._file.write(data)

    def publish(self, path: str) -> None:
        end = pickle.dumps(self._places) + self._size.to_bytes(_SIZE)
        self._file.write(end + crc32(end, self._sum).to_bytes(_SUM))
        self._file.flush()
        os.replace(self._path, path)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()


def _index(file: int) -> Mapping[bytes, tuple[int, int]]:
    """Where the answers lie in a file.

    Raises:
        ValueError: the file is not as it was written.
    """
    size, at, found_sum = os.fstat(file).st_size - _SUM, 0, 0
    if size < _SIZE:
        raise ValueError
    while at < size:
        piece = os.pread(file, min(_PIECE, size - at), at)
        if not piece:
            raise ValueError
        found_sum = crc32(piece, found_sum)
        at += len(piece)
    if os.pread(file, _SUM, size) != found_sum.to_bytes(_SUM):
        raise ValueError
    end = size - _SIZE
    start = int.from_bytes(os.pread(file, _SIZE, end))
    found: Mapping[bytes, tuple[int, int]] = pickle.loads(os.pread(file, end - start, start))  # noqa: S301 - ours, whole
    return found


def _forget_all_but(most: int, folder: str) -> None:
    """Of what lies in a folder only what was used last stays."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
    for entry in found[most:]:
        os.unlink(entry.path)


def memory(*state: str) -> Memory | None:
    """The answers of earlier runs with the same state and the same svcgen; None where nothing can be kept.

    Args:
        state: all that every answer depends on, besides svcgen itself, Python and the reader of YAML.
    """
    folder = own_cache.folder("seen")
    return Memory(folder, repr((state, sys.version, _code())).encode()) if folder else None


def _code() -> str:
    """A digest of what makes the answers: of a checkout too, which changes under one version.

    By the bytes, for the same svcgen may be installed anew each time.
    """
    from importlib.util import find_spec

    here = os.path.dirname(__file__)
    inside = sorted(os.path.join(folder, name) for folder, _, names in os.walk(here) for name in names)
    readers = [one.origin for one in map(find_spec, ("ruamel.yaml", "_ruamel_yaml")) if one and one.origin]
    digest = blake2b(digest_size=_KEY)
    for path in [*(path for path in inside if not path.endswith(".pyc")), *readers]:
        digest.update(os.fsencode(os.path.basename(path)))
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()
