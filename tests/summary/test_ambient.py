"""What a run says of this machine's antivirus: sentences that claim what was seen, and no more."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

from harness.platform.base import Holder
from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.record.read import Run, read_run
from harness.record.trial_record import AttemptTimes, Cost, OperationRecord, TrialRecord
from harness.run import start
from harness.run.options import RunOptions
from harness.scenario.load import load_scenario
from harness.summary import markdown_tables
from harness.summary.ambient import ObservedHold, ambient_notes, observed_hold
from harness.summary.notes import case_notes
from harness.summary.phrase import plain
from harness.summary.statistics import wilson
from harness.summary.summarise import summarise
from harness.summary.terminal_tables import run_tables
from harness.text import percent

if TYPE_CHECKING:
    Change = Callable[[TrialRecord], TrialRecord]

BLOCKS = 10


class RealTime(EmulatedPlatform):
    """A machine with a scanner; what it did is up to the test."""

    is_real_time = True

    def __init__(self) -> None:
        super().__init__()
        self.cannot = {}


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of ten blocks of two strategies on a machine where nothing happened."""
    folder = tmp_path_factory.mktemp("quiet")
    (folder / "profiles").mkdir()
    (folder / "profiles" / "mine.toml").write_text(
        'schema = 2\ntitle = "Mine"\nambient = { freshness = "unique", quiet_ms = 0 }\n'
    )
    (folder / "made.toml").write_text(
        'schema = 2\ntitle = "Made by a test"\nabout = "What the test says."\n'
        'reports = ["https://github.com/astral-sh/uv/issues/9531"]\n'
        'blocks = 10\nstrategies = ["plain", "exponential"]\nprofiles = ["mine", "none"]\n'
        '[[payload]]\nkind = "launcher"\nname = "entry"\nentry_point = "entry = entry:main"\n'
        '[[operations]]\nkind = "write-replace"\nto = "cache/{file}"\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(start, "get_platform", lambda _: RealTime())
        options = RunOptions(results=folder / "results", seed=1)
        return read_run(start.start([load_scenario(folder / "made.toml")], options))


def changed(run: Run, change: Change, only: Callable[[TrialRecord], bool]) -> Run:
    """The run, if some of its ambient trials had gone otherwise."""
    trials = [change(trial) if trial.freshness and only(trial) else trial for trial in run.trials]
    return replace(run, trials=trials)


def with_attempts(attempts: Sequence[AttemptTimes], outcome: str = "ok", **more: Any) -> Change:
    def change(trial: TrialRecord) -> TrialRecord:
        update = {"attempts": list(attempts), "outcome": outcome, **more}
        operations = [operation.model_copy(update=update) for operation in trial.operations]
        return trial.model_copy(update={"operations": operations, "outcome": outcome})

    return change


def sentences(run: Run) -> list[str]:
    return [plain(note.phrase) for case in summarise(run).cases for note in ambient_notes(case)]


def run_markdown(run: Run) -> str:
    return markdown_tables.run_markdown(summarise(run), run.folder.name)


def printed(run: Run) -> str:
    file = io.StringIO()
    console = Console(file=file, width=400)
    for part in run_tables(summarise(run), 400, str(run.folder)):
        console.print(part)
    return file.getvalue()


def operation(attempts: Sequence[AttemptTimes], ready_us: int = 0) -> OperationRecord:
    return OperationRecord(
        op_id="entry/0-rename",
        kind="rename",
        primitive="move",
        files=1,
        bytes=9,
        outcome="ok",
        dest_state="new",
        ready_us=ready_us,
        ended_us=ready_us,
        calls=len(attempts),
        attempts=list(attempts),
        holds=[],
    )


# what an operation shows of a hold


def test_what_succeeds_at_once_shows_no_hold() -> None:
    assert observed_hold(operation([(0, 300, 0)])) is None
    assert observed_hold(operation([])) is None


def test_a_hold_ended_between_the_last_failure_and_the_success() -> None:
    seen = observed_hold(
        operation([(1000, 1300, 5), (11_000, 11_300, 32), (31_000, 31_400, 0)], ready_us=500)
    )
    assert seen == ObservedHold(after_ms=10.5, by_ms=30.9)


def test_a_hold_that_outlasted_the_strategy_has_no_known_end() -> None:
    assert observed_hold(operation([(0, 300, 5), (10_000, 10_300, 5)])) == ObservedHold(10.0, None)


def test_a_success_before_the_last_failure_was_of_another_call() -> None:
    """A removal makes a call a file: one succeeded at its second attempt, another never."""
    calls: list[AttemptTimes] = [(0, 300, 32), (10_000, 10_300, 0), (11_000, 11_300, 32)]
    assert observed_hold(operation(calls)) == ObservedHold(11.0, None)


@pytest.mark.parametrize("code", [5, 32, 33, 110, 1224])
def test_codes_that_a_hold_causes_show_one(code: int) -> None:
    assert observed_hold(operation([(0, 300, code)])) is not None


@pytest.mark.parametrize("code", [0, 2, 3, 87, 145, 183])
def test_other_codes_show_none(code: int) -> None:
    assert observed_hold(operation([(0, 300, code)])) is None


# the sentences


def test_no_failure_in_so_many_is_stated_as_a_bound_and_not_as_never(quiet: Run) -> None:
    (sentence,) = sentences(quiet)
    bound = percent(wilson(0, 2 * BLOCKS).high, "up")
    assert sentence == (
        "On this machine, with bytes it had never seen of made: none of 20 installs was hit by a hold, "
        f"so fewer than {bound} % of them are (95 % confidence, as far as each is independent)."
    )
    assert 10 < float(bound) < 20  # the rule of three would give 15 %


def test_hits_are_counted_with_their_interval_and_the_longest(quiet: Run) -> None:
    short = with_attempts([(0, 300, 5), (10_000, 10_300, 0)])
    long = with_attempts([(0, 300, 5), (40_000, 40_300, 5), (90_000, 90_300, 0)])
    run = changed(quiet, short, lambda trial: trial.block in {1, 2})
    run = changed(run, long, lambda trial: trial.block == 3 and trial.strategy == "exponential")
    low, high = wilson(5, 20)
    (sentence,) = sentences(run)
    assert sentence == (
        "On this machine, with bytes it had never seen of made: 5 of 20 installs (25.0 % "
        f"[{percent(low, 'down')}-{percent(high, 'up')}]) were hit by a hold. The longest blocked an "
        "attempt 40 ms after the files were closed; every hold whose end was seen had ended by 90.3 ms."
    )


def test_where_no_end_was_seen_none_is_claimed(quiet: Run) -> None:
    unfinished = with_attempts([(0, 300, 5), (40_000, 40_300, 5)], "exhausted")
    run = changed(quiet, unfinished, lambda trial: trial.block == 4)
    hits, failures = sentences(run)
    assert "an attempt 40 ms after the files were closed. 2 installs never got through" in hits
    assert "ended by" not in hits
    assert failures == "Every strategy failed at least once."


def test_an_unfinished_hold_beside_finished_ones_is_the_longest_and_claims_no_end(quiet: Run) -> None:
    finished = with_attempts([(0, 300, 5), (10_000, 10_300, 0)])
    unfinished = with_attempts([(0, 300, 5), (7_000_000, 7_000_300, 5)], "exhausted")
    run = changed(quiet, finished, lambda trial: trial.block == 1)
    run = changed(run, unfinished, lambda trial: trial.block == 2 and trial.strategy == "plain")
    hits, _ = sentences(run)
    assert "an attempt 7 s after the files were closed; every hold whose end was seen" in hits
    assert "had ended by 10.3 ms. 1 install never got through" in hits


def test_strategies_that_never_failed_are_named_with_a_bound(quiet: Run) -> None:
    refused = with_attempts([(0, 300, 5)], "not-retried")
    run = changed(quiet, refused, lambda trial: trial.strategy == "plain" and trial.block == 0)
    *_, never = sentences(run)
    bound = percent(wilson(0, BLOCKS).high, "up")
    assert never == f"Never failed: exponential (failure rates below {bound} %, 95 % confidence)."


def test_variants_that_never_failed_are_named_with_their_factors(quiet: Run) -> None:
    refused = with_attempts([(0, 300, 5)], "not-retried")
    run = changed(quiet, refused, lambda trial: trial.strategy == "plain" and trial.block == 0)
    factors = [{"primitive": "move"}, {"primitive": "posix-rename"}]
    trials = [
        trial.model_copy(update={"factors": chosen, "trial_id": f"{trial.trial_id} {number}"})
        for number, chosen in enumerate(factors)
        for trial in run.trials
    ]
    *_, never = sentences(replace(run, trials=trials))
    assert never.startswith("Never failed: exponential move, exponential posix-rename (")


def test_where_nothing_failed_no_strategy_is_praised(quiet: Run) -> None:
    assert "Never failed" not in " ".join(sentences(quiet))


def test_programs_that_held_files_are_named_with_their_counts(quiet: Run) -> None:
    engine = Holder(
        process="MsMpEng.exe", product="Defender", company="Microsoft", found_by="restart manager"
    )
    indexer = Holder(process="SearchIndexer.exe", product=None, company=None, found_by="handles")
    failed: list[AttemptTimes] = [(0, 300, 5)]
    run = changed(
        quiet,
        with_attempts(failed, "not-retried", holders=[engine]),
        lambda trial: trial.strategy == "plain" and trial.block < 3,
    )
    run = changed(
        run,
        with_attempts(failed, "not-retried", holders=[indexer, engine]),
        lambda trial: trial.strategy == "plain" and trial.block == 3,
    )
    _, first, second, _ = sentences(run)
    assert first == "Held by MsMpEng.exe (Defender, Microsoft) after 4 failed operations."
    assert second == "Held by SearchIndexer.exe after 1 failed operation."


def test_what_a_scanner_does_inside_open_and_close_is_told_beside_times_to_persist(quiet: Run) -> None:
    def slow(trial: TrialRecord) -> TrialRecord:
        return trial.model_copy(update={"cost_us": Cost(stage=70_000, persist=1, verify=1)})

    text = " ".join(printed(changed(quiet, slow, lambda _: True)).split())
    assert "To lay files down and to remove them took 70 ms at the median." in text
    (case,) = [case for case in summarise(quiet).cases if case.ambient is None]
    assert not [note for note in case_notes(case) if "lay files down" in plain(note.phrase)]


def test_a_scanners_verdict_is_told_and_is_no_hold(quiet: Run) -> None:
    """225 and 226 are final: nothing was held."""
    refused = with_attempts([(0, 300, 225)], "vanished")
    run = changed(quiet, refused, lambda trial: trial.strategy == "plain" and trial.block < 2)
    hits, verdict, _ = sentences(run)
    assert "none of 20 installs was hit by a hold" in hits
    assert verdict == (
        "In 2 installs a scanner refused a file as a virus (error 225 or 226): that is no hold."
    )


@pytest.mark.parametrize("update", [{"outcome": "harness-error"}, {"void": "the locker ended"}])
def test_trials_that_do_not_count_are_not_counted(quiet: Run, update: dict[str, str]) -> None:
    def worthless(trial: TrialRecord) -> TrialRecord:
        held = with_attempts([(0, 300, 5)], "not-retried")(trial)
        return held.model_copy(update=update)

    run = changed(quiet, worthless, lambda trial: trial.block == 0)
    (sentence,) = sentences(run)
    assert "none of 18 installs was hit by a hold" in sentence
    assert sentences(changed(quiet, worthless, lambda _: True)) == []


def test_a_case_with_injected_holds_says_nothing_about_the_machine(quiet: Run) -> None:
    held = with_attempts([(0, 300, 5)], "not-retried")
    trials = [trial if trial.freshness else held(trial) for trial in quiet.trials]
    assert sentences(replace(quiet, trials=trials)) == sentences(quiet)
    injected = [trial for trial in quiet.trials if trial.freshness is None]
    assert len(injected) == 2 * BLOCKS
    assert sentences(replace(quiet, trials=injected)) == []


@pytest.mark.parametrize(
    ("freshness", "words"),
    [
        ("original", "with bytes made here of made"),
        ("unique", "with bytes it had never seen of made"),
        ("warm", "with bytes that only this machine had seen of made"),
    ],
)
def test_bytes_of_different_freshness_are_different_questions(
    quiet: Run, freshness: str, words: str
) -> None:
    def as_another_case(trial: TrialRecord) -> TrialRecord:
        return trial.model_copy(
            update={
                "freshness": freshness,
                "profile": freshness,
                "trial_id": f"{freshness} {trial.trial_id}",
            }
        )

    others = [as_another_case(trial) for trial in quiet.trials if trial.freshness]
    _, sentence = sentences(replace(quiet, trials=[*quiet.trials, *others]))
    assert words in sentence
    what = "installs" if freshness == "unique" else "repeats on bytes already met"
    assert f"none of 20 {what} was hit" in sentence


# a run may come from a stranger

HOSTILE = st.text(min_size=1) | st.text("`|\\<>&@#[]()!*_~ \n\r\t\x00\x1b\x9b\u202ea1", min_size=1)


def held_by(run: Run, process: str, product: str) -> Run:
    holder = Holder(process=process, product=product, company=product, found_by="handles")
    failed = with_attempts([(0, 300, 5)], "not-retried", holders=[holder])
    return changed(run, failed, lambda trial: trial.strategy == "plain")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(process=HOSTILE, product=HOSTILE)
def test_names_of_processes_change_nothing_around_them_in_markdown(
    quiet: Run, process: str, product: str
) -> None:
    def skeleton(document: str) -> list[tuple[str, str]]:
        parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
        tokens = [child for token in parser.parse(document) for child in token.children or [token]]
        return [
            (token.type, "" if token.type == "code_inline" else token.content)
            for token in tokens
            if token.type != "inline"
        ]

    hypothesis.assume(
        process.strip(" \n") and product.strip(" \n")
    )  # for blanks there is a word of ours
    assert skeleton(run_markdown(held_by(quiet, process, product))) == skeleton(
        run_markdown(held_by(quiet, "a", "b"))
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(process=HOSTILE, product=HOSTILE)
def test_names_of_processes_write_no_line_and_no_escape_sequence_of_their_own_on_a_terminal(
    quiet: Run, process: str, product: str
) -> None:
    text = printed(held_by(quiet, process, product))
    assert text.count("\n") == printed(held_by(quiet, "a", "b")).count("\n")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)


def test_markup_in_the_name_of_a_process_is_shown_and_not_obeyed(quiet: Run) -> None:
    text = printed(held_by(quiet, "[red]evil[/red].exe", "[link=http://a]b[/link]"))
    assert "Held by [red]evil[/red].exe ([link=http://a]b[/link], [link=http://a]b[/link])" in text


def test_a_name_of_two_lines_cannot_pass_for_a_verdict(quiet: Run) -> None:
    forged = "x\nPlatform: windows, on a real machine."
    lines = printed(held_by(quiet, forged, "y")).splitlines()
    assert sum(line.startswith("Platform: ") for line in lines) == 1


def test_terminal_and_markdown_show_the_same_findings(quiet: Run) -> None:
    run = held_by(quiet, "MsMpEng.exe", "Defender")
    for sentence in sentences(run):
        assert sentence in printed(run)
        assert f"- **Caution:** {sentence}" in run_markdown(run).replace("`", "")
