"""Win32 codes and the errors that carry them, against tables that others wrote."""

from __future__ import annotations

import errno
import pickle
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import winerror
from harness.winerror import (
    GONE,
    MESSAGES,
    REPLACE_FILE_CODES,
    VIRUS_CODES,
    VOLUME_CODES,
    Win32Error,
    code_behind,
    virus_verdict,
    win32_error,
    winerror_of,
)

# Microsoft, "System Error Codes (0-499)", "(1000-1299)" and "(1300-1699)": value, name and text.
# https://learn.microsoft.com/windows/win32/debug/system-error-codes
MICROSOFT = {
    "INVALID_FUNCTION": (1, "Incorrect function"),
    "FILE_NOT_FOUND": (2, "The system cannot find the file specified"),
    "PATH_NOT_FOUND": (3, "The system cannot find the path specified"),
    "ACCESS_DENIED": (5, "Access is denied"),
    "NOT_SAME_DEVICE": (17, "The system cannot move the file to a different disk drive"),
    "SHARING_VIOLATION": (
        32,
        "The process cannot access the file because it is being used by another process",
    ),
    "LOCK_VIOLATION": (
        33,
        "The process cannot access the file because another process has locked a portion of the file",
    ),
    "NOT_SUPPORTED": (50, "The request is not supported"),
    "PRIVILEGE_NOT_HELD": (1314, "A required privilege is not held by the client"),
    "CANT_ACCESS_FILE": (1920, "The file cannot be accessed by the system"),
    "FILE_EXISTS": (80, "The file exists"),
    "INVALID_PARAMETER": (87, "The parameter is incorrect"),
    "OPEN_FAILED": (110, "The system cannot open the device or file specified"),
    "DIR_NOT_EMPTY": (145, "The directory is not empty"),
    "BUSY": (170, "The requested resource is in use"),
    "ALREADY_EXISTS": (183, "Cannot create a file when that file already exists"),
    "VIRUS_INFECTED": (
        225,
        (
            "Operation did not complete successfully because the file contains a virus or "
            "potentially unwanted software"
        ),
    ),
    "VIRUS_DELETED": (
        226,
        (
            "This file contains a virus or potentially unwanted software and cannot be opened. Due to "
            "the nature of this virus or potentially unwanted software, the file has been removed from "
            "this location"
        ),
    ),
    "UNABLE_TO_REMOVE_REPLACED": (1175, "Unable to remove the file to be replaced"),
    "UNABLE_TO_MOVE_REPLACEMENT": (
        1176,
        (
            "Unable to move the replacement file to the file to be replaced. The file to be replaced "
            "has retained its original name"
        ),
    ),
    "UNABLE_TO_MOVE_REPLACEMENT_2": (
        1177,
        (
            "Unable to move the replacement file to the file to be replaced. The file to be replaced "
            "has been renamed using the backup name"
        ),
    ),
    "USER_MAPPED_FILE": (
        1224,
        "The requested operation cannot be performed on a file with a user-mapped section open",
    ),
}

NOT_ASKED = VIRUS_CODES | VOLUME_CODES | REPLACE_FILE_CODES

# CPython, PC/errmap.h (`winerror_to_errno`): what OSError.errno is on Windows. Codes that are not
# listed there, like 110, 170, 225 and 1224, are EINVAL.
CPYTHON = {
    1: errno.EINVAL,
    2: errno.ENOENT,
    3: errno.ENOENT,
    5: errno.EACCES,
    17: errno.EXDEV,
    32: errno.EACCES,
    33: errno.EACCES,
    50: errno.EINVAL,
    1314: errno.EINVAL,
    1920: errno.EINVAL,
    80: errno.EEXIST,
    87: errno.EINVAL,
    110: errno.EINVAL,
    145: errno.ENOTEMPTY,
    170: errno.EINVAL,
    183: errno.EEXIST,
    225: errno.EINVAL,
    226: errno.EINVAL,
    1175: errno.EINVAL,
    1176: errno.EINVAL,
    1177: errno.EINVAL,
    1224: errno.EINVAL,
}

# Python's own subclasses: "Built-in Exceptions", "OS exceptions".
PYTHON: dict[int, type[OSError]] = {
    errno.EACCES: PermissionError,
    errno.ENOENT: FileNotFoundError,
    errno.EEXIST: FileExistsError,
}


@pytest.mark.parametrize("name", MICROSOFT)
def test_codes_have_the_values_and_texts_that_microsoft_gives_them(name: str) -> None:
    code, text = MICROSOFT[name]
    assert getattr(winerror, name) == code
    assert win32_error(code).strerror == text
    assert code in NOT_ASKED or MESSAGES[code] == text


def test_every_code_that_has_a_message_is_in_the_golden_table() -> None:
    assert set(MESSAGES) | NOT_ASKED == {code for code, _ in MICROSOFT.values()} == set(CPYTHON)


