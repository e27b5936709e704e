"""Writes a tree of manifests as repositories have it: one folder an app, every sixth file a Service.

The same number of files is the same tree, byte for byte.
"""

from __future__ import annotations

import json
import random

WORDS = ("cart", "auth", "billing", "ledger", "mail", "media", "queue", "edge", "audit", "price", "order", "chat")


def write(folder, count, *, noisy=False):
    """Makes `count` manifests below a folder; in a noisy tree with a few findings for each app."""
    random_source = random.Random(1)
    node_ports = iter(range(30100, 32768))
    written = 0
    while written < count:
        team, app = random_source.choice(WORDS), f"{random_source.choice(WORDS)}-{written}"
        place = folder / f"team-{team}" / app / random_source.choice(("base", "overlays/prod", "chart/templates", ""))
        place.mkdir(parents=True, exist_ok=True)
        files = _app(random_source, f"team-{team}", app, node_ports, noisy=noisy)
        for name, text in files[: count - written]:
            (place / name).write_text(text)
        written += min(len(files), count - written)


def write_lists(folder, count):
    """Makes two files, as `kubectl get -o yaml` does: of so many Services, and of the Deployments they select."""
    random_source = random.Random(1)
    services, deployments = [], []
    for at in range(count):
        app, ports = f"{random_source.choice(WORDS)}-{at}", [("http", 5000)]
        services.append(_service(random_source, "all", app, [("https", 5000)], iter(())))
        deployments.append(_deployment(random_source, "all", app, ports))
    for name, texts in (("services", services), ("deployments", deployments)):
        items = "".join("- " + text.rstrip("\n").replace("\n", "\n  ") + "\n" for text in texts)
        (folder / f"{name}.yaml").write_text(f"apiVersion: v1\nitems:\n{items}kind: List\n")


def _app(random_source, namespace, app, node_ports, *, noisy):
    """The files of one app: the pair, and a few of what else lies around."""
    ports = [(name, 5000 + at) for at, name in enumerate(("http", "metrics", "admin")[: random_source.randint(1, 3)])]
    others = [(name, make) for name, make, share in OTHERS if random_source.random() < share]
    files = [(f"{name}.yaml", make(random_source, namespace, app)) for name, make in others]
    if random_source.random() < 0.9:
        service = _service(random_source, namespace, app, ports, node_ports)
        deployment = _deployment(random_source, namespace, app, ports)
        if noisy:
            service, deployment = _noisy(random_source, service, deployment, app)
        form = random_source.random()
        if form < 0.2:
            files.append(("app.yaml", f"{deployment}---\n{service}"))
        elif form < 0.25:
            data = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"{app}-json"}}
            files.append(("service.json", json.dumps(data | {"spec": {"ports": [{"port": 80}]}}, indent=2)))
        else:
            files += [("service.yaml", service), ("deployment.yml", deployment)]
    random_source.shuffle(files)
    return files


def _head(kind, namespace, app, version="v1"):
    return f"apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {app}\n  namespace: {namespace}\n"


def _service(random_source, namespace, app, ports, node_ports):
    kind = random_source.choice(("ClusterIP", "ClusterIP", "NodePort", "LoadBalancer"))
    text = _head("Service", namespace, app)
    text += f'  labels:\n    app: {app}\n  annotations:\n    prometheus.io/scrape: "true"\n'
    text += f"spec:\n  type: {kind}\n  selector:\n    app: {app}\n  ports:\n"
    for at, (name, _) in enumerate(ports):
        text += f"    - name: {name}\n      port: {80 + at}\n      targetPort: {name}\n"
        number = next(node_ports, None) if kind == "NodePort" else None
        if number:
            text += f"      nodePort: {number}  # asked for by the {name} team\n"
    return text


def _deployment(random_source, namespace, app, ports):
    text = _head("Deployment", namespace, app, "apps/v1")
    text += f"spec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: {app}\n"
    text += f"  template:\n    metadata:\n      labels:\n        app: {app}\n    spec:\n      containers:\n"
    text += f"        - name: app\n          image: registry.example.com/{app}:1.{random_source.randrange(99)}\n"
    text += "          ports:\n"
    text += "".join(f"            - name: {name}\n              containerPort: {number}\n" for name, number in ports)
    text += "          env:\n"
    for at in range(random_source.randint(2, 16)):
        value = random_source.randrange(10**6)
        text += f'            - name: {random_source.choice(WORDS).upper()}_{at}\n              value: "{value}"\n'
    text += "          readinessProbe:\n            httpGet:\n              path: /healthz\n              port: http\n"
    return text + "          resources:\n            limits:\n              cpu: 500m\n              memory: 256Mi\n"


