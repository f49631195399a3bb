"""``harness rules``: the answer first, every rule, and files that are added."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from self_test_lab import MACHINE, report_of, seen_as_documented
from typer.testing import CliRunner

from harness.cli.rules import app
from harness.errors import InvalidFilesError
from harness.holds.sharing_rules_table import cases
from harness.record.sent_self_test import composed


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "300")


def harness_rules(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_it_opens_with_what_was_seen_and_shows_every_rule() -> None:
    shown = harness_rules()
    assert shown.startswith("These are the documented rules; they were seen nowhere, so far.")
    for case in cases():
        assert (case.case in shown) == (not case.impossible)


def test_what_a_machine_answered_is_added_and_shown(tmp_path: Path) -> None:
    odd = tuple(
        each.model_copy(update={"code": 0}) if each.case.startswith("c23,") else each
        for each in seen_as_documented()
    )
    (tmp_path / "sent.json").write_bytes(composed(report_of(MACHINE, odd), str)[0])
    added = harness_rules("add", str(tmp_path / "sent.json"))
    assert f"{len(odd)} cases seen on Windows 26100.4061" in added
    shown = harness_rules()
    assert "are not as documented: 23." in shown
    assert "differs: 0 on Windows 26100.4061, NTFS" in shown
    assert "was there already" in harness_rules("add", str(tmp_path / "sent.json"))


def test_its_json_has_a_schema_number_and_the_rules_of_the_table() -> None:
    data = json.loads(harness_rules("--json"))
    assert data["schema"] == 1
    assert [rule["documented"] for rule in data["rules"] if rule["rule"] == 7] == [[5, 32]]


def test_a_file_that_is_wrong_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "wrong.json").write_text("[]", encoding="utf-8")
    done = CliRunner().invoke(app, ["add", str(tmp_path / "wrong.json")])
    assert isinstance(done.exception, InvalidFilesError)
