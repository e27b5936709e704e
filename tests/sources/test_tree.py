"""Which files are read, and which ports they hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from scaffold.sources.tree import read_ports
from scaffold.sources.walk import walk

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  type: NodePort
  ports:
    - {{name: http, port: 80, nodePort: {number}}}
"""


def service(name="web", number=30080):
    return SERVICE.format(name=name, number=number)


def node_ports(folder):
    taken, not_judged = read_ports(str(folder))
    found = sorted((one.number, str(one.owner), str(one.location)) for one in taken if one.space == "node")
    return found, not_judged


def names(folder):
    return sorted(inside for below in walk(str(folder), []) for _, inside in below.files())


def test_every_port_comes_with_its_file_line_and_column(project):
    project.write("k8s/web.yaml", "# one\n---\n" + service())

    assert node_ports(project.folder) == ([(30080, "default/web", "k8s/web.yaml:9:40")], [])


def test_load_balancers_and_health_checks_hold_node_ports_and_external_names_do_not(project):
    text = service("lb", 30001).replace("NodePort", "LoadBalancer") + "  healthCheckNodePort: 30002\n"
    project.write("a.yaml", text + "---\n" + service("ext", 30003).replace("NodePort", "ExternalName"))

    assert [number for number, *_ in node_ports(project.folder)[0]] == [30001, 30002]


@pytest.mark.parametrize(
    ("written", "number"), [("3e4", 30000), ("0x7530", 30000), ("30_000", 30000), ("30000.0", 30000)]
)
def test_numbers_are_read_as_kubectl_reads_them(project, written, number):
    project.write("a.yaml", service(number=written))

    assert node_ports(project.folder)[0][0][0] == number


@pytest.mark.parametrize("written", ["'30080'", '"${PORT}"', "http", "yes", "[1]", ".inf", ".nan", "30000.5"])
def test_a_port_that_is_no_number_is_named_not_dropped(project, written):
    project.write("a.yaml", service(number=written))
    found, not_judged = node_ports(project.folder)

    assert not found
    assert "no number" in not_judged[0].reason
    assert str(not_judged[0].location) == "a.yaml:7:40"


@pytest.mark.parametrize("written", ["0", "null", "~"])
def test_zero_and_null_are_unset(project, written):
    project.write("a.yaml", service(number=written))

    assert node_ports(project.folder) == ([], [])


def test_only_core_services_hold_ports(project):
    project.write("a.yaml", service().replace("v1", "serving.knative.dev/v1"))

    assert node_ports(project.folder) == ([], [])


def test_gitignore_is_honoured_as_git_does(project):
    for path in (
        "a.yaml",
        "out/b.yaml",
        "deep/out/c.yaml",
        "deep/keep.yaml",
        "deep/x.tmp.yaml",
        ".github/d.yml",
        "e.json",
    ):
        project.write(path, service())
    project.write(".gitignore", "/out/\n*.tmp.yaml\n")
    project.write("deep/.gitignore", "out\n!x.tmp.yaml\n")
    (project.folder / ".git").rmdir()
    subprocess.run(["git", "init", "-q", "."], cwd=project.folder, check=True)
    asked = ["git", "ls-files", "--others", "--exclude-standard", "*.yaml", "*.yml", "*.json"]
    git = subprocess.run(asked, cwd=project.folder, check=True, capture_output=True, text=True).stdout.split()

    assert names(project.folder) == sorted(git)
    assert "deep/x.tmp.yaml" in git
    assert "deep/out/c.yaml" not in git


