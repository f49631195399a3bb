"""The catalogue of policies as one page: ``python -m harness.report.catalogue_page``.

Renders what is in `harness.strategy.catalogue` and `harness.strategy.notation`: nothing is measured.
"""

from __future__ import annotations

import argparse
import math
import re
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jinja2
from markupsafe import Markup

from harness.strategy import catalogue
from harness.strategy.catalogue import VERIFIED
from harness.strategy.explain import explained, retries_code, retries_words
from harness.strategy.notation import WORDS
from harness.strategy.schedules import DRAWS, HOT_LOOP_COST_MS, Range, times_of
from harness.text import milliseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.strategy.catalogue import ShippedPolicy, System

FILE: Final = "policies.html"
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)
_LAST_MS: Final = 1_000_000.0
_ZERO: Final = 1.5
"""Where the first attempt is on the axis, in per cent; 1 ms is at `_FIRST`."""
_FIRST: Final = 9.0
_END: Final = 97.0
_SYSTEM_PX: Final = 40
_ROW_PX: Final = 34


@dataclass(frozen=True)
class Entry:
    """One policy as the page shows it. `left`, `middle`, `right`: per cent of the chart's width."""

    policy: ShippedPolicy
    words: str
    retries: str
    mark: str
    attempts: str
    budget: str
    budget_ms: float
    left: float
    middle: float
    right: float
    links: tuple[str, ...]
    verified: str
    top: int = 0


@dataclass(frozen=True)
class Group:
    """One system with its policies, the largest budget first; `height` is that of its chart."""

    system: System
    entries: tuple[Entry, ...]
    height: int
    repository: str


def render() -> str:
    """The page, as HTML."""
    groups = _groups()
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("harness.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = files("harness.report") / "templates" / "page.css"
    decades = [10.0**power for power in range(6)]
    return environment.get_template(FILE).render(
        policy=_POLICY,
        style=Markup(style.read_text(encoding="utf-8")),  # noqa: S704 - our own file
        groups=groups,
        systems=sorted((group.system for group in groups), key=lambda system: system.title.lower()),
        count=sum(len(group.entries) for group in groups),
        words=WORDS,
        ticks=[("0", _ZERO), *((milliseconds(ms), _place(ms)) for ms in decades)],
        marks=_MARKS,
        draws=DRAWS,
        hot_ms=HOT_LOOP_COST_MS,
    )


def _groups() -> list[Group]:
    """All systems: those that hold on for longest first."""
    found = [
        (system, sorted(map(_entry, system.policies), key=lambda entry: -entry.budget_ms))
        for system in catalogue.systems().values()
    ]
    found.sort(key=lambda pair: (-pair[1][0].budget_ms, pair[0].title.lower()))
    return [
        Group(
            system,
            tuple(
                replace(entry, top=_SYSTEM_PX + number * _ROW_PX) for number, entry in enumerate(entries)
            ),
            _SYSTEM_PX + len(entries) * _ROW_PX,
            system.repository if _is_https(system.repository) else "",
        )
        for system, entries in found
    ]


def _entry(policy: ShippedPolicy) -> Entry:
    sentence = policy.sentence
    times = times_of(sentence)
    return Entry(
        policy=policy,
        words=" ".join(explained(sentence)),
        retries=retries_words(sentence),
        mark=_mark(policy),
        attempts=_said(times.attempts, "{:,.0f}".format),
        budget=_said(times.budget_ms, milliseconds) if times.budget_ms.most else "none",
        budget_ms=times.budget_ms.median,
        left=_place(times.budget_ms.least),
        middle=_place(times.budget_ms.median),
        right=_place(times.budget_ms.most),
        links=tuple(link for link in policy.links if _is_https(link)),
        verified=VERIFIED[policy.verified],
    )


_MARKS: Final = {
    "five": "retries 5, not 32",
    "both": "retries 5 and 32",
    "other": "retries 32, not 5",
    "any": "retries any error, or all but a few",
    "none": "retries neither",
}


def _mark(policy: ShippedPolicy) -> str:
    sentence = policy.sentence
    five, sharing = retries_code(sentence, 5), retries_code(sentence, 32)
    if five and sharing:
        return "any" if sentence.codes is None or sentence.all_but else "both"
    return "five" if five else "other" if sharing else "none"


def _said(values: Range, spelled: object) -> str:
    assert callable(spelled)  # noqa: S101 - a formatter
    if values.is_one:
        return str(spelled(values.median))
    return f"about {spelled(values.median)} ({spelled(values.least)} to {spelled(values.most)})"


def _place(ms: float) -> float:
    """The place of a time on the axis, in per cent: 0 apart, then logarithmic from 1 ms to 1,000 s."""
    if ms < 1:
        return round(_ZERO + (_FIRST - _ZERO) * ms, 2)
    share = math.log10(min(ms, _LAST_MS)) / math.log10(_LAST_MS)
    return round(_FIRST + (_END - _FIRST) * share, 2)


def _is_https(link: str) -> bool:
    return re.match(r"https://[\w.-]+(/|$)", link) is not None


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
