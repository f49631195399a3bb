"""How values are written for people."""

from __future__ import annotations

import math
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli import run
from harness.run import payloads
from harness.run.options import RunOptions
from harness.text import (
    assumed_calls,
    available,
    by_place,
    figures,
    in_order,
    milliseconds,
    ordinal,
    percent,
    points,
    printable,
    quoted,
    size,
    time_range,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.3, "0.3 ms"),
        (30.9, "30.9 ms"),
        (5113.0, "5.11 s"),
        (318_000, "318 s"),
        (math.inf, "not reached"),
        (None, "-"),
    ],
)
def test_times_have_three_figures_and_a_unit(value: float | None, text: str) -> None:
    assert milliseconds(value) == text


@pytest.mark.parametrize(
    ("value", "down", "nearest", "up"),
    [
        (2.796, "2.79 ms", "2.8 ms", "2.8 ms"),
        (2.801, "2.8 ms", "2.8 ms", "2.81 ms"),
        (5113.0, "5.11 s", "5.11 s", "5.12 s"),
        (318_400.0, "318 s", "318 s", "319 s"),
        (0.0, "0 ms", "0 ms", "0 ms"),
    ],
)
def test_bounds_of_times_are_rounded_outward(value: float, down: str, nearest: str, up: str) -> None:
    assert milliseconds(value, "down") == down
    assert milliseconds(value) == nearest
    assert milliseconds(value, "up") == up


@pytest.mark.parametrize(
    ("share", "down", "nearest", "up"),
    [
        (0.1611, "16.1", "16.1", "16.2"),
        (0.05, "5.0", "5.0", "5.0"),  # which binary cannot represent
        (0.29, "29.0", "29.0", "29.0"),  # nor this: 100 times it is below 29
        (0.0001, "0.010", "0.010", "0.010"),
        (1.7e-7, "0.000017", "0.000017", "0.000017"),
        (0.00010043, "0.010", "0.010", "0.011"),
        (0.99996, "99.9960", "99.9960", "99.9960"),
        (0, "0", "0", "0"),
        (1, "100", "100", "100"),
    ],
)
def test_bounds_of_shares_are_rounded_outward(share: float, down: str, nearest: str, up: str) -> None:
    assert [percent(share, "down"), percent(share), percent(share, "up")] == [down, nearest, up]


@given(st.floats(0, 1e6))
def test_what_is_shown_encloses_the_value(value: float) -> None:
    least, most = (float(figures(value, way).replace(",", "")) for way in ("down", "up"))
    assert least * (1 - 1e-11) <= value <= most * (1 + 1e-11)
    assert most - least <= max(value / 90, 1.1e-12)


def test_differences_of_shares_have_a_sign() -> None:
    assert [points(share) for share in (0.0155, -0.0004, 0, -0.25)] == ["+1.6", "+0.0", "+0.0", "-25.0"]
    assert [points(0.0101, "down"), points(0.0101, "up")] == ["+1.0", "+1.1"]
    assert [points(-0.0101, "down"), points(-0.0101, "up")] == ["-1.1", "-1.0"]


def test_shares_sizes_and_lengths_of_time_are_short() -> None:
    assert [percent(share) for share in (0, 0.0049, 0.5, 1)] == ["0", "0.5", "50.0", "100"]
    assert [size(count) for count in (12, 57_400_000, 2e9)] == ["12 B", "57.4 MB", "2 GB"]


@pytest.mark.parametrize(
    ("low_s", "high_s", "expected"),
    [
        (0.2, 0.9, "about a second"),
        (0.2, 8.1, "up to 9 s"),
        (3.9, 8.1, "3 to 9 s"),
        (10, 10, "10 s"),
        (40.9, 130, "40 s to 3 min"),
        (0, 130, "up to 3 min"),
        (125, 170, "2 to 3 min"),
        (1800, 7201, "30 min to 3 h"),
        (7200, 7200, "2 h"),
        (7200, 36_000, "2 to 10 h"),
    ],
)
def test_a_range_of_time_is_rounded_outward(low_s: float, high_s: float, expected: str) -> None:
    assert time_range(low_s, high_s) == expected


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (r"results\20260101-one", r"results\20260101-one"),
        (r"C:\Users\Jürgen 太郎\results\one", '"C:\\Users\\Jürgen 太郎\\results\\one"'),
        ("D:\\my results\\", '"D:\\my results\\\\"'),
    ],
)
def test_a_path_in_a_command_is_quoted_as_the_shells_of_windows_read_it(
    monkeypatch: pytest.MonkeyPatch, path: str, shown: str
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert quoted(path) == shown


def test_commands_to_go_on_are_quoted_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    plan: Any = SimpleNamespace(run="one")
    options = RunOptions(results="my results")
    command = f'harness run --resume "{Path("my results", "one")}"'
    assert run._resume_command(plan, None, options) == command
    loaded: Any = SimpleNamespace(shipped=False, folder=Path("my files"), name="made")
    assert payloads._generated(loaded) == f'"{Path("my files", "made")}.toml:generated"'


@given(st.text())
def test_a_path_in_a_command_is_one_word_to_other_shells(path: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "platform", "linux")
        assert shlex.split(quoted(path)) == [path]


@given(st.text())
def test_text_from_a_file_reaches_no_terminal_as_a_control_sequence(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert all(character.isprintable() or character == "\n" for character in shown)


def test_an_escape_sequence_is_made_visible() -> None:
    assert printable("\x1b]0;owned\x07 ok") == "?]0;owned? ok"


def test_an_unknown_name_is_answered_with_the_nearest_and_all_names() -> None:
    assert available("Wnie", ["ntfs", "wine"]) == "Did you mean wine? Available: ntfs, wine."
    assert available("linux", ["ntfs", "wine"]) == "Available: ntfs, wine."


@given(st.floats(1e-9, 1e15))
def test_no_number_has_an_exponent(value: float) -> None:
    written = [
        figures(value),
        milliseconds(value),
        size(value),
        percent(min(value, 1)),
        assumed_calls(9, value),
    ]
    assert not any("e" in text.replace("(assumed)", "") for text in written)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        *[(1, "first"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th")],
        *[(21, "21st"), (72, "72nd"), (103, "103rd"), (111, "111th"), (1012, "1,012th")],
    ],
)
def test_places_are_spelled_as_in_english(number: int, words: str) -> None:
    assert ordinal(number) == words


def test_a_time_that_is_only_calls_says_that_their_length_is_assumed() -> None:
    assert assumed_calls(896, 0.3) == "896 calls x 0.3 ms (assumed)"
    assert assumed_calls(1, 2) == "1 call x 2 ms (assumed)"


def test_numbers_in_texts_are_ordered_by_their_value() -> None:
    """Values of a factor, as columns of frames and rows of tables have them."""
    texts = ["pause_ms=15000", "pause_ms=0", "b", "pause_ms=2000", "pause_ms=0.5", "", "pause_ms=00"]
    ordered = ["", "b", "pause_ms=0", "pause_ms=00", "pause_ms=0.5", "pause_ms=2000", "pause_ms=15000"]
    assert sorted(texts, key=in_order) == ordered


def test_names_without_a_place_come_last_by_name() -> None:
    names = ["a", "x", "first", "b", "second"]
    assert sorted(names, key=by_place(["first", "second", "first"])) == [
        "first",
        "second",
        "a",
        "b",
        "x",
    ]
