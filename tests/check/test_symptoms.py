"""Reports by symptom: what helps is what is expected to succeed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenario_lab import REPLACED

from harness.check.symptoms import Tried, reported
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario


def test_what_fails_helps_and_keeps_the_old_one_is_what_is_expected(make_scenario: MakeScenario) -> None:
    strategies = """[
  "plain",
  { strategy = "10ms 5 retries", label = "waits" },
  { strategy = "plain deleting target first", label = "deletes" },
  { strategy = "10ms 9 retries", label = "mostly" },
]"""
    expected = """
[[expect]]
strategies = ["plain"]
fails = "always"
codes = [32, 5]
left = ["old"]

[[expect]]
strategies = ["waits"]
fails = "never"

[[expect]]
strategies = ["mostly"]
fails = "sometimes"
at_most = 0.1

[[expect]]
strategies = ["deletes"]
fails = "sometimes"
at_least = 0.2
codes = [32]
left = ["lost"]
"""
    path = make_scenario(REPLACED + expected, strategies=strategies, symptom='"EBUSY: rename"')
    found = reported(load_scenario(path))
    assert found.symptom == "EBUSY: rename"
    assert found.codes == [32, 5]
    assert found.helps == [Tried("waits", "10ms 5 retries"), Tried("mostly", "10ms 9 retries")]
    assert found.keeps == [Tried("plain", None)]
    assert found.fails == [Tried("deletes", "plain deleting target first")]
