"""Finding kinds in a text that nobody has read yet."""

from __future__ import annotations

import pytest

from scaffold.kinds import CHECKED, is_meant, slip_of

LONG = ("Service", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "CronJob")
BESIDE = ("Ingress", "NetworkPolicy", "HorizontalPodAutoscaler")


def slips(kind):
    for at in range(len(kind) + 1):
        before, after = kind[:at], kind[at:]
        yield from (f"{before}q{after}", f"{before}{after[:1]}{after}", f"{before}q{after[1:]}", before + after[1:])
        yield from (f"{before}0{after}", f"{before}\u0435{after[1:]}")
        yield before + after[1:2] + after[:1] + after[2:]


@pytest.mark.parametrize("kind", LONG + BESIDE)
def test_a_long_kind_is_found_and_known_with_one_wrong_letter(kind):
    for word in set(slips(kind)) - {kind}:
        found = CHECKED.search(f"apiVersion: v1\nkind: {word}\n".encode())
        assert found, word
        assert is_meant(found), word
        assert slip_of(word) == kind


@pytest.mark.parametrize(
    "kind", ["Device", "ServiceAccount", "ServiceEntry", "IngressClass", "ClusterPolicy", "Server"]
)
def test_other_kinds_are_not_meant(kind):
    found = CHECKED.search(f"kind: {kind}\n".encode())
    assert found is None or not is_meant(found)
    assert slip_of(kind) is None
