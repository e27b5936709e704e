"""One line of the result: a figure and its budget."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """A measured figure; budget and aim are upper bounds, None where the figure only informs."""

    group: str
    what: str
    figure: float
    unit: str
    budget: float | None = None
    aim: float | None = None

    @property
    def verdict(self):
        if self.budget is None and self.aim is None:
            return ""
        if self.budget is not None and self.figure > self.budget:
            return "MISSED"
        if self.aim is None:
            return "kept"
        if self.figure <= self.aim:
            return "aim reached"
        return "aim missed" if self.budget is None else "kept"


def table(rows):
    """The rows as text, one column a field."""
    lines = [("", "figure", "unit", "budget", "aim", "")]
    for row in rows:
        bounds = [f"{bound:g}" if bound is not None else "-" for bound in (row.budget, row.aim)]
        lines.append((f"{row.group}: {row.what}", f"{row.figure:.2f}", row.unit, *bounds, row.verdict))
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    return "\n".join(
        f"{line[0]:<{widths[0]}}  {line[1]:>{widths[1]}} {line[2]:<{widths[2]}}  "
        f"{line[3]:>{widths[3]}}  {line[4]:>{widths[4]}}  {line[5]}".rstrip()
        for line in lines
    )
