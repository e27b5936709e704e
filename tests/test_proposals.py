"""What the files of a folder propose, and that no file can break it."""

from __future__ import annotations

import os
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaffold import names
from scaffold.proposals import Proposals, exposed, look, mend_name


@pytest.fixture
def folder(tmp_path):
    there = tmp_path / "My_Shop 2"
    there.mkdir()
    return there


def ports(folder):
    return [
        (port.wish.name, port.wish.target_port, port.wish.protocol, port.source) for port in look(str(folder)).ports
    ]


def numbers(text):
    return [(one.number, one.protocol) for one in exposed(text, "Dockerfile")]


def tcp(*wanted):
    return [(number, "TCP") for number in wanted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("EXPOSE 5000", tcp(5000)),
        ("FROM a\nexpose 80 443/tcp 53/UDP", [*tcp(80, 443), (53, "UDP")]),
        ("FROM a\n\tEXPOSE\t80\t81\r", tcp(80, 81)),
        ("FROM a\nEXPOSE \"80\" '81'", tcp(80, 81)),
        ("FROM a\nEXPOSE 8000-8002/tcp", tcp(8000, 8001, 8002)),
        ("FROM a\nEXPOSE 10000-20000/udp 0 65536 90-80 x 80/ip 8080x", []),
        ("FROM a\nEXPOSE 80 \\\n  # of the page\n\n  81 \\\n  82\nRUN x", tcp(80, 81, 82)),
        ("FROM a\nARG PORT=5000\nEXPOSE $PORT ${PORT} ${OTHER:-6000} ${OTHER-7000}", tcp(5000, 5000, 6000, 7000)),
        ("FROM a\nARG PORT\nEXPOSE $PORT ${PORT}", []),
        ("FROM a\nENV A=1 PORT='80' B=\"2 3\"\nEXPOSE $PORT${A}", tcp(801)),
        ("FROM a\nENV PORT 5000\nEXPOSE $PORT", tcp(5000)),
        ("FROM a\nENV BASE=80\nENV PORT=${BASE}80\nEXPOSE $PORT", tcp(8080)),
        ("ARG PORT=5000\nFROM a\nEXPOSE $PORT", []),
        ("ARG PORT=5000\nFROM a\nARG PORT\nEXPOSE $PORT", tcp(5000)),
        ("FROM a AS build\nEXPOSE 1\nENV P=2\nFROM b\nEXPOSE 3 $P", tcp(3)),
        (
            "FROM a AS base\nEXPOSE 1\nENV P=2\nFROM x AS build\nEXPOSE 4\nFROM --platform=x Base\nEXPOSE 3 $P",
            tcp(1, 3, 2),
        ),
        ("FROM a\nRUN <<EOF sh\nEXPOSE 1\nFROM x\nEOF\nEXPOSE 2", tcp(2)),
        ("FROM a\nRUN x <<-'A' && y <<B\nEXPOSE 1\nA\nEXPOSE 2\nB\nRUN echo $((1<<3))\nEXPOSE 3", tcp(3)),
        ("# EXPOSE 1\nFROM a\n# EXPOSE 2\nRUN echo EXPOSE 3\nLABEL EXPOSE=4", []),
        ("FROM\nEXPOSE\nENV\nARG\nEXPOSE 5", tcp(5)),
    ],
)
def test_what_a_dockerfile_exposes(text, wanted):
    assert numbers(text) == wanted


def test_the_source_is_the_line_where_the_instruction_starts(folder):
    (folder / "Dockerfile").write_bytes(b"\xef\xbb\xbfFROM a\r\n\r\nEXPOSE 5000 \\\r\n  5001\r\n")

    assert ports(folder) == [
        ("http", 5000, "TCP", "Dockerfile:3 EXPOSE 5000"),
        ("port-5001", 5001, "TCP", "Dockerfile:3 EXPOSE 5001"),
    ]


@pytest.mark.parametrize(
    ("exposes", "wanted"),
    [
        ("8080 443 9090", ["http", "https", "metrics"]),
        ("9090", ["http"]),
        ("9090 9100 2112", ["http", "metrics", "port-2112"]),
        ("5432 8000", ["postgres", "http"]),
        ("53/udp 53/tcp 53/tcp", ["dns", "dns-tcp"]),
        ("443 443/udp 8443 8443/udp", ["https", "https-udp", "https-tcp", "port-8443-udp"]),
        ("80 6000 6000/udp 6000/sctp", ["http", "port-6000", "port-6000-udp", "port-6000-sctp"]),
        ("5432 5432/sctp", ["postgres", "postgres-sctp"]),
    ],
)
def test_every_port_gets_a_legal_name_of_its_own(folder, exposes, wanted):
    (folder / "Dockerfile").write_text(f"FROM a\nEXPOSE {exposes}\n")

    found = [name for name, *_ in ports(folder)]
    assert found == wanted
    assert not any(names.port_name(name) for name in found)


