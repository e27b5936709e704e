"""Kubernetes' grammars, by what a real API server said of each name."""

from __future__ import annotations

import pytest

from scaffold import names

LONG = "a" * 63


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (names.label, ["a", "1a", "123", "a-b", LONG], ["", "A", "a_b", "a.b", "-a", "a-", LONG + "a", "a\n", "é"]),
        (names.service_name, ["a", "a1", "a-b", LONG], ["", "1a", "123", "-a", "a-", "A", LONG + "a", "a.b"]),
        (
            names.port_name,
            ["http", "a", "8080tcp", "1-a", "a" * 15, "on"],
            ["", "123", "a--b", "-a", "a-", "Http", "a_b", "a" * 16, "a\n", "à"],
        ),
        (names.subdomain, ["a", "1a.b", "a.b-c.d", "x." * 126 + "x"], ["", "a..b", "a.-b", "Web", "a" * 254, "a_b"]),
        (
            names.label_key,
            ["a/b", LONG, "p.q/" + LONG, "A_b.c-D", "a"],
            ["", "a/", "/b", "a/b/c", "A.b/c", "_a", "a_", LONG + "a", "x." * 127 + "x/a", "a b"],
        ),
        (names.annotation_key, ["a/b", "A.B/c"], ["_a", "a/b/c"]),
        (names.label_value, ["", "a", LONG, "1.10", "A_b.c"], [LONG + "a", "a_", "-a", "a b", "wé", "a\n"]),
        (
            names.app_armor_profile,
            ["a", "a b", "../a", "é" * 2047, "a" * 4095, "\x1ca"],
            ["", " a", "a\t", "a\u00a0", "\u2003a", "a" * 4096, "é" * 2048],
        ),
        (names.env_name, ["A", "_a", "a1"], ["", "1A", "a b", "A=B", "É", "A-B", "A\n"]),
        (
            names.image,
            [
                "nginx",
                "nginx:1.27",
                "ghcr.io/acme/web:1.4.2",
                "localhost:5000/a/b",
                "a/b__c.d-e@sha256:" + "0" * 64,
                "x:" + "a" * 128,
                "[::1]:5000/a:Tag_1",
            ],
            ["", "MyApp:1.0", " app ", "a b", "a:", "a:" + "b" * 129, "a//b", "a@sha256:12", "http://a", "a\n", "-a"],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_grammar(rule, good, bad):
    assert {text: rule(text) for text in good} == dict.fromkeys(good)
    assert [text for text in bad if rule(text) is None] == []


def test_the_nearest_name_is_found_whatever_its_case():
    assert names.nearest("targetport", ["targetPort", "nodePort"]) == "targetPort"
    assert names.nearest("zzz", ["targetPort", "nodePort"]) is None
