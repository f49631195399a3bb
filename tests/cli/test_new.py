"""``harness new``: writes a valid scenario to a new file, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.new import app
from harness.errors import InvalidFilesError, InvalidInputError
from harness.holds.profile import HandleKind
from harness.scenario.draft import OBJECTS
from harness.scenario.json_schema import field_descriptions
from harness.scenario.load import load_scenario
from harness.scenario.operations import OPERATION_MODELS


def written(file: Path, *options: str) -> str:
    """What is printed; raises what the command raises."""
    found = CliRunner().invoke(app, [str(file), *options], catch_exceptions=False)
    return found.stdout


def test_it_writes_what_was_said_and_the_next_commands(tmp_path: Path) -> None:
    file = tmp_path / "theirs.toml"
    fails, helps = "10ms 5 retries on 5", "10ms x2 within 910ms on 5"
    options = ["--held", "target", "--share", "rw", "--lasts", "60ms..2s", "--code", "EPERM"]
    shown = written(file, *options, "--strategy", fails, "--fix", helps, "--title", "Their report")
    assert "harness check" in shown
    assert "harness run" in shown
    scenario = load_scenario(file).scenario
    assert scenario.title == "Their report"
    assert [(each.strategies, each.fails, each.codes) for each in scenario.expect] == [
        ([fails], "always", [5, 1314]),
        ([helps], "never", None),
    ]
    (hold,) = scenario.own_profiles["as-reported"].holds
    assert (hold.handle.object, hold.handle.share) == ("target", "rw")
    assert (hold.duration.of.usual_ms(), hold.duration.of.longest_ms()) == (1030.0, 2000.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--operation start --held source --share none --code EBUSY", "So it is in 3"),
        ("--operation clear-read-only --held nothing --code 5", "3 trials succeeded"),
        ("--operation open --held child --share none --code 32", "So it is in 3"),
        ("--operation symlink --held nothing --symlinks denied --code 1314", "So it is in 3"),
        ("--held nothing --read-only --code 5", "So it is in 3"),
        ("--operation remove --held nothing --read-only --code 5", "So it is in 3"),
        ("--held nothing --code 1314", "--operation symlink --symlinks denied"),
        ("--held nothing --code 5", "or --read-only"),
        ("--held nothing --code 32", "Nothing is in the way"),
        ("--operation rewrite --held target --code 32", "no such target: try --held child"),
        ("--operation copy-truncate --held target", "no such target: try --held source"),
        ("--operation write --held source", "no such source: try --held target"),
        ("--held target --share rw --code 32", "ended with 5 instead of 32"),
        ("--operation rename --held target --section image --code 5", "So it is in 3"),
        ("--operation read --held source --code 225", "So it is in 3"),
        ("--operation copy-truncate --share rw --code 32", "This hold lets the call through"),
        ("--held target --code 1175", 'primitive = "replace-file" in the file'),
    ],
)
def test_what_was_written_is_tried_and_what_is_missing_is_said(
    options: str, words: str, tmp_path: Path
) -> None:
    shown = written(tmp_path / "new.toml", *options.split())
    assert words in " ".join(shown.split())


def test_a_payload_that_the_operation_cannot_use_is_refused_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    with pytest.raises(InvalidInputError, match="no Windows program"):
        written(tmp_path / "new.toml", "--operation", "start", "--payload", "files")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("precious", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="not overwritten"):
        written(file)
    assert file.read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--held", "targt"], "no object is called 'targt'"),
        (["--operation", "renam"], "no operation is called 'renam'"),
        (["--lasts", "long"], "expected a time such as 400ms"),
        (["--lasts", "2s..1s"], "expected a time such as 400ms"),
        (["--lasts", "9999min"], "expected a time such as 400ms"),
    ],
)
def test_what_is_not_understood_is_refused_with_what_is(
    options: list[str], words: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match=words):
        written(tmp_path / "new.toml", *options)
    assert list(tmp_path.iterdir()) == []


def test_all_that_is_invalid_is_said_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    options = ["--strategy", "10ms 5 retris", "--code", "7", "--report", "somewhere", "--title", "x"]
    with pytest.raises(InvalidFilesError, match="4 problems, nothing was written") as caught:
        written(tmp_path / "new.toml", *options)
    keys = {problem.key for problem in caught.value.problems}
    assert keys == {"title", "reports[0]", "strategies[0].strategy", "expect[0].codes[0]"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["new.txt", "new", "nowhere/new.toml"])
def test_a_file_that_cannot_be_one_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"\.toml file|no folder"):
        written(tmp_path / name)


def test_help_names_every_operation_and_object() -> None:
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80"}).stdout
    for kind in OPERATION_MODELS:
        assert f"  {kind} " in shown
    meaning = field_descriptions(HandleKind)["object"]
    assert {each for each in OBJECTS if f"``{each}``" not in meaning} == set()
    assert max(map(len, shown.splitlines())) <= 80
