"""What is taken: as a table for people, as JSON, YAML and CSV for programs, as Markdown and HTML for pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from scaffold import scalars
from scaffold.printable import printable
from scaffold.report import paint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scaffold.model import Location
    from scaffold.occupancy import Conflict, Half, Holding, Occupancy, Usage

T = TypeVar("T")
FORMATS = ("table", "json", "yaml", "csv", "markdown", "html")
COLUMNS = ("SPACE", "NUMBER", "PROTOCOL", "SERVICE", "PORT", "TARGET", "CLUSTER", "WHERE")
_CONTESTED = "31"
_NAMED = 5


def lines(occupancy: Occupancy, form: str, *, colour: bool = False) -> Iterator[str]:
    """The occupancy in one of FORMATS, line by line: of a large tree as one text it would fill the memory."""
    if form == "json":
        return _as_json(occupancy)
    if form == "yaml":
        return _as_yaml(occupancy)
    if form == "csv":
        return _as_csv(occupancy)
    if form == "markdown":
        return _as_markdown(occupancy)
    if form == "html":
        from scaffold.report.ports_page import as_page

        return iter([as_page(occupancy)])
    return _as_table(occupancy, colour)


# --- for programs ----------------------------------------------------------------------------------------------------


def _content(occupancy: Occupancy) -> Iterator[tuple[str, Iterable[Any] | Any]]:
    """What a snapshot holds, key by key: `ports` and `range` are promised, the rest follows from the same facts."""
    from scaffold.sources import snapshot

    policy = occupancy.policy
    yield "version", snapshot.VERSION
    yield "ports", (snapshot.as_mapping(one) for one in occupancy.entries)
    yield "range", _range(occupancy)
    yield "usage", (_usage(one) for one in occupancy.usages)
    yield (
        "reserved",
        ({"low": one.low, "high": one.high, "reason": one.reason, **_place(one.location)} for one in policy.reserved),
    )
    yield (
        "bands",
        (
            {"namespace": one.namespace, "low": one.low, "high": one.high, **_place(one.location)}
            for one in policy.bands
        ),
    )
    yield "conflicts", (_conflict(one) for one in occupancy.conflicts)
    yield "not_judged", ({**_place(one.location), "reason": one.reason} for one in occupancy.not_judged)


def _range(occupancy: Occupancy) -> dict[str, Any]:
    policy = occupancy.policy
    static = (policy.low, policy.low + policy.static_size - 1) if policy.static_size else (None, None)
    return {"low": policy.low, "high": policy.high, "static_low": static[0], "static_high": static[1]}


def _usage(usage: Usage) -> dict[str, Any]:
    halves = {"static": usage.static, "dynamic": usage.dynamic}
    return {
        "cluster": usage.cluster,
        **{
            name: {**half._asdict(), "size": half.size, "free": half.free} if half else None
            for name, half in halves.items()
        },
    }


def _conflict(conflict: Conflict) -> dict[str, Any]:
    holders = [
        {"service": {"namespace": one.owner.namespace, "name": one.owner.name}, **_place(one.location)}
        for one in conflict.holders
    ]
    return {"number": conflict.number, "cluster": conflict.cluster, "holders": holders}


def _place(location: Location) -> dict[str, Any]:
    return {"path": location.where, "line": location.line}


def _as_json(occupancy: Occupancy) -> Iterator[str]:
    """One port a line: a snapshot in version control shows what changed."""
    from json import JSONEncoder

    write = JSONEncoder().encode
    yield "{"
    for (key, value), comma in _separated(_content(occupancy)):
        if isinstance(value, int | dict):
            yield f'  "{key}": {write(value)}{comma}'
            continue
        empty = True
        for one, inner in _separated(value):
            if empty:
                yield f'  "{key}": ['
                empty = False
            yield f"    {write(one)}{inner}"
        yield f'  "{key}": []{comma}' if empty else f"  ]{comma}"
    yield "}"


def _separated(things: Iterable[T]) -> Iterator[tuple[T, str]]:
    """Each thing with the comma that follows it: none after the last."""
    waiting = iter(things)
    for held in waiting:
        for following in waiting:
            yield held, ","
            held = following
        yield held, ""


def free_as_json(numbers: Sequence[int], **asked: object) -> str:
    """Free node ports, and what was asked for."""
    from json import JSONEncoder

    return JSONEncoder().encode({"free": list(numbers), **asked})


def _as_yaml(occupancy: Occupancy) -> Iterator[str]:
    for key, value in _content(occupancy):
        if isinstance(value, int | dict):
            yield f"{key}: {_flow(value)}"
            continue
        empty = True
        for one in value:
            if empty:
                yield f"{key}:"
                empty = False
            yield f"  - {_flow(one)}"
        if empty:
            yield f"{key}: []"


def _flow(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(one) for one in value) + "]"
    if value is None:
        return "null"
    # the name of a file need not be UTF-8
    return scalars.write(_utf8(value) if isinstance(value, str) else value)


def _utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _as_csv(occupancy: Occupancy) -> Iterator[str]:
    """One line for each mention of a port; whether another Service holds the number too is the last column."""
    import csv
    import io

    contested = occupancy.contested()
    out = io.StringIO()
    write = csv.writer(out, lineterminator="").writerow
    names = ("space", "number", "protocol", "namespace", "service", "port_name", "service_port", "target_port")
    write((*names, "cluster", "source", "path", "line", "conflict"))
    yield out.getvalue()
    for one in occupancy.entries:
        out.seek(0)
        out.truncate()
        service = (one.space, one.number, one.protocol, one.owner.namespace, one.owner.name, one.port_name)
        where = (one.cluster, one.source, one.location.where, one.location.line or None)
        conflict = "yes" if contested(one) else None
        write((*service, one.service_port, one.target_port, *where, conflict))
        yield out.getvalue()


# --- for people ------------------------------------------------------------------------------------------------------


def row(holding: Holding) -> tuple[str, ...]:
    """The cells of one line; the same in every form that people read."""
    port = holding.port
    target = "" if port.target_port is None else str(port.target_port)
    route = f"{port.service_port} -> {target}" if port.service_port and target else target
    name, cluster = port.port_name or "", port.cluster or ""
    number = f"{port.number}!" if holding.contested else str(port.number)
    return (port.space, number, port.protocol, str(port.owner), name, route, cluster, _where(holding))


def numbers_of(low: int, high: int) -> str:
    """One number, or a range."""
    return f"{low}-{high}" if high > low else str(low)


def _where(holding: Holding) -> str:
    first, more = holding.places[0], len(holding.places) - 1
    place = f"{first.where}:{first.line}" if first.line else first.where
    return f"{place} and {more} more" if more else place


def columns(rows: Sequence[Sequence[str]]) -> list[int]:
    """Which columns to show: without clusters there is nothing to say of them."""
    return [at for at, name in enumerate(COLUMNS) if name != "CLUSTER" or any(cells[at] for cells in rows)]


def _printable(cells: tuple[str, ...]) -> tuple[str, ...]:
    # one look at all of them is enough for nearly all
    return cells if "".join(cells).isprintable() else tuple(map(printable, cells))


def _each(chosen: Sequence[int], rows: Sequence[Sequence[str]]) -> Iterator[tuple[int, Sequence[str]]]:
    """The chosen columns with their numbers."""
    columns = list(zip(*rows, strict=True))
    return ((at, columns[at] if columns else ()) for at in chosen)


def _as_table(occupancy: Occupancy, colour: bool) -> Iterator[str]:
    holdings = occupancy.holdings()
    rows = [_printable(row(one)) for one in holdings]
    chosen = columns(rows)
    line = "  ".join(f"{{{at}:<{max(map(len, (COLUMNS[at], *column)))}}}" for at, column in _each(chosen, rows))
    yield line.format(*COLUMNS).rstrip() if rows else "no port is taken"
    for one, cells in zip(holdings, rows, strict=True):
        text = line.format(*[cell or "-" for cell in cells]).rstrip()
        yield paint(text, _CONTESTED, colour) if one.contested else text
    yield ""
    yield from _usage_lines(occupancy)
    yield from (paint(line, _CONTESTED, colour) for line in conflict_lines(occupancy))


def _usage_lines(occupancy: Occupancy) -> Iterator[str]:
    for usage in occupancy.usages:
        cluster = f" of cluster {printable(usage.cluster)}" if usage.cluster else ""
        yield f"node ports {usage.policy.low}-{usage.policy.high}{cluster}"
        if usage.static:
            yield f"  static   {half_line(usage.static)}"
        yield f"  dynamic  {half_line(usage.dynamic)}"
        for band, held in usage.bands:
            size = band.high - band.low + 1
            what = f"{held} of {size} held, only for namespace {printable(band.namespace)}"
            yield f"  band     {numbers_of(band.low, band.high)}  {what}  {printable(str(band.location))}"
    for one in occupancy.policy.reserved:
        yield f"reserved   {numbers_of(one.low, one.high):<11}  {printable(one.reason)}  {printable(str(one.location))}"


def half_line(half: Half) -> str:
    """How full one band is, in words."""
    if not half.size:
        return "none: the range is too small"
    reserved = f", {half.reserved} reserved" if half.reserved else ""
    return f"{half.low}-{half.high}  {half.held} of {half.size} held{reserved}, {half.free} free"


def conflict_lines(occupancy: Occupancy) -> Iterator[str]:
    """Each node port that several Services hold, with where they say so."""
    for one in occupancy.conflicts:
        holders = [f"{holder.owner} ({holder.location})" for holder in one.holders[:_NAMED]]
        more = f" and {len(one.holders) - _NAMED} more" if len(one.holders) > _NAMED else ""
        cluster = f" in cluster {one.cluster}" if one.cluster else ""
        yield printable(f"conflict: node port {one.number}{cluster} is held by {', '.join(holders)}{more}")


def _as_markdown(occupancy: Occupancy) -> Iterator[str]:
    rows = [row(one) for one in occupancy.holdings()]
    chosen = columns(rows)
    if rows:
        yield from _table([COLUMNS[at].capitalize() for at in chosen], ([cells[at] for at in chosen] for cells in rows))
    else:
        yield "No port is taken."
    yield ""
    yield from _table(("Node ports", "Range", "Held", "Reserved", "Free"), _usage_rows(occupancy))
    if occupancy.policy.reserved:
        yield ""
        reserved = ((numbers_of(one.low, one.high), one.reason, str(one.location)) for one in occupancy.policy.reserved)
        yield from _table(("Reserved", "Why", "Where"), reserved)
    if occupancy.conflicts:
        yield ""
        yield from (f"- {_cell(line)}" for line in conflict_lines(occupancy))


def _usage_rows(occupancy: Occupancy) -> Iterator[Sequence[str]]:
    for usage in occupancy.usages:
        for name, half in (("static", usage.static), ("dynamic", usage.dynamic)):
            if half:
                what = f"{name}, {usage.cluster}" if usage.cluster else name
                counts = (f"{half.held} of {half.size}", str(half.reserved), str(half.free))
                yield (what, f"{half.low}-{half.high}", *counts)


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _bar(names)
    yield _bar(["---"] * len(names))
    yield from (_bar([_cell(cell) for cell in cells]) for cells in rows)


def _bar(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """A text that stays as it is in a cell of Markdown."""
    for one in "\\`*_[]<|":
        text = text.replace(one, f"\\{one}")
    return printable(text)
