"""What lies near to a file, held against asking all."""

from __future__ import annotations

import os
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaffold.nearby import CROWD, Named, Nearby, distance, folder_of

FOLDERS = ["", "a", "a/b", "a-b", "a/b/c", "a.b/c", "ab", "b"]
PATHS = st.builds(os.path.join, st.sampled_from(FOLDERS), st.sampled_from("xyz"))


class One(NamedTuple):
    """All that is asked of a document."""

    path: str
    number: int


def of_paths(paths):
    return [One(path, number) for number, path in enumerate(paths)]


def by_file(paths):
    """In the order of a run: the documents of a file come one after the other, as do the files of a folder."""
    order = list(dict.fromkeys(map(folder_of, paths)))
    files = list(dict.fromkeys(paths))
    return sorted(paths, key=lambda path: (order.index(folder_of(path)), files.index(path)))


@settings(deadline=None)
@given(paths=st.lists(PATHS, max_size=40).map(by_file), asked=PATHS)
def test_it_finds_what_asking_all_finds(paths, asked):
    documents = of_paths(paths)
    nearby = Nearby(documents)
    folder = folder_of(asked)
    same_folder = [one for one in documents if folder_of(one.path) == folder]
    same_file = [one for one in documents if one.path == asked]
    away = {one: distance(asked, os.path.join(folder_of(one.path), "-")) for one in documents}

    assert nearby.count == len(documents)
    assert list(nearby) == documents == nearby.near(asked) == nearby.below("")
    assert nearby.inside(folder) == same_folder == nearby.beside(asked)
    assert nearby.below(folder) == [one for one in documents if folder_of(one.path).startswith(folder)]
    nearest = [one for one in documents if away[one] == min(away.values())]
    expected = documents if len(documents) == 1 else same_file or same_folder or nearest
    assert nearby.nearest(asked) == expected


def test_what_comes_later_is_found_too():
    nearby = Nearby(of_paths(["a/x"] * 9))
    assert len(nearby.inside("a")) == 9
    assert nearby.inside("b") == []
    nearby.add(One("b/x", 9))
    assert nearby.inside("b") == [One("b/x", 9)]
    assert nearby.nearest("b/y") == [One("b/x", 9)]


def test_in_a_crowded_folder_those_of_the_file_are_meant():
    many = of_paths([f"a/{number:03}" for number in range(CROWD + 1)])
    nearby = Nearby(many)

    assert nearby.beside("a/050") == [many[50]]
    assert nearby.beside("a/none") == []
    assert nearby.near("a/050") == [many[50]]
    # many documents of few files are no crowd of files
    few = Nearby(of_paths(["a/x"] * (CROWD + 1) + ["a/y"]))
    assert len(few.beside("a/y")) == CROWD + 2


def test_of_a_crowd_of_folders_those_about_the_file_are_looked_at():
    paths = [f"{top}/{number:03}/x" for top in "abc" for number in range(CROWD)] + ["b/x", "c/000/deep/x"]
    nearby = Nearby(documents := of_paths(paths))

    assert nearby.nearest("b/new/y") == [documents[-2]]
    assert nearby.nearest("c/000/y") == [one for one in documents if one.path == "c/000/x"]
    assert nearby.nearest("c/000/none/y") == [one for one in documents if one.path == "c/000/x"]
    assert nearby.nearest("z/new/y") == []


@pytest.mark.parametrize("count", [1, 2, 3])
def test_by_name(count):
    found = Named()
    documents = of_paths(["a/x"] * count)
    for one in documents:
        found.add("web", one)

    assert list(found.get("web")) == documents
    assert found.get("other").count == 0
