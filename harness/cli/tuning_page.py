"""The page that ``harness tune`` prints."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from harness.cli.fitting_table import LEFT_OUT, FittingTable
from harness.predict.shapes import SHAPES
from harness.strategy.durations import LONGEST_MS
from harness.text import LONG_MS, counted, milliseconds, percent, quoted
from harness.tune.answers import answers
from harness.tune.certainty import CHOICES
from harness.tune.question import FREE

if TYPE_CHECKING:
    from harness.tune.certainty import Range95
    from harness.tune.no_data import WithoutData
    from harness.tune.tuning import Tuning


def page(found: Tuning, width: int) -> Iterator[RenderableType]:
    """Yield all that was found, the answer first, for a terminal of that width."""
    yield Text(found.recommended.strategy, style="bold green")
    yield from map(Text, answers(found))
    yield Text(_asked(found))
    for words in found.holds.conditional:
        yield Text(f"Conditional on {words}.", style="yellow")
    yield from _certainty(found)
    tables = {
        "Simple strategies near the best": _families(found),
        "Fewer failures cost a longer budget": _frontier(found),
        "Which errors to retry": _codes(found),
        "Around the call": _alternatives(found),
        "The same strategy under other holds": _elsewhere(found),
    }
    for title, table in tables.items():
        if table.rows:
            yield Text(f"\n{title}", style="bold")
            yield table
    yield Text("\nWhich budget is enough", style="bold")
    yield from _budgets(found)
    if not all(table.fits(width) for table in tables.values()):
        yield Text(f"\n{LEFT_OUT}", style="dim")
    yield Padding(Text(_TERMS, style="dim"), (1, 0, 0, 0))
    strategy = quoted(found.recommended.strategy)
    yield Text(
        f"To try it: harness predict {strategy}; to measure it: harness run script-install --strategy "
        f"{strategy}",
        style="cyan",
    )


_TERMS: Final = (
    "wait: mean time from the release of a hold to the attempt that finds it, over held operations. "
    "denied: time until a permanent denial is reported. Attempts succeed or fail as they start. "
    "Schedules alone are compared, without what a strategy does around its calls, except where a table "
    "says so. Where several processes retry for one file at once, equal waits keep them in step: "
    "add full jitter."
)


def page_without_data(found: WithoutData) -> Iterator[RenderableType]:
    """Yield the answer for somebody who knows nothing of the holds."""
    yield Text(found.strategy, style="bold green")
    yield Text(
        "Nothing is known of the holds: equal waits have the least worst case. A hold that ends within "
        f"{milliseconds(found.attempts_ms[-1])} is found at most {milliseconds(found.worst_wait_ms)} "
        f"after its release. {_calls(found.limits.call_ms)}"
    )
    yield Text(
        "What is known of them makes a better default: name runs, a CSV file of holds, or a profile.",
        style="dim",
    )


def _calls(call_ms: float) -> str:
    if not call_ms:
        return "Calls are taken to need no time; --call says otherwise."
    return f"A call is taken to need {milliseconds(call_ms)}."


def _asked(found: Tuning) -> str:
    limits, prices = found.limits, found.prices
    parts = []
    if prices.failure:
        parts.append(f"a failure as bad as {milliseconds(prices.failure)} of waiting")
    if prices.attempt:
        parts.append(f"an attempt as bad as {milliseconds(prices.attempt)}")
    if prices.denied:
        parts.append(f"{percent(prices.denied)} % of operations denied for good")
    if limits.max_failure < 1:
        install = f" (for installs of {found.install.operations:,})" if found.install else ""
        parts.append(f"at most {percent(limits.max_failure)} % of operations failing{install}")
    if limits.max_denied_ms < LONGEST_MS:
        parts.append(f"a permanent denial reported within {milliseconds(limits.max_denied_ms)}")
    if limits.max_attempts is not None:
        parts.append(f"at most {counted(limits.max_attempts, 'attempt')}")
    what = "cost" if found.prices != FREE else "wait"
    return (
        f"Asked for: the least {what}, with {', '.join(parts)}, waits of at least "
        f"{milliseconds(limits.least_wait_ms)}. A call takes {milliseconds(limits.call_ms)} "
        f"({found.holds.call})."
    )


def _certainty(found: Tuning) -> Iterator[Text]:
    sure = found.certainty
    if sure is None:
        yield Text("A model: the numbers are exact for it, and no measurement.", style="dim")
        return
    held = found.holds.held
    wait, budget = sure.wait_ms, sure.budget_ms
    yield Text(
        f"95 % intervals: wait {milliseconds(wait.low / held, 'down')} to "
        f"{milliseconds((wait.high or 0) / held, 'up')}; the budget that the limit on failures needs "
        f"{_range(budget)} (bootstrap over draws)."
    )
    yield Text(
        f"Chosen again on {CHOICES} resamples: a budget of {_range(sure.chosen_budget_ms)}, of the same "
        f"family in {percent(sure.chosen_alike)} % of them."
    )
    if sure.cross_fitted is None:
        yield Text("Halves of these data are too small to choose on one and judge on the other.")
    else:
        yield Text(
            f"Chosen on one half of the data and judged on the other: "
            f"{percent(sure.cross_fitted.failure)} % fail, wait "
            f"{milliseconds(sure.cross_fitted.wait_ms / held)}."
        )
    unseen = sure.unseen
    yield Text(
        f"Nothing was watched for longer than {milliseconds(sure.watched_ms)}: up to "
        f"{percent(unseen.high or 0, 'up')} % of operations may be held for longer (95 %). Whatever the "
        "strategy, these fail, and each costs the time of a denial."
    )


def _range(of: Range95) -> str:
    high = "more than was watched" if of.high is None else milliseconds(of.high, "up")
    return f"{milliseconds(of.low, 'down')} to {high}"


def _families(found: Tuning) -> FittingTable:
    table = FittingTable(
        ("strategy", "failing", "wait", "above best", "attempts", "denied"),
        frozenset({"strategy"}),
        ("attempts", "above best"),
    )
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


def _frontier(found: Tuning) -> FittingTable:
    """Draw the time of a denial against failures, on a logarithmic axis from 1 ms to 100 s."""
    table = FittingTable(
        ("failing at most", "wait", "denied", "", "shipped that do"),
        frozenset({""}),
        ("shipped that do",),
    )
    for point in found.frontier:
        limit = f"{percent(point.max_failure)} %"
        of = f"{point.shipped} of {len(found.shipped)}"
        if point.outcome is None:
            table.add_row(limit, "-", "not known", "", of)
            continue
        denied = point.outcome.denied_ms
        length = round(_BAR * math.log10(max(denied, 1)) / math.log10(LONG_MS))
        table.add_row(
            limit,
            milliseconds(point.outcome.wait_ms / found.holds.held),
            milliseconds(denied),
            "#" * max(min(length, _BAR), 1),
            of,
        )
    return table


def _codes(found: Tuning) -> FittingTable:
    table = FittingTable(
        ("error", "of held", "gained", "price if permanent", "permanent where"),
        frozenset({"permanent where"}),
        ("permanent where",),
    )
    for each in found.codes:
        table.add_row(
            str(each.code or "not known"),
            f"{percent(each.share)} %",
            f"{percent(each.gain)} %",
            milliseconds(each.price_ms),
            each.permanent,
            style="bold green" if each.is_retried else "",
        )
    return table


def _alternatives(found: Tuning) -> FittingTable:
    table = FittingTable(
        ("operation", "with", "failing", "mean time"), frozenset({"operation", "with"}), ()
    )
    shapes: dict[str, str] = {shape.name: shape.purpose.words for shape in SHAPES}
    for each in found.alternatives:
        table.add_row(
            shapes[each.shape],
            each.clause or "the recommendation alone",
            _rare(each.failure),
            milliseconds(each.mean_ms),
        )
    return table


_RARE: Final = 1e-6


def _rare(share: float) -> str:
    return "under 0.0001 %" if 0 < share < _RARE else f"{percent(share)} %"


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
            "in total, if holds are independent: that is what one budget for all of them needs. With a "
            "budget for each, a permanent denial of all costs "
            f"{milliseconds(found.install.denied_each_ms)}."
        )


def _elsewhere(found: Tuning) -> FittingTable:
    table = FittingTable(
        ("profile", "failing", "wait, all operations", "the best within the limits"),
        frozenset({"profile"}),
        (),
    )
    for each in found.elsewhere:
        best = "none is" if each.best is None else milliseconds(each.best.wait_ms)
        table.add_row(
            each.profile,
            _rare(each.outcome.failure),
            milliseconds(each.outcome.wait_ms),
            best,
        )
    return table
