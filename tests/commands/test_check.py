"""`svcgen check`, run for real in a folder."""

from __future__ import annotations

import json
import os
import subprocess
from unittest.mock import ANY

import pytest

from tests import real_helm
from tests.checks.test_engine import service, workload
from tests.real_kubectl import kubectl

API = service("api", node_port=30080, namespace="shop")
WEB = service("web", node_port=30080, namespace="shop")


FLUX = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web}\n"
ARGO = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\n"
CHOSEN = "type: ClusterIP\n  selector: {app: web}"
TEMPLATE = workload("web-redis", labels="app: web-redis").replace("8080", "{{ .Values.port }}")


def check(project, *words, **more):
    """`svcgen check -o json`, its exit code and what it said."""
    done = project.run("check", "-o", "json", *words, **more)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


class TestText:
    def test_a_finding_shows_place_line_relation_and_mend(self, project):
        project.write("k8s/api/service.yaml", API)
        project.write("k8s/web/service.yaml", WEB)
        done = project.run("check")
        assert done.returncode == 1
        assert done.stderr == ""
        assert done.stdout == (
            "k8s/web/service.yaml:11:17: error: nodePort 30080 is already held by shop/api [node-port-taken]\n"
            "          nodePort: 30080\n"
            "                    ^\n"
            "  also: k8s/api/service.yaml:11:17\n"
            "  hint: write a free one, such as 30000; folders for different clusters: "
            "name them under clusters in .svcgen/config.yaml\n"
            "2 files, 2 services, 1 error\n"
        )

    def test_what_a_test_expects_to_see_holds_no_node_port(self, project):
        project.write("k8s/api.yaml", API)
        project.write("tests/00-assert.yaml", WEB)
        code, told = check(project)

        assert (code, told["findings"]) == (0, [])
        assert [place["path"] for place in told["not_judged"]] == ["tests/00-assert.yaml"]

    def test_what_a_test_of_chainsaw_asserts_is_not_judged(self, project):
        steps = (
            "spec:\n  steps:\n    - try:\n        - apply: {file: web.yaml}\n        - assert: {file: ready/svc.yaml}\n"
        )
        head = "# one document is not all\nkind: Test\n---\n"
        project.write("e2e/web/chainsaw-test.yaml", f"{head}{steps}        - error:\n            file: gone.yaml\n")
        for name in ("web.yaml", "ready/svc.yaml", "gone.yaml"):
            project.write(f"e2e/web/{name}", service())
        _, told = check(project)

        assert [one["path"] for one in told["findings"]] == ["e2e/web/web.yaml"]
        assert [place["path"] for place in told["not_judged"]] == ["e2e/web/gone.yaml", "e2e/web/ready/svc.yaml"]

    @pytest.mark.parametrize("number", ["1", "01", "100"])
    def test_what_a_step_of_kuttl_waits_for_is_not_judged(self, project, number):
        step = "apiVersion: kuttl.dev/v1beta1\nkind: TestStep\napply: [files/new.yaml]\n"
        project.write(f"e2e/{number}-pause.yaml", f"{step}assert: [files/seen.yaml]\nerror: [../gone.yaml, 3]\n")
        for name in ("e2e/files/new.yaml", "e2e/files/seen.yaml", "gone.yaml", "e2e/02-web.yaml"):
            project.write(name, service())
        _, told = check(project)

        assert {one["path"] for one in told["findings"]} == {"e2e/files/new.yaml", "e2e/02-web.yaml"}
        assert [place["path"] for place in told["not_judged"]] == ["e2e/files/seen.yaml", "gone.yaml"]

    def test_what_a_kustomization_names_in_a_comment_only_is_switched_off(self, project):
        for name in ("a/off.yaml", "a/on.yaml", "a/dev/off.yaml", "b/used.yaml", "b/far.yaml"):
            project.write(name, service())
        off = "#- off.yaml\n#  - path: dev/off.yaml\n# - ../b/far.yaml\n# - none.yaml\n"
        project.write("a/kustomization.yaml", f"resources:\n- on.yaml\n{off}")
        project.write("b/kustomization.yaml", "#- used.yaml\nresources: []\n")
        project.write("c/kustomization.yaml", "resources: [../b/used.yaml]\n")
        _, told = check(project)

        assert {one["path"] for one in told["findings"]} == {"a/on.yaml", "b/used.yaml", "b/far.yaml"}
        assert [place["path"] for place in told["not_judged"]] == ["a/dev/off.yaml", "a/off.yaml"]

    @pytest.mark.parametrize(
        "unread",
        {
            "a template": TEMPLATE,
            "no YAML": TEMPLATE.replace("{{ .Values.port }}", "80}]\nPORT\n"),
            "JSON": '{"kind": "Deployment", "x": {{ .x }}, "labels": {"app":"web-redis"}, "name": "web-redis"}',
        }.values(),
    )
    def test_what_may_stand_in_a_file_that_could_not_be_read_is_not_missing(self, project, unread):
        """A near miss is none where the object that is meant may be in a template."""
        selecting = "type: ClusterIP\n  selector: {app: web-redis}"
        alone = service("web-redis").replace("type: NodePort", selecting).replace("nodePort: 40000", "targetPort: 80")
        project.write("a/svc.yaml", alone)
        project.write("a/web.yaml", workload("frontend"))
        target = "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: frontends}"
        project.write(
            "a/hpa.yaml",
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n"
            f"spec: {{maxReplicas: 2, {target}}}\n",
        )

        def found(*paths):
            return [(one["rule"], one["level"]) for one in check(project, *paths)[1]["findings"]]

        scaler, selector = ("autoscaler-target", "warning"), ("selector-unmatched", "error")
        assert found() == [scaler, selector]
        project.write("b/redis.yaml", unread)
        assert found() == found("a") == [scaler]
        assert check(project, "a")[1]["not_judged"] == []
        project.write("b/redis.yaml", unread.replace("web-redis", "frontends"))
        assert found() == [selector]

    def test_a_service_in_a_template_is_there(self, project):
        project.write("web.yaml", service("frontend").replace("nodePort: 40000", "targetPort: 80"))
        backend = "{service: {name: frontends, port: {number: 80}}}"
        project.write(
            "ingress.yaml",
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\n"
            f"spec: {{defaultBackend: {backend}}}\n",
        )
        assert [one["rule"] for one in check(project)[1]["findings"]] == ["backend-unmatched"]
        project.write("b.yaml", service("frontends").replace("nodePort: 40000", "nodePort: {{ .Values.port }}"))
        assert check(project)[1]["findings"] == []

    @pytest.mark.parametrize(
        ("app", "silent"),
        [
            (FLUX + "spec: {path: './apps/${CLUSTER}/web', targetNamespace: shop}\n", True),
            (FLUX + "spec: {targetNamespace: shop}\n", True),
            (FLUX + "spec: {path: ./apps/main/web}\n", False),
            (FLUX + "spec: {path: ./apps/main/we, targetNamespace: shop}\n", False),
            (ARGO + "spec: {source: {path: apps/main/web}, destination: {namespace: shop}}\n", True),
            (ARGO + "spec: {sources: [{chart: x}, {path: apps}], destination: {namespace: shop}}\n", True),
            (ARGO + "spec: {source: {path: apps/main/web}, destination: {name: in-cluster}}\n", False),
            (ARGO + "spec: {source: {path: web}, destination: {namespace: shop}}\n", False),
            (
                ARGO.replace("Application", "ApplicationSet")
                + "spec:\n  generators: [{list: {elements: [{path: apps/main/web}]}}]\n"
                "  template: {spec: {source: {path: '{{path}}'}, destination: {namespace: '{{namespace}}'}}}\n",
                True,
            ),
            (
                ARGO.replace("Application", "ApplicationSet")
                + "spec:\n  generators: [{git: {directories: [{path: apps/*/web}]}}]\n"
                "  template: {spec: {source: {path: '{{path}}/x/y'}, destination: {namespace: shop}}}\n",
                True,
            ),
        ],
    )
    def test_a_namespace_that_flux_or_argo_cd_writes_is_no_near_miss(self, project, app, silent):
        namespace = "metadata: {name: web, namespace: shop}"
        project.write("apps/main/web/deployment.yaml", workload())
        project.write(
            "apps/main/web/more.yaml",
            service(namespace="shop").replace("nodePort: 40000", "targetPort: 80").replace("type: NodePort", CHOSEN)
            + f"---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n{namespace}\nspec:\n"
            "  maxReplicas: 2\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n",
        )
        project.write(
            "apps/main/web/ingress.yaml",
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\n"
            "spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}\n",
        )
        project.write("clusters/app.yaml", app)
        found = {(one["rule"], one["level"]) for one in check(project)[1]["findings"]}

        assert found == (set() if silent else {("backend-unmatched", "warning"), ("selector-unmatched", "warning")})

    def test_the_folder_that_argo_cd_names_is_that_of_the_disk(self, project):
        project.write("apps/größe/deployment.yaml", workload())
        text = service(namespace="shop").replace("nodePort: 40000", "targetPort: 80").replace("type: NodePort", CHOSEN)
        project.write("apps/größe/service.yaml", text)
        project.write("app.yaml", ARGO + "spec: {source: {path: apps/größe}, destination: {namespace: shop}}\n")
        for env in ({}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}):
            assert check(project, "--rule", "selector-unmatched", env=env)[1]["findings"] == []

    def test_a_file_that_begins_with_a_template_is_no_json(self, project):
        project.write("web.yaml", "{{ if .on }}\n---\n" + workload())
        assert check(project)[1]["not_judged"] == []

    @pytest.mark.parametrize(
        "patch",
        [
            "patches: [{path: ports.yaml, target: {kind: Deployment}}]",
            "patchesJson6902: [{path: ports.yaml, target: {kind: Deployment}}]",
            "patches:\n- target: {kind: Deployment}\n  patch: |-\n    - {op: add, path: /a/-, value: {name: https}}",
        ],
    )
    def test_a_port_that_a_patch_of_any_form_speaks_of_is_there(self, project, patch):
        project.write("base/web.yaml", workload())
        spoken_of = "spec:\n  selector: {app: web}"
        project.write(
            "base/svc.yaml",
            service().replace("spec:", spoken_of).replace("port: 80", "port: 80\n      targetPort: https"),
        )
        project.write("over/ports.yaml", "- {op: add, path: /spec/ports/-, value: {name: https, containerPort: 443}}\n")
        project.write("over/kustomization.yaml", f"resources: [../base/web.yaml]\n{patch}\n")
        assert "target-port-unmatched" not in {one["rule"] for one in check(project)[1]["findings"]}
        project.write("over/kustomization.yaml", f"resources: [../base/svc.yaml]\n{patch}\n")
        assert "target-port-unmatched" in {one["rule"] for one in check(project)[1]["findings"]}

    def test_what_a_test_wants_to_be_refused_is_not_judged(self, project):
        steps = (
            "spec:\n  steps:\n    - try:\n        - apply: {file: good.yaml, expect: [{check: {($error): null}}]}\n"
            "        - apply:\n            file: ../bad.yaml\n            expect: [{check: {($error != null): true}}]\n"
        )
        project.write("e2e/web/chainsaw-test.yaml", steps)
        for name in ("e2e/web/good.yaml", "e2e/bad.yaml"):
            project.write(name, service())
        _, told = check(project)

        assert [one["path"] for one in told["findings"]] == ["e2e/web/good.yaml"]
        assert [place["path"] for place in told["not_judged"]] == ["e2e/bad.yaml"]

    @pytest.mark.parametrize("head", ["name: web", "apiVersion: cli.kyverno.io/v1alpha1\nkind: Test"])
    def test_what_a_test_of_kyverno_reads_is_not_judged(self, project, head):
        resources = "[resource.yaml, more/pods.yaml, ../k8s/web.yaml]"
        project.write("policy/kyverno-test.yaml", f"{head}\npolicies: [policy.yaml]\nresources: {resources}\n")
        for name in ("policy/resource.yaml", "policy/more/pods.yaml", "k8s/web.yaml", "policy/web.yaml"):
            project.write(name, service())
        _, told = check(project)

        assert {one["path"] for one in told["findings"]} == {"k8s/web.yaml", "policy/web.yaml"}
        assert [place["path"] for place in told["not_judged"]] == ["policy/more/pods.yaml", "policy/resource.yaml"]

    @pytest.mark.parametrize(
        ("where", "filled"),
        [
            ("spec.rules.0.host", True),
            ("spec.rules.*.host", True),
            ("spec.rules.[host=TO_COME].host", True),
            ("spec.rules", True),
            ("spec.rules.1.host", False),
            ("spec.rules.0.ho", False),
        ],
    )
    @pytest.mark.parametrize("apart", [False, True])
    def test_what_a_replacement_fills_in_is_no_finding(self, project, where, filled, apart):
        path = "{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}"
        rules = f"[{{host: TO_COME, http: {{paths: [{path}]}}}}]"
        head = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\n"
        project.write("base/ingress.yaml", f"{head}spec: {{rules: {rules}}}\n")
        source = "source: {kind: ConfigMap, name: a, fieldPath: data.host}"
        one = f"{{{source}, targets: [{{select: {{kind: Ingress}}, fieldPaths: ['{where}']}}]}}"
        project.write("base/to.yaml", f"{one}\n")
        listed = "{path: to.yaml}" if apart else one
        project.write("base/kustomization.yaml", f"resources: [ingress.yaml]\nreplacements: [{listed}]\n")
        _, told = check(project)

        assert ["ingress-invalid"] * (not filled) == [one["rule"] for one in told["findings"]]

    def test_nothing_wrong(self, project):
        project.write("a.yaml", API)
        done = project.run("check")
        assert (done.returncode, done.stdout, done.stderr) == (0, "1 file, 1 service, nothing wrong\n", "")

    @pytest.mark.parametrize(
        "namespace",
        [
            "kind: Namespace\nmetadata: {name: {{ .Values.name }}}\n",
            "kind: Namespace\nmetadata: {name: &a [*a]}\n",
            "kind: Namespace\nmetadata: [\n",
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n$patch: delete\n",
            "apiVersion: v1\nkind: Namespace\nmetadata: {annotations: {a: 'kind: Service'}}\n{{ more }}: [\n",
            "apiVersion: example.org/v1\nkind: Namespace\nmetadata: {name: web}\n",
        ],
    )
    def test_a_namespace_is_not_counted_and_nobody_misses_one_that_cannot_be_read(self, project, namespace):
        project.write("a.yaml", API)
        project.write("chart/namespace.yaml", namespace)
        project.write("namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
        code, told = check(project)
        assert code == 0
        wanted = {"files": 3, "documents": 1, "services": 1, "workloads": 0, "errors": 0, "not_judged": 0}
        assert {key: told["summary"][key] for key in wanted} == wanted

    def test_what_cannot_be_judged_is_named_on_stderr_and_is_no_alarm(self, project):
        for number in range(12):
            project.write(f"chart/{number:02}.yaml", "kind: Service\nmetadata: {name: {{ .Values.name }}}\n")
        done = project.run("check")
        assert done.returncode == 0
        assert done.stdout == "12 files, 0 services, nothing found in the rest; not judged: 12 places\n"
        lines = done.stderr.splitlines()
        assert len(lines) == 11
        assert lines[0].startswith("not judged: chart/00.yaml:")
        assert lines[-1] == "not judged: and 2 more"

    @pytest.mark.parametrize(
        ("words", "env", "coloured"),
        [
            ((), {}, False),
            (("--color", "always"), {"NO_COLOR": "1"}, True),
            ((), {"FORCE_COLOR": "1"}, True),
            ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
            (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        ],
    )
    def test_colour(self, project, words, env, coloured):
        project.write("a.yaml", service())
        assert ("\x1b[31merror" in project.run("check", *words, env=env).stdout) is coloured

    def test_a_manifest_cannot_move_the_cursor(self, project):
        project.write("a.yaml", service('"we\\eb\\nx"', node_port=30000) + "---\n" + service("z", node_port=30000))
        out = project.run("check").stdout
        assert "\x1b" not in out
        assert "we\\x1b" in out

    def test_an_ascii_terminal_is_no_reason_to_fail(self, project):
        project.write("é.yaml", service("wéb"))
        done = project.run("check", env={"PYTHONIOENCODING": "ascii"})
        assert done.returncode == 1
        assert "\\xe9.yaml" in done.stdout


class TestJson:
    def test_keys(self, project):
        project.write("api.yaml", API)
        project.write("web.yaml", WEB + "---\n" + workload())
        code, said = check(project)
        assert code == 1
        assert said["summary"] == {
            "files": 2,
            "documents": 3,
            "services": 2,
            "workloads": 1,
            "errors": 1,
            "warnings": 0,
            "infos": 0,
            "not_judged": 0,
            "suppressed": 0,
        }
        assert said["not_judged"] == []
        (found,) = said["findings"]
        assert found == {
            "rule": "node-port-taken",
            "effect": "refused",
            "level": "error",
            "message": "nodePort 30080 is already held by shop/api",
            "path": "web.yaml",
            "line": 11,
            "column": 17,
            "object": {"kind": "Service", "namespace": "shop", "name": "web"},
            "field": "spec.ports[0].nodePort",
            "hint": "write a free one, such as 30000",
            "template": None,
            "related": [{"path": "api.yaml", "line": 11, "column": 17}],
        }

    def test_what_was_not_judged(self, project):
        project.write("a.yaml", service(node_port="${PORT}"))
        code, said = check(project)
        assert code == 0
        assert said["findings"] == []
        assert said["summary"]["not_judged"] == 1
        (place,) = said["not_judged"]
        assert (place["path"], place["line"]) == ("a.yaml", 10)
        assert "template" in place["reason"]

    def test_unreadable_yaml_does_not_hide_its_neighbour(self, project):
        project.write("a.yaml", "kind: Service\n  bad: [\n---\n" + service())
        _, said = check(project)
        assert [one["rule"] for one in said["findings"]] == ["node-port-range"]
        assert len(said["not_judged"]) == 1


class TestPaths:
    def test_standard_input(self, project):
        code, said = check(project, "-", stdin=service())
        assert code == 1
        assert said["findings"][0]["path"] == "-"
        assert project.run("check", "-", stdin=service()).stdout.startswith("-:10:17: error: ")

    @pytest.mark.parametrize("text", ["", "\n\n"])
    @pytest.mark.parametrize("words", [("check", "-"), ("check", "-", "-o", "json"), ("explain", "-")])
    def test_a_pipe_that_brings_nothing_is_a_command_that_failed_before_it(self, project, words, text):
        done = project.run(*words, stdin=text)

        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "-: error: nothing came through stdin\nhint: run the command before the | alone\n"

    def test_findings_on_standard_input_show_the_line_and_follow_its_comments(self, project):
        text = project.run("check", "-", stdin=service()).stdout
        assert "nodePort" in text.splitlines()[1]
        assert text.splitlines()[2].strip() == "^"
        rule = text.splitlines()[0].rpartition("[")[2].rstrip("]")
        lines = service().split("\n")
        lines[9] += f" # svcgen:ignore {rule} on purpose"
        assert check(project, "-", stdin="\n".join(lines))[0] == 0

    def test_what_helm_renders(self, project):
        home = project.folder.parent
        assert real_helm.run("create", "web", home=home, cwd=project.folder).returncode == 0
        rendered = real_helm.run("template", "web", home=home, cwd=project.folder).stdout

        code, said = check(project, "-", stdin=rendered)
        assert (code, said["findings"]) == (0, [])
        assert (said["summary"]["services"], said["summary"]["not_judged"]) == (1, 0)
        _, said = check(project, "-", stdin=rendered.replace("targetPort: http", "targetPort: web"))
        (found,) = said["findings"]
        assert (found["rule"], found["hint"]) == ("target-port-unmatched", "did you mean http?")
        line = rendered.splitlines()[found["line"] - 1]
        assert line[found["column"] - 1 :] == "http"
        assert found["template"] == "web/templates/service.yaml"
        for output, shown in (
            ("text", "\n  from: web/templates/service.yaml\n"),
            ("github", "%0Afrom: web/templates/"),
        ):
            wrong = rendered.replace("targetPort: http", "targetPort: web")
            assert shown in project.run("check", "-", "-o", output, stdin=wrong).stdout

    def test_what_kubectl_kustomize_builds(self, project):
        project.write("base/web.yaml", f"{service('web')}---\n{workload()}")
        project.write("base/kustomization.yaml", "resources: [web.yaml]\n")
        project.write("prod/kustomization.yaml", "resources: [../base]\nnamespace: shop\nnamePrefix: prod-\n")
        built = subprocess.run(
            [kubectl(), "kustomize", "prod"], cwd=project.folder, capture_output=True, text=True, check=True, timeout=60
        ).stdout

        assert "name: prod-web" in built
        _, said = check(project, "-", stdin=built)
        (found,) = [one for one in said["findings"] if one["rule"] == "node-port-range"]
        assert found["object"] == {"kind": "Service", "namespace": "shop", "name": "prod-web"}
        assert built.splitlines()[found["line"] - 1].strip() == "nodePort: 40000"

    def test_what_kubectl_kustomize_builds_may_lie_in_the_tree(self, project):
        project.write("base/web.yaml", service("web", node_port=30080))
        project.write("base/kustomization.yaml", "resources: [web.yaml]\n")
        project.write("prod/kustomization.yaml", "resources: [../base]\nnamePrefix: prod-\nnameSuffix: -v2\n")
        built = subprocess.run(
            [kubectl(), "kustomize", "prod"], cwd=project.folder, capture_output=True, text=True, check=True, timeout=60
        ).stdout
        project.write("rendered/prod.yaml", built)
        assert check(project, "--rule", "node-port-taken") == (0, ANY)
        project.write("rendered/prod.yaml", built.replace("prod-web-v2", "prod-web"))
        _, said = check(project, "--rule", "node-port-taken")
        assert [one["path"] for one in said["findings"]] == ["rendered/prod.yaml"]

    def test_standard_input_stands_alone(self, project):
        project.write("a.yaml", API)
        assert check(project, "-", stdin=service("prefixed-api", node_port=30080))[0] == 0

    def test_a_file_is_judged_within_its_project(self, project):
        project.write(
            "k8s/web.yaml", WEB.replace("spec:", "spec:\n  selector: {app: web}").replace("port: 80", "port: 8080")
        )
        project.write(
            "apps/web.yaml", workload().replace("metadata: {name: web}", "metadata: {name: web, namespace: shop}")
        )
        project.write("zz/api.yaml", API + "---\n" + service("Bad"))
        code, said = check(project, "k8s/web.yaml")
        assert code == 1
        assert [(one["rule"], one["path"]) for one in said["findings"]] == [("node-port-taken", "k8s/web.yaml")]
        assert said["findings"][0]["related"][0]["path"] == "zz/api.yaml"
        assert said["summary"]["files"] == 1

    def test_without_a_project_only_the_path_is_read(self, project):
        (project.folder / ".git").rmdir()
        project.write("web.yaml", WEB)
        project.write("api.yaml", API)
        assert check(project, "web.yaml")[0] == 0

    def test_paths_are_shown_as_one_would_type_them(self, project):
        project.write("k8s/a.yaml", service())
        elsewhere = project.folder / "docs"
        elsewhere.mkdir()
        assert check(project, "../k8s", cwd=elsewhere)[1]["findings"][0]["path"] == "../k8s/a.yaml"
        assert check(project, "./k8s")[1]["findings"][0]["path"] == "k8s/a.yaml"
        assert check(project, "k8s/./a.yaml")[1]["findings"][0]["path"] == "k8s/a.yaml"

    def test_one_file_named_twice_is_judged_once(self, project):
        project.write("k8s/a.yaml", service())
        _, said = check(project, "k8s", "k8s/a.yaml", ".")
        assert len(said["findings"]) == 1

    @pytest.mark.parametrize("paths", [("k8s", "k8s/a.yaml", "."), (".", "k8s"), ("k8s/a.yaml", "./k8s/a.yaml", "k8s")])
    def test_one_file_named_twice_is_counted_once(self, project, paths):
        project.write("k8s/a.yaml", service())
        _, said = check(project, *paths)
        assert (said["summary"]["files"], said["summary"]["documents"]) == (1, 1)

    def test_from_a_folder_inside_a_file_has_one_name(self, project):
        project.write("k8s/a.yaml", service())
        _, said = check(project, ".", "..", "../k8s", cwd=project.folder / "k8s")
        assert [one["path"] for one in said["findings"]] == ["a.yaml"]
        assert said["summary"]["files"] == 1

    def test_what_a_link_inside_leads_to_has_one_name(self, project):
        project.write("k8s/kustomization.yaml", "resources: [a.yaml]\npatches: [{path: part.yaml}]\n")
        project.write("k8s/a.yaml", service())
        project.write("k8s/part.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {}\n")
        (project.folder / "link").symlink_to("k8s")
        (project.folder / "file.yaml").symlink_to("k8s/a.yaml")
        _, said = check(project, "link", "k8s", "file.yaml")
        assert [one["path"] for one in said["findings"]] == ["k8s/a.yaml"]
        assert said["summary"]["files"] == 3

    @pytest.mark.parametrize("folder", [".", "overlays", "overlays/dev"])
    def test_a_patch_is_a_patch_from_every_folder(self, project, folder):
        project.write("base/kustomization.yaml", "resources: [api.yaml]\n")
        project.write("base/api.yaml", API)
        project.write("overlays/dev/kustomization.yaml", "resources: [../../base]\npatches: [{path: part.yaml}]\n")
        project.write("overlays/dev/part.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {}\n")
        code, said = check(project, "--rule", "ports-missing", cwd=project.folder / folder)
        assert (code, said["findings"]) == (0, [])
        assert [one["path"].rpartition("/")[2] for one in said["not_judged"]] == ["part.yaml"]

    def test_two_projects_each_with_its_config(self, project):
        for name, low in (("one", 30000), ("two", 40000)):
            project.write(f"{name}/.svcgen/config.yaml", f"node_ports: {{range: {low}-{low + 100}}}\n")
            project.write(f"{name}/a.yaml", service(node_port=40000))
        _, said = check(project, "one", "two")
        assert [one["path"] for one in said["findings"] if one["level"] == "error"] == ["one/a.yaml"]
        assert said["summary"]["services"] == 2

    @pytest.mark.parametrize("path", ["gone", "gone.yaml", "k8s/gone"])
    def test_a_path_that_is_not_there(self, project, path):
        done = project.run("check", path)
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr == f"error: cannot read {path}: no such file or folder\n"

    def test_an_empty_path_is_shown(self, project):
        assert project.run("check", "").stderr == "error: cannot read '': no such file or folder\n"

    @pytest.mark.skipif(not os.path.isfile("/proc/self/mem"), reason="needs a file that even root cannot read")
    def test_a_file_that_cannot_be_read_is_named(self, project):
        (project.folder / "a.yaml").symlink_to("/proc/self/mem")
        done = project.run("check", "a.yaml")
        assert "nput/output error" in done.stderr + done.stdout
        assert "not judged: 1 place" in done.stdout


class TestFlags:
    def test_rules_are_chosen(self, project):
        project.write("a.yaml", service("Web"))
        assert [one["rule"] for one in check(project, "--rule", "name-invalid")[1]["findings"]] == ["name-invalid"]
        assert [one["rule"] for one in check(project, "--ignore", "name-invalid")[1]["findings"]] == ["node-port-range"]

    def test_no_rule_left_is_no_answer(self, project):
        project.write("a.yaml", service("Web"))
        done = project.run("check", "--rule", "name-invalid", "--ignore", "name-invalid")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error: --ignore takes away every rule that --rule names\nhint: ")

    def test_an_unknown_rule(self, project):
        done = project.run("check", "--rule", "node-port-takn")
        assert done.returncode == 2
        assert done.stderr == "error: no rule is called 'node-port-takn'\nhint: did you mean node-port-taken?\n"

    @pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 0), ("info", 1), ("never", 0)])
    def test_fail_on(self, project, level, code):
        project.write("a.yaml", service(node_port=31000))
        assert check(project, "--fail-on", level)[0] == code

    def test_never_fails(self, project):
        project.write("a.yaml", service())
        assert check(project, "--fail-on", "never")[0] == 0

    @pytest.mark.parametrize(
        "words", [("--fail-on", "fatal"), ("-o", "yaml"), ("--kube-version", "new"), ("--color", "x")]
    )
    def test_values_that_do_not_exist(self, project, words):
        done = project.run("check", *words)
        assert done.returncode == 2
        assert done.stdout == ""
        assert "error: " in done.stderr

    def test_kube_version(self, project):
        project.write("a.yaml", service("1web", node_port=30000))
        assert check(project, "--kube-version", "1.36")[0] == 0
        assert check(project, "--kube-version", "1.35")[0] == 1
        assert check(project)[0] == 0
        project.write(".svcgen/config.yaml", "check: {kube_version: '1.35'}\n")
        assert check(project)[0] == 1
        assert check(project, "--kube-version", "v1.36.1")[0] == 0

    @pytest.mark.parametrize(
        ("version", "code"), [("v1.35.4-eks-2d5f260", 1), ("v1.35.4+k3s1", 1), ("1.36+", 0), ("v1.36.1-gke.1014001", 0)]
    )
    def test_a_version_as_a_cluster_says_it(self, project, version, code):
        project.write("a.yaml", service("1web", node_port=30000))
        assert check(project, "--kube-version", version)[0] == code

    @pytest.mark.parametrize(
        ("version", "said"),
        [
            ("1.28", "note: Kubernetes 1.28 is older than what svcgen knows; fields are judged as 1.29 has them\n"),
            ("v1.99.1", "note: Kubernetes 1.99 is newer than what svcgen knows; fields are judged as 1.37 has them\n"),
            ("1.29", ""),
            ("1.37", ""),
        ],
    )
    @pytest.mark.parametrize("form", ["text", "json"])
    def test_a_version_that_svcgen_does_not_know_is_said(self, project, version, said, form):
        project.write("a.yaml", API)
        assert project.run("check", "-o", form, "--kube-version", version).stderr == said
        project.write(".svcgen/config.yaml", f"check: {{kube_version: '{version}'}}\n")
        assert project.run("check", "-o", form).stderr == said

    @pytest.mark.parametrize("version", ["2.0", "0.9", "1", "latest", "-1.36", "1.36.0.0"])
    def test_what_is_no_version(self, project, version):
        done = project.run("check", "--kube-version", version)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"'{version}' is no Kubernetes version" in done.stderr

    def test_node_port_range(self, project):
        project.write("a.yaml", service(node_port=40000))
        assert check(project)[0] == 1
        assert check(project, "--node-port-range", "40000-40100")[0] == 0

    def test_explain(self, project):
        done = project.run("check", "--explain", "node-port-taken")
        assert done.returncode == 0
        assert done.stdout.startswith("# node-port-taken\n")
        assert project.run("check", "--explain", "nothing").returncode == 2


