"""Manifests -> the routes that `explain` draws, without a process; and each route as one short text."""

from __future__ import annotations

from scaffold import checks, trace
from scaffold.documents import Tree
from scaffold.facts import Facts
from scaffold.kinds import CHECKED
from scaffold.kustomize import Kustomized
from scaffold.model import TakenPorts
from scaffold.parsing import read
from scaffold.sources.tree import taken_ports


class Explained:
    """The facts, the findings and the forms of some files."""

    def __init__(self, files, kube_version="", patches=()):
        files = {"case.yaml": files} if isinstance(files, str) else files
        found = [one for path, text in files.items() for one in read(text.encode(), path, CHECKED)[0]]
        tree = Tree(tuple(found))
        taken = TakenPorts(taken_ports(tree.documents)[0])
        self.facts = Facts(tree, taken, kube_version=kube_version, kustomized=Kustomized(frozenset(patches)))
        self.findings = checks.run(self.facts, lines=lambda path: files[path].split("\n")).findings
        self.groups = trace.of_tree(self.facts, trace.Said(self.findings))

    @property
    def forms(self):
        return [form for forms in self.groups for form in forms]

    @property
    def chains(self):
        """Every route as `http 30000 > 80 > 8080 Deployment/web[app]`, and behind it what stops it."""
        return [chain(one) for form in self.forms for one in form.routes]


def chain(one):
    stops = [str(hop.port) for hop in one.hops]
    end = one.hops[-1]
    name = f" {end.kind_of}/{end.name}[{end.container or '?'}]" if end.kind == "pod" and end.name else ""
    name = f" {end.name}" if end.kind == "external" else name
    broken = f" x {one.broken.rule} after {one.after}" if one.broken else ""
    doubts = "".join(f" ! {finding.rule}" for finding in one.warnings)
    return f"{one.port_name or one.protocol} {' > '.join(stops)}{name}{broken}{doubts}{' ?' if one.unknown else ''}"
