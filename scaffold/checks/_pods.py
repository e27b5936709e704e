"""What the rules on Pods share: a list of what they find, and the grammars that more than one field obeys.

Source: pkg/apis/core/validation/validation.go; apimachinery pkg/apis/meta/v1/validation and pkg/api/resource.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold import names
from scaffold.checks._schema import QUANTITY
from scaffold.names import label_key
from scaffold.shapes import Path, as_number, dig, field_name, finding, pod_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from scaffold.documents import Document
    from scaffold.model import Effect, Finding

_CONFIG_KEY = r"[-._a-zA-Z0-9]+"
_TENS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_TWOS = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_SCALE, _DIGITS = 60, 30
ONE = 10**_SCALE
# what the API server makes of more, of amounts in Ki and the like
_LARGEST = (2**63 - 1) * ONE


_recent: list[dict[str, Any]] = [{}, {}]


class _Said(NamedTuple):
    path: Path
    message: str
    hint: str
    field: str
    effect: Effect


class Report:
    """What a rule finds in one Pod; each method asks one question of one field and remembers a wrong answer.

    Paths are relative to the Pod's spec. A value of a wrong type is passed over: the type rule speaks of it.
    """

    def __init__(self, claims: int = 0, before: Callable[[int], bool] = lambda _: False) -> None:
        """Starts with nothing. `claims`: a StatefulSet's own, which the API server counts before the volumes.

        `before` says whether the API server is older than that minor version.
        """
        self._said: list[_Said] = []
        self._claims = claims
        self.before = before

    def add(
        self, path: Path, message: str, hint: str = "", *, field: Path | str = (), effect: Effect = "refused"
    ) -> None:
        """One finding; `field` where the API server names it otherwise: a path, or text after the Pod's (`.` is it)."""
        if self._claims and path[:1] == ("volumes",) and not isinstance(field, str):
            field = field or path
            field = ("volumes", int(field[1]) + self._claims, *field[2:])
        text = field if isinstance(field, str) else field_name(field)
        self._said.append(_Said(path, message, hint, text, effect))

    def __bool__(self) -> bool:
        """Whether anything was found."""
        return bool(self._said)

    def findings(self, document: Document) -> Iterator[Finding]:
        """Everything that was added."""
        if not self._said:
            return
        base = pod_path(document)
        for path, message, hint, field, effect in self._said:
            name = f"{field_name(base)}.{field}".rstrip(".") if field else ""
            yield finding(document, (*base, *path), message, effect=effect, hint=hint, field=name)

    def word(
        self,
        data: Mapping[str, Any],
        path: Path,
        key: str,
        words: Iterable[str],
        *,
        what: str = "",
        required: bool = False,
        empty: bool = True,
        field: Path = (),
    ) -> None:
        """One of some words. `required`: it must be there; `empty`: the empty text is the default."""
        value = data.get(key)
        if isinstance(value, str) and value in words:
            return
        choices = [one for one in words if one]
        what = what or key
        if value is None or value == "":
            if required or (value == "" and not empty):
                hint = f"one of {', '.join(choices)}"
                self.add((*path, key), f"{what} is {'missing' if value is None else 'empty'}", hint, field=field)
        elif isinstance(value, str):
            near = names.nearest(value, choices)
            hint = f"did you mean {near}?" if near else f"one of {', '.join(choices)}"
            self.add((*path, key), f"{value!r} is no {what}", hint, field=field)

    def whole(
        self, data: Mapping[str, Any], path: Path, key: str, low: int, high: int = 2**63, *, missing: bool = False
    ) -> None:
        """A whole number between two; with `missing` none at all counts as 0."""
        value = data.get(key)
        number = 0 if value is None and missing else as_number(value)
        if number is not None and not low <= number <= high:
            hint = f"write {low} to {high}" if high < 2**62 else f"write {low} or more"
            self.add((*path, key), f"{key} is missing" if value is None else f"{key} {number} is out of range", hint)

    def mode(self, data: Mapping[str, Any], path: Path, key: str, field: Path = ()) -> None:
        """The permissions of a file."""
        number = as_number(data.get(key))
        if number is not None and not 0 <= number <= 0o777:
            message = f"{key} {number} is no mode of a file, which are 0 to 0777 (decimal 511)"
            self.add((*path, key), message, "write it as 0644 without quotes, or 420 in JSON", field=field)

    def required(self, data: Mapping[str, Any], path: Path, key: str, *, field: Path = ()) -> bool:
        """A text or a list that is there and not empty; whether it is."""
        value = data.get(key)
        if value is None or value in ("", []):
            owner = next((part for part in reversed(path) if isinstance(part, str)), "the entry")
            self.add((*path, key), f"{owner} has no {key}", f"write {key}: for it", field=field)
            return False
        return True

    def named(
        self,
        data: Mapping[str, Any],
        path: Path,
        key: str,
        rule: Callable[[str], str | None],
        *,
        required: bool = False,
        empty: bool = True,
        field: Path = (),
    ) -> None:
        """A text that obeys a rule. `empty`: the empty text counts as none."""
        value = data.get(key)
        if value is None or value == "":
            if required or (value == "" and not empty):
                self.add((*path, key), f"{key} is {'missing' if value is None else 'empty'}", field=field)
        elif isinstance(value, str) and (reason := rule(value)):
            self.add((*path, key), f"{key} {value!r} {reason}", field=field)

    def labels(self, data: object, path: Path, *, field: Path = ()) -> None:
        """A map of labels."""
        if not isinstance(data, dict):
            return
        for key, value in data.items():
            if reason := label_key(key):
                hint = "write it as name or as prefix/name"
                self.add((*path, key), f"label key {key!r} {reason}", hint, field=field or path)
            elif isinstance(value, str) and (reason := names.label_value(value)):
                self.add((*path, key), f"label {key}: {value!r} {reason}", "write a label's value", field=field or path)

    def selector(self, data: object, path: Path) -> None:
        """A label selector: matchLabels and matchExpressions."""
        if not isinstance(data, dict):
            return
        self.labels(data.get("matchLabels"), (*path, "matchLabels"))
        self.expressions(data.get("matchExpressions"), (*path, "matchExpressions"))

    def expressions(self, written: object, path: Path) -> None:
        """The matchExpressions of a selector.

        Source: k8s.io/apimachinery/pkg/apis/meta/v1/validation, ValidateLabelSelectorRequirement.
        """
        for where, entry in entries(written, path):
            self.requirement(entry, where, ("In", "NotIn", "Exists", "DoesNotExist"))

    def requirement(
        self, entry: Mapping[str, Any], path: Path, operators: tuple[str, ...], *, values_checked: bool = True
    ) -> None:
        """One expression of a selector: a key, an operator, and the values that it wants."""
        operator, values = entry.get("operator"), entry.get("values")
        self.word(entry, path, "operator", operators, required=True)
        count = len(values) if isinstance(values, list) else 0 if values is None else -1
        where = (*path, "values")
        if operator in ("In", "NotIn") and count == 0:
            self.add(where, f"{operator} needs values", "write at least one under values")
        elif operator in ("Exists", "DoesNotExist") and count > 0:
            self.add(where, f"{operator} takes no values", "drop the values")
        elif operator in ("Gt", "Lt") and operator in operators and count not in (1, -1):
            self.add(where, f"{operator} takes exactly one value", "write one number under values")
        key = "" if entry.get("key") is None else entry.get("key")
        if isinstance(key, str) and (reason := label_key(key)):
            said = f"key {key!r} {reason}" if key else "key is missing"
            self.add((*path, "key"), said, "write the key of a label: name or prefix/name")
        for index, value in texts(values) if values_checked else ():
            if reason := names.label_value(value):
                self.add((*where, index), f"{value!r} {reason}", "write a label's value")


