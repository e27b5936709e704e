"""Which rules a field concerns, when it is not written as nearly everybody writes it.

`_schema` walks over every object anyway. On its way it asks here whose concern a field is, so that of ninety rules only
those look at an object that may have something to say about it.
"""

from __future__ import annotations

_APPS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
_MAKERS = (*_APPS, "ReplicationController", "Job")
_WORKLOADS = (*_MAKERS, "CronJob", "Pod")
_SCALERS = ("v1.HorizontalPodAutoscaler", "v2.HorizontalPodAutoscaler")
_NO_POD = " ".join(
    [
        *(f"{kind}!spec" for kind in _WORKLOADS),
        *(f"{kind}Spec!template" for kind in _MAKERS),
        *("CronJobSpec!jobTemplate", "JobTemplateSpec!spec", "PodTemplateSpec!spec"),
    ]
)
_ADDRESSES = "ServiceSpec.clusterIP ServiceSpec.clusterIPs ServiceSpec.externalIPs"
_HOST_PORT = "ContainerPort.hostPort PodSpec.hostNetwork"
_ANNOTATIONS = "ObjectMeta.annotations:annotations"
_TARGETS = "ServicePort.targetPort:target HTTPGetAction.port:target TCPSocketAction.port:target"

# Rule -> what makes it look at an object. `Type.field` is a field that is there, `Type.field:test` one that does not
# pass that test of `_plain.py`, `Type:test` an object that does not, `Type!field` one that lacks the field. A rule that
# is not here looks at every object of its kinds. At what does not decode, or is of no known type, all rules look.
CONCERNS: dict[str, str] = {
    "node-port-taken": "ServicePort.nodePort ServiceSpec.healthCheckNodePort",
    "node-port-range": "ServicePort.nodePort ServiceSpec.healthCheckNodePort",
    "node-port-type": "ServicePort.nodePort",
    "node-port-dynamic-band": "ServicePort.nodePort",
    "node-port-reserved": f"ServicePort.nodePort {_HOST_PORT}",
    "duplicate-node-port": "ServiceSpec.ports:service-ports",
    "health-check-node-port": "ServiceSpec.healthCheckNodePort",
    "local-traffic": "ServiceSpec.internalTrafficPolicy ServiceSpec.externalTrafficPolicy",
    "external-traffic-policy": "ServiceSpec.externalTrafficPolicy",
    "traffic-policy": "ServiceSpec.internalTrafficPolicy ServiceSpec.trafficDistribution",
    "headless-port": _ADDRESSES,
    "headless-type": _ADDRESSES,
    "address-invalid": _ADDRESSES,
    "address-taken": _ADDRESSES,
    "fixed-address": f"{_ADDRESSES} ServiceSpec.loadBalancerIP",
    "ip-family": f"{_ADDRESSES} ServiceSpec.ipFamilyPolicy ServiceSpec.ipFamilies",
    "field-ignored": f"{_ADDRESSES} ServiceSpec.externalName ServiceSpec.type:routed",
    "external-name": "ServiceSpec.type:routed",
    "service-type-unknown": "ServiceSpec.type:routed",
    "load-balancer-port": "ServiceSpec.type:inside",
    "load-balancer-only": f"ServiceSpec.loadBalancerClass ServiceSpec.loadBalancerSourceRanges {_ANNOTATIONS} "
    "ServiceSpec.allocateLoadBalancerNodePorts",
    "session-affinity": "ServiceSpec.sessionAffinity",
    "app-protocol-invalid": "ServicePort.appProtocol",
    "target-port-type": "ServicePort.targetPort:target",
    "ports-missing": "Service!spec ServiceSpec!ports ServiceSpec.ports:service-ports",
    "port-name-missing": "ServiceSpec.ports:service-ports",
    "port-two-protocols": "ServiceSpec.ports:service-ports PodSpec:ports",
    "duplicate-port": "ServiceSpec.ports:service-ports PodSpec:ports",
    "duplicate-port-name": "ServiceSpec.ports:service-ports PodSpec:ports",
    "port-out-of-range": f"ServicePort!port ServicePort.port:port {_TARGETS} ContainerPort.containerPort:port "
    "ContainerPort!containerPort ContainerPort.hostPort:port HTTPGetAction!port TCPSocketAction!port GRPCAction!port "
    "GRPCAction.port:port",
    "port-name-invalid": f"ServicePort.name:label ContainerPort.name:port-name {_TARGETS}",
    "protocol-unknown": "ServicePort.protocol:protocol ContainerPort.protocol:protocol",
    "selector-label": "ServiceSpec.selector:labels LabelSelector.matchLabels:labels ObjectMeta.labels:labels",
    "label-invalid": f"ObjectMeta.labels:labels ServiceSpec.selector:labels LabelSelector.matchLabels:labels "
    f"{_ANNOTATIONS}",
    "metadata-invalid": f"ObjectMeta.finalizers ObjectMeta.ownerReferences ObjectMeta.generation {_ANNOTATIONS} "
    "JobSpec.managedBy StatefulSetSpec.serviceName:label",
    "server-owned": "ObjectMeta.resourceVersion ObjectMeta.name:name",
    "name-invalid": "ObjectMeta.name:name ObjectMeta.generateName ObjectMeta.namespace:label Container!name "
    "Container.name:label PodSpec.containers:distinct PodSpec.initContainers Service:named "
    + " ".join(f"{kind}:named" for kind in (*_WORKLOADS, "Ingress", "NetworkPolicy"))
    + " ".join(f" {kind}!metadata {kind}.metadata:titled" for kind in _SCALERS),
    "workload-selector": " ".join([f"{kind}!spec {kind}Spec:selects" for kind in _APPS])
    + " ReplicationController!spec ReplicationController.spec",
    "containers-missing": f"{_NO_POD} PodSpec!containers PodSpec.containers:some",
    "image-missing": "Container!image Container.image:image",
    "image-invalid": "Container.image:image",
    "env-invalid": "EnvVar!name EnvVar.name:variable EnvVar.valueFrom Container.envFrom",
    "env-hidden": "Container.env:distinct",
    "env-reference": "EnvVar.value:literal",
    "listen-port": "EnvVar.name:variable ObjectMeta.annotations:not-scraped",
    "memory-unit": "ResourceRequirements:amounts",
    "resources-invalid": "ResourceRequirements:amounts Container.resizePolicy PodSpec.overhead PodSpec.resources",
    "probe-handler": "Probe:probe Container.lifecycle",
    "probe-number": "Probe:probe Container.lifecycle",
    "probe-port-unmatched": "Container:probed",
    "init-container-probe": "PodSpec.initContainers",
    "host-port": _HOST_PORT,
    "host-port-rollout": _HOST_PORT,
    "volume-invalid": "PodSpec.volumes:volumes",
    "volume-mount": "PodSpec:mounts",
    "removed-feature": f"PodSpec.volumes:volumes {_ANNOTATIONS}",
    "pod-annotation": _ANNOTATIONS,
    "pod-security": "PodSpec:unrestricted",
    "run-as-non-root": "SecurityContext:user PodSecurityContext:user SecurityContext.runAsUser:user-number",
    "security-context": "PodSpec.securityContext:context Container.securityContext:context PodSpec.hostUsers "
    "PodSpec.shareProcessNamespace PodSpec.os",
    "scheduling-invalid": "PodSpec.nodeSelector PodSpec.nodeName PodSpec.tolerations PodSpec.affinity "
    "PodSpec.topologySpreadConstraints PodSpec.schedulingGates",
    "restart-policy": "PodSpec.restartPolicy:always PodSpec.activeDeadlineSeconds Container.restartPolicy "
    "Container.restartPolicyRules JobSpec.template",
    "count-negative": "DeploymentSpec.minReadySeconds DeploymentSpec.progressDeadlineSeconds StatefulSetOrdinals.start "
    + " ".join(f"{kind}Spec.replicas:count" for kind in (*_APPS, "ReplicationController") if kind != "DaemonSet")
    + " DeploymentSpec.revisionHistoryLimit:count StatefulSetSpec.minReadySeconds ReplicaSetSpec.minReadySeconds "
    "ReplicationControllerSpec.minReadySeconds DaemonSetSpec.minReadySeconds DaemonSetSpec.revisionHistoryLimit:count "
    "JobSpec.parallelism:count JobSpec.completions:count JobSpec.activeDeadlineSeconds:count "
    "JobSpec.backoffLimit:count JobSpec.ttlSecondsAfterFinished:count JobSpec.backoffLimitPerIndex:count "
    "JobSpec.maxFailedIndexes:count CronJobSpec.startingDeadlineSeconds:count "
    "CronJobSpec.successfulJobsHistoryLimit:count CronJobSpec.failedJobsHistoryLimit:count",
    "deployment-strategy": "DeploymentSpec.strategy:strategy",
    "word-unknown": "Container.imagePullPolicy:pull Container.terminationMessagePolicy PodSpec.dnsPolicy:dns "
    "StatefulSetSpec.podManagementPolicy StatefulSetSpec.persistentVolumeClaimRetentionPolicy "
    "CronJobSpec.concurrencyPolicy:concurrency",
    "pod-field-invalid": "PodSpec.dnsPolicy:dns PodSpec.serviceAccountName:subdomain PodSpec.serviceAccount:subdomain "
    + " ".join(
        f"PodSpec.{field}"
        for field in (
            *("hostname", "subdomain", "priorityClassName", "runtimeClassName", "hostnameOverride", "hostAliases"),
            *("dnsConfig", "readinessGates", "resourceClaims", "activeDeadlineSeconds", "preemptionPolicy"),
            *("ephemeralContainers", "priority", "overhead"),
        )
    ),
    # nothing in a type says that these have to look: see _schema.concerns
    **dict.fromkeys(("api-version", "duplicate-key", "nested-list", "scalar-type", "unknown-field"), ""),
}


