"""TOML that would take Python minutes, or fail in it, is refused with the place."""

from __future__ import annotations

import pytest

from harness.errors import InvalidFilesError
from harness.scenario.toml_text import DEEPEST, read_toml


@pytest.mark.parametrize(
    ("text", "key", "found"),
    [
        ("a = " + "[" * 100_000, "the file", "in each other"),
        ("a = " + "{ a = " * 100_000, "the file", "in each other"),
        ("a = " + "[" * 40 + "]" * 40, "the file", "in each other"),
        ("b = 1\n" + ".".join("a" * 200_000) + " = 1", "line 2", "a key of more than 32 parts"),
        ("[[" + " . ".join(["'a'", '"b"'] * 100_000) + "]]", "line 1", "a key of more than 32 parts"),
        ("a = { " + ".".join("a" * 100_000) + " = 1 }", "line 1", "a key of more than 32 parts"),
        ("a = " + "9" * 5_000, "the file", "a whole number of more than 64 bits"),
        ("a.b = [1, 0x" + "f" * 100_000 + "]", "a.b[1]", "a whole number of more than 64 bits"),
        ("a = -9223372036854775809", "a", "a whole number of more than 64 bits"),
        ("a = 2026-13-45", "line 1, column 9", "not valid TOML"),
    ],
    ids=range(10),
)
def test_what_no_file_of_ours_has_is_refused(text: str, key: str, found: str) -> None:
    with pytest.raises(InvalidFilesError) as refused:
        read_toml(text, "x.toml")
    (problem,) = refused.value.problems
    assert (problem.file, problem.key) == ("x.toml", key)
    assert found in problem.found


def test_what_ordinary_files_have_is_read() -> None:
    text = "about = 'See a.b.c, 1.2.3.4.'\na.b.c = 9223372036854775807\nd = 1e999\n"
    assert read_toml(text, "x.toml")["a"] == {"b": {"c": 2**63 - 1}}
    deepest = "a = " + "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1)
    assert read_toml(deepest, "x.toml")
