"""What each Pod Security level lets in, version by version, and which Namespace is the one of a workload.

The verdicts are those of k8s.io/pod-security-admission/test/testdata and of a real API server.
"""

from __future__ import annotations

import json

import pytest

from scaffold.kustomize import Kustomized, read

RULE = "pod-security-level"
MET = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
POD = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


def namespace(level="restricted", name="shop", **labels):
    prefix = "pod-security.kubernetes.io/"
    have = {f"{prefix}enforce": level} if level else {}
    have |= {f"{prefix}{key.replace('_', '-')}": value for key, value in labels.items()}
    return json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": have}})


def pod(spec=None, *, own=None, context=None, name="web", where="shop", annotations=None, **container):
    """A Pod that meets `restricted`, but for what is said."""
    metadata = {"name": name, "annotations": annotations or {}} | ({"namespace": where} if where else {})
    one = {"name": "web", "image": "ghcr.io/acme/web:1", "securityContext": MET | (own or {}), **container}
    body = {"securityContext": POD | (context or {}), "containers": [one]} | (spec or {})
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": body})


def workload(where="shop", **container):
    labels = {"app": "web"}
    one = {"name": "web", "image": "ghcr.io/acme/web:1", **container}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [one]}}
    metadata = {"name": "web"} | ({"namespace": where} if where else {})
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return json.dumps({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})


def said(judge, level, text, version="", **more):
    """What is said of a Pod in a namespace with a level, without what every message begins with."""
    found = judge(f"{namespace(level, **more)}\n---\n{text}", kube_version=version).of(RULE)
    return [one.message.partition(": ")[2] for one in found]


HANDLER = {"httpGet": {"port": 80, "host": "10.0.0.1"}}
APPARMOR = "container.apparmor.security.beta.kubernetes.io/web"
SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"


