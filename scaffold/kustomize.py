"""What kustomizations and tests say of the manifests beside them: which are parts, and what is filled in later."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffold.blocks import values
from scaffold.cut import split
from scaffold.nodes import Unreadable, compose, to_data
from scaffold.shapes import as_dict, as_list, label_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

NAMES = frozenset({"kustomization.yaml", "kustomization.yml"})
_EXPECTED = "(?:^|[-_.])assert[-_.]|^[0-9]+-errors?[-_.]"
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")
# a file of the same folder that was taken out for the time being
_COMMENTED = rb"(?m)^[ \t]*#[ \t]*-[ \t]*([A-Za-z0-9_.-]+\.ya?ml)[ \t]*\r?$"
_ANY = re.compile(b".")
_RESOURCES = ("resources", "bases", "components")
# what may change any field of what a kustomization takes in
_CHANGES = (*_PATCHES, "components", "transformers", "replacements")


class Kustomized(NamedTuple):
    """Paths of files, as shown, by what kustomizations and tests do with them.

    Attributes:
        patches: parts of objects.
        renamed: whose namespace comes later.
        labelled: whose selectors and Pods get labels, and these labels.
        changed: of which any field may come later.
        expected: what a test waits for.
        fixtures: what a test tries, which need not work.
        idle: switched off, by a `#` before its name.
        replaced: the fields that replacements write into.
        patched: the patches of a file, as one text; read when it is asked for.
    """

    patches: frozenset[str] = frozenset()
    renamed: frozenset[str] = frozenset()
    labelled: Mapping[str, Mapping[str, str]] = {}
    changed: frozenset[str] = frozenset()
    expected: frozenset[str] = frozenset()
    fixtures: frozenset[str] = frozenset()
    idle: frozenset[str] = frozenset()
    replaced: Mapping[str, re.Pattern[str]] = {}
    patched: Callable[[str], str] = lambda _: ""

    def told_of(self, path: str) -> tuple[object, ...]:
        """All that rules hear of a file which look at its objects alone; two equal answers mean the same to them."""
        lists = self.patches, self.renamed, self.changed, self.expected, self.fixtures, self.idle
        fields = self.replaced.get(path)
        return tuple(path in one for one in lists), fields and fields.pattern, self.labelled.get(path)

    def speaks_of(self, path: str, port: str | int) -> bool:
        """Whether a patch of the objects in a file, of whatever form, speaks of a port by this name or number."""
        text = self.patched(path) if path in self.changed else ""
        return str(port) in text and re.search(rf"(?<![\w.-]){re.escape(str(port))}(?![\w.-])", text) is not None

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
    patches, renamed, changed = set(), set(), set()
    labelled: dict[str, dict[str, str]] = {}
    replaced: dict[str, set[str]] = {}
    patched: dict[str, list[str]] = {}
    for folder, data in found.items():
        patches |= {_join(folder, name) for name in _patch_files(data)}
        pairs, fields = _selected_by(data), {_as_pattern(one) for one in _replaced(data, folder, load)}
        is_named, changes = isinstance(data.get("namespace"), str), any(map(data.get, _CHANGES))
        taken_in = _resources(folder, found, set()) if is_named or changes or pairs or fields else set()
        renamed |= taken_in if is_named else set()
        changed |= taken_in if changes else set()
        for path in taken_in:
            if pairs:
                labelled.setdefault(path, {}).update(pairs)
            if fields:
                replaced.setdefault(path, set()).update(fields)
            if any(map(data.get, _PATCHES)):
                patched.setdefault(path, []).append(folder)

    @cache
    def text_of(folder: str) -> str:
        """All patches of a kustomization."""
        written = [patch.get("patch") if isinstance(patch, dict) else patch for patch in _patches(found[folder])]
        inline = [patch for patch in written if isinstance(patch, str)]
        apart = [load(_join(folder, name)) or b"" for name in sorted(_patch_files(found[folder]))]
        return "\n".join([*inline, *(text.decode("utf-8", "replace") for text in apart)])

    return Kustomized(
        frozenset(patches),
        frozenset(renamed),
        labelled,
        frozenset(changed),
        idle=frozenset(_idle(texts, found)),
        replaced={path: re.compile(f"(?:{'|'.join(sorted(fields))})(?![^.[])") for path, fields in replaced.items()},
        patched=lambda path: "\n".join(text_of(folder) for folder in patched.get(path, ())),
    )


def _idle(texts: Mapping[str, bytes], found: dict[str, dict[str, Any]]) -> set[str]:
    """The files that a kustomization in their folder names in comments only."""
    named = {folder: re.findall(_COMMENTED, text) for folder, text in texts.items() if b"#" in text}
    idle = {_join(folder, name.decode()) for folder, names in named.items() for name in names}
    if not idle:
        return idle
    used = {
        _join(folder, name)
        for folder, data in found.items()
        for name in (*(one for field in _RESOURCES for one in as_list(data.get(field))), *_patch_files(data))
        if isinstance(name, str) and "\n" not in name
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
        folder, data = os.path.dirname(path), [_data(chunk) for _, chunk in split(load(path) or b"", _ANY)]
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
    return isinstance(name, str) and "\n" not in name


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
    path = os.path.normpath(os.path.join(folder, name))
    return "" if path == "." else path


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
        apart = isinstance(path, str) and path and "\n" not in path
        inner = _data(load(_join(folder, str(path)))) if apart else as_dict(one)
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


def _selected_by(data: dict[str, Any]) -> dict[str, str]:
    """The labels that a kustomization writes into selectors and Pods."""
    found = dict(as_dict(data.get("commonLabels")))
    for one in map(as_dict, as_list(data.get("labels"))):
        if one.get("includeSelectors") is True:
            found.update(as_dict(one.get("pairs")))
    return {key: label_text(value) for key, value in found.items()}


def _resources(folder: str, found: dict[str, dict[str, Any]], seen: set[str]) -> set[str]:
    """Every file that a kustomization takes in, through other kustomizations too."""
    if folder in seen:
        return set()
    seen.add(folder)
    out = set()
    for field in _RESOURCES:
        for name in as_list(found.get(folder, {}).get(field)):
            if isinstance(name, str) and "\n" not in name:
                path = _join(folder, name)
                out |= _resources(path, found, seen) if path in found else {path}
    return out
