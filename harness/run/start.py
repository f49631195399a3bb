"""Start a run in this process, or resume one: resolve, fetch, prepare, then run what is left.

A run can be stopped at any moment, by Ctrl-C or ``kill -9``, and resumed: the manifest says which
trials there are, the journal which are done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from harness.errors import InvalidInputError, room_in
from harness.outside_files import check_regular
from harness.payload.cache import cache_folder
from harness.platform.base import Platform
from harness.platform.registry import get_platform, native_platform
from harness.record.journal import NAME as JOURNAL
from harness.record.manifest import NAME as MANIFEST
from harness.record.manifest import Manifest, ScenarioEntry, read_manifest
from harness.run.candidates import Candidate, choose, resolve
from harness.run.describe import blocks_of, describe, strategy_entry
from harness.run.events import EventHandler, LeftOut, Remarked, ignore
from harness.run.options import RunOptions
from harness.run.payloads import fetch_all, prepare_all
from harness.run.remarks import remarks
from harness.run.select import select, with_factors
from harness.run.session import LOCK, Prepared, Session
from harness.run.space import check_space
from harness.run.workers import check_processes
from harness.run.workspace import check_writable, create_folder, workspace
from harness.scenario.extent import check_extent
from harness.scenario.load import LoadedScenario
from harness.scenario.places import repeated_names
from harness.text import quoted


def start(
    scenarios: Sequence[LoadedScenario], options: RunOptions, on_event: EventHandler = ignore
) -> Path:
    """Run from the beginning; return the run's folder.

    Raises the errors of `harness.errors`; `KeyboardInterrupt` passes through, with a run left behind
    that `resume` completes.
    """
    results = Path(options.results)
    if options.strategies:
        scenarios = [
            loaded.changed(strategies=choose(loaded, options.strategies)) for loaded in scenarios
        ]
    scenarios = with_factors(scenarios, options.factors)
    names = [loaded.name for loaded in scenarios]
    for _, found, _ in repeated_names("", names, ""):
        raise InvalidInputError(
            f"two scenarios have one name: {found}", hint="Run one of them, or rename a file."
        )
    candidates = {loaded.name: resolve(loaded, allow_code=options.allow_code) for loaded in scenarios}
    with closing(get_platform(options.platform or native_platform())) as platform:
        check_processes(options.jobs, platform)
        selection = select(scenarios, platform, profiles=options.profiles, long_holds=options.long_holds)
        for reason in selection.left_out:
            on_event(LeftOut(reason=reason))
        for loaded in selection.scenarios:
            made_of = candidates[loaded.name]
            for text in remarks(loaded, made_of, options.strategies, real_time=platform.is_real_time):
                on_event(Remarked(scenario=loaded.name, text=text))
        blocks = [blocks_of(loaded, options) for loaded in selection.scenarios]
        check_extent(selection.scenarios, blocks)
        check_writable(results)
        check_space(platform, selection.scenarios, results, blocks)
        ready = _prepared(selection.scenarios, candidates, platform, on_event, options.to_argv())
        with ready as made:
            prepared = replace(made, jobs=options.jobs, allow_code=options.allow_code)
            create_folder(results, "Choose another with --results.")
            create_folder(cache_folder(), "HARNESS_CACHE chooses another cache.")
            manifest = describe(prepared, options)
            folder = results / manifest.run
            folder.mkdir()
            _write(manifest, folder)
            Session(folder, manifest, prepared).run()
    return folder


def resume(
    folder: Path,
    *,
    allow_code: bool = False,
    jobs: int | None = None,
    on_event: EventHandler = ignore,
) -> Path:
    """Complete the run in `folder`: the same trials, none lost, none twice; return the folder.

    Raises the errors of `harness.errors`, `InvalidInputError` where trials would not be the same.
    """
    for name in (MANIFEST, JOURNAL, LOCK):
        if (folder / name).is_symlink():  # a run may come from a stranger
            raise InvalidInputError(f"{folder / name} is a link; a run has only files of its own")
        with suppress(OSError):  # there is none, or its reader says why
            check_regular(folder / name)
    manifest = read_manifest(folder)
    if manifest.integrity == "changed":
        raise InvalidInputError(
            f"{folder / MANIFEST} is not as it was written (its check sum does not match), so other "
            "trials might run than were planned",
            hint="Restore it from a copy, or start a new run. "
            f"`harness show {quoted(str(folder))}` still shows the trials there are.",
        )
    scenarios = {entry.name: entry.loaded() for entry in manifest.scenarios}
    blocks = [entry.blocks for entry in manifest.scenarios]
    check_extent(scenarios.values(), blocks)
    candidates = {}
    for entry in manifest.scenarios:
        loaded = scenarios[entry.name]
        candidates[entry.name] = resolve(loaded, allow_code=allow_code, sources=entry.sources)
        _check_same(entry, loaded, candidates[entry.name])
    with closing(get_platform(manifest.platform)) as platform:
        check_processes(jobs, platform)
        for loaded in scenarios.values():  # a Wine with other rules refuses
            select([loaded], platform, profiles=list(loaded.profiles))
        written = (folder / JOURNAL).stat().st_size if (folder / JOURNAL).exists() else 0
        check_space(platform, list(scenarios.values()), folder, blocks, written)
        with _prepared(list(scenarios.values()), candidates, platform, on_event) as made:
            Session(folder, manifest, replace(made, jobs=jobs, allow_code=allow_code)).run()
    return folder


def _write(manifest: Manifest, folder: Path) -> None:
    """Write the manifest, or leave no folder. Raises `StorageFullError` when there is no room."""
    try:
        with room_in(folder / MANIFEST, "Free some space, or choose another folder with --results."):
            manifest.write(folder)
    except BaseException:
        (folder / MANIFEST).unlink(missing_ok=True)
        folder.rmdir()
        raise


@contextmanager
def _prepared(
    scenarios: Sequence[LoadedScenario],
    candidates: Mapping[str, Sequence[Candidate]],
    platform: Platform,
    on_event: EventHandler,
    arguments: Sequence[str] = (),
) -> Iterator[Prepared]:
    fetch_all(scenarios, on_event, arguments)
    with workspace(platform, scenarios) as created:
        with room_in(created.main, "Free some space; TMPDIR (TEMP on Windows) names another folder."):
            items = prepare_all(scenarios, created.main, on_event)
        yield Prepared(scenarios, candidates, items, platform, created, on_event)


def _check_same(entry: ScenarioEntry, loaded: LoadedScenario, candidates: Sequence[Candidate]) -> None:
    """Refuse to complete a run with other draws, or with strategies that now behave differently."""
    hint = "Complete it with the version in the manifest's packages, or start a new run."
    if entry.draw_key != loaded.draw_key:
        raise InvalidInputError(
            f"{entry.name}: holds would be drawn differently than when the run started", hint=hint
        )
    for before, made in zip(entry.strategies, candidates, strict=True):
        now = strategy_entry(made)
        known = before.notation in {None, now.notation}
        if not known or (before.attempts_ms, before.codes) != (now.attempts_ms, now.codes):
            raise InvalidInputError(
                f"{entry.name}: the strategy {before.label!r} now behaves differently than when the "
                "run started",
                hint=hint,
            )
