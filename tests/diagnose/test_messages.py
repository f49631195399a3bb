"""Messages of real tools: the error, the operation and the paths, whatever the language of the tool."""

from __future__ import annotations

import pytest

from harness.diagnose.messages import message_in, without_escapes

CASES = {
    "Python": (
        "PermissionError: [WinError 32] in use: 'C:\\\\w\\\\a.tmp' -> 'C:\\\\w\\\\a.exe'",
        (32, "rename", ["C:\\w\\a.tmp", "C:\\w\\a.exe"]),
    ),
    "Node": (
        "npm error Error: EPERM: operation not permitted, rename 'C:\\w\\a' -> 'C:\\w\\b'",
        (5, "rename", ["C:\\w\\a", "C:\\w\\b"]),
    ),
    "Node, busy": ("EBUSY: resource busy or locked, unlink 'C:\\w\\a'", (32, "remove", ["C:\\w\\a"])),
    "uv": (
        "Retry rename from \\\\?\\C:\\c\\.tmpX to \\\\?\\C:\\c\\i due to transient error (os error 5)",
        (5, "rename", ["\\\\?\\C:\\c\\.tmpX", "\\\\?\\C:\\c\\i"]),
    ),
    ".NET": (
        "Cannot access the file 'C:\\b\\app.dll' because it is being used by another process.",
        (32, "open", ["C:\\b\\app.dll"]),
    ),
    "Go": (
        "rename C:\\m\\a.tmp C:\\m\\a: Access is denied.",
        (5, "rename", ["C:\\m\\a.tmp", "C:\\m\\a"]),
    ),
    "cmd": (
        "The process cannot access the file because it is being used by another process.",
        (32, "open", []),
    ),
    "rmdir": ("[WinError 145] The directory is not empty: 'C:/b'", (145, "open", ["C:/b"])),
}


@pytest.mark.parametrize("tool", CASES)
def test_what_tools_say(tool: str) -> None:
    line, (code, operation, paths) = CASES[tool]
    found = message_in(line, [], at_ms=5.0)
    assert found is not None
    assert (found.code, found.operation) == (code, operation)
    assert [each.path for each in found.paths] == paths


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        (CASES["Node"][0], "5 or 1314"),
        (CASES["Node, busy"][0], "32 or 33"),
        ("EPERM: operation not permitted, symlink 'C:\\w\\a' -> 'C:\\w\\b'", "1314"),
        (CASES["Python"][0], "32"),
    ],
)
def test_a_name_stands_for_all_its_errors_as_in_notation(line: str, codes: str) -> None:
    found = message_in(line, [], at_ms=0)
    assert found is not None
    assert found.codes == codes


def test_a_message_that_was_wrapped_is_put_together() -> None:
    before = [
        "  failed to rename file from",
        "      C:\\Users\\x\\.tmp0UmRZd to    ",
        "      C:\\Users\\x\\archive-v0\\su:",
    ]
    found = message_in("      Access is denied. (os error 5)", before, at_ms=0)
    assert found is not None
    assert [each.path for each in found.paths] == [
        "C:\\Users\\x\\.tmp0UmRZd",
        "C:\\Users\\x\\archive-v0\\su",
    ]
    assert found.operation == "rename"


@pytest.mark.parametrize(
    "line",
    [
        "done",
        "error 5 of 7 files",
        "(os error 2)",
        "HTTP error (error 404)",
        "EPERMISSION",
        "fetched 32 files",
    ],
)
def test_other_lines_are_none(line: str) -> None:
    assert message_in(line, [], at_ms=0) is None


def test_elsewhere_the_number_of_an_os_error_means_something_else() -> None:
    assert message_in("Input/output error (os error 5)", [], at_ms=0, is_windows=False) is None
    assert message_in("x: Access is denied. (os error 5)", [], at_ms=0, is_windows=False) is not None
    assert message_in("[WinError 32] '/a/b'", [], at_ms=0, is_windows=False) is not None


def test_colours_are_taken_out() -> None:
    assert without_escapes("\x1b[33mWARN\x1b[0m x") == "WARN x"


def test_a_line_made_to_take_long_does_not() -> None:
    for line in (
        "from " * 5000 + "(os error 5)",
        "(os error 5)" + "'" * 9000,
        "from a to " * 900 + "(os error 5)",
    ):
        message_in(line, [line] * 3, at_ms=0)
