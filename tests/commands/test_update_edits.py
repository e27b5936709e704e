"""200 apps, edited by hand at random, and a changed pack: no edit is lost, nothing is half merged, numbers stay."""

from __future__ import annotations

import random
import re
import shutil

import pytest
import yaml

from tests.commands.test_update import HISTORY, PACK, commit, git, new_version, update
from tests.conftest import ROOT

APPS = 200
EXTRA = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ app.name }}\n"


class Edit:
    """Random edits of one app's files; `wrote` are the texts that must stay, `took` those that must not come back."""

    def __init__(self, project, name, dice):
        self.folder = project.folder / name
        self.name, self.dice = name, dice
        self.wrote, self.took = [], []
        for number in range(dice.randint(1, 4)):
            kind = dice.choice(
                [self.comment, self.value, self.field, self.container, self.delete, self.reorder, self.document]
            )
            kind(f"{name}-edit-{number}")
        # a later edit may have gone into the middle of an earlier one
        texts = {path.name: path.read_text() for path in self.folder.iterdir()}
        self.wrote = [one for one in self.wrote if isinstance(one[1], list) or one[1] in texts[one[0]]]

    def change(self, file, old, new):
        path = self.folder / file
        text = path.read_text()
        if text.count(old) != 1 or any(old in wrote for _, wrote in self.wrote):
            return False
        path.write_text(text.replace(old, new))
        return True

    def comment(self, mark):
        file = self.dice.choice(["service.yaml", "deployment.yaml"])
        path = self.folder / file
        lines = path.read_text().splitlines(keepends=True)
        at = self.dice.randrange(1, len(lines))
        if self.dice.random() < 0.5:
            indent = re.match(" *", lines[at])[0]
            lines.insert(at, f"{indent}# {mark}\n")
        elif not lines[at].startswith("#") and " # " not in lines[at]:
            lines[at] = f"{lines[at].rstrip()}  # {mark}\n"
        else:
            return
        path.write_text("".join(lines))
        self.wrote.append((file, mark))

    def value(self, mark):
        number = self.dice.randint(501, 999)
        old, new = self.dice.choice(
            [
                ("cpu: 500m", f"cpu: {number}m"),
                ("cpu: 100m", f"cpu: {number}m"),
                ("memory: 256Mi", f"memory: {number}Mi"),
                ("  replicas: 1\n", f"  replicas: {number}\n"),
                ("initialDelaySeconds: 15", f"initialDelaySeconds: {number}"),
            ]
        )
        if self.change("deployment.yaml", old, new):
            self.wrote.append(("deployment.yaml", new.strip()))

    def field(self, mark):
        anchor = self.dice.choice(["          image: ", "      enableServiceLinks: ", "  replicas: "])
        field = {
            "          image: ": "          workingDir: /",
            "      enableServiceLinks: ": "      hostname: ",
            "  replicas: ": "  minReadySeconds: ",
        }[anchor]
        value = str(self.dice.randint(1, 99)) if "Seconds" in field else mark
        text = (self.folder / "deployment.yaml").read_text()
        line = next((line for line in text.splitlines(keepends=True) if line.startswith(anchor)), None)
        if line and field not in text and self.change("deployment.yaml", line, f"{line}{field}{value}\n"):
            self.wrote.append(("deployment.yaml", f"{field}{value}"))

    def container(self, mark):
        block = f"        - name: {mark}\n          image: acme/{mark}:1\n"
        if self.change("deployment.yaml", "      containers:\n", f"      containers:\n{block}"):
            # the first container is what svcgen wrote, so this one goes behind it
            path = self.folder / "deployment.yaml"
            path.write_text(path.read_text().replace(block, "").rstrip("\n") + f"\n{block}")
            self.wrote.append(("deployment.yaml", block))

    def delete(self, mark):
        file, block = self.dice.choice(
            [
                ("deployment.yaml", "      enableServiceLinks: false\n"),
                ("deployment.yaml", "      automountServiceAccountToken: false\n"),
                ("service.yaml", "    app.kubernetes.io/managed-by: svcgen\n"),
            ]
        )
        if self.change(file, block, ""):
            self.took.append((file, block))

    def reorder(self, mark):
        path = self.folder / "service.yaml"
        head, ports = path.read_text().split("  ports:\n")
        entries = re.split(r"(?m)^(?=    - )", ports)[1:]
        if len(entries) > 1 and "---" not in ports and "#" not in ports:
            moved = [*entries[1:], entries[0]]
            path.write_text(f"{head}  ports:\n{''.join(moved)}")
            self.wrote = [one for one in self.wrote if isinstance(one[1], str)]
            self.wrote.append(("service.yaml", re.findall(r"- name: (\S+)", "".join(moved))))

    def document(self, mark):
        path = self.folder / "service.yaml"
        more = f"---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {mark}\ndata:\n  a: b\n"
        path.write_text(path.read_text() + more)
        self.wrote.append(("service.yaml", more))

    def check(self, files):
        for file, wanted in self.wrote:
            if isinstance(wanted, list):
                first = files[file].split("---\n")[0]
                assert re.findall(r"- name: (\S+)", first.partition("  ports:")[2]) == wanted, (self.name, file)
            else:
                assert wanted in files[file], (self.name, file, wanted)
        for file, gone in self.took:
            assert gone not in files[file], (self.name, file, gone)


