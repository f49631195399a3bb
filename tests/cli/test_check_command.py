"""``harness check``: the answer first, the evidence below, and an exit code for scripts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scenario_lab import LAUNCHER
from typer.testing import CliRunner

from harness.cli.check import app
from harness.errors import ExitCode, InvalidInputError
from harness.scenario.load import report_names

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario
    from typer.testing import Result


def checked(*arguments: str | Path, tmp_path: Path) -> Result:
    given = [*map(str, arguments), "--platform", "emulated", "--results", str(tmp_path / "results")]
    found = CliRunner().invoke(app, given, env={"COLUMNS": "80"})
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def expecting(make: MakeScenario, name: str, fails: str, strategy: str = "plain") -> Path:
    body = f'{LAUNCHER}[[expect]]\nstrategies = ["{strategy}"]\nfails = "{fails}"\n'
    return make(body, name=name, profiles='["held"]', strategies='["plain", "10ms 9 retries on 32"]')


def test_options_of_a_run_do_not_go_with_one_that_was_made(
    make_scenario: MakeScenario, make_profile: MakeProfile, tmp_path: Path
) -> None:
    make_profile("held", 20)
    checked(expecting(make_scenario, "case", "always"), tmp_path=tmp_path)
    (run,) = (tmp_path / "results").iterdir()
    assert CliRunner().invoke(app, [str(run), "--results", str(tmp_path)]).exit_code == ExitCode.OK
    for option in (["--seed", "0"], ["--blocks", "2"]):
        with pytest.raises(InvalidInputError, match="has its trials already"):
            CliRunner().invoke(app, [str(run), *option], catch_exceptions=False)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no Wine lane")
def test_why_the_platform_cannot_be_had_is_said_once_for_all_scenarios(
    make_scenario: MakeScenario, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    body = f'{LAUNCHER}[[expect]]\nstrategies = ["plain"]\nfails = "never"\n'
    paths = [make_scenario(body, name=name) for name in ("one", "two")]
    monkeypatch.setenv("PATH", "")  # no Wine on it
    options = ["--platform", "wine", "--results", str(tmp_path / "results")]
    done = CliRunner().invoke(app, [*map(str, paths), *options], env={"COLUMNS": "200"})
    assert done.exit_code == ExitCode.UNKNOWN
    assert done.stdout.startswith("2 unknown, of 2 expectations of 2 scenarios (wine).\n")
    assert done.stdout.count("The Wine lane needs Wine, and there is no `wine` on the PATH") == 1


@pytest.mark.parametrize(
    ("fails", "code", "answer"),
    [
        ("always", ExitCode.OK, "As expected: 1 expectation of 1 scenario (emulated)."),
        (
            "never",
            ExitCode.NOT_AS_EXPECTED,
            "1 not as expected, of 1 expectation of 1 scenario (emulated).",
        ),
    ],
)
def test_the_answer_is_the_first_line_and_the_exit_code(
    make_scenario: MakeScenario,
    make_profile: MakeProfile,
    tmp_path: Path,
    fails: str,
    code: ExitCode,
    answer: str,
) -> None:
    make_profile("held", 20)
    path = expecting(make_scenario, "case", fails)
    found = checked(path, tmp_path=tmp_path)
    assert found.exit_code == code
    assert found.stdout.splitlines()[0] == answer
    assert "failed 3 of 3: at least 43.8 %" in found.stdout
    assert all(len(line) <= 80 for line in found.stdout.splitlines()[:-1])


def test_a_folder_stands_for_its_files_and_what_is_wrong_comes_first(
    make_scenario: MakeScenario, make_profile: MakeProfile, tmp_path: Path
) -> None:
    make_profile("held", 20)
    expecting(make_scenario, "a-works", "always")
    expecting(make_scenario, "b-broken", "never")
    make_scenario(name="c-silent")
    shown = checked(tmp_path, tmp_path=tmp_path).stdout
    assert shown.index("b-broken:") < shown.index("a-works:")
    assert "Nothing is expected on emulated by: c-silent." in shown


def test_the_name_of_the_shipped_folder_stands_for_the_reports_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = checked("reports", "--blocks", "1", tmp_path=tmp_path).stdout.splitlines()[0]
    assert f"of {len(report_names())} scenarios" in answer


def test_a_folder_here_has_its_name_before_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports").mkdir()
    with pytest.raises(InvalidInputError, match=r"no \.toml files"):
        checked("reports", tmp_path=tmp_path)


def test_json_has_all_that_is_shown(
    make_scenario: MakeScenario, make_profile: MakeProfile, tmp_path: Path
) -> None:
    make_profile("held", 20)
    found = json.loads(
        checked(expecting(make_scenario, "case", "always"), "--json", tmp_path=tmp_path).stdout
    )
    assert found["answer"] == "As expected: 1 expectation of 1 scenario (emulated)."
    assert found["counts"] == {"as expected": 1, "unknown": 0, "not as expected": 0}
    (only,) = found["scenarios"][0]["checks"]
    assert (only["failures"], only["trials"], only["verdict"]) == (3, 3, "as expected")


def test_the_trials_of_a_run_are_checked_without_new_ones(
    make_scenario: MakeScenario, make_profile: MakeProfile, tmp_path: Path
) -> None:
    make_profile("held", 20)
    checked(expecting(make_scenario, "case", "always"), tmp_path=tmp_path)
    (run,) = (tmp_path / "results").iterdir()
    found = CliRunner().invoke(app, [str(run)])
    assert found.exit_code == ExitCode.OK
    assert [*(tmp_path / "results").iterdir()] == [run]
    for arguments in ([str(run), str(run)], [str(run), "--blocks", "2"]):
        assert isinstance(CliRunner().invoke(app, arguments).exception, InvalidInputError)


def test_what_expects_nothing_is_refused_with_what_to_write(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match="nothing is expected by made") as caught:
        checked(make_scenario(), tmp_path=tmp_path)
    assert "[[expect]]" in str(caught.value.hint)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInputError, match=r"no \.toml files"):
        checked(tmp_path / "empty", tmp_path=tmp_path)
