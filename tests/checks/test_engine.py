"""The engine: which rules run on what, what is set aside, what is not judged, in which order."""

from __future__ import annotations

import pytest

from scaffold import checks
from scaffold.checks import _suppressions
from scaffold.config import Ignore
from scaffold.kustomize import Kustomized
from scaffold.model import Location, PortPolicy, Reserved


def service(name="web", *, node_port=40000, more="", annotation="", namespace=""):
    """A NodePort Service; 40000 is out of range."""
    notes = f"\n  annotations:\n    svcgen.dev/ignore: {annotation}" if annotation else ""
    where = f"\n  namespace: {namespace}" if namespace else ""
    return f"""\
apiVersion: v1
kind: Service
metadata:
  name: {name}{where}{notes}
spec:
  type: NodePort
  ports:
    - name: http
      port: 80
      nodePort: {node_port}{more}
"""


def workload(name="web", labels="app: web", kind="Deployment", api="apps/v1"):
    """A workload whose selector is right."""
    return f"""\
apiVersion: {api}
kind: {kind}
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{{labels}}}}}
  template:
    metadata: {{labels: {{{labels}}}}}
    spec:
      containers:
        - name: {name}
          image: nginx
          ports: [{{name: http, containerPort: 8080}}]
"""


def rules(judged):
    """The names of the rules that found something."""
    return [finding.rule for finding in judged]


