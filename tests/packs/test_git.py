"""Packs from git: real repositories, read over file:// by the real program."""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time

import pytest
import yaml

from scaffold import git
from scaffold.errors import SvcgenError
from scaffold.model import Location
from tests.packs.making import ARTICLE, EXTENDS, HEAD
from tests.terminal import Terminal

NOTE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ app.name }}-VERSION\n"
FILES = "files: [{path: note.yaml, template: note.yaml.j2}]\n"
NEW = ("new", *ARTICLE[1:])


class Repository:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    @property
    def url(self):
        return f"file://{self.folder}"

    def git(self, *words):
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        done = subprocess.run(
            ["git", *who, *words], cwd=self.folder, capture_output=True, text=True, check=False,
            env={**os.environ, "GIT_ALLOW_PROTOCOL": "file"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, version, *tags):
        for name, text in (("pack.yaml", EXTENDS + FILES), ("note.yaml.j2", NOTE.replace("VERSION", version))):
            path = self.folder / "packs/web" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", version)
        for tag in tags:
            self.git("tag", tag) if tag[0] == "v" else self.git("tag", "-a", tag, "-m", tag)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "repository")


def new(project, pack, *words, **more):
    return project.run(*NEW, "-t", pack, *words, **more)


def template_of(project):
    return yaml.safe_load(project.files()[".svcgen/apps/web.yaml"])["spec"]["template"]


@pytest.mark.parametrize("tag", ["v1", "annotated", "release/1.0"])
def test_a_pack_of_a_tag_and_its_commit_is_recorded(project, repository, tag):
    commit = repository.commit("one", tag)
    repository.commit("two")
    pack = f"git+{repository.url}@{tag}#packs/web"
    done = new(project, pack)

    assert done.returncode == 0, done.stderr
    assert b"name: web-one\n" in project.files()["web/note.yaml"]
    template = template_of(project)
    assert (template["pack"], template["commit"], len(template["digest"])) == (pack, commit, 12)
    # the saved spec is input again, and nothing is asked of the repository: it may be gone
    shutil.rmtree(repository.folder)
    before = project.files()
    again = project.run("new", "-f", ".svcgen/apps/web.yaml")
    assert (again.returncode, project.files()) == (0, before), again.stderr


def test_a_commit_by_its_number(project, repository):
    first = repository.commit("one")
    repository.commit("two")

    assert new(project, f"git+{repository.url}@{first}#packs/web").returncode == 0
    assert b"name: web-one\n" in project.files()["web/note.yaml"]
    done = new(project, f"git+{repository.url}@{first[:10]}#packs/web", "--force")
    assert (done.returncode, "a commit has 40 digits: git rev-parse" in done.stderr) == (2, True)
    nowhere = new(project, f"git+{repository.url}@{'a' * 40}#packs/web", "--force")
    assert (nowhere.returncode, f"there is no commit {'a' * 40} in" in nowhere.stderr) == (2, True), nowhere.stderr


def test_a_branch_moves_so_it_is_refused_without_trust(project, repository):
    repository.commit("one", "v1")
    done = new(project, f"git+{repository.url}@main#packs/web")

    assert (done.returncode, project.files()) == (2, {})
    assert done.stderr == (
        "--template: error: 'main' is a branch, which moves\n"
        f"hint: take git+{repository.url}@v1#packs/web, or add --trust\n"
    )
    done = new(project, f"git+{repository.url}#packs/web")
    assert "without a tag or a commit the pack can change any time" in done.stderr


def test_a_trusted_branch_stays_where_it_was_until_it_is_trusted_again(project, repository):
    first = repository.commit("one")
    pack = f"git+{repository.url}@main#packs/web"
    done = new(project, pack, "--trust")
    assert (done.returncode, template_of(project)["commit"]) == (0, first), done.stderr
    second = repository.commit("two")
    before = project.files()

    again = project.run("new", "-f", ".svcgen/apps/web.yaml")
    assert (again.returncode, project.files()) == (0, before), again.stderr
    moved = project.run("new", "-f", ".svcgen/apps/web.yaml", "--trust", "--force")
    assert (moved.returncode, template_of(project)["commit"]) == (0, second), moved.stderr
    assert b"name: web-two\n" in project.files()["web/note.yaml"]