class Bits:
    """Rules as the bits of a number, and for each type what is whose concern."""

    def __init__(self) -> None:
        """Reads the table: the fields of a type, those that must not be missing, and tests of whole objects."""
        self.all = (1 << len(CONCERNS)) - 1
        self.fields: dict[str, dict[str, dict[str, int]]] = {}
        self.missing: dict[str, dict[str, int]] = {}
        self.whole: dict[str, dict[str, int]] = {}
        self.of_rule = {rule: 1 << at for at, rule in enumerate(CONCERNS)}
        # containers that stand in no manifest: whatever looks at containers says something else of them
        self.fields["PodSpec"] = {"ephemeralContainers": {"": self.all}}
        for rule, items in CONCERNS.items():
            bit = self.of_rule[rule]
            for item in items.split():
                what, _, test = item.partition(":")
                # some types have a dot in their names too
                name, dot, field = what.rpartition(".")
                lacking, mark, missing = what.partition("!")
                if mark:
                    _add(self.missing.setdefault(lacking, {}), missing, bit)
                elif dot:
                    _add(self.fields.setdefault(name, {}).setdefault(field, {}), test, bit)
                else:
                    _add(self.whole.setdefault(what, {}), test, bit)


def _add(bits: dict[str, int], key: str, bit: int) -> None:
    bits[key] = bits.get(key, 0) | bit
