"""`svcgen update` as a process, on real folders with real git: nothing of what people wrote is ever lost."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess

import pytest
import yaml

from tests.conftest import ROOT
from tests.terminal import Terminal

WEB = ("new", "web", "--image", "ghcr.io/acme/web:1", "-p", "http=5000", "-p", "metrics=6000", "--no-input")
SPEC = ".svcgen/apps/web.yaml"
SERVICE = "web/service.yaml"
DEPLOYMENT = "web/deployment.yaml"
PACK = ".svcgen/templates/acme"


def git(project, *words):
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *words], cwd=project.folder, capture_output=True, text=True, check=True)
    return done.stdout


def commit(project):
    git(project, "add", "-A")
    git(project, "commit", "-qm", "as it is now", "--allow-empty")


def edit(project, path, *pairs):
    text = (project.folder / path).read_text()
    for old, new in pairs:
        assert text.count(old) == 1, (old, text)
        text = text.replace(old, new)
    project.write(path, text)


def text(project, path):
    return (project.folder / path).read_text()


def update(project, *words, code=0, **more):
    done = project.run("update", *words, **more)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done


@pytest.fixture
def acme(project):
    """A repository with an app from a pack of the project's own, all of it committed."""
    os.rmdir(project.folder / ".git")
    git(project, "init", "-q")
    shutil.copytree(ROOT / "tests/commands/acme", project.folder / PACK)
    done = project.run(*WEB, "-t", "acme")
    assert done.returncode == 0, done.stderr
    commit(project)
    return project


def new_version(project, *pairs, file="deployment.yaml.j2"):
    """The platform team changes a template of the pack, and its version."""
    edit(project, f"{PACK}/pack.yaml", ('version: "1"', 'version: "2"'))
    edit(project, f"{PACK}/{file}", *pairs)


HISTORY = ("  replicas: {{ app.replicas }}\n", "  replicas: {{ app.replicas }}\n  revisionHistoryLimit: 3\n")


# --- nothing to do, and nothing edited -------------------------------------------------------------------------------


def test_without_a_change_nothing_happens(acme):
    before = acme.files()

    assert update(acme).stdout == "1 app: 1 unchanged\n"
    assert update(acme, "--check").stdout == "1 app: 1 unchanged\n"
    assert acme.files() == before


def test_a_new_version_of_the_pack_is_taken_over(acme):
    new_version(acme, HISTORY)
    done = update(acme)

    assert done.stdout == f"updated   {DEPLOYMENT}\nupdated   {SPEC}\n1 app: 1 updated\n"
    assert "revisionHistoryLimit: 3" in text(acme, DEPLOYMENT)
    assert 'version: "2"' in text(acme, SPEC)
    after = acme.files()
    assert update(acme).stdout == "1 app: 1 unchanged\n"
    assert acme.files() == after


def test_what_new_makes_and_what_update_makes_is_the_same(acme):
    new_version(acme, HISTORY)
    update(acme)
    updated = acme.files()
    shutil.rmtree(acme.folder / "web")
    acme.run("new", "-f", SPEC, "--force", "--no-input")

    assert acme.files() == updated


def test_numbers_never_move(acme):
    before = yaml.safe_load(text(acme, SERVICE))["spec"]["ports"]
    # another app that a fresh choice would have to avoid, and a config that would choose otherwise
    acme.write(".svcgen/config.yaml", "node_ports: {range: 30000-32000, allocate: first}\n")
    new_version(acme, HISTORY)
    update(acme)

    assert yaml.safe_load(text(acme, SERVICE))["spec"]["ports"] == before


# --- hand edits ------------------------------------------------------------------------------------------------------


def test_hand_edits_stay_beside_what_the_pack_changes(acme):
    edit(
        acme,
        DEPLOYMENT,
        ("cpu: 500m", "cpu: 900m  # load test of May"),
        ("      containers:", "      # ours\n      containers:"),
    )
    edit(acme, SERVICE, ("  type: NodePort", "  type: NodePort\n  externalTrafficPolicy: Local"))
    service = text(acme, SERVICE)
    edited = text(acme, DEPLOYMENT)
    new_version(acme, HISTORY)
    done = update(acme)

    assert done.stdout == f"merged    {DEPLOYMENT}\nupdated   {SPEC}\n1 app: 1 merged with hand edits\n"
    assert text(acme, SERVICE) == service
    assert text(acme, DEPLOYMENT) == edited.replace("  replicas: 1\n", "  replicas: 1\n  revisionHistoryLimit: 3\n")


