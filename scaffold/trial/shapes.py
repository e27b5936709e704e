"""The apps that a pack is tried with: from the plainest to what the rules just allow.

Every number and every name is another one, so that two that are mixed up cannot look alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffold.model import AppSpec, PortWish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.model import Protocol, ServiceType

MOST_PORTS = 20
# what YAML readers take for a boolean, nothing, a number, a date or a sign of their own
WORDS = ("no", "on", "y", "null", "true", "off", "e1", "n")
TEXTS = (
    "no", "null", "~", "true", "012", "0x1f", "1e3", "1_000", "12:30:45", "1.0", "2024-01-01", ".inf", "=", "<<",
    "", " ", " blank at both ends ", "a: b", "a # b", "#", "- a", "-", "[a", "{a}", "*a", "&a", "!a", "|", ">", "%a",
    "@a", "`a`", "? a", "'", '"', "it's", 'say "no"', "a\\nb", "two\nlines", "ends with a break\n", "\ttab", "---",
    "{{ app.name }}", "{% raw %}", "{# no #}", "${HOME}", "ünïcödé ✓", "日本語", "\u2028", "\x85", "\ufeff", "x" * 300,
)  # fmt: skip
_TYPES: tuple[ServiceType, ...] = ("NodePort", "ClusterIP", "LoadBalancer")


def all_shapes() -> Iterator[AppSpec]:
    """The apps, the plainest first; no numbers but those of the containers, the rest is for the plan."""
    for count in range(1, MOST_PORTS + 1):
        # each type with one port and with two, then in turn
        for kind in _TYPES if count < 3 else [_TYPES[count % 3]]:
            yield plain(_ports(count))._replace(type=kind)
    yield from _protocols()
    yield plain(_ports(2))._replace(namespace=None)
    yield plain(_ports(2))._replace(replicas=0)
    yield from _words()
    yield _texts()
    yield _longest()


def plain(ports: tuple[PortWish, ...]) -> AppSpec:
    """An app that has nothing odd."""
    return AppSpec("web", "ghcr.io/acme/web:1.4.2", ports, "shop", 3, "NodePort")


def _ports(count: int, protocol: Protocol = "TCP") -> tuple[PortWish, ...]:
    # the target ports fall while the service ports rise
    return tuple(PortWish(f"port-{'abcdefghijklmnopqrst'[at]}", 5900 - 13 * at, protocol) for at in range(count))


def _protocols() -> Iterator[AppSpec]:
    yield plain(_ports(1, "UDP"))
    yield plain(_ports(2, "UDP"))._replace(type="ClusterIP")
    both = (PortWish("dns", 5353, "UDP", 53), PortWish("dns-tcp", 5353, "TCP", 53))
    yield plain(both)
    yield plain((*both[::-1], PortWish("metrics", 9153)))._replace(type="ClusterIP")
    mixed = (PortWish("sync", 3868, "SCTP"), PortWish("log", 5140, "UDP"), PortWish("web", 5000))
    yield plain(mixed)
    yield plain((PortWish("grpc", 9090, app_protocol="kubernetes.io/h2c"), PortWish("web", 5000)))


def _words() -> Iterator[AppSpec]:
    for at, word in enumerate(WORDS):
        other = WORDS[at - 1]
        ports = (PortWish(word, 5000), PortWish(other, 6000, "UDP"), PortWish("1e3", 7000), PortWish("0x1f", 8000))
        yield AppSpec(
            word,
            word,
            ports,
            ("123", "1e3", "0x1f", other)[at % 4],
            1,
            _TYPES[at % 3],
            labels={word: other, "version": ("1.0", "012", "1e3", "")[at % 4]},
            annotations={other: word},
            env={word: other, "N": word},
        )


def _texts() -> AppSpec:
    return plain(_ports(2))._replace(
        image="localhost:5000/a/b-c_d:1.0@sha256:" + "0" * 64,
        labels={"team": "a.b_C-1", "example.com/on": "off"},
        annotations={f"example.com/text-{at}": text for at, text in enumerate(TEXTS)},
        env={f"TEXT_{at}": text for at, text in enumerate(TEXTS)},
    )


def _longest() -> AppSpec:
    name = "a" + "b-c" * 20 + "de"
    domain = ".".join(["d" * 49] * 5)
    key = f"{domain}/{'K' * 63}"
    return AppSpec(
        name,
        f"{domain}:5000/{'team/' * 10}app:{'t' * 128}",
        tuple(PortWish(f"{'n' * 14}{letter}", 65535 - at, "TCP", 65000 + at) for at, letter in enumerate("abc")),
        "z" * 63,
        2147483647,
        "NodePort",
        labels={key: "v" * 63},
        annotations={key: "long " * 400},
        env={"E" * 200: "long " * 400},
    )
