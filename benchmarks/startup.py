"""Start-up: one short command against Python itself, and against the programs that do the same job."""

from __future__ import annotations

import json
import shutil

from rows import Row
from timing import command, measure, median, ratio

NEW = ("new", "web", "--image", "x:1", "-p", "http=5000", "-p", "metrics=6000", "-o", "yaml", "--no-input")
SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: {{ NAME }}
spec:
  type: NodePort
  selector:
    app.kubernetes.io/name: {{ NAME }}
  ports:
    - name: http
      port: {{ PORT }}
      targetPort: {{ TARGET }}
      protocol: TCP
"""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ NAME }}
spec:
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ NAME }}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {{ NAME }}
    spec:
      containers:
        - name: {{ NAME }}
          image: {{ IMAGE }}
          ports:
            - name: http
              containerPort: {{ TARGET }}
"""
ANSWERS = {"name": "web", "image": "x:1", "port": 8080, "target": 5000}


def run(stand, rounds):
    small = stand.project("small")
    folder = str(small)
    commands = {
        "pass": command(stand.python, "-c", "pass", folder=folder),
        "new": command(stand.svcgen, *NEW, folder=folder),
        "--help": command(stand.svcgen, "--help", folder=folder),
        "--version": command(stand.svcgen, "--version", folder=folder),
        "usage error": command(stand.svcgen, "new", "--prot", "1", folder=folder, codes=(2,)),
    }
    if stand.kubectl:
        commands["kubectl pair"] = _kubectl_pair(stand.kubectl, folder)
    if stand.copier:
        commands["copier"] = _copier(stand)
    if stand.cookiecutter:
        commands["cookiecutter"] = _cookiecutter(stand)
    samples = measure(commands, rounds, stand.environment)
    rows = [Row("start-up", f"{name}, CPU", 1000 * median(costs), "ms") for name, costs in samples.items()]
    budgets = [
        ("new", "pass", 12, 9),
        ("new", "kubectl pair", None, 1),
        ("new", "copier", 0.35, None),
        ("new", "cookiecutter", 0.6, None),
        ("--help", "pass", 8, 6.5),
        ("--version", "pass", 4, 2),
        ("usage error", "pass", 8, 6.5),
    ]
    return rows + [
        Row("start-up", f"{one} / {other}", ratio(samples, one, other), "x", budget, aim)
        for one, other, budget, aim in budgets
        if other in samples
    ]


def _kubectl_pair(kubectl, folder):
    """The two calls that make the same pair of objects (without metrics port, probes, limits)."""
    printed = ("--dry-run=client", "-o", "yaml")
    deployment = (kubectl, "create", "deployment", "web", "--image=x:1", "--port=5000", *printed)
    service = (kubectl, "create", "service", "nodeport", "web", "--tcp=8080:5000", *printed)
    return command(*deployment, folder=folder)._replace(processes=(deployment, service))


def _copier(stand):
    template, out = stand.folder / "copier", stand.folder / "copier-out"
    template.mkdir()
    questions = "".join(f"{name}:\n  type: str\n  default: '{value}'\n" for name, value in ANSWERS.items())
    (template / "copier.yml").write_text(f"_subdirectory: files\n{questions}")
    _write_pair(template / "files", ".jinja", "{}")
    return command(
        *(stand.copier, "copy", "--quiet", "--defaults", str(template), str(out)),
        folder=str(stand.folder),
        before=lambda: shutil.rmtree(out, ignore_errors=True),
    )


def _cookiecutter(stand):
    template, out = stand.folder / "cookiecutter", stand.folder / "cookiecutter-out"
    template.mkdir()
    (template / "cookiecutter.json").write_text(json.dumps(ANSWERS))
    _write_pair(template / "{{cookiecutter.name}}", "", "cookiecutter.{}")
    return command(
        *(stand.cookiecutter, "--no-input", "--output-dir", str(out), str(template)),
        folder=str(stand.folder),
        before=lambda: shutil.rmtree(out, ignore_errors=True),
    )


def _write_pair(folder, suffix, variable):
    folder.mkdir()
    for name, text in (("service.yaml", SERVICE), ("deployment.yaml", DEPLOYMENT)):
        for answer in ANSWERS:
            text = text.replace(f"{{{{ {answer.upper()} }}}}", f"{{{{ {variable.format(answer)} }}}}")
        (folder / (name + suffix)).write_text(text)
