"""Which Services are drawn together, and which of their routes are worth a line: for drawings in two dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.drawing import way

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffold.model import Form, Hop, Route


def components(forms: Sequence[Form]) -> Iterator[list[Form]]:
    """The forms that lead to the same Pods together, in the order of their first ones."""
    found: list[list[Form]] = []
    by_pods: dict[tuple[Any, ...], list[Form]] = {}
    for form in forms:
        pods = [(form.service.key[1], hop.kind_of, hop.name, form.cluster) for hop in _pods(form) if hop.name]
        together = next((by_pods[one] for one in pods if one in by_pods), None)
        # two forms of one Service are alternatives, not neighbours
        if together is None or form.service in [other.service for other in together]:
            together = []
            found.append(together)
        together.append(form)
        for one in pods:
            by_pods.setdefault(one, together)
    yield from found


def _pods(form: Form) -> Iterator[Hop]:
    return (route.hops[-1] for route in form.routes if route.hops[-1].kind == "pod")


def worth_drawing(routes: Sequence[Route]) -> list[Route]:
    """Without the ways to Pods that have no such port: of a port that none has, the first is kept."""
    ways: dict[tuple[Any, ...], list[Route]] = {}
    for route in routes:
        ways.setdefault(way(route), []).append(route)
    out = []
    for same in ways.values():
        out += [route for route in same if len(same) == 1 or not isinstance(route.hops[-1].port, str)] or same[:1]
    return out


def other_forms(groups: Sequence[Sequence[Form]]) -> str:
    """How many Services are written differently elsewhere, where only one form of each is drawn; empty when none."""
    others = [form for forms in groups for form in forms[1:]]
    broken = sum(any(route.broken for route in form.routes) for form in others)
    if not others:
        return ""
    said = f"not drawn: {len(others)} other forms of these Services" if len(others) > 1 else "not drawn: another form"
    return f"{said}, {broken} of them broken" if broken else said
