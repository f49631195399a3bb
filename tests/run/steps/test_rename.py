"""Trials of strategies that bring a tree to its place without renaming it, and what a crash leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from harness.errors import InvalidInputError
from harness.holds.handles import SHARE_NAMES, Hold
from harness.payload.prepare import Item, items_of
from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.run.plan import cases_of
from harness.run.steps import InstallSite, check
from harness.run.steps.rename import RenameStep
from harness.run.trial import TrialRun
from harness.run.verify import Verifier
from harness.scenario.load import load_scenario
from harness.scenario.operations.renames import Rename
from harness.strategy import Strategy, get_strategy
from harness.strategy.tree_methods import MARKER, METHODS, Method, MethodName, is_complete

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

    from harness.record.trial_record import TrialRecord
    from harness.strategy.operation import Call

TREE = """
[[payload]]
kind = "tree"
name = "lib"
[payload.shape]
folders = 4
other = { files = 7, sizes = [0, 10, 20, 30, 40, 50, 60, 700] }
pe = { files = 4, sizes = [2000, 2000, 2000, 2000, 2000, 2000, 2000, 9000] }
"""
FILES: Final = 11
FOLDERS: Final = 4
"""The root and the three below it, all of which have files."""
LARGEST: Final = 4
"""How many files come before the largest program, in the order in which they are moved."""
UP_TO_60_MS: Final = 'distribution = "uniform", low_ms = 1, high_ms = 60'
RENAME = '[[operations]]\nkind = "rename"\nto = "store/{name}"\n'
PLACE = '[[operations]]\nkind = "place"\nto = "site-packages"\nlink_mode = "copy"\n'
AVOIDING = ["move-files", "link-files", "in-place"]
STRATEGIES = str(["plain", *AVOIDING]).replace("'", '"')
COST_MS: Final = 0.3


@pytest.fixture
def trials(make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario) -> Trials:
    return Trials(make_scenario, make_profile, run_scenario)


class Trials:
    """Runs one block of a scenario under one hold; gives the trial of each strategy."""

    def __init__(
        self, make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
    ) -> None:
        self.make_scenario = make_scenario
        self.make_profile = make_profile
        self.run_scenario = run_scenario

    def __call__(
        self,
        hold_ms: float | None,
        body: str = TREE + RENAME,
        *,
        strategies: str = STRATEGIES,
        scenario: dict[str, str] | None = None,
        **hold: str,
    ) -> dict[str, TrialRecord]:
        self.make_profile("hold", hold_ms, **hold)
        path = self.make_scenario(body, strategies=strategies, profiles='["hold"]', **(scenario or {}))
        return {trial.strategy: trial for trial in self.run_scenario(path, blocks=1).trials}


def test_what_a_directory_cannot_go_past_delays_no_file(trials: Trials) -> None:
    """Any open child blocks the directory; one that shares deletion blocks no move, link or marker."""
    found = trials(60_000, object="child", share="rwd")
    assert found["plain"].outcome == "not-retried"
    for name in AVOIDING:
        (operation,) = found[name].operations
        assert (found[name].outcome, operation.dest_state) == ("ok", "new")
        assert operation.attempts == [], "no call met an error"
        assert found[name].leftovers.files == 0


def test_every_call_is_counted_and_takes_its_time(trials: Trials) -> None:
    found = trials(60_000, object="child", share="rwd")
    calls = {
        "move-files": FILES + 1 + FOLDERS,
        "link-files": FILES + 1 + FILES + FOLDERS,
        "in-place": 1,
    }
    primitives = {"move-files": "move", "link-files": "hardlink", "in-place": "create"}
    for name, count in calls.items():
        (operation,) = found[name].operations
        assert (operation.calls, operation.primitive) == (count, primitives[name])
        assert found[name].elapsed_ms == pytest.approx(count * COST_MS)


def test_a_file_that_cannot_be_moved_is_waited_for(trials: Trials) -> None:
    found = trials(25, object="largest-pe", share="r")
    (moved,) = found["move-files"].operations
    assert (moved.outcome, moved.dest_state) == ("ok", "new")
    assert {code for _, _, code in moved.attempts} == {0, 32}
    assert moved.calls == FILES + 1 + FOLDERS + len(moved.attempts) - 1
    for name in ("link-files", "in-place"):
        assert found[name].operations[0].attempts == []


def test_what_could_not_be_cleared_away_is_left_over_but_takes_no_room(trials: Trials) -> None:
    found = trials(60_000, object="child", share="r")
    linked = found["link-files"]
    assert (linked.outcome, linked.operations[0].dest_state) == ("ok", "new")
    assert (linked.leftovers.files, linked.leftovers.bytes) == (1, 0)


def test_a_tree_that_was_given_up_half_way_is_incomplete_and_seen_to_be(trials: Trials) -> None:
    """The rest is in the temporary place; no reader takes what arrived for the whole."""
    found = trials(None, object="largest-pe", share="r")
    moved = found["move-files"]
    (operation,) = moved.operations
    assert (moved.outcome, operation.dest_state) == ("exhausted", "incomplete")
    assert operation.calls - len(operation.attempts) == LARGEST
    assert moved.leftovers.files == FILES - LARGEST
    assert (found["link-files"].outcome, found["in-place"].outcome) == ("ok", "ok")


def test_a_held_store_is_in_the_way_of_a_directory_but_not_of_its_files(trials: Trials) -> None:
    """The folder that gets the tree's name is held; those that get the files' names are not."""
    found = trials(None, object="target-parent", share="r")
    assert found["plain"].operations[0].dest_state == "missing"
    assert {found[name].operations[0].dest_state for name in AVOIDING} == {"new"}


def test_holds_fall_on_the_files_where_they_are_written(trials: Trials) -> None:
    """In place, what is held is at the final name: a copy from there is refused."""
    found = trials(None, TREE + RENAME + PLACE, object="largest-pe", share="none")
    renamed, placed = found["in-place"].operations
    assert [hold.error for hold in renamed.holds] == [None]
    assert renamed.dest_state == "new"
    assert placed.outcome == "exhausted"
    whole = trials(None, object="source", share="none")["in-place"]
    assert whole.operations[0].holds[0].opened_us == 0


def test_later_operations_find_the_tree_where_it_went(trials: Trials) -> None:
    for name, trial in trials(5, TREE + RENAME + PLACE, object="child", share="rwd").items():
        if name != "plain":
            states = [operation.dest_state for operation in trial.operations]
            assert (trial.outcome, states) == ("ok", ["new", "new"])


def test_a_single_file_is_renamed_plainly(trials: Trials) -> None:
    body = '[[payload]]\nkind = "files"\nname = "entry"\nsizes = [5000]\n' + RENAME
    for name, trial in trials(25, body, object="source", share="r").items():
        (operation,) = trial.operations
        assert operation.primitive == "move"
        assert operation.attempts[0][2] == 32
        assert trial.outcome == ("not-retried" if name == "plain" else "ok")
        assert operation.dest_state == ("missing" if name == "plain" else "new")


def test_a_tree_is_moved_by_the_primitive_that_is_compared(trials: Trials) -> None:
    body = TREE + RENAME + '[factors]\nprimitive = ["move-replace", "move"]\n'
    trial = trials(1, body, strategies='["move-files", "link-files"]')
    assert trial["move-files"].operations[0].primitive == trial["move-files"].factors["primitive"]
    assert trial["link-files"].operations[0].primitive == "hardlink"


def test_each_file_is_moved_by_the_primitive_of_the_operation(item: Item, tmp_path: Path) -> None:
    for factors, primitive in (({}, "move"), ({"primitive": "rust-rename"}, "rust-rename")):
        root = tmp_path / primitive
        root.mkdir()
        platform = EmulatedPlatform()
        site = InstallSite(root, item, platform, factors, by(METHODS["by moving files"]), [OPERATION])
        RenameStep(site, OPERATION).stage()
        step = step_of(site, again=False)
        used: list[str] = []
        platform.files.rename = lambda _, __, primitive, used=used: used.append(primitive)  # type: ignore[misc, method-assign]
        for call in list(step.calls())[:-1]:
            call.run()
        assert used == [primitive] * FILES


# the second run


def test_a_second_run_completes_what_the_first_has_begun(trials: Trials) -> None:
    """Its own files are held too, each time for another while: it fails again, or completes the tree."""
    trials.make_profile("hold", 0, object="largest-pe", share="r", duration=UP_TO_60_MS)
    path = trials.make_scenario(
        TREE + RENAME,
        strategies='[{ use = "move-files", strategy = "10ms 2 retries" }]',
        profiles='["hold"]',
        run_again_after_ms="5000",
    )
    ended = set()
    for trial in trials.run_scenario(path, blocks=20).trials:
        state = trial.operations[0].dest_state
        if trial.rerun is None:
            assert (trial.outcome, state) == ("ok", "new")
        else:
            assert (trial.outcome, state) == ("exhausted", "incomplete")
            ended.add((trial.rerun.outcome, trial.rerun.dest_state))
    assert ended == {("ok", "new"), ("exhausted", "incomplete")}


@pytest.fixture
def item(tmp_path: Path, make_scenario: MakeScenario) -> Item:
    loaded = load_scenario(make_scenario(TREE + RENAME))
    (item,) = items_of(loaded.scenario.payload[0], tmp_path / "payload", generated=False)
    return item


OPERATION: Final = Rename(kind="rename", to="store/{name}")


def by(method: Method) -> Strategy:
    """A strategy that makes one attempt, and brings trees by a method."""
    return replace(get_strategy("plain"), method=method)


def step_of(site: InstallSite, *, again: bool) -> RenameStep:
    site.reruns = int(again)
    step = RenameStep(site, OPERATION)
    step.prepare()
    return step


def everything(step: RenameStep) -> Iterator[Call]:
    yield from step.calls()
    yield from step.clearing()


@pytest.mark.parametrize("name", METHODS)
def test_wherever_a_run_is_killed_its_tree_is_known_for_what_it_is_and_the_next_run_completes_it(
    name: MethodName, item: Item, tmp_path: Path
) -> None:
    """After every single call of the first run."""
    method = METHODS[name]
    killed_after = 0
    while True:
        root = tmp_path / str(killed_after)
        root.mkdir()
        site = InstallSite(root, item, EmulatedPlatform(), {}, by(method), [OPERATION])
        RenameStep(site, OPERATION).stage()
        first = step_of(site, again=False)
        target = str(first.target)
        calls = 0
        for call in everything(first):
            if calls == killed_after:
                break
            call.run()
            calls += 1
        state = first.state(Verifier())
        assert is_complete(target) == (state == "new")
        assert state in {"missing", "incomplete", "new"}, "never a mixture that nobody recognises"

        second = step_of(site, again=True)
        needed = 0
        for call in second.calls():
            call.run()
            needed += 1
        assert second.state(Verifier()) == "new"
        assert needed == max(0, marker_at(method) + 1 - calls), "what was there is not brought again"
        if calls < killed_after:
            return
        killed_after += 1


def marker_at(method: Any) -> int:
    return 0 if method.in_place else FILES


def test_a_killed_unpacking_in_place_is_unfinished_and_filled_up(item: Item, tmp_path: Path) -> None:
    """After each file, and in the middle of one."""
    for written in range(FILES + 1):
        for torn in (False, True):
            root = tmp_path / f"{written}-{torn}"
            site = InstallSite(
                root, item, EmulatedPlatform(), {}, by(METHODS["in place"]), [OPERATION], reruns=1
            )
            target = site.target(OPERATION.to)
            for number, file in enumerate(item.files[: written + torn]):
                content = (item.pristine / file.path).read_bytes()
                place = target / file.path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content[: len(content) // 2] if number == written else content)
            root.mkdir(exist_ok=True)
            (root / "store").mkdir(exist_ok=True)
            found = Verifier().state(target, item, marker=MARKER)
            assert found == ("incomplete" if written + torn else "missing")
            assert not is_complete(str(target))
            step = step_of(site, again=True)
            for call in everything(step):
                call.run()
            assert step.state(Verifier()) == "new"
            assert not list(root.glob("staging/*"))


def test_in_place_over_another_tree_the_bytes_are_those_of_this_trial(
    item: Item, tmp_path: Path
) -> None:
    """Not the published ones, where each trial has bytes of its own."""

    class RealTime(EmulatedPlatform):
        is_real_time = True

    there = Rename.model_validate(
        {"kind": "rename", "to": "store/{name}", "already_there": {"content": "none"}}
    )
    own = item.renewed("this trial")
    site = InstallSite(tmp_path, own, RealTime(), {}, by(METHODS["in place"]), [OPERATION])
    step = RenameStep(site, there)
    step.stage()
    assert step.state(Verifier()) == "incomplete"  # the marker is missing, and nothing else
    for call in step.calls():
        call.run()
    assert step.state(Verifier()) == "new"


def test_a_second_run_does_nothing_to_a_tree_that_is_whole(item: Item, tmp_path: Path) -> None:
    for name, method in METHODS.items():
        root = tmp_path / name
        root.mkdir()
        site = InstallSite(root, item, EmulatedPlatform(), {}, by(method), [OPERATION])
        RenameStep(site, OPERATION).stage()
        for call in everything(step_of(site, again=False)):
            call.run()
        again = step_of(site, again=True)
        assert list(again.calls()) == []
        assert not again.writes_again
        assert again.state(Verifier()) == "new"


def test_only_what_is_written_anew_meets_holds_of_its_own(item: Item, tmp_path: Path) -> None:
    """In place, a second run finds its files there; moved or linked, it unpacks them once more."""
    for name, method in METHODS.items():
        root = tmp_path / name
        root.mkdir()
        site = InstallSite(root, item, EmulatedPlatform(), {}, by(method), [OPERATION])
        RenameStep(site, OPERATION).stage()
        site.reruns = 1
        assert RenameStep(site, OPERATION).writes_again == (not method.in_place)


# what is checked


def test_a_tree_with_its_marker_but_not_its_bytes_is_a_mixture(item: Item, tmp_path: Path) -> None:
    item.write(tmp_path / "tree")
    state = Verifier().state
    assert state(tmp_path / "tree", item, marker=MARKER) == "incomplete"
    (tmp_path / "tree" / MARKER).touch()
    assert state(tmp_path / "tree", item, marker=MARKER) == "new"
    assert state(tmp_path / "tree", item) == "mixed", "without a method the marker is a stranger"
    (tmp_path / "tree" / item.files[3].path).unlink()
    assert state(tmp_path / "tree", item, marker=MARKER) == "mixed"


def test_a_quarantined_file_is_noticed_when_it_is_to_be_moved(trials: Trials) -> None:
    """In place, nobody looks: the marker is made, and the bytes are found wrong."""
    delay = 'distribution = "constant", ms = 0'
    found = trials(0, object="largest-pe", share="none", end='ends = "vanish"', delay=delay)
    assert found["move-files"].outcome == "vanished"
    assert found["move-files"].operations[0].dest_state == "incomplete"
    assert (found["in-place"].outcome, found["in-place"].operations[0].dest_state) == (
        "damaged",
        "mixed",
    )


def test_a_payload_with_a_marker_of_its_own_is_refused(item: Item) -> None:
    """rust-lang/cargo#11638: a crate with a .cargo-ok could not be unpacked."""
    check(item, [OPERATION])
    marker = replace(item.files[0], path=MARKER.upper())
    with pytest.raises(InvalidInputError, match=r"brings a file \.complete of its own"):
        check(replace(item, files=(*item.files, marker)), [OPERATION])


