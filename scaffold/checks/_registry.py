"""The rules by name, and the kinds of objects that each looks at.

`Service` is the core one only, `ServicePatch` what a kustomization lays over one; `Workload` is whatever makes Pods;
`Elsewhere` is one of these that is not served where it says. A rule is a module of its name (`node-port-taken` is
node_port_taken.py), imported when the first object of its kinds is met.
"""

_SERVICE = ("Service",)
_PATCHED = (*_SERVICE, "ServicePatch")
_WORKLOAD = ("Workload",)
_BOTH = (*_SERVICE, *_WORKLOAD)
_DECODED = (*_BOTH, "Ingress", "NetworkPolicy", "HorizontalPodAutoscaler")
_ROUTES = ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute")

# Rules that look at other objects than the one they judge: they run once the whole tree is read.
AROUND: dict[str, tuple[str, ...]] = {
    "node-port-taken": _PATCHED,
    "address-taken": _SERVICE,
    "target-port-unmatched": _SERVICE,
    "target-port-protocol": _SERVICE,
    "selector-unmatched": _SERVICE,
    "backend-unmatched": ("Ingress", *_ROUTES),
    "network-policy-port": ("NetworkPolicy",),
    "monitor-unmatched": ("ServiceMonitor", "PodMonitor"),
    "autoscaler-target": ("HorizontalPodAutoscaler",),
    "autoscaler-replicas": ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "DeploymentConfig"),
    "selector-too-wide": _SERVICE,
    "selector-overlap": ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"),
    "headless-port": _SERVICE,
    "governing-service": ("StatefulSet",),
    "local-traffic": _SERVICE,
    "node-port-reserved": (*_PATCHED, *_WORKLOAD),
    "defined-twice": _BOTH,
    "containers-missing": _WORKLOAD,
    "env-reference": _WORKLOAD,
    "pod-security-level": (*_WORKLOAD, "Namespace"),
    "pod-security": _WORKLOAD,
    "immutable-field": ("Service", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Pod"),
}

# Rules that look at one object alone, and at the policy and the version of the cluster.
ALONE: dict[str, tuple[str, ...]] = {
    "node-port-range": _PATCHED,
    "node-port-type": _SERVICE,
    "duplicate-node-port": _SERVICE,
    "health-check-node-port": _SERVICE,
    "node-port-dynamic-band": _SERVICE,
    "target-port-type": _SERVICE,
    "workload-selector": ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"),
    "job-selector": ("Job", "CronJob"),
    "indexed-job": ("Job", "CronJob"),
    "pod-failure-policy": ("Job", "CronJob"),
    "cron-schedule": ("CronJob",),
    "update-strategy": ("DaemonSet", "StatefulSet"),
    "volume-claim-template": ("StatefulSet",),
    "metadata-invalid": _DECODED,
    "ports-missing": _SERVICE,
    "port-out-of-range": _BOTH,
    "port-name-invalid": _BOTH,
    "port-name-missing": _SERVICE,
    "duplicate-port-name": _BOTH,
    "duplicate-key": _DECODED,
    "nested-list": _DECODED,
    "duplicate-port": _BOTH,
    "protocol-unknown": _BOTH,
    "service-type-unknown": _SERVICE,
    "external-traffic-policy": _SERVICE,
    "headless-type": _SERVICE,
    "probe-handler": _WORKLOAD,
    "probe-number": _WORKLOAD,
    "probe-port-unmatched": _WORKLOAD,
    "init-container-probe": _WORKLOAD,
    "load-balancer-only": _SERVICE,
    "load-balancer-port": _SERVICE,
    "fixed-address": _SERVICE,
    "field-ignored": _SERVICE,
    "selector-label": (*_SERVICE, "Deployment", "StatefulSet", "DaemonSet"),
    "server-owned": _BOTH,
    "port-two-protocols": _BOTH,
    "host-port-rollout": ("Deployment",),
    "run-as-non-root": _WORKLOAD,
    "listen-port": _WORKLOAD,
    "memory-unit": _WORKLOAD,
    "env-hidden": _WORKLOAD,
    "removed-feature": _WORKLOAD,
    "app-protocol-invalid": _SERVICE,
    "ip-family": _SERVICE,
    "restart-policy": _WORKLOAD,
    "host-port": _WORKLOAD,
    "image-missing": _WORKLOAD,
    "image-invalid": _WORKLOAD,
    "api-version": (*_WORKLOAD, "Ingress", "NetworkPolicy", "HorizontalPodAutoscaler", "Elsewhere"),
    "unknown-field": _DECODED,
    "resources-invalid": _WORKLOAD,
    "traffic-policy": _SERVICE,
    "session-affinity": _SERVICE,
    "external-name": _SERVICE,
    "count-negative": _WORKLOAD,
    "deployment-strategy": ("Deployment",),
    "env-invalid": _WORKLOAD,
    "word-unknown": _WORKLOAD,
    "volume-mount": _WORKLOAD,
    "volume-invalid": _WORKLOAD,
    "security-context": _WORKLOAD,
    "scheduling-invalid": _WORKLOAD,
    "pod-field-invalid": _WORKLOAD,
    "pod-annotation": _WORKLOAD,
    "address-invalid": _SERVICE,
    "name-invalid": _DECODED,
    "label-invalid": _DECODED,
    "scalar-type": _DECODED,
    "ingress-invalid": ("Ingress",),
    "route-invalid": _ROUTES,
    "network-policy-invalid": ("NetworkPolicy",),
    "autoscaler-invalid": ("HorizontalPodAutoscaler",),
    "autoscaler-metric": ("HorizontalPodAutoscaler",),
    "unused-suppression": (),
}

RULES: dict[str, tuple[str, ...]] = {**AROUND, **ALONE}

# The rule that holds objects against a commit, where one is named.
AGAINST = "immutable-field"

# Rules whose findings name all that are concerned, so that one of them is enough.
SHARED = frozenset({"node-port-taken"})

# Rules that warn and advise, and never say that something cannot work.
MILD = frozenset(
    {
        *("autoscaler-replicas", "autoscaler-target", "defined-twice", "duplicate-key", "env-hidden"),
        *("env-reference", "field-ignored", "fixed-address", "governing-service", "headless-port"),
        *("host-port-rollout", "listen-port", "local-traffic", "memory-unit", "network-policy-port"),
        *("node-port-dynamic-band", "node-port-reserved", "pod-security", "port-two-protocols", "selector-label"),
        *("selector-overlap", "selector-too-wide", "unused-suppression"),
    }
)