def test_a_conflict_is_shown_with_both_sides_and_nothing_at_all_is_written(acme):
    acme.run("new", "api", "--image", "ghcr.io/acme/api:1", "-p", "http=5000", "-t", "acme", "--no-input")
    edit(acme, DEPLOYMENT, ("cpu: 500m", "cpu: 900m"))
    new_version(acme, ("cpu: 500m", "cpu: 700m"))
    before = acme.files()
    done = update(acme, code=1)
    line = text(acme, DEPLOYMENT).splitlines().index("              cpu: 900m") + 1

    assert acme.files() == before
    assert done.stdout.startswith(
        f"{DEPLOYMENT}:{line}: conflict: edited by hand, and changed by the pack\n"
        "  on disk:\n    |               cpu: 900m\n"
        "  acme 1, which wrote it:\n    |               cpu: 500m\n"
        "  acme 2:\n    |               cpu: 700m\n"
        "nothing was written\n"
    )
    assert "--conflict markers" in done.stdout
    assert done.stdout.endswith("2 apps: 1 updated, 1 with conflicts\n")


@pytest.mark.parametrize(("choice", "limit"), [("ours", "900m"), ("theirs", "700m")])
def test_a_choice_decides_the_conflict_and_nothing_else(acme, choice, limit):
    edit(
        acme,
        DEPLOYMENT,
        ("cpu: 500m", "cpu: 900m"),
        ("memory: 256Mi", "memory: 1Gi"),
        ("      containers:", "      # ours\n      containers:"),
    )
    edited = text(acme, DEPLOYMENT)
    new_version(acme, ("cpu: 500m", "cpu: 700m"), HISTORY)
    update(acme, "--conflict", choice)

    wanted = edited.replace("cpu: 900m", f"cpu: {limit}").replace(
        "  replicas: 1\n", "  replicas: 1\n  revisionHistoryLimit: 3\n"
    )
    assert text(acme, DEPLOYMENT) == wanted
    after = acme.files()
    assert update(acme).stdout == "1 app: 1 unchanged\n"
    assert acme.files() == after


def test_markers_are_written_refused_later_and_gone_once_resolved(acme):
    edit(acme, DEPLOYMENT, ("cpu: 500m", "cpu: 900m"))
    new_version(acme, ("cpu: 500m", "cpu: 700m"))
    update(acme, "--conflict", "markers", code=1)
    marked = text(acme, DEPLOYMENT)

    assert (
        "<<<<<<< on disk\n              cpu: 900m\n||||||| acme 1\n              cpu: 500m\n=======\n"
        "              cpu: 700m\n>>>>>>> acme 2\n"
    ) in marked
    line = marked.splitlines().index("<<<<<<< on disk") + 1
    done = update(acme, code=2)
    assert done.stderr.startswith(f"{DEPLOYMENT}:{line}:1: error: a conflict of an earlier update that is not resolved")
    acme.write(DEPLOYMENT, re.sub(r"<<<<<<<.*?>>>>>>> acme 2\n", "              cpu: 800m\n", marked, flags=re.DOTALL))
    assert update(acme).stdout == "1 app: 1 unchanged\n"
    assert "cpu: 800m" in text(acme, DEPLOYMENT)


