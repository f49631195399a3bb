"""Summaries: failures are data, void blocks are left out and said, nothing is dropped silently."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console
from scenario_lab import LAUNCHER

from harness.api import resume
from harness.errors import InvalidInputError
from harness.record.journal import Journal
from harness.record.read import Run, read_run
from harness.record.trial_record import (
    Cost,
    HoldRecord,
    Leftovers,
    OperationRecord,
    Outcome,
    Rerun,
    TrialRecord,
)
from harness.summary.columns import case_columns, case_table
from harness.summary.model import hold_evidence
from harness.summary.notes import case_notes
from harness.summary.phrase import plain
from harness.summary.summarise import summarise
from harness.summary.terminal_tables import run_tables

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

    from harness.holds.profile import Evidence
    from harness.summary.model import CaseSummary


TREE = """
[[payload]]
kind = "tree"
name = "made"
shape = { folders = 2, other = { files = 10, sizes = [1, 1, 1, 1, 1, 1, 1, 1] } }
[[operations]]
kind = "rename"
to = "store/{name}"
"""


def trial(block: int, outcome: Outcome = "ok", elapsed_ms: float = 1.0, **more: Any) -> TrialRecord:
    strategy = more.pop("strategy", "plain")
    return TrialRecord(
        trial_id=f"made/none/{block}/{strategy}",
        scenario="made",
        profile="none",
        block=block,
        position=0,
        strategy=strategy,
        factors={},
        platform="emulated",
        outcome=outcome,
        elapsed_ms=elapsed_ms,
        operations=more.pop("operations", []),
        leftovers=Leftovers(files=0, bytes=0),
        cost_us=Cost(stage=0, persist=0, verify=0),
        **more,
    )


def operation(
    *, attempts: int = 1, calls: int = 1, ready_us: int = 0, holds: Sequence[HoldRecord] = ()
) -> OperationRecord:
    return OperationRecord(
        op_id="made",
        kind="rename",
        primitive="move",
        files=1,
        bytes=1,
        outcome="ok",
        dest_state="new",
        ready_us=ready_us,
        ended_us=ready_us + 10,
        calls=calls,
        attempts=[(ready_us + number, ready_us + number + 1, 0) for number in range(attempts)],
        holds=list(holds),
    )


def hold(
    opened_us: int | None = None, released_us: int | None = None, error: int | None = None
) -> HoldRecord:
    return HoldRecord(
        object="source",
        access="read",
        share="none",
        planned_us=0,
        duration_us=None,
        opened_us=opened_us,
        released_us=released_us,
        error=error,
    )


@pytest.fixture
def run(make_scenario: MakeScenario, run_scenario: RunScenario) -> Run:
    """A run of the scenario "made" under the profile "none", whose trials a test replaces."""
    others = '{ use = "plain", label = "z" }, { use = "plain", label = "m" }'
    return run_scenario(make_scenario(strategies=f'["plain", {others}]'), blocks=1)


def case_of(run: Run, trials: list[TrialRecord]) -> CaseSummary:
    (case,) = summarise(replace(run, trials=trials)).cases
    return case


def test_a_strategy_that_gives_up_early_does_not_look_fast(run: Run) -> None:
    hasty = [trial(n, "not-retried" if n < 6 else "ok", 0.1, strategy="hasty") for n in range(10)]
    patient = [trial(n, "ok", 50.0, strategy="patient") for n in range(10)]
    rows = {row.strategy: row for row in case_of(run, [*hasty, *patient]).variants}
    assert rows["hasty"].median_ms == math.inf
    assert rows["patient"].median_ms == 50.0
    assert (rows["hasty"].failures, rows["hasty"].failure_rate) == (6, 0.6)
    assert rows["hasty"].total_failing_ms == pytest.approx(0.6)
    assert rows["hasty"].mean_failing_ms == pytest.approx(0.1)


def test_a_void_trial_takes_its_whole_block_and_is_counted(run: Run) -> None:
    trials = [trial(n, strategy=name) for n in range(4) for name in ("a", "b")]
    trials[2].void = "receipt came late"
    case = case_of(run, trials)
    assert (case.blocks, case.void_blocks, case.void_reasons) == (3, 1, {"receipt came late": 1})
    assert [(row.trials, row.void) for row in case.variants] == [(3, 1), (3, 1)]


def test_an_interrupted_run_says_which_strategies_have_no_trial_yet(run: Run) -> None:
    (first, *_) = case_of(run, [trial(0, "exhausted"), trial(1, "exhausted")]).conclusion.sentences
    assert plain(first.phrase) == "Not all was tried: z and m have no trial yet. Of the others:"
    complete = [trial(0, "exhausted", strategy=name) for name in ("plain", "z", "m")]
    (first, *_) = case_of(run, complete).conclusion.sentences
    assert "no trial yet" not in plain(first.phrase)


def test_a_harness_error_is_counted_apart_and_enters_no_rate(run: Run) -> None:
    case = case_of(run, [trial(0), trial(1, "not-retried"), trial(2, "harness-error")])
    (row,) = case.variants
    assert (row.trials, row.failures, row.harness_errors) == (2, 1, 1)
    assert case.harness_errors == 1


def test_reruns_are_counted_among_the_failures(run: Run) -> None:
    good = Rerun(outcome="ok", elapsed_ms=1, dest_state="new")
    bad = Rerun(outcome="not-retried", elapsed_ms=1, dest_state="mixed")
    ends = [bad, good, bad]
    trials = [trial(0), *(trial(n, "not-retried", rerun=end) for n, end in enumerate(ends, 1))]
    (row,) = case_of(run, trials).variants
    assert (row.reruns, row.recovered) == (3, 1)


def test_attempts_are_those_of_the_operation_that_needed_the_most(run: Run) -> None:
    """Of three trials whose operations took (3, 1), (2) and no attempt: 3, 2, and 1."""
    counts = [(3, 1), (2,), (0,)]
    trials = [
        trial(n, operations=[operation(attempts=count, calls=count + 1) for count in each])
        for n, each in enumerate(counts)
    ]
    (row,) = case_of(run, trials).variants
    assert (row.mean_attempts, row.max_attempts) == (2, 3)
    assert row.mean_calls == (6 + 3 + 1) / 3
    (nothing,) = case_of(run, [trial(0, "harness-error")]).variants
    assert math.isnan(nothing.mean_attempts)
    assert nothing.max_attempts == 0


@pytest.mark.parametrize(
    ("opened_us", "released_us", "held"),
    [
        (0, 500, 0),
        (0, 1000, 0),  # released in the very moment: the attempt comes after it
        (0, 1001, 1),
        (0, None, 1),  # still held when the trial ended
        (1010, None, 1),
        (1011, None, 0),  # taken after the operation had ended, at 1010
        (None, None, 0),  # never taken
    ],
)
def test_a_trial_was_held_if_a_hold_was_there_while_an_operation_was_under_way(
    run: Run, opened_us: int | None, released_us: int | None, held: int
) -> None:
    operations = [operation(), operation(ready_us=1000, holds=[hold(opened_us, released_us)])]
    (row,) = case_of(run, [trial(0, operations=operations), trial(1)]).variants
    assert row.held == held


def test_holds_that_could_not_be_taken_are_counted_by_their_error(run: Run) -> None:
    """Not those whose file was gone before (2, 3), nor those whose release failed."""
    holds = [hold(error=5), hold(error=32), hold(error=32), hold(error=2), hold(error=3), hold()]
    released = hold(opened_us=0, released_us=9, error=6)
    operations = [operation(holds=holds), operation(holds=[released])]
    assert case_of(run, [trial(0, operations=operations)]).failed_holds == {5: 1, 32: 2}


def test_rows_follow_the_order_of_the_scenario(run: Run) -> None:
    trials = [trial(0, strategy=name) for name in ("b", "a", "m", "z")]
    assert [row.strategy for row in case_of(run, trials).variants] == ["z", "m", "a", "b"]


def test_bytes_of_different_freshness_are_different_cases(run: Run) -> None:
    trials = [trial(0, freshness="unique"), trial(1, freshness="warm"), trial(2, freshness="unique")]
    cases = summarise(replace(run, trials=trials)).cases
    assert [(case.freshness, case.blocks) for case in cases] == [("unique", 2), ("warm", 1)]


def test_a_run_that_was_stopped_while_it_wrote_says_so(run: Run) -> None:
    assert "cut off" not in printed(run)
    with (run.folder / "journal.jsonl").open("ab") as file:
        file.write(b'{"schema":')
    again = read_run(run.folder)
    assert again.trials == run.trials
    assert "the last line is cut off and left out." in printed(again)


def printed(run: Run, width: int = 160) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width)
    for part in run_tables(summarise(run), width, str(run.folder)):
        console.print(part)
    return file.getvalue()


def test_the_tables_say_what_a_number_may_claim(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(
        make_scenario(strategies='["plain", "exponential"]', profiles='["brief"]'), blocks=5
    )
    text = printed(run)
    assert "5/5" in text
    assert "not reached" in text
    assert "emulated, 5 blocks" in text
    assert "Emulated: Windows' documented sharing rules" in text
    assert "duration measured; handle, probability and delay assumed" in text
    assert "Antivirus" not in text  # no scanner has a part in what is emulated


@pytest.mark.parametrize("width", [80, 100, 160])
def test_a_table_fits_its_terminal(
    make_scenario: MakeScenario, run_scenario: RunScenario, width: int
) -> None:
    strategies = '["plain", { use = "exponential", label = "exponential, cap 250 ms" }]'
    run = run_scenario(make_scenario(strategies=strategies, profiles='["brief"]'), blocks=2)
    text = printed(run, width)
    assert "exponential, cap 250 ms" in text
    assert "not reached" in text
    assert max(map(len, text.splitlines())) <= width
    assert ("not-retried 2" in text) == (width > 100)
    assert ("columns are left out" in text) == (width <= 100)


def test_profiles_that_depend_on_the_strategy_forbid_comparison(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("until", 0, duration='distribution = "until-failure", failures = 2')
    run = run_scenario(make_scenario(profiles='["until"]'), blocks=1)
    assert "do not compare strategies" in printed(run)


def test_a_run_that_is_not_finished_says_so_and_how_to_go_on(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(), blocks=4)
    (run.folder / "journal.jsonl").unlink()
    with Journal(run.folder / "journal.jsonl") as journal:
        journal.append(run.trials[0])
    complete = f"Complete the run with `harness run --resume {run.folder}`."
    assert f"Not run yet: 3 planned trials. {complete}" in printed(read_run(run.folder), 400)
    assert summarise(read_run(run.folder)).planned_trials == 4


def test_a_run_without_trials_begins_with_that_and_claims_nothing(run: Run) -> None:
    (run.folder / "journal.jsonl").write_bytes(b"")
    text = printed(read_run(run.folder), 400)
    complete = f"Complete the run with `harness run --resume {run.folder}`."
    assert text.lstrip().startswith(f"No trials recorded yet: 0 of 3. {complete}\n")
    assert "Median" not in text
    assert "Emulated:" not in text


def test_a_run_without_a_journal_is_an_error_and_resumable(run: Run) -> None:
    (run.folder / "journal.jsonl").unlink()
    with pytest.raises(InvalidInputError, match=r"has no journal\.jsonl") as caught:
        read_run(run.folder)
    assert f"`harness run --resume {run.folder}`" in str(caught.value.hint)
    resume(run.folder)
    assert len(read_run(run.folder).trials) == 3


def test_outcomes_that_occur_are_explained(run: Run) -> None:
    text = printed(replace(run, trials=[trial(0), trial(1, "exhausted")]))
    assert "Outcome 'exhausted': the strategy gave up on an error that it retries." in text
    assert "not-retried" not in text


@pytest.mark.parametrize(("blocks", "few"), [(19, True), (20, False)])
def test_too_few_blocks_for_a_95th_percentile_are_said(run: Run, blocks: int, *, few: bool) -> None:
    trials = [trial(n, elapsed_ms=n) for n in range(blocks)]
    assert (
        f"Too few blocks ({blocks}) for a 95th percentile" in printed(replace(run, trials=trials))
    ) == few
    (row,) = case_of(run, trials).variants
    assert (row.p95_ms == blocks - 1) == few  # the slowest trial


def test_the_price_of_avoidance_is_in_the_table(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    """Ten files moved one by one are ten renames and a marker; `plain` leaves them where they were."""
    path = make_scenario(TREE, strategies='["plain", "move-files"]', profiles='["minute-hold"]')
    run = run_scenario(path, blocks=1)
    rows = {row.strategy: row for row in summarise(run).cases[0].variants}
    assert (rows["plain"].mean_calls, rows["plain"].leftover_files) == (1, 10)
    assert rows["move-files"].mean_calls >= 11
    text = printed(run)
    assert "calls" in text
    assert "10 files" in text


def test_calls_that_are_the_attempts_need_no_column(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(profiles='["brief"]'), blocks=1)
    heads = [column.head for column in case_columns(summarise(run).cases[0])]
    assert "attempts" in heads
    assert "calls" not in heads


def test_markup_in_a_result_file_is_shown_and_not_obeyed(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    label = '[{ use = "plain", label = "[red]x[/red] [link=http://a]" }]'
    assert "[red]x[/red]" in printed(run_scenario(make_scenario(strategies=label), blocks=1))


def test_json_has_null_where_a_quantile_was_not_reached(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(profiles='["brief"]'), blocks=3)
    (row,) = json.loads(summarise(run).model_dump_json())["cases"][0]["variants"]
    assert row["median_ms"] is None
    assert row["failure_rate"] == 1.0
    assert row["failure_rate_95"][1] == 1.0


def test_a_profile_that_never_held_anything_is_said_under_its_table(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    """Else a clean table would look like a harmless scanner."""
    make_profile("late", 5.0, delay='distribution = "constant", ms = 50')
    run = run_scenario(make_scenario(profiles='["late", "brief", "none"]'), blocks=3)
    assert printed(run).count("0/3 (never held)") == 1
    cells = {case.profile: case_table(case).rows[0][1:3] for case in summarise(run).cases}
    assert cells == {
        "late": ("0/3 (never held)", "-"),
        "brief": ("3/3", "100 [43.8-100]"),
        "none": ("0/3", "0 [0-56.2]"),
    }


def test_what_blocks_without_a_hold_tries_every_strategy_in_table_and_answer(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    """Such as what is there already: all got through in the end, after attempts that failed."""
    run = run_scenario(make_scenario(profiles='["brief"]'), blocks=1)
    waited = [operation(attempts=2, calls=2)]
    case = case_of(
        run, [trial(n, operations=waited).model_copy(update={"profile": "brief"}) for n in range(3)]
    )
    assert [row[2] for row in case_table(case).rows] == ["0 [0-56.2]"]


def test_a_step_that_may_fail_and_left_something_tries_a_strategy_in_the_table_too(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(profiles='["brief"]'), blocks=1)
    case = case_of(run, [trial(n).model_copy(update={"profile": "brief"}) for n in range(3)])
    assert [row[2] for row in case_table(case).rows] == ["-"]
    variants = [each.model_copy(update={"left": {"old": 3}}) for each in case.variants]
    went_on = case.model_copy(update={"variants": variants})
    assert "0 [0-56.2]" in case_table(went_on).rows[0]


def test_values_of_factors_are_in_the_order_of_numbers_or_of_words(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    factors = '[factors]\npause_ms = [15000, 0, 2000]\nprimitive = ["replace-file", "move-replace"]\n'
    run = run_scenario(
        make_scenario(f"{LAUNCHER}existing = true\n{factors}", profiles='["brief"]'), blocks=1
    )
    found = [tuple(variant.factors.values()) for variant in summarise(run).cases[0].variants]
    assert found == [
        (primitive, pause)
        for pause in ("0", "2000", "15000")
        for primitive in ("move-replace", "replace-file")
    ]


def test_what_failures_leave_is_shown_where_it_differs(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    body = f"{LAUNCHER}existing = true\n"
    strategies = '["plain", "plain deleting target first"]'
    run = run_scenario(make_scenario(body, strategies=strategies, profiles='["brief"]'), blocks=3)
    text = printed(run)
    assert "old file 3" in text
    assert "old file lost 3" in text
    alike = run_scenario(make_scenario(body, profiles='["brief"]'), blocks=3)
    assert "at destination" not in printed(alike)


def test_times_that_are_mostly_assumed_calls_are_marked(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    strategies = '["0ms 100 retries", "100ms 5 retries"]'
    run = run_scenario(make_scenario(strategies=strategies, profiles='["brief"]'), blocks=2)
    busy, waits = re.findall(r"^\d+ms \d+ retries +0/.*", printed(run), re.MULTILINE)
    assert " ms *" in busy
    assert "*" not in waits
    assert "Half or more of a time with * is calls of 0.3 ms (assumed)." in printed(run)


def test_a_harness_error_is_shown_with_an_example_of_its_own_case(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(profiles='["brief", "none"]'), blocks=2)
    trials = [
        trial.model_copy(update={"outcome": "harness-error", "detail": f"fault under {trial.profile}"})
        if trial.block == 0
        else trial
        for trial in run.trials
    ]
    found = summarise(replace(run, trials=trials)).cases
    assert [case.error_detail for case in found] == ["fault under brief", "fault under none"]


def test_many_parameters_of_a_profile_are_summed_up() -> None:
    names = ("handle", "probability", "delay", "duration")
    known: list[tuple[int, str, Evidence]] = [
        (number, name, "assumed") for number in range(1, 21) for name in names
    ]
    words = hold_evidence("A profile", known).words
    assert words == "handle, probability, delay and duration assumed"


def test_who_holds_something_is_repeated_and_its_name_obeyed_nowhere(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    path = make_profile("shell", 5)
    held = path.read_text("utf-8") + 'holder = { product = "dllhost [red]*", kind = "shell" }\n'
    path.write_text(held, "utf-8")
    (case,) = summarise(run_scenario(make_scenario(profiles='["shell"]'), blocks=1)).cases
    assert case.evidence is not None
    assert [each.product for each in case.evidence.held_by] == ["dllhost [red]*"]
    notes = [plain(note.phrase) for note in case_notes(case)]
    assert "Held by dllhost [red]*, a shell." in notes
