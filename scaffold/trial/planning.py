"""The numbers of an app that is only tried: as if nobody else had any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold import allocate
from scaffold.model import Environment, PortPolicy, TakenPorts
from scaffold.packs.policy import limits

if TYPE_CHECKING:
    from scaffold.model import AppSpec, PortPlan
    from scaffold.render import Renderer


def policy_of(renderer: Renderer) -> PortPolicy:
    """Which node ports a pack's own policy allows."""
    return PortPolicy(limits=limits(renderer.pack))


def plan_of(renderer: Renderer, app: AppSpec) -> PortPlan:
    """The numbers of an app; each of its environments has a cluster of its own.

    Raises:
        AnswerNo: the pack's policy has not enough numbers.
        SvcgenError: the environments cannot be worked out: an answer is wrong or missing.
    """
    policy = policy_of(renderer)
    environments = [
        Environment(name, f"{app.output or app.name}/{name}", policy, name, namespace)
        for name, namespace in renderer.environments(app).items()
    ]
    return allocate.plan(app, TakenPorts(), policy, None, environments)
