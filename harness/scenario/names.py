"""Names and paths of scenario files: portable, and inside of the work folder."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$")]

# What Windows refuses in names, or gives a meaning of its own (Microsoft, "Naming Files, Paths, and
# Namespaces"); and surrogates, which stand for bytes that are no text.
_FORBIDDEN: Final = re.compile(r'[<>:"|?*\x00-\x1f\\\ud800-\udfff]')
_RESERVED: Final = re.compile(
    r"^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?$", re.IGNORECASE
)


def is_portable_name(part: str) -> bool:
    """Whether one component of a path is a plain name, on Windows as elsewhere."""
    return bool(
        part
        and part not in {".", ".."}
        and not _FORBIDDEN.search(part)
        and not _RESERVED.match(part)
        and not part.endswith((" ", "."))
    )


STAGING: Final = "staging"
"""The folder of a trial for files that are to be moved: what remains here is a leftover."""
STORE: Final = "store-source"
"""The folder of a trial for files that are only read."""
RESERVED_FOLDERS: Final = frozenset({STAGING, STORE})


def _inside(path: str) -> str:
    bare = re.sub(r"\{(name|version|file)\}", "x", path)
    if "{" in bare or "}" in bare:
        raise ValueError("the placeholders are {name}, {version} and {file}")
    parts = bare.split("/")
    if not all(is_portable_name(part) for part in parts):
        raise ValueError("must be a relative path with plain names, separated by /")
    if parts[0].lower() in RESERVED_FOLDERS:
        raise ValueError(f"must not begin with {parts[0]}, which the harness uses itself")
    return path


RelativePath = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_inside)]
