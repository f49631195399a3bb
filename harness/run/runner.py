"""Run scenarios: resolve, fetch, prepare, then trial after trial into the journal.

A run can be stopped at any moment, by Ctrl-C or ``kill -9``, and resumed: the manifest says which
trials there are, the journal which are done.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from filelock import FileLock, Timeout

from harness.errors import InvalidInputError, PayloadUnavailableError
from harness.payload.archive import remove_tree
from harness.payload.cache import archives_of, cache_folder, is_ready
from harness.payload.fetch import fetch
from harness.payload.prepare import Item, approximate_bytes, items_of
from harness.platform.registry import get_platform, native_platform
from harness.record import journal as journal_file
from harness.record import manifest as manifest_file
from harness.record.journal import Journal, read_journal
from harness.record.manifest import (
    ItemEntry,
    Manifest,
    ScenarioEntry,
    StrategyEntry,
    item_entry,
    make_manifest,
    read_manifest,
    strategy_entry,
)
from harness.run.candidates import choose, resolve
from harness.run.clearing import clear_away
from harness.run.estimate import case_s
from harness.run.freshness import Meeting
from harness.run.plan import Case, Trial, cases_of, evenly, rounds
from harness.run.select import select, with_factors
from harness.run.steps import check
from harness.run.trial import TrialRun
from harness.scenario.load import load_scenarios, shipped_names
from harness.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.payload.cache import Archive
    from harness.platform.base import Platform
    from harness.record.trial_record import TrialRecord
    from harness.run.candidates import Candidate
    from harness.scenario.load import LoadedScenario

COPIES_IN_A_TRIAL: Final = 3
"""At most this many copies of a payload exist in a trial: staged, placed, and what was there."""
WORK_PREFIX: Final = "persist-harness-"
LOCK_NAME: Final = "run.lock"
LOCK_PATIENCE_S: Final = 2.0
"""A scanner holds a new file, such as the lock, for a moment; another process for its whole run."""
UNBOUNDED: Final = 1_000_000
"""Blocks of a run that only time limits."""


class Listener(Protocol):
    """Told how a run goes on."""

    def fetching(self, archive: Archive, done: int, total: int | None) -> None:
        """Some bytes of an archive have come."""

    def preparing(self, scenario: str) -> None:
        """The payloads of a scenario are being laid out."""

    def left_out(self, reason: str) -> None:
        """A case that will not run, and why."""

    def planned(self, plan: Plan) -> None:
        """All is ready; the first trial comes next."""

    def finished(self, record: TrialRecord) -> None:
        """A trial is in the journal."""


class Silent:
    """A listener that says nothing."""

    def fetching(self, archive: Archive, done: int, total: int | None) -> None:
        """Say nothing."""

    def preparing(self, scenario: str) -> None:
        """Say nothing."""

    def left_out(self, reason: str) -> None:
        """Say nothing."""

    def planned(self, plan: Plan) -> None:
        """Say nothing."""

    def finished(self, record: TrialRecord) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Request:
    """What to run. `blocks` overrides the scenarios' own number; `max_time_s` bounds the run.

    `platform` is this machine's own unless one is named. `strategies` replaces those of the scenarios,
    by name or label, `profiles` their profiles; `first_profiles` come before those that they list, and
    `factors` (values by name) is added to theirs.
    `long_holds` runs what takes long in real time too; see `harness.run.select`.
    """

    scenarios: Sequence[LoadedScenario]
    platform: str | None = None
    profiles: Sequence[str] = ()
    first_profiles: Sequence[str] = ()
    factors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    long_holds: bool = False
    blocks: int | None = None
    max_time_s: float | None = None
    seed: int = 1
    strategies: Sequence[str] = ()
    allow_code: bool = False
    results: Path = Path("results")


@dataclass(frozen=True)
class Plan:
    """A run that is ready: where it writes, how much there is to do, what was done before.

    `trials` is ``None`` if time limits the run and not their number. `trial_s` estimates one trial of
    each case, by its name, `done_s` and `total_s` the work before this start and in all: seconds,
    roughly.
    """

    folder: Path
    manifest: Manifest
    cases: int
    trials: int | None
    done: int
    trial_s: Mapping[str, float]
    done_s: float
    total_s: float


def start(request: Request, listener: Listener | None = None) -> Path:
    """Run from the beginning; return the run's folder.

    Raises the errors of `harness.errors`; `KeyboardInterrupt` passes through, with a run left behind
    that `resume` completes.
    """
    listener = listener or Silent()
    scenarios = with_factors(
        [_with_strategies(loaded, request.strategies) for loaded in request.scenarios], request.factors
    )
    names = [loaded.name for loaded in scenarios]
    if twice := {name for name in names if names.count(name) > 1}:
        raise InvalidInputError(
            f"two scenarios are called {', '.join(sorted(twice))}",
            hint="Run one of them, or rename a file.",
        )
    candidates = {loaded.name: resolve(loaded, allow_code=request.allow_code) for loaded in scenarios}
    with closing(get_platform(request.platform or native_platform())) as platform:
        selection = select(
            scenarios,
            platform,
            profiles=request.profiles,
            first=request.first_profiles,
            long_holds=request.long_holds,
        )
        scenarios = list(selection.scenarios)
        for line in selection.left_out:
            listener.left_out(line)
        check_writable(request.results)
        fetch_all(scenarios, listener)
        with _work_folders(platform, scenarios) as work:
            items = _prepare_all(scenarios, work.main, listener)
            entries = [
                _entry(loaded, candidates[loaded.name], items[loaded.name], request)
                for loaded in scenarios
            ]
            _make(request.results, "Choose another with --results.")
            _make(cache_folder(), "HARNESS_CACHE chooses another cache.")
            manifest = make_manifest(
                platform,
                entries,
                measured={name or "work": path for name, path in work.of_locations.items()},
                beside={"results": request.results.absolute(), "cache": cache_folder()},
                seed=request.seed,
                max_time_s=request.max_time_s,
            )
            folder = request.results / manifest.run
            folder.mkdir(parents=True)
            manifest.write(folder)
            _execute(folder, manifest, scenarios, candidates, items, platform, work, listener)
    return folder


def resume(folder: Path, *, allow_code: bool = False, listener: Listener | None = None) -> Path:
    """Complete the run in `folder`: the same trials, none lost, none twice.

    Raises the errors of `harness.errors`.
    """
    listener = listener or Silent()
    for name in (manifest_file.NAME, journal_file.NAME, LOCK_NAME):
        if (folder / name).is_symlink():  # a run may come from a stranger
            raise InvalidInputError(f"{folder / name} is a link; a run has only files of its own")
    manifest = read_manifest(folder)
    scenarios = [entry.loaded() for entry in manifest.scenarios]
    candidates = {
        entry.name: resolve(
            loaded,
            allow_code=allow_code,
            sources={made.label: made.source for made in entry.strategies if made.source},
        )
        for entry, loaded in zip(manifest.scenarios, scenarios, strict=True)
    }
    for entry in manifest.scenarios:
        _check_same_strategies(entry, candidates[entry.name])
    with closing(get_platform(manifest.platform)) as platform:
        for loaded in scenarios:
            select([loaded], platform, profiles=list(loaded.profiles))  # a Wine of other rules refuses
        fetch_all(scenarios, listener)
        with _work_folders(platform, scenarios) as work:
            items = _prepare_all(scenarios, work.main, listener)
            _execute(folder, manifest, scenarios, candidates, items, platform, work, listener)
    return folder


def _make(folder: Path, hint: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInputError(f"{folder} cannot be made: {error.strerror}", hint=hint) from error


def _check_same_strategies(entry: ScenarioEntry, candidates: Sequence[Candidate]) -> None:
    """Refuse to complete a run whose strategies would now try at other times or on other errors."""
    for before, made in zip(entry.strategies, candidates, strict=True):
        now = _strategy_entry(made)
        if (before.attempts_ms, before.codes) != (now.attempts_ms, now.codes):
            raise InvalidInputError(
                f"{entry.name}: the strategy {before.label!r} behaves otherwise than when it began",
                hint="Complete it with the version in the manifest's packages, or begin a new run.",
            )


def _strategy_entry(made: Candidate) -> StrategyEntry:
    return strategy_entry(
        made.label,
        made.choice.use,
        made.strategy,
        origin=made.origin,
        parameters=made.choice.parameters,
        source=made.source,
    )


def check_writable(results: Path) -> None:
    """Find out before anything is fetched whether a run can be written. Leaves nothing behind."""
    nearest = next(folder for folder in [results, *results.absolute().parents] if folder.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise InvalidInputError(
            f"{results}: {nearest} is not a folder that can be written to",
            hint="Choose another with --results.",
        )


def _with_strategies(loaded: LoadedScenario, names: Sequence[str]) -> LoadedScenario:
    if not names:
        return loaded
    chosen = choose(loaded, names)
    return dataclasses.replace(
        loaded, scenario=loaded.scenario.model_copy(update={"strategies": chosen})
    )


def fetch_all(scenarios: Sequence[LoadedScenario], listener: Listener) -> None:
    """Bring all archives into the cache.

    Raises `PayloadUnavailableError` that names the scenarios which can run all the same.
    """
    needed = dict.fromkeys(archive for loaded in scenarios for archive in archives_of(loaded))
    for archive in needed:
        try:
            fetch(archive, partial(listener.fetching, archive))
        except PayloadUnavailableError as error:
            raise _explained(error, scenarios) from error


def _explained(
    error: PayloadUnavailableError, scenarios: Sequence[LoadedScenario]
) -> PayloadUnavailableError:
    stuck = [loaded for loaded in scenarios if not is_ready(loaded)]
    known = {loaded.name: loaded for loaded in [*scenarios, *load_scenarios(shipped_names())]}
    ready = [name for name, loaded in known.items() if is_ready(loaded)]
    lines = [error.hint] if error.hint else []
    if ready:
        lines.append(f"These can run now: harness run {' '.join(ready)}")
    generated = " ".join(_spelled(loaded) for loaded in stuck)
    lines.append(f"On generated payloads of the same shape, without a network: harness run {generated}")
    return PayloadUnavailableError(error.message, hint="\n".join(lines))


def _spelled(loaded: LoadedScenario) -> str:
    """How one asks for the generated variant of a scenario on the command line."""
    if loaded.shipped or loaded.folder is None:
        return f"{loaded.name}:generated"
    return quoted(f"{loaded.folder / loaded.name}.toml:generated")


def _prepare_all(
    scenarios: Sequence[LoadedScenario], work: Path, listener: Listener
) -> dict[str, list[Item]]:
    items: dict[str, list[Item]] = {}
    for number, loaded in enumerate(scenarios):
        listener.preparing(loaded.name)
        folder = work / f"payload-{number}"
        items[loaded.name] = [
            item
            for payload in loaded.scenario.payload
            for item in items_of(payload, folder, generated=loaded.generated)
        ]
        for item in items[loaded.name]:
            check(item, loaded.scenario.operations)
    return items


def _entry(
    loaded: LoadedScenario,
    candidates: Sequence[Candidate],
    items: Sequence[Item],
    request: Request,
) -> ScenarioEntry:
    return ScenarioEntry(
        name=loaded.name,
        text=loaded.text,
        draw_key=loaded.draw_key,
        scenario=loaded.scenario,
        profiles=dict(loaded.profiles),
        strategies=[_strategy_entry(made) for made in candidates],
        items=_item_entries(loaded, items),
        blocks=_blocks(loaded, request),
        shipped=loaded.shipped,
        generated=loaded.generated,
    )


def _item_entries(loaded: LoadedScenario, items: Sequence[Item]) -> list[ItemEntry]:
    pins = {
        payload.name: payload.sha256
        for payload in loaded.scenario.payload
        if payload.kind in {"wheel", "sdist"}
    }
    entries = []
    for item in items:
        pin = None if loaded.generated else pins.get(item.name)
        made_here = "generated" if loaded.generated else "made here"
        entries.append(item_entry(item, pin, "index" if pin else made_here))
    return entries


def _blocks(loaded: LoadedScenario, request: Request) -> int | None:
    if request.blocks is not None:
        return request.blocks
    return None if request.max_time_s is not None else loaded.scenario.blocks


def _execute(
    folder: Path,
    manifest: Manifest,
    scenarios: Sequence[LoadedScenario],
    candidates: dict[str, list[Candidate]],
    items: dict[str, list[Item]],
    platform: Platform,
    work: WorkFolders,
    listener: Listener,
) -> None:
    """Run what the journal does not have yet."""
    cases = [
        case
        for loaded in scenarios
        for case in cases_of(
            loaded,
            {made.label: made.strategy for made in candidates[loaded.name]},
            manifest.seed,
        )
    ]
    bounds = {entry.name: entry.blocks for entry in manifest.scenarios}
    blocks = {case.name: bounds[case.loaded.name] or UNBOUNDED for case in cases}
    with _locked(folder), Journal(folder / journal_file.NAME) as journal:
        costs = {case.name: case_s(case, items[case.loaded.name], platform) for case in cases}
        done: set[str] = set()
        done_s = 0.0
        spent_s = dict.fromkeys(costs, 0.0)
        begun: dict[tuple[str, int], None] = {}
        named = {case.name: case for case in cases}
        for record in read_journal(journal.path):
            done.add(record.trial_id)
            case = named.get(f"{record.scenario}/{record.profile}")
            if case is not None:
                begun[case.name, record.block] = None
                done_s += costs[case.name]
                spent_s[case.name] += _spent_s(record, case)
        bounded = all(entry.blocks is not None for entry in manifest.scenarios)
        total = sum(blocks[case.name] * len(case.variants) for case in cases) if bounded else None
        total_s = manifest.max_time_s or sum(
            blocks[case.name] * len(case.variants) * costs[case.name] for case in cases
        )
        listener.planned(Plan(folder, manifest, len(cases), total, len(done), costs, done_s, total_s))
        meeting = Meeting(manifest.run, items, work.main / "warm-up")
        half_done = chain.from_iterable(named[name].block(number) for name, number in begun)
        for trial in (
            rounds(cases, blocks) if bounded else chain(half_done, evenly(cases, spent_s, UNBOUNDED))
        ):
            if trial.trial_id in done:
                continue
            if _time_is_up(manifest, spent_s) and _first(trial):
                break
            began = time.perf_counter()
            record = TrialRun(trial, meeting.items_of(trial), platform, work.for_trial(trial)).run()
            journal.append(record)
            done.add(trial.trial_id)  # a half-done block comes once more in its turn
            listener.finished(record)
            spent_s[trial.case.name] += time.perf_counter() - began


def _spent_s(record: TrialRecord, case: Case) -> float:
    """The time that a trial of an earlier start took, with the quiet time before it."""
    cost = record.cost_us
    return (cost.stage + cost.persist + cost.verify) / 1e6 + case.quiet_s


def _time_is_up(manifest: Manifest, spent_s: Mapping[str, float]) -> bool:
    """Whether the run has had its time; every case has a block first, however short that is."""
    limit_s = manifest.max_time_s
    return limit_s is not None and sum(spent_s.values()) > limit_s and all(spent_s.values())


def _first(trial: Trial) -> bool:
    """Whether a run may end before this trial: only between blocks, so that none is half done."""
    return trial.position == 0


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time write to a run."""
    try:
        with FileLock(folder / LOCK_NAME, timeout=LOCK_PATIENCE_S):
            yield
    except Timeout as error:
        raise InvalidInputError(f"{folder}: another process is working on this run") from error


