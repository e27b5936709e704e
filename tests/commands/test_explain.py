"""`svcgen explain`, run for real in a folder."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from tests.conftest import ROOT
from tests.terminal import Terminal
from tests.test_trace import ARTICLE, HTTP, box, port, service, workload

SOUND = "---\n".join([service([port(80, "http", nodePort=30080)], type="NodePort"), workload(HTTP)])
TEMPLATE = "kind: Service\nmetadata: {name: {{ .Values.name }}}\n"
FORMS = ["text", "mermaid", "svg", "html", "json"]


def explain(project, *words, **more):
    done = project.run("explain", *words, **more)
    assert "Traceback" not in done.stderr
    return done


def routes(project, *words, **more):
    done = explain(project, "-o", "json", *words, **more)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)["routes"]


def test_the_articles_example_gives_what_the_article_says_and_what_it_lacks(project):
    project.write("service.yaml", ARTICLE)
    done = explain(project, "--node-ip", "3.109.154.210")

    assert done.returncode == 0
    assert "curl http://3.109.154.210:30000" in done.stdout
    assert "curl http://my-service.default.svc:8080" in done.stdout
    assert "nodePort 30000 is refused because `type` is missing" in done.stdout
    assert "hint: write `type: NodePort` under spec" in done.stdout
    http, metrics = routes(project)
    assert [hop["port"] for hop in http["hops"]] == [30000, 8080, 5000]
    assert (http["broken"]["rule"], http["broken"]["after"], http["broken"]["line"]) == ("node-port-type", "client", 7)
    assert [hop["port"] for hop in metrics["hops"]] == [30001, 8081, 6000]


def test_what_svcgen_new_writes_is_whole(project):
    project.run("new", "my-service", "--image", "x:1", "-p", "http=5000", "-p", "dns=53:5353/udp", "-n", "shop")
    told = routes(project)

    assert [(one["port_name"], one["protocol"], one["broken"], one["unknown"]) for one in told] == [
        ("http", "TCP", None, None),
        ("dns", "UDP", None, None),
    ]
    (node, service_hop, pod) = told[0]["hops"]
    assert (node["kind"], service_hop["kind"], pod["kind"]) == ("node", "service", "pod")
    assert (service_hop["name"], pod["workload"], pod["container"], pod["port"]) == (
        "my-service",
        "my-service",
        "my-service",
        5000,
    )
    assert pod["path"] == "my-service/deployment.yaml"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("ClusterIP", "no way from outside; try kubectl port-forward -n shop service/web 80"),
        ("NodePort", "outside: the cluster chose the node port, see kubectl get -n shop service/web"),
        (
            "LoadBalancer",
            "outside: the cluster chose the address of the load balancer, see kubectl get -n shop service/web",
        ),
    ],
)
def test_where_no_manifest_says_an_address_the_command_that_does_is_named(project, kind, said):
    project.write("a.yaml", "---\n".join([service([port(80, "http")], type=kind), workload(HTTP)]))

    assert f"  {said}\n" in explain(project, "--node-ip", "3.109.154.210").stdout


class TestPort:
    def test_where_a_number_leads(self, project):
        project.write("a.yaml", SOUND)
        project.write("b.yaml", service([port(81)], name="other"))
        done = explain(project, "--port", "30080")

        assert done.returncode == 0
        assert done.stdout.startswith("30080: node port of Service shop/web\n")
        assert "shop/other" not in done.stdout

    def test_a_container_port_that_no_service_leads_to(self, project):
        project.write("a.yaml", workload([box(7000, "admin")]))
        done = explain(project, "--port", "admin")
        data = json.loads(explain(project, "--port", "admin", "-o", "json").stdout)

        assert done.returncode == 0
        assert done.stdout.startswith(
            "7000 (admin): container port of app in Deployment shop/web, no Service leads there  a.yaml:"
        )
        assert explain(project, "--port", "admin", "-o", "svg").stderr == done.stdout
        assert data["routes"] == []
        assert [(one["workload"], one["port"], one["path"]) for one in data["containers"]] == [("web", 7000, "a.yaml")]

    @pytest.mark.parametrize("form", FORMS)
    def test_a_number_that_nothing_has_is_exit_1_with_the_nearest(self, project, form):
        project.write("a.yaml", SOUND)
        done = explain(project, "--port", "30081", "-o", form)

        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("error: nothing here has the port 30081\nhint: the nearest: 30080, node port of ")

    @pytest.mark.parametrize("text", ["0", "70000", "", "9" * 5000])
    def test_what_is_no_port_is_exit_2(self, project, text):
        done = explain(project, "--port", text)

        assert (done.returncode, done.stdout) == (2, "")
        assert "--port" in done.stderr


class TestNamespace:
    def test_only_one_is_drawn(self, project):
        project.write("a.yaml", SOUND + "---\n" + service([port(80)], namespace="prod", name="prod"))

        assert {one["service"]["name"] for one in routes(project, "-n", "prod")} == {"prod"}
        assert explain(project, "-n", "prod", "--port", "30080").returncode == 1

    def test_one_without_services_says_so(self, project):
        project.write("a.yaml", SOUND)
        done = explain(project, "-n", "nope")

        assert (done.returncode, done.stdout, done.stderr) == (0, "", "no Service in namespace nope in 1 file\n")


class TestInput:
    @pytest.mark.parametrize("form", FORMS)
    def test_an_empty_tree_says_so_plainly_and_is_no_failure(self, project, form):
        done = explain(project, "-o", form)

        assert (done.returncode, done.stderr) == (0, "no Service in 0 files\n")
        assert ("no Service" in done.stdout) == (form not in ("text", "json"))
        if form == "json":
            assert json.loads(done.stdout)["routes"] == []

    def test_a_pipe_stands_alone(self, project):
        project.write("a.yaml", SOUND)
        (one,) = routes(project, "-", stdin=ARTICLE.partition("    - {name: metrics")[0])

        assert (one["service"]["name"], one["path"]) == ("my-service", "-")

    def test_the_workload_may_lie_a_folder_aside_and_only_what_was_asked_for_is_drawn(self, project):
        project.write("one/service.yaml", service([port(80, "http")]))
        project.write("two/app.yaml", workload(HTTP))
        project.write("two/other.yaml", service([port(81)], name="other"))
        (one,) = routes(project, "one")

        assert one["hops"][-1]["path"] == "two/app.yaml"

    def test_what_cannot_be_judged_is_listed_on_stderr_and_hides_nothing(self, project):
        project.write("a.yaml", SOUND)
        project.write("chart/templates/b.yaml", TEMPLATE)
        done = explain(project)
        data = json.loads(explain(project, "-o", "json").stdout)

        assert done.returncode == 0
        assert "shop/web" in done.stdout
        assert done.stderr == "not judged: chart/templates/b.yaml:2:19: a template: it holds {{ }}\n"
        assert [(one["path"], one["line"]) for one in data["not_judged"]] == [("chart/templates/b.yaml", 2)]

    def test_a_path_that_is_not_there(self, project):
        done = explain(project, "nope")

        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "error: cannot read nope: no such file or folder\n"

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["-o", "sgv"], "no output is called 'sgv'\nhint: did you mean svg?"),
            (["--color", "blue"], "no choice for --color is called 'blue'"),
            (["--node-ip", "http://1.2.3.4:30000"], "--node-ip 'http://1.2.3.4:30000' is no IP address"),
            (["--kube-version", "new"], "'new' is no Kubernetes version"),
        ],
    )
    def test_a_value_that_does_not_exist(self, project, words, said):
        project.write("a.yaml", SOUND)
        done = explain(project, *words)

        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr

    @pytest.mark.parametrize("form", FORMS)
    def test_a_service_with_500_ports_is_bounded(self, project, form):
        ports = [port(8000 + at, f"p{at}", name=f"p{at}", nodePort=30000 + at) for at in range(500)]
        project.write(
            "a.yaml",
            "---\n".join([service(ports, type="NodePort"), workload([box(5000 + at, f"p{at}") for at in range(500)])]),
        )
        done = explain(project, "-o", form)

        assert done.returncode == 0
        assert len(done.stdout) < (1_000_000 if form == "json" else 200_000)
        assert ("440 more" in done.stdout) == (form != "json")
        assert "5499" in explain(project, "-o", form, "--port", "30499").stdout

    def test_a_service_of_two_clusters_is_drawn_for_each(self, project):
        project.write(
            ".svcgen/config.yaml", 'clusters: [{name: prod, paths: ["prod/**"]}, {name: dev, paths: ["dev/**"]}]\n'
        )
        for cluster in ("prod", "dev"):
            project.write(f"{cluster}/a.yaml", SOUND)

        assert sorted((one["cluster"], one["path"]) for one in routes(project)) == [
            ("dev", "dev/a.yaml"),
            ("prod", "prod/a.yaml"),
        ]
        assert "shop/web (NodePort, cluster prod)" in explain(project).stdout

    def test_the_range_of_the_cluster(self, project):
        project.write("a.yaml", SOUND.replace("30080", "20080"))

        assert [one["broken"]["rule"] for one in routes(project)] == ["node-port-range"]
        assert [one["broken"] for one in routes(project, "--node-port-range", "20000-22767")] == [None]

    @pytest.mark.slow
    @pytest.mark.parametrize("form", ["a List", "one file of documents"])
    def test_thousands_of_objects_in_one_file_take_no_longer_than_in_many(self, project, form):
        pairs = []
        for at in range(2500):
            pairs += [service([port(80, "http")], name=f"s{at}", selector={"app": f"a{at}"})]
            pairs += [workload(HTTP, name=f"w{at}", labels={"app": f"a{at}"})]
        if form == "a List":
            items = ["- " + one.rstrip("\n").replace("\n", "\n  ") for one in pairs]
            project.write("a.yaml", "\n".join(["apiVersion: v1", "kind: List", "items:", *items, ""]))
        else:
            project.write("a.yaml", "---\n".join(pairs))

        done = explain(project, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (20, 20)))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith("2500 Services, 2500 ports\n")

    @pytest.mark.parametrize("version", ["1.32", "1.33"])
    def test_the_version_says_whether_sidecars_count(self, project, version):
        sidecar = {"name": "proxy", "image": "p:1", "restartPolicy": "Always", "ports": [box(15001, "proxy")]}
        project.write("a.yaml", "---\n".join([service([port(80, "proxy")]), workload(HTTP, initContainers=[sidecar])]))
        (one,) = routes(project, "--kube-version", version)

        assert (one["broken"] is None) == (version == "1.33")

    def test_what_the_config_sets_aside_is_no_break_here_either(self, project):
        project.write("a.yaml", ARTICLE)
        project.write(
            ".svcgen/config.yaml", 'check: {ignore: [{rule: node-port-type, paths: ["**"], reason: patched later}]}\n'
        )

        assert [one["broken"] for one in routes(project)] == [None, None]


class TestOutput:
    @pytest.mark.parametrize("form", FORMS)
    def test_a_reader_that_goes_away_is_no_error(self, project, form):
        ports = [port(8000 + at, name=f"p{at}") for at in range(100)]
        for number in range(40):
            project.write(f"{number}.yaml", service(ports, name=f"s{number}"))
        command = [sys.executable, "-m", "scaffold", "explain", "-o", form]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        child = subprocess.Popen(command, cwd=project.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        child.stdout.close()
        said = child.stderr.read().decode()
        child.stderr.close()

        assert child.wait(timeout=60) == 141
        assert said == ""

    @pytest.mark.parametrize("form", ["mermaid", "svg", "html"])
    def test_what_says_that_it_is_utf_8_is_it_everywhere(self, project, form):
        project.write("a.yaml", ARTICLE)
        env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}

        assert "✗" in explain(project, "-o", form, env=env, encoding="utf-8").stdout

    def test_text_is_ascii_where_the_terminal_is(self, project):
        project.write("a.yaml", ARTICLE)
        env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
        done = explain(project, env=env)

        assert done.stdout.isascii()
        assert "-----x| 30000  |" in done.stdout

    @pytest.mark.parametrize(
        ("words", "env", "coloured"),
        [
            ((), {}, False),
            (("--color", "always"), {"NO_COLOR": "1"}, True),
            ((), {"FORCE_COLOR": "1"}, True),
            (("--color", "never"), {"FORCE_COLOR": "1"}, False),
            ((), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ],
    )
    def test_colour_is_asked_for_or_not_there(self, project, words, env, coloured):
        project.write("a.yaml", SOUND)

        assert ("\x1b[" in explain(project, *words, env=env).stdout) == coloured

    def test_the_bytes_are_the_same_whatever_the_hash_seed(self, project):
        project.write("a.yaml", SOUND + "---\n" + ARTICLE)
        for form in FORMS:
            assert (
                len({explain(project, "-o", form, env={"PYTHONHASHSEED": seed}).stdout for seed in ("0", "1", "4242")})
                == 1
            )

    def test_on_a_terminal_of_80_columns_boxes_are_whole(self, project):
        long = "n" * 63
        project.write(
            "a.yaml",
            "---\n".join(
                [
                    service([port(80, "http", name="p" * 15)], name=long, type="LoadBalancer"),
                    workload(HTTP, name="w" * 63),
                ]
            ),
        )
        terminal = Terminal(project.folder, "explain")

        assert terminal.end() == 0
        drawn = [line for line in terminal.lines if any(one in line for one in "┌│└")]
        assert len(drawn) == 3
        assert max(map(len, drawn)) <= 80
        assert "\x1b[94m" in terminal.raw

    def test_a_page_of_a_real_tree_is_well_formed(self, project):
        project.write("a.yaml", SOUND)
        ET.fromstring(explain(project, "-o", "svg").stdout)
        made = explain(project, "-o", "html").stdout

        assert made.startswith("<!doctype html>\n")
        assert "        targetPort: http" in made or "targetPort: http" in made


@pytest.mark.slow
def test_real_manifests_are_drawn_once_each(project, shared):
    """Every Service of the corpus that kubectl can read, outside charts and patches, is there exactly once."""
    truth = json.loads((shared / "corpus/truth.json").read_text())
    done = project.run("explain", "-o", "json", str(shared / "corpus"))
    told = json.loads(done.stdout)
    drawn = {(one["service"]["namespace"], one["service"]["name"]) for one in told["routes"]}
    wanted = {
        (one["namespace"] or "default", one["name"])
        for one in truth["services"]
        if one["name"] and one["ports"] and not one["in_chart"]
    }

    assert done.returncode == 0
    assert len(wanted & drawn) / len(wanted) > 0.95
    webapp = [one for one in told["routes"] if one["service"]["name"] == "fleetman-webapp"]
    assert len(webapp) < 8
    assert sum(1 + len(one["also"]) for one in webapp) >= 15
