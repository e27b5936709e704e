"""The command line: what each flag means, and the one funnel from errors to exit codes.

Exit codes: 0 done; 1 the answer is no; 2 it could not be done; 3 a bug in svcgen; 130 Ctrl-C.
"""

# No `from __future__ import annotations` here: Typer would evaluate every annotation again from its text.
import errno
import os
import sys
from contextlib import suppress
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from scaffold.errors import SvcgenError

_OUTPUT_FAILS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF, errno.EFBIG)


class _Funnel(TyperGroup):
    """Turns every way a command can end into an exit code. No traceback reaches a user."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's click has no public types
        # kubectl's spelling: a bare --dry-run is --dry-run=client
        end = args.index("--") if "--" in args else len(args)
        args = ["--dry-run=client" if word == "--dry-run" and at < end else word for at, word in enumerate(args)]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        try:
            return super().invoke(ctx)
        except SvcgenError as error:
            _say(str(error))
            raise typer.Exit(error.exit_code) from None
        except (KeyboardInterrupt, EOFError):
            _say("interrupted, nothing was written")
            raise typer.Exit(130) from None
        except BrokenPipeError:
            # whoever read our output has gone; there is nobody left to tell
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
            raise typer.Exit(141) from None
        except OSError as error:
            if error.errno not in _OUTPUT_FAILS:
                _say(f"error: this is a bug in svcgen, the details are in {_log_bug(error)}")
                raise typer.Exit(3) from None
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
            _say(f"error: cannot write the output: {error.strerror}")
            raise typer.Exit(2) from None
        except Exception as error:
            if type(error).__module__.startswith("typer"):
                raise
            _say(f"error: this is a bug in svcgen, the details are in {_log_bug(error)}")
            raise typer.Exit(3) from None


def _say(text: str) -> None:
    if sys.stderr is None:
        return
    # a path may hold what moves a terminal's cursor
    text = "".join(one if one.isprintable() or one == "\n" else repr(one)[1:-1] for one in text)
    with suppress(OSError):
        print(text.encode(sys.stderr.encoding, "backslashreplace").decode(sys.stderr.encoding), file=sys.stderr)


def _log_bug(error: Exception) -> str:
    import platform
    import tempfile
    import traceback

    from scaffold import __version__

    with tempfile.NamedTemporaryFile("w", prefix="svcgen-bug-", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write(f"svcgen {__version__}, Python {platform.python_version()}, {platform.platform()}\n{sys.argv}\n\n")
        traceback.print_exception(error, file=log)
    return log.name


app = typer.Typer(
    cls=_Funnel,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(invoke_without_command=True)
def svcgen(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Makes and checks Kubernetes Services and Deployments whose ports cannot be wrong.

    \b
    Examples:
      svcgen new                                    asks for what it needs
      svcgen new web --image nginx:1.27 -p http=80  a Service and a Deployment in ./web
      svcgen check                                  says what is wrong in the manifests below this folder

    client -> node:nodePort -> service:port -> pod:targetPort
    """  # noqa: D301 - \b keeps Typer from joining the lines of the examples
    if version:
        from scaffold import __version__

        print(f"svcgen {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


def _env(name: str) -> str:
    return f"SVCGEN_{name}"


@app.command(short_help="Makes a Service and a Deployment for an app.")
def new(  # noqa: PLR0913, PLR0917 - every flag is a parameter for Typer
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", envvar=_env("NAME"), help="Name of the app.")] = None,
    image: Annotated[str | None, typer.Option(envvar=_env("IMAGE"), help="Container image.")] = None,
    port: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            "--port",
            envvar=_env("PORT"),
            metavar="[NAME=][[NODE:]SERVICE:]TARGET[/PROTO]",
            help="A port, outside to inside; repeatable. `auto` in an outer place chooses.",
        ),
    ] = None,
    namespace: Annotated[str | None, typer.Option("-n", "--namespace", envvar=_env("NAMESPACE"))] = None,
    replicas: Annotated[int | None, typer.Option(envvar=_env("REPLICAS"), help="How many Pods. [1]")] = None,
    type_: Annotated[
        str | None,
        typer.Option("--type", envvar=_env("TYPE"), help="ClusterIP, NodePort or LoadBalancer. [NodePort]"),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("-l", "--label", envvar=_env("LABEL"), metavar="K=V", help="A label; repeatable."),
    ] = None,
    annotation: Annotated[
        list[str] | None,
        typer.Option("--annotation", envvar=_env("ANNOTATION"), metavar="K=V", help="An annotation; repeatable."),
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", envvar=_env("ENV"), metavar="K=V", help="An environment variable; repeatable."),
    ] = None,
    template: Annotated[
        str | None,
        typer.Option("-t", "--template", envvar=_env("TEMPLATE"), metavar="PACK", help="Template pack. [default]"),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", envvar=_env("SET"), metavar="K=V", help="Answers a question of the pack; repeatable."),
    ] = None,
    filename: Annotated[
        list[str] | None,
        typer.Option(
            "-f", "--filename", envvar=_env("FILENAME"), metavar="FILE|-", help="App specs, one or many documents."
        ),
    ] = None,
    output_dir: Annotated[
        str | None,
        typer.Option("-d", "--output-dir", envvar=_env("OUTPUT_DIR"), metavar="DIR", help="Where to write. [./NAME]"),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", envvar=_env("OUTPUT"), metavar="yaml|json", help="Print, write nothing."),
    ] = None,
    dry_run: Annotated[
        str,
        typer.Option(
            "--dry-run",
            envvar=_env("DRY_RUN"),
            metavar="[none|client|server]",
            help="Say what would be done; server also asks the API server.",
        ),
    ] = "none",
    diff: Annotated[
        bool, typer.Option("--diff", envvar=_env("DIFF"), help="Show the difference, write nothing.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", envvar=_env("FORCE"), help="Overwrite edited files.")] = False,
    no_input: Annotated[bool, typer.Option("--no-input", envvar=_env("NO_INPUT"), help="Never ask.")] = False,
    taken: Annotated[
        list[str] | None,
        typer.Option(
            "--taken", envvar=_env("TAKEN"), metavar="SOURCE", help="Also read taken ports from PATH, tree:PATH or -."
        ),
    ] = None,
    node_port_range: Annotated[
        str | None,
        typer.Option(
            "--node-port-range",
            envvar=_env("NODE_PORT_RANGE"),
            metavar="LOW-HIGH",
            help="The cluster's range. [30000-32767]",
        ),
    ] = None,
    allocate: Annotated[
        str | None,
        typer.Option("--allocate", envvar=_env("ALLOCATE"), metavar="stable|first", help="How to choose. [stable]"),
    ] = None,
) -> None:
    """Makes a Service and a Deployment for an app; asks for what is missing.

    \b
    Examples:
      svcgen new
      svcgen new my-service --image ghcr.io/acme/my-service:1.4.2 -p http=5000 -p metrics=6000
      svcgen new web --image nginx:1.27 -p http=30000:8080:80 -n shop --replicas 2
      svcgen new dns --image acme/dns:1 -p dns=53:5353/udp -p dns-tcp=53:5353/tcp --type LoadBalancer
      svcgen new -f apps.yaml --diff
      svcgen new web --image nginx:1.27 -p http=80 -o yaml --no-input | kubectl apply -f -

    \b
    Ports, outside to inside:
      http=5000                 target port 5000; service port and node port are chosen
      http=8080:5000            service port 8080
      http=30000:8080:5000      node port 30000
      dns=auto:53:5353/udp      auto chooses the node port
      grpc=9090,appProtocol=kubernetes.io/h2c
    """  # noqa: D301 - \b keeps Typer from joining the lines of the examples
    from scaffold.answers import Flags
    from scaffold.commands import new as command

    _one_of("--dry-run", dry_run, ("none", "client", "server"))
    _one_of("--output", output, ("yaml", "json"))
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
    )
    raise typer.Exit(command.run(flags))


