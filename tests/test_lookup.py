"""Where a number or a name leads."""

from __future__ import annotations

import pytest

from scaffold.errors import AnswerNo, SvcgenError
from scaffold.lookup import find, unserved, wanted_port
from tests.explained import Explained, chain
from tests.test_trace import box, port, service, workload

FILES = "---\n".join(
    [
        service(
            [port(80, "web", name="http", nodePort=30080), port(9090, 9100, name="metrics", nodePort=30090)],
            type="LoadBalancer",
            externalTrafficPolicy="Local",
            healthCheckNodePort=30500,
        ),
        workload([box(8080, "web"), box(9100, "metrics"), box(7000, "admin"), box(7443, "secure", hostPort=9443)]),
        service([port(81, "web", name="http")], name="other"),
    ]
)


def look(text, files=FILES):
    explained = Explained(files)
    return find(explained.groups, wanted_port(text), list(unserved(explained.facts, explained.groups)))


def said(text):
    return sorted(str(one.what) for one in look(text).meanings)


@pytest.mark.parametrize(
    ("text", "meanings"),
    [
        ("30080", ["node port of http of Service shop/web"]),
        ("80", ["service port of http of Service shop/web"]),
        ("8080", ["target port of http of Service shop/other", "target port of http of Service shop/web"]),
        ("30500", ["health check node port of Service shop/web"]),
    ],
)
def test_a_number_is_said_to_be_what_it_is(text, meanings):
    assert said(text) == meanings


def test_only_the_routes_that_have_it_are_left():
    found = look("30090")

    assert [chain(one) for forms in found.groups for form in forms for one in form.routes] == [
        "metrics 30090 > 9090 > 9100 Deployment/web[app]"
    ]


@pytest.mark.parametrize(
    ("name", "services"), [("http", ["web", "other"]), ("web", ["web", "other"]), ("metrics", ["web"])]
)
def test_a_name_is_that_of_a_port_of_the_service_or_of_the_container(name, services):
    assert [forms[0].service.name for forms in look(name).groups] == services


@pytest.mark.parametrize("text", ["7000", "admin"])
def test_a_container_port_that_no_service_leads_to(text):
    found = look(text)

    assert found.groups == []
    assert [(str(one.workload), one.container, one.port, one.port_name) for one in found.unserved] == [
        ("shop/web", "app", 7000, "admin")
    ]
    assert found.unserved[0].where().line > 1


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("30081", "the nearest: 30080, node port of http of Service shop/web; 30090"),
        ("3080", "the nearest: 30080, "),
        ("1", "the nearest: 80, service port of http of Service shop/web; 81"),
        ("htp", "did you mean http? It is the name of a port of Service shop/web"),
        ("zzz", "the names here: admin, http, metrics, secure, web"),
    ],
)
def test_what_nothing_has_names_the_nearest(text, hint):
    with pytest.raises(AnswerNo, match=f"nothing here has the port {text}") as answer:
        look(text)
    assert answer.value.hint.startswith(hint)


def test_an_empty_tree_has_no_nearest():
    with pytest.raises(AnswerNo) as answer:
        look("80", "")
    assert answer.value.hint == "no port is written here at all"


@pytest.mark.parametrize("text", ["0", "65536", "-1", "99999999999", "9" * 5000, "", " ", "a b"])
def test_what_no_port_can_be_is_refused(text):
    with pytest.raises(SvcgenError, match="--port") as error:
        look(text)
    assert error.value.exit_code == 2