def test_two_edits_that_only_break_together_are_a_conflict(acme):
    port = "            - name: metrics\n              containerPort: 6000\n              protocol: TCP\n"
    edit(acme, DEPLOYMENT, (port, ""))
    edit(acme, SERVICE, (re.search(r"    - name: metrics\n(?:      .*\n)+", text(acme, SERVICE))[0], ""))
    # the pack makes a second Service now, with every port
    template = text(acme, f"{PACK}/service.yaml.j2")
    second = re.sub(r"\{% if port.node_port %\}\n.*\n\{% endif %\}\n", "", template)
    second = second.replace("{{ app.name }}", "second").replace("type: {{ app.type }}", "type: ClusterIP")
    acme.write(f"{PACK}/second.yaml.j2", second)
    entry = "files:\n  - {path: second.yaml, template: second.yaml.j2}\n"
    edit(acme, f"{PACK}/pack.yaml", ("files:\n", entry))
    before = acme.files()
    done = update(acme, code=1)

    assert acme.files() == before
    assert "[target-port-unmatched]" in done.stdout
    assert f"{DEPLOYMENT}:" in done.stdout
    update(acme, "--conflict", "ours")
    assert "metrics" not in text(acme, DEPLOYMENT)


def test_a_port_that_both_add_is_a_conflict(acme):
    edit(acme, SERVICE, ("  ports:\n", "  ports:\n    - {name: admin, port: 9000, targetPort: http, protocol: TCP}\n"))
    edit(acme, SPEC, ("  template:", "    - {name: admin, targetPort: 7000}\n  template:"))
    before = acme.files()
    done = update(acme, code=1)

    assert acme.files() == before
    assert "both change spec.ports" in done.stdout
    assert f"{SERVICE}:" in done.stdout


def test_what_people_changed_on_purpose_is_said_and_stays(acme):
    number = yaml.safe_load(text(acme, SERVICE))["spec"]["ports"][0]["nodePort"]
    edit(acme, SERVICE, (f"nodePort: {number}", "nodePort: 30999"))
    new_version(acme, HISTORY)
    done = update(acme)

    assert "nodePort: 30999" in text(acme, SERVICE)
    assert f"note: {SERVICE}:" in done.stderr
    assert "edited by hand: the Service has port http 8080 -> 5000 -> 30999/TCP" in done.stderr


def test_line_ends_modes_and_missing_last_breaks_stay(acme):
    data = text(acme, DEPLOYMENT).replace("cpu: 500m", "cpu: 900m").rstrip("\n").replace("\n", "\r\n").encode()
    acme.write(DEPLOYMENT, data)
    (acme.folder / DEPLOYMENT).chmod(0o640)
    (acme.folder / SERVICE).chmod(0o600)
    new_version(acme, HISTORY)
    update(acme)

    after = (acme.folder / DEPLOYMENT).read_bytes()
    assert after == data.replace(b"  replicas: 1\r\n", b"  replicas: 1\r\n  revisionHistoryLimit: 3\r\n")
    assert oct((acme.folder / DEPLOYMENT).stat().st_mode & 0o777) == "0o640"


# --- files that come and go ------------------------------------------------------------------------------------------


def test_a_deleted_file_stays_deleted_and_that_is_said(acme):
    (acme.folder / SERVICE).unlink()
    new_version(acme, HISTORY)
    done = update(acme)

    assert not (acme.folder / SERVICE).exists()
    assert f"note: {SERVICE} was deleted or renamed, and stays so (svcgen new -f {SPEC} writes it again)" in done.stderr
    assert "revisionHistoryLimit" in text(acme, DEPLOYMENT)


def config_map(project):
    edit(project, f"{PACK}/pack.yaml", ("files:\n", "files:\n  - {path: extra.yaml, template: extra.yaml.j2}\n"))
    project.write(f"{PACK}/extra.yaml.j2", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ app.name }}\n")


def test_a_file_that_the_pack_adds_is_made_and_one_that_it_drops_is_deleted(acme):
    config_map(acme)
    assert "created   web/extra.yaml" in update(acme).stdout
    commit(acme)
    edit(acme, f"{PACK}/pack.yaml", ("  - {path: extra.yaml, template: extra.yaml.j2}\n", ""))
    assert "deleted   web/extra.yaml" in update(acme).stdout
    assert not (acme.folder / "web/extra.yaml").exists()


