"""What something else fills in before a manifest is applied: looked for only where rules found something wrong."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from scaffold.kinds import is_one_letter_off
from scaffold.model import Location, NotJudged
from scaffold.names import subdomain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaffold.documents import Document
    from scaffold.model import Finding

# Where placeholders are the app's own business, or free text.
_FREE = frozenset({"annotations", "args", "command", "data", "image", "stringData", "volumes", "volumeMounts"})
# What helm, envsubst, kustomize, sed (`%NAME%`, `__NAME__`), Maven (`@NAME@`) and the plugins of Argo CD
# (`<path:kv/web#host>`, `<secret:host>`) fill in. What only people fill in is refused as it stands.
_STANDS_IN = re.compile(
    r"\{\{|\$[{(]|\$[A-Za-z_][A-Za-z0-9_]*\Z|%[A-Z][A-Z_]{2,}%|__[A-Z][A-Z0-9_]*__|\A\{[A-Za-z_][A-Za-z0-9_.]*\}\Z|\A@[^@]+@\Z"
    # `#{NAME}` in quotes, `NAME|-key: ...-|` of Gen3, an expression of chainsaw, and what programs look for to write
    # something else there
    r"|#\{[A-Za-z_]|\A[A-Z][A-Z0-9_]*\|-|\A\(.*\$.*\)\Z|\AFILLED[ _]BY[ _]|<[A-Z][A-Z0-9_-]*>|<(?:path|secret):[^<>]+>"
)
# The same by bytes: a sign that is found quickly, and where it is there, a closer look.
_SIGNS = tuple(
    (sign, re.compile(pattern))
    for sign, pattern in (
        (b"$", rb"\$[{(A-Za-z_]"),
        (b"{", rb"""(?:["']|#)\{[A-Za-z_]"""),
        (b"@", rb"""["']@"""),
        (b"<", rb"<(?:[A-Z]|path:|secret:)"),
        (b"%", rb"%[A-Z][A-Z_]{2,}%"),
        (b"__", rb"__[A-Z]"),
        (b"-|", rb"[A-Z0-9_]\|-"),
        (b"FILLED", rb"FILLED[ _]BY"),
    )
)
# The templates of ytt are comments for YAML, as is `#{NAME}`; `{name}` of Python's format is a mapping.
_IN_TEXT = (
    (
        b"#@",
        re.compile(rb"(?:^|[ \t])#@(?:[ /]|data/|overlay/|ytt:|schema/|library/)", re.MULTILINE),
        "it holds #@ of ytt",
    ),
    (b"#{", re.compile(rb":[ \t]+#\{[A-Za-z_][A-Za-z0-9_.]*\}"), "it holds #{ }"),
    (b": {", re.compile(rb":[ \t]+\{[A-Za-z_][A-Za-z0-9_.]*\}[ \t]*$", re.MULTILINE), "it holds a name in { }"),
)
_ENDS = tuple(f"{word}.{suffix}" for word in ("template", "tmpl", "tpl") for suffix in ("yaml", "yml", "json"))
_NAMED = re.compile(r"(?:^|[./_-])(?:template|tmpl|tpl)\.[a-z]+$")
_TESTS = re.compile(r"(?:^|[/\\])(?:testdata|tests?|e2e(?:-tests?)?|fixtures?|goldens?|compare|expected)[/\\]")
# where placeholders are the app's business too, a finding that points at this one does not know what will stand there
_BEGINS = re.compile(r"""["']?\$\{""")
_VALUE = "a template: a placeholder stands for a value"
_DEEP = 30


def find(document: Document) -> NotJudged | None:
    """The first placeholder of a document, or that its file and its name are those of a template; else None."""
    text = document.text
    if told := _in_text(text):
        return NotJudged(Location(document.path, document.line + told[0], 1), f"a template: {told[1]}")
    words = document.words
    # what holds {{ is not read line by line
    if words is None or _has_signs(words):
        place = _inside(document.data, ())
        if place is not None:
            return NotJudged(document.location(*place), _VALUE)
    if _is_cut(document):
        return NotJudged(document.location(), "what a test compares with: an object without its owner's uid")
    # a file may be called so that holds none: what is made of templates has names that a server takes
    path = document.path.lower()
    if path.endswith(_ENDS) and _NAMED.search(path) and subdomain(document.ref.name):
        return NotJudged(document.location(), "a template, by the names of the file and the object")
    return None


# thousands of objects may stand in one text
@lru_cache(1)
def _in_text(text: bytes) -> tuple[int, str] | None:
    """The line in which a text shows that it is a template, and by what."""
    # one letter is found ten times as fast as two
    for sign, pattern, what in _IN_TEXT if b"#" in text or b"{" in text else ():
        if sign in text and (found := pattern.search(text)):
            return text.count(b"\n", 0, found.end()) + 1, what
    return None


@lru_cache(1)
def _has_signs(words: bytes) -> bool:
    """Whether there may be a placeholder in a text."""
    return any(sign in words and look.search(words) for sign, look in _SIGNS)


def of(finding: Finding) -> NotJudged | None:
    """That a finding points at a value which begins with `${`; None where it does not."""
    if finding.text is None or not _BEGINS.match(finding.text, finding.location.column - 1):
        return None
    return NotJudged(finding.location, _VALUE)


def _is_cut(document: Document) -> bool:
    """Whether it is an object that a controller made, without the uid of its owner, among the files of tests."""
    metadata = document.data.get("metadata")
    owners = metadata.get("ownerReferences") if isinstance(metadata, dict) else None
    if not isinstance(owners, list):
        return False
    is_cut = any(isinstance(owner, dict) and not owner.get("uid") for owner in owners)
    return is_cut and _TESTS.search(document.path) is not None


@lru_cache(1024)
def _is_free(key: object) -> bool:
    """Whether placeholders are the app's business below a key: one of these names, or one that is meant for it."""
    small = key.lower() if isinstance(key, str) else ""
    names = [name.lower() for name in _FREE]
    return small in names or any(is_one_letter_off(small, name) for name in names)


def _inside(value: Any, path: tuple[str | int, ...]) -> tuple[str | int, ...] | None:  # noqa: ANN401
    """Where a placeholder stands for a name, a label or a number; None where nowhere."""
    if isinstance(value, str):
        return path if _STANDS_IN.search(value) else None
    parts: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict) and len(path) < _DEEP:
        parts = value.items()
    elif isinstance(value, list) and len(path) < _DEEP:
        parts = enumerate(value)
    for key, inner in parts:
        # of a variable all texts but the name are the app's: `vlaue` too
        if _is_free(key) or (path[-2:-1] == ("env",) and key != "name" and isinstance(inner, str)):
            continue
        if isinstance(key, str) and _STANDS_IN.search(key):
            return path
        if (found := _inside(inner, (*path, key))) is not None:
            return found
    return None
