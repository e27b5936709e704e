"""A List that is cut into its objects says what it says in one piece, in the same places."""

import json
import os
import re
import resource

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scaffold import lists
from scaffold.errors import SvcgenError
from scaffold.kinds import CHECKED
from scaffold.model import Location
from scaffold.nodes import Unreadable
from scaffold.parsing import read
from tests.conftest import slices
from tests.test_blocks import LINES, paths_in

SERVICE = (
    "kind: Service\nmetadata: {name: web}\nspec:\n  ports:\n  - port: 80\n    name: 'a'\n  - {port: 81, name: b}\n"
)
TEXT = """kind: Pod
metadata:
  name: p
  annotations:
    a: |
      - kind: Service
      # no comment
    b: >-
      x
      y
"""
DUMP = json.dumps({"kind": "Pod", "metadata": {"name": "\u00e9"}, "spec": {"a": [1, -2.5, None, {"b": []}]}}, indent=2)


def listed(*items, level=0, ahead="apiVersion: v1\nkind: List\nitems:\n", behind=""):
    """Texts as the items of a List in blocks."""
    indent = " " * level
    texts = [f"{indent}- " + one.rstrip("\n").replace("\n", f"\n{indent}  ") + "\n" for one in items]
    return ahead + "".join(texts) + behind


def told(data):
    """All that is known of the objects of a file, and why some are none."""
    found, not_judged = read(data, "f.yaml", CHECKED)
    seen = []
    for one in found:
        try:
            places = [one.location(*path) for path in paths_in(one.data)]
        except Unreadable as problem:
            seen.append((one.ref, one.items, problem.line and problem.at(one.path, one.line)))
            continue
        lines = [one.line_at(place) for place in places]
        source = re.split("\r\n|\r|\n", data.decode("utf-8", "replace"))
        assert all(line in (None, source[place.line - 1]) for line, place in zip(lines, places, strict=True)), data
        seen.append((one.ref, one.items, repr(one.data), places, sorted(one.duplicates())))
    return seen, not_judged


