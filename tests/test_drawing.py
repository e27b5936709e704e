"""The route as text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scaffold.drawing import draw
from scaffold.model import Hop, ObjectRef, Route

SERVICE = ObjectRef("Service", "shop", "web")


def route(name, node, service, pod, protocol="TCP"):
    hops = [Hop("service", service, "web"), Hop("pod", pod, "web", "web")]
    return Route(SERVICE, name, protocol, tuple([Hop("node", node), *hops] if node else hops))


def test_columns_are_aligned():
    routes = [route("http", 30000, 80, 5000), route("metrics", 30001, 8081, 65535, "UDP")]

    assert draw(routes, unicode=False) == (
        "  client -> node:30000 -> service:80   -> pod:5000   http\n"
        "  client -> node:30001 -> service:8081 -> pod:65535  metrics/UDP\n"
    )
    assert draw(routes).splitlines()[0] == "  client ─▶ node:30000 ─▶ service:80   ─▶ pod:5000   http"


def test_a_route_without_a_node_port_has_no_node():
    assert draw([route("http", None, 80, 5000)], unicode=False) == "  client -> service:80 -> pod:5000  http\n"


numbers = st.integers(1, 65535)


@given(
    st.lists(
        st.tuples(st.text("abc-", min_size=1, max_size=63), st.none() | numbers, numbers, numbers),
        min_size=1,
        max_size=40,
    ),
    st.booleans(),
)
def test_no_line_is_wider_than_80_and_every_number_is_there(rows, unicode):
    text = draw([route(*row) for row in rows], unicode=unicode)

    assert len(text.splitlines()) == len(rows)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert unicode or text.isascii()
    for line, (_, node, service, pod) in zip(text.splitlines(), rows, strict=True):
        assert f"service:{service}" in line
        assert f"pod:{pod}" in line
        assert (f"node:{node}" in line) == (node is not None)
