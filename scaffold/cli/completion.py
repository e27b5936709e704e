"""`svcgen completion`: what a shell needs to complete words."""

# No `from __future__ import annotations` here: Typer would evaluate every annotation again from its text.
from typing import Annotated

import typer

from scaffold.cli.options import command_line, one_of

app = command_line()


@app.command()
def completion(shell: Annotated[str, typer.Argument(metavar="bash|zsh|fish")]) -> None:
    """Prints the completion script of a shell.

    \b
    Examples:
      source <(svcgen completion bash)
      svcgen completion zsh > "${fpath[1]}/_svcgen"
      svcgen completion fish > ~/.config/fish/completions/svcgen.fish
    """  # noqa: D301 - \b keeps Typer from joining the lines of the examples
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    one_of("completion", shell, ("bash", "zsh", "fish"))
    print(get_completion_script(prog_name="svcgen", complete_var="_SVCGEN_COMPLETE", shell=shell))
