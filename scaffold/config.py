"""The project: its root, `.svcgen/config.yaml` and the user's own config."""

import os
import re
import stat
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from scaffold.documents import Document
from scaffold.errors import SvcgenError
from scaffold.model import SERVICE_TYPES, Band, Location, PortPolicy, Reserved
from scaffold.nearby import on_disk
from scaffold.own_files import one_mapping, refuse_unknown

_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_DEFAULTS = {"namespace": str, "replicas": int, "template": str, "type": str, "image": str, "labels": dict}
_KEYS = ("node_ports", "service_ports", "clusters", "taken", "defaults", "check")


class Cluster(NamedTuple):
    """Folders whose manifests go to one cluster; node ports conflict within it only.

    context is what kubeconfigs call it, where that is not its name.
    """

    name: str
    paths: tuple[str, ...]
    low: int | None = None
    high: int | None = None
    context: str | None = None

    def holds(self, path: str) -> bool:
        """Whether a path (relative to the project root, `/` between folders) belongs to this cluster."""
        return any(glob_pattern(glob).fullmatch(path) for glob in self.paths)


class Ignore(NamedTuple):
    """A rule that is not applied to some paths, and why."""

    rule: str
    paths: tuple[str, ...]
    reason: str
    location: Location

    def covers(self, rule: str, path: str) -> bool:
        """Whether a finding of this rule in this file is to be passed over."""
        return self.rule == rule and (not self.paths or any(glob_pattern(glob).fullmatch(path) for glob in self.paths))


class Named(NamedTuple):
    """A source of taken ports as `taken` names it, and where."""

    text: str
    location: Location


class Config(NamedTuple):
    """Everything that the two config files may say."""

    policy: PortPolicy = PortPolicy()
    clusters: tuple[Cluster, ...] = ()
    taken: tuple[Named, ...] = ()
    defaults: Mapping[str, Any] = {}
    kube_version: str | None = None
    ip_families: tuple[str, ...] = ("IPv4",)
    ignore: tuple[Ignore, ...] = ()

    def cluster_of(self, path: str) -> str | None:
        """The cluster of a path relative to the project root; None where the config names none for it."""
        return next((cluster.name for cluster in self.clusters if cluster.holds(path)), None)

    def cluster_of_context(self, context: str | None) -> str | None:
        """The cluster that a kubeconfig's context leads to; None where the config names none for it."""
        return next((one.name for one in self.clusters if context and context == (one.context or one.name)), None)

    def policy_of(self, cluster: str | None) -> PortPolicy:
        """The policy with the cluster's own range, if it has one."""
        for one in self.clusters:
            if one.name == cluster and one.low and one.high:
                return self.policy._replace(low=one.low, high=one.high)
        return self.policy


def project_root(start: str) -> str:
    """The nearest folder upwards holding `.svcgen/`, else the git root, else `start` (an absolute path)."""
    git = None
    folder = start
    while True:
        if os.path.isdir(os.path.join(folder, ".svcgen")):
            return folder
        if git is None and os.path.exists(os.path.join(folder, ".git")):
            git = folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return git or start
        folder = parent


def start(path: str) -> str:
    """The folder from which the project of a path is looked for upwards.

    Raises:
        SvcgenError: it cannot be read.
    """
    if path != "-" and not os.access(path, os.R_OK):
        raise SvcgenError(f"cannot read {path or repr(path)}: {_why(path)}")
    try:
        place = os.path.abspath("." if path == "-" else path)
    except FileNotFoundError:
        raise SvcgenError("the current folder is gone", hint="change to another one") from None
    return place if os.path.isdir(place) else os.path.dirname(place)


def _why(path: str) -> str:
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return "no such file or folder"
    except OSError as error:
        return (error.strerror or "").lower()
    return "permission denied"


def load(root: str) -> Config:
    """The project's config over the user's.

    Raises:
        SvcgenError: an unknown key (with the nearest known one) or a value of the wrong form, with file and line.
    """
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    config = Config()
    for path in (os.path.join(home, "svcgen", "config.yaml"), os.path.join(root, ".svcgen", "config.yaml")):
        document = _read(path)
        if document is not None:
            config = _Reader(document).over(config)
    return config


def _read(path: str) -> Document | None:
    shown = display(path)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode) and not os.path.isdir(path):
            raise SvcgenError("cannot read: it is no regular file", Location(shown))
        with open(path, "rb") as file:
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SvcgenError(f"cannot read: {error.strerror}", Location(shown)) from None
    wrong = SvcgenError("a config is one mapping", Location(shown, 1, 1), f"its keys are {', '.join(_KEYS)}")
    return one_mapping(data, shown, wrong)


def display(path: str) -> str:
    """A path as a person in the current folder would type it."""
    try:
        relative = os.path.relpath(path)
    except FileNotFoundError:
        # the current folder is gone
        return path
    return relative if len(relative) < len(path) else path


