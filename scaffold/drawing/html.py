"""The whole tree's map as one page: no network, readable without its script, every text escaped.

A click on a hop leads to the lines of its manifest. The page's own policy allows its style and its script by their
hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from scaffold.drawing import chosen, label
from scaffold.drawing.grouping import components
from scaffold.drawing.style import STYLE
from scaffold.drawing.svg import panel, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scaffold.model import Finding, Form, Hop, NotJudged, Route

_MOST_LINES, _LINES_HERE, _LONGEST = 30_000, 160, 160
_MOST_SERVICES = 2000
_MOST_FORMS, _MOST_NOT_JUDGED = 12, 200

_PAGE_STYLE = (
    STYLE
    + """
:root{color-scheme:light dark;--page:#fff;--text:#1f2328;--soft:#59636e;--edge:#d1d9e0;--code:#f6f8fa;--hit:#fff1a8}
@media (prefers-color-scheme:dark){:root{--page:#0d1117;--text:#e6edf3;--soft:#9198a1;--edge:#3d444d;--code:#161b22;
--hit:#6b5300}.d text.hit{fill:#ff7b72}li.error::before{color:#ff7b72}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",
Helvetica,Arial,sans-serif}
header{position:sticky;top:0;background:var(--page);border-bottom:1px solid var(--edge);padding:10px 20px;z-index:1;
display:flex;flex-wrap:wrap;gap:6px 18px;align-items:center}
h1{font-size:18px;margin:0}h2{font-size:15px;margin:26px 0 4px;color:var(--soft)}
header p{margin:0;color:var(--soft)}
#q{font:inherit;color:inherit;background:var(--code);border:1px solid var(--edge);border-radius:6px;padding:5px 10px;
width:16em;max-width:100%}
main{padding:0 20px 40px;max-width:1200px}
article{border:1px solid var(--edge);border-radius:10px;margin:14px 0;padding:2px 0 10px;overflow:hidden;
content-visibility:auto;contain-intrinsic-size:auto 300px}
.pic{overflow-x:auto}.pic svg{display:block}
article ul,article details,article p{margin:6px 20px}ul{padding-left:0;list-style:none}
li.error::before{content:"✗ ";color:#cf222e}li.warning::before,li.info::before{content:"! ";color:#9a6700}
li small,summary,.soft{color:var(--soft)}
summary{cursor:pointer}
pre{background:var(--code);border-radius:6px;padding:8px 0;overflow-x:auto;margin:6px 0;
font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre span{display:block;padding:0 12px;scroll-margin-top:90px}pre span:target{background:var(--hit)}
pre i{font-style:normal;color:var(--soft);display:inline-block;width:3.5em;user-select:none}
.d a:hover text,.d a:focus text{text-decoration:underline}
.d text.hit{fill:#cf222e;text-decoration:underline}
[hidden]{display:none!important}
@media print{header{position:static}#q{display:none}}
"""
).replace("\n", "")

_SCRIPT = """
(() => {
  const box = document.getElementById("q"), said = document.getElementById("said");
  const all = [...document.querySelectorAll("article")], heads = [...document.querySelectorAll("h2.space")];
  box.hidden = false;
  const show = () => {
    const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let count = 0;
    for (const one of all) {
      const have = one.dataset.s.split(" ");
      const has = word => have.some(name => name.startsWith(word) || (word.length > 2 && name.includes(word)));
      one.hidden = !words.every(has);
      count += !one.hidden;
      for (const text of one.querySelectorAll("svg text.n, svg text.o")) {
        const mine = text.textContent.toLowerCase();
        const hit = words.some(word => mine.startsWith(word));
        text.classList.toggle("hit", hit);
        if (hit && text.closest("details")) text.closest("details").open = true;
      }
    }
    for (const head of heads) {
      let next = head.nextElementSibling, any = false;
      while (next && next.tagName === "ARTICLE") { any = any || !next.hidden; next = next.nextElementSibling; }
      head.hidden = !any;
    }
    said.textContent = words.length ? count + " of " + all.length + " shown" : "";
  };
  const open = () => {
    const found = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!found) return;
    for (let up = found; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
    found.scrollIntoView({block: "center"});
  };
  box.addEventListener("input", show);
  addEventListener("hashchange", open);
  show();
  open();
})();
"""


def as_html(
    groups: Sequence[Sequence[Form]], not_judged: Sequence[NotJudged], lines: Callable[[str], Sequence[str]], said: str
) -> str:
    """The page.

    Args:
        groups: Services with their forms.
        not_judged: what could not be read, to be listed at the end.
        lines: path as shown -> the text's lines.
        said: one line that counts.
    """
    page = _Page(groups, lines)
    style, script = _hash(_PAGE_STYLE), _hash(_SCRIPT)
    policy = f"default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><title>Ports: {text(said)}</title>'
        f"<style>{_PAGE_STYLE}</style>"
    )
    top = (
        f"<header><h1>Ports</h1><p>{text(said)}</p>"
        '<input id="q" type="search" placeholder="a number or a name" aria-label="search" hidden>'
        '<p id="said" role="status"></p><p>a click on a number shows its line</p></header>'
    )
    body = "".join(page.parts()) or '<p class="soft">no Service</p>'
    tail = _not_judged(not_judged)
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{top}<main>{body}{tail}</main>'
        f"<script>{_SCRIPT}</script></body></html>"
    )


def _hash(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _not_judged(places: Sequence[NotJudged]) -> str:
    if not places:
        return ""
    items = "".join(
        f"<li>{text(str(one.location))} <small>{text(one.reason)}</small></li>" for one in places[:_MOST_NOT_JUDGED]
    )
    more = len(places) - _MOST_NOT_JUDGED
    items += f"<li>and {more} more</li>" if more > 0 else ""
    return f"<h2>Not judged</h2><details><summary>{len(places)} places</summary><ul>{items}</ul></details>"


class _Excerpt(NamedTuple):
    """Lines of one file that are shown: its number on the page, and the numbers of the lines."""

    at: int
    wanted: set[int]


class _Page:
    """Articles, one for each drawing, under the names of their namespaces."""

    def __init__(self, groups: Sequence[Sequence[Form]], lines: Callable[[str], Sequence[str]]) -> None:
        self._others = {id(forms[0]): forms[1:] for forms in groups}
        self._left = max(len(groups) - _MOST_SERVICES, 0)
        self._firsts = [forms[0] for forms in groups[:_MOST_SERVICES]]
        self._lines = lines
        self._room = _MOST_LINES
        self._article = 0
        self._excerpts: dict[str, _Excerpt] = {}

    def parts(self) -> Iterator[str]:
        """Headings and articles, by namespace."""
        spaces: dict[str, list[list[Form]]] = {}
        for forms in components(self._firsts):
            spaces.setdefault(forms[0].service.key[1], []).append(forms)
        for space in sorted(spaces):
            yield f'<h2 class="space">namespace {text(space)}</h2>'
            for forms in spaces[space]:
                yield self._one(forms)
        if self._left:
            yield f'<p class="soft">and {self._left} more Services: choose some with -n or --port</p>'

    def _one(self, forms: Sequence[Form]) -> str:
        self._article += 1
        self._excerpts = {}
        out = self._drawing(forms)
        out += "".join(self._notes(form) for form in forms)
        for form in forms:
            others = self._others[id(form)]
            if others:
                drawn = "".join(self._drawing([other]) + self._notes(other) for other in others[:_MOST_FORMS])
                more = len(others) - _MOST_FORMS
                drawn += f'<p class="soft">and {more} more</p>' if more > 0 else ""
                name = text(str(form.service))
                summary = f"{name} is written differently elsewhere: {len(others)}"
                out += f"<details><summary>{summary}</summary>{drawn}</details>"
        words = dict.fromkeys(word for form in forms for one in (form, *self._others[id(form)]) for word in _words(one))
        return f'<article data-s="{escape(" ".join(words))}">{out}{self._manifests()}</article>'

    def _drawing(self, forms: Sequence[Form]) -> str:
        made = panel(forms, self._link, notes=False)
        for form in forms:
            start = form.where()
            self._want(start.where, range(start.line, start.line + 12))
        size = f'viewBox="0 0 {made.width:.0f} {made.height:.0f}" width="{made.width:.0f}" height="{made.height:.0f}"'
        name = escape(", ".join(str(form.service) for form in forms))
        return f'<div class="pic"><svg class="d" {size} role="img" aria-label="{name}">{made.body}</svg></div>'

    def _link(self, hop: Hop) -> str:
        if hop.where is None:
            return ""
        place = hop.where()
        self._want(place.where, range(place.line - 5, place.line + 3))
        return self._anchor(place.where, place.line)

    def _anchor(self, path: str, line: int) -> str:
        # a place for which there was no room leads nowhere
        found = self._excerpts.get(path)
        return f"#m{self._article}-{found.at}-{line}" if found and line in found.wanted else ""

    def _want(self, path: str, numbers: range) -> None:
        found = self._excerpts.setdefault(path, _Excerpt(len(self._excerpts), set()))
        if len(found.wanted) < _LINES_HERE and self._room > 0:
            found.wanted.update(number for number in numbers if number > 0)

    def _notes(self, form: Form) -> str:
        items = "".join(self._finding(finding) for finding in form.findings)
        unknown = dict.fromkeys(route.unknown for route in form.routes if route.unknown)
        items += "".join(f"<li><small>? {text(one)}</small></li>" for one in unknown)
        out = f"<ul>{items}</ul>" if items else ""
        left = [route for route in form.routes if route not in set(chosen(form.routes))]
        if left:
            rows = "\n".join(f"<span>{text(_row(route))}</span>" for route in left)
            summary = f"{len(left)} more routes of {text(str(form.service))}"
            out += f"<details><summary>{summary}</summary><pre>{rows}</pre></details>"
        return out

    def _finding(self, finding: Finding) -> str:
        place = finding.location
        self._want(place.where, range(place.line - 3, place.line + 2))
        target, shown = self._anchor(place.where, place.line), text(f"{place.where}:{place.line}")
        where = f'<a href="{target}">{shown}</a>' if target else shown
        hint = f" <small>{text(finding.hint)}</small>" if finding.hint else ""
        rule = f" <small>[{text(finding.rule)}]</small>"
        return f'<li class="{finding.level}">{text(finding.message)}{rule}{hint} <small>{where}</small></li>'

    def _manifests(self) -> str:
        parts = []
        for path, excerpt in self._excerpts.items():
            source = self._lines(path)
            shown = [number for number in sorted(excerpt.wanted) if number <= len(source)]
            self._room -= len(shown)
            rows, before = [], 0
            for number in shown:
                if before and number > before + 1:
                    rows.append("<span>…</span>")
                line = source[number - 1].rstrip()[:_LONGEST]
                rows.append(f'<span id="m{self._article}-{excerpt.at}-{number}"><i>{number}</i>{text(line)}</span>')
                before = number
            if rows:
                parts.append(f'<p class="soft">{text(path)}</p><pre>{"".join(rows)}</pre>')
        return f"<details><summary>the manifests' lines</summary>{''.join(parts)}</details>" if parts else ""


def _row(route: Route) -> str:
    return "  ".join([label(route), *(str(hop.port) for hop in route.hops if hop.port is not None)])


def _words(form: Form) -> Iterator[str]:
    """What a search finds: numbers and names, in small letters."""
    yield from (form.service.name.lower(), form.service.key[1].lower(), form.type.lower())
    for route in form.routes:
        yield (route.port_name or "").lower()
        if route.broken:
            yield "broken"
        for hop in route.hops:
            for word in (hop.port, hop.port_name, hop.name, hop.container, hop.host_port):
                yield str(word or "").lower().replace(" ", "-")
