"""What svcgen writes is read back as the same strings by kubectl, by YAML 1.1 and by YAML 1.2.

The other way round: what svcgen takes a plain scalar for is what kubectl takes it for.
"""

from __future__ import annotations

import string
from functools import cache

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from scaffold import allocate, names, packs, spec
from scaffold.errors import SvcgenError
from scaffold.model import PortPolicy, PortWish, TakenPorts
from scaffold.node_values import to_data
from scaffold.nodes import Unreadable, compose
from scaffold.render import Renderer
from scaffold.scalars import read_plain
from tests.real_kubectl import RefusedError, decoded

# Words that at least one reader takes for something else than text.
WORD_LINES = (
    "no No NO on On ON off Off OFF y Y n N yes Yes YES true True TRUE false False FALSE null Null NULL ~ = <<",
    "0 1 -1 +1 00 007 017 08 0o17 0O17 0x1F 0X1f 0b11 0B11 1_000 _1 1_ 1__0 0x_1 1.5 1. .5 -.5 1e3 1E3 1e+3 .5e1",
    "0x742d35Cc6634C0532925a3b844Bc454e4438f44e -0x8000000000000001 +0x8000000000000000 0o7777777777777777777777",
    "0b-1 0xFFFFFFFFFFFFFFFF 02000000000000000000000 -01777777777777777777777 18446744073709551616",
    "1e999 12345e6 5e-324 1.7976931348623157e308 0.1_0",
    "9223372036854775808 -9223372036854775809",
    ".inf -.inf +.inf .Inf .INF .nan .NaN .NAN inf nan NaN 22:22 1:20:30 190:20:30.15",
    "2001-01-01 2001-12-14t21:59:43.10-05:00 1a e3 0e 0x",
    r"- -- --- ... ? : :: %YAML %TAG !x !!str &a *a @a `a | > |- >+ # #a a#b {} [] {a [a , ' '' \ \n $VAR $(VAR)",
    '" ""',
)
WORDS = [word for line in WORD_LINES for word in line.split()]
TEXTS = [
    *WORDS,
    *("", " ", "  ", "\t", "\n", "\r", "\r\n", "\n\n", " a", "a ", "\ta", "a\t", "a\n", "\na", "a\n\nb\n", "a\r\nb"),
    *("{{ a }}", "{% a %}", "{# a #}", "a: b", "a:", ": a", "- a", "-\ta", "? a", "a #b", "--- a", "... a"),
    *("%YAML 1.1", "!!python/name:os.system", "<<: *a", "'a'", '"a"', "it's", 'say "a"', "a\\", "C:\\new\\table"),
    *("\x01", "\x07", "\x1b[0m", "\x7f", "\x85", "\xa0", "\xad", "\u2028", "\u2029", "\ufeff", "\ufffe", "\uffff"),
    *("a\x85b", "a\u2028b", "\ufeffa", "a\ufeff", "\ufffd", "é", "e\u0301", "日本語", "😀"),
    *("👩\u200d👩\u200d👧", "\u202eabc", "\U0010ffff", "\U0001f1e6"),
    *("x" * 5000, "a b " * 300, '{"json": [1, null]}', "<b>&amp;</b>", "http://x:80/?a=b&c"),
]

anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
texts = st.one_of(
    st.sampled_from(TEXTS),
    anything,
    st.lists(st.sampled_from(TEXTS[:-8]) | anything, min_size=2, max_size=4).map("".join),
)
no_nul = texts.map(lambda text: text.replace("\0", ""))


def legal(rule, *alphabets):
    """Words and short texts that a rule of Kubernetes lets through."""
    drawn = st.one_of(*(st.text(alphabet, min_size=1, max_size=15) for alphabet in alphabets))
    words = [word for word in (*WORDS, *(word.lower() for word in WORDS)) if rule(word) is None]
    return st.one_of(st.sampled_from(words or ["a"]), drawn.filter(lambda text: rule(text) is None))


LOWER, ALL = string.ascii_lowercase + string.digits, string.ascii_letters + string.digits
label_values = st.just("") | legal(names.label_value, ALL + "-_.", string.digits + "eExob_.-")
keys = legal(names.label_key, ALL + "-_.", string.digits + "eEx.") | st.sampled_from(["a.b/on", "x.y/1e3", "1/2"])
port_names = legal(names.port_name, LOWER + "-", string.digits + "ex")
env_names = legal(names.env_name, ALL + "_")
own_labels = keys.filter(lambda key: not key.startswith("app.kubernetes.io/"))