def test_a_dropped_file_with_hand_edits_is_a_conflict(acme):
    config_map(acme)
    update(acme)
    commit(acme)
    edit(acme, f"{PACK}/pack.yaml", ("  - {path: extra.yaml, template: extra.yaml.j2}\n", ""))
    acme.write("web/extra.yaml", text(acme, "web/extra.yaml") + "data: {a: b}\n")
    done = update(acme, code=1)

    assert "web/extra.yaml: conflict: edited by hand, and the pack no longer makes it" in done.stdout
    update(acme, "--conflict", "ours")
    assert "data: {a: b}" in text(acme, "web/extra.yaml")


def test_a_file_of_ones_own_where_the_pack_makes_one_now_is_a_conflict(acme):
    acme.write("web/extra.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mine\n")
    config_map(acme)
    done = update(acme, code=1)

    assert "web/extra.yaml:4: conflict: also made by the pack now" in done.stdout
    assert text(acme, "web/extra.yaml").endswith("name: mine\n")


def test_a_link_out_of_the_project_is_not_followed(acme, tmp_path):
    outside = tmp_path / "outside.yaml"
    outside.write_text("mine\n")
    (acme.folder / DEPLOYMENT).unlink()
    (acme.folder / DEPLOYMENT).symlink_to(outside)
    new_version(acme, HISTORY)
    done = update(acme, "--conflict", "theirs", code=2)

    assert f"{DEPLOYMENT}: error: is a link that leads out of" in done.stderr
    assert outside.read_text() == "mine\n"


def test_broken_yaml_on_disk_is_named_and_left_alone(acme):
    edit(acme, SERVICE, ("  type: NodePort", "  type: NodePort: x"))
    before = acme.files()
    new_version(acme, HISTORY)
    changed = acme.files()
    done = update(acme, code=2)

    assert re.match(rf"{SERVICE}:\d+:\d+: error: is no readable YAML: ", done.stderr)
    assert acme.files() == changed
    assert changed[SERVICE] == before[SERVICE]


# --- a changed App spec ----------------------------------------------------------------------------------------------


def changed_spec(project):
    edit(
        project,
        SPEC,
        ("ghcr.io/acme/web:1", "ghcr.io/acme/web:2"),
        ("  template:", "    - {name: admin, targetPort: 7000}  # for the operators\n  template:"),
    )


@pytest.mark.parametrize("known_by", ["git", "the manifests"])
def test_an_edited_spec_is_applied_and_its_comments_stay(acme, known_by):
    edit(acme, DEPLOYMENT, ("      containers:", "      # ours\n      containers:"))
    if known_by == "git":
        # the manifests alone do not tell any more
        edit(acme, DEPLOYMENT, ("  replicas: 1\n", "  replicas: 2\n"))
        edit(acme, SPEC, ("  replicas: 1\n", "  replicas: 3\n"))
    else:
        shutil.rmtree(acme.folder / ".git")
    changed_spec(acme)
    before = yaml.safe_load(text(acme, SERVICE))["spec"]["ports"]
    done = update(acme, *(["--conflict", "theirs"] if known_by == "git" else []))
    deployment = yaml.safe_load(text(acme, DEPLOYMENT))["spec"]

    assert "# ours" in text(acme, DEPLOYMENT)
    assert deployment["template"]["spec"]["containers"][0]["image"] == "ghcr.io/acme/web:2"
    assert deployment["replicas"] == (3 if known_by == "git" else 1)
    after = yaml.safe_load(text(acme, SERVICE))["spec"]["ports"]
    assert after[:2] == before
    assert (after[2]["name"], after[2]["port"], after[2]["nodePort"] > 30000) == ("admin", 8082, True)
    assert "# for the operators" in text(acme, SPEC)
    assert yaml.safe_load(text(acme, SPEC))["spec"]["ports"][2] == {
        "name": "admin", "port": 8082, "targetPort": 7000, "nodePort": after[2]["nodePort"], "protocol": "TCP",
    }  # fmt: skip
    assert "not at hand" not in done.stdout
    assert update(acme).stdout == "1 app: 1 unchanged\n"


