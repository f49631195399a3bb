"""The catalogue of strategies as one page: ``python -m harness.report.catalogue_page``.

It shows what is in `harness.strategy.catalogue` and `harness.strategy.notation_words`; nothing is
measured.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jinja2
from markupsafe import Markup

from harness.strategy.catalogue import VERIFIED, System
from harness.strategy.lookup import catalogued
from harness.strategy.notation_words import WORDS
from harness.strategy.timetable import ATTEMPT_COST_MS, DRAWS
from harness.text import milliseconds

if TYPE_CHECKING:
    from harness.strategy.view import StrategyView

FILE: Final = "strategies.html"
_CONTENT_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)
_LAST_MS: Final = 1_000_000.0
_ZERO: Final = 1.5
"""Where the first attempt is on the axis, in per cent; 1 ms is at `_FIRST`."""
_FIRST: Final = 9.0
_END: Final = 97.0
_SYSTEM_PX: Final = 40
_ROW_PX: Final = 34
_MARKS: Final = {
    "five": "retries 5, not 32",
    "both": "retries 5 and 32",
    "other": "retries 32, not 5",
    "any": "retries any error, or all but a few",
    "none": "retries neither",
}


@dataclass(frozen=True)
class Group:
    """One system with its strategies, the largest budget first."""

    system: System
    views: tuple[StrategyView, ...]

    @property
    def largest_ms(self) -> float:
        """The largest budget."""
        return self.views[0].times.budget_ms.median


def render() -> str:
    """Return the page as HTML."""
    groups = _groups()
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("harness.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "place": _place,
        "mark": _mark,
        "milliseconds": milliseconds,
    }
    environment.tests["https"] = lambda link: re.match(r"https://[\w.-]+(/|$)", link) is not None
    style = files("harness.report") / "templates" / "page.css"
    decades = [10.0**power for power in range(6)]
    return environment.get_template(FILE).render(
        content_policy=_CONTENT_POLICY,
        style=Markup(style.read_text(encoding="utf-8")),  # noqa: S704 - our own file
        groups=groups,
        systems=sorted((group.system for group in groups), key=lambda system: system.title.lower()),
        count=sum(len(group.views) for group in groups),
        words=WORDS,
        ticks=[("0", _ZERO), *((milliseconds(ms), _place(ms)) for ms in decades)],
        marks=_MARKS,
        draws=DRAWS,
        cost_ms=ATTEMPT_COST_MS,
        count_of="{:,.0f}".format,
        time_of=milliseconds,
        verified=VERIFIED,
        system_px=_SYSTEM_PX,
        row_px=_ROW_PX,
    )


def _groups() -> list[Group]:
    """Return all systems, those with the largest budget first."""
    found = [
        Group(system, tuple(sorted(views, key=lambda view: -view.times.budget_ms.median)))
        for system, views in groupby(catalogued(), key=lambda view: view.system)
        if system is not None
    ]
    return sorted(found, key=lambda group: (-group.largest_ms, group.system.title.lower()))


def _mark(view: StrategyView) -> str:
    """Return the key of `_MARKS` for a strategy."""
    five, sharing = view.retries_code(5), view.retries_code(32)
    if five and sharing:
        return "any" if view.retries.startswith("any") else "both"
    return "five" if five else "other" if sharing else "none"


def _place(ms: float) -> float:
    """Place a time on the axis, in per cent: 0 apart, then logarithmic from 1 ms to 1,000 s."""
    if ms < 1:
        return round(_ZERO + (_FIRST - _ZERO) * ms, 2)
    share = math.log10(min(ms, _LAST_MS)) / math.log10(_LAST_MS)
    return round(_FIRST + (_END - _FIRST) * share, 2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page into a folder."""
    parser = argparse.ArgumentParser(prog="python -m harness.report.catalogue_page", description=__doc__)
    parser.add_argument("--to", type=Path, default=Path("docs", "_build"), help="folder to write")
    folder = parser.parse_args(arguments).to
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(render(), encoding="utf-8")
    print(f"Written: {folder / FILE}")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
