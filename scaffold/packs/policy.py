"""What a pack's policy allows: locked values are filled in, the rest is refused in the platform team's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.errors import SvcgenError
from scaffold.model import SERVICE_TYPES, Limit, Location
from scaffold.packs.questions import as_text
from scaffold.packs.rules import FIELDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from scaffold.model import AppSpec
    from scaffold.packs.model import Pack, Rule


class Violation(NamedTuple):
    """What breaks a rule: where it was asked for, what is wrong, and what to do."""

    rule: Rule
    location: Location
    what: str
    hint: str


def hold(app: AppSpec, pack: Pack, *, is_whole: bool = True) -> AppSpec:
    """The app with every locked field filled in.

    Args:
        app: what was asked for; a field that nobody asked for (`app.asked`) is filled in without a word.
        pack: the pack whose policy, and whose parents' policies, hold.
        is_whole: whether nothing more will be asked; else only what was asked for is judged.

    Raises:
        SvcgenError: the policy does not allow the app; every violation with the pack, its text and the place.
    """
    filled = app._replace(**locked_fields(pack))
    found = [one for rule in pack.policy for one in (*_locked(app, rule), *_violations(filled, rule))]
    if not is_whole:
        found = [one for one in found if _FIELD.get(one.rule.kind, "image") in app.asked or one.rule.kind == "locked"]
    if found:
        first, *others = found
        also = "".join(f"\n{one.location}: {_said(one)}" for one in others)
        raise SvcgenError(_said(first) + also, first.location, first.hint)
    return filled


# what a rule judges, as far as it is one field
_FIELD = {"required_labels": "", "allowed_registries": "image", "forbidden_types": "type"}


def locked_fields(pack: Pack) -> dict[str, Any]:
    """The fields of the app that the policy decides."""
    return {
        field: value
        for rule in pack.policy
        if rule.kind == "locked"
        for field, value in rule.value.items()
        if field in FIELDS
    }


def limits(pack: Pack) -> tuple[Limit, ...]:
    """The node ports that the policy allows."""
    return tuple(
        Limit(rule.value[0], rule.value[1], f"pack {rule.pack!r}: {rule.text}", rule.location)
        for rule in pack.policy
        if rule.kind == "node_ports"
    )


def missing_labels(labels: Collection[str], policy: Sequence[Rule]) -> list[tuple[str, Rule]]:
    """The labels that a policy requires and that are not there, each once, with its rule."""
    found: dict[str, Rule] = {}
    for rule in policy:
        for label in rule.value if rule.kind == "required_labels" else ():
            if label not in labels:
                found.setdefault(label, rule)
    return list(found.items())


def image_reason(image: str, policy: Sequence[Rule]) -> str | None:
    """Why an image is not allowed, or None."""
    for rule in policy:
        if rule.kind == "allowed_registries" and not any(_lies_in(image, one) for one in rule.value):
            return f"is not of {' or '.join(rule.value)}; pack {rule.pack!r}: {rule.text}"
    return None


def allowed_types(policy: Sequence[Rule]) -> list[str]:
    """The types of Service that a policy leaves."""
    forbidden = {kind for rule in policy if rule.kind == "forbidden_types" for kind in rule.value}
    return [kind for kind in SERVICE_TYPES if kind not in forbidden]


def _said(violation: Violation) -> str:
    return f"pack {violation.rule.pack!r}: {violation.rule.text}; {violation.what}"


def _locked(app: AppSpec, rule: Rule) -> Iterator[Violation]:
    for field, value in rule.value.items() if rule.kind == "locked" else ():
        if field in FIELDS and field in app.asked and getattr(app, field) != value:
            what = f"{field} is {as_text(value)}, not {as_text(getattr(app, field))}"
            hint = f"leave {field} out (the rule is at {rule.location})"
            above = "metadata" if field == "namespace" else "spec"
            yield Violation(rule, app.place(f"--{field}", above, field), what, hint)


def _violations(app: AppSpec, rule: Rule) -> Iterator[Violation]:
    if rule.kind == "required_labels":
        for label, _ in missing_labels(app.labels, (rule,)):
            place = app.place("--label", "metadata", "labels")
            yield Violation(rule, place, f"{app.name} has no label {label}", f"add -l {label}=VALUE")
    elif rule.kind == "allowed_registries" and not any(_lies_in(app.image, one) for one in rule.value):
        hint = f"take an image of {' or '.join(rule.value)}"
        yield Violation(rule, app.place("--image", "spec", "image"), f"{app.image} is from elsewhere", hint)
    elif rule.kind == "forbidden_types" and app.type in rule.value:
        left = " or ".join(f"--type {kind}" for kind in SERVICE_TYPES if kind not in rule.value)
        place = app.place("--type", "spec", "type")
        yield Violation(rule, place, f"{app.name} would be of type {app.type}", f"add {left}")


def _lies_in(image: str, registry: str) -> bool:
    """Whether an image is from a registry, or a namespace in it: `ghcr.io/acme` holds `ghcr.io/acme/team/web:1`."""
    path, wanted = _image(image), _registry(registry)
    return path[: len(wanted)] == wanted


def _image(image: str) -> list[str]:
    """The registry and the path of an image: what names no registry is docker.io's, a single word its library's.

    Source: ParseDockerRef and splitDockerDomain of distribution/reference.
    """
    first, *rest = image.partition("@")[0].split("/")
    if not rest or not _is_host(first):
        first, rest = "docker.io", [first, *rest]
    rest[-1] = rest[-1].partition(":")[0]
    host = _host(first)
    return [host, *(["library"] if host == "docker.io" and len(rest) == 1 else []), *rest]


def _registry(registry: str) -> list[str]:
    first, *rest = registry.rstrip("/").split("/")
    return [_host(first), *rest] if _is_host(first) else ["docker.io", first, *rest]


def _is_host(word: str) -> bool:
    return "." in word or ":" in word or word == "localhost"


def _host(word: str) -> str:
    return "docker.io" if word.lower() == "index.docker.io" else word.lower()
