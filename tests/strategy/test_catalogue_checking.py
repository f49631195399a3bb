"""A file of the catalogue with a missing or wrong field gives its author a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import InvalidFilesError, InvalidInputError
from harness.strategy import catalogue

WHOLE = """system = "x"
title = "X"
about = "A tool."
repository = "https://example.org"
[[strategy]]
id = "x-rename"
title = "rename"
operation = "rename"
objects = ["file"]
mode = "sync"
primitive = "rename"
notation = "10ms 3 retries"
retried = "EPERM"
source = "x @ 1"
verified = "source"
note = "A note."
"""


def read(tmp_path: Path, text: str) -> catalogue.System:
    file = tmp_path / "x.toml"
    file.write_text(text, encoding="utf-8")
    return catalogue._system(file)


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    system = read(tmp_path, WHOLE)
    assert (system.name, [entry.id for entry in system.entries]) == ("x", ["x-rename"])
    assert system.entries[0].objects == ("file",)


@pytest.mark.parametrize(
    ("before", "now", "problem"),
    [
        ('note = "A note."\n', "", "strategy[0].note: this key is required but missing"),
        ('about = "A tool."\n', "", "about: this key is required but missing"),
        ('system = "x"\n', "", "system: found None; expected the name of the system"),
        ('title = "X"', "title = 3", "title: found 3; expected text in quotes"),
        ('["file"]', '"file"', "strategy[0].objects: found 'file'; expected a list of texts"),
        ('"sync"', '"synced"', "strategy[0].mode: found 'synced'; expected one of sync, async, both"),
        ('"10ms 3 retries"', "10", "strategy[0].notation: found 10; expected text in quotes"),
        ("retried", "retries", "strategy[0].retries: unknown key. Did you mean retried?"),
        ("[[strategy]]", "[[strategies]]", "unknown key"),
        ("[[strategy]]", "[strategy]", "expected at least one [[strategy]]"),
        ("[[strategy]]", "[[strategy]", "the file: not valid TOML"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, before: str, now: str, problem: str) -> None:
    assert before in WHOLE
    with pytest.raises(InvalidFilesError) as refused:
        read(tmp_path, WHOLE.replace(before, now))
    assert problem in refused.value.message
    assert "x.toml" in refused.value.message


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidFilesError) as refused:
        read(tmp_path, WHOLE.replace("note", "notes").replace("mode", "modus"))
    assert len(refused.value.problems) == 4


def test_invalid_notation_names_its_file_and_its_strategy(tmp_path: Path) -> None:
    system = read(tmp_path, WHOLE.replace("10ms 3 retries", "10ms x2"))
    with pytest.raises(InvalidInputError, match=r"x\.toml: x-rename: invalid strategy notation"):
        _ = system.entries[0].spec


def test_software_that_uses_another_ones_strategies_is_answered_with_that() -> None:
    assert catalogue.used_by("NPM") == ["graceful-fs", "npmcli-fs", "write-file-atomic"]
    assert catalogue.used_by("pnpm") == ["pacquet", "rename-overwrite"]
    assert not catalogue.used_by("uv")
    known = catalogue.systems()
    assert not {user for system in known.values() for user in system.used_by} & set(known)