def _noisy(random_source, service, deployment, app):
    """The same with what people overlook: two ports of one name, selectors that miss, numbers that are not declared."""
    for at in range(random_source.randint(0, 2)):
        deployment += f"        - name: sidecar-{at}\n          image: registry.example.com/sidecar:{at}\n"
        deployment += f"          ports:\n            - name: http\n              containerPort: {7000 + at}\n"
    if random_source.random() < 0.4:
        service = service.replace(f"selector:\n    app: {app}", f"selector:\n    app: {app}-of-another-tree")
    if random_source.random() < 0.4:
        service = service.replace("targetPort: http", "targetPort: 4999")
    return service, deployment


def _config_map(random_source, namespace, app):
    text = _head("ConfigMap", namespace, f"{app}-config") + "data:\n"
    lines = random_source.choice((4, 8, 16, 16, 16, 2000))
    if lines > 100:
        # a manifest in a block of text is no manifest
        text += "  app.conf: |\n    kind: Service\n    nodePort: 31999\n"
        return text + "".join(f"    {random_source.choice(WORDS)}_{at} = {at * 7919}  # a: b\n" for at in range(lines))
    return text + "".join(f'  {random_source.choice(WORDS)}.{at}: "{at * 7919}"\n' for at in range(lines))


def _definition(random_source, namespace, app):  # noqa: ARG001 - cluster-wide
    text = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
    text += f"metadata:\n  name: {app}.example.com\n"
    text += "spec:\n  group: example.com\n  versions:\n    - name: v1\n      schema:\n        openAPIV3Schema:\n"
    text += "          properties:\n"
    for at in range(random_source.choice((20, 60, 400))):
        word = random_source.choice(WORDS)
        text += f"            {word}{at}:\n              type: string\n"
        text += f"              description: The Service that serves the {word}, and its kind.\n"
    return text


def _helm(random_source, namespace, app):  # noqa: ARG001 - the chart's own names
    kind = random_source.choice(("Service", "Deployment", "Ingress"))
    return (
        f"{{{{- if .Values.enabled }}}}\napiVersion: v1\nkind: {kind}\nmetadata:\n  name: {{{{ .Release.Name }}}}\n"
        "spec:\n  ports:\n    {{- range .Values.ports }}\n    - port: {{ .port }}\n    {{- end }}\n{{- end }}\n"
    )


def _plain(kind, version, body):
    def make(random_source, namespace, app):  # noqa: ARG001 - the same for every app but for its name
        return _head(kind, namespace, app, version) + body

    return make


# name, what makes it, share of the apps that have one
OTHERS = [
    ("config", _config_map, 0.7),
    ("crd", _definition, 0.06),
    ("template", _helm, 0.25),
    ("kustomization", _plain("Kustomization", "kustomize.config.k8s.io/v1beta1", "resources: [service.yaml]\n"), 0.8),
    ("account", _plain("ServiceAccount", "v1", "automountServiceAccountToken: false\n"), 0.35),
    ("monitor", _plain("ServiceMonitor", "monitoring.coreos.com/v1", "spec:\n  endpoints: [{port: metrics}]\n"), 0.15),
    ("secret", _plain("Secret", "v1", "stringData:\n  password: not-the-real-one\n"), 0.35),
    ("claim", _plain("PersistentVolumeClaim", "v1", "spec:\n  accessModes: [ReadWriteOnce]\n"), 0.15),
    ("autoscaler", _plain("HorizontalPodAutoscaler", "autoscaling/v2", "spec:\n  maxReplicas: 10\n"), 0.3),
    ("budget", _plain("PodDisruptionBudget", "policy/v1", "spec:\n  minAvailable: 1\n"), 0.2),
    ("policy", _plain("NetworkPolicy", "networking.k8s.io/v1", "spec:\n  podSelector: {}\n"), 0.15),
    ("values", _plain("Values", "example.com/v1", "service:\n  type: NodePort\n  nodePort: 30999\n"), 0.2),
]
