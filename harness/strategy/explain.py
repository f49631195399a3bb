"""What a strategy does, in plain words, from its spec."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.strategy.durations import spell_duration
from harness.strategy.forms import FIXED, GROWTH, Part
from harness.strategy.schedules import retries_code
from harness.strategy.spec import PHRASES, StrategySpec
from harness.text import joined
from harness.winerror import ALL_MESSAGES, HOLD_CODES, MESSAGES


def never_retries(spec: StrategySpec) -> bool:
    """Whether its first attempt is its last, whatever the error."""
    if spec.after_errors:
        return all(map(never_retries, spec.parts))
    if spec.waits is None or 0 in spec.retry_limits:
        return True
    codes = spec.codes if spec.codes is not None and not spec.all_but else MESSAGES
    return not any(retries_code(spec.strategy(""), code) for code in codes)


def retried_text(spec: StrategySpec) -> str:
    """Name the Win32 codes that are retried: ``5, 32``, ``any``, ``any but 2``, ``nothing``."""
    if never_retries(spec):
        return "nothing"
    own = [code for part in spec.after_errors if not never_retries(part) for code in part.codes or ()]
    if spec.codes is None:
        return "any"
    if spec.all_but:
        left = replace(spec, codes=tuple(code for code in spec.codes if code not in own))
        return left.codes_text.replace(",", ", ") if left.codes else "any"
    return ", ".join(map(str, dict.fromkeys((*spec.codes, *own))))


def explained(spec: StrategySpec) -> list[str]:
    """Explain a strategy, one English sentence per part: waits, end, errors, what else it does."""
    meanings = [PHRASES[words].meaning for words in spec.phrases]
    phrases = [f"{meaning[0].upper()}{meaning[1:]}." for meaning in meanings]
    if spec.asking_ms is not None:
        asking = spell_duration(spec.asking_ms, " ")
        phrases.append(
            f"After each failure it asks who holds the file, which is assumed to take {asking}, and "
            "gives up at once if that holder will not let go."
        )
    phrases += [each.explanation for each in spec.otherwise]
    if spec.waits is None:
        return ["Makes one attempt and never waits.", *phrases]
    if never_retries(spec):
        waits = f"{_waits(spec.waits)}." if spec.trailing_wait else ""
        return ["Makes one attempt and never retries.", *filter(None, [waits]), *phrases]
    if spec.after_errors:
        return [*_by_error(spec), *phrases]
    return [f"{_all_waits(spec, spec.waits)}.", f"Gives up {_end(spec)}.", _errors(spec), *phrases]


def _by_error(spec: StrategySpec) -> Iterator[str]:
    """Explain the waits and the end after each of several errors, and after all others."""
    own = {code for part in spec.after_errors for code in part.codes or ()}
    for part in spec.after_errors:
        yield _after(part, f"error {joined([str(code) for code in part.codes or ()], ' or ')}")
    left = [str(code) for code in spec.codes or () if code not in own]
    if spec.codes is None or spec.all_but:
        but = f" but {joined(left)}" if left else ""
        yield _after(spec, f"every other error{but}")
    elif left:
        yield _after(spec, f"error {joined(left, ' or ')}")
    if missing := _not_retried(spec):
        yield f"Fails immediately on {joined(missing)}."


def _after(part: StrategySpec, errors: str) -> str:
    """Explain what follows on some errors, of which a part counts its own failures."""
    if part.waits is None or never_retries(replace(part, after_errors=())):
        return f"After {errors}: fails immediately."
    said = _all_waits(part, part.waits)
    end = _end(part).replace("attempts", "failures").replace("attempt", "failure")
    return f"After {errors}: {said[0].lower()}{said[1:]}; gives up {end}."


def _all_waits(spec: StrategySpec, waits: Part) -> str:
    cap = "" if spec.cap_ms is None else f", but never more than {spell_duration(spec.cap_ms, ' ')}"
    jitter = "" if spec.jitter is None else f"; {spec.jitter.explanation}"
    return f"{_waits(waits)}{cap}{jitter}"


def _not_retried(spec: StrategySpec) -> list[str]:
    """The codes of holds that it does not retry."""
    strategy = spec.strategy("")
    return [str(code) for code in HOLD_CODES if not retries_code(strategy, code)]


def _waits(waits: Part) -> str:
    if waits.form == FIXED and not any(waits.values):
        return "Retries at once, without a wait"
    if waits.form == GROWTH and waits.values[1] == 2:  # noqa: PLR2004 - has a verb of its own
        return f"Waits {spell_duration(waits.values[0], ' ')}, doubling each time"
    return waits.explanation


def _end(spec: StrategySpec) -> str:
    ends = []
    if limits := spec.retry_limits:
        count = 1 + min(limits)
        listed = " (the list of waits ends there)" if limits[0] > limits[-1] else ""
        ends.append("after one attempt" if count == 1 else f"after {count:,} attempts{listed}")
    if spec.limit is not None:
        ends.append(spec.limit.explanation)
    return " or ".join(ends) + (", whichever comes first" if len(ends) > 1 else "")


def _errors(spec: StrategySpec) -> str:
    if spec.codes is None:
        return "Retries every error."
    few = len(spec.codes) < 3  # noqa: PLR2004 - else the meanings bury the numbers
    named = [
        f"{code} ({ALL_MESSAGES[code]})" if few and code in ALL_MESSAGES else str(code)
        for code in spec.codes
    ]
    errors = "every error but" if spec.all_but else "error" if len(named) == 1 else "errors"
    retried = f"Retries {errors} {joined(named)}."
    missing = _not_retried(spec)
    return retried + (f" Fails immediately on {joined(missing)}." if missing else "")
