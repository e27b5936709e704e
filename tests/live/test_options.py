"""The kinds that the options of the built-in packs add, created by a real API server with unknown fields refused."""

from __future__ import annotations

import pytest
import yaml

from tests.conftest import Project
from tests.pairs import pairwise
from tests.routes import manifests
from tests.test_builtin_packs import FACTORS, app_of

pytestmark = [pytest.mark.live, pytest.mark.slow]

NAMESPACE = "options"
# their definitions are not on a bare server
CUSTOM = ("ServiceMonitor", "HTTPRoute")


def test_every_kind_of_the_options_is_created(server, tmp_path):
    project = Project(tmp_path)
    (tmp_path / ".git").mkdir()
    # other tests of the same server hold node ports
    factors = {**FACTORS, "type": ["ClusterIP"], "namespace": [NAMESPACE]}
    apps = [app_of(number, row, "default") for number, row in enumerate(pairwise(factors))]
    project.write("apps.txt", yaml.safe_dump_all(apps))
    done = project.run("new", "-f", "apps.txt", "--no-input")
    assert done.returncode == 0, done.stderr
    texts = [path.read_text() for path in sorted(tmp_path.glob("app-*/*.yaml"))]
    texts = [text for text in texts if yaml.safe_load(text)["kind"] not in CUSTOM]
    _, said = server.create(yaml.safe_dump({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}))
    assert said == ""

    created, said = server.create("---\n".join(texts))

    assert said == ""
    assert len(created) == len(texts)
    kinds = {kind for text in texts for kind, _ in manifests(text)}
    assert kinds == {
        *("Service", "Deployment", "ServiceAccount", "ConfigMap", "NetworkPolicy"),
        *("Ingress", "HorizontalPodAutoscaler", "PodDisruptionBudget"),
    }
