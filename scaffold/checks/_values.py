"""What several rules ask of a value: an amount or a percentage, and whether labels fulfil an expression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.shapes import as_dict, as_list, as_number, finding, label_text, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.model import Finding
    from scaffold.shapes import Path


def amount(value: Any) -> int | None:  # noqa: ANN401
    """A whole number, or the number of a percentage, of which any is fine; None for what is neither."""
    if isinstance(value, str):
        digits = value.removesuffix("%")
        good = value.endswith("%") and digits.isascii() and digits.isdigit()
        # more digits are only more than enough
        return int(digits.lstrip("0")[:20] or "0") if good else None
    return as_number(value)


def amounts(document: Document, path: Path, rolling: dict[str, Any], capped: tuple[str, ...]) -> Iterator[Finding]:
    """`maxUnavailable` and `maxSurge`: numbers from 0, or percentages, of which some may not be above 100%."""
    for name in ("maxUnavailable", "maxSurge"):
        written = rolling.get(name)
        # other types are the type rule's
        if not isinstance(written, str | int | float) or isinstance(written, bool):
            continue
        number = amount(written)
        if number is None:
            hint = "write a number, or a percentage such as 25%"
            if isinstance(written, str):
                yield finding(document, (*path, name), f"{name} {written!r} is no amount", effect="refused", hint=hint)
        elif number < 0:
            yield finding(
                document, (*path, name), f"{name} {written} is negative", effect="refused", hint="write 0 or more"
            )
        elif name in capped and isinstance(written, str) and number > 100:
            yield finding(
                document, (*path, name), f"{name} {written} is above 100%", effect="refused", hint="write 100%"
            )


def holds(expression: dict[str, object], labels: dict[str, str]) -> bool:
    """Whether labels fulfil one expression of a selector."""
    key, values = str(expression.get("key")), [label_text(value) for value in as_list(expression.get("values"))]
    match expression.get("operator"):
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels


def job_of(document: Document) -> tuple[Path, dict[str, Any]]:
    """A Job's spec, or that of a CronJob's Jobs, and where it is."""
    if document.kind == "CronJob":
        job = as_dict(as_dict(spec_of(document).get("jobTemplate")).get("spec"))
        return ("spec", "jobTemplate", "spec"), job
    return ("spec",), spec_of(document)
