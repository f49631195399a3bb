"""Load runs, and exports of runs, into frames; `harness.frames.definition` has their columns.

Files may come from strangers, so all of their content is checked. What is damaged in a journal is left
out, and ``runs`` has what it was; errors about exports name the file and the row.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import numpy as np

from harness.errors import InvalidInputError
from harness.frames.building import Builder, Fault, out_of_order
from harness.frames.decoding import DECODER, Tables, columns_of, what_is_wrong
from harness.frames.definition import TABLES, Frames
from harness.frames.meanings import Meanings
from harness.frames.parquet import Export, is_export, load_export
from harness.platform.base import Rules
from harness.record.draws import Draws
from harness.record.journal_reader import RECORDS, Decoder, JournalReader
from harness.record.manifest import NAME as MANIFEST
from harness.record.manifest import Manifest, read_manifest
from harness.summary.summarise import PARAMETERS, planned_trials, rules_of, setting_of
from harness.summary.trial_row import StepFacts, steps_of
from harness.text import counted

if TYPE_CHECKING:
    import pandas as pd

    from harness.frames import StrPath

Progress = Callable[[float], None]

DETAILS: Final = ("operations", "attempts", "holds")
"""Frames with the details of trials: many rows, and not always needed."""
BATCH: Final = 1024
"""Trials in memory as objects at a time: few enough to stay in the processor's cache."""


def load_frames(paths: StrPath | Iterable[StrPath], progress: Progress | None = None) -> Frames:
    """See `harness.frames.load`."""
    folders = [Path(paths)] if isinstance(paths, str | os.PathLike) else [*map(Path, paths)]
    builder = Builder()
    where: dict[str, Path] = {}
    meanings = Meanings()
    exports: list[Export] = []
    on_demand = all(map(is_export, folders))
    for folder in folders:
        if is_export(folder):
            export, names = load_export(folder, builder)
            exports.append(export)
            for table in () if on_demand else DETAILS:
                export.load(table, builder)
        else:
            _refuse_csv(folder)
            names, manifest = _load_run(folder, builder, progress)
            meanings.add(folder, manifest)
        for name in names:
            if name in where:
                raise InvalidInputError(
                    f"the run {name} is given twice: {where[name]} and {folder}",
                    hint="Its trials would count twice; give only one of them.",
                )
            where[name] = folder
    whole = [table for table in TABLES if not on_demand or table not in DETAILS]
    known = {table: builder.frame(table) for table in whole}

    def read(table: str) -> pd.DataFrame:
        if table in known:
            return known.pop(table)
        part = Builder()
        for export in exports:
            export.load(table, part)
        return part.frame(table)

    return Frames(
        known.pop("trials"), known.pop("runs"), known.pop("profiles"), known.pop("scenarios"), read
    )


def _refuse_csv(folder: Path) -> None:
    """Raise `InvalidInputError` for a file, and for an export as CSV."""
    hint = "It reads folders: runs in results/, and what `harness export RUN --to FOLDER` makes of them."
    if folder.is_file():
        raise InvalidInputError(f"{folder} is a file, not a run or an export of runs", hint=hint)
    if (folder / "trials.csv").exists() and not (folder / MANIFEST).exists():
        raise InvalidInputError(f"{folder} has CSV, which is for other tools", hint=hint)


