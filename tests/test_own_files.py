"""Config, packs and App specs are plain data: what asks a reader for more is refused with its place."""

from __future__ import annotations

import pytest

from scaffold.errors import SvcgenError
from scaffold.own_files import one_mapping

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def read(text):
    return one_mapping(text.encode(), "own.yaml", SvcgenError("no mapping"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: {b: !include /etc/passwd}\n", "own.yaml:1:8: error: the tag !include is not allowed here"),
        ("a:\n  - !x y\n", "own.yaml:2:5: error: the tag !x is not allowed here"),
        (
            "a: !!python/object/apply:os.system [id]\n",
            "own.yaml:1:4: error: the tag !!python/object/apply:os.system is not allowed here",
        ),
        ("!x\na: b\n", "own.yaml:1:1: error: the tag !x is not allowed here"),
        ("!x a: b\n", "own.yaml:1:1: error: the tag !x is not allowed here"),
        (BOMB, "own.yaml:7: error: excessive aliasing"),
        ("a: &a {b: *a}\n", "own.yaml:1: error: an anchor holds itself"),
    ],
)
def test_what_is_more_than_plain_data_is_refused(text, said):
    with pytest.raises(SvcgenError) as caught:
        read(text)

    assert str(caught.value) == said


def test_the_tags_of_yaml_itself_anchors_and_exclamation_marks_are_plain_data():
    text = "a: !!str 8080\nb: &b {c: d!}\ne: *b\nf: !!map {g: !!seq [!!int 1]}\n"

    assert read(text).data == {"a": "8080", "b": {"c": "d!"}, "e": {"c": "d!"}, "f": {"g": [1]}}


@pytest.mark.parametrize("where", ["config.yaml", "apps/web.yaml"])
def test_aliases_without_end_in_a_project_are_no_bug(project, where):
    project.write(f".svcgen/{where}", BOMB)
    done = project.run("new", "web", "--image", "x:1", "-p", "http=80", "--no-input")

    assert done.returncode == 2
    assert f".svcgen/{where}:7: error: excessive aliasing" in done.stderr
