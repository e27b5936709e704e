"""Snapshots that were edited, cut off or written by another version are errors with a place, never "nothing taken"."""

from __future__ import annotations

import json
import os

import pytest

PORT = {
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
RANGE = {"low": 30000, "high": 32767, "static_low": 30000, "static_high": 30085}


def snapshot(**changes):
    """A snapshot of one port, with other values where they are given."""
    return {"version": 1, "ports": [{**PORT, **changes}], "range": RANGE}


def free(project, content):
    """What `ports free` makes of a snapshot."""
    project.write("ports.txt", content if isinstance(content, str | bytes) else json.dumps(content))
    return project.run("ports", "free", "--taken", "snapshot:ports.txt")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(snapshot(), id="as it was written"),
        pytest.param({"ports": [PORT], "range": RANGE}, id="without a version, as the first ones"),
        pytest.param({**snapshot(of_tomorrow=1), "more": {}}, id="with keys of a later version"),
        pytest.param(b"\xef\xbb\xbf" + json.dumps(snapshot()).encode(), id="with a byte order mark"),
        pytest.param({"ports": [{"space": "node", "number": 30000, "service": {"name": "a"}}]}, id="the least"),
    ],
)
def test_a_snapshot_is_read(project, content):
    done = free(project, content)

    assert (done.returncode, done.stdout, done.stderr) == (0, "30001\n", "")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("", "ports.txt:1:1: error: the snapshot is empty", id="empty"),
        pytest.param(" \n", "error: the snapshot is empty", id="blank"),
        pytest.param(json.dumps(snapshot())[:-30], "error: the snapshot is cut off", id="cut off"),
        pytest.param("apiVersion: v1\n", "ports.txt:1:1: error: this is no JSON", id="YAML"),
        pytest.param(b"\xff\xfe\x00", "error: this is no snapshot", id="binary"),
        pytest.param("[" * 100_000, "error: this is no snapshot", id="nested too deeply"),
        pytest.param("1" * 5000, "error: this is no snapshot", id="a number too long to read"),
        pytest.param([], "it has no list of ports", id="a list"),
        pytest.param({"findings": []}, "it has no list of ports", id="what check wrote"),
        pytest.param({"ports": {}}, "it has no list of ports", id="ports are no list"),
        pytest.param({**snapshot(), "version": 2}, "of version 2, and this svcgen reads version 1", id="of tomorrow"),
        pytest.param({**snapshot(), "version": "1"}, "of version '1'", id="a version that is text"),
        pytest.param({**snapshot(), "version": True}, "of version True", id="a version that is true"),
        pytest.param({"ports": ["30000"]}, 'ports[0] is "30000", it must be a mapping', id="a port that is text"),
        pytest.param(snapshot(number="30000"), 'ports[0].number is "30000", it must be a port', id="number as text"),
        pytest.param(snapshot(number=True), "ports[0].number is true", id="number is true"),
        pytest.param(snapshot(number=30000.5), "ports[0].number is 30000.5", id="half a number"),
        pytest.param(snapshot(number=None), "ports[0].number is missing", id="no number"),
        pytest.param(snapshot(number=0), "ports[0].number is 0, it must be a port between 1 and 65535", id="0"),
        pytest.param(snapshot(number=65536), "ports[0].number is 65536", id="too large"),
        pytest.param(snapshot(number=-1), "ports[0].number is -1", id="negative"),
        pytest.param(snapshot(space="nodes"), 'ports[0].space is "nodes", it must be node or service', id="space"),
        pytest.param(snapshot(space=None), "ports[0].space is missing", id="no space"),
        pytest.param(snapshot(service="web"), 'ports[0].service is "web", it must be a mapping', id="service as text"),
        pytest.param(snapshot(service={}), "ports[0].service.name is missing", id="no name"),
        pytest.param(snapshot(service={"name": "a", "namespace": 1}), "service.namespace is 1", id="namespace"),
        pytest.param(snapshot(protocol=6), "ports[0].protocol is 6, it must be a string", id="protocol"),
        pytest.param(snapshot(port_name=["a"]), 'ports[0].port_name is ["a"]', id="port name"),
        pytest.param(snapshot(service_port=70000), "ports[0].service_port is 70000", id="service port"),
        pytest.param(snapshot(target_port=[80]), "ports[0].target_port is [80]", id="target port"),
        pytest.param(snapshot(cluster=5), "ports[0].cluster is 5", id="cluster"),
        pytest.param(snapshot(path=5), "ports[0].path is 5", id="path"),
        pytest.param(snapshot(line=-5), "ports[0].line is -5", id="line"),
        pytest.param({**snapshot(), "not_judged": "x"}, 'not_judged is "x", it must be a list', id="not judged"),
        pytest.param({**snapshot(), "not_judged": ["x"]}, 'not_judged[0] is "x"', id="a place not judged"),
    ],
)
def test_what_is_no_sound_snapshot_is_an_error_with_its_place(project, content, said):
    done = free(project, content)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ports.txt")
    assert said in done.stderr
    assert "\nhint: " in done.stderr


