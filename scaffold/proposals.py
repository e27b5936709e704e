"""What a folder says about its app: a name, an image and ports to propose.

Reads the Dockerfile, the compose file and the usual package files of one folder. What makes no sense says nothing.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold import names
from scaffold.model import PortWish, Protocol
from scaffold.node_values import fields, text_of
from scaffold.nodes import Unreadable, compose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SIZE_LIMIT = 1 << 18
_MANY = 10
_VALUE_LIMIT = 200

_DOCKERFILES = ("Dockerfile", "Containerfile")
_COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_PYTHON = "requirements.txt pyproject.toml Pipfile"

# Files, the word to look for, and the port that it listens on when nobody says otherwise; the first that fits counts.
_USUAL_PORTS: tuple[tuple[str, str, int], ...] = (
    ("package.json", r'"(next|nuxt|express|fastify|koa|@nestjs/core|react-scripts)"\s*:', 3000),
    ("package.json", r'"(@angular/core)"\s*:', 4200),
    ("package.json", r'"(vite)"\s*:', 5173),
    (_PYTHON, r"^[^#\n]*?\b(fastapi|uvicorn|gunicorn|django)\b", 8000),
    (_PYTHON, r"^[^#\n]*?\b(streamlit)\b", 8501),
    (_PYTHON, r"^[^#\n]*?\b(flask)\b", 5000),
    ("pom.xml build.gradle build.gradle.kts", r"\b(spring-boot|quarkus|micronaut)\b", 8080),
    ("Gemfile", r"^[^#\n]*?['\"](rails|puma)['\"]", 3000),
    ("composer.json", r'"(laravel/framework)"\s*:', 8000),
    ("mix.exs", r":(phoenix)\b", 4000),
    ("Cargo.toml", r"^(actix-web)\b", 8080),
    ("Cargo.toml", r"^(rocket)\b", 8000),
    ("Cargo.toml", r"^(axum)\b", 3000),
    ("nginx.conf", r"^[ \t]*(listen)\s", 80),
    ("go.mod", r"^(module)\s", 8080),
)
_PACKAGE_NAMES = (
    ("package.json", r'\A\s*\{[^{}\[\]]*?"name"\s*:\s*"([^"\n]+)"'),
    ("pyproject.toml", r'^\[(?:project|tool\.poetry)\][^\[]*?^name\s*=\s*["\']([^"\'\n]+)'),
    ("Cargo.toml", r'^\[package\][^\[]*?^name\s*=\s*["\']([^"\'\n]+)'),
    ("go.mod", r"^module[ \t]+(\S+?)(?:/v[0-9]+)?[ \t]*$"),
)
# What a number is nearly always used for. Every other number is just a number.
_USUAL_NAMES = {443: "https", 8443: "https", 53: "dns", 50051: "grpc", 5432: "postgres", 3306: "mysql", 6379: "redis"}
_USUAL_NAMES |= {9090: "metrics", 9100: "metrics", 9464: "metrics", 27017: "mongodb", 5672: "amqp", 1883: "mqtt"}

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^{}]*))?\}|(\w+))")
_ASSIGNMENT = re.compile(r"""(?<!\w)(\w+)=("[^"]*"|'[^']*'|\S*)""")
_HEREDOC = re.compile(r"""(?:^|\s)[0-9]*<<-?["']?([A-Za-z_]\w*)""")
_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(tcp|udp|sctp))?", re.IGNORECASE)


class Text(NamedTuple):
    """A legal name or image, and where it was found, such as `compose.yaml:3 image`."""

    value: str
    source: str


class Port(NamedTuple):
    """A port with a legal name of its own, and where it was found, such as `Dockerfile:12 EXPOSE 5000`."""

    wish: PortWish
    source: str


class Proposals(NamedTuple):
    """What to propose; None or empty where the folder says nothing."""

    name: Text | None = None
    image: Text | None = None
    ports: tuple[Port, ...] = ()


class _Seen(NamedTuple):
    number: int
    protocol: Protocol
    source: str


