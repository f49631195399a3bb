"""Patterns match what fnmatch(3) matches."""

from __future__ import annotations

import ctypes
import ctypes.util
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.preload.path_pattern import has_wild_card, path_pattern

FNM_PATHNAME = 1
pieces = st.sampled_from(["*", "?", "[ab]", "[!a]", "\\*", "\\[", "a", "b", "/", ".", "ü"])


@pytest.mark.skipif(sys.platform != "linux", reason="asks the C library of Linux")
@given(st.lists(pieces, max_size=6), st.text("ab/.ü*[", max_size=6), st.booleans())
def test_a_path_matches_as_the_c_library_says(parts: list[str], path: str, same_depth: bool) -> None:
    library = ctypes.CDLL(ctypes.util.find_library("c"))
    library.setlocale(6, b"C.UTF-8")
    pattern = "".join(parts)
    found = library.fnmatch(pattern.encode(), path.encode(), FNM_PATHNAME * same_depth)
    assert bool(path_pattern(pattern, same_depth=same_depth).fullmatch(path)) == (found == 0)


@pytest.mark.parametrize(
    ("pattern", "wild"), [("a/b", False), ("a\\*", False), ("a*", True), ("[a]", True)]
)
def test_a_pattern_has_a_wild_card_or_is_one_path(pattern: str, wild: bool) -> None:
    assert has_wild_card(pattern) == wild
