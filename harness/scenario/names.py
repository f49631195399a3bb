"""Names and paths of scenario files: portable, and inside of the work folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, Field

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", max_length=64)]
PATTERNS: Final[Mapping[str, str]] = {
    r"^[0-9a-f]{64}$": "64 lowercase hexadecimal digits",
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$": "a name of letters, digits and . _ - that begins with a "
    "letter or a digit, at most 100 characters",
    r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$": "a file name of letters, digits and . _ + - that begins "
    "with a letter or a digit, at most 200 characters",
    r"^[\w.-]+\.py$": "the name of a Python file beside the scenario, such as 'mine.py'",
    r"^[A-Za-z_][A-Za-z0-9_]{0,99}$": "the name of a variable, of letters, digits and _",
    r"^https://\S+$": "an address that begins with https://",
    r"^[\w.*+-]+(/[\w.*+-]+)*$": "a path in the tree, such as '*.dist-info/RECORD'",
    r"^[\w.*+-]+(/[\w.*+-]+)*/?$": "a path in the tree, such as '*.idx', or 'logs/' for a folder",
    r"^[A-Za-z_][\w.]*(:[A-Za-z_][\w.]*)?$": "an object to import, such as 'setuptools.build_meta'",
    r"^[\w.-]+ = [A-Za-z_][\w.]*:[A-Za-z_][\w.]*$": "a console script, such as 'httpx = httpx:main'",
}
"""What each pattern of the models asks for, in words."""

# What Windows refuses in names, or gives a meaning of its own (Microsoft, "Naming Files, Paths, and
# Namespaces"); and surrogates, which stand for bytes that are no text.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_FORBIDDEN: Final = re.compile(r'[<>:"|?*\x00-\x1f\\\ud800-\udfff]')
_RESERVED: Final = re.compile(
    r"^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?$", re.IGNORECASE
)


MOST_NAME_BYTES: Final = 255 - 40


def why_not_portable(part: str) -> str:
    """Say why one component of a path is no plain name, on Windows as elsewhere; empty if it is one."""
    if not part:
        return "one name is empty"
    if part in {".", ".."}:
        return f"{part} is no name"
    if found := _FORBIDDEN.search(part):
        return f"Windows allows no {found[0]!r} in a name"
    if found := _RESERVED.match(part):
        return f"{part!r} is the device {found[1].upper()} on Windows, whatever its ending"
    if part.endswith((" ", ".")):
        return f"Windows drops the space or dot at the end of {part!r}"
    return ""


def is_portable_name(part: str) -> bool:
    """Whether one component of a path is a plain name, on Windows as elsewhere."""
    return not why_not_portable(part)


def is_short_name(part: str) -> bool:
    """Whether a component of a path is short enough, also with what the harness puts before it.

    255 bytes of UTF-8 are the limit of common Linux file systems; NTFS has 255 UTF-16 units, which are
    never more. A temporary name such as ``.tmp-fresh-100000-again-…`` is up to 40 longer.
    """
    return len(part.encode(errors="surrogatepass")) <= MOST_NAME_BYTES


def is_plain_name(text: str) -> bool:
    """Whether `text` is a `Name`, and no device of Windows."""
    return _NAME.fullmatch(text) is not None and is_portable_name(text)


def _portable(name: str) -> str:
    if why := why_not_portable(name):
        raise ValueError(f"must be a file name on Windows, too: {why}")
    return name


Name = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", max_length=100),
    AfterValidator(_portable),
]
FileName = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$", max_length=200),
    AfterValidator(_portable),
]

STAGING: Final = "staging"
"""The folder of a trial for files that are to be moved: what remains here is a leftover."""
STORE: Final = "store-source"
"""The folder of a trial for files that are only read."""
RESERVED_FOLDERS: Final = frozenset({STAGING, STORE})


def _inside(path: str) -> str:
    bare = re.sub(r"\{(name|version|file)\}", "x", path)
    if "{" in bare or "}" in bare:
        raise ValueError("only the placeholders {name}, {version} and {file}")
    parts = bare.split("/")
    if why := next(filter(None, map(why_not_portable, parts)), ""):
        raise ValueError(f"must be a relative path with plain names, separated by /: {why}")
    if not all(map(is_short_name, parts)):
        raise ValueError(f"must be a path with names of at most {MOST_NAME_BYTES} bytes")
    if parts[0].lower() in RESERVED_FOLDERS:
        raise ValueError(f"must not begin with {parts[0]}, which the harness uses itself")
    return path


RelativePath = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_inside)]
