"""`svcgen new` by flags and files, as real processes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
import yaml

from tests.terminal import Terminal

ARTICLE = ("new", "my-service", "--image", "ghcr.io/acme/my-service:1.4.2", "-p", "http=5000", "-p", "metrics=6000")
HELD = """\
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec:
  type: NodePort
  ports:
    - name: http
      port: 80
      nodePort: 30000
"""


def objects(text):
    service, deployment = yaml.safe_load_all(text)
    return service, deployment


def test_the_main_job_writes_a_service_a_deployment_and_the_spec(project):
    done = project.run(*ARTICLE)

    assert (done.returncode, done.stderr) == (0, "")
    files = project.files()
    assert sorted(files) == [".svcgen/apps/my-service.yaml", "my-service/deployment.yaml", "my-service/service.yaml"]
    service, deployment = (yaml.safe_load(files[f"my-service/{kind}.yaml"]) for kind in ("service", "deployment"))
    spec = yaml.safe_load(files[".svcgen/apps/my-service.yaml"])
    assert spec["spec"]["ports"] == [
        {
            "name": port["name"],
            "port": port["port"],
            "targetPort": target,
            "nodePort": port["nodePort"],
            "protocol": "TCP",
        }
        for port, target in zip(service["spec"]["ports"], (5000, 6000), strict=True)
    ]
    selector = {"app.kubernetes.io/name": "my-service", "app.kubernetes.io/instance": "my-service"}
    pod = deployment["spec"]["template"]
    assert (
        service["spec"]["selector"]
        == deployment["spec"]["selector"]["matchLabels"]
        == pod["metadata"]["labels"]
        == selector
    )
    assert [port["targetPort"] for port in service["spec"]["ports"]] == ["http", "metrics"]
    assert [port["containerPort"] for port in pod["spec"]["containers"][0]["ports"]] == [5000, 6000]
    numbers = [port["nodePort"] for port in service["spec"]["ports"]]
    assert re.search(rf"  http +─+▶│ {numbers[0]} +│─+▶│ 8080 +│─+▶│ 5000 +│", done.stdout)
    assert "next: kubectl apply -f my-service" in done.stdout


def test_the_same_command_again_changes_nothing_and_says_so(project):
    project.run(*ARTICLE)
    before = {path: (project.folder / path).stat() for path in project.files()}
    done = project.run(*ARTICLE)

    assert done.stdout.startswith("nothing changed, 3 files are as they should be\n")
    after = {path: (project.folder / path).stat() for path in project.files()}
    assert {p: (s.st_ino, s.st_mtime_ns) for p, s in after.items()} == {
        p: (s.st_ino, s.st_mtime_ns) for p, s in before.items()
    }


def test_numbers_stay_when_the_app_grows_or_its_folder_is_lost(project):
    project.run(*ARTICLE)
    first = objects(project.run(*ARTICLE, "-o", "yaml").stdout)[0]["spec"]["ports"]
    (project.folder / "my-service/service.yaml").unlink()
    grown = project.run("new", "my-service", "--image", "x:2", "-p", "new=1", "-p", "metrics=6000", "-p", "http=5000")

    assert grown.returncode == 0, grown.stderr
    second = yaml.safe_load((project.folder / "my-service/service.yaml").read_text())["spec"]["ports"]
    kept = {port["name"]: (port["port"], port["nodePort"]) for port in second}
    assert {port["name"]: (port["port"], port["nodePort"]) for port in first}.items() <= kept.items()
    assert len(set(kept.values())) == 3


def test_every_missing_flag_is_named_in_one_message(project):
    done = project.run("new")

    assert done.returncode == 2
    assert "missing NAME, --image, --port" in done.stderr
    assert done.stdout == ""
    assert project.files() == {}
    assert "missing --image " in project.run("new", "web", "-p", "http=1", "--no-input").stderr


def test_a_closed_stdin_asks_nothing(project):
    done = subprocess.run(
        [sys.executable, "-m", "scaffold", "new"],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        stdin=None,
        preexec_fn=lambda: os.close(0),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, "missing NAME" in done.stderr) == (2, True)


def test_variables_answer_and_flags_win_over_them(project):
    env = {"SVCGEN_NAME": "web", "SVCGEN_IMAGE": "x:1", "SVCGEN_PORT": "http=80 dns=53/udp", "SVCGEN_TYPE": "ClusterIP"}
    service, deployment = objects(project.run("new", "--image", "x:2", "-o", "yaml", env=env).stdout)

    assert [(port["name"], port["protocol"]) for port in service["spec"]["ports"]] == [("http", "TCP"), ("dns", "UDP")]
    assert service["spec"]["type"] == "ClusterIP"
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "x:2"


def test_flag_wins_over_file_over_config(project):
    project.write(
        ".svcgen/config.yaml", "defaults: {namespace: from-config, replicas: 3, labels: {a: config, b: config}}\n"
    )
    project.write(
        "app.yaml",
        "apiVersion: svcgen/v1\nkind: App\nmetadata: {name: web, labels: {b: file, c: file}}\n"
        "spec: {image: 'x:1', replicas: 5, ports: [http=80]}\n",
    )
    service, deployment = objects(
        project.run("new", "-f", "app.yaml", "-l", "c=flag", "--replicas", "7", "-o", "yaml").stdout
    )

    assert deployment["spec"]["replicas"] == 7
    assert service["metadata"]["namespace"] == "from-config"
    assert {key: service["metadata"]["labels"][key] for key in "abc"} == {"a": "config", "b": "file", "c": "flag"}
    assert objects(project.run("new", "-f", "app.yaml", "-o", "yaml").stdout)[1]["spec"]["replicas"] == 5


def test_many_app_specs_come_from_stdin(project):
    one = (
        "apiVersion: svcgen/v1\nkind: App\nmetadata: {{name: app-{n}}}\n"
        "spec: {{image: 'x:1', ports: [{{name: http, targetPort: 80}}]}}\n"
    )
    text = "---\n".join(one.format(n=n) for n in range(30))
    done = project.run("new", "-f", "-", "-d", "k8s", stdin=text)

    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("30 apps: 90 created\n")
    services = [yaml.safe_load(data) for path, data in project.files().items() if path.endswith("service.yaml")]
    assert len({service["spec"]["ports"][0]["nodePort"] for service in services}) == 30
    again = project.run("new", "-f", "-", "-d", "k8s", stdin=text)
    assert again.stdout.startswith("nothing changed, 90 files")


def test_the_saved_spec_is_valid_input(project):
    project.run(*ARTICLE, "-n", "shop", "--env", "A=no", "--annotation", "a/b=1e3", "--set", "probe=none")
    before = project.files()
    done = project.run("new", "-f", ".svcgen/apps/my-service.yaml")

    assert done.stdout.startswith("nothing changed")
    assert project.files() == before


def test_json_is_one_list_and_stdout_holds_nothing_else(project):
    project.write("broken.yaml", "kind: Service\nspec: [\n")
    done = project.run(*ARTICLE, "-o", "json")
    listed = json.loads(done.stdout)

    assert (listed["kind"], [item["kind"] for item in listed["items"]]) == ("List", ["Service", "Deployment"])
    assert "broken.yaml:3:1" in done.stderr
    assert sorted(project.files()) == ["broken.yaml"]


def test_a_held_node_port_is_exit_1_with_the_holder_and_a_free_one(project):
    project.write("k8s/api/service.yaml", HELD)
    done = project.run("new", "web", "--image", "x", "-p", "http=30000:8080:80", "--allocate", "first")

    assert done.returncode == 1
    assert "node port 30000 of 'http' is already held by shop/api (k8s/api/service.yaml:9:17)" in done.stderr
    assert "30001, which is free" in done.stderr
    assert list(project.files()) == ["k8s/api/service.yaml"]


def test_numbers_of_the_tree_of_other_sources_and_of_stdin_are_avoided(project, tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far/svc.yaml").write_text(HELD.replace("30000", "30001"))
    project.write("k8s/a.yaml", HELD)
    words = ("new", "web", "--image", "x", "-p", "http=80", "--allocate", "first", "-o", "yaml")
    done = project.run(*words, "--taken", "tree:../far", "--taken", "-", stdin=HELD.replace("30000", "30002"))

    assert objects(done.stdout)[0]["spec"]["ports"][0]["nodePort"] == 30003


@pytest.mark.parametrize("source", ["nowhere", "tree:nowhere", "moon:x"])
def test_a_source_that_cannot_be_read_is_an_error(project, source):
    done = project.run(*ARTICLE, "--taken", source)

    assert (done.returncode, project.files()) == (2, {})
    assert "--taken: error: " in done.stderr


def test_the_config_sets_range_reserved_numbers_and_bands(project):
    project.write(
        ".svcgen/config.yaml",
        "node_ports:\n  range: 31000-31100\n  reserved: [{ports: 31000-31001, reason: ingress}]\n"
        "  bands: [{namespace: pay, range: 31002-31003}]\n  allocate: first\n"
        "service_ports: {first: 9000, by_name: {http: 80}}\n",
    )

    def ports(*more):
        text = project.run("new", "w", "--image", "x", "-p", "http=1", "-p", "b=2", "-o", "yaml", *more).stdout
        return [(port["port"], port["nodePort"]) for port in objects(text)[0]["spec"]["ports"]]

    assert ports() == [(80, 31004), (9000, 31005)]
    assert ports("-n", "pay") == [(80, 31002), (9000, 31003)]
    assert ports("--node-port-range", "32000-32100") == [(80, 32000), (9000, 32001)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("node_port: {}", "config.yaml:1:12: error: unknown key 'node_port'\nhint: did you mean 'node_ports'?"),
        ("node_ports: {range: 40-30}", "'40-30' is no range of ports"),
        ("node_ports: {reserved: [{port: 1}]}", "unknown key 'port'\nhint: did you mean 'ports'?"),
        ("node_ports: [", "config.yaml:"),
        ("- a", "a config is one mapping"),
        ("defaults: {type: Nodeport}", "type 'Nodeport' is none of"),
        ("service_ports: {first: 0}", "first is 0"),
        ("defaults: {replicas: two}", "config.yaml:1:22: error: replicas is 'two', it must be a whole number"),
    ],
)
def test_a_wrong_config_is_explained(project, text, reason):
    project.write(".svcgen/config.yaml", text)
    done = project.run(*ARTICLE)

    assert done.returncode == 2
    assert reason in done.stderr


@pytest.mark.parametrize("name", ["a.b", "a" * 64, "1web", "../x", "/etc/x", "Web", "", "a b"])
def test_a_wrong_name_writes_nothing(project, name):
    done = project.run("new", name, "--image", "x", "-p", "http=1", "--no-input")

    assert (done.returncode, project.files()) == (2, {})
    assert "Traceback" not in done.stderr
    assert "NAME" in done.stderr


@pytest.mark.parametrize("port", ["http=0", "http=65536", "http=08080", "http=5_000", "http=", "=5000", "http:5000"])
def test_a_wrong_port_writes_nothing(project, port):
    done = project.run("new", "web", "--image", "x", "-p", port)

    assert (done.returncode, project.files()) == (2, {})
    assert done.stderr.startswith(f"--port: error: {port!r}, character ")
    assert done.stderr.count("\n") == 1


def test_a_file_that_svcgen_did_not_write_is_never_overwritten_without_force(project):
    project.write("my-service/service.yaml", "mine\n")
    done = project.run(*ARTICLE)

    assert done.returncode == 2
    assert "my-service/service.yaml: not written by svcgen, or edited since" in done.stderr
    assert "-mine\n+apiVersion: v1" in done.stderr
    assert project.files() == {"my-service/service.yaml": b"mine\n"}
    assert project.run(*ARTICLE, "--force").returncode == 0
    assert b"mine" not in project.files()["my-service/service.yaml"]


def test_an_edit_by_hand_is_not_overwritten_and_an_unedited_file_is(project):
    project.run(*ARTICLE)
    grown = [*ARTICLE, "--replicas", "3"]
    assert project.run(*grown).returncode == 0
    path = project.folder / "my-service/deployment.yaml"
    path.write_text(path.read_text().replace("cpu: 100m", "cpu: 200m"))
    before = project.files()
    done = project.run(*ARTICLE)

    assert (done.returncode, project.files()) == (2, before)
    assert "-              cpu: 200m" in done.stderr


def test_an_edited_app_spec_is_not_overwritten(project):
    project.run(*ARTICLE)
    path = project.folder / ".svcgen/apps/my-service.yaml"
    path.write_text("# mine\n" + path.read_text())
    done = project.run(*ARTICLE, "--replicas", "3")

    assert done.returncode == 2
    assert ".svcgen/apps/my-service.yaml: not written by svcgen, or edited since" in done.stderr


def test_diff_and_dry_run_write_nothing(project):
    diff = project.run(*ARTICLE, "--diff")
    dry = project.run(*ARTICLE, "--dry-run")

    assert (diff.returncode, dry.returncode, project.files()) == (0, 0, {})
    assert "+++ my-service/service.yaml" in diff.stdout
    assert "create    my-service/service.yaml (dry run)" in dry.stdout
    project.run(*ARTICLE)
    assert project.run(*ARTICLE, "--diff").stdout == ""
    assert "unchanged my-service/service.yaml (dry run)" in project.run(*ARTICLE, "--dry-run=client").stdout


def test_the_client_dry_run_opens_no_socket(project):
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise SystemExit('a socket was opened')\n"
        "socket.socket.connect = refuse\nsys.argv[0] = 'svcgen'\nfrom scaffold.__main__ import main\nmain()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *ARTICLE, "--dry-run"],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_a_server_dry_run_without_a_server_is_an_error_of_its_own(project):
    done = project.run(*ARTICLE, "--dry-run=server", env={"PATH": "/nowhere"})

    assert (done.returncode, project.files()) == (2, {})
    assert "there is no kubectl on the PATH" in done.stderr


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("-o", "xml"), "'xml' is none of yaml, json"),
        (("-o", "out.yaml"), "-d is the folder to write to"),
        (("--dry-run=sever",), "did you mean server?"),
        (("--type", "nodeport"), "did you mean NodePort?"),
        (("--set", "prob=x"), "did you mean 'probe'?"),
        (("--set", "probe=ftp"), "none of tcp, http, none"),
        (("-t", "defualt"), "did you mean 'default'?"),
        (("-t", "./nowhere"), "no pack.yaml"),
        (("-l", "team"), "not KEY=VALUE"),
        (("-l", "a/b/c=1"), "label name 'a/b/c'"),
        (("-l", "app.kubernetes.io/name=x"), "the selector needs it"),
        (("--env", "1A=x"), "env name '1A'"),
        (("--replicas", "-1"), "replicas is -1"),
        (("-f", "nowhere.yaml"), "cannot read nowhere.yaml"),
        (("--node-port-range", "x"), "no range of ports"),
        (("--allocate", "random"), "neither stable nor first"),
        (("--image", "My App"), "must not hold blanks"),
        (("--image", "MyApp:1"), "lower case"),
    ],
)
def test_a_wrong_flag_is_explained(project, words, reason):
    done = project.run(*ARTICLE, *words)

    assert (done.returncode, project.files()) == (2, {})
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_a_locale_that_is_not_utf_8_is_no_obstacle(project):
    env = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    done = project.run(*ARTICLE, "--env", "GREETING=grüezi 😀", env=env)

    assert done.returncode == 0, done.stderr
    assert "client        +- node -+" in done.stdout
    assert 'value: "grüezi 😀"' in project.files()["my-service/deployment.yaml"].decode()


def test_text_that_is_no_utf_8_is_refused(project):
    done = project.run(*ARTICLE, "--env", b"A=\xff\xfe", text=False, input=b"")

    assert done.returncode == 2
    assert b"bytes that are not UTF-8" in done.stderr


@pytest.mark.parametrize("blocked", ["my-service", ".svcgen/apps"])
def test_a_file_in_the_way_of_a_folder_is_named(project, blocked):
    project.write(blocked, "x")
    done = project.run(*ARTICLE)

    assert (done.returncode, list(project.files())) == (2, [blocked])
    assert f"{blocked}: error: a file is in the way of the folder" in done.stderr


def test_a_folder_in_which_nobody_can_write_leaves_nothing(project):
    done = project.run(*ARTICLE, "-d", "/sys/kernel/svcgen")

    assert (done.returncode, project.files()) == (2, {})
    assert "cannot write" in done.stderr


def test_thirty_at_once_never_share_a_node_port(project):
    running = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "scaffold",
                "new",
                f"app-{n}",
                "--image",
                "x",
                "-p",
                "http=1",
                "--allocate",
                "first",
            ],
            cwd=project.folder,
            env={**os.environ, "PYTHONPATH": os.getcwd()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        for n in range(30)
    ]
    assert [one.wait(180) for one in running] == [0] * 30
    services = [yaml.safe_load(data) for path, data in project.files().items() if path.endswith("service.yaml")]

    assert sorted(one["spec"]["ports"][0]["nodePort"] for one in services) == list(range(30000, 30030))


def test_a_kill_at_any_instant_leaves_whole_files_only_and_the_next_run_completes_them(project):
    words = [sys.executable, "-m", "scaffold", *ARTICLE]
    env = {**os.environ, "PYTHONPATH": os.getcwd()}
    started = time.monotonic()
    subprocess.run([*words, "-o", "yaml"], cwd=project.folder, env=env, capture_output=True, check=True)
    usual = time.monotonic() - started
    want = None
    for step in range(12):
        one = subprocess.Popen(words, cwd=project.folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            one.wait(usual * (0.7 + 0.05 * step))
        except subprocess.TimeoutExpired:
            one.send_signal(signal.SIGKILL)
            one.wait()
        found = project.files()
        done = project.run(*ARTICLE)
        assert done.returncode == 0, done.stderr
        want = want or project.files()
        assert project.files() == want
        assert found.items() <= want.items()
        for path in want:
            (project.folder / path).unlink()


def test_tcp_and_udp_on_one_port_come_with_a_note(project):
    done = project.run("new", "dns", "--image", "x", "-p", "dns=53:5353/udp", "-p", "dns-tcp=53:5353")
    ports = yaml.safe_load(project.files()["dns/service.yaml"])["spec"]["ports"]

    assert ports[0]["nodePort"] == ports[1]["nodePort"]
    assert "kubectl apply --server-side" in done.stderr


def test_help_starts_with_examples(project):
    done = project.run("new", "--help")

    assert done.returncode == 0
    assert done.stdout.index("Examples:") < done.stdout.index("Options:")
    assert all(len(line) <= 100 for line in done.stdout.splitlines())


def test_many_apps_show_their_progress_on_a_terminal_and_nowhere_else(project, tmp_path):
    one = "apiVersion: svcgen/v1\nkind: App\nmetadata: {{name: app-{n}}}\nspec: {{image: x, ports: [http=80]}}\n"
    project.write("apps.yaml", "---\n".join(one.format(n=n) for n in range(60)))
    terminal = Terminal(project.folder, "new", "-f", "apps.yaml", "-o", "yaml", stdout=tmp_path / "out.yaml")

    assert terminal.end() == 0
    assert "rendering" in terminal.raw
    assert "100%" in terminal.raw
    assert len(list(yaml.safe_load_all((tmp_path / "out.yaml").read_text()))) == 120
    assert project.run("new", "-f", "apps.yaml", "-o", "yaml").stderr == ""


@pytest.mark.parametrize("labels", ['{on: "x"}', "{on: x}", "\n    on: x"])
def test_a_saved_spec_with_a_key_that_is_read_otherwise_is_refused(project, labels):
    spec = "apiVersion: svcgen/v1\nkind: App\nmetadata:\n  name: api\n  labels: " + labels
    project.write(".svcgen/apps/api.yaml", spec + "\nspec:\n  image: x\n  ports:\n  - http=8080:5000\n")
    done = project.run("new", "web", "--image", "x", "-p", "http=5000", "--no-input")

    assert done.returncode == 2
    assert "the key on is read as 'true'" in done.stderr
    assert not (project.folder / "web").exists()


def test_a_cache_folder_that_is_no_full_path_is_none(project):
    """Source: XDG Base Directory Specification: relative paths are to be ignored."""
    done = project.run("new", "web", "--image", "nginx:1.27", "-p", "http=80", env={"XDG_CACHE_HOME": "kept"})
    assert done.returncode == 0
    assert {path.partition("/")[0] for path in project.files()} == {".svcgen", "web"}
