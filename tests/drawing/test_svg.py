"""The route as a picture: well-formed, alone in the world, nothing outside its frame."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from scaffold.drawing.svg import as_svg
from tests.explained import Explained
from tests.test_trace import ARTICLE, HTTP, box, port, service, workload

SVG = "{http://www.w3.org/2000/svg}"
NASTY = '"><script>alert(1)</script>&amp;\x1b[31m\x00]]>'


def picture(*files):
    """The picture, and its text as a reader sees it."""
    source = as_svg(Explained("---\n".join(files)).groups)
    root = ET.fromstring(source)
    return source, root, ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


def paths(root, name):
    return [one.get("d") for one in root.iter(f"{SVG}path") if one.get("class") == name]


def test_every_hop_is_there():
    _, _, texts = picture(service([port(80, "http", nodePort=30080)], type="NodePort"), workload(HTTP))

    assert texts[0] == "shop/webNodePort"
    assert {"client", "node", "service", "pod", "TCP", "30080", "80", "8080", "http", "Deployment web"} <= set(texts)


def test_it_stands_alone_in_light_and_dark():
    source, root, _ = picture(ARTICLE)

    assert "prefers-color-scheme:dark" in source
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
        "svg",
        "title",
        "style",
        "rect",
        "g",
        "text",
        "tspan",
        "path",
    }
    assert re.findall(r"(?:href|src|url|@import|@font-face)", source) == []
    assert re.findall(r"https?://[^\"]+", source) == ["http://www.w3.org/2000/svg"]


def test_a_break_is_a_red_line_with_a_cross_and_the_reason():
    _, root, texts = picture(ARTICLE)

    assert paths(root, "x")[0].count("M") == 2
    assert any("nodePort 30000 is refused" in text for text in texts)
    assert paths(root, "x") != paths(picture(ARTICLE.replace("spec:", "spec:\n  type: NodePort"))[1], "x") == []


def test_services_before_the_same_pods_share_one_card():
    files = [service([port(80, "http")]), service([port(81, "http")], name="other"), workload(HTTP)]
    _, _, texts = picture(*files)

    assert texts.count("Deployment web") == 1
    assert texts.count("8080") == 1


@pytest.mark.parametrize("place", ["name", "port", "workload"])
def test_other_peoples_text_means_nothing(place):
    named = {place: NASTY}
    files = [
        service([port(80, "http", name=named.get("port", "http"))], name=named.get("name", "web")),
        workload(HTTP, name=named.get("workload", "web")),
    ]
    source, root, _ = picture(*files)

    assert "<script" not in source
    assert list(root.iter(f"{SVG}script")) == []


def inside(root):
    """Whether every card, and the start of every text, lies in the frame."""
    width, height = (float(one) for one in root.get("viewBox").split()[2:])
    for group in root.iter(f"{SVG}g"):
        shift = float(re.search(r"translate\(0 ([\d.]+)\)", group.get("transform"))[1])
        for card in group.iter(f"{SVG}rect"):
            x, y, w, h = (float(card.get(key)) for key in ("x", "y", "width", "height"))
            assert 0 <= x <= x + w <= width
            assert 0 <= shift + y <= shift + y + h <= height
        for text in group.iter(f"{SVG}text"):
            assert 0 < float(text.get("x")) < width
            assert 0 < shift + float(text.get("y")) < height
    return True


@pytest.mark.parametrize("count", [1, 5, 40, 500])
def test_it_fits_its_frame_with_any_number_of_ports(count):
    ports = [port(8000 + at, f"p{at}", name=f"p{at}", nodePort=30000 + at) for at in range(count)]
    source, root, texts = picture(
        service(ports, type="LoadBalancer"), workload([box(5000 + at, f"p{at}") for at in range(count)])
    )

    assert inside(root)
    assert len(source) < 60_000
    assert (any("440 more" in text for text in texts)) == (count == 500)


def test_long_names_are_cut():
    long = "n" * 63
    _, root, texts = picture(service([port(80, "http", name="p" * 15)], name=long), workload(HTTP, name="w" * 63))

    assert inside(root)
    assert float(root.get("width")) < 1100
    assert max(map(len, texts)) < 90


def test_of_a_large_tree_the_first_are_drawn():
    source, _, texts = picture(*(service([port(80 + at) for at in range(9)], name=f"s{at}") for at in range(100)))

    assert len(source) < 400_000
    assert any(re.fullmatch(r"and \d+ more Services: choose some with -n or --port", text) for text in texts)


def test_nothing_is_a_picture_too():
    assert picture("")[2] == ["no Service"]