def test_without_the_spec_of_then_it_says_so_and_writes_nothing(acme):
    shutil.rmtree(acme.folder / ".git")
    (acme.folder / ".git").mkdir()
    edit(acme, DEPLOYMENT, ("  replicas: 1\n", "  replicas: 2\n"))
    edit(acme, SPEC, ("  replicas: 1\n", "  replicas: 3\n"))
    before = acme.files()
    done = update(acme, code=1)

    assert acme.files() == before
    assert "what it said before is neither in git's history nor in the manifests" in done.stdout
    assert f"{DEPLOYMENT}:10: conflict: differs from what the pack makes now" in done.stdout
    difference = update(acme, "--diff", code=1).stdout
    assert "-  replicas: 2\n+  replicas: 3\n" in difference
    assert acme.files() == before
    update(acme, "--conflict", "theirs")
    assert "replicas: 3" in text(acme, DEPLOYMENT)


def test_an_app_spec_without_a_digest_is_taken_as_unknown(acme):
    lines = text(acme, SPEC).splitlines(keepends=True)
    acme.write(SPEC, "".join(re.sub(r', digest: "?[0-9a-f]+"?', "", one) for one in lines if "rendered" not in one))
    edit(acme, DEPLOYMENT, ("cpu: 500m", "cpu: 900m"))
    done = update(acme, code=1)

    assert "the App spec does not say which pack rendered it" in done.stdout
    assert "cpu: 900m" in text(acme, DEPLOYMENT)


def test_another_output_folder_is_refused_until_the_files_are_moved(acme):
    edit(acme, SPEC, ("  output: web\n", "  output: k8s/web\n"))
    done = update(acme, code=2)

    assert "the output folder is k8s/web now, and the files are in web" in done.stderr
    assert "hint: move them first: git mv web k8s/web" in done.stderr
    (acme.folder / "k8s").mkdir()
    git(acme, "mv", "web", "k8s/web")
    assert update(acme).stdout == f"updated   {SPEC}\n1 app: 1 updated\n"


# --- old packs -------------------------------------------------------------------------------------------------------


def test_an_old_pack_that_is_nowhere_is_said_and_nothing_is_guessed(acme):
    new_version(acme, HISTORY)
    update(acme)
    # version 2 was never committed, and now there is another one
    edit(acme, f"{PACK}/deployment.yaml.j2", ("revisionHistoryLimit: 3", "revisionHistoryLimit: 5"))
    before = acme.files()
    done = update(acme, code=1)

    assert acme.files() == before
    assert "web: pack 'acme' as it was then (version 2) is not at hand" in done.stdout


def test_a_pack_that_extends_another_of_the_project_is_found_as_it_was(acme):
    acme.write(".svcgen/templates/team/pack.yaml", 'title: ours\nversion: "1"\nextends: acme\n')
    acme.run("new", "api", "--image", "a/api:1", "-p", "http=80", "-t", "team", "--no-input")
    commit(acme)
    edit(acme, "api/deployment.yaml", ("cpu: 500m", "cpu: 900m"))
    new_version(acme, HISTORY)
    acme.write(".svcgen/templates/team/pack.yaml", 'title: ours\nversion: "2"\nextends: acme\n')
    commit(acme)
    update(acme, "api")

    assert "revisionHistoryLimit: 3" in text(acme, "api/deployment.yaml")
    assert "cpu: 900m" in text(acme, "api/deployment.yaml")
    assert "revisionHistoryLimit" not in text(acme, DEPLOYMENT)


def test_another_version_of_a_pack_in_a_repository_is_taken_over(project, tmp_path):
    source = type(project)(tmp_path / "packs")
    shutil.copytree(ROOT / "tests/commands/acme", source.folder / "web")
    git(source, "init", "-q")
    commit(source)
    git(source, "tag", "v1")
    edit(source, "web/deployment.yaml.j2", HISTORY)
    edit(source, "web/pack.yaml", ('version: "1"', 'version: "2"'))
    commit(source)
    git(source, "tag", "v2")
    url = f"git+file://{source.folder}"
    done = project.run(*WEB, "-t", f"{url}@v1#web")
    assert done.returncode == 0, done.stderr
    edit(project, DEPLOYMENT, ("cpu: 500m", "cpu: 900m"))
    update(project, "-t", f"{url}@v2#web")

    assert "revisionHistoryLimit: 3" in text(project, DEPLOYMENT)
    assert "cpu: 900m" in text(project, DEPLOYMENT)
    assert f"commit: {git(source, 'rev-parse', 'v2').strip()}" in text(project, SPEC).replace('"', "")
    assert update(project).stdout == "1 app: 1 unchanged\n"