@pytest.mark.parametrize(
    "lines",
    [
        "*\n!/apps\n!/apps/**",
        "*\n!/apps",
        "/*\n!/apps/",
        "*\n!*/\n!*.yaml",
        "out\n!out/keep.yaml",
        "out/*\n!out/keep.yaml",
        "out/**\n!out/keep.yaml",
        "apps\n!/apps",
        "**/out\n!/apps/out/",
    ],
)
def test_a_folder_is_taken_back_as_git_does(project, lines):
    for path in ("a.yaml", "apps/b.yaml", "apps/out/keep.yaml", "apps/deep/c.yaml", "out/keep.yaml", "out/d.yaml"):
        project.write(path, service())
    project.write(".gitignore", f"{lines}\n")
    (project.folder / ".git").rmdir()
    subprocess.run(["git", "init", "-q", "."], cwd=project.folder, check=True)
    asked = ["git", "ls-files", "--others", "--exclude-standard", "*.yaml"]
    git = subprocess.run(asked, cwd=project.folder, check=True, capture_output=True, text=True).stdout.split()

    assert names(project.folder) == sorted(git)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("report.[0-9]*.[0-9]*.[0-9]*.[0-9]*.json", False),
        ("web*.[0-9]*.[0-9]*.[0-9]*.yaml", True),
        ("!*a*a*a*a", False),
        ("*a*a*a*ml", True),
        ("out/*b*b*b*b/", False),
        ("**/a/**/b/**/c/**/d/**/e/web.yaml", True),
        ("**/a/**/b/**/c/**/d/**/e/api.yaml", False),
        ("w*e*b*.y*m*", True),
    ],
)
def test_a_pattern_that_would_take_long_is_named_where_it_could_mean_a_file(project, pattern, told):
    project.write("web.yaml", service())
    project.write(".gitignore", f"*.log\n{pattern}\n")
    ports, not_judged = node_ports(project.folder)

    assert len(ports) == 1
    assert [place.location[:2] for place in not_judged] == ([(".gitignore", 2)] if told else [])


def test_links_count_once_and_loops_end(project, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "far.yaml").write_text(service("far"))
    project.write("k8s/a.yaml", service())
    (project.folder / "link.yaml").symlink_to(project.folder / "k8s/a.yaml")
    (project.folder / "k8s/loop").symlink_to(project.folder)
    (project.folder / "one").symlink_to(outside)
    (project.folder / "two").symlink_to(outside)
    (project.folder / "gone.yaml").symlink_to("nowhere")
    (outside / "back").symlink_to(outside)

    assert names(project.folder) == ["k8s/a.yaml", "one/far.yaml"]


def test_odd_files_are_named_and_the_rest_is_read(project):
    project.write("good.yaml", service())
    project.write("binary.yaml", bytes(range(256)) + b"\nkind: Service\n")
    project.write("chart/templates/svc.yaml", "kind: Service\nspec: {ports: [{port: {{ .x }}}]}\n")
    project.write(
        "k/kustomization.yaml", "patches:\n  - patch: |-\n      - {op: add, path: /x, value: {nodePort: 30081}}\n"
    )
    os.mkfifo(project.folder / "pipe.yaml")
    (project.folder / "gone.yaml").symlink_to("nowhere")
    (project.folder / ".#good.yaml").symlink_to("somebody@host.1234")
    with (project.folder / "huge.yaml").open("wb") as huge:
        huge.truncate(200 << 20)
    found, not_judged = node_ports(project.folder)

    assert [number for number, *_ in found] == [30080]
    reasons = {one.location.where: one.reason for one in not_judged}
    odd = {"gone.yaml", "pipe.yaml"}
    assert set(reasons) == {"binary.yaml", "chart/templates/svc.yaml", "huge.yaml", "k/kustomization.yaml"} | odd
    assert reasons["pipe.yaml"] == "a pipe, not a file"
    assert reasons["gone.yaml"] == "a link to nothing"
    assert reasons["huge.yaml"] == "larger than 64 MB"
    assert reasons["chart/templates/svc.yaml"] == "a template: it holds {{ }}"


@pytest.mark.skipif(not os.path.isfile("/proc/self/mem"), reason="needs a file that even root cannot read")
def test_an_unreadable_file_is_named(project):
    (project.folder / "secret.yaml").symlink_to("/proc/self/mem")

    assert node_ports(project.folder)[1][0].reason == "cannot read: Input/output error"


def test_every_port_of_the_corpus_is_found_and_none_is_invented(shared, tmp_path):
    corpus = shared / "corpus"
    taken, _ = read_ports(str(corpus))
    ports = [
        {
            "space": one.space,
            "number": one.number,
            "protocol": one.protocol,
            "service": {"namespace": one.owner.namespace, "name": one.owner.name},
            "port_name": one.port_name,
            "service_port": one.service_port,
            "target_port": one.target_port,
            "path": one.location.where,
            "line": one.location.line,
        }
        for one in taken
    ]
    listed = tmp_path / "ports.json"
    listed.write_text(json.dumps({"ports": ports}))
    done = subprocess.run(
        [sys.executable, corpus / "score.py", corpus / "truth.json", listed, "--fail-under", "100", "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:]
    scores = json.loads(done.stdout)
    assert {space: (one["missed"], one["extra"]) for space, one in scores.items()} == {
        "node": (0, 0),
        "service": (0, 0),
    }
    assert all(not count for one in scores.values() for count in one["differs"].values())
