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
from scaffold.grammar import format_port, parse_port
from scaffold.model import AppSpec, Location, PortPlan, PortWish
from scaffold.spec import parse

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
    known = {key: value for key, value in given.items() if value or key not in ("name", "image", "ports")}
    parse({"name": "x", "image": "x", "ports": (PortWish("x", 1),), **known})
    found = proposals.look(folder)
    _say("Enter takes what is in [brackets]. Nothing is written before the last yes.")
    if not known.get("name"):
        known["name"] = _ask_text("Name", found.name, names.service_name)
    if not known.get("image"):
        example = "" if found.image else " (such as ghcr.io/acme/web:1.4.2)"
        known["image"] = _ask_text(f"Image{example}", found.image, names.image)
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

    return _ask("Write these files? (yes or no)", check, "yes").lower() in _YES


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
            question, default = "First port: its name, or all of it (http=8080:5000)", "http"
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
    except AnswerNo:
        if not asked:
            raise
    app = app._replace(ports=tuple(wish._replace(node_port=None) for wish in app.ports))
    built = rebuild(app)
    for wish in asked:
        try:
            built = rebuild(_with(app, wish.name, "node_port", wish.node_port))
            app = built.plan.app
        except AnswerNo as error:
            _say_no(error)
    return built


def _with(app: AppSpec, name: str, field: str, number: int | None) -> AppSpec:
    ports = tuple(wish._replace(**{field: number}) if wish.name == name else wish for wish in app.ports)  # type: ignore[arg-type]
    return app._replace(ports=ports)


def _ask_number(built: Built, name: str, field: str, words: str, rebuild: Callable[[AppSpec], Built]) -> Built:
    """One number of one port, asked until it can be had; Enter keeps it, and no other number moves."""
    app = built.plan.spec
    wish = next(wish for wish in app.ports if wish.name == name)
    others = [other for other in app.ports if other.name != name]
    current = getattr(wish, field)

    def check(text: str) -> str | None:
        if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
            return f"{text!r} is not a number from 1 to 65535"
        changed: Any = {field: int(text)}
        return _clash(wish._replace(**changed), others, app.type)

    while True:
        number = int(_ask(f"{words} of {name}", check, str(current)))
        if number == current:
            return built
        try:
            changed = rebuild(_with(app, name, field, number))
        except AnswerNo as error:
            _say_no(error)
        else:
            return changed._replace(plan=_with_reasons(changed.plan, built.plan))


def _with_reasons(plan: PortPlan, before: PortPlan) -> PortPlan:
    """The plan, where a number that stayed the same keeps the reason why it was chosen."""
    kept = []
    for new, old in zip(plan.assignments, before.assignments, strict=True):
        if new.node_port == old.node_port:
            new = new._replace(node_reason=old.node_reason)
        if new.service_port == old.service_port:
            new = new._replace(service_reason=old.service_reason)
        kept.append(new)
    return plan._replace(assignments=tuple(kept))


def _table(plan: PortPlan) -> str:
    rows = [("port", "node port", "service port", "target port")]
    reasons = []
    for one in plan.assignments:
        protocol = "" if one.wish.protocol == "TCP" else f"/{one.wish.protocol}"
        rows.append(
            (one.wish.name, str(one.node_port or "-"), str(one.service_port), f"{one.wish.target_port}{protocol}")
        )
        why = f"{one.wish.name}: node port {one.node_reason}; service port {one.service_reason}"
        reasons.append(_indented(why))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([*lines, *reasons])


def _routes(plan: PortPlan) -> str:
    from scaffold import drawing, route

    return drawing.draw(route.of_plan(plan), unicode=drawing.can_draw(sys.stderr))


# --- the terminal ----------------------------------------------------------------------------------------------------


def _ask(question: str, check: Check, default: str = "") -> str:
    """One question, asked until its answer passes the check, which gives None or the reason.

    Raises:
        Interrupted: Ctrl-C, or the input ended.
    """
    suffix = f" [{default}]" if default else ""
    if len(question + suffix) > _WIDTH - 5:
        suffix = " [as proposed]"
    read = _read_plainly if _is_plain() else _read_with_questionary
    while True:
        try:
            answer = read(f"{question}{suffix}:").strip() or default
        except (KeyboardInterrupt, EOFError):
            raise Interrupted("interrupted, nothing was written") from None
        reason = check(answer)
        if reason is None:
            return answer
        _say(_indented(reason))


def _is_plain() -> bool:
    term = os.environ.get("TERM", "")
    if os.environ.get("NO_COLOR") or term in ("", "dumb", "unknown"):
        return True
    try:
        import curses

        curses.setupterm(term, sys.stderr.fileno())
    except Exception:  # no curses here, or no entry for a terminal newer than the database
        return False
    return not curses.tigetstr("cup")


def _read_with_questionary(prompt: str) -> str:
    import questionary
    from prompt_toolkit.output import create_output

    output: Any = create_output(sys.stderr)
    # one line needs no answer from the terminal about where its cursor is, and a late answer would be read as typed
    output.enable_cpr = False
    return str(questionary.text(prompt, output=output).unsafe_ask())


def _read_plainly(prompt: str) -> str:
    sys.stderr.write(f"? {prompt} ")
    sys.stderr.flush()
    try:
        line = sys.stdin.buffer.readline()
    except KeyboardInterrupt:
        _say("")
        raise
    if not line.endswith(b"\n"):
        _say("")
        raise EOFError
    return line.decode("utf-8", "replace")


def _say(text: str) -> None:
    """A line or more on stderr, without characters of other people's files that would move the cursor."""
    safe = (one if one.isprintable() or one in "\n\t" else repr(one)[1:-1] for one in text)
    print("".join(safe), file=sys.stderr)


def _say_no(error: AnswerNo) -> None:
    for line in [*error.message.splitlines(), *([f"hint: {error.hint}"] if error.hint else [])]:
        _say(_indented(line))


def _indented(text: str) -> str:
    # places such as k8s/my-app.yaml:14 stay in one piece, to be copied
    return textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
