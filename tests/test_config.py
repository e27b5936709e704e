"""The project root, the config files, globs and ranges. Wrong configs are tested where a user meets them."""

from __future__ import annotations

import os

import pytest

from scaffold.config import Cluster, glob_pattern, load, parse_range, project_root
from scaffold.errors import SvcgenError
from scaffold.model import Location


def test_the_root_is_the_nearest_svcgen_folder_else_the_git_root_else_here(tmp_path):
    deep = tmp_path / "a/b/c"
    deep.mkdir(parents=True)
    assert project_root(str(deep)) == str(deep)

    (tmp_path / "a/.git").write_text("gitdir: elsewhere\n")
    assert project_root(str(deep)) == str(tmp_path / "a")

    (tmp_path / "a/b/.svcgen").mkdir()
    assert project_root(str(deep)) == str(tmp_path / "a/b")

    (tmp_path / "a/b/.svcgen").rmdir()
    (tmp_path / ".svcgen").mkdir()
    assert project_root(str(deep)) == str(tmp_path)


def test_the_project_wins_over_the_user(tmp_path):
    user = tmp_path / "home"
    os.environ["XDG_CONFIG_HOME"] = str(user)
    (user / "svcgen").mkdir(parents=True)
    (user / "svcgen/config.yaml").write_text(
        "defaults: {namespace: mine, replicas: 3}\nnode_ports: {range: 31000-31999, allocate: first}\n"
    )
    (tmp_path / ".svcgen").mkdir()
    (tmp_path / ".svcgen/config.yaml").write_text("defaults: {namespace: shop}\nservice_ports: {first: 9000}\n")
    config = load(str(tmp_path))

    assert config.defaults == {"namespace": "shop", "replicas": 3}
    assert (config.policy.low, config.policy.high, config.policy.strategy) == (31000, 31999, "first")
    assert config.policy.service_first == 9000


@pytest.mark.parametrize(
    ("text", "families"),
    [
        ("{}", ("IPv4",)),
        ("check: {ip_families: []}", ("IPv4",)),
        ("check: {ip_families: [IPv6]}", ("IPv6",)),
        ("check: {ip_families: [IPv4, IPv6]}", ("IPv4", "IPv6")),
    ],
)
def test_the_families_of_the_cluster_are_ipv4_unless_said_otherwise(tmp_path, text, families):
    (tmp_path / ".svcgen").mkdir()
    (tmp_path / ".svcgen/config.yaml").write_text(text)

    assert load(str(tmp_path)).ip_families == families


@pytest.mark.parametrize(
    ("ignore", "hint"),
    [
        ("[{rule: node-port-range}]", "write {rule: RULE, paths: [FOLDER/**], reason: WHY}"),
        ("[{rule: node-port-range, reason: x, paths: legacy/**}]", "write paths: ['legacy/**']"),
        ("{rule: node-port-range}", "write ignore: [{rule: ...}]"),
        ("[node-port-range]", "write ignore: [{rule: ...}]"),
    ],
)
def test_an_ignore_that_is_written_otherwise_is_told_the_form(tmp_path, ignore, hint):
    (tmp_path / ".svcgen").mkdir()
    (tmp_path / ".svcgen/config.yaml").write_text(f"check: {{ignore: {ignore}}}\n")
    with pytest.raises(SvcgenError) as told:
        load(str(tmp_path))
    assert told.value.hint == hint


@pytest.mark.parametrize("families", ["[ipv4]", "[IPv4, IPv4]", "IPv4", "[4]"])
def test_a_family_that_does_not_exist_is_refused(tmp_path, families):
    (tmp_path / ".svcgen").mkdir()
    (tmp_path / ".svcgen/config.yaml").write_text(f"check:\n  ip_families: {families}\n")
    with pytest.raises(SvcgenError) as refused:
        load(str(tmp_path))

    assert refused.value.location.line == 2


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "{}\n"])
def test_an_empty_config_is_no_config(tmp_path, text):
    (tmp_path / ".svcgen").mkdir()
    (tmp_path / ".svcgen/config.yaml").write_text(text)

    assert load(str(tmp_path)) == load(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("1.30", 'write it in quotes: "1.30"'),
        ("1.34", 'write it in quotes: "1.34"'),
        ("[1]", 'write it like "1.36"'),
        ("true", 'write it like "1.36"'),
        ("1", 'write it like "1.36"'),
    ],
)
def test_a_version_is_text(tmp_path, written, hint):
    (tmp_path / ".svcgen").mkdir()
    (tmp_path / ".svcgen/config.yaml").write_text(f"check:\n  kube_version: {written}\n")

    with pytest.raises(SvcgenError, match="kube_version is not a string") as refused:
        load(str(tmp_path))
    assert (refused.value.location.line, refused.value.hint) == (2, hint)


