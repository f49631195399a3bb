"""The catalogue of strategies as Markdown: a comparison, then every entry with its source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from markdown_tables import escaped, table

from harness.cli.strategies import detail_rows
from harness.strategy.lookup import catalogued
from harness.text import assumed_calls, milliseconds

if TYPE_CHECKING:
    from harness.strategy.view import StrategyView

_IN_THE_HEADING = frozenset({"notation", "links"})


def catalogue() -> Iterator[str]:
    """Yield the page, line by line."""
    views = catalogued()
    yield "## How long they retry"
    yield ""
    yield f"{len(views)} strategies, those with the largest budget first. With jitter, ~ marks a median."
    yield ""
    largest_first = sorted(views, key=lambda view: -view.times.budget_ms.median)
    rows = (
        (_link(view), view.operation, escaped(view.retries), _attempts(view), _budget(view))
        for view in largest_first
    )
    yield from table(("strategy", "operation", "retries", "attempts", "budget"), rows)
    for system, group in groupby(views, key=lambda view: view.system):
        assert system is not None  # noqa: S101 - every entry of the catalogue has one
        yield f"## {escaped(system.title)}"
        yield ""
        yield f"{escaped(system.about)} {_https(system.repository)}"
        yield ""
        for view in group:
            yield from _entry(view)


def _entry(view: StrategyView) -> Iterator[str]:
    """Yield a strategy with all that `harness strategies NAME` says."""
    yield f"({view.name})="
    yield f"### {escaped(view.name)}"
    yield ""
    if view.entry is not None:
        yield f"{escaped(view.entry.title)[:1].upper()}{escaped(view.entry.title)[1:]}."
        yield ""
    yield f"```text\n{view.notation}\n```"
    yield ""
    rows = [
        (name, escaped(value))
        for name, value in detail_rows(view).items()
        if value and name not in _IN_THE_HEADING
    ]
    links = view.entry.links if view.entry else ()
    if safe := [_https(link) for link in links if _https(link)]:
        rows.append(("links", " ".join(safe)))
    yield from table((" ", " "), rows)


def _link(view: StrategyView) -> str:
    return f"[{escaped(view.name)}](#{view.name})"


def _https(link: str) -> str:
    """Return a link, if it is one of the web."""
    found = re.fullmatch(r"https://([\w.-]+(?:/[^\s<>()]*)?)", link)
    return f"[{escaped(found[1])}](<{link}>)" if found else ""


def _attempts(view: StrategyView) -> str:
    return f"{view.times.attempts.median:,.0f}" + " and more" * view.times.is_cut


def _budget(view: StrategyView) -> str:
    budget = view.times.budget_ms
    if budget.is_nothing:
        return "none"
    if view.rests_on_calls:
        return assumed_calls(view.times.attempts.median, view.times.attempt_cost_ms)
    return budget.in_short(milliseconds)
