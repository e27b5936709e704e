"""A schedule or a time zone of a CronJob that does not exist.

Five fields: minute 0-59, hour 0-23, day 1-31, month 1-12 or JAN-DEC, weekday 0-6 or SUN-SAT; or a word such as
`@daily`. A weekday 7, a sixth field for seconds and `TZ=` are refused; the zone is `timeZone`, by its name in the tz
database. A CronJob's name has at most 52 characters, as its Jobs' names have 11 more.

Fails:
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup}
    spec:
      schedule: "0 3 * * 7"
      jobTemplate:
        spec:
          template:
            spec:
              restartPolicy: Never
              containers: [{name: backup, image: "backup:1.4"}]

Passes:
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup}
    spec:
      schedule: "0 3 * * SUN"
      timeZone: Europe/Berlin
      jobTemplate:
        spec:
          template:
            spec:
              restartPolicy: Never
              containers: [{name: backup, image: "backup:1.4"}]

Mend: write five fields, in quotes; Sunday is 0.

Source: pkg/apis/batch/validation/validation.go, validateCronJobSpec; github.com/robfig/cron/v3, ParseStandard.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from scaffold.shapes import as_dict, finding, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding

ID = "cron-schedule"

_MONTHS = {text: number for number, text in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}  # noqa: SIM905
_DAYS = {text: number for number, text in enumerate("sun mon tue wed thu fri sat".split())}  # noqa: SIM905
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_WORDS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_DURATION = r"[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)"

_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_MOST = 2**63


def check(document: Document, facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The schedule, the zone, and the name."""
    spec = spec_of(document)
    schedule, zone = spec.get("schedule"), spec.get("timeZone")
    path = ("spec", "schedule")
    if schedule in (None, ""):
        hint = 'such as schedule: "0 3 * * *"'
        yield finding(document, path, "the CronJob has no schedule", effect="refused", hint=hint)
    elif isinstance(schedule, str) and (reason := _wrong(schedule)):
        hint = "five fields, such as 0 3 * * *: minute, hour, day, month, weekday"
        if "TZ" in schedule:
            hint = "write timeZone: Europe/Berlin, or whichever it is"
        yield finding(document, path, f"schedule {schedule!r} {reason}", effect="refused", hint=hint)
    if isinstance(zone, str) and (reason := _no_zone(zone)):
        hint = "write a name of the tz database such as Europe/Berlin, or drop the line"
        yield finding(document, ("spec", "timeZone"), f"timeZone {zone!r} {reason}", effect="refused", hint=hint)
    name = as_dict(document.data.get("metadata")).get("name")
    if isinstance(name, str) and len(name) > 52:
        message = f"name of a CronJob has {len(name)} characters, 52 are allowed"
        hint = "shorten it: the Jobs' names have 11 more"
        yield finding(document, ("metadata", "name"), message, effect="refused", hint=hint)


@lru_cache(100)
def _wrong(schedule: str) -> str | None:
    if "TZ" in schedule:
        return "names a time zone, which has a field of its own"
    if schedule.startswith("@"):
        every = schedule.removeprefix("@every ")
        good = schedule in _WORDS or (every != schedule and re.fullmatch(_DURATION, every))
        if good and every != schedule and _too_long(every):
            return "names a duration of more than 292 years"
        return None if good else f"is none of {', '.join(sorted(_WORDS))} and @every"
    fields = schedule.split()
    if len(fields) != 5:
        return f"has {len(fields)} fields, 5 are needed"
    for text, field in zip(fields, _FIELDS, strict=True):
        for part in text.split(","):
            if part and (reason := _part(part, *field[1:])):
                return f"{reason} ({field[0]})"
    return None


def _too_long(duration: str) -> bool:
    """Whether its nanoseconds do not fit 64 bits, as Go adds them up."""
    total, most = 0, _MOST - (not duration.startswith("-"))
    for whole, fraction, unit in re.findall(r"([0-9]*)\.?([0-9]*)([a-zµμ]+)", duration):
        # 19 digits of any unit are too many, or nearly so
        if len(whole.lstrip("0")) > 19:
            return True
        digits = fraction[:18] or "0"
        total += int(whole.lstrip("0") or "0") * _UNITS[unit] + int(int(digits) * (_UNITS[unit] / 10 ** len(digits)))
    return total > most


def _part(part: str, low: int, high: int, names: dict[str, int]) -> str | None:
    """What is wrong with one part of a field: a number, a range, either with a step."""
    span, *steps = part.split("/")
    ends = span.split("-")
    every = ends[0] in ("*", "?")
    numbers = [low, high] if every else [_number(end, names) for end in ends]
    step = _number(steps[0], {}) if steps else 1
    if len(steps) > 1 or len(numbers) > 2:
        return f"has {part}, with one sign too many"
    if None in numbers or step is None:
        return f"has {part}, which is no number"
    first, last = numbers[0] or 0, numbers[-1] or 0
    if steps and len(ends) == 1:
        last = high
    if not step or first > last:
        return f"has {part}, {'a step of 0' if not step else 'whose end is before its start'}"
    return f"has {part}, outside {low} to {high}" if first < low or last > high else None


def _number(text: str, names: dict[str, int]) -> int | None:
    found = names.get(text.lower())
    if found is not None:
        return found
    digits = text.removeprefix("+") if text.startswith("+") else text.removeprefix("-")
    # -0 is 0; every other negative number is refused
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18 or (text[0] == "-" and int(digits)):
        return None
    return int(digits)


@lru_cache(100)
def _no_zone(zone: str) -> str | None:
    if not zone:
        return "is empty"
    if zone.lower() == "local":
        return "is nowhere: a CronJob has no local time"
    if not re.fullmatch(r"[A-Za-z0-9._+/-]+", zone) or any(part in (".", "..") for part in zone.split("/")):
        return "is no name of a zone"
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return "is unknown to the tz database" if _has_database() else None
    return None


@lru_cache(1)
def _has_database() -> bool:
    """A machine without any cannot tell."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo("Europe/Berlin")
    except (ZoneInfoNotFoundError, OSError):
        return False
    return True