PART = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers: [{name: web, args: [--secure]}]
"""

WITHOUT_SELECTOR = PART.replace("args:", "image: web:1, args:")
PART_OF_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer}\n"
PART_OF_JOB = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: web}\nspec: {suspend: true}\n"


class TestChoice:
    def test_findings_are_stamped_and_sorted_by_place_and_rule(self, judge):
        judged = judge({"b.yaml": service("Web"), "a.yaml": service(node_port=40001, more="\n      protocol: tcp")})
        places = [(finding.location.where, finding.location.line) for finding in judged]
        assert places == sorted(places)
        assert set(rules(judged)) == {"name-invalid", "node-port-range", "protocol-unknown"}

    def test_only_and_ignore(self, judge):
        text = service("Web")
        assert rules(judge(text, only=["name-invalid"])) == ["name-invalid"]
        assert rules(judge(text, ignore=["name-invalid"])) == ["node-port-range"]

    def test_a_service_of_another_group_is_none(self, judge):
        assert not judge(service("Web_").replace("apiVersion: v1", "apiVersion: serving.knative.dev/v1")).findings

    def test_a_workload_of_another_group_may_have_rules_of_its_own(self, judge):
        assert not judge(workload("Web_", api="example.com/v1")).findings

    def test_pods_of_a_stateful_set_are_checked_since_1_34(self, judge):
        text = workload(kind="StatefulSet").replace("image: nginx", 'image: ""\n          targetport: 1')
        text = text.replace("    spec:\n", "    spec:\n      restartPolicy: Never\n")
        effects = {one.rule: one.effect for one in judge(text, kube_version="1.33")}
        assert effects == {"image-missing": "broken", "unknown-field": "refused", "restart-policy": "refused"}
        assert {one.effect for one in judge(text, kube_version="1.34")} == {"refused"}
        assert {one.effect for one in judge(text)} == {"refused"}

    def test_what_is_no_quantity_is_refused_in_a_stateful_set_at_any_version(self, judge):
        text = workload(kind="StatefulSet").replace(
            "image: nginx", "image: nginx\n          resources: {limits: {cpu: a}}"
        )
        assert [one.effect for one in judge(text, kube_version="1.33").of("resources-invalid")] == ["refused"]

    def test_what_is_said_of_whole_pods_of_a_stateful_set_is_checked_since_1_34(self, judge):
        inside = "securityContext: {windowsOptions: {hostProcess: true}}"
        text = workload(kind="StatefulSet").replace("image: nginx", f"image: nginx\n          {inside}")
        text = text.replace(
            "      containers:", "      hostNetwork: true\n      containers:\n        - {name: b, image: b}"
        )
        for version, effect in (("1.33", "broken"), ("1.34", "refused")):
            (found,) = judge(text, kube_version=version).of("security-context")
            assert (found.field, found.effect) == ("spec.template.spec", effect)

    def test_the_object_and_the_field_are_named_as_the_api_server_does(self, judge):
        (found,) = judge(service(namespace="shop"))
        assert (found.object.namespace, found.object.name) == ("shop", "web")
        assert found.field == "spec.ports[0].nodePort"
        assert found.effect == "refused"
        assert found.level == "error"

    def test_items_of_a_list_keep_their_lines(self, judge):
        inner = service().replace("\n", "\n    ").rstrip()
        (found,) = judge(f"apiVersion: v1\nkind: List\nitems:\n  - {inner}\n")
        assert found.location.line == 13


class TestSuppressions:
    def test_an_annotation_sets_aside(self, judge):
        judged = judge(service(annotation='"node-port-range: a wider range"'))
        assert (judged.findings, judged.suppressed) == ((), 1)

    def test_an_annotation_speaks_for_its_own_object_only(self, judge):
        both = service(annotation='"node-port-range: a wider range"') + "---\n" + service("web", node_port=40001)
        judged = judge(both, ignore=["defined-twice"])
        assert rules(judged) == ["node-port-range"]
        assert judged.suppressed == 1

    def test_several_rules_in_one_annotation(self, judge):
        text = service("Web", annotation="|\n      node-port-range: a wider range\n      name-invalid: renamed later")
        assert not judge(text).findings
        text = service("Web", annotation='"node-port-range: a wider range; name-invalid: renamed later"')
        assert judge(text).suppressed == 2

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param(service(more=" # svcgen:ignore node-port-range a wider range"), id="on the line"),
            pytest.param(
                service().replace("      nodePort", "      # svcgen:ignore node-port-range why\n      nodePort"),
                id="on the line above",
            ),
            pytest.param(service(more=" #svcgen:ignore node-port-range: why"), id="without blank, with colon"),
        ],
    )
    def test_a_comment_sets_aside(self, judge, text):
        judged = judge(text)
        assert (judged.findings, judged.suppressed) == ((), 1)

    def test_comments_above_one_line_are_all_about_it(self, judge):
        above = "    # svcgen:ignore node-port-range why\n    # svcgen:ignore port-name-invalid why\n    # or so\n"
        text = service().partition("    - name")[0] + above + "    - {name: HTTP, port: 80, nodePort: 40000}\n"
        judged = judge(text)
        assert (judged.findings, judged.suppressed) == ((), 2)

    def test_a_comment_beside_a_value_is_not_about_the_next_line(self, judge):
        first = "- {name: a, port: 80, nodePort: 8080}  # svcgen:ignore node-port-range why"
        text = service().replace("- name: http", f"{first}\n    - name: http").replace("port: 80\n", "port: 81\n")
        judged = judge(text)
        assert (rules(judged), judged.suppressed) == (["node-port-range"], 1)

    def test_a_comment_behind_a_key_is_about_its_value_below(self, judge):
        text = service().replace("name: web", "name: # svcgen:ignore name-invalid why\n    Web")
        judged = judge(text)
        assert (rules(judged), judged.suppressed) == (["node-port-range"], 1)

    def test_a_comment_two_lines_above_does_not(self, judge):
        text = service().replace("      port: 80", "      # svcgen:ignore node-port-range why\n      port: 80")
        assert sorted(rules(judge(text))) == ["node-port-range", "unused-suppression"]

    def test_without_a_reason_it_is_not_followed(self, judge):
        judged = judge(service(more=" # svcgen:ignore node-port-range"))
        assert sorted(rules(judged)) == ["node-port-range", "unused-suppression"]
        assert "no reason" in judged.of("unused-suppression")[0].message

    def test_an_unknown_rule_is_told_with_the_nearest(self, judge):
        (told,) = judge(service(annotation='"node-port-rang: why"')).of("unused-suppression")
        assert told.hint == "did you mean node-port-range?"
        assert told.effect == "advice"

    def test_one_of_no_use_is_told_where_it_stands(self, judge):
        (told,) = judge(service(node_port=30000, annotation='"node-port-range: why"'))
        assert (told.rule, told.location.line) == ("unused-suppression", 6)

    def test_a_comment_beside_thousands_of_brackets(self, judge, monkeypatch):
        # the time to look for texts among them grows with the square of their number
        monkeypatch.setattr(_suppressions, "strings", None)
        deep = "kind: X\na: " + "[" * 200_000 + "\n---\n"
        judged = judge(deep + service(more=" # svcgen:ignore node-port-range why"))
        assert (judged.findings, judged.suppressed) == ((), 1)

    def test_a_comment_of_no_use_is_told_where_nothing_else_is_found(self, judge):
        text = service(node_port=30000, more="  # svcgen:ignore node-port-range why")
        (told,) = judge(text)
        assert (told.rule, told.location.line) == ("unused-suppression", 10)
        assert told.message == "the comment for node-port-range sets nothing aside"

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("|\n      # {}", id="block"),
            pytest.param("|\n      see # {}\n\n      and more", id="behind text"),
            pytest.param('"see # {}"', id="quotes"),
            pytest.param("'see\n      # {}'", id="quotes, two lines"),
        ],
    )
    def test_what_stands_in_a_text_is_no_comment(self, judge, text):
        note = text.format("svcgen:ignore node-port-range why")
        noted = f"  name: web\n  annotations:\n    note: {note}"
        assert not judge(service(node_port=30000).replace("  name: web", noted)).findings

    def test_in_json_there_are_no_comments(self, judge):
        judged = judge(
            '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "annotations":\n'
            '{"note": "see # svcgen:ignore node-port-range why"}}, "spec": {"type": "NodePort",\n'
            '"ports": [{"port": 80, "nodePort": 30000}]}}\n'
        )
        assert not judged.findings

    def test_behind_the_sign_that_begins_a_text_is_a_comment(self, judge):
        note = "| # svcgen:ignore node-port-range why\n      text"
        text = service(node_port=30000).replace("  name: web", f"  name: web\n  annotations:\n    note: {note}")
        assert rules(judge(text)) == ["unused-suppression"]

    @pytest.mark.parametrize("broken", ["a: [\n---\n", "a: '\n---\n"])
    def test_behind_a_document_that_is_no_yaml_comments_are_followed(self, judge, broken):
        judged = judge(broken + service(more=" # svcgen:ignore node-port-range a wider range"))
        assert (judged.findings, judged.suppressed) == ((), 1)

    @pytest.mark.parametrize("how", ["annotation", "comment"])
    def test_where_something_is_not_judged_none_is_called_unused(self, judge, how):
        why = {"annotation": '"node-port-range: why"'} if how == "annotation" else {}
        more = " # svcgen:ignore node-port-range why" if how == "comment" else ""
        judged = judge(service(node_port="${PORT}", more=more, **why))
        assert not judged.findings
        assert judged.facts.not_judged

    def test_several_rules_in_one_comment_are_told_apart(self, judge):
        judged = judge(service(more=" # svcgen:ignore node-port-range,name-invalid why"))
        (told,) = judged.of("unused-suppression")
        assert told.hint == "write a comment for each rule"

    @pytest.mark.parametrize("how", ["annotation", "comment"])
    def test_a_finding_is_held_against_what_stands_at_its_place_alone(self, judge, monkeypatch, how):
        held = []
        for name in ("_on_object", "_on_line"):
            real = getattr(_suppressions, name)
            monkeypatch.setattr(_suppressions, name, lambda *two, real=real: held.append(two) or real(*two))
        why = {"annotation": '"node-port-range: why"'} if how == "annotation" else {}
        more = " # svcgen:ignore node-port-range why" if how == "comment" else ""
        services = [service(f"web-{number}", node_port=40000 + number, more=more, **why) for number in range(30)]
        judged = judge("---\n".join(services))
        assert (judged.findings, judged.suppressed) == ((), 30)
        assert len(held) <= 2 * 30

    def test_a_rule_that_does_not_run_leaves_its_suppressions_alone(self, judge):
        text = service(node_port=30000, annotation='"node-port-range: why"')
        assert not judge(text, ignore=["node-port-range"]).findings
        assert not judge(text, only=["name-invalid", "unused-suppression"]).findings

    def test_the_config_sets_aside_by_rule_and_path(self, judge):
        ignore = Ignore("node-port-range", ("legacy/**",), "moved in Q3", Location("config.yaml", 3, 5))
        files = {"k8s/legacy/a.yaml": service("a"), "k8s/new/b.yaml": service("b", node_port=40001)}
        inside = dict(zip(files, ("legacy/a.yaml", "new/b.yaml"), strict=True)).__getitem__
        judged = judge(files, config_ignores=[ignore], facts={}, inside=None)
        assert len(judged.of("node-port-range")) == 2
        result = checks.run(judged.facts, config_ignores=[ignore], inside=inside)
        assert [finding.location.where for finding in result.findings] == ["k8s/new/b.yaml"]
        assert result.suppressed == 1

    def test_an_ignore_of_the_config_is_called_unused_only_when_all_was_judged(self, judge):
        ignore = Ignore("node-port-range", ("gone/**",), "why", Location("config.yaml", 3, 5))
        files = {"a.yaml": service(node_port=30000)}
        (told,) = judge(files, config_ignores=[ignore])
        assert told.location == ignore.location
        assert not judge(files, config_ignores=[ignore], documents=["a.yaml"]).findings


class TestNotJudged:
    @pytest.mark.parametrize("value", ['"${PORT}"', "${PORT}", '"{{ .Values.port }}"', "$(PORT)"])
    def test_a_placeholder_for_a_number_makes_no_cascade(self, judge, value):
        judged = judge(service("Web", node_port=value))
        assert not judged.findings
        (place,) = judged.facts.not_judged
        assert "placeholder" in place.reason
        assert place.location.line == 10

    @pytest.mark.parametrize(
        ("name", "why", "column"),
        [
            ("$WEB_NAME", "a placeholder", 9),
            ("'{web_name}'", "a placeholder", 9),
            ("{self.web}", "in { }", 1),
            ("#{WEB}", "#{ }", 1),
            ("'#{WEB}'", "a placeholder", 9),
            ("web-#{name}", "a placeholder", 9),
            ("#@ data.values.name", "ytt", 1),
            ("Web #@ or", "ytt", 1),
            ("'@web.name@'", "a placeholder", 9),
            ("($web_name)", "a placeholder", 9),
            ("\"(join('-', [$web, 'x']))\"", "a placeholder", 9),
            ("FILLED_BY_THE_OPERATOR", "a placeholder", 9),
            ("'<WEB_NAME>'", "a placeholder", 9),
            ("x-<WEB-NAME>-y", "a placeholder", 9),
            ("'<path:kv/web#name>'", "a placeholder", 9),
            ("web-<secret:web-name>", "a placeholder", 9),
            ("$web_name", "a placeholder", 9),
            ("web-%STAGE_NAME%", "a placeholder", 9),
            ("WEB_NAME|-web-|", "a placeholder", 9),
            ("__WEB_NAME__", "a placeholder", 9),
        ],
    )
    def test_what_stands_in_for_a_name_makes_no_finding(self, judge, name, why, column):
        judged = judge(service(node_port=30000).replace("name: web", f"name: {name}"))
        assert not judged.findings
        (place,) = judged.facts.not_judged
        assert why in place.reason
        assert place.location[1:] == (4, column)

    @pytest.mark.parametrize(
        "name",
        ["web # @ you", "web #@you", "'$5'", "web # {WEB}", "'@web'", "'a@web@'", "(web)", "<web name>", "'50%-%A1%'"],
    )
    def test_what_only_looks_like_it_is_judged(self, judge, name):
        judged = judge(service().replace("name: web", f"name: {name}"))
        assert "node-port-range" in rules(judged)
        assert not judged.facts.not_judged

    @pytest.mark.parametrize("path", ["k8s/template.yaml", "web-template.yml", "web.template.yaml", "web.tmpl.yaml"])
    def test_a_name_that_people_replace_in_a_file_that_is_called_a_template(self, judge, path):
        judged = judge({path: service("SERVICE_NAME")})
        assert not judged.findings
        assert [place.location.where for place in judged.facts.not_judged] == [path]
        assert rules(judge({path: service()})) == ["node-port-range"]

    @pytest.mark.parametrize(("uid", "judged"), [("", False), ("uid: ''", False), ("uid: abc", True)])
    def test_what_a_test_compares_with_lacks_the_uid_of_its_owner(self, judge, uid, judged):
        owner = f"{{apiVersion: v1, kind: Web, name: web, {uid}}}"
        text = service("Web").replace("name: Web", f"name: Web\n  ownerReferences: [{owner}]")
        assert bool(judge({"e2e/compare/web.yaml": text}).findings) == judged
        assert judge({"k8s/web.yaml": text}).findings

    def test_the_source_of_other_projects_is_not_judged(self, judge):
        files = {
            f"{folder}/web.yaml": service() for folder in ("vendor/k8s.io/api", "x/vendor/github.com/a", "vendor/a")
        }
        judged = judge(files)
        assert [one.location.where for one in judged] == ["vendor/a/web.yaml"]
        assert len(judged.facts.not_judged) == 2

    @pytest.mark.parametrize("path", ["templates.yaml", "mytemplate.yaml", "template/web.yaml"])
    def test_other_names_are_those_of_manifests(self, judge, path):
        assert "name-invalid" in rules(judge({path: service("SERVICE_NAME")}))

    def test_names_of_secrets_that_something_fills_in(self, judge):
        variable = '{name: A, valueFrom: {secretKeyRef: {name: "$(secret)", key: a}}}'
        text = workload().replace("image: nginx", f"image: nginx\n          env: [{variable}]")
        judged = judge(text)
        assert not judged.findings
        assert "placeholder" in judged.facts.not_judged[0].reason

    def test_placeholders_in_values_and_images_are_the_apps_business(self, judge):
        text = workload(labels="app: web").replace(
            "image: nginx", 'image: "nginx:${TAG}"\n          env: [{name: A, value: "${B}"}]'
        )
        judged = judge(text.replace("name: web}\nspec", "name: Web}\nspec"))
        assert rules(judged) == ["name-invalid"]
        assert not judged.facts.not_judged

    @pytest.mark.parametrize(
        "field", ["env: [{name: A, vlaue: $(B)}]", "arg: [echo $(B)]", 'Command: [sh, "${B}"]', 'Image: "a:${B}"']
    )
    def test_nor_do_they_hide_that_a_field_is_misspelt(self, judge, field):
        judged = judge(workload(labels="app: web").replace("image: nginx", f"image: nginx\n          {field}"))
        assert rules(judged) == ["unknown-field"]
        assert not judged.facts.not_judged

    def test_a_word_where_a_number_belongs_is_one_finding(self, judge):
        assert rules(judge(service(node_port="PORT"))) == ["scalar-type"]

    def test_a_kustomize_patch_is_not_judged_and_selects_nothing(self, judge):
        patch = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer}\n"
        files = {"base/web.yaml": service(node_port=30000), "dev/more.yaml": patch}
        assert rules(judge(files)) == ["ports-missing"]
        judged = judge(files, facts={"kustomized": Kustomized(frozenset({"dev/more.yaml"}))})
        assert not judged.findings
        assert [place.location.where for place in judged.facts.not_judged] == ["dev/more.yaml"]

    @pytest.mark.parametrize(
        "path",
        [
            "tests/e2e/00-assert.yaml",
            "a/01-assert-two.yaml",
            "assert.yaml",
            "a/02-errors.yaml",
            "b/pods-assert.yml",
            "chainsaw-assert-1.yaml",
        ],
    )
    def test_what_a_test_expects_to_see_is_not_judged(self, judge, path):
        judged = judge({path: PART})

        assert [place.location.where for place in judged.facts.not_judged] == [path]
        assert not judged.findings

    @pytest.mark.parametrize(
        "path", ["error-pages.yaml", "tests/e2e/assert/web.yaml", "assertions.yaml", "errors.yaml"]
    )
    def test_what_only_sounds_like_it_is(self, judge, path):
        assert judge({path: WITHOUT_SELECTOR}).findings

    @pytest.mark.parametrize("path", ["config/manager_auth_patch.yaml", "base/patches/x/memory.yaml", "Patch.yml"])
    @pytest.mark.parametrize("text", [PART, PART_OF_SERVICE, PART_OF_JOB])
    def test_a_part_of_an_object_in_a_file_called_a_patch_is_not_judged_though_nothing_names_it(
        self, judge, path, text
    ):
        judged = judge({path: text})

        assert [(place.location.where, place.reason) for place in judged.facts.not_judged] == [
            (path, "a part of an object, in a file or folder called patch; no kustomization names it as one")
        ]
        assert not judged.findings

    @pytest.mark.parametrize(
        ("path", "text"),
        {
            "another name": ("dispatch.yaml", WITHOUT_SELECTOR),
            "a folder that sounds like it": ("patch-selector/cases/input.yaml", WITHOUT_SELECTOR),
            "a whole object": ("patch.yaml", PART.replace("spec:", "spec:\n  selector: {matchLabels: {app: no}}", 1)),
        }.values(),
    )
    def test_any_other_workload_without_a_selector_is(self, judge, path, text):
        assert judge({path: text}).of("workload-selector")

    @pytest.mark.parametrize(
        ("path", "text", "is_part"),
        {
            "no selector, labels, image": ("web.yaml", PART, True),
            "through a pipe": ("-", PART, False),
            "with an image": ("web.yaml", WITHOUT_SELECTOR, False),
            "with labels": (
                "web.yaml",
                PART.replace("  template:", "  template:\n    metadata: {labels: {a: b}}"),
                False,
            ),
            "with a selector": (
                "web.yaml",
                PART.replace("spec:", "spec:\n  selector: {matchLabels: {a: b}}", 1),
                False,
            ),
            "no containers": ("web.yaml", PART.replace("[{name: web, args: [--secure]}]", "[]"), False),
            "no Pods": ("web.yaml", PART.partition("  template:")[0] + "  replicas: 3\n", False),
        }.values(),
    )
    def test_a_workload_that_says_only_what_is_to_be_changed_is_a_part(self, judge, path, text, is_part):
        judged = judge({path: text})

        why = "a part of an object: it has no selector, no labels of Pods and no image; no kustomization names it"
        assert [place.reason for place in judged.facts.not_judged] == [why] * is_part
        assert bool(judged.findings) is not is_part

    def test_a_part_of_a_cron_job_is_said_to_lack_its_schedule(self, judge):
        spec = "spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: web, args: [--x]}]}}}}}\n"
        judged = judge({"web.yaml": PART_OF_JOB.partition("spec:")[0] + spec})

        assert [place.reason for place in judged.facts.not_judged] == [
            "a part of an object: it has no schedule, no labels of Pods and no image; no kustomization names it"
        ]

    def test_a_workload_that_a_kustomization_takes_in_is_no_part(self, judge):
        facts = {"kustomized": Kustomized(taken_in=frozenset({"web.yaml"}))}
        assert judge({"web.yaml": PART}, facts=facts).of("workload-selector")

    @pytest.mark.parametrize("spec", ["spec: {type: LoadBalancer, ports: []}", "spec: {clusterIP: None, type: x}"])
    def test_a_whole_service_in_a_file_called_a_patch_is(self, judge, spec):
        assert judge({"patch.yaml": PART_OF_SERVICE.replace("spec: {type: LoadBalancer}", spec)}).findings

    @pytest.mark.parametrize(("how", "parts"), [("merge", 1), ("Override", 1), ("IfNotPresent", 0)])
    def test_what_flux_lays_over_what_is_there_is_a_part(self, judge, how, parts):
        note = f"annotations: {{kustomize.toolkit.fluxcd.io/ssa: {how}}}"
        judged = judge(PART_OF_SERVICE.replace("{name: web}", f"{{name: web, {note}}}"))

        assert len(judged.facts.not_judged) == parts
        assert bool(judged.findings) is not bool(parts)
        assert judge(service("Web").replace("name: Web", f"name: Web\n  {note}")).findings

    @pytest.mark.parametrize(
        ("containers", "parts"),
        [("[]", 1), ("[{name: web, args: [--on]}]", 1), ("[{name: Web, image: nginx}]", 0), ("[{image: a}, {}]", 1)],
    )
    def test_a_workload_of_which_flux_owns_some_is_a_part_where_its_containers_are(self, judge, containers, parts):
        text = workload().partition("      containers:")[0] + f"      containers: {containers}\n"
        judged = judge(
            text.replace("{name: web}", "{name: web, annotations: {kustomize.toolkit.fluxcd.io/ssa: merge}}")
        )

        assert len(judged.facts.not_judged) == parts
        assert bool(judged.findings) is not bool(parts)
        assert judge(text).findings

    def test_a_placeholder_at_the_very_place_of_a_finding_makes_none(self, judge):
        volume = "      volumes:\n        - name: a\n          emptyDir:\n            sizeLimit: "
        judged = judge(workload("Web") + volume + "${size:=1Gi}\n")

        assert rules(judged) == ["name-invalid", "name-invalid"]
        assert [place.location[1:] for place in judged.facts.not_judged] == [(16, 24)]
        assert len(judge(workload("Web") + volume + "1GiB\n").findings) == 3

    def test_what_patches_of_a_kustomization_may_add_is_not_missing(self, judge):
        lacking = "image: nginx", "volumeMounts: [{name: data, mountPath: /data}]"
        text = workload().replace(*lacking)
        changed = {"kustomized": Kustomized(changed=frozenset({"case.yaml"}))}
        assert rules(judge(text)) == ["image-missing", "volume-mount"]
        assert not judge(text, facts=changed).findings
        assert rules(judge(PART_OF_SERVICE)) == ["ports-missing"]
        assert not judge(PART_OF_SERVICE, facts=changed).findings

    def test_a_strategic_patch_says_so_itself(self, judge):
        judged = judge("apiVersion: v1\nkind: Service\nmetadata: {name: web}\n$patch: delete\n")
        assert not judged.findings
        assert len(judged.facts.not_judged) == 1

    def test_labels_of_a_kustomization_make_a_selector(self, judge):
        text = workload().replace("  selector: {matchLabels: {app: web}}\n", "")
        assert rules(judge(text)) == ["workload-selector"]
        kustomized = Kustomized(labelled={"case.yaml": {"app": "web"}})
        assert not judge(text, facts={"kustomized": kustomized}).findings

    def test_a_namespace_of_a_kustomization_is_no_near_miss(self, judge):
        text = service(node_port=30000, namespace="shop").replace("spec:", "spec:\n  selector: {app: web}")
        text += "---\n" + workload()
        # `kubectl apply -n shop` brings the two together
        assert [one.effect for one in judge(text).of("selector-unmatched")] == ["fragile"]
        apart = text.replace("kind: Deployment\nmetadata: {", "kind: Deployment\nmetadata: {namespace: other, ")
        assert [one.effect for one in judge(apart).of("selector-unmatched")] == ["broken"]
        kustomized = Kustomized(renamed={"case.yaml": frozenset({"x"})})
        assert not judge(text, facts={"kustomized": kustomized}).of("selector-unmatched")

    @pytest.mark.parametrize(("given", "found"), [({"app": "web"}, []), ({"app": "wbe"}, ["broken"])])
    def test_labels_of_a_kustomization_bring_pods_and_services_together(self, judge, given, found):
        text = service(node_port=30000).replace("spec:", "spec:\n  selector: {app: web}")
        text += "---\n" + workload().replace("labels: {app: web}", "labels: {run: web}")
        assert [one.effect for one in judge(text).of("selector-unmatched")] == ["broken"]
        kustomized = Kustomized(labelled={"case.yaml": given}, templated={"case.yaml": given})
        told = judge(text, facts={"kustomized": kustomized}).of("selector-unmatched")
        assert [one.effect for one in told] == found


class TestNodePortsAcrossFiles:
    def test_the_later_one_is_told_and_names_all_others(self, judge):
        files = {name: service(name[0], node_port=30080) for name in ("a.yaml", "b.yaml", "c.yaml")}
        first, second = judge(files)
        assert first.message == "nodePort 30080 is already held by default/a and 1 other"
        assert [str(place) for place in second.related] == ["a.yaml:10:17", "b.yaml:10:17"]
        assert second.location.where == "c.yaml"

    def test_of_many_folders_the_first_that_clashes_is_told_and_names_all(self, judge):
        files = {f"{name}/svc.yaml": service(name, node_port=30080) for name in "abcd"}
        (told,) = judge(files)
        assert told.location.where == "b/svc.yaml"
        assert [place.where for place in told.related] == ["a/svc.yaml", "c/svc.yaml", "d/svc.yaml"]
        # whoever sets that one aside hears of the next
        ignore = Ignore("node-port-taken", ("b/**",), "why", Location("config.yaml", 3, 5))
        (told,) = judge(files, config_ignores=[ignore])
        assert told.location.where == "c/svc.yaml"

    def test_a_clash_within_one_folder_is_told_whoever_else_holds_the_number(self, judge):
        files = {
            name: service(name[0] + name[-6], node_port=30080)
            for name in ("a/x.yaml", "b/y.yaml", "c/x.yaml", "c/y.yaml")
        }
        assert [one.location.where for one in judge(files)] == ["b/y.yaml", "c/y.yaml"]

    def test_hundreds_in_as_many_folders_are_told_once(self, judge):
        files = {f"{number:03}/svc.yaml": service(f"a{number}", node_port=30080) for number in range(120)}
        (told,) = judge(files)
        assert told.location.where == "001/svc.yaml"

    def test_what_is_a_template_tells_it_for_nobody(self, judge):
        files = {f"{number:03}/svc.yaml": service(f"a{number}", node_port=30080) for number in range(120)}
        # every finding in these is about the placeholder
        for path in list(files)[:70]:
            files[path] = files[path].replace("metadata:", "metadata:\n  labels: {x: '${X}'}")
        (told,) = judge(files)
        assert told.location.where == "070/svc.yaml"

    def test_of_several_numbers_each_is_told_at_its_place(self, judge):
        ports = "".join(
            f"    - {{name: {name}, port: {port}, protocol: {protocol}, nodePort: {number}}}\n"
            for name, port, protocol, number in (
                ("a", 80, "TCP", 30080),
                ("b", 53, "TCP", 30053),
                ("c", 53, "UDP", 30053),
            )
        )
        text = service("NAME").partition("  ports:\n")[0] + "  ports:\n" + ports
        files = {f"{name}/svc.yaml": text.replace("NAME", name) for name in "abcd"}
        first = text.count("\n") - 2
        assert [str(one.location) for one in judge(files).of("node-port-taken")] == [
            f"b/svc.yaml:{first}:52",
            f"b/svc.yaml:{first + 1}:52",
        ]

    def test_clusters_are_told_apart_where_one_service_is_in_all(self, judge):
        files = {f"{name}/svc.yaml": service(name, node_port=30080) for name in ("all", "east", "west")}
        found = judge(files, inside={"east/svc.yaml": "east", "west/svc.yaml": "west"}.get)
        assert [one.location.where for one in found] == ["east/svc.yaml", "west/svc.yaml"]

    def test_a_service_in_many_files_is_told_at_its_first_mention(self, judge):
        files = {"a/api.yaml": service("api", node_port=30080)}
        files |= {f"b/{number}.yaml": service("web", node_port=30080) for number in range(20)}
        (told,) = judge(files)
        assert told.location.where == "b/0.yaml"
        assert told.message == "nodePort 30080 is already held by default/api"

    def test_clusters_keep_numbers_apart(self, judge):
        files = {"dev/a.yaml": service("a", node_port=30080), "prod/b.yaml": service("b", node_port=30080)}
        assert rules(judge(files)) == ["node-port-taken"]
        assert not judge(files, inside=lambda path: path.split("/")[0]).findings

    def test_no_cluster_meets_all(self, judge):
        files = {"dev/a.yaml": service("a", node_port=30080), "x/b.yaml": service("b", node_port=30080)}
        assert rules(judge(files, inside=lambda path: "dev" if path.startswith("dev") else None)) == ["node-port-taken"]

    def test_what_is_not_judged_still_holds_its_numbers(self, judge):
        files = {"a.yaml": service("a", node_port=30080), "z.yaml": service("z", node_port=30080)}
        (told,) = judge(files, documents=["a.yaml"])
        assert told.location.where == "a.yaml"
        assert told.message == "nodePort 30080 is already held by default/z"

    def test_a_copy_without_namespace_in_another_folder_is_the_same_service(self, judge):
        files = {"all.yaml": service(node_port=30080, namespace="shop"), "chart/web.yaml": service(node_port=30080)}
        assert not judge(files).findings
        files = {"k8s/a.yaml": service(node_port=30080, namespace="shop"), "k8s/b.yaml": service(node_port=30080)}
        assert rules(judge(files)) == ["node-port-taken"]

    def test_the_hint_offers_a_number_that_nobody_holds(self, judge):
        files = {name: service(name[0], node_port=30000) for name in ("a.yaml", "b.yaml")}
        files["c.yaml"] = service("c", node_port=30001)
        policy = PortPolicy(reserved=(Reserved(30002, 30004, "ingress", Location("config.yaml")),))
        (told,) = judge(files, policy=policy)
        assert told.hint == "write a free one, such as 30005"


class TestSelected:
    def test_of_variants_each_service_meets_its_own_workload(self, judge):
        svc = service(node_port=30000).replace("spec:", "spec:\n  selector: {app: web}")
        files = {
            "1/svc.yaml": svc + "      targetPort: http\n",
            "1/app.yaml": workload(),
            "2/svc.yaml": svc + "      targetPort: web\n",
            "2/app.yaml": workload().replace("name: http", "name: web"),
        }
        assert not judge(files).findings

    def test_a_workload_in_another_folder_is_found_before_nothing_is_said(self, judge):
        svc = service(node_port=30000).replace("spec:", "spec:\n  selector: {app: web}")
        svc = svc.replace("port: 80", "port: 8080")
        assert not judge({"k8s/svc/a.yaml": svc, "k8s/apps/deep/b.yaml": workload()}).findings
        (told,) = judge({"a.yaml": svc})
        assert (told.rule, told.effect) == ("selector-unmatched", "advice")

    def test_a_workload_that_another_service_reaches_is_no_near_miss(self, judge):
        reached = service("web", node_port=30000).replace("spec:", "spec:\n  selector: {app: web}")
        reached = reached.replace("port: 80", "port: 8080")
        other = service("shop", node_port=30001).replace("spec:", "spec:\n  selector: {app: wed}")
        (told,) = judge(reached + "---\n" + other + "---\n" + workload())
        assert told.effect == "advice"
        typo = other.replace("wed", "wbe")
        (told,) = judge(reached + "---\n" + typo + "---\n" + workload())
        assert told.effect == "broken"

    def test_an_only_pair_in_one_file_belongs_together(self, judge):
        svc = service("shop", node_port=30000).replace("spec:", "spec:\n  selector: {app: frontend}")
        (told,) = judge(svc + "---\n" + workload())
        assert told.message.startswith("the selector wants app: frontend, Deployment default/web has app: web")
        (told,) = judge({"a.yaml": svc, "b.yaml": workload()})
        assert told.effect == "advice"


@pytest.mark.parametrize(("size", "found"), [(262_143 - 3, []), (262_145 - 3, ["metadata-invalid"])])
@pytest.mark.parametrize("place", ["metadata", "spec.template.metadata"])
def test_annotations_are_limited_together(judge, size, found, place):
    notes = f"annotations: {{big: {'x' * size}}}"
    own, inner = (notes, "") if place == "metadata" else ("", f", {notes}")
    text = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, {own}}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}{inner}}}
    spec:
      containers: [{{name: web, image: "nginx:1.27"}}]
"""
    judged = judge(text)
    assert [one.rule for one in judged.findings if one.rule != "pod-security"] == found
    for one in judged.findings:
        if one.rule == "metadata-invalid":
            assert one.field == place.replace("template.metadata", "template") + ".annotations"
