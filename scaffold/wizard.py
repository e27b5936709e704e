"""The wizard of `svcgen new`: asks for what is missing, shows the numbers, and asks before anything is written.

Everything goes to stderr, because stdout carries results. A line is read by questionary, or plainly where the terminal
cannot move its cursor or wants no escape sequences; all else is the same for both.
"""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from scaffold import names, proposals
from scaffold.errors import AnswerNo, Interrupted, SvcgenError
from scaffold.model import AppSpec, Location, PortPlan, PortWish
from scaffold.spec import format_port, parse, parse_port

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from scaffold.build import Built

    Check = Callable[[str], str | None]

_WIDTH = 79
_PLACE = Location("--port")
_FIELDS = (("node_port", "Node port"), ("service_port", "Service port"), ("target_port", "Target port"))
_NO = ("", "n", "no")
_YES = ("y", "yes")


def complete(given: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """Asks for the name, the image and the ports, as far as they are not given.

    Args:
        given: answers as `spec.parse` takes them.
        folder: where to look for something to propose.

    Returns:
        The answers, with nothing missing that an app needs.

    Raises:
        SvcgenError: what is given breaks a rule; said before the first question.
        Interrupted: Ctrl-C, or the input ended.
    """
    known = {key: value for key, value in given.items() if value not in (None, [], ())}
    parse({"name": "x", "image": "x", "ports": (PortWish("x", 1),), **known})
    found = proposals.look(folder)
    _say("Enter takes what is in [brackets]. Nothing is written before the last yes.")
    if not known.get("name"):
        known["name"] = _ask_text("Name", found.name, names.service_name)
    if not known.get("image"):
        known["image"] = _ask_text(f"Image, such as ghcr.io/acme/{known['name']}:1.0", found.image, names.image)
    if not known.get("ports"):
        known["ports"] = _ask_ports(found.ports, str(known.get("type")))
    return known


def review(app: AppSpec, rebuild: Callable[[AppSpec], Built]) -> Built:
    """Shows the numbers and the route, and lets each number be changed.

    Args:
        app: a valid spec.
        rebuild: plans and renders a spec; raises AnswerNo for a number that cannot be had.

    Returns:
        What the person agreed to, with every number filled in.

    Raises:
        AnswerNo: nothing is free.
        Interrupted: Ctrl-C, or the input ended.
    """
    built = _first_build(app, rebuild)
    while True:
        plan = built.plan
        known = [wish.name for wish in plan.app.ports]
        _say(f"\n{_table(plan)}\n{_routes(plan)}")

        def check(text: str, known: Sequence[str] = known) -> str | None:
            fine = text in known or text.lower() in _NO
            return None if fine else f"{text!r} is none of its ports: {', '.join(known)}"

        name = _ask("Change a port? (Enter: no, or its name)", check)
        if name not in known:
            filled = tuple(one._replace(wish=one.filled) for one in plan.assignments)
            return built._replace(plan=PortPlan(plan.spec, filled))
        for field, words in _FIELDS:
            if field != "node_port" or plan.app.type != "ClusterIP":
                built = _ask_number(built, name, field, words, rebuild)


def confirm(text: str) -> bool:
    """Shows what would be written and asks whether to; without a difference there is nothing to ask.

    Raises:
        Interrupted: Ctrl-C, or the input ended.
    """
    if not text:
        return True
    _say(text)

    def check(answer: str) -> str | None:
        return None if answer.lower() in (*_YES, *_NO) else "yes or no, please"

    return _ask("Write these files? yes or no", check, "yes").lower() in _YES


# --- what is missing -------------------------------------------------------------------------------------------------


def _ask_text(question: str, proposed: proposals.Text | None, rule: Check) -> str:
    def check(text: str) -> str | None:
        reason = rule(text) if text else "must not be empty"
        return f"{text!r} {reason}" if reason else None

    if proposed:
        _say(f"{proposed.source} - proposed: {proposed.value}")
    return _ask(question, check, proposed.value if proposed else "")


def _ask_ports(proposed: Sequence[proposals.Port], kind: str) -> tuple[PortWish, ...]:
    """Ports until an empty name or a no: each a name and then its target port, or all at once as `-p` takes it."""
    for one in proposed:
        _say(f"{one.source} - proposed: {format_port(one.wish)}")
    ports: list[PortWish] = []
    while True:
        if ports:
            question, default = f"Another port? (Enter: no, or its name such as {_free_name(ports)})", ""
        elif proposed:
            question, default = "Ports (Enter: as proposed, or your own such as http=5000)", ""
        else:
            question, default = "Name of the first port, or all of it such as http=8080:5000", "http"
        text = _ask(question, lambda text: _port_reason(text, ports, kind, enough=bool(ports or proposed)), default)
        if text.lower() in _NO:
            return tuple(ports) or tuple(one.wish for one in proposed)
        if _is_name(text):
            target = f"Target port of {text}, the number the app listens on"
            text += "=" + _ask(target, lambda number, name=text: _wish_reason(f"{name}={number}", ports, kind))  # type: ignore[misc]
        ports.append(parse_port(text, _PLACE, only=not ports))


def _free_name(ports: Sequence[PortWish]) -> str:
    taken = [wish.name for wish in ports]
    choices = ["http", "metrics", "admin", *(f"port-{number}" for number in range(len(ports) + 1))]
    return next(name for name in choices if name not in taken)


def _is_name(text: str) -> bool:
    return not set("=:/,") & set(text) and not text.isdigit()


def _port_reason(text: str, ports: Sequence[PortWish], kind: str, *, enough: bool) -> str | None:
    if text.lower() in _NO:
        return None if enough else "an app needs at least one port"
    if text.lower() in _YES:
        return f"the port's name, please, such as {_free_name(ports)}"
    if not _is_name(text):
        return _wish_reason(text, ports, kind)
    if reason := names.port_name(text):
        return f"{text!r} {reason}"
    return f"{text} is the name of another port" if text in [other.name for other in ports] else None


def _wish_reason(text: str, ports: Sequence[PortWish], kind: str) -> str | None:
    try:
        wish = parse_port(text, _PLACE, only=not ports)
    except SvcgenError as error:
        return error.message
    return _clash(wish, ports, kind)


def _clash(wish: PortWish, others: Sequence[PortWish], kind: str) -> str | None:
    """Why a port cannot stand beside the others of its app; `spec.parse` has the same rules, in words for flags."""
    if wish.node_port is not None and kind == "ClusterIP":
        return "a ClusterIP Service has no node port"
    for other in others:
        if wish.name == other.name:
            return f"{wish.name} is the name of another port"
        same_service_port = wish.service_port is not None and wish.service_port == other.service_port
        if wish.node_port is not None and wish.node_port == other.node_port and not same_service_port:
            return f"{wish.node_port} is the node port of {other.name} already"
        if wish.protocol != other.protocol:
            continue
        if wish.target_port == other.target_port:
            return f"{wish.target_port} is the target port of {other.name} already"
        if same_service_port:
            return f"{wish.service_port} is the service port of {other.name} already"
    return None


# --- the numbers -----------------------------------------------------------------------------------------------------


def _first_build(app: AppSpec, rebuild: Callable[[AppSpec], Built]) -> Built:
    """The plan of an app; a node port that cannot be had is said and chosen anew, to be changed in the review."""
    asked = [wish for wish in app.ports if wish.node_port is not None]
    try:
        return rebuild(app)
    except AnswerNo as error:
        if not asked:
            raise
        refusal = error
    for wish in asked:
        one = wish._replace(node_port=None)
        app = app._replace(ports=tuple(one if other is wish else other for other in app.ports))
        _say_no(refusal)
        try:
            return rebuild(app)
        except AnswerNo as error:
            refusal = error
    raise refusal
