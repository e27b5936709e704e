"""All files or none; never half of one; never somebody's edit."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from scaffold import write
from scaffold.errors import SvcgenError


def changes(folder, files):
    paths = {str(folder / name): text for name, text in files.items()}
    return write.compare(paths, {path: os.path.relpath(path, folder) for path in paths})


def listing(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture(params=["unnamed", "hidden"])
def _both_ways(request, monkeypatch):
    """With O_TMPFILE, and as on a system that has none."""
    if request.param == "hidden":
        monkeypatch.setattr(write, "_O_TMPFILE", 0)


pytestmark = pytest.mark.usefixtures("_both_ways")


def test_new_changed_and_equal_files_are_told_apart(tmp_path):
    (tmp_path / "old.yaml").write_text("old\n")
    (tmp_path / "same.yaml").write_text("same\n")
    result = write.write_all(
        changes(tmp_path, {"a/b/new.yaml": "new\n", "old.yaml": "changed\n", "same.yaml": "same\n"})
    )

    assert result == (("a/b/new.yaml",), ("old.yaml",), ("same.yaml",), ())
    assert (tmp_path / "a/b/new.yaml").read_text() == "new\n"
    assert (tmp_path / "old.yaml").read_text() == "changed\n"
    assert listing(tmp_path) == ["a", "a/b", "a/b/new.yaml", "old.yaml", "same.yaml"]


def test_a_new_file_has_the_usual_mode_and_a_changed_one_keeps_its_own(tmp_path):
    old = tmp_path / "old.yaml"
    old.write_text("old\n")
    old.chmod(0o640)
    before = os.umask(0o027)
    try:
        write.write_all(changes(tmp_path, {"old.yaml": "x\n", "new.yaml": "x\n"}))
    finally:
        os.umask(before)

    assert oct(old.stat().st_mode & 0o777) == "0o640"
    assert oct((tmp_path / "new.yaml").stat().st_mode & 0o777) == "0o640"


def test_a_link_is_written_through(tmp_path):
    (tmp_path / "real.yaml").write_text("old\n")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    write.write_all(changes(tmp_path, {"link.yaml": "new\n"}))

    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text() == "new\n"


def test_a_file_where_a_folder_should_be_and_a_folder_where_a_file_should_be_are_named(tmp_path):
    (tmp_path / "web").write_text("")
    (tmp_path / "api" / "service.yaml").mkdir(parents=True)

    with pytest.raises(SvcgenError, match="web: error: a file is in the way of the folder") as caught:
        changes(tmp_path, {"web/service.yaml": ""})
    assert str(caught.value.location) == "web"
    with pytest.raises(SvcgenError, match="api/service.yaml: error: a folder is in the way"):
        changes(tmp_path, {"api/service.yaml": ""})


def test_what_somebody_wrote_meanwhile_is_not_overwritten(tmp_path):
    (tmp_path / "old.yaml").write_text("old\n")
    todo = changes(tmp_path, {"new.yaml": "ours\n", "old.yaml": "ours\n"})
    (tmp_path / "old.yaml").write_text("theirs\n")

    with pytest.raises(SvcgenError, match="somebody changed it just now; nothing was changed"):
        write.write_all(todo)
    assert listing(tmp_path) == ["old.yaml"]
    assert (tmp_path / "old.yaml").read_text() == "theirs\n"

    todo = changes(tmp_path, {"new.yaml": "ours\n"})
    (tmp_path / "new.yaml").write_text("theirs\n")
    if write._O_TMPFILE:
        with pytest.raises(SvcgenError, match="new.yaml: error: cannot write: File exists"):
            write.write_all(todo)
        assert (tmp_path / "new.yaml").read_text() == "theirs\n"


@pytest.mark.skipif(not os.path.isdir("/sys/kernel"), reason="needs a folder in which even root cannot write")
def test_a_read_only_folder_leaves_everything_as_it_was(tmp_path):
    (tmp_path / "locked").symlink_to("/sys/kernel")

    with pytest.raises(SvcgenError, match="locked/web/b.yaml: error: cannot write: .*; nothing was changed"):
        write.write_all(changes(tmp_path, {"a/a.yaml": "x", "locked/web/b.yaml": "x"}))
    assert [path.name for path in tmp_path.iterdir()] == ["locked"]


def test_a_disk_that_fills_up_half_way_leaves_everything_as_it_was(tmp_path):
    (tmp_path / "old.yaml").write_text("old\n")
    todo = changes(tmp_path, {"a/small.yaml": "x\n", "old.yaml": "new\n", "big.yaml": "x" * 50_000})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(SvcgenError, match="big.yaml: error: cannot write: File too large; nothing was changed"):
            write.write_all(todo)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)

    assert listing(tmp_path) == ["old.yaml"]
    assert (tmp_path / "old.yaml").read_text() == "old\n"


def test_a_failure_while_giving_names_puts_everything_back(tmp_path):
    (tmp_path / "old.yaml").write_text("old\n")
    todo = changes(tmp_path, {"a/new.yaml": "new\n", "old.yaml": "new\n", "z.yaml": "new\n"})
    (tmp_path / "z.yaml").mkdir()

    with pytest.raises(SvcgenError, match="z.yaml: error: cannot write"):
        write.write_all(todo)
    assert listing(tmp_path) == ["old.yaml", "z.yaml"]
    assert (tmp_path / "old.yaml").read_text() == "old\n"


def test_a_file_that_is_no_longer_wanted_is_deleted(tmp_path):
    (tmp_path / "gone.yaml").write_text("old\n")
    todo = [write.Change(str(tmp_path / "gone.yaml"), "gone.yaml", b"old\n", None)]

    assert write.write_all(todo).deleted == ("gone.yaml",)
    assert listing(tmp_path) == []


def test_of_a_link_the_link_is_deleted(tmp_path):
    (tmp_path / "real.yaml").write_text("old\n")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    write.write_all([write.Change(str(tmp_path / "link.yaml"), "link.yaml", b"old\n", None)])

    assert listing(tmp_path) == ["real.yaml"]


def test_a_deleted_file_comes_back_with_its_mode_when_a_later_one_fails(tmp_path):
    gone = tmp_path / "gone.yaml"
    gone.write_text("old\n")
    gone.chmod(0o600)
    todo = [write.Change(str(gone), "gone.yaml", b"old\n", None), *changes(tmp_path, {"z.yaml": "new\n"})]
    (tmp_path / "z.yaml").mkdir()

    with pytest.raises(SvcgenError, match="z.yaml: error: cannot write"):
        write.write_all(todo)
    assert listing(tmp_path) == ["gone.yaml", "z.yaml"]
    assert (gone.read_text(), oct(gone.stat().st_mode & 0o777)) == ("old\n", "0o600")


def test_a_file_that_was_edited_just_now_is_not_deleted(tmp_path):
    (tmp_path / "gone.yaml").write_text("edited\n")

    with pytest.raises(SvcgenError, match="gone.yaml: error: cannot write: somebody changed it just now"):
        write.write_all([write.Change(str(tmp_path / "gone.yaml"), "gone.yaml", b"old\n", None)])
    assert (tmp_path / "gone.yaml").read_text() == "edited\n"
    assert listing(tmp_path) == ["gone.yaml"]


def test_the_leftover_of_a_killed_run_is_taken_away(tmp_path):
    (tmp_path / "old.yaml").write_text("old\n")
    (tmp_path / ".old.yaml.svcgen").write_text("half")
    write.write_all(changes(tmp_path, {"old.yaml": "old\n"}))

    assert listing(tmp_path) == ["old.yaml"]


def test_more_files_than_may_be_open_are_written(tmp_path):
    code = textwrap.dedent(
        """
        import os, resource, sys
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 2000))
        from scaffold import write
        paths = {os.path.join(sys.argv[1], f"{n}.yaml"): "x" for n in range(900)}
        print(len(write.write_all(write.compare(paths, paths)).created))
        """
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)

    assert done.stdout == "900\n"


def test_the_lock_lets_one_in_at_a_time_and_leaves_nothing(tmp_path):
    inside, most = [], []

    def work():
        with write.lock(str(tmp_path)):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.005)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1] * 8
    assert listing(tmp_path) == []