def test_a_folder_or_a_pipe_with_nothing_in_it_is_no_snapshot(project):
    (project.folder / "folder").mkdir()
    folder = project.run("ports", "free", "--taken", "snapshot:folder")
    device = project.run("ports", "free", "--taken", "snapshot:/dev/null")

    assert (folder.returncode, folder.stdout) == (2, "")
    assert "Is a directory" in folder.stderr
    assert (device.returncode, "the snapshot is empty" in device.stderr) == (2, True)


def test_a_holder_is_named_with_the_snapshot_and_the_file_that_the_snapshot_names(project):
    project.write("ports.txt", json.dumps(snapshot()))
    words = ("new", "web", "--image", "x:1", "-p", "http=30000:80:80", "--no-input")
    done = project.run(*words, "--taken", "snapshot:ports.txt")

    assert done.returncode == 1
    assert "held by shop/my-service (ports.txt: my-service/service.yaml:19)" in done.stderr


def test_what_the_snapshot_could_not_judge_is_said_again(project):
    done = free(project, {**snapshot(), "not_judged": [{"path": "chart/a.yaml", "line": 3, "reason": "a template"}]})

    assert done.stdout == "30001\n"
    assert "ports.txt: chart/a.yaml:3: a template" in done.stderr


def test_a_cluster_that_the_config_does_not_name_could_be_any(project):
    project.write(".svcgen/config.yaml", 'clusters: [{name: prod, paths: ["prod/**"]}, {name: dev, paths: ["dev/**"]}]')
    ports = [{**PORT, "cluster": "prod"}, {**PORT, "number": 30001, "cluster": "eu-west"}]
    project.write("ports.txt", json.dumps({"ports": ports}))

    def first(cluster):
        return project.run("ports", "free", "--cluster", cluster, "--taken", "snapshot:ports.txt").stdout

    assert (first("prod"), first("dev")) == ("30002\n", "30000\n")


def test_a_snapshot_can_be_written_over_itself(project):
    """The shell empties the file before svcgen starts; the config names it as a source."""
    project.write("a.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n")
    project.write(".svcgen/config.yaml", "taken: [snapshot:ports.json]\n")
    with (project.folder / "ports.json").open("w") as file:
        done = project.run("ports", "list", "-o", "json", capture_output=False, stdout=file, stderr=-1)
    written = (project.folder / "ports.json").read_text()

    assert done.returncode == 0
    assert done.stderr == "note: ports.json is being written, so what it held is not read\n"
    assert [one["number"] for one in json.loads(written)["ports"]] == [80]


def test_a_snapshot_comes_through_a_pipe_of_the_shell(project):
    read, write = os.pipe()
    os.write(write, json.dumps(snapshot()).encode())
    os.close(write)
    done = project.run("ports", "free", "--taken", f"snapshot:/dev/fd/{read}", pass_fds=[read])
    os.close(read)

    assert done.stdout == "30001\n"
