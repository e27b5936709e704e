"""What to type to reach a port."""

from __future__ import annotations

import pytest

from scaffold.addresses import addresses, node_address
from scaffold.errors import SvcgenError
from tests.explained import Explained
from tests.test_trace import HTTP, box, port, service, workload


def commands(*files, node="3.109.154.210"):
    """Every address of every route, as `outside curl ...`."""
    forms = Explained("---\n".join(files)).forms
    found = [one for form in forms for route in form.routes for one in addresses(form, route, node_address(node))]
    return [f"{one.place} {one.command}" for one in found]


def node_port(number, target, **more):
    return service([port(number, target, nodePort=30000, **more)], type="NodePort", name="my-service")


def test_outside_at_the_node_and_inside_by_name():
    assert commands(node_port(8080, 5000, name="http")) == [
        "outside curl http://3.109.154.210:30000",
        "inside curl http://my-service.shop.svc:8080",
    ]


def test_an_address_of_six_stands_in_brackets_where_a_port_follows():
    assert (
        commands(node_port(8080, 5000, name="http"), node="2001:db8::1")[0] == "outside curl http://[2001:db8::1]:30000"
    )
    assert commands(node_port(53, 53, protocol="UDP"), node="[2001:db8::1]")[0] == "outside nc -u 2001:db8::1 30000"


@pytest.mark.parametrize(
    ("more", "command"),
    [
        ({"name": "https"}, "curl https://n1:30000"),
        ({"name": "web", "appProtocol": "https"}, "curl https://n1:30000"),
        ({"name": "metrics"}, "curl http://n1:30000"),
        ({"name": "grpc-web"}, "curl http://n1:30000"),
        ({"name": "grpc"}, "nc -v n1 30000"),
        ({"name": "a", "appProtocol": "kubernetes.io/h2c"}, "nc -v n1 30000"),
        ({"name": "postgresql"}, "nc -v n1 30000"),
        ({"name": "dns", "protocol": "UDP"}, "nc -u n1 30000"),
        ({"name": "s1ap", "protocol": "SCTP"}, "ncat --sctp n1 30000"),
        ({}, "curl http://n1:30000"),
    ],
)
def test_the_command_fits_what_the_port_speaks(more, command):
    assert commands(node_port(8080, 5000, **more), node="n1")[0] == f"outside {command}"


@pytest.mark.parametrize(
    ("number", "command"), [(5432, "nc -v n1 30000"), (443, "curl https://n1:30000"), (80, "curl http://n1:30000")]
)
def test_a_port_without_a_name_is_known_by_its_number(number, command):
    assert commands(node_port(number, number), node="n1")[0] == f"outside {command}"


def test_a_headless_service_is_reached_at_the_port_of_its_pods():
    assert commands(service([port(80, "http")], clusterIP="None"), workload(HTTP)) == [
        "inside curl http://web.shop.svc:8080"
    ]


def test_other_ways_in():
    pods = workload([box(8080, hostPort=9999)])
    told = commands(service([port(80, "http")], externalIPs=["198.51.100.7", "2001:db8::7"]), pods)

    assert told == [
        "outside curl http://198.51.100.7:80",
        "outside curl http://[2001:db8::7]:80",
        "outside curl http://3.109.154.210:9999",
        "inside curl http://web.shop.svc:80",
    ]


def test_a_node_port_that_the_cluster_picks_has_no_address_yet():
    assert commands(service([port(80, 80)], type="NodePort")) == ["inside curl http://web.shop.svc:80"]


@pytest.mark.parametrize(
    "text", ["", "http://1.2.3.4", "1.2.3.4:30000", "1.2.3", "1.2.3.999", "a b", "-x", "a_b", "$(id)"]
)
def test_what_is_no_address_of_a_node_is_refused(text):
    with pytest.raises(SvcgenError, match="--node-ip"):
        node_address(text)


@pytest.mark.parametrize("text", ["3.109.154.210", "node-1.example.com", "localhost", "fe80::1"])
def test_what_is_one(text):
    assert node_address(text).strip("[]") == text
