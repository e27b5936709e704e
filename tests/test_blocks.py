"""What is read line by line is what libyaml reads: the same values, of the same types, at the same places."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaffold import blocks
from scaffold.cut import split
from scaffold.documents import Document
from scaffold.kinds import CHECKED
from scaffold.node_values import to_data
from scaffold.nodes import Unreadable, compose
from tests.conftest import ROOT


def paths_in(value, path=()):
    """The path of every value, and one past it that is not there."""
    yield path
    yield (*path, "not-there")
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in parts:
        yield from paths_in(inner, (*path, key))


def hold_against_libyaml(chunk):
    """True where `values` answers; what it answers is held against libyaml's nodes."""
    simple = blocks.values(chunk)
    if simple is None:
        return False
    roots = list(compose(chunk))
    assert len(roots) == 1, chunk
    assert repr(simple) == repr(to_data(roots[0][0])), chunk
    by_node = Document("f.yaml", 0, roots[0][0])
    by_line = Document("f.yaml", 0, chunk=chunk, data=simple)
    for just_read in (True, False):
        for path in paths_in(simple):
            assert by_line.location(*path) == by_node.location(*path), (chunk, path, just_read)
        # from here on a place has to be found in the text
        blocks.values(b"kind: Other\n")
    return True


def chunks_below(folder):
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix in (".yaml", ".yml", ".json") and path.is_file():
            yield from (chunk for _, _, chunk in split(path.read_bytes(), CHECKED))


def test_every_manifest_of_these_tests_is_read_the_same():
    answered = [hold_against_libyaml(chunk) for chunk in chunks_below(ROOT / "tests")]

    assert len(answered) > 200
    assert sum(answered) > 0.8 * len(answered)


def test_every_manifest_of_the_corpus_is_read_the_same(shared):
    answered = [hold_against_libyaml(chunk) for chunk in chunks_below(shared / "corpus")]

    assert len(answered) > 1000
    assert sum(answered) > 0.7 * len(answered)


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb:\n  c: x\n  d:\n  - 1\n  - e: 2\n    f:\n    - g\n  h: yes\n",
        "---\na: 'it''s'\nb: \"q\"\nc: [1, {d: 2}]\n...\n",
        "--- # first\na:\nb: # nothing\n  # more\n  c:\n\n\nd: ~\n",
        "a: x # y\nb: 'x' # y\nc: http://host:80/x#y\nd: a b  \ne: -1\nf: 0777\ng: 1e3\nh: 08\ni: -x\n",
        "a:\r\n- b: 1\r\n  c: 2\r\n-   d: 3\r\n    e: 4\r\n",
        "a: caf\u00e9\nb: [\u00e9, 2]\nc: 3\n",
        "\ufeffa: 1\nb: 2\n",
        "a: 1 # b\nb: \"x\"  # c\nc: 'x # y'\nd: 'x' # 'y'\ne: x #\nf: \"a # b\" # c\n",
        "a: |\n  one\n   two\n\n  three # four\n\nb: |- # c\n  {\n  - x\n# d\nc: 1\n",
        "c:\n- |\n  x: y\n-   e: |\n      z\n    f: 1\n- g: |-\n\n      h\n",
        "g: http://x #y # z\nh: 0777 # !\n",
        "a:  1\na.b/c:   2  # x\nd:  # x\ne:  \nf: x\n",
        '{"a": [1, 2.5, 1e3, null, true, "x"], "b": {"c": {}}}',
        "a:\n    - b\n    - c:\n        d: 1\n      e: 2\nf: {}\ng: []\n",
        "a: {x: on, y.z/w-1:  08, v: .5}\nb: [on, off, -1, ~, 0777]\nc: { }\nd: [ ]\ne: [ a , b ]\n",
        "f: {a: [b, {c: d}]}\ng: {b: {8: 1}}\n",
        "a: \u00e9quipe\nb: \u0663\nc: \u4e2d # x\n",
        "a: <\nb: =\nc: (x)\nd: $x\ne: ^\nf: ~x\ng: .5\nh: +1\ni: _\n",
    ],
)
def test_what_is_written_simply_is_read_line_by_line(text):
    assert hold_against_libyaml(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "a: |+\n  text\n",
        "a: |2\n   text\n",
        "a: |\n  text",
        "a: |\n  text\n    \n",
        "a: |\n   \n  text\n",
        "a: |\n   text\n  less\n",
        "a: |\nb: 1\n",
        "on: |\n  text\n",
        "|\n  text\n",
        "a: >-\n  text\n",
        "a: one\n  two\n",
        "a: 'one\n  two'\n",
        "a: [1,\n  2]\n",
        "a: &x 1\nb: *x\n",
        "a: !!str 1\n",
        "<<: {a: 1}\n",
        "a: {<<: {b: 1}}\n",
        "a: 1\na: 2\n",
        "a: {b: 1, b: 2}\n",
        "a: {b: 1, c: {d: 1, d: 2}}\n",
        "a: {on: 1}\n",
        'a: {on: "x"}\n',
        "a: [{b: [{yes: c d}]}]\n",
        "a: [.inf]\n",
        '{"a": 1, "a": 2}',
        "on: 1\n",
        "'a': 1\n",
        "a b: 1\n",
        "? a\n: b\n",
        "a: b: c\n",
        "a: [b]: c\n",
        "a: {b: c}: d\n",
        "a: 1\n b: 2\n",
        "a:\n  b: 1\n c: 2\n",
        "a:\n- 1\n - 2\n",
        "a: 1\n- b\n",
        "- a\n- b\n",
        "  a: 1\n b: 2\n",
        " a: 1\n  b: 2\n",
        "a:\n- - 1\n",
        "a:\n-\n",
        "a:\n- b: 1\n  - c\n",
        "a: .inf\n",
        "a: {{ .Values.x }}\n",
        "a: '{{ .Values.x }}'\n",
        "a:\t1\n",
        "a: \x00\n",
        "a: x\u2028y\n",
        "a: [\n",
        "a: 'x\n",
        "a: 1\n...\nb: 2\n",
        "%YAML 1.1\n---\na: 1\n",
        "text\n",
        "",
        "# only a comment\n",
        '{"a": NaN}',
        '{"a": "\\ud800"}',
        "[1]",
        "a:\n" + "".join(f"{'  ' * depth}a:\n" for depth in range(1, 200)),
        "a: " + "x" * (64 << 10) + "\n",
    ],
)
def test_what_is_written_otherwise_is_left_to_libyaml(text):
    assert blocks.values(text.encode("utf-8", "surrogatepass")) is None


