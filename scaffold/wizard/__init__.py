"""The wizard of `svcgen new`: asks for what is missing, shows the numbers, and asks before anything is written.

Everything goes to stderr, because stdout carries results. A line is read by questionary, or plainly where the terminal
cannot move its cursor or wants no escape sequences; all else is the same for both.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from scaffold import names, proposals, views
from scaffold.errors import AnswerNo, SvcgenError
from scaffold.grammar import format_port, parse_port
from scaffold.model import AppSpec, Location, PortPlan, PortWish
from scaffold.packs.policy import allowed_types, hold, image_reason
from scaffold.packs.questions import refuse_unasked
from scaffold.spec import parse
from scaffold.wizard import questions
from scaffold.wizard.terminal import NO, YES, ask, indented, say, say_no

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    from scaffold.build import Built
    from scaffold.packs.model import Pack, Question
    from scaffold.render import Renderer
    from scaffold.wizard.terminal import Check

_PLACE = Location("--port")
_FIELDS = (("service_port", "Service port"), ("target_port", "Target port"))


def complete(given: Mapping[str, Any], folder: str, pack: Pack) -> dict[str, Any]:
    """Asks for the name, the image, the ports and the labels that the pack requires, as far as they are not given.

    Args:
        given: answers as `spec.parse` takes them.
        folder: where to look for something to propose.
        pack: whose policy says what will do.

    Returns:
        The answers, with nothing missing that an app needs.

    Raises:
        SvcgenError: what is given breaks a rule; said before the first question.
        Interrupted: Ctrl-C, or the input ended.
    """
    known = {key: value for key, value in given.items() if value or key not in ("name", "image", "ports")}
    so_far = parse({"name": "x", "image": "x", "ports": (PortWish("x", 1),), **known})
    hold(so_far, pack, is_whole=False)
    refuse_unasked(pack, so_far.answers, so_far.place)
    found = proposals.look(folder)
    say("Enter takes what is in [brackets]. Nothing is written before the last yes.")
    if not known.get("name"):
        known["name"] = _ask_text("Name", found.name, names.service_name)
    if not known.get("image"):
        example = "" if found.image else " (such as ghcr.io/acme/web:1.4.2)"
        known["image"] = _ask_text(
            f"Image{example}", found.image, lambda text: names.image(text) or image_reason(text, pack.policy)
        )
    if so_far.type not in allowed_types(pack.policy) and "type" not in known:
        known["type"] = _ask_type(allowed_types(pack.policy))
    if not known.get("ports"):
        known["ports"] = _ask_ports(found.ports, str(known.get("type")))
    labels = questions.labels(known.get("labels") or {}, pack)
    return {**known, "labels": labels} if labels else known


def answer(app: AppSpec, renderer: Renderer, plan: Callable[[AppSpec], PortPlan]) -> AppSpec:
    """Asks what the pack of an app wants to know.

    Args:
        app: a valid spec.
        renderer: of its pack.
        plan: plans a spec; raises AnswerNo for a number that cannot be had.

    Raises:
        SvcgenError: a given answer is wrong.
        AnswerNo: nothing is free.
        Interrupted: Ctrl-C, or the input ended.
    """
    try:
        planned = plan(app)
    except AnswerNo:
        # said in the review, where it can be changed
        planned = plan(_without_node_ports(app))
    return app._replace(answers=questions.answer(planned, renderer))


def review(app: AppSpec, rebuild: Callable[[AppSpec], Built], renderer: Renderer) -> Built:
    """Shows the numbers, the route and the answers, and lets each be changed.

    Args:
        app: a valid spec.
        rebuild: plans and renders a spec; raises AnswerNo for a number that cannot be had.
        renderer: of its pack.

    Returns:
        What the person agreed to, with every number filled in.

    Raises:
        AnswerNo: nothing is free.
        Interrupted: Ctrl-C, or the input ended.
    """
    built = _first_build(app, rebuild)
    while True:
        plan = built.plan
        say(f"\n{_table(plan)}\n{_routes(plan)}")
        found = questions.changeable(renderer.pack, built.answers, views.context(plan), renderer)
        if found:
            say(questions.summary(found, built.answers))
        name = _ask_what_to_change([wish.name for wish in plan.app.ports], [question.name for question in found])
        if name in [wish.name for wish in plan.app.ports]:
            built = _ask_numbers(built, name, rebuild)
        elif name in [question.name for question in found]:
            question = next(question for question in found if question.name == name)
            built = _ask_answer(built, question, rebuild, renderer)
        else:
            filled = tuple(one._replace(wish=one.filled) for one in plan.assignments)
            return built._replace(plan=PortPlan(plan.spec, filled))


def confirm(text: str) -> bool:
    """Shows what would be written and asks whether to; without a difference there is nothing to ask.

    Raises:
        Interrupted: Ctrl-C, or the input ended.
    """
    if not text:
        return True
    say(text)

    def check(answer: str) -> str | None:
        return None if answer.lower() in (*YES, *NO) else "yes or no, please"

    return ask("Write these files? (yes or no)", check, "yes").lower() in YES


# --- what is missing -------------------------------------------------------------------------------------------------


def _ask_text(question: str, proposed: proposals.Text | None, rule: Check) -> str:
    def check(text: str) -> str | None:
        reason = rule(text) if text else "must not be empty"
        return f"{text!r} {reason}" if reason else None

    if proposed:
        say(f"{proposed.source} - proposed: {proposed.value}")
    return ask(question, check, proposed.value if proposed else "")


def _ask_type(allowed: Sequence[str]) -> str:
    def check(text: str) -> str | None:
        return None if text in allowed else f"{text!r} is none of {', '.join(allowed)}"

    return ask(f"Type ({' or '.join(allowed)})", check, allowed[0])


def _ask_ports(proposed: Sequence[proposals.Port], kind: str) -> tuple[PortWish, ...]:
    """Ports until an empty name or a no: each a name and then its target port, or all at once as `-p` takes it."""
    for one in proposed:
        say(f"{one.source} - proposed: {format_port(one.wish)}")
    ports: list[PortWish] = []
    while True:
        if ports:
            question, default = f"Another port? (Enter: no, or its name such as {_free_name(ports)})", ""
        elif proposed:
            question, default = "Ports (Enter: as proposed, or your own such as http=5000)", ""
        else:
            question, default = "First port: its name, or all of it (http=8080:5000)", "http"
        text = ask(question, lambda text: _port_reason(text, ports, kind, enough=bool(ports or proposed)), default)
        if text.lower() in NO:
            return tuple(ports) or tuple(one.wish for one in proposed)
        if _is_name(text):
            target = f"Target port of {text}, the number the app listens on"
            text += "=" + ask(target, lambda number, name=text: _wish_reason(f"{name}={number}", ports, kind))  # type: ignore[misc]
        ports.append(parse_port(text, _PLACE, only=not ports))


def _free_name(ports: Sequence[PortWish]) -> str:
    taken = [wish.name for wish in ports]
    choices = ["http", "metrics", "admin", *(f"port-{number}" for number in range(len(ports) + 1))]
    return next(name for name in choices if name not in taken)


def _is_name(text: str) -> bool:
    return not set("=:/,") & set(text) and not text.isdigit()


def _port_reason(text: str, ports: Sequence[PortWish], kind: str, *, enough: bool) -> str | None:
    if text.lower() in NO:
        return None if enough else "an app needs at least one port"
    if text.lower() in YES:
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
        shared = {(None, wish.node_port), *wish.node_ports} & {(None, other.node_port), *other.node_ports}
        for environment, number in () if same_service_port else sorted(shared - {(None, None)}, key=str):
            within = f" in {environment}" if environment else ""
            return f"{number} is the node port of {other.name}{within} already"
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
    asked = [
        (wish.name, environment, number)
        for wish in app.ports
        for environment, number in ((None, wish.node_port), *wish.node_ports)
        if number is not None
    ]
    try:
        return rebuild(app)
    except AnswerNo:
        if not asked:
            raise
    app = _without_node_ports(app)
    built = rebuild(app)
    for name, environment, number in asked:
        try:
            built = rebuild(_with(app, name, "node_port", number, environment))
            app = built.plan.app
        except AnswerNo as error:
            say_no(error)
    return built


def _without_node_ports(app: AppSpec) -> AppSpec:
    return app._replace(ports=tuple(wish._replace(node_port=None, node_ports=()) for wish in app.ports))


def _ask_what_to_change(ports: Sequence[str], answers: Sequence[str]) -> str:
    """A port's name, an answer's, or neither. A port wins where both have one name."""

    def check(text: str) -> str | None:
        if text in ports or text in answers or text.lower() in NO:
            return None
        also = f", and none of the answers: {', '.join(answers)}" if answers else ""
        return f"{text!r} is none of its ports: {', '.join(ports)}{also}"

    return ask(f"Change a port? (Enter: no, or its name{', or that of an answer' if answers else ''})", check)


def _ask_answer(built: Built, question: Question, rebuild: Callable[[AppSpec], Built], renderer: Renderer) -> Built:
    """One answer, asked anew; what is asked no longer because of it is dropped, what is asked now is asked."""
    plan = built.plan
    seen = {**views.context(plan), "answers": built.answers}
    value = questions.one(question, built.answers[question.name], seen, renderer)
    if value == built.answers[question.name]:
        return built
    now = {**seen, "answers": {**built.answers, question.name: value}}
    applies = {one.name for one in renderer.pack.questions if one.when is None or renderer.engine.value(one.when, now)}
    given = {name: one for name, one in plan.app.answers.items() if name in applies}
    app = plan.spec._replace(answers={**given, question.name: value})
    try:
        app = app._replace(answers=questions.answer(plan._replace(app=app), renderer, only_needed=True))
        changed = rebuild(_in_environments(app, renderer.environments(app)))
    except SvcgenError as error:
        say_no(error)
        return built
    return changed._replace(plan=_with_reasons(changed.plan, plan))


def _in_environments(app: AppSpec, names: Container[str]) -> AppSpec:
    """The app without node ports in environments that it goes to no longer."""
    kept = [tuple(pair for pair in wish.node_ports if pair[0] in names) for wish in app.ports]
    return app._replace(ports=tuple(wish._replace(node_ports=own) for wish, own in zip(app.ports, kept, strict=True)))


def _with(app: AppSpec, name: str, field: str, number: int, environment: str | None = None) -> AppSpec:
    ports = (_changed(wish, field, number, environment) if wish.name == name else wish for wish in app.ports)
    return app._replace(ports=tuple(ports))


def _changed(wish: PortWish, field: str, number: int, environment: str | None) -> PortWish:
    if environment is None:
        changed: Any = {field: number}
        return wish._replace(**changed)
    return wish._replace(node_ports=tuple({**dict(wish.node_ports), environment: number}.items()))


def _ask_numbers(built: Built, name: str, rebuild: Callable[[AppSpec], Built]) -> Built:
    """Every number of one port, outside to inside."""
    plan = built.plan
    for environment in (plan.environments or (None,)) if plan.app.type != "ClusterIP" else ():
        words = f"Node port in {environment}" if environment else "Node port"
        built = _ask_number(built, name, "node_port", words, rebuild, environment)
    for field, words in _FIELDS:
        built = _ask_number(built, name, field, words, rebuild)
    return built


def _ask_number(
    built: Built,
    name: str,
    field: str,
    words: str,
    rebuild: Callable[[AppSpec], Built],
    environment: str | None = None,
) -> Built:
    """One number of one port, asked until it can be had; Enter keeps it, and no other number moves."""
    app = built.plan.spec
    wish = next(wish for wish in app.ports if wish.name == name)
    others = [other for other in app.ports if other.name != name]
    current = wish.node_port_in(environment) if environment else getattr(wish, field)

    def check(text: str) -> str | None:
        if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
            return f"{text!r} is not a number from 1 to 65535"
        return _clash(_changed(wish, field, int(text), environment), others, app.type)

    while True:
        number = int(ask(f"{words} of {name}", check, str(current)))
        if number == current:
            return built
        try:
            changed = rebuild(_with(app, name, field, number, environment))
        except AnswerNo as error:
            say_no(error)
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
        before_in = {(there.environment, there.node_port): there for there in old.environments}
        same = (before_in.get((there.environment, there.node_port), there) for there in new.environments)
        new = new._replace(environments=tuple(same))
        kept.append(new)
    return plan._replace(assignments=tuple(kept))


def _table(plan: PortPlan) -> str:
    rows = [
        ("port", *(f"node port {name}".rstrip() for name in plan.environments or ("",)), "service port", "target port")
    ]
    reasons = []
    for one in plan.assignments:
        protocol = "" if one.wish.protocol == "TCP" else f"/{one.wish.protocol}"
        node_ports = [there.node_port for there in one.environments] or [one.node_port]
        numbers = (*(str(number or "-") for number in node_ports), str(one.service_port))
        rows.append((one.wish.name, *numbers, f"{one.wish.target_port}{protocol}"))
        node_reasons = [f"{there.reason} in {there.environment}" for there in one.environments] or [one.node_reason]
        why = f"{one.wish.name}: node port {', '.join(node_reasons)}; service port {one.service_reason}"
        reasons.append(indented(why))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([*lines, *reasons])


def _routes(plan: PortPlan) -> str:
    from scaffold import drawing, route

    unicode = drawing.can_draw(sys.stderr)
    if plan.app.type == "ClusterIP" or not plan.environments:
        return drawing.draw(route.of_plan(plan), unicode=unicode)
    drawn = ((name, drawing.draw(route.of_plan(plan.within(name)), unicode=unicode)) for name in plan.environments)
    return "".join(f"{name}:\n{text}" for name, text in drawn)
