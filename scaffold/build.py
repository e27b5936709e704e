"""Specs -> plans -> verified files -> changes: the middle of the line, for one app or a thousand."""

from __future__ import annotations

import os
import shlex
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold import allocate, sources, spec
from scaffold.config import display, load, parse_range, project_root
from scaffold.errors import SvcgenError
from scaffold.model import ClusterAccess, Environment, Location, TakenPorts, as_saved
from scaffold.sources import apps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from scaffold.config import Config
    from scaffold.model import AppSpec, NotJudged, PortPlan, PortPolicy, RenderedFile, TakenPort
    from scaffold.packs.model import Pack
    from scaffold.render import Renderer
    from scaffold.write import Change


class Built(NamedTuple):
    """One app, ready to be written.

    `answers` are all of the pack's, secrets too, which the App spec never holds; `next` is what a person runs after
    writing.
    """

    plan: PortPlan
    files: tuple[RenderedFile, ...]
    answers: Mapping[str, Any] = {}
    next: tuple[str, ...] = ()

    @property
    def manifests(self) -> list[RenderedFile]:
        """The files for kubectl: not a kind cluster's config, say."""
        return [file for file in self.files if file.content == "manifests"]


class Project:
    """The project that a command works in. Reads the world when asked; keeps only what cannot change meanwhile."""

    def __init__(
        self,
        folder: str,
        node_port_range: str | None = None,
        strategy: str | None = None,
        access: ClusterAccess = ClusterAccess(),  # noqa: B008 - a NamedTuple never changes
        *,
        trust: bool = False,
    ) -> None:
        """Finds the project root above `folder` and reads its config; flags win over the config.

        With `trust` a pack may come from a branch, which moves.

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
        self.trust = trust
        self._renderers: dict[tuple[str, str | None], Renderer] = {}

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
        apps_of = list(saved.values())
        entries, not_judged = sources.taken(asking, chosen, apps_of, paths, self._cluster_in)
        return entries, [one for one in not_judged if not self._is_known(one.location.where, apps_of)]

    def _is_known(self, shown: str, saved: Iterable[apps.Saved]) -> bool:
        """Whether a file that cannot be judged is the template of a chart whose ports an App spec holds anyway."""
        path = os.path.abspath(shown)
        for one in saved:
            folder = os.path.join(self.root, one.app.output or one.app.name, "")
            if path.startswith(folder):
                try:
                    files = self.renderer(one.app).pack.files
                except SvcgenError:
                    return False
                inside = path.removeprefix(folder).replace(os.sep, "/")
                return any(file.path == inside and file.content == "text" for file in files)
        return False

    def renderer(self, app: AppSpec) -> Renderer:
        """The renderer of an app's pack."""
        pack, pinned = app.pack, app.pack_commit
        if (pack, pinned) not in self._renderers:
            from scaffold import packs
            from scaffold.render import Renderer

            asked = app.place("--template", "spec", "template", "pack")
            found = packs.load(pack, self.root, asked, trust=self.trust, pinned=pinned)
            self._renderers[pack, pinned] = Renderer(found)
        return self._renderers[pack, pinned]

    def policy_of(self, app: AppSpec) -> tuple[PortPolicy, str | None]:
        """The policy for an app, its pack's limits in it, and the cluster that its output folder belongs to."""
        cluster = self.config.cluster_of(f"{app.output}/service.yaml") if app.output else None
        return self._policy_in(cluster, self.renderer(app).pack), cluster

    def _policy_in(self, cluster: str | None, pack: Pack) -> PortPolicy:
        policy = self.config.policy_of(cluster)
        if pack.policy:
            from scaffold.packs.policy import limits

            policy = policy._replace(limits=limits(pack))
        return policy

    def environments_of(self, app: AppSpec) -> tuple[Environment, ...]:
        """Where an app goes to, as its pack and its answers say; empty for a pack without environments.

        Raises:
            SvcgenError: a node port for an environment that there is not; an answer of the pack that is wrong.
        """
        renderer = self.renderer(app)
        names = renderer.environments(app)
        for wish in app.ports:
            for name, _ in wish.node_ports:
                if name not in names:
                    known = f"it goes to {', '.join(names)}" if names else f"pack {app.pack!r} has no environments"
                    hint = f"add {name} to them, or take nodePort.{name} out" if names else "try -t kustomize"
                    raise SvcgenError(f"{wish.name!r} has a node port in {name!r}, and {known}", wish.location, hint)
        return tuple(
            self._environment(app, renderer.pack, name)._replace(namespace=namespace)
            for name, namespace in names.items()
        )

    def _environment(self, app: AppSpec, pack: Pack, name: str) -> Environment:
        """The cluster is that of the first file which is made for the environment."""
        path = next((file.path for file in pack.files if file.each), "{environment}/service.yaml")
        inside = f"{app.output or app.name}/{path.replace('{environment}', name)}"
        cluster = self.config.cluster_of(inside)
        folder = display(os.path.join(self.root, os.path.dirname(inside)))
        return Environment(name, folder, self._policy_in(cluster, pack), cluster)

    def _cluster_in(self, app: AppSpec, environment: str) -> str | None:
        """The cluster of an environment of a saved app; what cannot be known counts in every cluster."""
        if not self.config.clusters:
            return None
        try:
            return self._environment(app, self.renderer(app).pack, environment).cluster
        except SvcgenError:
            return None


