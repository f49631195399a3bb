"""A worker: a process that runs blocks of an emulated run, and ends with the process that started it.

It reads `harness.run.orders` from its standard input: first a `Setting`, then lists of `Block`. It
answers each trial on its standard output, in the order that it was given. When the input ends, so does
the worker, at once.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from queue import SimpleQueue
from typing import BinaryIO, Final

from harness.errors import HarnessError
from harness.platform.registry import get_platform
from harness.record.manifest import Manifest, read_manifest
from harness.run.candidates import resolve
from harness.run.events import Failed
from harness.run.execution import Executor
from harness.run.orders import Answer, Block, Setting
from harness.run.plan import Case, Trial, cases_of

FLUSH_EVERY_S: Final = 0.02
"""Trials may be far shorter; answers about several of them travel together."""


def main() -> None:
    """Work until the orders end; a last answer says what went wrong, if something did."""
    orders: SimpleQueue[list[Block] | None] = SimpleQueue()
    source = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a strategy prints is no answer
    sys.path[:] = pickle.load(source)  # noqa: S301 - our own
    setting: Setting = pickle.load(source)  # noqa: S301 - our own
    threading.Thread(target=_listen, args=(source, orders), daemon=True).start()
    try:
        _work(setting, orders, answers)
    except HarnessError as error:
        pickle.dump(Failed.of(error), answers)
    answers.close()


def _listen(source: BinaryIO, orders: SimpleQueue[list[Block] | None]) -> None:
    """Pass on orders. An end of input without an order to end: who gave the orders was killed."""
    while True:
        try:
            order: list[Block] | None = pickle.load(source)  # noqa: S301 - our own
        except (EOFError, pickle.UnpicklingError, OSError):
            os._exit(1)
        orders.put(order)
        if order is None:
            return


def _work(setting: Setting, orders: SimpleQueue[list[Block] | None], answers: BinaryIO) -> None:
    manifest = read_manifest(setting.folder)
    cases = _cases(manifest, allow_code=setting.allow_code)
    with closing(get_platform(manifest.platform)) as platform:
        executor = Executor(manifest.run, setting.items, platform, setting.workspace)
        while (blocks := orders.get()) is not None:
            flushed = time.perf_counter()
            for done in executor.run(_trials(cases, blocks)):
                pickle.dump(Answer(done.record.to_line().encode(), done.took_s), answers)
                if time.perf_counter() - flushed > FLUSH_EVERY_S:
                    answers.flush()
                    flushed = time.perf_counter()
            answers.flush()


def _trials(cases: Mapping[str, Case], blocks: Sequence[Block]) -> Iterator[Trial]:
    for block in blocks:
        for trial in cases[block.case].block(block.number):
            if trial.variant.name in block.variants:
                yield trial


def _cases(manifest: Manifest, *, allow_code: bool) -> dict[str, Case]:
    """The cases of the run, with its strategies made again: functions cannot be handed over."""
    found: dict[str, Case] = {}
    for entry in manifest.scenarios:
        loaded = entry.loaded()
        candidates = resolve(loaded, allow_code=allow_code, sources=entry.sources)
        strategies = {made.label: made.strategy for made in candidates}
        found |= {case.name: case for case in cases_of(loaded, strategies, manifest.seed)}
    return found


if __name__ == "__main__":
    main()
