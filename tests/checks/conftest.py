"""How the tests of rules judge a piece of text."""

from __future__ import annotations

import pytest

from scaffold import checks
from scaffold.documents import Tree
from scaffold.facts import Facts
from scaffold.kinds import CHECKED
from scaffold.model import PortPolicy, TakenPorts
from scaffold.parsing import read
from scaffold.sources.tree import taken_ports


class Judged:
    """The facts and the result of one run."""

    def __init__(self, facts, result):
        self.facts, self.findings, self.suppressed = facts, result.findings, result.suppressed

    def __iter__(self):
        return iter(self.findings)

    def of(self, rule):
        """The findings of one rule."""
        return [finding for finding in self.findings if finding.rule == rule]


@pytest.fixture
def judge():
    """`judge(text)` or `judge({path: text})` -> what the rules say."""

    def run(files, *, kube_version="", policy=None, inside=None, documents=None, facts=None, before="", **more):
        files = {"case.yaml": files} if isinstance(files, str) else files
        found, not_judged = [], []
        for path, text in files.items():
            read_here, failed = read(text.encode(), path, CHECKED)
            found += read_here
            not_judged += failed
        tree = Tree(tuple(found), tuple(not_judged))
        taken, _ = taken_ports(tree.documents, inside)
        facts = Facts(tree, TakenPorts(taken), policy or PortPolicy(), kube_version, cluster_of=inside, **(facts or {}))
        if before:
            old = {one.ref.key: one for one in read(before.encode(), "case.yaml", CHECKED)[0]}
            facts.against, facts.earlier = "main", lambda document: old.get(document.ref.key)
        chosen = None if documents is None else [one for one in facts.documents if one.path in documents]
        return Judged(facts, checks.run(facts, chosen, lines=lambda path: files[path].split("\n"), **more))

    return run
