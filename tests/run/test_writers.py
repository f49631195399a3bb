"""Several installs of one thing to one place: with and without a lock, all at once or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidFilesError
from harness.scenario.load import load_scenario
from harness.summary.trial_row import left_by, steps_of

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario

    from harness.record.read import Run

TREE = """
[[payload]]
kind = "tree"
name = "entry"
shape = { folders = 2, other = { files = 5, sizes = [10, 20, 30, 40, 50, 60, 70, 80] } }

[[operations]]
kind = "rename"
to = "cache/entry"
"""
FILE = """
[[payload]]
kind = "files"
name = "entry"
sizes = [1000]

[[operations]]
kind = "write-replace"
to = "cache/entry"
"""


def codes(run: Run) -> list[list[int]]:
    """The codes of the attempts of each install, in the order of the installs."""
    return [[code for *_, code in each.attempts] for each in run.trials[0].operations]


def test_whoever_comes_second_finds_the_tree_there(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    path = make_scenario(TREE, writers="{ count = 4 }")
    run = run_scenario(path, blocks=1)
    (trial,) = run.trials
    assert codes(run) == [[0], [183], [183], [183]]
    assert [each.op_id for each in trial.operations] == [
        f"entry{which}/0-rename" for which in ("", "@1", "@2", "@3")
    ]
    assert trial.outcome == "not-retried"
    assert left_by(trial, steps_of(load_scenario(path).scenario)) == "same"
    assert trial.leftovers.files == 15  # what the three could not move


@pytest.mark.parametrize("lock", ["false", "true"])
def test_taking_it_for_done_is_right_for_the_same_content(
    make_scenario: MakeScenario, run_scenario: RunScenario, lock: str
) -> None:
    path = make_scenario(
        TREE,
        writers=f"{{ count = 4, lock = {lock} }}",
        strategies='["10ms for 1s on any done if target exists"]',
    )
    assert run_scenario(path, blocks=1).trials[0].outcome == "ok"


@pytest.mark.parametrize(
    ("check", "codes_of_each"),
    [("", [[0], [183], [183]]), ('only_if = "target is missing"\n', [[0]])],
)
def test_a_lock_without_a_check_under_it_is_no_help(
    make_scenario: MakeScenario, run_scenario: RunScenario, check: str, codes_of_each: list[list[int]]
) -> None:
    path = make_scenario(TREE + check, writers="{ count = 3, lock = true }")
    assert codes(run_scenario(path, blocks=1)) == codes_of_each


def test_a_rename_under_way_is_in_the_way_of_another_onto_the_same_file(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    path = make_scenario(FILE, writers="{ count = 2 }")
    assert codes(run_scenario(path, blocks=1)) == [[0], [5]]
    path = make_scenario(FILE, writers="{ count = 2, lock = true }")
    assert codes(run_scenario(path, blocks=1)) == [[0], [0]]
    path = make_scenario(FILE, writers="{ count = 2 }", strategies='["10ms for 1s on 5"]')
    assert codes(run_scenario(path, blocks=1)) == [[0], [5, 0]]


def test_starts_are_drawn_once_for_all_strategies_of_a_block(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    path = make_scenario(
        FILE,
        writers='{ count = 3, starts = { distribution = "uniform", low_ms = 10, high_ms = 1000 } }',
        strategies='["plain", "10ms for 1s on 5"]',
    )
    starts = [
        [each.ready_us for each in trial.operations] for trial in run_scenario(path, blocks=1).trials
    ]
    assert starts[0] == starts[1]
    assert starts[0][0] == 0 < min(starts[0][1:])


def test_installs_wait_for_the_lock_by_looking_now_and_then(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    path = make_scenario(FILE + "pause_ms = 25\n", writers="{ count = 2, lock = true, poll_ms = 10 }")
    first, second = run_scenario(path, blocks=1).trials[0].operations
    assert first.ended_us == 25_300
    assert second.ready_us == 30_000


def test_what_writers_cannot_do_is_refused_all_at_once(make_scenario: MakeScenario) -> None:
    path = make_scenario(FILE, concurrency="4", writers="{ count = 65, poll_ms = 0, locks = true }")
    with pytest.raises(InvalidFilesError) as caught:
        load_scenario(path)
    assert {problem.key for problem in caught.value.problems} == {
        "concurrency",
        "writers.count",
        "writers.poll_ms",
        "writers.locks",
    }


LOG = """
[[payload]]
kind = "files"
name = "entry"
sizes = [1000]

[[operations]]
kind = "write"
to = "app.log"
mode = "append"
"""


def test_writers_of_one_log_refuse_each_other_unless_they_share(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    alone, four = LOG + 'share = "none"\n', "{ count = 4 }"
    run = run_scenario(make_scenario(alone, writers=four), blocks=1)
    assert codes(run) == [[0], [32], [32], [32]]
    again = make_scenario(alone, writers=four, strategies='["10ms for 1s on 32"]')
    for path in (again, make_scenario(LOG, writers=four)):
        (trial,) = run_scenario(path, blocks=1).trials
        assert [each.dest_state for each in trial.operations] == ["new"] * 4
        assert trial.outcome == "ok"


def test_others_act_between_the_calls_of_one_attempt(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    """The second one deletes what is there file by file, and the first one looks meanwhile."""
    path = make_scenario(
        TREE + '[[operations]]\nkind = "read"\nto = "cache/entry"\nfile = "*"\nstrategy = "plain"\n',
        writers="{ count = 2 }",
        strategies='["plain deleting target on failure"]',
    )
    (trial,) = run_scenario(path, blocks=1).trials
    found = {each.op_id: [code for *_, code in each.attempts] for each in trial.operations}
    assert found == {
        "entry/0-rename": [0],
        "entry@1/0-rename": [0],
        "entry/1-read": [0],
        "entry@1/1-read": [0],
    }
    path.write_text(path.read_text().replace('kind = "read"', 'kind = "read"\npause_ms = 1'))
    (trial,) = run_scenario(path, blocks=1).trials
    read, *_ = [each for each in trial.operations if each.op_id == "entry/1-read"]
    assert (read.outcome, [code for *_, code in read.attempts]) == ("vanished", [2])


def test_a_temporary_file_is_written_again_with_no_other_install_in_between(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    """That makes several calls, which are part of one step."""
    path = make_scenario(
        FILE.replace("write-replace", "copy-replace"),
        writers="{ count = 3 }",
        strategies='["1ms 5 retries on 5 fresh temporary"]',
    )
    trial = run_scenario(path, blocks=1).trials[0]
    assert (trial.outcome, codes(run_scenario(path, blocks=1))) == ("ok", [[0], [5, 0], [5, 5, 0]])
