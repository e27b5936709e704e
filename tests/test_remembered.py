"""What was seen in a large tree is kept for the next run: the same answers, never a stale one, and none lost."""

from __future__ import annotations

import ast
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scaffold import checks, looking, manifests, projects, remembered
from scaffold.checks import Run
from scaffold.checks._registry import ALONE
from scaffold.report import Report, text_parts
from scaffold.shelf import Shelf
from tests.conftest import ROOT

CASES = ROOT / "tests" / "checks" / "cases"
KUSTOMIZATION = "namespace: shop\nresources: [web.yaml, api.yaml]\n"
WEB = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web, tier: front}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, ports: [{containerPort: 80}]}]
"""
API = """apiVersion: v1
kind: Service
metadata: {name: api}
spec:
  type: NodePort
  ports: [{port: 80, nodePort: 31000}, {port: 70000}]
"""

ON = """apiVersion: v1
kind: Service
metadata: {name: "on", annotations: {scrape: on}}
spec: {ports: [{port: 80}]}
"""


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A tree with findings of all kinds, and parts of a kustomization; every run remembers."""
    shutil.copytree(CASES, tmp_path / "tree")
    for name, text in {"kustomization.yaml": KUSTOMIZATION, "web.yaml": WEB, "api.yaml": API, "on.yaml": ON}.items():
        (tmp_path / "tree" / name).write_text(text)
    monkeypatch.chdir(tmp_path / "tree")
    monkeypatch.setattr(manifests, "_LARGE_TREE", 1)
    monkeypatch.setattr(looking, "_TOGETHER", 4)
    return tmp_path / "tree"


def run(monkeypatch, *, processes=1, kube_version="", only=(), paths=(".",)):
    """All that a run says, and how many files it read into documents."""
    read = []
    documents_in = looking.documents_in
    with monkeypatch.context() as patch:
        patch.setattr(manifests, "processors", lambda: processes)
        patch.setattr(checks, "processors", lambda: processes)
        patch.setattr(manifests, "_WORTH_SHARING", 1)
        patch.setattr(looking, "documents_in", lambda text, *rest: read.append(text.name) or documents_in(text, *rest))
        said = []
        for project in projects.of_paths(list(paths), kube_version):
            reading = manifests.Reading(project, lambda *_: None)
            one = Run(reading.facts, only=only)
            files = reading.gather(one)
            result = one.result(config_ignores=project.settings.ignore, inside=project.inside, lines=manifests.lines)
            shown = list(text_parts(Report(result.findings), lines=manifests.lines))
            counts = one.documents, one.services, one.workloads
            said.append((files, shown, result.suppressed, sorted(set(reading.facts.not_judged)), counts))
    return said, read


def fresh(monkeypatch, **how):
    """The same where nothing is remembered."""
    with monkeypatch.context() as patch:
        patch.setattr(remembered, "memory", lambda *_: None)
        return run(monkeypatch, **how)[0]


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_what_lies_on_the_shelf_says_the_same_as_what_stays_in_memory(tree, monkeypatch, processes):
    # something is set aside, by each of the two ways
    (tree / "aside.yaml").write_text(
        API.replace("metadata: {", "metadata: {annotations: {svcgen.dev/ignore: 'x: y'}, ")
    )
    (tree / "noted.yaml").write_text(API.replace("ports", "# svcgen:ignore port-out-of-range known\n  ports"))
    with monkeypatch.context() as patch:
        patch.setattr(manifests, "_LARGE_TREE", 1 << 30)
        small = run(monkeypatch)[0]

    assert small[0][2] > 1
    assert fresh(monkeypatch, processes=processes) == small
    assert run(monkeypatch, processes=processes)[0] == small


