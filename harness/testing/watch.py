"""Hear of each call on files before it is made, in this process, and refuse it if need be.

An audit hook (PEP 578) hears the calls of all threads, of `pathlib`, `shutil` and `tempfile`, and of
functions that were imported long ago; an exception that it raises is that of the call. A hook stays for
the life of the process, so there is one, added at first use, which does nothing while nobody listens.
Out of its reach: C code that calls the system itself, and other processes.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from harness.testing import calls
from harness.testing.calls import Call, call_of

Listener = Callable[[Call], OSError | None]
"""Hears of a call; returns the error that it is to fail with."""

_LISTENERS: Final[list[Listener]] = []
_ADDED: Final = threading.Lock()
_THREAD: Final = threading.local()
_is_added = False


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    __tracebackhide__ = True  # pytest shows the call, not this
    if not _LISTENERS or getattr(_THREAD, "is_busy", False):
        return
    call = call_of(event, arguments)
    if call is None:
        return
    if call.name == calls.REPLACE and getattr(_THREAD, "renames", False):
        call = replace(call, name=calls.RENAME)
    with not_listening():
        error = next((found for listen in tuple(_LISTENERS) if (found := listen(call))), None)
    if error is not None:
        raise error


@contextmanager
def not_listening() -> Iterator[None]:
    """What this thread does within is nobody's business."""
    before = getattr(_THREAD, "is_busy", False)
    _THREAD.is_busy = True
    try:
        yield
    finally:
        _THREAD.is_busy = before


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let `listener` hear of all calls within."""
    global _is_added  # noqa: PLW0603 - a hook cannot be removed, so there is one for the process
    with _ADDED:
        if not _is_added:
            sys.addaudithook(_heard)
            _is_added = True
    _LISTENERS.append(listener)
    try:
        with _renames_told_apart():
            yield
    finally:
        _LISTENERS.remove(listener)


@contextmanager
def _renames_told_apart() -> Iterator[None]:
    """Mark calls of ``os.rename``, whose event is that of ``os.replace``.

    Windows refuses them where the target exists. One that was imported early is taken for a replacement.
    """
    plain = os.rename

    @functools.wraps(plain)
    def rename(*arguments: Any, **more: Any) -> None:
        _THREAD.renames = True
        try:
            plain(*arguments, **more)
        finally:
            _THREAD.renames = False

    os.rename = rename
    try:
        yield
    finally:
        os.rename = plain
