"""The conclusion over the cases of a run."""

from __future__ import annotations

from row_lab import FAILED, concluded, rows

from harness.summary.conclude_run import conclude_run
from harness.summary.conclusion import RunConclusion
from harness.summary.phrase import plain


def said(conclusion: RunConclusion, about: str) -> str:
    return " ".join(plain(each.phrase) for each in conclusion.sentences if each.about == about)


def test_it_takes_what_never_failed_and_says_what_others_do_better_and_worse() -> None:
    brief = concluded([*rows("steady", [50.0] * 20), *rows("quick", [5.0] * 20)], profile="brief")
    cloud = concluded([*rows("steady", [5000.0] * 20), *rows("quick", [FAILED] * 20)], profile="cloud")
    found = conclude_run([brief, cloud], "emulated")
    assert (found.answer, found.take, found.cases) == ("take", "steady", 2)
    assert said(found, "take") == "Over all 2 cases: take steady; it never failed."
    assert said(found, "fails") == (
        "quick is faster in s under brief, but in s under cloud it failed 20 of 20: at least 83.8 %."
    )


def test_a_strategy_that_was_not_in_all_cases_is_left_out_by_name() -> None:
    one = concluded([*rows("both", [50.0] * 20), *rows("once", [5.0] * 20)])
    two = concluded([*rows("both", [50.0] * 20), *rows("bad", [FAILED] * 20)], profile="q")
    found = conclude_run([one, two], "emulated")
    assert found.take == "both"
    assert found.left_out == ["once", "bad"]
    assert "once is faster in s under p, but was not tried in s under q." in said(found, "fails")


def test_cases_that_tell_nothing_are_named_and_do_not_count() -> None:
    tells = concluded([*rows("good", [5.0] * 20), *rows("bad", [FAILED] * 20)])
    hopeless = concluded([*rows("x", [FAILED] * 5), *rows("y", [FAILED] * 5)], profile="permanent")
    found = conclude_run([tells, hopeless], "emulated")
    assert found.take == "good"
    assert said(found, "take").startswith("Over the one case that tells: take good; it never failed.")
    assert "Every strategy failed every trial: s under permanent." in said(found, "take")


def test_without_a_strategy_in_all_cases_each_case_answers_for_itself() -> None:
    one = concluded([*rows("a", [5.0] * 20), *rows("b", [FAILED] * 20)])
    two = concluded([*rows("c", [5.0] * 20), *rows("d", [FAILED] * 20)])
    found = conclude_run([one, two], "emulated")
    assert (found.answer, found.take) == ("depends", None)
    assert said(found, "take").startswith("No strategy was in all of these cases")


def test_what_all_cases_have_in_common_is_no_answer_where_others_do_better_in_most() -> None:
    """Reports have strategies of their own, and plain."""
    cases = [
        concluded([*rows("plain", [FAILED] * 20), *rows(f"fix {name}", [5.0] * 20)], profile=name)
        for name in "pqr"
    ]
    found = conclude_run(cases, "emulated")
    assert (found.answer, found.take) == ("depends", None)
    assert said(found, "take") == (
        "Only plain was tried in all cases, and others failed less often in s under p, s under q, "
        "s under r: each case has an answer of its own."
    )
    assert not said(found, "fails")


def test_strategies_that_are_as_good_in_each_case_tie() -> None:
    cases = [
        concluded(
            [*rows("a", [5.0] * 20), *rows("b", [5.0] * 20), *rows("c", [FAILED] * 20)], profile=name
        )
        for name in ("p", "q")
    ]
    found = conclude_run(cases, "windows")
    assert (found.take, found.tied) == ("a", ["b"])
    assert "b ties with it in each case." in said(found, "take")


def test_a_strategy_that_failed_twice_in_twenty_does_not_tie() -> None:
    cases = [
        concluded(
            [*rows("a", [5.0] * 20), *rows("b", [FAILED] * failed + [5.0] * (20 - failed))], profile=name
        )
        for name, failed in (("p", 2), ("q", 0))
    ]
    found = conclude_run(cases, "emulated")
    assert (found.take, found.tied, found.undecided) == ("a", [], ["b"])
    assert said(found, "take").endswith("b failed more often, but the blocks are too few to be sure.")


def test_the_next_best_is_the_one_that_failed_least_after_it() -> None:
    """Of three, one is fastest, one as sure and slower, and one always fails."""
    found = conclude_run(
        [
            concluded(
                [*rows("bad", [FAILED] * 20), *rows("quick", [5.0] * 20), *rows("slow", [50.0] * 20)],
                profile=name,
            )
            for name in ("p", "q")
        ],
        "emulated",
    )
    assert found.take == "quick"
    assert said(found, "fails") == "slow fails as rarely, but is slower in s under p, s under q."


def test_where_no_case_tells_and_for_different_reasons_that_is_the_answer() -> None:
    hopeless = concluded([*rows("x", [FAILED] * 5), *rows("y", [FAILED] * 5)], profile="permanent")
    quiet = concluded([row for name in "xy" for row in rows(name, [1.0] * 5, held=False, attempts=1)])
    harmless = concluded([row for name in "xy" for row in rows(name, [1.0] * 5, attempts=1)])
    assert said(conclude_run([hopeless, harmless], "emulated"), "take").endswith(
        "No hold got in the way: s under p."
    )
    assert conclude_run([hopeless, hopeless], "emulated").answer == "all fail"
    found = conclude_run([hopeless, quiet], "emulated")
    assert (found.answer, found.take) == ("none tells", None)
    assert said(found, "take") == (
        "Every strategy failed every trial: s under permanent. "
        "No operation met a hold, which tests nothing: s under p."
    )


def test_the_one_case_that_tells_is_not_called_one_of_them() -> None:
    tells = concluded([*rows("good", [5.0] * 19 + [FAILED]), *rows("bad", [FAILED] * 20)])
    hopeless = concluded([*rows("x", [FAILED] * 5), *rows("y", [FAILED] * 5)], profile="permanent")
    found = conclude_run([tells, hopeless], "emulated")
    assert said(found, "take").startswith(
        "Over the one case that tells: take good; it failed there in 5.0 % of its trials."
    )
    assert said(found, "sure").startswith("1 of 2 cases, of 20 blocks, each with the same weight")


def test_what_is_against_another_is_the_case_with_the_largest_gap() -> None:
    """Not the one with the highest rate, in which the one to take fails as well."""
    hard = concluded(
        [*rows("good", [FAILED] * 17 + [5.0] * 3), *rows("quick", [FAILED] * 18 + [1.0] * 2)],
        profile="hard",
    )
    easy = concluded(
        [*rows("good", [5.0] * 20), *rows("quick", [FAILED] * 12 + [1.0] * 8)], profile="easy"
    )
    fast = concluded([*rows("good", [50.0] * 20), *rows("quick", [5.0] * 20)], profile="fast")
    found = conclude_run([hard, easy, fast], "emulated")
    assert found.take == "good"
    assert "but in s under easy it failed 12 of 20" in said(found, "fails")
