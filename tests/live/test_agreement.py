"""What `svcgen check` says of objects with random mistakes, and what a real API server says of them.

Every object starts as a good one, and gets one to three mistakes anywhere outside the Pod template: a value of another
type, a likely one, a field taken away, added or doubled. The seed is fixed; SVCGEN_MUTATIONS asks for more objects.
"""

from __future__ import annotations

import copy
import http.client
import json
import os
import random
import ssl

import pytest

from scaffold import checks
from scaffold.checks import _schema
from scaffold.documents import Tree
from scaffold.facts import Facts
from scaffold.kinds import CHECKED
from scaffold.model import TakenPorts
from scaffold.parsing import read
from tests.live.conftest import TOKEN
from tests.live.objects import BASES, GOOD, NUMBERS, ODD, PLACES, UNDECODED, WORDS

pytestmark = [pytest.mark.live, pytest.mark.slow]

COUNT, SEED = int(os.environ.get("SVCGEN_MUTATIONS", "400")), 20
# What only the cluster knows: which addresses are its own, and which are taken.
CLUSTER = ("range of valid IPs", "IP is already allocated", "does not match the namespace", "spec.parentRef.name")
DECODING = ("scalar-type", "unknown-field")
NEWEST = 36  # of the API server that these tests start


class Api:
    """One connection to the API server."""

    def __init__(self, server):
        config = json.loads(server.config.read_text())
        host, _, port = config["clusters"][0]["cluster"]["server"].removeprefix("https://").partition(":")
        self.connection = http.client.HTTPSConnection(host, int(port), context=ssl._create_unverified_context())

    def create(self, one, *, dry=False):
        """Creates an object as kubectl does, strictly, and takes a Service away again: its status and the answer."""
        where = PLACES[one["kind"]]
        # a dry run does not look at the range of node ports; what has finalizers would stay
        dry = "&dryRun=All" if dry or one["kind"] != "Service" or "finalizers" in json.dumps(one) else ""
        status, answer = self.ask("POST", f"{where}?fieldValidation=Strict{dry}", one)
        if status == 201 and not dry:
            self.ask("DELETE", f"{where}/{answer['metadata']['name']}")
        return status, answer

    def ask(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        try:
            response = self.connection.getresponse()
        except http.client.RemoteDisconnected:
            # the server panics over a successPolicy without completions, and drops the connection
            self.connection.close()
            return 500, {"message": "no answer"}
        return response.status, json.loads(response.read())


@pytest.fixture(scope="module")
def api(server):
    api = Api(server)
    yield api
    api.connection.close()


def test_every_base_is_fine(api):
    for kind, bases in BASES.items():
        for base in bases:
            status, answer = api.create(base)
            assert status == 201, (kind, answer["message"])
            assert refusals(base) == []


def test_what_is_refused_is_found_and_nothing_else(api):
    chance = random.Random(SEED)
    refused, wrong, unplaced = 0, [], []
    for _ in range(COUNT):
        one = mutant(chance)
        status, answer = api.create(one)
        if status != 201 and any(word in answer["message"] for word in CLUSTER):
            continue
        refused += status != 201
        found = refusals(one)
        if (status != 201) != bool(found):
            wrong.append((answer.get("message", "accepted"), [str(each) for each in found], json.dumps(one)))
        causes = (answer.get("details") or {}).get("causes", ())
        fields = [cause["field"] for cause in causes if cause.get("field")]
        if found and fields and not any(related(each.field, field) for each in found for field in fields):
            unplaced.append((answer["message"], [each.field for each in found], json.dumps(one)))

    assert refused > COUNT // 3
    assert wrong == []
    assert unplaced == []


def test_what_does_not_decode_is_found_at_any_depth(api):
    chance = random.Random(SEED)
    wrong, undecoded = [], 0
    for _ in range(COUNT):
        one = filled(chance, chance.choice(sorted(_schema.API)))
        places = [path for path in paths(one, whole=True) if path and path[0] not in ("apiVersion", "kind")]
        put(one, chance.choice(places), copy.deepcopy(chance.choice([*ODD, *UNDECODED])))
        status, answer = api.create(one, dry=True)
        if any(word in answer.get("message", "") for word in CLUSTER):
            continue
        undecoded += status == 400
        found = [each for each in refusals(one) if each.rule in DECODING or "no quantity" in each.message]
        if (status == 400) != bool(found):
            wrong.append((answer.get("message", "accepted"), [str(each) for each in found], json.dumps(one)))

    assert undecoded > COUNT // 3
    assert wrong == []


def filled(chance, kind):
    """An object with some of all fields that its kind can have, each of the right type."""
    one = {**sample(chance, kind, 0), "apiVersion": _schema.API[kind], "kind": kind}
    return {**one, "metadata": {"name": "web", "annotations": {"a": "b"}}}


def sample(chance, word, depth):
    if word in GOOD:
        return GOOD[word]
    if word[:1] == "[":
        return [sample(chance, word[1:-1], depth + 1)]
    if word[:1] == "{":
        return {"a": sample(chance, word[1:-1], depth + 1)}
    known = {} if depth > 9 else _schema.fields(word)
    fields = sorted(name for name, (_, since, until) in known.items() if since <= NEWEST <= (until or NEWEST))
    chosen = chance.sample(fields, min(len(fields), chance.choice((1, 2, 3, 5))))
    return {name: sample(chance, known[name][0], depth + 1) for name in chosen if name != "managedFields"}


def refusals(one):
    """What svcgen says that the API server will say."""
    documents, not_judged = read(json.dumps(one).encode(), "one.json", CHECKED)
    assert not_judged == []
    facts = Facts(Tree(tuple(documents)), TakenPorts(()), kube_version=f"1.{NEWEST}")
    return [found for found in checks.run(facts).findings if found.effect == "refused"]


def related(one, other):
    """Whether two fields are the same, or one is in the other."""
    first, second = (field.replace('"', "").replace("[", ".[").split(".") for field in (one, other))
    shorter = min(len(first), len(second))
    return first[:shorter] == second[:shorter]


def mutant(chance):
    """An object with one to three mistakes."""
    one = copy.deepcopy(chance.choice(BASES[chance.choice(sorted(BASES))]))
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        places = [path for path in paths(one) if path and path[0] not in ("apiVersion", "kind")]
        if places:
            chance.choice((odd, likely, likely, taken, added, added, added, unknown, doubled, labelled))(
                chance, one, places
            )
    return one


def paths(value, path=(), *, whole=False):
    """Every place; those in a template's spec only where the whole object is asked for."""
    yield path
    if whole or path[-2:] != ("template", "spec"):
        parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, inner in parts:
            yield from paths(inner, (*path, key), whole=whole)


def odd(chance, one, places):
    put(one, chance.choice(places), copy.deepcopy(chance.choice(ODD)))


def likely(chance, one, places):
    path = chance.choice(places)
    put(one, path, value(chance, word_of(one, path)))


def taken(chance, one, places):
    *parent, key = chance.choice(places)
    del at(one, parent)[key]


def added(chance, one, places):
    path = chance.choice(
        [path for path in places if isinstance(at(one, path), dict) and is_object(word_of(one, path))] or [()]
    )
    known = sorted(field for field, (_, since, _) in _schema.fields(word_of(one, path)).items() if since <= NEWEST)
    field = chance.choice([field for field in known if field not in ("template", "managedFields", "resourceVersion")])
    at(one, path)[field] = value(chance, _schema.fields(word_of(one, path))[field][0])


def unknown(chance, one, places):
    path = chance.choice([path for path in places if isinstance(at(one, path), dict)] or [()])
    at(one, path)[chance.choice(("foo", "Ports", "targetport", "name", "labels"))] = copy.deepcopy(chance.choice(ODD))


def doubled(chance, one, places):
    lists = [at(one, path) for path in places if isinstance(at(one, path), list) and at(one, path)]
    if lists:
        entries = chance.choice(lists)
        entries.append(copy.deepcopy(chance.choice(entries)))


def labelled(chance, one, places):
    names = ("labels", "annotations", "selector", "matchLabels")
    maps = [at(one, path) for path in places if path[-1] in names and isinstance(at(one, path), dict)]
    if maps:
        chance.choice(maps)[chance.choice(WORDS)] = chance.choice(WORDS)


def at(one, path):
    for key in path:
        one = one[key]
    return one


def put(one, path, new):
    at(one, path[:-1])[path[-1]] = new


def word_of(one, path):
    """The schema's word for the type at a path; empty where it knows none."""
    word = one["kind"]
    for key in path:
        if word[:1] in ("[", "{"):
            word = word[1:-1]
        else:
            word = _schema.fields(word).get(key, ("", 0, 0))[0] if is_object(word) else ""
    return word


def is_object(word):
    return word[:1].isupper()


def value(chance, word):
    """Something of a type, which need not make sense."""
    plain = {
        "int32": lambda: chance.choice(NUMBERS),
        "int64": lambda: chance.choice(NUMBERS),
        "bool": lambda: chance.random() < 0.5,
        "string": lambda: chance.choice(WORDS),
        "int-or-string": lambda: chance.choice(
            (chance.choice(NUMBERS), "25%", "0%", "150%", "x", "http", "-1%", "8080")
        ),
        "quantity": lambda: chance.choice(("1Gi", "0", "-1", "1.5", "x", 5, "2Gi", "1m")),
        "time": lambda: chance.choice(("2024-01-01T00:00:00Z", "2024-01-01", "")),
    }
    if word in plain:
        return plain[word]()
    if word[:1] == "[":
        return [value(chance, word[1:-1]) for _ in range(chance.choice((0, 1, 1, 2, 2, 3)))]
    if word[:1] == "{":
        return {chance.choice(WORDS): value(chance, word[1:-1]) for _ in range(chance.choice((0, 1, 2)))}
    if not is_object(word) or word in ("PodSpec", "PodTemplateSpec", "ManagedFieldsEntry"):
        return copy.deepcopy(chance.choice(ODD))
    known = _schema.fields(word)
    fields = sorted(field for field, (_, since, _) in known.items() if field != "status" and since <= NEWEST)
    return {field: value(chance, known[field][0]) for field in chance.sample(fields, min(len(fields), 2))}
