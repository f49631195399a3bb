from __future__ import annotations

import os
from pathlib import PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InvalidInputError
from harness.wine import windows_path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="translates paths of Linux")

NAMES = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters='<>:"|?*/\\'),
    min_size=1,
    max_size=20,
).filter(lambda name: name[-1] not in ". ")


@given(st.lists(NAMES, max_size=6))
def test_each_name_of_the_path_is_a_name_on_drive_z(names: list[str]) -> None:
    translated = PureWindowsPath(windows_path("/" + "/".join(names)))
    assert translated.drive == "Z:"
    assert list(translated.parts[1:]) == names


@given(st.lists(NAMES, max_size=6), st.lists(NAMES, max_size=6))
def test_two_paths_are_never_the_same_on_windows_unless_they_are_on_linux(
    one: list[str], other: list[str]
) -> None:
    same = windows_path("/" + "/".join(one)) == windows_path("/" + "/".join(other))
    assert same == (one == other)


def test_a_relative_path_starts_in_the_current_folder(
    tmp_path: os.PathLike[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert windows_path("a/../b") == windows_path(tmp_path) + "\\b"


@pytest.mark.parametrize("name", ["a:b", "a\\b", "what?", "tab\t", "dot.", "space ", "\udcff"])
def test_a_name_that_windows_cannot_spell_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match="Windows cannot spell"):
        windows_path(f"/tmp/{name}/file")  # noqa: S108 - no file is made
