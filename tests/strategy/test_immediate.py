"""A primitive that does its work later is refused, before anything is done; others are left alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from harness.strategy import get_strategy


async def replaced(source: Path, target: Path) -> None:
    os.replace(source, target)


async def replaced_by_async_generator(source: Path, target: Path) -> AsyncIterator[None]:
    os.replace(source, target)
    yield


def replaced_by_generator(source: Path, target: Path) -> Iterator[None]:
    os.replace(source, target)
    yield


def through_a_function(source: Path, target: Path) -> Awaitable[None]:
    return replaced(source, target)


class Replacer:
    async def __call__(self, source: Path, target: Path) -> None:
        os.replace(source, target)

    async def method(self, source: Path, target: Path) -> None:
        os.replace(source, target)

    @staticmethod
    async def static(source: Path, target: Path) -> None:
        os.replace(source, target)


LATER: list[Callable[..., object]] = [
    replaced,
    replaced_by_async_generator,
    replaced_by_generator,
    through_a_function,
    partial(replaced),
    partial(partial(Replacer())),
    partial(through_a_function),
    Replacer(),
    Replacer().method,
    Replacer.static,
]


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    source, target = tmp_path / "new", tmp_path / "file"
    source.write_text("new")
    target.write_text("old")
    return source, target


@pytest.mark.parametrize("strategy", ["exponential", "20ms 3 retries deleting target first", "plain"])
@pytest.mark.parametrize("primitive", LATER, ids=range(len(LATER)))
def test_what_would_do_its_work_later_is_refused(
    paths: tuple[Path, Path], primitive: Callable[..., object], strategy: str
) -> None:
    with pytest.raises(TypeError, match=r"later, so no error of it could be retried\. Give `persist`"):
        get_strategy(strategy).persist(primitive, *paths)
    assert paths[0].read_text() == "new"


def test_an_async_function_is_refused_before_the_strategy_touches_the_target(
    paths: tuple[Path, Path],
) -> None:
    with pytest.raises(TypeError):
        _ = get_strategy("20ms 3 retries deleting target first").persist(replaced, *paths)
    assert paths[1].read_text() == "old"


def test_async_code_persists_on_a_thread_as_the_message_says(paths: tuple[Path, Path]) -> None:
    async def persist() -> None:
        await asyncio.to_thread(get_strategy("exponential").persist, os.replace, *paths)

    asyncio.run(persist())
    assert paths[1].read_text() == "new"


@pytest.mark.parametrize("result", [None, 3, "text", [1], iter([1]), object])
def test_whatever_else_a_primitive_returns_is_returned(result: object) -> None:
    assert get_strategy("exponential").persist(lambda: result) is result
