"""The one place that runs git: packs from a repository, fetched into the user's cache, and never asked twice.

Nothing of a repository is run and nothing is checked out: no hooks, no filters, no submodules. Files are read out of
the commit's tree, links left out. git never asks a question here, and speaks https, ssh, git and file only.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

from scaffold import own_cache
from scaffold.errors import SvcgenError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffold.model import Location

FORM = "git+https://example.com/acme/packs@v1.2#web"
_TIME = 120
# most who ask for git want a pack
_INSTEAD = "copy the pack into .svcgen/templates"
_FILES = 2000
_SIZE = 16 << 20
_URL = re.compile(
    r"(?P<url>(?:https|ssh|git|file)://(?P<host>[^/]*)/(?P<path>[^@#]+))(?:@(?P<ref>[^#]*))?(?:#(?P<folder>.*))?"
)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_NO_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[-/]|[/.]$|\.lock$")
# what a hook or another git around us may have set, and would lead git elsewhere
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE")


class Source(NamedTuple):
    """A folder in a repository: `folder` is empty for its top, `ref` a tag, a commit or a branch."""

    url: str
    ref: str
    folder: str

    @property
    def name(self) -> str:
        """As it is written for `--template`."""
        return f"git+{self.url}" + (f"@{self.ref}" if self.ref else "") + (f"#{self.folder}" if self.folder else "")


class Fetched(NamedTuple):
    """A folder of a commit, on disk."""

    folder: str
    commit: str


def parse(text: str, asked: Location) -> Source:
    """`git+URL@REF#FOLDER`.

    Args:
        text: as written.
        asked: where, for messages.

    Raises:
        SvcgenError: another form, a protocol that is not allowed, a password in it, a folder outside the repository.
    """
    match = _URL.fullmatch(text.removeprefix("git+"))
    if not match:
        raise SvcgenError(
            f"{text!r} is no repository", asked, f"write it like {FORM}; https, ssh, git and file are allowed"
        )
    host, ref, folder = match["host"], match["ref"] or "", match["folder"] or ""
    if host.startswith("-") or "@-" in host or re.search(r"[\x00-\x20\x7f]", match["url"]):
        raise SvcgenError(f"{text!r} is no repository", asked, f"write it like {FORM}")
    if ":" in host.rpartition("@")[0]:
        raise SvcgenError(
            "a password in the address would be saved with the app",
            asked,
            "leave it out; git asks its credential helper",
        )
    if ref and _NO_REF.search(ref):
        raise SvcgenError(f"{ref!r} is no name of a tag or a commit", asked, f"write it like {FORM}")
    if folder.startswith("/") or set(folder.split("/")) & {"..", ".git"} or "\\" in folder or "\0" in folder:
        raise SvcgenError(f"the folder {folder!r} lies outside the repository", asked, f"write it like {FORM}")
    path = os.path.normpath(folder).replace(os.sep, "/") if folder else ""
    return Source(match["url"], ref, "" if path == "." else path)


def run(
    words: Sequence[str], folder: str, *, stdin: bytes = b"", seconds: int = _TIME, instead: str = _INSTEAD
) -> subprocess.CompletedProcess[bytes]:
    """git, in a folder, without a question and without anything of the repository being run.

    Args:
        words: what follows `git`.
        folder: where it runs.
        stdin: what it reads.
        seconds: how long it may take.
        instead: what to do without git.

    Raises:
        SvcgenError: there is no git, or it took longer than `seconds`.
    """
    env = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    env |= {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "SSH_ASKPASS": "true",
        "GIT_SSH_COMMAND": f"{env.get('GIT_SSH_COMMAND') or 'ssh'} -o BatchMode=yes -o ConnectTimeout=20",
        "GIT_ALLOW_PROTOCOL": "https:ssh:git:file",
        "GIT_NO_REPLACE_OBJECTS": "1",
    }
    command = ["git", "-c", f"core.hooksPath={os.devnull}", "-c", "gc.auto=0", "-c", "maintenance.auto=false", *words]
    pipe = subprocess.PIPE
    # Ctrl-C waits until git is known: else a git that has just started would be left behind
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        # a session of its own: what git starts to speak with the server can be stopped with it
        with subprocess.Popen(
            command, cwd=folder, env=env, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        ) as git:
            try:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
                out, errors = git.communicate(stdin, timeout=seconds)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.killpg(git.pid, signal.SIGKILL)
                raise
    except FileNotFoundError:
        hint = f"install git, or {instead}"
        raise SvcgenError("there is no git on the PATH", hint=hint) from None
    except subprocess.TimeoutExpired:
        hint = f"try again, or {instead}"
        raise SvcgenError(f"git {words[0]} had no answer within {seconds} s", hint=hint) from None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return subprocess.CompletedProcess(command, git.returncode, out, errors)


def fetch(
    source: Source, asked: Location, *, trust: bool = False, commit: str | None = None, pinned: str | None = None
) -> Fetched:
    """A folder of a repository, on disk. What was fetched once never needs the network again.

    Args:
        source: what is wanted.
        asked: where it was asked for, for messages.
        trust: whether a branch, which moves, will do.
        commit: exactly this commit, whatever the ref is now.
        pinned: the commit that was used before, good for a branch that is not trusted to move.

    Raises:
        SvcgenError: no such repository, ref, commit or folder; a branch without `trust`; no git; no answer in time.
    """
    repository = _Repository(source.url, asked)
    with repository.alone():
        if commit is None:
            commit = repository.resolve(source, trust=trust, pinned=pinned)
        elif not repository.has(commit):
            repository.bring_commit(commit)
        return Fetched(repository.unpack(commit, source), commit)


def contents(blobs: Sequence[str], folder: str) -> Iterator[bytes | None]:
    """The bytes of blobs of the repository that a folder lies in, in their order; None of what is none.

    Raises:
        SvcgenError: there is no git, or no answer in time.
    """
    if not blobs:
        return
    said = run(["cat-file", "--batch"], folder, stdin="".join(f"{blob}\n" for blob in blobs).encode()).stdout
    at = 0
    for blob in blobs:
        end = said.find(b"\n", at)
        head = said[at:end].split()
        at = end + 1
        # else `missing`, or no answer at all
        if end < 0 or len(head) != 3 or head[0] != blob.encode():
            yield None
            continue
        size = int(head[2])
        yield said[at : at + size] if head[1] == b"blob" else None
        at += size + 1


class _Repository:
    """The cached part of one repository."""

    def __init__(self, url: str, asked: Location) -> None:
        from hashlib import sha256

        self._url, self._asked = url, asked
        self._folder = os.path.join(own_cache.home(), "git", sha256(url.encode()).hexdigest()[:20])
        self._bare = os.path.join(self._folder, "repository")
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            os.makedirs(self._bare, mode=0o700, exist_ok=True)
            status = os.stat(self._folder)
        except OSError as error:
            raise SvcgenError(f"cannot keep what git fetches in {self._folder}: {error.strerror}", asked) from None
        if not own_cache.is_own(status):
            raise SvcgenError(f"{self._folder} can be written by others, so it is not used", asked, "remove it")

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Lets one process at a time fetch into this cache; where there are no such locks, goes on without."""
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            with contextlib.suppress(ImportError, OSError):
                import fcntl

                fcntl.flock(descriptor, fcntl.LOCK_EX)
            # two that do this at once are in each other's way
            if not os.path.exists(os.path.join(self._bare, "HEAD")):
                self._git("init", "--quiet", "--bare", "--template=", ".")
            yield
        finally:
            os.close(descriptor)

    def has(self, commit: str) -> bool:
        """Whether a commit is at hand."""
        return run(["cat-file", "-e", f"{commit}^{{tree}}"], self._bare).returncode == 0

    def resolve(self, source: Source, *, trust: bool, pinned: str | None) -> str:
        """The commit of a ref: a commit, a tag, or with trust a branch; without, a branch as it was."""
        ref = source.ref
        if _COMMIT.fullmatch(ref):
            if not self.has(ref):
                self.bring_commit(ref)
            return ref
        known = self._commit_of(f"refs/tags/{ref}") if ref else None
        if known:
            return known
        branch = f"refs/heads/{ref}" if ref else "HEAD"
        kept = f"refs/svcgen/branches/{ref or 'HEAD'}"
        if pinned and not trust and self._commit_of(kept) and self.has(pinned):
            return pinned
        there = self._remote_refs()
        if f"refs/tags/{ref}" in there:
            self._fetch(f"+refs/tags/{ref}:refs/tags/{ref}")
            return self._needed(f"refs/tags/{ref}")
        if branch not in there:
            raise self._no_such_ref(ref, there)
        if pinned and not trust:
            if not self.has(pinned):
                self.bring_commit(pinned)
            return pinned
        if not trust:
            tags = sorted(name.removeprefix("refs/tags/") for name in there if name.startswith("refs/tags/"))
            what = (
                f"{ref!r} is a branch, which moves" if ref else "without a tag or a commit the pack can change any time"
            )
            fixed = source._replace(ref=tags[-1] if tags else there[branch])
            raise SvcgenError(what, self._asked, f"take {fixed.name}, or add --trust")
        self._fetch(f"+{branch}:{kept}")
        return self._needed(kept)

    def bring_commit(self, commit: str) -> None:
        """Fetches one commit; servers that give none by its number give all that they have."""
        if not _COMMIT.fullmatch(commit):
            raise SvcgenError(f"{commit!r} is no commit: it has 40 digits from 0-9 and a-f", self._asked)
        done = self._try_fetch(commit)
        if done.returncode != 0:
            self._fetch("+refs/heads/*:refs/svcgen/heads/*", "+refs/tags/*:refs/svcgen/tags/*", depth=())
        if not self.has(commit):
            raise SvcgenError(f"there is no commit {commit} in {self._url}", self._asked)

    def unpack(self, commit: str, source: Source) -> str:
        """The folder of a commit as files; made once, and seen by others only when it is whole."""
        import tempfile
        from hashlib import sha256

        target = os.path.join(self._folder, f"{commit}-{sha256(source.folder.encode()).hexdigest()[:12]}")
        if os.path.isdir(target):
            return target
        entries = list(self._entries(commit, source))
        with tempfile.TemporaryDirectory(dir=self._folder) as work:
            whole = os.path.join(work, "tree")
            os.mkdir(whole)
            for path, data in self._contents(entries):
                os.makedirs(os.path.dirname(os.path.join(whole, path)), exist_ok=True)
                with open(os.path.join(whole, path), "wb") as file:
                    file.write(data)
            os.rename(whole, target)
        return target

    def _entries(self, commit: str, source: Source) -> Iterator[tuple[str, str]]:
        done = run(["ls-tree", "-r", "-l", "-z", f"{commit}:{source.folder}"], self._bare)
        if done.returncode != 0:
            what = f"there is no folder {source.folder!r} in {self._url} at {source.ref or commit}"
            raise SvcgenError(what, self._asked, f"write it like {FORM}")
        size = 0
        count = 0
        for line in done.stdout.split(b"\0")[:-1]:
            head, _, raw = line.partition(b"\t")
            mode, kind, blob, length = head.split()
            path = raw.decode("utf-8", "surrogateescape")
            # links and submodules are no files of a pack
            if kind != b"blob" or mode == b"120000":
                continue
            if set(path.split("/")) & {"", ".", "..", ".git"}:
                raise SvcgenError(f"{path!r} leads out of the repository", self._asked)
            size += int(length)
            count += 1
            if count > _FILES or size > _SIZE:
                raise SvcgenError(
                    f"over {_FILES} files or {_SIZE >> 20} MB in one pack", self._asked, f"name its folder: {FORM}"
                )
            yield path, blob.decode()

    def _contents(self, entries: list[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
        for (path, _), data in zip(entries, contents([blob for _, blob in entries], self._bare), strict=True):
            if data is None:
                raise SvcgenError(f"git could not read {path!r} of {self._url}", self._asked)
            yield path, data

    def _remote_refs(self) -> dict[str, str]:
        self._say()
        out = self._git("ls-remote", "--quiet", "--", self._url).decode("utf-8", "replace")
        refs = {}
        for line in out.splitlines():
            commit, _, name = line.partition("\t")
            refs[name.removesuffix("^{}")] = commit
        return refs

    def _no_such_ref(self, ref: str, there: dict[str, str]) -> SvcgenError:
        from scaffold.names import nearest

        tags = [name.removeprefix("refs/tags/") for name in there if name.startswith("refs/tags/")]
        near = nearest(ref, tags)
        hint = f"did you mean {near!r}?" if near else f"its tags: {', '.join(sorted(tags)[:20]) or 'none'}"
        if re.fullmatch(r"[0-9a-f]{7,39}", ref):
            hint = "a commit has 40 digits: git rev-parse " + ref
        return SvcgenError(f"there is no tag and no commit {ref!r} in {self._url}", self._asked, hint)

    def _commit_of(self, ref: str) -> str | None:
        done = run(["rev-parse", "--quiet", "--verify", f"{ref}^{{commit}}"], self._bare)
        return done.stdout.decode().strip() if done.returncode == 0 else None

    def _needed(self, ref: str) -> str:
        found = self._commit_of(ref)
        if found is None:
            raise SvcgenError(f"{ref} of {self._url} is no commit", self._asked)
        return found

    def _fetch(self, *refs: str, depth: tuple[str, ...] = ("--depth=1",)) -> None:
        self._checked(self._try_fetch(*refs, depth=depth))

    def _try_fetch(self, *refs: str, depth: tuple[str, ...] = ("--depth=1",)) -> subprocess.CompletedProcess[bytes]:
        words = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--force", *depth, "--", self._url, *refs]
        self._say()
        return run(words, self._bare)

    def _git(self, *words: str) -> bytes:
        return self._checked(run(words, self._bare))

    def _checked(self, done: subprocess.CompletedProcess[bytes]) -> bytes:
        if done.returncode != 0:
            said = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
            reason = next(
                (line for line in said if line.startswith(("fatal:", "ERROR", "error:"))), (said or ["no word"])[-1]
            )
            raise SvcgenError(
                f"git cannot read {self._url}: {reason.removeprefix('fatal: ')}",
                self._asked,
                "is the address right, and may you read it? try git ls-remote with it",
            )
        return done.stdout

    def _say(self) -> None:
        if sys.stderr and sys.stderr.isatty():
            print(f"fetching {self._url}", file=sys.stderr)