def test_an_earlier_version_of_a_built_in_pack_is_found_beside_it(project, tmp_path):
    """The mechanism: a svcgen whose `default` is version 2, with version 1 below templates/.versions."""
    svcgen = tmp_path / "svcgen"
    shutil.copytree(ROOT / "scaffold", svcgen / "scaffold", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "templates", svcgen / "templates")
    assert project.run(*WEB).returncode == 0
    edit(project, DEPLOYMENT, ("cpu: 500m", "cpu: 900m"))
    version = yaml.safe_load((svcgen / "templates/default/pack.yaml").read_text())["version"]
    shutil.copytree(svcgen / "templates/default", svcgen / f"templates/.versions/default/{version}")
    pack = type(project)(svcgen)
    edit(pack, "templates/default/pack.yaml", (f'version: "{version}"', 'version: "99"'))
    edit(pack, "templates/default/deployment.yaml.j2", ("cpu: 100m", "cpu: 150m"))
    done = update(project, env={"PYTHONPATH": str(svcgen)})

    assert f"merged    {DEPLOYMENT}" in done.stdout
    assert ("cpu: 900m" in text(project, DEPLOYMENT), "cpu: 150m" in text(project, DEPLOYMENT)) == (True, True)


def test_an_app_moves_to_another_pack_and_answers_that_it_does_not_ask_for_are_named(acme):
    edit(acme, DEPLOYMENT, ("cpu: 500m", "cpu: 900m"))
    acme.run("new", "api", "--image", "a/api:1", "-p", "http=80", "-t", "acme", "--set", "probe=none", "--no-input")
    acme.write(
        ".svcgen/templates/bare/pack.yaml",
        'title: bare\nversion: "7"\nfiles:\n'
        "  - {path: service.yaml, template: service.yaml.j2}\n"
        "  - {path: deployment.yaml, template: deployment.yaml.j2}\n"
        "questions:\n  - {name: team, help: who owns it}\n",
    )
    for name in ("service", "deployment"):
        body = text(acme, f"{PACK}/{name}.yaml.j2")
        body = re.sub(r"\{% set probed.*?\{% endif %\}\n(?=          resources)", "", body, flags=re.DOTALL)
        acme.write(
            f".svcgen/templates/bare/{name}.yaml.j2", body.replace("spec:\n", "  # {{ answers.team }}\nspec:\n", 1)
        )
    missing = update(acme, "-t", "bare", code=2)
    assert "add --set team=VALUE" in missing.stderr
    done = update(acme, "-t", "bare", "--set", "team=shop")

    assert "note: api: pack bare does not ask for probe, its answer is left out" in done.stderr
    assert 'template: {pack: bare, version: "7"' in text(acme, SPEC)
    assert ("cpu: 900m" in text(acme, DEPLOYMENT), "# shop" in text(acme, DEPLOYMENT)) == (True, True)
    assert update(acme).stdout == "2 apps: 2 unchanged\n"


def test_a_secret_is_asked_for_by_its_flag_and_never_saved(acme):
    edit(acme, f"{PACK}/pack.yaml", ("questions:\n", "questions:\n  - {name: token, secret: true}\n"))
    edit(acme, f"{PACK}/deployment.yaml.j2", ("spec:\n  replicas", "  # {{ answers.token }}\nspec:\n  replicas"))
    assert "--set token=VALUE" in update(acme, code=2).stderr
    assert "s3cret" not in update(acme, "--set", "token=s3cret", "--diff").stdout
    update(acme, "--set", "token=s3cret")
    assert "# s3cret" in text(acme, DEPLOYMENT)
    assert "s3cret" not in text(acme, SPEC)


