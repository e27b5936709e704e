"""The flags of `svcgen explain`."""

# No `from __future__ import annotations` here: Typer would evaluate every annotation again from its text.
from typing import Annotated

import typer

from scaffold.cli.options import Color, KubeVersion, NodePortRange, Paths, command_line, variable

app = command_line()


@app.command()
def explain(
    paths: Paths = None,
    port: Annotated[
        str | None,
        typer.Option("--port", metavar="N|NAME", help="Only what this number or name leads to; exit 1 when nothing."),
    ] = None,
    node_ip: Annotated[
        str | None,
        typer.Option(
            "--node-ip",
            envvar=variable("NODE_IP"),
            metavar="ADDRESS",
            help="Print the addresses to try, with this node.",
        ),
    ] = None,
    namespace: Annotated[
        str | None, typer.Option("-n", "--namespace", envvar=variable("NAMESPACE"), help="Only this namespace.")
    ] = None,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            envvar=variable("EXPLAIN_OUTPUT"),
            metavar="text|mermaid|svg|html|json",
            help="How to draw it.",
        ),
    ] = "text",
    kube_version: KubeVersion = "",
    color: Color = "auto",
    node_port_range: NodePortRange = None,
) -> None:
    """Draws the route of every port, client -> node -> service -> pod, and marks where it breaks.

    \b
    Examples:
      svcgen explain
      svcgen explain k8s/ --port 30000
      svcgen explain --node-ip 3.109.154.210
      helm template ./chart | svcgen explain -
      svcgen explain -o svg > docs/ports.svg
      svcgen explain -o html > ports.html

    The exit code is 0 also where a route is broken: explain shows, svcgen check judges.
    """  # noqa: D301 - \b keeps Typer from joining the lines of the examples
    from scaffold.commands import explain as command

    command.run(
        paths or [],
        port=port,
        node_ip=node_ip,
        namespace=namespace,
        output=output,
        kube_version=kube_version,
        color=color,
        node_port_range=node_port_range,
    )
