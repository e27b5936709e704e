"""The field that a finding names is the one that the API server names, also where it lies beside the line."""

from __future__ import annotations

import pytest

POD = "{containers: [{name: web, image: web}], "
LABELS = "template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}"
SELECTED = f"selector: {{matchLabels: {{app: web}}}}, {LABELS}"
JOB = "spec: {restartPolicy: Never, containers: [{name: job, image: job}]}"
NODE_PORTS = "{name: dns-udp, port: 53, protocol: UDP}, {name: b, port: 81, nodePort: 30081}"
SPREAD = "{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}"
TWICE = "ports: [{containerPort: 80, hostPort: 80}, {containerPort: 80, hostPort: 80}]"


def manifest(api, kind, spec, metadata="name: web"):
    """An object in flow style."""
    return f"apiVersion: {api}\nkind: {kind}\nmetadata: {{{metadata}}}\nspec: {spec}\n"


def finalizer(name):
    """A Service that waits for one."""
    return manifest("v1", "Service", "{ports: [{port: 80}]}", f"name: web, finalizers: [{name}]")


CASES = {
    "label of a Job": (
        manifest("batch/v1", "Job", f"{{template: {{metadata: {{labels: {{job-name: other}}}}, {JOB}}}}}"),
        "spec.template.metadata.labels[job-name]",
    ),
    "id of a Job": (
        manifest(
            "batch/v1",
            "Job",
            f"{{template: {{metadata: {{labels: {{batch.kubernetes.io/controller-uid: a}}}}, {JOB}}}}}",
        ),
        "spec.template.metadata.labels[batch.kubernetes.io/controller-uid]",
    ),
    "strategy of a DaemonSet": (
        manifest("apps/v1", "DaemonSet", f"{{updateStrategy: {{type: Recreate}}, {SELECTED}}}"),
        "spec.updateStrategy",
    ),
    "strategy of a StatefulSet": (
        manifest("apps/v1", "StatefulSet", f"{{serviceName: web, updateStrategy: {{type: Recreate}}, {SELECTED}}}"),
        "spec.updateStrategy",
    ),
    "strategy of a Deployment": (
        manifest("apps/v1", "Deployment", f"{{strategy: {{type: OnDelete}}, {SELECTED}}}"),
        "spec.strategy",
    ),
    "finalizer with two domains": (finalizer("a/b/c"), "metadata.finalizers"),
    "finalizer with a blank": (finalizer("a b"), "metadata.finalizers[0]"),
    "finalizer without domain": (finalizer("cleanup"), "metadata.finalizers[0]"),
    "controller without template": (
        manifest("v1", "ReplicationController", "{selector: {app: web}}"),
        "spec.template",
    ),
    "empty os": (manifest("v1", "Pod", f"{POD}os: {{}}}}"), "spec.os.name"),
    "unknown os": (manifest("v1", "Pod", f"{POD}os: {{name: bsd}}}}"), "spec.os"),
    "spread twice": (
        manifest("v1", "Pod", f"{POD}topologySpreadConstraints: [{SPREAD}, {SPREAD}, {SPREAD}]}}"),
        "spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}",
    ),
    "host port of an init container": (
        manifest("v1", "Pod", f"{POD}initContainers: [{{name: a, image: a}}, {{name: b, image: b, {TWICE}}}]}}"),
        "spec.initContainers[0].ports[1].hostPort",
    ),
    "host port of a container": (
        manifest("v1", "Pod", f"{{containers: [{{name: a, image: a}}, {{name: b, image: b, {TWICE}}}]}}"),
        "spec.containers[1].ports[1].hostPort",
    ),
    "option of a volume": (
        manifest("v1", "Pod", f"{POD}volumes: [{{name: v, flexVolume: {{driver: a/b, options: {{k8s.io/x: z}}}}}}]}}"),
        "spec.volumes[0].flexVolume.options[k8s.io/x]",
    ),
    "node port taken by the entry before": (
        manifest(
            "v1", "Service", f"{{type: NodePort, ports: [{NODE_PORTS}, {{name: dns, port: 53, nodePort: 30081}}]}}"
        ),
        "spec.ports[1].nodePort",
    ),
    "node port taken by the entry of another": (
        manifest(
            "v1",
            "Service",
            "{type: NodePort, ports: [{name: a, port: 81, nodePort: 30081}, {name: b, port: 53, protocol: UDP}, "
            "{name: c, port: 53, nodePort: 30081}]}",
        ),
        "spec.ports[1].nodePort",
    ),
    "address of the other family": (
        manifest(
            "v1",
            "Service",
            '{clusterIP: "2001:db8::1", ipFamilyPolicy: RequireDualStack, ports: [{name: a, port: 80}]}',
        ),
        "spec.clusterIPs[0]",
    ),
    "both families": (
        manifest("v1", "Service", "{ipFamilyPolicy: RequireDualStack, ports: [{name: a, port: 80}]}"),
        "spec.ipFamilyPolicy",
    ),
    "made of a prefix": (
        manifest("v1", "Service", "{ports: [{port: 80}]}", "generateName: A-"),
        "metadata.name",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_field(name, judge):
    text, field = CASES[name]
    refused = [one.field for one in judge(text).findings if one.effect == "refused"]
    assert set(refused) == {field}


@pytest.mark.parametrize(
    ("inside", "place"),
    [
        ("securityContext: {fsGroup: 1}", "spec.template.spec.securityContext"),
        ("runAsUser: 1", "spec.template.spec.containers[0].securityContext"),
        ("limits: {cpu: 1}", "spec.template.spec.containers[0].resources"),
        ("livenessProbe: {tcpSocket: {port: 80, periodSeconds: 3}}", "spec.template.spec.containers[0].livenessProbe"),
        ("backoffLimit: 1", "spec"),
        ("apiVersion: v1", "the top"),
    ],
)
def test_a_field_at_the_wrong_place_is_sent_to_its_own(judge, inside, place):
    job = JOB.replace("image: job", f"image: job, {inside}")
    (found,) = judge(manifest("batch/v1", "Job", f"{{template: {{{job}}}}}")).of("unknown-field")

    assert found.hint == f"move it to {place} of the Job"


def test_what_stands_too_high_goes_down_the_usual_way(judge):
    cron = f"{{schedule: '@daily', restartPolicy: Never, jobTemplate: {{spec: {{template: {{{JOB}}}}}}}}}"
    (found,) = judge(manifest("batch/v1", "CronJob", cron)).of("unknown-field")

    assert found.hint == "move it to spec.jobTemplate.spec.template.spec of the CronJob"


def test_a_slip_is_no_field_at_the_wrong_place(judge):
    job = JOB.replace("restartPolicy", "restartpolicy")

    assert [one.hint for one in judge(manifest("batch/v1", "Job", f"{{template: {{{job}}}}}")).of("unknown-field")] == [
        "did you mean restartPolicy?"
    ]


SELECTING = SPREAD.replace("}", ", labelSelector: {matchLabels: {app: web}}, matchLabelKeys: [app]}")
RANGES = manifest("v1", "Service", "{type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0], ports: [{port: 80}]}")


@pytest.mark.parametrize(
    ("version", "text", "field"),
    [
        ("1.29", RANGES, "spec.LoadBalancerSourceRanges"),
        ("1.30", RANGES, "spec.LoadBalancerSourceRanges[0]"),
        ("1.29", manifest("v1", "Pod", f"{POD}hostAliases: [{{ip: x}}]}}"), "spec.hostAliases.ip"),
        ("1.30", manifest("v1", "Pod", f"{POD}hostAliases: [{{ip: x}}]}}"), "spec.hostAliases[0].ip"),
        (
            "1.29",
            manifest("v1", "Pod", f"{POD}hostAliases: [{{ip: 10.0.0.1, hostnames: [a_b]}}]}}"),
            "spec.hostAliases.hostnames",
        ),
        (
            "1.33",
            manifest("v1", "Pod", f"{POD}topologySpreadConstraints: [{SELECTING}]}}"),
            "spec.topologySpreadConstraints[0].matchLabelKeys[0]",
        ),
        (
            "1.34",
            manifest("v1", "Pod", f"{POD}topologySpreadConstraints: [{SELECTING}]}}", "name: web, labels: {app: web}"),
            "spec.topologySpreadConstraints[0][0]",
        ),
    ],
)
def test_older_api_servers_named_some_fields_otherwise(judge, version, text, field):
    assert [one.field for one in judge(text, kube_version=version) if one.effect == "refused"] == [field]
