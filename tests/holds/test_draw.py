"""Holds are drawn by key: the same for every strategy, with the shape that the profile names."""

from __future__ import annotations

import math
from collections import Counter
from statistics import median, quantiles
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.clock import NS_PER_MS
from harness.holds.draw import DrawnHold, HeldFile, case_key, draw_holds
from harness.holds.profile import KnownHolder, Profile

CITED: Final = {"evidence": "assumed", "source": "this test"}
CONSTANT: Final = {"distribution": "constant", "ms": 10}

FILES: Final = [
    HeldFile("package/__init__.py", 100, is_pe=False),
    HeldFile("package/small.pyd", 20_000, is_pe=True),
    HeldFile("package/data.bin", 9_000_000, is_pe=False),
    HeldFile("package/large.dll", 3_000_000, is_pe=True),
]
SCRIPT: Final = [HeldFile(".", 500, is_pe=False)]
PROGRAM: Final = [HeldFile(".", 100_000, is_pe=True)]


def hold(
    *,
    held: str = "child",
    probability: float = 1,
    delay: dict[str, Any] | None = None,
    duration: dict[str, Any] = CONSTANT,
    **others: Any,
) -> dict[str, Any]:
    """Write one hold as a profile file has it."""
    return {
        "handle": {"object": held, "share": "r", **CITED},
        "probability": {"value": probability, **CITED},
        "delay": {"of": delay or {"distribution": "constant", "ms": 0}, **CITED},
        "duration": {"of": duration, **CITED},
        **others,
    }


def profile(*holds: dict[str, Any]) -> Profile:
    return Profile.model_validate({"schema": 2, "title": "A test", "holds": list(holds)})


def draw_one(of: Profile, key: str = "key", files: list[HeldFile] = FILES) -> DrawnHold:
    (drawn,) = draw_holds(of, files, key)
    return drawn


def durations_ms(distribution: dict[str, Any], count: int = 4000) -> list[float]:
    """Draw `count` durations; the keys make them the same on every run of the tests."""
    of = profile(hold(duration=distribution))
    drawn = [draw_one(of, f"key/{number}").duration_ns for number in range(count)]
    return [duration / NS_PER_MS for duration in drawn if duration is not None]


# keys


def test_the_same_key_draws_the_same_holds() -> None:
    of = profile(hold(duration={"distribution": "lognormal", "median_ms": 10, "p99_ms": 30}))
    assert draw_holds(of, FILES, "seed/situation/7") == draw_holds(of, FILES, "seed/situation/7")


def test_another_key_draws_other_holds() -> None:
    of = profile(hold(duration={"distribution": "uniform", "low_ms": 0, "high_ms": 1000}))
    assert draw_one(of, "seed/situation/7") != draw_one(of, "seed/situation/8")


def test_who_holds_a_file_changes_no_draw() -> None:
    plain = profile(hold())
    holder = KnownHolder(product="dllhost.exe", kind="shell")
    named = plain.model_copy(
        update={"holds": [each.model_copy(update={"holder": holder}) for each in plain.holds]}
    )
    assert case_key(1, "made", named) == case_key(1, "made", plain)


def test_what_was_drawn_before_does_not_matter() -> None:
    of = profile(hold(duration={"distribution": "exponential", "mean_ms": 10}))
    alone = draw_one(of, "block-3")
    for number in range(100):
        draw_holds(of, FILES, f"block-{number}")
    assert draw_one(of, "block-3") == alone


@pytest.mark.parametrize(
    ("distribution", "durations_ns"),
    [
        ({"distribution": "constant", "ms": 12.5}, [12500000, 12500000, 12500000]),
        (
            {"distribution": "uniform", "low_ms": 5, "high_ms": 80},
            [59429668, 31104130, 61836894],
        ),
        (
            {"distribution": "lognormal", "median_ms": 10.8, "p99_ms": 25},
            [12991727, 8946996, 15724435],
        ),
        ({"distribution": "exponential", "mean_ms": 20}, [25872766, 8555904, 28361915]),
        (
            {"distribution": "pareto", "min_ms": 25, "shape": 0.7, "max_ms": 2000},
            [134426996, 44476008, 156099690],
        ),
        ({"distribution": "empirical", "values_ms": [3, 12, 40]}, [40000000, 12000000, 12000000]),
        (
            {"distribution": "size-proportional", "base_ms": 1, "mb_per_s": 200},
            [1500000, 1500000, 1500000],
        ),
        (
            {
                "distribution": "mixture",
                "parts": [
                    {"weight": 0.7, "of": {"distribution": "uniform", "low_ms": 1, "high_ms": 4}},
                    {"weight": 0.3, "of": {"distribution": "exponential", "mean_ms": 9}},
                ],
            },
            [2515403, 3986840, 7705430],
        ),
    ],
    ids=lambda value: value["distribution"] if isinstance(value, dict) else "",
)
def test_draws_are_those_of_every_version_before(
    distribution: dict[str, Any], durations_ns: list[int]
) -> None:
    """Recorded with the version that wrote results/reference: a run of old draws can be completed."""
    of = profile(hold(duration=distribution))
    assert [draw_one(of, f"golden/{number}", PROGRAM).duration_ns for number in range(3)] == durations_ns


