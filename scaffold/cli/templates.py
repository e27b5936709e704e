"""The flags of `svcgen templates`."""

# No `from __future__ import annotations` here: Typer would evaluate every annotation again from its text.
from typing import Annotated

import typer

from scaffold.cli.options import Color, command_line, one_of, variable

app = command_line(
    """Shows, copies and checks template packs: what svcgen new renders its files from.

    \b
    Examples:
      svcgen templates list                          every pack, where it comes from, what it hides
      svcgen templates show default                  its questions, blocks, policy, and what a template sees
      svcgen templates eject default service.yaml.j2 one template to change, all else stays inherited
      svcgen templates eject default --name acme     a copy of the whole pack under a name of your own
      svcgen templates check acme                    tries it out with hundreds of apps
      svcgen new web --image nginx:1.27 -p http=80 -t acme --set team=shop
    """
)

Pack = Annotated[str | None, typer.Argument(metavar="[PACK]", help="A name, a path, or git+URL@REF#FOLDER. [default]")]
Trust = Annotated[
    bool, typer.Option("--trust", envvar=variable("TRUST"), help="Take a pack from a branch, which moves.")
]


@app.command("list")
def list_(
    output: Annotated[
        str, typer.Option("-o", "--output", envvar=variable("TEMPLATES_OUTPUT"), metavar="table|json", help="The form.")
    ] = "table",
) -> None:
    """Lists every pack: its files, where it comes from, what it hides, and whether an original has changed.

    \b
    Examples:
      svcgen templates list
      svcgen templates list -o json

    \b
    Where a name is looked up, the first that has it wins:
      .svcgen/templates/NAME          the project's own
      ~/.config/svcgen/templates/NAME the user's
      installed Python packages       entry point group svcgen.templates
      built in
    """  # noqa: D301 - \b keeps Typer from joining the lines of the examples
    from scaffold.commands import templates as command

    one_of("--output", output, ("table", "json"))
    raise typer.Exit(command.list_packs(output))


@app.command()
def show(
    pack: Pack = None,
    output: Annotated[
        str, typer.Option("-o", "--output", envvar=variable("TEMPLATES_OUTPUT"), metavar="text|json", help="The form.")
    ] = "text",
    trust: Trust = False,
) -> None:
    """Shows what a pack asks, what it allows, its blocks, and everything that a template sees.

    \b
    Examples:
      svcgen templates show
      svcgen templates show ./packs/acme
      svcgen templates show git+https://example.com/acme/packs@v1.2#web -o json
    """  # noqa: D301 - \b keeps Typer from joining the lines of the examples
    from scaffold.commands import templates as command

    one_of("--output", output, ("text", "json"))
    raise typer.Exit(command.show(pack, output, trust=trust))


@app.command()
def eject(
    pack: Pack = None,
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="One template, or the file that it makes. [all of them]")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What the copy is called. [as PACK]")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    trust: Trust = False,
) -> None:
    """Copies a pack, or one template of it, into .svcgen/templates of the project, to be changed.

    With a FILE the copy is a pack that extends the original and holds that file alone: all else stays inherited.

    \b
    Examples:
      svcgen templates eject
      svcgen templates eject default deployment.yaml.j2
      svcgen templates eject default service.yaml --name acme
    """  # noqa: D301 - \b keeps Typer from joining the lines of the examples
    from scaffold.commands import templates as command

    raise typer.Exit(command.eject(pack, file, name, force=force, trust=trust))


@app.command()
def check(
    names: Annotated[
        list[str], typer.Argument(metavar="PACK...", help="Names, paths, or git+URL@REF#FOLDER.", show_default=False)
    ],
    update: Annotated[
        bool, typer.Option("--update", help="Write the expected outputs of the pack's examples, and show what changes.")
    ] = False,
    output: Annotated[
        str, typer.Option("-o", "--output", envvar=variable("TEMPLATES_OUTPUT"), metavar="text|json", help="The form.")
    ] = "text",
    trust: Trust = False,
    color: Color = "auto",
) -> None:
    """Tries a pack out with hundreds of apps, and says where it fails and which App spec shows it.

    \b
    Examples:
      svcgen templates check acme
      svcgen templates check ./packs/acme -o json
      svcgen templates check acme --update     writes acme/expected from acme/example.yaml

    \b
    Apps of 1 to 20 ports, every type, UDP, TCP and UDP on one port, names and texts that YAML readers misread, the
    longest that the rules allow; with the answers that the pack's questions take. Each result is held against
      the plan           every port once, with its numbers; selector, image, labels, environment as asked for
      the rules          what svcgen check says is an error
      expected/          beside pack.yaml: what example.yaml gives; expected/NAME what examples/NAME.yaml gives
    """  # noqa: D301 - \b keeps Typer from joining the lines of the examples
    from scaffold.commands import trial as command

    one_of("--output", output, ("text", "json"))
    one_of("--color", color, ("auto", "always", "never"))
    raise typer.Exit(command.run(names, output=output, update=update, trust=trust, color=color))