def look(folder: str) -> Proposals:
    """What the files of a folder propose. Never raises: a file that cannot be read or understood proposes nothing.

    The ports come from the first that names any: the Dockerfile, the compose file, a package's usual port.
    """
    name, image, composed = _compose_file(folder)
    seen = exposed(*_first(folder, _DOCKERFILES)) or composed or _usual_port(folder)
    return Proposals(name or _package_name(folder) or _folder_name(folder), image, _named(seen))


def mend_name(text: str) -> str:
    """The legal Service name nearest to a text; empty when nothing of it can be kept."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    mended = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if mended[:1].isdigit():
        mended = f"app-{mended}"
    return mended[:63].rstrip("-")


def _read(folder: str, name: str) -> str | None:
    """A file's text; None for what is no plain file, too large, binary or not ours to read."""
    path = os.path.join(folder, name)
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _SIZE_LIMIT:
            return None
        with open(path, "rb") as file:
            data = file.read(_SIZE_LIMIT)
    except (OSError, ValueError):
        return None
    return None if b"\0" in data else data.decode("utf-8-sig", "replace").replace("\r\n", "\n")


def _first(folder: str, files: Iterable[str]) -> tuple[str, str]:
    return next(((text, name) for name in files if (text := _read(folder, name)) is not None), ("", ""))


def _named(seen: Iterable[_Seen]) -> tuple[Port, ...]:
    """Each number once, with a name: the usual one, `http` for the first other TCP port, else its number."""
    unique: dict[tuple[int, str], _Seen] = {}
    for one in seen:
        unique.setdefault((one.number, one.protocol), one)
    ports: dict[str, Port] = {}
    for number, protocol, source in list(unique.values())[:_MANY]:
        plain = "http" if protocol == "TCP" and "http" not in ports else f"port-{number}"
        name = _USUAL_NAMES.get(number, plain)
        if name == "metrics" and not ports:
            name = plain  # an app's first port is hardly there for its metrics
        twins = sum(other == number for other, _ in unique) > 1
        choices = (name, f"{name}-{protocol.lower()}" if twins else plain, f"port-{number}-{protocol.lower()}")
        name = next(choice for choice in choices if choice not in ports)
        ports[name] = Port(PortWish(name, number, protocol), source)
    return tuple(ports.values())


def exposed(text: str, shown: str) -> list[_Seen]:
    """The ports that the last stage of a Dockerfile exposes, those of a stage that it is built from included."""
    asked_of_all: dict[str, str] = {}
    variables: dict[str, str] = asked_of_all
    ports: list[_Seen] = []
    stages: dict[str, tuple[dict[str, str], list[_Seen]]] = {}
    for line, word, rest in _instructions(text):
        if word == "FROM":
            base, *alias = [part for part in rest.split() if not part.startswith("--")] or [""]
            inherited, before = stages.get(base.lower(), ({}, []))
            variables, ports = dict(inherited), list(before)
            if len(alias) == 2:
                stages[alias[1].lower()] = (variables, ports)
        elif word == "ARG" and rest.strip() in asked_of_all:
            variables.setdefault(rest.strip(), asked_of_all[rest.strip()])
        elif word in ("ARG", "ENV"):
            for name, value in _assignments(rest):
                variables[name] = (_expand(value.strip("\"'"), variables) or "")[:_VALUE_LIMIT]
        elif word == "EXPOSE":
            for token in rest.split():
                plain = _expand(token.strip("\"'"), variables) or ""
                ports += [_Seen(*one, f"{shown}:{line} EXPOSE {plain}") for one in _numbers(plain)]
    return ports


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """First line, word in capitals, the rest: continued lines joined, comments and heredocs left out."""
    joined, start = "", 0
    heredocs: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if heredocs:
            del heredocs[: stripped == heredocs[0]]
            continue
        if not stripped or stripped[0] == "#":
            continue
        start = start or number
        if stripped[-1] == "\\":
            joined += stripped[:-1] + " "
            continue
        word, _, rest = (joined + stripped).replace("\t", " ").partition(" ")
        yield start, word.upper(), rest.strip()
        if word.upper() in ("RUN", "COPY", "ADD"):
            heredocs = _HEREDOC.findall(rest)
        joined, start = "", 0


