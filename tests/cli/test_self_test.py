"""The self-test on the command line: the answer first, JSON for programs, nothing left behind."""

from __future__ import annotations

import json
import tempfile

import pytest
from rich.console import Console
from self_test_lab import MACHINE, check_with, finding
from typer.testing import CliRunner

from harness.cli.doctor import app
from harness.cli.self_test import print_report
from harness.errors import InvalidInputError
from harness.platform.self_test.report import SelfTestReport


def printed(report: SelfTestReport) -> list[str]:
    console = Console(width=200)
    with console.capture() as shown:
        print_report(report, console)
    return shown.get().splitlines()


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> SelfTestReport:
    """What the command prints where everything can be emulated, of which nothing is left."""
    temporary = tmp_path_factory.mktemp("temporary")  # that of the system has others' self-tests, too
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(temporary))
        done = CliRunner().invoke(app, ["--self-test", "--platform", "emulated", "--json"])
    assert done.exit_code == 0
    assert list(temporary.iterdir()) == []
    return SelfTestReport.model_validate_json(done.stdout)


def test_the_emulation_answers_as_documented_and_claims_nothing_of_windows(
    emulated: SelfTestReport,
) -> None:
    assert emulated.answer.startswith("Nothing of Windows was checked")
    assert emulated.rules.endswith("documented sharing rules, all hold here.")
    assert len(emulated.seen) > 200
    assert not emulated.times_trusted
    assert {each.verdict for check in emulated.checks for each in check.findings} == {
        "as expected",
        "not asked",
    }


def test_the_answer_comes_first(emulated: SelfTestReport) -> None:
    assert printed(emulated)[0].startswith("Nothing of Windows was checked")


def test_what_differs_is_shown_with_what_it_means() -> None:
    wrong = finding(
        what="waits",
        expected="on time",
        found="late\x1b[31m",
        verdict="differs",
        means="Times are too long.",
    )
    report = SelfTestReport(
        answer="No.",
        rules="None.",
        trusted=(),
        times_trusted=False,
        doubts=(),
        machine=MACHINE,
        checks=(check_with(wrong, *[finding(what="quiet")] * 30),),
        seen=(),
    )
    shown = "\n".join(printed(report))
    line = "differs  waits: late?[31m (expected: on time) A difference means: Times are too long."
    assert line in shown
    assert "quiet" not in shown, "of a long check only what is special is shown"
    assert "1 differs and 30 ok" in shown
    assert "Windows 26100.4061" in shown


@pytest.mark.parametrize("option", [["--platform", "emulated"], ["--location", "."]])
def test_options_of_the_self_test_are_refused_without_it(option: list[str]) -> None:
    done = CliRunner().invoke(app, option)
    assert isinstance(done.exception, InvalidInputError)


def test_its_json_has_a_schema_number() -> None:
    assert (
        json.loads(CliRunner().invoke(app, ["--self-test", "--platform", "emulated", "--json"]).stdout)[
            "schema"
        ]
        == 1
    )
