"""Win32 codes and the errors that carry them, against tables that others wrote."""

from __future__ import annotations

import errno
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import winerror
from harness.winerror import GONE, MESSAGES, Win32Error, win32_error, winerror_of

# Microsoft, "System Error Codes (0-499)" and "(1000-1299)": value, name and text.
# https://learn.microsoft.com/windows/win32/debug/system-error-codes
MICROSOFT = {
    "FILE_NOT_FOUND": (2, "The system cannot find the file specified"),
    "PATH_NOT_FOUND": (3, "The system cannot find the path specified"),
    "ACCESS_DENIED": (5, "Access is denied"),
    "SHARING_VIOLATION": (
        32,
        "The process cannot access the file because it is being used by another process",
    ),
    "LOCK_VIOLATION": (
        33,
        "The process cannot access the file because another process has locked a portion of the file",
    ),
    "FILE_EXISTS": (80, "The file exists"),
    "INVALID_PARAMETER": (87, "The parameter is incorrect"),
    "OPEN_FAILED": (110, "The system cannot open the device or file specified"),
    "DIR_NOT_EMPTY": (145, "The directory is not empty"),
    "BUSY": (170, "The requested resource is in use"),
    "ALREADY_EXISTS": (183, "Cannot create a file when that file already exists"),
    "USER_MAPPED_FILE": (
        1224,
        "The requested operation cannot be performed on a file with a user-mapped section open",
    ),
}

# CPython, PC/errmap.h (`winerror_to_errno`): what OSError.errno is on Windows. Codes that are not
# listed there, like 110, 170 and 1224, are EINVAL.
CPYTHON = {
    2: errno.ENOENT,
    3: errno.ENOENT,
    5: errno.EACCES,
    32: errno.EACCES,
    33: errno.EACCES,
    80: errno.EEXIST,
    87: errno.EINVAL,
    110: errno.EINVAL,
    145: errno.ENOTEMPTY,
    170: errno.EINVAL,
    183: errno.EEXIST,
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
    assert MESSAGES[code] == text


def test_every_code_that_has_a_message_is_in_the_golden_table() -> None:
    assert set(MESSAGES) == {code for code, _ in MICROSOFT.values()} == set(CPYTHON)


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
