"""Routes as an SVG that stands alone: light and dark, no scripts, no fonts to load, every text escaped.

Services before the same Pods share one drawing: their cards stand at the left, the Pods' at the right.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.drawing import chosen, label, way
from scaffold.drawing.grouping import components, other_forms, worth_drawing
from scaffold.drawing.style import STYLE
from scaffold.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scaffold.model import Finding, Form, Hop, Route

    Link = Callable[[Hop], str]

_PAD, _GAP, _HEAD, _ROW, _FOOT = 20, 56, 46, 26, 8
_HEADING, _BETWEEN = 30, 24
# the widths of letters in the widest of the fonts named above
_MONO, _SMALL = 8.5, 7.3
_LONGEST, _NARROWEST = 28, 86
_MOST_ROWS = 400
_MOST_FINDINGS = 12


class Panel(NamedTuple):
    """A drawing without its frame: how large it is, and its elements."""

    width: float
    height: float
    body: str


class _Cell(NamedTuple):
    """A line in a card: a port in heavy letters, a word behind it, and the hop that it is."""

    port: str
    word: str = ""
    hop: Hop | None = None
    bad: bool = False

    @property
    def width(self) -> float:
        return len(self.port) * _MONO + (len(self.word) * _SMALL + 8 if self.word else 0)


class _Card(NamedTuple):
    """A box of a hop with its lines; `doubtful` where nobody knows whether it is there."""

    hop: str
    title: str
    subtitle: str
    cells: Sequence[_Cell]
    doubtful: bool = False

    @property
    def width(self) -> float:
        cells = max((cell.width for cell in self.cells), default=0)
        return max(_NARROWEST, cells + 28, len(self.title) * 7.6 + 28, len(self.subtitle) * _SMALL + 28)

    @property
    def height(self) -> float:
        return _HEAD + len(self.cells) * _ROW + _FOOT


def as_svg(groups: Sequence[Sequence[Form]]) -> str:
    """One picture of all Services, below each other; of very many the first."""
    panels: list[Panel] = []
    rows = drawn = 0
    every = list(components([forms[0] for forms in groups]))
    for forms in every:
        rows += sum(len(chosen(form.routes)) for form in forms)
        if panels and rows > _MOST_ROWS:
            break
        panels.append(panel(forms))
        drawn += len(forms)
    left = sum(map(len, every)) - drawn
    notes = [f"and {left} more Services: choose some with -n or --port"] if left else []
    notes += [said] if (said := other_forms(groups)) else []
    notes += [] if panels else ["no Service"]
    width = max([one.width for one in panels], default=300.0)
    y, body = 0.0, []
    for one in panels:
        body.append(f'<g transform="translate(0 {_n(y)})">{one.body}</g>')
        y += one.height
    for note in notes:
        y += 20
        body.append(f'<text class="s" x="{_PAD}" y="{_n(y)}">{text(note)}</text>')
    y += _PAD if notes else 0
    frame = f'<rect class="bg" width="{_n(width)}" height="{_n(y)}" rx="10"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="d" viewBox="0 0 {_n(width)} {_n(y)}" width="{_n(width)}" '
        f'height="{_n(y)}" role="img"><title>Routes of ports</title><style>{STYLE}</style>{frame}{"".join(body)}</svg>'
    )


def panel(forms: Sequence[Form], link: Link | None = None, *, notes: bool = True) -> Panel:
    """The drawing of Services that lead to the same Pods.

    Args:
        forms: the Services.
        link: hop -> where a click on it leads; no links without it.
        notes: whether what is wrong or not known is written below.
    """
    return _Panel(forms, link).made(notes=notes)


class _Panel:
    """Cards from left to right, lines between them, and what is to be said below."""

    def __init__(self, forms: Sequence[Form], link: Link | None) -> None:
        self._forms, self._link = forms, link
        self._routes = [worth_drawing(chosen(form.routes)) for form in forms]
        self._ends = self._end_cards()
        self._blocks = [list(_cards(form, routes)) for form, routes in zip(forms, self._routes, strict=True)]
        hops = [card.hop for cards in self._blocks for card in cards]
        order = [hop for hop in ("client", "lb", "node", "service") if hop in hops]
        widths: dict[str, float] = {
            hop: max(c.width for cards in self._blocks for c in cards if c.hop == hop) for hop in order
        }
        self._x: dict[str, float] = {}
        x: float = _PAD
        for hop in order:
            self._x[hop] = x
            x += widths[hop] + _GAP
        self._widths = widths
        self._right = x
        self._last = max(card.width for card in self._ends.values())
        self._out: list[str] = []
        self._lines: dict[str, list[str]] = {}

    def _end_cards(self) -> dict[tuple[Any, ...], _Card]:
        """The cards at the right end by what makes them one: a workload, or that it is not known."""
        cells: dict[tuple[Any, ...], dict[tuple[Any, ...], _Cell]] = {}
        first: dict[tuple[Any, ...], tuple[Hop, Route]] = {}
        every = [(route, _end_key(route.hops[-1], at)) for at, routes in enumerate(self._routes) for route in routes]
        containers = {(key, route.hops[-1].container) for route, key in every if route.hops[-1].container}
        several = {key for key, count in Counter(key for key, _ in containers).items() if count > 1}
        for route, key in every:
            hop = route.hops[-1]
            first.setdefault(key, (hop, route))
            words = (hop.port_name, f"in {hop.container}" if key in several and hop.container else "")
            word = " ".join(one for one in words if one)
            bad = route.after == "service" and isinstance(hop.port, str)
            cell = _Cell(_cut(_shown(hop.port, "any")), _cut(word), hop, bad)
            cells.setdefault(key, {}).setdefault(_row_key(hop), cell)
        cards = {}
        for key, (hop, route) in first.items():
            title, subtitle = "pod", f"{hop.kind_of} {hop.name}" if hop.name else "made elsewhere"
            if hop.kind == "external":
                title, subtitle = "outside the cluster", hop.name or ""
            elif route.broken and not hop.name:
                subtitle = "none"
            doubtful = not hop.name or bool(route.unknown)
            cards[key] = _Card("pod", title, _cut(subtitle), list(cells[key].values()), doubtful)
        return cards

    def made(self, *, notes: bool) -> Panel:
        """Places everything, from top to bottom."""
        blocks = sum(_HEADING + cards[0].height + _BETWEEN for cards in self._blocks)
        ends = sum(card.height + _BETWEEN for card in self._ends.values())
        y: float = _PAD
        lower = (blocks - _HEADING - ends) / 2 if len(self._blocks) > 1 else 0.0
        # a little lower would only bend lines that can be straight
        top = y + _HEADING + (lower if lower > _ROW else 0.0)
        rows = self._place_ends(top)
        # for who reads the page aloud, the Pods come behind what leads to them
        last, self._out = self._out, []
        for at, (form, cards) in enumerate(zip(self._forms, self._blocks, strict=True)):
            self._heading(form, y)
            y += _HEADING
            for card in cards:
                self._card(card, self._x[card.hop], y, self._widths[card.hop])
            self._arrows(at, cards, y, rows)
            y += cards[0].height + _BETWEEN
        self._out += last
        y = max(y, top + ends)
        width = self._right + self._last + _PAD
        y = self._notes(y - _BETWEEN / 2, width) if notes else y - _PAD
        # lines lie below the cards' text, and each kind is one element
        lines = "".join(f'<path class="{name}" d="{"".join(parts)}"/>' for name, parts in self._lines.items())
        return Panel(max(width, 420.0), y + 6, lines + "".join(self._out))

    def _place_ends(self, y: float) -> dict[tuple[Any, ...], float]:
        rows = {}
        for key, card in self._ends.items():
            self._card(card, self._right, y, self._last)
            for number, cell in enumerate(card.cells):
                rows[*key, *_row_key(cell.hop)] = _middle(y, number)
            y += card.height + _BETWEEN
        return rows

    def _heading(self, form: Form, y: float) -> None:
        more = f"{form.type}{f', cluster {form.cluster}' if form.cluster else ''}"
        if form.also:
            more += f", the same in {len(form.also)} other place{'s' if len(form.also) > 1 else ''}"
        name = text(_cut(str(form.service), 60))
        self._out.append(
            f'<text class="h" x="{_PAD}" y="{_n(y + 16)}">{name}<tspan class="m" dx="8">{text(more)}</tspan></text>'
        )

    def _card(self, card: _Card, x: float, y: float, width: float) -> None:
        dashed = " q" if card.doubtful else ""
        self._out.append(
            f'<rect class="c {card.hop}{dashed}" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" '
            f'height="{_n(card.height)}" rx="8"/><text class="k k-{card.hop}" x="{_n(x + 14)}" y="{_n(y + 20)}">'
            f'{text(card.title)}</text><text class="s" x="{_n(x + 14)}" y="{_n(y + 37)}">{text(card.subtitle)}</text>'
        )
        for number, cell in enumerate(card.cells):
            self._cell(cell, x + 14, _middle(y, number) + 5)

    def _cell(self, cell: _Cell, x: float, y: float) -> None:
        bad = " bad" if cell.bad else ""
        out = f'<text class="n{bad}" x="{_n(x)}" y="{_n(y)}">{text(cell.port)}</text>'
        if cell.word:
            out += f'<text class="o" x="{_n(x + len(cell.port) * _MONO + 8)}" y="{_n(y)}">{text(cell.word)}</text>'
        target = self._link(cell.hop) if self._link and cell.hop else ""
        self._out.append(f'<a href="{escape(target)}">{out}</a>' if target else out)

    def _arrows(self, at: int, cards: Sequence[_Card], y: float, rows: dict[tuple[Any, ...], float]) -> None:
        ways: dict[tuple[Any, ...], int] = {}
        for route in self._routes[at]:
            new = way(route) not in ways
            number = ways.setdefault(way(route), len(ways))
            here = _middle(y, number)
            kinds = ["" if route.after != "client" else "bad"]
            kinds += ["off" if route.after == "client" else ""] * (len(cards) - 2)
            for (left, right), kind in zip(pairwise(cards), kinds, strict=True):
                if new:
                    self._line(self._x[left.hop] + self._widths[left.hop], here, self._x[right.hop], here, kind)
            last = cards[-1].hop
            kind = "off" if route.after == "client" else "bad" if route.broken else "warn" if route.warnings else ""
            end = rows[*_end_key(route.hops[-1], at), *_row_key(route.hops[-1])]
            self._line(self._x[last] + self._widths[last], here, self._right, end, kind)

    def _line(self, x: float, y: float, to: float, end: float, kind: str) -> None:
        """A line from one card to the next: straight where it can be; a cross in it where traffic stops."""
        suffix = f"-{kind}" if kind else ""
        stop = to - 8
        if y == end:
            path = f"M{_n(x)} {_n(y)}H{_n(stop)}"
        else:
            bend = (x + to) / 2
            path = f"M{_n(x)} {_n(y)}C{_n(bend)} {_n(y)} {_n(bend)} {_n(end)} {_n(stop)} {_n(end)}"
        if kind == "bad":
            middle, centre = (x + to) / 2, (y + end) / 2
            self._lines.setdefault("e-bad", []).append(path)
            self._lines.setdefault("x", []).append(f"M{_n(middle - 6)} {_n(centre - 6)}l12 12m0-12l-12 12")
        else:
            self._lines.setdefault(f"e{suffix}", []).append(path)
            self._lines.setdefault(f"a{suffix}", []).append(f"M{_n(to - 1)} {_n(end)}l-9-4.5v9z")

    def _notes(self, y: float, width: float) -> float:
        """What is wrong, what is not known, how many are left out; the next free height."""
        most = int((max(width, 420.0) - 2 * _PAD) / 6.6)
        for form in self._forms:
            for kind, said in _said(form):
                for line in textwrap.wrap(said, most, break_on_hyphens=False) or [""]:
                    y += 18
                    self._out.append(f'<text class="f {kind}" x="{_PAD}" y="{_n(y)}">{text(line)}</text>')
        return y + 12


def _cards(form: Form, routes: Sequence[Route]) -> Iterator[_Card]:
    """The cards of a Service, with one line for each of its ports."""
    ways = {way(route): route for route in reversed(routes)}
    firsts = [ways[way] for way in dict.fromkeys(map(way, routes))]
    yield _Card("client", "client", "", [_Cell(_cut(label(route), 18)) for route in firsts])
    services = [_service_cell(form, route) for route in firsts]
    if form.type == "LoadBalancer":
        yield _Card("lb", "load balancer", "", services)
    if any(route.hop("node") for route in firsts):
        yield _Card("node", "node", "every node", [_node_cell(route) for route in firsts])
    yield _Card("service", "service", _cut(form.service.name), services)


def _node_cell(route: Route) -> _Cell:
    hop = route.hop("node")
    return _Cell(_shown(hop.port, "any") if hop else "-", "", hop, route.after == "client")


def _service_cell(form: Form, route: Route) -> _Cell:
    hop = route.hop("service")
    if form.type == "Headless":
        return _Cell("DNS", "", hop)
    return _Cell(_cut(_shown(hop.port if hop else None, "-")), "", hop)


def _said(form: Form) -> Iterator[tuple[str, str]]:
    for finding in form.findings[:_MOST_FINDINGS]:
        yield ("bad" if finding.level == "error" else "warn", _sentence(finding))
    if len(form.findings) > _MOST_FINDINGS:
        yield "s", f"and {len(form.findings) - _MOST_FINDINGS} more findings: svcgen check says them all"
    for unknown in dict.fromkeys(route.unknown for route in form.routes if route.unknown):
        yield "s", f"? {unknown}"
    if left := len(form.routes) - len(chosen(form.routes)):
        yield "s", f"and {left} more routes: choose some with --port"


def _sentence(finding: Finding) -> str:
    mark = "✗" if finding.level == "error" else "!"
    hint = f": {finding.hint}" if finding.hint else ""
    return f"{mark} {finding.location.where}:{finding.location.line} {finding.message}{hint}"


def _end_key(hop: Hop, at: int) -> tuple[Any, ...]:
    """What two ends have in common when they are the same Pods; unknown ones are each Service's own."""
    return (hop.kind_of, hop.name) if hop.name and hop.kind == "pod" else ("", at)


def _row_key(hop: Hop | None) -> tuple[Any, ...]:
    return (hop.port, hop.port_name, hop.container) if hop else ()


def _middle(top: float, row: int) -> float:
    return top + _HEAD + row * _ROW + _ROW / 2 - 3


def _shown(port: int | str | None, nothing: str) -> str:
    return nothing if port is None else str(port)


def _cut(words: str, most: int = _LONGEST) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"


def text(words: str) -> str:
    """Other people's text between tags."""
    return escape(printable(words))


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
