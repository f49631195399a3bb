"""Strategy notation: what it means, and how mistakes are reported."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.errors import InvalidInputError
from harness.strategy import retried_codes, schedule
from harness.strategy.forms import FIXED, LIMITS, LIST, LIST_THEN, OVER_RETRIES_LEFT, RANDOM_GROWTH, Part
from harness.strategy.notation import LONGEST, NotationError, is_notation, parse
from harness.strategy.notation_words import WORDS
from harness.strategy.otherwise import MOST, WAYS, Otherwise
from harness.strategy.spec import PHRASES, StrategySpec
from harness.strategy.tree_methods import METHODS
from harness.strategy.variables import with_values
from harness.text import columns
from harness.winerror import MESSAGES


def attempts(text: str, **found: Any) -> Sequence[float]:
    return schedule(parse(text).strategy("it"), **found).attempts_ms


# What notation means: times worked out by hand, in milliseconds.


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("plain", [0]),
        ("100ms 3 retries", [0, 100, 200, 300]),
        ("100ms 1 retry", [0, 100]),
        ("100ms 3 attempts", [0, 100, 200]),
        ("0.5s 1 retry", [0, 500]),
        ("250us 2 retries", [0, 0.25, 0.5]),
        ("1min 1 retry", [0, 60_000]),
        ("0 2 retries", [0, 0, 0]),
        ("10ms x2 4 retries", [0, 10, 30, 70, 150]),
        ("10ms x1.5 3 retries", [0, 10, 25, 47.5]),
        ("10ms x2 cap 25ms 4 retries", [0, 10, 30, 55, 80]),
        ("0 +10ms 4 retries", [0, 0, 10, 30, 60]),
        ("0 +10ms cap 20ms 5 retries", [0, 0, 10, 30, 50, 70]),
        ("1ms fibonacci 6 retries", [0, 1, 2, 4, 7, 12, 20]),
        ("1s / retries left 4 retries", [0, 250, 250 + 1000 / 3, 750 + 1000 / 3, 1750 + 1000 / 3]),
        ("0,1,10,20,40ms", [0, 0, 1, 11, 31, 71]),
        ("1s,500ms", [0, 1000, 1500]),
        ("5ms,10ms then 20ms 4 retries", [0, 5, 15, 35, 55]),
        ("0,1,10,20,40ms 2 retries", [0, 0, 1]),
        # for: the last attempt may come one wait later; within: never at or after the limit
        ("400ms for 1s", [0, 400, 800, 1200]),
        ("500ms for 1s", [0, 500, 1000]),
        ("500ms within 1s", [0, 500]),
        ("400ms within 1s", [0, 400, 800]),
        ("400ms for 1s 1 retry", [0, 400]),
        # waited: the waits never add up to the limit (joblib: 1 ms doubling while below 1 s)
        ("1ms x2 for 1s waited", [0, 1, 3, 7, 15, 31, 63, 127, 255, 511]),
        ("100ms for 1s shared", [100 * number for number in range(10)]),
        ("100ms 2 retries unless held for good asking 20ms", [0, 120, 240]),
        ("100ms for 200ms per MB", [0, 100, 200]),
    ],
)
def test_attempt_times(text: str, times: Sequence[float]) -> None:
    assert attempts(text) == pytest.approx(times)


def test_a_trailing_wait_delays_the_error_and_adds_no_attempt() -> None:
    listed = schedule(parse("100ms 10 attempts trailing wait").strategy("it"))
    assert listed.attempts_ms == tuple(100 * number for number in range(10))
    assert listed.gave_up_ms == 1000
    assert listed.verdict == "exhausted"


def test_time_spent_in_attempts_counts_towards_for_but_not_towards_waited() -> None:
    assert attempts("100ms for 300ms", attempt_cost_ms=100) == (0, 200)
    assert attempts("100ms for 301ms", attempt_cost_ms=100) == (0, 200, 400)
    assert attempts("100ms for 300ms waited", attempt_cost_ms=100) == (0, 200, 400)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("1ms 1 retry", {5, 32, 33}),
        ("1ms 1 retry on 5", {5}),
        ("1ms 1 retry on 5, 32", {5, 32}),
        ("1ms 1 retry on any", set(MESSAGES)),
        ("1ms 1 retry on any but 2,5", set(MESSAGES) - {2, 5}),
        ("plain", set()),
    ],
)
def test_the_codes_that_are_retried(text: str, codes: set[int]) -> None:
    assert set(retried_codes(parse(text).strategy("it"))) == codes


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("100ms jitter x0.5..1.5 1 retry", 50, 150),
        ("100ms jitter x0..1 1 retry", 0, 100),
        ("100ms jitter +0..100ms 1 retry", 100, 200),
        ("100ms jitter +50..75ms 1 retry", 150, 175),
        ("100ms jitter rust-retry 1 retry", 0, 100),
    ],
)
def test_jitter_is_drawn_evenly_from_its_range(text: str, low: float, high: float) -> None:
    strategy = parse(text).strategy("it")
    drawn = [schedule(strategy, seed=seed).attempts_ms[1] for seed in range(400)]
    assert low <= min(drawn) < low + 0.1 * (high - low)
    assert high - 0.1 * (high - low) < max(drawn) <= high
    assert sum(drawn) / 400 == pytest.approx((low + high) / 2, abs=0.06 * (high - low))


def test_jitter_comes_after_the_cap() -> None:
    strategy = parse("1s cap 100ms jitter +100..100ms 1 retry").strategy("it")
    assert schedule(strategy).attempts_ms[1] == 200


def test_the_retry_crate_rounds_whole_seconds_up() -> None:
    """2 s become 1 s or 2 s, 1.5 s become 1 s and a part of the half (jimmycuadra/retry, random.rs)."""
    two = parse("2s jitter rust-retry 1 retry").strategy("it")
    drawn = {schedule(two, seed=seed).attempts_ms[1] for seed in range(50)}
    assert drawn == {1000, 2000}
    more = parse("1500ms jitter rust-retry 1 retry").strategy("it")
    assert all(1000 <= schedule(more, seed=seed).attempts_ms[1] <= 1500 for seed in range(50))


def test_a_wait_that_grows_at_random_at_most_doubles() -> None:
    strategy = parse("1ms x1..2 8 retries").strategy("it")
    for seed in range(50):
        times = schedule(strategy, seed=seed).attempts_ms
        waits = [after - before for before, after in itertools.pairwise(times)]
        assert waits[0] == 1
        assert all(1 - 1e-5 <= after / before <= 2 + 1e-5 for before, after in itertools.pairwise(waits))


def test_the_conditions_on_the_target() -> None:
    absent = "10ms 2 retries while target is absent"
    assert len(attempts(absent)) == 3
    assert len(attempts(absent, target_exists=True)) == 1


# Reading and writing are inverse.

durations = st.integers(0, 100_000).map(lambda number: number / 8) | st.floats(1e-6, 3_600_000)
factors = st.integers(0, 800).map(lambda number: number / 8) | st.floats(1e-6, 1000)
ranges = st.tuples(factors, factors).map(sorted)
lists = st.lists(durations, min_size=2, max_size=6).map(tuple)


def parts(form: str, *values: st.SearchStrategy[Any]) -> st.SearchStrategy[Part]:
    return st.builds(Part, st.just(form), st.tuples(*values))


rules = st.one_of(
    parts(FIXED, durations),
    parts("{ms} x{factor}", durations, factors.filter(bool)),
    st.tuples(durations, ranges).map(lambda drawn: Part(RANDOM_GROWTH, (drawn[0], *drawn[1]))),
    parts("{ms} +{step_ms}", durations, durations),
    parts("{ms} fibonacci", durations),
    parts(OVER_RETRIES_LEFT, durations),
    parts(LIST, lists),
    parts(LIST_THEN, lists | durations.map(lambda ms: (ms,)), durations),
)
jitters: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.just(Part("jitter rust-retry")),
    ranges.map(lambda ends: Part("jitter x{low}..{high}", tuple(ends))),
    st.tuples(durations, durations).map(
        lambda ends: Part("jitter +{low_ms}..{high_ms}", tuple(sorted(ends)))
    ),
)

otherwise = st.builds(
    Otherwise,
    st.sampled_from(list(WAYS)),
    st.none() | st.integers(1, 100),
    st.none() | st.lists(st.integers(1, 65_535), min_size=1, max_size=3, unique=True).map(tuple),
)


@st.composite
def specs(draw: st.DrawFn) -> StrategySpec:
    method = draw(st.sampled_from([None, *METHODS]))
    around: Any = draw(
        st.sampled_from([None, *(words for words, each in PHRASES.items() if each.field == "around")])
    )
    ways = draw(st.lists(otherwise, max_size=MOST, unique_by=lambda each: each.way).map(tuple))
    if any(each.way == "put back" for each in ways):
        around = "moving target aside"
    if draw(st.integers(0, 9)) == 0:
        return StrategySpec(method=method, around=around, otherwise=ways)
    rule = draw(rules)
    limit = draw(st.none() | st.builds(Part, st.sampled_from(list(LIMITS)), st.tuples(durations)))
    codes = draw(
        st.none() | st.lists(st.integers(1, 65_535), min_size=1, max_size=4, unique=True).map(tuple)
    )
    words = ["trailing_wait", "renames_only", "while_absent", "unless_directory", "fresh_temporary"]
    words.append("done_if_there")
    flags: dict[str, Any] = draw(st.fixed_dictionaries(dict.fromkeys(words, st.booleans())))
    retries = draw(st.integers(0, 1000))
    own = [code for code in (32, 145) if codes and code not in codes]
    parts = own if rule.form != RANDOM_GROWTH and draw(st.booleans()) else []
    return StrategySpec(
        after_errors=tuple(
            StrategySpec(Part(FIXED, (draw(durations),)), retries=draw(st.integers(0, 9)), codes=(code,))
            for code in parts
        ),
        asking_ms=draw(st.none() | durations),
        waits=rule,
        cap_ms=draw(st.none() | durations),
        jitter=None if rule.form == RANDOM_GROWTH else draw(jitters),
        retries=retries if limit is None or rule.form == OVER_RETRIES_LEFT else None,
        limit=limit,
        codes=codes,
        all_but=draw(st.booleans()) if codes else False,
        method=method,
        around=around,
        otherwise=ways,
        **flags,
    )


@given(specs())
def test_notation_is_read_as_it_was_written(spec: StrategySpec) -> None:
    assume(len(str(spec)) <= LONGEST)
    assert parse(str(spec)) == spec
    assert is_notation(str(spec)) or str(spec) == "plain"


@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(["10ms", "x2", "cap", "for", "on", "5", ",", "any", "but", "then"])).map(
        " ".join
    )
)
def test_any_text_is_a_strategy_or_a_mistake_with_a_position(text: str) -> None:
    mistakes: list[NotationError] = []
    try:
        parse(text)
    except NotationError as error:
        mistakes.append(error)
    assert all(0 <= mistake.at <= len(text) and mistake.expected for mistake in mistakes)


@pytest.mark.parametrize("words", [word for group in WORDS.values() for word in group])
def test_every_word_that_is_explained_is_understood(words: str) -> None:
    waits = words in WORDS["how long to wait"] and not words.startswith(("cap", "jitter"))
    text = words if waits else f"10ms x2 {words}"
    if words.startswith(";"):
        text = f"10ms x2 5 retries on 5{words}"
    if words == "else put back":
        text += " moving target aside"
    given_up = waits and words == "plain"
    if (
        not given_up
        and "retries" not in text.replace("retries left", "")
        and " for " not in text.replace("for good", "")
    ):
        text += "" if "within" in text else " 5 retries"
    assert str(parse(with_values(text, {})))


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("50,100,200,400,800ms,1s", "50ms,100ms,200ms,400ms,800ms,1s"),
        ("500,800us,1,20,300ms,2s", "500us,800us,1ms,20ms,300ms,2s"),
        ("1,2s,1min", "1s,2s,60s"),
        ("2,33,0,0,0ms", "2ms,33ms,0,0,0"),
        ("5,10ms,0", "5ms,10ms,0"),
        ("800ms,50ms", "800ms,50ms"),
        ("0,1,2ms then 1s for 9s", "0,1ms,2ms then 1s for 9s"),
    ],
)
def test_a_number_without_a_unit_takes_that_of_the_next_one_that_has_one(text: str, waits: str) -> None:
    assert str(parse(text)) == f"{waits} on 5,32,33"


@given(st.lists(st.tuples(st.integers(0, 999), st.sampled_from(["us", "ms", "s"])), min_size=2))
def test_a_unit_may_be_left_out_before_the_same_unit(items: list[tuple[int, str]]) -> None:
    items.sort(key=lambda item: (["us", "ms", "s"].index(item[1]), item[0]))
    full = ",".join(f"{number}{unit}" for number, unit in items)
    short = ",".join(
        f"{number}" if unit == after else f"{number}{unit}"
        for (number, unit), (_, after) in zip(items, [*items[1:], (0, "")], strict=True)
    )
    assume(len(full) <= LONGEST)
    assert parse(short) == parse(full)


def test_spaces_do_not_matter() -> None:
    assert parse("  10ms   x 2  on 5 , 32   3 retries ") == parse("10ms x2 3 retries on 5,32")


def test_clauses_come_in_any_order() -> None:
    assert parse("10ms x2 on 5 renames only for 3s cap 1s") == parse(
        "10ms x2 cap 1s for 3s on 5 renames only"
    )


# Mistakes.


@pytest.mark.parametrize(
    ("text", "at", "found", "expected"),
    [
        ("", 0, "", "a first wait"),
        ("ten ms", 0, "ten", "a first wait"),
        ("10", 0, "10", "a unit"),
        ("10ms", 4, "", "a clause that says when to give up, such as '10 retries'"),
        ("10ms x2 for", 11, "", "a time limit"),
        ("10ms x2 for 30", 12, "30", "a unit"),
        ("10ms x2 for 30s for 3s", 16, "for", "no second time limit: one is already given"),
        ("10ms x2 within 3s for 30s", 18, "for", "no second time limit"),
        ("10ms x2 5 retries 6 attempts", 18, "6", "no second number of attempts"),
        ("10ms y2 for 3s", 5, "y2", "a clause"),
        ("10ms x2ms for 3s", 6, "2ms", "a factor such as 2, without a unit"),
        ("10ms x0 for 3s", 6, "0", "a factor above 0"),
        ("10ms for 3s on", 14, "", "a Win32 error code"),
        ("10ms for 3s on 5,x", 17, "x", "a Win32 error code"),
        ("10ms for 3s on 0", 15, "0", "from 1 to 65535"),
        ("10ms for 3s on any but", 22, "", "a Win32 error code"),
        ("10ms 0 attempts", 5, "0", "1 to 100,000 attempts"),
        ("10ms 5 turns", 7, "turns", "retries or attempts"),
        ("10ms 2.5 retries", 5, "2.5", "a clause"),
        ("1,2 3 retries", 2, "2", "a unit after the last wait"),
        ("50,100 then 1s", 3, "100", "a unit after the last wait"),
        ("50,100,1s", 3, "50,100,1s", "50s,100s,1s or 50ms,100ms,1s"),
        ("100,50ms", 0, "100,50ms", "100ms,50ms or 100us,50ms"),
        ("1s,1,0,500,2s then 3s for 9s", 7, "1s,1,0,500,2s", "1s,1s,0,500s,2s or 1s,1ms,0,500ms,2s"),
        ("10ms jitter +50..1s 3 retries", 17, "1s", "larger number; 50 is read as 50s"),
        ("10ms x2..1 3 retries", 9, "1", "from the smaller to the larger"),
        ("10ms jitter x1.5..0.5 3 retries", 18, "0.5", "from the smaller to the larger"),
        ("10ms jitter +100..0ms 3 retries", 18, "0ms", "from the smaller to the larger"),
        ("10ms jitter some 3 retries", 12, "some", "x0.5..1.5"),
        ("10ms x1..2 jitter x0..1 3 retries", 11, "jitter", "no jitter"),
        ("1s / retries left", 17, "", "a number for 'retries left', such as '20 retries'"),
        ("1s / retries", 12, "", "left"),
        ("2h 3 retries", 0, "2h", "a duration"),
        ("61min 3 retries", 0, "61min", "at most an hour"),
        ("plain for 3s", 6, "for", "one attempt"),
        ("10ms for 3s;", 12, "", "a first wait"),
        ("10ms for 3s on 5; 1s 3 retries", 16, ";", "errors for the waits after the semicolon"),
        ("10ms for 3s on 5; 1s 3 retries on any", 16, ";", "errors for the waits after the semicolon"),
        ("10ms for 3s on any; 1s 3 retries on any but 5", 18, ";", "one part for the errors that no"),
        ("1s 9 retries on any but 5; 1s 3 retries on any but 32", 25, ";", "one part for the errors"),
        ("1s 9 retries trailing wait on 5; 1s 3 retries on any but 5", 31, ";", "'on any but' first"),
        ("10ms for 3s; 1s 3 retries on 32", 11, ";", "32 is in two"),
        ("10ms for 3s on 5; plain", 16, ";", "waits before and after the semicolon"),
        ("plain; 1s 3 retries on 32", 5, ";", "waits before and after the semicolon"),
        ("10ms for 3s on 5; 1s 3 retries on 32 else copy", 16, ";", "only waits, their end and 'on'"),
        ("1ms x1..2 for 3s on 5; 1s 3 retries on 32", 21, ";", "no waits that grow at random"),
        ("10ms 3 retries while target is gone", 31, "gone", "absent"),
        ("10ms 3 retries deleting target now", 31, "now", "first or on failure"),
        ("10ms 3 retries by", 17, "", "moving files or linking files"),
        ("10ms\t3 retries", 4, "\t3", "a word"),
        ("10ms\n3 retries", 4, "\n3", "a word"),
        ("\u0661ms 3 retries", 0, "\u0661ms", "a duration"),
        ("10ms 3 retries on " + "9" * 100, 18, "9" * 100, "from 1 to 65535"),
        ("10ms 3 retries; rm", 16, "rm", "a first wait"),
    ],
)
def test_a_mistake_is_answered_with_its_place_and_what_was_expected(
    text: str, at: int, found: str, expected: str
) -> None:
    with pytest.raises(NotationError) as refused:
        parse(text)
    error = refused.value
    assert (error.at, error.found) == (at, found)
    assert expected in error.expected
    what = f"found {found!r}" if found else "it ends too early"
    assert f"character {at + 1}: {what}; expected " in error.message
    caret = error.message.splitlines()[-1]
    assert caret == f"  {' ' * at}^"


def test_notation_of_any_length_is_refused_at_once() -> None:
    """A scenario file may come from a stranger; tables show the notation."""
    longest = "10ms 3 retries".ljust(LONGEST)
    assert parse(longest) == parse("10ms 3 retries")
    with pytest.raises(NotationError, match="expected at most 300") as refused:
        parse(longest + " " * 1_000_000)
    assert len(refused.value.message) < 1000


def test_numbers_are_spelled_without_an_exponent() -> None:
    text = "10ms x0.00001 cap 0.00001us 5 retries on 5"
    assert str(parse(text)) == text


def test_a_mistake_is_an_error_of_input() -> None:
    assert issubclass(NotationError, InvalidInputError)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("10ms x2 for 3s", True),
        ("0,1,10ms", True),
        ("0 for 1s on 5", True),
        ("plain in place", True),
        ("plain", False),
        ("graceful-fs", False),
        ("uv-0.5.17", False),
        ("7zip-rename", False),
        ("10ms-things", False),
    ],
)
def test_notation_is_distinguished_from_a_name(text: str, *, is_one: bool) -> None:
    assert is_notation(text) == is_one


@pytest.mark.parametrize("before", ["", "  ", "\t", "1ms,\u3000", "\uff11\uff10 ", "e\u0301 "])
def test_a_mistake_is_pointed_at_below_the_column_where_it_is_shown(before: str) -> None:
    """Wide characters take two columns, combining ones none; a tab is shown as a space."""
    error = NotationError(f"{before}wat", len(before), "a wait")
    _, shown, pointer = error.message.splitlines()
    assert columns(shown[: shown.index("wat")]) == len(pointer) - 1
    assert pointer.endswith("^")


@pytest.mark.parametrize(
    "text", ["10ms 3 retries on 5 32", "10ms on 5,32 33 3 retries", "1ms for 1s on any but 5 32"]
)
def test_codes_without_a_comma_are_said_to_need_one(text: str) -> None:
    with pytest.raises(NotationError, match="expected a comma between codes, such as 5,32"):
        parse(text)


def test_a_number_after_codes_may_begin_a_clause() -> None:
    assert parse("10ms on 5 3 retries") == parse("10ms 3 retries on 5")


def test_the_other_errors_may_have_the_last_part() -> None:
    first = parse("1s 3 retries on any but 5 renames only; 100ms 5 retries on 5; 2s 1 retry on 33")
    assert (
        parse("100ms 5 retries on 5 renames only; 2s 1 retry on 33; 1s 3 retries on any but 5") == first
    )
    assert parse(str(first)) == first


def test_the_names_of_net_may_have_different_waits() -> None:
    spec = parse("100ms 5 retries on UnauthorizedAccessException; 1s 3 retries on IOException")
    answered = {code: schedule(spec.after(code).only_times().strategy("it")) for code in (5, 32, 145)}
    assert answered[5].attempts_ms == (0, 100, 200, 300, 400, 500)
    assert answered[32].attempts_ms == answered[145].attempts_ms == (0, 1000, 2000, 3000)
    assert set(retried_codes(spec.strategy("it"))) == set(MESSAGES)


@pytest.mark.parametrize("text", ['"10ms x2 for 1s', "10ms x2 for 1s'", '10ms "x2" for 1s'])
def test_a_quotation_mark_within_is_named(text: str) -> None:
    with pytest.raises(NotationError, match="one pair is around the whole, for the shell"):
        parse(text)
