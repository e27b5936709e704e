"""Routes drawn as text: one line a port, columns aligned, at most 80 wide; plain ASCII where the terminal needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffold.model import Hop, Route

WIDTH = 80


def draw(routes: Sequence[Route], *, unicode: bool = True) -> str:
    """The routes of one Service.

    Args:
        routes: in the order in which they are shown.
        unicode: whether arrows may be drawn with characters outside ASCII.

    Returns:
        Lines, each ended; the longest names are cut rather than wrapped.
    """
    arrow = " ─▶ " if unicode else " -> "
    rows = [["client", *(_stop(hop) for hop in route.hops)] for route in routes]
    columns = max((len(row) for row in rows), default=0)
    widths = [max(len(row[index]) for row in rows if index < len(row)) for index in range(columns)]
    out = []
    for route, row in zip(routes, rows, strict=True):
        chain = arrow.join(stop.ljust(width) for stop, width in zip(row, widths, strict=False))
        name = f"{route.port_name or ''}" + ("" if route.protocol == "TCP" else f"/{route.protocol}")
        room = WIDTH - len(chain) - 4
        if len(name) > room > 3:
            name = name[: room - 1] + ("…" if unicode else "~")
        out.append(f"  {chain}  {name}".rstrip() + "\n")
    return "".join(out)


def _stop(hop: Hop) -> str:
    return f"{hop.kind}:{hop.port}"
