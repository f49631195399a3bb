"""The shipped public reports: each still fails as it was reported, and what helped still helps."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.check.check import check_scenarios
from harness.check.symptoms import shipped_reports
from harness.run.options import RunOptions
from harness.scenario.load import REPORTS, load_scenarios, report_names, shipped_folder, shipped_names

if TYPE_CHECKING:
    from harness.check.checked import CheckReport


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> CheckReport:
    options = RunOptions(platform="emulated", seed=1, results=tmp_path_factory.mktemp("results"))
    return check_scenarios(load_scenarios(report_names()), options)


def test_there_are_reports_and_none_has_the_name_of_a_scenario() -> None:
    assert len(report_names()) >= 25
    assert not {*report_names()} & {*shipped_names()}


@pytest.mark.parametrize("name", report_names())
def test_a_report_fails_as_it_was_reported_and_its_fix_helps(checked: CheckReport, name: str) -> None:
    (found,) = [each for each in checked.scenarios if each.name == name]
    assert found.checks
    assert {f"{each.strategy}: {each.reason}" for each in found.checks if each.reason} == set()
    assert found.worst == "as expected"


@pytest.mark.parametrize("name", report_names())
def test_a_report_is_one_file_that_is_named_after_a_thread(name: str) -> None:
    path = shipped_folder() / REPORTS / f"{name}.toml"
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    numbers = [re.fullmatch(r".*/(?:issues|pull)/(\d+)", each) for each in content["reports"]]
    assert name.rpartition("-")[2] in {match[1] for match in numbers if match}
    assert {payload["kind"] for payload in content["payload"]} <= {"files", "launcher", "tree"}, (
        "offline"
    )
    for profile in content.get("own_profiles", {}).values():
        for hold in profile["holds"]:
            assert hold["duration"]["evidence"] != "measured", "a report measures nothing"


def test_most_reports_say_what_is_seen_and_what_helps() -> None:
    found = shipped_reports()
    assert sum(each.symptom is not None for each in found) > 0.8 * len(found)
    assert sum(bool(each.helps or each.keeps) for each in found) > 0.6 * len(found)
    assert all(each.fails or each.helps for each in found)


def test_a_changed_strategy_is_found_out(tmp_path: Path) -> None:
    (loaded,) = load_scenarios(["httrack-790"])
    retried = [
        each.model_copy(update={"label": "park and put back"})
        for each in loaded.scenario.strategies
        if each.display == "delete and retry"
    ]
    others = [each for each in loaded.scenario.strategies if each.display != "park and put back"]
    options = RunOptions(platform="emulated", seed=1, blocks=2, results=tmp_path)
    report = check_scenarios([loaded.changed(strategies=[*others, *retried])], options)
    verdicts = {each.strategy: each.verdict for each in report.scenarios[0].checks}
    assert verdicts["park and put back"] == "not as expected"
    assert verdicts["delete and retry"] == "as expected"
