"""Strategy notation: one line that says how long to wait, on which errors, and when to give up.

First come the waits, then clauses in any order, each at most once, separated by spaces::

    10ms x2 cap 250ms for 30s on 5,32

Durations are numbers with ``us``, ``ms``, ``s`` or ``min``; 0 needs no unit. Commas stand in lists only.
After a semicolon come other waits for certain errors: ``10ms x2 for 30s on 5,32; 1s 5 retries on 33``.
`harness.strategy.notation_words` explains every word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from harness.errors import InvalidInputError
from harness.strategy.durations import LONGEST_MS, UNITS, read_ms
from harness.strategy.expected import PARTS, VALUES, rest
from harness.strategy.forms import (
    GROWTH,
    JITTERS,
    LIMITS,
    LIST,
    LIST_THEN,
    WAITS,
    Part,
)
from harness.strategy.list_units import readings, shrinks_from, units_of
from harness.strategy.nearest import nearest
from harness.strategy.notation_rules import NAMES, unfit_clauses, unfit_part
from harness.strategy.otherwise import MOST, WAYS, Otherwise
from harness.strategy.spec import ASKING, PHRASES, StrategySpec
from harness.strategy.spelling import hint_for, respelled
from harness.text import columns, one_line

_NUMBER: Final = r"[0-9]+(?:\.[0-9]+)?"
_UNIT: Final = "|".join(UNITS)
_TOKEN: Final = re.compile(
    rf" *(?:(?P<number>{_NUMBER})(?P<unit>{_UNIT})?(?![A-Za-z0-9_]|\.\d)"
    r"|(?P<word>[A-Za-z][A-Za-z-]*)|(?P<sign>\.\.|[,;+/])|(?P<bad>[^ ]))"
)
_NOTATION: Final = re.compile(rf"\s*{_NUMBER}({_UNIT})?(?![\w.-])|\s*plain\s+\S")

LONGEST: Final = 300
"""The most characters of notation: it is a label in tables, and may come from a stranger."""
_MOST_RETRIES: Final = 100_000

_Changes = dict[str, Any]
"""What a clause sets in a `StrategySpec`."""
_CLAUSES: Final[Mapping[str, Callable[..., _Changes]]] = {
    **dict.fromkeys(("{count} retries", "{count} retry"), lambda count: {"retries": count}),
    **dict.fromkeys(("{count} attempts", "{count} attempt"), lambda count: {"retries": count - 1}),
    ASKING: lambda asking_ms: {"asking_ms": asking_ms},
    "cap {ms}": lambda ms: {"cap_ms": ms},
    "on {codes}": lambda codes: {"codes": codes},
    "on any": lambda: {"codes": None},
    "on any but {codes}": lambda codes: {"codes": codes, "all_but": True},
    **{form: lambda *values, form=form: {"jitter": Part(form, values)} for form in JITTERS},
    **{form: lambda *values, form=form: {"limit": Part(form, values)} for form in LIMITS},
    **{words: lambda phrase=phrase: {phrase.field: phrase.value} for words, phrase in PHRASES.items()},
    **{f"else {way}": lambda way=way: {"otherwise": Otherwise(way)} for way in WAYS},
}
_COUNTED: Final = frozenset({"retries", "retry", "attempts", "attempt", "tries", "times"})
"""Words after a number that is a count, and no wait without its unit."""


def _with_part(made: StrategySpec, part: StrategySpec) -> StrategySpec:
    """Add waits after certain errors. Those after any but some come first: they are for all others."""
    if not part.all_but:
        return replace(made, after_errors=(*made.after_errors, part))
    before = StrategySpec(**made.own_fields)
    return replace(made, **part.own_fields, after_errors=(before, *made.after_errors))


class NotationError(InvalidInputError):
    """A text that is not strategy notation: what was found where, and what was expected.

    `found` is empty where the text ends too early; `reason` says both in words.
    """

    def __init__(self, text: str, at: int, expected: str, found: str | None = None) -> None:
        self.text = text
        self.at = at
        self.expected = expected
        if found is None:
            found = text[at:].split(" ", maxsplit=1)[0]
        self.found = found
        what = f"found {found!r}" if found else "it ends too early"
        self.reason = f"{what}; expected {expected}"
        super().__init__(
            f"invalid strategy notation at character {at + 1}: {self.reason}\n  {one_line(text)}\n"
            f"  {' ' * columns(one_line(text[:at]))}^",
            hint=hint_for(text)
            or f"Say it as in `{nearest(text)}`; `harness predict --help` explains it.",
        )


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int
    unit: str | None = None


def parse(text: str, *, longest: int = LONGEST) -> StrategySpec:
    """Read strategy notation of at most `longest` characters; other spellings as `respelled` has them.

    >>> str(parse("10ms x2 cap 250ms for 30s on 5,32"))
    '10ms x2 cap 250ms for 30s on 5,32'
    >>> str(parse("10 attempts, 50 ms, full jitter, on EPERM"))
    '50ms jitter x0..1 9 retries on 5'

    Raises `NotationError` (an `InvalidInputError`) with the position of the first mistake.
    """
    if len(text) > longest:
        found = f"{len(text):,} characters"
        raise NotationError(f"{text[:60]} …", 0, f"at most {longest}", found)
    try:
        return _Parser(text).spec()
    except NotationError:
        other = respelled(text)
        if other.split() != text.split():
            with suppress(NotationError):  # which is about a text that nobody typed
                return _Parser(other).spec()
        raise


def is_notation(text: str) -> bool:
    """Return whether `text` looks like notation rather than a name: a duration, or ``plain …``."""
    return bool(_NOTATION.match(text) or _NOTATION.match(respelled(text)))


def is_spelled_out(text: str) -> bool:
    """Return whether `text` is valid notation as it stands, and not only once it is respelled."""
    with suppress(NotationError):
        _Parser(text).spec()
        return True
    return False


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
                quoted = "no quotation mark within: one pair is around the whole, for the shell"
                expected = "a duration such as 10ms (us, ms, s, min), or a word"
                raise self._error(start, quoted if match[kind] in "\"'" else expected)
            self.tokens.append(_Token(kind, match[kind], start, match["unit"]))

    def spec(self) -> StrategySpec:
        """Read the whole text: a strategy, and after each semicolon the one after certain errors."""
        made = self._part()
        while (token := self._peek()) is not None:
            self.position += 1
            part = self._part()
            self._check_part(made, part, token.at)
            made = _with_part(made, part)
        return made

    def _part(self) -> StrategySpec:
        """Read up to a semicolon."""
        if self._next_is("plain"):
            self.position += 1
            made = StrategySpec()
        else:
            made = StrategySpec(waits=self._waits())
        form = ""
        seen: dict[str, int] = {}
        while (token := self._peek()) is not None and token.text != ";":
            if self._is_code_after(form):
                raise self._error(token.at, "a comma between codes, such as 5,32")
            form, values = self._read(_CLAUSES)
            changes = _CLAUSES[form](*values)
            if "otherwise" in changes:
                made = self._with_way(made, changes["otherwise"], token.at)
                form, seen["otherwise"] = "{codes}", token.at
                continue
            name = NAMES.get(first := next(iter(changes)), first.replace("_", " "))
            if name in seen:
                raise self._error(token.at, f"no second {name}: one is already given")
            if not 0 <= changes.get("retries", 0) <= _MOST_RETRIES:
                raise self._error(token.at, f"1 to {_MOST_RETRIES:,} attempts")
            seen[name] = token.at
            made = replace(made, **changes)
        self._check(made, seen)
        return made

    def _with_way(self, made: StrategySpec, way: Otherwise, at: int) -> StrategySpec:
        """Add a way after giving up, with the count and the codes that follow it."""
        if len(made.otherwise) == MOST:
            raise self._error(at, f"no more than {MOST} times 'else'")
        if any(way.way == each.way for each in made.otherwise):
            raise self._error(at, f"no second '{way.label}'")
        if self._next_is("once") or self._next_is("attempts", 1) or self._next_is("attempt", 1):
            counted = self._read(["once", "{count} attempts", "{count} attempt"])[1]
            count = counted[0] if counted else 1
            if not 1 <= count <= _MOST_RETRIES:
                raise self._error(at, f"1 to {_MOST_RETRIES:,} attempts")
            way = replace(way, attempts=count)
        if self._next_is("on") and not self._next_is("any", 1):
            way = replace(way, codes=self._read(["on {codes}"])[1][0])
        return replace(made, otherwise=(*made.otherwise, way))

    def _is_code_after(self, form: str) -> bool:
        """Whether a number comes after a clause of this form that was meant to belong to its codes."""
        token = self._peek()
        is_count = any(map(partial(self._next_is, ahead=1), ("retries", "retry", "attempts", "attempt")))
        is_number = token is not None and token.kind == "number" and token.unit is None
        return form.endswith("{codes}") and is_number and not is_count

    def _waits(self) -> Part:
        first = self._peek()
        if first is None or first.kind != "number":
            raise self._expected("a first wait such as 10ms, or plain")
        is_list = self._next_is(",", 1) or self._next_is("then", 1)
        waits = Part(*self._read([form for form in WAITS if (form in {LIST, LIST_THEN}) == is_list]))
        if waits.form == GROWTH and not waits.values[1]:
            raise self._error(self.tokens[self.position - 1].at, "a factor above 0")
        return waits

    def _check(self, made: StrategySpec, seen: Mapping[str, int]) -> None:
        for at, expected in unfit_clauses(made, seen):
            raise self._expected(expected) if at is None else self._error(at, expected)

    def _check_part(self, made: StrategySpec, part: StrategySpec, at: int) -> None:
        for expected in unfit_part(made, part, names_codes=self._names_codes_since(at)):
            raise self._error(at, expected)

    def _names_codes_since(self, at: int) -> bool:
        return any(token.text == "on" and token.at > at for token in self.tokens[: self.position])

    # ---- forms ----------------------------------------------------------------------------------

    def _read(self, forms: Iterable[str]) -> tuple[str, tuple[Any, ...]]:
        """Read on in one of `forms`, the longest that fits; return it with its values."""
        going = {form: PARTS.findall(form) for form in forms}
        values: list[Any] = []
        number = 0
        while fitting := {
            form: parts
            for form, parts in going.items()
            if len(parts) > number and self._fits(parts[number])
        }:
            part = next(iter(fitting.values()))[number]
            self.position += 1
            if part.startswith("{"):
                values.append(self._value(part, values))
            going, number = fitting, number + 1
        complete = [form for form, parts in going.items() if len(parts) == number]
        if not complete:
            raise self._expected(rest(going, number))
        return complete[0], tuple(values)

    def _fits(self, part: str) -> bool:
        token = self._peek()
        return token is not None and (
            token.kind == "number" if part.startswith("{") else token.text == part
        )

    def _value(self, name: str, before: list[Any]) -> Any:
        """Return the value of a name in braces, whose first token was read, after those `before`."""
        token = self.tokens[self.position - 1]
        if name == "{count}":
            if token.unit is not None or "." in token.text:
                raise self._error(token.at, "a clause, such as 10 retries, for 30s or on 5,32")
            return int(token.text)
        if name == "{codes}":
            return tuple(dict.fromkeys(map(self._code, self._list(VALUES[name][0]))))
        if name == "{list_ms}":
            return self._list_ms(self._list("one more wait"))
        if name == "{low_ms}" and token.unit is None:  # that of the other end, after the dots
            value = self._ms(
                token, next((after.unit for after in self.tokens[self.position + 1 :]), None)
            )
        elif name.endswith("ms}"):
            value = self._ms(token, token.unit)
        else:
            value = self._factor(token, VALUES[name][0])
        if name in {"{high}", "{high_ms}"} and value < before[-1]:
            low = self.tokens[self.position - 3]
            read = f"; {low.text} is read as {low.text}{token.unit}"
            needless = low.unit is not None or not token.unit
            expected = f"a range from the smaller to the larger number{'' if needless else read}"
            raise self._error(token.at, expected)
        return value

    def _list(self, what: str) -> list[_Token]:
        """Return the tokens of a list, whose first was read."""
        found = [self.tokens[self.position - 1]]
        while self._next_is(","):
            self.position += 1
            token = self._peek()
            if token is None or token.kind != "number":
                raise self._expected(what)
            self.position += 1
            found.append(token)
        return found

    def _list_ms(self, tokens: list[_Token]) -> tuple[float, ...]:
        """Return durations, each with its unit or that of the next one that has a unit.

        Refuses a list that would then shrink from a wait without a unit to the next: it may be meant
        otherwise.
        """
        units = units_of(tokens)
        if any(unit is None and float(token.text) for token, unit in zip(tokens, units, strict=True)):
            raise self._error(tokens[-1].at, "a unit after the last wait: us, ms, s or min")
        values = tuple(map(self._ms, tokens, units))
        if (place := shrinks_from(tokens, units)) is not None:
            start, last = tokens[0].at, tokens[-1]
            found = self.text[start : last.at + len(last.text) + len(last.unit or "")]
            meant = " or ".join(readings(tokens, units, place))
            expected = f"a unit after each wait, which would shrink here: {meant}"
            raise NotationError(self.text, tokens[place].at, expected, found)
        return values

    def _ms(self, token: _Token, unit: str | None) -> float:
        if unit is None and float(token.text):
            after = next((each.text for each in self.tokens if each.at > token.at), "")
            if after in _COUNTED:
                raise self._error(token.at, f"a first wait before the count: 10ms {token.text} {after}")
            raise self._error(token.at, f"a unit: {token.text}ms, {token.text}s …")
        ms = read_ms(token.text, unit or "ms")
        if ms > LONGEST_MS:
            raise self._error(token.at, "at most an hour (60min)")
        return ms

    def _factor(self, token: _Token, what: str) -> float:
        if token.unit is not None:
            raise self._error(token.at, f"{what}, without a unit")
        value = float(token.text)
        if value > 1000:  # noqa: PLR2004 - beyond any use
            raise self._error(token.at, "a factor of at most 1000")
        return value

    def _code(self, token: _Token) -> int:
        if token.unit or not token.text.isdigit():
            raise self._error(token.at, VALUES["{codes}"][0])
        code = int(token.text)
        if not 1 <= code <= 0xFFFF:  # noqa: PLR2004 - the range of Win32 codes
            raise self._error(token.at, "a Win32 error code from 1 to 65535")
        return code

    # ---- tokens ---------------------------------------------------------------------------------

    def _peek(self, ahead: int = 0) -> _Token | None:
        place = self.position + ahead
        return self.tokens[place] if place < len(self.tokens) else None

    def _next_is(self, text: str, ahead: int = 0) -> bool:
        token = self._peek(ahead)
        return token is not None and token.text == text

    def _error(self, at: int, expected: str) -> NotationError:
        return NotationError(self.text, at, expected)

    def _expected(self, what: str) -> NotationError:
        token = self._peek()
        return self._error(len(self.text.rstrip()) if token is None else token.at, what)
