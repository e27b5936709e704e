"""Packs for tests: written as files, as a platform team would."""

from __future__ import annotations

ARTICLE = ("new", "web", "--image", "ghcr.io/acme/web:1", "-p", "http=5000", "-p", "metrics=6000", "--no-input")
HEAD = 'title: a pack\nversion: "1"\n'
EXTENDS = HEAD + "extends: default\n"


def write_pack(project, name, head, templates=(), where=".svcgen/templates"):
    """A pack below the project: its pack.yaml, and its templates as (path, text) pairs. Gives its folder."""
    for path, text in templates:
        project.write(f"{where}/{name}/{path}", text)
    return project.write(f"{where}/{name}/pack.yaml", head).parent


SERVICE = """\
apiVersion: v1
kind: Service
metadata:
{% block metadata %}
  name: {{ app.name }}
{% endblock %}
spec:
  type: {{ app.type }}
  selector:
{% for key, value in app.selector.items() %}
    {{ key }}: {{ value }}
{% endfor %}
{% block ports %}
  ports:
{% for port in ports %}
    - name: {{ port.name }}
      port: {{ port.service_port }}
      targetPort: {{ port.name }}
{% if port.node_port %}
      nodePort: {{ port.node_port }}
{% endif %}
      protocol: {{ port.protocol }}
{% endfor %}
{% endblock %}
"""


def write_base(project, extra="", templates=()):
    """A pack `base` with a Service in blocks and the Deployment of `default`."""
    head = HEAD + ("extends: default\nfiles:\n  - {path: service.yaml, template: service.yaml.j2}\n")
    return write_pack(project, "base", head + extra, [("service.yaml.j2", SERVICE), *templates])
