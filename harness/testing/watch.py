"""Hear of each call on files before it is made, in this process, and refuse it if need be.

An audit hook (PEP 578) hears the calls of all threads, of `pathlib`, `shutil` and `tempfile`, and of
functions that were imported long ago; an exception that it raises is that of the call. A hook stays for
the life of the process, so there is one, added at first use, which does nothing without a listener.
Out of its reach: C code that calls the system itself, and other processes, forked ones included: they
would not hear of the end of a hold.
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
_CHANGING: Final = threading.Lock()
_THREAD: Final = threading.local()
_is_added = False
_plain_rename: Callable[..., None] = os.rename


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
    """Let no listener hear of what this thread does within."""
    before = getattr(_THREAD, "is_busy", False)
    _THREAD.is_busy = True
    try:
        yield
    finally:
        _THREAD.is_busy = before


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let `listener` hear of all calls within."""
    global _plain_rename
    with _CHANGING:
        _add_hook()
        if os.rename is not _rename:  # a test may have put it back
            _plain_rename, os.rename = os.rename, _rename
        _LISTENERS.append(listener)
    try:
        yield
    finally:
        with _CHANGING:
            if listener in _LISTENERS:  # not in a forked process
                _LISTENERS.remove(listener)
            if not _LISTENERS and os.rename is _rename:
                os.rename = _plain_rename


def _add_hook() -> None:
    global _is_added  # noqa: PLW0603 - a hook cannot be removed, so there is one for the process
    if not _is_added:
        sys.addaudithook(_heard)
        if sys.platform != "win32":
            os.register_at_fork(after_in_child=_LISTENERS.clear)
        _is_added = True


@functools.wraps(os.rename)
def _rename(*arguments: Any, **more: Any) -> None:
    """Mark calls of ``os.rename``, whose event is that of ``os.replace``.

    Windows refuses them where the target exists. One that was imported early is taken for a replacement.
    """
    _THREAD.renames = True
    try:
        _plain_rename(*arguments, **more)
    finally:
        _THREAD.renames = False
