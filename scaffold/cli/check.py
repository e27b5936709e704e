"""The flags of `svcgen check`."""

# No `from __future__ import annotations` here: Typer would evaluate every annotation again from its text.
from typing import Annotated

import typer

from scaffold.cli.options import Color, KubeVersion, NodePortRange, Paths, command_line, variable

app = command_line()


@app.command()
def check(  # noqa: PLR0913, PLR0917 - every flag is a parameter for Typer
    paths: Paths = None,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            envvar=variable("CHECK_OUTPUT"),
            metavar="text|json|sarif|github|junit",
            help="How to say it.",
        ),
    ] = "text",
    rule: Annotated[
        list[str] | None, typer.Option("--rule", metavar="RULE", help="Only this rule; repeatable.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="RULE", help="Not this rule; repeatable.")
    ] = None,
    fail_on: Annotated[
        str,
        typer.Option(
            "--fail-on",
            envvar=variable("FAIL_ON"),
            metavar="error|warning|info|never",
            help="What makes the exit code 1.",
        ),
    ] = "error",
    kube_version: KubeVersion = "",
    explain: Annotated[str | None, typer.Option("--explain", metavar="RULE", help="Print a rule's page.")] = None,
    color: Color = "auto",
    node_port_range: NodePortRange = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            envvar=variable("AGAINST"),
            metavar="COMMIT",
            help="What the cluster has, as a branch, tag or commit: says which changes since it will not take.",
        ),
    ] = None,
) -> None:
    """Says what is wrong in a tree of manifests, where, and how to mend it.

    \b
    Examples:
      svcgen check
      svcgen check k8s/ deploy/service.yaml
      helm template ./chart | svcgen check -
      svcgen check -o json --fail-on warning
      svcgen check --against origin/main
      svcgen check --explain node-port-taken

    \b
    To pass over a finding, with its reason:
      an annotation on the object   svcgen.dev/ignore: "node-port-range: another cluster"
      a comment on or above a line  # svcgen:ignore node-port-range another cluster
    """  # noqa: D301 - \b keeps Typer from joining the lines of the examples
    from scaffold.commands import check as command

    code = command.run(
        paths or [],
        output=output,
        only=rule or [],
        ignore=ignore or [],
        fail_on=fail_on,
        kube_version=kube_version,
        explain=explain,
        color=color,
        node_port_range=node_port_range,
        against=against,
    )
    raise typer.Exit(code)
