"""What is read-only: by kind, or by patterns of paths, each of which must match something."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InvalidInputError
from harness.payload.read_only import paths_of

FILES = ["a.txt", "objects/pack/one.idx", "objects/pack/one.pack"]
FOLDERS = ["objects/pack", "objects"]


@pytest.mark.parametrize(
    ("parts", "paths"),
    [
        ("files", FILES),
        ("folders", [*FOLDERS, "."]),
        ("all", [*FILES, *FOLDERS, "."]),
        (["*.idx", "a.*"], ["a.txt", "objects/pack/one.idx"]),
        (["objects/*"], ["objects/pack/one.idx", "objects/pack/one.pack"]),
        (["objects/"], ["objects"]),
        (["*/"], FOLDERS),
    ],
)
def test_files_come_before_the_folders_that_they_are_in(parts: object, paths: list[str]) -> None:
    assert paths_of(parts, FILES, FOLDERS, "checkout") == paths  # type: ignore[arg-type]


@pytest.mark.parametrize("pattern", ["*.IDX", "pack", "objects/pack", "*.idx/"])
def test_a_pattern_that_matches_nothing_is_refused_with_what_there_is(pattern: str) -> None:
    with pytest.raises(InvalidInputError, match="matches nothing") as caught:
        paths_of(["a.txt", pattern], FILES, FOLDERS, "checkout")
    assert "a.txt" in str(caught.value.hint)


@given(st.lists(st.sampled_from([*FILES, "objects/", "objects/pack/"]), min_size=1, unique=True))
def test_each_path_is_found_by_its_own_name_and_nothing_else_is(patterns: list[str]) -> None:
    found = paths_of(patterns, FILES, FOLDERS, "checkout")
    assert sorted(found) == sorted(each.removesuffix("/") for each in patterns)
