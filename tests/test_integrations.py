"""The pre-commit hook, the GitHub action and the page about CI: what they say is run."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
import yaml

from scaffold import __version__
from tests.checks.test_engine import service, workload
from tests.conftest import ROOT

(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
PAGE = (ROOT / "docs" / "ci.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
SNIPPETS = [yaml.safe_load(text) for language, text in BLOCKS if language == "yaml"]

SERVICE = service(node_port=30000).replace("spec:", "spec:\n  selector: {app: web}").replace("port: 80", "port: 8080")


def scripts(value):
    """Every script of a workflow, a GitLab job or an action."""
    found = []
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if key in ("run", "script", "after_script"):
            found.append(inner if isinstance(inner, str) else "\n".join(inner))
        else:
            found += scripts(inner)
    return found


def steps(name):
    """The step of the action that has this name."""
    return next(step for step in ACTION["runs"]["steps"] if step.get("name") == name)


def environment(step, **inputs):
    """A step's variables, with the inputs that are given and the defaults of the others."""
    values = {name: one["default"] for name, one in ACTION["inputs"].items()} | inputs
    return {
        key: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda match: values[match[1]], text)
        for key, text in step["env"].items()
    }


COMMANDS = [
    line
    for script in [*scripts(SNIPPETS), *(text for language, text in BLOCKS if language == "bash")]
    for line in script.splitlines()
    if line.startswith("svcgen ")
]