def build(project: Project, wanted: Sequence[AppSpec], taken: TakenPorts) -> Iterator[Built]:
    """Plans, renders and verifies every app; yields them one by one, so that progress can be shown.

    Raises:
        AnswerNo: a number that cannot be had.
        SvcgenError: two apps of one name, a template that fails or does not say what the plan says.
    """
    from scaffold.verify import verify

    for planned in plan(project, wanted, taken):
        renderer = project.renderer(planned.app)
        answers = renderer.answers(planned)
        app = _stamped(planned.app, renderer.pack, answers)
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
        folder = shlex.quote(display(os.path.join(project.root, app.output or app.name)))
        yield Built(planned, files, answers, renderer.next(planned, answers, folder) if len(wanted) == 1 else ())


def plan(project: Project, wanted: Sequence[AppSpec], taken: TakenPorts) -> Iterator[PortPlan]:
    """Every app as its pack's policy wants it, with its numbers.

    Raises:
        AnswerNo: a number that cannot be had.
        SvcgenError: two apps of one name, what a policy does not allow.
    """
    _refuse_twins(wanted)
    allowed = [_allowed(project, app) for app in wanted]
    yield from allocate.plan_all(allowed, taken, project.policy_of, project.environments_of)


def _allowed(project: Project, app: AppSpec) -> AppSpec:
    """The app as the pack's policy wants it, from the pack that it was made from."""
    pack = project.renderer(app).pack
    if app.pack_commit and pack.commit != app.pack_commit and not project.trust:
        raise SvcgenError(
            f"{app.name} was made from commit {app.pack_commit[:12]}, and {app.pack} is {str(pack.commit)[:12]} now",
            app.place("--template", "spec", "template", "commit"),
            f"svcgen update {app.name} takes the new one over; --trust takes it as it is",
        )
    if not pack.policy:
        return app
    from scaffold.packs.policy import hold

    return hold(app, pack)


def _stamped(app: AppSpec, pack: Pack, answers: Mapping[str, object]) -> AppSpec:
    """The app with the typed answers that it gave, none of them secret, and which pack rendered it."""
    secret = {question.name for question in pack.questions if question.secret}
    return app._replace(
        answers={name: answers[name] for name in app.answers if name not in secret},
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
    from scaffold.write import compare, refuse_leaving

    wanted: dict[str, str] = {}
    ours: dict[str, Callable[[], str | None]] = {}
    for one in built:
        app = one.plan.spec
        mine = saved.get(app.service.key)
        secrets = secrets_of(project, one)
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
            ours[target] = partial(_as_saved, project, mine, file.path, secrets)
    compared = list(compare(wanted, {path: display(path) for path in wanted}))
    edited = [one for one in compared if one.state == "changed" and not _is_ours(one, ours[one.path]())]
    return compared, edited


def secrets_of(project: Project, built: Built) -> dict[str, Any]:
    """The answers of an app that are in its files only."""
    pack = project.renderer(built.plan.app).pack
    return {one.name: built.answers[one.name] for one in pack.questions if one.secret and one.name in built.answers}


def _is_ours(change: Change, text: str | None) -> bool:
    return text is not None and change.old == text.encode()


def _as_saved(project: Project, saved: apps.Saved | None, path: str, secrets: Mapping[str, Any]) -> str | None:
    """What svcgen wrote to a file the last time: the saved spec, rendered again. No secret is saved, so today's are."""
    if saved is None:
        return None
    app = saved.app._replace(answers={**saved.app.answers, **secrets})
    try:
        renderer = project.renderer(app)
        plan = as_saved(app)
        files = renderer.render(plan, renderer.answers(plan))
    except SvcgenError:
        return None
    return next((file.text for file in files if file.path == path), None)
