"""The rules against what a real API server said, and on real manifests. Needs the folder of shared facts."""

from __future__ import annotations

import gzip
import json
from collections import Counter

import pytest

from scaffold import manifests, projects
from scaffold.checks import Run, run
from scaffold.documents import Tree
from scaffold.facts import Facts
from scaffold.kinds import CHECKED
from scaffold.model import TakenPorts
from scaffold.parsing import read
from scaffold.sources.tree import taken_ports


def _refused(case, version):
    documents = [one for path, text in case["files"].items() for one in read(text.encode(), path, CHECKED)[0]]
    tree = Tree(tuple(documents))
    facts = Facts(tree, TakenPorts(taken_ports(tree.documents)[0]), kube_version=version)
    return [finding for finding in run(facts).findings if finding.effect == "refused"]


@pytest.mark.slow
def test_what_a_real_api_server_refused(shared):
    version, missed, false = "", [], []
    with gzip.open(shared / "verdicts" / "cases.jsonl.gz", "rt") as lines:
        for line in lines:
            case = json.loads(line)
            if "files" not in case:
                version = case["kube_version"]
                continue
            told = _refused(case, version)
            refused = [verdict for verdict in case["verdicts"] if not verdict["accepted"]]
            if told and not refused:
                false.append((case["id"], told[0].rule, told[0].message))
            if refused and not told:
                missed.append((case["id"], case["ops"], refused[0]["message"][:150]))
    assert false == []
    assert missed == []


@pytest.mark.slow
def test_real_manifests_make_no_noise(shared, monkeypatch):
    monkeypatch.chdir(shared / "corpus")
    (project,) = projects.of_paths(["."])
    reading = manifests.Reading(project, lambda *_: None)
    one = Run(reading.facts)
    reading.gather(one)
    found = one.result(lines=manifests.lines).findings
    # volumes that no kubelet knows any more, in an archive of examples
    old = [finding for finding in found if finding.rule == "removed-feature"]
    assert all("/_archived/" in finding.location.where for finding in old if finding.effect == "broken")
    broken = [finding for finding in found if finding.effect == "broken" and finding.rule != "removed-feature"]
    # istio's own fixture for this very mistake
    assert [finding.location.where.rsplit("/", 1)[1] for finding in broken] == [
        "deployment-multi-service-different-ns.yaml"
    ]
    taken = Counter(finding.location.where.split("/")[0] for finding in found if finding.rule == "node-port-taken")
    assert sum(taken.values()) <= 6
    assert sum(finding.effect == "fragile" for finding in found) <= 14
    # one Service in twenty chapters is one Service
    course = [finding for finding in found if finding.location.where.startswith("DickChesterwood")]
    # some of its lessons are older than Kubernetes 1.22
    old_rules = ("api-version", "autoscaler-target")
    assert {finding.level for finding in course if finding.rule not in old_rules} == {"info"}