def test_the_text_of_a_list_is_kept_once(tree, monkeypatch):
    item = API.replace("\n", "\n  ").rstrip()
    many = [f"- {item}".replace("name: api", f"name: api-{number}") for number in range(300)]
    text = "apiVersion: v1\nkind: List\nitems:\n" + "\n".join(many) + "\n"
    (tree / "list.yaml").write_text(text)
    laid = []
    put = Shelf.put
    with monkeypatch.context() as patch:
        patch.setattr(Shelf, "put", lambda shelf, data: laid.append(len(data)) or put(shelf, data))
        first = run(monkeypatch)[0]
    (tree / "list.yaml").unlink()
    before = sum(laid)
    with monkeypatch.context() as patch:
        patch.setattr(Shelf, "put", lambda shelf, data: laid.append(len(data)) or put(shelf, data))
        run(monkeypatch)

    assert first[0][4][1] > 300
    # findings are kept there, some for each of its objects
    assert before - (sum(laid) - before) < 20 * len(text)


def pairs(tree, count):
    """So many Services with their workloads; each Service has a finding."""
    for number in range(count):
        folder = tree / f"{number // 100:04}"
        folder.mkdir(parents=True, exist_ok=True)
        name = f"app-{number:05}"
        service = API.replace("name: api", f"name: {name}").replace("nodePort: 31000", "name: http")
        service = service.replace("spec:\n", f"spec:\n  selector: {{app: {name}}}\n")
        (folder / f"{name}-service.yaml").write_text(service)
        (folder / f"{name}-workload.yaml").write_text(WEB.replace("app: web", f"app: {name}"))


ALL = """
import sys
from scaffold import checks, looking, manifests
from scaffold.commands import check
manifests._LARGE_TREE = int(sys.argv[2])
looking.LARGE = 1 << 16
manifests.processors = checks.processors = lambda: 1
found = check.run([sys.argv[1]], output="json")
with open("/proc/self/status") as status:
    print(*(line.split()[1] for line in status if line.startswith("VmHWM:")), file=sys.stderr)
sys.exit(found)
"""


def most_memory(tree, large):
    """The most memory that a check of a tree takes, in bytes."""
    command = [sys.executable, "-c", ALL, str(tree), str(large)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env)
    assert done.returncode == 1
    return int(done.stderr) << 10


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="nobody says how much memory was used")
def test_little_of_each_document_stays_in_memory(tmp_path):
    few, many = 2000, 5000
    pairs(tmp_path / "few", few)
    pairs(tmp_path / "many", many)
    documents = 2 * (many - few)
    shelved = most_memory(tmp_path / "many", 1) - most_memory(tmp_path / "few", 1)
    stays = most_memory(tmp_path / "many", 1 << 30) - most_memory(tmp_path / "few", 1 << 30)

    assert shelved < 2000 * documents
    assert shelved < stays / 2


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="nobody says how much memory was used")
def test_large_documents_do_not_stay_in_memory(tmp_path):
    variables = "".join(f"            - {{name: V{number}, value: some text {number}}}\n" for number in range(2000))
    text = WEB.replace("containers: [{name: web, ", f"containers:\n        - env:\n{variables}          ")
    text = text.replace("}]}]", "}]").replace("          ports:", "          name: web\n          ports:")
    for folder, count in (("few", 3), ("many", 15)):
        (tmp_path / folder).mkdir()
        for number in range(count):
            (tmp_path / folder / f"{number}.yaml").write_text(text.replace("name: web}", f"name: web-{number}}}"))

    assert most_memory(tmp_path / "many", 1 << 30) - most_memory(tmp_path / "few", 1 << 30) < 4 << 20


def kept():
    return sorted((Path(os.environ["XDG_CACHE_HOME"]) / "svcgen" / "seen").iterdir())


def test_a_second_run_reads_no_document_and_says_the_same(tree, monkeypatch):
    first, read = run(monkeypatch)

    assert len(read) > 100
    assert first == fresh(monkeypatch)
    assert run(monkeypatch) == (first, [])


