"""Steps on an old tree: moved aside, replaced, removed, and put back when a step fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.scenario.load import load_scenario
from harness.summary.trial_row import left_by, steps_of

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

    from harness.record.trial_record import TrialRecord

TREE = """
[[payload]]
kind = "tree"
name = "release"
shape = { folders = 2, other = { files = 5, sizes = [10, 20, 30, 40, 50, 60, 70, 80] } }
"""
FILE = '[[payload]]\nkind = "files"\nname = "tool"\nsizes = [1000]\n'
ASIDE = """
[[operations]]
kind = "rename"
from = "app/release"
to = "app/backup"
held = false
"""
BRING = '[[operations]]\nkind = "rename"\nto = "app/release"\n'
REMOVE = '[[operations]]\nkind = "remove"\nat = "app/backup"\nheld = false\nmay_fail = true\n'
BACK = '{ kind = "rename", from = "app/backup", to = "app/release", strategy = "plain" }'
CLEAR = '{ kind = "remove", at = "app/release", only_if = "target is there" }'
BY_FILES = "plain else by moving files"


class Swap:
    """Runs one block of operations; gives each strategy's trial, and what it left."""

    def __init__(self, make: MakeScenario, run: RunScenario) -> None:
        self.make = make
        self.run = run

    def __call__(
        self, body: str, *strategies: str, profile: str = "none", **keys: str
    ) -> dict[str, tuple[TrialRecord, str]]:
        named = repr(list(strategies)).replace("'", '"')
        path = self.make(body, strategies=named, profiles=f'["{profile}"]', **keys)
        steps = steps_of(load_scenario(path).scenario)
        trials = self.run(path, blocks=1).trials
        return {trial.strategy: (trial, left_by(trial, steps)) for trial in trials}


@pytest.fixture
def swap(make_scenario: MakeScenario, run_scenario: RunScenario) -> Swap:
    return Swap(make_scenario, run_scenario)


def ends(trial: TrialRecord) -> list[tuple[str, str]]:
    """The name of each operation after the item's, and how it ended."""
    return [(each.op_id.partition("/")[2], each.outcome) for each in trial.operations]


def places(trial: TrialRecord) -> dict[str, tuple[str, str]]:
    """What was at each place, and is."""
    return {each.place: (each.before, each.after) for each in trial.places}


def test_an_old_tree_is_moved_aside_replaced_and_removed(swap: Swap) -> None:
    trial, left = swap(TREE + ASIDE + BRING + REMOVE, "plain")["plain"]
    assert (trial.outcome, left) == ("ok", "")
    assert ends(trial) == [("0-rename", "ok"), ("1-rename", "ok"), ("2-remove", "ok")]
    assert places(trial) == {"app/release": ("old", "new"), "app/backup": ("missing", "missing")}


@pytest.mark.parametrize(
    ("on_failure", "strategy", "left"),
    [
        ("", "plain", "aside"),
        (BACK, "plain", "in-place"),
        (BACK, BY_FILES, "mixed-aside"),  # the target is there, in part: herdr#2530
        (f"{CLEAR}, {BACK}", BY_FILES, "in-place"),
        (f"{CLEAR}, {BACK}", "10ms for 1s on 5", ""),
    ],
)
def test_what_is_left_depends_on_the_steps_that_put_it_back(
    swap: Swap, make_profile: MakeProfile, on_failure: str, strategy: str, left: str
) -> None:
    make_profile("scan", 500, object="children", share="r", probability="0.6")
    body = f"{TREE}{ASIDE}{BRING}on_failure = [{on_failure}]\n{REMOVE}"
    trial, found = swap(body, strategy, profile="scan")[strategy]
    assert found == left
    assert trial.outcome == ("ok" if not left else "not-retried")