class TestConfig:
    def test_clusters_and_their_ranges(self, project):
        project.write("overlays/dev/a.yaml", service("a", node_port=31000))
        project.write("overlays/prod/b.yaml", service("b", node_port=31000))
        assert check(project)[0] == 1
        clusters = "clusters: [{name: dev, paths: ['overlays/dev/**']}, {name: prod, paths: ['overlays/prod/**']%s}]\n"
        project.write(".svcgen/config.yaml", clusters % "")
        assert check(project)[0] == 0
        project.write(".svcgen/config.yaml", clusters % ", range: 30000-30500")
        _, said = check(project, cwd=project.folder / "overlays")
        assert [one["path"] for one in said["findings"] if one["level"] == "error"] == ["prod/b.yaml"]

    def test_one_address_for_two_services(self, project):
        fixed = "type: ClusterIP\n  clusterIP: 10.96.12.34"
        a = service("a").replace("type: NodePort", fixed)
        project.write("dev/a.yaml", a)
        project.write("prod/b.yaml", a.replace("name: a", "name: b"))
        taken = ["--rule", "address-taken"]
        assert check(project, *taken)[0] == 0
        project.write("prod/a.yaml", a)
        _, said = check(project, *taken)
        assert [(one["path"], one["related"][0]["path"]) for one in said["findings"]] == [
            ("prod/b.yaml", "prod/a.yaml")
        ]
        # the one that comes first is told where the other one is not judged
        _, said = check(project, *taken, "prod/a.yaml")
        assert [(one["path"], one["related"][0]["path"]) for one in said["findings"]] == [
            ("prod/a.yaml", "prod/b.yaml")
        ]
        (project.folder / "prod/a.yaml").unlink()
        clusters = "clusters: [{name: dev, paths: ['dev/**']}, {name: prod, paths: ['prod/**']}]\n"
        project.write(".svcgen/config.yaml", clusters)
        assert check(project, *taken)[0] == 0
        project.write(".svcgen/config.yaml", "clusters: [{name: dev, paths: ['dev/**', 'prod/**']}]\n")
        assert [one["path"] for one in check(project, *taken)[1]["findings"]] == ["prod/b.yaml"]

    def test_ignores(self, project):
        project.write("legacy/a.yaml", service())
        ignore = "check: {ignore: [{rule: node-port-range, paths: ['legacy/**'], reason: moved in Q3}]}\n"
        project.write(".svcgen/config.yaml", ignore)
        code, said = check(project)
        assert (code, said["summary"]["suppressed"]) == (0, 1)
        project.write("legacy/a.yaml", service(node_port=30000))
        _, said = check(project)
        assert [(one["rule"], one["path"]) for one in said["findings"]] == [
            ("unused-suppression", ".svcgen/config.yaml")
        ]

    def test_a_broken_config_is_an_error(self, project):
        project.write(".svcgen/config.yaml", "nodeports: {}\n")
        done = project.run("check")
        assert done.returncode == 2
        assert done.stderr.startswith(".svcgen/config.yaml:1:")

    def test_a_comment_sets_aside(self, project):
        project.write("a.yaml", service(more=" # svcgen:ignore node-port-range another cluster"))
        assert project.run("check").stdout == "1 file, 1 service, nothing wrong, 1 suppressed\n"

    def test_what_comes_through_a_pipe_is_not_told_to_be_of_no_use(self, project):
        text = service(node_port=30000, annotation='"node-port-taken: it moves in Q3"')
        assert project.run("check", "-", stdin=text).stdout == "1 file, 1 service, nothing wrong\n"
        project.write("a.yaml", text)
        assert "unused-suppression" in project.run("check").stdout

    def test_a_comment_in_utf_16_sets_aside(self, project):
        text = service(more=" # svcgen:ignore node-port-range another cluster")
        (project.folder / "a.yaml").write_bytes(text.encode("utf-16"))
        assert project.run("check").stdout == "1 file, 1 service, nothing wrong, 1 suppressed\n"


