"""What `svcgen check` calls refused in a Pod template is what a real API server refuses, and at the same field.

Rich Pod specs (pods.yaml) are changed at random, by a fixed seed, and sent as dry runs.
"""

from __future__ import annotations

import copy
import json
import random
import ssl
import urllib.error
import urllib.request
from functools import lru_cache
from pathlib import Path

import pytest
import yaml

from tests.conftest import Project

pytestmark = [pytest.mark.live, pytest.mark.slow]

COUNT = 400
LIST = "*"
PATHS = {
    "Pod": "/api/v1/namespaces/default/pods",
    "Deployment": "/apis/apps/v1/namespaces/default/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/default/statefulsets",
    "DaemonSet": "/apis/apps/v1/namespaces/default/daemonsets",
    "Job": "/apis/batch/v1/namespaces/default/jobs",
    "CronJob": "/apis/batch/v1/namespaces/default/cronjobs",
}
TEXTS = ("", " ", "Bad_Value!", "UPPER", "a-", "a.b", "a/b", "/abs", "../x", "..x", "a" * 300, "1", "None", "Always")
NUMBERS = (0, -1, 1, 101, 256, 512, 65536, 2**31 - 1)
AMOUNTS = ("0", "-1", "1", "1.5", "100m", "64Mi", "3Mi", "1e3", "8Mi", "10Ki", "0.0001")
# What a field takes, takes in another place, or nearly takes.
WORDS = {
    "operator": ("In", "Exists", "DoesNotExist", "Gt", "Equal", "in", ""),
    "effect": ("NoSchedule", "NoExecute", "noexecute"),
    "restartPolicy": ("Always", "OnFailure", "Never", "always", "RestartContainer"),
    "mountPropagation": ("None", "Bidirectional", "none"),
    "type": ("RuntimeDefault", "Localhost", "Unconfined", "File", "localhost"),
    "fieldPath": ("metadata.labels", "metadata.annotations['X/Y']", "spec.host", "status.podIPs", "metadata.name['x']"),
    "resource": ("limits.cpu", "requests.memory", "limits.hugepages-2Mi", "cpu"),
    "divisor": ("1", "1m", "1k", "1024", "1024Ki"),
    "name": ("web", "tmp", "gpu", "linux", "windows", "kernel.shm_rmid_forced", "a..b"),
    "iqn": ("eui.0123456789ABCDEF", "naa.1", "iqn"),
    "runAsUserName": ("a\\b", "a\\b\\c", "a/b", "."),
    "ip": ("1.2.3.4", "01.2.3.4", "::ffff:1.2.3.4", "1.2.3"),
    "value": ("a b", "5", ""),
}
ADDED = {
    "activeDeadlineSeconds": 100,
    "nodeName": "node-1",
    "hostIPC": True,
    "hostPID": True,
    "hostNetwork": True,
    "hostUsers": False,
    "setHostnameAsFQDN": True,
    "ephemeralContainers": [{"name": "debug", "image": "busybox:1"}],
    "resources": {"limits": {"cpu": "1"}},
}


@lru_cache
def pods():
    """The annotations and the spec of each."""
    read = yaml.safe_load_all((Path(__file__).parent / "pods.yaml").read_text())
    return [(one["metadata"]["annotations"], one["spec"]) for one in read]


def walk(value, path=()):
    """Every value with its path."""
    yield path, value
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        yield from walk(inner, (*path, key))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def kind_of_place(path):
    """The path without numbers; containers and init containers are one kind."""
    keys = (LIST if isinstance(key, int) else key for key in path)
    return tuple("containers" if key == "initContainers" else key for key in keys)


class Changer:
    """Random changes, one after the other."""

    def __init__(self, random_numbers):
        self.random = random_numbers
        self.known = {}
        for _, spec in pods():
            for path, value in walk(spec):
                self.known.setdefault(kind_of_place(path), []).append(value)

    def change(self, spec):
        """Changes one value of the spec, and says what was done."""
        pick = self.random.choice
        if self.random.random() < 0.06:
            key = pick(list(ADDED))
            spec[key] = copy.deepcopy(ADDED[key])
            return f"add {key}"
        path, value = pick([found for found in walk(spec) if found[0]])
        parent, key = at(spec, path[:-1]), path[-1]
        if self.random.random() < 0.15:
            del parent[key]
            return f"remove {path}"
        parent[key] = self.other(path, value)
        return f"{path} = {str(parent[key])[:60]}"

    def other(self, path, value):
        """Another value for a place."""
        pick, key = self.random.choice, path[-1]
        if isinstance(value, bool):
            return not value
        if isinstance(value, dict):
            return self.other_fields(path, value)
        if isinstance(value, list):
            more = self.known.get((*kind_of_place(path), LIST), value)
            return pick(([], None, [*value, *value[:1]], [*value, *copy.deepcopy(more[:1])], value[::-1]))
        if len(path) > 1 and path[-2] in ("requests", "limits"):
            return pick(AMOUNTS)
        if isinstance(value, str):
            return pick((*TEXTS, None, value.lower(), value + " ") + WORDS.get(key, ()) * 3)
        return pick((*NUMBERS, None))

    def other_fields(self, path, value):
        """The fields of a mapping with one more from somewhere else, or none."""
        pick, place = self.random.choice, kind_of_place(path)
        fields = [one[-1] for one in self.known if one[:-1] == place]
        chosen = pick(fields) if fields else LIST
        if chosen == LIST:
            return pick(({}, None))
        return {**value, chosen: copy.deepcopy(pick(self.known[(*place, chosen)]))}


