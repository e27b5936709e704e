"""Places found in the text are those of the values, whatever is at hand. test_blocks.py compares with libyaml."""

from __future__ import annotations

import pytest

from scaffold import blocks, places

TEXT = b"""\
--- # a comment
# another: one
kind: Service

metadata:
  name: web  # name: no
  labels: {app: web, tier: front}
  annotations:
    note: |
      spec:
        ports: in a text
    spec: a word
spec:
  selector:
    # app: no
    app: web
  ports:
  - name: http

    port: 80
  -   port: 9090
      name: metrics
  - nodePort: 30000
  names: [a, b]
  nothing:
last: "quoted"
"""
PATHS = {
    (): (2, 0),
    ("kind",): (2, 6),
    ("metadata", "name"): (5, 8),
    ("metadata", "labels"): (6, 10),
    ("metadata", "labels", "app"): None,
    ("metadata", "annotations", "note"): (8, 10),
    ("metadata", "annotations", "spec"): (11, 10),
    ("metadata", "annotations", "ports"): (8, 4),
    ("metadata", "spec"): (5, 2),
    ("spec",): (13, 2),
    ("spec", "selector"): (15, 4),
    ("spec", "selector", "name"): (15, 4),
    ("spec", "ports"): (17, 2),
    ("spec", "ports", 0): (17, 4),
    ("spec", "ports", 0, "port"): (19, 10),
    ("spec", "ports", 0, "nodePort"): (17, 4),
    ("spec", "ports", 1, "name"): (21, 12),
    ("spec", "ports", 2, "nodePort"): (22, 14),
    ("spec", "ports", 3): (17, 2),
    ("spec", "ports", "names"): (17, 2),
    ("spec", "names"): (23, 9),
    ("spec", "nothing"): (24, 10),
    ("spec", "nothing", "more"): (24, 10),
    ("spec", "last"): (13, 2),
    ("last",): (25, 6),
}


def read_another():
    """What is still known of the document that was read last is forgotten then."""
    assert blocks.values(b"kind: Other\n")


@pytest.mark.parametrize(("path", "place"), PATHS.items(), ids=lambda one: "/".join(map(str, one)) if one else "root")
def test_a_place_is_found_right_after_reading_and_later_with_the_values_and_without(path, place):
    data = blocks.values(TEXT)
    assert places.find(TEXT, path, data) == place
    read_another()
    assert places.find(TEXT, path, data) == place
    assert places.find(bytes(bytearray(TEXT)), path) == place


def test_a_list_at_the_root_of_an_item_and_windows_line_ends():
    text = b"kind: List\r\nitems:\r\n- kind: A\r\n  args:\r\n  - x\r\n  - y\r\n- kind: B\r\n"
    data = blocks.values(text)
    found = {("items", 0, "args", 1): (5, 4), ("items", 1, "kind"): (6, 8), ("items", 1, "args"): (6, 2)}
    for path, place in found.items():
        assert places.find(text, path, data) == place
    read_another()
    for path, place in found.items():
        assert places.find(text, path, data) == place
        assert places.find(bytes(bytearray(text)), path) == place


JSON = """{
  "kind": "Service",
  "spec": {"ports": [
      {"name": "http" , "port":80},
      {"port": 9090, "labels": {}}], "a \\" b": [ ]
  }
}
"""


@pytest.mark.parametrize(
    ("path", "place"),
    {
        (): (0, 0),
        ("kind",): (1, 10),
        ("kind", "more"): (1, 10),
        ("spec",): (2, 10),
        ("spec", "ports", 0, "name"): (3, 15),
        ("spec", "ports", 0, "port"): (3, 31),
        ("spec", "ports", 1): (4, 6),
        ("spec", "ports", 1, "labels", "app"): (4, 31),
        ("spec", "ports", 2): (2, 20),
        ("spec", "ports", "name"): (2, 20),
        ("spec", 0): (2, 10),
        ("spec", 'a " b'): (4, 47),
        ("last",): (0, 0),
    }.items(),
    ids=str,
)
def test_a_place_in_json_is_found_in_its_text(path, place):
    text = JSON.encode()
    assert places.find(text, path, blocks.values(text)) == place
    assert places.find(b"\n\n  " + text.replace(b"\n", b"\r\n"), path) == (
        place[0] + 2,
        place[1] + (0 if place[0] else 2),
    )