@pytest.mark.parametrize("processes", [2, 3])
def test_it_is_the_same_in_several_processes(tree, monkeypatch, processes):
    alone = fresh(monkeypatch)

    assert run(monkeypatch, processes=processes)[0] == alone
    assert run(monkeypatch, processes=processes) == (alone, [])
    assert run(monkeypatch, processes=1)[0] == alone


CHANGES = {
    "a number": lambda tree: (tree / "api.yaml").write_text(API.replace("70000", "7000")),
    "a file more": lambda tree: (tree / "more.yaml").write_text(API.replace("name: api", "name: more")),
    "a file less": lambda tree: (tree / "web.yaml").unlink(),
    "another name": lambda tree: (tree / "web.yaml").rename(tree / "renamed.yaml"),
    "a kustomization that patches": lambda tree: (tree / "kustomization.yaml").write_text(
        "resources: [web.yaml]\npatches: [{path: api.yaml}]\n"
    ),
    "a kustomization that labels": lambda tree: (tree / "kustomization.yaml").write_text(
        "namespace: shop\nresources: [web.yaml, api.yaml]\ncommonLabels: {tier: front}\n"
    ),
    "a kustomization without it": lambda tree: (tree / "kustomization.yaml").write_text(
        "resources:\n- api.yaml\n#- web.yaml\n"
    ),
    "a kustomization that changes it": lambda tree: (tree / "kustomization.yaml").write_text(
        "namespace: shop\nresources: [web.yaml, api.yaml]\npatches: [{target: {kind: Deployment}, patch: '[]'}]\n"
    ),
    "a kustomization that writes it anew": lambda tree: (tree / "kustomization.yaml").write_text(
        "resources: [on.yaml]\n"
    ),
    "no kustomization": lambda tree: (tree / "kustomization.yaml").unlink(),
    "another range": lambda tree: config(tree, "node_ports: {range: 20000-30000}\n"),
    "a range of its cluster": lambda tree: config(
        tree, "clusters:\n  - {name: a, paths: ['api.yaml'], range: 20000-30000}\n"
    ),
    "an exception": lambda tree: config(tree, "check:\n  ignore:\n    - {rule: port-out-of-range, reason: known}\n"),
    "two families": lambda tree: config(tree, "check: {ip_families: [IPv4, IPv6]}\n"),
}


def config(tree, text):
    (tree / ".svcgen").mkdir()
    (tree / ".svcgen" / "config.yaml").write_text(text)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_after_a_change_it_says_what_a_run_without_memory_says(tree, monkeypatch, change):
    # none is read anew only because of its neighbours
    monkeypatch.setattr(looking, "_TOGETHER", 1)
    run(monkeypatch)
    change(tree)
    now = fresh(monkeypatch)

    assert run(monkeypatch)[0] == now
    assert run(monkeypatch)[0] == now


def test_of_one_changed_file_only_those_beside_it_are_read_again(tree, monkeypatch):
    everything = run(monkeypatch)[1]
    (tree / "api.yaml").write_text(API.replace("70000", "7000"))
    read = run(monkeypatch)[1]

    assert "api.yaml" in read
    assert len(read) < len(everything) / 10


@pytest.mark.parametrize(
    "how", [{"kube_version": "1.29"}, {"only": ["node-port-range"]}, {"paths": [os.path.curdir + "/cases"]}]
)
def test_another_question_has_answers_of_its_own(tree, monkeypatch, how):
    (tree / "cases").mkdir()
    shutil.copy(tree / "api.yaml", tree / "cases")
    run(monkeypatch)

    assert run(monkeypatch, **how)[0] == fresh(monkeypatch, **how)
    assert run(monkeypatch, **how) == (fresh(monkeypatch, **how), [])


def test_without_any_rule_there_is_a_run_all_the_same(tree, monkeypatch):
    (tree / ".git").mkdir()
    (tree / "part").mkdir()
    shutil.copy(tree / "api.yaml", tree / "part")
    # looks at all of the tree, and judges none of it
    run(monkeypatch, paths=["part"])

    assert run(monkeypatch, only=["none"])[0] == fresh(monkeypatch, only=["none"])


