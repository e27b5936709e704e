"""`svcgen check --against`, in real repositories."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.checks.test_engine import service, workload
from tests.commands.test_update import commit, git

WEB = workload("web", labels="app: web")
CHANGED = WEB.replace("app: web", "app: web, tier: front")


@pytest.fixture
def repository(project):
    """A project in a repository whose branch `main` has one workload."""
    git(project, "init", "--quiet", "--initial-branch=main")
    project.write("k8s/web.yaml", WEB)
    commit(project)
    return project


def against(project, *words, commit="main", **more):
    """The findings of `immutable-field`: path, field and what the message says."""
    done = project.run("check", "-o", "json", "--rule", "immutable-field", "--against", commit, *words, **more)
    assert done.stderr == ""
    said = json.loads(done.stdout)
    assert done.returncode == any(one["level"] == "error" for one in said["findings"])
    return [(one["path"], one["field"], one["message"]) for one in said["findings"]]


FOUND = ("k8s/web.yaml", "spec.selector", "selector was app=web at main, and cannot be changed")


def test_a_selector_that_was_changed_in_the_working_tree(repository):
    assert against(repository) == []
    repository.write("k8s/web.yaml", CHANGED)
    assert against(repository) == [FOUND]
    # with all other rules too, with its line and the mend
    shown = repository.run("check", "--against", "main").stdout
    assert "[immutable-field]" in shown
    assert "delete the old one first: kubectl delete deployment web" in shown


def test_of_some_kinds_the_spec_is_what_was_changed(repository):
    stateful = WEB.replace("Deployment", "StatefulSet").replace("spec:", "spec:\n  serviceName: web", 1)
    repository.write("k8s/web.yaml", stateful)
    commit(repository)
    repository.write("k8s/web.yaml", stateful.replace("serviceName: web", "serviceName: peers"))
    assert against(repository) == [("k8s/web.yaml", "spec", "serviceName was web at main, and cannot be changed")]
    shown = repository.run("check", "--against", "main", "--rule", "immutable-field").stdout
    assert "kubectl delete statefulset web --cascade=orphan\n" in shown


def test_without_a_commit_nothing_is_said(repository):
    repository.write("k8s/web.yaml", CHANGED)
    assert "immutable-field" not in repository.run("check").stdout
    done = repository.run("check", "--rule", "immutable-field")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--against" in done.stderr


def test_what_is_committed_and_what_is_only_staged(repository):
    repository.write("k8s/web.yaml", CHANGED)
    git(repository, "add", "--all")
    assert against(repository) == [FOUND]
    commit(repository)
    assert against(repository) == []
    assert [one[0] for one in against(repository, commit="HEAD~1")] == ["k8s/web.yaml"]
    first = git(repository, "rev-parse", "HEAD~1").strip()
    assert against(repository, commit=first[:12])[0][2].startswith(f"selector was app=web at {first[:12]}")


def test_an_object_that_moved_into_a_new_file(repository):
    repository.write("apps/front.yaml", CHANGED)
    # a copy beside the old one: both are there
    assert against(repository) == []
    (repository.folder / "k8s/web.yaml").unlink()
    assert against(repository) == [("apps/front.yaml", *FOUND[1:])]
    commit(repository)
    assert [one[0] for one in against(repository, commit="HEAD~1")] == ["apps/front.yaml"]


def test_a_file_that_did_not_change_is_the_same_as_before(repository):
    other = WEB.replace("app: web", "app: other")
    repository.write("overlays/dev/web.yaml", other)
    commit(repository)
    (repository.folder / "k8s/web.yaml").unlink()
    assert against(repository) == []


def test_from_a_folder_below_and_for_some_files(repository):
    repository.write("k8s/web.yaml", CHANGED)
    repository.write("k8s/api.yaml", service("api", node_port=30080))
    below = repository.folder / "k8s"
    assert against(repository, cwd=below) == [("web.yaml", *FOUND[1:])]
    assert against(repository, "api.yaml", cwd=below) == []
    assert against(repository, "web.yaml", cwd=below) == [("web.yaml", *FOUND[1:])]


def test_a_project_below_the_top_of_the_repository(repository):
    repository.write("team/.svcgen/config.yaml", "")
    repository.write("team/k8s/web.yaml", WEB)
    commit(repository)
    repository.write("team/k8s/web.yaml", CHANGED)
    assert against(repository, cwd=repository.folder / "team") == [FOUND]
    assert against(repository, "team") == [("team/k8s/web.yaml", *FOUND[1:])]


def test_a_name_with_blanks_and_letters_of_all_kinds(repository):
    repository.write("k8s/wéb \n app.yaml", WEB.replace("name: web", "name: two"))
    commit(repository)
    repository.write("k8s/wéb \n app.yaml", CHANGED.replace("name: web", "name: two"))
    assert [one[0] for one in against(repository)] == ["k8s/wéb \n app.yaml"]


def test_what_could_not_be_read_then_is_named(repository):
    repository.write("k8s/web.yaml", "kind: Deployment\n  broken: [\n")
    commit(repository)
    repository.write("k8s/web.yaml", WEB)
    done = repository.run("check", "-o", "json", "--against", "main")
    assert [one["path"] for one in json.loads(done.stdout)["not_judged"]] == ["main:k8s/web.yaml"]


def test_a_repository_that_is_not_whole(repository):
    blob = git(repository, "rev-parse", "main:k8s/web.yaml").strip()
    (repository.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()
    repository.write("apps/web.yaml", CHANGED)
    (repository.folder / "k8s/web.yaml").unlink()
    done = repository.run("check", "-o", "json", "--against", "main")
    assert json.loads(done.stdout)["not_judged"] == [
        {"path": "main:k8s/web.yaml", "line": 0, "reason": "git cannot read it"}
    ]


def test_it_is_set_aside_as_others_are(repository):
    repository.write(
        "k8s/web.yaml", CHANGED.replace("  selector:", "  # svcgen:ignore immutable-field made anew\n  selector:")
    )
    assert against(repository) == []
    # without a commit nobody can say whether the comment is of use
    assert "unused-suppression" not in repository.run("check").stdout


@pytest.mark.parametrize("name", ["no-such-branch", "--output=x", "main:k8s", "", "main..main"])
def test_no_such_commit(repository, name):
    done = repository.run("check", f"--against={name}")
    if not name:
        assert done.returncode == 0
        return
    assert (done.returncode, done.stdout) == (2, "")
    assert f"git knows no commit '{name}'" in done.stderr
    assert "git fetch" in done.stderr


def test_no_repository_and_no_files(project, repository):
    done = repository.run("check", "-", "--against", "main", stdin=WEB)
    assert (done.returncode, "standard input" in done.stderr) == (2, True)
    subprocess.run(["rm", "-rf", ".git"], cwd=repository.folder, check=True)
    done = project.run("check", "--against", "main")
    assert (done.returncode, "lies in no repository of git" in done.stderr) == (2, True)


def test_a_repository_of_another_user(repository):
    (repository.folder / "k8s" / ".svcgen").mkdir()
    env = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    done = repository.run("check", "--against", "main", env=env, cwd=repository.folder / "k8s")
    assert done.returncode == 2
    mend = f"git config --global --add safe.directory {repository.folder.resolve()}"
    assert done.stderr.endswith(f"/k8s: it belongs to another user\nhint: {mend}\n")


def test_without_git(repository):
    done = repository.run("check", "--against", "main", env={"PATH": "/nowhere"})
    assert (done.returncode, "there is no git on the PATH" in done.stderr) == (2, True)
    assert done.stderr.endswith("\nhint: install git, or leave --against out\n")
