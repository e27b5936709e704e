"""Specs -> plans -> verified files -> changes: the middle of the line, for one app or a thousand."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold import allocate, packs, sources, spec
from scaffold.config import display, load, parse_range, project_root
from scaffold.errors import SvcgenError
from scaffold.model import Assignment, Location, PortPlan
from scaffold.sources import apps
from scaffold.write import Change, compare, refuse_leaving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from scaffold.config import Config
    from scaffold.model import AppSpec, NotJudged, PortPolicy, RenderedFile, TakenPorts
    from scaffold.packs.model import Pack
    from scaffold.render import Renderer


class Built(NamedTuple):
    """One app, ready to be written. `secrets` are answers that are in the files only, never in the App spec."""

    plan: PortPlan
    files: tuple[RenderedFile, ...]
    secrets: Mapping[str, Any] = {}


class Project:
    """The project that a command works in. Reads the world when asked; keeps only what cannot change meanwhile."""

    def __init__(self, folder: str, node_port_range: str | None = None, strategy: str | None = None) -> None:
        """Finds the project root above `folder` and reads its config; flags win over the config.

        Raises:
            SvcgenError: a config that cannot be read or is wrong, a range that is none.
        """
        self.root = project_root(folder)
        self.config: Config = load(self.root)
        policy = self.config.policy
        if node_port_range:
            low, high = parse_range(node_port_range, Location("--node-port-range"))
            policy = policy._replace(low=low, high=high)
            clusters = tuple(cluster._replace(low=None, high=None) for cluster in self.config.clusters)
            self.config = self.config._replace(clusters=clusters)
        if strategy:
            if strategy not in ("stable", "first"):
                raise SvcgenError(f"{strategy!r} is neither stable nor first", Location("--allocate"))
            policy = policy._replace(strategy=strategy)  # type: ignore[arg-type]
        self.config = self.config._replace(policy=policy)
        self._renderers: dict[str, Renderer] = {}

    def saved(self) -> dict[tuple[str, str, str], apps.Saved]:
        """The saved App specs as they are now."""
        return apps.load_all(self.root)

    def taken(
        self, chosen: Iterable[str], saved: Mapping[tuple[str, str, str], apps.Saved]
    ) -> tuple[TakenPorts, list[NotJudged]]:
        """Every number in use as of now, and what could not be judged."""
        return sources.taken(self.root, self.config, chosen, list(saved.values()))

    def renderer(self, pack: str) -> Renderer:
        """The renderer of a pack, by name or path."""
        if pack not in self._renderers:
            from scaffold.render import Renderer

            self._renderers[pack] = Renderer(packs.load(pack, self.root))
        return self._renderers[pack]

    def policy_of(self, app: AppSpec) -> tuple[PortPolicy, str | None]:
        """The policy for an app, its pack's limits in it, and the cluster that its output folder belongs to."""
        cluster = self.config.cluster_of(f"{app.output}/service.yaml") if app.output else None
        policy = self.config.policy_of(cluster)
        pack = self.renderer(app.pack).pack
        if pack.policy:
            from scaffold.packs.policy import limits

            policy = policy._replace(limits=limits(pack))
        return policy, cluster


def build(project: Project, wanted: Sequence[AppSpec], taken: TakenPorts) -> Iterator[Built]:
    """Plans, renders and verifies every app; yields them one by one, so that progress can be shown.

    Raises:
        AnswerNo: a number that cannot be had.
        SvcgenError: two apps of one name, a template that fails or does not say what the plan says.
    """
    from scaffold.verify import verify

    _refuse_twins(wanted)
    allowed = [_allowed(app, project.renderer(app.pack).pack) for app in wanted]
    for planned in allocate.plan_all(allowed, taken, project.policy_of):
        renderer = project.renderer(planned.app.pack)
        answers = renderer.answers(planned)
        secret = {question.name for question in renderer.pack.questions if question.secret}
        secrets = {name: answers[name] for name in planned.app.answers if name in secret}
        app = _stamped(planned.app, renderer.pack, {name: answers[name] for name in answers if name not in secret})
        planned = planned._replace(app=app)
        files = renderer.render(planned, answers)
        policy, _ = project.policy_of(app)
        problems = verify(files, planned, taken, policy)
        if problems:
            place, message = problems[0].location, problems[0].message
            at = renderer.template_line(planned, answers, place.where, place.line)
            more = "".join(f"\n{one.location}: {one.message}" for one in problems[1:5])
            raise SvcgenError(
                f"{place.where}, line {place.line} as rendered for {app.name}: {message}{more}",
                at,
                "nothing was written; mend the template",
            )
        yield Built(planned, files, secrets)


def _allowed(app: AppSpec, pack: Pack) -> AppSpec:
    """The app as the pack's policy wants it."""
    if not pack.policy:
        return app
    from scaffold.packs.policy import hold

    return hold(app, pack)


def _stamped(app: AppSpec, pack: Pack, answers: Mapping[str, object]) -> AppSpec:
    """The app with the typed answers that it gave, and which pack rendered it."""
    return app._replace(
        answers={name: answers[name] for name in app.answers if name in answers},
        pack_version=pack.version,
        pack_digest=pack.digest,
        pack_commit=pack.commit,
    )


def _refuse_twins(wanted: Sequence[AppSpec]) -> None:
    seen: dict[tuple[str, str, str], AppSpec] = {}
    for app in wanted:
        other = seen.setdefault(app.service.key, app)
        if other is not app:
            raise SvcgenError(f"{app.service} is asked for twice, also at {other.location}", app.location)


def changes(
    project: Project, built: Sequence[Built], saved: Mapping[tuple[str, str, str], apps.Saved]
) -> tuple[list[Change], list[Change]]:
    """What writing would do: every change in writing order, and those that would overwrite somebody's edit.

    The App spec comes before its manifests: after a crash between two files the next run finds the numbers there.
    """
    wanted: dict[str, str] = {}
    ours: dict[str, Callable[[], str | None]] = {}
    for one in built:
        app = one.plan.spec
        mine = saved.get(app.service.key)
        path = apps.path_for(project.root, app, saved)
        wanted[path] = spec.to_text(app)
        ours[path] = lambda mine=mine: spec.to_text(mine.app) if mine else None  # type: ignore[misc]
        for file in one.files:
            folder = os.path.join(project.root, app.output or app.name)
            target = os.path.join(folder, file.path)
            refuse_leaving(folder, target, display(target))
            if target in wanted:
                raise SvcgenError(
                    f"two apps would write {display(target)}", app.location, "give each a folder of its own"
                )
            wanted[target] = file.text
            ours[target] = partial(_as_saved, project, mine, file.path, one.secrets)
    compared = list(compare(wanted, {path: display(path) for path in wanted}))
    edited = [one for one in compared if one.state == "changed" and not _is_ours(one, ours[one.path]())]
    return compared, edited


def _is_ours(change: Change, text: str | None) -> bool:
    return text is not None and change.old == text.encode()


def _as_saved(project: Project, saved: apps.Saved | None, path: str, secrets: Mapping[str, Any]) -> str | None:
    """What svcgen wrote to a file the last time: the saved spec, rendered again. No secret is saved, so today's are."""
    if saved is None:
        return None
    app = saved.app._replace(answers={**saved.app.answers, **secrets})
    assignments = tuple(Assignment(w, w.service_port or 0, w.node_port, "kept", "kept") for w in app.ports)
    try:
        renderer = project.renderer(app.pack)
        plan = PortPlan(app, assignments)
        files = renderer.render(plan, renderer.answers(plan))
    except SvcgenError:
        return None
    return next((file.text for file in files if file.path == path), None)
