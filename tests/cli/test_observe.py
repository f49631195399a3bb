"""``harness observe``: the answer first, the file shown before it is written, no name in anything."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from scanner_log_lab import OTHER_LINES, as_utf16, scan_line, uv_retries
from typer.testing import CliRunner

from harness.cli.observe import app
from harness.errors import InvalidInputError
from harness.tune.holds_csv import read_holds_csv


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "MPLog-20260907-060524.log"
    path.write_bytes(as_utf16(OTHER_LINES + scan_line() + scan_line("zelda-tool.exe", 1, 900, 100, 30)))
    return str(path)


@pytest.fixture
def ci(tmp_path: Path) -> str:
    path = tmp_path / "ci.log"
    path.write_text(uv_retries("a", 3) + uv_retries("b", 10), encoding="utf-8")
    return str(path)


def shown(*arguments: str, columns: int = 80) -> tuple[str, str]:
    done = CliRunner().invoke(
        app, list(arguments), env={"COLUMNS": str(columns)}, catch_exceptions=False
    )
    assert done.exit_code == 0
    return done.stdout, done.stderr


def refused(*arguments: str) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as error:
        CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    return error.value


@pytest.mark.parametrize("columns", [80, 120])
def test_the_answer_comes_first_and_no_name_at_all(log: str, columns: int) -> None:
    out, _ = shown(log, columns=columns)
    assert out.startswith("Defender scanned 124 files: ")
    assert max(map(len, out.splitlines())) <= columns
    assert not {"zelda", "secret", "hunter2", "HarddiskVolume"} & set(out.replace("\\", " ").split())
    assert "other programs" in out
    assert "not yet been tried on a real machine" in " ".join(out.split())


def test_json_is_one_object(log: str) -> None:
    found = json.loads(shown(log, "--json")[0])
    assert found["schema"] == 1
    assert sum(each["scans"] for each in found["programs"]) == 124


def test_the_file_is_shown_in_full_and_read_by_tune(ci: str, tmp_path: Path) -> None:
    path = tmp_path / "holds.csv"
    _, err = shown(ci, "--to", str(path), columns=400)
    content = path.read_text(encoding="utf-8")
    assert content in err
    assert content.splitlines()[1:] == ["30,70,1,5,rename", "5110,,1,5,rename"]
    assert "Nothing was sent." in err
    assert read_holds_csv(path).operations == 2


def test_scans_and_blocked_steps_are_not_mixed_in_a_file(log: str, ci: str, tmp_path: Path) -> None:
    error = refused(log, ci, "--to", str(tmp_path / "holds.csv"))
    assert "times of scans and of a blocked rename" in error.message
    assert not (tmp_path / "holds.csv").exists()


@pytest.mark.parametrize("name", ["holds.txt", "there.csv", "missing/holds.csv"])
def test_a_file_is_only_written_where_it_can_be(log: str, tmp_path: Path, name: str) -> None:
    (tmp_path / "there.csv").touch()
    assert "--to" in refused(log, "--to", str(tmp_path / name)).message


def test_other_files_are_refused_with_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text("nothing\n", encoding="utf-8")
    error = refused(str(tmp_path / "x.log"))
    assert error.message.startswith("nothing in these files is known how to read")
    assert error.hint is not None
    assert "MPLog" in error.hint


def test_a_program_without_scans_is_said(log: str) -> None:
    assert "for 'node.exe'" in refused(log, "--program", "node.exe").message


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has logs of its own")
def test_without_files_this_machines_are_read_where_there_are_any() -> None:
    assert "This machine has no Defender" in refused().message
