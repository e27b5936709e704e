"""Reading text as kubectl reads it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scaffold.cut import split
from scaffold.errors import SvcgenError
from scaffold.kinds import CHECKED, SERVICES
from scaffold.nodes import Unreadable
from scaffold.parsing import read
from tests.conftest import slices

SERVICE = (
    b"apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n    - port: 80\n      nodePort: 30080\n"
)


def only(data, wanted=SERVICES):
    documents, not_judged = read(data, "f.yaml", wanted)
    assert not not_judged
    assert len(documents) == 1
    return documents[0]


def place(document, *keys):
    return str(document.location(*keys))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(SERVICE, id="plain"),
        pytest.param(SERVICE.replace(b"\n", b"\r\n"), id="windows line ends"),
        pytest.param(b"\xef\xbb\xbf" + SERVICE, id="byte order mark"),
        pytest.param(SERVICE.decode().encode("utf-16"), id="utf-16"),
        pytest.param(SERVICE.replace(b"web}", b"web} # caf\xe9"), id="latin-1 in a comment"),
        pytest.param(SERVICE.replace(b"Service", b'"Service"'), id="quoted kind"),
        pytest.param(SERVICE.replace(b"kind: Service", b"kind:\n  Service"), id="kind on the next line"),
        pytest.param(SERVICE.replace(b"kind: Service", b"kind: !!str Service"), id="tagged kind"),
        pytest.param(SERVICE.replace(b"kind: Service", b'kind: "\\x53ervice"'), id="escaped kind"),
        pytest.param(SERVICE.replace(b"kind: Service", b"? kind\n: Service"), id="explicit key"),
    ],
)
def test_every_spelling_of_a_service_is_found_with_its_line(data):
    document = only(data)
    shift = document.line + data.count(b"\n", 0, data.find(b"nodePort") if b"nodePort" in data else 0)

    assert document.kind == "Service"
    assert document.data["spec"]["ports"] == [{"port": 80, "nodePort": 30080}]
    if shift:
        assert place(document, "spec", "ports", 0, "nodePort") == f"f.yaml:{shift + 1}:17"


def test_json_is_yaml_and_several_objects_may_follow_each_other():
    data = (
        b'{"kind":"Service","metadata":{"name":"a\\ud83d\\ude00"}}\n\n{"kind":"Service",\n "metadata":{"name":"b"}}\n'
    )
    documents, not_judged = read(data, "f.json", SERVICES)

    assert not not_judged
    assert [one.ref.name for one in documents] == ["a\U0001f600", "b"]
    assert place(documents[1], "metadata", "name") == "f.json:4:21"


def test_lists_are_opened_with_the_lines_of_their_items():
    data = b"kind: List\nitems:\n- kind: Service\n  metadata:\n    name: a\n- kind: Service\n  metadata:\n    name: b\n"
    documents, _ = read(data, "f.yaml", SERVICES)

    assert [(one.ref.name, one.items, place(one, "metadata", "name")) for one in documents] == [
        ("a", (0,), "f.yaml:5:11"),
        ("b", (1,), "f.yaml:8:11"),
    ]


def test_a_broken_document_does_not_hide_its_neighbours():
    data = SERVICE + b"---\nkind: Service\nspec: [\n---\n" + SERVICE.replace(b"web", b"two")
    documents, not_judged = read(data, "f.yaml", SERVICES)

    assert [one.ref.name for one in documents] == ["web", "two"]
    assert [str(one.location) for one in not_judged] == ["f.yaml:11:1"]


@pytest.mark.parametrize(
    "text", [b"port: {{ .Values.port }}", b"{{- if .x }}\nport: 80", b"{{ .x }}: 80"], ids=["value", "control", "key"]
)
def test_a_template_is_named_as_one(text):
    documents, not_judged = read(b"kind: Service\n" + text + b"\n", "f.yaml", SERVICES)

    assert not documents
    assert [one.reason for one in not_judged] == ["a template: it holds {{ }}"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("metadata:\n  name: {{ .name | quote }}\n  labels: {}\n", "f.yaml:3:9"),
        ("{{- if .x | default true }}\nspec: {}\n{{- end }}\n", "f.yaml:2:1"),
        ("args:\n  - >-\n    {{ text }}\nspec:\n  - {{ .x | int }}\n", "f.yaml:6:6"),
    ],
    ids=["value", "control", "beside a text"],
)
def test_a_template_is_named_where_its_braces_are_though_a_pipe_stands_in_them(text, place):
    documents, not_judged = read(f"kind: Service\n{text}".encode(), "f.yaml", SERVICES)

    assert not documents
    assert [(str(one.location), one.reason) for one in not_judged] == [(place, "a template: it holds {{ }}")]


@pytest.mark.parametrize("line", ["kind Deployment", "kind = Deployment", "kind\uff1a Deployment"])
def test_an_object_is_missed_whose_line_of_the_kind_cannot_be_read(line):
    text = f"apiVersion: apps/v1\n{line}\nmetadata:\n  name: web\n"

    documents, not_judged = read(text.encode(), "f.yaml", CHECKED)

    assert not documents
    assert [one.location.where for one in not_judged] == ["f.yaml"]


@pytest.mark.parametrize(
    "text",
    ["apiVersion: v1\nname chart\nversion: 1\n", "apiVersion: v1\n{{ .kind }}\nmetadata:\n  name: web\n"],
    ids=["a chart", "a template"],
)
def test_what_says_no_kind_and_cannot_be_read_may_be_no_object(text):
    assert read(text.encode(), "f.yaml", CHECKED) == ([], [])


def test_braces_in_a_text_of_several_lines_are_no_template():
    (document,), not_judged = read(b"kind: Service\nnote: |  # a | b\n  {{ text }}\n", "f.yaml", SERVICES)

    assert document.data["note"] == "{{ text }}\n"
    assert not not_judged


def test_braces_in_quotes_are_no_template():
    assert only(SERVICE.replace(b"web", b"'{{ x }}'")).ref.name == "{{ x }}"


def test_anchors_merge_keys_and_tags_are_read():
    data = (
        b"kind: Service\nbase: &b {protocol: UDP, port: 1}\nspec:\n  ports:\n  - &p {<<: *b, port: 0x50}\n  - *p\n"
        b"  - {<<: [*b], port: !!str 8080, name: !Ref x}\n"
    )
    assert only(data).data["spec"]["ports"] == [
        {"port": 80, "protocol": "UDP"},
        {"port": 80, "protocol": "UDP"},
        {"port": "8080", "protocol": "UDP", "name": "x"},
    ]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b'!!int "80"', 80),
        (b"!!int 0x50", 80),
        (b"!!float 80", 80),
        (b"!!bool 'yes'", True),
        (b'!!null ""', None),
        (b"!!binary aGk=", "hi"),
        (b"!!str 80", "80"),
        (b"!!timestamp 2024-1-2", "2024-1-2"),
        (b"!Ref 80", "80"),
    ],
)
def test_a_tag_says_what_a_scalar_is(written, value):
    assert only(b"kind: Service\nx: " + written + b"\n").data["x"] == value


@pytest.mark.parametrize(
    "written", [b"!!int a", b"!!int", b"!!int 1.5", b"!!float a", b"!!bool 1", b"!!binary aGk", b"!!timestamp"]
)
def test_a_scalar_that_is_not_what_its_tag_says_is_refused(written):
    with pytest.raises(Unreadable, match=" is no !!"):
        _ = only(b"kind: Service\nx: " + written + b"\n").data


def test_a_comment_before_json_makes_text_of_it():
    documents, (told,) = read(b'// a comment\n{"kind":"Service"}\n', "f.json", SERVICES)
    assert not documents
    assert "no object" in told.reason


@pytest.mark.parametrize("written", [b"a", b"", b"[a]", b"[{b: 1}, 2]"])
def test_only_mappings_are_merged(written):
    with pytest.raises(Unreadable, match="<< takes a mapping"):
        _ = only(b"kind: Service\nx: {<<: " + written + b"}\n").data


def test_metadata_that_holds_itself_has_no_name():
    (document,), _ = read(b"kind: Deployment\nmetadata: &m {<<: *m, name: web}\n", "f.yaml", CHECKED)

    assert document.ref == ("Deployment", None, "")


@pytest.mark.parametrize("key", [b'"<<"', b"!!str <<"])
def test_a_merge_key_in_quotes_is_a_field(key):
    assert only(b"kind: Service\nx:\n  " + key + b": {a: 1}\n").data["x"] == {"<<": {"a": 1}}


@pytest.mark.parametrize("behind", [b" !!map\n", b" &a\n", b" {x: 1}\n", b" |\n"])
def test_text_behind_the_line_between_documents_is_refused(behind):
    documents, not_judged = read(SERVICE + b"---" + behind + SERVICE.replace(b"web", b"two"), "f.yaml", SERVICES)

    assert [one.ref.name for one in documents] == ["web"]
    assert [one.reason for one in not_judged] == ["text behind ---, which kubectl refuses: put it on the next line"]


def test_a_hyphen_too_many_between_documents_is_shown_where_it_stands():
    _, not_judged = read(SERVICE + b"----\n" + SERVICE, "f.yaml", SERVICES)

    (place,) = [one.location for one in not_judged]
    assert (place.line, place.column) == (SERVICE.count(b"\n") + 1, 4)


@pytest.mark.parametrize("directive", [b"%YAML 1.2\n", b"%TAG ! tag:x,2000:\n", b"# note\n\n%YAML 1.1\n"])
def test_a_directive_is_named_and_hides_one_document(directive):
    data = directive + b"---\n" + SERVICE + b"---\n" + SERVICE.replace(b"web", b"two")
    documents, not_judged = read(data, "f.yaml", SERVICES)

    assert [one.ref.name for one in documents] == ["two"]
    assert [(one.location.line, one.reason) for one in not_judged] == [
        (directive.count(b"\n"), "a directive, which kubectl refuses: take the line with % away")
    ]


def test_a_file_that_nobody_seeks_may_begin_with_a_directive():
    assert read(b"%YAML 1.1\n---\nkind: ConfigMap\n", "f.yaml", SERVICES) == ([], [])


def test_the_last_of_equal_keys_wins_as_for_kubectl():
    assert only(b"kind: Service\nspec: {a: 1}\nspec: {a: 2}\n").data["spec"] == {"a": 2}


def test_keys_are_text_as_in_json():
    assert only(b"kind: Service\non: 1\n8080: 2\ny: 3\n'on': 4\n").data == {
        "kind": "Service",
        "true": 3,
        "8080": 2,
        "on": 4,
    }


def test_a_field_that_is_not_there_is_placed_at_its_parent():
    assert place(only(SERVICE), "spec", "ports", 0, "targetPort") == "f.yaml:6:7"


def test_an_alias_bomb_costs_nothing_until_it_is_spelt_out():
    lines = [b"a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [b"%c: &%c [%s]" % (n + 1, n + 1, b", ".join([b"*%c" % n] * 9)) for n in range(97, 110)]
    document = only(b"kind: Service\n" + b"\n".join(lines) + b"\nspec: {ports: [{port: 1}]}\n")

    assert document.find("spec", "ports", 0, "port").value == "1"
    with pytest.raises(Unreadable, match="excessive aliasing"):
        _ = document.data


@pytest.mark.parametrize("text", [b".inf", b"-.Inf", b".NaN"])
def test_what_json_cannot_hold_is_refused(text):
    with pytest.raises(Unreadable, match="is no number in JSON"):
        _ = only(b"kind: Service\nx: " + text + b"\n").data


def test_an_anchor_that_holds_itself_is_refused():
    with pytest.raises(Unreadable, match="holds itself"):
        _ = only(b"kind: Service\nx: &x {y: *x}\n").data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"kind: Service\nx: " + b"[" * 100_000, "nested", id="brackets"),
        pytest.param(b"kind: Service\nx: " + b"{a: " * 100_000, "nested", id="braces"),
        pytest.param(b"kind: Service\nx:\n " + b"- " * 50_000, "nested", id="dashes"),
        pytest.param(b"kind: Service\nx:\n " + b"? " * 50_000, "nested", id="question marks"),
        pytest.param(b"kind: Service\nx:\n\t- a\n", "found character that cannot start any token", id="tab indent"),
        pytest.param(b"kind: Service\nx: \0\n", "control characters are not allowed", id="NUL"),
        pytest.param(b"kind: Service\nx: " + b"a" * (17 << 20), "16 MB are read", id="17 MB"),
    ],
)
def test_what_could_kill_the_reader_is_named_and_survived(data, reason):
    documents, not_judged = read(data, "f.yaml", SERVICES)

    assert not documents
    assert reason in not_judged[0].reason


def test_the_bare_word_service_is_not_enough_to_parse():
    assert read(b"kind: ConfigMap\ndata: {a: Service}\n---\nkind: ServiceMonitor\n", "f.yaml", SERVICES) == ([], [])
    assert read(b"kind: DeploymentConfig\n", "f.yaml", CHECKED)[0]


def test_without_the_c_part_the_same_is_read():
    code = (
        "import sys; sys.modules['_ruamel_yaml'] = None\n"
        "from scaffold.reader import FAST\nfrom scaffold.parsing import read\nfrom scaffold.kinds import SERVICES\n"
        "data = b'kind: Service\\nmetadata: {name: web}\\nspec: {ports: [{port: 0x50, name: \"1\", x: !!str 1}]}\\n'\n"
        "print(FAST, read(data * 1, 'f', SERVICES)[0][0].data['spec'], read(data, 'f', SERVICES)[0][0].ref.name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False {'ports': [{'port': 80, 'name': '1', 'x': '1'}]} web\n"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("kind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: |\n    kind: Service\n", []),
        ("apiVersion: v1\nkind: ConfigMap\ndata:\n  x: |\n    kind: Service\n    {{ broken\n", []),
        ("kind: List\nitems:\n- kind: Service\n  metadata: {name: b}\n", ["b"]),
        ("data: {kind: Service}\nkind: Service\nmetadata: {name: c}\n", ["c"]),
        ('{"kind": "Service",\n"metadata": {"name": "d"}}', ["d"]),
        ("kind: &x Service\nmetadata: {name: e}\n", ["e"]),
        ("metadata:\n  name: f\n  kind: Secret\nkind: Service", ["f"]),
        ("kind: Secret\nkind: Service\nmetadata: {name: g}\n", ["g"]),
    ],
)
def test_a_kind_in_some_text_is_not_the_kind_of_the_object(text, names):
    found, not_judged = read(text.encode(), "f.yaml", SERVICES)

    assert [one.ref.name for one in found] == names
    assert not_judged == []


def test_what_was_forgotten_is_read_again_and_of_many_only_the_last_stay(tmp_path):
    odd = b"kind: Service\napiVersion: v1\nmetadata: &m {name: NAME}\nspec: {ports: [{port: 80}]}\n"
    forms = (SERVICE, odd, b'{"kind": "Service", "metadata": {"name": "NAME"}}')
    documents = []
    for number in range(900):
        path = tmp_path / f"{number}.yaml"
        path.write_bytes(forms[number % 3].replace(b"web", b"NAME").replace(b"NAME", b"s%d" % number))
        found, _ = read(path.read_bytes(), str(path), SERVICES, slices)
        documents += found
    before = [(one.data, one.location("metadata", "name"), one.ref) for one in documents]
    for one in documents:
        one.forget()
    assert all(one._data is one._chunk is one._node is None for one in documents)
    for _ in range(2):
        assert [(one.data, one.location("metadata", "name"), one.ref) for one in documents] == before
    assert sum(one._data is not None or one._chunk is not None for one in documents) <= 256
    for one, known in zip(documents[:3] * 300, before[:3] * 300, strict=True):
        one.forget()
        assert (one.data, one.location("metadata", "name"), one.ref) == known


def test_a_document_whose_file_has_changed_is_an_error_not_another_document(tmp_path):
    path = tmp_path / "a.yaml"
    (one,), _ = read(SERVICE, str(path), SERVICES, slices)
    one.forget()
    path.write_bytes(b"kind: ConfigMap\n")
    with pytest.raises(SvcgenError, match="has changed while it was read"):
        _ = one.data


class Counted(bytes):
    """A text that knows how many of its bytes were looked through for the ends of lines."""

    passed = 0

    def count(self, sub, start=0, end=None):
        self.passed += (len(self) if end is None else end) - start
        return super().count(sub, start, len(self) if end is None else end)


def test_lines_are_counted_once_however_many_documents_there_are():
    kindless = "apiVersion: v1\nmetadata: {name: x}\nspec: {a: 1}\n---\n"
    text = Counted((f"{kindless}apiVersion: v1\nkind: Namespace\n---\n" * 50).encode())
    cut = split(text, CHECKED)
    lines = text.split(b"\n")
    assert len(cut) == 100
    assert all(text[start:].startswith(chunk) for _, start, chunk in cut)
    assert all(
        lines[line:].index(b"apiVersion: v1") <= 1 and text.startswith(lines[line], start) for line, start, _ in cut
    )
    assert text.passed <= len(text)
