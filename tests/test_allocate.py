"""Allocation: never a taken number, never one twice, never out of range, the same answer in any order of reading."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaffold.allocate import free_node_ports, plan, plan_all
from scaffold.errors import AnswerNo
from scaffold.grammar import parse_port
from scaffold.model import (
    AppSpec,
    Band,
    Environment,
    Location,
    ObjectRef,
    PortPolicy,
    PortWish,
    Reserved,
    TakenPort,
    TakenPorts,
)


def app(*wishes, name="web", namespace="shop", kind="NodePort"):
    return AppSpec(name, "nginx", wishes, namespace=namespace, type=kind)


def held(number, owner="api", *, namespace="shop", space="node", port_name="http", protocol="TCP", cluster=None):
    ref = ObjectRef("Service", namespace, owner)
    return TakenPort(space, number, protocol, ref, Location("k8s/api/service.yaml", 14, 17), port_name, cluster=cluster)


def numbers(planned):
    return [(one.service_port, one.node_port) for one in planned.assignments]


HTTP, METRICS = PortWish("http", 5000), PortWish("metrics", 6000)
FIRST = PortPolicy(strategy="first")


def test_first_takes_the_lowest_free_number_of_the_static_band():
    taken = TakenPorts([held(30000), held(30002)])

    assert numbers(plan(app(HTTP, METRICS), taken, FIRST)) == [(8080, 30001), (8081, 30003)]


def test_stable_depends_on_namespace_and_name_alone():
    first = numbers(plan(app(HTTP), TakenPorts(), PortPolicy()))

    assert first == numbers(plan(app(PortWish("other", 1)), TakenPorts(), PortPolicy()))
    places = {numbers(plan(app(HTTP, name=f"app-{n}"), TakenPorts(), PortPolicy()))[0][1] for n in range(60)}
    assert len(places) > 30
    assert all(30000 <= place <= 30085 for place in places)


def test_the_dynamic_band_comes_after_the_static_one():
    taken = TakenPorts(held(number) for number in range(30000, 30086))

    assert plan(app(HTTP), taken, FIRST).assignments[0].node_port == 30086


@pytest.mark.parametrize(
    ("low", "high", "static"),
    [
        (30000, 32767, 86),
        (20000, 32767, 128),
        (32567, 32767, 16),
        (30000, 30015, 0),
        (30000, 30016, 16),
        (1, 65535, 128),
    ],
)
def test_the_static_band_has_the_size_that_the_allocator_computes(low, high, static):
    assert PortPolicy(low, high).static_size == static


def test_numbers_that_the_service_holds_are_kept_whatever_the_order_of_the_flags():
    mine = [
        held(30040, "web"),
        held(8080, "web", space="service"),
        held(30041, "web", port_name="metrics"),
        held(8081, "web", space="service", port_name="metrics"),
    ]

    assert numbers(plan(app(METRICS, HTTP), TakenPorts(mine), FIRST)) == [(8081, 30041), (8080, 30040)]


def test_a_manifest_wins_over_the_saved_spec():
    taken = TakenPorts([held(30001, "web"), held(30000, "web")._replace(source="app")])

    assert plan(app(HTTP), taken, FIRST).assignments[0].node_port == 30001


@pytest.mark.parametrize(
    ("other", "policy", "said"),
    [
        (held(30040, "api"), FIRST, "is already held by shop/api (k8s/api/service.yaml:14:17)"),
        (held(30041, "api"), FIRST._replace(low=31000), "is outside the range 31000-32767"),
    ],
)
def test_a_number_that_can_no_longer_be_kept_is_never_moved_without_a_word(other, policy, said):
    with pytest.raises(AnswerNo) as refused:
        plan(app(HTTP), TakenPorts([held(30040, "web"), other]), policy)

    assert refused.value.message == f"node port 30040, which shop/web has for 'http', {said}"
    free = re.fullmatch(r"to move it, ask for another: -p (http=\d+:auto:5000)", refused.value.hint)[1]
    moved = parse_port(free, Location("--port"))
    taken = TakenPorts([held(30040, "web"), other])
    assert plan(app(moved), taken, policy).assignments[0].node_port == moved.node_port != 30040


def test_a_number_that_was_reserved_later_stays():
    reserved = (Reserved(30040, 30049, "the payments team", Location("config.yaml")),)
    policy = FIRST._replace(reserved=reserved, bands=(Band("pay", 30040, 30040, Location("config.yaml")),))

    assert plan(app(HTTP), TakenPorts([held(30040, "web")]), policy).assignments[0].node_port == 30040


def test_a_wish_wins_over_what_is_held():
    taken = TakenPorts([held(30040, "web"), held(8085, "web", space="service")])
    wish = HTTP._replace(service_port=80, node_port=30050)

    assert numbers(plan(app(wish), taken, FIRST)) == [(80, 30050)]


def test_the_config_names_service_ports():
    policy = FIRST._replace(service_by_name={"metrics": 9090, "http": 80}, service_first=9000)
    planned = plan(app(HTTP, METRICS, PortWish("x", 1)), TakenPorts(), policy)

    assert [one.service_port for one in planned.assignments] == [80, 9090, 9000]


@pytest.mark.parametrize("order", [0, 1])
def test_tcp_and_udp_of_one_service_port_share_a_node_port(order):
    wishes = [PortWish("tcp", 53, "TCP", 53), PortWish("udp", 53, "UDP", 53)]
    wishes[order] = wishes[order]._replace(node_port=30053)

    assert numbers(plan(app(*wishes), TakenPorts(), FIRST)) == [(53, 30053), (53, 30053)]
    bare = [wish._replace(node_port=None) for wish in wishes]
    assert len({one.node_port for one in plan(app(*bare), TakenPorts(), FIRST).assignments}) == 1


def test_a_cluster_ip_service_has_no_node_ports():
    assert numbers(plan(app(HTTP, kind="ClusterIP"), TakenPorts(), FIRST)) == [(8080, None)]


def refusal(wish, taken=(), policy=FIRST, **more):
    with pytest.raises(AnswerNo) as caught:
        plan(app(wish, **more), TakenPorts(taken), policy)
    return caught.value


def test_a_held_number_is_refused_with_its_holder_and_a_free_one():
    error = refusal(HTTP._replace(node_port=30000), [held(30000)])

    assert "node port 30000 of 'http' is already held by shop/api (k8s/api/service.yaml:14:17)" in str(error)
    assert "30001, which is free" in error.hint


def test_the_protocol_does_not_make_a_node_port_another_one():
    assert "already held" in str(refusal(HTTP._replace(node_port=30000, protocol="UDP"), [held(30000)]))


def test_a_number_out_of_range_is_refused():
    assert "30000-32767" in str(refusal(HTTP._replace(node_port=8080)))


def test_a_reserved_number_is_refused_with_the_reason_and_never_given():
    place = Location(".svcgen/config.yaml", 3, 15)
    policy = FIRST._replace(reserved=(Reserved(30000, 30004, "ingress", place),))

    assert "is reserved: ingress (.svcgen/config.yaml:3:15)" in str(
        refusal(HTTP._replace(node_port=30000), policy=policy)
    )
    assert plan(app(HTTP), TakenPorts(), policy).assignments[0].node_port == 30005


def test_a_namespace_lives_in_its_band_and_the_others_stay_out():
    place = Location("config", 1)
    band = Band("payments", 30000, 30001, place)
    policy = FIRST._replace(bands=(band,), reserved=(Reserved(30000, 30001, "payments team", place),))

    assert plan(app(HTTP, namespace="payments"), TakenPorts(), policy).assignments[0].node_port == 30000
    assert plan(app(HTTP), TakenPorts(), policy).assignments[0].node_port == 30002
    assert "band of namespace payments" in str(refusal(HTTP._replace(node_port=30000), policy=policy))
    assert "is outside 30000-30001" in str(refusal(HTTP._replace(node_port=30005), policy=policy, namespace="payments"))


def test_a_full_range_names_holders():
    taken = [held(number, f"api-{number}") for number in range(30000, 30020)]
    error = refusal(HTTP, taken, FIRST._replace(high=30019))

    assert "no node port is free in 30000-30019" in str(error)
    assert "30000 is already held by shop/api-30000 (k8s/api/service.yaml:14:17)" in str(error)
    assert "and 15 more" in str(error)


def test_numbers_of_another_cluster_are_free():
    taken = TakenPorts([held(30000, cluster="prod"), held(30001, cluster="dev"), held(30002)])

    assert plan(app(HTTP), taken, FIRST, "dev").assignments[0].node_port == 30000
    assert plan(app(HTTP), taken, FIRST).assignments[0].node_port == 30003


def test_a_number_that_one_app_of_a_run_asks_for_is_given_to_no_other():
    asks = app(HTTP._replace(node_port=30000), name="later")
    planned = list(plan_all([app(HTTP), asks], TakenPorts(), lambda _: (FIRST, None)))

    assert [one.assignments[0].node_port for one in planned] == [30001, 30000]


def test_two_apps_of_a_run_that_ask_for_one_number_are_refused():
    one, two = app(HTTP._replace(node_port=30000)), app(HTTP._replace(node_port=30000), name="two")

    with pytest.raises(AnswerNo, match="already held by shop/two"):
        list(plan_all([one, two], TakenPorts(), lambda _: (FIRST, None)))


taken_entries = st.lists(
    st.builds(
        held,
        st.integers(30000, 30060),
        st.sampled_from(["api", "db", "web"]),
        port_name=st.sampled_from(["http", "metrics", "x"]),
        space=st.sampled_from(["node", "service"]),
    ),
    max_size=70,
)
apps = st.lists(
    st.builds(
        PortWish,
        name=st.sampled_from(["http", "metrics", "dns", "dns-udp", "x"]),
        target_port=st.integers(1, 9),
        protocol=st.sampled_from(["TCP", "UDP"]),
        service_port=st.none() | st.sampled_from([53, 80, 8080]),
        node_port=st.none() | st.integers(30000, 30050),
    ),
    min_size=1,
    max_size=5,
    unique_by=(lambda wish: wish.name, lambda wish: (wish.target_port, wish.protocol)),
).filter(
    lambda wishes: (
        len({(w.service_port, w.protocol) for w in wishes if w.service_port})
        == sum(1 for w in wishes if w.service_port)
        and len({w.node_port for w in wishes if w.node_port}) == sum(1 for w in wishes if w.node_port)
    )
)


@settings(max_examples=400, deadline=None)
@given(taken_entries, apps, st.sampled_from(["stable", "first"]), st.randoms(use_true_random=False))
def test_every_plan_is_sound_and_does_not_depend_on_the_order_of_reading(entries, wishes, strategy, rnd):
    policy = PortPolicy(30000, 30060, strategy=strategy, reserved=(Reserved(30010, 30012, "r", Location("c")),))
    wanted = app(*wishes)
    others = {entry.number for entry in entries if entry.space == "node" and entry.owner.name != "web"}
    try:
        planned = plan(wanted, TakenPorts(entries), policy)
    except AnswerNo as error:
        kept = [entry.number for entry in entries if entry.space == "node" and entry.owner.name == "web"]
        lost = any(f"node port {number}, which shop/web has" in str(error) for number in set(kept) & others)
        assert any(wish.node_port for wish in wishes) or lost or "no node port is free" in str(error)  # noqa: PT017
        return
    mine = {entry.number for entry in entries if entry.owner.name == "web"}
    by_number = {}
    for one in planned.assignments:
        assert 30000 <= one.node_port <= 30060
        assert one.node_port not in others
        assert not 30010 <= one.node_port <= 30012 or one.node_port in mine
        by_number.setdefault(one.node_port, set()).add(one.service_port)
        assert one.wish.node_port in (None, one.node_port)
        assert one.wish.service_port in (None, one.service_port)
    assert all(len(service_ports) == 1 for service_ports in by_number.values())
    assert len({(one.service_port, one.wish.protocol) for one in planned.assignments}) == len(wishes)
    shuffled = list(entries)
    rnd.shuffle(shuffled)
    assert numbers(plan(wanted, TakenPorts(shuffled), policy)) == numbers(planned)


def test_a_hundred_apps_get_a_hundred_numbers():
    wanted = [app(HTTP, name=f"app-{n}") for n in range(100)]
    random.Random(1).shuffle(wanted)
    planned = list(plan_all(wanted, TakenPorts(), lambda _: (PortPolicy(), None)))

    assert len({one.assignments[0].node_port for one in planned}) == 100


# --- environments ----------------------------------------------------------------------------------------------------


def environment(name, cluster=None, **policy):
    return Environment(name, f"web/overlays/{name}", PortPolicy(strategy="first", **policy), cluster)


def by_environment(planned):
    return [{port.environment: port.node_port for port in one.environments} for one in planned.assignments]


TWO_CLUSTERS = (environment("dev", "dev-cluster"), environment("prod", "prod-cluster"))
ONE_CLUSTER = (environment("dev", "shared"), environment("prod", "shared"))
NOBODY_SAYS = (environment("dev"), environment("prod"))


def test_each_environment_gets_node_ports_of_its_own_cluster_and_the_service_ports_are_the_same_everywhere():
    taken = TakenPorts([held(30000, cluster="prod-cluster"), held(30001, cluster="dev-cluster")])
    planned = plan(app(HTTP, METRICS), taken, FIRST, environments=TWO_CLUSTERS)

    assert by_environment(planned) == [{"dev": 30000, "prod": 30001}, {"dev": 30002, "prod": 30002}]
    assert numbers(planned) == [(8080, None), (8081, None)]
    assert planned.environments == ("dev", "prod")
    assert numbers(planned.within("prod")) == [(8080, 30001), (8081, 30002)]


@pytest.mark.parametrize("environments", [ONE_CLUSTER, NOBODY_SAYS], ids=["one cluster", "nobody says"])
def test_environments_that_could_meet_are_given_different_numbers(environments):
    planned = plan(app(HTTP, METRICS), TakenPorts(), FIRST, environments=environments)

    assert by_environment(planned) == [{"dev": 30000, "prod": 30002}, {"dev": 30001, "prod": 30003}]


def test_the_ranges_of_the_clusters_count():
    environments = (environment("dev", "a", low=31000, high=31999), environment("prod", "b"))

    assert by_environment(plan(app(HTTP), TakenPorts(), FIRST, environments=environments)) == [
        {"dev": 31000, "prod": 30000}
    ]


def test_a_number_chosen_for_one_environment_is_never_one_that_a_later_one_asks_for_or_has():
    wish = PortWish("http", 5000, node_ports=(("prod", 30000),))
    kept = held(30001, "web", port_name="metrics")._replace(source="app", environment="prod")
    planned = plan(app(wish, METRICS), TakenPorts([kept]), FIRST, environments=NOBODY_SAYS)

    assert by_environment(planned) == [{"dev": 30002, "prod": 30000}, {"dev": 30003, "prod": 30001}]


def test_one_number_for_all_environments_is_refused_only_where_they_certainly_share_a_cluster():
    wish = PortWish("http", 5000, node_port=30007)
    for environments in (TWO_CLUSTERS, NOBODY_SAYS):
        assert by_environment(plan(app(wish), TakenPorts(), FIRST, environments=environments)) == [
            {"dev": 30007, "prod": 30007}
        ]

    with pytest.raises(AnswerNo, match="node port 30007 of 'http' in dev is already held by shop/web in prod"):
        plan(app(wish), TakenPorts(), FIRST, environments=ONE_CLUSTER)


def test_numbers_stay_from_the_saved_spec_or_from_the_manifests_of_each_environment():
    planned = plan(app(HTTP, METRICS), TakenPorts(), FIRST, environments=NOBODY_SAYS)
    wanted = by_environment(planned)
    saved, manifests = [], []
    for one in planned.spec.ports:
        for name, number in one.node_ports:
            mine = held(number, "web", port_name=one.name)
            saved.append(mine._replace(source="app", environment=name, location=Location(".svcgen/apps/web.yaml")))
            manifests.append(mine._replace(location=Location(f"web/overlays/{name}/service.yaml")))

    # the other way round, so that choosing anew would give other numbers
    around = NOBODY_SAYS[::-1]
    for entries in (saved, manifests, saved + manifests):
        again = by_environment(plan(app(HTTP, METRICS), TakenPorts(entries), FIRST, environments=around))
        assert [dict(sorted(one.items())) for one in again] == wanted


def test_a_new_environment_moves_no_number_of_the_others():
    saved = [
        held(number, "web")._replace(source="app", environment=name)
        for name, number in (("dev", 30001), ("prod", 30000))
    ]
    environments = (environment("dev"), environment("stage"), environment("prod"))

    assert by_environment(plan(app(HTTP), TakenPorts(saved), FIRST, environments=environments)) == [
        {"dev": 30001, "stage": 30002, "prod": 30000}
    ]


def test_an_app_without_node_ports_has_none_in_any_environment():
    planned = plan(app(HTTP, kind="ClusterIP"), TakenPorts(), FIRST, environments=TWO_CLUSTERS)

    assert by_environment(planned) == [{"dev": None, "prod": None}]
    assert planned.spec.ports[0].node_ports == ()


def test_apps_of_one_run_do_not_meet_in_any_environment():
    apps = [app(HTTP, name=f"app-{n}") for n in range(30)]
    planned = list(plan_all(apps, TakenPorts(), lambda _: (FIRST, None), lambda _: TWO_CLUSTERS))

    for name in ("dev", "prod"):
        assert sorted(by_environment(one)[0][name] for one in planned) == list(range(30000, 30030))


def test_tcp_and_udp_of_one_service_port_share_a_node_port_in_each_environment():
    wishes = (PortWish("dns", 5353, "UDP", 53), PortWish("dns-tcp", 5353, "TCP", 53))

    assert by_environment(plan(app(*wishes), TakenPorts(), FIRST, environments=NOBODY_SAYS)) == [
        {"dev": 30000, "prod": 30001},
        {"dev": 30000, "prod": 30001},
    ]


def test_the_service_in_the_namespace_of_its_environment_is_the_same_service():
    environments = (
        environment("dev")._replace(namespace="shop-dev"),
        environment("prod")._replace(namespace="shop-prod"),
    )
    built = [
        held(number, "web", namespace=namespace, port_name="http")._replace(location=Location("-", 1, 1))
        for number, namespace in ((30005, "shop-dev"), (30006, "shop-prod"))
    ]
    other = held(30000, "web", namespace="else")

    # what kustomize built, or a cluster runs, is kept and not in the way
    assert by_environment(plan(app(HTTP), TakenPorts([*built, other]), FIRST, environments=environments)) == [
        {"dev": 30005, "prod": 30006}
    ]
    # and in the way of everybody else
    wish = PortWish("http", 5000, node_port=30005)
    with pytest.raises(AnswerNo, match="already held by shop-dev/web"):
        plan(app(wish), TakenPorts(built), FIRST, environments=(environment("dev"),))


def test_the_band_of_the_environment_s_namespace_counts():
    band = Band("shop-dev", 30040, 30049, Location("config.yaml"))
    dev = environment("dev", bands=(band,))

    assert by_environment(plan(app(HTTP), TakenPorts(), FIRST, environments=(dev._replace(namespace="shop-dev"),))) == [
        {"dev": 30040}
    ]
    assert by_environment(plan(app(HTTP), TakenPorts(), FIRST, environments=(dev,))) == [{"dev": 30000}]


clusters = st.sampled_from([None, "prod", "dev"])
held_anywhere = st.lists(
    st.builds(held, st.integers(30000, 30060), st.sampled_from(["api", "web"]), cluster=clusters), max_size=40
)


@settings(max_examples=300, deadline=None)
@given(held_anywhere, clusters, st.sampled_from(["shop", "pay", None]), st.integers(30000, 30060))
def test_free_numbers_are_those_that_a_new_app_would_get_one_after_the_other(entries, cluster, namespace, high):
    policy = FIRST._replace(
        high=high,
        reserved=(Reserved(30010, 30012, "r", Location("c")),),
        bands=(Band("pay", 30020, 30029, Location("c")),),
    )
    free = list(free_node_ports(TakenPorts(entries), policy, namespace=namespace, cluster=cluster))
    static, dynamic = (
        list(free_node_ports(TakenPorts(entries), policy, namespace=namespace, cluster=cluster, band=band))
        for band in ("static", "dynamic")
    )
    wishes = [PortWish(f"p{number}", number) for number in range(1, len(free) + 1)]
    taken = TakenPorts(entries)

    assert free == static + dynamic
    assert static == [number for number in free if number < 30000 + policy.static_size]
    if free:
        planned = plan(app(*wishes, name="new", namespace=namespace), taken, policy, cluster)
        assert [one.node_port for one in planned.assignments] == free
    with pytest.raises(AnswerNo):
        plan(app(*wishes, PortWish("more", 9), name="new", namespace=namespace), taken, policy, cluster)


def test_a_number_that_the_service_holds_in_another_cluster_is_not_kept():
    taken = TakenPorts([held(30005, "web", cluster="dev"), held(30007, "web", cluster="prod")])

    given = {cluster: plan(app(HTTP), taken, FIRST, cluster).assignments[0].node_port for cluster in ("dev", "prod")}
    assert given == {"dev": 30005, "prod": 30007}
    assert plan(app(HTTP), taken, FIRST, "test").assignments[0].node_port == 30000
