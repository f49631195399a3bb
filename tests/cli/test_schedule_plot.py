"""Schedules drawn as text."""

from __future__ import annotations

from harness.cli.schedule_plot import text_plot
from harness.strategy import get_strategy, schedule


def test_marks_stand_above_a_logarithmic_axis() -> None:
    marks, axis, labels = text_plot(schedule(get_strategy("10ms x2 3 retries")), width=40).split("\n")
    assert marks.count("|") == 4
    assert marks[0] == "|"
    assert axis.startswith("+--+")
    assert labels.split() == ["0", "1ms", "10ms", "100ms"]


def test_attempts_in_one_column_are_counted() -> None:
    assert text_plot(schedule(get_strategy("0 4 retries"))).startswith("5")
    assert text_plot(schedule(get_strategy("0 40 retries"))).startswith("#")


def test_a_minute_has_an_axis_in_seconds() -> None:
    assert "100s" in text_plot(schedule(get_strategy("graceful-fs-60s")))
