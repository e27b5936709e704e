"""What the flags of several commands share."""

# No `from __future__ import annotations` here: Typer would evaluate every annotation again from its text.
from typing import Annotated

import typer

from scaffold.errors import SvcgenError


def command_line(help_text: str | None = None) -> typer.Typer:
    """An empty command, or group of commands, whose help is plain text: rich would double its cost."""
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, help=help_text)


def variable(name: str) -> str:
    """The environment variable that stands for a flag."""
    return f"SVCGEN_{name}"


def one_of(flag: str, value: str | None, known: tuple[str, ...], hint: str = "") -> None:
    """Refuses a value of a flag that is not among the known ones, with the nearest; a hint says what else helps.

    Raises:
        SvcgenError: the value, and what is known.
    """
    if value is not None and value not in known:
        from scaffold import names

        near = names.nearest(value, list(known))
        raise SvcgenError(
            f"{flag} {value!r} is none of {', '.join(known)}" + (f"; did you mean {near}?" if near else ""),
            hint=hint,
        )


NodePortRange = Annotated[
    str | None,
    typer.Option(
        "--node-port-range",
        envvar=variable("NODE_PORT_RANGE"),
        metavar="LOW-HIGH",
        help="The cluster's range. [30000-32767]",
    ),
]
Taken = Annotated[
    list[str] | None,
    typer.Option(
        "--taken",
        envvar=variable("TAKEN"),
        metavar="SOURCE",
        help="Also read taken ports from PATH, tree:PATH, snapshot:FILE, cluster[:CONTEXT] or -; repeatable.",
    ),
]
Kubeconfig = Annotated[
    str | None,
    typer.Option("--kubeconfig", envvar=variable("KUBECONFIG"), metavar="FILE", help="As for kubectl."),
]
Context = Annotated[
    str | None,
    typer.Option("--context", envvar=variable("CONTEXT"), metavar="NAME", help="The kubeconfig's context to use."),
]
RequestTimeout = Annotated[
    str,
    typer.Option(
        "--request-timeout",
        envvar=variable("REQUEST_TIMEOUT"),
        metavar="TIME",
        help="How long to wait for an API server; 0 is for ever.",
    ),
]
Color = Annotated[
    str, typer.Option("--color", envvar=variable("COLOR"), metavar="auto|always|never", help="Colour the text.")
]
Paths = Annotated[list[str] | None, typer.Argument(metavar="[PATH|-]...", help="Files, folders, - for stdin.")]
KubeVersion = Annotated[
    str,
    typer.Option(
        "--kube-version",
        envvar=variable("KUBE_VERSION"),
        metavar="VERSION",
        help="The API server meant, from 1.29 on. [newest]",
    ),
]
