"""Routes as a Mermaid flowchart, for Markdown pages that draw it: GitHub, GitLab, many wikis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.drawing import chosen, label, way
from scaffold.drawing.grouping import components, other_forms, worth_drawing
from scaffold.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffold.model import Form, Hop, Route

# Mermaid's own limits are 500 edges and 50,000 characters; over them it draws nothing at all.
_MOST_EDGES, _MOST_TEXT = 480, 45_000
_HEAD = """flowchart LR
  classDef client stroke:#59636e,stroke-width:2px
  classDef lb stroke:#0e7490,stroke-width:2px
  classDef node stroke:#0969da,stroke-width:2px
  classDef service stroke:#1a7f37,stroke-width:2px
  classDef pod stroke:#8250df,stroke-width:2px
  classDef box fill:none,stroke:#8c959f
  classDef unknown stroke:#8250df,stroke-width:2px,stroke-dasharray:5 4
"""


def as_mermaid(groups: Sequence[Sequence[Form]]) -> str:
    """The flowchart; of more than Mermaid draws the first Services, with a word on the rest."""
    together = list(components([forms[0] for forms in groups]))
    chart = _Chart()
    drawn = 0
    for forms in together:
        if not chart.add(forms):
            break
        drawn += len(forms)
    left = sum(map(len, together)) - drawn
    if left or not groups:
        said = f"and {left} more Services: choose some with -n or --port" if left else "no Service"
        chart.lines.append(f'  more["{said}"]')
    if said := other_forms(groups):
        chart.lines.append(f'  others["{said}"]')
    broken = ",".join(map(str, chart.broken))
    style = [f"  linkStyle {broken} stroke:#cf222e,stroke-width:2px"] if broken else []
    return _HEAD + "\n".join([*chart.lines, *style])


class _Chart:
    """The lines so far, how many edges they have, and which of these are broken."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.edges = 0
        self.broken: list[int] = []
        self._size = len(_HEAD)
        self._part = 0

    def add(self, forms: Sequence[Form]) -> bool:
        """Draws Services that lead to the same Pods, and says whether there was room for them."""
        part = _Part(self._part, self.edges)
        for form in forms:
            part.service(form)
        part.pods()
        size = sum(len(line) + 1 for line in part.lines)
        if self.lines and (part.edges > _MOST_EDGES or self._size + size > _MOST_TEXT):
            return False
        self.lines += part.lines
        self.broken += part.broken
        self.edges, self._size, self._part = part.edges, self._size + size, self._part + 1
        return True


class _Part:
    """One component of the chart; its names carry its number."""

    def __init__(self, number: int, edges: int) -> None:
        self._number, self.edges = number, edges
        self.lines: list[str] = []
        self.broken: list[int] = []
        self._names = 0
        self._pods: dict[tuple[Any, ...], dict[tuple[Any, ...], tuple[str, Hop, bool]]] = {}
        self._edges: list[str] = []
        self._boxes: list[str] = []

    def _name(self, kind: str) -> str:
        self._names += 1
        return f"{kind}{self._number}_{self._names}"

    def service(self, form: Form) -> None:
        """A box around the ports of a Service, and the edges that go through them."""
        title = f"{form.service} ({form.type}{f', cluster {form.cluster}' if form.cluster else ''})"
        client, routes = self._name("client"), chosen(form.routes)
        self.lines.append(f'  {client}(["client"]):::client')
        self._open(title)
        ways: dict[tuple[Any, ...], str] = {}
        for route in worth_drawing(routes):
            if way(route) not in ways:
                ways[way(route)] = self._way(client, route, form)
            pod = self._pod(route, form)
            stops = route.after == "service"
            said = f"✗ {route.broken.rule}" if route.broken and stops else ""
            self._edge(ways[way(route)], pod, said, broken=stops, faint=route.after == "client")
        if left := len(form.routes) - len(routes):
            self.lines.append(f'    {self._name("more")}["and {left} more routes"]')
        self.lines.append("  end")

    def _open(self, title: str) -> None:
        self._boxes.append(self._name("box"))
        self.lines.append(f'  subgraph {self._boxes[-1]}["{_text(title)}"]')

    def _way(self, client: str, route: Route, form: Form) -> str:
        """From the client to the Service's port; the name of the last stop."""
        said = label(route)
        refused = route.after == "client"
        if refused and route.broken:
            said = f"{said}: ✗ {route.broken.rule}"
        stops = [("node", hop.port) for hop in [route.hop("node")] if hop]
        service = route.hop("service")
        number = service.port if service else None
        stops.append(("service", "DNS" if form.type == "Headless" else number))
        if form.type == "LoadBalancer":
            stops.insert(0, ("lb", number))
        before = client
        for at, (kind, port) in enumerate(stops):
            name, word = self._name(kind), "load balancer" if kind == "lb" else kind
            shown = "any" if port is None else _text(str(port))
            self.lines.append(f'    {name}["{word}:{shown}"]:::{kind}')
            self._edge(before, name, said if at == 0 else "", broken=refused and at == 0, faint=refused and at > 0)
            before = name
        return before

    def _pod(self, route: Route, form: Form) -> str:
        hop = route.hops[-1]
        key = (hop.kind, hop.kind_of, hop.name) if hop.name else (str(form.service),)
        row = (hop.port, hop.port_name, hop.container)
        found = self._pods.setdefault(key, {})
        if row not in found:
            found[row] = (self._name("pod"), hop, not hop.name or bool(route.unknown))
        return found[row][0]

    def _edge(self, left: str, right: str, said: str, *, broken: bool, faint: bool) -> None:
        arrow = "--x" if broken else "-.->" if faint else "-->"
        words = f'|"{_text(said)}"|' if said else ""
        self._edges.append(f"  {left} {arrow}{words} {right}")
        if broken:
            self.broken.append(self.edges)
        self.edges += 1

    def pods(self) -> None:
        """The boxes of the Pods, then all edges: Mermaid counts those in the order in which they stand."""
        for rows in self._pods.values():
            hop = next(iter(rows.values()))[1]
            title = f"{hop.kind_of} {hop.name}" if hop.kind_of else hop.name or "Pods made elsewhere"
            self._open(title)
            for name, one, unknown in rows.values():
                word = "pod" if one.kind == "pod" else "port"
                shown = "any" if one.port is None else str(one.port)
                more = f" {one.port_name}" if one.port_name else ""
                kind = "unknown" if unknown else "pod"
                self.lines.append(f'    {name}["{word}:{_text(shown + more)}"]:::{kind}')
            self.lines.append("  end")
        self.lines += [f"  class {','.join(self._boxes)} box", *self._edges]


# What means something in a label: the characters of Mermaid's own entities, of HTML, and of its Markdown strings.
_ENTITIES = {ord(one): f"#{ord(one)};" for one in '"#&<>`\\{}|[]()'}


def _text(words: str) -> str:
    return printable(words).translate(_ENTITIES)
