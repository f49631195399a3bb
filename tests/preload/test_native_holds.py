"""Holds for native programs: a program that asks the rules is refused as Windows would refuse it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import NotSupportedError
from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, Hold, ShareName
from harness.preload.native_holds import NativeHolds
from harness.preload.native_rules import LONGEST_RULES, MOST_RULES, Denied, NativeRules, rules_of
from harness.preload.preload_library import DENIALS, preload_library, sources

TRY = """
import os, sys
def tried(name, call, *arguments):
    try:
        result = call(*arguments)
        print(name, 0)
    except OSError as error:
        print(name, error.errno)
folder = sys.argv[1]
tried("read", open, f"{folder}/tree/held")
tried("write", lambda: os.close(os.open(f"{folder}/tree/held", os.O_WRONLY)))
tried("replace", os.replace, f"{folder}/new", f"{folder}/tree/held")
tried("rename", os.rename, f"{folder}/tree/held", f"{folder}/away")
tried("folder", os.rename, f"{folder}/tree", f"{folder}/final")
"""
EACCES, EBUSY = 13, 16


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return preload_library(tmp_path_factory.mktemp("library"), DENIALS)
    except NotSupportedError as error:
        pytest.skip(error.message)


@pytest.fixture
def holds(library: Path) -> Iterator[NativeHolds]:
    made = NativeHolds(library)
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "held").write_text("old")
    (tmp_path / "new").write_text("new")
    return tmp_path


def hold(path: Path, share: ShareName, *, vanish: bool = False) -> Hold:
    return Hold("file", str(path), ACCESS_NAMES["read"], SHARE_NAMES[share], vanish=vanish)


def tried(folder: Path, holds: NativeHolds | NativeRules) -> dict[str, int]:
    """Try all calls in a child; the errno of each by its name, 0 for success."""
    shown = subprocess.check_output(
        [sys.executable, "-c", TRY, str(folder)], env={**os.environ, **holds.environment}, text=True
    )
    return {name: int(number) for name, number in map(str.split, shown.splitlines())}


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        ("none", {"read": EBUSY, "write": EBUSY, "replace": EACCES, "rename": EBUSY, "folder": EACCES}),
        ("r", {"read": 0, "write": EBUSY, "replace": EACCES, "rename": EBUSY, "folder": EACCES}),
        ("rwd", {"read": 0, "write": 0, "replace": EACCES, "rename": 0, "folder": 0}),
    ],
)
def test_a_child_is_refused_what_the_holder_does_not_share(
    share: ShareName, expected: dict[str, int], folder: Path, holds: NativeHolds
) -> None:
    number, error = holds.take(hold(folder / "tree" / "held", share))
    assert error is None
    found = tried(folder, holds)
    if share == "rwd":  # the rename has moved what was in the folder
        expected = {**expected, "folder": EACCES}
        assert (folder / "away").exists()
    assert found == expected
    holds.release(number)


def test_after_the_release_nothing_is_refused(folder: Path, holds: NativeHolds) -> None:
    number, _ = holds.take(hold(folder / "tree" / "held", "none"))
    holds.release(number)
    holds.release(number)
    assert set(tried(folder, holds).values()) == {0}


def test_a_file_in_quarantine_goes_with_its_hold(folder: Path, holds: NativeHolds) -> None:
    number, _ = holds.take(hold(folder / "tree" / "held", "none", vanish=True))
    assert (folder / "tree" / "held").exists()
    holds.release(number)
    assert not (folder / "tree" / "held").exists()


def test_more_than_the_library_knows_is_refused_and_not_passed_over(tmp_path: Path) -> None:
    rules = NativeRules(tmp_path / "library")
    file = Path(rules.environment["HARNESS_DENIALS"])
    denied = [Denied(hold(tmp_path / str(number), "none")) for number in range(MOST_RULES)]
    try:
        rules.deny(denied[:800])
        written = file.read_text()
        assert len(written.splitlines()) <= MOST_RULES
        with pytest.raises(NotSupportedError, match="4,096 files cannot be held at once"):
            rules.deny(denied)
        assert file.read_text() == written
    finally:
        rules.close()
    assert not file.parent.exists()


def test_the_last_of_many_files_is_held_too(folder: Path, library: Path) -> None:
    rules = NativeRules(library)
    others = [Denied(hold(folder / str(number), "none")) for number in range(799)]
    try:
        rules.deny([*others, Denied(hold(folder / "tree" / "held", "none"))])
        assert tried(folder, rules)["read"] == EBUSY
    finally:
        rules.close()


def test_a_name_with_a_line_break_makes_no_rule_of_its_own() -> None:
    rules = list(rules_of(hold(Path("/a\nrename\tsource\t13\t-1\t0\tany\t/*"), "none")))
    assert all("\n" not in rule and rule.count("\t") == 6 for rule in rules)


def test_the_limits_are_those_of_the_library() -> None:
    text = (sources() / "denial_rules.h").read_text(encoding="utf-8")
    assert f"MOST_RULES = {MOST_RULES}, LONGEST_RULES = 1 << 21," in text
    assert LONGEST_RULES + 1 == 1 << 21


def test_what_is_not_there_is_not_held(folder: Path, holds: NativeHolds) -> None:
    assert holds.take(hold(folder / "absent", "none"))[1] == 2
    assert set(tried(folder, holds).values()) == {0}
