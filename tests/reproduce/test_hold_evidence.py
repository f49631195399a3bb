"""What holds show of a run is said, and no more: a good end counts only if its call came after them."""

from __future__ import annotations

import pytest

from harness.preload.denial import Denial
from harness.preload.denial_log import LoggedCall
from harness.reproduce.ending import Ending, ended
from harness.reproduce.execution import Execution
from harness.reproduce.hold_evidence import HoldEvidence, due, through

HELD = ("a (shared for all)",)


def call(name: str, source: str, target: str | None = None, at_ms: float = 0.0) -> LoggedCall:
    return LoggedCall(at_ms, name, "passed", 99, 1, 0.0, 0, source, target, 0)  # type: ignore[arg-type]


def run(exit_code: int | None = 0, evidence: HoldEvidence | None = None, **tree: str) -> Execution:
    return Execution(exit_code, 1.0, ["error: it did not"], [], tree or {"b": "1"}, 1, evidence)


@pytest.mark.parametrize(
    ("evidence", "exit_code", "ending", "reason"),
    [
        (HoldEvidence(HELD, released_ms=300, through_ms=[310]), 0, "ok", "at 310 ms, after the hold"),
        (HoldEvidence(HELD, released_ms=300), 0, "recovered", "never succeeded"),
        (HoldEvidence(HELD), 0, "recovered", "never succeeded"),
        (HoldEvidence(HELD), 1, "failed", "it did not"),
        (HoldEvidence(HELD), None, "hung", "longer than 1 s"),
        (HoldEvidence(HELD, through_ms=[40]), 0, "unknown", "at 40 ms, while the file was held"),
        (HoldEvidence(HELD, released_ms=50, through_ms=[40]), 0, "unknown", "while the file was held"),
        (HoldEvidence(HELD, missed=["c"], is_racing=True), 0, "unknown", "1 of 2 names could not"),
        (HoldEvidence(HELD, missed=["c"], is_racing=True), 1, "failed", "it did not"),
        (HoldEvidence(missed=["c"], is_racing=True), 1, "unknown", "1 of 1 name could not"),
        (HoldEvidence(), 0, "unknown", "nothing that was to be held was there"),
    ],
)
def test_a_run_under_holds_is_judged_by_what_they_show(
    evidence: HoldEvidence, exit_code: int | None, ending: Ending, reason: str
) -> None:
    how = ended(run(exit_code, evidence), [run(), run()])
    assert how.ending == ending
    assert reason in how.reason


def test_what_is_missing_is_claimed_under_holds_too() -> None:
    assert ended(run(0, HoldEvidence(HELD), other="1"), [run(), run()]).ending == "claimed"


CALLS = [call("create", "a"), call("rename", "a", "b", 30.0), call("delete", "c", at_ms=50.0)]


@pytest.mark.parametrize(
    ("denial", "times"),
    [
        (Denial("rename", "a", 5), [30.0]),
        (Denial("rename", "?", 5, "target"), [30.0]),
        (Denial("rename", "b", 5), []),
        (Denial("open", "c", 32), [50.0]),
        (Denial("delete", "*", 32), [50.0]),
    ],
)
def test_calls_that_succeeded_are_found_by_what_was_denied(denial: Denial, times: list[float]) -> None:
    assert through(CALLS, [denial]) == times


def test_a_call_is_due_when_it_came_first_in_undisturbed_runs() -> None:
    later = [call("rename", "a", "b", 44.0), call("rename", "a", "b", 60.0)]
    denials = [Denial("rename", "a", 5)]
    assert due([CALLS, later], denials) == (30.0, 44.0)
    assert due([[]], denials) is None


def test_evidence_is_said_in_words() -> None:
    evidence = HoldEvidence(HELD, due_ms=(30, 44), released_ms=544)
    assert evidence.words == (
        "held from before its start until 544 ms: a (shared for all); undisturbed, the call comes at "
        "30 ms to 44 ms"
    )
