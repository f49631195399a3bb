"""A tree is complete if it has what undisturbed runs leave, random names and changing contents apart."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reproduce.tree import difference, of_any_content, tree_of

NAMES = st.sampled_from(["a", "b", ".tmp1", ".tmp2", "archive"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
TREES = st.dictionaries(PATHS, st.sampled_from(["x", "y"]), max_size=8)
FIRST = {"v/lib.py": "1", "v/date": "d1", "cache/archive/QQ/lib.py": "1", "cache/archive/QQ/tag": "t"}
AGAIN = {"v/lib.py": "1", "v/date": "d2", "cache/archive/ZZ/lib.py": "1", "cache/archive/ZZ/tag": "t"}


@given(TREES, TREES)
def test_an_undisturbed_run_is_complete(first: dict[str, str], again: dict[str, str]) -> None:
    assert difference(first, first, again).is_complete
    assert difference(again, first, again).is_complete


@given(TREES, TREES, TREES)
def test_what_differs_now_and_then_is_no_fault_once_it_was_seen_to_differ(
    first: dict[str, str], again: dict[str, str], third: dict[str, str]
) -> None:
    assert difference(third, first, again, third).is_complete


@given(TREES, st.data())
def test_what_is_always_left_must_be_there(tree: dict[str, str], data: st.DataObject) -> None:
    if tree:
        lost = data.draw(st.sampled_from(sorted(tree)))
        found = {path: digest for path, digest in tree.items() if path != lost}
        assert difference(found, tree, tree).missing == (lost,)
        assert difference({**found, lost: "z"}, tree, tree).wrong == (lost,)


@given(TREES)
def test_what_is_left_besides_is_named_and_no_fault(tree: dict[str, str]) -> None:
    found = difference({**tree, "more": "x"}, tree, tree)
    assert found.is_complete
    assert found.besides == ("more",)


def test_a_folder_may_have_another_name_each_time() -> None:
    third = {path.replace("QQ", "RR"): digest for path, digest in FIRST.items()}
    assert difference(third, FIRST, AGAIN).is_complete
    assert not difference(third, FIRST, AGAIN).besides


def test_the_same_files_in_another_place_are_missing() -> None:
    elsewhere = {path.replace("archive/QQ", ".tmpQQ"): digest for path, digest in FIRST.items()}
    found = difference(elsewhere, FIRST, AGAIN)
    assert found.missing == ("cache/archive/*/lib.py", "cache/archive/*/tag")
    assert found.besides == ("cache/.tmpQQ/lib.py", "cache/.tmpQQ/tag")


def test_content_that_changes_each_time_may_be_any() -> None:
    assert difference({**FIRST, "v/date": "d3"}, FIRST, AGAIN).is_complete
    assert not difference({**FIRST, "v/lib.py": "2"}, FIRST, AGAIN).is_complete


def test_of_some_files_only_the_path_counts() -> None:
    found, first, again = (
        of_any_content(tree, ["cache/*"])
        for tree in ({"cache/a": "3"}, {"cache/a": "1"}, {"cache/a": "1"})
    )
    assert difference(found, first, again).is_complete
    assert not difference(of_any_content({}, ["cache/*"]), first, again).is_complete


def test_files_and_links_are_read(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("x")
    try:
        os.symlink("folder", tmp_path / "link")
        os.symlink("nowhere", tmp_path / "broken")
    except OSError:
        pytest.skip("no links here")
    found = tree_of(tmp_path)
    assert found.keys() == {"folder/file", "link", "broken"}
    assert len(set(found.values())) == 3