apps = st.fixed_dictionaries(
    {
        "name": legal(names.service_name, LOWER + "-"),
        "namespace": st.none() | legal(names.label, LOWER + "-", string.digits + "ex"),
        "image": legal(names.image, LOWER, string.digits + "ex."),
        "port_names": st.lists(port_names, min_size=1, max_size=5, unique=True),
        "labels": st.dictionaries(own_labels, label_values, max_size=5),
        "annotations": st.dictionaries(keys, texts, max_size=20),
        "env": st.dictionaries(env_names, no_nul, max_size=20),
    }
)
patient = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@cache
def renderer():
    return Renderer(packs.load("default", "/"))


def rendered(app):
    """The text that svcgen would write for an app."""
    given_ = {key: value for key, value in app.items() if key != "port_names"}
    ports = tuple(PortWish(name, 5000 + at) for at, name in enumerate(app["port_names"]))
    plan = allocate.plan(spec.parse({**given_, "ports": ports}), TakenPorts(), PortPolicy())
    files = renderer().render(plan, renderer().answers(plan))
    return "---\n".join(file.text for file in files)


def strings_of(service, deployment):
    """Every string of the user in a decoded pair, in the form of `apps`."""
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    labels = {key: text for key, text in service["metadata"]["labels"].items() if "app.kubernetes.io/" not in key}
    assert service["metadata"] == deployment["metadata"]
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]
    port_names_ = [port["name"] for port in service["spec"]["ports"]]
    assert port_names_ == [port["targetPort"] for port in service["spec"]["ports"]]
    assert port_names_ == [port["name"] for port in container["ports"]]
    assert {port_names_[0]} == {container[probe]["tcpSocket"]["port"] for probe in ("readinessProbe", "livenessProbe")}
    return {
        "name": service["metadata"]["name"],
        "namespace": service["metadata"].get("namespace"),
        "image": container["image"],
        "port_names": port_names_,
        "labels": labels,
        "annotations": service["metadata"].get("annotations", {}),
        "env": {entry["name"]: entry["value"] for entry in container.get("env", ())},
    }


def read_by_yaml_1_1(text):
    return list(yaml.safe_load_all(text))


def read_by_yaml_1_2(text):
    return list(YAML(typ="safe", pure=True).load_all(text))


READERS = {"kubectl": decoded, "YAML 1.1": read_by_yaml_1_1, "YAML 1.2": read_by_yaml_1_2}


@pytest.mark.parametrize("reader", READERS)
def test_every_text_of_the_list_is_read_as_it_was_given(reader):
    values = {f"text-{at}": text for at, text in enumerate(TEXTS)}
    env = {f"TEXT_{at}": text for at, text in enumerate(TEXTS)}
    labels = {f"label-{at}": word for at, word in enumerate(WORDS) if names.label_value(word) is None}
    app = {"name": "web", "namespace": None, "image": "x:1", "port_names": ["http"]}
    app |= {"labels": labels, "annotations": values, "env": env}

    assert strings_of(*READERS[reader](rendered(app))) == app


@pytest.mark.parametrize("reader", READERS)
def test_every_word_of_the_list_can_be_a_key_and_a_name(reader):
    def those(rule):
        return [word for word in dict.fromkeys([*WORDS, *map(str.lower, WORDS)]) if rule(word) is None]

    common = {"annotations": dict.fromkeys(those(names.annotation_key), "a")}
    common |= {"labels": dict.fromkeys(those(names.label_key), "a"), "image": "null"}
    common["env"] = dict.fromkeys(those(names.env_name), "a")
    apps_ = [
        {"name": name, "namespace": name, "port_names": [port], **common}
        for name, port in zip(those(names.service_name) * 9, those(names.port_name), strict=False)
    ]
    found = READERS[reader]("---\n".join(rendered(app) for app in apps_))

    assert [strings_of(*found[at : at + 2]) for at in range(0, len(found), 2)] == apps_
    assert {"on", "y", "no", "1a", "1e3"} <= {app["port_names"][0] for app in apps_}


@given(app=apps)
@patient
@pytest.mark.parametrize("reader", READERS)
def test_any_text_is_read_as_it_was_given(reader, app):
    assert strings_of(*READERS[reader](rendered(app))) == app


@pytest.mark.parametrize("where", ["annotations", "env"])
def test_what_no_reader_could_give_back_is_refused(where):
    app = {"name": "web", "namespace": None, "image": "x:1", "port_names": ["http"], where: {"A": "\ud800"}}

    with pytest.raises(SvcgenError, match="not UTF-8"):
        rendered(app)


# --- what a plain scalar is taken for --------------------------------------------------------------------------------


def is_plain(token):
    """Whether a list entry `- TOKEN` is one plain scalar."""
    return token[0] not in "-?:,[]{}#&*!|>'\"%@`= " or (token[0] in "-?:" and len(token) > 1 and token[1] not in " -")


