"""Options of a run: checked where they are made, and spelled as they are declared."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from harness.errors import InvalidInputError
from harness.run.options import DECLARED, RunOptions, factor_values, seconds


def test_every_option_is_spelled_on_the_command_line_and_has_help() -> None:
    assert all(option.flag.name.startswith("--") and option.flag.help for option in DECLARED)


def test_arguments_spell_options_as_a_person_would() -> None:
    options = RunOptions(
        blocks=3,
        seed=0,
        strategies=["plain", "10ms x2 for 30s"],
        factors={"path_style": ["plain", "verbatim"]},
        long_holds=True,
    )
    assert options.to_argv() == [
        *("--blocks", "3", "--seed", "0", "--strategy", "plain", "--strategy", "10ms x2 for 30s"),
        *("--factor", "path_style=plain,verbatim", "--long-holds"),
    ]


def test_defaults_are_not_spelled() -> None:
    assert RunOptions().to_argv() == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("blocks", 0, "--blocks: found 0; expected at least 1"),
        ("blocks", "3", "--blocks: found '3'; expected a whole number"),
        ("max_time_s", 0.0, "--max-time: found 0.0; expected a number above 0"),
        ("strategies", "plain", "--strategy: found 'plain'"),
        ("factors", ["a"], "--factor: found"),
        ("allow_code", "yes", "--allow-code: found 'yes'"),
        ("seed", -1, "--seed: found -1; expected at least 0"),
        ("seed", 10**18, "--seed: found 1000000000000000000; expected a number below"),
        ("seed", 10**4000, "--seed: found a whole number of more than 64 bits"),
        ("blocks", 1_000_001, "--blocks: found 1000001; expected at most 1000000"),
        ("blocks", 10**4000, "--blocks: found a whole number of more than 64 bits"),
        ("max_time_s", float("inf"), "--max-time: found inf; expected a finite number"),
        ("max_time_s", float("nan"), "--max-time: found nan; expected a finite number"),
        ("max_time_s", 1e308, "--max-time: found 1e+308; expected at most 2592000"),
    ],
)
def test_a_value_that_an_option_cannot_have_is_refused_by_its_name(
    name: str, value: Any, words: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        RunOptions(**{name: value})
    assert caught.value.message.startswith(words)


def test_options_are_the_same_after_a_journey_as_json() -> None:
    adapter = TypeAdapter(RunOptions)
    options = RunOptions(
        blocks=3, strategies=["plain"], factors={"location": ["%TEMP%"]}, results="C:\\my results"
    )
    after = adapter.validate_json(adapter.dump_json(options))
    assert after.to_argv() == options.to_argv()


@pytest.mark.parametrize(
    ("text", "value"), [("90s", 90), ("90", 90), ("1.5m", 90), ("2 min", 120), (" 1h ", 3600)]
)
def test_times_are_read_in_the_units_that_people_write(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["soon", "0s", "-1m", "1d", "", "721h", "9" * 400, f"0.{'0' * 400}1s"])
def test_a_time_that_is_none_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InvalidInputError, match="such as 90s, 10m or 2h") as refused:
        seconds(text)
    assert len(refused.value.message) < 200


@given(
    st.dictionaries(
        st.text("abc_", min_size=1), st.lists(st.text("xyz:\\%", min_size=1), min_size=1, max_size=4)
    )
)
def test_factors_are_read_back_as_they_were_written(factors: dict[str, list[str]]) -> None:
    options = [f"{name}={','.join(values)}" for name, values in factors.items()]
    assert factor_values(options) == factors


def test_a_factor_that_is_given_twice_has_the_values_of_both() -> None:
    assert factor_values(["a=x,y", "b=z", "a = w "]) == {"a": ["x", "y", "w"], "b": ["z"]}


@pytest.mark.parametrize(
    "option", ["path_style", "path_style=", "path_style=plain,", "path_style=,plain"]
)
def test_an_option_that_is_no_factor_is_refused_with_an_example(option: str) -> None:
    with pytest.raises(InvalidInputError, match="expected KEY=VALUE,VALUE such as") as caught:
        factor_values([option])
    assert repr(option) in caught.value.message
