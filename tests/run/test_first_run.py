"""What `harness run` does on a real machine when nothing is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.run.first_run import FACTORS, LIMIT_S, first_run
from harness.run.runner import Request
from harness.run.select import select, with_factors
from harness.scenario.load import load_scenarios, shipped_names


class RealTime(EmulatedPlatform):
    """A machine that brings whatever it brings."""

    is_real_time = True

    def __init__(self) -> None:
        super().__init__()
        self.cannot = {}


@pytest.fixture
def request_() -> Request:
    """As the command line makes it: the quick scenarios."""
    quick = [loaded for loaded in load_scenarios(shipped_names()) if loaded.scenario.quick]
    return Request(scenarios=quick)


def test_it_asks_in_a_minute_what_this_machine_does_to_the_published_bytes(request_: Request) -> None:
    first = first_run(request_)
    assert first.max_time_s == LIMIT_S == 60
    scenarios = with_factors(first.scenarios, first.factors)
    selection = select(scenarios, RealTime(), first=first.first_profiles)
    chosen = {loaded.name: list(loaded.profiles) for loaded in selection.scenarios}
    assert list(chosen) == ["script-install", "numpy-wheel"]
    for profiles in chosen.values():
        assert profiles[0] == "ambient-original"
        assert len(profiles) > 1
    assert not any(loaded.generated for loaded in selection.scenarios)


def test_it_has_no_time_for_long_holds_and_more_than_one_way_of_placing(request_: Request) -> None:
    first = first_run(request_)
    scenarios = with_factors(first.scenarios, first.factors)
    selection = select(scenarios, RealTime(), first=first.first_profiles)
    assert all("--long-holds" in reason for reason in selection.left_out)
    assert selection.left_out
    script, numpy = selection.scenarios
    assert (script.scenario.factors.link_mode, numpy.scenario.factors.link_mode) == (None, ["hardlink"])


def test_where_nothing_watches_the_injected_holds_remain(request_: Request) -> None:
    first = first_run(request_)
    selection = select(first.scenarios, EmulatedPlatform(), first=first.first_profiles)
    assert len(selection.scenarios) == 2
    assert sum("ambient-original: no antivirus" in reason for reason in selection.left_out) == 2


def test_profiles_that_are_named_are_all_that_runs(request_: Request) -> None:
    first = first_run(replace(request_, profiles=["brief"]))
    assert (first.profiles, first.first_profiles) == (["brief"], ())


def test_a_limit_that_is_given_holds(request_: Request) -> None:
    assert first_run(replace(request_, max_time_s=5.0)).max_time_s == 5
    blocks = first_run(replace(request_, blocks=3))
    assert (blocks.blocks, blocks.max_time_s) == (3, None)


def test_factors_that_are_given_take_the_place_of_its_own(request_: Request) -> None:
    given = {"path_style": ["plain", "verbatim"]}
    assert first_run(replace(request_, factors=given)).factors == given
    assert first_run(request_).factors == FACTORS


def test_all_else_is_as_it_was_asked_for(request_: Request) -> None:
    asked = replace(request_, seed=9, strategies=["plain"], platform="wine", long_holds=True)
    first = first_run(asked)
    assert (first.seed, first.strategies, first.platform, first.long_holds) == (
        9,
        ["plain"],
        "wine",
        True,
    )


def test_generated_payloads_stay_generated(request_: Request) -> None:
    names = [loaded.name for loaded in request_.scenarios]
    generated = first_run(replace(request_, scenarios=load_scenarios(names, generated=True)))
    assert [loaded.name for loaded in generated.scenarios] == [
        "script-install:generated",
        "numpy-wheel:generated",
    ]
