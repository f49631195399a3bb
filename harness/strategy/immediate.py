"""Refuse calls that do their work later: a strategy can only retry what fails while it is called.

An async function returns a coroutine, which never fails; so its errors would be retried by nobody.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from functools import partial
from types import BuiltinFunctionType
from typing import Final, TypeVar

T = TypeVar("T")
_LATER: Final = (inspect.iscoroutinefunction, inspect.isasyncgenfunction, inspect.isgeneratorfunction)
_UNFINISHED: Final = (Awaitable, AsyncIterator, Generator)
_HINT: Final = (
    "which does its work later, so no error of it could be retried. Give `persist` a function that does "
    "it before it returns; in async code, `await asyncio.to_thread(strategy.persist, function, ...)`."
)


def require_immediate(primitive: Callable[..., object]) -> None:
    """Raise `TypeError` for an async or a generator function, also as a partial or as ``__call__``."""
    if isinstance(primitive, BuiltinFunctionType):
        return
    while isinstance(primitive, partial):
        primitive = primitive.func
    called = (primitive, getattr(type(primitive), "__call__", None))  # noqa: B004 - the function itself
    if any(is_later(each) for is_later in _LATER for each in called):
        raise TypeError(f"{primitive!r} is async or a generator, {_HINT}")


def finished(result: T) -> T:
    """Return what a call returned. Raises `TypeError` if that is still to be awaited or iterated."""
    if result is None or not isinstance(result, _UNFINISHED):
        return result
    if isinstance(result, Coroutine):
        result.close()  # or Python warns that it was never awaited
    raise TypeError(f"the primitive returned {result!r}, {_HINT}")
