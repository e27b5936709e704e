"""What a pack's policy holds: the message has the pack, the platform team's own words, the place, and what to do."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.packs.making import ARTICLE, EXTENDS, HEAD, write_pack

SPEC = """\
apiVersion: svcgen/v1
kind: App
metadata: {name: web, namespace: shop}
spec:
  image: quay.io/other/web:1
  replicas: 3
  type: LoadBalancer
  ports:
    - {name: http, targetPort: 5000, nodePort: 30005}
  set:
    probe: none
  template: {pack: acme}
"""


def policy(project, *entries, name="acme", head=EXTENDS):
    return write_pack(project, name, head + "policy:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries))


def new(project, *words):
    return project.run(*ARTICLE, "-t", "acme", *words)


def saved(project):
    return yaml.safe_load(project.files()[".svcgen/apps/web.yaml"])


def test_a_required_label(project):
    policy(project, "required_labels: [team, acme.com/cost], text: every app names its team")
    done = new(project, "-l", "team=shop")

    assert (done.returncode, project.run("ports").stdout) == (2, "")
    assert done.stderr == (
        "--label: error: pack 'acme': every app names its team; web has no label acme.com/cost\n"
        "hint: add -l acme.com/cost=VALUE\n"
    )
    assert new(project, "-l", "team=shop", "-l", "acme.com/cost=1").returncode == 0


@pytest.mark.parametrize(
    ("registry", "image", "fine"),
    [
        ("ghcr.io/acme", "ghcr.io/acme/web:1", True),
        ("ghcr.io/acme/", "ghcr.io/acme/team/web@sha256:" + "0" * 64, True),
        ("ghcr.io/acme", "GHCR.IO/acme/web:1", True),
        ("ghcr.io/acme", "ghcr.io/acme", True),
        ("ghcr.io/acme", "ghcr.io/acme-evil/web:1", False),
        ("ghcr.io/acme", "ghcr.io.evil.com/acme/web", False),
        ("ghcr.io/acme", "evil.com/ghcr.io/acme/web", False),
        ("ghcr.io", "ghcr.io:443/acme/web", False),
        ("registry.acme.com:5000", "registry.acme.com:5000/web:1", True),
        ("registry.acme.com:5000", "registry.acme.com/web:5000", False),
        ("localhost:5000", "localhost:5000/web", True),
        ("docker.io", "nginx:1.27", True),
        ("docker.io/library", "nginx:1.27", True),
        ("docker.io/library", "docker.io/nginx", True),
        ("docker.io/library", "index.docker.io/library/nginx", True),
        ("docker.io/library", "acme/nginx", False),
        ("acme", "acme/nginx:1", True),
        ("acme", "docker.io/acme/nginx:1", True),
        ("acme", "acme:1", False),
        ("docker.io", "ghcr.io/acme/web", False),
    ],
)
def test_an_allowed_registry(project, registry, image, fine):
    policy(project, f'allowed_registries: ["quay.io/x", "{registry}"], text: from ours')
    done = new(project, "--image", image)

    if fine:
        assert done.returncode == 0, done.stderr
    else:
        said = f"--image: error: pack 'acme': from ours; {image} is from elsewhere"
        assert (done.returncode, done.stderr) == (2, f"{said}\nhint: take an image of quay.io/x or {registry}\n")


def test_a_locked_value_is_filled_in(project):
    policy(project, "locked: {replicas: 2, type: ClusterIP, namespace: shop, probe: none}, text: as agreed")
    done = new(project)

    assert done.returncode == 0, done.stderr
    spec = saved(project)
    assert (spec["metadata"]["namespace"], spec["spec"]["replicas"], spec["spec"]["type"]) == ("shop", 2, "ClusterIP")
    assert b"Probe" not in project.files()["web/deployment.yaml"]
    # the same again, and asking for what is locked anyway, is no contradiction
    before = project.files()
    assert new(project, "--replicas", "2", "-n", "shop").returncode == 0
    assert project.run("new", "-f", ".svcgen/apps/web.yaml").returncode == 0
    assert project.files() == before


def test_a_locked_value_wins_over_a_default_of_the_config_without_a_word(project):
    policy(project, "locked: {replicas: 2}, text: two are enough")
    project.write(".svcgen/config.yaml", "defaults: {replicas: 5, template: acme}\n")

    assert project.run(*ARTICLE).returncode == 0
    assert saved(project)["spec"]["replicas"] == 2


@pytest.mark.parametrize(
    ("entry", "words", "message"),
    [
        ("locked: {replicas: 2}", ("--replicas", "3"), "--replicas: error: pack 'acme': why; replicas is 2, not 3"),
        ("locked: {type: ClusterIP}", ("--type=NodePort",), "pack 'acme': why; type is ClusterIP, not NodePort"),
        ("locked: {namespace: shop}", ("-n", "x"), "--namespace: error: pack 'acme': why; namespace is shop, not x"),
        ("locked: {probe: http}", ("--set=probe=tcp",), "--set: error: pack 'acme': why; probe is http, not tcp"),
        (
            "forbidden_types: [LoadBalancer]",
            ("--type=LoadBalancer",),
            "web would be of type LoadBalancer\nhint: add --type ClusterIP or --type NodePort",
        ),
        ("forbidden_types: [NodePort]", (), "--type: error: pack 'acme': why; web would be of type NodePort"),
    ],
)  # fmt: skip
def test_what_is_asked_otherwise_is_refused(project, entry, words, message):
    policy(project, f"{entry}, text: why")
    done = new(project, *words)

    assert (done.returncode, message in done.stderr, done.stderr.count("hint: ")) == (2, True, 1), done.stderr
    assert not [path for path in project.files() if path.startswith("web/")]


def test_every_violation_of_an_app_spec_is_shown_where_it_stands(project):
    policy(
        project,
        "required_labels: [team], text: every app names its team",
        "allowed_registries: [ghcr.io/acme], text: images come from our registry",
        "locked: {replicas: 2, probe: http}, text: as agreed",
        "forbidden_types: [LoadBalancer], text: they cost money",
    )
    project.write("app.yaml", SPEC)
    done = project.run("new", "-f", "app.yaml")

    assert done.returncode == 2
    assert done.stderr == (
        "--label: error: pack 'acme': every app names its team; web has no label team\n"
        "app.yaml:5:10: pack 'acme': images come from our registry; quay.io/other/web:1 is from elsewhere\n"
        "app.yaml:6:13: pack 'acme': as agreed; replicas is 2, not 3\n"
        "app.yaml:7:9: pack 'acme': they cost money; web would be of type LoadBalancer\n"
        "hint: add -l team=VALUE\n"
    )
    words = ("-l", "team=a", "--image", "ghcr.io/acme/web", "--replicas", "2", "--type", "NodePort")
    done = project.run("new", "-f", "app.yaml", *words)
    assert done.stderr.startswith("app.yaml:11:12: error: pack 'acme': as agreed; probe is http, not none\n")
    assert project.run("new", "-f", "app.yaml", *words, "--set", "probe=http").returncode == 0


def test_node_ports_are_given_from_the_packs_range_only(project):
    policy(project, "node_ports: 30100-30101, text: the firewall is open for these")
    done = new(project)

    assert done.returncode == 0, done.stderr
    assert {port["nodePort"] for port in saved(project)["spec"]["ports"]} == {30100, 30101}
    full = project.run("new", "api", "--image", "x", "-p", "http=1", "-t", "acme")
    assert full.returncode == 1
    assert "no node port is free in 30100-30101" in full.stderr
    assert (
        "only 30100-30101: pack 'acme': the firewall is open for these (.svcgen/templates/acme/pack.yaml:5:18)"
        in full.stderr
    )


def test_a_wish_outside_the_packs_range_is_refused(project):
    policy(project, "node_ports: 30100-30199, text: the firewall is open for these")
    project.write("app.yaml", SPEC.replace("LoadBalancer", "NodePort"))
    done = project.run("new", "-f", "app.yaml")

    assert done.returncode == 1
    assert done.stderr.startswith(
        "app.yaml:9:7: error: node port 30005 of 'http' is outside 30100-30199: "
        "pack 'acme': the firewall is open for these "
        "(.svcgen/templates/acme/pack.yaml:5:18)\nhint: drop the number and svcgen chooses one, or take 301"
    )
    assert "error: node port 30005 of 'http'" in new(project, "-p", "x=30005:1:2").stderr.replace("'x'", "'http'")


def test_a_number_that_the_service_has_already_is_never_moved_by_the_pack(project):
    project.run(*ARTICLE)
    project.run(*ARTICLE, "--force")
    (project.folder / ".svcgen/apps/web.yaml").unlink()
    policy(project, "node_ports: 30100-30199, text: the firewall is open for these")
    done = new(project, "--force")

    assert done.returncode == 1
    assert "which default/web has for 'http', is outside 30100-30199: pack 'acme': the firewall" in done.stderr
    assert re.search(r"to move it, ask for another: -p http=301\d\d:auto:5000", done.stderr)


def test_ranges_of_the_pack_the_project_and_the_namespace_all_hold(project):
    policy(project, "node_ports: 30100-30199, text: a", "node_ports: 30150-30300, text: b")
    project.write(".svcgen/config.yaml", "node_ports: {bands: [{namespace: shop, range: 30000-30151}]}\n")
    done = new(project, "-n", "shop")

    assert done.returncode == 0, done.stderr
    assert {port["nodePort"] for port in saved(project)["spec"]["ports"]} == {30150, 30151}
    kept = new(project, "-n", "shop", "--node-port-range", "31000-31999")
    assert kept.returncode == 1
    assert "is outside the range 31000-31999" in kept.stderr
    for path in (".svcgen/apps/web.yaml", "web/service.yaml"):
        (project.folder / path).unlink()
    nothing = new(project, "-n", "shop", "--node-port-range", "31000-31999")
    assert nothing.returncode == 1
    assert "no node port is free in 31000-31999" in nothing.stderr


def test_a_policy_is_inherited_and_cannot_be_loosened(project):
    policy(project, "locked: {replicas: 2}, text: why", name="base")
    policy(project, "locked: {replicas: 3}, text: because", head=HEAD + "extends: base\n")
    done = new(project)

    assert done.returncode == 2
    assert done.stderr.startswith(
        ".svcgen/templates/acme/pack.yaml:5:25: error: replicas is locked to 2 by pack 'base' already"
    )
    policy(project, "required_labels: [team], text: mine", head=HEAD + "extends: base\n")
    done = new(project, "--replicas", "3")
    assert "pack 'base': why; replicas is 2, not 3" in done.stderr
    assert "pack 'acme': mine; web has no label team" in done.stderr


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("required_lables: [a], text: x", "unknown key 'required_lables'\nhint: did you mean 'required_labels'?"),
        ("required_labels: [a]", "an entry of policy has a text"),
        ("required_labels: [a], locked: {replicas: 1}, text: x", "an entry of policy has one of required_labels, "),
        ("text: x", "an entry of policy has one of"),
        ("required_labels: team, text: x", "required_labels is not a list of strings"),
        ("required_labels: [a b], text: x", "label name 'a b' must hold only"),
        ("allowed_registries: ['http://x'], text: x", "registry 'http://x'"),
        ("locked: {replicsa: 1}, text: x", "did you mean 'replicas'?"),
        ("locked: {replicas: two}, text: x", "replicas cannot be 'two'"),
        ("locked: {type: Nodeport}, text: x", "type cannot be 'Nodeport'"),
        ("locked: {probe: ftp}, text: x", "locked probe: 'ftp' is none of tcp, http, none"),
        ("node_ports: 32-1, text: x", "'32-1' is no range of ports"),
        ("forbidden_types: [Loadbalancer], text: x", "did you mean LoadBalancer?"),
        ("forbidden_types: [ClusterIP, NodePort, LoadBalancer], text: x", "no type is left"),
    ],
)
def test_a_wrong_policy_is_explained(project, entry, said):
    policy(project, entry)
    done = new(project)

    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.startswith(".svcgen/templates/acme/pack.yaml:5:")
