"""Run a command, listen for what it is denied, ask and look, and conclude."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.diagnose.command import find_program, run_command
from harness.diagnose.command_verdict import Evidence, longest_hold, verdict_of
from harness.diagnose.control import control
from harness.diagnose.diagnosis import Diagnosis, HolderSeen, Retried, SaidDenied, Verdict
from harness.diagnose.help import what_helps
from harness.diagnose.messages import LINES_BEFORE, Message, message_in, without_escapes
from harness.diagnose.watch import Watched, to_watch, watch
from harness.observe.known_programs import is_scanner
from harness.observe.retry_lines import Blocked, RetryLines
from harness.platform.registry import native_platform

if TYPE_CHECKING:
    from harness.platform.held_files import HeldFiles

MOST_MESSAGES: Final = 1000
MOST_SHOWN: Final = 20
MOST_ASKED: Final = 20
"""Questions for holders while the command runs."""
ASK_EVERY_S: Final = 0.2


@dataclass
class Listener:
    """Takes the lines of a command; asks who has a file open at the first sign that it was denied."""

    files: HeldFiles
    is_windows: bool
    began: float
    process_id: int = 0
    messages: list[Message] = field(default_factory=list)
    in_all: int = 0
    holders: dict[tuple[str, int], HolderSeen] = field(default_factory=dict)
    not_asked: dict[str, None] = field(default_factory=dict)
    retries: RetryLines = field(default_factory=RetryLines)
    _before: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_BEFORE))
    _asked: int = 0
    _asked_at: float = 0.0

    def line(self, line: str, at_ms: float) -> None:
        """Take a line."""
        plain = without_escapes(line)
        self.retries.feed(plain + "\n")
        found = message_in(plain, list(self._before), at_ms=at_ms, is_windows=self.is_windows)
        self._before.append(plain)
        if found is None:
            return
        self.in_all += 1
        if len(self.messages) < MOST_MESSAGES:
            self.messages.append(found)
        now = time.monotonic()
        if found.paths and self._asked < MOST_ASKED and now - self._asked_at > ASK_EVERY_S:
            self._asked, self._asked_at = self._asked + 1, now
            self.ask([each.path for each in found.paths])

    def ask(self, paths: Sequence[str]) -> None:
        """Ask who has paths open now, if this system answers that."""
        if self.files.cannot_name() is not None:
            return
        at_ms = (time.monotonic() - self.began) * 1000
        answer = self.files.ask(paths)
        self.not_asked |= dict.fromkeys(answer.not_asked)
        own = self.files.descendants(self.process_id) if self.process_id else set()
        # holders of one program are one, so it is the command's own if any of its processes has it
        is_own = bool(own & set(answer.process_ids))
        for holder in answer.holders:
            seen = HolderSeen(
                holder.process,
                holder.product,
                holder.company,
                holder.found_by,
                is_scanner=is_scanner(holder.process),
                is_own=is_own and len(answer.holders) == 1,
                at_ms=round(at_ms, 3),
            )
            self.holders.setdefault((holder.process, seen.is_own), seen)


@dataclass(frozen=True)
class Told:
    """What the user is told while it goes on."""

    question: Callable[[str], None] = lambda _: None
    watching: Callable[[str, float], None] = lambda _, __: None


def diagnose(
    command: Sequence[str],
    files: HeldFiles,
    *,
    time_limit_s: float | None = None,
    watch_s: float = 60.0,
    told: Told | None = None,
) -> Diagnosis:
    """Run `command` and say what it was denied, by whom, and what would have helped.

    Raises `InvalidInputError` if it cannot be started.
    """
    told = told or Told()
    program = find_program(command)
    is_windows = files.cannot_probe() is None
    listener = Listener(files, is_windows, time.monotonic())

    def started(process_id: int) -> None:
        listener.process_id, listener.began = process_id, time.monotonic()

    run = run_command(
        program,
        listener.line,
        time_limit_s=time_limit_s,
        on_question=told.question,
        on_start=started,
    )
    is_denied = bool(listener.messages) and run.ended != "interrupted"
    watched = _watch_all(listener, files, watch_s, told) if is_denied and is_windows else []
    evidence = Evidence(
        run,
        listener.messages,
        watched,
        [_retried(each) for each in listener.retries.blocked()],
        tuple(listener.holders.values()),
        files.cannot_probe(),
        files.cannot_name() if is_denied else None,
        tuple(listener.not_asked),
    )
    verdict, answers = verdict_of(evidence)
    platform = native_platform() if is_windows else "other"
    return Diagnosis(
        verdict=verdict,
        answers=answers,
        helps=_helps(verdict, evidence) if is_denied else [],
        cautions=_cautions(evidence, platform) if is_denied else [],
        command=list(command),
        ended=run.ended,
        exit_code=run.exit_code,
        seconds=round(run.seconds, 3),
        platform=platform,
        messages=[_said(each) for each in listener.messages[:MOST_SHOWN]],
        messages_in_all=listener.in_all,
        retried=list(evidence.retried),
        watched=watched,
        holders=list(evidence.holders),
        not_asked=list(listener.not_asked),
        control=control(files) if is_denied and is_windows else None,
    )


def _watch_all(listener: Listener, files: HeldFiles, watch_s: float, told: Told) -> list[Watched]:
    """Look at the paths that messages name; together for `watch_s` at most."""
    until = time.monotonic() + watch_s
    watched = []
    for named in to_watch(listener.messages):
        told.watching(named.path, max(until - time.monotonic(), 0))
        watched.append(
            watch(
                named,
                listener.messages,
                files,
                began=listener.began,
                until=until,
                on_held=lambda obstacle: listener.ask([obstacle.path]),
            )
        )
    return watched


def _retried(blocked: Blocked) -> Retried:
    high_ms = None if math.isinf(blocked.high_ms) else blocked.high_ms
    return Retried(blocked.kind, blocked.low_ms, high_ms, blocked.code)


def _said(message: Message) -> SaidDenied:
    return SaidDenied(
        *(round(message.at_ms, 3), message.code, message.operation),
        paths=[named.path for named in message.paths],
        line=message.line[:500],
    )


def _helps(verdict: Verdict, found: Evidence) -> list[str]:
    if verdict in {"not named", "not asked"}:
        return []
    return list(what_helps(longest_hold(found), found.holders, denied=verdict == "denied"))


def _cautions(found: Evidence, platform: str) -> list[str]:
    cautions = []
    if platform == "wine":
        cautions.append("This is Wine: no evidence of what Windows or an antivirus does.")
    if found.watched:
        cautions.append(
            "Times count from the command's first message. What it had waited before, without a word, "
            "is not in them."
        )
    if found.holders:
        cautions.append("That a process had the file open then does not prove that it was in the way.")
    if found.cannot_name is None and not found.holders and found.messages and found.watched:
        cautions.append(
            "Scanners hold files for milliseconds: that nobody was seen does not prove that nobody was."
        )
    return cautions
