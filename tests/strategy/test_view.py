"""The one view of a strategy: of notation, of the catalogue, of what has parameters, and of code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidInputError
from harness.strategy.lookup import catalogued, find, in_source, view_of
from harness.winerror import MESSAGES

if TYPE_CHECKING:
    from harness.strategy.view import StrategyView

CODE = """
from tenacity import stop_after_attempt, wait_fixed
from harness.strategy import Strategy, retry_if_any_oserror, retry_if_winerror, strategy

@strategy("any-error")
def any_error(*, attempts: int = 2) -> Strategy:
    '''Retry everything.

    Twice.'''
    return Strategy("any-error", retry_if_any_oserror(), wait_fixed(1), stop_after_attempt(attempts))

@strategy("once")
def once() -> Strategy:
    return Strategy("once", retry_if_winerror(5), stop=stop_after_attempt(1))
"""


def test_a_view_of_code_has_no_spec_and_answers_by_its_loop() -> None:
    coded = in_source(CODE, "mine.py")
    view = coded["any-error"]
    assert (view.spec, view.notation, view.explanation) == (None, None, [])
    assert (view.retries, view.summary, view.operation) == ("any", "Retry everything.", "any")
    assert view.codes == tuple(MESSAGES)
    assert view.times.budget_ms.median == 1000
    assert view.with_parameters({"attempts": 4}).times.budget_ms.median == 3000
    assert view.with_parameters({"attempts": 4}).parameters == {"attempts": 4}
    assert coded["once"].retries == "nothing"
    with pytest.raises(InvalidInputError, match="made of code"):
        view.required_spec  # noqa: B018


def test_a_view_of_notation_explains_it() -> None:
    view = find("10ms x2 3 retries on 5")
    assert (view.origin, view.summary, view.entry) == ("notation", "10ms x2 3 retries on 5", None)
    assert (view.description, view.explanation[0]) == (
        "",
        "Waits 10 ms, doubling each time.",
    )
    assert view.retries_code(5)
    assert not view.retries_code(32)


def test_a_view_of_the_catalogue_has_its_entry_and_its_system() -> None:
    view = find("uv-backon-9")
    assert view.entry is not None
    assert view.system is not None
    assert (view.entry.id, view.system.title, view.operation) == ("uv-backon-9", "uv", "rename")
    assert view.summary == view.notation == "10ms x2 9 retries on 5 renames only"


def test_what_has_parameters_has_its_description_as_its_summary() -> None:
    view = view_of("fixed-sleep", wait_ms=5.0, max_attempts=3)
    assert view.parameters == {"wait_ms": 5.0, "max_attempts": 3, "codes": (5, 32, 33)}
    assert view.notation == "5ms 2 retries on 5,32,33"
    assert view.summary == "Wait `wait_ms` after each failure, `max_attempts` attempts in all."


def test_an_existing_target_matters_only_to_those_that_look() -> None:
    over = find("graceful-fs-60s").times_over_target
    assert over is not None
    assert over.attempts.most == 1
    assert find("exponential").times_over_target is None


@pytest.mark.parametrize("view", catalogued(), ids=lambda view: view.name)
def test_the_codes_that_the_loop_retries_are_those_of_the_notation(view: StrategyView) -> None:
    spec = view.required_spec
    expected = set()
    if spec.waits is not None and spec.retries != 0:
        expected = {
            code for code in MESSAGES if spec.codes is None or (code in spec.codes) != spec.all_but
        }
    assert set(view.codes) == expected