def test_a_value_that_the_pack_locks_now_is_filled_in_and_said(acme):
    acme.write(
        f"{PACK}/pack.yaml",
        text(acme, f"{PACK}/pack.yaml") + "policy:\n  - {locked: {replicas: 2}, text: two of each}\n",
    )
    done = update(acme)

    assert "note: web: replicas is 2, not 1: pack acme locks it" in done.stderr
    assert "  replicas: 2\n" in text(acme, DEPLOYMENT)
    assert "  replicas: 2\n" in text(acme, SPEC)


def test_a_label_that_the_pack_requires_now_is_given_by_its_flag(acme):
    policy = "policy:\n  - {required_labels: [team], text: every app names its team}\n"
    acme.write(f"{PACK}/pack.yaml", text(acme, f"{PACK}/pack.yaml") + policy)
    missing = update(acme, code=2)
    assert "every app names its team; web has no label team\nhint: add -l team=VALUE" in missing.stderr
    update(acme, "-l", "team=shop")

    assert "    team: shop\n" in text(acme, SERVICE)
    assert yaml.safe_load(text(acme, SPEC))["metadata"]["labels"] == {"team": "shop"}


def test_without_git_an_edited_spec_is_still_applied(acme, tmp_path):
    edit(acme, SPEC, ("ghcr.io/acme/web:1", "ghcr.io/acme/web:2"))
    empty = tmp_path / "no-programs"
    empty.mkdir()
    update(acme, env={"PATH": str(empty)})

    assert "ghcr.io/acme/web:2" in text(acme, DEPLOYMENT)


def test_an_environment_more_gets_numbers_of_its_own_and_those_of_the_others_stay(project):
    done = project.run(*WEB, "-t", "kustomize", "--set", "environments=dev,prod")
    assert done.returncode == 0, done.stderr
    before = yaml.safe_load(text(project, SPEC))["spec"]["ports"]
    edit(project, "web/overlays/dev/kustomization.yaml", ("patches:\n", "# ours\npatches:\n"))
    dev = text(project, "web/overlays/dev/kustomization.yaml")
    done = update(project, "--set", "environments=dev,prod,stage")

    assert done.stdout.splitlines()[:2] == [
        "created   web/overlays/stage/kustomization.yaml",
        "created   web/overlays/stage/service.yaml",
    ]
    after = yaml.safe_load(text(project, SPEC))["spec"]["ports"]
    for one, other in zip(before, after, strict=True):
        assert {**other["nodePorts"], **one["nodePorts"]} == other["nodePorts"]
        assert set(other["nodePorts"]) == {"dev", "prod", "stage"}
    assert text(project, "web/overlays/dev/kustomization.yaml") == dev
    assert update(project).stdout == "1 app: 1 unchanged\n"


def test_a_chart_that_was_edited_takes_a_changed_spec(project):
    os.rmdir(project.folder / ".git")
    git(project, "init", "-q")
    assert project.run(*WEB, "-t", "helm").returncode == 0
    commit(project)
    edit(project, "web/templates/deployment.yaml", ("kind: Deployment\n", "kind: Deployment\n# ours\n"))
    edit(project, "web/values.yaml", ("replicaCount: 1", "replicaCount: 5"))
    edit(project, SPEC, ("ghcr.io/acme/web:1", "ghcr.io/acme/web:2"))
    update(project)

    assert "# ours" in text(project, "web/templates/deployment.yaml")
    values = yaml.safe_load(text(project, "web/values.yaml"))
    assert (values["replicaCount"], values["image"]["tag"]) == (5, "2")
    assert update(project).stdout == "1 app: 1 unchanged\n"


# --- flags -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "code"),
    [(["--check"], 1), (["--diff"], 0), (["--dry-run"], 0), (["--dry-run=client"], 0), (["--diff", "--check"], 1)],
)
def test_looking_writes_nothing(acme, flags, code):
    new_version(acme, HISTORY)
    before = acme.files()
    done = update(acme, *flags, code=code)

    assert acme.files() == before
    assert "1 app: 1 updated" in done.stdout + done.stderr
    if "--diff" in flags:
        assert "+  revisionHistoryLimit: 3" in done.stdout
        assert "1 app" not in done.stdout


