"""Reading a project: what was asked for, and around it the rest, each file once."""

from __future__ import annotations

import collections
import os

import pytest

from scaffold import manifests, projects
from scaffold.checks import Run
from scaffold.sources import tree

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: NAME}\nspec: {ports: [{port: 80}]}\n"


@pytest.mark.parametrize(
    ("paths", "asked"),
    [(["."], 4), (["k8s"], 3), (["k8s/api.yaml"], 1), (["k8s/apps", "k8s"], 3), (["k8s/api.yaml", "k8s/api.yaml"], 1)],
)
def test_each_file_of_a_project_is_read_once(tmp_path, monkeypatch, paths, asked):
    files = ["top.yaml", "k8s/api.yaml", "k8s/web.yaml", "k8s/apps/shop.yaml"]
    for number, name in enumerate(files):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(SERVICE.replace("NAME", f"s{number}"))
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    read = collections.Counter()
    slurp = tree.slurp
    monkeypatch.setattr(tree, "slurp", lambda path: read.update([os.path.relpath(path)]) or slurp(path))
    project = projects.of_paths(paths)[0]
    reading = manifests.Reading(project, lambda *_: None)

    assert reading.gather(Run(reading.facts)) == asked
    assert read == dict.fromkeys(files, 1)
    assert len(reading.facts.documents) == len(files)


def test_documents_come_in_the_order_of_their_files(tmp_path, monkeypatch):
    """They are looked at kind by kind."""
    ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: NAME}\n"
    for number in range(100):
        text = (SERVICE, ingress, SERVICE + "---\n" + ingress)[number % 3]
        (tmp_path / f"{number:03}.yaml").write_text(text.replace("NAME", f"a{number}"))
    monkeypatch.chdir(tmp_path)
    reading = manifests.Reading(projects.of_paths(["."])[0], lambda *_: None)
    reading.gather(Run(reading.facts))
    found = [(one.path, one.line) for one in reading.facts.documents]

    assert len(found) == 133
    assert found == sorted(found)
