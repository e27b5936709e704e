"""What kustomizations and tests say of the manifests beside them: which are parts, and what is filled in later."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.blocks import values
from scaffold.cut import split
from scaffold.nearby import on_disk
from scaffold.node_values import to_data
from scaffold.nodes import Unreadable, compose
from scaffold.shapes import as_dict, as_list, label_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

NAMES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
_EXPECTED = "(?:^|[-_.])assert[-_.]|^[0-9]+-errors?[-_.]"
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")
# a file of the folder, or below it, that was taken out for the time being
_COMMENTED = rb"(?m)^[ \t]*#[ \t]*-[ \t]*(?:path:[ \t]*)?(?!\.\./)([A-Za-z0-9_./-]+\.ya?ml)[ \t]*\r?$"
_ANY = re.compile(b".")
_ANY_NAME = "*"
_RESOURCES = ("resources", "bases", "components")
# what may change any field of what a kustomization takes in
_CHANGES = (*_PATCHES, "components", "transformers", "replacements")


class Kustomized(NamedTuple):
    """Paths of files, as shown, by what kustomizations and tests do with them.

    Attributes:
        patches: parts of objects.
        renamed: whose namespace comes later, and which ones it may be.
        affixed: what may be written before and behind the names.
        labelled: whose selectors and Pods get labels, and these labels.
        templated: whose Pods get labels, and these labels: those of `labelled` and more.
        changed: of which any field may come later.
        taken_in: what is written anew on its way to the server, whatever else happens to it.
        expected: what a test waits for.
        fixtures: what a test tries, which need not work.
        idle: switched off, by a `#` before its name.
        replaced: the fields that replacements write into.
        patching: the folders of the kustomizations that patch a file.
        patches_of: the texts of its patches, the names of their targets on the first lines; read when asked for.
        builds_of: the kustomizations that take in a file and that none takes in, each with those that it takes in.
    """

    patches: frozenset[str] = frozenset()
    renamed: Mapping[str, frozenset[str]] = {}
    labelled: Mapping[str, Mapping[str, str]] = {}
    templated: Mapping[str, Mapping[str, str]] = {}
    changed: frozenset[str] = frozenset()
    taken_in: frozenset[str] = frozenset()
    expected: frozenset[str] = frozenset()
    fixtures: frozenset[str] = frozenset()
    idle: frozenset[str] = frozenset()
    replaced: Mapping[str, re.Pattern[str]] = {}
    affixed: Mapping[str, frozenset[tuple[str, str]]] = {}
    patching: Mapping[str, Sequence[str]] = {}
    patches_of: Callable[[str], Sequence[str]] = lambda _: ()
    builds_of: Callable[[str], Sequence[Sequence[str]]] = lambda _: ()

    def mentioned(self) -> frozenset[str]:
        """The files of which `told_of` has something to say."""
        lists = self.patches, self.changed, self.taken_in, self.expected, self.fixtures, self.idle
        return frozenset().union(*lists, self.replaced, self.labelled, self.templated, self.renamed)

    def told_of(self, path: str) -> tuple[object, ...]:
        """All that rules hear of a file which look at its objects alone; two equal answers mean the same to them."""
        lists = self.patches, self.changed, self.taken_in, self.expected, self.fixtures, self.idle
        fields, labels = self.replaced.get(path), (self.labelled.get(path), self.templated.get(path))
        return (
            tuple(path in one for one in lists),
            sorted(self.renamed.get(path, ())),
            fields and fields.pattern,
            labels,
        )

    def speaks_of(self, path: str, port: str | int) -> bool:
        """Whether a patch of the objects in a file, of whatever form, speaks of a port by this name or number."""
        return any(_has(text, str(port)) for folder in self.patching.get(path, ()) for text in self.patches_of(folder))

    def rewrites(self, field: str, name: str, path: str, other: str) -> bool:
        """Whether a kustomization that takes in two files patches a field of the object of a name in them."""
        mine = self.patching.get(path)
        # most are patched by none, and each that holds a node port is asked about all others
        if not mine:
            return False
        folders = set(mine).intersection(self.patching.get(other, ()))
        patches = [text for folder in sorted(folders) for text in self.patches_of(folder) if field in text]
        return any(_is_about(text, name) for text in patches)

    def patches_on(self, path: str, name: str) -> list[list[str]]:
        """The patches of the object of a name in a file, for each kustomization that somebody builds with the file."""
        return [
            [text for folder in folders for text in self.patches_of(folder) if _is_about(text, name)]
            for folders in (self.builds_of(path) if path in self.changed else ())
        ]

    def calls(self, path: str, name: str, other: str) -> bool:
        """Whether a kustomization gives another name to the object of a name in a file."""
        return any(f"{before}{name}{behind}" == other for before, behind in self.affixed.get(path, ()))

    def replaces(self, path: str, field: str) -> bool:
        """Whether a replacement fills in a field (`spec.rules[0].host`) of the objects in a file."""
        fields = self.replaced.get(path)
        return fields is not None and fields.match(field) is not None

    def expects(self, path: str) -> bool:
        """Whether a file holds what a test of an operator waits for, which nobody applies: it says what it must.

        Source: the file names of kuttl (`00-assert.yaml`, `00-errors.yaml`), which people of chainsaw keep.
        """
        named = "assert" in path or "error" in path
        return path in self.expected or (named and re.search(_EXPECTED, path.rpartition(os.sep)[2]) is not None)


def read(kustomizations: Iterable[str], load: Callable[[str], bytes | None]) -> Kustomized:
    """Follows kustomizations to the files that they name.

    Args:
        kustomizations: the paths of the kustomization files.
        load: path -> its bytes, None where it cannot be read.

    Returns:
        The files by what happens to them; a kustomization that cannot be read says nothing.
    """
    texts = {os.path.dirname(path): load(path) or b"" for path in sorted(kustomizations)}
    found = {folder: _data(text) for folder, text in texts.items()}
    patches, changed, all_taken_in = set(), set(), set()
    renamed: dict[str, frozenset[str]] = {}
    affixed: dict[str, frozenset[tuple[str, str]]] = {}
    labelled: dict[str, dict[str, str]] = {}
    templated: dict[str, dict[str, str]] = {}
    replaced: dict[str, set[str]] = {}
    patched: dict[str, list[str]] = {}
    for folder, data in found.items():
        patches |= {_join(folder, name) for name in _patch_files(data)}
        all_taken_in |= {_join(folder, name) for name in _resource_names(data)}
        pairs, of_pods = _labels(data, "includeSelectors"), _labels(data, "includeSelectors", "includeTemplates")
        fields = {_as_pattern(one) for one in _replaced(data, folder, load)}
        is_named, changes = isinstance(data.get("namespace"), str), any(map(data.get, _CHANGES))
        affixes = (str(data.get("namePrefix") or ""), str(data.get("nameSuffix") or ""))
        writes = is_named or changes or of_pods or fields or any(affixes)
        taken_in = _resources(folder, found, set()) if writes else set()
        changed |= taken_in if changes else set()
        for path in taken_in:
            if is_named:
                renamed[path] = renamed.get(path, frozenset()) | {data["namespace"]}
            if any(affixes):
                affixed[path] = affixed.get(path, frozenset()) | {affixes}
            if pairs:
                labelled.setdefault(path, {}).update(pairs)
            if of_pods:
                templated.setdefault(path, {}).update(of_pods)
            if fields:
                replaced.setdefault(path, set()).update(fields)
            if any(map(data.get, _PATCHES)):
                patched.setdefault(path, []).append(folder)

    @cache
    def patches_of(folder: str) -> list[str]:
        """All patches of a kustomization."""
        return [_text_of(patch, folder, load) for patch in _patches(found[folder])]

    builds = cache(lambda: _builds(found))
    return Kustomized(
        frozenset(patches),
        renamed,
        labelled,
        templated,
        frozenset(changed),
        frozenset(all_taken_in),
        idle=frozenset(_idle(texts, found)),
        replaced={path: re.compile(f"(?:{'|'.join(sorted(fields))})(?![^.[])") for path, fields in replaced.items()},
        affixed=affixed,
        patching=patched,
        patches_of=patches_of,
        builds_of=lambda path: builds().get(path, ()),
    )


def _builds(found: dict[str, dict[str, Any]]) -> dict[str, list[list[str]]]:
    """For each file the kustomizations that somebody builds with it: each with those that it takes in."""
    inner = {_join(folder, name) for folder, data in found.items() for name in _resource_names(data)}
    by_file: dict[str, list[list[str]]] = {}
    for folder in sorted(found.keys() - inner):
        folders: set[str] = set()
        files = _resources(folder, found, folders)
        for path in files:
            by_file.setdefault(path, []).append(sorted(folders & found.keys()))
    return by_file


def _text_of(patch: Any, folder: str, load: Callable[[str], bytes | None]) -> str:  # noqa: ANN401
    """The text of a patch, inline or in a file of its own, behind a line with the name of its target."""
    one = patch if isinstance(patch, dict) else {"patch": patch, "path": patch}
    inline, path = one.get("patch"), one.get("path")
    apart = load(_join(folder, path)) if _is_name(path) and path else None
    texts = inline if isinstance(inline, str) else "", (apart or b"").decode("utf-8", "replace")
    return "\n".join([_named_by(one.get("target")), *texts])


def _idle(texts: Mapping[str, bytes], found: dict[str, dict[str, Any]]) -> set[str]:
    """The files that a kustomization in their folder, or above it, names in comments only."""
    named = {folder: re.findall(_COMMENTED, text) for folder, text in texts.items() if b"#" in text}
    idle = {_join(folder, name.decode()) for folder, names in named.items() for name in names}
    if not idle:
        return idle
    used = {
        _join(folder, name) for folder, data in found.items() for name in (*_resource_names(data), *_patch_files(data))
    }
    return idle - used


def _data(text: bytes | None) -> dict[str, Any]:
    simple = values(text or b"")
    if simple is not None:
        return simple
    try:
        roots = [node for node, _ in compose(text or b"")]
        return as_dict(to_data(roots[0])) if roots else {}
    except Unreadable:
        return {}


TESTS = frozenset({f"{name}-test.{suffix}" for name in ("chainsaw", "kyverno") for suffix in ("yaml", "yml")})


def of_tests(tests: Iterable[str], load: Callable[[str], bytes | None]) -> tuple[frozenset[str], frozenset[str]]:
    """The files that tests of chainsaw and kuttl wait for, and those that a test tries though they need not work.

    These are the resources of a kyverno test, which no server sees, and what a chainsaw test wants to be refused.

    Args:
        tests: the paths of the tests.
        load: as for `read`.
    """
    expected, fixtures = set(), set()
    for path in tests:
        folder, data = os.path.dirname(path), [_data(chunk) for _, _, chunk in split(load(path) or b"", _ANY)]
        steps = [one for one in data if one.get("kind") in ("TestStep", "TestAssert")]
        listed = [name for one in steps for key in ("assert", "error") for name in as_list(one.get(key))]
        expected |= {_join(folder, name) for name in (*_files(data, ("assert", "error")), *listed) if _is_name(name)}
        fixtures |= {_join(folder, name) for name in _files(data, ("apply", "create"), refused=True)}
        for one in data:
            if one.get("kind", "Test") == "Test":
                # what lies elsewhere may be meant for a cluster too
                names = [name for name in as_list(one.get("resources")) if _is_name(name) and ".." not in name]
                fixtures |= {_join(folder, name) for name in names}
    return frozenset(expected), frozenset(fixtures)


def _is_to_fail(step: dict[str, Any]) -> bool:
    checks = [as_dict(as_dict(one).get("check")) for one in as_list(step.get("expect"))]
    return any("($error != null)" in check for check in checks)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and "\n" not in name and "\0" not in name


def _files(data: Any, steps: tuple[str, ...], *, refused: bool = False) -> Iterator[str]:  # noqa: ANN401
    """The files of some steps of a chainsaw test; with `refused` where the test wants an error."""
    for key, value in data.items() if isinstance(data, dict) else ():
        name = value.get("file") if key in steps and isinstance(value, dict) else None
        if isinstance(name, str) and (not refused or _is_to_fail(value)):
            yield name
        yield from _files(value, steps, refused=refused)
    for one in data if isinstance(data, list) else ():
        yield from _files(one, steps, refused=refused)


def _join(folder: str, name: str) -> str:
    path = os.path.normpath(os.path.join(folder, on_disk(name)))
    return "" if path == "." else path


def _has(text: str, word: str) -> bool:
    return word in text and re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w.-])", text) is not None


def _is_about(patch: str, name: str) -> bool:
    """Whether a patch, its target on the first line, is for an object of a name."""
    target, _, text = patch.partition("\n")
    return target in (name, _ANY_NAME) if target else _has(text, name)


def _named_by(target: object) -> str:
    """The name that the target of a patch has; empty without a target, a star where it may be any."""
    name = str(as_dict(target).get("name") or "")
    return "" if not target else name if re.fullmatch("[a-z0-9.-]+", name) else _ANY_NAME


def _patches(data: dict[str, Any]) -> Iterator[Any]:
    for field in _PATCHES:
        yield from as_list(data.get(field))


def _patch_files(data: dict[str, Any]) -> set[str]:
    names = [patch.get("path") if isinstance(patch, dict) else patch for patch in _patches(data)]
    return {name for name in names if _is_name(name) and name}


def _replaced(data: dict[str, Any], folder: str, load: Callable[[str], bytes | None]) -> Iterator[str]:
    """The fields that its replacements write into, of whatever object: `spec.rules.0.host`, `a.[name=b].c`."""
    for one in as_list(data.get("replacements")):
        path = as_dict(one).get("path")
        inner = _data(load(_join(folder, path))) if _is_name(path) and path else as_dict(one)
        for target in as_list(inner.get("targets")):
            yield from (field for field in as_list(as_dict(target).get("fieldPaths")) if isinstance(field, str))


def _as_pattern(field: str) -> str:
    """A fieldPath as a pattern for what the API server calls the field."""
    out = ""
    for part in re.findall(r"\[[^\]]*\]|[^.\[\]]+", field):
        if part.isdecimal():
            out += rf"\[{part}\]"
        elif part[0] == "[":
            out += r"\[[0-9]+\]"
        else:
            out += r"(?:\[[0-9]+\]|\.[^.[]+)" if part == "*" else rf"\.{re.escape(part)}"
    return out.removeprefix(r"\.")


def _labels(data: dict[str, Any], *into: str) -> dict[str, str]:
    """The labels that a kustomization writes into selectors and Pods, or into Pods too, as `into` says."""
    found = dict(as_dict(data.get("commonLabels")))
    for one in map(as_dict, as_list(data.get("labels"))):
        if any(one.get(field) is True for field in into):
            found.update(as_dict(one.get("pairs")))
    return {key: label_text(value) for key, value in found.items()}


def _resources(folder: str, found: dict[str, dict[str, Any]], seen: set[str]) -> set[str]:
    """Every file that a kustomization takes in, through other kustomizations too."""
    if folder in seen:
        return set()
    seen.add(folder)
    out = set()
    for name in _resource_names(found.get(folder, {})):
        path = _join(folder, name)
        out |= _resources(path, found, seen) if path in found else {path}
    return out


def _resource_names(data: dict[str, Any]) -> Iterator[str]:
    """The files and folders that a kustomization names."""
    for field in _RESOURCES:
        yield from (name for name in as_list(data.get(field)) if _is_name(name))