def test_a_tree_is_the_same_from_wherever_it_is_read(tree, monkeypatch, tmp_path):
    (tmp_path / "some" / "where").mkdir(parents=True)
    for folder, path in (("tree", "."), ("tree", str(tree)), ("some/where", "../../tree"), ("some", str(tree))):
        monkeypatch.chdir(tmp_path / folder)

        assert run(monkeypatch, paths=[path])[0] == fresh(monkeypatch, paths=[path])
        assert run(monkeypatch, paths=[path])[0] == fresh(monkeypatch, paths=[path])


def test_what_was_seen_from_elsewhere_is_not_of_another_file_of_that_name(tree, monkeypatch):
    """From the root, and from a folder which holds a copy, `k/web.yaml` is not the same file."""
    monkeypatch.setattr(looking, "_TOGETHER", 1)
    (tree / ".git").mkdir()
    service = API.replace("api}", "web}").replace("{port: 70000}", "{port: 81, targetPort: htp}")
    service = service.replace("spec:", "spec:\n  selector: {app: web}")
    for folder in ("k", "copy/k"):
        (tree / folder).mkdir(parents=True)
        (tree / folder / "web.yaml").write_text(WEB.replace(", tier: front", ""))
        (tree / folder / "service.yaml").write_text(service)
    only = ("target-port-unmatched",)
    assert run(monkeypatch, paths=(str(tree),), only=only)[0][0][1]
    # what is asked for again is not where the copy has it
    (tree / "k/web.yaml").write_text("# moved\n---\n" + WEB.replace(", tier: front", ""))
    monkeypatch.chdir(tree / "copy")
    expected = fresh(monkeypatch, paths=(str(tree),), only=only)
    assert run(monkeypatch, paths=(str(tree),), only=only)[0] == expected


def test_a_part_of_a_project_is_judged_alone_and_remembered(tree, monkeypatch):
    (tree / ".git").mkdir()
    (tree / "part").mkdir()
    shutil.copy(tree / "api.yaml", tree / "part")
    whole = run(monkeypatch)[0]
    part = fresh(monkeypatch, paths=["part"])

    assert run(monkeypatch, paths=["part"])[0] == part
    assert run(monkeypatch, paths=["part"]) == (part, [])
    assert run(monkeypatch) == (whole, [])


