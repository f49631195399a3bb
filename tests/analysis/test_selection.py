"""Choosing a case: what is never mixed, what a caption says, what is left out."""

from __future__ import annotations

import pytest
from analysis_lab import Op, frames_of

from harness.analysis import cases, counted, select, select_setting, variant_of
from harness.errors import InvalidInputError
from harness.holds.profile import Evidence
from harness.summary.model import hold_evidence

EVIDENCE = [
    ("p", 1, "handle", "assumed"),
    ("p", 1, "duration", "measured"),
    ("p", 1, "delay", "assumed"),
    ("q", 1, "duration", "bound"),
    ("q", 2, "duration", "assumed"),
]


def test_a_caption_says_from_where_how_much_and_what_is_assumed() -> None:
    trials = [({"strategy": variant, "block": block}, [Op()]) for block in range(3) for variant in "ab"]
    case = select(frames_of(trials, evidence=EVIDENCE))
    assert case.caption == (
        "emulated, injected holds. s under p: 3 blocks, 6 trials. "
        "Holds of p: duration measured; handle and delay assumed."
    )
    assert (case.blocks, len(case.trials), len(case.operations)) == (3, 6, 6)


def test_a_caption_names_rules_freshness_and_what_is_missing() -> None:
    about = {"platform": "wine", "rules": "ntfs", "freshness": "unique", "antivirus": "active"}
    case = select(frames_of([({**about, "profile": "ambient-unique"}, [Op()])], planned=40))
    assert case.caption == (
        "wine (ntfs rules), antivirus active, bytes it had never seen, ambient holds. "
        "s under ambient-unique: 1 block, 1 trial. "
        "Not finished: 39 planned trials of its runs missing. ambient-unique: nothing is injected."
    )


def test_parameters_of_several_holds_are_told_apart() -> None:
    case = select(frames_of([({"profile": "q"}, [Op()])], evidence=EVIDENCE))
    assert case.caption.endswith(
        "Holds of q: duration of hold 1 bounded by reports; duration of hold 2 assumed."
    )


def test_what_does_not_count_is_left_out_and_said() -> None:
    trials = [
        ({"strategy": "a", "block": 0}, [Op(holds=[(0.0, 1.0)])]),
        ({"strategy": "b", "block": 0, "void": True, "outcome": "harness-error"}, [Op()]),
        ({"strategy": "a", "block": 1, "outcome": "harness-error"}, [Op()]),
        ({"strategy": "b", "block": 1}, [Op(), Op()]),
    ]
    frames = frames_of(trials)
    case = select(frames)
    assert list(case.trials.index) == [3]
    assert set(case.operations["trial"]) == set(case.attempts["trial"]) == {3}
    assert case.holds.empty
    assert "Void and left out: 1 block. Left out as harness-error: 1 trial." in case.caption
    assert list(counted(frames.trials).index) == [3]
    assert counted(case.trials) is case.trials


def test_a_strategy_of_a_block_with_a_void_trial_of_another_does_not_count() -> None:
    frames = frames_of([({"strategy": "a"}, [Op()]), ({"strategy": "b", "void": True}, [Op()])])
    assert select(frames).trials.empty


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("platform", "emulated", "wine"),
        ("rules", "ntfs", "stock"),
        ("freshness", "original", "unique"),
        ("antivirus", "active", "inactive"),
        ("scenario", "s", "t"),
        ("profile", "p", "q"),
    ],
)
def test_more_than_one_case_is_refused_until_it_is_chosen(column: str, one: str, other: str) -> None:
    frames = frames_of([({column: one}, [Op()]), ({column: other}, [Op()])])
    with pytest.raises(InvalidInputError, match=f"{column}: {one}, {other}") as raised:
        select(frames)
    assert f"select(frames, {column}={one!r})" in (raised.value.hint or "")
    chosen = select(frames, **{column: other})
    assert list(chosen.trials[column]) == [other]
    table = cases(frames)
    assert list(table[column]) == [one, other]
    assert list(table["trials"]) == [1, 1]


def test_what_the_hint_says_works() -> None:
    frames = frames_of(
        [({"scenario": "s", "profile": "p"}, [Op()]), ({"scenario": "t", "profile": "q"}, [Op()])]
    )
    with pytest.raises(InvalidInputError) as raised:
        select(frames)
    assert "scenario='s', profile='p'" in (raised.value.hint or "")
    assert len(select(frames, scenario="s", profile="p").trials) == 1


def test_scenarios_of_one_setting_go_together_and_settings_do_not() -> None:
    frames = frames_of([({"scenario": "s"}, [Op()]), ({"scenario": "t"}, [Op()])])
    assert len(select_setting(frames).trials) == 2
    assert "s, t under p: 2 blocks" in select_setting(frames).caption
    mixed = frames_of([({"scenario": "s"}, [Op()]), ({"platform": "wine"}, [Op()])])
    with pytest.raises(InvalidInputError, match="platform: emulated, wine"):
        select_setting(mixed)


def test_a_name_that_is_not_there_is_refused_and_the_others_are_listed() -> None:
    frames = frames_of([({"scenario": "s"}, [Op()]), ({"scenario": "t"}, [Op()])])
    with pytest.raises(InvalidInputError, match="no trials with scenario = 'x'") as raised:
        select(frames, scenario="x")
    assert raised.value.hint == "There are: s, t."


def test_one_variant_can_be_looked_at_alone() -> None:
    trials = [({"strategy": "a", "factors": factors}, [Op()]) for factors in ("", "link_mode=copy")]
    case = select(frames_of(trials))
    assert len(case.variant("a").trials) == 2
    assert list(case.variant("a", "link_mode=copy").operations["trial"]) == [1]
    with pytest.raises(InvalidInputError, match="no trials with strategy = 'b'"):
        case.variant("b")


def test_variants_are_in_the_order_of_the_frame() -> None:
    trials = select(frames_of([({"strategy": name}, [Op()]) for name in ("b", "a")])).trials
    reordered = trials.assign(strategy=trials["strategy"].cat.reorder_categories(["b", "a"]))
    assert list(variant_of(trials).cat.categories) == ["a", "b"]
    assert list(variant_of(reordered).cat.categories) == ["b", "a"]


def test_nothing_loaded_is_said() -> None:
    case = select(frames_of([]))
    assert case.caption == "No trials that count."
    assert case.blocks == 0
    assert cases(frames_of([])).empty


def test_all_void_is_said() -> None:
    case = select(frames_of([({"void": True}, [Op()])]))
    assert case.caption.startswith("No trials that count. Void and left out: 1 block")


def test_a_caption_stays_short_however_many_holds_a_profile_has() -> None:
    parts = ("handle", "probability", "delay", "duration")
    known: list[tuple[int, str, Evidence]] = [
        (number, part, "measured" if part == "delay" and number < 3 else "assumed")
        for number in range(1, 21)
        for part in parts
    ]
    words = hold_evidence("t", known).words
    first, rest = words.split("; ")
    assert first == "delay of holds 1 and 2 measured"
    assert rest == "handle, probability, duration and delay of 18 of 20 holds assumed"
