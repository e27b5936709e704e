"""The flags of `svcgen ports`."""

# No `from __future__ import annotations` here: Typer would evaluate every annotation again from its text.
from typing import Annotated

import typer

from scaffold.cli.options import (
    Color,
    Context,
    Kubeconfig,
    NodePortRange,
    RequestTimeout,
    Taken,
    command_line,
    one_of,
    variable,
)

app = command_line(
    "Who holds which port, and which ones are free.\n\n\b\nExamples:\n"
    "  svcgen ports list\n"
    "  svcgen ports list --taken cluster --space node\n"
    "  svcgen ports list -o json > ports.json\n"
    "  svcgen ports free -n 2"
)

Cluster = Annotated[
    str | None, typer.Option("--cluster", metavar="NAME", help="One of the config's clusters; what could be in it.")
]


@app.command("list")
def list_(  # noqa: PLR0913, PLR0917 - every flag is a parameter for Typer
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH|-]...", help="Files, folders, - for stdin. [the project]", show_default=False),
    ] = None,
    namespace: Annotated[
        str | None, typer.Option("-n", "--namespace", metavar="NAME", help="Only Services of this namespace.")
    ] = None,
    cluster: Cluster = None,
    numbers: Annotated[str | None, typer.Option("--range", metavar="LOW-HIGH", help="Only these numbers.")] = None,
    space: Annotated[
        str | None, typer.Option("--space", metavar="node|service", help="Only node ports, or only service ports.")
    ] = None,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            envvar=variable("PORTS_OUTPUT"),
            metavar="table|json|yaml|csv|markdown|html",
            help="How to say it; json is what --taken snapshot:FILE reads.",
        ),
    ] = "table",
    taken: Taken = None,
    node_port_range: NodePortRange = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    request_timeout: RequestTimeout = "30s",
    color: Color = "auto",
) -> None:
    """Lists who holds which port.

    Below it: how full the node port range is, what is reserved and why, and what two Services hold.

    \b
    Examples:
      svcgen ports list
      svcgen ports list k8s/ --space node --range 30000-30085
      svcgen ports list --taken cluster -n shop
      helm template ./chart | svcgen ports list -
      svcgen ports list -o json > ports.json
      svcgen ports list -o html > ports.html
    """  # noqa: D301 - \b keeps Typer from joining the lines of the examples
    from scaffold.commands import ports as command
    from scaffold.model import ClusterAccess
    from scaffold.report.ports import FORMATS

    one_of("--output", output, FORMATS)
    one_of("--space", space, ("node", "service"))
    one_of("--color", color, ("auto", "always", "never"))
    command.show(
        paths or [],
        taken or [],
        namespace=namespace,
        cluster=cluster,
        numbers=numbers,
        space=space,
        output=output,
        color=color,
        node_port_range=node_port_range,
        access=ClusterAccess(kubeconfig, context, request_timeout),
    )


@app.command()
def free(  # noqa: PLR0913, PLR0917 - every flag is a parameter for Typer
    count: Annotated[int, typer.Option("-n", "--count", min=1, metavar="N", help="How many.")] = 1,
    band: Annotated[
        str | None, typer.Option("--band", metavar="static|dynamic", help="Only of this band. [static, then dynamic]")
    ] = None,
    namespace: Annotated[
        str | None,
        typer.Option("--namespace", envvar=variable("NAMESPACE"), metavar="NAME", help="For a Service of it."),
    ] = None,
    cluster: Cluster = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="json", help="JSON instead of one number a line.")
    ] = None,
    taken: Taken = None,
    node_port_range: NodePortRange = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    request_timeout: RequestTimeout = "30s",
) -> None:
    """Prints free node ports, one a line.

    In the order of `svcgen new --allocate first`: the static band first, then the rest.
    Exit code 1 when there are fewer than asked for.

    \b
    Examples:
      svcgen ports free
      svcgen ports free -n 3 --band static --namespace payments
      svcgen ports free --taken cluster:kind-dev
      port=$(svcgen ports free) || exit
    """  # noqa: D301 - \b keeps Typer from joining the lines of the examples
    from scaffold.commands import ports as command
    from scaffold.model import ClusterAccess

    one_of("--output", output, ("json",))
    one_of("--band", band, ("static", "dynamic"))
    command.free(
        count,
        taken or [],
        band=band,
        namespace=namespace,
        cluster=cluster,
        output=output,
        node_port_range=node_port_range,
        access=ClusterAccess(kubeconfig, context, request_timeout),
    )