class TestKustomize:
    PATCH = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n"

    def test_patches_are_not_judged(self, project):
        project.write("base/kustomization.yaml", "resources: [web.yaml]\n")
        project.write("base/web.yaml", workload())
        project.write(
            "overlays/dev/kustomization.yaml", "resources: [../../base]\npatches: [{path: ../../patches/p.yaml}]\n"
        )
        project.write("patches/p.yaml", self.PATCH)
        code, said = check(project)
        assert code == 0
        assert [place["path"] for place in said["not_judged"]] == ["patches/p.yaml"]

    def test_labels_of_a_kustomization_make_selectors(self, project):
        project.write("base/web.yaml", workload().replace("  selector: {matchLabels: {app: web}}\n", ""))
        project.write("base/kustomization.yaml", "resources: [web.yaml]\n")
        assert check(project)[0] == 1
        project.write("dev/kustomization.yaml", "resources: [../base]\ncommonLabels: {app: web}\n")
        assert check(project)[0] == 0

    @pytest.mark.parametrize("name", ["kustomization.yml", "Kustomization"])
    @pytest.mark.parametrize(
        ("labels", "code"),
        [
            ("labels: [{pairs: {app: web}, includeTemplates: true}]", 0),
            ("labels: [{pairs: {app: web}, includeSelectors: true}]", 0),
            ("labels: [{pairs: {app: web}}]", 1),
        ],
    )
    def test_labels_of_templates_are_those_that_selectors_want(self, project, name, labels, code):
        text = workload().replace("metadata: {labels: {app: web}}", "metadata: {labels: {tier: front}}")
        selecting = service(node_port=30001).replace("spec:", "spec:\n  selector: {app: web}")
        project.write("base/web.yaml", f"{selecting.replace('port: 80', 'port: 8080', 1)}---\n{text}")
        project.write(f"base/{name}", f"resources: [web.yaml]\n{labels}\n")
        assert check(project)[0] == code

    @pytest.mark.parametrize("name", ["web", "other"])
    def test_a_selector_that_a_patch_mends_is_not_judged(self, project, name):
        selecting = service(node_port=30001).replace("spec:", "spec:\n  selector: {app: wbe}")
        project.write("base/web.yaml", f"{selecting}---\n{workload()}")
        project.write("base/kustomization.yaml", "resources: [web.yaml]\n")
        patch = f"{{target: {{name: {name}}}, patch: '[{{op: replace, path: /spec/selector/app, value: web}}]'}}"
        project.write("dev/kustomization.yaml", f"resources: [../base]\npatches: [{patch}]\n")
        found = [one["rule"] for one in check(project)[1]["findings"]]
        assert found == ["selector-unmatched"] * (name == "other")

    @pytest.mark.parametrize("name", ["web", "other"])
    def test_replicas_that_a_patch_takes_away_are_none(self, project, name):
        project.write("base/web.yaml", workload().replace("spec:", "spec:\n  replicas: 2", 1))
        project.write("base/kustomization.yaml", "resources: [web.yaml]\n")
        target = "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}"
        head = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}"
        project.write("dev/web.yaml", f"{head}\nspec: {{{target}, maxReplicas: 3}}\n")
        patch = f"{{target: {{name: {name}}}, patch: '[{{op: remove, path: /spec/replicas}}]'}}"
        project.write("dev/kustomization.yaml", f"resources: [../base, web.yaml]\npatches: [{patch}]\n")
        found = [one["rule"] for one in check(project)[1]["findings"]]
        assert found == ["autoscaler-replicas"] * (name == "other")

    @pytest.mark.parametrize(
        ("labels", "told"),
        [
            ("commonLabels: {app: shop}", 2),
            ("labels: [{pairs: {app: shop}, includeSelectors: true}]", 2),
            ("labels: [{pairs: {app: shop}}]", 0),
            ("commonLabels: {env: prod}", 0),
        ],
    )
    def test_a_label_written_over_what_tells_workloads_apart(self, project, labels, told):
        for name, number in (("web", 30001), ("db", 30002)):
            selecting = service(name, node_port=number).replace("spec:", f"spec:\n  selector: {{app: {name}}}")
            text = selecting.replace("port: 80\n", "port: 8080\n")
            project.write(f"base/{name}.yaml", f"{text}---\n{workload(name, f'app: {name}')}")
        project.write("base/kustomization.yaml", "resources: [web.yaml, db.yaml]\n")
        project.write("prod/kustomization.yaml", f"resources: [../base]\n{labels}\n")
        found = check(project)[1]["findings"]
        assert [one["rule"] for one in found] == ["selector-too-wide"] * told
        assert all("writes app: shop here, so the selector also fits" in one["message"] for one in found)

    def test_where_kustomize_writes_the_quotes_it_is_advice(self, project):
        text = service(node_port=30001).replace("name: web", "annotations: {port: 80, a: true}\n  name: web", 1)
        project.write("web.yaml", text.replace("name: web", "labels: {a: on, b: True}\n  name: web", 1))
        levels = ["error"] * 4
        assert [one["level"] for one in check(project)[1]["findings"]] == levels
        project.write("kustomization.yaml", "resources: [web.yaml]\n")
        levels[:3] = ["info"] * 3
        assert [one["level"] for one in check(project)[1]["findings"]] == levels

    @pytest.mark.parametrize(
        ("target", "told"), [("kind: Service, name: web", False), ("kind: Service", False), ("name: other", True)]
    )
    def test_node_ports_that_it_patches_are_not_held_against_what_lies_beside(self, project, target, told):
        project.write("base/web.yaml", service(node_port=30001))
        project.write("base/kustomization.yaml", "resources: [web.yaml]\n")
        project.write("dev/new.yaml", service("new", node_port=30001))
        patch = f"{{target: {{{target}}}, patch: '[{{op: remove, path: /spec/ports/0/nodePort}}]'}}"
        project.write("dev/kustomization.yaml", f"resources: [../base, new.yaml]\npatches: [{patch}]\n")
        said = check(project)[1]
        assert [one["rule"] for one in said["findings"]] == ["node-port-taken"] * told
        assert [one["path"] for one in said["not_judged"]] == ["dev/kustomization.yaml"]

    @pytest.mark.parametrize(
        ("patch", "told"),
        [
            ("{target: {kind: Service}, patch: '[{op: replace, path: /spec/ports/0/nodePort, value: 30009}]'}", False),
            ("{target: {name: web}, patch: '[{op: remove, path: /spec/ports/0}]'}", False),
            ("{target: {name: web}, patch: '[{op: replace, path: /spec/ports, value: [{port: 80}]}]'}", False),
            ("{path: part.yaml}", False),
            ("{target: {kind: Service}, patch: '[{op: replace, path: /spec/ports/1/nodePort, value: 30009}]'}", True),
            ("{target: {name: other}, patch: '[{op: remove, path: /spec/ports/0/nodePort}]'}", True),
            ("{target: {kind: Service}, patch: '[{op: replace, path: /spec/type, value: ClusterIP}]'}", True),
        ],
    )
    @pytest.mark.parametrize("plain", [False, True])
    @pytest.mark.parametrize("other", ["a.yaml", "z.yaml"])
    def test_a_node_port_that_every_overlay_replaces_is_held_by_nobody(self, project, patch, told, plain, other):
        project.write("base/web.yaml", service(node_port=30001))
        project.write("base/kustomization.yaml", "resources: [web.yaml]\n")
        project.write(other, service("new", node_port=30001))
        part = "kind: Service\napiVersion: v1\nmetadata: {name: web}\nspec: {ports: [{port: 80, nodePort: 30009}]}\n"
        project.write("dev/part.yaml", part)
        project.write("dev/kustomization.yaml", f"resources: [../base]\npatches: [{patch}]\n")
        project.write("prod/kustomization.yaml", f"resources: [../base]\n{'' if plain else f'patches: [{patch}]'}\n")
        project.write("prod/part.yaml", part)
        found = [one["rule"] for one in check(project, "--rule", "node-port-taken")[1]["findings"]]
        assert found == ["node-port-taken"] * (told or plain)

    @pytest.mark.parametrize(("port", "told"), [(8081, False), (8082, True)])
    def test_a_backend_may_be_a_port_that_a_patch_adds(self, project, port, told):
        project.write("base/web.yaml", service(node_port=30001))
        project.write("base/kustomization.yaml", "resources: [web.yaml]\n")
        backend = f"{{service: {{name: web, port: {{number: {port}}}}}}}"
        project.write(
            "dev/ingress.yaml",
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\n"
            f"spec: {{defaultBackend: {backend}}}\n",
        )
        patch = "{kind: Service, apiVersion: v1, metadata: {name: web}, spec: {ports: [{name: b, port: 8081}]}}"
        project.write(
            "dev/kustomization.yaml", f"resources: [../base, ingress.yaml]\npatches: [{{patch: '{patch}'}}]\n"
        )
        assert [one["rule"] for one in check(project)[1]["findings"]] == ["backend-unmatched"] * told

    @pytest.mark.parametrize("text", ["{", "- a", "patches: 3\nresources: {a: b}\n", "", "patches: [{}, 3, [a]]\n"])
    def test_an_odd_kustomization_says_nothing(self, project, text):
        project.write("kustomization.yaml", text)
        project.write("web.yaml", workload())
        assert check(project)[0] == 0
