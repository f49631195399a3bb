"""Steps are announced with their number and, once one was made, the time left."""

from __future__ import annotations

import time

import pytest

from harness.reproduce.steps_left import StepsLeft


def test_what_is_left_follows_from_the_steps_before(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 60.0, 60.0, 180.0, 180.0, 180.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    said: list[str] = []
    steps = StepsLeft(5, said.append)
    with steps.step("one"):
        pass
    with steps.step("two"):
        pass
    steps.skip()
    with steps.step("four"):
        pass
    # 1 min and four left: 2.5 to 6.4 min; 1.5 min on average and two left: 1.9 to 4.8 min
    assert said == ["1 of 5: one", "2 of 5: two (2 to 7 min left)", "4 of 5: four (1 to 5 min left)"]


def test_a_step_that_fails_is_an_error_as_ever() -> None:
    steps = StepsLeft(1, lambda _: None)
    with pytest.raises(KeyError), steps.step("one"):
        raise KeyError
