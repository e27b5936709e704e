"""A file cut into its documents, and told apart what nobody seeks and what is a template: before anything is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scaffold.kinds import CHECKED, is_meant, lacks_kind, missed

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANK = b" \t\r\n"
_TEMPLATED_LINE = rb"^([ ]*(?:- +)?(?:[A-Za-z0-9_./-]+: +)?)\{\{"
# what begins a text of several lines; a pipe inside {{ }} is none
_TEXT_HEADER = rb"[|>][-+0-9]*[ \t]*(?:#.*)?\r?$"
# comments at most, then a line such as `%YAML 1.2`
_DIRECTIVE = rb"(?:\xef\xbb\xbf)?(?:[ \t]*+(?:#[^\n]*+)?\r?\n)*+%"


def split(data: bytes, wanted: re.Pattern[bytes]) -> list[tuple[int, int, bytes]]:
    """Cuts out the documents that `wanted` finds: [(lines before, bytes before, bytes)].

    `---` at column 0 ends a YAML document inside any scalar, and kubectl cuts there too, so one broken document
    does not hide the next. Where everything is wanted that rules look at, so is what does not say its kind.
    """
    out: list[tuple[int, int, bytes]] = []
    line = counted = 0
    for start, end in _spans(data, wanted):
        line += data.count(b"\n", counted, start)
        counted = start
        out.append((line, start, data[start:end]))
    return out


def _spans(data: bytes, wanted: re.Pattern[bytes]) -> Iterator[tuple[int, int]]:
    """Where these documents begin and end, and what lies between them and says no kind though it should."""
    position, sought, size = 0, 0, len(data)
    while match := wanted.search(data, sought):
        if match.lastindex and not is_meant(match):
            sought = match.end()
            continue
        start = data.rfind(b"\n---", position, match.start()) if position < match.start() else -1
        while start >= 0 and start + 4 < size and data[start + 4] not in _BLANK:
            start = data.rfind(b"\n---", position, start)
        start = start + 1 if start >= 0 else position
        end = data.find(b"\n---", match.end())
        while end >= 0 and end + 4 < size and data[end + 4] not in _BLANK:
            end = data.find(b"\n---", end + 4)
        end = end + 1 if end >= 0 else size
        if start > position and wanted is CHECKED and lacks_kind(data, position, start):
            yield position, start
        yield start, end
        position = sought = end
        if end >= size:
            return
    if position < size and wanted is CHECKED and lacks_kind(data, position, size):
        yield position, size


def is_another(chunk: bytes, wanted: re.Pattern[bytes]) -> bool:
    """Whether the only `kind:` at the start of a line names something else: a wanted word stood in some text then."""
    start = 0 if chunk.startswith(b"kind:") else chunk.find(b"\nkind:") + 1
    if start == 0 and chunk[:5] != b"kind:":
        return False
    end = chunk.find(b"\n", start)
    line = (chunk[start:end] if end >= 0 else chunk[start:]).rstrip()
    found = wanted.search(line)
    # a List may hold anything
    if (found and is_meant(found)) or line.endswith(b"List") or line[5:6] != b" " or not line[6:].isalnum():
        return False
    return chunk.find(b"\nkind:", start) < 0


def is_missed(chunk: bytes, wanted: re.Pattern[bytes]) -> bool:
    """Whether a document that cannot be read is more than a Namespace, which nobody misses."""
    if wanted is not CHECKED or (missed().search(chunk) and not is_another(chunk, missed())):
        return True
    # `kind Deployment`: what cannot be read may be the line that says the kind; a chart's Chart.yaml has no metadata
    return b"{{" not in chunk and b"\nmetadata:" in chunk and lacks_kind(chunk, 0, len(chunk))


def template_place(chunk: bytes) -> tuple[int, int] | None:
    """Lines and columns before a `{{` that stands where a value or a key does; None where it may be text in a block."""
    if b"{{" not in chunk or re.search(_TEXT_HEADER, chunk, re.MULTILINE):
        return None
    match = re.search(_TEMPLATED_LINE, chunk, re.MULTILINE)
    return (chunk.count(b"\n", 0, match.start()), len(match[1])) if match else None


def directed_lines(data: bytes) -> tuple[int, int] | None:
    """The lines before a directive at the start of a file, and those before the document that it belongs to."""
    found = re.match(_DIRECTIVE, data) if b"%" in data else None
    if not found:
        return None
    start = data.find(b"\n---", found.end()) + 1 or len(data)
    return data.count(b"\n", 0, found.end()), data.count(b"\n", 0, start)