def test_no_more_than_ten(folder):
    (folder / "Dockerfile").write_text("FROM a\nEXPOSE " + " ".join(map(str, range(5000, 6000))))

    assert len(ports(folder)) == 10


COMPOSE = """\
services:
  db:
    image: postgres:17
    ports: ["5432"]
  web_api:
    image: acme/api:${TAG:-1.4}
    build:
      context: .
    ports:
      - "127.0.0.1:${HOST_PORT:-8080}:5000"
      - 6060:6060/udp
      - target: 7000
        published: 9000
        protocol: tcp
      - "[::1]:81:${PORT:-82}"
      - ${PORT}:${PORT}
      - 3000-3001
    expose: ["9090", 5000]
"""


@pytest.mark.parametrize("name", ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"])
def test_a_compose_file_proposes_the_service_that_is_built_here(folder, name):
    (folder / name).write_text(COMPOSE)
    found = look(str(folder))

    assert found.name == ("web-api", f"{name} service web_api")
    assert found.image == ("acme/api:1.4", f"{name}:6 image")
    assert ports(folder) == [
        ("http", 5000, "TCP", f"{name}:10 ports"),
        ("port-6060", 6060, "UDP", f"{name}:11 ports"),
        ("port-7000", 7000, "TCP", f"{name}:12 ports"),
        ("port-82", 82, "TCP", f"{name}:15 ports"),
        ("port-3000", 3000, "TCP", f"{name}:17 ports"),
        ("port-3001", 3001, "TCP", f"{name}:17 ports"),
        ("metrics", 9090, "TCP", f"{name}:18 expose"),
    ]


@pytest.mark.parametrize(
    ("text", "name", "image"),
    [
        ("services: {a: {image: x/a}, b: {image: x/b}}", "a", "x/a"),
        ("services: {a: {image: x/a}, b: {build: ./b}}", "b", None),
        ("services: {a: {build: ./a}, b: {build: .}}", "b", None),
        ("services: {a: {build: ./a}, b: {build: {dockerfile: D}}}", "b", None),
        ("x: &x {image: x/merged}\nservices: {a: {<<: *x}}", "a", "x/merged"),
        ("services: {a: {image: 'not an image'}}", "a", None),
        ("services: {a: {image: '${IMAGE}'}}", "a", None),
        ("services: {a: {image: [x]}}", "a", None),
        ("services: [a, b]", None, None),
        ("services: {a: , b: 1}", None, None),
        ("- services", None, None),
        ("services: {a: {image: x/a}", None, None),
        ("", None, None),
    ],
)
def test_the_service_of_a_compose_file(folder, text, name, image):
    (folder / "compose.yaml").write_text(text)
    found = look(str(folder))

    # what a broken file does not say is taken from the folder
    assert (found.name.value, found.image and found.image.value) == (name or "my-shop-2", image)


@pytest.mark.parametrize(
    ("file", "text", "wanted"),
    [
        ("package.json", '{"dependencies": {\n"express": "^5"}}', (3000, "package.json:2 express, usually 3000")),
        (
            "package.json",
            '{"devDependencies": {"vite": "7", "next": "16"}}',
            (3000, "package.json:1 next, usually 3000"),
        ),
        ("package.json", '{"devDependencies": {"vite": "7"}}', (5173, "package.json:1 vite, usually 5173")),
        ("requirements.txt", "# django\nrequests\nFlask==3.1\n", (5000, "requirements.txt:3 Flask, usually 5000")),
        ("requirements.txt", "flask\ngunicorn\n", (8000, "requirements.txt:2 gunicorn, usually 8000")),
        ("pyproject.toml", 'dependencies = ["fastapi>=0.1"]', (8000, "pyproject.toml:1 fastapi, usually 8000")),
        ("pom.xml", "<artifactId>spring-boot-starter</artifactId>", (8080, "pom.xml:1 spring-boot, usually 8080")),
        ("go.mod", "module acme.io/x\n", (8080, "go.mod:1 module, usually 8080")),
        ("nginx.conf", "server {\n  listen 80;\n}", (80, "nginx.conf:2 listen, usually 80")),
        ("package.json", '{"name": "express-fan"}', None),
        ("requirements.txt", "# flask\nflasky\n", None),
    ],
)
def test_a_packages_usual_port(folder, file, text, wanted):
    (folder / file).write_text(text)

    assert ports(folder) == ([("http", wanted[0], "TCP", wanted[1])] if wanted else [])


def test_the_first_that_names_a_port_is_heard(folder):
    (folder / "go.mod").write_text("module x\n")
    assert [number for _, number, *_ in ports(folder)] == [8080]
    (folder / "compose.yaml").write_text("services: {a: {ports: ['81:82']}}")
    assert [number for _, number, *_ in ports(folder)] == [82]
    (folder / "Dockerfile").write_text("FROM a\n")
    assert [number for _, number, *_ in ports(folder)] == [82]
    (folder / "Dockerfile").write_text("FROM a\nEXPOSE 83\n")
    assert [number for _, number, *_ in ports(folder)] == [83]


@pytest.mark.parametrize(
    ("file", "text", "name"),
    [
        ("package.json", '{\n"name": "@acme/Web.App"}', ("web-app", "package.json:2 name")),
        ("package.json", '{"author": {"name": "Ann"}}', ("my-shop-2", "folder My_Shop 2")),
        (
            "pyproject.toml",
            '[build]\nname = "no"\n[project]\nname = "yes_it-is"',
            ("yes-it-is", "pyproject.toml:4 name"),
        ),
        ("go.mod", "module acme.io/tools/pay/v2\n", ("pay", "go.mod:1 name")),
        ("Cargo.toml", '[package]\nname = "pay"\n', ("pay", "Cargo.toml:2 name")),
    ],
)
def test_a_packages_name(folder, file, text, name):
    (folder / file).write_text(text)

    assert look(str(folder)).name == name


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("My_Shop 2", "my-shop-2"),
        ("2048", "app-2048"),
        ("Café.Été", "cafe-ete"),
        ("日本", ""),
        ("--a--", "a"),
        ("", ""),
    ],
)
def test_a_name_is_mended(text, wanted):
    assert mend_name(text) == wanted


