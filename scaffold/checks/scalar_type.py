"""A value of the wrong type: a number where text belongs, text where a number belongs.

YAML reads `1.10`, `on` and `8080` as a number, a bool and a number; labels, annotations, environment values and
arguments are text, and want quotes: `json: cannot unmarshal number into Go struct field
ObjectMeta.metadata.annotations of type string`. Ports and `replicas` are whole numbers and `hostNetwork` is a bool:
these want none.

A kustomization writes some values in quotes itself: annotations of an object, and `on`, `off`, `yes` and `no` wherever
text belongs. In the files that one takes in these are advice.

Fails:
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      annotations:
        prometheus.io/port: 8080
    spec:
      ports:
        - {name: http, port: "80"}

Passes:
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      annotations:
        prometheus.io/port: "8080"
    spec:
      ports:
        - {name: http, port: 80}

Mend: add the quotes, or take them away.

Source: k8s.io/api/core/v1/types.go and apps/v1/types.go; sigs.k8s.io/yaml for what a plain scalar is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffold.checks import _schema
from scaffold.scalars import write
from scaffold.shapes import dig, finding, pod_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "scalar-type"

_CONTAINERS = (("containers",), ("initContainers",))
# What a shell takes for more than a letter: words are not told by blanks alone.
_SHELL = frozenset("'\"\\|&;<>$`")
# The entries of ports, and what each has to have.
_PORTS = {"ServicePort": "port", "ContainerPort": "containerPort"}


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every value that the API server cannot decode."""
    for path, wanted, value in _schema.problems(document, facts).wrong:
        # resources-invalid says more about these, where there are containers
        resource = wanted == "quantity" and path[-3:-2] == ("resources",) and path[-5:-4] in _CONTAINERS
        if not resource or not isinstance(dig(document.data, (*pod_path(document), "containers")), list):
            found = _say(document, path, wanted, value)
            if wanted == "string" and document.path in facts.kustomized.taken_in and _is_mended(document, path, value):
                found = found._replace(effect="advice", hint=f"{found.hint}: kustomize does, kubectl apply -f does not")
            yield found


def _is_mended(document: Document, path: Path, value: Any) -> bool:  # noqa: ANN401
    """Whether kustomize writes a value in quotes: any annotation of the object, and the bools that YAML 1.2 lacks.

    Source: kustomize's kyaml, yaml.IsYaml1_1NonString and RNode.SetAnnotations; tried with kubectl kustomize.
    """
    if path[:2] == ("metadata", "annotations"):
        return isinstance(value, bool | int | float)
    raw = str(getattr(document.find(*path), "value", ""))
    return isinstance(value, bool) and raw.lower() not in ("true", "false")


def _say(document: Document, path: Path, wanted: str, value: Any) -> Finding:  # noqa: ANN401
    name = str(path[-1] if isinstance(path[-1], str) else f"{path[-2]}[{path[-1]}]")
    node = document.find(*path)
    raw = str(node.value) if getattr(node, "id", None) == "scalar" else ""
    if wanted == "string":
        message, hint = _text_wanted(name, value, raw)
        if path == ("spec", "selector", "matchLabels"):
            hint = "a Service selector is a plain map: write the labels right under selector"
    elif wanted == "bool":
        message, hint = f"{name} is true or false, and {raw or _kind(value)} is neither", "write true or false"
        if isinstance(value, str) and value in ("true", "false"):
            message, hint = f'{name} is a bool, and kubectl reads "{value}" in quotes as text', f"write {name}: {value}"
    elif wanted in ("int32", "int64", "int-or-string"):
        message, hint = _number_wanted(name, value, raw, 64 if wanted == "int64" else 32)
    elif wanted in ("quantity", "time"):
        message = f"{name} {raw or _kind(value)} is no {wanted}"
        hint = "such as 250m, 0.5, 64Mi or 1Gi" if wanted == "quantity" else 'such as "2026-01-31T12:00:00Z"'
    else:
        what = "a list" if wanted[0] == "[" else "a mapping"
        message, hint = f"{name} is {_kind(value)}, {what} is needed", _shape_hint(name, wanted, value, raw)
    return finding(document, path, message, effect="refused", hint=hint)


def _shape_hint(name: str, wanted: str, value: Any, raw: str) -> str:  # noqa: ANN401
    """How a list or a mapping is written; empty where it is not known what belongs there."""
    if wanted == "[string]" and raw:
        return f"write {name}: [{', '.join(map(write, _entries(name, raw)))}]"
    if wanted == "[EnvVar]" and isinstance(value, dict):
        return "write each as an entry: - name: NAME, and under it value: VALUE"
    if wanted[0] == "[" and isinstance(value, dict):
        return 'begin each entry with "- "'
    if wanted in _PORTS and raw:
        return f"write - {_PORTS[wanted]}: NUMBER"
    return ""


def _entries(name: str, raw: str) -> list[str]:
    """The entries of a list that is written as one text."""
    if not _SHELL.isdisjoint(raw):
        return ["sh", "-c", raw] if name == "command" else [raw]
    return raw.split() if name in ("command", "args") else raw.replace(",", " ").split()


def _text_wanted(name: str, value: Any, raw: str) -> tuple[str, str]:  # noqa: ANN401
    if not raw:
        return f"{name} is {_kind(value)}, text is needed", ""
    if isinstance(value, bool):
        read_as = "a bool" if raw in ("true", "false") else f"the bool {str(value).lower()}"
    else:
        number = f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)
        read_as = "a number" if number == raw else f"the number {number}"
    quoted = write(raw)
    hint = quoted if quoted.startswith('"') else f'"{quoted}"'
    return f"{name} is text, and kubectl reads {raw} as {read_as}", f"write it in quotes: {hint}"


def _number_wanted(name: str, value: Any, raw: str, bits: int) -> tuple[str, str]:  # noqa: ANN401
    if not raw:
        return f"{name} is {_kind(value)}, a number is needed", ""
    if isinstance(value, str):
        if value.isascii() and value.lstrip("-").isdigit():
            return f'{name} is a number, and kubectl reads "{value}" in quotes as text', f"write {name}: {value}"
        return f"{name} is a number, and {value!r} is none", _number_hint(name, value)
    if isinstance(value, bool):
        return f"{name} is a number, and kubectl reads {raw} as the bool {str(value).lower()}", "write a number"
    return f"{name} {raw} is no whole number of {bits} bits", "write a whole number"


def _number_hint(name: str, value: str) -> str:
    """What is meant by the forms of docker: 80/tcp and 8080:80."""
    if found := re.fullmatch(r"(\d{1,5})/(tcp|udp|sctp)", value, re.IGNORECASE | re.ASCII):
        return f"write {name}: {found[1]}, and protocol: {found[2].upper()} beside it"
    if name in _PORTS.values() and (found := re.fullmatch(r"(\d{1,5}):(\d{1,5})", value, re.ASCII)):
        if name == "port":
            return f"write port: {found[1]}, and targetPort: {found[2]} beside it"
        return f"write {name}: {found[2]}, a Service leads to it"
    return "write a number (is this a template?)"


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "a bool"
    if isinstance(value, int | float):
        return "a number"
    return "text" if isinstance(value, str) else "a mapping" if isinstance(value, dict) else "a list"
