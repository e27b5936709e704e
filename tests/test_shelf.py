"""What lies on the shelf comes back as it was: from memory, from its file, in a forked process, on a full disk."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaffold.shelf import Shelf
from scaffold.spread import nameless
from tests.conftest import ROOT


def piece(number):
    """Some bytes, of a length of their own."""
    return str(number).encode() * (number % 700)


def test_what_was_laid_down_comes_back_in_any_order():
    shelf = Shelf(nameless)
    places = [shelf.put(piece(number)) for number in range(5000)]

    assert all(isinstance(place, int) for place in places)
    for number in [*range(5000), *range(4999, 0, -7), *range(0, 5000, 97)]:
        assert shelf.get(places[number]) == piece(number)


@settings(deadline=None)
@given(sizes=st.lists(st.sampled_from([0, 1, 100, 65535, 65536, 65537, 200_000, 1 << 20]), max_size=30))
def test_pieces_of_any_size(sizes):
    shelf = Shelf(nameless)
    pieces = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    places = [shelf.put(one) for one in pieces]

    assert [shelf.get(place) for place in reversed(places)] == pieces[::-1]


def test_a_process_that_is_forked_finds_it_and_disturbs_nobody():
    shelf = Shelf(nameless)
    places = [shelf.put(piece(number)) for number in range(4000)]
    processes = []
    for _ in range(3):
        process = os.fork()
        if not process:
            found = all(shelf.get(places[number]) == piece(number) for number in range(3999, -1, -1))
            os._exit(0 if found else 1)
        processes.append(process)
    more = [shelf.put(piece(number)) for number in range(4000, 8000)]

    assert [os.waitpid(process, 0)[1] for process in processes] == [0, 0, 0]
    assert [shelf.get(place) for place in more] == [piece(number) for number in range(4000, 8000)]


FULL = """
import resource, signal, sys
from scaffold.shelf import Shelf
from scaffold.spread import nameless
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
shelf = Shelf(nameless)
pieces = [str(number).encode() * 500 for number in range(4000)]
places = [shelf.put(one) for one in pieces]
assert [shelf.get(place) for place in places] == pieces
print(sum(isinstance(place, bytes) for place in places))
"""


def test_on_a_full_disk_it_stays_in_memory():
    kept = []
    for room in (0, 1_500_000, 1 << 30):
        command = [sys.executable, "-c", FULL, str(room)]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=env)
        assert (done.returncode, done.stderr) == (0, "")
        kept.append(int(done.stdout))

    # with no room at all the first megabyte had been promised a place
    assert kept[0] > kept[1] > kept[2] == 0


@pytest.mark.parametrize("never_named", [True, False])
def test_nothing_of_it_is_left_in_the_folder(tmp_path, monkeypatch, never_named):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    if not never_named:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    shelf = Shelf(nameless)
    places = [shelf.put(piece(number)) for number in range(9000)]

    assert [shelf.get(place) for place in places] == [piece(number) for number in range(9000)]
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_for_it_all_stays_in_memory(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "gone"))
    shelf = Shelf(nameless)
    places = [shelf.put(piece(number)) for number in range(9000)]

    assert [shelf.get(place) for place in places] == [piece(number) for number in range(9000)]