def _assignments(rest: str) -> list[tuple[str, str]]:
    found = _ASSIGNMENT.findall(rest)
    name, _, value = rest.partition(" ")
    return found if "=" in name or not value else [(name, value.strip())]


def _expand(text: str, variables: Mapping[str, str]) -> str | None:
    """The text with its variables filled in; None when one of them is known only to whoever builds."""
    parts, position = [], 0
    for match in _VARIABLE.finditer(text):
        value = variables.get(match[1] or match[3]) or match[2]
        if not value:
            return None
        parts += [text[position : match.start()], value]
        position = match.end()
    return "".join(parts) + text[position:]


def _numbers(token: str) -> list[tuple[int, Protocol]]:
    """`80`, `80/udp`, `8000-8002` -> numbers; nothing for a range that is too long to mean Service ports."""
    match = _PORTS.fullmatch(token)
    if not match:
        return []
    low, high = int(match[1]), int(match[2] or match[1])
    if not 1 <= low <= high <= 65535 or high - low >= _MANY:
        return []
    protocol: Any = (match[3] or "TCP").upper()
    return [(number, protocol) for number in range(low, high + 1)]


def _compose_file(folder: str) -> tuple[Text | None, Text | None, list[_Seen]]:
    """Name, image and ports of the service that is built here, or of the first."""
    text, shown = _first(folder, _COMPOSE_FILES)
    try:
        root = next((node for node, _ in compose(text.encode())), None)
        services = {name: node for name, node in fields(fields(root).get("services")).items() if fields(node)}
    except Unreadable:
        return None, None, []
    if not services:
        return None, None, []
    chosen = min(services, key=lambda name: _build_rank(fields(services[name])))
    service = fields(services[chosen])
    legal = mend_name(chosen)
    name = Text(legal, f"{shown} service {chosen}") if legal else None
    return name, _image(service.get("image"), shown), _composed_ports(service, shown)


def _build_rank(service: Mapping[str, Any]) -> int:
    build = service.get("build")
    if build is None:
        return 2
    context = text_of(build if build.id == "scalar" else fields(build).get("context"))
    return 0 if context in ("", ".", "./") else 1


def _image(node: Any, shown: str) -> Text | None:  # noqa: ANN401
    image = _expand(text_of(node), {})
    if not image or names.image(image):
        return None
    return Text(image, f"{shown}:{node.start_mark.line + 1} image")


def _composed_ports(service: Mapping[str, Any], shown: str) -> list[_Seen]:
    seen: list[_Seen] = []
    for key in ("ports", "expose"):
        node = service.get(key)
        for item in node.value if node is not None and node.id == "sequence" else ():
            target = fields(item).get("target") if item.id == "mapping" else item
            token = (_expand(text_of(target), {}) or "").rpartition(":")[2]
            if item.id == "mapping" and (protocol := text_of(fields(item).get("protocol"))):
                token += f"/{protocol}"
            seen += [_Seen(*one, f"{shown}:{item.start_mark.line + 1} {key}") for one in _numbers(token)]
    return seen


def _usual_port(folder: str) -> list[_Seen]:
    texts: dict[str, str] = {}
    for files, pattern, port in _USUAL_PORTS:
        for name in files.split():
            if name not in texts:
                texts[name] = _read(folder, name) or ""
            match = re.search(pattern, texts[name], re.IGNORECASE | re.MULTILINE)
            if match:
                line = texts[name].count("\n", 0, match.start(1)) + 1
                return [_Seen(port, "TCP", f"{name}:{line} {match[1]}, usually {port}")]
    return []


def _package_name(folder: str) -> Text | None:
    for name, pattern in _PACKAGE_NAMES:
        text = _read(folder, name) or ""
        match = re.search(pattern, text, re.MULTILINE)
        legal = mend_name(match[1].rpartition("/")[2]) if match else ""
        if match and legal:
            return Text(legal, f"{name}:{text.count(chr(10), 0, match.start(1)) + 1} name")
    return None


def _folder_name(folder: str) -> Text | None:
    name = os.path.basename(os.path.abspath(folder))
    legal = mend_name(name)
    return Text(legal, f"folder {name}") if legal else None
