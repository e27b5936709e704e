"""`svcgen ports`: what is taken in every form, and which node ports are free."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser

import pytest
import yaml

from tests.conftest import ROOT
from tests.terminal import Terminal

CONFIG = """\
node_ports:
  reserved: [{ports: 30080, reason: ingress}, {ports: 30010-30019, reason: payments team}]
  bands: [{namespace: payments, range: 30020-30029}]
"""
CLUSTERS = 'clusters: [{name: prod, paths: ["prod/**"]}, {name: dev, paths: ["dev/**"], range: 31000-31999}]\n'


def service(name="web", number=30000, namespace="shop", port=80):
    """A Service with one node port; line 8 is the service port's, line 9 the node port's."""
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n"
        f"  type: NodePort\n  ports:\n    - name: http\n      port: {port}\n      nodePort: {number}\n"
    )


def listed(project, *words, **more):
    """What `ports list -o json` says."""
    done = project.run("ports", "list", "-o", "json", *words, **more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def numbers(project, *words):
    """Space and number of every entry."""
    return [(one["space"], one["number"]) for one in listed(project, *words)["ports"]]


# --- the contract ----------------------------------------------------------------------------------------------------


def test_json_is_what_the_contract_says(project):
    words = ("--image", "x:1", "-n", "shop", "--no-input", "-p", "http=30000:8080:5000")
    assert project.run("new", "my-service", *words).returncode == 0
    content = listed(project)

    assert content["range"] == {"low": 30000, "high": 32767, "static_low": 30000, "static_high": 30085}
    assert content["ports"][0] == {
        "space": "node",
        "number": 30000,
        "protocol": "TCP",
        "service": {"namespace": "shop", "name": "my-service"},
        "port_name": "http",
        "service_port": 8080,
        "target_port": 5000,
        "cluster": None,
        "source": "tree",
        "path": "my-service/service.yaml",
        "line": 19,
    }
    assert [one["space"] for one in content["ports"]] == ["node", "service"]


def test_a_number_without_a_manifest_is_held_by_the_saved_app(project):
    project.run("new", "web", "--image", "x:1", "--no-input", "-p", "http=30000:8080:5000")
    (project.folder / "web/service.yaml").unlink()
    content = listed(project)

    assert [(one["source"], one["path"], one["number"]) for one in content["ports"]] == [
        ("app", ".svcgen/apps/web.yaml", 30000),
        ("app", ".svcgen/apps/web.yaml", 8080),
    ]


def test_a_health_check_node_port_is_a_node_port_of_that_name(project):
    text = service("lb").replace("NodePort", "LoadBalancer", 1)
    project.write("a.yaml", text + "  externalTrafficPolicy: Local\n  healthCheckNodePort: 31999\n")
    found = [one for one in listed(project)["ports"] if one["number"] == 31999]

    assert [(one["space"], one["port_name"], one["line"]) for one in found] == [("node", "healthCheckNodePort", 11)]


def test_yaml_says_the_same_as_json(project):
    project.write(".svcgen/config.yaml", CONFIG + CLUSTERS)
    project.write("prod/yes.yaml", service("on", 30001, "no"))
    project.write("dev/a: b # c.yaml", service("on", 31001, "1e3"))
    project.write("x.yaml", service("x", 30001))
    project.write("chart.yaml", "kind: Service\nspec: {{ .x }}\n")
    text = project.run("ports", "list", "-o", "yaml").stdout

    assert yaml.safe_load(text) == listed(project)
    assert len(listed(project)["not_judged"]) == 1


def test_csv_has_a_line_for_each_mention_of_a_port(project):
    project.write('a, "b".yaml', service("web", 30001))
    project.write("c.yaml", service("api", 30001))
    rows = list(csv.DictReader(io.StringIO(project.run("ports", "list", "-o", "csv").stdout)))

    assert [(one["number"], one["service"], one["path"], one["line"], one["conflict"]) for one in rows] == [
        ("30001", "api", "c.yaml", "9", "yes"),
        ("30001", "web", 'a, "b".yaml', "9", "yes"),
        ("80", "api", "c.yaml", "8", ""),
        ("80", "web", 'a, "b".yaml', "8", ""),
    ]


def test_every_form_of_nothing(project):
    content = listed(project)

    assert content["ports"] == content["conflicts"] == content["not_judged"] == []
    assert project.run("ports", "list").stdout.startswith("no port is taken\n\nnode ports 30000-32767\n")
    assert project.run("ports", "list", "-o", "csv").stdout.count("\n") == 1
    assert yaml.safe_load(project.run("ports", "list", "-o", "yaml").stdout) == content
    assert project.run("ports", "list", "-o", "markdown").stdout.startswith("No port is taken.\n")
    assert "0 node ports held" in project.run("ports", "list", "-o", "html").stdout


def test_two_runs_give_the_same_bytes(project):
    for number in range(40):
        project.write(f"{number % 7}/{number}.yaml", service(f"web-{number % 5}", 30000 + number % 3))
    forms = ("table", "json", "yaml", "csv", "markdown", "html")

    for form in forms:
        first, second = (
            project.run("ports", "list", "-o", form, env={"PYTHONHASHSEED": seed}).stdout for seed in ("1", "2")
        )
        assert first == second


# --- what is listed --------------------------------------------------------------------------------------------------


def test_the_table_names_number_protocol_service_port_and_place(project):
    project.write("k8s/web.yaml", service("web", 30005))

    assert project.run("ports", "list").stdout == (
        "SPACE    NUMBER  PROTOCOL  SERVICE   PORT  TARGET    WHERE\n"
        "node     30005   TCP       shop/web  http  80 -> 80  k8s/web.yaml:9\n"
        "service  80      TCP       shop/web  http  80 -> 80  k8s/web.yaml:8\n"
        "\n"
        "node ports 30000-32767\n"
        "  static   30000-30085  1 of 86 held, 85 free\n"
        "  dynamic  30086-32767  0 of 2682 held, 2682 free\n"
    )


def test_the_same_service_in_many_files_is_one_holder(project):
    for chapter in range(20):
        project.write(f"chapter-{chapter:02}/web.yaml", service("web", 30080))
    done = project.run("ports", "list", "--space", "node")
    rows = [line for line in done.stdout.splitlines() if line.startswith("node ") and "30080" in line]

    assert len(rows) == 1
    assert rows[0].endswith("chapter-00/web.yaml:9 and 19 more")
    assert "1 of 86 held" in done.stdout
    assert "conflict" not in done.stdout
    # a snapshot keeps every place
    assert len(listed(project, "--space", "node")["ports"]) == 20


def test_a_number_that_two_services_hold_is_marked_and_told(project):
    project.write("a.yaml", service("web", 30001))
    project.write("b.yaml", service("api", 30001))
    project.write("c.yaml", service("dns", 30002))
    plain = project.run("ports", "list", "--space", "node")
    colour = project.run("ports", "list", "--color", "always")
    content = listed(project)

    assert plain.returncode == 0
    assert [line.split()[1] for line in plain.stdout.splitlines()[1:4]] == ["30001!", "30001!", "30002"]
    assert "conflict: node port 30001 is held by shop/web (a.yaml:9:17), shop/api (b.yaml:9:17)\n" in plain.stdout
    assert "\x1b[31mnode     30001!" in colour.stdout
    assert "\x1b[31mnode     30002" not in colour.stdout
    assert "\x1b" not in plain.stdout
    assert [(one["number"], len(one["holders"])) for one in content["conflicts"]] == [(30001, 2)]


@pytest.mark.parametrize(
    ("words", "env", "coloured"),
    [
        ((), {}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        (("-o", "json"), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_is_for_who_wants_it(project, words, env, coloured):
    project.write("a.yaml", service("web", 30001) + "---\n" + service("api", 30001))

    assert ("\x1b[" in project.run("ports", "list", *words, env=env).stdout) == coloured


def test_conflicts_are_those_that_check_finds(project):
    project.write("one/web.yaml", service("web", 30001))
    # the namespace comes later, from a kustomization or `kubectl -n`
    project.write("two/web.yaml", service("web", 30001).replace(", namespace: shop", ""))
    project.write("two/api.yaml", service("api", 30002))
    project.write("one/dns.yaml", service("dns", 30002))
    checked = json.loads(project.run("check", "-o", "json", "--rule", "node-port-taken").stdout)["findings"]

    assert [one["number"] for one in listed(project)["conflicts"]] == [30002]
    assert len(checked) == 1
    assert "30002" in checked[0]["message"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), [("node", 30001), ("node", 31500), ("service", 80), ("service", 8443)]),
        (("--space", "node"), [("node", 30001), ("node", 31500)]),
        (("--space", "service"), [("service", 80), ("service", 8443)]),
        (("-n", "shop"), [("node", 30001), ("service", 80)]),
        (("--namespace", "default"), [("node", 31500), ("service", 8443)]),
        (("-n", "nobody"), []),
        (("--range", "30000-30085"), [("node", 30001)]),
        (("--range", "8443"), [("service", 8443)]),
        (("--range", "1-65535", "--space", "node", "-n", "default"), [("node", 31500)]),
    ],
)
def test_filters(project, words, expected):
    project.write("a.yaml", service("web", 30001))
    project.write("b.yaml", service("api", 31500, port=8443).replace(", namespace: shop", ""))

    assert numbers(project, *words) == expected


def test_a_filter_does_not_change_how_full_the_bands_are(project):
    project.write("a.yaml", service("web", 30001))

    assert listed(project, "-n", "nobody")["usage"][0]["static"]["held"] == 1


def test_paths_are_listed_instead_of_the_project(project):
    project.write("a/web.yaml", service("web", 30001))
    project.write("b/api.yaml", service("api", 30002))
    project.write("c.yaml", service("dns", 30003))

    assert numbers(project, "a", "c.yaml", "--space", "node") == [("node", 30001), ("node", 30003)]
    assert numbers(project, "a", "--taken", "b", "--space", "node") == [("node", 30001), ("node", 30002)]


def test_the_whole_project_is_listed_from_a_folder_inside(project):
    project.write("a/web.yaml", service("web", 30001))
    (project.folder / "b").mkdir()

    content = listed(project, cwd=project.folder / "b")
    assert content["ports"][0]["path"] == "../a/web.yaml"


def test_what_comes_through_a_pipe_is_listed(project):
    project.write("a.yaml", service("web", 30001))
    content = listed(project, "-", stdin=service("piped", 30007))

    assert [(one["number"], one["path"], one["line"]) for one in content["ports"]] == [(30007, "-", 9), (80, "-", 8)]


def test_paths_of_two_projects_are_refused(project, tmp_path):
    other = tmp_path / "other"
    (other / ".git").mkdir(parents=True)
    done = project.run("ports", "list", ".", "../other")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: the paths lie in several projects: ., ../other\nhint: list them one after the other\n"


def test_what_could_not_be_judged_is_said_and_listed(project):
    project.write("a.yaml", service("web", 30001))
    project.write("b.yaml", service("api", "${PORT}"))
    project.write("c.yaml", service("far", 70000))
    project.write("chart/templates/d.yaml", "kind: Service\nmetadata: {name: {{ .x }}}\n")
    done = project.run("ports", "list", "-o", "json")
    content = json.loads(done.stdout)

    assert done.returncode == 0
    assert [(one["path"], one["line"]) for one in content["not_judged"]] == [
        ("b.yaml", 9),
        ("c.yaml", 9),
        ("chart/templates/d.yaml", 2),
    ]
    assert "70000 is not between 1 and 65535" in content["not_judged"][1]["reason"]
    assert "note: 3 files could not be judged, ports in them are not counted:\n  b.yaml:9:17: " in done.stderr


def test_every_port_of_the_corpus_is_listed_and_none_is_invented(shared, project):
    done = project.run("ports", "list", str(shared / "corpus"), "-o", "json")
    ports = project.write("ports.json", done.stdout)
    words = [sys.executable, shared / "corpus/score.py", shared / "corpus/truth.json", ports, "--fail-under", "100"]
    scored = subprocess.run(words, capture_output=True, text=True, check=False)

    assert scored.returncode == 0, scored.stdout


def test_what_is_listed_can_be_read_back(shared, project):
    written = project.run("ports", "list", str(shared / "corpus"), "-o", "json").stdout
    project.write("snapshot.txt", written)
    again = listed(project, "--taken", "snapshot:snapshot.txt")["ports"]

    def facts(ports):
        return sorted(str({**one, "source": "", "path": "", "line": ""}) for one in ports)

    assert facts(again) == facts(json.loads(written)["ports"])


# --- bands, clusters, reserved numbers -------------------------------------------------------------------------------


def test_reserved_numbers_and_bands_are_shown_with_the_place_that_says_so(project):
    project.write(".svcgen/config.yaml", CONFIG)
    project.write("a.yaml", service("web", 30080))
    project.write("b.yaml", service("pay", 30020, "payments"))
    text, content = project.run("ports", "list").stdout, listed(project)

    assert "  static   30000-30085  2 of 86 held, 10 reserved, 74 free\n" in text
    assert "  band     30020-30029  1 of 10 held, only for namespace payments  .svcgen/config.yaml:3:11\n" in text
    assert "reserved   30080        ingress  .svcgen/config.yaml:2:14\n" in text
    assert "reserved   30010-30019  payments team  .svcgen/config.yaml:2:47\n" in text
    assert content["usage"][0]["static"] == {
        "low": 30000,
        "high": 30085,
        "held": 2,
        "reserved": 10,
        "size": 86,
        "free": 74,
    }
    assert content["reserved"][0] == {
        "low": 30080,
        "high": 30080,
        "reason": "ingress",
        "path": ".svcgen/config.yaml",
        "line": 2,
    }
    assert content["bands"][0]["namespace"] == "payments"


@pytest.mark.parametrize(
    ("numbers", "static"), [("30000-30015", None), ("30000-30099", (30000, 30015)), ("30000-30000", None)]
)
def test_a_small_range_has_no_static_band(project, numbers, static):
    content = listed(project, "--node-port-range", numbers)
    low, high = static or (None, None)

    assert (content["range"]["static_low"], content["range"]["static_high"]) == (low, high)
    assert (content["usage"][0]["static"] is None) == (static is None)
    assert project.run("ports", "list", "--node-port-range", numbers).returncode == 0


def test_clusters_are_told_apart(project):
    project.write(".svcgen/config.yaml", CLUSTERS)
    project.write("prod/web.yaml", service("web", 31001))
    project.write("dev/api.yaml", service("api", 31001))
    project.write("else/dns.yaml", service("dns", 31002))
    content = listed(project)
    only = listed(project, "--cluster", "dev")
    text = project.run("ports", "list").stdout

    assert content["conflicts"] == []
    assert [(one["cluster"], one["static"]["held"], one["dynamic"]["held"]) for one in content["usage"]] == [
        ("prod", 0, 2),
        ("dev", 2, 0),
    ]
    # what no cluster is named for could be in any
    assert [one["service"]["name"] for one in only["ports"] if one["space"] == "node"] == ["api", "dns"]
    assert (only["range"]["low"], [one["cluster"] for one in only["usage"]]) == (31000, ["dev"])
    assert "CLUSTER" in text
    assert "node ports 31000-31999 of cluster dev\n" in text


def test_a_cluster_that_nobody_knows_is_refused(project):
    project.write(".svcgen/config.yaml", CLUSTERS)
    for command in ("list", "free"):
        done = project.run("ports", command, "--cluster", "prdo")

        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "--cluster: error: no cluster is called 'prdo'\nhint: did you mean prod?\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "--range", "30000-"), "'30000-' is no range of ports"),
        (("list", "--range", "30085-30000"), "is no range of ports"),
        (("list", "--range", "70000"), "is no range of ports"),
        (("list", "--space", "nodes"), "did you mean node?"),
        (("list", "-o", "jsn"), "did you mean json?"),
        (("list", "--color", "yes"), "--color 'yes' is none of auto, always, never"),
        (("list", "nowhere"), "cannot read nowhere: no such file or folder"),
        (("list", "--node-port-range", "x"), "'x' is no range of ports"),
        (("free", "-n", "0"), "Invalid value for '-n'"),
        (("free", "-n", "many"), "Invalid value for '-n'"),
        (("free", "--band", "statc"), "did you mean static?"),
        (("free", "-o", "yaml"), "--output 'yaml' is none of json"),
        (("lst",), "No such command 'lst'. Did you mean 'list'"),
        ((), "Usage: svcgen ports"),
    ],
)
def test_wrong_words_are_exit_2_with_what_is_meant(project, words, said):
    done = project.run("ports", *words)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


# --- pages -----------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Elements and their attributes, and the texts of the table's cells."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.cells, self._open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag == "td":
            self.cells.append("")
        self._open.append(tag)

    def handle_data(self, data):
        if "td" in self._open[-4:]:
            self.cells[-1] += data

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass


NASTY = '<script>alert("a")</script><!--rows--> & b'


def test_the_page_is_one_file_that_loads_nothing_and_escapes_everything(project):
    project.write(".svcgen/config.yaml", f"node_ports: {{reserved: [{{ports: 30009, reason: {json.dumps(NASTY)}}}]}}")
    project.write("a.yaml", service(json.dumps(NASTY), 30001) + "---\n" + service("api", 30001))
    text = project.run("ports", "list", "-o", "html").stdout
    page = Page(text)

    assert [tag for tag, _ in page.elements].count("script") == 1
    assert not [one for _, one in page.elements if {"src", "srcset", "action"} & set(one)]
    assert all(one["href"].startswith("#") for _, one in page.elements if "href" in one)
    assert not re.search(r"url\(|@import|https?:", text)
    assert f"shop/{NASTY}" in page.cells
    assert NASTY in page.cells
    assert ("tr", {"data-space": "node", "class": "bad"}) in page.elements
    assert "prefers-color-scheme: dark" in text


def test_every_place_of_a_port_is_on_the_page(project):
    for chapter in range(3):
        project.write(f"{chapter}.yaml", service("web", 30001))
    text = project.run("ports", "list", "-o", "html").stdout

    assert all(f"{chapter}.yaml:9" in text for chapter in range(3))
    assert 'class="held" href="#30001" title="30001 shop/web"' in text


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_the_page_is_the_same_whatever_the_terminal_can_show(project, encoding):
    project.write("ünïcode-漢.yaml", service("web", 30001))
    done = project.run("ports", "list", "-o", "html", env={"PYTHONIOENCODING": encoding}, text=False, input=b"")

    assert "ünïcode-漢.yaml:9" in Page(done.stdout.decode("ascii")).cells


def test_markdown_keeps_its_columns_whatever_stands_in_them(project):
    project.write(".svcgen/config.yaml", CONFIG)
    project.write("a|b_c.yaml", service('"x|y`*"', 30001) + "---\n" + service("api", 30001))
    lines = project.run("ports", "list", "-o", "markdown").stdout.splitlines()

    assert r"| node | 30001! | TCP | shop/x\|y\`\* | http | 80 -> 80 | a\|b\_c.yaml:9 |" in lines
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines[:6]} == {8}
    assert "| 30080 | ingress | .svcgen/config.yaml:2:14 |" in lines


def test_texts_that_move_a_cursor_or_that_the_terminal_lacks_are_escaped(project):
    project.write("\x1b[2J.yaml", service("web", 30001))
    project.write("ünïcode.yaml", service("api", 30002))
    done = project.run("ports", "list", env={"PYTHONIOENCODING": "ascii"})

    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "\\x1b[2J.yaml:9" in done.stdout
    assert "\\xfcn\\xefcode.yaml:9" in done.stdout


def test_a_path_that_is_no_text_is_listed_and_read_back(project):
    project.write(os.fsdecode(b"\xff.yaml"), service("web", 30001))
    for form in ("table", "json", "yaml", "csv", "markdown", "html"):
        done = project.run("ports", "list", "-o", form, encoding="utf-8")
        assert (done.returncode, done.stderr) == (0, ""), form
    project.write("snapshot.txt", project.run("ports", "list", "-o", "json").stdout)

    assert project.run("ports", "free", "-n", "2", "--taken", "snapshot:snapshot.txt").stdout == "30000\n30002\n"


# --- ports free ------------------------------------------------------------------------------------------------------


def test_free_numbers_are_printed_one_a_line_lowest_first(project):
    project.write("a.yaml", service("web", 30000))
    project.write("b.yaml", service("api", 30002))

    assert project.run("ports", "free").stdout == "30001\n"
    assert project.run("ports", "free", "-n", "3").stdout == "30001\n30003\n30004\n"
    assert json.loads(project.run("ports", "free", "-n", "2", "-o", "json").stdout) == {
        "free": [30001, 30003],
        "asked": 2,
        "band": None,
        "namespace": None,
        "cluster": None,
    }


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("-n", "12"), [*range(30000, 30010), 30030, 30031]),
        (("-n", "11", "--namespace", "payments"), list(range(30020, 30030))),
        (("--band", "dynamic"), [30086]),
        (("--band", "dynamic", "--namespace", "payments"), []),
        (("-n", "80", "--band", "static"), [*range(30000, 30010), *range(30030, 30080), *range(30081, 30086)]),
        (("--node-port-range", "30080-30095", "-n", "99"), list(range(30081, 30096))),
    ],
)
def test_reserved_numbers_and_bands_are_respected(project, words, expected):
    project.write(".svcgen/config.yaml", CONFIG)
    done = project.run("ports", "free", *words)
    asked = int(words[words.index("-n") + 1]) if "-n" in words else 1

    assert [int(line) for line in done.stdout.splitlines()] == expected
    assert done.returncode == (0 if len(expected) == asked else 1)


def test_fewer_than_asked_is_exit_1_and_says_so(project):
    project.write("a.yaml", service("web", 30001))
    words = ("ports", "free", "-n", "3", "--node-port-range", "30000-30002")
    done = project.run(*words)
    none = project.run(*words, "--band", "static")

    assert (done.returncode, done.stdout) == (1, "30000\n30002\n")
    assert "error: only 2 of 3 node ports are free in 30000-30002\n" in done.stderr
    assert (none.returncode, none.stdout) == (1, "")
    assert "no node port is free in the static band of 30000-30002" in none.stderr


def test_the_order_is_that_of_new_with_allocate_first(project):
    project.write(".svcgen/config.yaml", CONFIG + CLUSTERS)
    project.write("dev/a.yaml", service("web", 31000))
    project.write("prod/a.yaml", service("web", 30000))
    for namespace, cluster in (("shop", "prod"), ("payments", "prod"), ("shop", "dev")):
        words = ("--image", "x:1", "--no-input", "--allocate", "first", "-n", namespace, "-d", f"{cluster}/app")
        ports = [word for at in range(9) for word in ("-p", f"p{at}={5000 + at}")]
        made = json.loads(project.run("new", "app", *words, *ports, "-o", "json").stdout)
        free = project.run("ports", "free", "-n", "9", "--namespace", namespace, "--cluster", cluster).stdout

        given = [one["nodePort"] for one in made["items"][0]["spec"]["ports"]]
        assert [int(number) for number in free.split()] == given


def test_the_namespace_is_the_configs_where_none_is_named(project):
    project.write(".svcgen/config.yaml", CONFIG + "defaults: {namespace: payments}\n")

    assert project.run("ports", "free").stdout == "30020\n"
    assert project.run("ports", "free", "--namespace", "shop").stdout == "30000\n"
    assert project.run("ports", "free", env={"SVCGEN_NAMESPACE": "shop"}).stdout == "30000\n"


def test_what_could_not_be_judged_is_said_where_numbers_are_offered(project):
    project.write("b.yaml", service("api", "${PORT}"))
    done = project.run("ports", "free")

    assert (done.returncode, done.stdout) == (0, "30000\n")
    assert "b.yaml:9:17: a port that is no number: '${PORT}' (a template?)" in done.stderr


# --- large trees, pipes and Ctrl-C -----------------------------------------------------------------------------------


def test_a_reader_that_goes_away_is_no_error_of_ours(project):
    project.write("a.yaml", "---\n".join(service(f"web-{number}", 30000 + number) for number in range(2000)))
    for form in ("table", "json", "html"):
        words = f"{sys.executable} -m scaffold ports list -o {form}; echo $? >&2"
        done = subprocess.run(
            ["sh", "-c", f"({words}) | head -1"],
            cwd=project.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.count("\n") == 1
        assert done.stderr in ("141\n", "0\n")


@pytest.mark.parametrize("command", ["list -o json", "free"])
def test_closed_streams(project, command):
    project.write("a.yaml", service("web", 30000) + "---\n" + service("api", "${PORT}"))

    def run(redirected):
        words = ["sh", "-c", f"exec {sys.executable} -m scaffold ports {command} {redirected}"]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(words, cwd=project.folder, env=env, capture_output=True, text=True, check=False)

    deaf, mute = run("2>&-"), run(">&-")
    # nothing that was meant for standard error comes between
    assert deaf.stdout == project.run("ports", *command.split()).stdout
    assert mute.returncode == 2
    assert mute.stderr.startswith("error: cannot write the output: it is closed")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_said(project):
    project.write("a.yaml", "---\n".join(service(f"web-{number}", 30000 + number) for number in range(500)))
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = project.run("ports", "list", "-o", "json", capture_output=False, stdout=full, stderr=subprocess.PIPE)

    assert done.returncode == 2
    assert "cannot write the output: No space left on device" in done.stderr


def test_ctrl_c_while_it_reads_is_exit_130(project):
    read, write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "scaffold", "ports", "list", "-"],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=read,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.write(write, b"kind: Service\n")
    while _unread(write):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=30)
    os.close(read)
    os.close(write)

    assert (process.returncode, out, said) == (130, b"", b"interrupted, nothing was written\n")


def _unread(descriptor):
    import fcntl
    import termios

    return int.from_bytes(fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4), sys.byteorder)


def test_a_long_reading_says_how_far_it_is_on_a_terminal(project, tmp_path):
    """Progress is told after half a second; a test does not wait for a slow machine."""
    (tmp_path / "sitecustomize.py").write_text(
        "import scaffold.progress\nscaffold.progress._PATIENCE = scaffold.progress._PAUSE = 0\n"
    )
    for number in range(450):
        project.write(f"{number % 20}/{number}.yaml", service(f"web-{number}", 30000 + number))
    env = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    terminal = Terminal(project.folder, "ports", "free", env=env)

    assert terminal.end() == 0
    assert "reading: 400 files" in terminal.raw
    assert [line for line in terminal.lines if line] == ["30450"]


def test_a_service_with_500_ports_is_listed(project):
    ports = "".join(
        f"    - {{name: p{number}, port: {number}, nodePort: {30000 + number}}}\n" for number in range(1, 501)
    )
    project.write(
        "a.yaml", f"apiVersion: v1\nkind: Service\nmetadata: {{name: big}}\nspec:\n  type: NodePort\n  ports:\n{ports}"
    )
    content = listed(project)

    assert len(content["ports"]) == 1000
    assert content["usage"][0]["static"]["free"] == 1
    assert project.run("ports", "free", "--band", "static").stdout == "30000\n"
