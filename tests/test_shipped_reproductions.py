"""The outcomes in ``results/reproductions`` are of the shipped reports, all of them, and as expected.

``harness reproduce --keep results/reproductions`` makes those that are missing, or of another text.
"""

from __future__ import annotations

from pathlib import Path

from harness.reproduce.kept_outcomes import KeptOutcomes
from harness.reproduce.load_programs import load_programs, program_names

SHIPPED = KeptOutcomes(Path(__file__).parents[1] / "results" / "reproductions")


def test_each_release_that_something_is_expected_of_has_an_outcome() -> None:
    found = {(each.name, release.version) for each in SHIPPED.all() for release in each.releases}
    assert found == {
        (each.name, version)
        for each in load_programs(program_names())
        for version in each.scenario.expected_versions
    }


def test_all_are_as_expected() -> None:
    assert {each.found for each in SHIPPED.all()} == {"reproduced"}


def test_none_was_made_by_a_lab_that_only_tries_code() -> None:
    assert {each.lab for each in SHIPPED.all()} <= {"wine", "linux"}