def test_a_tag_that_was_moved_is_noticed_where_it_is_fetched_anew(project, repository, tmp_path):
    first = repository.commit("one", "v1")
    assert new(project, f"git+{repository.url}@v1#packs/web").returncode == 0
    second = repository.commit("evil")
    repository.git("tag", "-f", "v1")
    elsewhere = {"XDG_CACHE_HOME": str(tmp_path / "other-machine")}
    before = project.files()
    done = project.run("new", "-f", ".svcgen/apps/web.yaml", env=elsewhere)

    assert (done.returncode, project.files()) == (2, before)
    assert f"web was made from commit {first[:12]}" in done.stderr
    assert second[:12] in done.stderr
    assert re.match(r"\.svcgen/apps/web\.yaml:12:\d+: error: ", done.stderr)


def test_a_pack_may_extend_its_neighbour_in_the_same_commit(project, repository):
    repository.commit("one")
    for name, text in (("pack.yaml", HEAD + "extends: ../web\n"),):
        path = repository.folder / "packs/mine" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    repository.commit("two", "v1")
    done = new(project, f"git+{repository.url}@v1#packs/mine")

    assert done.returncode == 0, done.stderr
    assert b"name: web-two\n" in project.files()["web/note.yaml"]
    (repository.folder / "packs/mine/pack.yaml").write_text(HEAD + "extends: ../../../elsewhere\n")
    repository.commit("three", "v2")
    done = new(project, f"git+{repository.url}@v2#packs/mine", "--force")
    assert (done.returncode, "lies outside the repository" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("pack", "said"),
    [
        ("git+{url}@v9#packs/web", "there is no tag and no commit 'v9' in {url}\nhint: its tags: v1"),
        ("git+{url}@v1#packs/wbe", "there is no folder 'packs/wbe' in {url} at v1"),
        ("git+{url}@v1", "there is no pack.yaml in git+{url}@v1"),
        ("git+{url}@v1#packs", "hint: name the folder: git+{url}@v1#packs/web"),
        ("git+file:///nowhere/at/all@v1", "git cannot read file:///nowhere/at/all: '/nowhere/at/all' does not appear"),
        ("git+{url}@v1#../x", "the folder '../x' lies outside the repository"),
        ("git+{url}@v1#/etc", "lies outside the repository"),
        ("git+{url}@--upload-pack=x", "is no name of a tag or a commit"),
        ("git+{url}@v1..v2", "is no name of a tag or a commit"),
        ("git+ext::sh -c 'touch pwned'@v1", "is no repository\nhint: write it like git+https://"),
        ("git+http://example.com/x@v1", "https, ssh, git and file are allowed"),
        ("git+-x@v1", "is no repository"),
        ("git+ssh://-oProxyCommand=touch pwned/x@v1", "is no repository"),
        ("git+https://me:secret@example.com/x@v1", "a password in the address would be saved with the app"),
        ("git+git@github.com:acme/x@v1", "is no repository"),
    ],
)
def test_what_cannot_be_fetched_is_explained(project, repository, pack, said):
    repository.commit("one", "v1")
    done = new(project, pack.format(url=repository.url))

    assert (done.returncode, project.files()) == (2, {})
    assert said.format(url=repository.url) in done.stderr
    assert done.stderr.startswith("--template: error: ")


def test_without_git_it_is_said(project, repository):
    repository.commit("one", "v1")
    done = new(project, f"git+{repository.url}@v1#packs/web", env={"PATH": "/nowhere"})

    assert (done.returncode, project.files()) == (2, {})
    assert done.stderr == (
        "error: there is no git on the PATH\nhint: install git, or copy the pack into .svcgen/templates\n"
    )