def parse_range(text: str, location: Location, lowest: int = 1) -> tuple[int, int]:
    """`30000-32767` or `30080` -> both ends, included.

    Raises:
        SvcgenError: not a range, or not between `lowest` and 65535.
    """
    match = _RANGE.fullmatch(text)
    low = int(match[1]) if match else 0
    high = int(match[2] or match[1]) if match else 0
    if not match or not lowest <= low <= high <= 65535:
        raise SvcgenError(f"{text!r} is no range of ports, write it like 30000-32767", location)
    return low, high


@cache
def glob_pattern(glob: str) -> re.Pattern[str]:
    """`**` crosses folders, `*` and `?` do not; a folder stands for all that is below it. All begin at the root."""
    pieces = re.split(r"((?:\*\*/)+|\*\*+)", on_disk(glob).removeprefix("./").strip("/"))
    out = _one_folder(pieces[0])
    for at in range(1, len(pieces), 2):
        some = "(?:.*?/)??" if pieces[at].endswith("/") else ".*?"
        found, later = some + _one_folder(pieces[at + 1]), pieces[at + 2 : at + 3]
        # what follows takes any text (or whole folders), so the first place is as good as any: nothing is tried twice,
        # and the time does not grow with a power of the length
        settled = later and (not later[0].endswith("/") or pieces[at + 1].endswith("/"))
        out += f"(?>{found})" if settled else found
    return re.compile(out + "(?:/.*)?")


def _one_folder(glob: str) -> str:
    """What stands between two `**`. Of a text between two stars in one name the first place is as good as any."""
    parts = glob.split("*")
    texts = [re.escape(text).replace(r"\?", "[^/]") for text in parts]
    out = texts[0]
    for at in range(1, len(texts)):
        settled = at + 1 < len(texts) and "/" not in parts[at]
        out += f"(?>[^/]*?{texts[at]})" if settled else f"[^/]*?{texts[at]}"
    return out


