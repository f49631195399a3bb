"""What people write for a strategy is understood where its meaning is clear, or answered with a hint."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InvalidInputError
from harness.strategy.catalogue import entries
from harness.strategy.error_names import ITEM, NAMES, of_item
from harness.strategy.notation import is_notation, parse
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
        ("10ms x2 max 5s", "10ms x2 within 5s"),
        # several habits at once
        ("10 attempts, 50 ms, full jitter, on EPERM", "50ms jitter x0..1 9 retries on 5"),
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
        ("EPERM,EACCES,EBUSY", "5,32,33"),
        ("EBUSY | EPERM", "32,33,5"),
        ("eperm and ebusy", "5,32,33"),
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
        ("any but EPERM", "any but 5"),
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


@pytest.mark.parametrize("name", sorted(entries()))
def test_no_name_of_the_catalogue_is_taken_for_notation(name: str) -> None:
    assert not is_notation(name)
    assert parse(str(entries()[name].spec)) == entries()[name].spec


@given(st.text(alphabet="0123456789 msx*,.%±onEPRMfulljitterretries", max_size=60))
def test_respelling_ends(text: str) -> None:
    once = respelled(text)
    assert len(once) <= 4 * len(text) + 40
