"""Who holds what, told from any list of mentions: the counts add up, and conflicts are those that allocation sees."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from scaffold.config import Cluster, Config
from scaffold.model import Location, ObjectRef, PortPolicy, Reserved, TakenPort, TakenPorts
from scaffold.occupancy import Wanted, survey

CLUSTERS = (Cluster("prod", ("prod/**",)), Cluster("dev", ("dev/**",), 30020, 30060))
POLICY = PortPolicy(30000, 30060, reserved=(Reserved(30003, 30005, "r", Location("c")),))
NOBODY = ObjectRef("", None, "")


def entry(number, name="web", *, namespace="shop", cluster=None, place="a.yaml", line=1, source="tree", space="node"):
    owner = ObjectRef("Service", namespace, name)
    return TakenPort(space, number, "TCP", owner, Location(place, line), "http", 80, 8080, cluster, source)


names = st.sampled_from(["web", "api", "dns"])
entries = st.lists(
    st.builds(
        entry,
        st.integers(29998, 30063),
        names,
        cluster=st.sampled_from([None, "prod", "dev"]),
        line=st.integers(1, 5),
        place=st.sampled_from(["a.yaml", "b/c.yaml"]),
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(entries, st.randoms(use_true_random=False))
def test_counts_add_up_and_conflicts_are_those_that_allocation_sees(found, rnd):
    config = Config(POLICY, CLUSTERS)
    seen = survey(found, config)
    taken = TakenPorts(found)

    for usage in seen.usages:
        policy = config.policy_of(usage.cluster)
        halves = [half for half in (usage.static, usage.dynamic) if half]
        inside = range(policy.low, policy.high + 1)
        held = [n for n in inside if taken.is_held(n, besides=NOBODY.key, cluster=usage.cluster)]
        assert sum(half.held for half in halves) == len(held)
        assert sum(half.size for half in halves) == len(inside)
        assert all(half.free >= 0 for half in halves)
        assert sum(half.reserved for half in halves) == len(set(range(30003, 30006)) & set(inside) - set(held))
    for one in seen.conflicts:
        owners = {holder.owner.key for holder in taken.holders(one.number, besides=NOBODY, cluster=one.cluster)}
        assert {holder.owner.key for holder in one.holders} == owners
        assert len(owners) > 1
    told = {(one.number, one.cluster) for one in seen.conflicts}
    for number in range(29998, 30064):
        for cluster in {one.cluster for one in found if one.number == number and one.cluster}:
            owners = {holder.owner.key for holder in taken.holders(number, besides=NOBODY, cluster=cluster)}
            assert ((number, cluster) in told) == (len(owners) > 1)
    shuffled = list(found)
    rnd.shuffle(shuffled)
    assert survey(shuffled, config) == seen


@settings(max_examples=100, deadline=None)
@given(entries)
def test_every_mention_is_a_place_of_exactly_one_holding(found):
    holdings = survey(found, Config()).holdings()

    places = sorted(
        (one.port.number, one.port.owner.name, one.port.cluster or "", *p) for one in holdings for p in one.places
    )
    assert places == sorted({(one.number, one.owner.name, one.cluster or "", *one.location) for one in found})


def test_one_name_with_and_without_a_namespace_may_be_one_service_unless_both_stand_in_one_folder():
    far = [entry(30001), entry(30001, namespace=None, place="base/b.yaml")]
    near = [entry(30001), entry(30001, namespace=None, place="b.yaml")]
    three = [*far, entry(30001, namespace="pay", place="c.yaml")]

    assert [len(survey(some, Config()).conflicts) for some in (far, near, three)] == [0, 1, 1]


def test_a_saved_app_counts_where_no_manifest_shows_its_port():
    saved = entry(30001, source="app", place=".svcgen/apps/web.yaml")
    other = entry(30002, source="app", place=".svcgen/apps/web.yaml")
    shown = entry(30001, place="web/service.yaml")._replace(target_port="http")
    seen = survey([saved, other, shown], Config())

    assert [(one.number, one.source, one.target_port) for one in seen.entries] == [
        (30001, "tree", 8080),
        (30002, "app", 8080),
    ]


def test_a_filter_keeps_the_conflicts_of_what_it_shows():
    found = [entry(30001), entry(30001, "api", namespace="pay", place="b.yaml"), entry(30002, "dns", place="c.yaml")]

    assert len(survey(found, Config(), wanted=Wanted(namespace="pay")).conflicts) == 1
    assert survey(found, Config(), wanted=Wanted(low=30002)).conflicts == ()
    assert survey(found, Config(), wanted=Wanted(space="service")).conflicts == ()


def test_one_service_may_share_a_number_between_protocols_on_one_service_port_only():
    tcp = entry(30053)
    udp = entry(30053, line=2)._replace(protocol="UDP")
    other = entry(30053, line=3)._replace(port_name="other", service_port=8080)
    health = entry(30053, line=4)._replace(port_name="healthCheckNodePort", service_port=None)
    variant = other._replace(location=Location("another/chapter.yaml", 3))

    def conflicts(*found):
        return [[one.location.line for one in conflict.holders] for conflict in survey(found, Config()).conflicts]

    assert conflicts(tcp, udp) == []
    assert conflicts(tcp, udp, other) == [[1, 3]]
    assert conflicts(tcp, udp, health) == [[1, 4]]
    assert conflicts(tcp, udp, variant) == []
