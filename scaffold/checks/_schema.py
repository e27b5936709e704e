"""Holds an object against the types of its fields, once for all rules that ask.

Source: k8s.io/api for the types; encoding/json as sigs.k8s.io/json has it, strict, for what decodes into them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.checks._concerns import Bits
from scaffold.checks._plain import PLAIN, TESTS, TYPED
from scaffold.names import BLANKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.shapes import Path

_APPS = dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), "apps/v1")
_CORE = dict.fromkeys(("Service", "Pod", "ReplicationController"), "v1")
_BATCH = dict.fromkeys(("Job", "CronJob"), "batch/v1")
_BESIDE = dict.fromkeys(("Ingress", "NetworkPolicy"), "networking.k8s.io/v1")
# The kinds that stand in one version only.
API = {**_CORE, **_APPS, **_BATCH, **_BESIDE}
_SCALERS = {"autoscaling/v1": "v1.HorizontalPodAutoscaler", "autoscaling/v2": "v2.HorizontalPodAutoscaler"}
# A time of RFC 3339, as far as Go insists on it.
_TIME = (
    r"(\d{4})-(\d\d)-(\d\d)T(?:[01]?\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.,]\d+)?"
    r"(?:Z|[-+](?:[01]\d|2[0-4]):(?:[0-5]\d|60))"
)
# Sign, digits before and behind the point, sign and digits of an exponent, suffix. Digits may be missing altogether:
# `Ki` is 0, as is `.`; but not before `Pi`, `Ei` and exponents below -9.
QUANTITY = (
    r"(?![+-]?\.?(?:[PE]i|[eE]-0*[1-9][0-9]))([+-]?)([0-9]*)\.?([0-9]*)"
    r"(?:[eE]([+-]?)(?=[0-9])0*([0-9]*)|([numkMGTPE]|[KMGTPE]i)?)"
)


class Unknown(NamedTuple):
    """A field that the object's type does not have, at the versions that brought and took it (0 for none)."""

    path: Path
    type: str
    since: int = 0
    until: int = 0


class Wrong(NamedTuple):
    """A value that does not decode, and the word for the type that it should have."""

    path: Path
    wanted: str
    value: Any


class Problems(NamedTuple):
    """What one walk found."""

    unknown: tuple[Unknown, ...] = ()
    wrong: tuple[Wrong, ...] = ()


_NONE = Problems()
# Of what does not decode. As bits it is all of them, and stays it whatever is added.
UNFIT = -1
_Look = Callable[[Any], int]


def type_of(document: Document) -> str | None:
    """The type of a document's object, if its fields are known."""
    kind, api = document.kind, document.api_version
    if API.get(kind) == api:
        return kind
    return _SCALERS.get(api) if kind == "HorizontalPodAutoscaler" else None


def problems(document: Document, facts: Facts) -> Problems:
    """Everything in a document that its type does not have, or that does not decode."""
    return _problems(document, facts.kube_version)


# of as many as are judged rule by rule
@lru_cache(64)
def _problems(document: Document, kube_version: str) -> Problems:
    name, data = type_of(document), document.data
    exact = name is not None
    if name is None and (name := _near_type(document)) is None:
        return _NONE
    schema = _schema(kube_version)
    if schema.ready(name)(data) != UNFIT:
        return _NONE
    unknown: list[Unknown] = []
    wrong: list[Wrong] = []
    schema.explain(data, name, (), unknown, wrong)
    return Problems(tuple(unknown) if exact else (), tuple(wrong))


def concerns(document: Document, facts: Facts) -> int:
    """Which rules have to look at a document, as bits of `concerned`; all, where its fields are not known or odd."""
    name = type_of(document)
    if name is None:
        return UNFIT
    found = _schema(facts.kube_version).ready(name)(document.data)
    if len(document.items) > 1:
        found |= concerned("nested-list")
    # what is read line by line holds each key once
    return found if document.simple else found | concerned("duplicate-key")


def concerned(rule: str) -> int:
    """The bit of a rule; 0 for one that looks at every object of its kinds."""
    return _bits().of_rule.get(rule, 0)


def _near_type(document: Document) -> str | None:
    """A type whose fields are of the same types where they have the same names: an older API, OpenShift's own."""
    if document.kind == "DeploymentConfig":
        return "ReplicationController"
    return document.kind if document.kind in API and document.kind not in _BESIDE else None


def decodes(value: object, wanted: str) -> bool:
    """Whether a value that is not null decodes into a type that is neither list nor map nor object."""
    return _SCALARS[wanted](value)