def test_bytes_that_are_no_utf_8_are_left_to_libyaml():
    assert blocks.values(b"a: caf\xe9\n") is None


# a word each; _ stands for a blank
WORDS = """a b-c x.y/z on yes null ~ 8 0x1F 1_000 1.0 - -_a 'q' "q" ' a:_b a:b a_#b # a#b | ? % @ = >- &a *a !!str_1 <<
'a_#b' "a"_#b 'a'_#'b' 8_#_9
[a] {a:_b} {} [] {a:b} [a,b] {a:_b,c:_d} {a:_b,a:_c} [-1] [a,] {a:} {on:_1} {a:_[b]} [a:_b]"""
LINES = st.builds(
    lambda indent, dash, key, value, end: " " * indent + dash + key + value + end,
    st.integers(0, 6),
    st.sampled_from(["", "", "", "- ", "-  ", "-"]),
    st.sampled_from(["", "a:", "b: ", "c: ", "d.e/f: ", "y: ", "g:  ", "h: |", "i: |-"]),
    st.just("") | st.sampled_from([word.replace("_", " ") for word in WORDS.split()]),
    st.sampled_from(["", "", "", " ", " # c", "\r"]),
)


@settings(max_examples=int(os.environ.get("SVCGEN_EXAMPLES", "2000")), deadline=None)
@given(st.lists(LINES, min_size=1, max_size=8), st.booleans())
def test_random_lines_are_never_read_otherwise(lines, marker):
    chunk = ("---\n" * marker + "\n".join(lines) + "\n").encode()
    try:
        hold_against_libyaml(chunk)
    except Unreadable as error:
        raise AssertionError(f"libyaml refuses {chunk!r}: {error.reason}") from None


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.text('ab:,[]{}# "\u00e9\n', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab :,'#", min_size=1, max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abc", min_size=1), JSON_VALUES, min_size=1, max_size=4), st.sampled_from([None, 1, 4]))
def test_random_json_is_never_read_otherwise(value, indent):
    chunk = json.dumps(value, indent=indent, ensure_ascii=False).encode()
    assert hold_against_libyaml(chunk) or b"{{" in chunk