def wrapped(kind, name, annotations, spec):
    """An object that makes Pods of this spec."""
    template = {"metadata": {"labels": {"app": name}, "annotations": annotations}, "spec": spec}
    metadata = {"name": name}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, **template, "metadata": {**template["metadata"], **metadata}}
    if kind in ("Job", "CronJob"):
        if spec.get("restartPolicy", "Always") == "Always":
            spec["restartPolicy"] = "OnFailure"
        job = {"template": template}
        job = {"schedule": "* * * * *", "jobTemplate": {"spec": job}} if kind == "CronJob" else job
        return {"apiVersion": "batch/v1", "kind": kind, "metadata": metadata, "spec": job}
    workload = {"selector": {"matchLabels": {"app": name}}, "template": template}
    if kind == "StatefulSet":
        workload["serviceName"] = name
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": workload}


def objects():
    """Every object with what was changed in it; the first ones are as they are."""
    numbers = random.Random(20261123)
    changer = Changer(numbers)
    for index in range(COUNT):
        annotations, spec = copy.deepcopy(numbers.choice(pods()))
        changes = (
            [] if index < 2 * len(PATHS) else [changer.change(spec) for _ in range(numbers.choice((1, 1, 1, 2, 3)))]
        )
        kind = list(PATHS)[index % len(PATHS)]
        yield wrapped(kind, f"web-{index}", annotations, spec), changes


class Api:
    """The server's own HTTP, which a dry run of hundreds of objects needs."""

    def __init__(self, server):
        config = json.loads(server.config.read_text())
        self.address = config["clusters"][0]["cluster"]["server"]
        self.token = config["users"][0]["user"]["token"]
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def ask(self, path, data=None):
        """The status and the answer."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self.address + path, body, headers)
        try:
            with urllib.request.urlopen(request, context=self.context) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


@pytest.fixture(scope="module")
def judged(server, tmp_path_factory):
    """For each object: what was changed, the server's verdict and fields, the fields that svcgen calls refused."""
    api, project = Api(server), Project(tmp_path_factory.mktemp("project"))
    version = api.ask("/version")[1]
    found = {}
    for item, changes in objects():
        path = f"{item['metadata']['name']}.yaml"
        project.write(path, json.dumps(item))
        status, answer = api.ask(f"{PATHS[item['kind']]}?fieldValidation=Strict&dryRun=All", item)
        causes = answer.get("details", {}).get("causes", []) if status >= 400 else []
        fields = [cause["field"] for cause in causes if cause.get("field")]
        found[path] = (changes, status, answer.get("message", ""), fields, [])
    done = project.run("check", "-o", "json", "--kube-version", f"{version['major']}.{version['minor']}")
    assert done.returncode == 1, done.stderr
    for finding in json.loads(done.stdout)["findings"]:
        if finding["effect"] == "refused":
            found[finding["path"]][-1].append(finding["field"])
    return found


def test_the_specs_are_good_as_they_are(judged):
    assert [one for one in judged.values() if one[0] == [] and (one[1] >= 400 or one[-1])] == []


def test_enough_is_refused_and_enough_is_accepted(judged):
    refused = sum(status >= 400 for _, status, _, _, _ in judged.values())
    assert COUNT // 4 < refused < COUNT * 3 // 4


def test_what_is_refused_is_called_refused_and_nothing_else(judged):
    wrong = [
        (changes, status, message[:300], ours)
        for changes, status, message, _, ours in judged.values()
        if (status >= 400) != bool(ours)
    ]
    assert wrong == []


def test_the_field_is_the_one_that_the_server_names(judged):
    elsewhere = [
        (changes, theirs, ours)
        for changes, status, _, theirs, ours in judged.values()
        if status >= 400 and theirs and not any(related(one, other) for one in theirs for other in ours)
    ]
    assert elsewhere == []


def related(one, other):
    """Whether two fields are one, or one lies in the other."""
    parts = [field.replace("[", ".[").split(".") for field in (one, other)]
    short = min(map(len, parts))
    return parts[0][:short] == parts[1][:short]