class _Schema:
    """The types as one version of Kubernetes has them, each made ready when it is first met.

    A type is ready as a function: value -> the rules that it concerns, as bits; UNFIT where it does not decode.
    """

    def __init__(self, minor: int) -> None:
        self._minor = minor
        self._made: dict[str, _Look] = {}

    def ready(self, word: str) -> _Look:
        """What looks at values of this type."""
        made = self._made.get(word)
        if made is None:
            made = self._made[word] = self._prepared(word)
        return made

    def _prepared(self, word: str) -> _Look:
        if word[0] == "[":
            return _list_of(self.ready(word[1:-1]), PLAIN.get(word[1:-1]))
        if word[0] == "{":
            return _texts if word == "{string}" else _map_of(self.ready(word[1:-1]))
        if word in _SCALARS:
            return _scalar(word)
        plain, look = PLAIN.get(word), self._object(word)
        return (lambda value: 0 if plain(value) else look(value)) if plain else look

    def _object(self, name: str) -> _Look:
        known: dict[str, _Look | type] = {}
        lacking = tuple(_bits().missing.get(name, {}).items())
        whole = _tests(_bits().whole.get(name, {}))

        def look(value: Any) -> int:  # noqa: ANN401
            if type(value) is not dict:
                return 0 if value is None else UNFIT
            if not known:
                known.update(self._fields(name))
            found = 0
            for key, inner in value.items():
                wanted = known.get(key)
                if wanted is str:
                    if type(inner) is not str and inner is not None:
                        return UNFIT
                elif wanted is None:
                    return UNFIT
                else:
                    found |= wanted(inner)
            for field, bits in lacking:
                if value.get(field) is None:
                    found |= bits
            return found if not whole or found < 0 else found | whole(value)

        return look

    def _fields(self, name: str) -> dict[str, _Look | type]:
        concerned, made = _bits().fields.get(name, {}), dict[str, _Look | type]()
        for field, (word, since, until) in fields(name).items():
            if since <= self._minor and not (until and until < self._minor):
                tests = concerned.get(field, {})
                if word == "string":
                    made[field] = _text(tests) if tests else str
                else:
                    made[field] = _tested(self.ready(word), tests)
        # an object without any field is known too
        return made or {"": str}

    def explain(self, value: Any, word: str, path: Path, unknown: list[Unknown], wrong: list[Wrong]) -> None:  # noqa: ANN401
        """The slow walk: what does not fit, and where."""
        if value is None:
            return
        if word in _SCALARS:
            if not decodes(value, word):
                wrong.append(Wrong(path, word, value))
            return
        parts = _parts(value, word)
        if parts is None:
            wrong.append(Wrong(path, word, value))
            return
        known = {} if word[0] in "[{" else fields(word)
        for key, inner in parts:
            inside, since, until = known.get(key, ("", 0, 0)) if word[0] not in "[{" else (word[1:-1], 0, 0)
            if inside and since <= self._minor and not (until and until < self._minor):
                self.explain(inner, inside, (*path, key), unknown, wrong)
            elif not str(key).startswith("$"):
                unknown.append(Unknown((*path, key), word, since, until))


def _parts(value: object, word: str) -> Iterable[tuple[Any, Any]] | None:
    """The keys and values of a list, a map or an object; None for what is none."""
    if word[0] == "[":
        return enumerate(value) if isinstance(value, list) else None
    return value.items() if isinstance(value, dict) else None


def _tests(wanted: Mapping[str, int]) -> _Look | None:
    """All tests of one value, as one."""
    made = [(TESTS.get(name), bits) for name, bits in wanted.items()]
    if len(made) == 1:
        only, concerned = made[0]
        return (lambda value: 0 if only(value) else concerned) if only else lambda value: concerned  # noqa: ARG005

    def look(value: Any) -> int:  # noqa: ANN401
        found = 0
        for test, bits in made:
            if test is None or not test(value):
                found |= bits
        return found

    return look if made else None


def _tested(look: _Look, wanted: Mapping[str, int]) -> _Look:
    """The same, and tests of what decodes; null passes none of them."""
    tests, every = _tests(wanted), _bits().all
    if tests is None:
        return look
    (name, bits), *others = wanted.items()
    if name in TYPED and not others:
        test = TESTS[name]
        return lambda value: 0 if test(value) else every if value is None else look(value) | bits

    def tested(value: Any) -> int:  # noqa: ANN401
        if value is None:
            return every
        found = look(value)
        return found if found < 0 else found | tests(value)

    return tested


def _text(wanted: Mapping[str, int]) -> _Look:
    """`_tested` for a text, of which there are most."""
    every = _bits().all
    if len(wanted) > 1 or "" in wanted:
        return _tested(_scalar("string"), wanted)
    ((name, bits),) = wanted.items()
    test = TESTS[name]
    return lambda text: (0 if test(text) else bits) if type(text) is str else UNFIT if text is not None else every


