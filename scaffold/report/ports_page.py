"""What is taken, as one HTML file: nothing is loaded from elsewhere, light and dark, searchable."""

from __future__ import annotations

import os
from html import escape
from typing import TYPE_CHECKING

from scaffold.report.ports import COLUMNS, columns, conflict_lines, half_line, numbers_of, row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scaffold.occupancy import Half, Holding, Occupancy, Usage

_PAGE = os.path.join(os.path.dirname(__file__), "ports.html")


def as_page(occupancy: Occupancy) -> str:
    """The whole page. Every text of a manifest is escaped: it is somebody else's."""
    with open(_PAGE, encoding="utf-8") as file:
        page = file.read()
    holdings = occupancy.holdings()
    rows = [row(one) for one in holdings]
    chosen = columns(rows)
    services = len({one.port.owner.key for one in holdings})
    held = len({one.port.number for one in holdings if one.port.space == "node"})
    parts = {
        "summary": f"{held} node ports held, {len(holdings)} ports of {services} Services",
        "conflicts": _conflicts(occupancy),
        "usage": "".join(_card(occupancy, usage) for usage in occupancy.usages),
        "head": "".join(f'<th scope="col">{COLUMNS[at].capitalize()}</th>' for at in chosen),
        "rows": "\n".join(_row(one, cells, chosen) for one, cells in zip(holdings, rows, strict=True)),
        "reserved": _reserved(occupancy),
        "not-judged": _not_judged(occupancy),
    }
    # one pass, so that no text of a manifest is taken for a part of the page
    pieces = page.split("<!--")
    out = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("-->")
        out += [parts[name], rest]
    # ASCII alone, so that the page is the same whatever the encoding of the terminal is
    return "".join(out).rstrip("\n").encode("ascii", "xmlcharrefreplace").decode()


def _conflicts(occupancy: Occupancy) -> str:
    lines = [f"<li>{escape(line.removeprefix('conflict: '))}</li>" for line in conflict_lines(occupancy)]
    count = f"{len(lines)} conflict{'s' if len(lines) > 1 else ''}"
    return f'<div class="conflicts"><b>{count}</b><ul>{"".join(lines)}</ul></div>' if lines else ""


def _card(occupancy: Occupancy, usage: Usage) -> str:
    cluster = f", cluster {escape(usage.cluster)}" if usage.cluster else ""
    parts = [f"<h3>Node ports {usage.policy.low}-{usage.policy.high}{cluster}</h3>"]
    if usage.static:
        parts.append(f'<div class="cells">{"".join(_cells(occupancy, usage, usage.static))}</div>')
        parts.append(f'<p class="soft">static band {_words(usage.static)}</p>')
    parts.append(f'<div class="bar">{_bar(usage.dynamic)}</div>')
    parts.append(f'<p class="soft">dynamic band {_words(usage.dynamic)}</p>')
    for band, held in usage.bands:
        text = f"{band.low}-{band.high} only for namespace {escape(band.namespace)}: {held} held"
        parts.append(f'<p class="soft">{text}</p>')
    contested = '<i class="bad"></i>held by several' if occupancy.conflicts else ""
    parts.append(f'<p class="key soft"><i class="held"></i>held{contested}<i class="kept"></i>reserved<i></i>free</p>')
    return f'<section class="card">{"".join(parts)}</section>'


def _words(half: Half) -> str:
    return half_line(half).replace("  ", ": ", 1)


def _cells(occupancy: Occupancy, usage: Usage, half: Half) -> Iterator[str]:
    """One square for each number of the static band; it leads to its rows."""
    contested = {one.number for one in occupancy.conflicts if one.cluster in (None, usage.cluster)}
    kept = {number: one.reason for one in occupancy.policy.reserved for number in range(one.low, one.high + 1)}
    for number in range(half.low, half.high + 1):
        if number in usage.holders:
            names = ", ".join(str(owner) for owner in usage.holders[number])
            kind = "held bad" if number in contested else "held"
            yield f'<a class="{kind}" href="#{number}" title="{number} {escape(names)}"></a>'
        elif number in kept:
            yield f'<a class="kept" href="#{number}" title="{number} reserved: {escape(kept[number])}"></a>'
        else:
            yield f'<a href="#{number}" title="{number} free"></a>'


def _bar(half: Half) -> str:
    size = max(half.size, 1)
    return "".join(
        f'<span class="{name}" style="width:{100 * count / size:.2f}%"></span>'
        for name, count in (("held", half.held), ("kept", half.reserved))
    )


def _row(holding: Holding, cells: tuple[str, ...], chosen: Iterable[int]) -> str:
    bad = ' class="bad"' if holding.contested else ""
    out = "".join(_cell(holding, cells, at) for at in chosen)
    return f'<tr data-space="{holding.port.space}"{bad}>{out}</tr>'


def _cell(holding: Holding, cells: tuple[str, ...], at: int) -> str:
    name, text = COLUMNS[at], escape(cells[at])
    if name == "NUMBER":
        return f'<td class="number">{holding.port.number}</td>'
    if name == "WHERE" and len(holding.places) > 1:
        places = "".join(f"<li>{escape(str(place))}</li>" for place in holding.places)
        return f'<td class="where"><details><summary>{text}</summary><ul>{places}</ul></details></td>'
    if name == "WHERE":
        return f'<td class="where">{text}</td>'
    return f'<td><span class="tag">{text}</span></td>' if name == "SPACE" else f"<td>{text}</td>"


def _reserved(occupancy: Occupancy) -> str:
    rows = [(numbers_of(one.low, one.high), one.reason, str(one.location)) for one in occupancy.policy.reserved] + [
        (numbers_of(one.low, one.high), f"only for namespace {one.namespace}", str(one.location))
        for one in occupancy.policy.bands
    ]
    return _table("Reserved", ("Numbers", "Why", "Where"), rows)


def _not_judged(occupancy: Occupancy) -> str:
    rows = [(str(one.location), one.reason) for one in occupancy.not_judged]
    return _table("Not judged: they may hold ports too", ("Where", "Why"), rows)


def _table(title: str, names: Iterable[str], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>" for cells in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<h2>{title}</h2><div class="scroll notes">{table}</div>'
