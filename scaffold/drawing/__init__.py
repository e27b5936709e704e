"""Routes drawn as text: a box for every hop, a line for every port, at most 80 columns wide.

The other forms are beside: mermaid.py, svg.py, html.py. A hop has the same colour in all of them.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from scaffold.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from scaffold.model import Hop, Route

WIDTH = 80
# Of so many ports the first are drawn, and those with something wrong.
MOST = 60
_LONGEST_LABEL, _LONGEST_PORT, _NARROWEST = 15, 12, 8
_LONGEST_ARROW, _SHORTEST_ARROW = 6, 3
_COLOURS = {"client": "1", "balancer": "36", "node": "94", "service": "32", "pod": "35", "external": "35"}
_BROKEN, _DOUBTFUL, _FAINT = "31", "33", "2"


class _Ink:
    """The characters to draw with."""

    # a NamedTuple of so many fields takes longer to make than the drawing
    def __init__(self, corners: str, line: str, head: str, joints: str, dash: str, stop: str, cut: str) -> None:
        self.left_top, self.right_top, self.left_bottom, self.right_bottom = tuple(corners)
        self.line, self.side = tuple(line)
        self.fork, self.tee, self.corner = tuple(joints)
        self.head, self.dash, self.stop, self.cut = head, dash, stop, cut


_UNICODE = _Ink("┌┐└┘", "─│", "▶", "┬├└", "╌", "✗", "…")
_ASCII = _Ink("++++", "-|", ">", "+++", ".", "x", "~")


class Column:
    """One box: the hop, its title, and what stands in it for each route."""

    __slots__ = ("cells", "hop", "title")

    def __init__(self, hop: str, title: str, cells: list[str]) -> None:
        self.hop, self.title, self.cells = hop, title, cells

    @property
    def width(self) -> int:
        """The characters between the blanks inside its sides."""
        return max(len(self.title) + 2, *map(len, self.cells))

    def drawn(self, cut: str) -> Column:
        """The same without what moves a cursor, and without long texts where a number belongs."""
        most = _LONGEST_PORT if self.hop in ("balancer", "node", "service") else WIDTH
        cells = [_cut(printable(cell), most, cut) for cell in self.cells]
        return Column(self.hop, printable(self.title), cells)


def can_draw(stream: TextIO | None) -> bool:
    """Whether a stream takes the characters of a drawing outside ASCII."""
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "").startswith("utf")


def draw(routes: Sequence[Route], *, kind: str = "", unicode: bool = True, colour: bool = False) -> str:
    """The routes of one Service.

    Args:
        routes: in the order in which they are shown; of over 60 the first, and those with something wrong.
        kind: the type of the Service, where it has one that changes the way: LoadBalancer, Headless.
        unicode: whether characters outside ASCII may be used.
        colour: whether to use escape sequences.

    Returns:
        Lines, each ended; the longest names are cut rather than wrapped.
    """
    shown = chosen(routes)
    if not shown:
        return ""
    ink = _UNICODE if unicode else _ASCII
    lines = _Drawing(shown, kind, ink, colour).lines()
    left = len(routes) - len(shown)
    if left:
        lines.append(f"  {ink.cut} {left} more {'route' if left == 1 else 'routes'}")
    return "".join(f"{line.rstrip()}\n" for line in lines)


class _Drawing:
    """The lines of a drawing: labels, arrows and boxes that fit the width together."""

    def __init__(self, routes: Sequence[Route], kind: str, ink: _Ink, colour: bool) -> None:
        self._routes, self._ink, self._colour = routes, ink, colour
        self._labels = [_cut(printable(label(route)), _LONGEST_LABEL, ink.cut) for route in routes]
        self._label = max(len("client"), *map(len, self._labels)) + 1
        self._columns = [column.drawn(ink.cut) for column in columns(routes, kind)]
        self._arrow = _LONGEST_ARROW
        while self._arrow > _SHORTEST_ARROW and self._over() > 0:
            self._arrow -= 1
        if self._over() > 0 and self._columns[0].hop == "balancer":
            self._columns[0] = Column("balancer", "LB", self._columns[0].cells)
        if self._over() > 0:
            self._columns[-1] = _narrower(self._columns[-1], self._columns[-1].width - self._over(), ink.cut)

    def _over(self) -> int:
        boxes = sum(self._arrow + column.width + 4 for column in self._columns)
        return 2 + self._label + boxes - WIDTH

    def lines(self) -> list[str]:
        """The boxes' tops, a line for every route, the boxes' bottoms."""
        gap = " " * self._arrow
        top = "".join(gap + self._border(column) for column in self._columns)
        bottom = "".join(gap + self._border(column, below=True) for column in self._columns)
        rows = [self._row(at) for at in range(len(self._routes))]
        return [f"  {self._label_of('client')}{top}", *rows, f"  {self._label_of('')}{bottom}"]

    def _row(self, at: int) -> str:
        text = self._label_of("" if is_branch(self._routes, at) else self._labels[at])
        for number, column in enumerate(self._columns):
            code, cell = _COLOURS[column.hop], column.cells[at].ljust(column.width)
            side = self._paint(self._ink.side, code)
            text += f"{self._into(at, number)}{side} {self._paint(cell, code)} {side}"
        return f"  {text}"

    def _into(self, at: int, number: int) -> str:
        """What leads into a box: an arrow, one that ends, or a branch of the line above."""
        route, ink, width = self._routes[at], self._ink, self._arrow
        last = number == len(self._columns) - 1
        branch = is_branch(self._routes, at)
        fork = at + 1 < len(self._routes) and is_branch(self._routes, at + 1)
        if branch and not last:
            return " " * width
        body, head, code = ink.line * (width - 1), ink.head, ""
        if route.after == "client":
            head, code = (ink.stop, _BROKEN) if number == 0 else (ink.head, _FAINT)
            body = body if number == 0 else ink.dash * (width - 1)
        elif last and route.broken:
            head, code = ink.stop, _BROKEN
        elif last and route.warnings:
            body, code = f"{ink.line * (width - 2)}!", _DOUBTFUL
        if last and (branch or fork):
            joint = (ink.tee if fork else ink.corner) if branch else ink.fork
            body = (" " if branch else body[0]) + joint + body[2:]
        return self._paint(body + head, code)

    def _border(self, column: Column, *, below: bool = False) -> str:
        ink = self._ink
        text = f"{ink.left_top}{ink.line} {column.title} ".ljust(column.width + 3, ink.line) + ink.right_top
        if below:
            text = ink.left_bottom + ink.line * (column.width + 2) + ink.right_bottom
        return self._paint(text, _COLOURS[column.hop])

    def _label_of(self, text: str) -> str:
        return self._paint(text.ljust(self._label), _COLOURS["client"])

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour and code and text.strip() else text


def chosen(routes: Sequence[Route], most: int = MOST) -> list[Route]:
    """Of a crowd of routes the first, and those with something wrong, in their order."""
    if len(routes) <= most:
        return list(routes)
    wrong = {at for at, route in enumerate(routes) if route.broken or route.warnings}
    kept = set(sorted(wrong)[: most // 2])
    rest = (at for at in range(len(routes)) if at not in kept)
    return [routes[at] for at in sorted([*kept, *islice(rest, most - len(kept))])]


def label(route: Route) -> str:
    """A port by its name, with its protocol where it is not TCP."""
    if not route.port_name:
        service = route.hop("service")
        return route.protocol if service and service.port is not None else "any port"
    return route.port_name if route.protocol == "TCP" else f"{route.port_name}/{route.protocol}"


def columns(routes: Sequence[Route], kind: str) -> list[Column]:
    """The boxes of a drawing, from outside to inside."""
    branches = [is_branch(routes, at) for at in range(len(routes))]
    services = ["" if branch else _number(route.hop("service")) for route, branch in zip(routes, branches, strict=True)]
    columns = []
    if kind == "LoadBalancer":
        columns.append(Column("balancer", "load balancer", services))
    if any(route.hop("node") for route in routes):
        numbers = [
            "" if branch else _number(route.hop("node"), "any") for route, branch in zip(routes, branches, strict=True)
        ]
        columns.append(Column("node", "node", numbers))
    if kind == "Headless":
        columns.append(Column("service", "service", ["" if branch else "DNS" for branch in branches]))
    else:
        columns.append(Column("service", "service", services))
    columns.append(_ends([route.hops[-1] for route in routes], routes))
    return columns


def _ends(hops: Sequence[Hop], routes: Sequence[Route]) -> Column:
    if hops[0].kind == "external":
        return Column("external", "outside the cluster", [hop.name or "?" for hop in hops])
    workloads = {(hop.kind_of, hop.name) for hop in hops}
    title = "pod"
    if len(workloads) == 1 and hops[0].name:
        title = f"pod of {hops[0].kind_of} {hops[0].name}" if hops[0].kind_of else f"pod of {hops[0].name}"
    several = len({hop.container for hop in hops if hop.container}) > 1
    cells = []
    for hop, route in zip(hops, routes, strict=True):
        words = [_number(hop, "any port")]
        if hop.port_name and hop.port_name != route.port_name:
            words.append(hop.port_name)
        if len(workloads) > 1 and hop.name:
            words.append(hop.name)
        elif several and hop.container:
            words.append(hop.container)
        if route.unknown:
            words.append("?")
        cells.append("  ".join(words))
    return Column("pod", title, cells)


def _number(hop: Hop | None, nothing: str = "-") -> str:
    return nothing if hop is None or hop.port is None else str(hop.port)


def is_branch(routes: Sequence[Route], at: int) -> bool:
    """Whether this is the port of the line above, on its way to other Pods."""
    return at > 0 and way(routes[at - 1]) == way(routes[at])


def way(route: Route) -> tuple[object, ...]:
    """What the routes of one port have in common: all but the Pods."""
    return (route.port_name, route.protocol, *((hop.kind, hop.port) for hop in route.hops[:-1]))


def _narrower(column: Column, width: int, cut: str) -> Column:
    width = max(width, _NARROWEST)
    title = column.title if len(column.title) <= width - 2 else column.title.replace(" of ", ": ")
    # the workload's name says more than its kind
    words = title.split(" ")
    if len(title) > width - 2 and len(words) == 3:
        title = f"{words[0]} {words[2]}"
    return Column(column.hop, _cut(title, width - 2, cut), [_cut(cell, width, cut) for cell in column.cells])


def _cut(text: str, width: int, cut: str) -> str:
    return text if len(text) <= width else text[: width - 1] + cut
