"""What `svcgen new` tells people: results on stdout, notes and progress on stderr."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from scaffold.errors import SvcgenError
from scaffold.model import Location

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from scaffold.answers import Flags
    from scaffold.build import Built
    from scaffold.model import AppSpec, NotJudged, PortPolicy, WriteResult
    from scaffold.write import Change

T = TypeVar("T")
_STATE_WIDTH = 10
# a secret of so few letters could be any word
_SHORT = 3


def progress(apps: Iterable[T], count: int, doing: str = "rendering") -> Iterator[T]:
    """The same apps; with a bar on stderr when there are many and somebody is watching."""
    if count < 50 or not sys.stderr.isatty():
        yield from apps
        return
    import typer

    with typer.progressbar(apps, length=count, label=doing, file=sys.stderr) as bar:
        yield from bar


def print_manifests(built: Sequence[Built], form: str) -> None:
    """The manifests of all apps on stdout: a YAML stream, or one JSON List.

    Raises:
        SvcgenError: files that another tool makes manifests of.
    """
    refuse_parts(built, "--output", "leave -o out")
    if form == "json":
        import json

        items = [data for one in built for data in _objects(one)]
        print(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=2, ensure_ascii=False))
        return
    sys.stdout.write("---\n".join(file.text for one in built for file in one.manifests))


def refuse_parts(built: Sequence[Built], flag: str, mend: str) -> None:
    """Refuses files that are no stream of manifests: a chart, or a base and what is laid over it.

    Raises:
        SvcgenError: with what to do instead.
    """
    for one in built:
        if any(file.environment or file.content == "values" for file in one.files):
            then = f"; then {one.next[0]}" if one.next else ""
            raise SvcgenError(
                f"pack {one.plan.app.pack!r} makes files for another tool, not one stream of manifests",
                Location(flag),
                f"{mend} to write them{then}",
            )


def _objects(built: Built) -> Iterator[Any]:
    from scaffold.node_values import to_data
    from scaffold.nodes import compose

    for file in built.manifests:
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
        print("".join(f"\nnext: {command}" for command in built[0].next))
    else:
        counts = ", ".join(f"{len(paths)} {state}" for state, paths in result._asdict().items() if paths)
        print(f"{len(built)} apps: {counts}")
    for one in built:
        _note_shared_numbers(one)
        _note_service_ports(one)


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
    """The routes of one app, under its name; those of each environment where its node ports differ."""
    from scaffold import drawing, route

    plan = built.plan
    app = plan.app
    place = f", namespace {app.namespace}" if app.namespace else ""
    head = f"{app.name} ({app.type}{place})\n"
    unicode = drawing.can_draw(sys.stdout)
    if app.type == "ClusterIP" or not plan.environments:
        return head + drawing.draw(route.of_plan(plan), unicode=unicode)
    return head + "".join(
        f"{name}:\n" + drawing.draw(route.of_plan(plan.within(name)), unicode=unicode) for name in plan.environments
    )


def diff(changes: Sequence[Change]) -> str:
    """A unified diff of every file that differs; a new file is shown whole."""
    from difflib import unified_diff

    out = []
    for change in changes:
        if change.state == "unchanged":
            continue
        old = (change.old or b"").decode("utf-8", "replace").splitlines(keepends=True)
        new = (change.new or b"").decode("utf-8", "replace").splitlines(keepends=True)
        before = change.shown if change.old is not None else "/dev/null"
        after = change.shown if change.new is not None else "/dev/null"
        lines = unified_diff(old, new, before, after)
        out += [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]
    return "".join(out)


def masked(text: str, secrets: Sequence[str]) -> str:
    """A text without secrets, for a screen that others may see; words too short to be one stay."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) > _SHORT:
            text = text.replace(secret, "***")
    return text


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


def say_verdict(built: Sequence[Built], server: str, warnings: str, policies: Sequence[PortPolicy]) -> None:
    """That a server would take it all, what it warns of, and what it does not look at; on stderr.

    Args:
        built: the apps.
        server: which one was asked.
        warnings: in kubectl's words.
        policies: one for each app.
    """
    for line in warnings.splitlines():
        print(f"kubectl: {line}", file=sys.stderr)
    held = [(one, policy) for one, policy in zip(built, policies, strict=True) if one.plan.app.type != "ClusterIP"]
    if held:
        ranges = sorted({f"{policy.low}-{policy.high}" for _, policy in held})
        # pkg/registry/core/service/portallocator/operation.go, Allocate
        print(
            f"note: {server} would take it; it does not check the node port range in a dry run: "
            f"svcgen held the numbers against {', '.join(ranges)}",
            file=sys.stderr,
        )


def say_not_judged(not_judged: Sequence[NotJudged]) -> None:
    """Names the files whose ports could not be read, on stderr: they may hold numbers."""
    # without a standard error `print` would take standard output
    if not not_judged or sys.stderr is None:
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


def print_command(app: AppSpec, flags: Flags, root: str, secrets: Collection[str] = ()) -> None:
    """The one line that gives the same bytes; on stderr where stdout carries manifests or a diff.

    Args:
        app: the app as it was saved.
        flags: what else was asked for.
        root: the project root.
        secrets: the answers that the line must not hold.
    """
    result = not flags.output and not flags.diff
    print(f"\nthe same again: {command_line(app, flags, root)}", file=sys.stdout if result else sys.stderr)
    if secrets:
        print(f"note: what is secret is not in it and will be asked again: {', '.join(secrets)}", file=sys.stderr)


def command_line(app: AppSpec, flags: Flags, root: str) -> str:
    """The `svcgen new` line for an app whose numbers are decided, to be typed in the current folder."""
    import shlex

    from scaffold.grammar import format_port
    from scaffold.packs.questions import as_text

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
            words += [flag, f"{key}={as_text(value)}"]
    words += ["-t", _pack_from_here(app.pack, root)]
    folder = os.path.relpath(os.path.join(root, app.output or app.name))
    if folder != app.name:
        words += ["-d", folder]
    return " ".join(shlex.quote(word) for word in (*words, *_same_flags(flags)))


def _same_flags(flags: Flags) -> Iterator[str]:
    """The flags that say nothing about the app."""
    access = flags.access
    for flag, value in (
        ("--node-port-range", flags.node_port_range),
        ("-o", flags.output),
        ("--kubeconfig", access.kubeconfig),
        ("--context", access.context),
        ("--request-timeout", access.timeout if access.timeout != "30s" else None),
    ):
        if value:
            yield from (flag, value)
    if flags.dry_run != "none":
        yield f"--dry-run={flags.dry_run}"
    for source in flags.taken:
        yield from ("--taken", source)
    yield from (flag for flag, on in (("--diff", flags.diff), ("--trust", flags.trust), ("--force", flags.force)) if on)


def _pack_from_here(pack: str, root: str) -> str:
    """A pack as it is named in the current folder; it is saved as from the project root."""
    from scaffold.packs.finding import is_path

    if not is_path(pack) or os.path.isabs(pack):
        return pack
    path = os.path.relpath(os.path.join(root, pack))
    return path if is_path(path) else f"./{path}"
