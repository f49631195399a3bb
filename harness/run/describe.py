"""Describe a run that starts: the manifest, with each strategy as what it does."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from harness.holds.seed import fresh_seed
from harness.payload.cache import cache_folder
from harness.payload.prepare import Item
from harness.record.manifest import (
    ItemEntry,
    Manifest,
    ScenarioEntry,
    StrategyEntry,
    environment,
    packages,
)
from harness.run.candidates import Candidate
from harness.run.options import RunOptions
from harness.run.remarks import remarks
from harness.run.session import Prepared
from harness.scenario.load import LoadedScenario
from harness.strategy.schedules import retried_codes
from harness.strategy.timetable import EXAMPLES, timetable

SHOWN_ATTEMPTS: Final = 50


def describe(prepared: Prepared, options: RunOptions) -> Manifest:
    """Return the manifest of a run that starts now, under a new name.

    The name is the start in UTC and 32 random bits: of runs that machines start in the same second, two
    of a thousand have one name once in 8,000 times.
    """
    platform, locations = prepared.platform, prepared.workspace.of_locations
    described = platform.describe(
        measured={name or "work": path for name, path in locations.items()},
        beside={"results": Path(options.results).absolute(), "cache": cache_folder()},
    )
    started = datetime.now(UTC).replace(microsecond=0)
    return Manifest(
        run=f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
        started=started,
        platform=platform.name,
        platform_facts=described.facts,
        staging="written anew" if platform.is_real_time else "linked",
        seed=fresh_seed() if options.seed is None else options.seed,
        max_time_s=options.max_time_s,
        scenarios=[_scenario_entry(loaded, prepared, options) for loaded in prepared.scenarios],
        environment=environment(),
        packages=packages(),
        antivirus=described.antivirus,
    )


def blocks_of(loaded: LoadedScenario, options: RunOptions) -> int | None:
    """The number of blocks of a scenario; ``None`` where time limits the run."""
    own = loaded.scenario.blocks if options.max_time_s is None else None
    return own if options.blocks is None else options.blocks


def _scenario_entry(loaded: LoadedScenario, prepared: Prepared, options: RunOptions) -> ScenarioEntry:
    return ScenarioEntry(
        name=loaded.name,
        text=loaded.text,
        draw_key=loaded.draw_key,
        scenario=loaded.scenario,
        profiles=dict(loaded.profiles),
        strategies=[strategy_entry(made) for made in prepared.candidates[loaded.name]],
        remarks=list(remarks(loaded, prepared.candidates[loaded.name], options.strategies)),
        items=_item_entries(loaded, prepared.items[loaded.name]),
        blocks=blocks_of(loaded, options),
        shipped=loaded.shipped,
        generated=loaded.generated,
    )


def strategy_entry(made: Candidate) -> StrategyEntry:
    """Describe a strategy by what it does."""
    codes = retried_codes(made.strategy)
    times = timetable(
        made.strategy,
        code=next(iter(codes), None),
        may_be_random=made.spec is None or made.spec.is_random,
        draws=EXAMPLES,
    ).typical
    return StrategyEntry(
        label=made.label,
        use=made.choice.use,
        origin=made.origin,
        source=made.source,
        parameters=made.choice.parameters,
        notation=None if made.spec is None else str(made.spec),
        codes=list(codes),
        attempts_ms=list(times.attempts_ms[:SHOWN_ATTEMPTS]),
        attempts=len(times.attempts_ms),
        budget_ms=times.budget_ms,
    )


def _item_entries(loaded: LoadedScenario, items: Sequence[Item]) -> list[ItemEntry]:
    pins = {
        payload.name: payload.sha256
        for payload in loaded.scenario.payload
        if payload.kind in {"wheel", "sdist"} and not loaded.generated
    }
    made_here: Literal["generated", "made here"] = "generated" if loaded.generated else "made here"
    return [
        ItemEntry(
            name=item.name,
            file=item.file,
            files=len(item.files),
            bytes=item.size,
            pe_files=sum(file.is_pe for file in item.files),
            sha256=pins.get(item.name),
            origin="index" if item.name in pins else made_here,
        )
        for item in items
    ]
