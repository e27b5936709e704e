"""Every source says the same of the same Services: what holds for all of them, and the registry that finds them."""

from __future__ import annotations

import json

import pytest

from scaffold.sources import SOURCES
from tests.api_server import ApiServer, serving

SERVICES = [
    {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "type": "NodePort",
            "ports": [
                {"name": "http", "protocol": "TCP", "port": 8080, "targetPort": 5000, "nodePort": 30000},
                {"name": "metrics", "protocol": "TCP", "port": 8081, "targetPort": "metrics", "nodePort": 30001},
            ],
        },
    },
    {
        "metadata": {"name": "dns", "namespace": "infra"},
        "spec": {
            "type": "LoadBalancer",
            "externalTrafficPolicy": "Local",
            "healthCheckNodePort": 31999,
            "ports": [
                {"name": "dns", "protocol": "UDP", "port": 53, "nodePort": 30053},
                {"name": "dns-tcp", "protocol": "TCP", "port": 53, "nodePort": 30053},
            ],
        },
    },
    {"metadata": {"name": "api", "namespace": "shop"}, "spec": {"ports": [{"port": 80, "nodePort": 0}]}},
    {
        "metadata": {"name": "far", "namespace": "shop"},
        "spec": {"type": "ExternalName", "externalName": "example.com", "ports": [{"port": 443, "nodePort": 30999}]},
    },
    {"metadata": {"name": "bare", "namespace": "shop"}, "spec": {"clusterIP": "None"}},
]
# space, number, protocol, Service, port name, service port, target port
FACTS = [
    ("node", 30000, "TCP", "shop/web", "http", 8080, 5000),
    ("node", 30001, "TCP", "shop/web", "metrics", 8081, "metrics"),
    ("node", 30053, "TCP", "infra/dns", "dns-tcp", 53, 53),
    ("node", 30053, "UDP", "infra/dns", "dns", 53, 53),
    ("node", 31999, "TCP", "infra/dns", "healthCheckNodePort", None, None),
    ("service", 53, "TCP", "infra/dns", "dns-tcp", 53, 53),
    ("service", 53, "UDP", "infra/dns", "dns", 53, 53),
    ("service", 80, "TCP", "shop/api", None, 80, 80),
    ("service", 443, "TCP", "shop/far", None, 443, 443),
    ("service", 8080, "TCP", "shop/web", "http", 8080, 5000),
    ("service", 8081, "TCP", "shop/web", "metrics", 8081, "metrics"),
]


def manifests():
    """The Services as one stream of JSON documents."""
    return "\n---\n".join(json.dumps({"apiVersion": "v1", "kind": "Service", **one}) for one in SERVICES)


def facts(ports):
    """Of ports as `ports list -o json` gives them all but the place."""
    found = [
        (
            one["space"],
            one["number"],
            one["protocol"],
            f"{one['service']['namespace']}/{one['service']['name']}",
            one["port_name"],
            one["service_port"],
            one["target_port"],
        )
        for one in ports
    ]
    return sorted(found, key=str)


@pytest.fixture
def far(tmp_path):
    """A folder outside of the project."""
    folder = tmp_path / "far"
    folder.mkdir()
    return folder


def of_tree(project, far):
    for number, text in enumerate(manifests().split("\n---\n")):
        (far / f"{number}.json").write_text(text)
    return f"tree:{far}", {}


def of_snapshot(project, far):
    source, _ = of_tree(project, far)
    written = project.run("ports", "list", "-o", "json", "--taken", source)
    (far / "ports.txt").write_text(written.stdout)
    return f"snapshot:{far / 'ports.txt'}", {}


def of_stdin(project, far):
    return "-", {"stdin": manifests()}


@pytest.fixture
def of_cluster(far):
    with serving(ApiServer(far, SERVICES)) as server:
        yield lambda project, far: ("cluster:kind-dev", {"env": server.env})


@pytest.fixture
def chosen(request, project, far):
    """What to write behind --taken, and what the process needs."""
    make = request.getfixturevalue("of_cluster") if request.param == "cluster" else globals()[f"of_{request.param}"]
    return make(project, far)