class _Reader:
    """One config file -> `Config`, complaining with places."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def over(self, below: Config) -> Config:
        top = self._mapping({"": self._document.data}, "", known=_KEYS)
        node_ports = self._mapping(top, "node_ports", known=("range", "reserved", "bands", "allocate"))
        service_ports = self._mapping(top, "service_ports", known=("first", "by_name"))
        check = self._mapping(top, "check", known=("kube_version", "ip_families", "ignore"))
        defaults = self._mapping(top, "defaults", known=tuple(_DEFAULTS))
        self._defaults(defaults)
        return Config(
            self._policy(below.policy, node_ports, service_ports),
            tuple(self._clusters(top)) or below.clusters,
            self._sources(top) or below.taken,
            {**below.defaults, **defaults},
            self._version(check) or below.kube_version,
            self._families(check) or below.ip_families,
            (*below.ignore, *self._ignores(check)),
        )

    def _policy(self, below: PortPolicy, nodes: dict[str, Any], services: dict[str, Any]) -> PortPolicy:
        low, high = self._range(nodes, ("node_ports", "range")) or (below.low, below.high)
        reserved = [
            Reserved(*self._need(one, where, "ports"), str(one.get("reason") or "no reason given"), self._at(*where))
            for one, where in self._list(nodes, ("node_ports", "reserved"), ("ports", "reason"))
        ]
        bands = [
            Band(str(one.get("namespace") or "default"), *self._need(one, where, "range"), self._at(*where))
            for one, where in self._list(nodes, ("node_ports", "bands"), ("namespace", "range"))
        ]
        strategy = nodes.get("allocate") or below.strategy
        if strategy not in ("stable", "first"):
            raise SvcgenError("allocate is stable or first", self._at("node_ports", "allocate"))
        by_name = self._mapping(services, "by_name", above=("service_ports",))
        for name in by_name:
            self._number(by_name, name, ("service_ports", "by_name"))
        first = self._number(services, "first", ("service_ports",)) or below.service_first
        return PortPolicy(
            low,
            high,
            (*below.reserved, *reserved),
            (*below.bands, *bands),
            first,
            {**below.service_by_name, **by_name},
            strategy,
        )

    def _clusters(self, top: dict[str, Any]) -> list[Cluster]:
        out = []
        for one, where in self._list(top, ("clusters",), ("name", "paths", "range", "context")):
            if not isinstance(one.get("name"), str) or not isinstance(one.get("paths"), list):
                raise SvcgenError("a cluster has a name and a list of paths", self._at(*where))
            low, high = self._range(one, (*where, "range")) or (None, None)
            context = one.get("context")
            if context is not None and not isinstance(context, str):
                raise SvcgenError(
                    "context is a text: the name of a context of your kubeconfig", self._at(*where, "context")
                )
            out.append(Cluster(one["name"], tuple(str(path) for path in one["paths"]), low, high, context))
        return out

    def _sources(self, top: dict[str, Any]) -> tuple[Named, ...]:
        texts = self._texts(top, "taken")
        if "-" in texts:
            where = self._at("taken", texts.index("-"))
            raise SvcgenError("a config cannot know what comes through stdin", where, "give --taken - to the command")
        for index, text in enumerate(texts):
            if "\0" in text:
                raise SvcgenError(f"{text!r} is no name of a file", self._at("taken", index), "take the \\0 away")
        return tuple(Named(on_disk(text), self._at("taken", index)) for index, text in enumerate(texts))

    def _ignores(self, check: dict[str, Any]) -> list[Ignore]:
        out = []
        for one, where in self._list(check, ("check", "ignore"), ("rule", "paths", "reason")):
            if not isinstance(one.get("rule"), str) or not one.get("reason"):
                hint = "write {rule: RULE, paths: [FOLDER/**], reason: WHY}"
                raise SvcgenError("an ignore has a rule and a reason", self._at(*where), hint)
            out.append(Ignore(one["rule"], self._texts(one, "paths", where), str(one["reason"]), self._at(*where)))
        return out

    def _version(self, check: dict[str, Any]) -> str | None:
        version = check.get("kube_version")
        if version is None or isinstance(version, str):
            return version
        path = ("check", "kube_version")
        # as it is written, for 1.30 without quotes is the number 1.3
        written = str(getattr(self._document.find(*path), "value", ""))
        hint = f'write it in quotes: "{written}"' if isinstance(version, float) else 'write it like "1.36"'
        raise SvcgenError("kube_version is not a string", self._at(*path), hint)

    def _families(self, check: dict[str, Any]) -> tuple[str, ...]:
        families = self._texts(check, "ip_families", ("check",))
        if any(one not in ("IPv4", "IPv6") for one in families) or len(set(families)) < len(families):
            where = self._at("check", "ip_families")
            raise SvcgenError("ip_families is IPv4, IPv6 or both", where, "the cluster's main family comes first")
        return families

    def _defaults(self, defaults: dict[str, Any]) -> None:
        kind = defaults.get("type")
        if kind is not None and kind not in SERVICE_TYPES:
            raise SvcgenError(f"type {kind!r} is none of {', '.join(SERVICE_TYPES)}", self._at("defaults", "type"))
        for key, form in _DEFAULTS.items():
            value = defaults.get(key)
            if value is not None and (not isinstance(value, form) or isinstance(value, bool)):
                what = {int: "a whole number", str: "a string", dict: "a mapping"}[form]
                raise SvcgenError(f"{key} is {value!r}, it must be {what}", self._at("defaults", key))

    def _at(self, *path: str | int) -> Location:
        return self._document.location(*path)

    def _mapping(
        self, data: dict[str, Any], key: str, known: tuple[str, ...] = (), above: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        path = (*above, key) if key else ()
        value = data.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise SvcgenError(f"{key} is not a mapping", self._at(*path), f"write {key}: {{KEY: VALUE}}")
        if known:
            refuse_unknown(self._document, value, known, *path)
        return value

    def _list(
        self, data: dict[str, Any], path: tuple[str, ...], known: tuple[str, ...]
    ) -> list[tuple[dict[str, Any], tuple[str | int, ...]]]:
        values = data.get(path[-1])
        if values is None:
            return []
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            hint = f"write {path[-1]}: [{{{known[0]}: ...}}]"
            raise SvcgenError(f"{path[-1]} is not a list of mappings", self._at(*path), hint)
        out = []
        for index, value in enumerate(values):
            where: tuple[str | int, ...] = (*path, index)
            refuse_unknown(self._document, value, known, *where)
            out.append((value, where))
        return out

    def _texts(self, data: dict[str, Any], key: str, above: tuple[str | int, ...] = ()) -> tuple[str, ...]:
        values = data.get(key)
        if values is None:
            return ()
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            hint = f"write {key}: [{repr(values) if isinstance(values, str) else 'TEXT'}]"
            raise SvcgenError(f"{key} is not a list of strings", self._at(*above, key), hint)
        return tuple(values)

    def _range(self, data: dict[str, Any], path: tuple[str | int, ...]) -> tuple[int, int] | None:
        value = data.get(str(path[-1]))
        return None if value is None else parse_range(str(value), self._at(*path))

    def _need(self, data: dict[str, Any], where: tuple[str | int, ...], key: str) -> tuple[int, int]:
        found = self._range(data, (*where, key))
        if found is None:
            raise SvcgenError(f"{key} is missing", self._at(*where), f"write {key}: 30080 or {key}: 30010-30019")
        return found

    def _number(self, data: dict[str, Any], key: str, above: tuple[str, ...]) -> int | None:
        value = data.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
            raise SvcgenError(f"{key} is {value!r}, not a port between 1 and 65535", self._at(*above, key))
        return value
