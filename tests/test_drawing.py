"""The route as text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffold.drawing import chosen, draw
from scaffold.model import Finding, Hop, Location, ObjectRef, Route

SERVICE = ObjectRef("Service", "shop", "web")
WRONG = Finding("targetPort web is no port", Location("a.yaml", 3, 5))


def route(name, node, service, pod, protocol="TCP", workload="web", **more):
    hops = [Hop("service", service, "web"), Hop("pod", pod, workload, "app", kind_of="Deployment")]
    return Route(SERVICE, name, protocol, tuple([Hop("node", node), *hops] if node else hops), **more)


def rows(text):
    """The lines of a drawing without its tops and bottoms."""
    return [line for line in text.splitlines() if re.search(r"[│|] ", line)]


def test_a_box_for_every_hop_and_a_line_for_every_port():
    routes = [route("http", 30000, 80, 5000), route("dns", 30001, 53, 65535, "UDP")]

    assert draw(routes) == (
        "  client        ┌─ node ─┐      ┌─ service ─┐      ┌─ pod of Deployment web ─┐\n"
        "  http    ─────▶│ 30000  │─────▶│ 80        │─────▶│ 5000                    │\n"
        "  dns/UDP ─────▶│ 30001  │─────▶│ 53        │─────▶│ 65535                   │\n"
        "                └────────┘      └───────────┘      └─────────────────────────┘\n"
    )


def test_ascii_where_the_terminal_has_nothing_else():
    assert draw([route("http", 30000, 80, 5000)], unicode=False) == (
        "  client       +- node -+      +- service -+      +- pod of Deployment web -+\n"
        "  http   ----->| 30000  |----->| 80        |----->| 5000                    |\n"
        "               +--------+      +-----------+      +-------------------------+\n"
    )


def test_a_route_without_a_node_port_has_no_node():
    assert "node" not in draw([route("http", None, 80, 5000)])


def test_a_load_balancer_comes_first_and_a_headless_service_is_only_a_name():
    balanced = draw([route("http", 30000, 80, 5000)], kind="LoadBalancer")

    assert re.search(r"http .*▶│ 80 +│─+▶│ 30000 +│─+▶│ 80 +│─+▶│ 5000", balanced)
    assert re.search(r"http .*▶│ DNS +│─+▶│ 5000", draw([route("http", None, 80, 5000)], kind="Headless"))


def test_other_pods_behind_the_same_port_branch_off():
    text = draw([route("http", None, 80, 5000), route("http", None, 80, 5001, workload="canary")])

    first, second = rows(text)
    assert re.search(r"http +─+▶│ 80 +│─┬─+▶│ 5000  web +│", first)
    assert re.search(r"^ +│ +│ └─+▶│ 5001  canary │", second)


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({"broken": WRONG, "after": "service"}, r"http +─+▶│ 30000 +│─+▶│ 80 +│─+✗│ 5000"),
        ({"broken": WRONG, "after": "client"}, r"http +─+✗│ 30000 +│╌+▶│ 80 +│╌+▶│ 5000"),
        ({"warnings": (WRONG,)}, r"http +─+▶│ 30000 +│─+▶│ 80 +│─+!▶│ 5000"),
        ({"unknown": "an operator makes these Pods"}, r"│ 80 +│─+▶│ 5000  \?"),
    ],
    ids=["broken", "refused", "doubtful", "unknown"],
)
def test_the_hop_where_traffic_stops_is_marked(more, shown):
    assert re.search(shown, draw([route("http", 30000, 80, 5000, **more)]))


def test_the_same_hop_has_the_same_colour_in_every_line():
    text = draw([route("http", 30000, 80, 5000), route("metrics", 30001, 8081, 6000)], colour=True)
    colours = {number: re.search(rf"\x1b\[(\d+)m{number} *\x1b\[0m", text)[1] for number in (30000, 30001, 80, 8081)}

    assert colours[30000] == colours[30001] != colours[80] == colours[8081]
    assert re.sub(r"\x1b\[\d+m", "", text) == draw(
        [route("http", 30000, 80, 5000), route("metrics", 30001, 8081, 6000)]
    )


def test_of_five_hundred_ports_the_first_and_those_with_something_wrong_are_drawn():
    routes = [route(f"p{at}", 30000 + at, 8000 + at, 5000 + at) for at in range(500)]
    routes[444] = routes[444]._replace(broken=WRONG, after="service")
    text = draw(routes)

    assert len(rows(text)) == 60
    assert "p444 " in text
    assert text.splitlines()[-1] == "  … 440 more routes"
    assert chosen(routes)[:3] == routes[:3]


def test_other_peoples_text_moves_no_cursor_and_widens_no_box():
    text = draw([route("\x1b[31mred", "${NODE_PORT_OF_THE_WEB_APP}", "\r80", "web\n", workload="w\x1b]0;x\x07")])

    assert all(line.isprintable() for line in text.splitlines())
    assert max(map(len, text.splitlines())) <= 80
    assert "│ ${NODE_PORT… │" in text


numbers = st.integers(1, 65535)
names = st.text("abc-", min_size=1, max_size=63)


@given(
    st.lists(st.tuples(names, st.none() | numbers, numbers, numbers), min_size=1, max_size=40, unique=True),
    names,
    st.sampled_from(["", "NodePort", "LoadBalancer"]),
    st.booleans(),
)
def test_no_line_is_wider_than_80_and_every_number_is_there(ports, workload, kind, unicode):
    text = draw([route(*port, workload=workload) for port in ports], kind=kind, unicode=unicode)

    assert max(len(line) for line in text.splitlines()) <= 80
    assert unicode or text.isascii()
    assert len(rows(text)) == len(ports)
    for line, (_, node, service, pod) in zip(rows(text), ports, strict=True):
        assert {str(node or service), str(service), str(pod)} <= set(re.findall(r"\d+", line))
