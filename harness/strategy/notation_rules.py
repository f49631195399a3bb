"""What must hold between the clauses of strategy notation, once each of them is understood.

`harness.strategy.notation` reads the clauses and says where a mistake is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from harness.strategy.forms import OVER_RETRIES_LEFT, RANDOM_GROWTH

if TYPE_CHECKING:
    from harness.strategy.spec import StrategySpec

NAMES: Final = {
    "retries": "number of attempts",
    "limit": "time limit",
    "cap_ms": "cap",
    "codes": "list of errors",
    "asking_ms": "time to ask",
    "around": "way to make an attempt",
    "method": "way to move a tree",
}
"""What to call a clause by the field that it sets."""
_WITHOUT_RETRIES: Final = frozenset({NAMES["around"], NAMES["method"], "otherwise", "done if there"})
"""The clauses that do something where there is one attempt."""
_MOST_PARTS: Final = 4
"""The most waits of their own for certain errors."""


def unfit_clauses(made: StrategySpec, seen: Mapping[str, int]) -> Iterator[tuple[int | None, str]]:
    """Yield what was expected instead of clauses that do not fit, and where: ``None`` for the end.

    `seen` has the clauses that were read, by name, with their places.
    """
    if made.puts_back and made.around != "moving target aside":
        yield (
            seen["otherwise"],
            "'moving target aside' beside 'else put back': else nothing is aside",
        )
    if made.waits is None:
        if needless := set(seen) - _WITHOUT_RETRIES:
            at = min(seen[name] for name in needless)
            yield at, "no clause about retries: plain makes one attempt"
        return
    if made.waits.form == OVER_RETRIES_LEFT and made.retries is None:
        yield None, "a number for 'retries left', such as '20 retries'"
    if made.waits.form == RANDOM_GROWTH and made.jitter is not None:
        yield seen["jitter"], "no jitter: these waits are already random"
    if not made.retry_limits and made.limit is None:
        yield (
            None,
            "a clause that says when to give up, such as '10 retries', 'for 30s' or 'within 10s'",
        )


def unfit_part(made: StrategySpec, part: StrategySpec, *, names_codes: bool) -> Iterator[str]:
    """Yield what was expected instead of a part after a semicolon that does not fit what comes before.

    `names_codes`: the part has a clause about errors.
    """
    if made.waits is None or part.waits is None:
        yield "waits before and after the semicolon, not 'plain'"
        return
    if len(made.after_errors) == _MOST_PARTS:
        yield f"no more than {_MOST_PARTS} semicolons"
    if not part.codes or not names_codes:
        yield "errors for the waits after the semicolon, such as 'on 33'"
    if part.all_but and (made.all_but or made.codes is None):
        yield "one part for the errors that no other lists, such as 'on any but 5'"
    if part.all_but and made.trailing_wait:
        yield "'on any but' first, where there is a trailing wait"
    listed = [
        code for each in (made, *made.after_errors) if not each.all_but for code in each.codes or ()
    ]
    twice = [code for code in part.codes or () if code in listed]
    if twice and not part.all_but:
        yield f"each error in one part; {twice[0]} is in two"
    if part != type(part)(**part.own_fields):
        yield "only waits, their end and 'on' after the semicolon"
    if RANDOM_GROWTH in {part.waits.form, made.waits.form}:
        yield "no waits that grow at random beside a semicolon"
