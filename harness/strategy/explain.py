"""What a sentence of the policy language says, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.strategy.spec import (
    Added,
    Fibonacci,
    Listed,
    OverRetriesLeft,
    Plus,
    Same,
    Scaled,
    Times,
    TimesDraw,
    duration,
)
from harness.winerror import HOLD_CODES, MESSAGES

if TYPE_CHECKING:
    from harness.strategy.spec import Limit, Sentence, Waits


def retries_words(sentence: Sentence) -> str:
    """The Win32 codes that it retries: ``5, 32``, ``any``, ``any but 2``, ``nothing``."""
    if sentence.waits is None or sentence.retries == 0:
        return "nothing"
    if sentence.codes is None:
        return "any"
    listed = ", ".join(map(str, sentence.codes))
    return f"any but {listed}" if sentence.all_but else listed


def retries_code(sentence: Sentence, code: int) -> bool:
    """Whether it retries a call that fails with that Win32 code, and nothing else speaks against it."""
    if sentence.waits is None or sentence.retries == 0:
        return False
    return sentence.codes is None or (code in sentence.codes) != sentence.all_but


def explained(sentence: Sentence) -> list[str]:
    """Explain it, a sentence of English a part: the waits, the end, the errors, what else it does."""
    if sentence.waits is None:
        return ["Makes one attempt and never waits.", *_besides(sentence)]
    return [
        f"{_waits_words(sentence.waits)}{_changed(sentence)}.",
        f"Gives up {_end(sentence)}.",
        _errors(sentence),
        *_besides(sentence),
    ]


def _waits_words(waits: Waits) -> str:
    match waits:
        case Same(ms):
            return f"Waits {_time(ms)} each time" if ms else "Tries again at once, without a wait"
        case Times(ms, factor):
            return f"Waits {_time(ms)}, then {factor:g} times as long each time"
        case TimesDraw(ms, low, high):
            return f"Waits {_time(ms)}, then the wait before times a draw from {low:g} to {high:g}"
        case Plus(ms, step_ms):
            return f"Waits {_time(ms)}, then {_time(step_ms)} longer each time"
        case Fibonacci(ms):
            return f"Waits 1, 1, 2, 3, 5, 8 … times {_time(ms)}"
        case OverRetriesLeft(ms):
            return f"Waits {_time(ms)} divided by the retries that are left"
        case Listed(values_ms, then_ms):
            listed = ", ".join(_time(value) for value in values_ms)
            return f"Waits {listed}" + ("" if then_ms is None else f", then {_time(then_ms)} each time")


def _changed(sentence: Sentence) -> str:
    words = "" if sentence.cap_ms is None else f", but never more than {_time(sentence.cap_ms)}"
    match sentence.jitter:
        case Scaled(low, high):
            words += f"; each wait is multiplied by a draw from {low:g} to {high:g}"
        case Added(low_ms, high_ms):
            words += f"; a draw from {_time(low_ms)} to {_time(high_ms)} is added to each wait"
        case "rust-retry":
            words += "; each wait is multiplied by a draw from 0 to 1, whole seconds rounded up"
    return words


def _end(sentence: Sentence) -> str:
    ends = []
    if sentence.retries is not None:
        count = sentence.retries + 1
        ends.append("after one attempt" if count == 1 else f"after {count:,} attempts")
    if isinstance(sentence.waits, Listed) and sentence.waits.then_ms is None:
        ends.append(f"after {len(sentence.waits.values_ms) + 1} attempts")
    if sentence.limit is not None:
        ends.append(_limit_words(sentence.limit, _time(sentence.limit_ms)))
    trailing = ", and waits once more before it says so" if sentence.trailing_wait else ""
    return " or ".join(ends) + (", whichever comes first" if len(ends) > 1 else "") + trailing


def _limit_words(limit: Limit, time: str) -> str:
    match limit:
        case "for":
            return f"at the first failure {time} after the start or later"
        case "within":
            return f"if the next attempt would begin {time} after the start or later"
        case "waited":
            return f"if with the next wait the waits would add up to {time}"
        case "shared":
            return f"if with the next wait the waits of the whole install would add up to {time}"


def _errors(sentence: Sentence) -> str:
    if sentence.codes is None:
        return "Retries every error."
    few = len(sentence.codes) < 3  # noqa: PLR2004 - else the meanings bury the numbers
    named = [
        f"{code} ({MESSAGES[code]})" if few and code in MESSAGES else str(code)
        for code in sentence.codes
    ]
    words = f"Retries {'every error but' if sentence.all_but else 'error'} {_listed(named)}."
    missing = [str(code) for code in HOLD_CODES if not retries_code(sentence, code)]
    return words + (f" Reports {_listed(missing)} at once." if missing else "")


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _besides(sentence: Sentence) -> list[str]:
    words = []
    if sentence.renames_only:
        words.append("Retries renames only.")
    if sentence.while_absent:
        words.append("After each wait it goes on only if nothing has the target's name.")
    if sentence.unless_directory:
        words.append("Does not retry where a directory has the target's name.")
    match sentence.around:
        case "deleting target first":
            words.append("Each attempt deletes the target, then makes the call.")
        case "deleting target on failure":
            words.append("Where the call fails, it deletes the target and calls once more.")
        case "moving target aside":
            words.append("Where the call fails, it renames the target away and calls once more.")
    if sentence.fresh_temporary:
        words.append("Writes the temporary file anew, under another name, before each retry.")
    if sentence.else_copy:
        words.append("Having given up, it copies the file under the same policy.")
    if sentence.method is not None:
        words.append(f"Brings a tree to its place {sentence.method}.")
    return words


def _time(ms: float) -> str:
    """A duration with a space before its unit."""
    spelled = duration(ms)
    number = spelled.rstrip("abcdefghijklmnopqrstuvwxyz")
    return f"{number} {spelled[len(number) :]}".strip()
