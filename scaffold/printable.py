"""Other people's text - names, paths, lines of manifests - without what would move a terminal's cursor."""

from __future__ import annotations


def printable(text: str, kept: str = "") -> str:
    r"""The text with every character that cannot be printed as its escape, such as `\x1b`, but for those in `kept`."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in kept else repr(one)[1:-1] for one in text)