def test_lanes_that_move_many_files_share_the_clock(make_scenario: MakeScenario, tmp_path: Path) -> None:
    """Two trees at once: the calls of one do not keep the other from its own time."""
    body = TREE + TREE.replace('"lib"', '"other"') + RENAME
    loaded = load_scenario(make_scenario(body, concurrency="2"))
    items = [
        item
        for number, payload in enumerate(loaded.scenario.payload)
        for item in items_of(payload, tmp_path / str(number), generated=False)
    ]
    (case,) = cases_of(loaded, {"move-files": get_strategy("move-files")}, seed=1)
    (trial,) = case.block(0)
    platform = EmulatedPlatform()
    began = []
    advance = platform.table.advance
    platform.table.advance = lambda now_ns: (began.append(now_ns), advance(now_ns))[1]  # type: ignore[func-returns-value, method-assign]
    record = TrialRun(trial, items, platform, tmp_path / "trial", run="made").run()
    assert record.outcome == "ok"
    assert began == sorted(began), "time never goes back for whoever holds files"
    assert {operation.ended_us for operation in record.operations} == {
        round((FILES + 1 + FOLDERS) * COST_MS * 1000)
    }


def test_a_directory_that_is_watched_is_in_nobodys_way_but_stays(trials: Trials) -> None:
    """Its files leave it, and the empty directory cannot be removed; that counts as no leftover file."""
    found = trials(None, object="directory", share="rw")
    assert found["plain"].operations[0].attempts[-1][2] == 32
    for name in AVOIDING:
        assert (found[name].outcome, found[name].leftovers.files) == ("ok", 0)


def test_a_holder_of_the_new_folder_is_in_the_way_of_moves_and_links(item: Item, tmp_path: Path) -> None:
    """Somebody lists the tree's folder at its final name without letting others write to it."""
    for name, code in (("by moving files", 32), ("by linking files", 32), ("in place", None)):
        root = tmp_path / name
        root.mkdir()
        platform = EmulatedPlatform()
        method = METHODS[name]  # type: ignore[index]
        site = InstallSite(root, item, platform, {}, by(method), [OPERATION])
        RenameStep(site, OPERATION).stage()
        step = step_of(site, again=False)
        for folder in {(step.target / file.path).parent for file in item.files}:
            platform.table.schedule_hold(Hold("target", str(folder), share=SHARE_NAMES["r"]), 0)
        refused = None
        for call in step.calls():
            try:
                call.run()
            except OSError as error:
                refused = getattr(error, "winerror", None)
                break
        assert refused == code
