"""Read TOML that may come from a stranger: no deeper, and with no longer numbers, than any file of ours.

`tomllib` itself fails on lists in lists, takes minutes for a key of thousands of parts, and reads whole
numbers of any length, which later cannot even be shown.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

from harness.errors import InvalidFilesError, Problem

DEEPEST: Final = 32
"""Tables and lists in each other, and the parts of a key; our own files need seven."""
MOST_BITS: Final = 64
"""TOML 1.0 guarantees whole numbers of 64 bits."""
_PART: Final = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG_KEY: Final = re.compile(rf"(?<![\w.-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{DEEPEST}}}")


def read_toml(text: str, file: str) -> dict[str, Any]:
    """Return the content of a file. Raises `InvalidFilesError`."""
    if (key := _LONG_KEY.search(text)) is not None:
        line = text.count("\n", 0, key.start()) + 1
        found = f"a key of more than {DEEPEST} parts"
        raise _refused(file, f"line {line}", found, f"at most {DEEPEST}")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).removesuffix(")").rpartition(" (at ")
        if r"'\n'" in what or what in {'Expected "\'"', "Unterminated string"}:
            what = "text in quotation marks is not closed by the end of its line"
        elif what == "Unclosed array":
            what += ": a bracket, a comma or a quotation mark is missing"
        raise _refused(file, where, f"not valid TOML: {what[:1].lower()}{what[1:]}") from error
    except RecursionError as error:
        raise _too_deep(file) from error
    except ValueError as error:  # Python refuses to read thousands of digits
        raise _too_long(file, "the file") from error
    _check(content, file)
    return content


def _check(content: dict[str, Any], file: str) -> None:
    level: list[tuple[str, Any]] = list(content.items())
    for _ in range(DEEPEST):
        inner: list[tuple[str, Any]] = []
        for key, value in level:
            if isinstance(value, dict):
                inner += [(f"{key}.{name}", each) for name, each in value.items()]
            elif isinstance(value, list):
                inner += [(f"{key}[{place}]", each) for place, each in enumerate(value)]
            elif isinstance(value, int) and value.bit_length() >= MOST_BITS:
                raise _too_long(file, key)
        level = inner
    if level:
        raise _too_deep(file)


def _too_deep(file: str) -> InvalidFilesError:
    found = f"tables or lists in each other, more than {DEEPEST} deep"
    return _refused(file, "the file", found, f"at most {DEEPEST}")


def _too_long(file: str, key: str) -> InvalidFilesError:
    found = f"a whole number of more than {MOST_BITS} bits"
    return _refused(file, key, found, "a number that TOML guarantees")


def _refused(file: str, key: str, found: str, expected: str = "") -> InvalidFilesError:
    return InvalidFilesError([Problem(file, key, found, expected)])
