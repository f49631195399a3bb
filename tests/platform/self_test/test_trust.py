"""The conclusion of a self-test: what is trusted, and that silence is no proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest
from self_test_lab import MACHINE, check_with, finding

from harness.platform.self_test.report import PRIMITIVES, Bearing, Verdict
from harness.platform.self_test.trust import conclude

if TYPE_CHECKING:
    from harness.platform.base import PlatformName

ALL_WORK = [finding(primitives=(primitive,)) for primitive in PRIMITIVES]
ON_TIME = finding(bearing="times")


def test_a_machine_that_is_as_expected_is_trusted() -> None:
    concluded = conclude(MACHINE, [check_with(*ALL_WORK, ON_TIME)])
    assert concluded.answer.startswith("Yes: this machine's numbers may be trusted, outcomes and times")
    assert concluded.trusted == PRIMITIVES
    assert concluded.times_trusted
    assert concluded.doubts == ()


def test_what_was_not_tried_is_not_trusted() -> None:
    concluded = conclude(MACHINE, [])
    assert concluded.answer.startswith("No: ")
    assert concluded.trusted == ()
    assert not concluded.times_trusted
    assert concluded.rules == "The documented sharing rules were not tried."


@pytest.mark.parametrize("primitive", PRIMITIVES)
def test_a_primitive_that_differs_is_named_with_its_reason_and_the_others_are_trusted(
    primitive: str,
) -> None:
    wrong = finding(verdict="differs", primitives=(primitive,), what="a call", found="error 87")
    concluded = conclude(MACHINE, [check_with(*ALL_WORK, ON_TIME, wrong)])
    assert concluded.trusted == tuple(each for each in PRIMITIVES if each != primitive)
    assert f"not for {primitive} (a call: error 87)" in concluded.answer


def test_a_finding_without_primitives_concerns_all_of_them() -> None:
    broken = finding(verdict="differs", what="lengths", found="one is wrong")
    concluded = conclude(MACHINE, [check_with(*ALL_WORK, ON_TIME, broken)])
    assert concluded.trusted == ()
    assert concluded.answer.count("lengths: one is wrong") == 1, "each reason is said once"


@pytest.mark.parametrize("bearing", sorted(set(get_args(Bearing)) - {"outcomes", "times"}))
def test_only_what_numbers_depend_on_puts_them_in_doubt(bearing: Bearing) -> None:
    odd = finding(bearing=bearing, verdict="differs")
    assert conclude(MACHINE, [check_with(*ALL_WORK, ON_TIME, odd)]).trusted == PRIMITIVES


def test_late_waits_put_times_in_doubt_and_nothing_else() -> None:
    late = finding(bearing="times", verdict="differs", what="waits", found="15 ms late")
    concluded = conclude(MACHINE, [check_with(*ALL_WORK, late)])
    assert concluded.trusted == PRIMITIVES
    assert not concluded.times_trusted
    assert "may be trusted for all primitives; not for times (waits: 15 ms late)" in concluded.answer


def test_a_check_that_could_not_be_made_is_the_reason_for_the_doubt() -> None:
    silent = finding(verdict="not asked", what="the primitives", found="it was stopped after 10 s")
    (doubt, *_) = conclude(MACHINE, [check_with(silent)]).doubts
    assert doubt.why == "the primitives: it was stopped after 10 s"


def test_what_was_cut_short_is_to_be_tried_again() -> None:
    assert "time was over" not in conclude(MACHINE, [check_with(*ALL_WORK, ON_TIME)]).answer
    cut = finding(verdict="out of time", bearing="context")
    answer = conclude(MACHINE, [check_with(*ALL_WORK, ON_TIME, cut)]).answer
    assert answer.startswith("Yes: ")
    assert "test again when this machine has less to do" in answer
    missing = conclude(MACHINE, [check_with(cut.model_copy(update={"bearing": "outcomes"}), ON_TIME)])
    assert missing.trusted == ()


@pytest.mark.parametrize(
    ("platform", "words"),
    [("wine", "times (they are those of Wine)"), ("emulated", "Nothing of Windows was checked")],
)
def test_times_of_no_other_platform_are_trusted(platform: PlatformName, words: str) -> None:
    machine = MACHINE.model_copy(update={"platform": platform})
    concluded = conclude(machine, [check_with(*ALL_WORK, ON_TIME)])
    assert not concluded.times_trusted
    assert words in concluded.answer


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("as expected", "Of 2 documented sharing rules, all hold here."),
        ("known", "Of 2 documented sharing rules, 1 hold here. Of 1, Wine is known"),
        ("differs", "1 hold here. The emulation does not describe this machine in rule 5."),
        ("open", "Open questions, answered here: rule 5: 32."),
    ],
)
def test_the_rules_are_concluded_apart_from_the_numbers(verdict: Verdict, words: str) -> None:
    rules = [
        finding(bearing="rules"),
        finding(bearing="rules", verdict=verdict, what="rule 5", found="32"),
    ]
    assert words in conclude(MACHINE, [check_with(*rules)]).rules
