"""``harness doctor``: what this machine can measure, and what is known about its antivirus."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Literal

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from harness.cli.command_app import command_app
from harness.cli.console import AsJson, console, plain_table, print_json, print_model
from harness.cli.option_values import check_new
from harness.cli.self_test import print_report, tested_on, write_to_send
from harness.clock import NS_PER_MS, sleep_overshoots_ns
from harness.errors import ExitCode, InvalidInputError, NotSupportedError
from harness.payload.cache import cache_folder, is_ready
from harness.payload.fetch import index_settings, without_secrets
from harness.platform.base import Diagnosis, PlatformName
from harness.platform.registry import PLATFORMS, get_platform, native_platform, why_not
from harness.record.manifest import environment
from harness.scenario.load import load_scenarios, shipped_names
from harness.text import figures, size
from harness.wine import tools

app = command_app()


@app.command()
def doctor(
    as_json: AsJson = False,
    test: Annotated[
        bool,
        typer.Option(
            "--self-test",
            help="Try for up to a minute whether this machine's numbers may be trusted, and for which "
            "primitives. Needs no administrator and leaves nothing behind.",
        ),
    ] = False,
    platform_name: Annotated[
        str | None,
        typer.Option(
            "--platform",
            metavar="NAME",
            help="With --self-test: windows, wine or emulated; by default this machine's.",
        ),
    ] = None,
    send: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="With --self-test: also write a redacted file of at most 50 kB to this path, to attach "
            "to a report; what is in it is printed.",
        ),
    ] = None,
    location: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="With --self-test: the folder to test in, such as one on a Dev Drive; by default the "
            "temporary one.",
        ),
    ] = None,
) -> None:
    """Show what this machine can measure, and its antivirus state."""
    if test:
        if send is not None:
            check_new("--send", send)
        tested = tested_on(platform_name or native_platform(), location)
        if as_json:
            print_model(tested)
        else:
            print_report(tested, console())
        if send is not None:
            write_to_send(tested, send)
        if tested.machine.platform != "emulated" and not tested.trusted:
            raise typer.Exit(ExitCode.NOT_SUPPORTED)
        return
    if platform_name is not None or location is not None or send is not None:
        raise InvalidInputError(
            "--platform, --location and --send are for --self-test", hint="Add --self-test."
        )
    with closing(get_platform(native_platform())) as platform:
        diagnosis = platform.diagnose(Path(tempfile.gettempdir()))
    found = report(diagnosis)
    if as_json:
        print_json(asdict(found))
    else:
        console().print(report_table(found, diagnosis.key_facts))


@dataclass(frozen=True)
class DoctorReport:
    """The JSON of ``harness doctor --json``."""

    schema: Literal[1] = field(default=1, init=False)
    """Version of the format."""
    platforms: dict[str, str]
    """For each platform whether it works here, or why not."""
    environment: dict[str, str]
    """System and Python."""
    windows: dict[str, Any] | None
    """Facts about the machine and the usual temporary folder; ``null`` elsewhere."""
    antivirus: dict[str, Any]
    """What is proved about an antivirus: `state` and `evidence`, as in the manifest."""
    sleep_overshoot_ms: dict[str, float]
    """How much longer than asked ``time.sleep`` takes: the median in milliseconds, by the time asked
    for.
    """
    cache: str
    """Folder of the cache."""
    indexes: list[str]
    """Package indexes that pip is configured for, without logins."""
    free_bytes: int
    """Free bytes where trials run by default."""
    ready: list[str]
    """Scenarios that can run offline now."""
    needs_fetching: list[str]
    """Scenarios that need files from the package index first."""
    advice: list[str]
    """What to change before measuring, most important first."""


def report(diagnosis: Diagnosis) -> DoctorReport:
    """Look at this machine for about a second."""
    scenarios = load_scenarios(shipped_names())
    ready = [loaded.name for loaded in scenarios if is_ready(loaded)]
    needs = [loaded.name for loaded in scenarios if loaded.name not in ready]
    advice = list(diagnosis.advice)
    if importlib.util.find_spec("pip") is None:
        advice.append(
            "pip is not installed here, so the package index is read from PIP_* variables only."
        )
    if needs:
        advice.append(
            "Scenarios that need fetching run without a network as NAME:generated, on payloads of the "
            "same shape."
        )
    return DoctorReport(
        platforms={name: _availability(name) for name in PLATFORMS},
        environment=environment(),
        windows=diagnosis.facts or None,
        antivirus=diagnosis.antivirus.model_dump(),
        sleep_overshoot_ms={
            f"{wait_ms} ms": round(median(sleep_overshoots_ns(wait_ms / 1000, 20)) / NS_PER_MS, 3)
            for wait_ms in (1, 10)
        },
        cache=str(cache_folder()),
        indexes=[without_secrets(url) for url in index_settings().urls],
        free_bytes=shutil.disk_usage(tempfile.gettempdir()).free,
        ready=ready,
        needs_fetching=needs,
        advice=advice,
    )


def _availability(platform: PlatformName) -> str:
    """Whether this machine can measure on `platform`; for Wine, with a Windows Python."""
    if platform == "wine" and sys.platform == "linux":
        try:
            tools.require_linux()
            return f"works here, through {tools.wine_version()}"
        except NotSupportedError as error:
            return error.message
    return why_not(platform) or "works here"


def report_table(found: DoctorReport, key_facts: Mapping[str, str]) -> RenderableType:
    """The report as a table, with the lines of `key_facts` in it and the advice below it."""
    table = plain_table(show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    environment, antivirus = found.environment, found.antivirus
    rows = {
        "platforms": ", ".join(f"{name} ({what})" for name, what in found.platforms.items()),
        "system": f"{environment['system']} {environment['release']}, {environment['machine']}",
        "python": f"{environment['implementation']} {environment['python']}",
        **key_facts,
        "antivirus": f"{antivirus['state']} ({'; '.join(antivirus['evidence'])})",
        "sleep": ", ".join(
            f"of {wait} overruns by {figures(over)} ms"
            for wait, over in found.sleep_overshoot_ms.items()
        ),
        "package index": ", ".join(found.indexes),
        "cache": found.cache,
        "free for work": size(found.free_bytes),
        "ready offline": ", ".join(found.ready),
        "needs fetching": ", ".join(found.needs_fetching) or "nothing",
    }
    for name, value in rows.items():
        table.add_row(name, Text(value))
    return Group(table, Text(), *(Text(f"- {line}") for line in found.advice))
