"""Work shared among processes: the same results, the same errors, and no process left behind."""

from __future__ import annotations

import os
import resource
import shutil
import time
from contextlib import closing

import pytest

from scaffold import checks, manifests, projects, spread
from scaffold.checks import Run
from scaffold.errors import SvcgenError
from scaffold.report import Report, text_parts
from tests.conftest import ROOT


def test_results_come_in_the_order_of_the_shares_from_processes_of_their_own():
    done = list(spread.spread(lambda share: ((-one, os.getpid()) for one in share), [[1], [2, 3], [4, 5, 6]]))

    assert [one for one, _ in done] == [-1, -2, -3, -4, -5, -6]
    processes = [process for _, process in done]
    assert processes[0] == os.getpid()
    assert processes[1] == processes[2]
    assert len(set(processes)) == 3


def test_where_there_are_no_files_in_memory_others_do(monkeypatch):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    large = ["x" * (1 << 22)] * 3
    assert list(spread.spread(list, [["a"], large, large])) == ["a", *large, *large]


def test_an_error_of_any_share_is_raised_here_and_nobody_is_left_waiting():
    def work(share):
        if share == ["bad"]:
            raise SvcgenError("no good", hint="try another")
        time.sleep(0 if os.getpid() == parent else 60)
        return share

    parent, started = os.getpid(), time.monotonic()
    with pytest.raises(SvcgenError, match="no good") as raised:
        list(spread.spread(work, [["a"], ["bad"], ["slow"]]))

    assert raised.value.hint == "try another"
    assert time.monotonic() - started < 30
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_no_room_for_a_result_is_said_so_and_the_ones_before_it_hold():
    def work(share):
        yield share
        if os.getpid() != parent:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
            yield "x" * (1 << 22)

    parent = os.getpid()
    found = spread.spread(work, [["a"], ["b"]])

    assert [next(found), next(found)] == [["a"], ["b"]]
    with pytest.raises(SvcgenError, match="no room for what a process has found: File too large"):
        next(found)


def test_an_error_after_some_results_is_an_error_all_the_same():
    def work(share):
        yield share
        if share == ["bad"]:
            raise SvcgenError("no good")

    with pytest.raises(SvcgenError, match="no good"):
        list(spread.spread(work, [["a"], ["bad"]]))


def test_a_process_that_is_killed_is_an_error_not_a_missing_result():
    def work(share):
        if share == ["killed"]:
            os.kill(os.getpid(), 9)
        return share

    with pytest.raises(SvcgenError, match="ended"):
        list(spread.spread(work, [["a"], ["killed"]]))


def test_whoever_stops_early_leaves_nobody_working():
    def work(share):
        yield share
        time.sleep(0 if share == ["a"] else 60)

    started = time.monotonic()
    with closing(spread.spread(work, [["a"], ["slow"]])) as found:
        assert next(found) == ["a"]

    assert time.monotonic() - started < 30
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_output_that_waits_is_not_written_twice(tmp_path):
    with open(tmp_path / "out", "w") as file:
        file.write("once")
        assert list(spread.spread(list, [[1], [2]])) == [1, 2]
    assert (tmp_path / "out").read_text() == "once"


SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: %s}
spec: {type: NodePort, ports: [{port: 80, nodePort: 40000}]}
"""
JSON = b"""{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "%s"},
"spec": {"type": "NodePort", "ports": [{"port": 0}]}}
"""
LIST = b"""apiVersion: v1
kind: List
items:
- &one
  apiVersion: v1
  kind: Service
  metadata: {name: listed}
  spec: {ports: [{port: 70000}]}
"""
DEEP = '{"apiVersion": "v1", "kind": "Service", "spec": {"type": %s}}'
CHAIN = "apiVersion: v1\nkind: Service\nspec:\n a: &a {deep}1{deeper}\n b: &b {deep}*a{deeper}\n c: {deep}*b{deeper}\n"
# what no line reader takes, each with a finding
ODD = {
    "utf-16.yaml": (SERVICE % "wide").encode("utf-16"),
    "anchor.yaml": (SERVICE % "&name anchored").encode(),
    "two.json": JSON % b"one" + JSON % b"other",
    "list.yaml": LIST,
    "deep.json": (DEEP % ("[" * 290 + "]" * 290)).encode(),
}
# what pickle would not take
TOO_DEEP = {
    "too-deep.json": (DEEP % ("[" * 900 + "]" * 900)).encode(),
    "chain.yaml": CHAIN.format(deep="[" * 250, deeper="]" * 250).encode(),
}


def judged(monkeypatch, processes):
    monkeypatch.setattr(manifests, "processors", lambda: processes)
    monkeypatch.setattr(checks, "processors", lambda: processes)
    monkeypatch.setattr(manifests, "_WORTH_SHARING", 1)
    for name, value in (("_WORTH_SHARING", 1), ("_AT_ONCE", 1)):
        monkeypatch.setattr(checks, name, value)
    (project,) = projects.of_paths(["."])
    reading = manifests.Reading(project, lambda *_: None)
    run = Run(reading.facts)
    files = reading.gather(run)
    result = run.result(lines=manifests.lines)
    shown = list(text_parts(Report(result.findings), lines=manifests.lines))
    # what is shown is the same; which lines are at hand already is not
    result = result._replace(findings=tuple(one._replace(text=None) for one in result.findings))
    return files, result, shown, sorted(set(reading.facts.not_judged)), (run.documents, run.services, run.workloads)


def test_a_tree_read_by_several_processes_gives_the_same_findings(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "tests" / "checks" / "cases", tmp_path / "tree")
    (tmp_path / "tree" / "zz").mkdir()
    for name, text in (ODD | TOO_DEEP).items():
        (tmp_path / "tree" / "zz" / name).write_bytes(text)
    monkeypatch.chdir(tmp_path / "tree")
    alone = judged(monkeypatch, 1)

    assert len(alone[1].findings) > 300
    assert {finding.location.where for finding in alone[1].findings} >= {f"zz/{name}" for name in ODD}
    assert {one.location.where for one in alone[3]} >= {f"zz/{name}" for name in TOO_DEEP}
    for processes in (2, 3):
        assert judged(monkeypatch, processes) == alone


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_every_process_has_about_as_much_and_the_first_less(count):
    sizes = [1 + number % 7 for number in range(3000)]
    found = spread.shares(range(3000), sizes, count)
    work = [sum(sizes[number] for number in part) for part in found]

    assert [number for part in found for number in part] == list(range(3000))
    assert len(found) == count
    assert all(0.9 < one / work[-1] < 1.1 for one in work[1:])
    assert count == 1 or 0.7 < work[0] / work[-1] < 0.95


def test_where_there_is_little_some_have_nothing():
    assert spread.shares([], [], 2) == [[], []]
    assert spread.shares(["a"], [0], 3) == [["a"], [], []]
    assert spread.shares(["a"], [9], 1) == [["a"]]
    assert spread.shares(["a", "b"], [9, 0], 1) == [["a", "b"]]