def test_codes_of_a_verdict_or_of_one_call_are_not_asked_of_strategies() -> None:
    """Else a strategy that retries everything would differ from its entry in older manifests."""
    assert not NOT_ASKED & set(MESSAGES)


@pytest.mark.parametrize("code", CPYTHON)
def test_an_error_has_the_errno_and_the_class_that_python_gives_it_on_windows(code: int) -> None:
    error = win32_error(code)
    assert error.errno == CPYTHON[code]
    assert error.winerror == code
    for number, kind in PYTHON.items():
        assert isinstance(error, kind) is (number == CPYTHON[code])


@pytest.mark.parametrize("code", [5, 32, 33])
def test_codes_that_python_folds_into_one_stay_apart(code: int) -> None:
    with pytest.raises(PermissionError) as caught:
        raise win32_error(code)
    assert winerror_of(caught.value) == code


@given(code=st.integers(1, 0xFFFF))
def test_every_code_can_be_raised_and_read_back(code: int) -> None:
    error = win32_error(code, "a")
    assert isinstance(error, Win32Error)
    assert winerror_of(error) == code
    assert error.strerror


def test_a_code_without_a_text_is_told_by_its_number() -> None:
    assert "Win32 error 1337" in str(win32_error(1337))


def test_an_error_names_both_paths() -> None:
    error = win32_error(5, "from.tmp", Path("to.txt"))
    assert (error.filename, error.filename2) == ("from.tmp", Path("to.txt"))
    assert "Access is denied" in str(error)
    assert "from.tmp" in str(error)
    assert "to.txt" in str(error)


def test_an_error_need_not_name_a_path() -> None:
    error = win32_error(5)
    assert (error.filename, error.filename2) == (None, None)


def test_the_code_survives_the_way_to_another_process() -> None:
    error: Win32Error = pickle.loads(pickle.dumps(win32_error(32, "a", "b")))  # noqa: S301 - our own
    assert type(error) is type(win32_error(32))
    assert winerror_of(error) == 32
    assert (error.filename, error.filename2) == ("a", "b")


@pytest.mark.parametrize("error", [None, ValueError("x"), OSError("no code"), KeyboardInterrupt()])
def test_other_errors_carry_no_code(error: BaseException | None) -> None:
    assert winerror_of(error) is None


def test_the_code_is_read_from_any_error_that_has_one() -> None:
    error = RuntimeError("as a foreign library might raise it")
    error.winerror = 32  # type: ignore[attr-defined]  # foreign
    assert winerror_of(error) == 32


def test_a_code_that_is_no_number_counts_as_none() -> None:
    error = RuntimeError("odd")
    error.winerror = "32"  # type: ignore[attr-defined]  # foreign
    assert winerror_of(error) is None


def test_the_codes_that_say_gone_are_those_that_python_takes_for_a_missing_file() -> None:
    assert {code for code, number in CPYTHON.items() if number == errno.ENOENT} == GONE


def test_the_code_behind_an_error_is_its_own_where_it_has_one() -> None:
    assert code_behind(win32_error(32)) == 32
    assert code_behind(ValueError("x")) is None
    assert code_behind(None) is None


@pytest.mark.parametrize(
    ("number", "remembered", "found"),
    [
        (errno.EINVAL, 225, 225),
        (errno.EACCES, 5, 5),
        (errno.EACCES, 225, None),  # an older failure: this one has another errno
        (errno.ENOENT, 0, None),
    ],
)
def test_the_c_runtime_is_believed_if_the_errno_is_that_of_its_code(
    monkeypatch: pytest.MonkeyPatch, number: int, remembered: int, found: int | None
) -> None:
    monkeypatch.setattr(winerror, "_last_of_c_runtime", lambda: remembered)
    assert code_behind(OSError(number, "as open() says it")) == found


def error_of_open(path: Path) -> OSError | None:
    try:
        path.open("rb").close()
    except OSError as error:
        return error
    return None


@pytest.mark.skipif(sys.platform != "win32", reason="asks the C runtime of Windows, or of Wine")
def test_the_code_that_open_hides_is_found(tmp_path: Path) -> None:
    from harness.platform.windows.win32 import file_handles  # noqa: PLC0415

    path = tmp_path / "held"
    path.write_bytes(b"content")
    with file_handles.opened(str(path), file_handles.GENERIC_READ, 0):
        assert winerror_of(error_of_open(path)) is None, "else there is nothing to find"
    with file_handles.opened(str(path), file_handles.GENERIC_READ, 0):
        assert code_behind(error_of_open(path)) == 32
    assert code_behind(error_of_open(tmp_path / "nothing")) == 2


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (225, "the antivirus says that a file contains a virus (error 225)"),
        (226, "the antivirus says that a file contains a virus, and removed it (error 226)"),
        (5, None),
    ],
)
def test_a_scanners_verdict_is_put_in_words(code: int, words: str | None) -> None:
    assert virus_verdict(win32_error(code)) == words