def hold_against_the_whole(data):
    """How many objects a List was cut into; they are held against the whole that libyaml reads."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lists, "parts", lambda _: None)
        patched.setattr("scaffold.blocks._LIMIT", 0)
        whole = told(data)
    # an anchor may be there twice for kubectl, if not for libyaml
    if not any("occurrence" in one.reason for one in whole[1]):
        assert told(data) == whole, data
    parts = lists.parts(data)
    return len(parts.of) if parts else 0


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param(listed(SERVICE, TEXT, SERVICE), 3, id="at the margin"),
        pytest.param(listed(SERVICE, TEXT, level=2), 2, id="indented"),
        pytest.param(listed(SERVICE, TEXT, level=5, behind='metadata:\n  resourceVersion: ""\n'), 2, id="of kubectl"),
        pytest.param(
            listed(SERVICE, ahead="---\n# by hand\nkind: ServiceList\nitems: # all\n\n# one\n"), 1, id="comments"
        ),
        pytest.param(listed(f"{SERVICE}# next\n", "# odd\n" + TEXT, behind="# end\n...\n"), 2, id="comments between"),
        pytest.param(listed("&a " + json.dumps({"kind": "Pod"}), json.dumps({"kind": "Job"})), 2, id="on one line"),
        pytest.param(listed("# first\nkind: Pod\n", "\n\nkind: Job\n", "!!map {kind: Pod}"), 3, id="below the dash"),
        pytest.param(listed(SERVICE, "text", "[a]", "", "kind: Pod\n"), 5, id="no objects"),
        pytest.param(listed(SERVICE, listed(SERVICE, SERVICE), level=2), 2, id="a List in a List"),
        pytest.param(listed(SERVICE, SERVICE).replace("\n", "\r\n"), 2, id="CRLF"),
        pytest.param("\ufeff" + listed(SERVICE, SERVICE), 2, id="BOM"),
        pytest.param(
            listed("a: &x 1\nb: *x\nkind: Pod\n", "kind: Pod\nkind: Job\n"), 2, id="its own anchor, a key twice"
        ),
        pytest.param(json.dumps({"kind": "List", "items": [json.loads(DUMP)] * 3}), 3, id="JSON on one line"),
        pytest.param(json.dumps({"items": [json.loads(DUMP), 1, [], {}], "kind": "PodList"}, indent=1), 2, id="JSON"),
        pytest.param(f"\n{DUMP}\n {DUMP}\n\n{DUMP}", 3, id="one JSON behind another"),
        pytest.param(f'{{"kind": "List", "items": [{DUMP}]}}\n{{"kind": "List", "items": [{DUMP}]}}', 2, id="Lists so"),
        pytest.param('{"kind": "List", "items": []}', 0, id="empty JSON"),
        # what is left in one piece
        pytest.param(listed("&a {kind: Pod}", "*a"), 2, id="an anchor of another"),
        pytest.param(listed('kind: "Pod\n- kind: Job"\n'), 1, id="a text in quotes over lines"),
        pytest.param(listed('kind: Pod\nx: "a\n').replace("\n  ", "\n") + '- b: c"\n', 0, id="a dash in quotes"),
        pytest.param(listed(SERVICE, "kind: [\n"), 2, id="broken"),
        pytest.param(listed(SERVICE, "a: '{{ x }}'\n", ahead="# {{ y }}\nkind: List\nitems:\n"), 2, id="braces"),
        pytest.param(listed(SERVICE, "a: |\n  x\nb: {{ x }}\n"), 2, id="a template"),
        pytest.param(listed(SERVICE, "#@ if x:\n" + SERVICE), 0, id="ytt"),
        pytest.param(listed(SERVICE, ahead="# svcgen:ignore x: y\nkind: List\nitems:\n"), 0, id="said of all"),
        pytest.param(listed(SERVICE, ahead="# Source: a/b.yaml\nkind: List\nitems:\n"), 0, id="of helm"),
        pytest.param(listed(SERVICE, behind="items: []\n"), 0, id="items twice"),
        pytest.param(listed(SERVICE, ahead="kind: Service\nitems:\n"), 0, id="no List"),
        pytest.param(listed(SERVICE, behind="-x: y\n"), 1, id="a dash too close"),
        pytest.param(listed(SERVICE, SERVICE).replace("web", "w\rb"), 0, id="a line break of another kind"),
        pytest.param('{"kind": "List", "items": [], "items": [{"kind": "Pod"}]}', 0, id="JSON with a key twice"),
        pytest.param('{"kind": "List", "items": [{"kind": "Pod"},]}', 0, id="JSON with a comma too many"),
        pytest.param('{"kind": "Pod"} {"kind": ', 0, id="JSON that ends early"),
        pytest.param('{"kind": "Pod"} kind', 0, id="JSON with a word behind it"),
    ],
)
def test_a_list_in_parts_says_what_it_says_in_one_piece(text, count):
    assert hold_against_the_whole(text.encode()) == count


IN_A_LIST = "objects in a list, which kubectl refuses: write kind: List, and put them under items"
NO_LIST = "a List whose items are no list, which kubectl refuses"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# all\n- apiVersion: v1\n  kind: Service\n", [(2, IN_A_LIST)]),
        ('[{"apiVersion": "v1", "kind": "Pod"}]', [(1, IN_A_LIST)]),
        ("- op: replace\n  path: /kind\n  value: {kind: Pod}\n", []),
        ("- name: a task\n  k8s:\n    definition:\n      apiVersion: v1\n      kind: Service\n", []),
        ("kind: List\nitems:\n  kind: Service\n", [(1, NO_LIST)]),
        ('{"kind": "List", "items": {"kind": "Service"}}', [(1, NO_LIST)]),
        ("kind: List\nitems: &a {kind: Service}\n", [(1, NO_LIST)]),
        ("kind: List\nx: &a Service\nitems: *a\n", [(1, NO_LIST)]),
        ("kind: List\nitems:\n# kind: Service\n", []),
        ("kind: List\nitems: &a\n# kind: Service\n", []),
        ("kind: AllowList\nitems: {kind: Service}\n", []),
    ],
)
def test_what_is_no_list_for_kubectl_is_told(text, told):
    found, not_judged = read(text.encode(), "f.yaml", CHECKED)
    assert [(one.location.line, one.reason) for one in not_judged] == told
    assert [one.kind for one in found if one.items] == []


def test_what_stands_behind_other_json_on_its_line_is_in_its_column():
    data = b'{"kind": "Pod"} {"kind":\n "Job"}'
    found, _ = read(data, "f.json", CHECKED)
    assert [(one.location().column, one.location("kind")) for one in found] == [
        (1, Location("f.json", 1, 10)),
        (17, Location("f.json", 2, 2)),
    ]


COMMENTS = st.sampled_from(["", "", "", "# c\n", "  # c\n", "\n", "      # c\n", "# a: 'b\n"])


@settings(max_examples=int(os.environ.get("SVCGEN_EXAMPLES", "1000")), deadline=None)
@given(
    st.lists(st.tuples(COMMENTS, st.lists(LINES, min_size=1, max_size=5)), min_size=1, max_size=4),
    st.sampled_from([0, 0, 2, 4]),
    st.sampled_from(["", "metadata: {}\n", "  x\n", "# end\n"]),
)
@example([("", ["kind: x", '"b']), ("", ['- "'])], 0, "")
def test_random_lists_are_never_read_otherwise_in_parts(items, level, behind):
    text = "kind: List\nitems:\n"
    for comment, lines in items:
        text += comment + listed("kind: Pod\n" + "\n".join(lines), level=level, ahead="")
    hold_against_the_whole((text + behind).encode())


def service(number):
    ports = [{"port": 80, "targetPort": 8080}]
    spec = {"selector": {"app": f"a{number}"}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"s{number}"}, "spec": spec}


def deployment(number):
    labels = {"app": f"a{number}"}
    box = {"name": "c", "image": "x:1", "ports": [{"containerPort": 9090}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [box]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"d{number}"}, "spec": spec}


def in_lines(objects):
    return listed(*map(json.dumps, objects))


def in_blocks(objects):
    return listed(*(json.dumps(one, indent=1).replace("{", "{ # of many", 1) for one in objects))


def in_json(objects):
    return json.dumps({"kind": "List", "apiVersion": "v1", "items": objects})


def one_by_one(objects):
    return "\n".join(map(json.dumps, objects))


def by_alias(objects):
    texts = [json.dumps({**one, "apiVersion": "VERSION"}) for one in objects]
    versions = "".join(f"{key}: &{key} {value}\n" for key, value in (("s", "v1"), ("d", "apps/v1")))
    marked = [text.replace('"VERSION"', "*s" if '"Service"' in text else "*d") for text in texts]
    return listed(*marked, ahead=f"{versions}kind: List\nitems:\n")


@pytest.mark.slow
@pytest.mark.parametrize("form", [in_lines, in_blocks, in_json, one_by_one, by_alias])
def test_thousands_of_objects_in_two_files_are_looked_at_in_seconds(project, form):
    """The time went with the square of their number: a Service and its workload were read again with all others."""
    count = 1500
    project.write("services.yaml", form(list(map(service, range(count)))))
    project.write("workloads.yaml", form(list(map(deployment, range(count)))))
    done = project.run("check", "-o", "json", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (40, 40)))
    said = json.loads(done.stdout)
    rules = [one["rule"] for one in said["findings"]]
    assert rules.count("target-port-unmatched") == count
    assert said["not_judged"] == []


@pytest.mark.parametrize(
    "text",
    [
        listed("# first\n" + SERVICE, TEXT, "{kind: Pod}", level=2),
        json.dumps({"kind": "List", "items": [json.loads(DUMP)] * 3}),
        f"kind: Pod\n---\n{listed(SERVICE, TEXT)}---\nkind: Job\n",
        DUMP * 3,
    ],
)
def test_what_was_forgotten_is_read_again_from_its_place(tmp_path, text):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    found, _ = read(path.read_bytes(), str(path), CHECKED, slices)
    before = [(one.text, one.data, [one.location(*keys) for keys in paths_in(one.data)]) for one in found]
    for one in found:
        one.forget()
    assert all(one._data is one._chunk is one._node is None for one in found)
    assert [(one.text, one.data, [one.location(*keys) for keys in paths_in(one.data)]) for one in found] == before

    for one in found:
        one.forget()
    path.write_text(" " + text)
    for one in found:
        with pytest.raises(SvcgenError, match="has changed while it was read"):
            _ = one.data