class OfObject(Report):
    """The same of other objects and fields: paths count from the object, not from its Pods."""

    def findings(self, document: Document) -> Iterator[Finding]:
        """Everything that was added."""
        for path, message, hint, field, effect in self._said:
            yield finding(document, path, message, effect=effect, hint=hint, field=field or field_name(path))


def wrong_expressions(document: Document, selector: Mapping[str, Any]) -> list[Finding]:
    """What the API server refuses of the matchExpressions of an object's `spec.selector`."""
    report = OfObject()
    report.expressions(selector.get("matchExpressions"), ("spec", "selector", "matchExpressions"))
    return list(report.findings(document))


def pod_of(document: Document) -> dict[str, Any]:
    """The Pod's spec, or an empty mapping."""
    data = document.data
    # a dozen rules ask about one document after the other
    if _recent[0] is not data:
        found = dig(data, pod_path(document))
        _recent[:] = [data, found if isinstance(found, dict) else {}]
    return _recent[1]


def entries(value: object, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every entry of a list of objects; null is an empty one, and a wrong type is the type rule's."""
    if not isinstance(value, list):
        return
    for index, entry in enumerate(value):
        if entry is None:
            yield (*path, index), {}
        elif isinstance(entry, dict):
            yield (*path, index), entry


def texts(value: object) -> Iterator[tuple[int, str]]:
    """Every text of a list, with its number; null is the empty text."""
    for index, text in enumerate(value if isinstance(value, list) else ()):
        if text is None or isinstance(text, str):
            yield index, text or ""


def containers(pod: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every container, of all three lists."""
    for field in ("containers", "initContainers", "ephemeralContainers"):
        if field in pod:
            yield from entries(pod[field], (field,))


def backsteps(path: str) -> str | None:
    """Why a path may not be: `..` in it."""
    return "must not contain '..'" if ".." in path and ".." in path.split("/") else None


def descending(path: str) -> str | None:
    """A path inside something: relative, and without `..`."""
    return "must be a relative path" if path[:1] == "/" else backsteps(path)


def local(path: str) -> str | None:
    """A path of a file that Kubernetes writes: nothing of it may start with `..`."""
    return descending(path) or ("must not start with '..'" if path[:2] == ".." else None)


def config_key(key: str) -> str | None:
    """A key of a ConfigMap or a Secret."""
    if len(key) > 253:
        return f"has {len(key)} characters, 253 are allowed"
    if not re.fullmatch(_CONFIG_KEY, key):
        return "must hold only letters, digits, '-', '_' and '.'"
    return "must not be '.' or start with '..'" if key == "." or key[:2] == ".." else None


def address(text: str, *, strict: bool) -> str | None:
    """An IP address; since Kubernetes 1.36 without leading zeros, and no IPv4 address written as IPv6."""
    import ipaddress

    plain = text if strict else ".".join(part.lstrip("0") or part[:1] for part in text.split("."))
    try:
        found = ipaddress.ip_address(plain)
    except ValueError:
        return "is no IP address"
    if "%" in text:
        return "is no IP address"
    mapped = strict and isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped
    return "is an IPv4 address written as IPv6" if mapped else None


def amount(value: Any) -> tuple[bool, int | None]:  # noqa: ANN401
    """Whether it is a quantity, and how much in units of 1/ONE; None where it is too large to say."""
    if value is None:
        return True, 0
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False, None
    return _amount(value if isinstance(value, str) else repr(value))


@lru_cache(4000)
def _amount(text: str) -> tuple[bool, int | None]:
    text = text.strip(names.BLANKS)
    found = re.fullmatch(QUANTITY, text)
    # odd, but no digits at all are 0 to the API server
    if not found or not text:
        return False, None
    sign, whole, part, down, exponent, suffix = found.groups("")
    digits = (whole + part).lstrip("0")
    if not digits:
        return True, 0
    power = int(exponent or 0) if len(exponent) < 5 else 10**5
    power = (-power if down == "-" else power) + _TENS.get(suffix, 0)
    high = power + len(digits) - len(part)
    if power > _DIGITS or high > 2 * _DIGITS:
        # nothing is below it
        return True, None if sign != "-" else -(10 ** (_SCALE + 2 * _DIGITS))
    much = _units(digits, _SCALE + power - len(part)) << _TWOS.get(suffix, 0)
    if suffix in _TWOS:
        much = min(much, _LARGEST)
    return True, -much if sign == "-" else much


def _units(digits: str, shift: int) -> int:
    """Digits moved to the left, or to the right: what is left over counts as one, as the API server rounds."""
    if shift >= 0:
        return int(digits + "0" * shift)
    return int(digits[:shift] or 0) + bool(digits[shift:].strip("0"))
