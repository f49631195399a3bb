"""The conclusion of a case: failures first, ties as ties, and no more certainty than there is."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from row_lab import FAILED, SETTING, concluded, row, rows, said

from harness.summary.conclusion import CaseConclusion, Place
from harness.summary.phrase import plain
from harness.summary.unheld import Unheld


def places(conclusion: CaseConclusion) -> dict[str, Place]:
    return {each.name: each.place for each in conclusion.standings}


def test_failures_come_before_time() -> None:
    found = concluded(
        [
            *rows("never", [1.0, FAILED] * 10),
            *rows("slow", [900.0] * 20),
            *rows("fast", [100.0] * 20),
        ]
    )
    assert found.take == "fast"
    assert places(found) == {"never": "fails more", "slow": "slower", "fast": "take"}
    assert said(found, "take") == (
        "Take fast: it never failed (0 of 20: at most 16.2 %) and is the fastest of those that fail as "
        "rarely."
    )
    assert said(found, "fails") == "never failed 10 of 20: 50.0 % (29.9 to 70.1 %)."
    assert "Slower: slow by 800 ms (9 times as long)." in said(found, "costs")


def test_the_same_in_every_block_is_a_tie_and_the_choice_is_explained() -> None:
    more = rows("more", [30.0] * 20, calls=4)
    found = concluded([*more, *rows("few", [30.0] * 20), *rows("same", [30.0] * 20)])
    assert (found.take, found.tied, found.chosen_for) == ("few", ["more", "same"], "calls")
    assert "more and same tie with it: 20 blocks show no difference that matters." in said(found, "take")
    assert "few makes the fewest calls" in said(found, "take")


def test_less_than_one_call_takes_is_no_difference() -> None:
    found = concluded([*rows("one", [2.0] * 20), *rows("two", [2.25] * 20)])
    assert (found.take, found.tied) == ("one", ["two"])


def test_in_real_time_the_timer_is_what_can_be_told() -> None:
    trials = [*rows("one", [20.0] * 20), *rows("two", [24.0] * 20)]
    coarse = replace(SETTING, is_virtual=False, resolution_ms=5.0)
    assert concluded(trials, coarse).tied == ["two"]
    assert places(concluded(trials, replace(coarse, resolution_ms=1.0)))["two"] == "slower"


def test_times_that_differ_by_assumed_calls_alone_tie() -> None:
    """60 ms against 30: a hundred times the resolution, but with a hundred calls more."""
    calls = rows("calls", [60.0] * 20, calls=101)
    found = concluded([*calls, *rows("waits", [30.0] * 20)])
    assert (found.take, found.tied) == ("waits", ["calls"])


def test_differences_within_the_margin_of_the_scenario_do_not_matter() -> None:
    found = concluded([*rows("one", [1000.0] * 20), *rows("two", [1050.0] * 20)])
    assert found.tied == ["two"]


def test_losing_a_file_is_worse_than_failing() -> None:
    loses = [*rows("loses", [30.0] * 10), *rows("loses", [FAILED] * 10, first=10, left="lost")]
    keeps = [*rows("keeps", [30.0] * 5), *rows("keeps", [FAILED] * 15, first=5, left="old")]
    found = concluded([*loses, *keeps])
    assert found.take == "keeps"
    assert places(found)["loses"] == "does harm"
    assert "loses lost the old file in 10 of 20 trials." in said(found, "fails")


def test_nothing_is_taken_where_every_strategy_failed_every_trial() -> None:
    loses = [each._replace(elapsed_ms=1.0) for each in rows("loses", [FAILED] * 20, left="lost")]
    keeps = [each._replace(elapsed_ms=100.0) for each in rows("keeps", [FAILED] * 20, left="old")]
    found = concluded([*loses, *keeps])
    assert (found.answer, found.take) == ("all fail", None)
    assert set(places(found).values()) == {"always fails"}
    assert said(found, "take") == (
        "None helps: every strategy failed every trial. keeps gives up soonest, after 100 ms, and keeps "
        "the old file."
    )


def test_without_a_common_block_they_are_independent_samples() -> None:
    found = concluded([*rows("bad", [FAILED] * 20), *rows("good", [1.0] * 300, first=100)])
    assert found.take == "good"
    against = found.standings[0].against
    assert against is not None
    assert (against.paired, against.blocks, against.failures.verdict) == (False, 0, "worse")
    assert "independent samples" in said(found, "sure")


def test_a_pair_needs_a_verdict_for_what_any_of_its_fields_leaves_open() -> None:
    """Harm is compared first: where it is undecided, its own blocks count too."""
    trials = [
        *rows("keeps", [30.0] * 40),
        *rows("loses", [FAILED] * 2, left="lost"),
        *rows("loses", [30.0] * 38, first=2),
        *rows("fails", [FAILED] * 2 + [30.0] * 38),
    ]
    loses, fails = (each.against for each in concluded(trials).standings[1:])
    assert loses is not None
    assert fails is not None
    assert loses.harm.blocks_needed is not None
    assert loses.failures.blocks_needed is not None
    assert loses.blocks_needed == max(loses.harm.blocks_needed, loses.failures.blocks_needed)
    assert fails.harm.verdict == "neither fails"
    assert fails.blocks_needed == fails.failures.blocks_needed


def test_too_few_blocks_are_said_with_the_number_that_would_do() -> None:
    found = concluded([*rows("bad", [FAILED] * 3), *rows("good", [1.0] * 3)])
    assert found.take == "good"
    assert found.undecided == ["bad"]
    assert "bad failed more often, but 3 blocks are too few to be sure." in said(found, "take")
    needed = found.standings[0].against
    assert needed is not None
    assert needed.blocks_needed is not None
    longer = needed.blocks_needed
    enough = concluded([*rows("bad", [FAILED] * longer), *rows("good", [1.0] * longer)])
    assert places(enough)["bad"] == "fails more"


def test_a_number_of_blocks_that_nobody_runs_is_not_advised() -> None:
    at_the_margin = [33.001 * math.exp(0.2 * (-1) ** number) for number in range(40)]
    found = concluded([*rows("one", [30.0] * 40), *rows("other", at_the_margin)])
    assert len(found.undecided) == 1
    assert "More than 10,000 blocks to decide what is undecided" in said(found, "surer")


@pytest.mark.parametrize("name", ["100ms 10 retries", "exponential, cap 250 ms"])
@pytest.mark.parametrize("times", [[1.0] * 40, [90.0] * 40, [FAILED] * 40, [1.0, FAILED] * 20])
def test_what_is_no_plain_name_is_quoted_wherever_it_stands(
    name: str, times: list[float | None]
) -> None:
    for others in ([], rows("other", [30.0] * 40), rows("other", [FAILED] * 40)):
        found = concluded([*rows(name, times), *others])
        text = "\n".join(plain(each.phrase) for each in found.sentences)
        assert text.count(name) == text.count(f'"{name}"')


def test_a_strategy_that_was_never_held_is_not_taken_for_its_good_rate() -> None:
    lucky = rows("lucky", [0.3] * 20, held=False)
    found = concluded([*lucky, *rows("tried", [30.0] * 20), *rows("other", [90.0] * 20)])
    assert places(found) == {"lucky": "never held", "tried": "take", "other": "slower"}
    assert "lucky was never held, so no failure there is no result." in said(found, "fails")
    assert found.take == "tried"


def test_where_only_one_met_a_hold_there_is_nothing_to_compare_it_with() -> None:
    found = concluded([*rows("lucky", [0.3] * 20, held=False), *rows("tried", [30.0] * 20)])
    assert (found.answer, found.take) == ("one strategy", None)
    assert places(found) == {"lucky": "never held", "tried": "not compared"}
    assert said(found, "take") == (
        "tried alone met a hold, and failed 0 of 20: at most 16.2 %; nothing to compare it with."
    )
    assert said(found, "costs").startswith("tried takes 30 ms at the median")


@pytest.mark.parametrize(
    ("unheld", "why"),
    [
        ("none drawn", "no hold was drawn in 5 blocks (chance, or no such file in the payload)"),
        ("too late", "holds came only after the operations were done"),
        ("too early", "holds had ended before the first call"),
        ("not taken", "no hold could be taken"),
    ],
)
def test_where_nothing_was_held_the_reason_is_said(unheld: Unheld, why: str) -> None:
    one, two = ([time] * 5 for time in (1.0, 2.0))
    trials = rows("one", one, held=False, attempts=1) + rows("two", two, held=False, attempts=1)
    found = concluded(trials, unheld=unheld)
    assert found.answer == "nothing held"
    assert set(places(found).values()) == {"never held"}
    assert said(found, "take").startswith(f"No answer: {why}")


def test_where_holds_blocked_no_call_there_is_no_answer() -> None:
    found = concluded(rows("one", [1.0] * 20, attempts=1) + rows("two", [1.0] * 20, attempts=1))
    assert (found.answer, found.take) == ("nothing held", None)
    assert set(places(found).values()) == {"not compared"}
    assert said(found, "take").startswith("No answer: what was held blocked no call")


def test_what_is_there_or_the_volume_tries_every_strategy_though_nothing_is_held() -> None:
    fails = rows("plain", [FAILED] * 20, held=False, attempts=1)
    found = concluded([*fails, *rows("copies", [1.0] * 20, held=False)])
    assert (found.answer, found.take) == ("take", "copies")
    assert places(found) == {"plain": "fails more", "copies": "take"}


def test_holds_that_depend_on_the_strategy_allow_no_answer() -> None:
    found = concluded([*rows("one", [1.0] * 5), *rows("two", [FAILED] * 5)], comparable=False)
    assert (found.answer, found.take) == ("not comparable", None)
    assert set(places(found).values()) == {"not compared"}
    assert all(each.against is None for each in found.standings)


def test_factors_are_conditions_and_a_different_answer_under_them_is_said() -> None:
    trials = [
        *rows("copies", [1.0] * 20, factors="mode=copy"),
        *rows("copies", [FAILED] * 20, factors="mode=link"),
        *rows("links", [5.0] * 20, factors="mode=copy"),
        *rows("links", [5.0] * 20, factors="mode=link"),
    ]
    found = concluded(trials)
    assert found.take == "links"
    assert [each.take for each in found.by_factors] == ["copies", "links"]
    assert "With mode=copy: take copies." in said(found, "take")
    (first, _) = found.standings
    assert (first.trials, first.effective_trials) == (40, 20)


def test_names_with_a_comma_cannot_be_taken_for_two() -> None:
    names = ("plain", "exponential, only 5")
    bad = [each for name in names for each in rows(name, [FAILED] * 20)]
    found = concluded([*bad, *rows("good", [1.0] * 20)])
    assert said(found, "fails").startswith('plain and "exponential, only 5" each failed 20 of 20')


def test_what_is_assumed_of_calls_is_said_with_the_costs() -> None:
    busy = rows("busy", [269.0] * 20, calls=896)
    found = concluded([*busy, *rows("bad", [FAILED] * 20)])
    assert "896 calls x 0.3 ms (assumed) are in it" in said(found, "costs")


def test_json_has_the_sentences_as_text() -> None:
    found = concluded([*rows("bad", [FAILED] * 20), *rows("good", [1.0] * 20)])
    data = json.loads(found.model_dump_json())
    assert data["sentences"][0] == {
        "about": "take",
        "phrase": "Take good: it never failed (0 of 20: at most 16.2 %).",
    }


def test_one_trial_says_what_it_is() -> None:
    assert said(concluded([row("only", 0)]), "take") == (
        "only alone was run, and failed 0 of 1: at most 79.4 %; nothing to compare it with."
    )


def test_a_machine_that_held_nothing_gives_no_answer() -> None:
    """Nothing is injected there, so that nothing failed says nothing of the strategies."""
    ambient = replace(SETTING, is_virtual=False, injected=False)
    quiet = [
        *rows("one", [1.0] * 20, held=False, attempts=1),
        *rows("two", [2.0] * 20, held=False, attempts=1),
    ]
    assert concluded(quiet, ambient).answer == "nothing held"
    busy = [*quiet, *rows("one", [30.0] * 5, first=20, attempts=3)]
    found = concluded([*busy, *rows("two", [FAILED] * 5, first=20)], ambient)
    assert found.take == "one"
    assert "which have the time in common and not the holds" in said(found, "sure")


def test_where_most_blocks_and_the_mean_disagree_both_are_said() -> None:
    slow_now_and_then = rows("steady", [10_000.0] * 20 + [100.0] * 300)
    usually_slower = rows("other", [1_100.0] * 20 + [130.0] * 300)
    found = concluded([*slow_now_and_then, *usually_slower])
    assert (found.take, found.undecided) == ("steady", ["other"])
    assert "other is usually 30 ms slower, but 8.9 s faster in 20 of 320." in said(found, "costs")
    usually_faster = rows("other", [10_000.0] * 40 + [80.0] * 60)
    found = concluded([*rows("steady", [100.0] * 100), *usually_faster])
    assert (found.take, places(found)["other"]) == ("steady", "slower")
    assert "other is on the whole slower, usually 20 ms faster, but 9.9 s slower in 40 of 100." in (
        said(found, "costs")
    )


def test_what_is_slower_in_few_blocks_is_not_slower_by_0_ms() -> None:
    found = concluded([*rows("one", [30.0] * 60), *rows("two", [30.0] * 40 + [3000.0] * 20)])
    assert places(found)["two"] == "slower"
    assert "two is on the whole slower, usually as fast, but 2.97 s slower in 20 of 60." in (
        said(found, "costs")
    )


def test_what_was_not_reached_has_one_word() -> None:
    half = [*rows("half", [30.0, FAILED, FAILED] * 10), *rows("bad", [FAILED] * 30)]
    assert said(concluded(half), "costs") == (
        "half takes 2 attempts (the median and 95th percentile are not reached)."
    )
    most = [*rows("most", [30.0] * 9 + [FAILED]), *rows("bad", [FAILED] * 10)]
    assert "takes 30 ms at the median, and 2 attempts (the 95th percentile is not reached)." in (
        said(concluded(most), "costs")
    )


def test_trials_that_share_draws_say_of_how_many_blocks_they_are() -> None:
    modes = ("copy", "link", "move")
    trials = [
        each
        for mode in modes
        for name, time in (("good", 30.0), ("bad", FAILED))
        for each in rows(name, [time] * 5, factors=f"mode={mode}")
    ]
    assert "it never failed (0 of 15, in 5 blocks: at most 43.5 %)" in said(concluded(trials), "take")


def test_what_is_decided_under_one_value_of_a_factor_only_is_said() -> None:
    trials = [
        each
        for mode, failed in (("quiet", 0), ("busy", 10))
        for each in (
            *rows("good", [5.0] * 100, factors=f"mode={mode}"),
            *rows("bad", [FAILED] * failed + [5.0] * (100 - failed), factors=f"mode={mode}"),
        )
    ]
    found = concluded(trials)
    assert found.undecided == ["bad"]
    assert "With mode=busy the blocks decide against bad." in said(found, "take")


def test_with_so_many_blocks_that_a_rate_does_not_matter_the_faster_one_is_named() -> None:
    """1 failure in 3,000 is equivalent to none, and is no reason to conceal who is faster."""
    found = concluded([*rows("sure", [30.0] * 3000), *rows("quick", [FAILED] + [5.0] * 2999)])
    assert (found.take, places(found)["quick"]) == ("sure", "faster")
    assert "quick is faster, and failed more often by less than what matters." in said(found, "take")


def test_bounds_of_times_are_null_where_there_are_none() -> None:
    found = concluded([*rows("one", [30.0] * 19), *rows("two", [300.0] * 19)])
    against = json.loads(found.model_dump_json())["standings"][1]["against"]
    assert against["time"]["interval"] == [0.0, None]
    assert (against["time"]["verdict"], against["time"]["blocks_needed"]) == ("undecided", 20)
    failing = concluded([*rows("one", [30.0] * 19), *rows("two", [FAILED] * 19)])
    against = json.loads(failing.model_dump_json())["standings"][1]["against"]
    assert (against["time"]["verdict"], against["time"]["ratio"]) == ("not compared", None)
    assert against["time"]["interval"] == [0.0, None]
    assert (against["failures"]["only_it"], against["failures"]["only_other"]) == (19, 0)


def test_writers_and_processes_alone_are_no_injected_holds() -> None:
    trials = [*rows("good", [5.0] * 20), *rows("bad", [FAILED] * 20)]
    assert "20 blocks without a hold profile, " in said(concluded(trials, unheld="control"), "sure")
    assert "20 blocks with " in said(concluded(trials, unheld="none drawn"), "sure")
