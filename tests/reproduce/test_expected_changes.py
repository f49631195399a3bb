"""What a scenario expects of releases says where they change."""

from __future__ import annotations

from typing import Any

from harness.reproduce.change_search import Change
from harness.reproduce.expected_changes import expected_changes, expected_verdict
from harness.reproduce.model import ProgramScenario


def scenario(**endings: list[str]) -> ProgramScenario:
    """A scenario that expects these endings of the releases ``r1``, ``r2`` …"""
    keys: dict[str, Any] = {
        "schema": 1,
        "title": "Made for a test",
        "reports": ["https://example.org/1"],
        "command": ["true"],
        "denied": [{"call": "rename", "path": "*", "effect": 5}],
        "expect": [{"releases": [name], "endings": each} for name, each in endings.items()],
    }
    return ProgramScenario.model_validate(keys)


def test_a_release_that_recovers_copes_and_one_that_claims_does_not() -> None:
    given = scenario(r1=["claimed"], r2=["recovered", "ok"], r3=["ok", "failed"])
    verdicts = [expected_verdict(given, version) for version in ("r1", "r2", "r3")]
    assert verdicts == ["bad", "good", "unknown"]


def test_each_change_is_found_though_the_first_and_the_last_are_alike() -> None:
    given = scenario(r1=["failed"], r2=["ok"], r3=["ok", "failed"], r4=["hung"])
    assert expected_changes(given) == [Change("r1", "r2", ()), Change("r2", "r4", ("r3",))]
