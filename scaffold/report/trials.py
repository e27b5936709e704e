"""What trying out packs came to, as text for people and as JSON for tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold import report, spec
from scaffold.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffold.packs.model import Pack
    from scaffold.trial import Failure, Result
    from scaffold.write import Change

_MOST = 10
_MESSAGES = 5


class Tried(NamedTuple):
    """One pack, what its apps showed, and how the expected outputs beside it differ; None where it has none."""

    pack: Pack
    result: Result
    expected: tuple[Change, ...] | None
    updated: bool

    @property
    def different(self) -> list[Change]:
        """The expected outputs that are not what the pack gives, and were not brought up to date."""
        return [] if self.updated else [one for one in self.expected or () if one.state != "unchanged"]

    @property
    def failed(self) -> bool:
        """Whether the answer is no."""
        return bool(self.result.failures or self.different)


def as_text(tried: Sequence[Tried], *, colour: bool = False) -> str:
    """Every failure with its place in the pack, the output and the App spec that shows it; a line for each pack."""
    return "\n".join(line for one in tried for line in _lines(one, colour))


def _lines(tried: Tried, colour: bool) -> Iterator[str]:
    failures = tried.result.failures
    for failure in failures[:_MOST]:
        yield from _failure(failure, colour)
        yield ""
    if len(failures) > _MOST:
        yield f"and {len(failures) - _MOST} more places that fail\n"
    for change in tried.different:
        yield f"{change.shown}: {_error(colour)}: {_difference(change)}"
    if tried.different:
        yield f"  hint: svcgen templates check {tried.pack.name} --update, and read the difference\n"
    yield summary(tried)


def summary(tried: Tried) -> str:
    """One line about a pack."""
    failures, different = len(tried.result.failures), len(tried.different)
    parts = [f"{tried.result.apps} App specs tried"]
    parts.append(
        f"{failures} {'place fails' if failures == 1 else 'places fail'}" if failures else "all as they should be"
    )
    if different:
        parts.append(f"{different} expected {'output differs' if different == 1 else 'outputs differ'}")
    elif tried.expected is None:
        parts.append("no expected outputs beside it")
    return f"pack {tried.pack.name} {tried.pack.version}: {', '.join(parts)}"


def _failure(failure: Failure, colour: bool) -> Iterator[str]:
    first, *more = failure.messages
    # a message may bring the template's line below it
    message, *below = map(printable, first.split("\n"))
    yield f"{printable(str(failure.location))}: {_error(colour)}: {message}"
    yield from (f"  {line}" for line in below)
    yield from (f"  also: {printable(one.partition(chr(10))[0])}" for one in more[: _MESSAGES - 1])
    if failure.output:
        yield f"  the output, {printable(str(failure.output))}:"
        for number, line in failure.lines:
            mark = ">" if number == failure.output.line else " "
            yield f"  {mark} {number:>4} | {printable(line)}".rstrip()
    if failure.app:
        others = failure.apps - 1
        yield f"  the App spec that shows it{f' ({others} more fail here)' if others else ''}:"
        yield from (f"    {printable(line)}" for line in spec.to_text(failure.app, saved=False).splitlines())


def _error(colour: bool) -> str:
    return report.paint("error", "31", colour)


def _difference(change: Change) -> str:
    return {
        "created": "is not there, and the pack makes it now",
        "deleted": "the pack no longer makes it",
        "changed": "is not what the pack makes now",
    }[change.state]


def as_json(tried: Sequence[Tried]) -> str:
    """The same as one JSON document: a list of packs, and a summary."""
    import json

    packs = [_pack(one) for one in tried]
    counts = {
        "packs": len(packs),
        "apps": sum(one.result.apps for one in tried),
        "failures": sum(len(one.result.failures) for one in tried),
        "different": sum(len(one.different) for one in tried),
    }
    return json.dumps({"packs": packs, "summary": counts}, indent=2)


def _pack(tried: Tried) -> dict[str, Any]:
    return {
        "pack": tried.pack.name,
        "version": tried.pack.version,
        "digest": tried.pack.digest,
        "path": tried.pack.origin,
        "apps": tried.result.apps,
        "failures": [_json(failure) for failure in tried.result.failures],
        "expected": [{"path": one.shown, "state": one.state} for one in tried.expected or ()],
    }


def _json(failure: Failure) -> dict[str, Any]:
    lines = [{"line": number, "text": text} for number, text in failure.lines]
    output = {"path": failure.output.where, "line": failure.output.line, "lines": lines} if failure.output else None
    return {
        "path": failure.location.where,
        "line": failure.location.line,
        "messages": list(failure.messages),
        "apps": failure.apps,
        "spec": spec.to_mapping(failure.app) if failure.app else None,
        "output": output,
    }