@pytest.mark.parametrize(
    ("glob", "path", "held"),
    [
        ("overlays/prod/**", "overlays/prod/web/service.yaml", True),
        ("overlays/prod", "overlays/prod/web/service.yaml", True),
        ("overlays/prod/", "overlays/prod/x.yaml", True),
        ("overlays/prod", "overlays/production/x.yaml", False),
        ("**/prod/*.yaml", "a/b/prod/x.yaml", True),
        ("**/prod/*.yaml", "prod/x.yaml", True),
        ("*.yaml", "a/x.yaml", False),
        ("a?.yaml", "ab.yaml", True),
        ("a.b", "axb", False),
        ("./overlays/prod/**", "overlays/prod/x.yaml", True),
        ("/overlays/*.yaml", "overlays/x.yaml", True),
    ],
)
def test_globs(glob, path, held):
    assert bool(glob_pattern(glob).fullmatch(path)) is held


def test_a_cluster_holds_its_folders_and_may_have_a_range_of_its_own(tmp_path):
    (tmp_path / ".svcgen").mkdir()
    (tmp_path / ".svcgen/config.yaml").write_text(
        'clusters: [{name: prod, paths: ["prod/**"]}, {name: dev, paths: ["dev/**"], range: 31000-31999}]\n'
    )
    config = load(str(tmp_path))

    assert config.clusters[0] == Cluster("prod", ("prod/**",))
    assert [config.cluster_of(path) for path in ("prod/a.yaml", "dev/a.yaml", "a.yaml")] == ["prod", "dev", None]
    assert [config.policy_of(name).low for name in ("prod", "dev", None)] == [30000, 31000, 30000]


def test_sources_keep_their_place_and_contexts_lead_to_clusters(tmp_path):
    (tmp_path / ".svcgen").mkdir()
    (tmp_path / ".svcgen/config.yaml").write_text(
        'clusters: [{name: prod, paths: ["prod/**"], context: arn:aws:eks:x}, {name: dev, paths: ["dev/**"]}]\n'
        "taken: [tree:., snapshot:ports.json]\n"
    )
    config = load(str(tmp_path))

    assert [(one.text, one.location.line, one.location.column) for one in config.taken] == [
        ("tree:.", 2, 9),
        ("snapshot:ports.json", 2, 17),
    ]
    contexts = ("arn:aws:eks:x", "prod", "dev", "other", None)
    assert [config.cluster_of_context(name) for name in contexts] == ["prod", None, "dev", None, None]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("clusters:\n  - {name: a, paths: [b], context: 5}\n", (2, 36)),
        ("clusters:\n  - {name: a, paths: [b], contxt: c}\n", (2, 35)),
        ("taken: cluster\n", (1, 8)),
        ("taken: [1]\n", (1, 8)),
        ('taken: [a, "-"]\n', (1, 12)),
    ],
)
def test_a_source_or_a_context_of_the_wrong_form_is_refused(tmp_path, text, place):
    (tmp_path / ".svcgen").mkdir()
    (tmp_path / ".svcgen/config.yaml").write_text(text)
    with pytest.raises(SvcgenError) as refused:
        load(str(tmp_path))

    assert (refused.value.location.line, refused.value.location.column) == place


@pytest.mark.parametrize(("text", "ends"), [("30000-32767", (30000, 32767)), ("30080", (30080, 30080))])
def test_a_range(text, ends):
    assert parse_range(text, Location("x")) == ends


@pytest.mark.parametrize("text", ["", "a", "1-", "-1", "2-1", "0-1", "1-65536", "1-2-3", "１-２"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(SvcgenError):
        parse_range(text, Location("x"))
