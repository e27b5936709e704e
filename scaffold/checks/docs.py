"""The rules' pages in docs/rules/, made from the docstrings: `python -m scaffold.checks.docs [FOLDER]` writes them."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING, NamedTuple

from scaffold import checks

if TYPE_CHECKING:
    from scaffold.checks import Rule


class Parts(NamedTuple):
    """A rule's docstring, taken apart. `before` is what stood at a commit, for the rule that looks there."""

    title: str
    text: str
    before: str
    fails: str
    passes: str
    mend: str
    source: str


def parts(rule: Rule) -> Parts:
    """The parts of a rule's docstring.

    Raises:
        ValueError: a part is missing; a test demands all of them.
    """
    rest = rule.__doc__ or ""
    found = []
    for mark in ("Fails:\n", "Passes:\n", "Mend: ", "Source: "):
        before, separator, rest = rest.partition(f"\n\n{mark}")
        if not separator:
            raise ValueError(f"{rule.ID} has no {mark.strip()} part")
        found.append(before)
    head, fails, passes, mend = found
    head, _, before = head.partition("\n\nBefore:\n")
    title, _, text = head.partition("\n\n")
    mend, source = " ".join(mend.split()), " ".join(rest.split())
    return Parts(title.strip(), text.strip(), _snippet(before), _snippet(fails), _snippet(passes), mend, source)


def _snippet(text: str) -> str:
    return textwrap.dedent(text.strip("\n"))


def page(rule: Rule) -> str:
    """The rule's page, in Markdown."""
    said = parts(rule)
    before = f"## Before\n\n```yaml\n{said.before}\n```\n\n" if said.before else ""
    return f"""\
# {rule.ID}

{said.title}

{said.text}

{before}## Fails

```yaml
{said.fails}
```

## Passes

```yaml
{said.passes}
```

## Mend

{said.mend[:1].upper()}{said.mend[1:]}

Source: {said.source}
"""


def index() -> str:
    """The list of all rules, in Markdown."""
    rows = "\n".join(f"| [{rule.ID}]({rule.ID}.md) | {parts(rule).title.rstrip('.')} |" for rule in checks.every())
    return f"""\
# The rules of `svcgen check`

Each rule says what will happen: *refused* (the API server does not take it) and *broken* (taken, but traffic cannot
work) are errors, *fragile* (breaks in a common case) is a warning, *advice* an info. `svcgen check --explain RULE`
prints a page.

| rule | finds |
|---|---|
{rows}

## Setting a finding aside

Every way wants a reason, and one that sets nothing aside is told ([unused-suppression](unused-suppression.md)).

| where | how |
|---|---|
| one object | the annotation `svcgen.dev/ignore: "node-port-range: a wider range"`; several with `;` between |
| one line | the comment `# svcgen:ignore node-port-range a wider range` on it or above it |
| folders | `check.ignore` in `.svcgen/config.yaml`, see below |

```yaml
check:
  ignore:
    - {{rule: node-port-range, paths: ["legacy/**"], reason: moved in Q3}}
```
"""


def pages() -> dict[str, str]:
    """File name -> text, of all pages."""
    return {"README.md": index(), **{f"{rule.ID}.md": page(rule) for rule in checks.every()}}


def write(folder: str) -> None:
    """Writes all pages into a folder, and takes away pages of rules that are gone."""
    os.makedirs(folder, exist_ok=True)
    wanted = pages()
    for name in os.listdir(folder):
        if name.endswith(".md") and name not in wanted:
            os.unlink(os.path.join(folder, name))
    for name, text in wanted.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    import sys

    write(sys.argv[1] if len(sys.argv) > 1 else os.path.join("docs", "rules"))
