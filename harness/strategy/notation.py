"""The policy language: a sentence that says how long to wait, on what, and when to give up.

First come the waits, then clauses in any order, each at most once, separated by spaces::

    10ms x2 cap 250ms for 30s on 5,32

Durations are numbers with ``us``, ``ms``, ``s`` or ``min``; 0 needs no unit. Commas stand in lists only.
`WORDS` explains every word; ``harness try --help`` and the documentation print it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, get_args

from harness.errors import InvalidInputError
from harness.strategy.spec import (
    Added,
    Around,
    Fibonacci,
    Listed,
    OverRetriesLeft,
    Plus,
    Same,
    Scaled,
    Sentence,
    Times,
    TimesDraw,
    Waits,
)
from harness.strategy.tree_methods import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "how long to wait": {
        "plain": "one attempt, no wait: the whole sentence",
        "100ms": "the same wait each time",
        "10ms x2": "each wait is twice the one before",
        "1ms x1..2": "each wait is the one before, times a number drawn evenly from 1 to 2",
        "0 +10ms": "each wait is 10 ms longer than the one before",
        "1ms fibonacci": "1, 1, 2, 3, 5, 8 … times 1 ms",
        "1s / retries left": "1 s divided by the retries that are left; needs `N retries`",
        "0,1,10,20,40ms": "these waits, then it gives up; a number without a unit has that of the last",
        "2,3,4ms then 0": "these waits, then the last one until the stop rule ends it",
        "cap 250ms": "no wait is longer (before jitter)",
        "jitter x0.5..1.5": "each wait times a number drawn evenly from that range",
        "jitter +0..100ms": "each wait plus a time drawn evenly from that range",
        "jitter rust-retry": "full jitter as Rust's `retry` crate has it: whole seconds are rounded up",
    },
    "when to give up (at least one, unless a list of waits ends)": {
        "10 retries": "after so many; `11 attempts` says the same",
        "for 30s": "at the first failure at or after 30 s: the last attempt may come one wait later",
        "within 10s": "if the next attempt would begin at or after 10 s",
        "for 1s waited": "if with the next wait the waits would add up to 1 s or more",
        "for 10s shared": "the same, counting the waits of all operations of an install together",
        "trailing wait": "waits once more after the last attempt before it reports the error",
    },
    "on which errors": {
        "on 5,32": "these Win32 codes; 5,32,33 if nothing is said",
        "on any": "every error",
        "on any but 5": "every error but these",
        "renames only": "only where the call is a rename",
        "while target is absent": "after each wait, goes on only if nothing has the target's name",
        "unless target is a directory": "does not retry where a directory has the target's name",
    },
    "what else it does": {
        "deleting target first": "each attempt deletes the target, then calls",
        "deleting target on failure": "a call that fails deletes the target and calls once more",
        "moving target aside": "a call that fails renames the target away and calls once more",
        "fresh temporary": "writes the temporary file anew, under another name, before each retry",
        "else copy": "having given up, copies the file under the same policy instead",
        **{name: method.about for name, method in METHODS.items()},
    },
}

_UNITS: Final = {"us": Decimal("0.001"), "ms": Decimal(1), "s": Decimal(1000), "min": Decimal(60_000)}
_NUMBER: Final = r"[0-9]+(?:\.[0-9]+)?"
_TOKEN: Final = re.compile(
    rf" *(?:(?P<number>{_NUMBER})(?P<unit>us|ms|s|min)?(?![A-Za-z0-9_]|\.\d)"
    r"|(?P<word>[A-Za-z][A-Za-z-]*)|(?P<sign>\.\.|[,+/])|(?P<bad>[^ ]))"
)
LONGEST: Final = 300
"""The most characters of a sentence: it is a label in tables, and may come from a stranger."""
_LONGEST_MS: Final = 3_600_000.0
_MOST_RETRIES: Final = 100_000


class PolicyError(InvalidInputError):
    """A sentence that is no policy: what was found where, and what was expected."""

    def __init__(self, text: str, at: int, expected: str, found: str | None = None) -> None:
        self.text = text
        self.at = at
        self.expected = expected
        if found is None:
            found = text[at:].split(" ", maxsplit=1)[0] if text[at:].strip(" ") else "the end"
        self.found = found
        super().__init__(
            f"not a policy; at character {at + 1}: found {found!r}, expected {expected}\n"
            f"  {text}\n  {' ' * at}^",
            hint="`harness try --help` explains the words.",
        )


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int
    unit: str | None = None


def parse(text: str) -> Sentence:
    """Read a sentence.

    >>> str(parse("10ms x2 cap 250ms for 30s on 5,32"))
    '10ms x2 cap 250ms for 30s on 5,32'

    Raises `PolicyError` (an `InvalidInputError`) with the position of the first mistake.
    """
    return _Parser(text).sentence()


def is_sentence(text: str) -> bool:
    """Whether `text` looks like a sentence, not like a name: a duration comes first, or ``plain …``."""
    return bool(re.match(rf"\s*{_NUMBER}(us|ms|s|min)?(?![\w.-])|\s*plain\s+\S", text))


@dataclass
class _Parser:
    text: str
    tokens: list[_Token] = field(init=False)
    position: int = 0

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST:
            found = f"{len(self.text):,} characters"
            raise PolicyError(f"{self.text[:60]} …", 0, f"at most {LONGEST}", found)
        self.tokens = []
        for match in _TOKEN.finditer(self.text):
            kind = str(match.lastgroup if match.lastgroup != "unit" else "number")
            start = match.start(kind)
            if kind == "bad":
                raise PolicyError(
                    self.text, start, "a duration such as 10ms (us, ms, s, min), or a word"
                )
            self.tokens.append(_Token(kind, match[kind], start, match["unit"]))

    def sentence(self) -> Sentence:
        """The whole of it."""
        made = Sentence() if self._word("plain") else Sentence(waits=self._waits())
        seen: dict[str, _Token] = {}
        while (token := self._peek()) is not None:
            name, changes = self._clause()
            if name in seen:
                raise PolicyError(self.text, token.at, f"each clause once; {name} was said before")
            seen[name] = token
            made = replace(made, **changes)
        self._check(made, seen)
        return made

    # ---- the waits ------------------------------------------------------------------------------

    def _waits(self) -> Waits:
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
        """The unit of the last holds for those without one."""
        unit = tokens[-1].unit
        if unit is None and any(float(token.text) for token in tokens if token.unit is None):
            raise PolicyError(self.text, tokens[-1].at, "a unit after the last wait: us, ms, s or min")
        scaled = tuple(_ms(token.text, token.unit or unit or "ms") for token in tokens)
        for token, value in zip(tokens, scaled, strict=True):
            self._in_range(token, value)
        return scaled

    # ---- the clauses ----------------------------------------------------------------------------

    def _clause(self) -> tuple[str, dict[str, Any]]:
        token = self._peek()
        assert token is not None  # noqa: S101 - asked by the caller
        if token.kind == "number":
            return self._count()
        for word, read in self._clauses().items():
            if self._word(word):
                return read()
        raise self._expected(f"a clause: a number of retries, {', '.join(self._clauses())}")

    def _clauses(self) -> dict[str, Callable[[], tuple[str, dict[str, Any]]]]:
        return {
            "cap": lambda: ("cap", {"cap_ms": self._duration("the longest wait")}),
            "jitter": self._jitter,
            "for": self._for,
            "within": lambda: (
                "a time limit",
                {"limit": "within", "limit_ms": self._duration("a time limit")},
            ),
            "trailing": lambda: self._flag("trailing_wait", "wait"),
            "on": self._on,
            "renames": lambda: self._flag("renames_only", "only"),
            "while": lambda: self._flag("while_absent", "target", "is", "absent"),
            "unless": lambda: self._flag("unless_directory", "target", "is", "a", "directory"),
            "deleting": self._around("deleting"),
            "moving": self._around("moving"),
            "fresh": lambda: self._flag("fresh_temporary", "temporary"),
            "else": lambda: self._flag("else_copy", "copy"),
            **{name.split()[0]: self._method for name in METHODS},
        }

    def _count(self) -> tuple[str, dict[str, Any]]:
        token = self._next_token()
        if token.unit is not None or "." in token.text:
            raise PolicyError(self.text, token.at, "a clause, such as 10 retries, for 30s or on 5,32")
        count = int(token.text)
        if self._word("retries") or self._word("retry"):
            retries = count
        elif self._word("attempts") or self._word("attempt"):
            retries = count - 1
        else:
            raise self._expected("retries or attempts (codes are separated by commas)")
        if not 0 <= retries <= _MOST_RETRIES:
            raise PolicyError(self.text, token.at, f"1 to {_MOST_RETRIES:,} attempts")
        return "the number of attempts", {"retries": retries}

    def _for(self) -> tuple[str, dict[str, Any]]:
        limit_ms = self._duration("a time limit")
        limit = next((word for word in ("waited", "shared") if self._word(word)), "for")
        return "a time limit", {"limit": limit, "limit_ms": limit_ms}

    def _jitter(self) -> tuple[str, dict[str, Any]]:
        if self._word("rust-retry"):
            return "jitter", {"jitter": "rust-retry"}
        if self._sign("x"):
            low = self._plain_number("the smallest factor")
            self._range_sign()
            return "jitter", {"jitter": Scaled(low, self._upper(low, "the largest factor"))}
        if self._sign("+"):
            low_token = self._number_token("the least that is added")
            self._range_sign()
            high_token = self._number_token("the most that is added")
            low_ms, high_ms = self._list_ms([low_token, high_token])
            if high_ms < low_ms:
                raise PolicyError(self.text, high_token.at, "a range that ascends")
            return "jitter", {"jitter": Added(low_ms, high_ms)}
        raise self._expected("x0.5..1.5, +0..100ms or rust-retry")

    def _on(self) -> tuple[str, dict[str, Any]]:
        if self._word("any"):
            if not self._word("but"):
                return "on", {"codes": None}
            return "on", {"codes": self._codes(), "all_but": True}
        return "on", {"codes": self._codes()}

    def _codes(self) -> tuple[int, ...]:
        codes: list[int] = []
        while True:
            token = self._peek()
            if token is None or token.kind != "number" or token.unit or not token.text.isdigit():
                raise self._expected("a Win32 error code such as 5 or 32" + " or any" * (not codes))
            self.position += 1
            code = int(token.text)
            if not 1 <= code <= 0xFFFF:  # noqa: PLR2004 - the range of Win32 codes
                raise PolicyError(self.text, token.at, "a Win32 error code from 1 to 65535")
            codes.append(code)
            if not self._sign(","):
                return tuple(dict.fromkeys(codes))

    def _flag(self, name: str, *words: str) -> tuple[str, dict[str, Any]]:
        self._words(*words)
        return name.replace("_", " "), {name: True}

    def _around(self, first: str) -> Callable[[], tuple[str, dict[str, Any]]]:
        phrases = [phrase for phrase in get_args(Around) if phrase.startswith(first)]
        return lambda: ("what an attempt does", {"around": self._rest_of(phrases)})

    def _method(self) -> tuple[str, dict[str, Any]]:
        return "how a tree is moved", {"method": self._rest_of(list(METHODS))}

    def _rest_of(self, phrases: list[str]) -> str:
        """Read on in whichever of `phrases` it is; the first word was read."""
        first = self.tokens[self.position - 1].text
        candidates = [phrase.split() for phrase in phrases if phrase.split()[0] == first]
        for place in range(1, max(map(len, candidates))):
            token = self._peek()
            left = [
                words
                for words in candidates
                if token is not None and len(words) > place and words[place] == token.text
            ]
            if not left:
                options = dict.fromkeys(" ".join(words[place:]) for words in candidates)
                raise self._expected(" or ".join(options))
            candidates = left
            self.position += 1
            if len(candidates) == 1 and len(candidates[0]) == place + 1:
                break
        return " ".join(candidates[0])

    # ---- what must hold for the whole -----------------------------------------------------------

    def _check(self, made: Sentence, seen: Mapping[str, _Token]) -> None:
        if made.waits is None:
            needless = set(seen) - {"what an attempt does", "else copy", "how a tree is moved"}
            if needless:
                token = min((seen[name] for name in needless), key=lambda token: token.at)
                raise PolicyError(self.text, token.at, "nothing about retries: plain makes one attempt")
            return
        if isinstance(made.waits, OverRetriesLeft) and made.retries is None:
            raise self._expected("the number that is left at first, such as 20 retries")
        if isinstance(made.waits, TimesDraw) and made.jitter is not None:
            raise PolicyError(self.text, seen["jitter"].at, "no jitter: these waits are drawn already")
        ends = isinstance(made.waits, Listed) and made.waits.then_ms is None
        if made.retries is None and made.limit is None and not ends:
            raise self._expected("when it gives up: 10 retries, for 30s or within 10s")

    # ---- tokens ---------------------------------------------------------------------------------

    def _peek(self) -> _Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def _next_token(self) -> _Token:
        self.position += 1
        return self.tokens[self.position - 1]

    def _expected(self, what: str) -> PolicyError:
        token = self._peek()
        at = len(self.text.rstrip()) if token is None else token.at
        return PolicyError(self.text, at, what)

    def _sign(self, sign: str) -> bool:
        token = self._peek()
        if token is None or token.text != sign:
            return False
        self.position += 1
        return True

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

    def _range_sign(self) -> None:
        if not self._sign(".."):
            raise self._expected(".. and the other end of the range")

    def _number_token(self, what: str) -> _Token:
        token = self._peek()
        if token is None or token.kind != "number":
            raise self._expected(what)
        self.position += 1
        return token

    def _plain_number(self, what: str) -> float:
        token = self._number_token(what)
        if token.unit is not None:
            raise PolicyError(self.text, token.at, f"{what}, without a unit")
        value = float(token.text)
        if value > 1000:  # noqa: PLR2004 - beyond any use
            raise PolicyError(self.text, token.at, "a factor of at most 1000")
        return value

    def _upper(self, low: float, what: str) -> float:
        token = self._peek()
        high = self._plain_number(what)
        if high < low:
            assert token is not None  # noqa: S101 - it was a number
            raise PolicyError(self.text, token.at, "a range that ascends")
        return high

    def _duration(self, what: str) -> float:
        return self._as_ms(self._number_token(f"{what}, such as 250ms"))

    def _as_ms(self, token: _Token) -> float:
        value = float(token.text)
        if token.unit is None:
            if value:
                raise PolicyError(self.text, token.at, f"a unit: {token.text}ms, {token.text}s …")
            return 0.0
        return self._in_range(token, _ms(token.text, token.unit))

    def _in_range(self, token: _Token, ms: float) -> float:
        if ms > _LONGEST_MS:
            raise PolicyError(self.text, token.at, "at most an hour (60min)")
        return ms


def _ms(number: str, unit: str) -> float:
    """A duration in milliseconds, rounded once."""
    return float(Decimal(number) * _UNITS[unit])