uncertain = st.fixed_dictionaries(
    {
        "held": st.sampled_from(["source", "child", "largest-pe", "target", "directory"]),
        "probability": st.floats(0, 1),
        "delay": st.just({"distribution": "uniform", "low_ms": 0, "high_ms": 50}),
        "duration": st.sampled_from(
            [
                {"distribution": "lognormal", "median_ms": 10, "p99_ms": 30},
                {"distribution": "pareto", "min_ms": 1, "shape": 1.5, "max_ms": 100},
                {"distribution": "forever"},
                {"distribution": "until-failure", "failures": 2},
                {"distribution": "empirical", "values_ms": [1, 2, 3]},
            ]
        ),
    }
)


@settings(deadline=None)
@given(st.lists(uncertain, min_size=1, max_size=5), st.lists(uncertain, max_size=3), st.text())
def test_a_hold_is_drawn_alike_whatever_holds_come_after_it_in_its_profile(
    first: list[dict[str, Any]], more: list[dict[str, Any]], key: str
) -> None:
    few = draw_holds(profile(*(hold(**one) for one in first)), FILES, key)
    many = draw_holds(profile(*(hold(**one) for one in first + more)), FILES, key)
    assert many[: len(few)] == few


@settings(deadline=None)
@given(st.text(), st.floats(0, 1))
def test_how_likely_a_hold_is_does_not_change_when_it_would_be(key: str, probability: float) -> None:
    """So two profiles that differ in one number are compared on the same draws."""
    details: dict[str, Any] = {
        "delay": {"distribution": "uniform", "low_ms": 0, "high_ms": 50},
        "duration": {"distribution": "exponential", "mean_ms": 10},
    }
    certain = draw_one(profile(hold(**details)), key)
    drawn = draw_holds(profile(hold(**details, probability=probability)), FILES, key)
    times = [(one.child, one.starts_ns, one.duration_ns) for one in drawn]
    assert times in ([], [(certain.child, certain.starts_ns, certain.duration_ns)])


@settings(deadline=None)
@given(st.text())
def test_which_object_is_held_does_not_change_when_or_for_how_long(key: str) -> None:
    uniform = {"distribution": "uniform", "low_ms": 0, "high_ms": 1000}
    drawn = {
        (one.starts_ns, one.duration_ns)
        for held in ("source", "child", "largest-pe", "directory", "target", "target-parent")
        for one in [draw_one(profile(hold(held=held, delay=uniform, duration=uniform)), key)]
    }
    assert len(drawn) == 1


@settings(deadline=None)
@given(st.text())
def test_holds_of_one_profile_are_drawn_independently(key: str) -> None:
    uniform = {"distribution": "uniform", "low_ms": 0, "high_ms": 1000}
    one, other = draw_holds(profile(hold(duration=uniform), hold(duration=uniform)), FILES, key)
    assert one.duration_ns != other.duration_ns


# how likely


def test_a_profile_without_holds_draws_none() -> None:
    assert draw_holds(profile(), FILES, "key") == []


def test_a_hold_of_probability_nought_never_is_and_one_of_probability_one_always() -> None:
    keys = [str(number) for number in range(500)]
    never, always = profile(hold(probability=0)), profile(hold(probability=1))
    assert not any(draw_holds(never, FILES, key) for key in keys)
    assert all(draw_holds(always, FILES, key) for key in keys)


def test_a_hold_is_as_frequent_as_its_probability() -> None:
    of = profile(hold(probability=0.3))
    happened = sum(bool(draw_holds(of, FILES, str(number))) for number in range(4000))
    assert happened / 4000 == pytest.approx(0.3, abs=0.03)


# how long


def test_a_constant_is_always_itself() -> None:
    assert set(durations_ms({"distribution": "constant", "ms": 12.5}, 50)) == {12.5}


def test_a_uniform_time_keeps_to_its_bounds_and_its_middle() -> None:
    drawn = durations_ms({"distribution": "uniform", "low_ms": 50, "high_ms": 500})
    assert 50 <= min(drawn) < 55
    assert 495 < max(drawn) <= 500
    assert median(drawn) == pytest.approx(275, rel=0.05)


