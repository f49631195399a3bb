"""A hold as a user names it: a path, a share mode, an access, milliseconds."""

from __future__ import annotations

import os

from harness.clock import to_ns
from harness.errors import InvalidInputError
from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, Hold
from harness.holds.milliseconds import DAY_MS
from harness.text import available

__tracebackhide__ = True  # pytest shows the test, not this
AnyPath = str | bytes | os.PathLike[str] | os.PathLike[bytes]


def plain_hold(
    path: AnyPath,
    for_ms: float | None,
    share: str,
    access: str,
    *,
    fails: int | None = None,
    vanish: bool = False,
) -> Hold:
    """Return the hold; `fails` is after how many failures it ends.

    Raises `InvalidInputError` for values that make no sense.
    """
    if share not in SHARE_NAMES:
        raise InvalidInputError(f"no share mode is called {share!r}", hint=available(share, SHARE_NAMES))
    if access not in ACCESS_NAMES:
        raise InvalidInputError(f"no access is called {access!r}", hint=available(access, ACCESS_NAMES))
    if for_ms is not None and not 0 <= for_ms <= DAY_MS:
        raise InvalidInputError(
            f"a file cannot be held for {for_ms} ms", hint="Give milliseconds, of at most a day."
        )
    return Hold(
        object="file",
        path=absolute(path),
        access=ACCESS_NAMES[access],
        share=SHARE_NAMES[share],
        duration_ns=None if for_ms is None else to_ns(for_ms / 1000),
        release_after_failures=fails,
        vanish=vanish,
    )


def failures_before(attempt: int) -> int:
    """Return how many attempts fail before one succeeds. Raises `InvalidInputError` for none."""
    if attempt < 2:  # noqa: PLR2004 - the first attempt is 1
        raise InvalidInputError(
            f"attempt {attempt} cannot be the first that succeeds",
            hint="The first attempt is 1, so 2 fails once: until_attempt(2, path).",
        )
    return attempt - 1


def absolute(path: AnyPath) -> str:
    """Return a path from the root."""
    return os.path.abspath(os.fsdecode(path))