@pytest.mark.parametrize("chosen", SOURCES, indirect=True)
def test_every_source_says_the_same_of_the_same_services(project, chosen):
    source, more = chosen
    done = project.run("ports", "list", "-o", "json", "--taken", source, **more)

    assert (done.returncode, done.stderr) == (0, "")
    assert facts(json.loads(done.stdout)["ports"]) == sorted(FACTS, key=str)


@pytest.mark.parametrize("chosen", SOURCES, indirect=True)
def test_what_a_source_holds_is_given_to_nobody_else(project, chosen):
    source, more = chosen
    words = ("--image", "x:1", "-p", "http=80", "-n", "shop", "--no-input", "--allocate", "first", "--taken", source)
    refused = project.run("new", "other", *words, "-p", "more=30001:81:81", **more)
    given = project.run("new", "other", *words, "-o", "json", **more)
    kept = project.run("new", "web", *words, "-o", "json", **more)

    assert refused.returncode == 1
    assert "node port 30001 of 'more' is already held by shop/web" in refused.stderr
    assert json.loads(given.stdout)["items"][0]["spec"]["ports"][0]["nodePort"] == 30002
    # its own Service is not somebody else: the number stays
    assert json.loads(kept.stdout)["items"][0]["spec"]["ports"][0]["nodePort"] == 30000


@pytest.mark.parametrize("chosen", SOURCES, indirect=True)
def test_the_config_names_the_same_sources(project, chosen):
    source, more = chosen
    project.write(".svcgen/config.yaml", f"taken: [{json.dumps(source)}]\n")
    done = project.run("ports", "free", **more)

    if source == "-":
        assert done.stderr.startswith(".svcgen/config.yaml:1:9: error: a config cannot know what comes through stdin")
    else:
        assert (done.stdout, done.stderr) == ("30002\n", "")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("snapshto:ports.json", "did you mean snapshot:ports.json?"),
        ("consul:x", "write PATH or tree:PATH, snapshot:FILE, cluster[:CONTEXT], -"),
        ("snapshot:", "'snapshot:' names nothing after the colon"),
        ("tree:", "'tree:' names nothing after the colon"),
        ("cluster:", "'cluster:' names nothing after the colon"),
        ("nowhere", "cannot read nowhere: no such file or folder"),
        ("tree:nowhere", "cannot read nowhere: no such file or folder"),
        ("snapshot:nowhere.json", "snapshot nowhere.json: cannot read: No such file or directory"),
    ],
)
@pytest.mark.parametrize(
    "words", [("ports", "list"), ("ports", "free"), ("new", "web", "--image", "x", "-p", "http=1")]
)
def test_a_source_that_cannot_be_read_is_never_nothing_taken(project, words, source, said):
    done = project.run(*words, "--taken", source)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("--taken: error: ")
    assert said in done.stderr


@pytest.mark.parametrize("words", [("list", "-"), ("list", "--taken", "-"), ("free", "--taken", "-")])
def test_nothing_through_the_pipe_is_a_command_that_failed_before_it(project, words):
    done = project.run("ports", *words, stdin="\n")

    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing came through stdin" in done.stderr


def test_a_source_of_the_config_is_complained_about_where_it_stands(project):
    project.write(".svcgen/config.yaml", "taken:\n  - tree:.\n  - snapshot:gone.json\n")
    done = project.run("ports", "list")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(".svcgen/config.yaml:3:5: error: snapshot gone.json: ")


def test_paths_of_the_config_start_at_the_project_root(project, far):
    of_tree(project, far)
    project.write(".svcgen/config.yaml", "taken: [../far]\n")
    (project.folder / "deep").mkdir()

    assert project.run("ports", "free", cwd=project.folder / "deep").stdout == "30002\n"


def test_specs_and_taken_ports_cannot_share_the_pipe(project):
    done = project.run("new", "-f", "-", "--taken", "-", stdin="x")

    assert done.returncode == 2
    assert "cannot both come through stdin" in done.stderr


def test_what_gitignore_hides_is_read_when_it_is_named(project):
    project.write(".gitignore", "out/\n")
    project.write("out/services.yaml", manifests())

    assert project.run("ports", "free").stdout == "30000\n"
    assert project.run("ports", "free", "--taken", "out").stdout == "30002\n"
