r"""Kubernetes' grammars for names and values. Every function answers None (fine) or the reason (one clause).

Sources: k8s.io/apimachinery pkg/util/validation/validation.go; distribution/reference for images.
All patterns are matched whole: `$` would let a line end through.
"""

from __future__ import annotations

import re
from functools import lru_cache

# manifests say the same few words over and over
_remembered = lru_cache(4096)

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
# what Go trims: a few less than Python
_BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DOMAIN_PART = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_PATH_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:(?:{_DOMAIN_PART}(?:\.{_DOMAIN_PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/)?"
    rf"{_PATH_PART}(?:/{_PATH_PART})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?"
    r"(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?"
)


@_remembered
def label(text: str) -> str | None:
    """RFC 1123 label: namespaces, containers, Service ports, Services from Kubernetes 1.36."""
    return _label(text, _LABEL, "start and end with a letter or digit")


def service_name(text: str) -> str | None:
    """RFC 1035 label: Services up to Kubernetes 1.35, and so what svcgen accepts for a new one."""
    return _label(text, _LABEL_1035, "start with a letter and end with a letter or digit")


def _label(text: str, pattern: re.Pattern[str], ends: str) -> str | None:
    if len(text) > 63:
        return f"has {len(text)} characters, 63 are allowed"
    if "." in text:
        return "must not contain dots"
    if not pattern.fullmatch(text):
        return f"must hold only a-z, 0-9 and '-', and {ends}"
    return None


@_remembered
def port_name(text: str) -> str | None:
    """The container port's rule, which is the stricter one (IsValidPortName); a named targetPort obeys it too."""
    if len(text) > 15:
        return f"has {len(text)} characters, 15 are allowed"
    if not re.fullmatch(r"[-a-z0-9]+", text):
        return "must hold only a-z, 0-9 and '-'"
    if not re.search(r"[a-z]", text):
        return "must hold at least one letter"
    if "--" in text:
        return "must not hold '--'"
    if text[0] == "-" or text[-1] == "-":
        return "must not start or end with '-'"
    return None


def subdomain(text: str) -> str | None:
    """RFC 1123 subdomain: Deployments and most other objects."""
    if len(text) > 253:
        return f"has {len(text)} characters, 253 are allowed"
    if not _SUBDOMAIN.fullmatch(text):
        return "must hold only a-z, 0-9, '-' and '.', and start and end with a letter or digit"
    return None


# What Go calls a blank inside a line, and anywhere. Python's own list also has \x1c to \x1f.
BLANKS = f" \x85\xa0\u1680{''.join(map(chr, range(0x2000, 0x200B)))}\u202f\u205f\u3000"
_BLANKS = f"\t\n\v\f\r\u2028\u2029{BLANKS}"


def trimmed(text: str) -> str:
    """A text without the blanks around it, as the API server takes them away."""
    return text.strip(_BLANKS)


def small(text: str) -> str:
    """A text in lower case as Go has it, where a capital I with a dot becomes an i."""
    return text.replace("\u0130", "i").lower()


def masked(prefix: str) -> str:
    """The start of a name as the API server judges it: a hyphen may end it, and takes the character before it along."""
    return prefix[:-2] + "a" if len(prefix) > 1 and prefix[-1] == "-" and prefix.isascii() else prefix


@_remembered
def label_key(text: str) -> str | None:
    """`[prefix/]name`: keys of labels, selectors and annotations, and appProtocol."""
    prefix, slash, name = text.rpartition("/")
    if slash and (not prefix or "/" in prefix or subdomain(prefix)):
        return f"has a prefix {prefix!r} that is no DNS name"
    if not name or len(name) > 63:
        return f"needs 1 to 63 characters{' after the /' if slash else ''}, it has {len(name)}"
    if not _QUALIFIED.fullmatch(name):
        return "must hold only letters, digits, '-', '_' and '.', and start and end with a letter or digit"
    return None


@_remembered
def annotation_key(text: str) -> str | None:
    """As a label key, but the case of the prefix does not matter."""
    return label_key(small(text))


@_remembered
def label_value(text: str) -> str | None:
    """At most 63 characters, or empty."""
    if len(text) > 63:
        return f"has {len(text)} characters, 63 are allowed"
    if text and not _QUALIFIED.fullmatch(text):
        return "must hold only letters, digits, '-', '_' and '.', and start and end with a letter or digit"
    return None


def env_name(text: str) -> str | None:
    """What every Kubernetes version and every shell takes."""
    return None if _ENV.fullmatch(text) else "must hold only letters, digits and '_', and not start with a digit"


@_remembered
def image(text: str) -> str | None:
    """The container image grammar, which the API server leaves to the kubelet (InvalidImageName)."""
    if not text:
        return "must not be empty"
    if _IMAGE.fullmatch(text):
        return None
    if text != text.strip() or " " in text:
        return "must not hold blanks"
    if _IMAGE.fullmatch(text.lower()):
        return "must be in lower case before the tag"
    return "is no image reference such as ghcr.io/acme/web:1.4.2"


def is_slip(one: str, other: str) -> bool:
    """Whether a name looks like another one mistyped: a hyphen, the case, two letters in another order, one too many.

    One letter exchanged is another name (`app-b`), and so is one digit more.
    """
    if one == other:
        return False
    if one.replace("-", "").lower() == other.replace("-", "").lower():
        return True
    short, long = sorted((one, other), key=len)
    if len(long) == len(short):
        return len(short) > 2 and sorted(one) == sorted(other) and one.isascii() and not any(map(str.isdigit, one))
    if len(short) < 4 or len(long) > len(short) + 1:
        return False
    return short in {long[:at] + long[at + 1 :] for at, letter in enumerate(long) if letter.isalpha()}


def nearest(word: str, choices: list[str]) -> str | None:
    """The choice that was probably meant, or None. Loads difflib, so call it only on the way to an error."""
    from difflib import get_close_matches

    lowered = {choice.lower(): choice for choice in reversed(choices)}
    found = get_close_matches(word.lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def app_armor_profile(text: str) -> str | None:
    """A profile of AppArmor on the node, by its name."""
    if not text or text != text.strip(_BLANKS):
        return "has blanks around it" if text else "must not be empty"
    size = len(text.encode(errors="surrogatepass"))
    return None if size <= 4095 else f"has {size} bytes, 4095 are allowed"
