"""The flags of `svcgen new`."""

# No `from __future__ import annotations` here: Typer would evaluate every annotation again from its text.
from typing import Annotated

import typer

from scaffold.cli.options import (
    Context,
    Kubeconfig,
    NodePortRange,
    RequestTimeout,
    Taken,
    command_line,
    one_of,
    variable,
)

app = command_line()


@app.command()
def new(  # noqa: PLR0913, PLR0917 - every flag is a parameter for Typer
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", envvar=variable("NAME"), help="Name of the app.")
    ] = None,
    image: Annotated[str | None, typer.Option(envvar=variable("IMAGE"), help="Container image.")] = None,
    port: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            "--port",
            envvar=variable("PORT"),
            metavar="[NAME=][[NODE:]SERVICE:]TARGET[/PROTO]",
            help="A port, outside to inside; repeatable. `auto` in an outer place chooses.",
        ),
    ] = None,
    namespace: Annotated[str | None, typer.Option("-n", "--namespace", envvar=variable("NAMESPACE"))] = None,
    replicas: Annotated[int | None, typer.Option(envvar=variable("REPLICAS"), help="How many Pods. [1]")] = None,
    type_: Annotated[
        str | None,
        typer.Option("--type", envvar=variable("TYPE"), help="ClusterIP, NodePort or LoadBalancer. [NodePort]"),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("-l", "--label", envvar=variable("LABEL"), metavar="K=V", help="A label; repeatable."),
    ] = None,
    annotation: Annotated[
        list[str] | None,
        typer.Option("--annotation", envvar=variable("ANNOTATION"), metavar="K=V", help="An annotation; repeatable."),
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", envvar=variable("ENV"), metavar="K=V", help="An environment variable; repeatable."),
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(
            "-t",
            "--template",
            envvar=variable("TEMPLATE"),
            metavar="PACK",
            help="Template pack: a name, a path, or git+URL@REF#FOLDER. [default]",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", envvar=variable("SET"), metavar="K=V", help="Answers a question of the pack; repeatable."
        ),
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", envvar=variable("TRUST"), help="Take a pack from a branch, which moves.")
    ] = False,
    filename: Annotated[
        list[str] | None,
        typer.Option(
            "-f", "--filename", envvar=variable("FILENAME"), metavar="FILE|-", help="App specs, one or many documents."
        ),
    ] = None,
    output_dir: Annotated[
        str | None,
        typer.Option(
            "-d", "--output-dir", envvar=variable("OUTPUT_DIR"), metavar="DIR", help="Where to write. [./NAME]"
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", envvar=variable("OUTPUT"), metavar="yaml|json", help="Print, write nothing."),
    ] = None,
    dry_run: Annotated[
        str,
        typer.Option(
            "--dry-run",
            envvar=variable("DRY_RUN"),
            metavar="[none|client|server]",
            help="Say what would be done; server also asks the API server.",
        ),
    ] = "none",
    diff: Annotated[
        bool, typer.Option("--diff", envvar=variable("DIFF"), help="Show the difference, write nothing.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", envvar=variable("FORCE"), help="Overwrite edited files.")] = False,
    no_input: Annotated[bool, typer.Option("--no-input", envvar=variable("NO_INPUT"), help="Never ask.")] = False,
    taken: Taken = None,
    node_port_range: NodePortRange = None,
    allocate: Annotated[
        str | None,
        typer.Option("--allocate", envvar=variable("ALLOCATE"), metavar="stable|first", help="How to choose. [stable]"),
    ] = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    request_timeout: RequestTimeout = "30s",
) -> None:
    """Makes a Service and a Deployment for an app; asks for what is missing.

    \b
    Examples:
      svcgen new
      svcgen new my-service --image ghcr.io/acme/my-service:1.4.2 -p http=5000 -p metrics=6000
      svcgen new web --image nginx:1.27 -p http=30000:8080:80 -n shop --replicas 2
      svcgen new dns --image acme/dns:1 -p dns=53:5353/udp -p dns-tcp=53:5353/tcp --type LoadBalancer
      svcgen new web --image nginx:1.27 -p http=80 --set network_policy=true --set autoscale=true
      svcgen new web --image nginx:1.27 -p http=80 -t kustomize --set environments=dev,prod
      svcgen new web --image nginx:1.27 -p http=80 -t helm
      svcgen new web --image nginx:1.27 -p http=80 -t ./packs/acme --set tier=batch
      svcgen new -f apps.yaml --diff
      svcgen new web --image nginx:1.27 -p http=80 -o yaml --no-input | kubectl apply -f -
      svcgen new web --image nginx:1.27 -p http=80 --taken cluster --dry-run=server

    \b
    Ports, outside to inside:
      http=5000                 target port 5000; service port and node port are chosen
      http=8080:5000            service port 8080
      http=30000:8080:5000      node port 30000
      dns=auto:53:5353/udp      auto chooses the node port
      grpc=9090,appProtocol=kubernetes.io/h2c
      http=5000,nodePort.dev=31000,nodePort.prod=30000    by environment, for packs that have them
    """  # noqa: D301 - \b keeps Typer from joining the lines of the examples
    from scaffold.answers import Flags
    from scaffold.commands import new as command
    from scaffold.model import ClusterAccess

    one_of("--dry-run", dry_run, ("none", "client", "server"))
    one_of("--output", output, ("yaml", "json"), "-o is a format; -d is the folder to write to")
    flags = Flags(
        name=name,
        image=image,
        ports=tuple(port or ()),
        namespace=namespace,
        replicas=replicas,
        type=type_,
        labels=tuple(label or ()),
        annotations=tuple(annotation or ()),
        env=tuple(env or ()),
        template=template,
        settings=tuple(settings or ()),
        filenames=tuple(filename or ()),
        output_dir=output_dir,
        output=output,
        dry_run=dry_run,
        diff=diff,
        force=force,
        no_input=no_input,
        taken=tuple(taken or ()),
        node_port_range=node_port_range,
        allocate=allocate,
        trust=trust,
        access=ClusterAccess(kubeconfig, context, request_timeout),
    )
    raise typer.Exit(command.run(flags))
