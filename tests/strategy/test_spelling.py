"""What people write for a strategy is understood where its meaning is clear, or answered with a hint."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InvalidInputError
from harness.strategy.catalogue import entries
from harness.strategy.error_names import ITEM, NAMES, of_item
from harness.strategy.nearest import nearest
from harness.strategy.notation import NotationError, is_notation, parse
from harness.strategy.spelling import respelled
from harness.winerror import win32_error


@pytest.mark.parametrize(
    ("written", "means"),
    [
        # units
        ("100 ms 5 retries", "100ms 5 retries"),
        ("100 milliseconds, 5 retries", "100ms 5 retries"),
        ("500us 5 retries", "500us 5 retries"),
        ("500 µs 5 retries", "500us 5 retries"),
        (".5s for 1m", "500ms for 60s"),
        ("1 sec for 30 Seconds", "1s for 30s"),
        ("100ms for 2 minutes", "100ms for 2min"),
        ("10 ms x2 cap 250 ms for 30 s", "10ms x2 cap 250ms for 30s"),
        # counts
        ("5x400ms", "400ms 5 retries"),
        ("5 \u00d7 400 ms", "400ms 5 retries"),
        ("100ms*5", "100ms 5 retries"),
        ("100ms x 5 retries", "100ms 5 retries"),
        ("10 retries 50ms", "50ms 10 retries"),
        ("10 attempts, 50ms", "50ms 9 retries"),
        ("10 retries of 50ms", "50ms 10 retries"),
        ("retry 10 times every 100ms", "100ms 10 retries"),
        ("every 100ms, up to 10 attempts", "100ms 9 retries"),
        ("100ms, max 10 tries", "100ms 9 retries"),
        # waits
        ("exponential 50ms 10 retries", "50ms x2 10 retries"),
        ("exponential backoff from 50ms, 10 retries", "50ms x2 10 retries"),
        ("50ms exponential, capped at 1s, 10 retries", "50ms x2 cap 1s 10 retries"),
        ("50ms doubling max delay 1s for 30s", "50ms x2 cap 1s for 30s"),
        ("50ms factor 3 for 30s", "50ms x3 for 30s"),
        ("50ms * 2 10 retries", "50ms x2 10 retries"),
        ("1s linear 5 retries", "1s +1s 5 retries"),
        ("linear 10ms for 1s", "10ms +10ms for 1s"),
        ("fixed 100ms 5 retries", "100ms 5 retries"),
        # jitter
        ("50ms x2 10 retries full jitter", "50ms x2 jitter x0..1 10 retries"),
        ("50ms x2 10 retries, jitter full", "50ms x2 jitter x0..1 10 retries"),
        ("50ms x2 10 retries equal jitter", "50ms x2 jitter x0.5..1 10 retries"),
        ("50ms x2 10 retries jitter 50%", "50ms x2 jitter x0.5..1.5 10 retries"),
        ("50ms x2 10 retries with 0% jitter", None),
        ("50ms x2 10 retries ±25 % jitter", "50ms x2 jitter x0.75..1.25 10 retries"),
        ("50ms x2 10 retries no jitter", "50ms x2 10 retries"),
        # limits
        ("10ms x2 for 30s per install", "10ms x2 for 30s shared"),
        ("10ms x2 5 retries per file", "10ms x2 5 retries"),
        ("10ms x2 for max 30s", "10ms x2 within 30s"),
        ("10ms x2 max 30s total", "10ms x2 within 30s"),
        ("10ms x2, 5s budget", "10ms x2 within 5s"),
        ("for 30s, every 200ms", "200ms for 30s"),
        # promise-retry, backon and tenacity: the longest wait
        ("100ms x2 max 2s 5 retries on 5", "100ms x2 cap 2s 5 retries on 5"),
        ("100ms x2 up to 2s for 30s", "100ms x2 cap 2s for 30s"),
        # lists of waits
        ("25ms, then 50ms", "25ms,50ms"),
        ("25ms, then 50ms 5 retries", "25ms then 50ms 5 retries"),
        ("5 times across 10, 25, 50 and 100 ms", "10,25,50,100ms"),
        ("4 retries over 10, 25, 50 and 100 ms", "10,25,50,100ms"),
        # options of libraries
        ("{retries: 5, factor: 2, minTimeout: 100, maxTimeout: 2000}", "100ms x2 cap 2s 5 retries"),
        ("{retries: 5, maxRetryTime: 9000} on EPERM", "1s x2 5 retries for 9s on 5,1314"),
        ("max 10 retries, min 100ms, max 10s, factor 2", "100ms x2 cap 10s 10 retries"),
        # several habits at once
        ("retry every 200ms for 30 seconds", "200ms for 30s"),
        ("ExponentialBackoff 100ms..2s, 5 retries", "100ms x2 cap 2s 5 retries"),
        ("exponential backoff (1ms doubling to 50ms, 2s budget)", "1ms x2 cap 50ms within 2s"),
        ("60s wall-clock timeout with linear backoff (100ms steps)", "100ms +100ms within 60s"),
        ("10 attempts, 50 ms, full jitter, on EPERM", "50ms jitter x0..1 9 retries on 5,1314"),
    ],
)
def test_what_people_write(written: str, means: str | None) -> None:
    if means is None:
        with pytest.raises(InvalidInputError):
            parse(written)
    else:
        assert parse(written) == parse(means)
        assert is_notation(written)


@pytest.mark.parametrize(
    ("errors", "codes"),
    [
        ("EPERM,EACCES,EBUSY", "5,1314,32,33"),
        ("EBUSY | EPERM", "32,33,5,1314"),
        ("eperm and ebusy", "5,1314,32,33"),
        ("PermissionError", "5,32,33"),
        ("PermissionDenied", "5"),
        ("permission denied", "5"),
        ("UnauthorizedAccessException", "5"),
        ("IOException", "any but 5"),
        ("IOException or UnauthorizedAccessException", "any"),
        ("os error 5", "5"),
        ("os error 5, os error 32", "5,32"),
        ("WinError 32", "32"),
        ("error code 5", None),
        ("code 5 or 32", "5,32"),
        ("0x80070005", "5"),
        ("0x80070020/0x5", "32,5"),
        ("0xC0000043", "32"),
        ("STATUS_DELETE_PENDING", "5"),
        ("access denied, sharing violation", "5,32"),
        ("ERROR_SHARING_VIOLATION", "32"),
        ("5, 32, 33", "5,32,33"),
        ("any but EPERM", "any but 5,1314"),
        ("EACCES", None),
        ("0xDEADBEEF", None),
        ("ENOSUCHNAME", None),
    ],
)
def test_names_of_errors(errors: str, codes: str | None) -> None:
    written = f"10ms x2 for 30s on {errors}"
    if codes is None:
        with pytest.raises(InvalidInputError):
            parse(written)
    else:
        assert parse(written) == parse(f"10ms x2 for 30s on {codes}")
        assert parse(f"{written}, cap 1s") == parse(f"10ms x2 cap 1s for 30s on {codes}")


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("2s until writable", "say for how long"),
        ("1s 10 retries on 32 then 5s for 60s on 5", "other waits come after a semicolon"),
        ("10ms x2 for UV_FILE_MOVE_RETRY_TIMEOUT", "write the value"),
        ("10ms x2 for 30s on EACCES", "Node calls 5 EPERM"),
        ("10ms x2 max 5s", "the longest wait, `cap 5s`, or the longest time, `within 5s`"),
        ("100ms max 2s 5 retries", "the longest wait, `cap 2s`, or the longest time, `within 2s`"),
        ("up to 3 attempts with a minimal delay", "`10ms 3 attempts`"),
        ("eight attempts over ~3.2s", "`400ms 8 attempts`"),
        (
            "retries up to 5 times with backoff (500ms-2s, ~5s total)",
            "`500ms x2 cap 2s 5 retries within 5s`",
        ),
        ("0.5s grace on access denied", "`10ms for 500ms on 5`"),
        ("7 times across 10, 25, 50 and 100 ms", "`10ms,25ms,50ms then 100ms 7 retries`"),
        ("{retries: 5, minTimeout: 100, randomize: true}", "`10ms 10 retries`"),
    ],
)
def test_what_cannot_be_said_has_a_hint(written: str, hint: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse(written)
    assert hint in (caught.value.hint or "")


def test_python_s_names_are_what_python_raises_on_windows() -> None:
    for name in ("PermissionError", "FileExistsError", "FileNotFoundError"):
        for code in NAMES[name].codes:
            assert type(win32_error(code)).__mro__[2].__name__ == name
    # PEP 3151: PermissionError is EACCES or EPERM
    assert {win32_error(code).errno for code in NAMES["PermissionError"].codes} == {errno.EACCES}


def test_every_name_is_found_in_any_case() -> None:
    for name, found in NAMES.items():
        for written in (name, name.upper(), name.lower()):
            match = ITEM.fullmatch(written)
            assert match is not None
            assert of_item(match) == found


@pytest.mark.parametrize(
    "label", ["four attempts, 150 ms", "six retries, 2.5 s", "30 s instead of 10 s"]
)
def test_a_label_in_words_is_no_notation(label: str) -> None:
    """A label may not be the name of another strategy; shipped scenarios have these."""
    with pytest.raises(NotationError):
        parse(label)


@pytest.mark.parametrize("name", sorted(entries()))
def test_no_name_of_the_catalogue_is_taken_for_notation(name: str) -> None:
    assert not is_notation(name)
    assert parse(str(entries()[name].spec)) == entries()[name].spec


@pytest.mark.parametrize(
    ("written", "found"),
    [("exponential backoff, 16 attempts", "exponential"), ("16 attempts, 50 ms, soon", "16")],
)
def test_a_mistake_is_shown_in_the_text_that_was_typed(written: str, found: str) -> None:
    with pytest.raises(NotationError) as caught:
        parse(written)
    assert caught.value.text == written
    assert written[caught.value.at :].startswith(found)
    assert "16ms" not in caught.value.message


WORDS = [
    "for",
    "within",
    "max",
    "cap",
    "on",
    "retries",
    "attempts",
    "times",
    "and",
    "total",
    "x2",
    "exponential",
    "5",
    "32",
    "16",
    "100ms",
    "0.5s",
    "~2s",
]


@given(st.lists(st.sampled_from([*WORDS, ",", "(", ")", "and", "0", "99999999min"]), max_size=12))
def test_the_nearest_notation_is_notation(words: list[str]) -> None:
    """It is read without an error."""
    parse(nearest(" ".join(words)))


@given(st.text(alphabet="0123456789 msx*,.%±onEPRMfulljitterretries", max_size=60))
def test_respelling_ends(text: str) -> None:
    once = respelled(text)
    assert len(once) <= 4 * len(text) + 40