@pytest.mark.parametrize("broken", [b"", b"short", b"\0" * 5000, None])
def test_what_is_not_as_it_was_written_is_not_read(tree, monkeypatch, broken):
    first = run(monkeypatch)[0]
    (path,) = kept()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + b"?" + data[len(data) // 2 + 1 :] if broken is None else broken)
    again, read = run(monkeypatch)

    assert again == first
    assert read
    assert run(monkeypatch) == (first, [])


def test_where_nothing_can_be_kept_it_is_seen_anew(tree, monkeypatch):
    home = Path(os.environ["XDG_CACHE_HOME"])
    home.parent.mkdir(parents=True, exist_ok=True)
    home.write_text("no folder")
    first, read = run(monkeypatch)

    assert first == fresh(monkeypatch)
    assert run(monkeypatch) == (first, read)


def test_a_folder_that_others_may_write_is_not_used(tree, monkeypatch):
    run(monkeypatch)
    (path,) = kept()
    path.write_bytes(pickle.dumps("from somebody else"))
    path.parent.chmod(0o777)

    assert run(monkeypatch)[1]
    assert path.read_bytes() == pickle.dumps("from somebody else")


def test_a_full_disk_costs_the_memory_alone(tree, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    first = fresh(monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(remembered._Next, "add", full)

        assert run(monkeypatch)[0] == first
    assert kept() == []
    assert run(monkeypatch)[0] == first


def test_only_what_was_used_last_is_kept(tree, monkeypatch):
    for minor in (30, 31, 32, 33):
        run(monkeypatch, kube_version=f"1.{minor}")
    run(monkeypatch, kube_version="1.30")
    run(monkeypatch, kube_version="1.34")

    assert len(kept()) == 4
    assert run(monkeypatch, kube_version="1.30")[1] == []
    assert run(monkeypatch, kube_version="1.31")[1] != []


def test_what_is_gone_is_not_kept(tree, monkeypatch):
    run(monkeypatch)
    size = kept()[0].stat().st_size
    for path in list(tree.glob("*"))[::2]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    run(monkeypatch)

    assert kept()[0].stat().st_size < size * 0.8


def test_another_svcgen_has_answers_of_its_own(tree, monkeypatch, tmp_path):
    run(monkeypatch)
    copy = tmp_path / "scaffold"
    shutil.copytree(ROOT / "scaffold", copy)
    monkeypatch.setattr(remembered, "__file__", str(copy / "remembered.py"))

    # the same one, installed elsewhere and later
    assert run(monkeypatch)[1] == []
    (copy / "facts.py").write_text((copy / "facts.py").read_text() + "\n")
    assert run(monkeypatch)[1] != []


def test_rules_that_look_at_one_object_hear_only_what_the_key_holds():
    # kustomized.told_of, the cluster and its policy, the version, the families of addresses
    known = {"before", "kube_version", "policy_for", "ip_families", "workload", "is_patched", "is_service_patch"}
    known |= {"kustomized", "labelled", "templated", "renamed", "taken_in", "changed"}
    for rule in ALONE:
        source = (ROOT / "scaffold" / "checks" / f"{rule.replace('-', '_')}.py").read_text()
        asked = {
            node.attr
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Attribute)
            and ast.unparse(node.value) in ("facts", "facts.kustomized", "kustomized")
        }

        assert asked <= known, rule


# --- as a user would --------------------------------------------------------------------------------------------------

FILES = 20_001


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A tree that is worth remembering: most of its files hold nothing of interest."""
    root = tmp_path_factory.mktemp("large")
    for number in range(FILES):
        folder = root / f"{number // 500:03}"
        if not number % 500:
            folder.mkdir()
        text = API if not number % 40 else "kind: ConfigMap\n"
        (folder / f"{number}.yaml").write_text(text.replace("name: api", f"name: api-{number}"))
    return root


def check(root, cache, *arguments):
    env = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    return subprocess.Popen(
        [sys.executable, "-m", "scaffold", "check", *arguments],
        cwd=root,
        env={**env, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_runs_over_a_large_tree_say_the_same(large, tmp_path):
    out = [check(large, tmp_path / "cache").communicate() for _ in range(2)]

    assert out[0] == out[1]
    assert f"{FILES:,} files".replace(",", "") in out[0][0]
    assert len(list((tmp_path / "cache" / "svcgen" / "seen").iterdir())) == 1


def test_runs_at_the_same_time_do_not_disturb_one_another(large, tmp_path):
    at_once = [check(large, tmp_path / "cache") for _ in range(3)]
    out = {process.communicate() for process in at_once}

    assert len(out) == 1
    assert len(list((tmp_path / "cache" / "svcgen" / "seen").iterdir())) == 1


def test_an_interrupted_run_leaves_nothing_half_written(large, tmp_path):
    seen = tmp_path / "cache" / "svcgen" / "seen"
    process = check(large, tmp_path / "cache")
    end = time.monotonic() + 60
    while not (seen.is_dir() and any(seen.iterdir())) and time.monotonic() < end and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    process.communicate()

    # it may have been done in that very moment
    assert process.returncode in (130, 1)
    assert len(list(seen.iterdir())) == (process.returncode == 1)


def test_a_small_tree_leaves_nothing_behind(tree, tmp_path):
    check(tree, tmp_path / "cache").communicate()

    assert not (tmp_path / "cache" / "svcgen" / "seen").exists()
