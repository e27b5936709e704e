"""Who may import whom (pyproject.toml says it), and how long a module and a function may be."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

from tests.conftest import ROOT

MODULES = sorted((ROOT / "scaffold").rglob("*.py"))
MODULE_LINES = 300
FUNCTION_LINES = 50
NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def lint_imports(folder):
    """The import contracts of pyproject.toml, held against the package in a folder."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--config", str(ROOT / "pyproject.toml"), "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_import_contracts_are_kept():
    done = lint_imports(ROOT)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("allocate.py", "from scaffold import write", "The assembly line"),
        ("unplaced.py", "", "The assembly line"),
        ("commands/check.py", "from scaffold.commands import new", "Commands do not know each other"),
        ("checks/name_invalid.py", "from scaffold.checks import label_invalid", "Rules do not know each other"),
        ("facts.py", "import subprocess", "Values in, values out"),
        ("verify.py", "from scaffold.sources import tree", "Values in, values out"),
        ("spec.py", "import typer", "One door to the command line library"),
        ("build.py", "import jinja2", "One door to the template engine"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(tmp_path, module, line, broken):
    for path in MODULES:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    changed = tmp_path / "scaffold" / module
    changed.write_text(f"{changed.read_text() if changed.exists() else ''}\n{line}\n")
    done = lint_imports(tmp_path)

    assert done.returncode == 1
    assert [text for text in done.stdout.splitlines() if text.startswith(broken) and "BROKEN" in text]


def code_lines(source):
    """The numbers of the lines that hold code: not blank, no comment, no docstring."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, node.end_lineno + 1))
    return lines


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_short_enough_to_be_read_at_once(path):
    assert len(code_lines(path.read_text())) <= MODULE_LINES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_body_of_every_function_fits_on_a_screen(path):
    source = path.read_text()
    lines = code_lines(source)
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    bodies = {node.name: lines & set(range(node.body[0].lineno, node.end_lineno + 1)) for node in functions}

    assert {name: len(body) for name, body in bodies.items() if len(body) > FUNCTION_LINES} == {}
