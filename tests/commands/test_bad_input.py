"""`svcgen check` on what no manifest should be: a clear line each, bounded time and memory, the rest is checked."""

from __future__ import annotations

import ctypes
import gzip
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT
from tests.terminal import Terminal

# A hang fails; a slow machine does not.
HANG = 100
MEMORY = 700 << 20
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: %s}
spec:
  ports: [{name: http, port: %d}]
"""
GOOD = SERVICE % ("good", 80)
NEIGHBOURS = {"aaa.yaml": SERVICE % ("aaa", 70001), "zzz.yaml": SERVICE % ("zzz", 70002)}
WRONG = SERVICE % ("wrong", 70000)
NESTED = "nested more than 300 levels deep"
_CAPABILITIES_OF_ROOT = (1, 2)  # to read and to list what the file mode forbids


def bounded():
    """Limits the memory of the process that is about to start."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def like_anybody():
    """The same, and file modes hold for root too."""
    bounded()
    drop_bound = 24
    for capability in _CAPABILITIES_OF_ROOT:
        ctypes.CDLL(None).prctl(drop_bound, capability)


def run(project, *words, preexec_fn=bounded, **more):
    """`svcgen check WORDS` beside two files with known findings; no way of ending may be a bug or take for ever."""
    for name, text in NEIGHBOURS.items():
        project.write(name, text)
    done = project.run("check", *words, preexec_fn=preexec_fn, timeout=HANG, **more)
    said = str(done.stderr) + str(done.stdout)
    assert "Traceback" not in said
    assert "a bug in svcgen" not in said
    return done


def judged(project, *words, **more):
    """The findings as (path, rule), and what was not judged as {path: (line, reason)}; the neighbours are found."""
    done = run(project, *words, "-o", "json", **more)
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    findings = [(one["path"], one["rule"]) for one in said["findings"]]
    for name in NEIGHBOURS:
        assert (name, "port-out-of-range") in findings
    not_judged = {one["path"]: (one["line"], one["reason"]) for one in said["not_judged"]}
    return [one for one in findings if one[0] not in NEIGHBOURS], not_judged


def bomb(width, depth):
    """Every line holds the one above so many times."""
    lines = [f"x0: &x0 [{', '.join(['a'] * width)}]"]
    lines += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * width)}]" for n in range(1, depth)]
    return "\n".join([*lines, WRONG])


def merge_bomb(width, depth):
    lines = ["x0: &x0 {a: 1}"]
    lines += [f"x{n}: &x{n} {{<<: [{', '.join([f'*x{n - 1}'] * width)}]}}" for n in range(1, depth)]
    return "\n".join([*lines, WRONG])


