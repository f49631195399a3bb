"""What `harness run` does on a real machine when nothing is named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.record.read import read_run
from harness.run import start
from harness.run.first_run import FACTORS, LIMIT_S, first_run
from harness.run.options import RunOptions
from harness.run.select import Selection, select, with_factors

if TYPE_CHECKING:
    import pytest


class RealTime(EmulatedPlatform):
    """A machine that brings whatever it brings."""

    is_real_time = True

    def __init__(self) -> None:
        super().__init__()
        self.cannot = {}


def selected(options: RunOptions, platform: EmulatedPlatform) -> Selection:
    scenarios, filled_in = first_run(options)
    return select(with_factors(scenarios, filled_in.factors), platform, profiles=options.profiles)


def test_it_asks_in_a_minute_what_this_machine_does_to_the_published_bytes() -> None:
    scenarios, options = first_run(RunOptions())
    assert options.max_time_s == LIMIT_S == 60
    assert not any(loaded.generated for loaded in scenarios)
    selection = selected(RunOptions(), RealTime())
    chosen = {loaded.name: list(loaded.profiles) for loaded in selection.scenarios}
    assert list(chosen) == ["script-install", "numpy-wheel"]
    for profiles in chosen.values():
        assert profiles[0] == "ambient-original"
        assert len(profiles) > 1


def test_it_has_no_time_for_long_holds_and_more_than_one_way_of_placing() -> None:
    selection = selected(RunOptions(), RealTime())
    assert all("--long-holds" in reason for reason in selection.left_out)
    assert selection.left_out
    script, numpy = selection.scenarios
    assert (script.scenario.factors.link_mode, numpy.scenario.factors.link_mode) == (None, ["hardlink"])


def test_where_nothing_watches_the_injected_holds_remain() -> None:
    selection = selected(RunOptions(), EmulatedPlatform())
    assert len(selection.scenarios) == 2
    assert sum("ambient-original: no antivirus" in reason for reason in selection.left_out) == 2


def test_the_machine_and_a_control_come_first_in_each_block(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(start, "get_platform", lambda _: RealTime())
    scenarios, _ = first_run(RunOptions(), generated=True)
    options = RunOptions(blocks=2, strategies=["plain"], results=tmp_path / "results")
    run = read_run(start.start(scenarios[:1], options))
    assert [trial.profile for trial in run.trials] == ["ambient-original", "none", "brief"] * 2


def test_profiles_that_are_named_are_all_that_runs() -> None:
    options = RunOptions(profiles=["brief"])
    scenarios, filled_in = first_run(options)
    assert filled_in.profiles == ["brief"]
    assert not any("ambient-original" in loaded.profiles for loaded in scenarios)


def test_a_limit_that_is_given_holds() -> None:
    assert first_run(RunOptions(max_time_s=5.0))[1].max_time_s == 5
    _, blocks = first_run(RunOptions(blocks=3))
    assert (blocks.blocks, blocks.max_time_s) == (3, None)


def test_factors_that_are_given_take_the_place_of_its_own() -> None:
    given = {"path_style": ["plain", "verbatim"]}
    assert first_run(RunOptions(factors=given))[1].factors == given
    assert first_run(RunOptions())[1].factors == FACTORS


def test_all_else_is_as_it_was_asked_for() -> None:
    _, options = first_run(
        RunOptions(seed=9, strategies=["plain"], platform="wine", long_holds=True, blocks=1)
    )
    assert options == RunOptions(
        seed=9, strategies=["plain"], platform="wine", long_holds=True, blocks=1, factors=FACTORS
    )


def test_generated_payloads_stay_generated() -> None:
    scenarios, _ = first_run(RunOptions(), generated=True)
    assert [loaded.name for loaded in scenarios] == [
        "script-install:generated",
        "numpy-wheel:generated",
    ]
