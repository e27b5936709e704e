"""Good objects of every kind outside the Pods, and values to put into them."""

from __future__ import annotations

# Where the API server takes each kind.
PLACES = {
    "Service": "/api/v1/namespaces/default/services",
    "ReplicationController": "/api/v1/namespaces/default/replicationcontrollers",
    **{
        kind: f"/apis/apps/v1/namespaces/default/{kind.lower()}s"
        for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
    },
    **{kind: f"/apis/batch/v1/namespaces/default/{kind.lower()}s" for kind in ("Job", "CronJob")},
    "Pod": "/api/v1/namespaces/default/pods",
    "Ingress": "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies",
}

_POD = {"containers": [{"name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 80, "name": "http"}]}]}
_LABELS = {"app": "web"}
_TEMPLATE = {"metadata": {"labels": _LABELS}, "spec": _POD}
_JOB_TEMPLATE = {"metadata": {"labels": _LABELS}, "spec": {**_POD, "restartPolicy": "Never"}}


def _metadata():
    return {"name": "web", "labels": dict(_LABELS), "annotations": {"a/b": "c"}}


_PORTS = [
    {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"},
    {"name": "m", "port": 81, "targetPort": 8081},
]


def _svc(**k):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(),
        "spec": {"selector": _LABELS, "ports": _PORTS, **k},
    }


def _app(kind, **k):
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": _metadata(),
        "spec": {"selector": {"matchLabels": _LABELS}, "template": _TEMPLATE, **k},
    }


_JOB = {
    "template": _JOB_TEMPLATE,
    "backoffLimit": 3,
    "parallelism": 2,
    "completions": 3,
    "activeDeadlineSeconds": 10,
    "ttlSecondsAfterFinished": 5,
}
_INDEXED = {
    **_JOB,
    "completionMode": "Indexed",
    "backoffLimitPerIndex": 1,
    "maxFailedIndexes": 2,
    "successPolicy": {"rules": [{"succeededIndexes": "0-1", "succeededCount": 1}]},
    "podReplacementPolicy": "Failed",
    "podFailurePolicy": {
        "rules": [
            {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [1, 42], "containerName": "web"}},
            {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
            {"action": "FailIndex", "onExitCodes": {"operator": "NotIn", "values": [3]}},
        ]
    },
}
_CLAIM = {
    "metadata": {"name": "data", "labels": _LABELS},
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}, "limits": {"storage": "2Gi"}},
        "storageClassName": "x",
        "volumeMode": "Filesystem",
        "selector": {"matchLabels": _LABELS},
        "volumeName": "v",
        "dataSource": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "x"},
    },
}


def _job(s, **k):
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": _metadata(), "spec": {**s, **k}}


BASES = {
    "Service": [
        _svc(),
        _svc(type="NodePort", externalTrafficPolicy="Local"),
        _svc(
            type="LoadBalancer",
            externalTrafficPolicy="Local",
            healthCheckNodePort=30123,
            allocateLoadBalancerNodePorts=True,
            loadBalancerClass="a.b/c",
            loadBalancerSourceRanges=["10.0.0.0/8"],
            loadBalancerIP="1.2.3.4",
        ),
        _svc(clusterIP="None", publishNotReadyAddresses=True),
        _svc(type="ExternalName", externalName="a.example.com"),
        _svc(clusterIP="10.96.7.7", clusterIPs=["10.96.7.7"], ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack"),
        _svc(
            sessionAffinity="ClientIP",
            sessionAffinityConfig={"clientIP": {"timeoutSeconds": 100}},
            internalTrafficPolicy="Local",
            trafficDistribution="PreferClose",
            externalIPs=["1.2.3.4"],
        ),
        _svc(
            type="NodePort",
            ports=[
                {"name": "a", "port": 53, "protocol": "UDP", "nodePort": 30053},
                {"name": "b", "port": 53, "protocol": "TCP", "nodePort": 30053},
            ],
        ),
    ],
    "Deployment": [
        _app("Deployment"),
        _app(
            "Deployment",
            replicas=2,
            minReadySeconds=3,
            progressDeadlineSeconds=100,
            revisionHistoryLimit=3,
            paused=False,
            strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}},
        ),
        _app("Deployment", strategy={"type": "Recreate"}),
        _app(
            "Deployment",
            selector={
                "matchLabels": _LABELS,
                "matchExpressions": [
                    {"key": "app", "operator": "In", "values": ["web", "x"]},
                    {"key": "z", "operator": "DoesNotExist"},
                ],
            },
        ),
    ],
    "ReplicaSet": [_app("ReplicaSet", replicas=1, minReadySeconds=1)],
    "DaemonSet": [
        _app("DaemonSet"),
        _app(
            "DaemonSet",
            updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
            minReadySeconds=1,
            revisionHistoryLimit=2,
        ),
        _app("DaemonSet", updateStrategy={"type": "OnDelete"}),
    ],
    "StatefulSet": [
        _app("StatefulSet", serviceName="web"),
        _app(
            "StatefulSet",
            serviceName="web",
            replicas=3,
            podManagementPolicy="Parallel",
            ordinals={"start": 1},
            updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 1, "maxUnavailable": 1}},
            persistentVolumeClaimRetentionPolicy={"whenDeleted": "Retain", "whenScaled": "Delete"},
            volumeClaimTemplates=[_CLAIM],
            minReadySeconds=1,
            revisionHistoryLimit=2,
        ),
    ],
    "Job": [
        _job(_JOB),
        _job(_INDEXED),
        _job({"template": _JOB_TEMPLATE}),
        _job(
            {"template": _JOB_TEMPLATE},
            manualSelector=True,
            selector={"matchLabels": _LABELS},
            suspend=True,
            managedBy="example.com/x",
        ),
    ],
    "CronJob": [
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": _metadata(),
            "spec": {
                "schedule": "*/5 * * * *",
                "timeZone": "Europe/Berlin",
                "concurrencyPolicy": "Forbid",
                "suspend": False,
                "startingDeadlineSeconds": 5,
                "successfulJobsHistoryLimit": 1,
                "failedJobsHistoryLimit": 1,
                "jobTemplate": {"metadata": {"labels": _LABELS, "annotations": {"x": "y"}}, "spec": _JOB},
            },
        },
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": _metadata(),
            "spec": {"schedule": "@daily", "jobTemplate": {"spec": _INDEXED}},
        },
    ],
    "ReplicationController": [
        {
            "apiVersion": "v1",
            "kind": "ReplicationController",
            "metadata": _metadata(),
            "spec": {"replicas": 1, "selector": _LABELS, "template": _TEMPLATE, "minReadySeconds": 1},
        },
        {"apiVersion": "v1", "kind": "ReplicationController", "metadata": _metadata(), "spec": {"template": _TEMPLATE}},
    ],
}

