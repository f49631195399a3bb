"""The strategy whose files share one budget and what they learn."""

from __future__ import annotations

import random

import pytest

from harness.clock import VirtualClock
from harness.errors import InvalidInputError
from harness.strategy import Attempt, Install, Operation, Strategy, get_strategy
from harness.winerror import win32_error


@pytest.mark.parametrize("strategy", ["10ms 5 retries", "10ms for 30s", "1ms x1..2 for 30s shared"])
def test_a_strategy_without_a_shared_budget_or_that_grows_at_random_is_refused(strategy: str) -> None:
    with pytest.raises(InvalidInputError, match="no budget that all files share"):
        get_strategy("shared-budget", strategy=strategy)


def test_invalid_notation_is_refused_with_the_position() -> None:
    with pytest.raises(InvalidInputError, match="at character 6"):
        get_strategy("shared-budget", strategy="10ms forever")


def waits_ms(strategy: Strategy, install: Install, failures: int) -> list[float]:
    """The waits for one file that fails so many times."""
    clock = VirtualClock()
    left = [failures]

    def call() -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise win32_error(32)

    operation = Operation("rename", "move", "source", "target", call)
    attempt = Attempt(operation, install, clock, random.Random(1), 0)
    waits: list[float] = []
    try:
        operation.attempt()
    except OSError as first:
        for wait_s in strategy.retries(attempt, first):
            waits.append(round(wait_s * 1000, 9))
            clock.sleep(wait_s)
    return waits


def test_a_file_begins_where_the_one_before_was_still_held() -> None:
    strategy, install = get_strategy("shared-budget"), Install()
    assert waits_ms(strategy, install, 4) == [10, 20, 40, 80]  # still held after 70
    assert waits_ms(strategy, install, 0) == []
    assert waits_ms(strategy, install, 2) == [70, 20]  # still held after 70
    assert waits_ms(strategy, install, 3) == [70, 20, 40]  # still held after 90
    assert waits_ms(strategy, install, 1) == [90]


def test_a_first_wait_that_was_enough_is_halved_for_the_next_file() -> None:
    strategy, install = get_strategy("shared-budget"), Install()
    assert waits_ms(strategy, install, 4) == [10, 20, 40, 80]
    halved = [waits_ms(strategy, install, 1) for _ in range(5)]
    assert halved == [[70], [35], [17.5], [10], [10]], "never less than the strategy itself waits"


def test_what_is_learned_has_a_bound() -> None:
    strategy, install = get_strategy("shared-budget"), Install()
    waits_ms(strategy, install, 20)
    assert waits_ms(strategy, install, 1) == [1000]
    unlearning = get_strategy("shared-budget", longest_first_ms=0.0)
    install = Install()
    for _ in range(2):
        assert waits_ms(unlearning, install, 4) == [10, 20, 40, 80]


def test_another_install_starts_without_experience() -> None:
    strategy = get_strategy("shared-budget")
    assert waits_ms(strategy, Install(), 5)[-1] == 160
    assert waits_ms(strategy, Install(), 1) == [10]


def test_the_waits_of_all_files_count_towards_the_budget() -> None:
    strategy = get_strategy("shared-budget", strategy="100ms for 1s shared on 32", longest_first_ms=0.0)
    install = Install()
    assert waits_ms(strategy, install, 4) == [100] * 4
    assert waits_ms(strategy, install, 3) == [100] * 3
    with pytest.raises(PermissionError):
        waits_ms(strategy, install, 5)  # 9 waits in all are less than a second
    assert install.waited_s == pytest.approx(0.9)
