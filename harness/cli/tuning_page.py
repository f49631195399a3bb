"""The page that ``harness tune`` prints."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from harness.cli.console import plain_table
from harness.text import LONG_MS, counted, milliseconds, percent, quoted
from harness.tune.answers import answers
from harness.tune.tuning import Tuning, WithoutData


def page(found: Tuning) -> Iterator[RenderableType]:
    """Yield all that was found, the answer first."""
    yield Text(found.recommended.strategy, style="bold green")
    yield from map(Text, answers(found))
    yield Text(_asked(found))
    for words in found.holds.conditional:
        yield Text(f"Conditional on {words}.", style="yellow")
    yield from _certainty(found)
    yield Text()
    yield Text("Simple strategies near the best", style="bold")
    yield _families(found)
    yield Text()
    yield Text("Fewer failures cost a longer budget", style="bold")
    yield _frontier(found)
    yield Text()
    yield Text("Which budget is enough", style="bold")
    yield from _budgets(found)
    yield Text()
    yield Text("The same strategy under other holds", style="bold")
    yield _elsewhere(found)
    yield Padding(Text(_TERMS, style="dim"), (1, 0, 0, 0))
    yield Text(
        f"To try it: harness predict {quoted(found.recommended.strategy)}; to measure it: harness run "
        f"script-install --strategy {quoted(found.recommended.strategy)}",
        style="cyan",
    )


_TERMS: Final = (
    "wait: mean time from the release of a hold to the attempt that finds it, over held operations. "
    "budget: time from the first attempt to the last, which is what a permanent denial costs. Schedules "
    "alone are compared: what a strategy does around its calls is left out. Attempts take no time."
)


def page_without_data(found: WithoutData) -> Iterator[RenderableType]:
    """Yield the answer for somebody who knows nothing of the holds."""
    yield Text(found.strategy, style="bold green")
    yield Text(
        "Nothing is known of the holds: equal waits have the least worst case. A hold that ends within "
        f"{milliseconds(found.attempts_ms[-1])} is found at most {milliseconds(found.worst_wait_ms)} "
        "after its release."
    )
    yield Text(
        "What is known of them makes a better default: name runs, a CSV file of holds, or a profile.",
        style="dim",
    )


def _asked(found: Tuning) -> str:
    limits = found.limits
    attempts = (
        "" if limits.max_attempts is None else f", at most {counted(limits.max_attempts, 'attempt')}"
    )
    install = f" (for installs of {found.install.operations:,})" if found.install else ""
    return (
        f"Asked for: the least wait, with at most {percent(limits.max_failure)} % of operations "
        f"failing{install}, a permanent denial reported within {milliseconds(limits.max_denied_ms)}"
        f"{attempts}, at least {milliseconds(limits.least_gap_ms)} apart."
    )


def _certainty(found: Tuning) -> Iterator[Text]:
    sure = found.certainty
    if sure is None:
        yield Text("A model: the numbers are exact for it, and no measurement.", style="dim")
        return
    held = found.holds.held
    wait, budget = sure.wait_ms, sure.budget_ms
    high = "more than was watched" if budget.high is None else milliseconds(budget.high, "up")
    yield Text(
        f"95 % intervals: wait {milliseconds(wait.low / held, 'down')} to "
        f"{milliseconds((wait.high or 0) / held, 'up')}; the budget that the limit on failures needs "
        f"{milliseconds(budget.low, 'down')} to {high} (bootstrap over draws)."
    )
    if sure.cross_fitted is None:
        yield Text("Halves of these data are too small to choose on one and judge on the other.")
    else:
        yield Text(
            f"Chosen on one half of the data and judged on the other: "
            f"{percent(sure.cross_fitted.failure)} % fail, wait "
            f"{milliseconds(sure.cross_fitted.wait_ms / held)}."
        )


def _families(found: Tuning) -> RenderableType:
    table = plain_table()
    for name in ("strategy", "failing", "wait", "above best", "attempts", "budget"):
        table.add_column(name, justify="left" if name == "strategy" else "right")
    for each in found.families:
        chosen = each is found.recommended.schedule
        table.add_row(
            f"{'> ' if chosen else ''}{each.notation}",
            f"{percent(each.outcome.failure)} %",
            milliseconds(each.outcome.wait_ms / found.holds.held),
            "-" if each.gap is None else f"{percent(each.gap)} %",
            str(len(each.attempts_ms)),
            milliseconds(each.outcome.denied_ms),
            style="bold green" if chosen else "",
        )
    for own in found.today:
        table.add_row(
            f"{own.name} now",
            f"{percent(own.outcome.failure)} %",
            milliseconds(own.outcome.wait_ms / found.holds.held),
            "",
            str(own.attempts),
            milliseconds(own.outcome.denied_ms),
            style="dim",
        )
    return table


_BAR: Final = 40


def _frontier(found: Tuning) -> RenderableType:
    """Draw budget against failures, on a logarithmic axis from 1 ms to 100 s."""
    table = plain_table()
    for name in ("failing at most", "wait", "budget", "", "shipped that do"):
        table.add_column(name, justify="left" if not name else "right")
    for point in found.frontier:
        limit = f"{percent(point.max_failure)} %"
        of = f"{point.shipped} of {len(found.shipped)}"
        if point.outcome is None:
            table.add_row(limit, "-", "not known", "", of)
            continue
        budget = point.outcome.denied_ms
        length = round(_BAR * math.log10(max(budget, 1)) / math.log10(LONG_MS))
        table.add_row(
            limit,
            milliseconds(point.outcome.wait_ms / found.holds.held),
            milliseconds(budget),
            "#" * max(min(length, _BAR), 1),
            of,
        )
    return table


def _budgets(found: Tuning) -> Iterator[Text]:
    for each in found.budgets:
        of = "of operations" if each.operations == 1 else f"of installs of {each.operations:,}"
        longer = "longer than is known"
        text = longer if each.budget_ms == math.inf else milliseconds(each.budget_ms, "up")
        yield Text(f"{percent(each.share)} % {of}: {text}")
    if found.install is not None:
        total = found.install.total_wait_ms
        waits = "more of them fail" if total == math.inf else f"wait {milliseconds(total)} or less"
        yield Text(
            f"With the recommendation {percent(found.install.failure)} % of installs of "
            f"{found.install.operations:,} fail, and {percent(found.install.share)} % of them {waits} "
            "in total, if holds are independent: that is what one budget for all of them needs."
        )


def _elsewhere(found: Tuning) -> RenderableType:
    table = plain_table()
    for name in ("profile", "failing", "wait, all operations", "the best within the limits"):
        table.add_column(name, justify="left" if name == "profile" else "right")
    for each in found.elsewhere:
        best = "none is" if each.best is None else milliseconds(each.best.wait_ms)
        table.add_row(
            each.profile,
            f"{percent(each.outcome.failure)} %",
            milliseconds(each.outcome.wait_ms),
            best,
        )
    return table
