"""Notation with parameters: the shipped strategies that can be tuned, against tenacity's own parts."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenacity import stop_after_attempt, wait_exponential, wait_fixed

from harness.errors import InvalidInputError
from harness.strategy import (
    Strategy,
    get_strategy,
    retry_if_winerror,
    schedule,
    stop_before_time,
    wait_scaled,
)
from harness.strategy.notation import NotationError
from harness.strategy.template import Template
from harness.strategy.tree_methods import METHODS, MethodName

AVOIDING: dict[str, MethodName] = {
    "move-files": "by moving files",
    "link-files": "by linking files",
    "in-place": "in place",
}
JITTER = {"full": (0.0, 1.0), "equal": (0.5, 1.0), "spread": (0.5, 1.5)}
milliseconds = st.floats(1e-3, 3_600_000) | st.integers(1, 1000)


# the shipped templates


@given(
    initial_ms=milliseconds,
    factor=st.floats(1, 100),
    cap_ms=milliseconds,
    jitter=st.sampled_from(["none", "full", "equal", "spread"]),
    max_attempts=st.integers(1, 12),
    max_time_ms=st.none() | milliseconds,
    codes=st.lists(st.integers(1, 0xFFFF), min_size=1, max_size=200),
)
def test_exponential_is_what_tenacity_makes_of_its_parameters(
    jitter: str, codes: list[int], **given_ms: Any
) -> None:
    made = get_strategy("exponential", jitter=jitter, codes=codes, **given_ms)
    wait: Any = wait_exponential(
        multiplier=given_ms["initial_ms"] / 1000,
        exp_base=given_ms["factor"],
        max=given_ms["cap_ms"] / 1000,
    )
    if jitter != "none":
        wait = wait_scaled(wait, *JITTER[jitter])
    stop: Any = stop_after_attempt(given_ms["max_attempts"])
    if given_ms["max_time_ms"] is not None:
        stop = stop | stop_before_time(given_ms["max_time_ms"] / 1000)
    by_hand = Strategy("exponential", retry_if_winerror(*codes), wait, stop)
    for code in (codes[0], codes[-1], 5):
        assert schedule(made, code=code, seed=3) == schedule(by_hand, code=code, seed=3)


@given(wait_ms=milliseconds | st.just(0), max_attempts=st.integers(1, 12))
def test_fixed_sleep_is_what_tenacity_makes_of_its_parameters(wait_ms: float, max_attempts: int) -> None:
    made = get_strategy("fixed-sleep", wait_ms=wait_ms, max_attempts=max_attempts)
    stop = stop_after_attempt(max_attempts)
    by_hand = Strategy("fixed-sleep", retry_if_winerror(5, 32, 33), wait_fixed(wait_ms / 1000), stop)
    assert schedule(made) == schedule(by_hand)


@pytest.mark.parametrize(("name", "method"), AVOIDING.items())
def test_a_method_is_added_to_the_notation_that_is_given(name: str, method: MethodName) -> None:
    assert get_strategy(name).method is METHODS[method]
    given_notation = get_strategy(name, strategy="7ms 2 retries on 5")
    assert (given_notation.name, given_notation.method) == (name, METHODS[method])
    assert schedule(given_notation, code=5).attempts_ms == (0, 7, 14)
    assert schedule(given_notation, code=32).attempts_ms == (0,)


@pytest.mark.parametrize("name", AVOIDING)
def test_the_notation_that_is_given_must_not_have_a_method(name: str) -> None:
    with pytest.raises(InvalidInputError, match="no second way to move a tree"):
        get_strategy(name, strategy="10ms 2 retries in place")


@pytest.mark.parametrize("name", [*AVOIDING, "notation"])
def test_invalid_notation_is_refused_with_the_position_in_it(name: str) -> None:
    with pytest.raises(NotationError, match="at character 6") as refused:
        get_strategy(name, strategy="10ms forever")
    assert refused.value.text == "10ms forever"


def test_the_parameters_of_a_template_are_those_of_a_function() -> None:
    parameters = inspect.signature(EXAMPLE.maker()).parameters
    assert {name: each.default for name, each in parameters.items()} == {
        "wait_ms": 10.0,
        "mode": "hasty",
        "cap_ms": None,
        "codes": (5,),
    }


# any template

EXAMPLE = Template(
    "{wait_ms} x2 [cap {cap_ms}] {mode} on {codes}",
    {
        "wait_ms": {"type": "ms", "default": 10.0, "above": 0},
        "mode": {"default": "hasty", "choices": {"hasty": "2 retries", "patient": "9 retries"}},
        "cap_ms": {"type": "ms", "most": 1000},
        "codes": {"type": "codes", "default": [5]},
    },
)


@pytest.mark.parametrize(
    ("values", "notation"),
    [
        ({}, "10ms x2 2 retries on 5"),
        ({"cap_ms": 50.0}, "10ms x2 cap 50ms 2 retries on 5"),
        ({"mode": "patient", "codes": (5, 32)}, "10ms x2 9 retries on 5,32"),
        ({"wait_ms": 0.25}, "250us x2 2 retries on 5"),
    ],
)
def test_a_part_in_brackets_drops_out_without_a_value(values: dict[str, Any], notation: str) -> None:
    assert str(EXAMPLE.spec(**values)) == notation


def test_parameters_that_make_invalid_notation_are_refused_with_what_they_make() -> None:
    template = Template("{strategy} for 1s", {"strategy": {"type": "notation", "default": "1ms for 1s"}})
    with pytest.raises(
        InvalidInputError, match=r"1ms for 1s on 5,32,33 for 1s.*no second time limit"
    ) as refused:
        template.spec()
    assert "{strategy} for 1s" in (refused.value.hint or "")
