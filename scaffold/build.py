"""Specs -> plans -> verified files -> changes: the middle of the line, for one app or a thousand."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from scaffold import allocate, packs, sources, spec
from scaffold.config import display, load, parse_range, project_root
from scaffold.errors import SvcgenError
from scaffold.model import Assignment, ClusterAccess, Location, PortPlan, TakenPorts
from scaffold.sources import apps
from scaffold.write import Change, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from scaffold.config import Config
    from scaffold.model import AppSpec, NotJudged, PortPolicy, RenderedFile, TakenPort
    from scaffold.render import Renderer


class Built(NamedTuple):
    """One app, ready to be written."""

    plan: PortPlan
    files: tuple[RenderedFile, ...]


class Project:
    """The project that a command works in. Reads the world when asked; keeps only what cannot change meanwhile."""

    def __init__(
        self,
        folder: str,
        node_port_range: str | None = None,
        strategy: str | None = None,
        access: ClusterAccess = ClusterAccess(),  # noqa: B008 - a NamedTuple never changes
    ) -> None:
        """Finds the project root above `folder` and reads its config; flags win over the config.

        Raises:
            SvcgenError: a config that cannot be read or is wrong, a range that is none.
        """
        self.root, self._access = project_root(folder), access
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
        self,
        chosen: Sequence[str],
        saved: Mapping[tuple[str, str, str], apps.Saved],
        said: Callable[..., None] = lambda *_: None,
    ) -> tuple[TakenPorts, list[NotJudged]]:
        """Every number in use as of now, and what could not be judged; arguments as for `listed`."""
        entries, not_judged = self.listed(chosen, saved, said=said)
        return TakenPorts(entries), not_judged

    def listed(
        self,
        chosen: Sequence[str],
        saved: Mapping[tuple[str, str, str], apps.Saved],
        *,
        paths: Sequence[str] = (),
        said: Callable[..., None] = lambda *_: None,
    ) -> tuple[list[TakenPort], list[NotJudged]]:
        """Every mention of a port, and what could not be judged.

        Args:
            chosen: `--taken` values.
            saved: the saved App specs.
            paths: read instead of the project; `-` is stdin.
            said: told now and then how far the reading is.
        """
        asking = sources.Asking(self.config, self.root, access=self._access, said=said)
        return sources.taken(asking, chosen, list(saved.values()), paths)

    def renderer(self, pack: str) -> Renderer:
        """The renderer of a pack, by name or path."""
        if pack not in self._renderers:
            from scaffold.render import Renderer

            self._renderers[pack] = Renderer(packs.load(pack, self.root))
        return self._renderers[pack]

    def policy_of(self, app: AppSpec) -> tuple[PortPolicy, str | None]:
        """The policy for an app and the cluster that its output folder belongs to."""
        cluster = self.config.cluster_of(f"{app.output}/service.yaml") if app.output else None
        return self.config.policy_of(cluster), cluster


def build(project: Project, wanted: Sequence[AppSpec], taken: TakenPorts) -> Iterator[Built]:
    """Plans, renders and verifies every app; yields them one by one, so that progress can be shown.

    Raises:
        AnswerNo: a number that cannot be had.
        SvcgenError: two apps of one name, a template that fails or does not say what the plan says.
    """
    from scaffold.verify import verify

    _refuse_twins(wanted)
    for planned in allocate.plan_all(wanted, taken, project.policy_of):
        renderer = project.renderer(planned.app.pack)
        answers = packs.answers(renderer.pack, planned.app.answers)
        app = planned.app._replace(answers=_given(planned.app, answers), pack_version=renderer.pack.version)
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
        yield Built(planned, files)


def _given(app: AppSpec, answers: Mapping[str, object]) -> dict[str, object]:
    return {name: answers[name] for name in app.answers}


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
            target = os.path.join(project.root, app.output or app.name, file.path)
            if target in wanted:
                raise SvcgenError(
                    f"two apps would write {display(target)}", app.location, "give each a folder of its own"
                )
            wanted[target] = file.text
            ours[target] = lambda mine=mine, path=file.path: _as_saved(project, mine, path)  # type: ignore[misc]
    compared = list(compare(wanted, {path: display(path) for path in wanted}))
    edited = [one for one in compared if one.state == "changed" and not _is_ours(one, ours[one.path]())]
    return compared, edited


def _is_ours(change: Change, text: str | None) -> bool:
    return text is not None and change.old == text.encode()


def _as_saved(project: Project, saved: apps.Saved | None, path: str) -> str | None:
    """What svcgen wrote to a file the last time: the saved spec, rendered again."""
    if saved is None:
        return None
    app = saved.app
    assignments = tuple(Assignment(w, w.service_port or 0, w.node_port, "kept", "kept") for w in app.ports)
    try:
        renderer = project.renderer(app.pack)
        files = renderer.render(PortPlan(app, assignments), packs.answers(renderer.pack, app.answers))
    except SvcgenError:
        return None
    return next((file.text for file in files if file.path == path), None)
