"""What ``harness strategies`` prints: rows for programs, a listing by system and details for people."""

from __future__ import annotations

import inspect
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.cli.schedule_plot import plot
from harness.errors import InvalidInputError
from harness.strategy import catalogue, lookup, notation
from harness.strategy.catalogue import VERIFIED
from harness.strategy.explain import explained, retries_words
from harness.strategy.schedules import DRAWS, retried_codes, schedule, times_of, timetable
from harness.text import milliseconds, printable
from harness.winerror import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from harness.strategy.catalogue import ShippedPolicy
    from harness.strategy.loop import Strategy
    from harness.strategy.schedules import Range, Timetable
    from harness.strategy.spec import Sentence

SHOWN_ATTEMPTS: Final = 8
_SENTENCE: Final = 45
"""Room for a sentence of usual length; where there is less, each is on a line of its own."""
_NAME: Final = 32
_OWN: Final = "Tunable"


@dataclass(frozen=True)
class StrategyRow:
    """One strategy: a policy of the catalogue, one with parameters (at their defaults), or a sentence.

    `sentence` is ``None`` for what is made of code; `shipped` is the entry in the catalogue.
    """

    name: str
    origin: str
    strategy: Strategy
    description: str
    parameters: dict[str, Any]
    sentence: Sentence | None = None
    shipped: ShippedPolicy | None = None

    @cached_property
    def times(self) -> Timetable:
        """When it tries against a failure that lasts, on a code that it retries; no target exists."""
        return timetable(self.strategy) if self.sentence is None else times_of(self.sentence)

    @cached_property
    def codes(self) -> list[int]:
        """The known Win32 codes that it retries."""
        return list(retried_codes(self.strategy))

    @property
    def retries(self) -> str:
        """The codes in words: ``5, 32``, ``any but 2``, ``nothing``."""
        if self.sentence is not None:
            return retries_words(self.sentence)
        return (
            "any" if len(self.codes) == len(MESSAGES) else ", ".join(map(str, self.codes)) or "nothing"
        )

    @property
    def operation(self) -> str:
        """What it is for."""
        return self.shipped.operation if self.shipped else "any"

    @cached_property
    def over_target(self) -> Timetable | None:
        """When it tries if something has the target's name; ``None`` if that changes nothing."""
        if self.sentence is not None and not self.sentence.while_absent:
            return None
        code = next(iter(self.codes), 5)
        first = schedule(self.strategy, code=code, target_exists=True, max_attempts=3)
        if first.attempts_ms == self.times.schedules[0].attempts_ms[:3]:
            return None
        may_be_random = self.sentence is None or self.sentence.is_random
        return timetable(self.strategy, code=code, target_exists=True, may_be_random=may_be_random)

    def does_retry(self, code: int) -> bool:
        """Whether it retries an operation that fails with `code`."""
        return len(schedule(self.strategy, code=code, max_attempts=2).attempts_ms) > 1

    def as_json(self) -> dict[str, Any]:
        """The row as plain data. `attempts_ms` and what follows are those of the typical schedule."""
        times, over = self.times, self.over_target
        facts = {} if self.shipped is None else asdict(self.shipped)
        facts = {key: value for key, value in facts.items() if key not in {"id", "policy"}}
        return {
            "name": self.name,
            "origin": self.origin,
            "description": self.description,
            "parameters": self.parameters,
            "policy": None if self.sentence is None else str(self.sentence),
            "codes": self.codes,
            "retries": self.retries,
            "jitter": times.is_random,
            "attempts_ms": list(times.typical.attempts_ms),
            "budget_ms": times.typical.budget_ms,
            "gave_up_ms": times.typical.gave_up_ms,
            "attempts": asdict(times.attempts),
            "budget": asdict(times.budget_ms),
            "attempt_cost_ms": times.attempt_cost_ms,
            "goes_on": times.is_cut,
            "if_target_exists": None
            if over is None
            else {"attempts": over.attempts.median, "budget_ms": over.budget_ms.median},
            "catalogue": facts or None,
        }


