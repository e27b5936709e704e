"""The route as a Mermaid flowchart. That Mermaid itself draws it was tried by hand: it needs a browser."""

from __future__ import annotations

import re

import pytest

from scaffold.drawing.mermaid import as_mermaid
from tests.explained import Explained
from tests.test_trace import ARTICLE, HTTP, box, port, service, workload

NODE = re.compile(r'^ +(\w+)(?:\["([^"]*)"\]|\(\["([^"]*)"\]\))(?::::(\w+))?$')
EDGE = re.compile(r'^  (\w+) (-->|--x|-\.->)(?:\|"([^"]*)"\|)? (\w+)$')
OTHERS = (
    re.compile(r"^flowchart LR$"),
    re.compile(r"^  classDef \w+ [\w:#, .-]+$"),
    re.compile(r'^  subgraph \w+\["[^"]*"\]$'),
    re.compile(r"^  end$"),
    re.compile(r"^  class [\w,]+ box$"),
    re.compile(r"^  linkStyle [\d,]+ stroke:#cf222e,stroke-width:2px$"),
)


def read(files):
    """The labels of the chart's nodes by name, and its edges; every line is of a form that Mermaid knows."""
    text = as_mermaid(Explained(files).groups)
    nodes, edges = {}, []
    for line in text.splitlines():
        if found := NODE.match(line):
            nodes[found[1]] = found[2] or found[3]
        elif found := EDGE.match(line):
            edges.append(found.groups())
        else:
            assert any(pattern.match(line) for pattern in OTHERS), line
    return text, nodes, [(nodes[left], arrow, said, nodes[right]) for left, arrow, said, right in edges]


def test_a_route_is_a_chain_of_nodes():
    _, _, edges = read("---\n".join([service([port(80, "http", nodePort=30080)], type="NodePort"), workload(HTTP)]))

    assert edges == [
        ("client", "-->", "TCP", "node:30080"),
        ("node:30080", "-->", None, "service:80"),
        ("service:80", "-->", None, "pod:8080 http"),
    ]


def test_a_break_is_a_red_cross_with_its_rule():
    text, _, edges = read(ARTICLE)

    assert edges[0] == ("client", "--x", "http: ✗ node-port-type", "node:30000")
    assert edges[1][1] == edges[2][1] == "-.->"
    assert "linkStyle 0,3 stroke" in text


def test_services_before_the_same_pods_share_them():
    files = [service([port(80, "http")]), service([port(81, "http")], name="other"), workload(HTTP)]
    _, nodes, edges = read("---\n".join(files))

    assert list(nodes.values()).count("pod:8080 http") == 1
    assert [edge[0] for edge in edges if edge[3] == "pod:8080 http"] == ["service:80", "service:81"]


@pytest.mark.parametrize("name", ['a"]\n  click x', "a]b(c){d}|e|", "<script>", "`x`", "end", "#quot;", "a\x1b[31m"])
def test_other_peoples_text_means_nothing(name):
    _, nodes, edges = read("---\n".join([service([port(80, "http", name=name)]), workload(HTTP)]))

    assert set(nodes.values()) == {"client", "service:80", "pod:8080 http"}
    assert len(edges) == 2
    assert edges[0][2].isprintable()
    assert not re.search(r"[\"<>`|\[\](){}]", edges[0][2])


def test_over_mermaids_own_limits_the_first_are_drawn_and_the_rest_is_counted():
    files = [service([port(80 + at) for at in range(9)], name=f"s{at}") for at in range(100)]
    text, nodes, edges = read("---\n".join(files))

    assert len(edges) <= 500
    assert len(text) <= 50_000
    assert re.fullmatch(r"and \d+ more Services: choose some with -n or --port", nodes["more"])


def test_five_hundred_ports_are_drawn_in_part():
    ports = [port(8000 + at, 5000 + at, name=f"p{at}") for at in range(500)]
    text, nodes, _ = read("---\n".join([service(ports), workload([box(5000 + at, f"p{at}") for at in range(500)])]))

    assert "and 440 more routes" in nodes.values()
    assert len(text) < 20_000


def test_nothing_is_a_chart_too():
    assert read("")[1] == {"more": "no Service"}
