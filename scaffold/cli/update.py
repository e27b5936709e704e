"""The flags of `svcgen update`."""

# No `from __future__ import annotations` here: Typer would evaluate every annotation again from its text.
from typing import Annotated

import typer

from scaffold.cli.options import Color, command_line, one_of, variable

app = command_line()


@app.command()
def update(  # noqa: PLR0913, PLR0917 - every flag is a parameter for Typer
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Saved apps, NAME or NAMESPACE/NAME. [all]")
    ] = None,
    # no variable for these two: what is set for svcgen new must not move every saved app
    template: Annotated[
        str | None,
        typer.Option("-t", "--template", metavar="PACK", help="Move to another pack."),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("-l", "--label", metavar="K=V", help="A label more; repeatable."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", envvar=variable("SET"), metavar="K=V", help="Answers a question of the pack; repeatable."
        ),
    ] = None,
    conflict: Annotated[
        str | None,
        typer.Option(
            "--conflict",
            envvar=variable("CONFLICT"),
            metavar="markers|ours|theirs",
            help="How places end that both sides changed. [nothing is written]",
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when something would change.")] = False,
    diff: Annotated[
        bool, typer.Option("--diff", envvar=variable("DIFF"), help="Show the difference, write nothing.")
    ] = False,
    dry_run: Annotated[
        str,
        typer.Option("--dry-run", envvar=variable("DRY_RUN"), metavar="[none|client]", help="Say what would be done."),
    ] = "none",
    trust: Annotated[
        bool, typer.Option("--trust", envvar=variable("TRUST"), help="Take a pack from a branch, which moves.")
    ] = False,
    color: Color = "auto",
) -> None:
    """Renders saved apps again - a new version of the pack, a changed App spec - and keeps what was edited by hand.

    \b
    Examples:
      svcgen update                        every app in .svcgen/apps
      svcgen update web shop/api
      svcgen update --check                for CI: exit 1 when something would change
      svcgen update --diff
      svcgen update -t acme --set team=shop
      svcgen update --conflict markers     both sides of a conflict into the files, as git does

    \b
    What svcgen wrote, what is on disk and what it would write now are merged. Where a hand edit and the pack change
    the same place nothing at all is written, until --conflict says how it ends. Numbers never move. To change an app,
    edit .svcgen/apps/NAME.yaml (image, replicas, a port more) and run this.
    """  # noqa: D301 - \b keeps Typer from joining the lines of the examples
    from scaffold.commands import update as command

    one_of("--conflict", conflict, ("markers", "ours", "theirs"))
    one_of("--color", color, ("auto", "always", "never"))
    one_of("--dry-run", dry_run, ("none", "client"))
    flags = command.Flags(
        names=tuple(names or ()),
        template=template,
        labels=tuple(label or ()),
        settings=tuple(settings or ()),
        conflict=conflict,  # type: ignore[arg-type]
        diff=diff,
        check=check,
        dry_run=dry_run != "none",
        trust=trust,
        color=color,
    )
    raise typer.Exit(command.run(flags))