def test_the_same_holds_meet_a_swap_with_and_without_steps_that_put_things_back(
    swap: Swap, make_profile: MakeProfile
) -> None:
    make_profile(
        "scan", None, object="child", share="r", delay='distribution = "exponential", mean_ms = 5'
    )
    bodies = [TREE + ASIDE + BRING + REMOVE, f"{TREE}{ASIDE}{BRING}on_failure = [{BACK}]\n{REMOVE}"]
    trials = [swap(body, "10ms for 1s", profile="scan")["10ms for 1s"][0] for body in bodies]
    first, second = ([hold.planned_us for hold in trial.operations[1].holds] for trial in trials)
    assert first == second != []


def test_a_backup_that_stays_does_not_fail_the_install_but_is_told(
    swap: Swap, make_profile: MakeProfile
) -> None:
    make_profile("scan", None, object="children", share="r")
    body = TREE + ASIDE + BRING.replace("[[operations]]", "[[operations]]\nheld = false")
    body += REMOVE.replace("held = false\n", "")
    trial, left = swap(body, "plain", profile="scan")["plain"]
    assert (trial.outcome, left) == ("ok", "both")
    assert ends(trial)[-1] == ("2-remove", "not-retried")


def test_removing_first_loses_the_old_tree_when_the_new_one_cannot_come(
    swap: Swap, make_profile: MakeProfile
) -> None:
    make_profile("scan", None, object="child", share="r")
    remove = '[[operations]]\nkind = "remove"\nat = "app/release"\nheld = false\n'
    trial, left = swap(TREE + remove + BRING, "plain", profile="scan")["plain"]
    assert (trial.outcome, left) == ("not-retried", "lost")
    trial, left = swap(TREE + remove + BRING, "plain")["plain"]
    assert (trial.outcome, places(trial)) == ("ok", {"app/release": ("old", "new")})


def test_a_second_update_finds_the_aside_name_of_the_first_taken(swap: Swap) -> None:
    aside = '[[operations]]\nkind = "rename"\nfrom = "bin/tool"\nto = "bin/tool.old"\n'
    write = '[[operations]]\nkind = "write-replace"\nto = "bin/tool"\n'
    update = aside + write
    trial, _ = swap(FILE + update, "plain")["plain"]
    assert trial.outcome == "ok"
    trial, left = swap(FILE + update + update, "plain")["plain"]
    assert (trial.outcome, ends(trial)[-1]) == ("not-retried", ("2-rename", "not-retried"))
    assert trial.operations[-1].attempts[0][2] == 183
    assert left == "in-place"
    over = aside + 'primitive = "move-replace"\n' + write
    assert swap(FILE + over + over, "plain")["plain"][0].outcome == "ok"


def test_a_step_that_is_not_needed_is_left_out(swap: Swap) -> None:
    again = ASIDE.replace("app/backup", "app/other") + 'only_if = "source is there"\n'
    trial, _ = swap(TREE + ASIDE + again + BRING, "plain")["plain"]
    assert ends(trial) == [("0-rename", "ok"), ("2-rename", "ok")]
    missing = BRING + 'only_if = "target is missing"\nalready_there = { content = "same" }\n'
    trial, _ = swap(TREE + missing, "plain")["plain"]
    assert (trial.outcome, trial.operations) == ("ok", [])


def test_the_strategy_of_a_step_is_its_own(swap: Swap, make_profile: MakeProfile) -> None:
    make_profile("scan", 100, object="child", share="r")
    body = TREE + ASIDE.replace("held = false", 'strategy = "plain"') + BRING
    trial, _ = swap(body, "10ms for 5s", profile="scan")["10ms for 5s"]
    assert [len(each.attempts) for each in trial.operations] == [1]


def test_an_install_that_is_run_again_finishes_what_the_first_began(swap: Swap) -> None:
    process = """
[[processes]]
name = "keeps new names out of the folder"
does = "watches"
at = "app"
share = "r"
starts = { distribution = "constant", ms = 0.2 }
lasts = { distribution = "constant", ms = 100 }
"""
    trial, left = swap(process + TREE + ASIDE + BRING + REMOVE, "plain", run_again_after_ms="1000")[
        "plain"
    ]
    assert (trial.outcome, left) == ("not-retried", "aside")
    assert trial.rerun is not None
    assert trial.rerun.outcome == "ok"