# Values of every type, most of them wrong wherever they stand.
_TEXTS = (
    "",
    "x",
    "80",
    "A_b",
    "-a",
    "a" * 64,
    "a" * 300,
    "None",
    "1.2.3.4",
    "::1",
    "10%",
    "101%",
    "-5%",
    "é",
    "a b",
    " ",
    "1Gi",
)
_COUNTS = (0, 1, -1, 1.5, 2**31, 2**40, -(2**31) - 1, 2**63, 65536, 86401)
ODD = [*_TEXTS, *_COUNTS, None, True, False, [], {}, [None], [1], ["a"], {"a": "b"}, {"a": 1}, [[]], [{}]]
_SMALL = (0, 1, 2, 3, -1, 5, 10, 80, 81, 100, 256, 500, 600, 1000, 3600)
_NODE_PORTS = (29999, 30000, 30053, 30123, 32767, 32768)
NUMBERS = [*_SMALL, *_NODE_PORTS, 10250, 65535, 65536, 86400, 86401, 100000, 100001, 10**6, 2**31 - 1]
# Words that some field takes, and some that none does.
WORDS = (  # noqa: SIM905 - a list would have a line for each
    "ClusterIP|NodePort|LoadBalancer|ExternalName|nodeport|Local|Cluster|ClientIP|None|IPv4|"
    "IPv6|ipv4|SingleStack|PreferDualStack|RequireDualStack|TCP|UDP|SCTP|tcp|In|NotIn|Exists|"
    "DoesNotExist|exists|RollingUpdate|Recreate|OnDelete|OrderedReady|Parallel|Allow|Forbid|"
    "Replace|Indexed|NonIndexed|FailJob|Ignore|Count|FailIndex|Retain|Delete|Failed|"
    "TerminatingOrFailed|True|False|Unknown|PreferClose|PreferSameZone|PreferSameNode|"
    "PreferSameRack|web|http|a/b|example.com/x|kubernetes.io/job-controller|A.b/c|ReadWriteOnce|"
    "ReadWriteMany|ReadWriteOncePod|Block|Filesystem|UTC|Europe/Berlin|europe/berlin|Mars/X|"
    "* * * * *|@every 5m|@hourly|60 * * * *|*/0 * * * *|0 0 30 2 *|TZ=UTC * * * * *|"
    "CRON_TZ=UTC 0 0 * * *|1-5/2 * ? * MON|0-2|1,3-5|5-3|0,0|1-|2-4,3|a..b|a.|10.96.0.0/16|"
    "1.2.3.4/33|10.0.0.1/8|fd00::1|fd00::/64|010.001.0.1|10.96.5.5|10.200.0.1|10.96.0.1|"
    "127.0.0.1|0.0.0.0|169.254.1.1|224.0.0.1|::ffff:1.2.3.4|storage|cpu|1.5|-1Gi|2Gi|0|1e3|"
    "metadata.name|9web|web.x|a-|default|other|Ns_"
).split("|")

# What decodes into each type, and what hardly decodes into any.
GOOD = {"string": "x", "int32": 1, "int64": 1, "bool": True, "int-or-string": "x", "quantity": "1", "any": {}}
GOOD["time"] = "2024-01-01T00:00:00Z"
_TIMES = (
    "2024-01-01",
    "2023-02-29T00:00:00Z",
    "2024-01-01T24:00:00Z",
    "2024-01-01T1:00:00+24:30",
    "2024-1-01T00:00:00Z",
)
UNDECODED = [*_TIMES, "1 Gi", "1e3", "null", "+5", ".5", "1E", "1KB", 2.5, 2**63 - 1, -(2**63), [True], {"x": {}}]