def strategy_rows(
    names: Sequence[str] = (),
    *,
    systems: Sequence[str] = (),
    codes: Sequence[int] = (),
    operations: Sequence[str] = (),
) -> list[StrategyRow]:
    """The strategies of these names, or all: those with parameters first, then the catalogue.

    A name may be an id, a system (all its policies), a system with a version (those in effect in it),
    a strategy with parameters, a plug-in, or a sentence. What is left must be of one of `systems`, retry
    all `codes`, be for one of `operations` (or any). Raises `InvalidInputError` for an unknown name,
    system or operation.
    """
    for system in systems:
        if system not in catalogue.systems():
            raise InvalidInputError(
                f"no system is called {system!r}", hint=f"There are: {', '.join(catalogue.systems())}"
            )
    known = {policy.operation for policy in catalogue.policies().values()}
    for operation in operations:
        if operation not in known:
            raise InvalidInputError(
                f"no operation is called {operation!r}", hint=f"There are: {', '.join(sorted(known))}"
            )
    rows = [row for name in names for row in _named(name)] if names else list(_all())
    return [
        row
        for row in {(row.name, row.origin): row for row in rows}.values()
        if (not systems or (row.shipped is not None and row.shipped.system in systems))
        and (not operations or row.operation in {*operations, "any"})
        and all(row.does_retry(code) for code in codes)
    ]


def _all() -> Iterator[StrategyRow]:
    for maker in (*lookup.shipped().values(), *lookup.installed().values()):
        yield _of_maker(maker)
    for policy in catalogue.policies().values():
        yield _of_policy(policy)


def _named(name: str) -> list[StrategyRow]:
    if notation.is_sentence(name):
        sentence = notation.parse(name)
        words = " ".join(explained(sentence))
        return [StrategyRow(name, "sentence", sentence.strategy(name), words, {}, sentence)]
    rows = [_of_maker(lookup.shipped()[name])] if name in lookup.shipped() else []
    rows += [_of_policy(policy) for policy in catalogue.select(name)]
    if not rows and name in lookup.installed_names():
        rows = [_of_maker(lookup.installed()[name])]
    if not rows:
        raise InvalidInputError(f"no strategy is called {name!r}", hint=lookup.hint_for(name))
    return rows


def _of_maker(maker: lookup.StrategyMaker) -> StrategyRow:
    return StrategyRow(maker.name, maker.origin, maker(), maker.description, maker.defaults)


def _of_policy(policy: ShippedPolicy) -> StrategyRow:
    return StrategyRow(
        policy.id, "catalogue", policy.strategy(), policy.note, {}, policy.sentence, policy
    )


# ---- the listing -----------------------------------------------------------------------------------


def listing(rows: Sequence[StrategyRow], width: int) -> Iterator[RenderableType]:
    """All rows under their systems, for a terminal of this width."""
    table = [_HEADS, *(_cells(row) for row in rows)]
    shown = list(range(len(_HEADS)))
    for left_out in ("versions", "operation"):
        widths = [max(len(cells[number]) for cells in table) for number in shown]
        if sum(widths) + 2 * len(widths) <= (width if left_out == "operation" else width - _SENTENCE):
            break
        shown.remove(_HEADS.index(left_out))
    widths = [max(len(cells[number]) for cells in table) for number in shown]
    inline = "versions" in (_HEADS[number] for number in shown)
    yield Text("  " + _aligned([_HEADS[number] for number in shown], widths), style="dim")
    group = None
    for row, cells in zip(rows, table[1:], strict=True):
        if _group(row) != group:
            group = _group(row)
            yield _heading(row, width)
        line = Text("  " + _aligned([cells[number] for number in shown], widths))
        line.stylize("bold", 2, 2 + widths[0])
        said = Text(_said(row), style="dim" if row.sentence is None else "cyan")
        if row.sentence is None:
            said.truncate(width - (len(line) + 2 if inline else 4), overflow="ellipsis")
        if inline and len(line) + 2 + len(said) <= width:
            yield line.append("  ").append_text(said)
        else:
            yield line
            yield Padding(said, (0, 0, 0, 4))
    yield Text()
    yield Text(
        f"{len(rows)} strategies. budget: from the first attempt to the last, against a failure that "
        "lasts and calls that take no time (0.3 ms in loops that never wait); with jitter, the range of "
        f"{DRAWS} draws.",
        style="dim",
    )
    yield Text(
        "`harness strategies NAME` tells all about one (its source, too); --plot draws it; "
        '`harness try "SENTENCE"` ranks your own.',
        style="dim",
    )


_HEADS: Final = ("policy", "versions", "operation", "retries", "attempts", "budget")


def _cells(row: StrategyRow) -> tuple[str, ...]:
    return (
        row.name if len(row.name) <= _NAME else f"{row.name[: _NAME - 1]}…",
        _versions(row),
        row.operation,
        _short(row.retries, 14),
        f"{row.times.attempts.median:,.0f}" + "+" * row.times.is_cut,
        _range(row.times.budget_ms),
    )


def _versions(row: StrategyRow) -> str:
    if row.shipped is None:
        return ""
    since, until = row.shipped.since, row.shipped.until
    if since and until:
        return since if since == until else f"{since} to {until}"
    return f"since {since}" if since else f"to {until}" * bool(until)


