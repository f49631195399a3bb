"""Write a tuned schedule as code that is ready for use: Python, Rust, Go, JavaScript.

The waits stand there as a list, so that they are those of the plan in every language. Each program is
run in the tests against a call that fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from harness.errors import NotSupportedError
from harness.strategy.durations import spell_number
from harness.strategy.error_names import NAMES
from harness.strategy.spec import DEFAULT_CODES
from harness.text import milliseconds, percent
from harness.tune.codes import retried

if TYPE_CHECKING:
    from harness.tune.recommendation import Recommendation

_NODE: Final[Mapping[int, str]] = {
    code: name for name, each in NAMES.items() if each.source.startswith("Node") for code in each.codes
}
"""How Node names Win32 errors: its exceptions have no number for them."""

_PYTHON: Final = '''{comment}
import time

WAITS_S = ({waits})
WIN32_CODES = frozenset({{{codes}}})


def is_hold(error):
    """Return whether the error is one that another process's handle causes."""
    return isinstance(error, OSError) and getattr(error, "winerror", None) in WIN32_CODES


def persist(call, sleep=time.sleep):
    """Make `call`, and again after each wait while it fails because something holds the file."""
    for wait_s in WAITS_S:
        try:
            return call()
        except OSError as error:
            if not is_hold(error):
                raise
        sleep(wait_s)
    return call()


def persist_with_tenacity(call, sleep=time.sleep):
    """Do the same with tenacity."""
    from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_chain, wait_fixed

    retrying = Retrying(
        retry=retry_if_exception(is_hold),
        stop=stop_after_attempt(len(WAITS_S) + 1),
        wait=wait_chain(*map(wait_fixed, WAITS_S or (0,))),
        sleep=sleep,
        reraise=True,
    )
    return retrying(call)
'''
_JAVASCRIPT: Final = """{comment}
const WAITS_MS = [{waits}];
const CODES = new Set([{codes}]);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Make `call`, and again after each wait while it fails because something holds the file. */
async function persist(call, sleep = pause) {{
  for (const waitMs of WAITS_MS) {{
    try {{
      return await call();
    }} catch (error) {{
      if (!CODES.has(error.code)) throw error;
    }}
    await sleep(waitMs);
  }}
  return call();
}}

module.exports = {{ persist }};
"""
_GO: Final = """{comment}
package main

import (
	"errors"
	"syscall"
	"time"
)

var waits = []time.Duration{{{waits}}}

func isHold(err error) bool {{
	var code syscall.Errno
	if !errors.As(err, &code) {{
		return false
	}}
	switch code {{
	case {codes}:
		return true
	}}
	return false
}}

// persist makes the call, and again after each wait while it fails because something holds the file.
func persist(call func() error, sleep func(time.Duration)) error {{
	for _, wait := range waits {{
		err := call()
		if err == nil || !isHold(err) {{
			return err
		}}
		sleep(wait)
	}}
	return call()
}}
"""
_RUST: Final = """{comment}
use std::io;
use std::time::Duration;

const WAITS: &[Duration] = &[{waits}];

fn is_hold(error: &io::Error) -> bool {{
    matches!(error.raw_os_error(), {codes})
}}

/// Make `call`, and again after each wait while it fails because something holds the file.
pub fn persist<T>(
    mut call: impl FnMut() -> io::Result<T>,
    mut sleep: impl FnMut(Duration),
) -> io::Result<T> {{
    for &wait in WAITS {{
        match call() {{
            Err(error) if is_hold(&error) => sleep(wait),
            other => return other,
        }}
    }}
    call()
}}
"""


def _python(waits_ms: Sequence[float], codes: Sequence[int], comment: str) -> str:
    waits = "".join(f"{spell_number(round(ms / 1000, 9))}, " for ms in waits_ms).strip()
    return _PYTHON.format(comment=comment, waits=waits, codes=", ".join(map(str, codes)))


def _javascript(waits_ms: Sequence[float], codes: Sequence[int], comment: str) -> str:
    unknown = [str(code) for code in codes if code not in _NODE]
    if unknown:
        raise NotSupportedError(
            f"Node has no name of its own for error {', '.join(unknown)}",
            hint="Choose another language, or holds that cause other errors.",
        )
    names = dict.fromkeys(f'"{_NODE[code]}"' for code in codes)
    waits = ", ".join(map(spell_number, waits_ms))
    return _JAVASCRIPT.format(comment=comment, waits=waits, codes=", ".join(names))


def _micros(waits_ms: Sequence[float]) -> list[int]:
    return [round(ms * 1000) for ms in waits_ms]


def _go(waits_ms: Sequence[float], codes: Sequence[int], comment: str) -> str:
    waits = ", ".join(f"{micros} * time.Microsecond" for micros in _micros(waits_ms))
    return _GO.format(comment=comment, waits=waits, codes=", ".join(map(str, codes)))


def _rust(waits_ms: Sequence[float], codes: Sequence[int], comment: str) -> str:
    waits = ", ".join(f"Duration::from_micros({micros})" for micros in _micros(waits_ms))
    shown = " | ".join(f"Some({code})" for code in codes)
    return _RUST.format(comment=comment, waits=waits, codes=shown)


LANGUAGES: Final[Mapping[str, tuple[str, Callable[[Sequence[float], Sequence[int], str], str]]]] = {
    "python": ("# ", _python),
    "rust": ("// ", _rust),
    "go": ("// ", _go),
    "javascript": ("// ", _javascript),
}
"""For each language, what begins a comment, and what writes the code."""


def emitted(found: Recommendation, language: str) -> str:
    """Return code for the recommended schedule, with a comment that says where its numbers are from.

    Raises `NotSupportedError` for errors that the language cannot tell apart.
    """
    mark, write = LANGUAGES[language]
    schedule = found.recommended.schedule
    known = retried(found.codes)
    limits = found.limits
    waits_ms = schedule.waits_ms(limits.call_ms)
    outcome = schedule.outcome
    lines = [
        f"Made by `harness tune`: {found.recommended.strategy}",
        f"Predicted: {percent(outcome.failure)} % of operations fail,",
        f"a permanent denial is reported after {milliseconds(outcome.denied_ms)}.",
        f"Asked for: at most {percent(limits.max_failure)} % failing,",
        f"a permanent denial reported within {milliseconds(limits.max_denied_ms)}.",
        f"A call is taken to last {milliseconds(limits.call_ms)} ({found.holds.call}).",
        *(f"Conditional on {words}." for words in found.holds.conditional),
    ]
    comment = "\n".join(mark + " ".join(line.split()) for line in lines)
    return write(waits_ms, known or DEFAULT_CODES, comment)
