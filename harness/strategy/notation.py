"""Strategy notation: one line that says how long to wait, on which errors, and when to give up.

First come the waits, then clauses in any order, each at most once, separated by spaces::

    10ms x2 cap 250ms for 30s on 5,32

Durations are numbers with ``us``, ``ms``, ``s`` or ``min``; 0 needs no unit. Commas stand in lists only.
`harness.strategy.notation_words` explains every word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from harness.errors import InvalidInputError
from harness.strategy.durations import UNITS, read_ms
from harness.strategy.spec import PHRASES, StrategySpec
from harness.strategy.wait_rules import (
    Added,
    AsRustRetry,
    Fibonacci,
    Listed,
    OverRetriesLeft,
    Plus,
    Same,
    Scaled,
    Times,
    TimesDraw,
    WaitRule,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NUMBER: Final = r"[0-9]+(?:\.[0-9]+)?"
_UNIT: Final = "|".join(UNITS)
_TOKEN: Final = re.compile(
    rf" *(?:(?P<number>{_NUMBER})(?P<unit>{_UNIT})?(?![A-Za-z0-9_]|\.\d)"
    r"|(?P<word>[A-Za-z][A-Za-z-]*)|(?P<sign>\.\.|[,+/])|(?P<bad>[^ ]))"
)
LONGEST: Final = 300
"""The most characters of notation: it is a label in tables, and may come from a stranger."""
_LONGEST_MS: Final = 3_600_000.0
_MOST_RETRIES: Final = 100_000


class NotationError(InvalidInputError):
    """A text that is not strategy notation: what was found where, and what was expected."""

    def __init__(self, text: str, at: int, expected: str, found: str | None = None) -> None:
        self.text = text
        self.at = at
        self.expected = expected
        if found is None:
            found = text[at:].split(" ", maxsplit=1)[0] if text[at:].strip(" ") else "the end"
        self.found = found
        super().__init__(
            f"invalid strategy notation at character {at + 1}: found {found!r}, expected {expected}\n"
            f"  {text}\n  {' ' * at}^",
            hint="`harness predict --help` explains the notation.",
        )


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int
    unit: str | None = None


def parse(text: str, *, longest: int = LONGEST) -> StrategySpec:
    """Read strategy notation of at most `longest` characters.

    >>> str(parse("10ms x2 cap 250ms for 30s on 5,32"))
    '10ms x2 cap 250ms for 30s on 5,32'

    Raises `NotationError` (an `InvalidInputError`) with the position of the first mistake.
    """
    if len(text) > longest:
        found = f"{len(text):,} characters"
        raise NotationError(f"{text[:60]} …", 0, f"at most {longest}", found)
    return _Parser(text).spec()


def is_notation(text: str) -> bool:
    """Tell whether `text` looks like notation rather than a name: a duration, or ``plain …``."""
    return bool(re.match(rf"\s*{_NUMBER}({_UNIT})?(?![\w.-])|\s*plain\s+\S", text))


_Changes = dict[str, Any]
"""What a clause sets in the `StrategySpec`."""


@dataclass
class _Parser:
    text: str
    tokens: list[_Token] = field(init=False)
    position: int = 0

    def __post_init__(self) -> None:
        self.tokens = []
        for match in _TOKEN.finditer(self.text):
            kind = str(match.lastgroup if match.lastgroup != "unit" else "number")
            start = match.start(kind)
            if kind == "bad":
                raise self._error(start, "a duration such as 10ms (us, ms, s, min), or a word")
            self.tokens.append(_Token(kind, match[kind], start, match["unit"]))

    def spec(self) -> StrategySpec:
        """Read the whole text."""
        made = StrategySpec() if self._word("plain") else StrategySpec(waits=self._waits())
        seen: dict[str, _Token] = {}
        while (token := self._peek()) is not None:
            changes = self._clause()
            name = _NAMES.get(first := next(iter(changes)), first.replace("_", " "))
            if name in seen:
                raise self._error(token.at, f"each clause once; {name} stands before")
            seen[name] = token
            made = replace(made, **changes)
        self._check(made, seen)
        return made

    # ---- the waits ------------------------------------------------------------------------------

    def _waits(self) -> WaitRule:
        first = self._peek()
        if first is None or first.kind != "number":
            raise self._expected("a first wait such as 10ms, or plain")
        values = [self._next_token()]
        while self._sign(","):
            values.append(self._number_token("one more wait"))
        if len(values) > 1 or self._is_word("then"):
            milliseconds = self._list_ms(values)
            then = self._duration("the wait that is repeated") if self._word("then") else None
            return Listed(milliseconds, then)
        ms = self._as_ms(first)
        if self._sign("x"):
            low = self._plain_number("a factor such as 2")
            if self._sign(".."):
                return TimesDraw(ms, low, self._upper(low, "the largest factor"))
            return Times(ms, low)
        if self._sign("+"):
            return Plus(ms, self._duration("how much longer each wait is"))
        if self._word("fibonacci"):
            return Fibonacci(ms)
        if self._sign("/"):
            self._words("retries", "left")
            return OverRetriesLeft(ms)
        return Same(ms)

    def _list_ms(self, tokens: list[_Token]) -> tuple[float, ...]:
        """Read durations; those without a unit have that of the last."""
        unit = tokens[-1].unit
        if unit is None and any(float(token.text) for token in tokens if token.unit is None):
            raise self._error(tokens[-1].at, "a unit after the last wait: us, ms, s or min")
        return tuple(self._in_range(token, token.unit or unit or "ms") for token in tokens)

    # ---- the clauses ----------------------------------------------------------------------------

    def _clause(self) -> _Changes:
        token = self._next_token()
        if token.kind == "number":
            return self._count(token)
        clauses: dict[str, Callable[[], _Changes]] = {
            "cap": lambda: {"cap_ms": self._duration("the longest wait")},
            "jitter": self._jitter,
            "for": self._for,
            "within": lambda: {"limit": "within", "limit_ms": self._duration("a time limit")},
            "on": self._on,
        }
        phrases = [words for words in PHRASES if words.split()[0] == token.text]
        if phrases:
            return self._phrase(phrases)
        if token.text in clauses:
            return clauses[token.text]()
        self.position -= 1
        begins = dict.fromkeys([*clauses, *(words.split()[0] for words in PHRASES)])
        raise self._expected(f"a clause: a number of retries, {', '.join(begins)}")

    def _count(self, token: _Token) -> _Changes:
        if token.unit is not None or "." in token.text:
            raise self._error(token.at, "a clause, such as 10 retries, for 30s or on 5,32")
        count = int(token.text)
        if self._word("retries") or self._word("retry"):
            retries = count
        elif self._word("attempts") or self._word("attempt"):
            retries = count - 1
        else:
            raise self._expected("retries or attempts (codes are separated by commas)")
        if not 0 <= retries <= _MOST_RETRIES:
            raise self._error(token.at, f"1 to {_MOST_RETRIES:,} attempts")
        return {"retries": retries}

    def _for(self) -> _Changes:
        limit_ms = self._duration("a time limit")
        limit = next((word for word in ("waited", "shared") if self._word(word)), "for")
        return {"limit": limit, "limit_ms": limit_ms}

    def _jitter(self) -> _Changes:
        if self._word("rust-retry"):
            return {"jitter": AsRustRetry()}
        if self._sign("x"):
            low = self._plain_number("the smallest factor")
            if not self._sign(".."):
                raise self._expected(".. and the other end of the range")
            return {"jitter": Scaled(low, self._upper(low, "the largest factor"))}
        if self._sign("+"):
            low_token = self._number_token("the least that is added")
            if not self._sign(".."):
                raise self._expected(".. and the other end of the range")
            high_token = self._number_token("the most that is added")
            low_ms, high_ms = self._list_ms([low_token, high_token])
            if high_ms < low_ms:
                raise self._error(high_token.at, "a range that ascends")
            return {"jitter": Added(low_ms, high_ms)}
        raise self._expected("x0.5..1.5, +0..100ms or rust-retry")

    def _on(self) -> _Changes:
        if not self._word("any"):
            return {"codes": self._codes()}
        return {"codes": self._codes(), "all_but": True} if self._word("but") else {"codes": None}

    def _codes(self) -> tuple[int, ...]:
        codes: list[int] = []
        while True:
            token = self._peek()
            if token is None or token.kind != "number" or token.unit or not token.text.isdigit():
                raise self._expected("a Win32 error code such as 5 or 32" + " or any" * (not codes))
            self.position += 1
            code = int(token.text)
            if not 1 <= code <= 0xFFFF:  # noqa: PLR2004 - the range of Win32 codes
                raise self._error(token.at, "a Win32 error code from 1 to 65535")
            codes.append(code)
            if not self._sign(","):
                return tuple(dict.fromkeys(codes))

    def _phrase(self, phrases: list[str]) -> _Changes:
        """Read on in whichever of `phrases` it is; the first word was read."""
        candidates = [phrase.split() for phrase in phrases]
        number = 1
        while len(candidates) > 1 or number < len(candidates[0]):
            left = [words for words in candidates if self._is_word(words[number])]
            if not left:
                options = dict.fromkeys(" ".join(words[number:]) for words in candidates)
                raise self._expected(" or ".join(options))
            candidates, number = left, number + 1
            self.position += 1
        phrase = PHRASES[" ".join(candidates[0])]
        return {phrase.field: phrase.value}

    # ---- what must hold for the whole -----------------------------------------------------------

    def _check(self, made: StrategySpec, seen: Mapping[str, _Token]) -> None:
        if made.waits is None:
            needless = set(seen) - {_NAMES["around"], _NAMES["method"], "else copy"}
            if needless:
                at = min(seen[name].at for name in needless)
                raise self._error(at, "nothing about retries: plain makes one attempt")
            return
        if isinstance(made.waits, OverRetriesLeft) and made.retries is None:
            raise self._expected("the number that is left at first, such as 20 retries")
        if isinstance(made.waits, TimesDraw) and made.jitter is not None:
            raise self._error(seen["jitter"].at, "no jitter: these waits are drawn already")
        ends = isinstance(made.waits, Listed) and made.waits.retries is not None
        if made.retries is None and made.limit is None and not ends:
            raise self._expected("when it gives up: 10 retries, for 30s or within 10s")

    # ---- tokens ---------------------------------------------------------------------------------

    def _peek(self) -> _Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def _next_token(self) -> _Token:
        self.position += 1
        return self.tokens[self.position - 1]

    def _error(self, at: int, expected: str) -> NotationError:
        return NotationError(self.text, at, expected)

    def _expected(self, what: str) -> NotationError:
        token = self._peek()
        return self._error(len(self.text.rstrip()) if token is None else token.at, what)

    def _sign(self, sign: str) -> bool:
        token = self._peek()
        found = token is not None and token.text == sign
        self.position += found
        return found

    def _is_word(self, word: str) -> bool:
        token = self._peek()
        return token is not None and token.kind == "word" and token.text == word

    def _word(self, word: str) -> bool:
        found = self._is_word(word)
        self.position += found
        return found

    def _words(self, *words: str) -> None:
        for number, word in enumerate(words):
            if not self._word(word):
                raise self._expected(" ".join(words[number:]))

    def _number_token(self, what: str) -> _Token:
        token = self._peek()
        if token is None or token.kind != "number":
            raise self._expected(what)
        self.position += 1
        return token

    def _plain_number(self, what: str) -> float:
        token = self._number_token(what)
        if token.unit is not None:
            raise self._error(token.at, f"{what}, without a unit")
        value = float(token.text)
        if value > 1000:  # noqa: PLR2004 - beyond any use
            raise self._error(token.at, "a factor of at most 1000")
        return value

    def _upper(self, low: float, what: str) -> float:
        high = self._plain_number(what)
        if high < low:
            raise self._error(self.tokens[self.position - 1].at, "a range that ascends")
        return high

    def _duration(self, what: str) -> float:
        return self._as_ms(self._number_token(f"{what}, such as 250ms"))

    def _as_ms(self, token: _Token) -> float:
        if token.unit is None and float(token.text):
            raise self._error(token.at, f"a unit: {token.text}ms, {token.text}s …")
        return self._in_range(token, token.unit or "ms")

    def _in_range(self, token: _Token, unit: str) -> float:
        ms = read_ms(token.text, unit)
        if ms > _LONGEST_MS:
            raise self._error(token.at, "at most an hour (60min)")
        return ms


_NAMES: Final = {
    "cap_ms": "cap",
    "retries": "the number of attempts",
    "limit": "a time limit",
    "codes": "on",
    "around": "what an attempt does",
    "method": "how a tree is moved",
}
"""What to call a clause by the field that it sets."""
