"""A bisection is said in a sentence, and by the exit code."""

from __future__ import annotations

import pytest
from reproduction_lab import outcome, release

from harness.errors import ExitCode
from harness.reproduce.bisection import ProgramBisection, ReleaseChange
from harness.reproduce.ending import Ending


def change(before: str, ending_before: Ending, first: str, ending: Ending, *gap: str) -> ReleaseChange:
    return ReleaseChange(
        before=before, ending_before=ending_before, first=first, ending=ending, between=list(gap)
    )


FIXED = change("1.0", "failed", "1.1", "ok")
BROKEN = change("1.1", "ok", "1.3", "claimed", "1.2")


@pytest.mark.parametrize(
    ("announced", "added"), [("1.1", ""), ("1.0", " Announced for 1.0."), (None, "")]
)
def test_an_announcement_that_does_not_hold_is_said(announced: str | None, added: str) -> None:
    found = ProgramBisection(
        program=outcome(release("1.0")), changes=[FIXED], not_run=[], announced=announced
    )
    assert found.answer == f"{FIXED.words}.{added}"


def test_a_change_says_both_releases_and_what_is_unknown_between_them() -> None:
    assert BROKEN.words == (
        "1.3 is the first broken release (claimed); 1.1 is fine (ok); of 1.2 it is unknown"
    )


@pytest.mark.parametrize(
    ("changes", "endings", "answer", "code"),
    [
        ([FIXED], ["ok"], "1.1 is the first fixed release (ok); 1.0 is not (failed).", ExitCode.OK),
        (
            [FIXED, BROKEN],
            ["ok"],
            f"{FIXED.words}; {BROKEN.words}. Not monotone: 2 changes.",
            ExitCode.OK,
        ),
        (
            [],
            ["failed", "hung", "unknown"],
            "No change among 2 releases: failed and hung.",
            ExitCode.NOT_AS_EXPECTED,
        ),
        ([], ["unknown"], "Unknown: no release could be run.", ExitCode.UNKNOWN),
    ],
)
def test_the_answer_and_the_exit_code(
    changes: list[ReleaseChange], endings: list[Ending], answer: str, code: ExitCode
) -> None:
    releases = [release(f"1.{place}", ending) for place, ending in enumerate(endings)]
    found = ProgramBisection(program=outcome(*releases), changes=changes, not_run=[])
    assert (found.answer, found.exit_code) == (answer, code)
    assert found.monotone == (len(changes) < 2)