def test_a_lognormal_time_has_the_median_and_the_99th_percentile_that_were_asked_for() -> None:
    """As in the shipped profile ``brief``: 10.8 ms and 25 ms."""
    drawn = durations_ms({"distribution": "lognormal", "median_ms": 10.8, "p99_ms": 25}, 8000)
    assert median(drawn) == pytest.approx(10.8, rel=0.03)
    assert quantiles(drawn, n=100)[-1] == pytest.approx(25, rel=0.08)
    assert min(drawn) > 0


def test_an_exponential_time_has_its_mean_and_ln_2_of_it_as_its_median() -> None:
    drawn = durations_ms({"distribution": "exponential", "mean_ms": 40}, 8000)
    assert sum(drawn) / len(drawn) == pytest.approx(40, rel=0.05)
    assert median(drawn) == pytest.approx(40 * math.log(2), rel=0.06)


def test_a_pareto_time_keeps_to_its_bounds_and_has_the_median_of_a_truncated_pareto() -> None:
    """The median solves F(x) = (1 - (m/x)^a) / (1 - (m/M)^a) = 1/2."""
    least, shape, most = 25, 0.7, 2000
    drawn = durations_ms(
        {"distribution": "pareto", "min_ms": least, "shape": shape, "max_ms": most}, 8000
    )
    half = 0.5 * (1 - (least / most) ** shape)
    assert least <= min(drawn) < least * 1.05
    assert most * 0.9 < max(drawn) <= most
    assert median(drawn) == pytest.approx(least * (1 - half) ** (-1 / shape), rel=0.06)


def test_an_empirical_time_is_one_of_those_observed_each_as_likely() -> None:
    observed = [2.9, 10.8, 21.5]
    drawn = Counter(durations_ms({"distribution": "empirical", "values_ms": observed}))
    assert set(drawn) == set(observed)
    assert all(count / 4000 == pytest.approx(1 / 3, abs=0.04) for count in drawn.values())


def test_an_empirical_value_that_is_there_twice_is_twice_as_likely() -> None:
    drawn = Counter(durations_ms({"distribution": "empirical", "values_ms": [1, 1, 2]}))
    assert drawn[1] / 4000 == pytest.approx(2 / 3, abs=0.04)


def test_a_mixture_draws_its_parts_by_their_weights() -> None:
    parts = [
        {"weight": 0.7, "of": {"distribution": "uniform", "low_ms": 0, "high_ms": 1}},
        {"weight": 0.2, "of": {"distribution": "uniform", "low_ms": 10, "high_ms": 11}},
        {"weight": 0.1, "of": {"distribution": "uniform", "low_ms": 100, "high_ms": 101}},
    ]
    drawn = Counter(
        round(math.log10(max(value, 1)))
        for value in durations_ms({"distribution": "mixture", "parts": parts})
    )
    assert {part: count / 4000 for part, count in drawn.items()} == pytest.approx(
        {0: 0.7, 1: 0.2, 2: 0.1}, abs=0.03
    )


def test_a_mixture_may_hold_for_ever_now_and_then() -> None:
    parts = [
        {"weight": 0.5, "of": {"distribution": "forever"}},
        {"weight": 0.5, "of": {"distribution": "constant", "ms": 1}},
    ]
    of = profile(hold(duration={"distribution": "mixture", "parts": parts}))
    drawn = Counter(draw_one(of, str(number)).duration_ns for number in range(1000))
    assert set(drawn) == {None, NS_PER_MS}
    assert drawn[None] == pytest.approx(500, abs=60)


def test_a_hold_for_ever_has_no_duration() -> None:
    drawn = draw_one(profile(hold(duration={"distribution": "forever"})))
    assert (drawn.duration_ns, drawn.release_after_failures) == (None, None)


def test_a_hold_until_failures_counts_them_instead_of_time() -> None:
    drawn = draw_one(profile(hold(duration={"distribution": "until-failure", "failures": 3})))
    assert (drawn.duration_ns, drawn.release_after_failures) == (None, 3)


@settings(deadline=None)
@given(base_ms=st.integers(0, 1000), mb_per_s=st.integers(1, 1000), size=st.integers(0, 10**9))
def test_a_scan_takes_its_base_and_the_size_at_its_speed(base_ms: int, mb_per_s: int, size: int) -> None:
    """MB are 10^6 bytes, so 1 MB/s is 1000 bytes a millisecond."""
    of = profile(
        hold(
            duration={
                "distribution": "size-proportional",
                "base_ms": base_ms,
                "mb_per_s": mb_per_s,
            }
        )
    )
    drawn = draw_one(of, files=[HeldFile(".", size, is_pe=False)])
    expected_ns = (base_ms + size / (mb_per_s * 1e6) * 1000) * NS_PER_MS
    assert drawn.duration_ns == pytest.approx(expected_ns, abs=1, rel=1e-9)


