"""The command line: what each flag means, and the one funnel from errors to exit codes.

Exit codes: 0 done; 1 the answer is no; 2 it could not be done; 3 a bug in svcgen; 130 Ctrl-C.
"""

# No `from __future__ import annotations` here: Typer would evaluate every annotation again from its text.
import errno
import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from scaffold.errors import SvcgenError
from scaffold.printable import printable

_OUTPUT_FAILS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF, errno.EFBIG)

# A command's flags are in the module of its name, loaded when it is asked for: Typer takes time for every flag.
COMMANDS = {
    "new": "Makes a Service and a Deployment for an app.",
    "update": "Renders saved apps again and keeps what was edited by hand.",
    "check": "Says what is wrong in a tree of manifests.",
    "explain": "Draws the route of every port, and marks where it breaks.",
    "ports": "Lists who holds which port; names free ones.",
    "templates": "Shows, copies and checks template packs.",
    "completion": "Prints the completion script of a shell.",
}


class _Funnel(TyperGroup):
    """Turns every way a command can end into an exit code. No traceback reaches a user."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - typer's click has no public types
        super().__init__(**settings)
        # the names alone: Typer proposes the nearest of them
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002
        if cmd_name not in COMMANDS:
            return None
        command = typer.main.get_command(import_module(f"{__name__}.{cmd_name}").app)
        command.name = cmd_name
        # a group alone says what it has
        command.no_args_is_help = isinstance(command, TyperGroup)
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
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
    text = printable(text, kept="\n")
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
      svcgen update                                 takes a new template over, hand edits stay
      svcgen check                                  says what is wrong in the manifests below this folder
      svcgen explain --port 30000                   draws where a number leads

    client -> node:nodePort -> service:port -> pod:targetPort
    """  # noqa: D301 - \b keeps Typer from joining the lines of the examples
    if version:
        from scaffold import __version__

        print(f"svcgen {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


if "_SVCGEN_COMPLETE" in os.environ:  # a shell asks for words to complete
    from typer.completion import completion_init  # type: ignore[attr-defined]

    completion_init()