class TestLevels:
    @pytest.mark.parametrize(
        ("text", "what"),
        [
            (pod({"hostNetwork": True}), "hostNetwork is true"),
            (pod({"hostPID": True}), "hostPID is true"),
            (pod({"hostIPC": True}), "hostIPC is true"),
            (pod(own={"privileged": True, "allowPrivilegeEscalation": True}), "privileged is true (web)"),
            (
                pod(own={"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}}),
                "capabilities.add holds SYS_ADMIN (web)",
            ),
            (pod({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}), "volume v is of type hostPath"),
            (pod(ports=[{"containerPort": 80, "hostPort": 80}]), "hostPort 80 (web)"),
            (pod(own={"appArmorProfile": {"type": "Unconfined"}}), "appArmorProfile.type is Unconfined (web)"),
            (pod(annotations={APPARMOR: "unconfined"}), f"annotation {APPARMOR} is unconfined"),
            (pod(own={"seLinuxOptions": {"type": "spc_t"}}), "seLinuxOptions.type is spc_t (web)"),
            (pod(context={"seLinuxOptions": {"user": "sysadm_u"}}), "seLinuxOptions.user is sysadm_u (Pod)"),
            (pod(context={"seLinuxOptions": {"role": "sysadm_r"}}), "seLinuxOptions.role is sysadm_r (Pod)"),
            (pod(own={"procMount": "Unmasked"}), "procMount is Unmasked (web)"),
            (pod(own={"seccompProfile": {"type": "Unconfined"}}), "seccompProfile.type is Unconfined (web)"),
            (pod(context={"seccompProfile": {"type": "Unconfined"}}), "seccompProfile.type is Unconfined (Pod)"),
            (pod(context={"sysctls": [{"name": "net.core.somaxconn", "value": "1"}]}), "sysctl net.core.somaxconn"),
            (pod(livenessProbe=HANDLER), "livenessProbe.httpGet.host is 10.0.0.1 (web)"),
            (pod(lifecycle={"preStop": HANDLER}), "preStop.httpGet.host is 10.0.0.1 (web)"),
            (
                pod(
                    {"hostNetwork": True, "os": {"name": "windows"}}, context={"windowsOptions": {"hostProcess": True}}
                ),
                "hostNetwork is true; windowsOptions.hostProcess is true (Pod)",
            ),
        ],
    )
    def test_baseline_and_restricted_forbid(self, judge, text, what):
        assert said(judge, "baseline", text) == [what]
        assert what in said(judge, "restricted", text)[0]
        assert said(judge, "privileged", text) == []

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            (pod(own={"allowPrivilegeEscalation": None}), "allowPrivilegeEscalation is not false (web)"),
            (pod(own={"capabilities": {"drop": ["all"]}}), "capabilities.drop lacks ALL (web)"),
            (pod(own={"capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}}), "capabilities.add holds CHOWN (web)"),
            (pod(context={"runAsNonRoot": None}), "runAsNonRoot is not true (web)"),
            (pod(own={"runAsNonRoot": False}), "runAsNonRoot is false (web)"),
            (pod(own={"runAsNonRoot": True}, context={"runAsNonRoot": False}), "runAsNonRoot is false (Pod)"),
            (pod(own={"runAsUser": 0}), "runAsUser is 0 (web)"),
            (pod(context={"seccompProfile": None}), "seccompProfile.type is not set (web)"),
            (pod({"volumes": [{"name": "v", "nfs": {"server": "a", "path": "/"}}]}), "volume v is of type nfs"),
        ],
    )
    def test_restricted_alone_wants(self, judge, text, what):
        assert said(judge, "restricted", text) == [what]
        assert said(judge, "baseline", text) == []

    @pytest.mark.parametrize(
        ("text", "since"),
        [
            (pod(livenessProbe=HANDLER), 34),
            (pod(own={"capabilities": {}}), 22),
            (pod(own={"allowPrivilegeEscalation": None}), 8),
            (pod(own={"runAsUser": 0}), 23),
            (pod(own={"seccompProfile": {"type": "Unconfined"}}), 19),
        ],
    )
    def test_a_version_asks_what_it_knew(self, judge, text, since):
        assert said(judge, "restricted", text, enforce_version=f"v1.{since}")
        assert not said(judge, "restricted", text, enforce_version=f"v1.{since - 1}")

    @pytest.mark.parametrize(
        ("text", "until"),
        [
            (pod({"hostUsers": False}, own={"runAsUser": 0}), 35),
            (pod({"hostUsers": False}, context={"runAsNonRoot": None}), 35),
            (pod({"os": {"name": "windows"}}, own={"capabilities": None}), 25),
            (pod(context={"sysctls": [{"name": "net.ipv4.tcp_rmem"}]}), 32),
            (pod(context={"sysctls": [{"name": "net.ipv4.tcp_notsent_lowat"}]}), 37),
            (pod(own={"seLinuxOptions": {"type": "container_engine_t"}}), 31),
            (pod(annotations={SECCOMP: "unconfined"}), 19),
        ],
    )
    def test_a_version_forbids_what_a_later_one_allows(self, judge, text, until):
        assert said(judge, "restricted", text, enforce_version=f"v1.{until - 1}")
        assert not said(judge, "restricted", text, enforce_version=f"v1.{until}")

    def test_no_api_server_judges_in_a_version_newer_than_itself(self, judge):
        text = pod(livenessProbe=HANDLER)
        assert not said(judge, "baseline", text, version="1.33")
        assert not said(judge, "baseline", text, version="1.33", enforce_version="v1.36")
        assert said(judge, "baseline", text, version="1.34", enforce_version="v1.99")

    def test_an_old_api_server_makes_a_field_of_the_annotation_for_seccomp(self, judge):
        text = pod(context={"seccompProfile": None}, annotations={SECCOMP: "runtime/default"})
        assert not said(judge, "restricted", text, version="1.26")
        assert said(judge, "restricted", text, version="1.27")

    def test_before_1_23_a_label_means_nothing(self, judge):
        assert not said(judge, "restricted", pod(own={"privileged": True}), version="1.22")
        assert not said(judge, "strict", pod(), version="1.22")

    def test_what_does_not_decode_is_the_type_rules(self, judge):
        judged = judge(f"{namespace()}\n---\n{pod(context={'runAsNonRoot': 'true'})}")
        assert not judged.of(RULE)
        assert judged.of("scalar-type")


class TestFinding:
    def test_a_workload_is_taken_and_its_pods_are_not(self, judge):
        (found,) = judge(f"{namespace()}\n---\n{workload()}").of(RULE)
        assert (found.effect, found.field) == (
            "broken",
            "spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation",
        )
        assert found.message == (
            "namespace shop enforces restricted and refuses these Pods: allowPrivilegeEscalation is not false (web); "
            "capabilities.drop lacks ALL (web); runAsNonRoot is not true (web); seccompProfile.type is not set (web)"
        )
        assert found.hint == (
            "write allowPrivilegeEscalation: false and capabilities.drop: [ALL] under securityContext of web; "
            "write runAsNonRoot: true and seccompProfile.type: RuntimeDefault under securityContext of the Pod"
        )
        assert [place.line for place in found.related] == [1]

    def test_a_pod_alone_is_refused_itself(self, judge):
        (found,) = judge(f"{namespace(enforce_version='v1.30')}\n---\n{pod({'hostPID': True})}").of(RULE)
        assert found.effect == "refused"
        assert found.message == "namespace shop enforces restricted in v1.30 and refuses this Pod: hostPID is true"
        assert found.hint == "drop hostPID, or use a namespace with a lower level"

    def test_what_a_container_says_against_the_pod_is_mended_there(self, judge):
        (found,) = judge(f"{namespace()}\n---\n{pod(own={'runAsNonRoot': False})}").of(RULE)
        assert found.hint == "write runAsNonRoot: true under securityContext of web"

    def test_of_a_crowd_of_containers_five_are_named(self, judge):
        crowd = [{"name": f"c{number}", "image": "web:1", "securityContext": MET} for number in range(7)]
        (message,) = said(judge, "restricted", pod({"containers": crowd}, context={"runAsNonRoot": None}))
        assert message == "runAsNonRoot is not true (c0, c1, c2, c3, c4 and 2 more)"

    def test_a_label_that_no_api_server_takes(self, judge):
        level, version = judge(namespace("restrictd", warn_version="1.34")).of(RULE)
        assert (level.effect, level.field) == ("refused", "metadata.labels[pod-security.kubernetes.io/enforce]")
        assert level.message == "'restrictd' is no Pod Security level"
        assert level.hint == "did you mean restricted?"
        assert version.hint == "write latest, or a version such as v1.34"


class TestWhichNamespace:
    def test_one_anywhere_in_the_tree(self, judge):
        assert judge({"cluster/ns.yaml": namespace(), "apps/web/web.yaml": workload()}).of(RULE)

    def test_of_several_the_nearest(self, judge):
        files = {"dev/ns.yaml": namespace("privileged"), "prod/ns.yaml": namespace()}
        files |= {"dev/web.yaml": workload(), "prod/web.yaml": workload()}
        assert [one.location.where for one in judge(files).of(RULE)] == ["prod/web.yaml"]

    @pytest.mark.parametrize(
        "other", [namespace("privileged"), namespace(None), namespace("strict"), namespace(None, warn="baseline")]
    )
    def test_none_where_equally_near_ones_do_not_agree(self, judge, other):
        files = {"dev/ns.yaml": other, "prod/ns.yaml": namespace(), "base/web.yaml": workload()}
        assert not [one for one in judge(files).of(RULE) if one.object.kind == "Deployment"]

    def test_equally_near_ones_that_agree(self, judge):
        files = {"dev/ns.yaml": namespace(), "prod/ns.yaml": namespace(), "base/web.yaml": workload()}
        assert judge(files).of(RULE)

    def test_not_the_one_of_another_cluster(self, judge):
        files = {"dev/ns.yaml": namespace(), "prod/web.yaml": workload()}
        assert judge(files).of(RULE)
        assert not judge(files, inside=lambda path: path.split("/")[0]).of(RULE)

    def test_not_one_that_lies_beside_another_variant(self, judge):
        files = {"dev/ns.yaml": namespace(), "dev/web.yaml": workload(), "prod/web.yaml": workload()}
        assert [one.location.where for one in judge(files).of(RULE)] == ["dev/web.yaml"]

    def test_where_none_is_written_only_a_default_beside_it(self, judge):
        default = namespace(name="default")
        assert judge({"a/ns.yaml": default, "a/web.yaml": workload(where="")}).of(RULE)
        assert not judge({"ns.yaml": default, "a/web.yaml": workload(where="")}).of(RULE)

    @pytest.mark.parametrize("path", ["ns.yaml", "web.yaml"])
    @pytest.mark.parametrize("kustomized", [("changed", ()), ("renamed", ("a", "b"))])
    def test_nothing_of_what_a_kustomization_changes(self, judge, path, kustomized):
        field, names = kustomized
        kustomized = Kustomized(**{field: {path: frozenset(names)} if names else frozenset({path})})
        files = {"ns.yaml": namespace(), "web.yaml": workload()}
        assert not judge(files, facts={"kustomized": kustomized}).of(RULE)

    @pytest.mark.parametrize(
        ("names", "told"), [({"ns.yaml", "web.yaml"}, True), ({"web.yaml"}, True), ({"ns.yaml"}, False)]
    )
    def test_the_namespace_that_a_kustomization_sets(self, judge, names, told):
        kustomized = Kustomized(renamed={name: frozenset({"other"}) for name in names})
        files = {"ns.yaml": namespace(name="other"), "web.yaml": workload("")}
        assert bool(judge(files, facts={"kustomized": kustomized}).of(RULE)) == told

    @pytest.mark.parametrize(
        ("more", "changes"),
        [
            ("patches: [{path: p.yaml}]", True),
            ("patches: [{patch: '- op: remove'}]", True),
            ("components: [../component]", True),
            ("transformers: [t.yaml]", True),
            ("images: [{name: web, newTag: '2'}]", False),
            ("patches: []", False),
        ],
    )
    def test_a_kustomization_changes_what_it_takes_in(self, more, changes):
        files = {
            "base/kustomization.yaml": b"resources: [web.yaml]\n",
            "dev/kustomization.yaml": f"resources: [../base, ns.yaml]\n{more}\n".encode(),
        }
        changed = read(files, files.get).changed
        assert ({"base/web.yaml", "dev/ns.yaml"} <= changed) == changes

    def test_a_namespace_that_another_run_would_judge_counts_too(self, judge):
        files = {"ns.yaml": namespace("strict"), "dev/ns.yaml": namespace(name="dev"), "dev/web.yaml": workload("dev")}
        found = judge(files, documents={"dev/web.yaml"}).of(RULE)
        assert [one.location.where for one in found] == ["dev/web.yaml"]


def test_a_reason_sets_the_finding_aside(judge):
    text = f"{namespace()}\n---\n" + pod({"hostPID": True}, annotations={"svcgen.dev/ignore": f"{RULE}: exempt"})
    judged = judge(text)
    assert not judged.of(RULE)
    assert judged.suppressed == 1
