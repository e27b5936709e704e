"""The whole map as one page."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from scaffold.drawing.html import as_html
from scaffold.model import Location, NotJudged
from tests.drawing.test_svg import NASTY
from tests.explained import Explained
from tests.test_trace import HTTP, box, port, service, workload


class Page(HTMLParser):
    """The elements of a page, and the text in each kind of them."""

    def __init__(self, source):
        super().__init__()
        self.source, self.elements, self.text, self._open = source, [], {}, []
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if self._open:
            self.text.setdefault(self._open[-1], []).append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def page(files, not_judged=()):
    files = {"case.yaml": files} if isinstance(files, str) else files
    source = as_html(Explained(files).groups, not_judged, lambda path: files[path].split("\n"), "so many")
    return Page(source)


SOUND = "---\n".join([service([port(80, "http", nodePort=30080)], type="NodePort"), workload(HTTP)])


def test_a_hop_leads_to_the_line_that_says_it():
    made = page(SOUND)
    lines = {one["id"]: number for number, one in enumerate(made.all("span")) if "id" in one}
    targets = [one["href"].removeprefix("#") for one in made.all("a")]

    assert len(targets) == 3
    assert set(targets) <= set(lines)
    shown = re.search(rf'id="{targets[0]}"><i>\d+</i>([^<]+)<', made.source)[1]
    assert "nodePort: 30080" in shown


def test_a_finding_leads_to_its_line_too():
    made = page(SOUND.replace("targetPort: http", "targetPort: htp"))
    (item,) = [one for one in made.all("li") if one.get("class") == "error"]

    assert item
    assert [one["href"] for one in made.all("a")][-1] in {f"#{one.get('id')}" for one in made.all("span")}
    assert any("did you mean http?" in text for text in made.text["small"])


def test_every_id_is_there_once():
    made = page("---\n".join([SOUND, service([port(81, "http")], name="other")]))
    ids = [one["id"] for _, one in made.elements if "id" in one]

    assert len(ids) == len(set(ids))


def test_its_own_policy_allows_its_script_and_its_style_and_nothing_else():
    made = page(SOUND)
    policy = next(one["content"] for one in made.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    for tag, kind in (("script", "script-src"), ("style", "style-src")):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", made.source, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy

    assert policy.startswith("default-src 'none'; ")
    assert not [one for _, one in made.elements if "style" in one or any(key.startswith("on") for key in one)]
    assert re.findall(r"https?://[^\s\"'<]+", made.source) == []


@pytest.mark.parametrize("place", ["name", "port", "workload", "path", "line", "reason"])
def test_other_peoples_text_means_nothing(place):
    named = {place: NASTY}
    text = "---\n".join(
        [
            service([port(80, "http", name=named.get("port", "http"))], name=named.get("name", "web")),
            workload(HTTP, name=named.get("workload", "web")),
        ]
    )
    text = (
        text.replace("\nkind: Service", f"\nkind: Service # {named['line']}".replace("\x00", ""))
        if "line" in named
        else text
    )
    made = page({named.get("path", "a.yaml"): text}, [NotJudged(Location("a"), named.get("reason", ""))])

    assert len(made.all("script")) == 1
    assert made.source.count("<script") == 1


def test_a_search_finds_numbers_and_names_of_every_port_drawn_or_not():
    ports = [port(8000 + at, f"p{at}", name=f"p{at}", nodePort=30000 + at) for at in range(500)]
    text = "---\n".join([service(ports, type="NodePort"), workload([box(5000 + at, f"p{at}") for at in range(500)])])
    made = page(text)
    (article,) = made.all("article")

    assert {"30000", "30499", "8499", "5499", "p499", "web", "shop"} <= set(article["data-s"].split())
    assert len(made.source) < 200_000
    assert any("440 more routes" in text for text in made.text["summary"])


def test_forms_and_what_was_not_judged_are_there():
    files = {"one/a.yaml": SOUND, "two/a.yaml": SOUND.replace("30080", "30081")}
    made = page(files, [NotJudged(Location("chart/a.yaml", 3), "a template: it holds {{ }}")])

    assert any("written differently elsewhere: 1" in text for text in made.text["summary"])
    assert {"30080", "30081"} <= set(made.text["text"])
    assert any("chart/a.yaml:3" in text for text in made.text["li"])


def test_nothing_is_a_page_too():
    assert "no Service" in page("").text["p"]