REFUSED = {
    "NUL": ("kind: Service\nx: a\0b\n", 2, "control characters are not allowed"),
    "escape": ('kind: Service\nx: "\x1b[31m"\n', 2, "control characters are not allowed"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), 0, "holds NUL"),
    "UTF-32": (GOOD.encode("utf-32"), 0, "holds NUL"),
    "binary": (gzip.compress(GOOD.encode(), mtime=0), 0, "holds NUL"),
    "tab": ("kind: Service\nspec:\n\ttype: NodePort\n", 3, "a tab, indent with blanks"),
    "conflict": (
        "kind: Service\n<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n",
        2,
        "a merge conflict that is not resolved",
    ),
    "text behind ---": ("--- web\n" + GOOD, 1, "text behind ---, which kubectl refuses"),
    "directive": ("%YAML 1.1\n" + GOOD, 1, "a directive, which kubectl refuses"),
    "text after the end": (GOOD + "...\n" + GOOD, 7, "kubectl reads nothing behind '...'"),
    "infinite": ("kind: Service\nx: .inf\n", 2, ".inf is no number in JSON"),
    "list as a key": ("kind: Service\n? [a]\n: b\n", 2, "a key that is no text"),
    "null as a key": ("kind: Service\n~: b\n", 2, "a key that is no text"),
    "brackets": ("kind: Service\nx: " + "[" * 100_000, 2, NESTED),
    "JSON brackets": ('{"kind": "Service", "x": ' + '{"a":' * 10_000 + "1" + "}" * 10_001, 1, NESTED),
    "dashes": ("kind: Service\nx:\n  " + "- " * 10_000 + "a\n", 3, NESTED),
    "levels that libyaml takes": ("kind: Service\nx:\n " + "- " * 900 + "a\n", 1, NESTED),
    "bomb": (bomb(9, 13), 7, "excessive aliasing"),
    "anchor in itself": ("kind: Service\nx: &x {y: *x}\n", 2, "an anchor holds itself"),
    "merged into itself": ("kind: Service\nx: &x {<<: *x}\n", 2, "an anchor holds itself"),
    "root merged into itself": ("&x\nkind: Service\n<<: *x\n", 1, "an anchor holds itself"),
    "17 MB in one document": ("kind: Service\nx: " + "a" * (17 << 20), 1, "one document of 17 MB, 16 MB are read"),
    "17 MB in one line of JSON": ('{"kind": "Service", "x": "' + "a" * (17 << 20) + '"}', 1, "16 MB are read"),
    "a million values": ("kind: Service\nx: [" + "1," * 1_000_001 + "]\n", 2, "over 1,000,000 values"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_named_with_its_place(project, name):
    data, line, reason = REFUSED[name]
    project.write("odd.yaml", data)
    findings, not_judged = judged(project)

    assert not findings
    assert not_judged["odd.yaml"][0] == line
    assert reason in not_judged["odd.yaml"][1]


TAKEN = {
    "Latin-1": WRONG.encode() + b"# caf\xe9\n",
    "UTF-16": WRONG.encode("utf-16"),
    "BOM": b"\xef\xbb\xbf" + WRONG.encode(),
    "BOM in the second document": b"kind: X\n---\n\xef\xbb\xbf" + WRONG.encode(),
    "CR": WRONG.replace("\n", "\r").encode(),
    "CRLF": WRONG.replace("\n", "\r\n").encode(),
    "NEL": WRONG.replace("\n", "\x85").encode(),
    "line separators": WRONG.replace("\n", "\u2028").encode(),
    "a million blank lines": b"\n" * 1_000_000 + WRONG.encode(),
    "merge bomb": merge_bomb(10, 30).encode(),
    "brackets in a text": (WRONG + "metadata2: '" + "[{" * 100_000 + "'\n").encode(),
    "JSON objects in a row": b'{"kind": "ConfigMap"}\n' * 3000
    + b'{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"ports":[{"port":70000}]}}',
    "20,000 wrong labels": (
        "apiVersion: v1\nkind: Service\nspec: {ports: [{port: 70000}]}\nmetadata:\n  name: a\n  labels:\n"
        + "".join(f'    a{n}_: "-"\n' for n in range(20_000))
    ).encode(),
    "10,000 equal keys": (
        "apiVersion: v1\nkind: Service\nspec: {ports: [{port: 70000}]}\nmetadata:\n  name: a\n  labels:\n"
        + "    a: b\n" * 10_000
    ).encode(),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_kubectl_takes_is_judged(project, name):
    project.write("odd.yaml", TAKEN[name])
    findings, not_judged = judged(project)

    assert ("odd.yaml", "port-out-of-range") in findings
    assert not not_judged


def test_what_is_called_a_manifest_and_is_no_file_is_named(project):
    folder = project.folder
    os.mkfifo(folder / "fifo.yaml")
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(folder)
        server.bind("socket.yaml")
        os.chdir(here)
    for name, target in (("zero", "/dev/zero"), ("null", "/dev/null"), ("self", "self.yaml"), ("gone", "nowhere")):
        (folder / f"{name}.yaml").symlink_to(target)
    (folder / "folder.yaml").mkdir()
    project.write("folder.yaml/in.yaml", WRONG)

    reasons = {
        "fifo.yaml": "a pipe, not a file",
        "socket.yaml": "a socket, not a file",
        "zero.yaml": "a device, not a file",
        "null.yaml": "a device, not a file",
        "gone.yaml": "a link to nothing",
        "self.yaml": "cannot read: Too many levels of symbolic links",
    }
    found, not_judged = judged(project)
    assert found == [("folder.yaml/in.yaml", "port-out-of-range")]
    assert not_judged == {name: (0, reason) for name, reason in reasons.items()}


def test_links_to_everything_above_and_to_one_place_twice(project, tmp_path):
    outside = tmp_path / "outside"
    (outside / "inner").mkdir(parents=True)
    (outside / "inner" / "one.yaml").write_text(WRONG)
    (outside / "inner" / "back").symlink_to(outside)
    for name, target in (("root", "/"), ("up", ".."), ("here", "."), ("a", outside / "inner"), ("b", outside)):
        (project.folder / name).symlink_to(target)

    assert judged(project) == ([("a/one.yaml", "port-out-of-range")], {})


@pytest.mark.skipif(sys.platform != "linux", reason="takes the rights of root away")
def test_what_may_not_be_read_is_named(project):
    for name in ("file.yaml", "closed/a.yaml", "listed/a.yaml", "kustomization.yaml", ".gitignore"):
        project.write(name, WRONG)
    for name, mode in (
        ("file.yaml", 0),
        ("kustomization.yaml", 0),
        (".gitignore", 0),
        ("closed", 0),
        ("listed", 0o644),
    ):
        (project.folder / name).chmod(mode)
    findings, not_judged = judged(project, preexec_fn=like_anybody)
    for name in ("closed", "listed"):
        (project.folder / name).chmod(0o755)

    assert not findings
    why = (0, "cannot read: Permission denied")
    names = ("file.yaml", "kustomization.yaml", ".gitignore", "closed/", "listed/a.yaml")
    assert not_judged == dict.fromkeys(names, why)


def test_a_pipe_that_was_named_is_read_and_a_device_has_an_end(project):
    reading, writing = os.pipe()
    os.write(writing, WRONG.encode())
    os.close(writing)
    done = run(project, f"/dev/fd/{reading}", "-o", "json", pass_fds=(reading,))
    os.close(reading)
    assert [one["rule"] for one in json.loads(done.stdout)["findings"]] == ["port-out-of-range"]

    done = run(project, "/dev/zero")
    assert done.stderr == "not judged: /dev/zero: larger than 64 MB\n"
    assert "nothing wrong" not in done.stdout


def test_a_gitignore_of_any_form(project):
    lines = ["[", "\\", "!", "[z-a]", "# " + "*a" * 50, "**/" + "*a" * 20 + "*l", "**/a/" * 20 + "b", "left.yaml"]
    project.write(".gitignore", "\n".join(lines))
    project.write("left.yaml", WRONG)
    project.write("a" * 200 + ".yaml", WRONG)
    findings, not_judged = judged(project)
    assert [path for path, _ in findings] == ["a" * 200 + ".yaml"]
    assert list(not_judged) == [".gitignore"]
    (project.folder / ".gitignore").unlink()

    os.mkfifo(project.folder / ".gitignore")
    assert judged(project)[1][".gitignore"][1] == "cannot read: it is no regular file"


ODD_NAMES = (b"esc\x1b[31m.yaml", b"new\nline.yaml", b"\xff\xfe.yaml", b"-o.yaml", b"a" * 250 + b".yaml", b"a:1:2.yaml")


@pytest.mark.parametrize("output", ["text", "json", "sarif", "github", "junit"])
def test_names_of_any_bytes(project, output):
    for name in ODD_NAMES:
        with open(os.path.join(os.fsencode(project.folder), name), "wb") as file:
            file.write(WRONG.encode() + b"---\nkind: Service\nx: [\n")
    done = run(project, "-o", output)

    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr
    assert all(name in done.stdout for name in NEIGHBOURS)
    if output in ("json", "sarif"):
        json.loads(done.stdout)


def test_folders_2000_deep(project):
    folder = os.open(project.folder, os.O_RDONLY)
    for _ in range(2000):
        os.mkdir("d", dir_fd=folder)
        inner = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    with open(os.open("deep.yaml", os.O_CREAT | os.O_WRONLY, dir_fd=folder), "w", encoding="utf-8") as file:
        file.write(WRONG)
    os.close(folder)
    findings, not_judged = judged(project)
    # pytest's own way of taking it away recurses
    subprocess.run(["rm", "-rf", project.folder / "d"], check=True)

    assert findings == [("d/" * 2000 + "deep.yaml", "port-out-of-range")]
    assert not not_judged


def test_files_too_large_and_large(project):
    with (project.folder / "large.yaml").open("wb") as large:
        large.truncate(65 << 20)
    # many documents of which none is interesting, a large one among them, and one that is judged
    filler = f"---\nkind: ConfigMap\nx: {'a' * 1000}\n" * 20_000
    project.write("many.yaml", filler + "---\nkind: ConfigMap\nx: " + "a" * (30 << 20) + "\n---\n" + WRONG)

    assert judged(project) == (
        [("many.yaml", "port-out-of-range")],
        {"large.yaml": (0, "larger than 64 MB")},
    )


CHANGING = """\
import os, sys
from scaffold import checks
from scaffold.__main__ import main
before = checks.Run.result
def result(*words, **more):
    os.rename("new", "changed.yaml") if os.path.exists("new") else os.remove("changed.yaml")
    return before(*words, **more)
checks.Run.result = result
main()
"""


@pytest.mark.parametrize("text", [None, "", "kind: [\n", "[]\n"])
def test_a_file_that_changes_between_two_readings(project, text):
    # the second time it is read for the place of what two objects are wrong in together
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, image: b}\n"
    project.write("changed.yaml", "apiVersion: v1\nkind: List\nitems:\n" + _items(pod, 2))
    if text is not None:
        project.write("new", text)
    done = subprocess.run(
        [sys.executable, "-c", CHANGING, "check"],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "error: changed.yaml has changed while it was read\nhint: run the command again\n",
    )


def _items(text, count):
    return ("- " + text.replace("\n", "\n  ").rstrip() + "\n") * count


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A tree that several processes share."""
    folder = tmp_path_factory.mktemp("many")
    (folder / ".git").mkdir()
    for number in range(60):
        (folder / f"f{number}").mkdir()
        for one in range(100):
            (folder / f"f{number}/s{one}.yaml").write_text(SERVICE % (f"s{number}-{one}", 80))
    return folder


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for children in /proc")
def test_interrupted_in_the_middle(many):
    run = subprocess.Popen(
        [sys.executable, "-m", "scaffold", "check"],
        cwd=many,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    alone = len(os.sched_getaffinity(0)) == 1
    until = time.monotonic() + HANG
    while not (alone or _children(run.pid)) and time.monotonic() < until:
        time.sleep(0.01)
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=HANG)

    assert (run.returncode, out, err) == (130, b"", b"interrupted, nothing was written\n")
    with pytest.raises(ProcessLookupError):
        os.killpg(run.pid, 0)


def _children(process):
    with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as file:
        return file.read().split()


def test_whoever_reads_the_output_goes_away(many):
    run = subprocess.Popen(
        [sys.executable, "-m", "scaffold", "check", "--rule", "port-name-missing", "-o", "json"],
        cwd=many,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    run.stdout.close()
    with run.stderr:
        assert run.stderr.read() == b""
    assert run.wait(HANG) == 141


# Progress is told after half a second; a test does not wait for a slow machine.
IMPATIENT = "import scaffold.progress\nscaffold.progress._PATIENCE = scaffold.progress._PAUSE = 0\n"


@pytest.fixture
def impatient(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(IMPATIENT)
    return {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}


class TestProgress:
    def test_is_seen_and_gone_at_the_end(self, many, impatient):
        terminal = Terminal(many, "check", env=impatient)
        terminal.wait_for("reading: 400 files")
        assert terminal.lines[0].startswith("reading: 400 files")

        assert terminal.end() == 0
        assert [line for line in terminal.lines if line] == ["6000 files, 6000 services, nothing wrong"]
        # first what is listed, which takes seconds where nobody has read the folders lately
        listed, *said = [word.split("\r")[0] for word in terminal.raw.split("reading: ")[1:]]
        assert listed.endswith("files found")
        # each time further than before: one process writes, though several read
        counts = [int(one.removesuffix(" files").replace(",", "")) for one in said]
        assert counts == sorted(set(counts))

    def test_what_a_rule_looks_for_later_is_not_told(self, tmp_path, impatient):
        # the namespaces differ, so it is asked whether Flux writes one: the files are listed a second time
        (tmp_path / "web.yaml").write_text(
            "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: a}\n"
            "spec: {selector: {app: web}, ports: [{port: 80}]}\n---\napiVersion: apps/v1\nkind: Deployment\n"
            "metadata: {name: web, namespace: b}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n"
            "    metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: nginx}]}\n"
        )
        terminal = Terminal(tmp_path, "check", env=impatient)

        assert terminal.end() == 1
        assert "files found" in terminal.raw
        assert "reading" not in terminal.text

    def test_is_gone_after_an_interruption(self, many, impatient):
        terminal = Terminal(many, "check", env=impatient)
        terminal.press("reading: 200 files", "\x03")

        assert terminal.end() == 130
        assert "reading" not in terminal.text
        assert "interrupted, nothing was written" in terminal.text

    @pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"TERM": None}, {"CI": "true"}])
    def test_is_not_told_where_nobody_could_see_it_go(self, many, impatient, env):
        env = {"TERM": "xterm", **impatient, **env}
        if env["TERM"] is None:
            env["TERM"] = ""
        terminal = Terminal(many, "check", env=env)

        assert terminal.end() == 0
        assert terminal.raw == "6000 files, 6000 services, nothing wrong\r\n"

    def test_is_not_told_to_a_pipe(self, many, impatient):
        done = subprocess.run(
            [sys.executable, "-m", "scaffold", "check"],
            cwd=many,
            env={**os.environ, **impatient},
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")


class TestStreams:
    def test_standard_input_without_end_or_closed(self, project):
        def endless():
            bounded()
            os.dup2(os.open("/dev/zero", os.O_RDONLY), 0)

        done = project.run("check", "-", preexec_fn=endless)
        assert (done.returncode, done.stderr) == (2, "error: cannot read -: larger than 64 MB\n")
        done = project.run("check", "-", preexec_fn=lambda: os.close(0))
        assert (done.returncode, done.stderr) == (2, "error: cannot read -: Bad file descriptor\n")

    @pytest.mark.parametrize("output", ["text", "json", "sarif", "github", "junit"])
    def test_a_full_disk(self, project, output):
        project.write("a.yaml", WRONG)
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = project.run("check", "-o", output, capture_output=False, stdout=full, stderr=subprocess.PIPE)
        assert (done.returncode, done.stderr) == (2, "error: cannot write the output: No space left on device\n")

    def test_closed_streams(self, project):
        project.write("a.yaml", WRONG)
        done = project.run("check", preexec_fn=lambda: os.close(1))
        assert (done.returncode, done.stderr) == (2, "error: cannot write the output: it is closed\n")
        done = project.run("check", preexec_fn=lambda: os.close(2))
        assert done.returncode == 1
        assert "a.yaml:5:" in done.stdout

    def test_a_pipe_by_name_that_brings_nothing(self, project):
        """As in `svcgen check <(helm template .)`, where that fails."""
        for command in ("check", "explain", "ports list"):
            done = project.run(*command.split(), "/dev/stdin")
            assert (done.returncode, done.stdout) == (2, "")
            assert done.stderr.startswith("error: nothing came through /dev/stdin\nhint: ")
        done = project.run("check", "/dev/stdin", stdin=WRONG)
        assert (done.returncode, "70000" in done.stdout) == (1, True)
        # whoever names that one knows what it brings
        assert project.run("check", "/dev/null").returncode == 0

    def test_a_folder_that_is_gone(self, project):
        (project.folder / "here").mkdir()
        done = project.run("check", preexec_fn=lambda: (os.chdir("here"), os.rmdir("../here")))
        assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: the current folder is gone")


def test_a_list_of_lists_of_lists(project):
    inner = "&s {apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}]}}"
    lists = f"&l {{kind: List, items: [{inner}{', *s' * 3000}]}}"
    project.write("odd.yaml", f"apiVersion: v1\nkind: List\nitems: [{lists}{', *l' * 3000}]\n")
    assert judged(project)[1]["odd.yaml"][1] == "over 100,000 objects in one document"


def test_patterns_that_could_be_tried_for_ever(project):
    globs = ["**/" + "*a" * 25 + "b", "**a" * 30 + "b", "**/a/" * 30 + "b"]
    project.write(".svcgen/config.yaml", f"clusters: [{{name: one, paths: {json.dumps(globs)}}}]\n")
    project.write("a/" * 60 + "a" * 200 + ".yaml", WRONG)
    assert len(judged(project)[0]) == 1


def test_a_config_that_is_a_pipe(project):
    (project.folder / ".svcgen").mkdir()
    os.mkfifo(project.folder / ".svcgen/config.yaml")
    done = run(project)
    assert (done.returncode, done.stderr) == (2, ".svcgen/config.yaml: error: cannot read: it is no regular file\n")


def at_work(folder, **more):
    """`svcgen check` in a tree that several processes read, once they are there, and their numbers."""
    if len(os.sched_getaffinity(0)) == 1:
        pytest.skip("one processor, one process")
    one = subprocess.Popen(
        [sys.executable, "-m", "scaffold", "check"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )
    until = time.monotonic() + HANG
    while not (children := _children(one.pid)) and time.monotonic() < until:
        time.sleep(0.01)
    return one, children


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for children in /proc")
def test_a_signal_that_ends_it_ends_its_processes(many):
    one, _ = at_work(many, start_new_session=True)
    one.terminate()
    one.communicate(timeout=HANG)
    assert one.returncode == 128 + signal.SIGTERM


def test_no_process_more_can_be_made(many, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import os\ndef no():\n    raise BlockingIOError\nos.fork = no\n")
    done = subprocess.run(
        [sys.executable, "-m", "scaffold", "check"],
        cwd=many,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "6000 files, 6000 services, nothing wrong\n")


def test_json_with_escaped_emoji_behind_blank_lines_is_asked_for_again(project):
    metadata = {"name": "web", "annotations": {"team": "\U0001f600"}}
    containers = [{"name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 80}]}]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}}
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    text = json.dumps(deployment)
    assert "\\ud83d\\ude00" in text
    project.write("web.json", f"\n\n  {text}\n")
    project.write(
        "web.yaml", (SERVICE % ("web", 80)).replace("80}", "80, targetPort: 81}") + "  selector: {app: web}\n"
    )
    done = run(project, "-o", "json", "--rule", "target-port-unmatched")
    (found,) = json.loads(done.stdout)["findings"]

    assert (done.returncode, found["path"]) == (0, "web.yaml")
    assert found["related"] == [{"path": "web.json", "line": 3, "column": text.index('[{"name": "web"') + 3}]


PORT = SERVICE.replace("spec:\n", "spec:\n  type: NodePort\n").replace("}]", ", nodePort: 30001}]")
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    "field", ["patches: [{path: %s}]", "patchesStrategicMerge: [%s]", "replacements: [{path: %s}]"]
)
def test_a_kustomization_that_names_what_no_file_is_called(project, field):
    project.write("a.yaml", PORT % ("a", 80))
    project.write("b.yaml", PORT % ("b", 80))
    project.write("kustomization.yaml", "resources: [a.yaml, b.yaml]\n" + field % '"a\\0b"' + "\n")
    done = run(project, "--rule", "node-port-taken")
    assert done.returncode == 1
    assert "b.yaml:6:44: error: nodePort 30001 is already held by default/a" in done.stdout


def test_a_kustomization_in_a_locale_of_another_encoding(project):
    project.write("a.yaml", PORT % ("a", 80))
    project.write("b.yaml", PORT % ("b", 80))
    project.write("größe.yaml", "- {op: replace, path: /spec/ports/0/nodePort, value: 30002}\n")
    target = "target: {kind: Service, name: a}"
    kustomization = f"resources: [a.yaml, b.yaml]\npatches: [{{path: größe.yaml, {target}}}]\n"
    project.write("kustomization.yaml", kustomization)
    for env in ({}, ASCII):
        assert run(project, "--rule", "node-port-taken", env=env).returncode == 0


def test_a_gitignore_is_held_against_names_byte_by_byte(project):
    project.write(b"gr\xf6\xdfe.yaml".decode("utf-8", "surrogateescape"), WRONG)
    project.write("menü.yaml", WRONG)
    # git passes over the mark that Windows writes first
    project.write(".gitignore", b"\xef\xbb\xbfgr\xf6*.yaml\r\n" + "menü.yaml\n".encode())
    for env in ({}, ASCII):
        assert len(judged(project, env=env)[0]) == 0


def test_a_config_in_a_locale_of_another_encoding(project):
    for name in ("größe", "menge"):
        project.write(f"{name}/a.yaml", PORT % (name.strip("öß"), 80))
    clusters = "[{name: one, paths: [größe/**]}, {name: other, paths: [menge]}]"
    project.write(".svcgen/config.yaml", f"clusters: {clusters}\ntaken: [tree:größe]\n")
    for env in ({}, ASCII):
        assert run(project, "--rule", "node-port-taken", env=env).returncode == 0
        assert project.run("ports", "list", env=env).returncode == 0


def test_a_source_in_the_config_that_no_file_can_be(project):
    project.write(".svcgen/config.yaml", 'taken: ["snapshot:a\\0b"]\n')
    done = run(project)
    start = ".svcgen/config.yaml:1:9: error: 'snapshot:a\\x00b' is no name of a file\n"
    assert (done.returncode, done.stderr) == (2, start + "hint: take the \\0 away\n")


def test_a_byte_order_mark_hides_no_missing_kind(project):
    kindless = "apiVersion: networking.k8s.io/v1\nmetadata: {name: a}\nspec: {rules: [{host: a.example}]}\n"
    project.write("marked.yaml", b"\xef\xbb\xbf" + kindless.encode())
    # its kind is on the first line
    project.write("kind.yaml", b"\xef\xbb\xbfkind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n")
    done = run(project, "-o", "json", "--rule", "api-version")
    said = json.loads(done.stdout)
    assert [(one["path"], one["message"]) for one in said["findings"]] == [("marked.yaml", "this object has no kind")]
    assert said["summary"]["documents"] == 1 + len(NEIGHBOURS)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for children in /proc")
def test_what_ignores_that_its_terminal_is_closed_goes_on(many):
    """As `nohup svcgen check` does."""
    one, _ = at_work(many, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    one.send_signal(signal.SIGHUP)
    told, _ = one.communicate(timeout=HANG)
    assert (one.returncode, told) == (0, "6000 files, 6000 services, nothing wrong\n")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for children in /proc")
def test_a_process_of_its_own_that_is_killed_is_no_bug(many):
    one, children = at_work(many)
    os.kill(int(children[0]), signal.SIGKILL)
    told, said = one.communicate(timeout=HANG)
    assert (one.returncode, told) == (2, "")
    assert said.startswith("error: a process that did a part of the work ended without an answer\nhint: ")