@given(st.text())
def test_a_mended_name_is_legal_or_empty(text):
    mended = mend_name(text)

    assert not mended or names.service_name(mended) is None


FILES = ["Dockerfile", "compose.yaml", "package.json", "requirements.txt", "pyproject.toml", "go.mod", "nginx.conf"]


@pytest.mark.parametrize("file", FILES)
def test_what_is_no_text_file_proposes_nothing(folder, file):
    odd = folder / file
    nothing = Proposals(look(str(folder)).name)
    text = b"FROM a\nEXPOSE 5000\nservices: {a: {ports: [1]}}\nmodule flask\n"

    odd.mkdir()
    assert look(str(folder)) == nothing
    odd.rmdir()
    os.mkfifo(odd)
    assert look(str(folder)) == nothing
    odd.unlink()
    odd.symlink_to("/dev/zero")
    assert look(str(folder)) == nothing
    odd.unlink()
    odd.symlink_to(file)
    assert look(str(folder)) == nothing
    odd.unlink()
    odd.write_bytes(text + b"\0")
    assert look(str(folder)) == nothing
    with open(odd, "wb") as sparse:
        sparse.write(text)
        sparse.truncate(200 << 20)
    assert look(str(folder)) == nothing


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "piece",
    [
        "\n",
        " ",
        "a",
        " \n",
        "\\\n",
        "ENV a",
        "EXPOSE 1 ",
        "${a-",
        'a="',
        "[project]\n",
        "- ",
        "{",
        '{"name":',
        "&a *a ",
    ],
)
def test_no_text_takes_long(folder, file, piece):
    text = ("ENV " if piece == "a" else "") + piece * ((1 << 18) // len(piece))
    (folder / file).write_text(text[: (1 << 18) - 8])
    before = time.process_time()
    look(str(folder))

    # linear work takes well under a second, quadratic work more than a minute
    assert time.process_time() - before < 10


def test_a_variable_that_doubles_itself_does_not_grow(folder):
    (folder / "Dockerfile").write_text("FROM a\nENV A=80\n" + "ENV A=$A$A\n" * 60 + "EXPOSE $A\n")

    assert ports(folder) == []


WORDS = "FROM AS a EXPOSE 80 80-82 /udp ENV ARG A = $A ${A:-1} ${ } \\ # <<EOF RUN EOF \" ' services: [ ] { : &x *x"
PIECES = st.sampled_from([*WORDS.split(), "\n", " ", "\n  a:\n    ports:\n      - "])


@settings(max_examples=300, deadline=None)
@given(parts=st.lists(PIECES, max_size=60), file=st.sampled_from(FILES), noise=st.binary(max_size=20))
def test_no_file_raises_and_every_proposal_is_legal(tmp_path_factory, parts, file, noise):
    folder = tmp_path_factory.mktemp("odd")
    (folder / file).write_bytes("".join(parts).encode() + noise)
    found = look(str(folder))

    for port in found.ports:
        assert names.port_name(port.wish.name) is None
        assert 1 <= port.wish.target_port <= 65535
        assert re.match(rf"{re.escape(file)}:[0-9]+ ", port.source)
    assert len({port.wish.name for port in found.ports}) == len(found.ports) <= 10
    assert found.image is None or names.image(found.image.value) is None


def test_a_folder_that_is_gone_proposes_its_name(tmp_path):
    assert look(str(tmp_path / "gone")) == Proposals(("gone", "folder gone"))