def _scalar(word: str) -> _Look:
    fits, plain = _SCALARS[word], _CLASSES.get(word)

    def look(value: Any) -> int:  # noqa: ANN401
        return 0 if type(value) is plain or value is None or fits(value) else UNFIT

    return look


def _list_of(inner: _Look, plain: Callable[[Any], bool] | None) -> _Look:
    """A list of what `inner` looks at, but for what is `plain`."""
    every = _bits().all

    def look(value: Any) -> int:  # noqa: ANN401
        if type(value) is not list:
            return 0 if value is None else UNFIT
        found = 0
        for one in value:
            if plain and plain(one):
                continue
            # an entry that is null counts as an empty one, which has a rule of its own
            found |= every if one is None else inner(one)
        return found

    return look


def _texts(value: Any) -> int:  # noqa: ANN401
    """A map of texts, of which there are most."""
    if type(value) is not dict:
        return 0 if value is None else UNFIT
    for one in value.values():
        if type(one) is not str and one is not None:
            return UNFIT
    return 0


def _map_of(inner: _Look) -> _Look:
    def look(value: Any) -> int:  # noqa: ANN401
        if type(value) is not dict:
            return 0 if value is None else UNFIT
        found = 0
        for one in value.values():
            found |= inner(one)
        return found

    return look


@lru_cache(1)
def _bits() -> Bits:
    return Bits()


_CLASSES = {"string": str, "bool": bool, "int-or-string": str}


def _whole(bits: int) -> Callable[[Any], bool]:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1)

    def fits(value: Any) -> bool:  # noqa: ANN401
        if type(value) is float and value.is_integer():
            # kubectl writes 80.0 as 80, and of more than 17 digits the rest as zeros
            from decimal import Decimal

            value = int(Decimal(repr(value)))
        return type(value) is int and low <= value < high

    return fits


_int32, _int64 = _whole(32), _whole(64)


def _quantity(value: object) -> bool:
    if isinstance(value, str):
        return _quantity_text(value)
    return isinstance(value, int | float) and not isinstance(value, bool)


@lru_cache(4096)
def _quantity_text(value: str) -> bool:
    # a tab or a line end is two characters in JSON
    text = value.strip(BLANKS)
    return bool(text) and re.fullmatch(QUANTITY, text) is not None


def _time(value: object) -> bool:
    from datetime import date

    found = re.fullmatch(_TIME, value, re.ASCII) if isinstance(value, str) else None
    try:
        # Go has a year 0, which was a leap year
        return found is not None and bool(date(int(found[1]) or 4, int(found[2]), int(found[3])))
    except ValueError:
        return False


_SCALARS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "int32": _int32,
    "int64": _int64,
    "int-or-string": lambda value: isinstance(value, str) or _int32(value),
    "quantity": _quantity,
    "time": _time,
    "any": lambda value: True,  # noqa: ARG005
}


@lru_cache(None)
def _schema(kube_version: str) -> _Schema:
    return _Schema(_minors(kube_version)[1])


def _minors(kube_version: str) -> tuple[int, int]:
    """The minor version that is asked for, and the nearest one that is known; the newest where none is asked for."""
    from scaffold.checks._fields import NEWEST, OLDEST

    asked = re.match(r"v?[0-9]+\.([0-9]+)", kube_version)
    minor = int(asked[1]) if asked else NEWEST
    return minor, min(max(minor, OLDEST), NEWEST)


def note_on(kube_version: str) -> str:
    """What somebody should know whose API server is of a version that is not known; empty where it is known."""
    minor, nearest = _minors(kube_version)
    if minor == nearest:
        return ""
    age = "newer" if minor > nearest else "older"
    return f"note: Kubernetes 1.{minor} is {age} than what svcgen knows; fields are judged as 1.{nearest} has them"


@lru_cache(1)
def _often() -> dict[str, str]:
    from scaffold.checks._fields import TYPES

    return _lines(TYPES)


@lru_cache(1)
def _rare() -> dict[str, str]:
    from scaffold.checks._status_fields import TYPES

    return _lines(TYPES)


def _lines(table: str) -> dict[str, str]:
    return {name: rest for name, _, rest in (line.partition(":") for line in table.replace("\n  ", " ").splitlines())}


def is_object(word: str) -> bool:
    """Whether a word for a type is that of an object, which has fields."""
    return word[0] not in "[{" and word not in _SCALARS


@lru_cache(None)
def fields(type_name: str) -> dict[str, tuple[str, int, int]]:
    """Field -> the word for its type, and the minor versions that brought it and that had it last, or 0."""
    written = _often().get(type_name)
    found = {}
    for item in (_rare()[type_name] if written is None else written).split():
        left, _, dates = item.partition("@")
        name, _, word = left.partition("=")
        since, _, until = dates.partition("-")
        found[name] = (word or "string", int(since or 0), int(until or 0))
    return found