class Shell:
    """bash as GitHub and GitLab start it, in the folder of a project, with svcgen on PATH."""

    def __init__(self, project, folder):
        self.project, self.folder = project, folder
        program = folder / "bin" / "svcgen"
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m scaffold "$@"\n')
        program.chmod(0o755)
        self.path = os.pathsep.join([str(program.parent), str(os.path.dirname(sys.executable)), os.environ["PATH"]])

    def run(self, script, env=None, path=None):
        """A script whose first failing line ends it."""
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.project.folder,
            env={**os.environ, "PATH": path or self.path, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def action(self, name, **inputs):
        """A step of the action; its outputs and the process."""
        step = steps(name)
        output = self.folder / "output"
        output.write_text("")
        env = {"RUNNER_TEMP": str(self.folder), "GITHUB_OUTPUT": str(output), **environment(step, **inputs)}
        done = self.run(step["run"], env)
        return dict(line.split("=", 1) for line in output.read_text().splitlines()), done


@pytest.fixture
def shell(project, tmp_path):
    """A shell in a project with a Service and its Deployment in two folders, as they are on the main branch."""
    project.write("k8s/service.yaml", SERVICE)
    project.write("deploy/deployment.yaml", workload())
    git(project.folder, "init", "add -A", "commit -m manifests", "update-ref refs/remotes/origin/main HEAD")
    return Shell(project, tmp_path / "shell")


class TestHook:
    def test_the_files_it_is_given(self):
        given = ["a.yaml", "k8s/a.yml", "list.json", "a.yaml.tpl", "yaml", "README.md"]
        assert [path for path in given if re.search(HOOK["files"], path)] == given[:3]

    @pytest.mark.parametrize("path", ["base/service.yaml", "base/deployment.yaml"])
    def test_one_file_alone_is_no_reason_for_a_finding(self, project, path):
        project.write("base/service.yaml", SERVICE)
        project.write("base/deployment.yaml", workload())
        done = project.run(*HOOK["entry"].split()[1:], path)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith("nothing wrong\n")

    def test_a_deployment_of_another_overlay_is_seen(self, project):
        project.write("base/deployment.yaml", workload())
        project.write("base/kustomization.yaml", "resources: [deployment.yaml]\n")
        project.write("prod/kustomization.yaml", "resources: [../base, service.yaml]\n")
        project.write("prod/service.yaml", SERVICE)
        assert project.run("check", "prod/service.yaml").returncode == 0

    def test_a_selector_that_nothing_carries_is_a_finding_with_one_file_too(self, project):
        project.write("service.yaml", SERVICE.replace("app: web", "app: other"))
        project.write("deployment.yaml", workload())
        said = json.loads(project.run("check", "-o", "json", "service.yaml").stdout)
        assert "selector-unmatched" in [one["rule"] for one in said["findings"]]

    def test_a_number_that_a_file_outside_the_commit_holds_is_a_finding(self, project):
        project.write("a.yaml", service("a", node_port=30000))
        project.write("b.yaml", service("b", node_port=30000))
        assert project.run("check", "a.yaml").returncode == 1

    def test_only_the_files_of_the_commit_are_judged(self, project):
        project.write("bad.yaml", service())
        project.write("good.yaml", SERVICE + "---\n" + workload())
        assert project.run("check", "good.yaml").returncode == 0

    @pytest.mark.parametrize(
        ("path", "text"),
        [
            ("package.json", '{"name": "web"}'),
            ("tsconfig.json", "{ // for people\n}"),
            ("empty.yaml", ""),
            (".github/workflows/ci.yml", "on: push\njobs: {a: {steps: [{run: 'echo ${{ github.sha }}'}]}}\n"),
            ("chart/templates/service.yaml", "kind: Service\nmetadata: {name: {{ .Values.name }}}\n"),
            ("broken.yaml", "a: [\n"),
            (".svcgen/config.yaml", "node_ports: {range: 30000-32767}\n"),
            ("binary.json", b"\x00\xff\xfe"),
        ],
    )
    def test_a_file_that_is_no_manifest_is_no_alarm(self, project, path, text):
        project.write(path, text)
        done = project.run("check", path)
        assert done.returncode == 0
        assert " 0 services, nothing " in done.stdout

    @pytest.mark.slow
    def test_pre_commit_runs_it(self, project, tmp_path):
        if importlib.util.find_spec("pre_commit") is None:
            pytest.skip("pre-commit is not installed")
        hooks = tmp_path / "hooks"
        hooks.mkdir()
        for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
            shutil.copy(ROOT / name, hooks)
        for name in ("scaffold", "templates"):
            shutil.copytree(ROOT / name, hooks / name, ignore=shutil.ignore_patterns("__pycache__"))
        revision = git(hooks, "init", "add -A", "commit -m hooks", "rev-parse HEAD")
        (project.folder / ".git").rmdir()
        project.write("k8s/service.yaml", SERVICE)
        project.write("k8s/deployment.yaml", workload())
        project.write("k8s/bad.yaml", service("bad"))
        repo = {"repo": str(hooks), "rev": revision, "hooks": [{"id": HOOK["id"]}]}
        project.write(".pre-commit-config.yaml", json.dumps({"repos": [repo]}))
        git(project.folder, "init", "add -A", "commit -m manifests")

        done = pre_commit(project, tmp_path, "--files", "k8s/service.yaml")
        if done.returncode == 3 and "pip" in done.stdout:
            pytest.skip("pre-commit cannot install svcgen: pip finds no packages here")
        assert done.returncode == 0, done.stdout
        assert "1 file, 1 service, nothing wrong" in done.stdout
        done = pre_commit(project, tmp_path, "--all-files")
        assert done.returncode == 1
        assert "k8s/bad.yaml:10:17: error: " in done.stdout


def git(folder, *commands):
    """Runs git commands; what the last one said."""
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]
    for command in commands:
        done = subprocess.run(
            ["git", *settings, *command.split()], cwd=folder, capture_output=True, text=True, check=True
        )
    return done.stdout.strip()