def test_nothing_of_a_repository_is_run_and_links_are_left_out(project, repository, tmp_path):
    repository.commit("one")
    web = repository.folder / "packs/web"
    (web / "evil.j2").symlink_to("/etc/passwd")
    (repository.folder / ".gitattributes").write_text("*.j2 filter=evil\n")
    repository.commit("two", "v1")
    marker = tmp_path / "run"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction", "post-merge", "pre-auto-gc"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {marker}\n")
        (hooks / name).chmod(0o755)
    config = tmp_path / "config"
    config.write_text(
        f'[core]\n\thooksPath = {hooks}\n[filter "evil"]\n\tsmudge = touch {marker}\n'
        '[protocol "ext"]\n\tallow = always\n'
        f'[url "ext::touch {marker} "]\n\tinsteadOf = file:///redirected\n'
    )
    env = {"GIT_CONFIG_GLOBAL": str(config), "GIT_DIR": str(tmp_path / "nowhere"), "GIT_WORK_TREE": "/"}
    done = new(project, f"git+{repository.url}@v1#packs/web", env=env)
    redirected = new(project, "git+file:///redirected@v1", "--force", env=env)

    assert done.returncode == 0, done.stderr
    assert (redirected.returncode, "transport 'ext' not allowed" in redirected.stderr) == (2, True), redirected.stderr
    assert not marker.exists()
    cached = [path for path in (tmp_path.parent).rglob("evil.j2") if "cache" in str(path)]
    assert cached == []


def test_a_pack_has_bounds(project, repository):
    repository.commit("one")
    (repository.folder / "packs/web/huge.bin").write_bytes(b"\0" * (17 << 20))
    repository.commit("two", "v1")
    done = new(project, f"git+{repository.url}@v1#packs/web")

    assert (done.returncode, "over 2000 files or 16 MB in one pack" in done.stderr) == (2, True)


def test_several_at_once_share_one_cache(project, repository):
    repository.commit("one", "v1", "v2")
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "scaffold", "new", f"web-{n}", "--image", "x", "-p", "http=1", "-o", "yaml",
             "-t", f"git+{repository.url}@v{1 + n % 2}#packs/web"],
            cwd=project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        )
        for n in range(6)
    ]  # fmt: skip

    assert [(one.communicate()[1], one.returncode) for one in running] == [(b"", 0)] * 6


def test_a_cache_that_others_can_write_is_not_used(project, repository, tmp_path):
    repository.commit("one", "v1")
    pack = f"git+{repository.url}@v1#packs/web"
    cache = tmp_path / "cache"
    env = {"XDG_CACHE_HOME": str(cache)}
    assert new(project, pack, env=env).returncode == 0
    (folder,) = (cache / "svcgen/git").iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0
    folder.chmod(0o777)
    done = new(project, pack, env=env)

    assert (done.returncode, "can be written by others, so it is not used" in done.stderr) == (2, True)


def test_a_server_that_never_answers_is_given_up(tmp_path):
    start = time.monotonic()
    # the kernel takes the connection, and nobody ever reads from it
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        pytest.raises(SvcgenError, match="git ls-remote had no answer within 1 s"),
    ):
        git.run(["ls-remote", f"git://127.0.0.1:{server.getsockname()[1]}/x"], str(tmp_path), seconds=1)

    assert time.monotonic() - start < 30


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("git+https://github.com/acme/packs@v1", ("https://github.com/acme/packs", "v1", "")),
        (
            "git+https://github.com/acme/packs.git@release/1.0#a/b/",
            ("https://github.com/acme/packs.git", "release/1.0", "a/b"),
        ),
        ("git+ssh://git@github.com/acme/packs@v1#.", ("ssh://git@github.com/acme/packs", "v1", "")),
        ("git+ssh://git@github.com:22/acme/packs#x", ("ssh://git@github.com:22/acme/packs", "", "x")),
        ("git+https://example.com/a@web@2.0", ("https://example.com/a", "web@2.0", "")),
    ],
)
def test_the_parts_of_an_address(text, source):
    assert git.parse(text, Location("x")) == source


def test_whoever_stops_waiting_for_a_server_leaves_nothing_running(project, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"git://127.0.0.1:{server.getsockname()[1]}/packs"
        terminal = Terminal(project.folder, *NEW, "-t", f"git+{address}@v1")
        terminal.wait_for(f"fetching {address}")
        connection, _ = server.accept()
        with connection:
            terminal.child.send("\x03")

            assert terminal.end() == 130
            # the other end is closed: whoever held it is gone
            connection.settimeout(30)
            while connection.recv(4096):
                pass
    assert "interrupted, nothing was written" in terminal.text
    assert project.files() == {}
