"""The page of first good releases has what scenarios expect, and what was announced."""

from __future__ import annotations

from first_good_page import as_announced, first_good_page

from harness.reproduce.expected_changes import expected_changes
from harness.reproduce.load_programs import load_programs, program_names


def test_announcements_that_did_not_hold_are_the_answer() -> None:
    answer, _, _, _, first, *_ = first_good_page()
    late = ["uv-10026-pointer", "uv-9531-launcher"]
    assert answer.endswith("announced them: `uv-10026-pointer` and `uv-9531-launcher`.")
    assert late == [
        each.name
        for each in load_programs(program_names())
        if each.scenario.announced and not as_announced(each.scenario)
    ]
    assert "`uv-10026-pointer`" in first


def test_a_row_has_the_first_good_release_and_the_last_bad_one() -> None:
    (row,) = [line for line in first_good_page() if "| `uv-9531-launcher` |" in line]
    assert "| **0.5.11** is fixed, 0.5.10 is not |" in row
    assert row.startswith("| uv writes the launcher of an entry point, held for 1 s | 0.5.6: ")


def test_several_changes_are_all_there() -> None:
    (row,) = [line for line in first_good_page() if "| `uv-10442-wheel` |" in line]
    assert (
        "**0.1.19** is fixed, 0.1.18 is not; **0.5.17** is broken, 0.5.16 is not; "
        "**0.9.29** is fixed, 0.9.28 is not"
    ) in row


def test_no_pinned_release_is_between_those_of_an_announced_change() -> None:
    announced = [each for each in load_programs(program_names()) if each.scenario.announced]
    assert announced
    for each in announced:
        versions = each.scenario.versions
        for change in expected_changes(each.scenario):
            between = versions[versions.index(change.before) + 1 : versions.index(change.first)]
            assert not between, each.name
