"""The pytest plugin: fixtures ``hold`` and ``virtual_clock``, marker ``held``, options ``--held…``.

pytest imports this module in every session in which the harness is installed, so nothing else of the
harness is imported until it is used.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from harness.clock import VirtualClock
    from harness.testing.holder import Holding

DEFAULT_PROFILE: Final = "brief"
"""What ``--held`` alone draws from: scans of milliseconds, with the share mode of older scanners."""
_HOLDING: Final = pytest.StashKey["Holding"]()
_SEED: Final = pytest.StashKey[int]()
_MARKER: Final = (
    "held(profile, seed=None, pattern='*'): files that the test writes are held as the profile draws it"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; none is on by itself."""
    group = parser.getgroup("held files", "files that something else holds (persist-harness)")
    group.addoption(
        "--held",
        nargs="?",
        const=DEFAULT_PROFILE,
        metavar="PROFILE",
        help="Run all tests while the files that they write are held, as this profile draws it. "
        f"Default: {DEFAULT_PROFILE}; `harness list` names them.",
    )
    group.addoption(
        "--held-seed",
        type=int,
        metavar="N",
        help="Seed of all that is drawn; by default a new one, which the header of the report names.",
    )
    group.addoption(
        "--held-every",
        action="store_true",
        help="After each test that passed, make each of its renames, replacements, removals and opens "
        "fail once, in a run of that test of its own, and say what got lost, stayed behind or was "
        "passed over.",
    )
    group.addoption(
        "--held-budget",
        type=_count,
        metavar="N",
        help="With --held-every: at most so many calls of each test, drawn by the seed. Default: all.",
    )
    group.addoption(
        "--held-limit",
        type=_seconds,
        metavar="SECONDS",
        help="With --held-every: end a run after so long, and say that it did not end. Default: 10 s, "
        "and ten times as long as the test takes without a failure.",
    )
    group.addoption(
        "--held-journal",
        metavar="FILE",
        help="With --held-every: write each finding to this file, and leave out what it has already. "
        "Remove it once the code has changed.",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"found {text!r}; expected a whole number from 1")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        raise argparse.ArgumentTypeError(f"found {text!r}; expected a number of seconds, such as 60")
    return seconds


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and what an option needs."""
    config.addinivalue_line("markers", _MARKER)
    if _is_asked(config):
        from harness.errors import InvalidInputError  # noqa: PLC0415 - only where it is asked for

        try:
            _set_up(config)
        except InvalidInputError as error:
            raise pytest.UsageError(f"{error.message}. {error.hint or ''}".rstrip()) from error
        except OSError as error:
            raise pytest.UsageError(str(error)) from error


def _set_up(config: pytest.Config) -> None:
    """Prepare what the options ask for. Raises `InvalidInputError` for values that make no sense."""
    if (profile := config.getoption("held")) is not None:
        from harness.scenario.load import load_profile_file  # noqa: PLC0415

        load_profile_file(profile)  # wrong ones are said now
    if config.getoption("held_every"):
        from harness.testing.every_call import EveryCall  # noqa: PLC0415

        config.pluginmanager.register(EveryCall(config, _seed(config)), "held-every")


def _seed(config: pytest.Config) -> int:
    """Return the seed of the session, the same on all workers."""
    if _SEED not in config.stash:
        given: int | None = config.getoption("held_seed")
        if given is None:
            given = getattr(config, "workerinput", {}).get("held_seed")
        if given is None:
            from harness.holds.seed import fresh_seed  # noqa: PLC0415

            given = fresh_seed()
        config.stash[_SEED] = given
    return config.stash[_SEED]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist the seed."""
    if _is_asked(node.config):
        node.workerinput["held_seed"] = _seed(node.config)


def _is_asked(config: pytest.Config) -> bool:
    return config.getoption("held") is not None or bool(config.getoption("held_every"))


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say what is done to the files, and how to do it again."""
    if not _is_asked(config):
        return None
    done = "each call fails once" if config.getoption("held_every") else config.getoption("held")
    return f"held files: {done}, seed {_seed(config)} (--held-seed {_seed(config)} draws the same)"


def _seed_of(item: pytest.Item) -> str:
    """Return what a test draws by: of one session each test has its own."""
    return f"{_seed(item.config)}/{item.nodeid}"


@pytest.fixture
def hold(request: pytest.FixtureRequest) -> Iterator[Holding]:
    """Hold files for the test; see `harness.testing`."""
    from harness.testing.holder import holding  # noqa: PLC0415

    with holding(_seed_of(request.node)) as held:
        request.node.stash[_HOLDING] = held
        yield held


@pytest.fixture
def virtual_clock() -> Iterator[VirtualClock]:
    """Let time pass only by waiting: ``time.sleep``, ``asyncio.sleep`` and tenacity return at once."""
    from harness.testing.passing_time import virtual_time  # noqa: PLC0415

    with virtual_time() as clock:
        yield clock


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget what was held when this test ran before: it may be run again."""
    if _HOLDING in item.stash:
        del item.stash[_HOLDING]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Hold what the test writes, where a marker or an option asks for that."""
    marker = item.get_closest_marker("held")
    profile = item.config.getoption("held")
    if marker is None and profile is None:
        return (yield)
    with ExitStack() as stack:
        _hold_what_is_written(item, marker, profile, stack)
        return (yield)


def _hold_what_is_written(
    item: pytest.Item, marker: pytest.Mark | None, profile: str | None, stack: ExitStack
) -> None:
    from harness.testing.holder import holding  # noqa: PLC0415

    def asked(name: str | None = None, seed: int | None = None, pattern: str = "*") -> None:
        own_seed = _seed_of(item) if seed is None else str(seed)
        held = item.stash.get(_HOLDING, None) or stack.enter_context(holding(own_seed))
        item.stash[_HOLDING] = held
        held.profile_when_created(name or profile or DEFAULT_PROFILE, pattern)

    asked(*(marker.args if marker else ()), **(marker.kwargs if marker else {}))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure what was held and who met it."""
    report = yield
    held = item.stash.get(_HOLDING, None)
    if held is not None and report.failed:
        lines = held.timeline((getattr(item, "funcargs", None) or {}).get("tmp_path"))
        if held.has_drawn:
            lines.append(f"--held-seed {_seed(item.config)} draws the same")
        report.sections.append(("held files", "\n".join(lines)))
    return report
