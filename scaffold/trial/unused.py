"""Questions of a pack that nothing looks at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scaffold.packs.model import Expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.packs.model import Pack, Question

_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
# `answers` without one of its names behind it: all of them may be looked at
_WHOLE = re.compile(r"""\banswers\b(?!\s*(?:\.\s*(?!(?:items|keys|values|get)\b)[A-Za-z_]|\[\s*["']))""")


def unused(pack: Pack) -> list[Question]:
    """The questions that no template and no expression of a pack, or of a pack that it extends, looks at."""
    texts = [_COMMENT.sub("", text) for one in pack.chain for text in one.texts.values()]
    texts += _expressions(pack)
    if any(map(_WHOLE.search, texts)):
        return []
    return [
        question
        for question in pack.questions
        if question.name != pack.environments and not any(map(_use_of(question.name).search, texts))
    ]


def _use_of(name: str) -> re.Pattern[str]:
    return re.compile(rf"""\banswers\s*(?:\.\s*{name}\b|\[\s*["']{name}["']\s*\])""")


def _expressions(pack: Pack) -> Iterator[str]:
    for file in pack.files:
        if file.when:
            yield file.when.text
    for question in pack.questions:
        for one in (question.when, question.check, question.default):
            if isinstance(one, Expression):
                yield one.text
