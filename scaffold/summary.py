"""What `svcgen new` tells people: results on stdout, notes and progress on stderr."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from scaffold import drawing, route

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scaffold.answers import Flags
    from scaffold.build import Built
    from scaffold.model import AppSpec, NotJudged, WriteResult
    from scaffold.write import Change

_STATE_WIDTH = 10


def progress(built: Iterable[Built], count: int) -> Iterator[Built]:
    """The same apps; with a bar on stderr when there are many and somebody is watching."""
    if count < 50 or not sys.stderr.isatty():
        yield from built
        return
    import typer

    with typer.progressbar(built, length=count, label="rendering", file=sys.stderr) as bar:
        yield from bar


def print_manifests(built: Sequence[Built], form: str) -> None:
    """The manifests of all apps on stdout: a YAML stream, or one JSON List."""
    if form == "json":
        import json

        items = [data for one in built for data in _objects(one)]
        print(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=2, ensure_ascii=False))
        return
    sys.stdout.write("---\n".join(file.text for one in built for file in one.files))


def _objects(built: Built) -> Iterator[Any]:
    from scaffold.nodes import compose, to_data

    for file in built.files:
        yield from (to_data(node) for node, _ in compose(file.text.encode()) if node.id == "mapping")


def print_result(built: Sequence[Built], result: WriteResult) -> None:
    """Every file and what happened to it, then the routes; one line when nothing changed."""
    if not result.created and not result.changed:
        count = len(result.unchanged)
        print(f"nothing changed, {count} files are as they should be")
    for state, paths in result._asdict().items():
        for path in paths if state != "unchanged" or len(built) == 1 else ():
            print(f"{state:<{_STATE_WIDTH}}{path}")
    if len(built) == 1:
        print(f"\n{draw(built[0])}", end="")
        print(f"\nnext: kubectl apply -f {_folder(result)}")
    else:
        counts = ", ".join(f"{len(paths)} {state}" for state, paths in result._asdict().items() if paths)
        print(f"{len(built)} apps: {counts}")
    for one in built:
        _note_shared_numbers(one)
        _note_service_ports(one)


def _folder(result: WriteResult) -> str:
    import shlex

    paths = [path for paths in result for path in paths]
    return shlex.quote(os.path.dirname(paths[-1]) or ".")


def _note_shared_numbers(built: Built) -> None:
    seen = set()
    for one in built.plan.assignments:
        if one.service_port in seen:
            # Service.ports is merged by port alone on a client-side apply, so one of the two protocols gets lost
            name = f"{built.plan.app.name} has service port {one.service_port} with two protocols"
            print(f"note: {name}; change it later with kubectl apply --server-side", file=sys.stderr)
            return
        seen.add(one.service_port)


def _note_service_ports(built: Built) -> None:
    for one in built.plan.assignments:
        wish = one.wish
        if wish.service_port and 30000 <= wish.service_port <= 32767 and wish.node_port != one.node_port:
            print(
                f"note: {wish.service_port} is the service port of {wish.name}; for the node port write "
                f"-p {wish.name}={wish.service_port}:auto:{wish.target_port}",
                file=sys.stderr,
            )


def draw(built: Built) -> str:
    """The routes of one app, under its name."""
    app = built.plan.app
    place = f", namespace {app.namespace}" if app.namespace else ""
    return f"{app.name} ({app.type}{place})\n" + drawing.draw(
        route.of_plan(built.plan), unicode=drawing.can_draw(sys.stdout)
    )


def diff(changes: Sequence[Change]) -> str:
    """A unified diff of every file that differs; a new file is shown whole."""
    from difflib import unified_diff

    out = []
    for change in changes:
        if change.state == "unchanged":
            continue
        old = (change.old or b"").decode("utf-8", "replace").splitlines(keepends=True)
        new = change.new.decode().splitlines(keepends=True)
        before = change.shown if change.old is not None else "/dev/null"
        lines = unified_diff(old, new, before, change.shown)
        out += [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]
    return "".join(out)


def print_diff(changes: Sequence[Change]) -> None:
    """The diff on stdout, or a note that there is none."""
    text = diff(changes)
    sys.stdout.write(text)
    if not text:
        print("no difference", file=sys.stderr)


def print_dry_run(built: Sequence[Built], changes: Sequence[Change], edited: Sequence[Change]) -> None:
    """What would happen to every file."""
    words = {"created": "create", "changed": "update", "unchanged": "unchanged"}
    for change in changes:
        word = "conflict" if change in edited else words[change.state]
        print(f"{word:<{_STATE_WIDTH}}{change.shown} (dry run)")
    if len(built) == 1:
        print(f"\n{draw(built[0])}", end="")


def say_not_judged(not_judged: Sequence[NotJudged]) -> None:
    """Names the files whose ports could not be read, on stderr: they may hold numbers."""
    if not not_judged:
        return
    files = sorted({one.location.where for one in not_judged})
    count = "1 file" if len(files) == 1 else f"{len(files)} files"
    print(f"note: {count} could not be judged, ports in them are not counted:", file=sys.stderr)
    for one in _first_of_each(not_judged)[:5]:
        print(f"  {one.location}: {one.reason}", file=sys.stderr)
    if len(files) > 5:
        print(f"  and {len(files) - 5} more: svcgen check names them all", file=sys.stderr)


def _first_of_each(not_judged: Sequence[NotJudged]) -> list[NotJudged]:
    firsts: dict[str, NotJudged] = {}
    for one in sorted(not_judged):
        firsts.setdefault(one.location.where, one)
    return list(firsts.values())


def print_command(app: AppSpec, flags: Flags, root: str) -> None:
    """The one line that gives the same bytes; on stderr where stdout carries manifests or a diff."""
    result = not flags.output and not flags.diff
    print(f"\nthe same again: {command_line(app, flags, root)}", file=sys.stdout if result else sys.stderr)


def command_line(app: AppSpec, flags: Flags, root: str) -> str:
    """The `svcgen new` line for an app whose numbers are decided, to be typed in the current folder."""
    import shlex

    from scaffold.grammar import format_port

    words = ["svcgen", "new", app.name, "--image", app.image]
    for wish in app.ports:
        words += ["-p", format_port(wish)]
    if app.namespace:
        words += ["-n", app.namespace]
    words += ["--replicas", str(app.replicas), "--type", app.type]
    for flag, mapping in (
        ("-l", app.labels),
        ("--annotation", app.annotations),
        ("--env", app.env),
        ("--set", app.answers),
    ):
        for key, value in mapping.items():
            words += [flag, f"{key}={_plain(value)}"]
    words += ["-t", app.pack]
    folder = os.path.relpath(os.path.join(root, app.output or app.name))
    if folder != app.name:
        words += ["-d", folder]
    for flag, value in (("--node-port-range", flags.node_port_range), ("-o", flags.output)):
        if value:
            words += [flag, value]
    if flags.dry_run != "none":
        words.append(f"--dry-run={flags.dry_run}")
    if flags.diff:
        words.append("--diff")
    for source in flags.taken:
        words += ["--taken", source]
    if flags.force:
        words.append("--force")
    return " ".join(shlex.quote(word) for word in words)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
