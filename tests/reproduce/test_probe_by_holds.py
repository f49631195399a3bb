"""Without attempts, a probe says in which interval a budget is, and nothing that it does not know."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from harness.errors import NotSupportedError
from harness.preload.denial import Denial
from harness.preload.denial_log import LoggedCall
from harness.reproduce.claims import read_claim
from harness.reproduce.execution import Execution
from harness.reproduce.hold_evidence import HoldEvidence
from harness.reproduce.probe_by_holds import HeldProbing
from harness.reproduce.probed import Probed, ProbedPath
from harness.reproduce.undisturbed import Undisturbed
from harness.reproduce.write_paths import WritePath

DUE_MS = (100.0, 120.0)
PATH = WritePath("rename", "a", "b")


def call(at_ms: float) -> LoggedCall:
    return LoggedCall(at_ms, "rename", "passed", 99, 1, 0.0, 0, "a", "b", 0)


def of_budget(
    budget_ms: float, *, racing: bool = False, cut: bool = False
) -> Callable[[Denial], Execution]:
    """Runs of a program that makes its first attempt at 110 ms, and its last one `budget_ms` later."""

    def run(denial: Denial) -> Execution:
        if denial.effect != 32:
            raise NotSupportedError(f"no hold gives {denial.effect}")
        held_ms = math.inf if denial.hold_s is None else DUE_MS[1] + 1000 * denial.hold_s
        well = held_ms < 110 + budget_ms
        code = None if cut and not well else int(not well)
        released_ms = None if denial.hold_s is None else held_ms
        holds = HoldEvidence(
            ["a (held)"], [], racing, DUE_MS, released_ms, [held_ms + 1] if well else []
        )
        tree = {"b": "1"} if well else {"a": "1"}
        return Execution(code, (110 + budget_ms) / 1000, ["error: gave up"], [], tree, 1, holds)

    return run


def probed(run: Callable[[Denial], Execution], claim: str | None = None) -> ProbedPath:
    undisturbed = Undisturbed(lambda: Execution(0, 0.2, [], [call(110.0)], {"b": "1"}))
    read = None if claim is None else read_claim(claim)
    return HeldProbing(run, undisturbed, lambda _: None, claim=read).path(PATH)


@pytest.mark.parametrize("budget_ms", [300.0, 5_000.0, 30_000.0])
def test_the_budget_is_in_the_interval(budget_ms: float) -> None:
    path = probed(of_budget(budget_ms))
    assert path.retried == [32]
    assert path.budget_ms is not None
    low, high = path.budget_ms
    assert low <= budget_ms <= high <= low * 1.25 + 100
    assert (path.attempts, path.notation, path.cut, path.stable) == (None, None, False, True)


def test_what_is_given_up_at_once_is_not_called_retried() -> None:
    path = probed(of_budget(0.0))
    assert not path.retried
    assert path.budget_ms is not None
    assert path.budget_ms[0] == 0.0
    assert path.budget_ms[1] < 75


def test_codes_that_no_hold_gives_are_unknown_with_the_reason() -> None:
    codes = {each.code: each for each in probed(of_budget(300.0)).codes}
    assert (codes[5].ending, codes[5].reason, codes[5].held) == ("unknown", "no hold gives 5", None)
    assert codes[32].ending == "failed"
    assert all(each.attempts is None for each in codes.values())


def test_in_a_race_the_budget_is_not_asked_for() -> None:
    path = probed(of_budget(300.0, racing=True))
    assert path.budget_ms is None
    assert not path.is_known
    assert next(each.ending for each in path.codes if each.code == 32) == "failed"
    found = Probed(command=["p"], lab="windows", claim=None, paths=[path], left_out=[])
    assert found.answer.startswith("Whether it retries is not known")


def test_a_program_that_never_gives_up_has_no_upper_bound() -> None:
    path = probed(of_budget(70_000.0, cut=True))
    assert path.cut
    held = next(each.held for each in path.codes if each.held is not None)
    assert held.too_long_ms is None
    assert held.outlasted_ms > 60_000


@pytest.mark.parametrize(
    ("claim", "differs"),
    [("retries for 5 s", False), ("retries for 30 s", True), ("for 1 s", True), ("no retry", True)],
)
def test_a_claim_is_held_against_the_interval(claim: str, differs: bool) -> None:
    assert bool(probed(of_budget(5_000.0), claim).otherwise_than_claimed) == differs


def test_strategies_of_such_a_budget_are_named_and_it_is_said_that_no_more_was_compared() -> None:
    nearest = probed(of_budget(10_230.0)).nearest
    assert nearest
    assert all("only its budget was compared" in each.differences[0] for each in nearest)