numbers = st.from_regex(r"[-+]?(0[xXoObB]?)?[0-9a-f_]{0,6}(\.[0-9_]{0,4})?([eE][-+]?[0-9]{1,3})?", fullmatch=True)
long_numbers = st.from_regex(r"[-+]?(0[xXoObB]?)?[0-7]{14,26}(e[0-9]{1,3})?", fullmatch=True)
sexagesimals = st.from_regex(r"[-+]?[0-9]{1,3}(:[0-9]{1,2}){1,2}(\.[0-9]{1,2})?", fullmatch=True)
tokens = st.one_of(
    st.sampled_from(WORDS),
    numbers,
    long_numbers,
    sexagesimals,
    st.text("0123456789+-._eExXoObBfFiInN:yY~", min_size=1, max_size=7),
    st.from_regex(r"[-+]?[0-9]{15,25}", fullmatch=True),
).filter(lambda token: token and is_plain(token) and not token.endswith(":"))


def is_infinite(token):
    value = read_plain(token)
    return isinstance(value, float) and (value != value or abs(value) == float("inf"))  # noqa: PLR0124 - NaN


def kubectl_reads(plain):
    """What kubectl takes plain scalars for, in an object whose kind it does not know."""
    lines = "".join(f"  - {token}\n" for token in plain)
    (found,) = decoded(f"apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: a\nspec:\n{lines}")
    return found["spec"]


def same(mine, theirs):
    """One value of one type; a number is one type, as in JSON."""
    if isinstance(mine, bool | str | None) or isinstance(theirs, bool | str | None):
        return type(mine) is type(theirs) and mine == theirs
    return float(mine) == float(theirs)


def test_every_word_of_the_list_is_taken_for_what_kubectl_takes_it_for():
    plain = [word for word in WORDS if is_plain(word) and not is_infinite(word) and not word.endswith(":")]
    pairs = zip(plain, kubectl_reads(plain), strict=True)

    assert {token: theirs for token, theirs in pairs if not same(read_plain(token), theirs)} == {}


def test_a_number_of_thousands_of_digits_is_taken_for_a_string():
    plain = ["9" * 5000, "-" + "9" * 5000, "0x" + "f" * 5000, "9" * 300]

    assert [same(read_plain(token), theirs) for token, theirs in zip(plain, kubectl_reads(plain), strict=True)] == [
        True
    ] * 4


@given(plain=st.lists(tokens.filter(lambda token: not is_infinite(token)), min_size=1, max_size=150))
@patient
def test_a_plain_scalar_is_taken_for_what_kubectl_takes_it_for(plain):
    pairs = zip(plain, kubectl_reads(plain), strict=True)

    assert {token: theirs for token, theirs in pairs if not same(read_plain(token), theirs)} == {}


@pytest.mark.parametrize("token", [word for word in WORDS if is_plain(word) and is_infinite(word)])
def test_kubectl_refuses_what_is_taken_for_infinite(token):
    with pytest.raises(RefusedError, match="unsupported value"):
        kubectl_reads([token])


COLONS = (
    *("{image: nginx:1.27}", "{a:b}", "{a:b: c}", "[a:]", "[a:,b]", "[::]", "[:a]", "{a: :8080}", '["a":b]', "['a':b]"),
    *('{a:"b"}', "[<<:a]", "{a: b:}", "[!t:u v]", "[a:#b]", "[a:b, {c:, d}]", "{a: [b:c, d: e:f], g:h: i}"),
    *('[a:b, "c:d", e::f, http://x:80/?q=a:b]', '{a: "x:y", b: c:d}', "[a:b, ? c:d : e:f]", '{"a" :b, c:d}'),
    *("[tree:., snapshot:ports.json]", "{a: b:c, é:ü: ö:ä}"),
)


@pytest.mark.parametrize("flow", COLONS)
def test_a_colon_inside_a_word_between_brackets_is_read_as_kubectl_reads_it(flow):
    text = f"apiVersion: example.com/v1\nkind: Thing\nmetadata: {{name: a}}\nafter: x:y\nspec: {flow}\n"
    try:
        theirs = decoded(text)[0]["spec"]
    except RefusedError:
        with pytest.raises(Unreadable):
            list(compose(text.encode()))
        return
    ((node, _),) = compose(text.encode())

    assert to_data(node)["spec"] == theirs
    assert to_data(node)["after"] == "x:y"


def test_columns_behind_such_a_colon_are_those_of_the_text():
    ((node, _),) = compose(b"{a: b:c, d: e}\n")

    assert [key.start_mark.column for key, _ in node.value] == [1, 9]