def test_a_scan_is_as_long_as_the_file_it_falls_on_is_large() -> None:
    of = profile(hold(duration={"distribution": "size-proportional", "base_ms": 1, "mb_per_s": 1}))
    sizes = {file.path: file.size for file in FILES}
    for number in range(50):
        drawn = draw_one(of, str(number))
        assert drawn.duration_ns == (1 + sizes[drawn.child or ""] / 1000) * NS_PER_MS


def test_a_delay_is_drawn_from_its_own_distribution() -> None:
    delay = {"distribution": "uniform", "low_ms": 50, "high_ms": 500}
    of = profile(hold(delay=delay, duration=CONSTANT))
    drawn = [draw_one(of, str(number)) for number in range(2000)]
    starts_ms = [one.starts_ns / NS_PER_MS for one in drawn]
    assert 50 <= min(starts_ms) < 60
    assert 490 < max(starts_ms) <= 500
    assert {one.duration_ns for one in drawn} == {10 * NS_PER_MS}


# what is held


def test_a_hold_on_a_child_falls_on_every_file_alike() -> None:
    of = profile(hold(held="child"))
    drawn = Counter(draw_one(of, str(number)).child for number in range(4000))
    assert set(drawn) == {file.path for file in FILES}
    assert all(count == pytest.approx(1000, abs=120) for count in drawn.values())


def test_a_hold_on_a_child_of_programs_only_falls_on_programs() -> None:
    of = profile(hold(held="child", pe_only=True))
    drawn = {draw_one(of, str(number)).child for number in range(200)}
    assert drawn == {"package/small.pyd", "package/large.dll"}


def test_a_hold_on_the_largest_program_falls_on_that_and_on_no_larger_file() -> None:
    of = profile(hold(held="largest-pe"))
    assert {draw_one(of, str(number)).child for number in range(50)} == {"package/large.dll"}


def test_of_programs_that_are_equally_large_it_is_always_the_same() -> None:
    twins = [HeldFile(name, 10, is_pe=True) for name in ("b.dll", "c.dll", "a.dll")]
    of = profile(hold(held="largest-pe"))
    assert draw_one(of, files=twins) == draw_one(of, files=twins[::-1])


@pytest.mark.parametrize("held", ["source", "directory", "target", "target-parent"])
@pytest.mark.parametrize(
    ("files", "size"),
    [
        (FILES, 3_000_000),  # the largest program, not the larger data file
        ([FILES[0], FILES[2]], 9_000_000),  # without programs, the largest file
        ([FILES[2], FILES[0]], 9_000_000),
    ],
)
def test_a_hold_on_something_else_is_as_long_as_its_largest_program_makes_it(
    held: str, files: list[HeldFile], size: int
) -> None:
    of = profile(
        hold(held=held, duration={"distribution": "size-proportional", "base_ms": 0, "mb_per_s": 1})
    )
    assert draw_one(of, files=files).duration_ns == size * 1000  # a byte at 1 MB/s takes 1 µs


@pytest.mark.parametrize("held", ["source", "directory", "target", "target-parent"])
def test_a_hold_on_something_else_names_no_child(held: str) -> None:
    assert draw_one(profile(hold(held=held))).child is None


@pytest.mark.parametrize("held", ["source", "child", "largest-pe", "directory", "target"])
def test_a_hold_on_programs_only_is_not_drawn_where_there_is_none(held: str) -> None:
    of = profile(hold(held=held, pe_only=True))
    assert draw_holds(of, SCRIPT, "key") == []
    assert draw_holds(of, [FILES[0], FILES[2]], "key") == []
    assert len(draw_holds(of, PROGRAM, "key")) == 1


def test_there_is_no_largest_program_among_scripts() -> None:
    assert draw_holds(profile(hold(held="largest-pe")), SCRIPT, "key") == []


@pytest.mark.parametrize("held", ["child", "largest-pe"])
def test_the_child_of_a_single_file_is_that_file(held: str) -> None:
    assert draw_one(profile(hold(held=held)), files=PROGRAM).child == "."


@pytest.mark.parametrize("held", ["child", "largest-pe"])
def test_an_operation_without_files_has_no_child_to_hold(held: str) -> None:
    assert draw_holds(profile(hold(held=held)), [], "key") == []


def test_a_drawn_hold_knows_the_template_it_is_of() -> None:
    of = profile(hold(held="child", ends="vanish"))
    assert draw_one(of).template is of.holds[0]
