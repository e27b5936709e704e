"""The port grammar: every form, every mistake."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffold import grammar
from scaffold.errors import SvcgenError
from scaffold.model import PROTOCOLS, Location, PortWish

FLAG = Location("--port")


def wish(text, *, only=False):
    return grammar.parse_port(text, FLAG, only=only)._replace(location=None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http=5000", PortWish("http", 5000)),
        ("http=8080:5000", PortWish("http", 5000, service_port=8080)),
        ("http=30000:8080:5000", PortWish("http", 5000, service_port=8080, node_port=30000)),
        ("dns=auto:53:5353/udp", PortWish("dns", 5353, "UDP", service_port=53)),
        ("dns=30053:auto:5353/UDP", PortWish("dns", 5353, "UDP", node_port=30053)),
        ("grpc=9090,appProtocol=kubernetes.io/h2c", PortWish("grpc", 9090, app_protocol="kubernetes.io/h2c")),
        ("on=1", PortWish("on", 1)),
        ("sctp=65535/sctp", PortWish("sctp", 65535, "SCTP")),
    ],
)
def test_the_forms_of_the_grammar(text, expected):
    assert wish(text) == expected


def test_a_single_bare_number_is_http():
    assert wish("5000", only=True) == PortWish("http", 5000)


@pytest.mark.parametrize(
    ("text", "place", "reason", "right"),
    [
        ("5000", 1, "has no name", "http=5000"),
        ("http=0", 6, "0 is not between 1 and 65535", "http=5000"),
        ("http=65536", 6, "65536 is not between 1 and 65535", "http=5000"),
        ("http=99999999999999999999", 6, "is not between 1 and 65535", "http=5000"),
        ("http=08080", 6, "'08080' starts with 0", "http=8080"),
        ("http=5_000", 6, "'5_000' is not a plain number", "http=5000"),
        ("http=٥", 6, "is not a plain number", "http=5000"),
        ("http=-1", 6, "'-1' is not a plain number", "http=1"),
        ("http=", 6, "has no target port", "http=5000"),
        ("=5000", 1, "has no name before '='", "http=5000"),
        ("http:5000", 1, "has no name", "http=5000"),
        ("web:8080:5000", 1, "has no name", "web=8080:5000"),
        ("", 1, "has no name", "http=5000"),
        ("http=1:2:3:4", 6, "more than three numbers", "http=NODE:SERVICE:TARGET"),
        ("http=:5000", 6, "an empty place", "http=auto:5000"),
        ("http=auto", 6, "'auto' is not a plain number", "http=5000"),
        ("http=x:5000", 6, "'x' is not a plain number or auto", "http=5000"),
        ("http=8080:5000/icmp", 16, "'icmp' is none of tcp, udp, sctp", "http=8080:5000/tcp"),
        ("http=5000,proto=udp", 11, "'proto' is no field", "http=5000,appProtocol=http"),
        ("http=5000,appProtocol=a b", 23, "appProtocol 'a b'", "http=5000,appProtocol=http"),
        ("http=5000,nodePort=30000", 11, "'nodePort' is no field", "http=5000,appProtocol=http"),
        ("http=5000,nodePort.dev=x", 24, "'x' is no port number", "http=5000,nodePort.dev=30000"),
        ("http=5000,nodePort.dev=65536", 24, "'65536' is no port number", "http=5000,nodePort.dev=30000"),
        ("HTTP=5000", 1, "must hold only a-z, 0-9 and '-'", "http=5000"),
        ("web-http-metrics=5000", 1, "has 16 characters, 15 are allowed", "web-http-metric=5000"),
        ("a--b=5000", 1, "must not hold '--'", "a-b=5000"),
        ("-a=5000", 1, "must not start or end with '-'", "a=5000"),
        ("80=5000", 1, "must hold at least one letter", "http=5000"),
    ],
)
def test_a_wrong_value_gets_one_line_with_value_place_and_right_form(text, place, reason, right):
    with pytest.raises(SvcgenError) as caught:
        wish(text)

    message = caught.value.message
    assert "\n" not in message
    assert message.startswith(f"{text!r}, character {place}: ")
    assert reason in message
    assert message.endswith(f"did you mean {right}?")


numbers = st.integers(1, 65535)
names = st.from_regex(r"[a-z]([a-z0-9]{0,6}-?[a-z0-9]{1,6})?", fullmatch=True)
wishes = st.builds(
    PortWish,
    name=names,
    target_port=numbers,
    protocol=st.sampled_from(PROTOCOLS),
    service_port=st.none() | numbers,
    node_port=st.none() | numbers,
    app_protocol=st.none() | st.sampled_from(["http", "kubernetes.io/h2c", "acme.com/x"]),
    location=st.none(),
    node_ports=st.dictionaries(st.sampled_from(["dev", "prod-2", "1a"]), numbers).map(lambda one: tuple(one.items())),
)


@given(wishes)
def test_what_is_written_as_a_flag_is_read_back_the_same(one):
    assert wish(grammar.format_port(one)) == one


@given(st.text(max_size=40))
def test_any_text_is_a_port_or_a_clear_error(text):
    try:
        found = wish(text)
    except SvcgenError as error:
        assert "did you mean" in error.message  # noqa: PT017
    else:
        assert wish(grammar.format_port(found)) == found
