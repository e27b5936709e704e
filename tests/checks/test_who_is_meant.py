"""Which of many workloads a Service is meant for: variants, copies in other folders, ports that the app knows."""

from __future__ import annotations

import pytest

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
    - {name: http, port: 80, targetPort: 8080}
"""


def workload(ports="", *, kind="Deployment", name="web", app="web", more=""):
    return f"""\
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {app}}}}}
  template:
    metadata: {{labels: {{app: {app}}}}}
    spec:
      containers:
        - name: web
          image: web:1
          ports: [{ports}]
{more}"""


OTHER = workload("{containerPort: 9090}")
FITS = workload("{containerPort: 8080}")


def said(found):
    return [(one.rule, one.effect) for one in found.of("target-port-unmatched")]


def test_a_number_that_nobody_declares_is_said_at_the_port(judge):
    [one] = judge({"a/web.yaml": f"{SERVICE}---\n{OTHER}"}).of("target-port-unmatched")

    assert one.message == "targetPort 8080 is not declared by Deployment default/web, which declares 9090"
    assert (one.effect, one.location.line) == ("fragile", 7)


def test_a_port_without_a_target_gets_one_as_the_mend(judge):
    [one] = judge(f"{SERVICE.replace(', targetPort: 8080', '')}---\n{OTHER}").of("target-port-unmatched")

    assert one.message.startswith("port 80 is not declared")
    assert one.hint.startswith("write targetPort: 9090, or")


@pytest.mark.parametrize("variant", [FITS, workload()])
def test_variants_of_one_workload_are_judged_as_one(judge, variant):
    assert said(judge({"a/web.yaml": SERVICE, "a/one.yaml": OTHER})) == [("target-port-unmatched", "fragile")]
    assert not said(judge({"a/web.yaml": SERVICE, "a/one.yaml": OTHER, "a/two.yaml": variant}))


def test_what_fits_in_the_file_of_the_service_counts_before_what_lies_beside(judge):
    other = OTHER.replace("name: web}", "name: other}", 1)

    assert not said(judge({"a/web.yaml": f"{SERVICE}---\n{FITS}", "a/other.yaml": other}))
    assert said(judge({"a/web.yaml": f"{SERVICE}---\n{FITS}---\n{other}"})) == [("target-port-unmatched", "fragile")]


def test_it_is_advice_where_another_port_of_the_service_fits(judge):
    service = f"{SERVICE}    - {{name: metrics, port: 9090}}\n"

    assert said(judge(f"{service}---\n{OTHER}")) == [("target-port-unmatched", "advice")]


@pytest.mark.parametrize(
    "more",
    [
        '          args: ["--listen=:8080"]\n',
        '          command: [web, "8080"]\n',
        '          env: [{name: PORT, value: "8080"}]\n',
        "          readinessProbe: {tcpSocket: {port: 8080}}\n",
    ],
)
def test_a_number_that_the_app_knows_is_no_mistake(judge, more):
    assert not said(judge(f"{SERVICE}---\n{workload('{containerPort: 9090}', more=more)}"))
    # a part of another number is none
    assert said(judge(f"{SERVICE}---\n{workload('{containerPort: 9090}', more=more.replace('8080', '18080'))}"))


def test_a_mesh_writes_its_container_later(judge):
    assert not said(judge(f"{SERVICE}---\n{OTHER.replace('web:1', 'auto')}"))


def test_a_corrected_copy_elsewhere_hides_nothing(judge):
    wrong = SERVICE.replace("{app: web}", "{run: web}")
    files = {"exercise/setup.yaml": f"{wrong}---\n{FITS}", "solution/service.yaml": SERVICE}

    [one] = [one for one in judge(files) if one.level == "error"]
    assert (one.rule, one.location.where) == ("selector-unmatched", "exercise/setup.yaml")
    # another Service that selects these Pods does
    files["solution/service.yaml"] = SERVICE.replace("name: web}", "name: other}", 1)
    assert not [one for one in judge(files) if one.level == "error"]


def test_only_a_workload_beside_the_service_makes_its_selector_too_wide(judge):
    worker = workload(kind="StatefulSet", name="worker")
    service = SERVICE.replace("name: web}", "name: web, namespace: shop}")
    files = [text.replace("metadata: {name: w", "metadata: {namespace: shop, name: w") for text in (FITS, worker)]

    assert judge({"a/service.yaml": service, "a/web.yaml": files[0], "a/worker.yaml": files[1]}).of("selector-too-wide")
    assert not judge({"a/service.yaml": service, "a/web.yaml": files[0], "b/worker.yaml": files[1]}).of(
        "selector-too-wide"
    )


@pytest.mark.parametrize("path", ["a/dual-stack.yaml", "ipv6/web.yaml"])
def test_a_manifest_that_is_called_so_has_a_cluster_for_it(judge, path):
    service = SERVICE.replace("spec:", "spec:\n  ipFamilyPolicy: RequireDualStack")

    assert [one.effect for one in judge({path: service}).of("ip-family")] == ["advice"]
    assert [one.effect for one in judge({"a/web.yaml": service}).of("ip-family")] == ["refused"]


def test_a_number_of_another_protocol(judge):
    udp = SERVICE.replace("port: 80,", "port: 80, protocol: UDP,")
    [one] = judge(f"{udp}---\n{FITS}").of("target-port-protocol")
    assert (one.effect, one.message) == (
        "advice",
        "targetPort 8080 is TCP in Deployment default/web, here it is UDP",
    )
    # of a pair of protocols many declare one
    assert not judge(f"{udp}    - {{name: tcp, port: 80, targetPort: 8080}}\n---\n{FITS}").of("target-port-protocol")
    both = FITS.replace("8080}", "8080}, {containerPort: 8080, protocol: UDP}")
    assert not judge(f"{udp}---\n{both}").of("target-port-protocol")


def test_pods_of_the_prometheus_operator_are_no_slip(judge):
    service = SERVICE.replace("{app: web}", "{prometheus: web}")

    assert [one.effect for one in judge(f"{service}---\n{FITS}").of("selector-unmatched")] == ["advice"]


def test_no_service_is_meant_for_a_job(judge):
    named = SERVICE.replace("8080", "http")
    web = workload("{name: http, containerPort: 80}")
    job = (
        workload("{name: other, containerPort: 81}", name="init")
        .replace("apps/v1", "batch/v1")
        .replace("kind: Deployment", "kind: Job")
    )

    assert not said(judge(f"{named}---\n{web}---\n{job}"))
    assert said(judge(f"{named}---\n{job}")) == [("target-port-unmatched", "broken")]
    # nor is a label of one that is off a slip
    wrong = SERVICE.replace("{app: web}", "{app: wbe}")
    assert [one.effect for one in judge(f"{wrong}---\n{job}").of("selector-unmatched")] == ["advice"]
    assert [one.effect for one in judge(f"{wrong}---\n{web}").of("selector-unmatched")] == ["broken"]


def test_a_variant_of_a_workload_that_has_the_name_is_not_called_lacking(judge):
    named = SERVICE.replace("8080", "http")
    web = workload("{name: http, containerPort: 80}")

    assert not said(judge({"a/web.yaml": f"{named}---\n{web}", "a/more.yaml": OTHER}))
    other = OTHER.replace("name: web}", "name: other}", 1)
    assert said(judge({"a/web.yaml": f"{named}---\n{web}", "a/more.yaml": other})) == [
        ("target-port-unmatched", "fragile")
    ]


def test_no_port_is_proposed_that_another_line_of_the_service_has(judge):
    two = f"{SERVICE.replace('8080', 'http')}    - {{name: metrics, port: 81, targetPort: metrics}}\n"
    two += "    - {name: odd, port: 82, targetPort: {a: b}}\n"
    [one] = judge(f"{two}---\n{workload('{name: http, containerPort: 80}')}").of("target-port-unmatched")

    assert one.hint == "name a port metrics in the containers, or drop this one: http has a port already"


@pytest.mark.parametrize("label", ["serving.knative.dev/service: web", "k8s-app: kube-dns"])
def test_pods_that_others_make_are_no_slip(judge, label):
    service = SERVICE.replace("{app: web}", f"{{{label}}}")
    other = FITS.replace("app: web", "k8s-app: kube-dns-local")

    assert [one.effect for one in judge(f"{service}---\n{other}").of("selector-unmatched")] == ["advice"]


@pytest.mark.parametrize(
    "label",
    ['ovn-nb-leader: "true"', 'vault-active: "true"', "hami.io/role: leader", "operator: leader"],
)
def test_a_label_that_the_app_gives_to_the_pod_that_leads_is_no_slip(judge, label):
    service = SERVICE.replace("{app: web}", f"{{app: web, {label}}}")

    [one] = judge(f"{service}---\n{FITS}").of("selector-unmatched")
    assert (one.effect, one.hint) == ("advice", "fine if the app gives it to the Pod that leads")
    # a template that has another value of it gives it itself
    key = label.split(":")[0]
    other = FITS.replace("labels: {app: web}", f"labels: {{app: web, {key}: other}}")
    assert [one.effect for one in judge(f"{service}---\n{other}").of("selector-unmatched")] == ["broken"]


@pytest.mark.parametrize(
    ("role", "kind", "effect"),
    [
        ("master", "StatefulSet", "advice"),
        # a Deployment's Pods are equal: it was forgotten
        ("master", "Deployment", "broken"),
        ("frontend", "StatefulSet", "broken"),
    ],
)
def test_a_role_is_not_always_one_that_leads(judge, role, kind, effect):
    service, text = SERVICE.replace("{app: web}", f"{{app: web, role: {role}}}"), FITS.replace("Deployment", kind)

    assert [one.effect for one in judge(f"{service}---\n{text}").of("selector-unmatched")] == [effect]


def test_of_several_headless_services_the_one_with_the_nearest_name_governs(judge):
    ring, own = (
        SERVICE.replace("spec:", "spec:\n  clusterIP: None").replace("web}", f"{name}}}", 1)
        for name in ("rel-ring", "web-headless")
    )
    text = FITS.replace("kind: Deployment", "kind: StatefulSet").replace(
        "spec:", "spec:\n  serviceName: rel-web-headless", 1
    )

    [one] = judge(f"{ring}---\n{own}---\n{text}").of("governing-service")
    assert one.hint == "write serviceName: web-headless, which is headless and selects these Pods"
    [one] = judge(f"{ring}---\n{text}").of("governing-service")
    assert one.hint == "write serviceName: rel-ring, which is headless and selects these Pods"