def specs(dice):
    for at in range(APPS):
        ports = ", ".join(f"{{name: p{n}, targetPort: {5000 + n}}}" for n in range(dice.randint(1, 4)))
        kind = dice.choice(["NodePort", "ClusterIP", "LoadBalancer"])
        yield (
            f"apiVersion: svcgen/v1\nkind: App\nmetadata: {{name: app-{at}}}\nspec:\n  image: acme/app-{at}:1\n"
            f"  type: {kind}\n  ports: [{ports}]\n  env: {{MODE: '{at}'}}\n"
        )


def manifests(project):
    return {
        f"app-{at}": {path.name: path.read_text() for path in sorted((project.folder / f"app-{at}").iterdir())}
        for at in range(APPS)
    }


def ports(files):
    service = next(one for one in yaml.safe_load_all(files["service.yaml"]) if one["kind"] == "Service")
    return {
        one["name"]: (one["port"], one["targetPort"], one.get("nodePort"), one["protocol"])
        for one in service["spec"]["ports"]
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_no_edit_is_lost_and_nothing_is_half_merged(project, seed):
    dice = random.Random(seed)
    (project.folder / ".git").rmdir()
    git(project, "init", "-q")
    shutil.copytree(ROOT / "tests/commands/acme", project.folder / PACK)
    project.write("apps.yaml", "---\n".join(specs(dice)))
    made = project.run("new", "-f", "apps.yaml", "-t", "acme", "--no-input")
    assert made.returncode == 0, made.stderr
    commit(project)
    written = manifests(project)
    numbers = {name: ports(files) for name, files in written.items()}
    edits = {name: Edit(project, name, dice) for name in written if dice.random() < 0.7}
    edited = manifests(project)
    new_version(
        project,
        HISTORY,
        ("cpu: 500m", "cpu: 700m"),
        (
            "            allowPrivilegeEscalation: false\n",
            "            allowPrivilegeEscalation: false\n            readOnlyRootFilesystem: true\n",
        ),
        ("      automountServiceAccountToken: false\n", ""),
    )
    project.write(f"{PACK}/extra.yaml.j2", EXTRA)
    pack = (project.folder / PACK / "pack.yaml").read_text()
    project.write(
        f"{PACK}/pack.yaml", pack.replace("files:\n", "files:\n  - {path: extra.yaml, template: extra.yaml.j2}\n")
    )
    before = project.files()

    # somebody has to decide: nothing is written
    done = update(project, code=1)
    assert project.files() == before
    in_conflict = set(re.findall(r"(?m)^(app-\d+)/\S+: conflict: ", done.stdout))
    assert in_conflict <= set(edits)
    assert len(in_conflict) < len(edits) / 2, "far too many conflicts to be of use"
    assert update(project, "--check", code=1).stdout == done.stdout.replace("nothing was written\n", "")

    # both sides, marked
    copy = type(project)(project.folder.with_name("copy"))
    shutil.copytree(project.folder, copy.folder)
    update(copy, "--conflict", "markers", code=1)
    marked = manifests(copy)
    for name, edit in edits.items():
        for file, wanted in edit.wrote:
            assert isinstance(wanted, list) or wanted in marked[name][file], (name, file, wanted)
    assert {name for name, files in marked.items() if any("<<<<<<< " in text for text in files.values())} == in_conflict

    # what is on disk wins where both changed something
    update(project, "--conflict", "ours")
    after = manifests(project)
    for name, edit in edits.items():
        edit.check(after[name])
    for name, files in after.items():
        assert ports(files) == numbers[name], name
        assert (
            yaml.safe_load((project.folder / f".svcgen/apps/{name}.yaml").read_text())["spec"]["template"]["version"]
            == "2"
        )
        assert files["extra.yaml"] == EXTRA.replace("{{ app.name }}", name)
        for text in files.values():
            assert list(yaml.safe_load_all(text))
        if name not in in_conflict:
            for new in ("revisionHistoryLimit: 3", "readOnlyRootFilesystem: true"):
                assert files["deployment.yaml"].count(new) == 1, (name, new)
            assert "automountServiceAccountToken" not in files["deployment.yaml"]
        if name not in edits:
            assert "cpu: 700m" in files["deployment.yaml"]
            assert files["service.yaml"] == written[name]["service.yaml"]
        if files["service.yaml"] != edited[name]["service.yaml"]:
            assert name in edits

    # and that was all
    settled = project.files()
    assert update(project).stdout == f"{APPS} apps: {APPS} unchanged\n"
    assert update(project, "--check").stdout == f"{APPS} apps: {APPS} unchanged\n"
    assert project.files() == settled