def _load_run(folder: Path, builder: Builder, progress: Progress | None) -> tuple[set[str], Manifest]:
    """Load a run; return its names, that of the folder and that in the manifest, and the manifest."""
    inner = sorted(folder.glob(f"*/{MANIFEST}"))
    if inner and not (folder / MANIFEST).exists():
        raise InvalidInputError(
            f"{folder} is not a run; it contains {counted(len(inner), 'run')}",
            hint=f"Give the folders in it instead, such as {inner[0].parent}.",
        )
    manifest = read_manifest(folder)
    name = folder.resolve().name
    run = {
        "run": name,
        "platform": manifest.platform,
        "rules": _rules(folder, manifest),
        "antivirus": manifest.antivirus.state,
    }
    before = builder.trials
    with _no_cycles():
        reader = _load_journal(folder, run, manifest, builder, progress)
    builder.order_strategies(
        strategy.label for scenario in manifest.scenarios for strategy in scenario.strategies
    )
    about = {
        **run,
        "id": manifest.run,
        "antivirus_evidence": "; ".join(manifest.antivirus.evidence),
        "started": manifest.started.isoformat(),
        "seed": manifest.seed,
        "harness_version": manifest.packages.get("persist-harness", ""),
        "trials": builder.trials - before,
        "planned": planned_trials(manifest),
        "torn": reader.torn,
        "damaged": reader.damage.lines,
        "damage": "\n".join(reader.damage.told),
        "manifest": manifest.integrity,
    }
    try:
        builder.add("runs", {key: [value] for key, value in about.items()})
        builder.add("profiles", _profiles(manifest, name))
        builder.add("scenarios", _scenarios(manifest, name))
    except Fault as fault:
        raise InvalidInputError(f"{folder / MANIFEST}: {fault.what}") from fault
    return {name, manifest.run}, manifest


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Disable garbage collection: decoded trials have no cycles, and it takes a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _rules(folder: Path, manifest: Manifest) -> str:
    """On Wine, the rules for renaming that a run went by; else empty."""
    rules = rules_of(manifest)
    if manifest.platform == "wine" and rules not in get_args(Rules):
        raise InvalidInputError(
            f"{folder / MANIFEST}: platform_facts.rules: found {rules!r}; "
            f"expected one of {', '.join(get_args(Rules))}"
        )
    return rules


def _profiles(manifest: Manifest, run: str) -> dict[str, list[Any]]:
    """The evidence for each parameter of a hold; profiles that scenarios share are there once."""
    rows = dict.fromkeys(
        (name, number, part, getattr(hold, part).evidence, getattr(hold, part).source, profile.title)
        for scenario in manifest.scenarios
        for name, profile in scenario.profiles.items()
        for number, hold in enumerate(profile.holds, 1)
        for part in PARAMETERS
    )
    names = ("profile", "hold", "parameter", "evidence", "source", "title")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    return {"run": [run] * len(rows), **columns}


def _scenarios(manifest: Manifest, run: str) -> dict[str, list[Any]]:
    """What differences mean in each scenario."""
    settings = {
        entry.name: setting_of(manifest, entry.scenario, injected=True) for entry in manifest.scenarios
    }
    return {
        "run": [run] * len(settings),
        "scenario": list(settings),
        "strategies": [
            "\n".join(strategy.label for strategy in entry.strategies) for entry in manifest.scenarios
        ],
        "resolution_ms": [each.resolution_ms for each in settings.values()],
        "margin_failures": [each.margin.failures for each in settings.values()],
        "margin_time": [each.margin.time for each in settings.values()],
    }


def _load_journal(
    folder: Path,
    run: dict[str, str],
    manifest: Manifest,
    builder: Builder,
    progress: Progress | None,
    *,
    unique: bool = False,
) -> JournalReader[Any]:
    """Load the trials of a journal that count; return its reader, which says what is left out.

    Repeated trials are rare, and found cheaply once all are loaded; only if there are any is the journal
    loaded once more, as `unique`.
    """
    draws = Draws(manifest)
    steps = {entry.name: steps_of(entry.scenario) for entry in manifest.scenarios}
    before, first = builder.lengths(), builder.trials
    # a trial that does not count must not take the place of a later one: records are checked whole
    decoder: Decoder[Any] = RECORDS if unique else DECODER
    reader = JournalReader(folder, manifest, decoder, unique=unique)
    trials = iter(reader)
    while batch := list(islice(trials, BATCH)):
        tables = _columns(batch, builder.trials, run, draws, steps)
        attempts = tables["attempts"]
        wrong = {
            attempts["trial"][row]
            for _, mask, _ in out_of_order(attempts)
            for row in np.flatnonzero(mask)
        }
        if wrong:
            for place in sorted(wrong):
                number, trial = batch[place - builder.trials]
                reader.damage.add(number, what_is_wrong(trial))
            batch = [item for place, item in enumerate(batch, builder.trials) if place not in wrong]
            tables = _columns(batch, builder.trials, run, draws, steps)
        for name, columns in reversed(tables.items()):
            builder.add(name, columns)
        if progress is not None:
            progress(reader.lines.share)
    if not unique and builder.repeats(first):
        builder.cut(before)
        return _load_journal(folder, run, manifest, builder, progress, unique=True)
    return reader


def _columns(
    batch: Sequence[tuple[int, Any]],
    first: int,
    run: Mapping[str, str],
    draws: Draws,
    steps: Mapping[str, Sequence[StepFacts]],
) -> Tables:
    return columns_of([trial for _, trial in batch], first, run, draws, steps)