@app.command(short_help="Says what is wrong in a tree of manifests.")
def check(  # noqa: PLR0913, PLR0917 - every flag is a parameter for Typer
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH|-]...", help="Files, folders, - for stdin.")
    ] = None,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            envvar=_env("CHECK_OUTPUT"),
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
            "--fail-on", envvar=_env("FAIL_ON"), metavar="error|warning|info|never", help="What makes the exit code 1."
        ),
    ] = "error",
    kube_version: Annotated[
        str,
        typer.Option(
            "--kube-version", envvar=_env("KUBE_VERSION"), metavar="VERSION", help="The API server meant. [newest]"
        ),
    ] = "",
    explain: Annotated[str | None, typer.Option("--explain", metavar="RULE", help="Print a rule's page.")] = None,
    color: Annotated[
        str, typer.Option("--color", envvar=_env("COLOR"), metavar="auto|always|never", help="Colour the text.")
    ] = "auto",
    node_port_range: Annotated[
        str | None,
        typer.Option(
            "--node-port-range",
            envvar=_env("NODE_PORT_RANGE"),
            metavar="LOW-HIGH",
            help="The cluster's range. [30000-32767]",
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
    )
    raise typer.Exit(code)


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

    _one_of("completion", shell, ("bash", "zsh", "fish"))
    print(get_completion_script(prog_name="svcgen", complete_var="_SVCGEN_COMPLETE", shell=shell))


def _one_of(flag: str, value: str | None, known: tuple[str, ...]) -> None:
    if value is not None and value not in known:
        from scaffold import names

        near = names.nearest(value, list(known))
        raise SvcgenError(
            f"{flag} {value!r} is none of {', '.join(known)}" + (f"; did you mean {near}?" if near else ""),
            hint="-o is a format; -d is the folder to write to" if flag == "--output" else "",
        )


if "_SVCGEN_COMPLETE" in os.environ:  # a shell asks for words to complete
    from typer.completion import completion_init  # type: ignore[attr-defined]

    completion_init()
