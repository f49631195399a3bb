"""Profiles say what they mean, or are refused."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from pydantic import ValidationError

from harness.holds.distributions import Mixture
from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, AccessName, ShareName
from harness.holds.profile import HoldTemplate, Profile
from harness.scenario.load import load_profile, load_scenario

SHIPPED: Final = sorted((Path(__file__).parents[2] / "scenarios" / "profiles").glob("*.toml"))

VALID: Final[dict[str, Any]] = {
    "handle": {"object": "child", "share": "r", "evidence": "assumed", "source": "this test"},
    "probability": {"value": 0.5, "evidence": "bound", "source": "this test"},
    "delay": {
        "of": {"distribution": "constant", "ms": 0},
        "evidence": "measured",
        "source": "this test",
    },
    "duration": {
        "of": {"distribution": "constant", "ms": 10},
        "evidence": "assumed",
        "source": "this test",
    },
}


def hold_with(where: str, value: object) -> dict[str, Any]:
    """Return a valid hold with one key changed: ``duration.of`` is the key `of` of `duration`."""
    changed = copy.deepcopy(VALID)
    *folders, last = where.split(".")
    place = changed
    for folder in folders:
        place = place[folder]
    place[last] = value
    return changed


def read(*holds: dict[str, Any]) -> Profile:
    return Profile.model_validate({"schema": 2, "title": "A test", "holds": list(holds)})


def refusals(hold: dict[str, Any]) -> list[tuple[str, str]]:
    """Read a hold that must be refused; return the keys and messages."""
    with pytest.raises(ValidationError) as refused:
        HoldTemplate.model_validate(hold)
    return [(".".join(map(str, one["loc"])), one["msg"]) for one in refused.value.errors()]


# what is accepted


def test_a_hold_is_for_reading_by_default_and_simply_ends() -> None:
    (hold,) = read(VALID).holds
    assert (hold.handle.access, hold.handle.section, hold.handle.byte_range_lock) == (
        "read",
        None,
        False,
    )
    assert (hold.pe_only, hold.ends) == (False, "release")


def test_the_names_of_profiles_are_those_of_handles() -> None:
    assert set(get_args(AccessName)) == set(ACCESS_NAMES)
    assert set(get_args(ShareName)) == set(SHARE_NAMES)


@pytest.mark.parametrize("access", ACCESS_NAMES)
def test_every_access_has_a_name(access: str) -> None:
    assert read(hold_with("handle.access", access)).holds[0].handle.access == access


@pytest.mark.parametrize("share", SHARE_NAMES)
def test_every_share_mode_has_a_name(share: str) -> None:
    assert read(hold_with("handle.share", share)).holds[0].handle.share == share


@pytest.mark.parametrize(
    "distribution",
    [
        {"distribution": "constant", "ms": 0},
        {"distribution": "uniform", "low_ms": 5, "high_ms": 5},
        {"distribution": "lognormal", "median_ms": 10.8, "p99_ms": 25},
        {"distribution": "exponential", "mean_ms": 1},
        {"distribution": "pareto", "min_ms": 25, "shape": 0.7, "max_ms": 2000},
        {"distribution": "empirical", "values_ms": [1, 2.5]},
        {"distribution": "empirical", "file": "observed.txt"},
        {"distribution": "size-proportional", "base_ms": 0, "mb_per_s": 200},
        {"distribution": "forever"},
        {"distribution": "until-failure", "failures": 1},
        {
            "distribution": "mixture",
            "parts": [
                {"weight": 0.1, "of": {"distribution": "constant", "ms": 1}},
                {"weight": 0.2, "of": {"distribution": "constant", "ms": 2}},
                {"weight": 0.7, "of": {"distribution": "forever"}},
            ],
        },
    ],
    ids=lambda distribution: str(distribution["distribution"]),
)
def test_every_distribution_can_be_a_duration(distribution: dict[str, Any]) -> None:
    (hold,) = read(hold_with("duration.of", distribution)).holds
    assert hold.duration.of.distribution == distribution["distribution"]


def test_decimal_weights_add_up_although_floats_do_not() -> None:
    """0.1 + 0.2 + 0.7 is 0.9999999999999999 in binary."""
    tenths = [{"weight": 0.1, "of": {"distribution": "constant", "ms": 1}}] * 10
    (hold,) = read(hold_with("duration.of", {"distribution": "mixture", "parts": tenths})).holds
    assert isinstance(hold.duration.of, Mixture)
    assert [part.weight for part in hold.duration.of.parts] == [0.1] * 10


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.stem))
def test_a_shipped_profile_is_valid_and_says_where_every_number_comes_from(path: Path) -> None:
    profile = Profile.model_validate(tomllib.loads(path.read_text("utf-8")))
    for hold in profile.holds:
        for cited in (hold.handle, hold.probability, hold.delay, hold.duration):
            assert len(cited.source) > len("assumed")


# what is refused


def constant(ms: object) -> dict[str, Any]:
    return {"distribution": "constant", "ms": ms}


@pytest.mark.parametrize(
    ("where", "value", "complaint"),
    [
        ("probability.value", 1.01, "less than or equal to 1"),
        ("probability.value", -0.01, "greater than or equal to 0"),
        ("probability.value", float("nan"), ""),
        ("probability.value", "0.5", "valid number"),
        ("duration.of", constant(-1), "greater than or equal to 0"),
        ("duration.of", constant(float("inf")), "finite number"),
        ("duration.of", constant(float("nan")), ""),
        ("duration.of", constant(86_400_001), "less than or equal to 86400000"),
        ("duration.of", {"distribution": "uniform", "low_ms": -1, "high_ms": 5}, "greater than"),
        (
            "duration.of",
            {"distribution": "uniform", "low_ms": 6, "high_ms": 5},
            "high_ms must not be below low_ms",
        ),
        (
            "duration.of",
            {"distribution": "lognormal", "median_ms": 25, "p99_ms": 25},
            "p99_ms must be above median_ms",
        ),
        ("duration.of", {"distribution": "lognormal", "median_ms": 0, "p99_ms": 25}, "greater than 0"),
        ("duration.of", {"distribution": "exponential", "mean_ms": 0}, "greater than 0"),
        (
            "duration.of",
            {"distribution": "pareto", "min_ms": 5, "shape": 1, "max_ms": 5},
            "max_ms must be above min_ms",
        ),
        (
            "duration.of",
            {"distribution": "pareto", "min_ms": 5, "shape": 0, "max_ms": 6},
            "greater than 0",
        ),
        ("duration.of", {"distribution": "empirical"}, "give values_ms or the name of a file"),
        ("duration.of", {"distribution": "empirical", "values_ms": [1, -2]}, "greater than or equal"),
        (
            "duration.of",
            {"distribution": "size-proportional", "base_ms": 0, "mb_per_s": 0},
            "greater than 0",
        ),
        ("duration.of", {"distribution": "until-failure", "failures": 0}, "greater than or equal to 1"),
        ("duration.of", {"distribution": "normal", "mean_ms": 5}, "'normal'"),
        ("duration.of", {"distribution": "constant"}, "required"),
        ("duration.of", {"distribution": "constant", "ms": 1, "s": 1}, "not permitted"),
        ("delay.of", constant(-1), "greater than or equal to 0"),
        ("delay.of", {"distribution": "forever"}, "'forever'"),
        ("delay.of", {"distribution": "until-failure", "failures": 1}, "'until-failure'"),
        ("handle.object", "grandchild", "'largest-pe'"),
        ("handle.share", "rdw", "'rwd'"),
        ("handle.access", "execute", "'read+delete'"),
        ("handle.section", "code", "'image'"),
        ("handle.evidence", "guessed", "'assumed'"),
        ("handle.source", "", "at least 3 characters"),
        ("ends", "explode", "'vanish'"),
        ("pe_only", "yes", "valid boolean"),
        ("strength", 11, "not permitted"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_where_it_stands(
    where: str, value: object, complaint: str
) -> None:
    (only,) = refusals(hold_with(where, value))
    assert only[0].startswith(where.removesuffix(".of"))
    assert complaint in only[1]


@pytest.mark.parametrize("part", ["handle", "probability", "delay", "duration"])
@pytest.mark.parametrize("key", ["evidence", "source"])
def test_a_number_without_its_evidence_is_refused(part: str, key: str) -> None:
    hold = copy.deepcopy(VALID)
    del hold[part][key]
    assert refusals(hold) == [(f"{part}.{key}", "Field required")]


@pytest.mark.parametrize("part", ["handle", "probability", "delay", "duration"])
def test_a_hold_that_leaves_something_open_is_refused(part: str) -> None:
    hold = copy.deepcopy(VALID)
    del hold[part]
    assert refusals(hold) == [(part, "Field required")]


def mixture(*weights: float) -> dict[str, Any]:
    return {
        "distribution": "mixture",
        "parts": [{"weight": weight, "of": constant(1)} for weight in weights],
    }


@pytest.mark.parametrize(
    ("weights", "complaint"),
    [
        ((0.5, 0.4), "the weights add up to 0.9, not to 1"),
        ((0.6, 0.6), "the weights add up to 1.2, not to 1"),
        ((1.0,), "at least 2 items"),
        ((1.0, 0.0), "greater than 0"),
        ((1.5, -0.5), "less than or equal to 1"),
    ],
)
def test_weights_that_do_not_share_out_one_are_refused(
    weights: tuple[float, ...], complaint: str
) -> None:
    assert complaint in " ".join(
        message for _, message in refusals(hold_with("duration.of", mixture(*weights)))
    )


def test_a_mixture_of_mixtures_is_refused() -> None:
    nested = {"distribution": "mixture", "parts": [{"weight": 1, "of": mixture(0.5, 0.5)}] * 2}
    assert all("'mixture'" in message for _, message in refusals(hold_with("duration.of", nested)))


def test_a_hold_that_never_ends_cannot_end_with_quarantine() -> None:
    hold = hold_with("duration.of", {"distribution": "forever"}) | {"ends": "vanish"}
    ((_, message),) = refusals(hold)
    assert "cannot end with vanish" in message


def test_all_that_is_wrong_is_said_at_once() -> None:
    hold = hold_with("probability.value", 2) | {"ends": "explode", "strength": 11}
    assert {where for where, _ in refusals(hold)} == {"probability.value", "ends", "strength"}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"schema": 3}, "schema"),
        ({"title": ""}, "title"),
        ({"holds": [VALID] * 21}, "holds"),
        ({"note": "mine"}, "note"),
    ],
)
def test_a_profile_file_that_is_not_one_is_refused(change: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Profile.model_validate({"schema": 2, "title": "A test", "holds": []} | change)
    assert [one["loc"] for one in refused.value.errors()] == [(where,)]


def test_a_profile_cannot_be_changed_after_loading() -> None:
    profile = read(VALID)
    with pytest.raises(ValidationError, match="frozen"):
        profile.title = "another"  # type: ignore[misc]


# what it says of itself


def test_strategies_are_not_compared_on_holds_that_wait_for_failures() -> None:
    waiting = hold_with("duration.of", {"distribution": "until-failure", "failures": 2})
    assert read(VALID).comparable
    assert not read(VALID, waiting).comparable


@pytest.mark.parametrize(
    "delay",
    [
        {"distribution": "constant", "ms": 12.5},
        {"distribution": "uniform", "low_ms": 5, "high_ms": 40},
        {"distribution": "empirical", "values_ms": [3, 1, 4, 1, 5, 9, 2, 6]},
        {"distribution": "lognormal", "median_ms": 10.8, "p99_ms": 25},
        {"distribution": "exponential", "mean_ms": 30},
    ],
)
def test_what_passes_before_a_hold_begins_counts_too(delay: dict[str, Any]) -> None:
    profile = read(hold_with("delay.of", delay))
    (hold,) = profile.holds
    assert profile.longest_ms == hold.delay.of.longest_ms() + 10
    assert hold.usual_ms == hold.delay.of.usual_ms() + 10


def test_the_longest_of_several_holds_counts_and_without_holds_there_is_none() -> None:
    longer = hold_with("duration.of", {"distribution": "uniform", "low_ms": 5, "high_ms": 40})
    assert read(VALID, longer).longest_ms == read(longer, VALID).longest_ms == 40
    assert load_profile("none", load_scenario("script-install")).longest_ms == 0
    assert load_profile("ambient-original", load_scenario("script-install")).longest_ms == 0


@pytest.mark.parametrize("held", ["source", "directory", "target", "target-parent"])
def test_what_may_be_a_directory_cannot_vanish(held: str) -> None:
    ((_, message),) = refusals(hold_with("handle.object", held) | {"ends": "vanish"})
    assert "only a file can vanish" in message


def test_a_section_keeps_no_handle_and_so_locks_no_bytes() -> None:
    both = hold_with("handle.section", "image")
    both["handle"]["byte_range_lock"] = True
    ((_, message),) = refusals(both)
    assert "cannot lock bytes" in message


SHELL: Final = {"product": "dllhost.exe", "kind": "shell"}


def test_a_holder_has_a_name_and_a_kind_and_may_never_let_go() -> None:
    hold = hold_with("duration.of", {"distribution": "forever"}) | {
        "holder": SHELL | {"permanent": True}
    }
    holder = HoldTemplate.model_validate(hold).holder
    assert holder is not None
    assert holder.words == ", a shell that does not let go"
    indexer = HoldTemplate.model_validate(copy.deepcopy(VALID) | {"holder": SHELL | {"kind": "indexer"}})
    assert indexer.holder is not None
    assert indexer.holder.words == ", an indexer"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"permanent": True}, "must last forever"),
        ({"kind": "virus"}, "'scanner'"),
        ({"product": "x" * 101}, "at most 100"),
        ({"company": "x"}, "Extra inputs"),
    ],
)
def test_a_holder_that_cannot_be_is_refused(change: dict[str, Any], expected: str) -> None:
    ((_, message),) = refusals(copy.deepcopy(VALID) | {"holder": SHELL | change})
    assert expected in message
