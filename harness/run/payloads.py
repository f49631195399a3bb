"""The payloads of a run: fetched into the cache, unpacked once, and checked against the operations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from harness.errors import HarnessError, PayloadUnavailableError
from harness.payload.cache import Archive, archives_of, is_ready
from harness.payload.fetch import fetch
from harness.payload.prepare import Item, items_of
from harness.run.events import EventHandler, Fetching, Preparing
from harness.run.steps import check
from harness.scenario.load import LoadedScenario, load_scenarios, shipped_names
from harness.text import quoted
from harness.winerror import virus_verdict


def fetch_all(
    scenarios: Sequence[LoadedScenario], on_event: EventHandler, arguments: Sequence[str] = ()
) -> None:
    """Fetch all archives into the cache.

    Raises `PayloadUnavailableError`, which says how to run without a network, with the same `arguments`.
    """
    needed = dict.fromkeys(archive for loaded in scenarios for archive in archives_of(loaded))
    for archive in needed:
        try:
            fetch(archive, partial(_announce, archive, on_event))
        except PayloadUnavailableError as error:
            raise _explained(error, scenarios, arguments) from error


def _announce(archive: Archive, on_event: EventHandler, done: int, total: int | None) -> None:
    on_event(Fetching(file=archive.file, done=done, total=total))


def _explained(
    error: PayloadUnavailableError, scenarios: Sequence[LoadedScenario], arguments: Sequence[str]
) -> PayloadUnavailableError:
    known = {loaded.name: loaded for loaded in [*scenarios, *load_scenarios(shipped_names())]}
    ready = [name for name, loaded in known.items() if is_ready(loaded)]
    generated = [_generated(loaded) for loaded in scenarios if not is_ready(loaded)]
    options = [quoted(argument) for argument in arguments]
    lines = [error.hint] if error.hint else []
    if ready:
        lines.append(f"These can run now: {' '.join(['harness run', *ready, *options])}")
    command = " ".join(["harness run", *generated, *options])
    lines.append(f"With generated payloads of the same shape, without a network: {command}")
    return PayloadUnavailableError(error.message, hint="\n".join(lines))


def _generated(loaded: LoadedScenario) -> str:
    """Spell the generated variant of a scenario for the command line."""
    if loaded.shipped or loaded.folder is None:
        return f"{loaded.name}:generated"
    return quoted(f"{loaded.folder / loaded.name}.toml:generated")


def prepare_all(
    scenarios: Sequence[LoadedScenario], folder: Path, on_event: EventHandler
) -> dict[str, list[Item]]:
    """Unpack the payloads of each scenario below `folder`; return their items by scenario name.

    Raises `InvalidInputError` where the operations do not fit what was unpacked, `HarnessError` where a
    scanner refuses a file of it.
    """
    prepared: dict[str, list[Item]] = {}
    for number, loaded in enumerate(scenarios):
        on_event(Preparing(what=loaded.name))
        try:
            items = [
                item
                for payload in loaded.scenario.payload
                for item in items_of(payload, folder / f"payload-{number}", generated=loaded.generated)
            ]
        except OSError as error:
            if (verdict := virus_verdict(error)) is None:
                raise
            raise HarnessError(
                f"{loaded.name}: its payload cannot be laid down here: {verdict}",
                hint="Run another scenario of `harness list`; the antivirus's own log names the file.",
            ) from error
        for item in items:
            check(item, loaded.scenario.operations)
        prepared[loaded.name] = items
    return prepared
