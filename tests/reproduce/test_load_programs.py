"""Program scenarios are validated at once; a report's name stands for its write paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import InvalidFilesError, InvalidInputError
from harness.reproduce.load_programs import load_programs, program_names
from harness.reproduce.model import release_order

MINIMAL = """
schema = 1
title = "Made for a test"
reports = ["https://example.org/1"]
lab = "linux"
command = ["true"]
[[denied]]
call = "rename"
path = "*"
effect = 5
[[expect]]
releases = ["here"]
endings = ["ok"]
"""
BUILT = """[built]
compiler = "{compiler}"
toolchain = "{toolchain}"
files = {{ "main" = "x" }}
[[denied]]"""
PART = """[parts."{name}"]
from = "npm"
project = "one"
version = "1.0.0"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
[[denied]]"""


def test_every_shipped_one_is_valid_and_expects_something_of_a_release() -> None:
    for each in load_programs(program_names()):
        assert each.shipped
        assert each.scenario.expected_versions, each.name


def test_shipped_releases_are_pinned_in_order_to_be_bisected() -> None:
    for each in load_programs(program_names()):
        assert each.scenario.versions == sorted(each.scenario.versions, key=release_order), each.name


def test_the_name_of_a_report_stands_for_all_its_write_paths() -> None:
    found = [each.name for each in load_programs(["uv-1491"])]
    assert "uv-1491-wheel" in found
    assert all(name.startswith("uv-1491-") for name in found)


def test_what_is_named_twice_runs_once() -> None:
    assert len(load_programs(["uv-1491-wheel", "uv-1491-wheel"])) == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [("uv-149", "no report with a program is called 'uv-149'"), ("absent.toml", "no such file")],
)
def test_a_name_that_stands_for_none_is_said(name: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        load_programs([name])


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('call = "rename"', 'call = "renam"', r"denied\[0\].call"),
        ("effect = 5", "effect = 6", r"denied\[0\].effect"),
        ('lab = "linux"', 'lab = "linux"\nvenv = "../v"', "venv: .*below the run's folder"),
        ('lab = "linux"', 'lab = "linux"\nfoo = 1', "foo"),
        ('lab = "linux"', 'lab = "linux"\njunctions = true', "with junctions, which are of Windows"),
        ('path = "*"', 'path = "a\\nrename"', r"denied\[0\].path"),
        ('command = ["true"]', 'command = ["true", "\\u0000"]', "command"),
        ('lab = "linux"', 'lab = "linux"\nenvironment = { "A=B" = "1" }', "environment"),
        ("[[denied]]", PART.format(name="../../away"), "parts"),
        ("[[denied]]", PART.format(name="python"), "parts.*another name"),
        ('endings = ["ok"]', 'endings = ["fine"]', r"expect\[0\].endings"),
        ("[[denied]]", BUILT.format(compiler="gcc", toolchain="1.2"), "built.compiler"),
        ("[[denied]]", BUILT.format(compiler="cargo", toolchain="nightly"), "built.toolchain"),
        ("[[denied]]", BUILT.format(compiler="go", toolchain="1.2"), "with Go, whose native programs"),
    ],
)
def test_problems_are_named_by_their_key(tmp_path: Path, old: str, new: str, problem: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINIMAL.replace(old, new))
    with pytest.raises(InvalidFilesError, match=problem):
        load_programs([str(path)])


def test_a_release_that_the_program_does_not_have_is_said(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    program = (
        '[program]\nfrom = "npm"\nproject = "rimraf"\n'
        f'releases = [{{ version = "1.0.0", sha256 = "{"0" * 64}" }}]\n'
    )
    path.write_text(MINIMAL.replace("[[denied]]", f"{program}[[denied]]"))
    with pytest.raises(InvalidFilesError, match="here"):
        load_programs([str(path)])


def test_another_file_is_not_a_shipped_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINIMAL)
    (loaded,) = load_programs([str(path)])
    assert not loaded.shipped
    assert loaded.scenario.versions == ["here"]
