"""Run blocks in several processes at once, and get their trials back in the order of the plan.

For platforms without real time only, where trials cannot disturb each other. The processes read from
pipes that end with this process, however it ends, and then end too.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any, Final, Self, TypeAlias

from harness.errors import HarnessError, InvalidInputError
from harness.isolated_python import isolated_python, python_environment
from harness.platform.base import Platform
from harness.record.trial_record import TrialRecord
from harness.run.events import Failed
from harness.run.execution import Done
from harness.run.orders import Answer, Block, Setting
from harness.run.plan import Trial

WORTH_S: Final = 2.0
"""A process takes a second to start; with less work than this for each, fewer are as fast."""
AT_ONCE_S: Final = 0.05
"""Short blocks are given out together, so many that they take about this long."""
MOST_AT_ONCE: Final = 200
AHEAD: Final = 3
"""Orders given out for each worker, running or waiting: their trials wait for those before them."""
END_S: Final = 10.0

_Message: TypeAlias = Answer | Failed | None
"""``None``: the worker has ended."""


def check_processes(asked: int | None, platform: Platform) -> None:
    """Refuse several processes where trials are measured in real time. Raises `InvalidInputError`."""
    if asked is not None and asked > 1 and platform.is_real_time:
        raise InvalidInputError(
            f"--jobs {asked}: on the {platform.name} platform trials take real time, and would slow "
            "each other",
            hint="Leave --jobs out; only the emulated platform runs blocks side by side.",
        )


def processes_for(expected_s: float, blocks: int) -> int:
    """How many processes are worth their start, for so much work in so many blocks."""
    return max(min(cores(), blocks, int(expected_s / WORTH_S)), 1)


def cores() -> int:
    """The cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass
class _Order:
    """Blocks that one worker has, and the answers that have come so far, in their order."""

    trials: Sequence[Trial]
    blocks: int
    answers: deque[Answer] = field(default_factory=deque)
    took_s: float = 0.0
    done: int = 0


class Workers:
    """`count` worker processes. A context manager, at whose end none is left.

    Raises `HarnessError` if one ends too soon, and the errors that end one.
    """

    def __init__(self, count: int, setting: Setting) -> None:
        self._inbox: SimpleQueue[tuple[_Worker, _Message]] = SimpleQueue()
        self._workers: list[_Worker] = []
        self._block_s = AT_ONCE_S
        try:
            for number in range(count):
                space = replace(setting.workspace, prefix=f"{number + 1}-")
                self._workers.append(_Worker(replace(setting, workspace=space), self._inbox))
        except BaseException:
            self._kill()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        if failed is None:
            for worker in self._workers:
                worker.end()
        else:
            self._kill()

    def _kill(self) -> None:
        for worker in self._workers:
            worker.kill()

    def run(self, blocks: Iterator[Sequence[Trial]]) -> Iterator[Done]:
        """Run `blocks`, each the trials that are left of one; yield the trials in their order."""
        given: deque[_Order] = deque()
        while True:
            self._give_out(blocks, given)
            if not given:
                return
            first = given[0]
            while first.answers:
                answer = first.answers.popleft()
                record = TrialRecord.model_validate_json(answer.line)
                yield Done(first.trials[first.done], record, answer.took_s)
                first.done += 1
            if first.done == len(first.trials):
                given.popleft()
            else:
                self._wait()

    def _give_out(self, blocks: Iterator[Sequence[Trial]], given: deque[_Order]) -> None:
        """Give orders to the workers that have few, unless too many trials wait for the first."""
        for worker in sorted(self._workers, key=lambda worker: len(worker.orders)):
            while len(worker.orders) < 2 and len(given) < AHEAD * len(self._workers):  # noqa: PLR2004
                some = list(islice(blocks, self._at_once()))
                if not some:
                    return
                order = _Order([trial for block in some for trial in block], len(some))
                given.append(order)
                worker.give(order, [_block_of(trials) for trials in some])

    def _at_once(self) -> int:
        """How many blocks to give out together."""
        return min(max(int(AT_ONCE_S / self._block_s), 1), MOST_AT_ONCE)

    def _wait(self) -> None:
        """Take the next answer of any worker."""
        while True:
            with suppress(Empty):  # on Windows, only a wait that ends can be interrupted
                worker, message = self._inbox.get(timeout=0.5)
                break
        match message:
            case Answer():
                order = worker.orders[0]
                order.answers.append(message)
                order.took_s += message.took_s
                if order.done + len(order.answers) == len(order.trials):
                    worker.orders.popleft()
                    self._block_s = max(order.took_s / order.blocks, 1e-6)
            case Failed():
                raise message.exception()
            case None:
                raise HarnessError(
                    f"a process of this run ended with code {worker.ended_with()}",
                    hint="`harness run --resume RUN --jobs 1` continues in one process.",
                )


def _block_of(trials: Sequence[Trial]) -> Block:
    first = trials[0]
    return Block(first.case.name, first.block, frozenset(trial.variant.name for trial in trials))


def _own_group() -> dict[str, Any]:
    """Start a process in a group of its own: Ctrl-C is the business of this process alone."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


class _Worker:
    """One process, and the orders that it has."""

    def __init__(self, setting: Setting, inbox: SimpleQueue[tuple[_Worker, _Message]]) -> None:
        self.orders: deque[_Order] = deque()
        self._process = subprocess.Popen(  # noqa: S603
            isolated_python("-X", "utf8", "-m", "harness.run.worker"),
            env=python_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            **_own_group(),
        )
        self._reader = threading.Thread(target=self._listen, args=(inbox,), daemon=True)
        self._reader.start()
        self._send(sys.path)
        self._send(setting)

    def give(self, order: _Order, blocks: list[Block]) -> None:
        """Give an order; its answers will come after those of the orders before."""
        self.orders.append(order)
        self._send(blocks)

    def end(self) -> None:
        """Let it end: it has nothing left to do."""
        self._send(None)
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.kill()
        else:
            self._close()

    def kill(self) -> None:
        """End it now."""
        self._process.kill()
        self._process.wait()
        self._close()

    def ended_with(self) -> int:
        """Its exit code; minus a signal's number if that ended it."""
        return self._process.wait()

    def _close(self) -> None:
        self._reader.join(END_S)
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what could not be written any more
                assert pipe is not None  # noqa: S101 - both were asked for
                pipe.close()

    def _send(self, message: object) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        with suppress(OSError):  # it has ended, which its reader tells
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()

    def _listen(self, inbox: SimpleQueue[tuple[_Worker, _Message]]) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        try:
            with suppress(EOFError, OSError, ValueError, pickle.UnpicklingError):
                while True:
                    inbox.put((self, pickle.load(self._process.stdout)))  # noqa: S301 - our own
        finally:
            inbox.put((self, None))
