"""Drawings compared whole: `tests/drawings/<case>.yaml` and what `explain` makes of it; `--update-golden` writes."""

from __future__ import annotations

import json

import jsonschema
import pytest

from tests.conftest import ROOT

FOLDER = ROOT / "tests/drawings"
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
FORMS = {"text": "txt", "mermaid": "mmd", "svg": "svg", "json": "json"}

# what the contract of the command promises; more keys may come
PLACE = {"path": {"type": "string"}, "line": {"type": "integer"}, "column": {"type": "integer"}}
PORT = {"type": ["integer", "string", "null"]}
FINDING = {"type": "object", "required": ["rule", "effect", "level", "message", "path", "line", "hint", "after"]}
HOPS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["kind", "port"],
        "properties": {"kind": {"enum": ["node", "service", "pod", "external"]}, "port": PORT, **PLACE},
    },
}
ROUTE = {
    "type": "object",
    "required": ["service", "port_name", "protocol", "hops", "broken"],
    "properties": {
        "service": {
            "type": "object",
            "required": ["namespace", "name"],
            "properties": {"namespace": {"type": "string"}, "name": {"type": "string"}},
        },
        "port_name": {"type": ["string", "null"]},
        "protocol": {"type": "string"},
        "hops": HOPS,
        "broken": {"oneOf": [{"type": "null"}, FINDING]},
    },
}
SCHEMA = {"type": "object", "required": ["routes"], "properties": {"routes": {"type": "array", "items": ROUTE}}}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES)
def test_the_drawing_is_as_it_was(case, form, project, request):
    project.write(f"{case}.yaml", (FOLDER / f"{case}.yaml").read_bytes())
    done = project.run("explain", f"{case}.yaml", "-o", form, "--node-ip", "3.109.154.210")

    assert (done.returncode, done.stderr) == (0, "")
    expected = FOLDER / f"{case}.{FORMS[form]}"
    if request.config.getoption("--update-golden"):
        expected.write_text(done.stdout)
    assert done.stdout == expected.read_text()


@pytest.mark.parametrize("case", CASES)
def test_the_json_has_the_shape_that_is_promised(case):
    data = json.loads((FOLDER / f"{case}.json").read_text())

    jsonschema.validate(data, SCHEMA)
    assert data["routes"]
    for route in data["routes"]:
        assert [hop["kind"] for hop in route["hops"]][-2] == "service"


def test_the_picture_of_the_readme_is_what_svcgen_draws(project, request):
    project.run(
        "new", "my-service", "--image", "ghcr.io/acme/my-service:1.4.2", "-p", "http=5000", "-p", "metrics=6000"
    )
    done = project.run("explain", "-o", "svg")

    picture = ROOT / "docs/route.svg"
    if request.config.getoption("--update-golden"):
        picture.write_text(done.stdout)
    assert done.stdout == picture.read_text()