def pre_commit(project, folder, *words):
    """`pre-commit run` with a store of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--verbose", *words],
        cwd=project.folder,
        env={**os.environ, "PRE_COMMIT_HOME": str(folder / "store")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=600,
    )


class TestAction:
    def test_no_script_holds_an_expression(self):
        for script in scripts(ACTION):
            assert "${{" not in script

    def test_every_input_is_used_and_explained(self):
        text = (ROOT / "action.yml").read_text()
        assert set(re.findall(r"inputs\.([a-z-]+)", text)) == set(ACTION["inputs"])
        assert set(re.findall(r"^\| `([a-z-]+)` \| ", PAGE, re.MULTILINE)) >= set(ACTION["inputs"])

    def test_nothing_wrong(self, shell):
        outputs, done = shell.action("Check the manifests", paths="k8s deploy", **{"kube-version": "1.36"})
        assert (done.returncode, done.stdout) == (0, "2 files, 1 service, nothing wrong\n")
        with open(outputs["sarif"], encoding="utf-8") as file:
            assert json.load(file)["runs"][0]["results"] == []

    @pytest.mark.parametrize(("upload", "said"), [("true", "a.yaml:10:17: error: "), ("false", "::error file=a.yaml,")])
    def test_a_finding_fails_the_step_after_the_sarif_is_there(self, shell, upload, said):
        shell.project.write("a.yaml", service())
        outputs, done = shell.action("Check the manifests", upload=upload)
        assert done.returncode == 1
        assert done.stdout.startswith(said)
        with open(outputs["sarif"], encoding="utf-8") as file:
            assert len(json.load(file)["runs"][0]["results"]) == 1

    @pytest.mark.parametrize("paths", ["my?folder", "apps/*/k8s my?folder"])
    def test_paths_are_patterns(self, shell, paths):
        shell.project.write("my folder/a.yaml", service())
        shell.project.write("apps/web/k8s/b.yaml", service("b", node_port=30001))
        _, done = shell.action("Check the manifests", paths=paths)
        assert done.stdout.startswith("my folder/a.yaml:10:17: error: ")
        assert f"\n{len(paths.split())} file" in done.stdout

    def test_fail_on(self, shell):
        shell.project.write("a.yaml", service(node_port=31000))
        assert shell.action("Check the manifests")[1].returncode == 0
        assert shell.action("Check the manifests", **{"fail-on": "info"})[1].returncode == 1

    def test_what_cannot_be_done_uploads_nothing(self, shell):
        outputs, done = shell.action("Check the manifests", paths="nowhere")
        assert (outputs, done.returncode) == ({}, 2)
        assert "steps.check.outputs.sarif != ''" in steps("Upload to code scanning")["if"]

    @pytest.mark.slow
    @pytest.mark.parametrize("version", ["", __version__])
    def test_the_installation(self, shell, tmp_path, version):
        wheels, target = tmp_path / "wheels", tmp_path / "target"
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, ROOT], check=True)
        step = steps("Install svcgen")
        env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_NO_DEPS": "1", "PIP_TARGET": str(target)}
        done = shell.run(step["run"], {**env, **environment(step, version=version)})
        assert done.returncode == 0, done.stderr
        path = f"{target / 'bin'}{os.pathsep}{os.environ['PATH']}"
        done = shell.run("svcgen --version", {"PYTHONPATH": str(target)}, path)
        assert done.stdout == f"svcgen {__version__}\n"


class TestPage:
    def test_what_it_says_about_the_hook_and_the_action_exists(self):
        github, _, _, pre_commit_config = SNIPPETS
        (step,) = [step for step in github["jobs"]["check"]["steps"] if "svcgen" in step.get("uses", "")]
        assert set(step["with"]) <= set(ACTION["inputs"])
        (hook,) = pre_commit_config["repos"][0]["hooks"]
        assert hook["id"] == HOOK["id"]

    def test_every_command_line_is_run_below(self):
        lines = re.findall(r"^(?:.*(?:run: |- )|)(svcgen check.*)$", PAGE, re.MULTILINE)
        assert sorted(lines) == sorted(COMMANDS)

    def test_nothing_wrong(self, shell):
        for line in COMMANDS:
            done = shell.run(line)
            assert (done.returncode, done.stderr) == (0, ""), line

    def test_a_finding_is_exit_1(self, shell):
        shell.project.write("k8s/bad.yaml", service())
        for line in COMMANDS:
            assert shell.run(line).returncode == 1, line

    def test_gitlab_gets_its_file_when_the_script_fails(self, shell):
        shell.project.write("k8s/bad.yaml", service())
        job = SNIPPETS[2]["manifests"]
        shell.run("\n".join(line for line in job["script"] if not line.startswith("pip ")))
        report = ET.parse(shell.project.folder / job["artifacts"]["reports"]["junit"])
        assert report.getroot().get("failures") == "1"

    def test_the_hook_with_the_arguments_of_the_page(self, shell):
        words = [*HOOK["entry"].split(), *SNIPPETS[3]["repos"][0]["hooks"][0]["args"]]
        assert shell.run(" ".join([*words, "k8s/service.yaml"])).returncode == 0
