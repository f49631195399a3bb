"""The options of a run, each declared once.

The command line, `harness.api.run_scenarios` and the Wine lane follow from `RunOptions`: a new option is
one more field, and its use.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_type_hints

from annotated_types import Ge, Gt, Le, Lt
from pydantic import AllowInfNan, TypeAdapter, ValidationError

from harness.errors import InvalidInputError
from harness.scenario.bounds import LONGEST_RUN_S, MOST_BLOCKS, MOST_JOBS, SEEDS
from harness.scenario.problems import first_problem


@dataclass(frozen=True, slots=True)
class Flag:
    """The spelling of an option on the command line.

    `read` turns the text that is given there (the texts, of an option that may be repeated) into the
    value; without it the text is the value.
    """

    name: str
    help: str
    metavar: str | None = None
    read: Callable[[Any], Any] | None = None
    short: str | None = None

    @property
    def spellings(self) -> list[str]:
        """The name, and the short one if there is one."""
        return [self.name, *filter(None, [self.short])]


_UNITS_S: Final = {"s": 1, "m": 60, "min": 60, "h": 3600}
_SHOWN: Final = 40


def seconds(text: str) -> float:
    """Read a time such as ``90s``. Raises `InvalidInputError`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?", text.strip())
    found = float(match[1]) * _UNITS_S[match[2] or "s"] if match else 0.0
    if not 0 < found <= LONGEST_RUN_S:
        shown = repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r} …"
        raise InvalidInputError(
            f"--max-time: found {shown}; expected a time above zero, at most {LONGEST_RUN_S / 86_400:g} "
            "days, such as 90s, 10m or 2h"
        )
    return found


def factor_values(texts: Iterable[str]) -> dict[str, list[str]]:
    """Read ``KEY=VALUE,VALUE`` texts. Raises `InvalidInputError`."""
    found: dict[str, list[str]] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals or not all(values.split(",")):
            raise InvalidInputError(
                f"--factor: found {text!r}; expected KEY=VALUE,VALUE such as path_style=plain,verbatim"
            )
        found.setdefault(name.strip(), []).extend(value.strip() for value in values.split(","))
    return found


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Options of a run: what to vary and for how long, where to measure, where to write.

    Raises `InvalidInputError` for a value that an option cannot have.
    """

    blocks: Annotated[
        Annotated[int, Ge(1), Le(MOST_BLOCKS)] | None,
        Flag("--blocks", "Repetitions of every strategy, instead of the scenario's own number."),
    ] = None
    max_time_s: Annotated[
        Annotated[float, Gt(0), Le(LONGEST_RUN_S), AllowInfNan(False)] | None,
        Flag(
            "--max-time",
            "Repeat until this time is over, such as 90s, 10m or 2h (seconds if no unit is given).",
            "TIME",
            seconds,
        ),
    ] = None
    seed: Annotated[
        Annotated[int, Ge(0), Lt(SEEDS)] | None,
        Flag(
            "--seed",
            "Seed of hold timings and trial order, to meet the holds of another run again; by default a "
            "new one.",
        ),
    ] = None
    strategies: Annotated[
        Sequence[str],
        Flag("--strategy", "Only this strategy, by name or label; repeat for more."),
    ] = ()
    profiles: Annotated[
        Sequence[str],
        Flag(
            "--profile",
            "Only this hold profile, even if the scenario does not list it; repeat for more.",
        ),
    ] = ()
    factors: Annotated[
        Mapping[str, Sequence[str]],
        Flag(
            "--factor",
            "Compare values of a factor in one run, such as path_style=plain,verbatim or "
            r"location=%TEMP%,D:\work.",
            "KEY=V,V",
            factor_values,
        ),
    ] = field(default_factory=dict)
    long_holds: Annotated[
        bool,
        Flag(
            "--long-holds",
            "Also run profiles whose holds last longer than 5 s (Windows and Wine only).",
        ),
    ] = False
    platform: Annotated[
        str | None,
        Flag(
            "--platform",
            "Platform to run on: windows, wine or emulated; by default this machine's.",
        ),
    ] = None
    jobs: Annotated[
        Annotated[int, Ge(1), Le(MOST_JOBS)] | None,
        Flag(
            "--jobs",
            "Processes that run blocks side by side, on the emulated platform only; by default one for "
            "each core, if the run is long enough.",
            short="-j",
        ),
    ] = None
    allow_code: Annotated[
        bool,
        Flag(
            "--allow-code",
            "Let scenarios that are not shipped run code: builds, Python strategy files.",
        ),
    ] = False
    results: Annotated[Path | str, Flag("--results", "Folder to write runs to.")] = "results"

    def __post_init__(self) -> None:
        for option in DECLARED:
            try:
                option.adapter.validate_python(getattr(self, option.name), strict=True)
            except ValidationError as error:
                raise InvalidInputError(f"{option.flag.name}: {first_problem(error)}") from error

    def to_argv(self) -> list[str]:
        """Return the arguments of ``harness run`` for these options; defaults are left out."""
        argv: list[str] = []
        for option in DECLARED:
            match getattr(self, option.name):
                case value if value == option.default:
                    continue
                case True:
                    argv.append(option.flag.name)
                    continue
                case str() | int() | float() | Path() as value:
                    texts = [str(value)]
                case Mapping() as value:
                    texts = [f"{key}={','.join(values)}" for key, values in value.items()]
                case value:
                    texts = value
            argv += [argument for text in texts for argument in (option.flag.name, text)]
        return argv


@dataclass(frozen=True)
class DeclaredOption:
    """A field of `RunOptions`, with all that its declaration says."""

    name: str
    type: Any
    flag: Flag
    default: Any

    def read(self, given: Any) -> Any:
        """Return the value of what the command line gives. Raises `InvalidInputError`."""
        return given if self.flag.read is None else self.flag.read(given)

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """Pydantic's check of the type."""
        return TypeAdapter(self.type)


def _declared() -> Iterator[DeclaredOption]:
    hints = get_type_hints(RunOptions, include_extras=True)
    for each in fields(RunOptions):
        declared_type, flag = get_args(hints[each.name])
        default = each.default if each.default_factory is MISSING else each.default_factory()
        yield DeclaredOption(each.name, declared_type, flag, default)


DECLARED: Final = tuple(_declared())
"""All options of a run, in the order of their declaration."""
