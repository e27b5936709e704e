"""A function that misbehaves is ended, and the next one is asked as if nothing had been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from scaffold.bounded import Bounded, OutOfBoundsError
from scaffold.errors import SvcgenError
from scaffold.model import Location


def misbehave(what):
    """Does what it is told, and otherwise says in which process."""
    if what == "loop":
        while True:
            pass
    if what == "grow":
        text = "x"
        while True:
            text += text
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "error":
        raise SvcgenError("no", Location("a.yaml", 3, 4), "try again")
    if what == "deep":
        return misbehave(what)
    return (what, os.getpid())


@pytest.fixture
def asked():
    bounded = Bounded(misbehave, seconds=1, megabytes=64)
    yield bounded
    bounded.close()


def test_one_process_of_its_own_answers_every_question(asked):
    answers = [asked(number) for number in (1, 2, 3)]

    assert [number for number, _ in answers] == [1, 2, 3]
    assert len({process for _, process in answers} | {os.getpid()}) == 2


def test_a_large_answer_and_a_large_question_arrive_whole(asked):
    text = "größer\0" * 1_000_000

    assert asked(text)[0] == text


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("loop", "takes more than 1 seconds"),
        ("grow", "takes too much memory"),
        ("die", "ends its process"),
        ("deep", "calls itself without end"),
    ],
)
def test_what_misbehaves_is_ended_and_the_next_question_is_answered(asked, what, said):
    started = time.monotonic()
    with pytest.raises(OutOfBoundsError, match=said):
        asked(what)

    assert time.monotonic() - started < 30
    assert asked("still here")[0] == "still here"


def test_an_error_arrives_with_its_place_and_hint(asked):
    with pytest.raises(SvcgenError) as caught:
        asked("error")

    assert str(caught.value) == "a.yaml:3:4: error: no\nhint: try again"


def test_nothing_that_the_first_process_has_open_is_kept_open(tmp_path):
    import fcntl

    with open(tmp_path / "locked", "w") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        asked = Bounded(misbehave)
        assert asked(1)[0] == 1
    with open(tmp_path / "locked", "w") as again:
        fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
    asked.close()


def test_the_process_is_gone_when_it_is_closed(asked):
    _, process = asked(1)
    asked.close()

    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_no_process_is_left_when_the_first_one_is_killed():
    program = (
        "import os, sys\nfrom scaffold.bounded import Bounded\n"
        "ask = Bounded(lambda what: os.getpid())\nprint(ask(1), flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        second = int(first.stdout.readline())
        first.kill()
    for _ in range(100):
        try:
            os.kill(second, 0)
        except ProcessLookupError:
            return
        # an orphan that nobody waits for stays as a zombie in a container without an init
        with open(f"/proc/{second}/stat") as file:
            if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                return
        time.sleep(0.05)
    pytest.fail("the second process still runs")
