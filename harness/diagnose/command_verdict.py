"""The one clear answer to how a command went, from what it said and what was found afterwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.diagnose.command import CommandRun
from harness.diagnose.diagnosis import HolderSeen, Retried, Verdict
from harness.diagnose.help import Hold
from harness.diagnose.messages import Message
from harness.diagnose.watch import Watched
from harness.text import counted, joined, milliseconds, one_line
from harness.winerror import ALL_MESSAGES, PRIVILEGE_NOT_HELD, VIRUS_CODES

_INTERRUPTED = "You ended the command, so nothing was looked at."


@dataclass(frozen=True)
class Evidence:
    """All that a verdict is made of."""

    run: CommandRun
    messages: Sequence[Message] = ()
    watched: Sequence[Watched] = ()
    retried: Sequence[Retried] = ()
    holders: Sequence[HolderSeen] = ()
    cannot_probe: str | None = None
    cannot_name: str | None = None
    not_asked: Sequence[str] = field(default=())


def verdict_of(found: Evidence) -> tuple[Verdict, list[str]]:
    """The verdict, and the sentences that say it."""
    run = found.run
    if run.ended == "interrupted":
        return "interrupted", [_INTERRUPTED]
    if run.ended == "time limit" and not found.messages:
        return _too_long(run)
    if not found.messages:
        if run.exit_code == 0:
            return "succeeded", [f"The command succeeded in {_seconds(run)}; it was denied no file."]
        if run.question:
            return "question", [
                f"The command asked a question, and nobody could answer: {one_line(run.question)!r}.",
                "Answer it with an option of the command, or run this on a terminal.",
            ]
        text = (
            f"The command failed with exit code {run.exit_code}, but not because a file was held: none "
            "of the errors of a hold (5, 32, 33, 145) is in its output."
        )
        return "failed otherwise", [text]
    return _denied(found)


def _too_long(run: CommandRun) -> tuple[Verdict, list[str]]:
    said = "it had said nothing of a file that it was denied"
    if run.question:
        said = f"it was waiting for an answer to {one_line(run.question)!r}"
    return "time limit", [f"The command did not end within {_seconds(run)}, and was ended: {said}."]


def _denied(found: Evidence) -> tuple[Verdict, list[str]]:
    """The verdict on a command that was denied a file."""
    verdict, sentences = _after_denial(found)
    if found.run.ended == "time limit":
        sentences.append(f"The command had not ended within {_seconds(found.run)}, and was ended.")
    return verdict, sentences


def _after_denial(found: Evidence) -> tuple[Verdict, list[str]]:
    last = found.messages[-1]
    what = _what(last)
    if last.code == PRIVILEGE_NOT_HELD:
        text = "The command may not create symbolic links (error 1314): no hold, and no retry helps."
        return "denied", [text, "Developer Mode of Windows allows it, and so do administrators' rights."]
    if last.code in VIRUS_CODES:
        return "denied", [f"An antivirus says that there is a virus in {what}: no retry helps."]
    if found.run.exit_code == 0 and found.run.ended == "exited":
        hold = longest_hold(found)
        long = _how_long(hold) if hold is not None else ""
        times = "once" if len(found.messages) == 1 else counted(len(found.messages), "time")
        return "succeeded after waiting", [
            f"The command succeeded, but was denied a file {times} first: {what}.{long}"
        ]
    if found.cannot_probe is not None:
        why = f"Who held it cannot be told here: {found.cannot_probe}."
        return "not asked", [f"The command was denied {what}.", why]
    if not found.watched:
        error = f"error {last.codes}: {ALL_MESSAGES.get(last.code, 'unknown')}"
        text = f"The command was denied a file ({error}), but names none, so nobody could be asked."
        return "not named", [text]
    return _watched(found, what)


def _watched(found: Evidence, what: str) -> tuple[Verdict, list[str]]:
    states = {each.state: each for each in reversed(found.watched)}
    who = _who(found)
    if "held" in states:
        path = states["held"]
        after = f"{milliseconds(path.low_ms, 'down')} after the first message: {path.why}"
        return "still held", [f"The command was denied {what}, and it is still held, {after}.", who]
    if "denied" in states:
        path = states["denied"]
        text = f"The command was denied {what}, and always will be: {path.why} (error {path.code})."
        return "denied", [text, "That is no hold of another program."]
    # a target that is not there is in nobody's way: what was to be moved decides
    there = [each for each in found.watched if each.role == "source" or each.state != "gone"]
    freed = max(
        there or found.watched,
        key=lambda each: (each.state == "free" and each.looks > 1, each.state == "gone", each.low_ms),
    )
    if freed.state == "gone":
        text = (
            f"The command was denied {what}. That is not there any more, for most tools remove what "
            "they could not move, so it cannot be looked at."
        )
        return "gone", [text, who]
    assert freed.high_ms is not None  # noqa: S101 - it is free
    text = (
        f"The command was denied {what}. It was blocked for more than "
        f"{milliseconds(freed.low_ms, 'down')}, and free {milliseconds(freed.high_ms, 'up')} after the "
        "first message: waiting helps."
    )
    return "held, now free", [text, who]


def longest_hold(found: Evidence) -> Hold | None:
    """The longest time for which something was blocked, by retries and by looking."""
    code = found.messages[-1].code if found.messages else 0
    times = [(each.low_ms, each.high_ms, each.code) for each in found.retried]
    times += [(each.low_ms, each.high_ms, each.code) for each in found.watched if each.state != "gone"]
    holds = [
        Hold(low, math.inf if high is None else high, number or code) for low, high, number in times
    ]
    return max(holds, key=lambda each: (each.low_ms, each.high_ms), default=None)


def _how_long(hold: Hold) -> str:
    if math.isinf(hold.high_ms):
        return ""
    return (
        f" It became possible between {milliseconds(hold.low_ms, 'down')} and "
        f"{milliseconds(hold.high_ms, 'up')} after the first try."
    )


def _what(message: Message) -> str:
    doing = {"rename": "the rename of", "remove": "the removal of", "open": "access to"}
    named = [one_line(each.path) for each in message.paths]
    words = f"{doing[message.operation]} {' to '.join(named)}" if named else "a file"
    return f"{words} with error {message.codes}"


def _who(found: Evidence) -> str:
    if found.holders:
        names = dict.fromkeys(
            f"{one_line(each.process)} ({one_line(each.product)})"
            if each.product
            else one_line(each.process)
            for each in found.holders
        )
        return f"It was open in {joined(list(names))}."
    if found.cannot_name is not None:
        return f"Who held it cannot be told: {found.cannot_name}."
    if found.not_asked:
        return f"Nobody was seen to have it open; but {joined(list(found.not_asked))}."
    return "When that was asked, nobody had it open any more."


def _seconds(run: CommandRun) -> str:
    return milliseconds(run.seconds * 1000)
