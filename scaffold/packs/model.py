"""What a pack is, once read. Values only; places are worked out when a message needs one."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from scaffold.documents import Document
from scaffold.model import Content, Location

Kind = Literal["path", "project", "user", "package", "git", "built-in"]


class Entry(NamedTuple):
    """Where something stands in a pack.yaml."""

    document: Document
    where: tuple[str | int, ...]

    def at(self, *keys: str | int) -> Location:
        """The place of the entry, or of a value in it."""
        return self.document.location(*self.where, *keys)


class Expression(NamedTuple):
    """What a pack works out: a Jinja expression, a text with `{{ }}` in it, or a regular expression."""

    text: str
    entry: Entry
    key: str
    form: Literal["expression", "text", "pattern"] = "expression"

    @property
    def location(self) -> Location:
        """Its place."""
        return self.entry.at(self.key)


class PackFile(NamedTuple):
    """One file that a pack writes: its path below the output folder, and the template it is rendered from.

    `when` decides whether it is made. `each` files are made once per environment: their path holds `{environment}`.
    `content` says what is held against the plan: see `RenderedFile`.
    """

    path: str
    template: str
    when: Expression | None
    each: bool
    entry: Entry
    content: Content = "manifests"


class Question(NamedTuple):
    """One thing that a pack asks; `--set NAME=VALUE` answers it. `pack` is the pack that asks it first-hand.

    `ask` is whether the wizard asks it; else it shows the default with the numbers, to be changed there.
    """

    name: str
    type: str
    default: Any
    help: str
    choices: tuple[str, ...]
    when: Expression | None
    pattern: Expression | None
    check: Expression | None
    message: str
    secret: bool
    ask: bool
    entry: Entry
    pack: str

    @property
    def location(self) -> Location:
        """Its place in pack.yaml."""
        return self.entry.at()


class Rule(NamedTuple):
    """One rule of a pack's policy: `kind` is its key in pack.yaml, `text` what the platform team says about it."""

    kind: str
    value: Any
    text: str
    pack: str
    entry: Entry

    @property
    def location(self) -> Location:
        """Its place in pack.yaml."""
        return self.entry.at(self.kind)


class Pack(NamedTuple):
    """A pack, read. Files, questions and policy hold what is inherited too; `texts` its own templates only.

    `source` is the text of its pack.yaml, `digest` 12 hex digits over that and the templates of the pack and of all
    that it extends. `next` is the text of the command that comes after writing;
    `environments` and `namespaces` name the questions whose answers are that.
    """

    name: str
    kind: Kind
    folder: str
    origin: str
    title: str
    version: str
    files: tuple[PackFile, ...]
    questions: tuple[Question, ...]
    policy: tuple[Rule, ...]
    environments: str | None
    texts: Mapping[str, str]
    parent: "Pack | None"
    digest: str
    source: str
    commit: str | None = None
    next: Expression | None = None
    namespaces: str | None = None

    @property
    def chain(self) -> "Iterator[Pack]":
        """The pack, the one that it extends, and so on."""
        pack: Pack | None = self
        while pack is not None:
            yield pack
            pack = pack.parent

    def shown(self, template: str) -> str:
        """The path of one of its own templates, for messages."""
        return f"{self.origin}/{template}"

    @property
    def templates(self) -> dict[str, "Pack"]:
        """Every template that can be used by name, with the pack whose text it is."""
        found: dict[str, Pack] = {}
        for pack in self.chain:
            for name in pack.texts:
                found.setdefault(name, pack)
        return found
