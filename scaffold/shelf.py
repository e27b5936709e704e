"""What is known of the many objects of a large tree, in a file without a name: memory holds where it lies there."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# a place is one number, which takes half as much room as two
_SIZE_BITS = 32
_PIECE = 1 << 20
# what was laid down one after the other is mostly wanted so again: it is read by blocks, of which some stay in memory
_BLOCK_BITS, _BLOCKS = 16, 64


class Shelf:
    """Bytes, laid down one after the other. Processes that are forked later find what lies there."""

    def __init__(self, make_file: Callable[[], int]) -> None:
        """Takes no room yet.

        Args:
            make_file: opens a new file to write to and to read, once there is much; an OSError where there is no room.
        """
        self._make_file, self._file = make_file, -1
        self._waiting = bytearray()
        self._written = 0
        self._full = False
        self._blocks: dict[int, bytes] = {}

    def put(self, data: bytes) -> int | bytes:
        """Lays something down.

        Returns:
            Where it lies; the same bytes where there is no more room.
        """
        if self._full:
            return data
        place = (self._written + len(self._waiting)) << _SIZE_BITS | len(data)
        self._waiting += data
        if len(self._waiting) >= _PIECE:
            self._write()
        return place

    def get(self, place: int | bytes) -> bytes:
        """What lies at a place."""
        if isinstance(place, bytes):
            return place
        start, size = place >> _SIZE_BITS, place & ((1 << _SIZE_BITS) - 1)
        number = start >> _BLOCK_BITS
        end = (number + 1) << _BLOCK_BITS
        if start + size <= end <= self._written:
            start -= number << _BLOCK_BITS
            return self._block(number)[start : start + size]
        # of what the disk had no room for some may have been written
        written = max(min(start + size, self._written) - start, 0)
        waiting = max(start - self._written, 0)
        found = os.pread(self._file, written, start) if written else b""
        return found + self._waiting[waiting : waiting + size - written]

    def _block(self, number: int) -> bytes:
        found = self._blocks.get(number)
        if found is None:
            if len(self._blocks) >= _BLOCKS:
                self._blocks.clear()
            found = self._blocks[number] = os.pread(self._file, 1 << _BLOCK_BITS, number << _BLOCK_BITS)
        return found

    def _write(self) -> None:
        self._full = True
        # without room for it, what waits stays here
        with suppress(OSError):
            if self._file < 0:
                self._file = self._make_file()
            while self._waiting:
                count = os.write(self._file, self._waiting)
                self._written += count
                del self._waiting[:count]
            self._full = False

    def __del__(self) -> None:
        if self._file >= 0:
            os.close(self._file)