def _range(values: Range) -> str:
    """A time, or with jitter the least and the most: ``60.4 to 268 s``."""
    if values.is_one:
        return milliseconds(values.median) if values.median else "0"
    low, high = milliseconds(values.least), milliseconds(values.most)
    return f"{low.split()[0] if low.split()[1] == high.split()[1] else low} to {high}"


def span(values: Range) -> str:
    """The same with the middle: ``~160 s (60.4 to 268 s)``."""
    if values.is_one:
        return _range(values)
    return f"~{milliseconds(values.median)} ({_range(values)})"


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip(' ,')}…"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    right = len(widths) - 2  # attempts and budget
    padded = (
        cell.rjust(width) if number >= right else cell.ljust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded)


def _group(row: StrategyRow) -> str:
    if row.shipped is not None:
        return row.shipped.system
    return _OWN if row.origin == "shipped" else row.origin


def _heading(row: StrategyRow, width: int) -> Text:
    if row.shipped is not None:
        system = catalogue.systems()[row.shipped.system]
        title, about = system.title, system.about
    elif row.origin == "shipped":
        title, about = _OWN, "with parameters, at their defaults"
    else:
        title, about = row.origin.capitalize(), ""
    line = Text(title, style="bold underline")
    line.append(f"  {about}", style="not bold not underline dim")
    line.truncate(width, overflow="ellipsis")
    return line


def _said(row: StrategyRow) -> str:
    return str(row.sentence) if row.sentence is not None else row.description.split("\n", 1)[0]


# ---- details ---------------------------------------------------------------------------------------


def details(row: StrategyRow) -> RenderableType:
    """All that is known of one strategy."""
    title = Text(printable(row.name), style="bold")
    title.append(f"  {_subtitle(row)}", style="not bold dim")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _facts(row).items():
        if value:
            table.add_row(name, Text(printable(value)))
    said = (
        []
        if row.shipped
        else [Padding(Text(inspect.cleandoc(printable(row.description))), (0, 0, 0, 2))]
    )
    return Group(title, *said, table)


def _subtitle(row: StrategyRow) -> str:
    if row.shipped is None:
        return f"({row.origin})"
    return f"{catalogue.systems()[row.shipped.system].title}: {row.shipped.title}"


def _facts(row: StrategyRow) -> dict[str, str]:
    facts = {f"{key} =": str(value) for key, value in row.parameters.items()}
    if row.sentence is not None:
        facts["policy"] = str(row.sentence)
        facts["in words"] = " ".join(explained(row.sentence)) if row.origin != "sentence" else ""
    facts["retries"] = row.retries
    facts["attempts"] = _attempts(row.times)
    if row.over_target is not None:
        count = row.over_target.attempts.median
        facts["if the target exists"] = (
            f"{count:,.0f} {'attempt' if count == 1 else 'attempts'}, {span(row.over_target.budget_ms)}"
        )
    if row.sentence is not None and row.sentence.else_copy:
        facts["then"] = "copies under the same policy, which may take as long again"
    if (policy := row.shipped) is not None:
        facts |= {
            "versions": policy.when,
            "for": f"{policy.operation} of {' and '.join(policy.objects)}, {policy.mode}",
            "primitive": policy.primitive,
            "retried there": policy.retried,
            "differs": policy.differs,
            "note": policy.note,
            "source": policy.source,
            "verified": VERIFIED[policy.verified],
            "links": "\n".join(policy.links),
        }
    return facts


def _attempts(times: Timetable) -> str:
    listed = times.typical
    shown = ", ".join(f"{round(ms, 3):g}" for ms in listed.attempts_ms[:SHOWN_ATTEMPTS])
    if len(listed.attempts_ms) > SHOWN_ATTEMPTS:
        shown += f" … {round(listed.attempts_ms[-1], 1):g}"
    if len(listed.attempts_ms) == 1:
        return "1"
    count = f"{times.attempts.median:,.0f}"
    if not times.attempts.is_one:
        count = f"~{count} ({times.attempts.least:,.0f} to {times.attempts.most:,.0f})"
    words = (
        f"{count}{' and more' if times.is_cut else ''}, budget {span(times.budget_ms)}; at {shown} ms"
    )
    if times.is_random:
        words += ", for example"
    if times.attempt_cost_ms:
        words += f", if each takes {times.attempt_cost_ms:g} ms"
    if listed.gave_up_ms > listed.budget_ms + times.attempt_cost_ms + 0.01:
        words += f"; says that it failed after {span(times.gave_up_ms)}"
    return words


def text_plot(row: StrategyRow) -> str:
    """The typical schedule as text."""
    return plot(row.times.typical)