def test_only_the_named_apps_are_updated(acme):
    acme.run("new", "api", "--image", "a/api:1", "-p", "http=80", "-t", "acme", "-n", "shop", "--no-input")
    new_version(acme, HISTORY)
    done = update(acme, "shop/api")

    assert done.stdout.endswith("1 app: 1 updated\n")
    assert "revisionHistoryLimit" not in text(acme, DEPLOYMENT)
    assert "revisionHistoryLimit" in text(acme, "api/deployment.yaml")


def test_a_variable_that_is_set_for_new_moves_no_app(acme):
    before = acme.files()

    assert update(acme, env={"SVCGEN_TEMPLATE": "default", "SVCGEN_LABEL": "a=b"}).stdout == "1 app: 1 unchanged\n"
    assert acme.files() == before


def test_two_apps_of_one_name_want_the_namespace(acme):
    acme.run("new", "web", "--image", "a/web:1", "-p", "http=80", "-n", "shop", "-d", "shop", "--no-input")
    done = update(acme, "web", code=2)

    assert "'web' is default/web and shop/web" in done.stderr
    update(acme, "shop/web")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["wbe"], "there is no saved app 'wbe'\nhint: did you mean web?", id="a-name-that-is-not-there"),
        pytest.param(["--conflict", "their"], "did you mean theirs?", id="an-unknown-choice"),
        pytest.param(["-t", "acne"], "there is no pack 'acne'", id="an-unknown-pack"),
        pytest.param(["-l", "te am=shop"], "label name 'te am' must hold only letters", id="a-label-of-no-form"),
        pytest.param(["--set", "probed=x"], "has no question 'probed'", id="an-answer-to-no-question"),
    ],
)
def test_what_cannot_be_done_is_said(acme, words, said):
    before = acme.files()

    assert said in update(acme, *words, code=2).stderr
    assert acme.files() == before


def test_a_project_without_apps_is_no_success(project):
    done = update(project, code=2)

    assert "there is no saved app in .svcgen/apps" in done.stderr


def test_from_a_folder_below_paths_are_shown_from_there(acme):
    new_version(acme, HISTORY)
    done = update(acme, cwd=acme.folder / "web")

    assert done.stdout.startswith("updated   deployment.yaml\n")


def test_a_kill_half_way_is_mended_by_the_next_run(acme):
    """The App spec is written last: whatever is there when the power goes, the next run completes it."""
    edit(acme, DEPLOYMENT, ("cpu: 500m", "cpu: 900m"))
    config_map(acme)
    new_version(acme, HISTORY)
    before = acme.files()
    update(acme)
    after = acme.files()
    changed = [path for path in after if after[path] != before.get(path)]
    assert changed[-1] != SPEC or len(changed) == 3
    for count in range(len(changed)):
        for path in changed:
            target = acme.folder / path
            if path in before:
                target.write_bytes(before[path])
            else:
                target.unlink(missing_ok=True)
        done_first = [path for path in ("web/service.yaml", DEPLOYMENT, "web/extra.yaml") if path in changed][:count]
        for path in done_first:
            acme.write(path, after[path])
        update(acme)
        assert acme.files() == after


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_leaves_everything_as_it_was(acme):
    spec = "spec:\n  image: a/b:1\n  ports: [{name: http, targetPort: 80}]\n"
    head = "apiVersion: svcgen/v1\nkind: App\nmetadata:"
    specs = "---\n".join(f"{head} {{name: app-{at}}}\n{spec}" for at in range(150))
    acme.write("specs.yaml", specs)
    done = acme.run("new", "-f", "specs.yaml", "-t", "acme", "--no-input")
    assert done.returncode == 0, done.stderr
    new_version(acme, HISTORY)
    before = acme.files()
    terminal = Terminal(acme.folder, "update")
    terminal.wait_for("updating")
    terminal.child.kill(signal.SIGINT)
    code = terminal.end()

    assert code == 130
    assert acme.files() == before
    assert "nothing was written" in terminal.text