def _sweep(parent: Path) -> None:
    """Remove the work folders of runs that were killed. (Windows has no harmless way to ask.)"""
    if sys.platform == "win32":
        return
    for folder in parent.glob(f"{WORK_PREFIX}*"):
        owner = folder.name.removeprefix(WORK_PREFIX).partition("-")[0]
        with suppress(OSError):
            if owner.isdigit() and folder.lstat().st_uid == os.getuid() and not _is_running(int(owner)):
                remove_tree(folder)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@dataclass
class WorkFolders:
    """The private folders of a run: one for payloads, and one in each location that is measured."""

    main: Path
    of_locations: dict[str, Path]
    trials: int = 0

    def for_trial(self, trial: Trial) -> Path:
        """A folder that no trial has used: something may still hold what is in the last one."""
        self.trials += 1
        return self.of_locations[trial.variant.factors.get("location", "")] / f"trial-{self.trials}"


@contextmanager
def _work_folders(platform: Platform, scenarios: Sequence[LoadedScenario]) -> Iterator[WorkFolders]:
    """Private folders where the platform and the scenarios want to work, removed at the end.

    Raises `InvalidInputError` for a location that is no folder here.
    """
    largest = max(
        sum(approximate_bytes(payload) for payload in loaded.scenario.payload) for loaded in scenarios
    )
    total = sum(
        approximate_bytes(payload) for loaded in scenarios for payload in loaded.scenario.payload
    )
    parent = platform.work_parent(total + COPIES_IN_A_TRIAL * largest)
    _sweep(parent or Path(tempfile.gettempdir()))
    locations = {
        name: platform.find_folder(name) for loaded in scenarios for name in _locations_of(loaded)
    }
    with ExitStack() as made:
        main = made.enter_context(_private_folder(parent))
        yield WorkFolders(
            main,
            {"": main}
            | {name: made.enter_context(_private_folder(path)) for name, path in locations.items()},
        )


@contextmanager
def _private_folder(parent: Path | None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"{WORK_PREFIX}{os.getpid()}-", dir=parent))
    try:
        yield folder
    finally:
        clear_away(folder)


def _locations_of(loaded: LoadedScenario) -> Sequence[str]:
    return loaded.scenario.factors.location or ()
