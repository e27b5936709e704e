"""`-`: manifests on standard input, say from `helm template` or `kubectl kustomize`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.kinds import SERVICES
from scaffold.sources.files import standard_input
from scaffold.sources.tree import read_input, taken_ports

if TYPE_CHECKING:
    from scaffold.sources import Asking, Found


def read(target: str, asking: Asking) -> Found:  # noqa: ARG001 - there is one standard input only
    """The ports of every Service that comes through the pipe.

    Raises:
        SvcgenError: it cannot be read, or nothing came.
    """
    documents, unread = read_input(standard_input(asking.place), SERVICES)
    found, not_judged = taken_ports(documents)
    return found, not_judged + unread
